"""The watched folder: files go up by themselves, each content once."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tdg_work_storage_watch
from emulators import Proxy, StorageEmulator
from storage_engine import Driver, noise
from sync_stage import Stage
from tdg_core_storage_settings import StorageSettings
from tdg_gateway_storage import StorageGateway

Watch = Callable[..., Stage]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other quickly."""
    monkeypatch.setattr(tdg_work_storage_watch, "_LEAST_S", 0.05)
    monkeypatch.setattr(tdg_work_storage_watch, "_SHARE", 1.0)


@pytest.fixture
def watch(gateway: StorageGateway, settings: StorageSettings, drive: Callable[..., Driver], tmp_path: Path) -> Watch:
    """Starts an engine that watches the folder `assets`, connected unless told otherwise."""
    numbers = iter("123")

    def start(connect: bool = True, **more: Any) -> Stage:
        fields = {"local_path": str(tmp_path / "assets"), "local_path_chosen": True, "remote_path": "media"}
        (tmp_path / "assets").mkdir(exist_ok=True)
        driver = drive(dataclasses.replace(settings, watch_folder=True, **{**fields, **more}), f"run {next(numbers)}")
        if connect:
            driver.connect()
        return Stage(tmp_path / "assets", gateway, driver)

    return start


def uploads(stage: Stage) -> list[tuple[str, str]]:
    """Every transfer that has ended: its name in the bucket and how."""
    ended = [each for each in stage.driver.changes if each.completed_at]
    return [(each.remote_path.removeprefix(stage.prefix), each.status) for each in ended]


def goes_up(stage: Stage, *names: str) -> None:
    """Waits until these are in the bucket and told."""
    wanted = {(name, "complete") for name in names}
    stage.driver.until(lambda: wanted <= set(uploads(stage)), f"up: {names}")


