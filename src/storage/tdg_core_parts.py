"""The parts of a large object: who takes which, what is done, and the checksum of the whole.

Thread: any; the caller holds a lock around `take`, `finish` and `resume`.
"""

from dataclasses import asdict, dataclass
from typing import Any

import tdg_core_crc32c


@dataclass(frozen=True)
class Source:
    """One generation of an object."""

    bucket: str
    generation: int
    #: Bytes as stored.
    size: int
    #: As the API writes it.
    crc32c: str
    #: Whether it is stored with gzip encoding.
    encoded: bool

    def as_plain(self) -> dict[str, Any]:
        """For a store."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Any) -> "Source | None":
        """The reverse of `as_plain`; None for what is none."""
        return cls(**plain) if isinstance(plain, dict) and plain.keys() == cls.__annotations__.keys() else None


@dataclass
class Part:
    """The bytes [start, end) of an object, of which the first `done` are there; `crc` is theirs."""

    start: int
    end: int
    done: int = 0
    crc: int = 0

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def missing(self) -> int:
        """Bytes that are still to come."""
        return self.length - self.done


class Plan:
    """An object cut into parts.

    The stream that began with the object takes parts from the front, so that it simply goes on reading; the others take
    them from the back. They meet somewhere, and nothing is fetched twice.
    """

    def __init__(self, size: int, part: int) -> None:
        self.size = size
        self._parts = [Part(start, min(start + part, size)) for start in range(0, size, part)]
        self._waiting = dict.fromkeys(range(len(self._parts)))
        self._finished: set[int] = set()
        self._finished_bytes = 0
        self._taken: dict[int, Part] = {}
        self._by_start = {item.start: index for index, item in enumerate(self._parts)}

    @property
    def missing(self) -> int:
        """How many parts nobody has taken yet."""
        return len(self._waiting)

    @property
    def done(self) -> int:
        """Bytes that are there."""
        return self._finished_bytes + sum(part.done for part in list(self._taken.values()))

    def take(self, *, first: bool) -> Part | None:
        """A part that nobody has taken, from the front or from the back; None if there is none."""
        if not self._waiting:
            return None
        index: int = next(iter(self._waiting) if first else reversed(self._waiting))
        del self._waiting[index]
        self._taken[index] = self._parts[index]
        return self._parts[index]

    def finish(self, part: Part) -> list[int]:
        """The part is there; returns where all finished parts start."""
        index = self._by_start[part.start]
        self._taken.pop(index, None)
        self._finished_bytes += part.length
        self._finished.add(index)
        return [self._parts[number].start for number in sorted(self._finished)]

    def resume(self, start: int) -> Part | None:
        """A part that a former run has finished, as one that is there; None if there is no such part."""
        index = self._by_start.get(start)
        if index is None or index not in self._waiting:
            return None
        del self._waiting[index]
        part = self._parts[index]
        part.done = part.length
        self.finish(part)
        return part

    def crc(self) -> int:
        """The CRC32C of the whole, from those of the parts."""
        crc = 0
        for part in self._parts:
            crc = tdg_core_crc32c.joined(crc, part.crc, part.length)
        return crc
