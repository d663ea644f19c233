"""Syncs as a user of the built component sees them: methods, pulses, callbacks, table, refusals."""

from typing import Any

import pytest
import requests

from emulators import StorageEmulator
from storage_stage import Stage
from tdg_work_token import Token


def moved(stage: Stage) -> tuple[Any, ...]:
    """What the last `onSyncComplete` was called with, without the id."""
    return stage.called("sync")[-1][1:]


def test_sync_tells_what_it_did(stage: Stage) -> None:
    """uploaded, downloaded and deleted are relative paths, deleted ones with their side in front."""
    stage.file("up.txt", b"1")
    stage.file("gone.txt", b"2")
    stage.bucket.put("media/d/down.txt", b"3")
    first = stage.comp.SyncFolder()
    stage.completed(first)
    [call] = stage.called("sync")
    assert call[:2] == (first, "both")
    assert sorted(call[2]) == ["gone.txt", "up.txt"]
    assert call[3:] == (["d/down.txt"], [], [], True, "")
    (stage.assets / "gone.txt").unlink()
    stage.completed(stage.comp.SyncFolder(delete_remote=True))
    assert moved(stage) == ("both", [], [], ["remote:gone.txt"], [], True, "")
    assert stage.bucket.names() == ["media/d/down.txt", "media/up.txt"]


def test_sync_has_one_row_of_its_own(stage: Stage) -> None:
    stage.file("a", b"12345")
    key = stage.comp.SyncFolder("upload")
    assert stage.row(key)["status"] == "pending"
    stage.completed(key)
    row = stage.row(key)
    assert (row["type"], row["remote_path"], row["status"]) == ("sync", "media/", "complete")
    assert row["local_path"] == stage.assets.as_posix()
    assert (row["size"], row["progress"]) == ("5", "1")
    assert len(stage.transfers()) == 1
    assert stage.called("complete") == [], "onTransferComplete tells of single transfers"


@pytest.mark.parametrize(("pulse", "direction"), [("Upload", "upload"), ("Download", "download"), ("Sync", "both")])
def test_pulses_sync_in_their_direction(stage: Stage, pulse: str, direction: str) -> None:
    stage.file("here", b"1")
    stage.bucket.put("media/there", b"2")
    stage.comp.par[pulse].pulse()
    stage.until(lambda: stage.called("sync"), "synced")
    assert moved(stage)[0] == direction
    assert moved(stage)[1] == ([] if direction == "download" else ["here"])
    assert moved(stage)[2] == ([] if direction == "upload" else ["there"])


def test_none_uses_the_orphan_parameters_and_a_value_overrides_them(stage: Stage) -> None:
    stage.set(Deleteremoteorphans=True, Deletelocalorphans=True, Maxdelete=100)
    for name in ("a", "b", "c"):
        stage.file(name, name.encode())
    stage.completed(stage.comp.SyncFolder())
    (stage.assets / "a").unlink()
    stage.completed(stage.comp.SyncFolder(delete_remote=False))
    assert moved(stage)[2] == ["a"]
    (stage.assets / "a").unlink()
    stage.completed(stage.comp.SyncFolder())
    assert moved(stage)[3] == ["remote:a"]
    stage.bucket._gateway.delete("media/b", stage.bucket.info("media/b")["generation"], Token())  # type: ignore[index]
    stage.completed(stage.comp.SyncFolder("download"))
    assert moved(stage)[3] == ["local:b"]


def test_max_delete_refuses_and_force_does_it(stage: Stage) -> None:
    for name in ("a", "b", "c"):
        stage.file(name, name.encode())
    stage.completed(stage.comp.SyncFolder())
    (stage.assets / "a").unlink()
    (stage.assets / "b").unlink()
    [ended] = stage.ended(stage.comp.SyncFolder("upload", True))
    assert ended["status"] == "failed"
    _, _, _, deleted, errors, success, error = moved(stage)
    assert (deleted, success) == ([], False)
    assert "Max Delete" in error
    assert errors[0]["path"] == ""
    assert any("Max Delete" in line for line in stage.log("ERROR"))
    stage.completed(stage.comp.SyncFolder("upload", True, force=True))
    assert stage.bucket.names() == ["media/c"]


@pytest.mark.parametrize("mode", ["newest", "keepboth", "local", "remote"])
def test_conflicts_follow_the_menu_and_are_reported(stage: Stage, mode: str) -> None:
    stage.set(Conflictmode=mode)
    stage.file("a.txt", b"base")
    stage.completed(stage.comp.SyncFolder())
    stage.bucket.put("media/a.txt", b"there")
    stage.file("a.txt", b"here, and newer")
    stage.completed(stage.comp.SyncFolder())
    assert [each["path"] for each in moved(stage)[4]] == ["a.txt"]
    assert "conflict" in moved(stage)[4][0]["error"]
    assert moved(stage)[5:] == (True, "")
    expected = b"there" if mode == "remote" else b"here, and newer"
    assert stage.bucket.get("media/a.txt") == (stage.assets / "a.txt").read_bytes() == expected
    kept = [name for name in stage.bucket.names() if ".conflict-" in name]
    assert len(kept) == (mode == "keepboth")


