"""What the user was promised, on disk before the method returns: the accepted requests that no engine has stored yet.

Thread: main only, except `_keep_forced` and what it calls.

One SQLite file with one writer, so that accepting never waits for another connection's lock. A commit reaches the
operating system at once (a killed process loses nothing) and the disk when a worker forces it there, at most
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
from typing import Any, NamedTuple

import tdg_disk_sqlite

#: Seconds between two forces while there is something to force.
FORCE_INTERVAL_S = 0.1

#: How long opening waits for the thread of the journal before it, which may be closing the same file.
_OPEN_S = 5.0

#: Runs of entries that one statement forgets.
_MOST_RUNS = 200

_SCHEMA = "CREATE TABLE journal (entry INTEGER PRIMARY KEY, origin TEXT NOT NULL, message TEXT NOT NULL)"


# Made once: `json.dumps` with arguments makes an encoder for every call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Entry(NamedTuple):
    """One accepted request; `origin` and `number` together are never given twice."""

    origin: str
    number: int
    message: dict[str, Any]


class Journal:
    """Append-only list of accepted requests as plain dicts.

    Args:
        path: The SQLite file; None keeps the entries in memory only (*Enable Cache* off).
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_disk_sqlite.open_database`.
    """

    def __init__(self, path: Path | None, tell: tdg_disk_sqlite.Tell) -> None:
        self._connection = tdg_disk_sqlite.open_database(path, [_SCHEMA], tell, timeout_s=_OPEN_S)
        self._connection.execute("PRAGMA busy_timeout = 0")  # from here on nobody else writes, and nothing waits
        self._connection.execute("PRAGMA synchronous = OFF")  # forcing to disk is the worker's part
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")  # so is checkpointing, which would force from here
        # Numbers rise within a file only as long as the file is whole, so each opening begins a series of its own. They
        # are counted here: SQLite's AUTOINCREMENT would write a second page for each entry.
        self._origin = str(uuid.uuid4())
        self._newest: int = self._connection.execute("SELECT ifnull(max(entry), 0) FROM journal").fetchone()[0]
        self._dirty = threading.Event()
        self._closed = threading.Event()
        if path is not None:
            args = (path, self._dirty, self._closed)
            threading.Thread(target=_keep_forced, args=args, name="tdg-journal", daemon=True).start()

    def append(self, message: dict[str, Any]) -> Entry:
        """Stores a message of JSON values (no bytes: what is large belongs into a file of its own).

        Raises:
            sqlite3.Error: It could not be stored (disk full, folder read-only).
        """
        text = _encode(message)
        number = self._newest + 1
        self._connection.execute("INSERT INTO journal VALUES (?, ?, ?)", (number, self._origin, text))
        self._newest = number
        if not self._dirty.is_set():  # who clears it does so before forcing what is there by then
            self._dirty.set()
        return Entry(self._origin, number, message)

    def forget(self, numbers: tuple[int, ...]) -> None:
        """Removes entries that the engine has stored.

        On a full disk they stay, are offered again at the next start, and the engine knows them.
        """
        # As few statements as can be: at each of them another thread may keep the interpreter for some milliseconds.
        runs = _runs(numbers)
        with contextlib.suppress(sqlite3.Error):
            for at in range(0, len(runs), _MOST_RUNS):
                some = runs[at : at + _MOST_RUNS]
                which = " OR ".join(["entry BETWEEN ? AND ?"] * len(some))
                self._connection.execute(f"DELETE FROM journal WHERE {which}", [end for run in some for end in run])  # noqa: S608
            self._dirty.set()

    def clear(self) -> None:
        """Removes all entries: nobody wants any of it. On a full disk they stay; the engine is told all the same."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("DELETE FROM journal")
            self._dirty.set()

    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        rows = self._connection.execute("SELECT origin, entry, message FROM journal ORDER BY entry")
        return [Entry(origin, number, json.loads(text)) for origin, number, text in rows]

    def close(self) -> None:
        """Closes the file; nothing waits for the disk. Idempotent."""
        self._connection.close()
        self._closed.set()
        self._dirty.set()


def _runs(numbers: tuple[int, ...]) -> list[tuple[int, int]]:
    """The first and the last of each run of numbers without a gap."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def _keep_forced(
    path: Path,
    dirty: threading.Event,
    closed: threading.Event,
    # Bound here: TouchDesigner may clear a module's globals under its threads.
    force: Callable[[Path], bool] = tdg_disk_sqlite.force,
    interval_s: float = FORCE_INTERVAL_S,
) -> None:
    """Brings what was written to the disk, again and again, until the journal is closed, and then once more."""
    while not closed.is_set():
        dirty.wait()
        closed.wait(interval_s)
        dirty.clear()
        if not force(path):
            dirty.set()
