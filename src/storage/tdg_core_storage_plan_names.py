"""Which file on the disk belongs to which object in the bucket, and whose names stand in each other's way.

Thread: any.

A file and an object belong together when their names are equal in Unicode's composed form (NFC), and, where the file
system does not tell `A` from `a`, regardless of case. So `é` written in two ways on macOS and Windows is one file.
"""

import posixpath
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import tdg_core_storage_plan_data as data

#: How many names are handled between two calls of `pause`.
PAUSE_EVERY = 512

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


class Pair:
    """One file as three trees know it."""

    __slots__ = ("agreed", "key", "local", "name", "path", "remote")

    def __init__(self, key: str) -> None:
        self.key = key
        self.path = ""
        self.name = ""
        self.local: data.LocalFile | None = None
        self.remote: data.RemoteFile | None = None
        self.agreed: data.Agreed | None = None


def composed(path: str) -> str:
    """In the form in which new objects are named."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def key_of(path: str, ignore_case: bool) -> str:
    """What the names of a pair have in common."""
    return composed(composed(path).casefold()) if ignore_case else composed(path)


def pairs(
    local: data.LocalTree,
    remote: data.RemoteTree,
    agreed: Mapping[str, data.Agreed],
    options: data.Options,
    pause: Callable[[], None],
) -> tuple[list[Pair], list[data.Skip]]:
    """All pairs that take part, ordered by name, and what is left alone because of its name."""
    table = _Table(options, local.blocked)
    for path, file in paused(local.files.items(), pause):
        pair = table.pair(path)
        if pair is not None:
            table.twin(pair, pair.local is not None, pair.path, path)
            pair.path, pair.local = path, file
    for name, remote_file in paused(remote.files.items(), pause):
        pair = table.pair(name)
        if pair is not None:
            table.twin(pair, pair.remote is not None, pair.name, name)
            pair.name, pair.remote = name, remote_file
    for name, state in paused(agreed.items(), pause):
        pair = table.pair(name)
        if pair is not None and (pair.agreed is None or name == pair.name):
            pair.agreed, pair.name = state, pair.name or name
    return table.finished()


class _Table:
    """The pairs as they are found."""

    def __init__(self, options: data.Options, blocked: Mapping[str, str]) -> None:
        self._options = options
        self._pairs: dict[str, Pair] = {}
        self._blocked = {key_of(path, options.ignore_case) for path in blocked}
        self._skipped = [data.Skip(path, why, True) for path, why in blocked.items()]
        #: Names of one side that cannot be told apart, by key.
        self._twins: dict[str, set[str]] = {}

    def pair(self, path: str) -> Pair | None:
        """The pair of that name; None if it does not take part."""
        key = key_of(path, self._options.ignore_case)
        pair = self._pairs.get(key)
        if pair is not None:
            return pair
        if not path or not self._options.filter.takes(path) or (self._blocked and is_below(key, self._blocked)):
            return None
        if path.endswith("/"):
            self._skipped.append(data.Skip(path, "it only stands for a folder", False))
            return None
        pair = self._pairs[key] = Pair(key)
        return pair

    def twin(self, pair: Pair, taken: bool, former: str, name: str) -> None:
        """Remembers a second name for the same place."""
        if taken:
            self._twins.setdefault(pair.key, {former}).add(name)

    def finished(self) -> tuple[list[Pair], list[data.Skip]]:
        """What was found, names completed; pairs with twins are left alone."""
        for key, twins in self._twins.items():
            del self._pairs[key]
            self._skipped.extend(data.Skip(name, _twin_text(twins - {name}), True) for name in sorted(twins))
        for pair in self._pairs.values():
            pair.name = pair.name or composed(pair.path)
            pair.path = pair.path or pair.name
        return sorted(self._pairs.values(), key=lambda pair: pair.name), self._skipped


def paused(items: Iterable[T], pause: Callable[[], None]) -> Iterator[T]:
    """The items, with a pause after every few hundred."""
    for number, item in enumerate(items, 1):
        yield item
        if not number % PAUSE_EVERY:
            pause()


def _twin_text(others: set[str]) -> str:
    names = ", ".join(repr(name) for name in sorted(others))
    return f"its name differs from {names} only in upper and lower case or in how Unicode writes it; rename one of them"


def folders_of(path: str) -> Iterator[str]:
    """The folders that a path lies in, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path


def is_below(path: str, folders: set[str]) -> bool:
    """Whether a path is one of these or lies in one."""
    return path in folders or any(folder in folders for folder in folders_of(path))


def conflict_name(path: str, when_ns: int, taken: Callable[[str], bool]) -> str:
    """Where the loser of a conflict is kept: `name.conflict-<its time in UTC>.ext`, with a number if that is taken.

    The time is that of the losing version, so the same conflict met twice gets the same name.
    """
    stem, extension = posixpath.splitext(path)
    stamp = f"{_EPOCH + timedelta(seconds=when_ns // 10**9):%Y%m%d-%H%M%S}"
    base = f"{stem}.conflict-{stamp}"
    number = 1
    candidate = base + extension
    while taken(candidate):
        number += 1
        candidate = f"{base}-{number}{extension}"
    return candidate
