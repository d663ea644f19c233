"""The files that the components of a project have in its cache folder, and what waits in them.

Looking takes no lock that TouchDesigner would notice: it may run meanwhile.
"""

import contextlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tdg_disk_lock
from engine import CommandError

#: The components, and the stem of the files that a project's only one of its kind has.
STEMS = {"firestore": "gcp", "storage": "gcp-storage"}

#: What a component's store holds that has not ended, in order.
_STORED = {
    "firestore": "SELECT op_type, collection, doc_id, queued_at, retry_count, last_error FROM write_queue ORDER BY seq",
    "storage": "SELECT message FROM transfers ORDER BY number",
}

_FILES = re.compile(r"(gcp|gcp-storage)(\.[^/]+?)?(-journal\.db|\.db|\.lock)")


@dataclass(frozen=True)
class Item:
    """Something that was accepted and has not ended.

    Attributes:
        kind: What is to be done: `set`, `upload`, ...; `dead` for a write that the server has refused for good.
        what: To what.
        since: When it was asked for, ISO 8601.
        note: How it went so far; empty where nothing is known.
    """

    kind: str
    what: str
    since: str
    note: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


class Home:
    """The files of one component.

    Args:
        folder: The cache folder.
        stem: What their names begin with.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder = folder
        self.stem = stem
        self.component = "storage" if stem.partition(".")[0] == STEMS["storage"] else "firestore"

    def file(self, suffix: str) -> Path:
        """One of the files, e.g. `.db`."""
        return self.folder / f"{self.stem}{suffix}"

    @property
    def owner(self) -> str:
        """Path of the component in its project; empty while it never had one."""
        try:
            return self.file(".lock").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    @property
    def in_use(self) -> bool:
        """Whether an engine works on these files now.

        Asks by the lock of the engines, for which the next one would wait, never by the component's: taken only for a
        moment, that one would send a component that starts just then to other files.
        """
        turn = self.file(".turn")
        if not turn.exists():
            return False
        descriptor = tdg_disk_lock.acquire(turn, str(os.getpid()))
        if descriptor is not None:
            os.close(descriptor)
        return descriptor is None

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Keeps every component away meanwhile.

        Raises:
            CommandError: One runs, or the folder cannot be used.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = tdg_disk_lock.acquire(self.file(".lock"), self.owner or f"/{self.component}")
        except OSError as error:
            raise CommandError(f"{self.folder} cannot be used ({error.strerror or error}).") from None
        if descriptor is None:
            raise CommandError(
                f"The project is open in TouchDesigner, or another engine runs on it: {self.file('.lock')} is held. "
                "Close the project first; what waits there is safe, and its own component is at it."
            )
        try:
            yield
        finally:
            os.close(descriptor)

    def waiting(self) -> list[Item]:
        """What was accepted and has not ended, in order; what no engine has seen yet comes last."""
        # First the journal: what leaves it meanwhile is in the store by then.
        (journal,) = _read(self.file("-journal.db"), "SELECT origin, entry, message FROM journal ORDER BY entry")
        taken, stored = _read(self.file(".db"), "SELECT journal, entry FROM accepted", _STORED[self.component])
        found = [_transfer(json.loads(row[0])) if self.component == "storage" else _write(*row) for row in stored]
        newest = dict(taken)
        for origin, entry, message in journal:
            if entry > newest.get(origin, 0):
                found += _accepted(json.loads(message))
        return found

    def dead(self) -> list[Item]:
        """The writes that the server has refused for good."""
        query = "SELECT collection, doc_id, failed_at, last_error FROM dead_letters ORDER BY failed_at, rowid"
        (rows,) = _read(self.file(".db"), query) if self.component == "firestore" else ([],)
        return [Item("dead", f"{row[0]}/{row[1]}", row[2], row[3]) for row in rows]


def homes(folder: Path) -> list[Home]:
    """What components have left in a cache folder, those of firestore first."""
    matches = [found for path in sorted(folder.glob("gcp*")) if (found := _FILES.fullmatch(path.name))]
    stems = dict.fromkeys(f"{match[1]}{match[2] or ''}" for match in matches)
    return sorted((Home(folder, stem) for stem in stems), key=lambda home: (home.component, home.stem))


def _read(path: Path, *queries: str) -> list[list[Any]]:
    """What is in a file at one moment, a list per query; nothing where there is no file, or not yet that table.

    Raises:
        CommandError: It cannot be read.
    """
    if not path.exists():
        return [[] for _ in queries]
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            connection.execute("BEGIN")  # an engine may be at work
            return [_rows(connection, query) for query in queries]
    except sqlite3.OperationalError as error:
        raise CommandError(f"{path} cannot be read ({error}).") from None
    except sqlite3.DatabaseError as error:
        raise CommandError(
            f"{path} is damaged ({error}). A component, or `flush`, moves it aside and saves what can be read."
        ) from None


def _rows(connection: sqlite3.Connection, query: str) -> list[Any]:
    try:
        return list(connection.execute(query))
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise


def _accepted(message: dict[str, Any]) -> list[Item]:
    """A request that no engine has taken yet."""
    if message["kind"] == "writes":
        return [Item(item[3], f"{item[1]}/{item[2]}", item[5]) for item in message["items"]]
    if message["kind"] == "storage.transfer":
        return [_transfer(message)]
    return [Item(str(message["kind"]).rpartition(".")[2], "", "")]


def _write(kind: str, collection: str, doc_id: str, since: str, retries: int, error: str) -> Item:
    return Item(kind, f"{collection}/{doc_id}", since, f"{retries} failures: {error}" if error else "")


def _transfer(message: dict[str, Any]) -> Item:
    local, remote = str(message["local_path"]), str(message["remote_path"])
    what = f"{remote} -> {local}" if message["type"] == "download" else " -> ".join(filter(None, (local, remote)))
    return Item(str(message["type"]), what or "/", str(message["asked_at"]))
