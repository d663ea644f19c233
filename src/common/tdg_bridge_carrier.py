"""The threads that move bytes between the main thread's queues and the engine's process.

Thread: worker only.

They hold the interpreter's lock for some microseconds per message and wait outside it. Like everything that runs off
the main thread they run in private modules (`tdg_bridge_private`).
"""

import contextlib
import socket
import struct
import sys
import threading
from typing import Any, BinaryIO, cast

import tdg_bridge_child
import tdg_bridge_turn
import tdg_bridge_wire
import tdg_core_messages

Message = tdg_core_messages.Message

#: A process that takes nothing for so many seconds is stuck, or stopped, and ended.
STUCK_S = 30

#: Requests sent together, at most.
_MOST = 200

#: Behind this nothing is sent.
_LAST = (tdg_bridge_wire.END, False)

#: How long an engine may take to end after being asked to, before its connection is cut.
_END_S = tdg_bridge_turn.PATIENCE_S


def carry(place: Any, ways: Any, former_ended: threading.Event | None) -> None:
    """Reaches the engine and brings what it tells, until it has ended.

    Args:
        place: As `tdg_bridge_process.Place`.
        ways: As `tdg_bridge_process.Ways`.
        former_ended: Set when the engine before has ended.
    """
    try:
        event = _served(place, ways, former_ended)
    except BaseException as error:  # a thread's last line: the main thread must hear of anything
        event = tdg_core_messages.EngineEnded(f"{type(error).__name__} on its way, a defect; please report this line")
    ways.outgoing.put(None)
    ways.ended.set()
    ways.incoming.append(event)


def _served(place: Any, ways: Any, former_ended: threading.Event | None) -> Message:
    """The life of a session; the event that tells of its end."""

    def tell(level: str, text: str) -> None:
        ways.incoming.append(tdg_core_messages.Logged(level, text))

    tdg_bridge_turn.wait(former_ended, lambda text: tell("INFO", text))
    if ways.stopped.is_set():
        return tdg_core_messages.EngineEnded("")
    try:
        link = tdg_bridge_child.link(place, tell)
    except tdg_bridge_child.UnavailableError as error:
        return tdg_core_messages.EngineUnavailable(str(error))
    with link.socket, cast(BinaryIO, link.socket.makefile("rb", tdg_bridge_wire.WINDOW)) as stream:
        _let_sending_fail(link.socket)
        link.socket.sendall(_opening(place, link))
        answer = tdg_bridge_wire.read(stream)
        if not isinstance(answer, tdg_bridge_wire.Control):
            return tdg_core_messages.EngineEnded(tdg_bridge_child.obituary(link.record))
        if answer[0] != tdg_bridge_wire.OPENED:
            return tdg_core_messages.EngineUnavailable(answer[1])
        tell("INFO", f"the engine runs in process {answer[1]}, {answer[2]}")
        args = (link.socket, ways, link.record)
        threading.Thread(target=_write, args=args, name=f"{place.name}-out", daemon=True).start()
        reason = _read(stream, ways)
    if reason is None:
        reason = "" if ways.stopped.is_set() else tdg_bridge_child.obituary(link.record)
    return tdg_core_messages.EngineEnded(reason)


def _opening(place: Any, link: tdg_bridge_child.Link) -> bytes:
    """What the engine's process must know to run the session."""
    return tdg_bridge_wire.control(
        tdg_bridge_wire.OPEN,
        {
            "protocol": tdg_bridge_wire.PROTOCOL,
            "schema": tdg_core_messages.SCHEMA,
            "name": place.name,
            "code": link.code,
            "modules": link.modules,
            "turn": place.turn,
            "serve": place.serve,
            "arguments": place.arguments,
        },
    )


def _read(stream: BinaryIO, ways: Any) -> str | None:
    """Brings messages to the main thread; what the engine says when it ends, None if it said nothing."""
    append, stopped = ways.incoming.append, ways.stopped.is_set
    with contextlib.suppress(OSError):
        while (found := tdg_bridge_wire.read_raw(stream)) is not None:
            if isinstance(found, tdg_bridge_wire.Control):
                return str(found[1])
            if not stopped():
                append(found)
    return None


def _write(connection: socket.socket, ways: Any, record: dict[str, Any]) -> None:
    """Brings requests to the engine, until the connection ends."""
    try:
        while (items := _waiting(ways.outgoing))[-1] is not None:
            _send(connection, items, ways)
            if items[-1] == _LAST:
                ways.ended.wait(_END_S)
                break
    except BlockingIOError:  # nothing was taken for STUCK_S
        tdg_bridge_child.kill(record)
    except OSError:
        pass
    # The reading thread finds the end of the stream, should it still wait for something.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _waiting(outgoing: Any) -> list[Any]:
    """What waits to be sent, at least one; nothing behind the end."""
    items = [outgoing.get()]
    while items[-1] is not None and items[-1] != _LAST and len(items) < _MOST and not outgoing.empty():
        items.append(outgoing.get())
    return items


def _send(connection: socket.socket, items: list[Any], ways: Any) -> None:
    """Sends requests and control tuples, small ones together: at each call another thread may take the interpreter."""
    small: list[bytes] = []
    for part in (part for item in items for part in _parts(item, ways)):
        if len(part) < tdg_bridge_wire.LARGE:
            small.append(part)
            continue
        connection.sendall(b"".join(small))
        small.clear()
        connection.sendall(part)  # not copied
    connection.sendall(b"".join(small))


def _parts(item: Any, ways: Any) -> list[bytes]:
    """A request or control tuple as it is sent; a request that cannot cross is told instead."""
    if isinstance(item, tuple):
        return [tdg_bridge_wire.control(*item)]
    try:
        return tdg_bridge_wire.frames(item)
    except ValueError as error:
        text = f"The request {item.kind} was dropped: {error}"
        ways.incoming.append(tdg_core_messages.Logged("ERROR", text))
        return []


def _let_sending_fail(connection: socket.socket) -> None:
    """Sending to a process that takes nothing fails after `STUCK_S` instead of never; reading may wait for ever."""
    limit = STUCK_S * 1000 if sys.platform == "win32" else struct.pack("@ll", STUCK_S, 0)
    with contextlib.suppress(OSError):  # a system that does not know it
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
