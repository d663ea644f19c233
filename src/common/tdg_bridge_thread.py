"""The transport that runs the engine in threads of this process.

Thread: main only, except `_run`.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any

import tdg_bridge_outbox
import tdg_core_messages

#: An engine's entry point: serves requests from the inbox until it finds None there, then ends all its threads.
Serve = Callable[["queue.SimpleQueue[Any]", tdg_bridge_outbox.Outbox], None]

#: How long a new engine waits for the one before it to end; every call of an engine has a shorter time-out.
_PREDECESSOR_S = 90.0


class ThreadTransport:
    """Carries messages to an engine in a thread of this process.

    Args:
        serve: The engine's entry point.
        slot: What outlives this object (`tdg_bridge_slot`). The engine of a former extension may still be finishing a
            call; the new one begins when it has ended, so that nothing is sent twice at once.
        name: The thread's name.
    """

    def __init__(self, serve: Serve, slot: dict[str, Any], name: str) -> None:
        self._serve = serve
        self._slot = slot
        self._name = name
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox = tdg_bridge_outbox.Outbox()

    def start(self) -> None:
        """Starts the engine."""
        stop_former = self._slot.get("stop")
        if stop_former is not None:
            stop_former()
        former_ended = self._slot.get("ended")
        ended = threading.Event()
        self._slot["ended"] = ended
        self._slot["stop"] = self.stop
        args = (former_ended, self._serve, self._inbox, self._outbox, ended)
        threading.Thread(target=_run, args=args, name=self._name, daemon=True).start()

    def send(self, request: tdg_core_messages.Message) -> None:
        """Hands a request to the engine; never blocks."""
        self._inbox.put(request)

    def receive(self) -> tdg_core_messages.Message | None:
        """The next event, or None; never blocks."""
        return self._outbox.take()

    def post(self, event: tdg_core_messages.Message) -> None:
        """Lets a task outside the engine (the installer) send an event the same way. Any thread."""
        self._outbox.put(event)

    def stop(self) -> None:
        """Asks the engine to end; does not wait for it."""
        self._outbox.close()
        self._inbox.put(None)


def _run(
    former_ended: threading.Event | None,
    serve: Serve,
    inbox: "queue.SimpleQueue[Any]",
    outbox: tdg_bridge_outbox.Outbox,
    ended: threading.Event,
    ended_event: Callable[[str], tdg_core_messages.Message] = tdg_core_messages.EngineEnded,
    predecessor_s: float = _PREDECESSOR_S,
) -> None:
    try:
        if former_ended is not None:
            former_ended.wait(predecessor_s)
        serve(inbox, outbox)
    except BaseException as error:  # a thread's last line: the main thread must hear of anything
        outbox.put(ended_event(f"{type(error).__name__} in the engine"))
    finally:
        ended.set()