def test_patterns_choose_the_files(stage: Stage) -> None:
    stage.set(Include="*.png", Exclude="/raw/ *.tmp.png")
    for name in ("a.png", "b.txt", "raw/c.png", "d.tmp.png", "e/f.png"):
        stage.file(name)
    stage.completed(stage.comp.SyncFolder("upload"))
    assert sorted(moved(stage)[1]) == ["a.png", "e/f.png"]
    stage.completed(stage.comp.SyncFolder("upload", include=[], exclude=r"b.txt raw/"))
    assert moved(stage)[1] == ["d.tmp.png"]


def test_litter_of_the_systems_stays_where_it_is(stage: Stage) -> None:
    """Without any setting."""
    for name in (".DS_Store", "d/Thumbs.db", "._a", "desktop.ini", ".hidden"):
        stage.file(name)
    stage.completed(stage.comp.SyncFolder())
    assert moved(stage)[1] == [".hidden"]


def test_plan_comes_to_its_callback_and_touches_nothing(stage: Stage) -> None:
    stage.file("a", b"123")
    stage.bucket.put("media/b", b"4567")
    key = stage.comp.PlanSync()
    [known] = stage.completed(key)
    [(told, plan)] = stage.called("plan")
    assert told == key
    assert plan["success"] is True
    assert (plan["direction"], plan["error"]) == ("both", "")
    assert [(each["path"], each["size"]) for each in plan["upload"]] == [("a", 3)]
    assert [(each["path"], each["size"]) for each in plan["download"]] == [("b", 4)]
    assert known["plan"]["upload"] == plan["upload"]
    assert stage.bucket.names() == ["media/b"]
    assert [path.name for path in stage.assets.iterdir()] == ["a"]
    assert stage.called("sync") == []


def test_plan_that_cannot_be_made_says_why(stage: Stage) -> None:
    stage.assets.rmdir()
    stage.ended(stage.comp.PlanSync("upload"))
    [(_, plan)] = stage.called("plan")
    assert plan["success"] is False
    assert "does not exist" in plan["error"]


@pytest.mark.parametrize("direction", ["sideways", "", None, "Both"])
def test_bad_direction_is_refused_at_once(stage: Stage, direction: Any) -> None:
    assert stage.comp.SyncFolder(direction) == ""
    assert any("direction" in line for line in stage.log("ERROR"))
    assert stage.transfers() == []


def test_project_folder_as_a_whole_is_not_synced(stage: Stage) -> None:
    stage.set(Localpath="")
    assert stage.comp.SyncFolder() == ""
    assert any("Local Path" in line for line in stage.log("ERROR"))


def test_progress_of_a_sync_is_told(stage: Stage) -> None:
    stage.file("a", 3_000_000)
    key = stage.comp.SyncFolder("upload")
    stage.completed(key)
    calls = [call for call in stage.called("progress") if call[0] == key]
    assert all(call[1] == "sync" for call in calls)
    assert all(0 < call[4] <= call[5] == 3_000_000 for call in calls)


def test_sync_asked_for_while_disconnected_runs_on_connect(open_stage: Any) -> None:
    stage = open_stage()
    stage.file("a")
    key = stage.comp.SyncFolder("upload")
    stage.host.frame(20)
    assert stage.row(key)["status"] == "pending"
    stage.connected()
    stage.completed(key)
    assert stage.bucket.names() == ["media/a"]


def test_waiting_sync_can_be_cancelled_and_is_reported(open_stage: Any) -> None:
    stage = open_stage()
    key = stage.comp.SyncFolder()
    stage.host.frame(5)
    stage.comp.CancelTransfers()
    stage.until(lambda: stage.called("sync"), "told")
    assert stage.called("sync") == [(key, "both", [], [], [], [], False, "cancelled")]


def test_parameters_count_at_the_moment_of_the_call(stage: Stage) -> None:
    """What is changed afterwards belongs to the next sync."""
    other = stage.assets.parent / "other"
    other.mkdir()
    (other / "b").write_bytes(b"2")
    stage.file("a", b"1")
    first = stage.comp.SyncFolder("upload")
    stage.set(Localpath="other", Remotepath="elsewhere")
    second = stage.comp.SyncFolder("upload")
    stage.completed(first, second)
    assert stage.bucket.names() == ["elsewhere/b", "media/a"]


def test_sync_worker_is_known_by_its_name(stage: Stage) -> None:
    assert callable(stage.comp.op("ext_storage").module._sync_worker)


def test_sync_runs_beside_the_limit_and_its_uploads_are_public_if_wanted(
    stage: Stage, own_storage: StorageEmulator
) -> None:
    stage.set(Maxconcurrent=1, Makepublic=True)
    own_storage.inject("POST /upload.*name=media(%2F|/)slow", "hang")
    slow = stage.comp.UploadText("x", "slow")
    stage.until(lambda: own_storage.fault_hits() == [1], "the only slot taken")
    waits = stage.comp.UploadText("x", "waits")
    stage.file("a", b"1")
    stage.completed(stage.comp.SyncFolder("upload"))
    assert (stage.row(slow)["status"], stage.row(waits)["status"]) == ("active", "pending")
    assert requests.get(stage.comp.GetPublicUrl("a"), timeout=5).content == b"1"
    stage.comp.CancelTransfers(include_active=True)
    stage.ended(slow, waits)
