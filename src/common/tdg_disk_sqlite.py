"""Opens SQLite files safely: migrated forward, moved aside when damaged, what can be read carried over.

Thread: any; a connection stays on the thread that opened it.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: Called with a level and a line for the log whenever a file could not be used as it was.
Tell = Callable[[str, str], None]

#: Failures for which another file in the same place does not help: the disk is full, cannot be written to, breaks.
#: Whatever else happens while a file is opened comes from what is in it, or from who holds it.
#: (https://www.sqlite.org/rescode.html)
_NOT_THE_FILE = {
    sqlite3.SQLITE_FULL: "the disk is full; make room",
    sqlite3.SQLITE_READONLY: "it is read-only; allow writing",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the permissions of the folder",
    sqlite3.SQLITE_PERM: "it may not be written to; check the permissions of the folder",
    sqlite3.SQLITE_AUTH: "it may not be written to; check the permissions of the folder",
    sqlite3.SQLITE_IOERR: "the disk reports an error; check it",
    sqlite3.SQLITE_NOMEM: "memory is exhausted; free some",
}


def open_database(
    path: Path | None, migrations: Sequence[str], tell: Tell, timeout_s: float = 5.0
) -> sqlite3.Connection:
    """A connection in autocommit mode, write-ahead log on, schema up to date.

    Args:
        path: The file; None for a database in memory.
        migrations: SQL scripts; the n-th brings a file of schema version n-1 to n (`PRAGMA user_version`).
        tell: Told when the file was moved aside.
        timeout_s: How long to wait for another connection's lock.

    Raises:
        CloudError: `config` when the file was written by a newer version of the component; `disk` when neither the file
            nor a fresh one can be used.
    """
    if path is None:
        return _migrated(sqlite3.connect(":memory:", isolation_level=None), "the cache", migrations)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _connect(path, migrations, timeout_s)
    except sqlite3.DatabaseError as error:
        advice = _NOT_THE_FILE.get(_code(error) & 0xFF)
        if advice is not None:
            raise CloudError("disk", f"{path} cannot be used: {advice}, or choose another *Cache Folder*.") from error
        return _start_afresh(path, migrations, timeout_s, str(error), tell)
    except OSError as error:
        raise CloudError(
            "disk", f"Cannot use the folder {path.parent}: {error.strerror}. Choose another *Cache Folder*."
        ) from error


def force(
    path: Path,
    # Bound here: TouchDesigner may clear a module's globals under its threads.
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect,
    errors: type[Exception] = sqlite3.Error,
) -> bool:
    """Brings everything committed so far to the disk and empties the write-ahead file into the database.

    A passive checkpoint takes no lock that a writer waits for (https://www.sqlite.org/wal.html). A file that is gone
    is not made anew.

    Returns:
        Whether the disk has all of it. If not (it is broken, or another thread is just forcing), the next time will do.
    """
    try:
        connection = connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0.0)
    except errors:
        return False
    try:
        connection.execute("PRAGMA synchronous = FULL")
        busy, written, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except errors:
        return False
    else:
        return not busy and bool(written == moved)
    finally:
        connection.close()


def _connect(path: Path, migrations: Sequence[str], timeout_s: float) -> sqlite3.Connection:
    # isolation_level None: no BEGIN behind our back.
    connection = sqlite3.connect(path, isolation_level=None, timeout=timeout_s)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        connection.execute("PRAGMA journal_mode = WAL")
        return _migrated(connection, str(path), migrations)
    except BaseException:
        connection.close()
        raise


def _migrated(connection: sqlite3.Connection, name: str, migrations: Sequence[str]) -> sqlite3.Connection:
    version, newest = connection.execute("PRAGMA user_version").fetchone()[0], len(migrations)
    if version > newest:
        raise CloudError(
            "config",
            f"{name} was written by a newer version of this component (schema {version}, this one knows {newest}). "
            "Update the component or choose another *Cache Folder*.",
        )
    # Takes the write lock even when there is nothing to migrate: a file someone else holds is found now and not at
    # the first request.
    scripts = "".join(f"{script};" for script in migrations[version:])
    connection.executescript(f"BEGIN IMMEDIATE;{scripts}PRAGMA user_version = {newest};COMMIT;")
    return connection


def _start_afresh(
    path: Path, migrations: Sequence[str], timeout_s: float, reason: str, tell: Tell
) -> sqlite3.Connection:
    """Moves a damaged or locked file aside, starts a new one and carries over what can still be read."""
    aside = _free_name(path)
    try:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{suffix}").replace(f"{aside}{suffix}")
        connection = _connect(path, migrations, timeout_s)
    except (OSError, sqlite3.Error) as error:
        raise CloudError(
            "disk", f"{path} cannot be used ({reason}) and cannot be replaced ({error}). Free or unlock it."
        ) from error
    saved = _salvage(aside, connection)
    tell("ERROR", f"{path.name} was damaged or locked ({reason}); moved to {aside.name}, {saved} rows saved from it.")
    return connection


def _free_name(path: Path) -> Path:
    """`<name>.corrupt-<time>`, with a number behind it if there is one of this second."""
    stem = f"{path.name}.corrupt-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return next(aside for name in names if not (aside := path.with_name(name)).exists())


def _salvage(source: Path, target: sqlite3.Connection) -> int:
    """Copies every row that can still be read into the tables of the same name; returns how many."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = [row[0] for row in target.execute(query)]
    before = target.total_changes
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(source, timeout=0.0)) as old:
        target.execute("BEGIN")
        for table in tables:
            # From both ends, as reading stops at the first damaged page.
            for order in ("ASC", "DESC"):
                with contextlib.suppress(sqlite3.Error):
                    _copy_rows(old, target, table, order)
    if target.in_transaction:
        target.execute("COMMIT")
    return target.total_changes - before


def _copy_rows(old: sqlite3.Connection, target: sqlite3.Connection, table: str, order: str) -> None:
    """Copies rows until one cannot be read. The names come from our own schema."""
    known = {row[1] for row in target.execute(f"PRAGMA table_info({table})")}
    columns = [row[1] for row in old.execute(f"PRAGMA table_info({table})") if row[1] in known]
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    for row in old.execute(f"SELECT {names} FROM {table} ORDER BY rowid {order}"):  # noqa: S608
        target.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608


def _code(error: sqlite3.Error) -> int:
    """SQLite's result code; corrupt where our own check found the damage."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
