"""What a sync decides, case by case: the table in docs/storage/sync.md."""

import unicodedata
from typing import Any

import pytest

import tdg_core_storage_ignore as ignore
import tdg_core_storage_plan as planner
import tdg_core_storage_plan_data as data

SECOND = 10**9
NOW = 1_700_000_000 * SECOND


def local(content: str, at: int = NOW, hashed: bool = True) -> data.LocalFile:
    return data.LocalFile(len(content), at, (f"crc32c:{content}", f"md5:{content}") if hashed else ())


def remote(content: str, at: int = NOW, generation: int = 1) -> data.RemoteFile:
    return data.RemoteFile(len(content), generation, f"crc32c:{content}", at)


def agreed(content: str, generation: int = 1) -> data.Agreed:
    return data.Agreed(len(content), f"crc32c:{content}", generation)


def plan(on_disk: dict[str, Any], in_bucket: dict[str, Any], state: dict[str, Any], **options: Any) -> data.Plan:
    """A plan for files given as contents (or as ready values)."""
    tree = options.pop("tree", {})
    files = {path: local(file) if isinstance(file, str) else file for path, file in on_disk.items()}
    objects = {name: remote(file) if isinstance(file, str) else file for name, file in in_bucket.items()}
    states = {name: agreed(file) if isinstance(file, str) else file for name, file in state.items()}
    complete = options.pop("complete", True)
    return planner.make_plan(
        data.LocalTree(files, **tree), data.RemoteTree(objects, complete), states, data.Options(**options)
    )


def steps(found: data.Plan) -> list[tuple[str, str]]:
    return [(action.kind, action.path) for action in found.actions]


DELETING = {"delete_remote": True, "delete_local": True, "max_delete": 100}
OTHER = {"z": "z"}  # keeps both sides from being empty

# One file -------------------------------------------------------------------------------------------------------------

