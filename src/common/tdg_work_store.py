"""An engine's SQLite file: atomic changes, and accepted requests taken exactly once.

Thread: worker only.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import tdg_core_errors
import tdg_core_messages
import tdg_disk_sqlite

CloudError = tdg_core_errors.CloudError

#: The table behind `Store.is_new`; the first migration of every store.
ACCEPTED = "CREATE TABLE accepted (journal TEXT PRIMARY KEY, entry INTEGER NOT NULL)"


class Store:
    """One SQLite file with one connection, used on one thread.

    Args:
        path: The file; None for a store in memory.
        migrations: As for `tdg_disk_sqlite.open_database`, without the table `accepted`.
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_disk_sqlite.open_database`.
    """

    def __init__(self, path: Path | None, migrations: Sequence[str], tell: tdg_disk_sqlite.Tell) -> None:
        self.path = path
        self.connection = tdg_disk_sqlite.open_database(path, [ACCEPTED, *migrations], tell)
        self.connection.execute("PRAGMA synchronous = FULL")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One atomic change: committed at the end, undone if an exception leaves it.

        Raises:
            CloudError: `disk` when it could not be written.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error):
                raise
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
