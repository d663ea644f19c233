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
import tdg_core_messages

CloudError = tdg_core_errors.CloudError


class Outbox(Protocol):
    """Where events go; `tdg_bridge_outbox.Outbox` fulfils it."""

    def put(self, event: tdg_core_messages.Message, merge_key: Any = None) -> None: ...
    def stream(self, build: Callable[[list[Any]], tdg_core_messages.Message], chunk: int) -> Any: ...


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
        self._helpers: set[threading.Thread] = set()

    def run(self, handle: Callable[[tdg_core_messages.Message], None], close: Callable[[], None]) -> None:
        """Serves until None is found in the inbox; then calls `close` and waits for the helper threads."""
        while (item := self._next()) is not None:
            if isinstance(item, tuple):
                self._guard(*item)
            else:
                self._guard(handle, item)
        self._guard(close)
        # Helpers end by themselves once what they talk to is closed; their last results are of no use any more.
        for helper in list(self._helpers):
            helper.join()

    def call(self, function: Callable[..., None], *args: Any) -> None:
        """Runs `function(*args)` on the loop's thread, soon. Any thread."""
        self._inbox.put((function, *args))

    def call_later(self, delay_s: float, function: Callable[[], None]) -> None:
        """Runs `function()` on the loop's thread after that many seconds."""
        heapq.heappush(self._timers, (self.clock() + delay_s, next(self._count), function))

    def spawn(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        then: Callable[[Any, CloudError | None], None] | None = None,
    ) -> None:
        """Runs `function(*args)` in a helper thread; then `then(result, error)` on the loop's thread."""

        def help_out() -> None:
            result, error = attempt(function, *args)
            if then is not None:
                self.call(then, result, error)
            self._helpers.discard(threading.current_thread())

        helper = threading.Thread(target=help_out, name=f"tdg-{name}", daemon=True)
        self._helpers.add(helper)
        helper.start()

    def log(self, level: str, text: str) -> None:
        """A line for the log. Any thread."""
        self.outbox.put(tdg_core_messages.Logged(level, text))

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
            self.log("ERROR", error.message)


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
        return None, CloudError("internal", f"{type(error).__name__}{where}: a defect; please report this line.")
