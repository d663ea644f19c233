"""The engine's file: what is in it after any step, and what becomes of it on a bad disk."""

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import tdg_core_firestore_messages as messages
import tdg_core_messages
import tdg_work_firestore_store as stores
from firestore_engine import FirestoreSettings, Run, Server, increment, write
from tdg_core_errors import CloudError
from tdg_work_firestore_queue import DurableQueue

DOCUMENTED_QUEUE = "queue_id, collection, doc_id, op_type, payload, queued_at, retry_count, last_error"
DOCUMENTED_CACHE = "collection, doc_id, payload, version, synced_at"

_entries = itertools.count(1)


class Home:
    """A queue on a file, opened again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self.results: list[messages.Result] = []
        self.found: list[messages.QueueRow] = []
        self.open()

    def open(self) -> None:
        self.found.clear()
        self.store = stores.FirestoreStore(self.path, lambda _, text: self.told.append(text))
        self.queue = DurableQueue(
            self.store, self.results.append, lambda _, rows: self.found.extend(rows), "now", lambda: "2026-01-01T00:00Z"
        )

    def reopen(self) -> None:
        """As after a crash: nothing is saved on the way out."""
        self.store.close()
        self.open()

    def accept(self, *writes: messages.Write) -> list[tdg_core_messages.Accepted]:
        request = tdg_core_messages.to_plain(messages.Writes(list(writes), "now"))
        accepted = [tdg_core_messages.Accepted("journal", next(_entries), request)]
        self.queue.accept(accepted)
        return accepted

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.path) as reader:
            found = reader.execute(query).fetchall()
        reader.close()
        return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path / "gcp.db")
    yield opened
    opened.store.close()


def test_the_documented_columns_are_in_the_file(home: Home) -> None:
    one = write("a", "set", {"x": 1})
    home.accept(one)
    home.queue.save()
    assert home.rows(f"SELECT {DOCUMENTED_QUEUE} FROM write_queue") == [(*one[:6], 0, "")]
    assert home.rows(f"SELECT {DOCUMENTED_QUEUE}, failed_at FROM dead_letters") == []
    assert home.rows(f"SELECT {DOCUMENTED_CACHE} FROM documents") == []


def test_an_entry_is_acknowledged_only_when_it_is_in_the_file(home: Home) -> None:
    accepted = home.accept(write("a"))
    assert home.rows("SELECT * FROM write_queue") == []
    assert home.queue.save() == [accepted[0].entry]
    assert len(home.rows("SELECT * FROM write_queue")) == 1
    assert home.queue.save() == []


def test_the_order_of_the_queue_survives(home: Home) -> None:
    writes = [write(f"d{number}") for number in range(20)]
    home.accept(*writes)
    home.queue.save()
    home.reopen()
    assert [row.queue_id for row in home.found] == [one.queue_id for one in writes]
    later = write("later")
    home.accept(later)
    assert home.queue.queue.entries()[-1].queue_id == later.queue_id


def test_a_confirmed_write_is_gone_for_ever(home: Home) -> None:
    accepted = home.accept(write("a"))
    home.queue.save()
    commit = home.queue.queue.take(0.0)
    assert commit is not None
    home.queue.confirmed(commit, lambda _: "v", "")
    home.queue.save()
    home.reopen()
    home.queue.accept(accepted)  # the journal was not told in time
    assert home.queue.save() == [accepted[0].entry]
    assert len(home.queue.queue) == 0


def test_sets_that_were_in_flight_and_those_behind_them_all_come_back_and_none_stays_in_the_file(home: Home) -> None:
    writes = [write("a", data={"n": number}) for number in range(20)]
    home.accept(*writes[:10])
    assert home.queue.queue.take(0.0) is not None
    home.accept(*writes[10:])
    home.queue.save()
    home.reopen()
    assert [row.queue_id for row in home.found] == [one.queue_id for one in writes]
    commit = home.queue.queue.take(0.0)
    assert commit is not None
    assert [entry.queue_id for entry in commit.sent] == [writes[-1].queue_id]
    home.queue.confirmed(commit, lambda _: "v", "")
    home.queue.save()
    assert home.rows("SELECT * FROM write_queue") == []


def test_a_guarded_commit_comes_back_as_it_was_sent(home: Home) -> None:
    home.accept(write("a", "update", {"n": increment(1)}), write("b", "update", {"n": increment(1)}))
    commit = home.queue.queue.take(0.0)
    assert commit is not None
    home.accept(write("a", "update", {"n": increment(1)}))
    home.queue.freeze(commit)
    home.queue.save()
    home.reopen()
    again = home.queue.queue.take(0.0)
    assert again is not None
    assert again.id == commit.id
    assert [entry.queue_id for entry in again.entries] == [entry.queue_id for entry in commit.entries]
    assert home.queue.queue.take(0.0) is None


def test_retries_and_errors_are_kept(home: Home) -> None:
    one = write("a")
    home.accept(one)
    commit = home.queue.queue.take(0.0)
    assert commit is not None
    home.queue.failed(commit, CloudError("unavailable", "Cannot be reached."), 0.0)
    home.queue.save()
    home.reopen()
    assert (home.found[0].retry_count, home.found[0].last_error) == (1, "Cannot be reached.")


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost(home: Home) -> None:
    pages = home.store.connection.execute("PRAGMA page_count").fetchone()[0]
    home.store.connection.execute(f"PRAGMA max_page_count = {pages}")
    accepted = home.accept(*(write(f"d{number}", "set", {"x": "y" * 10_000}) for number in range(10)))
    with pytest.raises(CloudError, match="full") as caught:
        home.queue.save()
    assert caught.value.code == "disk"
    home.store.connection.execute("PRAGMA max_page_count = 100000")
    assert home.queue.save() == [accepted[0].entry]
    assert len(home.rows("SELECT * FROM write_queue")) == 10


def test_clearing_takes_the_rows_out_of_the_file(home: Home) -> None:
    home.accept(write("a"), write("b"))
    home.queue.save()
    request = tdg_core_messages.to_plain(messages.ClearQueue())
    home.queue.accept([tdg_core_messages.Accepted("journal", next(_entries), request)])
    home.queue.save()
    assert home.rows("SELECT * FROM write_queue") == []
    assert [result.outcome for result in home.results] == [messages.DISCARDED] * 2


def test_a_counted_retry_and_a_removal_are_kept(home: Home) -> None:
    first, second = write("a"), write("b")
    home.accept(first, second)
    for request in (messages.RecordRetry(first.queue_id, "why"), messages.RemoveQueued([second.queue_id])):
        plain = tdg_core_messages.to_plain(request)
        home.queue.accept([tdg_core_messages.Accepted("journal", next(_entries), plain)])
    home.queue.save()
    assert home.rows("SELECT queue_id, retry_count, last_error FROM write_queue") == [(first.queue_id, 1, "why")]


def test_a_damaged_file_is_moved_aside_told_and_what_can_be_read_is_carried_over(
    engine_settings: FirestoreSettings, database: Server
) -> None:
    path = Path(engine_settings.store_file)
    with Run(engine_settings) as run:
        run.push(*(write(f"d{number}", "set", {"n": number, "x": "y" * 500}) for number in range(100)))
        run.wait_for("stored")
    raw = bytearray(path.read_bytes())
    raw[-3000:-2000] = b"\xff" * 1000  # some page towards the end
    path.write_bytes(raw)
    with Run(engine_settings) as run:
        (noticed,) = run.wait_for("noticed")
        assert "moved to gcp.db.corrupt-" in noticed.message
        (aside,) = [one for one in path.parent.glob("gcp.db.corrupt-*") if not one.name.endswith(("-wal", "-shm"))]
        assert aside.exists()
        run.connect()
        run.push(write("new", "set", {"x": 1}))
        run.wait(lambda: any(result.doc_id == "new" for result in run.results(messages.CONFIRMED)))
    assert database.get("c/new") == {"x": 1}


def test_garbage_instead_of_a_file_costs_nothing_but_what_was_in_it(engine_settings: FirestoreSettings) -> None:
    Path(engine_settings.store_file).write_bytes(b"no database at all" * 1000)
    with Run(engine_settings) as run:
        run.wait_for("noticed")
        run.connect()
        run.push(write("a"))
        run.wait_results(1, messages.CONFIRMED)
