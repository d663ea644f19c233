"""What crosses the bridge: frozen dataclasses of plain values, told apart by their `kind`.

Thread: any.

A request goes from the main thread to the engine, an event comes back. A message holds only None, bool, int, float,
str, bytes and lists, tuples and dicts of them, so that the engine may live in a process of its own. Code asks for
`message.kind`, never for the class: two copies of a component have two copies of the classes.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

#: Raised by one whenever a message changes its meaning; both ends of a bridge must agree on it.
SCHEMA = 1


@dataclass(frozen=True)
class Message:
    """Base of all messages."""

    kind: ClassVar[str] = ""


M = TypeVar("M", bound=Message)

_KINDS: dict[str, type[Message]] = {}
_FIELDS: dict[type[Message], tuple[str, ...]] = {}


def register(cls: type[M]) -> type[M]:
    """Class decorator: lets `from_plain` find the class by its `kind`.

    Raises:
        ValueError: The kind is empty or taken.
    """
    if not cls.kind or cls.kind in _KINDS:
        raise ValueError(f"Message kind {cls.kind!r} of {cls.__name__} is empty or taken; choose another one.")
    _KINDS[cls.kind] = cls
    return cls


def to_plain(message: Message) -> dict[str, Any]:
    """The message as a dict with its `kind`, for SQLite; versions that know other fields can read it."""
    return {"kind": message.kind} | {name: getattr(message, name) for name in _names(type(message))}


def from_plain(plain: dict[str, Any]) -> Message:
    """The reverse of `to_plain`. Fields that this version does not know are dropped, so a newer sender is understood.

    Raises:
        ValueError: The kind is unknown or a field without default is missing.
    """
    cls = _class_of(plain.get("kind", ""))
    known = set(_names(cls))
    try:
        return cls(**{name: value for name, value in plain.items() if name in known})
    except TypeError:
        absent = ", ".join(sorted(known - plain.keys()))
        raise ValueError(f"Message {cls.kind!r} lacks a field (absent: {absent}): other version.") from None


def to_values(message: Message) -> tuple[Any, ...]:
    """The message as its `kind` and the values of its fields, in order: cheap to read, for ends of the same version."""
    return (message.kind, *[getattr(message, name) for name in _names(type(message))])


def from_values(values: tuple[Any, ...]) -> Message:
    """The reverse of `to_values`.

    Raises:
        ValueError: The sender was of another version.
    """
    cls = _class_of(values[0])
    try:
        return cls(*values[1:])
    except TypeError:
        raise ValueError(f"Message {cls.kind!r} has other fields here: other version.") from None


def _class_of(kind: str) -> type[Message]:
    cls = _KINDS.get(kind)
    if cls is None:
        raise ValueError(f"Unknown message kind {kind!r}: the other end is of another version.")
    return cls


def _names(cls: type[Message]) -> tuple[str, ...]:
    """The names of a class's fields."""
    names = _FIELDS.get(cls)
    if names is None:
        names = _FIELDS[cls] = tuple(f.name for f in fields(cls))
    return names


# Requests -------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class Configure(Message):
    """New settings; sent at start and whenever a parameter changes."""

    kind: ClassVar[str] = "configure"
    settings: dict[str, Any]


@register
@dataclass(frozen=True)
class Connect(Message):
    """Reach the server and prove it by a round trip; answered by `Connected` or `ConnectFailed`."""

    kind: ClassVar[str] = "connect"
    #: Which attempt this is; answers to older attempts are dropped.
    attempt: int


@register
@dataclass(frozen=True)
class Disconnect(Message):
    """Close everything that talks to the server; what waits goes on waiting."""

    kind: ClassVar[str] = "disconnect"


@register
@dataclass(frozen=True)
class Forget(Message):
    """Drop what is queued and remembered (the user's Reset)."""

    kind: ClassVar[str] = "forget"


@register
@dataclass(frozen=True)
class Accepted(Message):
    """A request that the user was promised; answered by `Stored` once the engine's store holds it.

    It may come twice (after a restart): a store remembers the last entry it took from each journal. Entry 0 is in no
    journal and always new.
    """

    kind: ClassVar[str] = "accepted"
    journal: str
    entry: int
    message: dict[str, Any]


# Events ---------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class PackagesReady(Message):
    """Google's packages can be imported: the attempt may go on."""

    kind: ClassVar[str] = "packages_ready"
    attempt: int


@register
@dataclass(frozen=True)
class Connected(Message):
    """The server has answered."""

    kind: ClassVar[str] = "connected"
    attempt: int
    project_id: str
    #: The bucket or database that answered.
    target: str


@register
@dataclass(frozen=True)
class ConnectFailed(Message):
    """The attempt ended without an answer; `code` as in `tdg_core_errors`."""

    kind: ClassVar[str] = "connect_failed"
    attempt: int
    code: str
    message: str


@register
@dataclass(frozen=True)
class Trouble(Message):
    """While connected, the server could not be reached any more."""

    kind: ClassVar[str] = "trouble"
    attempt: int
    code: str
    message: str


@register
@dataclass(frozen=True)
class Logged(Message):
    """A line for the log; `level` DEBUG, INFO, WARNING or ERROR."""

    kind: ClassVar[str] = "logged"
    level: str
    message: str


@register
@dataclass(frozen=True)
class Noticed(Message):
    """What the user should know although the engine goes on (a damaged file was moved aside): for log and status."""

    kind: ClassVar[str] = "noticed"
    message: str


@register
@dataclass(frozen=True)
class Stored(Message):
    """The engine's own store holds these journal entries: the journal may forget them."""

    kind: ClassVar[str] = "stored"
    entries: tuple[int, ...]


@register
@dataclass(frozen=True)
class EngineEnded(Message):
    """The engine is gone without being asked to; `message` says why."""

    kind: ClassVar[str] = "engine_ended"
    message: str


@register
@dataclass(frozen=True)
class EngineUnavailable(Message):
    """The engine cannot live where it was to; `message` says why. It has taken nothing."""

    kind: ClassVar[str] = "engine_unavailable"
    message: str
