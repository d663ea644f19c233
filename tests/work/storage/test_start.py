"""How an engine begins: with what its file has, what the journal offers again, and with a file it may not use."""

import dataclasses
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tdg_core_messages
import tdg_disk_sqlite
import tdg_work_storage
import tdg_work_storage_keeper
import tdg_work_storage_store
from storage_engine import Driver
from tdg_bridge_outbox import Outbox
from tdg_core_messages import Accepted, Logged, Message, Noticed, Stored
from tdg_core_storage_messages import Cancel, Changed, Transfer
from tdg_core_storage_settings import StorageSettings


def no_gateway(_settings: Any) -> Any:
    raise AssertionError("nobody asked to connect")


def upload(key: str) -> Transfer:
    return Transfer(key, "upload", f"{key}.txt", f"/assets/{key}.txt", "now", -1, {})


def run(file: Path, *requests: Message) -> list[Message]:
    """Runs an engine that finds these requests of the journal when it begins; all that it tells until its end."""
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for entry, request in enumerate(requests, 1):
        inbox.put(Accepted("journal", entry, tdg_core_messages.to_plain(request)))
    inbox.put(None)
    outbox = Outbox()
    settings = StorageSettings(component="storage", store_file=str(file), cache_folder=str(file.parent))
    tdg_work_storage.serve(inbox, outbox, open_gateway=no_gateway, settings=settings)
    told = []
    while (event := outbox.take()) is not None:
        told.append(event)
    return told


def newer(file: Path) -> Path:
    """A file as a version to come leaves it."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    return file


def complaints(told: list[Message]) -> list[str]:
    return [event.message for event in told if isinstance(event, Logged | Noticed)]


def shown(told: list[Message]) -> set[str]:
    return {event.id for event in told if isinstance(event, Changed)}


def acknowledged(told: list[Message]) -> set[int]:
    return {entry for event in told if isinstance(event, Stored) for entry in event.entries}


def test_what_the_journal_offers_joins_what_the_file_has(tmp_path: Path) -> None:
    """An entry that waits when the engine begins neither hides the file's transfers nor comes twice."""
    file = tmp_path / "gcp-storage.db"
    assert shown(run(file, upload("one"))) == {"one"}
    told = run(file, upload("one"), upload("two"))
    assert complaints(told) == []
    assert shown(told) == {"one", "two"}
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT id FROM transfers ORDER BY number").fetchall() == [("one",), ("two",)]
    connection.close()


def newer_version(folder: Path) -> Path:
    return newer(folder / "gcp-storage.db")


def folder_that_is_a_file(folder: Path) -> Path:
    (folder / "cache").write_bytes(b"mine")
    return folder / "cache" / "gcp-storage.db"


def name_that_is_a_folder(folder: Path) -> Path:
    (folder / "gcp-storage.db").mkdir()
    return folder / "gcp-storage.db"


@pytest.mark.parametrize("spoil", [newer_version, folder_that_is_a_file, name_that_is_a_folder])
def test_file_that_cannot_be_used_is_left_alone_and_the_journal_keeps_what_waits(
    tmp_path: Path, spoil: Callable[[Path], Path]
) -> None:
    """Nothing is acknowledged that is only in memory, so the next start has it again."""
    file = spoil(tmp_path)
    before = [(path, path.is_file() and path.read_bytes()) for path in sorted(tmp_path.rglob("*"))]
    told = run(file, upload("one"))
    [complaint] = complaints(told)
    assert str(file.name) in complaint or str(file.parent) in complaint
    assert "restart" in complaint
    assert shown(told) == {"one"}
    assert acknowledged(told) == set()
    assert [(path, path.is_file() and path.read_bytes()) for path in sorted(tmp_path.rglob("*"))] == before


def test_disk_that_fills_up_keeps_what_does_not_fit_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own refusal, in the middle of the work; what had fitted before stays."""
    file = tmp_path / "gcp-storage.db"
    assert shown(run(file, upload("before"))) == {"before"}
    opened = tdg_work_storage_store.StorageStore.__init__

    def open_on_a_full_disk(self: Any, *args: Any) -> None:
        opened(self, *args)
        pages = self.connection.execute("PRAGMA page_count").fetchone()[0]
        self.connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(tdg_work_storage_store.StorageStore, "__init__", open_on_a_full_disk)
    more = [dataclasses.replace(upload(f"more{n}"), options={"metadata": {"text": "x" * 5000}}) for n in range(9)]
    told = run(file, upload("before"), *more)
    assert shown(told) == {"before", *(each.id for each in more)}
    assert any("full" in text for text in complaints(told))
    monkeypatch.undo()
    again = run(file, upload("before"), *more)
    assert complaints(again) == []
    assert shown(again) == shown(told)


def test_what_the_disk_has_not_taken_is_not_acknowledged(
    drive: Callable[[], Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut would take it, so the journal keeps it until the disk has it."""
    seen: list[set[int]] = []
    taken, force = threading.Event(), tdg_disk_sqlite.force

    def perhaps(path: Path) -> bool:
        driver.pump()
        seen.append(set(driver.stored))
        return taken.is_set() and force(path)

    monkeypatch.setattr(tdg_work_storage_keeper, "_FORCE_AGAIN_S", 0.01)
    monkeypatch.setattr(tdg_disk_sqlite, "force", perhaps)
    driver = drive()
    driver.accept(upload("one"))
    driver.until(lambda: len(seen) > 3, "asked again and again")
    assert seen[:4] == [set()] * 4
    taken.set()
    driver.until(lambda: driver.stored == {1}, "acknowledged")


def test_transfer_that_has_ended_without_a_file_is_no_longer_in_the_journal(tmp_path: Path) -> None:
    file = newer(tmp_path / "gcp-storage.db")
    assert acknowledged(run(file, upload("one"), Cancel(["one"], include_active=True))) == {1, 2}
