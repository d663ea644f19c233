"""What gets in the way of a sync: odd names, links, changes meanwhile, broken lines, full disks, impatient users."""

import dataclasses
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tdg_disk_sync_trash
import tdg_disk_sync_tree
import tdg_work_storage_sync_carry
import tdg_work_storage_sync_look
from emulators import Proxy, StorageEmulator
from storage_engine import Driver, noise
from sync_stage import DELETING, Stage, between
from tdg_core_errors import CloudError
from tdg_core_storage_settings import StorageSettings
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


# Names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../up", "x/../../up", "C:evil", "a//b", "./a", "bell\x07", "a\\b", "con", "nul.txt"])
def test_hostile_names_are_reported_and_written_nowhere(stage: Stage, name: str) -> None:
    before = sorted(stage.root.parent.rglob("*"))
    stage.put(name, "evil")
    stage.put("good", "1")
    ended = stage.sync("download")
    assert stage.local() == {"good": "1"}
    assert [each["path"] for each in ended.result["errors"]] == [name]
    made = {path for path in stage.root.parent.rglob("*") if path not in before}
    assert {path.name for path in made if "cache" not in path.parts} == {"good"}


@posix
def test_links_are_neither_followed_nor_replaced(stage: Stage, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("mine")
    stage.write("real/a", "1")
    (stage.root / "out").symlink_to(outside)
    (stage.root / "in").symlink_to(stage.root / "real")
    (stage.root / "loop").symlink_to(stage.root)
    (stage.root / "file").symlink_to(outside / "secret")
    stage.put("out/planted", "evil")
    stage.put("file", "evil")
    ended = stage.sync(**DELETING)
    assert ended.result["uploaded"] == ["real/a"]
    assert ended.result["downloaded"] == []
    assert sorted(each["path"] for each in ended.result["errors"]) == ["file", "in", "loop", "out"]
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "mine"
    assert stage.remote() == {"file": "evil", "out/planted": "evil", "real/a": "1"}


@posix
def test_special_files_are_reported(stage: Stage) -> None:
    os.mkfifo(stage.root / "pipe")
    ended = stage.sync()
    assert [each["path"] for each in ended.result["errors"]] == ["pipe"]


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_deletes_nothing(stage: Stage) -> None:
    stage.write("d/a", "1")
    stage.write("b", "2")
    stage.moved()
    (stage.root / "d").chmod(0)
    (stage.root / "b").unlink()
    try:
        ended = stage.sync(**DELETING)
    finally:
        (stage.root / "d").chmod(0o700)
    assert ended.status == "failed"
    assert len(stage.remote()) == 2


def test_a_folder_that_breaks_while_it_is_read_deletes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk or network drive that fails half way is not an empty folder."""
    stage.write("d/a", "1")
    stage.write("b", "2")
    stage.moved()
    real = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("/d"):
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    ended = stage.sync(**DELETING)
    assert ended.status == "failed"
    assert "could not be read" in ended.error
    monkeypatch.undo()
    assert len(stage.remote()) == 2


def test_hidden_files_are_files_and_our_partial_files_are_not(stage: Stage) -> None:
    stage.write(".hidden", "1")
    stage.write(".tdg-0123.part", "2")
    stage.put(".tdg-4567.part", "3")
    assert stage.moved() == {"uploaded": [".hidden"]}


def test_the_cache_folder_takes_no_part(
    gateway: StorageGateway, settings: StorageSettings, drive: Callable[..., Driver], tmp_path: Path
) -> None:
    """A project folder with the cache inside can be synced."""
    cache = tmp_path / "project" / "cache [1]"
    driver = drive(dataclasses.replace(settings, cache_folder=str(cache), store_file=str(cache / "gcp.db")))
    driver.connect()
    stage = Stage(tmp_path / "project", gateway, driver)
    stage.write("a", "1")
    stage.put("cache [1]/gcp.db", "evil")
    assert stage.moved(**DELETING) == {"uploaded": ["a"]}


def test_patterns_choose_on_both_sides(stage: Stage) -> None:
    for name in ("a.png", "b.txt", "raw/c.png", "d/e.png"):
        stage.write(name, name)
        stage.put(f"remote-{name}", name)
    found = stage.moved(include=["*.png"], exclude=["raw/", "remote-raw/"], **DELETING)
    assert found == {"uploaded": ["a.png", "d/e.png"], "downloaded": ["remote-a.png", "remote-d/e.png"]}


def test_a_folder_of_the_user_in_the_place_of_a_file(stage: Stage) -> None:
    """An empty one gives way, one that holds something does not."""
    (stage.root / "empty").mkdir()
    stage.write("full/.DS_Store", "mine")
    stage.put("empty", "1")
    stage.put("full", "2")
    ended = stage.sync(exclude=[".DS_Store"])
    assert ended.result["downloaded"] == ["empty"]
    assert [each["path"] for each in ended.result["errors"]] == ["full"]
    assert stage.local() == {"empty": "1", "full/.DS_Store": "mine"}


def test_placeholders_of_folders_are_left_alone(stage: Stage) -> None:
    stage.put("d/", "")
    stage.put("d/a", "1")
    ended = stage.sync(**DELETING)
    assert (ended.status, ended.result["errors"]) == ("complete", [])
    assert stage.remote() == {"d/": "", "d/a": "1"}


# Changes meanwhile ----------------------------------------------------------------------------------------------------


def test_what_changes_after_the_plan_is_left_for_the_next_sync(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """No matter which side it changes on: no version is overwritten unseen."""
    for name in ("up", "down", "here", "there"):
        stage.write(name, "base")
    stage.moved()
    stage.write("up", "1")
    stage.put("down", "1")
    stage.write("here", "1")
    stage.put("there", "1")

    def users() -> None:
        stage.write("here", "22")
        stage.put("up", "foreign")
        stage.write("there", "mine")
        stage.put("down", "22")

    between(monkeypatch, users)
    ended = stage.sync()
    assert ended.status == "failed"
    assert {each["path"] for each in ended.result["errors"]} == {"up", "down", "here", "there"}
    assert (stage.local()["there"], stage.remote()["up"]) == ("mine", "foreign")
    stage.sync()
    assert stage.local() == stage.remote()
    assert stage.trash() == ["1", "mine"], "the losers of the two conflicts"


def test_the_same_content_by_another_hand_is_no_change(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload of the file that was asked for in the same moment, say."""
    stage.write("a.bin", "1")
    between(monkeypatch, lambda: stage.put("a.bin", "1", contentType="application/octet-stream"))
    assert stage.moved() == {"uploaded": ["a.bin"]}
    assert stage.moved() == {}


def test_a_file_that_appears_in_the_last_moment_is_not_replaced(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last look, while the download is put in place."""
    real = tdg_work_storage_sync_carry.Carrier._expect

    def expect(self: Any, path: str, local: Any) -> None:
        real(self, path, local)
        stage.write(path, "mine")

    stage.put("a", "theirs")
    monkeypatch.setattr(tdg_work_storage_sync_carry.Carrier, "_expect", expect)
    assert stage.sync().status == "failed"
    assert stage.local() == {"a": "mine"}


def test_a_file_that_grows_while_it_goes_up_arrives_whole_or_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the bucket was the file's content at one moment."""
    file = stage.write("a", noise(300_000))
    real = tdg_work_storage_sync_carry.Carrier._part
    grown = []

    def part(self: Any, *args: Any) -> Any:
        if not grown:
            grown.append(1)
            with file.open("ab") as writer:
                writer.write(b"more")
        return real(self, *args)

    monkeypatch.setattr(tdg_work_storage_sync_carry.Carrier, "_part", part)
    stage.sync()
    stage.sync()
    assert stage.remote() == stage.local()


def test_a_file_written_in_the_same_tick_is_not_taken_for_unchanged(stage: Stage) -> None:
    """Same size, same time, other content: what was read of a file just written is not remembered."""
    file = stage.write("a", "one", age_s=0)
    stage.moved()
    status = file.stat()
    file.write_text("two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert stage.moved() == {"uploaded": ["a"]}
    assert stage.remote() == {"a": "two"}


@posix
def test_files_that_swap_names_are_not_taken_for_unchanged(stage: Stage) -> None:
    """Size and time are equal, the content is not: frames of a sequence, copied with their times."""
    for name, content in (("a", "one"), ("b", "two")):
        os.utime(stage.write(name, content), (1000, 1000))
    stage.moved()
    stage.moved()  # digests are remembered now
    (stage.root / "a").rename(stage.root / "c")
    (stage.root / "b").rename(stage.root / "a")
    (stage.root / "c").rename(stage.root / "b")
    stage.moved()
    assert stage.remote() == {"a": "two", "b": "one"}


def test_hashes_are_remembered(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unchanged file is read once, not at every sync."""
    stage.write("a", "1", age_s=100)
    stage.put("a", "1")
    stage.moved()
    monkeypatch.setattr(tdg_work_storage_sync_look, "take_digest", lambda *_: pytest.fail("read again"))
    assert stage.moved() == {}


# Failures -------------------------------------------------------------------------------------------------------------


def test_one_bad_file_does_not_stop_the_others(stage: Stage, own_storage: StorageEmulator) -> None:
    for name in ("a", "b", "c"):
        stage.put(name, name)
    own_storage.inject("GET .*/o/media/b[?].*alt=media", status=403, times=0)
    ended = stage.sync()
    own_storage.clear_faults()
    assert ended.status == "failed"
    assert "b:" in ended.error
    assert sorted(ended.result["downloaded"]) == ["a", "c"]
    assert [each["path"] for each in ended.result["errors"]] == ["b"]
    assert stage.moved() == {"downloaded": ["b"]}


def test_a_failed_download_leaves_the_old_file_and_no_rest(stage: Stage, own_storage: StorageEmulator) -> None:
    stage.write("a", "old")
    stage.moved()
    stage.put("a", noise(200_000))
    own_storage.inject("alt=media", "corrupt", times=0)
    stage.sync()
    own_storage.clear_faults()
    assert stage.local() == {"a": "old"}


def test_transient_faults_are_ridden_out(stage: Stage, own_storage: StorageEmulator) -> None:
    for number in range(4):
        stage.write(f"up{number}", f"{number}")
        stage.put(f"down{number}", f"{number}")
    own_storage.inject("POST /upload", status=503, times=2)
    own_storage.inject("POST /upload", "lost", skip=1)
    own_storage.inject("alt=media", "reset", times=2)
    found = stage.moved()
    assert (len(found["uploaded"]), len(found["downloaded"])) == (4, 4)
    assert stage.local() == stage.remote()


@pytest.mark.parametrize("lost", ["DELETE", "POST .*/rewriteTo/"])
def test_lost_answers_to_deletions_and_copies_are_no_failures(
    stage: Stage, own_storage: StorageEmulator, lost: str
) -> None:
    stage.write("old", "content")
    stage.write("keep", "1")
    stage.moved()
    (stage.root / "old").rename(stage.root / "new")
    own_storage.inject(lost, "lost")
    assert stage.moved(**DELETING) == {"uploaded": ["new"], "deleted": ["remote:old"]}
    assert stage.local() == stage.remote()


def test_a_sync_goes_on_after_the_connection_was_lost(
    gateway: StorageGateway,
    settings: StorageSettings,
    own_storage: StorageEmulator,
    storage_proxy: Proxy,
    drive: Callable[..., Driver],
    tmp_path: Path,
) -> None:
    """It waits for the connection and then does the rest; the end tells all of it."""
    driver = drive(dataclasses.replace(settings, emulator_host=storage_proxy.host, max_concurrent=1))
    driver.connect()
    stage = Stage(tmp_path / "assets", gateway, driver)
    for number in range(10):
        stage.write(f"{number}", noise(20_000 + number))
    own_storage.inject("POST /upload", "hang", skip=4)
    key = stage.ask()
    driver.until(lambda: own_storage.fault_hits() == [1], "some files up")
    storage_proxy.refuse()
    storage_proxy.cut()
    driver.until(lambda: driver.told("trouble"), "trouble told")
    assert driver.status(key) == "pending"
    assert len(stage.remote()) == 4
    storage_proxy.restore()
    driver.connect()
    [ended] = driver.completed(key)
    assert sorted(ended.result["uploaded"]) == sorted(stage.local())
    assert stage.local() == stage.remote()


def test_a_sync_survives_a_restart(
    gateway: StorageGateway, settings: StorageSettings, drive: Callable[..., Driver], tmp_path: Path
) -> None:
    """What was accepted is done by the next run of the component."""
    first = drive(settings, "one")
    stage = Stage(tmp_path / "assets", gateway, first)
    stage.write("a", "1")
    key = stage.ask()
    first.until(lambda: first.stored, "stored")
    first.stop()
    second = drive(settings, "two")
    second.connect()
    second.completed(key)
    assert stage.remote() == {"a": "1"}


def test_a_large_download_goes_on_where_it_was_cut(
    gateway: StorageGateway,
    settings: StorageSettings,
    storage_proxy: Proxy,
    drive: Callable[..., Driver],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tdg_work_download.PART", 256 << 10)
    driver = drive(dataclasses.replace(settings, emulator_host=storage_proxy.host))
    driver.connect()
    stage = Stage(tmp_path / "assets", gateway, driver)
    stage.put("large", noise(4 << 20))
    storage_proxy.throttle(4 << 20)
    key = stage.ask()
    driver.until(lambda: (found := driver.now(key)) and found.bytes_done > 2 << 20, "half of it")
    storage_proxy.refuse()
    storage_proxy.cut()
    driver.until(lambda: driver.told("trouble"), "trouble told")
    storage_proxy.restore()
    before = storage_proxy.stats().bytes_down
    driver.connect()
    driver.completed(key)
    assert storage_proxy.stats().bytes_down - before < 3 << 20
    assert stage.local() == stage.remote()


def test_a_full_disk_ends_the_sync_and_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        stage.put(name, name)

    def full(*_: Any) -> None:
        raise CloudError("disk", "Cannot write a: the disk is full; make room and try again.")

    monkeypatch.setattr("tdg_disk_files.put_in_place", full)
    ended = stage.sync()
    assert ended.status == "failed"
    assert "disk is full" in ended.error
    assert stage.local() == {}


# Cancelling and queueing ----------------------------------------------------------------------------------------------


@pytest.fixture
def slow(
    gateway: StorageGateway,
    settings: StorageSettings,
    storage_proxy: Proxy,
    drive: Callable[..., Driver],
    tmp_path: Path,
) -> Stage:
    """A stage with a slow line and a large file in the bucket."""
    driver = drive(dataclasses.replace(settings, emulator_host=storage_proxy.host))
    driver.connect()
    stage = Stage(tmp_path / "assets", gateway, driver)
    stage.put("large", noise(2 << 20))
    storage_proxy.throttle(1 << 20)
    return stage


def test_a_running_sync_can_be_cancelled(slow: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done is told, what was half done is gone."""
    monkeypatch.setattr("tdg_work_download.PART", 256 << 10)
    slow.put("small", "1")
    key = slow.ask()
    slow.driver.until(lambda: (found := slow.driver.now(key)) and found.bytes_done > 600_000, "some bytes")
    slow.driver.until(lambda: "small" in slow.local(), "the small one")
    slow.driver.cancel(key, include_active=True)
    [ended] = slow.driver.ended(key)
    assert ended.status == "cancelled"
    assert ended.result["downloaded"] == ["small"]
    assert slow.local() == {"small": "1"}


def test_progress_grows_to_the_whole(slow: Stage) -> None:
    ended = slow.sync()
    done = [each.bytes_done for each in slow.driver.changes if each.id == ended.id and each.status == "active"]
    assert done == sorted(done)
    assert any(0 < each < 2 << 20 for each in done)
    assert ended.size == 2 << 20


def test_two_syncs_wait_for_each_other_and_uploads_for_none(slow: Stage) -> None:
    """A sync takes no slot of the transfers."""
    first, second = slow.ask(), slow.ask()
    slow.driver.until(lambda: slow.driver.status(first) == "active", "first runs")
    upload = slow.driver.upload(slow.write("../u", "1"), "elsewhere/u")
    slow.driver.completed(upload)
    assert slow.driver.status(second) == "pending"
    assert slow.driver.status(first) == "active"
    slow.driver.cancel(second)
    slow.driver.completed(first)


def test_files_move_side_by_side(stage: Stage, own_storage: StorageEmulator) -> None:
    """As many at once as Max Concurrent says."""
    for number in range(6):
        stage.put(f"{number}", "1")
    own_storage.inject("alt=media", "delay", delay_s=0.2, times=0)
    running = []
    key = stage.ask()
    while stage.driver.status(key) not in {"complete", "failed"}:
        running.append(sum(thread.name == "tdg-stream" for thread in threading.enumerate()))
        stage.driver.pump()
    own_storage.clear_faults()
    assert max(running) == stage.driver.settings.max_concurrent - 1, "the sync's own thread is one of them"


# Trash ----------------------------------------------------------------------------------------------------------------


def test_the_trash_is_emptied_after_a_month(tmp_path: Path) -> None:
    trash = tmp_path / "trash"
    for name in ("20200101-000000-old", "20990101-000000-new", "my own"):
        (trash / name).mkdir(parents=True)
        (trash / name / "a").write_text("1")
    tdg_disk_sync_trash.sweep(str(tmp_path), 4_000_000_000)
    assert sorted(path.name for path in trash.iterdir()) == ["20990101-000000-new", "my own"]


def test_files_on_another_disk_are_copied_into_the_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trash = tdg_disk_sync_trash.Trash(str(tmp_path / "cache"), "0123456789")
    monkeypatch.setattr(Path, "rename", refuse)
    monkeypatch.setattr(os, "link", refuse)
    for name in ("a", "a"):
        file = tmp_path / name
        file.write_text("content")
        trash.take(file, "d/a")
        assert not file.exists()
    (tmp_path / "b").write_text("kept")
    trash.keep(tmp_path / "b", "../../b")
    found = {path.name: path.read_text() for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert found == {"a": "content", "a.2": "content", "..%2F..%2Fb": "kept"}


def refuse(*_: Any, **__: Any) -> None:
    raise OSError(18, "Invalid cross-device link")


def test_a_move_never_replaces_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for links in (True, False):
        if not links:
            monkeypatch.setattr(os, "link", refuse)
        (tmp_path / "a").write_text("1")
        (tmp_path / "b").write_text("2")
        with pytest.raises(CloudError):
            tdg_disk_sync_tree.move(tmp_path / "a", tmp_path / "b", str(tmp_path))
        tdg_disk_sync_tree.move(tmp_path / "a", tmp_path / f"new{links}" / "c", str(tmp_path))
        assert (tmp_path / "b").read_text() == "2"
        assert (tmp_path / f"new{links}" / "c").read_text() == "1"
