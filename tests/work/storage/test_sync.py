"""Whole syncs between a folder and a bucket, with a real server behind them."""

import gzip
import os
import shutil
import sys
from pathlib import Path

import pytest

from emulators import StorageEmulator
from storage_engine import Driver, noise
from sync_stage import DELETING, Stage, between
from tdg_gateway_storage import StorageGateway

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files or needs a privilege for them")


@pytest.fixture
def stage(tmp_path: Path, gateway: StorageGateway, engine: Driver) -> Stage:
    return Stage(tmp_path / "assets", gateway, engine)


def requests(emulator: StorageEmulator) -> list[str]:
    """What the server was asked since the last time."""
    lines = [f"{each.method} {each.path}" for each in emulator.requests()]
    emulator.clear_faults()
    return lines


# What is moved --------------------------------------------------------------------------------------------------------


def test_both_sides_become_alike(stage: Stage) -> None:
    stage.write("a.txt", "here")
    stage.write("d/e/b.bin", noise(100_000))
    stage.write("empty", "")
    stage.put("c.txt", "there")
    stage.put("d/c.txt", "")
    assert stage.moved() == {"uploaded": ["a.txt", "d/e/b.bin", "empty"], "downloaded": ["c.txt", "d/c.txt"]}
    assert stage.local() == stage.remote()
    assert len(stage.local()) == 5


@pytest.mark.parametrize("first", ["upload", "download", "both"])
@pytest.mark.parametrize("second", ["upload", "download", "both"])
def test_a_second_sync_moves_nothing_in_any_direction(stage: Stage, first: str, second: str) -> None:
    """However the clocks of the two sides stand: an object is always younger than the file it came from."""
    for number in range(4):
        stage.write(f"{number}", f"content {number}")
    stage.sync("both")
    stage.write("0", "changed here")
    stage.put("1", "changed there")
    stage.sync(first, conflict_mode="newest")
    stage.sync("both")
    assert stage.moved(second) == {}
    assert stage.local() == stage.remote()


def test_a_sync_with_nothing_to_do_costs_one_listing(stage: Stage, own_storage: StorageEmulator) -> None:
    for number in range(20):
        stage.write(f"d/{number}", f"content {number}")
    stage.moved()
    requests(own_storage)
    assert stage.moved() == {}
    assert [line.split("?")[0] for line in requests(own_storage)] == [
        f"GET /storage/v1/b/{stage.driver.settings.target}/o"
    ]


def test_a_touched_file_is_not_sent_again(stage: Stage) -> None:
    file = stage.write("a", "same")
    stage.moved()
    os.utime(file, (1, 1))
    assert stage.moved() == {}


def test_changes_go_where_they_are_missing(stage: Stage) -> None:
    stage.write("a", "1")
    stage.write("b", "1")
    stage.moved()
    stage.write("a", "2 here")
    stage.put("b", "2 there")
    assert stage.moved() == {"uploaded": ["a"], "downloaded": ["b"]}
    assert stage.local() == stage.remote() == {"a": "2 here", "b": "2 there"}


def test_one_direction_changes_one_side(stage: Stage) -> None:
    stage.write("here", "1")
    stage.put("there", "1")
    assert stage.moved("upload") == {"uploaded": ["here"]}
    assert "there" not in stage.local()
    assert stage.moved("download") == {"downloaded": ["there"]}


def test_only_what_lies_below_the_prefix_counts(stage: Stage, gateway: StorageGateway) -> None:
    other = Stage(stage.root.parent / "elsewhere", gateway, stage.driver, "media-other/")
    other.put("a", "1")
    stage.put("b", "2")
    assert stage.moved(**DELETING) == {"downloaded": ["b"]}
    assert other.remote() == {"a": "1"}


def test_a_whole_bucket_can_be_synced(tmp_path: Path, gateway: StorageGateway, engine: Driver) -> None:
    stage = Stage(tmp_path / "all", gateway, engine, "")
    stage.put("a/b", "1")
    stage.write("c", "2")
    assert stage.moved() == {"uploaded": ["c"], "downloaded": ["a/b"]}


