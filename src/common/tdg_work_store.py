"""The engine's SQLite files: opened safely, migrated forward, moved aside when damaged.

Thread: worker only.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import tdg_core_errors
import tdg_core_messages

CloudError = tdg_core_errors.CloudError

_ACCEPTED = "CREATE TABLE IF NOT EXISTS accepted (journal TEXT PRIMARY KEY, entry INTEGER NOT NULL)"


class Store:
    """One SQLite file with one connection, used on one thread.

    Args:
        path: The file; None for a store in memory.
        migrations: SQL scripts; the n-th brings a file of schema version n-1 to n (`PRAGMA user_version`).
        tell: Called with a level and a line for the log whenever the file could not be used as it was.

    Raises:
        CloudError: `config` when the file was written by a newer version of the component; `disk` when neither the file
            nor a fresh one can be used.
    """

    def __init__(self, path: Path | None, migrations: Sequence[str], tell: Callable[[str, str], None]) -> None:
        self.path = path
        self._migrations = migrations
        self._tell = tell
        self.connection = self._open()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One atomic change: committed at the end, undone if an exception leaves it.

        Raises:
            CloudError: `disk` when it could not be written.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise CloudError("disk", f"Cannot write {self.path}: {error}. Free or unlock the cache folder.") from error

    def is_new(self, request: tdg_core_messages.Accepted) -> bool:
        """Whether this accepted request has not been stored before; to be asked inside the storing transaction."""
        if not request.entry:
            return True
        last = self.connection.execute("SELECT entry FROM accepted WHERE journal = ?", (request.journal,)).fetchone()
        if last is not None and request.entry <= last[0]:
            return False
        self.connection.execute("INSERT OR REPLACE INTO accepted VALUES (?, ?)", (request.journal, request.entry))
        return True

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            return self._prepare(sqlite3.connect(":memory:", isolation_level=None))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._connect(self.path)
        except sqlite3.DatabaseError as error:
            return self._start_afresh(self.path, str(error))
        except OSError as error:
            raise CloudError(
                "disk",
                f"Cannot use the cache folder {self.path.parent}: {error.strerror}. Choose another *Cache Folder*.",
            ) from error

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
        try:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            return self._prepare(connection)
        except BaseException:
            connection.close()
            raise

    def _prepare(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Brings the schema up to date."""
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        newest = len(self._migrations)
        if version > newest:
            raise CloudError(
                "config",
                f"{self.path} was written by a newer version of this component (schema {version}, this one knows "
                f"{newest}). Update the component or choose another *Cache Folder*.",
            )
        for number in range(version, newest):
            script = f"BEGIN;{self._migrations[number]};PRAGMA user_version = {number + 1};COMMIT;"
            connection.executescript(script)
        connection.execute(_ACCEPTED)
        return connection

    def _start_afresh(self, path: Path, reason: str) -> sqlite3.Connection:
        """Moves a damaged or locked file aside, starts a new one and carries over what can still be read."""
        aside = path.with_name(f"{path.name}.corrupt-{time.strftime('%Y%m%d-%H%M%S')}")
        try:
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{path}{suffix}").replace(f"{aside}{suffix}")
            connection = self._connect(path)
        except (OSError, sqlite3.Error) as error:
            raise CloudError(
                "disk", f"{path} cannot be used ({reason}) and cannot be replaced ({error}). Free or unlock it."
            ) from error
        saved = _salvage(aside, connection)
        self._tell("ERROR", f"{path.name} was damaged or locked ({reason}); moved to {aside.name}, {saved} rows saved.")
        return connection


def _salvage(source: Path, target: sqlite3.Connection) -> int:
    """Copies every row that can still be read into the tables of the same name; returns how many."""
    saved = 0
    tables = [row[0] for row in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
    ):
        for table in tables:
            with contextlib.suppress(sqlite3.Error):
                known = {row[1] for row in target.execute(f"PRAGMA table_info({table})")}
                columns = [row[1] for row in old.execute(f"PRAGMA table_info({table})") if row[1] in known]
                names, marks = ", ".join(columns), ", ".join("?" * len(columns))
                for row in old.execute(f"SELECT {names} FROM {table}"):  # noqa: S608  names come from the schema
                    target.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608
                    saved += 1
    return saved
