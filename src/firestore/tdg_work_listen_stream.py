"""One Listen stream and the targets on it: reads, tells, and notices when it has died.

Thread: worker only (the engine's loop), except `_pump`, which runs in a helper thread.
"""

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import tdg_core_errors
import tdg_core_firestore_filters
import tdg_core_firestore_watch
import tdg_core_firestore_watch_events
import tdg_core_firestore_watch_spec
import tdg_core_firestore_watch_timing
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Event = tdg_core_firestore_watch_events.Event
Filters = tdg_core_firestore_filters.Filters
Outcome = tdg_core_firestore_watch.Outcome
Spec = tdg_core_firestore_watch_spec.Spec
Target = tdg_core_firestore_watch.Target
Timing = tdg_core_firestore_watch_timing.Timing

#: Targets on one stream. The mobile clients, too, put many on one: a stream is one of about a hundred that a connection
#: may have (the next one hangs without a word), and costs two threads.
MAX_TARGETS = 100

#: Seconds that a long job gives to others: the main thread waits for the interpreter's lock no longer than a job runs
#: between two rests (about a millisecond), instead of Python's 5 ms.
_REST_S = 0.0005

#: Number of the target that is added only to get an answer.
PROBE = 1
#: A document that nobody writes.
_PROBE_SPEC = Spec("tdg_probe", "none")


def rest() -> None:
    """Lets other threads run."""
    time.sleep(_REST_S)


class Call(Protocol):
    """The stream as the gateway gives it."""

    def add(self, target_id: int, spec: Spec, token: bytes = b"", read_time: int = 0) -> None: ...
    def remove(self, target_id: int) -> None: ...
    def cancel(self) -> None: ...
    def batches(self) -> Iterator[list[Event]]: ...


class Gateway(Protocol):
    """What opening a stream needs of a gateway."""

    def listen(self, filters: Filters) -> Call: ...


class Stream:
    """A stream from its opening to its end; it is never opened again.

    Args:
        loop: The engine's loop.
        gateway: Opens it.
        filters: Which documents and fields are let in.
        timing: When silence means death.
        told: Called with each outcome of what the server says.
        ended: Called once when the stream has ended by itself, with the reason.
        shared: Whether further targets may be added by and by.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        gateway: Gateway,
        filters: Filters,
        timing: Timing,
        told: "Callable[[Stream, Outcome], None]",
        ended: "Callable[[Stream, CloudError], None]",
        *,
        shared: bool,
    ) -> None:
        self.shared = shared
        self.targets: dict[int, Target] = {}
        #: The server has said something.
        self.alive = False
        #: At least one target was to be taken up where it was left.
        self.resumed = False
        self.opened_at = self._heard_at = loop.clock()
        self._loop = loop
        self._timing = timing
        self._told = told
        self._ended = ended
        self._asked_at: float | None = None
        self._done = False
        self._call = gateway.listen(filters)
        loop.spawn("listen", self._pump, then=lambda _, error: self._over(error))

    @property
    def has_room(self) -> bool:
        """Whether another target may be added."""
        return self.shared and not self._done and len(self.targets) < MAX_TARGETS

    def add(self, number: int, spec: Spec, target: Target) -> bool:
        """Listens to something under a number that was never used before; whether it goes on where it was left.

        Raises:
            CloudError: `invalid` if it cannot be asked for.
        """
        token, since = target.resume()
        self._call.add(number, spec, token, since)
        self.targets[number] = target
        resumed = bool(token or since)
        self.resumed = self.resumed or resumed
        return resumed

    def remove(self, number: int, told: bool = False) -> None:
        """Stops listening to it, and closes the stream if that was the last one.

        Args:
            number: What it was added under.
            told: The server has ended it already.
        """
        del self.targets[number]
        if not self.targets:
            self.close()
        elif not told:
            self._call.remove(number)

    def close(self) -> None:
        """Ends the stream without a word. Idempotent."""
        self._done = True
        self._call.cancel()

    def tick(self, now: float) -> None:
        """Time has passed: asks a silent stream for a sign of life, ends one that gives none."""
        if self._done:
            return
        silent_s = now - self._heard_at
        if not self.alive or self._asked_at is not None:
            since = self.opened_at if self._asked_at is None else self._asked_at
            if now - since > self._timing.answer_s:
                self._end(CloudError("deadline", "Firestore has fallen silent; the stream is opened again."))
        elif silent_s > self._timing.silence_s:
            self._asked_at = now
            self._call.add(PROBE, _PROBE_SPEC)

    def _pump(self) -> None:
        for batch in self._call.batches():
            self._loop.call(self._heard, batch)

    def _heard(self, batch: list[Event]) -> None:
        self._heard_at = self._loop.clock()
        self.alive = True
        if self._asked_at is not None and not self._done:
            self._asked_at = None
            self._call.remove(PROBE)
        for event in batch:
            for outcome in tdg_core_firestore_watch.apply(self.targets, event, rest):
                if self._done:
                    return
                self._told(self, outcome)

    def _over(self, error: CloudError | None) -> None:
        self._end(error or CloudError("unavailable", "Firestore ended the stream; it is opened again."))

    def _end(self, error: CloudError) -> None:
        if not self._done:
            self.close()
            self._ended(self, error)
