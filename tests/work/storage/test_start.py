"""How an engine begins: with what its file has, what the journal offers again, and with a file it may not use."""

import queue
import sqlite3
from pathlib import Path
from typing import Any

import tdg_core_messages
import tdg_work_storage
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


def test_file_of_a_newer_version_is_left_alone_and_the_journal_keeps_what_waits(tmp_path: Path) -> None:
    """Nothing is acknowledged that is only in memory, so the next start has it again."""
    file = newer(tmp_path / "gcp-storage.db")
    before = file.read_bytes()
    told = run(file, upload("one"))
    assert [text.partition(" (")[0] for text in complaints(told)] == [
        f"{file} was written by a newer version of this component"
    ]
    assert shown(told) == {"one"}
    assert acknowledged(told) == set()
    assert file.read_bytes() == before


def test_transfer_that_has_ended_without_a_file_is_no_longer_in_the_journal(tmp_path: Path) -> None:
    file = newer(tmp_path / "gcp-storage.db")
    assert acknowledged(run(file, upload("one"), Cancel(["one"], include_active=True))) == {1, 2}
