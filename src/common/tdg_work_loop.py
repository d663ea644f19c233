"""The engine's own thread: everything an engine knows is changed here and nowhere else.

Thread: worker only.

Requests, results of helper threads and due timers are run one after another on the loop's thread, so an engine needs
no locks. What takes long (a call to the server, a large file) runs in a helper thread, which gets plain values and
whose result comes back to the loop.
"""

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import tdg_core_errors
import tdg_core_log
import tdg_core_messages

CloudError = tdg_core_errors.CloudError

#: Seconds for which an idle helper thread is kept.
_IDLE_S = 1.0

#: Code of an exception that is none of ours.
DEFECT = "internal"


class Outbox(Protocol):
    """Where events go; `tdg_bridge_outbox.Outbox` fulfils it."""

    def put(self, event: tdg_core_messages.Message, merge_key: Any = None) -> None: ...
    def stream(
        self,
        build: Callable[[list[Any]], tdg_core_messages.Message],
        chunk: int,
        merge: Callable[[Any, Any], Any] | None = None,
    ) -> Any: ...


class Loop:
    """Takes what comes in, in order, until told to stop.

    Args:
        inbox: Requests from the main thread; None ends the loop.
        outbox: Events to the main thread.
        clock: Monotonic seconds.
    """

    def __init__(
        self, inbox: "queue.SimpleQueue[Any]", outbox: Outbox, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.outbox = outbox
        self.clock = clock
        self._inbox = inbox
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._helpers: set[_Helper] = set()
        # Idle since when, which; the last one is the next to work.
        self._idle: list[tuple[float, _Helper]] = []
        self._letting_go = False
        self._last: list[Callable[[], None]] = []
        self._defects = tdg_core_log.Repeats()

    def run(self, handle: Callable[[tdg_core_messages.Message], None], close: Callable[[], None]) -> None:
        """Serves until None is found in the inbox, then ends in three steps.

        `close` is called, which closes what the helper threads talk to; their last results are taken as ever, but no
        requests and timers any more; what `at_end` was given is called when the last helper has ended.
        """
        try:
            while (item := self._next()) is not None:
                if isinstance(item, tuple):
                    self._guard(*item)
                else:
                    self._guard(handle, item)
        finally:
            self._end(close)

    def at_end(self, function: Callable[[], None]) -> None:
        """Calls `function()` as the loop's last act, when no helper thread is left."""
        self._last.append(function)

    def call(self, function: Callable[..., None], *args: Any) -> None:
        """Runs `function(*args)` on the loop's thread, soon. Any thread."""
        self._inbox.put((function, *args))

    def call_later(self, delay_s: float, function: Callable[[], None]) -> None:
        """Runs `function()` on the loop's thread after that many seconds. The loop's thread only."""
        heapq.heappush(self._timers, (self.clock() + delay_s, next(self._count), function))

    def spawn(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        then: Callable[[Any, CloudError | None], None] | None = None,
    ) -> None:
        """Runs `function(*args)` in a helper thread; then `then(result, error)` on the loop's thread.

        The loop's thread only.
        """
        helper = self._idle.pop()[1] if self._idle else _Helper(self.call)
        self._helpers.add(helper)
        try:
            helper.help_out(name, function, args, lambda *outcome: self._helped(helper, then, *outcome))
        except RuntimeError:
            text = f"The system gives no more threads, so {name} could not begin; it is tried again."
            self.call(self._helped, helper, then, None, CloudError("exhausted", text))

    def log(self, level: str, text: str) -> None:
        """A line for the log. Any thread."""
        self.outbox.put(tdg_core_messages.Logged(level, text))

    def notice(self, _level: str, text: str) -> None:
        """A line for the log and for `last_error`; what a store tells of its file (`tdg_disk_sqlite.Tell`)."""
        self.outbox.put(tdg_core_messages.Noticed(text))

    def tell(self, error: CloudError) -> None:
        """Logs an error; the same one at most once a minute. The loop's thread only."""
        line = self._defects.line(error.message, self.clock())
        if line is not None:
            self.log("ERROR", line)

    def _end(self, close: Callable[[], None]) -> None:
        self._guard(close)
        while self._helpers:
            item = self._inbox.get()
            if isinstance(item, tuple):
                self._guard(*item)
        for _, helper in self._idle:
            helper.end()
        for function in self._last:
            self._guard(function)

    def _let_go(self) -> None:
        """Ends the helpers that have been idle for long."""
        self._letting_go = False
        now = self.clock()
        while self._idle and now - self._idle[0][0] >= _IDLE_S:
            self._idle.pop(0)[1].end()
        if self._idle:
            self._plan_letting_go()

    def _plan_letting_go(self) -> None:
        if not self._letting_go:
            self._letting_go = True
            self.call_later(_IDLE_S, self._let_go)

    def _helped(
        self,
        helper: "_Helper",
        then: Callable[[Any, CloudError | None], None] | None,
        result: Any,
        error: CloudError | None,
    ) -> None:
        """A helper thread has done its part."""
        self._helpers.discard(helper)
        if helper.runs:
            self._idle.append((self.clock(), helper))
            self._plan_letting_go()
        if then is not None:
            then(result, error)
        elif error is not None and error.code == DEFECT:
            self.tell(error)

    def _next(self) -> Any:
        """What is to be done next: a due timer first, else whatever comes in."""
        while True:
            wait_s = None
            if self._timers:
                wait_s = self._timers[0][0] - self.clock()
                if wait_s <= 0:
                    return (heapq.heappop(self._timers)[2],)
            try:
                return self._inbox.get(timeout=wait_s)
            except queue.Empty:
                continue

    def _guard(self, function: Callable[..., None], *args: Any) -> None:
        """One failing step must not end the loop: it is told and the next one runs."""
        _, error = attempt(function, *args)
        if error is not None:
            self.tell(error)


class _Helper:
    """A thread that does one thing after another: to begin one costs more than most of what it is begun for.

    Args:
        call: Runs a function on the loop's thread.
    """

    def __init__(self, call: Callable[..., None]) -> None:
        self._call = call
        self._thread: threading.Thread | None = None
        self._work: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def help_out(
        self,
        name: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        then: Callable[[Any, CloudError | None], None],
    ) -> None:
        """Runs `function(*args)`, then `then(result, error)` on the loop's thread. The loop's thread only.

        Raises:
            RuntimeError: The system gives no more threads.
        """
        if self._thread is None:
            thread = threading.Thread(target=self._serve, name="tdg-helper", daemon=True)
            thread.start()
            self._thread = thread
        self._work.put((name, function, args, then))

    @property
    def runs(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    def end(self) -> None:
        """Ends the thread, which is idle."""
        self._work.put(None)
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            name, function, args, then = work
            threading.current_thread().name = f"tdg-{name}"
            result, error = attempt(function, *args)
            del work, function, args  # nothing of it is kept while the thread is idle
            self._call(then, result, error)
            del then, result, error


def attempt(function: Callable[..., Any], *args: Any) -> tuple[Any, CloudError | None]:
    """Calls `function(*args)`: its result and None, or None and what went wrong.

    An exception that is none of ours is a defect; its type and place are told, never its text, which may hold a secret.
    """
    try:
        return function(*args), None
    except CloudError as error:
        return None, error
    except Exception as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = "" if place is None else f" at {place.tb_frame.f_code.co_name}:{place.tb_lineno}"
        return None, CloudError(DEFECT, f"{type(error).__name__}{where}: a defect; please report this line.")
