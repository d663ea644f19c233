"""The transport that runs the engine in threads of this process.

Thread: main only, except `_run`.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any

import tdg_bridge_outbox
import tdg_bridge_turn
import tdg_core_messages

#: An engine's entry point: serves requests from the inbox until it finds None there, then ends all its threads.
Serve = Callable[["queue.SimpleQueue[Any]", tdg_bridge_outbox.Outbox], None]


class ThreadTransport:
    """Carries messages to an engine in a thread of this process.

    Args:
        serve: The engine's entry point.
        slot: What no two engines may use at once (`tdg_bridge_slot`). The engine before may still be finishing a call;
            the new one begins when it has ended, so that nothing is sent twice at once.
        name: The thread's name.
        turn: Path of the file that says whose turn it is; empty without files.
    """

    def __init__(self, serve: Serve, slot: dict[str, Any], name: str, turn: str = "") -> None:
        self._serve = serve
        self._slot = slot
        self._name = name
        self._turn = turn
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox = tdg_bridge_outbox.Outbox()

    def start(self) -> None:
        """Starts the engine.

        Raises:
            RuntimeError: The system gives no more threads.
        """
        former_ended, ended = self._slot.get("ended"), threading.Event()
        args = (former_ended, self._turn, self._serve, self._inbox, self._outbox, ended)
        threading.Thread(target=_run, args=args, name=self._name, daemon=True).start()
        self._slot["ended"] = ended

    def send(self, request: tdg_core_messages.Message) -> None:
        """Hands a request to the engine; never blocks."""
        self._inbox.put(request)

    def receive(self) -> tdg_core_messages.Message | None:
        """The next event, or None; never blocks."""
        return self._outbox.take()

    def post(self, event: tdg_core_messages.Message) -> None:
        """Lets a task outside the engine (the installer) send an event the same way. Any thread."""
        self._outbox.put(event)

    def finish(self) -> None:
        """Asks the engine to end; what it has to tell until then still comes, `EngineEnded` is the last of it."""
        self._inbox.put(None)

    def stop(self) -> None:
        """Asks the engine to end; does not wait for it. Idempotent."""
        self._outbox.close()
        self._inbox.put(None)


def reason_of(error: BaseException) -> str:
    """Why an engine fell. An exception of another kind is a defect; its text may hold a secret and is not told."""
    said = getattr(error, "message", "") if hasattr(error, "code") else ""
    return said or f"{type(error).__name__}, a defect; please report this line"


def _run(
    former_ended: threading.Event | None,
    turn: str,
    serve: Serve,
    inbox: "queue.SimpleQueue[Any]",
    outbox: tdg_bridge_outbox.Outbox,
    ended: threading.Event,
    # Bound here: TouchDesigner may clear a module's globals under its threads.
    ended_event: Callable[[str], tdg_core_messages.Message] = tdg_core_messages.EngineEnded,
    logged: Callable[[str, str], tdg_core_messages.Message] = tdg_core_messages.Logged,
    wait: Callable[[threading.Event | None, Callable[[str], None]], None] = tdg_bridge_turn.wait,
    take: Callable[[str, Callable[[str], None]], Callable[[], None]] = tdg_bridge_turn.take,
    reason_of: Callable[[BaseException], str] = reason_of,
) -> None:
    release = None
    try:
        wait(former_ended, lambda text: outbox.put(logged("INFO", text)))
        release = take(turn, lambda text: outbox.put(logged("INFO", text)))
        serve(inbox, outbox)
        reason = "it ended without being asked to"
    except BaseException as error:  # a thread's last line: the main thread must hear of anything
        reason = reason_of(error)
    finally:
        if release is not None:
            release()
        ended.set()
    outbox.put(ended_event(reason))  # goes nowhere once the engine was asked to end
