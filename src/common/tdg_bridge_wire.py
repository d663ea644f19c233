"""How messages travel between the host and an engine in a process of its own: framed, and to those who know the secret.

Thread: any.

A frame says whether it is a message or something that only the two ends say to each other (a control tuple), gives the
lengths of two parts, and brings them. The head is `marshal` (measured beside JSON on a hundred documents: 15 against
213 microseconds to write, 39 against 185 to read), the tail is what is too large to be copied under the interpreter's
lock.
Both ends run the same modules, and nothing is read from a connection that has not proved to know the secret.
"""

import hmac
import marshal
import os
import socket
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import tdg_core_messages

Message = tdg_core_messages.Message

#: Raised by one whenever frames or control tuples change; the two ends of a connection must agree.
PROTOCOL = 1

#: The only address anything listens on.
HOST = "127.0.0.1"

#: The first words of the control tuples.
OPEN = "open"  # host, once: what the session is to run
OPENED = "opened"  # engine, once: it runs, in that process
REFUSED = "refused"  # engine, instead: why it cannot run here
TAKEN = "taken"  # host: bytes of frames that the main thread has taken
END = "end"  # host: end; True as second word if what the engine still tells is wanted
ENDED = "ended"  # engine, last: it has ended, and why (empty if it was asked to)

#: An engine sends so many bytes that nobody has taken yet; what comes then waits in its outbox, where it is merged.
WINDOW = 256 << 10

#: A bytes field from this size on goes into the tail.
LARGE = 64 << 10

#: Whether it is a control tuple, the length of the head, that of the tail.
_START = struct.Struct(">?IQ")

#: What a frame is longer than its parts.
OVERHEAD = _START.size
_NONCE = 32
_PROOF = 32

#: A version of the format that all supported Pythons read and write.
_MARSHAL = 4

#: Types that `marshal` writes as they are.
_ATOMS = frozenset({type(None), bool, int, float, str, bytes})


class Control(tuple[Any, ...]):
    """What only the two ends say to each other: one of the words above, and what belongs to it."""

    __slots__ = ()


class WireError(Exception):
    """The other end is none of ours, or is gone."""


def control(*words: Any) -> bytes:
    """A control tuple as a frame."""
    body = marshal.dumps(plain(words), _MARSHAL)
    return _START.pack(True, len(body), 0) + body


def frame(message: Message) -> bytes:
    """A message as a frame without a tail.

    Raises:
        ValueError: It holds something that may not cross the bridge.
    """
    return _frame(tdg_core_messages.to_values(message), 0)


def frames(message: Message) -> list[bytes]:
    """A message as buffers to send one after another: a frame, and its tail if it has one.

    Raises:
        ValueError: As `frame`.
    """
    values = tdg_core_messages.to_values(message)
    large = {place: value for place, value in enumerate(values) if type(value) is bytes and len(value) >= LARGE}
    if not large:
        return [_frame(values, 0)]
    sizes = {place: len(value) for place, value in large.items()}
    small = tuple(None if place in large else value for place, value in enumerate(values))
    return [_frame((small, sizes), sum(sizes.values())), *large.values()]


def read(stream: BinaryIO) -> Message | Control | None:
    """The next message or control tuple; None at the end of the stream. Waits for it.

    Raises:
        ValueError: A message of another version.
    """
    found = _next_frame(stream)
    if found is None:
        return None
    is_control, body, tail = found
    if is_control:
        return Control(_loads(body))
    if not tail:
        return message_of(body)
    small, sizes = _loads(body)
    values = list(small)
    for place, count in sizes.items():
        values[place] = stream.read(count)
        if len(values[place]) < count:
            return None
    return tdg_core_messages.from_values(tuple(values))


def read_raw(stream: BinaryIO) -> bytes | Control | None:
    """As `read`, but a message stays the bytes that `message_of` reads elsewhere, and must have no tail.

    For the host, whose thread must not hold the interpreter's lock for long.
    """
    found = _next_frame(stream)
    if found is None:
        return None
    is_control, body, _ = found
    return Control(_loads(body)) if is_control else body


def _next_frame(stream: BinaryIO) -> tuple[bool, bytes, int] | None:
    """Whether it is a control tuple, its body, and the bytes of its tail; None at the end of the stream."""
    start = stream.read(_START.size)
    if len(start) < _START.size:
        return None
    is_control, size, tail = _START.unpack(start)
    body = stream.read(size)
    return None if len(body) < size else (is_control, body, tail)


def message_of(body: bytes) -> Message:
    """What `read_raw` gave, as a message.

    Raises:
        ValueError: It is of another version.
    """
    return tdg_core_messages.from_values(_loads(body))


def _loads(body: bytes) -> Any:
    return marshal.loads(body)  # noqa: S302  the sender has proved to know the secret


def _frame(head: tuple[Any, ...], tail: int) -> bytes:
    try:
        body = marshal.dumps(head, _MARSHAL)
    except ValueError:  # named tuples, and other kinds of what it knows
        body = marshal.dumps(plain(head), _MARSHAL)
    return _START.pack(False, len(body), tail) + body


def plain(value: Any) -> Any:
    """The value with every tuple, list, mapping and number as its plain kind.

    Raises:
        ValueError: It holds something that may not cross the bridge.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if isinstance(value, tuple):
        return tuple([plain(item) for item in value])
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (str, int, float)):
        return next(base(value) for base in (str, int, float) if isinstance(value, base))
    raise ValueError(f"{kind.__name__} is no plain value and may not cross the bridge.")


def prove_as_engine(connection: socket.socket, secret: bytes) -> None:
    """The engine's part of a new connection: both ends show that they know the secret, and neither says it.

    Raises:
        WireError: The other end does not.
        OSError: It is gone.
    """
    mine = os.urandom(_NONCE)
    connection.sendall(mine)
    theirs, proof = _exactly(connection, _NONCE), _exactly(connection, _PROOF)
    if not hmac.compare_digest(proof, _proof(secret, b"host", mine, theirs)):
        raise WireError("Somebody who does not know the secret tried to reach the engine.")
    connection.sendall(_proof(secret, b"engine", mine, theirs))


def prove_as_host(connection: socket.socket, secret: bytes) -> None:
    """The host's part of a new connection; as `prove_as_engine`."""
    theirs, mine = _exactly(connection, _NONCE), os.urandom(_NONCE)
    connection.sendall(mine + _proof(secret, b"host", theirs, mine))
    if not hmac.compare_digest(_exactly(connection, _PROOF), _proof(secret, b"engine", theirs, mine)):
        raise WireError("What answers in the engine's place is not the engine.")


def _proof(secret: bytes, who: bytes, engines: bytes, hosts: bytes) -> bytes:
    return hmac.digest(secret, who + engines + hosts, "sha256")


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise WireError("The other end hung up before it said who it is.")
        parts += part
    return bytes(parts)
