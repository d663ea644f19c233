"""What the user was promised, on disk before the method returns: the accepted requests that no engine has stored yet.

Thread: main only, except `force` and the thread that calls it.

One SQLite file with one writer, so that accepting never waits for another connection's lock. A commit reaches the
operating system at once (a killed process loses nothing) and the disk when a worker calls `force`, at most
`FORCE_INTERVAL_S` later (all a power cut can take). The engine copies entries into its own store and says so; then
they are forgotten here.
"""

import contextlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tdg_disk_sqlite

#: Seconds between two calls of `force` while there is something to force.
FORCE_INTERVAL_S = 0.1


_SCHEMA = (
    "CREATE TABLE journal (entry INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL);"
    "CREATE TABLE identity (id TEXT NOT NULL)"
)


class Journal:
    """Append-only list of plain dicts, numbered upwards; no number is ever given twice.

    Args:
        path: The SQLite file; None keeps the entries in memory only (*Enable Cache* off).
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_disk_sqlite.open_database`.
    """

    def __init__(self, path: Path | None, tell: tdg_disk_sqlite.Tell) -> None:
        self._connection = tdg_disk_sqlite.open_database(path, [_SCHEMA], tell, timeout_s=0.0)
        run = self._connection.execute
        run("PRAGMA synchronous = OFF")  # forcing to disk is the worker's part
        run("PRAGMA wal_autocheckpoint = 0")  # so is checkpointing, which would force from here
        run("INSERT INTO identity SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)", (str(uuid.uuid4()),))
        #: Names this file for ever, so that a store can tell the numbers of two journals apart.
        self.id: str = run("SELECT id FROM identity").fetchone()[0]
        self._dirty = threading.Event()
        self._closed = threading.Event()
        if path is not None:
            args = (path, self._dirty, self._closed)
            threading.Thread(target=_keep_forced, args=args, name="tdg-journal", daemon=True).start()

    def append(self, message: dict[str, Any]) -> int:
        """Stores a message and returns its number.

        Raises:
            sqlite3.Error: It could not be stored (disk full, folder read-only).
        """
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        cursor = self._connection.execute("INSERT INTO journal (message) VALUES (?)", (text,))
        self._dirty.set()
        return int(cursor.lastrowid or 0)

    def forget(self, entries: tuple[int, ...]) -> None:
        """Removes entries that the engine has stored.

        On a full disk they stay, are offered again at the next start, and the engine knows them.
        """
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("BEGIN")
            self._connection.executemany("DELETE FROM journal WHERE entry = ?", [(entry,) for entry in entries])
            self._connection.execute("COMMIT")
            self._dirty.set()

    def entries(self) -> list[tuple[int, dict[str, Any]]]:
        """All entries, oldest first."""
        rows = self._connection.execute("SELECT entry, message FROM journal ORDER BY entry")
        return [(entry, json.loads(text)) for entry, text in rows]

    def close(self) -> None:
        """Closes the file; nothing waits for the disk."""
        self._connection.close()
        self._closed.set()
        self._dirty.set()


def force(path: Path) -> None:
    """Brings everything committed so far to the disk and empties the write-ahead file into the database. Worker only.

    A passive checkpoint takes no lock that a writer waits for (https://www.sqlite.org/wal.html).
    """
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, timeout=0.0)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _keep_forced(
    path: Path,
    dirty: threading.Event,
    closed: threading.Event,
    force: Callable[[Path], None] = force,  # bound here: TouchDesigner may clear a module's globals under its threads
    interval_s: float = FORCE_INTERVAL_S,
) -> None:
    while not closed.is_set():
        dirty.wait()
        closed.wait(interval_s)
        dirty.clear()
        force(path)