#: name: on the disk, in the bucket, agreed; what happens without and with the orphan options, by direction.
CASES: dict[str, tuple[str | None, str | None, str | None, dict[str, str], dict[str, str]]] = {
    "same everywhere": ("1", "1", "1", {}, {}),
    "same, never agreed": ("1", "1", None, {}, {}),
    "same change on both sides": ("2", "2", "1", {}, {}),
    "gone on both sides": (None, None, "1", {}, {}),
    "new on the disk": (
        "1", None, None,
        {"both": "upload", "upload": "upload"},
        {"both": "upload", "upload": "upload", "download": "delete_local"},
    ),
    "new in the bucket": (
        None, "1", None,
        {"both": "download", "download": "download"},
        {"both": "download", "download": "download", "upload": "delete_remote"},
    ),
    "changed on the disk": (
        "2", "1", "1",
        {"both": "upload", "upload": "upload"},
        {"both": "upload", "upload": "upload"},
    ),
    "changed in the bucket": (
        "1", "2", "1",
        {"both": "download", "download": "download"},
        {"both": "download", "download": "download"},
    ),
    "deleted on the disk": (
        None, "1", "1",
        {"both": "download", "download": "download"},
        {"both": "delete_remote", "upload": "delete_remote", "download": "download"},
    ),
    "deleted in the bucket": (
        "1", None, "1",
        {"both": "upload", "upload": "upload"},
        {"both": "delete_local", "upload": "upload", "download": "delete_local"},
    ),
    "deleted on the disk, changed in the bucket": (
        None, "2", "1",
        {"both": "download", "download": "download"},
        {"both": "download", "download": "download"},
    ),
    "deleted in the bucket, changed on the disk": (
        "2", None, "1",
        {"both": "upload", "upload": "upload"},
        {"both": "upload", "upload": "upload"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("deleting", [False, True], ids=["keeping", "deleting"])
@pytest.mark.parametrize("direction", data.DIRECTIONS)
@pytest.mark.parametrize("case", CASES)
def test_one_file(case: str, direction: str, deleting: bool) -> None:
    """The table of what a sync does with one file."""
    on_disk, in_bucket, state, kept, with_deletions = CASES[case]
    found = plan(
        {**({"a": on_disk} if on_disk else {}), **OTHER},
        {**({"a": in_bucket} if in_bucket else {}), **OTHER},
        {**({"a": state} if state else {}), **OTHER},
        direction=direction,
        **(DELETING if deleting else {}),
    )
    wanted = (with_deletions if deleting else kept).get(direction)
    assert steps(found) == ([(wanted, "a")] if wanted else [])


def test_a_touched_file_is_no_change() -> None:
    """Another time alone means nothing: the content is what was agreed."""
    assert steps(plan({"a": local("1", NOW + 99)}, {"a": "1"}, {"a": "1"})) == []


def test_an_object_written_anew_with_the_same_content_is_no_change() -> None:
    found = plan({"a": "1"}, {"a": remote("1", generation=7)}, {"a": "1"})
    assert steps(found) == []
    assert found.agreements == {"a": agreed("1", generation=7)}


def test_what_both_sides_hold_alike_is_agreed_without_moving_it() -> None:
    assert plan({"a": "1"}, {"a": "1"}, {}).agreements == {"a": agreed("1")}


def test_what_is_gone_from_both_sides_is_forgotten() -> None:
    assert plan({}, {}, {"a": "1"}).forgotten == ("a",)


def test_a_deletion_of_what_changed_there_is_reported_as_a_conflict() -> None:
    found = plan(OTHER, {"a": "2", **OTHER}, {"a": "1", **OTHER}, **DELETING)
    assert [(conflict.path, conflict.winner) for conflict in found.conflicts] == [("a", "remote")]


def test_changes_that_the_direction_leaves_alone_are_no_errors() -> None:
    found = plan({"a": "2"}, {"a": "1"}, {"a": "1"}, direction="download")
    assert [(skip.path, skip.is_error) for skip in found.skipped] == [("a", False)]


def test_empty_files_are_files() -> None:
    assert steps(plan({"a": ""}, {}, {})) == [("upload", "a")]
    assert steps(plan({}, {"a": ""}, {})) == [("download", "a")]
    assert steps(plan({"a": local("", hashed=False)}, {"a": ""}, {})) == []


# Deletions ------------------------------------------------------------------------------------------------------------


def test_an_orphan_that_this_computer_never_held_is_saved_before_it_goes() -> None:
    """A mirror throws nothing away that exists nowhere else."""
    found = plan(OTHER, {"a": "1", **OTHER}, OTHER, direction="upload", **DELETING)
    assert [(action.path, action.keep) for action in found.actions] == [("a", True)]


def test_deletions_name_the_generation_they_mean() -> None:
    found = plan(OTHER, {"a": remote("1", generation=9), **OTHER}, {"a": "1", **OTHER}, **DELETING)
    assert [(action.kind, action.generation) for action in found.actions] == [("delete_remote", 9)]


@pytest.mark.parametrize(("deleted", "limit", "refused"), [(5, 50, False), (6, 50, True), (1, 0, True), (9, 90, False)])
@pytest.mark.parametrize("side", ["remote", "local"])
def test_max_delete_is_the_share_of_a_side_that_may_go(side: str, deleted: int, limit: int, refused: bool) -> None:
    """Of ten files, exactly the limit is allowed, one more deletes none."""
    everything = {f"{number}": f"content {number}" for number in range(10)}
    rest = {name: everything[name] for name in list(everything)[deleted:]}
    on_disk, in_bucket = (rest, everything) if side == "remote" else (everything, rest)
    found = plan(on_disk, in_bucket, everything, **DELETING | {"max_delete": limit})
    assert len(found.actions) == (0 if refused else deleted)
    assert len(found.refusals) == refused


def test_force_overrides_max_delete() -> None:
    found = plan({"a": "1"}, {"a": "1", "b": "2"}, {"a": "1", "b": "2"}, **DELETING | {"max_delete": 0}, force=True)
    assert steps(found) == [("delete_remote", "b")]


def test_one_side_over_the_limit_stops_the_deletions_of_both() -> None:
    """And everything else goes on."""
    state = {"a": "1", "b": "2", "c": "3"}
    found = plan({"c": "3", "new": "4"}, {"a": "1", "b": "2"}, state, **DELETING | {"max_delete": 60})
    assert steps(found) == [("upload", "new")]
    assert "2 files would go from the bucket" in found.refusals[0]
    assert "force=True" in found.refusals[0]


@pytest.mark.parametrize("empty", ["disk", "bucket"])
def test_an_empty_side_does_not_empty_the_other(empty: str) -> None:
    """A drive that is not mounted is an empty folder; only force says that it is meant."""
    many = {f"{number}": f"content {number}" for number in range(300)}
    on_disk, in_bucket = ({}, many) if empty == "disk" else (many, {})
    found = plan(on_disk, in_bucket, many, **DELETING)
    assert found.actions == ()
    assert "no file at all" in found.refusals[0]
    assert len(plan(on_disk, in_bucket, many, **DELETING, force=True).actions) == 300


def test_a_missing_folder_deletes_nothing_even_with_force() -> None:
    found = plan({}, {"a": "1"}, {"a": "1"}, **DELETING, force=True, tree={"missing": True})
    assert found.actions == ()
    assert "missing" in found.refusals[0]


def test_a_folder_that_could_not_be_read_whole_deletes_nothing_and_says_so() -> None:
    found = plan({"a": "1"}, {"a": "1", "b": "2"}, {"a": "1", "b": "2"}, **DELETING, tree={"complete": False})
    assert "delete_remote" not in dict(steps(found))
    assert "could not be read" in found.refusals[0]


def test_a_listing_that_broke_off_deletes_nothing_and_says_so() -> None:
    found = plan({"a": "1", "b": "2"}, {"a": "1"}, {"a": "1", "b": "2"}, **DELETING, complete=False)
    assert found.actions == ()
    assert "could not be listed" in found.refusals[0]


# Conflicts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "newer", "winner"),
    [
        ("newest", "local", "local"),
        ("newest", "remote", "remote"),
        ("local", "remote", "local"),
        ("remote", "local", "remote"),
    ],
)
@pytest.mark.parametrize("state", [{}, {"a": "1"}], ids=["never agreed", "agreed"])
def test_the_conflict_mode_names_the_winner_and_the_loser_is_kept(
    mode: str, newer: str, winner: str, state: dict[str, str]
) -> None:
    times = (NOW + SECOND, NOW) if newer == "local" else (NOW, NOW + SECOND)
    found = plan({"a": local("2", times[0])}, {"a": remote("3", times[1])}, state, conflict_mode=mode)
    assert [(action.kind, action.keep) for action in found.actions] == [
        ("upload" if winner == "local" else "download", True)
    ]
    assert [conflict.winner for conflict in found.conflicts] == [winner]
    assert "trash" in found.conflicts[0].text


def test_the_local_side_wins_a_tie() -> None:
    assert steps(plan({"a": "2"}, {"a": "3"}, {})) == [("upload", "a")]


def test_keep_both_renames_the_older_one_on_the_disk_and_carries_it_over() -> None:
    at = 1_700_000_000 * SECOND  # 2023-11-14 22:13:20 UTC
    found = plan({"d/a.b.txt": local("2", at)}, {"d/a.b.txt": remote("3", at + 1)}, {}, conflict_mode="keepboth")
    kept = "d/a.b.conflict-20231114-221320.txt"
    assert steps(found) == [("move_local", kept), ("upload", kept), ("download", "d/a.b.txt")]
    assert kept in found.conflicts[0].text


def test_keep_both_copies_the_older_one_in_the_bucket_and_carries_it_over() -> None:
    found = plan({"a": local("2", NOW + 1)}, {"a": remote("3", NOW, 5)}, {}, conflict_mode="keepboth")
    kept = "a.conflict-20231114-221320"
    assert steps(found) == [("copy_remote", kept), ("upload", "a"), ("download", kept)]
    copy, upload, download = found.actions
    assert (copy.source, copy.generation) == ("a", 5)
    assert upload.needs == download.needs == kept


def test_keep_both_takes_a_free_name() -> None:
    kept = "a.conflict-20231114-221320"
    found = plan(
        {"a": local("2", NOW + 1), kept: "4"}, {"a": remote("3", NOW), kept: "4"}, {kept: "4"}, conflict_mode="keepboth"
    )
    assert steps(found)[0] == ("copy_remote", f"{kept}-2")


def test_keep_both_uses_the_copy_that_an_interrupted_sync_has_made() -> None:
    kept = "a.conflict-20231114-221320"
    found = plan(
        {"a": local("2", NOW + 1)}, {"a": remote("3", NOW), kept: remote("3", NOW + 5)}, {}, conflict_mode="keepboth"
    )
    assert steps(found) == [("upload", "a"), ("download", kept)]


def test_keep_both_in_one_direction_changes_one_side() -> None:
    found = plan({"a": local("2", NOW + 1)}, {"a": remote("3", NOW)}, {}, conflict_mode="keepboth", direction="upload")
    assert [kind for kind, _ in steps(found)] == ["copy_remote", "upload"]


def test_keep_both_of_a_mirror_keeps_in_the_trash() -> None:
    """The copy would be an orphan of the mirror at once."""
    found = plan(
        {"a": local("2", NOW + 1)}, {"a": "3"}, {}, conflict_mode="keepboth", direction="upload", delete_remote=True
    )
    assert [(action.kind, action.keep) for action in found.actions] == [("upload", True)]


def test_a_conflict_that_the_direction_cannot_solve_is_left_and_reported() -> None:
    found = plan({"a": local("2", NOW)}, {"a": remote("3", NOW + 1)}, {}, direction="upload")
    assert found.actions == ()
    assert [(conflict.path, conflict.winner) for conflict in found.conflicts] == [("a", "")]


# Renames --------------------------------------------------------------------------------------------------------------


def test_a_rename_on_the_disk_is_a_copy_in_the_bucket() -> None:
    """Nothing is sent; the old name goes only when the new one is there."""
    found = plan(
        {"new": "content"}, {"old": remote("content", generation=4)}, {"old": agreed("content", 4)}, **DELETING
    )
    copy, deletion = found.actions
    assert (copy.kind, copy.source, copy.generation, copy.name) == ("copy_remote", "old", 4, "new")
    assert (deletion.kind, deletion.name, deletion.needs) == ("delete_remote", "old", "new")


def test_a_rename_in_the_bucket_is_a_rename_on_the_disk() -> None:
    found = plan({"old": "content"}, {"new": "content"}, {"old": "content"}, **DELETING)
    assert [(action.kind, action.source, action.path) for action in found.actions] == [("move_local", "old", "new")]


@pytest.mark.parametrize("side", ["disk", "bucket"])
def test_renames_do_not_count_as_deletions(side: str) -> None:
    """A renamed folder of a hundred files passes the strictest Max Delete."""
    old = {f"old/{number}": f"content {number}" for number in range(100)}
    new = {f"new/{number}": f"content {number}" for number in range(100)}
    on_disk, in_bucket = (new, old) if side == "disk" else (old, new)
    found = plan(on_disk, in_bucket, old, **DELETING | {"max_delete": 0})
    assert found.refusals == ()
    assert len([action for action in found.actions if action.renames]) == 100
    assert len(found.as_plain()["rename"]) == 100
    assert found.as_plain()["delete"] == []


def test_a_rename_with_a_change_is_a_new_file_and_a_deletion() -> None:
    found = plan({"new": "2", **OTHER}, {"old": "1", **OTHER}, {"old": "1", **OTHER}, **DELETING)
    assert steps(found) == [("upload", "new"), ("delete_remote", "old")]


def test_empty_files_are_not_taken_for_renames() -> None:
    found = plan({"new": "", **OTHER}, {"old": "", **OTHER}, {"old": "", **OTHER}, **DELETING)
    assert steps(found) == [("upload", "new"), ("delete_remote", "old")]


def test_two_copies_of_one_deleted_file_are_both_copied_in_the_bucket() -> None:
    found = plan({"b": "1", "c": "1"}, {"a": "1"}, {"a": "1"}, **DELETING)
    assert steps(found) == [("copy_remote", "b"), ("copy_remote", "c"), ("delete_remote", "a")]


def test_without_the_orphan_option_the_old_name_comes_back() -> None:
    assert steps(plan({"new": "1"}, {"old": "1"}, {"old": "1"})) == [("upload", "new"), ("download", "old")]


# Hashes ---------------------------------------------------------------------------------------------------------------


def requests(on_disk: dict[str, Any], in_bucket: dict[str, Any], state: dict[str, Any], **options: Any) -> list[str]:
    unhashed = {path: local(content, hashed=False) for path, content in on_disk.items()}
    return [f"{request.algorithm} {request.path}" for request in plan(unhashed, in_bucket, state, **options).hashes]


def test_only_what_decides_is_hashed() -> None:
    assert requests({"a": "1"}, {"a": "2"}, {}) == ["crc32c a"]
    assert requests({"a": "1"}, {}, {}) == [], "a new file is uploaded, whatever it holds"
    assert requests({"a": "12"}, {"a": "1"}, {"a": "1"}) == [], "the sizes tell"
    assert requests({"a": "12"}, {"a": "1"}, {}) == [], "the sizes tell"
    assert requests({"a": "1"}, {}, {"a": "1"}) == [], "missing in the bucket: uploaded anyway"
    assert requests({"a": "1"}, {}, {"a": "1"}, **DELETING) == ["crc32c a"], "may it be deleted?"
    assert requests({"new": "1", "x": "22"}, {"old": "1"}, {"old": "1"}, **DELETING) == ["crc32c new"], "a rename?"
    assert requests({"a": "2"}, {"a": "11"}, {"a": "1"}) == ["crc32c a"], "an update or a conflict?"


def test_objects_without_crc32c_are_compared_by_md5() -> None:
    found = data.RemoteFile(1, 1, "md5:1", NOW)
    assert requests({"a": "1"}, {"a": found}, {}) == ["md5 a"]
    assert steps(plan({"a": "1"}, {"a": found}, {})) == []
    assert steps(plan({"a": "2"}, {"a": found}, {"a": data.Agreed(1, "md5:1", 1)})) == [("upload", "a")]


def test_objects_without_any_checksum_are_compared_by_generation() -> None:
    state = {"a": agreed("1", 3)}
    assert steps(plan({"a": "1"}, {"a": data.RemoteFile(1, 3, "", NOW)}, state)) == []
    assert steps(plan({"a": "1"}, {"a": data.RemoteFile(1, 4, "", NOW)}, state)) == [("download", "a")]


def test_objects_that_are_stored_compressed_are_compared_by_generation() -> None:
    """Their size and checksum are those of the compressed bytes."""
    state = {"a": agreed("1", 3)}
    assert steps(plan({"a": "1"}, {"a": data.RemoteFile(data.UNKNOWN, 3, "", NOW)}, state)) == []
    assert steps(plan({"a": "1"}, {"a": data.RemoteFile(data.UNKNOWN, 4, "", NOW)}, state)) == [("download", "a")]
    assert steps(plan({"a": "2"}, {"a": data.RemoteFile(data.UNKNOWN, 3, "", NOW)}, state)) == [("upload", "a")]


def test_the_plan_gives_time_to_others() -> None:
    """Planning for many files pauses now and then: a frame wants the interpreter, too."""
    many = {f"{number}": local("1", hashed=False) for number in range(6000)}
    pauses = []
    planner.make_plan(data.LocalTree(many), data.RemoteTree({}), {}, data.Options(), lambda: pauses.append(1))
    assert len(pauses) >= 10


# Names ----------------------------------------------------------------------------------------------------------------


def test_two_unicode_forms_of_a_name_are_one_file() -> None:
    """A file from a Mac and its object, named in the other form, belong together."""
    name = "Müsli/é.txt"
    decomposed = unicodedata.normalize("NFD", name)
    assert steps(plan({decomposed: "1"}, {name: "1"}, {})) == []
    assert steps(plan({decomposed: "2"}, {name: "1"}, {name: "1"})) == [("upload", decomposed)]
    [action] = plan({decomposed: "1"}, {}, {}).actions
    assert (action.path, action.name) == (decomposed, name), "new objects get the composed form"
    [action] = plan({}, {decomposed: "1"}, {}).actions
    assert (action.path, action.name) == (decomposed, decomposed), "an object keeps its name"


@pytest.mark.parametrize("side", ["disk", "bucket"])
def test_two_names_that_differ_in_unicode_form_only_are_left_alone(side: str) -> None:
    twins = {"é": "1", unicodedata.normalize("NFD", "é"): "2"}
    on_disk, in_bucket = (twins, {}) if side == "disk" else ({}, twins)
    found = plan(on_disk, in_bucket, {}, **DELETING)
    assert found.actions == ()
    assert sorted(skip.path for skip in found.skipped if skip.is_error) == sorted(twins)


def test_names_that_differ_in_case_only_are_two_files_where_the_disk_tells_them_apart() -> None:
    assert steps(plan({}, {"A": "1", "a": "2"}, {})) == [("download", "A"), ("download", "a")]


def test_names_that_differ_in_case_only_are_left_alone_where_the_disk_takes_them_for_one() -> None:
    """Whichever came second would replace the first."""
    found = plan({}, {"A": "1", "a": "2", "b": "3"}, {}, ignore_case=True)
    assert steps(found) == [("download", "b")]
    assert {skip.path for skip in found.skipped} == {"A", "a"}
    found = plan({"a": "2"}, {"A": "1", "a": "2"}, {"a": "2"}, ignore_case=True, **DELETING)
    assert found.actions == ()


def test_a_change_of_case_alone_is_no_change_where_the_disk_does_not_tell() -> None:
    found = plan({"Photo.JPG": "1"}, {"photo.jpg": "1"}, {"photo.jpg": "1"}, ignore_case=True)
    assert steps(found) == []
    [action] = plan({"Photo.JPG": "2"}, {"photo.jpg": "1"}, {"photo.jpg": "1"}, ignore_case=True).actions
    assert (action.path, action.name) == ("Photo.JPG", "photo.jpg")


@pytest.mark.parametrize("name", ["../up", "a/../../up", "/root", "C:evil", "a//b", "./a", "a\x01b", "a\\b", "con.txt"])
def test_hostile_names_are_never_downloaded(name: str) -> None:
    found = plan({}, {name: "1"}, {})
    assert found.actions == ()
    assert [(skip.path, skip.is_error) for skip in found.skipped] == [(name, True)]


def test_names_that_windows_forbids_are_skipped_there_alone() -> None:
    assert steps(plan({}, {'a"b': "1"}, {}, windows=False)) == [("download", 'a"b')]
    assert steps(plan({}, {'a"b': "1"}, {}, windows=True)) == []


def test_names_that_the_bucket_cannot_take_are_reported() -> None:
    long = "x/" * 500
    found = plan({f"{long}a": "1", "\udc80": "2", "b": "3"}, {}, {}, prefix="0123456789" * 3)
    assert steps(found) == [("upload", "b")]
    assert len([skip for skip in found.skipped if skip.is_error]) == 2


def test_folder_placeholders_are_left_alone() -> None:
    found = plan({"d/a": "1", "z": "1"}, {"d/": "", "e/": "", "d/a": "1", "z": "1"}, {}, **DELETING, direction="upload")
    assert found.actions == ()
    assert not any(skip.is_error for skip in found.skipped)


def test_what_the_disk_holds_stays_where_one_name_would_be_file_and_folder() -> None:
    found = plan({"a": "1"}, {"a": "1", "a/b": "2"}, {})
    assert steps(found) == []
    assert [(skip.path, skip.is_error) for skip in found.skipped] == [("a/b", True)]
    found = plan({"a/b": "2"}, {"a": "1", "a/b": "2"}, {})
    assert steps(found) == []
    assert [(skip.path, skip.is_error) for skip in found.skipped] == [("a", True)]


def test_folders_win_where_neither_is_on_the_disk() -> None:
    assert steps(plan({}, {"a": "1", "a/b": "2", "a/c": "3"}, {})) == [("download", "a/b"), ("download", "a/c")]


def test_a_file_that_became_a_folder_in_the_bucket_becomes_one_on_the_disk() -> None:
    found = plan({"a": "1", **OTHER}, {"a/b": "2", **OTHER}, {"a": "1", **OTHER}, **DELETING)
    assert steps(found) == [("delete_local", "a"), ("download", "a/b")]
    found = plan({"a": "1", **OTHER}, {"a/b": "1", **OTHER}, {"a": "1", **OTHER}, **DELETING)
    assert steps(found) == [("delete_local", "a"), ("download", "a/b")], "no single move does that"


def test_links_and_what_lies_below_them_are_left_alone_on_both_sides() -> None:
    tree = {"blocked": {"link": "it is a symbolic link"}}
    found = plan({"a": "1"}, {"a": "1", "link": "2", "link/b": "3"}, {"link/b": "3"}, **DELETING, tree=tree)
    assert found.actions == ()
    assert found.forgotten == ()
    assert [(skip.path, skip.why) for skip in found.skipped] == [("link", "it is a symbolic link")]


def test_what_is_filtered_out_is_touched_on_neither_side() -> None:
    chosen = ignore.Filter(include=["*.png"], exclude=["/tmp/"])
    found = plan(
        {"a.png": "1", "a.txt": "2", "tmp/b.png": "3"},
        {"c.txt": "4", "tmp/d.png": "5"},
        {"gone.txt": "6", "tmp/e.png": "7"},
        **DELETING,
        filter=chosen,
    )
    assert steps(found) == [("upload", "a.png")]
    assert found.forgotten == ()


# The plan as the user sees it -----------------------------------------------------------------------------------------


def test_the_plan_for_the_user_lists_every_step_with_its_reason() -> None:
    found = plan(
        {"up": "12", "moved": "same", **OTHER},
        {"down": "123", "old": "same", "orphan": "1", **OTHER},
        {"old": "same", "orphan": "1", **OTHER},
        **DELETING,
    ).as_plain()
    assert found == {
        "upload": [{"path": "up", "size": 2, "why": "new on the disk"}],
        "download": [{"path": "down", "size": 3, "why": "new in the bucket"}],
        "rename": [{"side": "remote", "from": "old", "path": "moved", "size": 4, "why": "renamed from old"}],
        "delete": [{"path": "remote:orphan", "size": 1, "why": "deleted on the disk"}],
        "conflicts": [],
        "skipped": [],
        "refused": [],
        "upload_bytes": 2,
        "download_bytes": 3,
    }


def test_keeping_both_is_no_rename_for_the_user() -> None:
    found = plan({"a": local("2", NOW + 1)}, {"a": remote("3")}, {}, conflict_mode="keepboth").as_plain()
    assert found["rename"] == []
    assert [conflict["winner"] for conflict in found["conflicts"]] == ["local"]
