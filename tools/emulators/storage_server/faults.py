"""Faults on demand: rules that make matching requests fail, break off, lie or crawl."""

import re
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

LOG_LENGTH = 20_000

Action = Literal["status", "reset", "hang", "delay", "lost", "truncate", "corrupt", "wrong_hash", "drip"]


@dataclass
class Fault:
    """What happens to the next requests that match.

    Attributes:
        match: regular expression, searched in 'METHOD /decoded/path?decoded=query'.
        action: 'status' answers with `status`; 'reset' resets the connection; 'hang' never answers; 'delay' answers
            late; 'lost' does what is asked and then resets the connection; 'truncate' resets it in the middle of the
            answer's body; 'corrupt' changes one byte, of the upload as it arrives or of the download as it leaves;
            'wrong_hash' lies about the checksum of the object; 'drip' sends the body slowly.
        times: how many requests are hit; 0 means all.
        skip: how many matching requests pass before.
        status: for 'status'.
        retry_after_s: sent as Retry-After with 'status'.
        after_bytes: for 'status' and 'reset', bytes of the upload taken first; for 'truncate', bytes sent first.
        delay_s: for 'delay'.
        bytes_per_s: for 'drip'.
        hits: how many requests were hit so far.
    """

    match: str
    action: Action = "status"
    times: int = 1
    skip: int = 0
    status: int = 503
    retry_after_s: int | None = None
    after_bytes: int = 0
    delay_s: float = 0.0
    bytes_per_s: float = 65536.0
    hits: int = 0
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(self.match)

    def hit_by(self, line: str) -> bool:
        """Whether this request is to suffer; counts."""
        if (self.times and self.hits >= self.times) or not self._pattern.search(line):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.hits += 1
        return True


class Faults:
    """The rules in force and the log of requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self.released = threading.Event()

    def add(self, rule: dict[str, Any]) -> None:
        fault = Fault(**rule)
        with self._lock:
            self._rules.append(fault)

    def clear(self) -> None:
        """Forgets rules and log; requests that hang are let go."""
        with self._lock:
            self._rules.clear()
            self._log.clear()
            self.released.set()
            self.released = threading.Event()

    def take(self, line: str) -> Fault | None:
        """The fault for a request, if any: of several, the one set first."""
        with self._lock:
            return next((rule for rule in self._rules if rule.hit_by(line)), None)

    def note(self, method: str, path: str, status: int, sent: int, received: int) -> None:
        """Adds a line to the log; status 0 means that the connection was reset."""
        with self._lock:
            self._log.append({"method": method, "path": path, "status": status, "sent": sent, "received": received})

    def hits(self) -> list[int]:
        """How often each rule has hit, in the order in which they were set."""
        with self._lock:
            return [rule.hits for rule in self._rules]

    def log(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._log)
