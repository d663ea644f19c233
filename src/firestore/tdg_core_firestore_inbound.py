"""What crosses the firestore component's bridge for listening.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import tdg_core_messages

Message = tdg_core_messages.Message
register = tdg_core_messages.register

#: Kinds of change, as `onFirestoreChange` gets them.
ADDED = "added"
MODIFIED = "modified"
REMOVED = "removed"

#: States of a listener: its first documents are on their way; it is up to date; the server is out of reach or asked for
#: again, what is shown may be old; the server refuses it, it is asked again now and then.
LOADING = "loading"
LIVE = "live"
RECONNECTING = "reconnecting"
ERROR = "error"


class Change(NamedTuple):
    """One document of a snapshot.

    Attributes:
        doc_id: Its id within the listener's collection.
        change_type: ADDED, MODIFIED or REMOVED.
        payload: JSON text; None on removal.
        version: Update time; on removal the time at which the document was known to be gone. ISO 8601, to be compared
            as times.
    """

    doc_id: str
    change_type: str
    payload: str | None
    version: str


def merged(former: tuple[Any, ...], newer: tuple[Any, ...]) -> tuple[Any, ...]:
    """One change for two in a row that nobody has seen yet: what it is for someone who saw neither.

    Takes and gives the fields of a `Change`.
    """
    seen, change = Change(*former), Change(*newer)
    if change.change_type == MODIFIED and seen.change_type == ADDED:
        return tuple(change._replace(change_type=ADDED))
    if change.change_type == ADDED and seen.change_type == REMOVED:
        return tuple(change._replace(change_type=MODIFIED))
    return newer


# Requests -------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class Watch(Message):
    """Listen; the same again changes nothing, another spec under a name replaces the former.

    Attributes:
        name: What changes and states are told under: the collection's path or the user's name of a query.
        spec: `tdg_core_firestore_watch_spec.Spec.as_plain()`.
        known: Ids of the documents that the table shows: those that do not exist any more are reported as removed.
        number: Comes back with every change, so that what was told to a former listener of the same name is not taken
            for news.
    """

    kind: ClassVar[str] = "watch"
    name: str
    spec: Mapping[str, Any]
    known: list[str]
    number: int = 0


@register
@dataclass(frozen=True)
class Unwatch(Message):
    """Stop listening."""

    kind: ClassVar[str] = "unwatch"
    name: str


# Events ---------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class DocumentsChanged(Message):
    """Changes of a listener, each the fields of a `Change`; of one document only the newest that waited.

    `number` is that of the `Watch` (or of what else asked for it).
    """

    kind: ClassVar[str] = "documents_changed"
    name: str
    changes: list[Any]
    number: int = 0


@register
@dataclass(frozen=True)
class ListenerState(Message):
    """How a listener is doing; `reason` is a sentence where it is not doing well."""

    kind: ClassVar[str] = "listener_state"
    name: str
    state: str
    reason: str