def test_thousands_of_objects_come_in_pages(
    stage: Stage, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tdg_gateway_storage.PAGE", 7)
    for number in range(30):
        stage.write(f"{number}", f"{number}")
    stage.moved("upload")
    requests(own_storage)
    stage.moved("upload")
    assert len(requests(own_storage)) == 5


def test_objects_that_are_stored_compressed_are_written_as_they_were(stage: Stage) -> None:
    stage.put("a.json", gzip.compress(b"{}" * 1000), contentEncoding="gzip")
    assert stage.moved() == {"downloaded": ["a.json"]}
    assert stage.local() == {"a.json": "{}" * 1000}
    assert stage.moved() == {}
    stage.write("a.json", "{1}")
    assert stage.moved() == {"uploaded": ["a.json"]}
    assert stage.moved() == {}


def test_uploads_of_a_sync_become_public_when_asked(stage: Stage, own_storage: StorageEmulator) -> None:
    stage.write("a", "1")
    requests(own_storage)
    stage.moved("upload", make_public=True)
    assert any("predefinedAcl=publicRead" in line or "acl" in line for line in requests(own_storage))


# Deletions ------------------------------------------------------------------------------------------------------------


def test_a_deletion_is_told_from_a_new_file(stage: Stage) -> None:
    for name in ("a", "b", "c"):
        stage.write(name, name)
    stage.moved()
    (stage.root / "a").unlink()
    stage.drop("b")
    stage.write("new here", "1")
    stage.put("new there", "2")
    assert stage.moved(**DELETING) == {
        "uploaded": ["new here"],
        "downloaded": ["new there"],
        "deleted": ["local:b", "remote:a"],
    }
    assert stage.trash() == ["b"]
    assert stage.moved(**DELETING) == {}


def test_without_the_options_nothing_is_deleted(stage: Stage) -> None:
    stage.write("a", "1")
    stage.write("b", "2")
    stage.moved()
    (stage.root / "a").unlink()
    stage.drop("b")
    assert stage.moved() == {"uploaded": ["b"], "downloaded": ["a"]}


def test_orphans_of_the_very_first_sync(stage: Stage) -> None:
    """In one direction the other side becomes an image, and what this computer never held is in the trash."""
    stage.write("keep", "1")
    stage.put("orphan", "only copy")
    assert stage.moved("upload", **DELETING) == {"uploaded": ["keep"], "deleted": ["remote:orphan"]}
    assert stage.trash() == ["only copy"]


def test_folders_that_a_sync_empties_are_removed(stage: Stage) -> None:
    stage.write("d/e/a", "1")
    stage.write("b", "2")
    (stage.root / "empty").mkdir()
    stage.moved()
    stage.drop("d/e/a")
    stage.moved(**DELETING)
    assert not (stage.root / "d").exists()
    assert (stage.root / "empty").exists(), "an empty folder of the user is left alone"


def test_more_deletions_than_allowed_are_refused_and_explained(stage: Stage) -> None:
    for number in range(10):
        stage.write(f"{number}", f"{number}")
    stage.moved()
    for number in range(6):
        (stage.root / f"{number}").unlink()
    ended = stage.sync(delete_remote=True, max_delete=50)
    assert ended.status == "failed"
    assert "60 %" in ended.error
    assert "force=True" in ended.error
    assert len(stage.remote()) == 10
    assert stage.moved(delete_remote=True, max_delete=50, force=True)["deleted"] == [f"remote:{n}" for n in range(6)]


@pytest.mark.parametrize("fault", ["unmounted", "missing", "file"])
def test_a_lost_folder_deletes_nothing(stage: Stage, fault: str) -> None:
    """A drive that is not there is an empty mount point, or nothing at all."""
    for number in range(5):
        stage.write(f"{number}", f"{number}")
    stage.moved()
    shutil.rmtree(stage.root)
    if fault == "unmounted":
        stage.root.mkdir()
    if fault == "file":
        stage.root.write_text("no folder")
    for direction in ("both", "upload", "download"):
        ended = stage.sync(direction, **DELETING)
        assert ended.status == "failed" or direction == "download", direction
        assert not [each for each in ended.result.get("deleted", ()) if each.startswith("remote:")]
    assert len(stage.remote()) == 5


def test_a_missing_folder_is_filled_again_by_force(stage: Stage) -> None:
    stage.write("a", "1")
    stage.moved()
    shutil.rmtree(stage.root)
    ended = stage.sync(**DELETING)
    assert ended.status == "failed"
    assert "is missing" in ended.error
    assert stage.moved(**DELETING, force=True, direction="download") == {"downloaded": ["a"]}


def test_a_first_download_makes_its_folder(stage: Stage) -> None:
    stage.root.rmdir()
    stage.put("d/a", "1")
    assert stage.moved("download") == {"downloaded": ["d/a"]}


def test_an_upload_from_a_folder_that_is_not_there_fails(stage: Stage) -> None:
    stage.root.rmdir()
    ended = stage.sync("upload")
    assert ended.status == "failed"
    assert "does not exist" in ended.error


@pytest.mark.parametrize("status", [403, 404, 400])
def test_a_listing_that_is_refused_deletes_nothing(stage: Stage, own_storage: StorageEmulator, status: int) -> None:
    for number in range(3):
        stage.write(f"{number}", f"{number}")
    stage.moved()
    own_storage.inject("GET /storage/v1/b/[^/]*/o[?]", status=status, times=0)
    ended = stage.sync(**DELETING)
    own_storage.clear_faults()
    assert ended.status == "failed"
    assert ended.error
    assert len(stage.local()) == len(stage.remote()) == 3


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_listing_that_breaks_off_half_way_deletes_nothing(
    stage: Stage, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Whether it fails for good, or only for a while."""
    monkeypatch.setattr("tdg_gateway_storage.PAGE", 2)
    for number in range(6):
        stage.write(f"{number}", f"{number}")
    stage.moved()
    own_storage.inject("GET .*pageToken", status=status, skip=1, times=2)
    stage.sync(**DELETING)
    own_storage.clear_faults()
    assert len(stage.local()) == len(stage.remote()) == 6


def test_an_object_that_changes_before_it_is_deleted_stays(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.write("a", "1")
    stage.write("b", "2")
    stage.moved()
    (stage.root / "a").unlink()
    between(monkeypatch, lambda: stage.put("a", "newer"))
    ended = stage.sync(**DELETING)
    assert ended.status == "failed"
    assert "not deleted" in ended.error
    assert stage.moved(**DELETING) == {"downloaded": ["a"]}


# Conflicts ------------------------------------------------------------------------------------------------------------


def conflict(stage: Stage, newer: str) -> None:
    """Both sides change a file that they agreed on."""
    stage.write("a.txt", "base")
    stage.moved()
    stage.write("a.txt", "here", age_s=-3600 if newer == "local" else 3600)
    stage.put("a.txt", "there")


@pytest.mark.parametrize(
    ("mode", "newer", "winner"),
    [
        ("newest", "local", "here"),
        ("newest", "remote", "there"),
        ("local", "remote", "here"),
        ("remote", "local", "there"),
    ],
)
def test_a_conflict_has_one_winner_is_reported_and_nothing_is_lost(
    stage: Stage, mode: str, newer: str, winner: str
) -> None:
    conflict(stage, newer)
    ended = stage.sync(conflict_mode=mode)
    assert ended.status == "complete"
    assert [each["path"] for each in ended.result["conflicts"]] == ["a.txt"]
    assert ended.result["errors"] == ended.result["conflicts"]
    assert stage.local() == stage.remote() == {"a.txt": winner}
    assert stage.trash() == [{"here": "there", "there": "here"}[winner]]
    assert stage.moved(conflict_mode=mode) == {}


@pytest.mark.parametrize("newer", ["local", "remote"])
def test_keep_both_leaves_both_on_both_sides(stage: Stage, newer: str) -> None:
    conflict(stage, newer)
    stage.sync(conflict_mode="keepboth")
    assert stage.local() == stage.remote()
    assert sorted(stage.local().values()) == ["here", "there"]
    assert stage.local()["a.txt"] == {"local": "here", "remote": "there"}[newer]
    [kept] = [name for name in stage.local() if name.startswith("a.conflict-")]
    assert kept.endswith(".txt")
    assert stage.moved(conflict_mode="keepboth") == {}


def test_the_same_change_on_both_sides_is_no_conflict(stage: Stage) -> None:
    stage.write("a", "base")
    stage.moved()
    stage.write("a", "same")
    stage.put("a", "same")
    ended = stage.sync()
    assert ended.result["conflicts"] == []
    assert stage.moved() == {}


# Renames --------------------------------------------------------------------------------------------------------------


def test_a_renamed_folder_is_not_sent_again(stage: Stage, own_storage: StorageEmulator) -> None:
    for number in range(5):
        stage.write(f"old/{number}", noise(1000 + number))
    stage.write("keep", "1")
    stage.moved()
    (stage.root / "old").rename(stage.root / "new")
    requests(own_storage)
    found = stage.moved(**DELETING | {"max_delete": 0})
    assert found["uploaded"] == [f"new/{number}" for number in range(5)]
    assert found["deleted"] == [f"remote:old/{number}" for number in range(5)]
    assert not [line for line in requests(own_storage) if "/upload/" in line]
    assert stage.local() == stage.remote()


def test_what_was_renamed_in_the_bucket_is_not_fetched_again(
    stage: Stage, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    stage.write("old/a", noise(1000))
    stage.write("keep", "1")
    stage.moved()
    stage.put("new/b", noise(1000))
    stage.drop("old/a")
    requests(own_storage)
    assert stage.moved(**DELETING | {"max_delete": 0}) == {"downloaded": ["new/b"], "deleted": ["local:old/a"]}
    assert not [line for line in requests(own_storage) if "alt=media" in line]
    assert stage.local() == stage.remote()
    assert not (stage.root / "old").exists()
    assert stage.moved(**DELETING) == {}


# Planning -------------------------------------------------------------------------------------------------------------


def test_a_plan_touches_nothing(stage: Stage, own_storage: StorageEmulator) -> None:
    stage.write("a", "1")
    stage.write("b", "2")
    stage.moved()
    stage.write("a", "changed")
    (stage.root / "b").unlink()
    stage.put("c", "333")
    before = stage.local(), stage.remote()
    requests(own_storage)
    ended = stage.sync(dry=True, **DELETING)
    assert {line.split()[0] for line in requests(own_storage)} == {"GET"}
    plan = ended.result["plan"]
    assert [each["path"] for each in plan["upload"]] == ["a"]
    assert [each["path"] for each in plan["download"]] == ["c"]
    assert [each["path"] for each in plan["delete"]] == ["remote:b"]
    assert plan["download_bytes"] == 3
    assert (stage.local(), stage.remote()) == before
    assert stage.moved(**DELETING) == {"uploaded": ["a"], "downloaded": ["c"], "deleted": ["remote:b"]}
