"""The transport to an engine in a process of its own.

Thread: main only.

The main thread appends to and takes from queues, and reads one message at a time out of its bytes, within the frame's
budget. Threads of `tdg_bridge_carrier` move the bytes.
"""

import queue
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tdg_bridge_private
import tdg_bridge_wire
import tdg_core_messages

Message = tdg_core_messages.Message

#: So many bytes taken are told at once, so that the engine sends more.
_TAKEN_STEP = tdg_bridge_wire.WINDOW // 4


@dataclass(frozen=True)
class Place:
    """Where a component's engine is to live, and what it is, as plain values.

    Attributes:
        project: The project's folder; components of one project share a process.
        python: The interpreter to start.
        folder: Where files of the process go; empty for a temporary folder.
        texts: The component's modules by name, as far as the engine needs them.
        name: What threads are called.
        turn: Path of the file that says whose turn it is; empty without files.
        serve: The engine's entry point as `module:name`.
        arguments: Its keywords; see `described`.
    """

    project: str
    python: str
    folder: str
    texts: Mapping[str, str]
    name: str
    turn: str
    serve: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Ways:
    """What main thread and carrier share.

    Attributes:
        outgoing: Requests, and control tuples of `tdg_bridge_wire`; None ends the carrier's writing thread.
        incoming: Events as bytes, and events of the carrier itself.
        stopped: Nobody takes events any more.
        ended: The engine has ended.
    """

    outgoing: Any
    incoming: deque[Any]
    stopped: threading.Event
    ended: threading.Event


class ProcessTransport:
    """Carries messages to an engine in the project's engine process, which is started unless it runs.

    Args:
        place: Where and what the engine is.
        modules: What the carrier runs in.
        slot: What no two engines may use at once (`tdg_bridge_slot`).
    """

    def __init__(self, place: Place, modules: tdg_bridge_private.Modules, slot: dict[str, Any]) -> None:
        self._place = place
        self._modules = modules
        self._slot = slot
        self._ways = Ways(queue.SimpleQueue(), deque(), threading.Event(), threading.Event())
        self._taken = 0

    def start(self) -> None:
        """Begins to reach the engine; `EngineUnavailable` tells if there can be none.

        Raises:
            RuntimeError: The system gives no more threads.
        """
        args = (self._modules, "tdg_bridge_carrier", "carry", self._place, self._ways, self._slot.get("ended"))
        threading.Thread(target=tdg_bridge_private.call, args=args, name=f"{self._place.name}-in", daemon=True).start()
        self._slot["ended"] = self._ways.ended

    def send(self, request: Message) -> None:
        """Hands a request to the engine; never blocks."""
        self._ways.outgoing.put(request)

    def receive(self) -> Message | None:
        """The next event, or None; never blocks."""
        if not self._ways.incoming:
            return None
        body = self._ways.incoming.popleft()
        if not isinstance(body, bytes):
            event: Message = body
            return event
        self._taken += len(body) + tdg_bridge_wire.OVERHEAD
        if self._taken >= _TAKEN_STEP:
            self._ways.outgoing.put((tdg_bridge_wire.TAKEN, self._taken))
            self._taken = 0
        return tdg_bridge_wire.message_of(body)

    def finish(self) -> None:
        """Asks the engine to end; what it has to tell until then still comes, `EngineEnded` is the last of it."""
        self._ways.outgoing.put((tdg_bridge_wire.END, True))

    def stop(self) -> None:
        """Asks the engine to end; does not wait for it. Idempotent."""
        self._ways.stopped.set()
        self._ways.outgoing.put((tdg_bridge_wire.END, False))


def described(serve: Any) -> tuple[str, dict[str, Any]]:
    """An engine's entry point, a `functools.partial` with its keywords, as what crosses.

    Returns:
        `module:name` of the function; and per keyword `("named", "module:name")` for a function, `("settings",
        "module:name", values)` for settings, `("plain", value)` for the rest.
    """
    return _named(serve.func), {name: _argument(value) for name, value in serve.keywords.items()}


def _argument(value: Any) -> tuple[Any, ...]:
    if callable(value):
        return ("named", _named(value))
    if hasattr(value, "as_plain"):
        return ("settings", _named(type(value)), value.as_plain())
    return ("plain", value)


def _named(thing: Any) -> str:
    """TouchDesigner may name a DAT's module by its path."""
    return f"{thing.__module__.rpartition('/')[2]}:{thing.__name__}"
