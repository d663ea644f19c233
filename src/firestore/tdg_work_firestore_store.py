"""The engine's SQLite file `gcp.db`: the queue, the dead letters, the ledger's state and the cached documents.

Thread: worker only.

Every change is an "is now" (insert or replace, delete), so repeating one that may have been made changes nothing.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import tdg_core_firestore_messages
import tdg_core_firestore_writes
import tdg_disk_sqlite
import tdg_work_store

Entry = tdg_core_firestore_writes.Entry

#: Milliseconds to wait for another program's lock.
_PATIENCE_MS = 250

_QUEUE = "queue_id, collection, doc_id, op_type, payload, queued_at, retry_count, last_error"

_MIGRATIONS = (
    """
    CREATE TABLE write_queue (
        seq INTEGER PRIMARY KEY, queue_id TEXT NOT NULL UNIQUE,
        collection TEXT NOT NULL, doc_id TEXT NOT NULL, op_type TEXT NOT NULL, payload TEXT NOT NULL,
        queued_at TEXT NOT NULL, retry_count INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '',
        batch TEXT NOT NULL DEFAULT '', covers INTEGER NOT NULL DEFAULT 0, commit_id TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE dead_letters (
        queue_id TEXT PRIMARY KEY,
        collection TEXT NOT NULL, doc_id TEXT NOT NULL, op_type TEXT NOT NULL, payload TEXT NOT NULL,
        queued_at TEXT NOT NULL, retry_count INTEGER NOT NULL, last_error TEXT NOT NULL,
        failed_at TEXT NOT NULL, batch TEXT NOT NULL
    );
    CREATE TABLE documents (
        collection TEXT NOT NULL, doc_id TEXT NOT NULL, payload TEXT NOT NULL, version TEXT NOT NULL,
        synced_at TEXT NOT NULL, PRIMARY KEY (collection, doc_id)
    ) WITHOUT ROWID;
    CREATE TABLE ledger (id TEXT NOT NULL, version TEXT NOT NULL);
    CREATE TABLE cached_with (filters TEXT NOT NULL);
    """,
    "ALTER TABLE cached_with ADD COLUMN database TEXT NOT NULL DEFAULT '';",
)


class DeadLetter(NamedTuple):
    """A write that the server has refused for good."""

    row: tdg_core_firestore_messages.QueueRow
    #: Name of the atomic batch it belonged to, or empty.
    batch: str


class Document(NamedTuple):
    """A cached document."""

    collection: str
    doc_id: str
    payload: str
    version: str
    synced_at: str


class FirestoreStore(tdg_work_store.Store):
    """The file behind *Enable Cache*.

    Args:
        path: The file; None keeps everything in memory.
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_disk_sqlite.open_database`.
    """

    def __init__(self, path: Path | None, tell: tdg_disk_sqlite.Tell) -> None:
        super().__init__(path, _MIGRATIONS, tell)
        # Someone else's lock must not hold up the engine: what could not be written is written later.
        self.connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")

    # The queue -------------------------------------------------------------------------------------------------------

    def load_marks(self) -> dict[str, int]:
        """The last entry taken from each journal."""
        return dict(self.connection.execute("SELECT journal, entry FROM accepted"))

    def load_queue(self) -> list[Entry]:
        """The queued writes, oldest first."""
        rows = self.connection.execute(
            f"SELECT seq, {_QUEUE}, batch, covers, commit_id FROM write_queue ORDER BY seq"  # noqa: S608  constant
        )
        return [_entry(*row) for row in rows]

    def load_dead(self) -> list[DeadLetter]:
        """The dead letters, oldest first."""
        rows = self.connection.execute(
            f"SELECT {_QUEUE}, failed_at, batch FROM dead_letters ORDER BY failed_at, rowid"  # noqa: S608  constant
        )
        return [DeadLetter(tdg_core_firestore_messages.QueueRow(*row[:9]), row[9]) for row in rows]

    def load_ledger(self) -> tuple[str, str]:
        """Id of this store's ledger document and the update time it had last; empty before the first use."""
        found = self.connection.execute("SELECT id, version FROM ledger").fetchone()
        return ("", "") if found is None else (str(found[0]), str(found[1]))

    @staticmethod
    def mark(sql: sqlite3.Connection, marks: dict[str, int]) -> None:
        """The last entry taken from each journal is now this."""
        sql.executemany("INSERT OR REPLACE INTO accepted VALUES (?, ?)", marks.items())

    @staticmethod
    def put_queue(sql: sqlite3.Connection, entries: Iterable[Entry], gone: Iterable[str]) -> None:
        """These are queued, as given here, and those ids are not."""
        sql.executemany("DELETE FROM write_queue WHERE queue_id = ?", [(queue_id,) for queue_id in gone])
        sql.executemany(
            f"INSERT OR REPLACE INTO write_queue (seq, {_QUEUE}, batch, covers, commit_id)"  # noqa: S608  constant
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (e.seq, e.queue_id, e.collection, e.doc_id, e.op_type, e.payload, e.queued_at, e.retry_count,
                 e.last_error, e.batch, e.covers, e.commit_id)
                for e in entries
            ],
        )  # fmt: skip

    @staticmethod
    def put_dead(sql: sqlite3.Connection, letters: Iterable[DeadLetter], gone: Iterable[str]) -> None:
        """These are dead letters and those ids are not."""
        sql.executemany("DELETE FROM dead_letters WHERE queue_id = ?", [(queue_id,) for queue_id in gone])
        sql.executemany(
            "INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*letter.row, letter.batch) for letter in letters],
        )

    @staticmethod
    def put_ledger(sql: sqlite3.Connection, ledger_id: str, version: str) -> None:
        """The ledger document has this id and update time."""
        sql.execute("DELETE FROM ledger")
        sql.execute("INSERT INTO ledger VALUES (?, ?)", (ledger_id, version))

    # Documents -------------------------------------------------------------------------------------------------------

    def collections(self) -> list[str]:
        """The collections of which documents are cached."""
        return [row[0] for row in self.connection.execute("SELECT DISTINCT collection FROM documents ORDER BY 1")]

    def documents(self, collection: str, after: str, count: int) -> list[Document]:
        """At most so many cached documents of a collection, in order of their ids, from the one after that id on."""
        rows = self.connection.execute(
            "SELECT collection, doc_id, payload, version, synced_at FROM documents WHERE collection = ?"
            " AND doc_id > ? ORDER BY doc_id LIMIT ?",
            (collection, after, count),
        )
        return [Document(*row) for row in rows]

    def document(self, collection: str, doc_id: str) -> Document | None:
        """One cached document."""
        row = self.connection.execute(
            "SELECT collection, doc_id, payload, version, synced_at FROM documents WHERE collection = ? AND doc_id = ?",
            (collection, doc_id),
        ).fetchone()
        return None if row is None else Document(*row)

    def load_cached_with(self) -> tuple[str, str]:
        """Which filters were in force when the documents were cached (`Filters.fingerprint`), and of which database."""
        row = self.connection.execute("SELECT filters, database FROM cached_with").fetchone()
        return ("", "") if row is None else (str(row[0]), str(row[1]))

    def put_cached_with(self, filters: str, database: str, *, forget: bool) -> None:
        """From now on documents are cached as those filters show them, of that database; `forget` empties the cache."""
        with self.transaction() as sql:
            if forget:
                sql.execute("DELETE FROM documents")
            sql.execute("DELETE FROM cached_with")
            sql.execute("INSERT INTO cached_with VALUES (?, ?)", (filters, database))

    @staticmethod
    def put_documents(
        sql: sqlite3.Connection, documents: Iterable[tuple[str, ...]], gone: Iterable[tuple[str, str]]
    ) -> None:
        """These (fields of a `Document`) are cached and those (collection, id) are not."""
        sql.executemany("DELETE FROM documents WHERE collection = ? AND doc_id = ?", gone)
        sql.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)", documents)

    def clear(self) -> None:
        """Forgets queue, dead letters and documents (the user's Reset)."""
        with self.transaction() as sql:
            for table in ("write_queue", "dead_letters", "documents"):
                sql.execute(f"DELETE FROM {table}")  # noqa: S608  constant


def _entry(
    seq: int, queue_id: str, collection: str, doc_id: str, op_type: str, payload: str, queued_at: str,
    retry_count: int, last_error: str, batch: str, covers: int, commit_id: str,
) -> Entry:  # fmt: skip
    return Entry(
        seq,
        queue_id,
        collection,
        doc_id,
        op_type,
        payload,
        queued_at,
        batch,
        retry_count,
        last_error,
        covers,
        commit_id,
    )
