"""The log's entries and its ring buffer.

Thread: any.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

DEBUG = "DEBUG"
INFO = "INFO"
WARNING = "WARNING"
ERROR = "ERROR"

LEVELS = (DEBUG, INFO, WARNING, ERROR)

#: Entries that `GetLogs` can reach back.
RING_SIZE = 500


@dataclass(frozen=True)
class Entry:
    """One line of the log; `timestamp` is ISO 8601 in local time, `frame` TouchDesigner's frame counter."""

    id: int
    timestamp: str
    frame: int
    level: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """The five documented fields."""
        return {
            "id": self.id,
            "timestamp": self.timestamp,
            "frame": self.frame,
            "level": self.level,
            "message": self.message,
        }


class Ring:
    """The newest `RING_SIZE` entries, numbered from 1 without a gap."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=RING_SIZE)
        self._last_id = 0

    def add(self, timestamp: str, frame: int, level: str, message: str) -> Entry:
        """Appends an entry; a level that is not one of `LEVELS` counts as INFO."""
        self._last_id += 1
        entry = Entry(self._last_id, timestamp, frame, level if level in LEVELS else INFO, message)
        self._entries.append(entry)
        return entry

    def newest(self, level: str | None, limit: int) -> list[Entry]:
        """At most `limit` entries of exactly that level (None: of any), newest last."""
        wanted = None if level is None else level.upper()
        found = [entry for entry in self._entries if wanted is None or entry.level == wanted]
        return found[-limit:] if limit > 0 else []


class Repeats:
    """Lets the same line through once per `interval_s`, so that what fails every frame does not flood a log.

    Args:
        interval_s: Seconds for which a line stays silent after it was said.
    """

    def __init__(self, interval_s: float = 60.0) -> None:
        self._interval_s = interval_s
        #: When a line was said last and how often it was held back since.
        self._said: dict[str, tuple[float, int]] = {}

    def line(self, text: str, now: float) -> str | None:
        """The line to write, with the number of those held back, or None while it stays silent."""
        at, held = self._said.get(text, (now - self._interval_s, 0))
        if now - at < self._interval_s:
            self._said[text] = (at, held + 1)
            return None
        for other in [other for other, (at, _) in self._said.items() if now - at >= self._interval_s]:
            del self._said[other]
        self._said[text] = (now, 0)
        return f"{text} (and {held} times more since the last such line)" if held else text
