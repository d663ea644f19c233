"""What syncs remember between two runs: the agreed state of each pair of folders, and the checksums of local files.

Thread: worker only.

Losing it is safe: the next sync is a first one, which adds and deletes nothing.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

import tdg_core_storage_plan_data as data
import tdg_disk_sync_tree
import tdg_work_store

Stamp = tdg_disk_sync_tree.Stamp

#: What the engine's file needs for it.
SCHEMA = """
CREATE TABLE sync_pairs (pair INTEGER PRIMARY KEY, folders TEXT NOT NULL UNIQUE);
CREATE TABLE sync_agreed (
    pair INTEGER NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (pair, name)
) WITHOUT ROWID;
CREATE TABLE sync_hashes (
    pair INTEGER NOT NULL,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    digests TEXT NOT NULL,
    PRIMARY KEY (pair, path)
) WITHOUT ROWID
"""


@dataclass(frozen=True)
class Folders:
    """A pair of folders that are synced with each other."""

    #: The server and the bucket.
    bucket: str
    prefix: str
    local: str

    def key(self) -> str:
        """As the store knows it."""
        return json.dumps([self.bucket, self.prefix, self.local])


@dataclass
class Memory:
    """What is known of a pair of folders."""

    agreed: dict[str, data.Agreed] = field(default_factory=dict)
    #: By local path: what the file was when its digests were taken.
    hashes: dict[str, tuple[Stamp, tuple[str, ...]]] = field(default_factory=dict)


@dataclass
class Changes:
    """What has come to be known; None for what is to be forgotten."""

    agreed: dict[str, data.Agreed | None] = field(default_factory=dict)
    hashes: dict[str, tuple[Stamp, tuple[str, ...]] | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.agreed) + len(self.hashes)


def load(store: tdg_work_store.Store, folders: Folders) -> Memory:
    """What is remembered of a pair of folders."""
    memory = Memory()
    pair = _number(store.connection, folders)
    if pair is None:
        return memory
    rows = store.connection.execute("SELECT name, size, digest, generation FROM sync_agreed WHERE pair = ?", (pair,))
    memory.agreed = {name: data.Agreed(*rest) for name, *rest in rows}
    rows = store.connection.execute(
        "SELECT path, size, mtime_ns, ctime_ns, digests FROM sync_hashes WHERE pair = ?", (pair,)
    )
    memory.hashes = {path: (Stamp(*rest), tuple(digests.split())) for path, *rest, digests in rows}
    return memory


def save(store: tdg_work_store.Store, folders: Folders, changes: Changes) -> None:
    """Remembers changes, all or none.

    Raises:
        CloudError: `disk`.
    """
    with store.transaction() as connection:
        pair = _number(connection, folders)
        if pair is None:
            inserted = connection.execute("INSERT INTO sync_pairs (folders) VALUES (?)", (folders.key(),))
            pair = inserted.lastrowid
        _save(connection, "sync_agreed", pair, changes.agreed)
        _save(
            connection,
            "sync_hashes",
            pair,
            {path: known and (*known[0], " ".join(known[1])) for path, known in changes.hashes.items()},
        )


def _number(connection: sqlite3.Connection, folders: Folders) -> int | None:
    row = connection.execute("SELECT pair FROM sync_pairs WHERE folders = ?", (folders.key(),)).fetchone()
    return None if row is None else row[0]


def _save(
    connection: sqlite3.Connection, table: str, pair: int | None, changes: Mapping[str, tuple[object, ...] | None]
) -> None:
    column = {"sync_agreed": "name", "sync_hashes": "path"}[table]
    gone = [(pair, key) for key, row in changes.items() if row is None]
    connection.executemany(f"DELETE FROM {table} WHERE pair = ? AND {column} = ?", gone)  # noqa: S608  our own names
    kept = [(pair, key, *row) for key, row in changes.items() if row is not None]
    if kept:
        marks = ", ".join("?" * len(kept[0]))
        connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", kept)  # noqa: S608
