"""What every transfer has while it runs: its orders, its gateway, patience with a bad network, a way to be ended.

Thread: worker only.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_messages
import tdg_core_retry
import tdg_core_storage_settings
import tdg_disk_files
import tdg_work_token

CloudError = tdg_core_errors.CloudError

#: Progress is told at most that often, in seconds: ten times a second, with a little room for a late frame.
PROGRESS_INTERVAL_S = 0.11
#: Over how many seconds the speed is taken.
_SPEED_WINDOW_S = 2.0

#: Failures in a row without any progress that a transfer rides out by itself, and the waits between them.
_QUICK_TRIES = 5
_QUICK = tdg_core_retry.BreakerSettings(backoff_base=2.0, backoff_max_s=4.0)
_QUICK_UNIT_S = 0.125

#: Generations of own uploads that are remembered; an overwrite then needs no question first.
_MOST_KNOWN = 10_000


@dataclass(frozen=True)
class Surroundings:
    """What a run takes from outside itself, so that tests can replace it."""

    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
    #: Generation by object name, of what this engine uploaded last.
    known: dict[str, int] = field(default_factory=dict)

    def remember(self, name: str, generation: int) -> None:
        """That object has this generation now; 0 when it is gone."""
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[name] = generation


def _no_store(_function: Callable[[Any], Any]) -> Any:
    raise CloudError("local", "This run has no store.")


@dataclass(eq=False)
class Run:
    """One attempt at a transfer, in a helper thread.

    Attributes:
        gateway: The connection it was begun with; after a reconnect there is a new run.
        state: What the former run of the same transfer left, e.g. the address of an upload session. `save` replaces it.
        restored: Whether a former run of this transfer may have changed the bucket without our hearing of it.
        streams: How many connections it may use at once.
        settings: The parameters at the time it began.
    """

    id: str
    remote_path: str
    local_path: str
    options: dict[str, Any]
    gateway: Any
    settings: tdg_core_storage_settings.StorageSettings
    state: dict[str, Any]
    restored: bool
    streams: int
    #: (bytes done, bytes total, bytes per second)
    tell: Callable[[int, int, float], None]
    keep: Callable[[dict[str, Any]], None]
    #: Sends an event of the transfer's own (a page of a listing).
    emit: Callable[[tdg_core_messages.Message], None]
    #: Sees to it that a file put in place in that folder survives a power cut.
    placed: Callable[[Path], None] = tdg_disk_files.force_folder
    #: Calls a function with the engine's store, on the engine's thread, and waits for what it returns or raises.
    ask_store: Callable[[Callable[[Any], Any]], Any] = _no_store
    around: Surroundings = field(default_factory=Surroundings)
    token: tdg_work_token.Token = field(default_factory=tdg_work_token.Token)
    #: Raised by one for each page of a listing that the main thread has taken.
    pages: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self._told_at = float("-inf")
        self._samples: list[tuple[float, int]] = []
        self._telling = threading.Lock()

    def progress(self, done: int, total: int) -> None:
        """So many bytes are through; may be called as often as one likes, from any of the run's threads."""
        now = self.around.clock()
        with self._telling:
            if now - self._told_at < PROGRESS_INTERVAL_S:
                return
            self._told_at = now
            self._samples.append((now, done))
            while len(self._samples) > 2 and now - self._samples[1][0] >= _SPEED_WINDOW_S:
                del self._samples[0]
            since, first = self._samples[0]
        self.tell(done, total, max(0, done - first) / (now - since) if now > since else 0.0)

    def save(self, state: dict[str, Any]) -> None:
        """Replaces what the next run of this transfer finds in its `state`."""
        self.state = state
        self.keep(state)

    def tries(self) -> "Tries":
        """A fresh count of failures in a row."""
        return Tries(self)


class Tries:
    """Rides out failures that pass by themselves; what makes progress may go on for ever."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._failures = 0

    def progressed(self) -> None:
        """Something got through: the next failure is the first again."""
        self._failures = 0

    def failed(self, error: CloudError) -> None:
        """Waits before another attempt, or raises the error if there should be none from here."""
        # A time-out has cost so long that two of them say as much as four broken connections.
        self._failures += 2 if error.code == "deadline" else 1
        self._run.token.check()
        retried = error.todo == tdg_core_errors.RETRY and error.code != "checksum"
        if not retried or self._failures >= _QUICK_TRIES or self._run.gateway.closed:
            raise error
        wait_s = _QUICK_UNIT_S * tdg_core_retry.backoff_s(self._failures, _QUICK)
        wait_s = tdg_core_retry.jittered(wait_s, self._run.around.random())
        self._run.token.sleep(max(wait_s, error.retry_after_s))

    def until_done(self, step: Callable[[], Any]) -> Any:
        """Calls `step` until it succeeds; only for what may safely be repeated."""
        while True:
            try:
                result = step()
            except CloudError as error:
                self.failed(error)
            else:
                self.progressed()
                return result
