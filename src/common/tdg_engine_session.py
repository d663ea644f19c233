"""One run of a component's engine inside the engine process: its connection, its threads, its end.

Thread: worker only.

The engine itself is the same as in threads of the host: it finds requests in an inbox and puts events into an outbox.
Two threads beside it move messages between those and the connection. Events are sent as the host takes them: what comes
while the host is paused waits in the outbox, where newer events replace older ones.
"""

import contextlib
import importlib
import queue
import socket
import threading
import time
from collections.abc import Hashable
from typing import Any, BinaryIO

import tdg_bridge_outbox
import tdg_bridge_thread
import tdg_bridge_turn
import tdg_bridge_wire
import tdg_core_messages

Message = tdg_core_messages.Message

#: Shortest time between two sendings: each wakes a thread in the host, and the host looks once per frame anyway.
_PACE_S = 0.004

#: Bytes sent at once, at most.
_BATCH = 64 << 10


class WakingOutbox(tdg_bridge_outbox.Outbox):
    """An outbox that says when there is something in it."""

    def __init__(self) -> None:
        super().__init__()
        #: Set when something came in; and when something else happened that the sender must look at.
        self.wake = threading.Event()

    def put(self, event: Message, merge_key: Hashable | None = None) -> None:
        super().put(event, merge_key)
        self.wake.set()

    def add_to(self, stream: tdg_bridge_outbox.Stream, key: Hashable, item: Any) -> None:
        super().add_to(stream, key, item)
        self.wake.set()


class Session:
    """One engine, from `open` to `ended`.

    Args:
        connection: To the component in the host, proved.
        stream: What comes in on it.
        opening: What the host said in `open`.
    """

    def __init__(self, connection: socket.socket, stream: BinaryIO, opening: dict[str, Any]) -> None:
        self.name = str(opening["name"])
        self._connection = connection
        self._stream = stream
        self._opening = opening
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox = WakingOutbox()
        # Bytes sent, by the sending thread; bytes taken by the host's main thread, by the reading one.
        self._sent = 0
        self._taken = 0
        #: What the engine's end was, once it has come; nobody wants its events any more once `_unwanted` is set.
        self._reason: str | None = None
        self._unwanted = False

    def run(self) -> None:
        """Serves until the engine has ended and that was told, or the host is gone."""
        sender = threading.Thread(target=self._send, name=f"{self.name}-out", daemon=True)
        sender.start()
        self._reason = self._served()
        self._outbox.wake.set()
        sender.join()

    def end(self, wanted: bool = False) -> None:
        """The engine ends; what it says until then is heard only if `wanted`. Any thread."""
        if not wanted:
            self._unwanted = True
            self._outbox.close()
        self._inbox.put(None)
        self._outbox.wake.set()

    def _served(self) -> str:
        """Runs the engine; why it ended, empty if it was asked to."""
        release = None
        try:
            # First, as it makes the kinds of requests known.
            serve = _named(self._opening["serve"])
            arguments = {name: _argument(*value) for name, value in self._opening["arguments"].items()}
            threading.Thread(target=self._receive, name=f"{self.name}-in", daemon=True).start()
            release = tdg_bridge_turn.take(self._opening["turn"], self._tell)
            serve(self._inbox, self._outbox, **arguments)
        except BaseException as error:  # SystemExit and the like end one engine, not the process
            return tdg_bridge_thread.reason_of(error)
        finally:
            if release is not None:
                release()
        return ""

    def _tell(self, text: str) -> None:
        self._outbox.put(tdg_core_messages.Logged("INFO", text))

    def _receive(self) -> None:
        """Brings requests to the engine, and ends it when there are no more."""
        with contextlib.suppress(OSError, EOFError):
            while (found := self._next()) is not None:
                if not isinstance(found, tdg_bridge_wire.Control):
                    self._inbox.put(found)
                elif found[0] == tdg_bridge_wire.TAKEN:
                    self._taken += found[1]
                    self._outbox.wake.set()
                else:
                    self.end(wanted=found[1])
        self.end()

    def _next(self) -> Message | tdg_bridge_wire.Control | None:
        while True:
            try:
                return tdg_bridge_wire.read(self._stream)
            except ValueError as error:
                self._outbox.put(tdg_core_messages.Logged("ERROR", f"A request was dropped: {error}"))

    def _send(self) -> None:
        """Brings events to the host, as it takes them; then the end."""
        wake, due = self._outbox.wake, 0.0
        try:
            while True:
                wake.wait()
                pause = due - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                wake.clear()
                ended = self._reason
                while not self._unwanted and (batch := self._batch()):
                    self._connection.sendall(batch)
                    due = time.monotonic() + _PACE_S
                if ended is not None and (self._unwanted or self._sent - self._taken < tdg_bridge_wire.WINDOW):
                    self._connection.sendall(tdg_bridge_wire.control(tdg_bridge_wire.ENDED, ended))
                    return
        except OSError:
            self.end()

    def _batch(self) -> bytes:
        """The next events as frames, as many as may be sent now."""
        parts: list[bytes] = []
        size = 0
        while size < _BATCH and self._sent - self._taken < tdg_bridge_wire.WINDOW:
            event = self._outbox.take()
            if event is None:
                break
            frame = _frame(event)
            parts.append(frame)
            size += len(frame)
            self._sent += len(frame)
        return b"".join(parts)


def _frame(event: Message) -> bytes:
    """An event as one frame; one that cannot cross is told instead, so that nothing vanishes in silence."""
    try:
        return tdg_bridge_wire.frame(event)
    except ValueError as error:
        return tdg_bridge_wire.frame(tdg_core_messages.Logged("ERROR", f"The event {event.kind} was lost: {error}"))


def _argument(kind: str, what: Any, values: Any = None) -> Any:
    """A keyword of the entry point (`tdg_bridge_process.described`)."""
    if kind == "named":
        return _named(what)
    return _named(what).from_plain(values) if kind == "settings" else what


def _named(place: str) -> Any:
    """What `module:name` names."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
