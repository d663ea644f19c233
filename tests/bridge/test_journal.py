"""What a method promised is on disk when it returns, whatever happens then."""

import itertools
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import layout
import tdg_bridge_journal
import tdg_disk_sqlite
from tdg_bridge_journal import Journal


def quiet(level: str, text: str) -> None:
    pytest.fail(f"{level}: {text}")


def close_and_wait(journal: Journal) -> None:
    """Closes it, and waits until its thread has left the file alone."""
    journal.close()
    for thread in threading.enumerate():
        if thread.name == "tdg-journal":
            thread.join(20)
            assert not thread.is_alive()


def texts(journal: Journal) -> list[str]:
    return [entry.message["text"] for entry in journal.entries()]


def test_an_appended_message_is_there_after_reopening(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", quiet)
    message = {"text": "größer", "nested": {"list": [1, 2.5, None, True]}}
    journal.append(message)
    journal.close()
    again = Journal(tmp_path / "j.db", quiet)
    assert [entry.message for entry in again.entries()] == [message]
    again.close()


def test_what_the_engine_has_stored_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", quiet)
    entries = [journal.append({"text": str(number)}) for number in range(4)]
    journal.forget((entries[0].number, entries[2].number))
    assert texts(journal) == ["1", "3"]
    journal.close()


def test_no_entry_is_ever_named_like_another(tmp_path: Path) -> None:
    """Also after everything was forgotten and the file was opened again, or lost."""
    names = set()
    for round_ in range(3):
        journal = Journal(tmp_path / "j.db", quiet)
        for _ in range(3):
            entry = journal.append({"text": ""})
            names.add((entry.origin, entry.number))
            journal.forget((entry.number,))
        journal.close()
        if round_ == 1:
            (tmp_path / "j.db").unlink()
    assert len(names) == 9


CHILD = """
import sys, pathlib
sys.path[:0] = {paths!r}
from tdg_bridge_journal import Journal
journal = Journal(pathlib.Path(sys.argv[1]), print)
for number in range(1_000_000):
    journal.append({{"text": str(number)}})
    sys.stdout.write(f"{{number}}\\n")
    sys.stdout.flush()
"""


def test_a_killed_process_loses_nothing_it_has_promised(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    code = CHILD.format(paths=[str(folder) for folder in layout.source_paths()])
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        promised = list(itertools.islice(child.stdout, 300))
        child.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        promised += child.stdout.readlines()
    promised = [line.strip() for line in promised if line.endswith("\n")]
    journal = Journal(path, quiet)
    kept = texts(journal)
    journal.close()
    assert kept[: len(promised)] == promised
    assert len(promised) >= 300


def test_appending_does_not_wait_for_the_thread_that_forces_to_disk(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    journal = Journal(path, quiet)
    stop = threading.Event()

    def force_all_the_time() -> None:
        while not stop.is_set():
            tdg_disk_sqlite.force(path)

    thread = threading.Thread(target=force_all_the_time)
    thread.start()
    for number in range(500):
        journal.append({"text": str(number)})  # raises "database is locked" if it had to wait
    stop.set()
    thread.join()
    assert len(texts(journal)) == 500
    journal.close()


def test_what_was_appended_is_forced_into_the_database_file_soon(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    journal = Journal(path, quiet)
    journal.append({"text": "to the disk"})
    deadline = time.monotonic() + 20
    while b"to the disk" not in path.read_bytes():  # the file itself, without the write-ahead log beside it
        assert time.monotonic() < deadline
        time.sleep(0.01)
    journal.close()


def test_exactly_the_named_entries_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any order, with gaps, some twice, some that are not there."""
    journal = Journal(tmp_path / "j.db", quiet)
    numbers = [journal.append({"text": str(number)}).number for number in range(12)]
    monkeypatch.setattr(tdg_bridge_journal, "_MOST_RUNS", 2)
    named = [numbers[index] for index in (5, 4, 3, 9, 0, 9, 11)]
    journal.forget((*named, 999))
    assert texts(journal) == [str(index) for index in range(12) if numbers[index] not in named]
    journal.forget(())
    assert len(texts(journal)) == 6
    journal.close()


def test_forcing_a_file_that_is_gone_does_not_make_a_new_one(tmp_path: Path) -> None:
    assert tdg_disk_sqlite.force(tmp_path / "gone.db") is False
    assert list(tmp_path.iterdir()) == []


def test_what_the_disk_did_not_take_is_forced_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j.db"
    answers = [False, False, True]
    asked: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def force(_: Path) -> bool:
        asked.put(answer := answers.pop(0))
        return answer

    dirty, closed = threading.Event(), threading.Event()
    dirty.set()
    thread = threading.Thread(target=tdg_bridge_journal._keep_forced, args=(path, dirty, closed, force, 0.001))
    thread.start()
    assert [asked.get(timeout=20) for _ in range(3)] == [False, False, True]
    answers.append(True)
    closed.set()
    dirty.set()
    thread.join(20)
    assert not thread.is_alive()


def test_forcing_says_whether_the_disk_has_everything(tmp_path: Path) -> None:
    """Not while a reader keeps the write-ahead log from being emptied."""
    path = tmp_path / "a.db"
    writer, reader = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    writer.executescript("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE a (b); BEGIN; COMMIT")
    assert tdg_disk_sqlite.force(path) is True
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM a").fetchone()
    writer.execute("INSERT INTO a VALUES (1)")
    assert tdg_disk_sqlite.force(path) is False
    reader.execute("COMMIT")
    assert tdg_disk_sqlite.force(path) is True
    reader.close()
    writer.close()


def test_the_thread_that_forces_ends_with_the_journal(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    journal = Journal(tmp_path / "j.db", quiet)
    (thread,) = set(threading.enumerate()) - before
    journal.append({"text": ""})
    journal.close()
    journal.close()
    thread.join(20)
    assert not thread.is_alive()


def test_an_extension_that_is_made_anew_again_and_again_finds_its_journal_whole(tmp_path: Path) -> None:
    """The thread of the former journal may still be at work on the file."""
    for number in range(50):
        journal = Journal(tmp_path / "j.db", quiet)
        assert texts(journal) == [str(other) for other in range(number)]
        journal.append({"text": str(number)})
        if number % 3 == 0:
            time.sleep(0.1)  # the thread forces just now
        journal.close()


def test_without_a_file_it_works_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(threading.enumerate())
    journal = Journal(None, quiet)
    journal.append({"text": "x"})
    assert texts(journal) == ["x"]
    assert set(threading.enumerate()) <= before
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_to_the_caller_and_is_no_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", quiet)
    first = journal.append({"text": "kept"})
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.Error, match="full"):
        journal.append({"text": "x" * 100_000})
    journal.forget((first.number,))
    journal._connection.execute("PRAGMA max_page_count = 100000")
    journal.append({"text": "after room was made"})
    assert texts(journal)[-1] == "after room was made"
    journal.close()


def test_a_damaged_journal_is_moved_aside_and_readable_entries_are_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    journal = Journal(path, quiet)
    for number in range(2000):
        journal.append({"text": f"entry {number} {'x' * 100}"})
    origin = journal._origin
    close_and_wait(journal)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    told: list[str] = []
    again = Journal(path, lambda level, text: told.append(text))
    kept = again.entries()
    new = again.append({"text": "new"})
    again.close()
    assert 1900 < len(kept) < 2000
    assert {entry.origin for entry in kept} == {origin}
    assert new.origin != origin
    assert len(told) == 1
    assert "j.db.corrupt-" in told[0]
    assert len(list(tmp_path.glob("j.db.corrupt-*"))) >= 1


def test_the_interval_between_forces_is_the_documented_tenth_of_a_second() -> None:
    assert tdg_bridge_journal.FORCE_INTERVAL_S <= 0.1