def looks(stage: Stage, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits until the folder was looked at that often."""
    seen = []
    real = tdg_work_storage_watch.look

    def look(*args: Any) -> Any:
        found = real(*args)
        seen.append(1)
        return found

    monkeypatch.setattr(tdg_work_storage_watch, "look", look)
    stage.driver.until(lambda: len(seen) >= count, f"{count} looks")


def test_new_and_changed_files_go_up_as_transfers_of_their_own(watch: Watch) -> None:
    stage = watch()
    stage.write("d/photo 1.jpg", noise(50_000))
    goes_up(stage, "d/photo 1.jpg")
    stage.write("d/photo 2.jpg", "2")
    goes_up(stage, "d/photo 2.jpg")
    stage.write("d/photo 2.jpg", "2, edited")
    stage.driver.until(lambda: len(uploads(stage)) == 3, "edited one up")
    assert stage.remote() == stage.local()
    [first, *_] = [each for each in stage.driver.changes if each.completed_at]
    assert (first.type, first.local_path, first.size) == ("upload", f"{stage.root}/d/photo 1.jpg", 50_000)
    assert first.result["metadata"]["content_type"] == "image/jpeg"


def test_a_growing_file_is_waited_for(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder writes for a while: what goes up is the whole."""
    stage = watch()
    file = stage.write("movie.mov", "0")
    for number in range(8):
        with file.open("a") as writer:
            writer.write(f"{number}" * 100)
        looks(stage, 1, monkeypatch)
    assert uploads(stage) == []
    goes_up(stage, "movie.mov")
    assert stage.remote() == stage.local()


def test_each_content_goes_up_once(watch: Watch, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = watch()
    file = stage.write("a", "1")
    goes_up(stage, "a")
    os.utime(file)
    looks(stage, 5, monkeypatch)
    assert len(uploads(stage)) == 1
    assert len([each for each in own_storage.requests() if each.path.startswith("/upload")]) == 1


def test_nothing_is_sent_again_after_a_restart(
    watch: Watch, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what came while the component was away goes up."""
    first = watch()
    for number in range(15):
        first.write(f"{number}", f"content {number}")
    goes_up(first, *(f"{number}" for number in range(15)))
    first.driver.stop()
    first.write("later", "1")
    own_storage.clear_faults()
    second = watch()
    goes_up(second, "later")
    looks(second, 3, monkeypatch)
    assert uploads(second) == [("later", "complete")]
    assert len([each for each in own_storage.requests() if each.path.startswith("/upload")]) == 1


def test_what_was_deleted_in_the_bucket_does_not_come_back_until_it_changes(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visitor's picture that was taken out of the bucket, say; the next start does not bring it back."""
    first = watch()
    first.write("a", "1")
    goes_up(first, "a")
    first.driver.stop()
    first.drop("a")
    second = watch()
    second.write("b", "2")
    goes_up(second, "b")
    looks(second, 4, monkeypatch)
    assert second.remote() == {"b": "2"}
    second.write("a", "3")
    goes_up(second, "a")


def test_what_is_in_the_bucket_already_is_not_sent(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first watch of a folder that was uploaded by other means."""
    stage = watch(connect=False)
    stage.write("same", "1")
    stage.put("same", "1")
    stage.write("other", "2")
    stage.driver.connect()
    goes_up(stage, "other")
    looks(stage, 3, monkeypatch)
    assert uploads(stage) == [("other", "complete")]


def test_something_newer_in_the_bucket_is_left_alone_and_told(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old copies on a disk that is plugged in do not replace what is newer."""
    stage = watch(connect=False)
    stage.write("a", "old", age_s=3600)
    stage.put("a", "new")
    stage.driver.connect()
    stage.driver.until(lambda: any("conflict" in text for _, text in stage.driver.logs), "told")
    looks(stage, 4, monkeypatch)
    assert stage.remote() == {"a": "new"}
    assert len([text for _, text in stage.driver.logs if "conflict" in text]) == 1, "told once"


def test_files_of_ours_and_excluded_ones_stay(watch: Watch) -> None:
    stage = watch(exclude="*.tmp raw/")
    for name in (".tdg-1.part", "a.tmp", "raw/b", "c"):
        stage.write(name, name)
    goes_up(stage, "c")
    assert set(stage.remote()) == {"c"}


def test_deletions_are_not_carried_over(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = watch()
    file = stage.write("a", "1")
    goes_up(stage, "a")
    file.unlink()
    looks(stage, 4, monkeypatch)
    assert stage.remote() == {"a": "1"}


def test_files_wait_for_the_connection(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = watch(connect=False)
    stage.write("a", "1")
    looks(stage, 4, monkeypatch)
    assert stage.driver.changes == []
    stage.driver.connect()
    goes_up(stage, "a")


def test_files_go_up_after_the_connection_was_lost(
    watch: Watch, storage_proxy: Proxy, settings: StorageSettings
) -> None:
    """The watch says that the line is dead, like every other transfer, and goes on after it."""
    stage = watch(emulator_host=storage_proxy.host)
    storage_proxy.refuse()
    storage_proxy.cut()
    stage.write("a", "1")
    stage.driver.until(lambda: stage.driver.told("trouble"), "trouble told")
    storage_proxy.restore()
    stage.driver.connect()
    goes_up(stage, "a")


def test_a_refused_file_is_tried_again_when_it_changes(watch: Watch, own_storage: StorageEmulator) -> None:
    """And not all the time."""
    stage = watch()
    own_storage.inject("POST /upload", status=403)
    stage.write("a", "1")
    stage.driver.until(lambda: uploads(stage) == [("a", "failed")], "refused")
    stage.write("a", "22")
    goes_up(stage, "a")


def test_a_file_that_another_program_holds_is_waited_for(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows lets a writer forbid reading."""
    held = [True]
    real = Path.open

    def open_(self: Path, *args: Any, **more: Any) -> Any:
        if held and self.name == "a":
            raise PermissionError(13, "The process cannot access the file")
        return real(self, *args, **more)

    monkeypatch.setattr(Path, "open", open_)
    stage = watch()
    (stage.root / "a").write_text("1") if not held else os.close(os.open(stage.root / "a", os.O_CREAT | os.O_WRONLY))
    stage.write("b", "2")
    goes_up(stage, "b")
    looks(stage, 3, monkeypatch)
    assert uploads(stage) == [("b", "complete")]
    held.clear()
    goes_up(stage, "a")


def test_a_watch_can_be_turned_on_off_and_elsewhere(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = watch()
    stage.driver.configure(dataclasses.replace(stage.driver.settings, watch_folder=False))
    stage.write("a", "1")
    stage.driver.completed(stage.driver.ask("list", "media/"))
    assert stage.remote() == {}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b").write_text("2")
    other = dataclasses.replace(stage.driver.settings, watch_folder=True, local_path=str(tmp_path / "other"))
    stage.driver.configure(other)
    goes_up(stage, "b")
    assert set(stage.remote()) == {"b"}


def test_a_missing_folder_is_told_and_waited_for(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdg_work_storage_watch, "_MOST_S", 0.05)
    stage = watch(local_path=str(tmp_path / "later"))
    stage.driver.until(lambda: any("does not exist" in text for _, text in stage.driver.logs), "told")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a").write_text("1")
    goes_up(stage, "a")


def test_a_sync_and_the_watch_do_not_get_in_each_others_way(watch: Watch) -> None:
    stage = watch()
    for number in range(30):
        stage.write(f"{number}", f"content {number}")
    ended = stage.sync("both")
    assert ended.status == "complete", ended.error
    stage.driver.until(lambda: stage.remote() == stage.local(), "alike")
    assert all(status == "complete" for _, status in uploads(stage))


def test_many_files_do_not_flood_the_queue(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdg_work_storage_watch, "_MOST_TRANSFERS", 5)
    stage = watch(connect=False)
    names = [f"{number}" for number in range(30)]
    for name in names:
        stage.write(name, name)
    stage.driver.connect()
    goes_up(stage, *names)
    waiting, most = set(), 0
    for each in stage.driver.changes:
        (waiting.discard if each.completed_at else waiting.add)(each.id)
        most = max(most, len(waiting))
    assert most <= 5


def test_a_new_file_is_not_kept_waiting_by_old_ones_after_a_restart(
    watch: Watch, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pictures the booth has taken before: they are compared all at once."""
    monkeypatch.setattr(tdg_work_storage_watch, "_MOST_TRANSFERS", 4)
    first = watch()
    names = [f"{number:02}" for number in range(30)]
    for name in names:
        first.write(name, name)
    goes_up(first, *names)
    first.driver.stop()
    own_storage.clear_faults()
    second = watch()
    second.write("new", "1")
    goes_up(second, "new")
    listings = [each for each in own_storage.requests() if each.method == "GET" and "/o?" in each.path]
    assert len(listings) <= 3, "one to connect, one to compare the old ones, at most one more for the new one"
    assert uploads(second) == [("new", "complete")]


def test_large_folders_are_looked_at_less_often() -> None:
    """A look takes at most a twentieth of the time, and there is one at least every minute."""
    assert tdg_work_storage_watch.wait_s(0.001) == 0.05, "the least, which these tests have made short"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tdg_work_storage_watch, "_SHARE", 20.0)
        assert tdg_work_storage_watch.wait_s(0.5) == 10.0
        assert tdg_work_storage_watch.wait_s(100.0) == 60.0
