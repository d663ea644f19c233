"""What the server says on a Listen stream, and what to listen to, as plain values.

Thread: any.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tdg_core_firestore_codec
import tdg_core_firestore_filters

#: TargetChange.TargetChangeType of google.firestore.v1.
NO_CHANGE, ADDED, REMOVED, CURRENT, RESET = range(5)


class TargetChange(NamedTuple):
    """Something about targets as such. No targets means all of them.

    `read_time` (nanoseconds since 1970, 0 for none) without targets says: everything told so far is one consistent
    state. `code` and `message` are the cause of a REMOVED.
    """

    kind: int
    targets: tuple[int, ...] = ()
    token: bytes = b""
    read_time: int = 0
    code: str = ""
    message: str = ""


class DocumentChange(NamedTuple):
    """A document is in some targets and no longer in others.

    `version` is its update time in nanoseconds since 1970; `payload` is None where the filters keep it out.
    """

    doc_id: str
    version: int
    payload: str | None
    targets: tuple[int, ...] = ()
    removed_from: tuple[int, ...] = ()


class DocumentGone(NamedTuple):
    """A document was deleted or is no longer in these targets."""

    doc_id: str
    removed_from: tuple[int, ...]


class Size(NamedTuple):
    """How many documents a target has on the server (ExistenceFilter)."""

    target: int
    size: int


Event = TargetChange | DocumentChange | DocumentGone | Size


def document_change(
    document: Any,
    root: str,
    filters: tdg_core_firestore_filters.Filters,
    targets: tuple[int, ...] = (),
    removed_from: tuple[int, ...] = (),
) -> DocumentChange:
    """A protobuf Document as an event; what the filters keep out is not even decoded.

    Args:
        document: A `Document` message.
        root: `projects/<project>/databases/<database>/documents/`.
        filters: Which documents and fields are let in.
        targets: Target ids it belongs to.
        removed_from: Target ids it belongs to no longer.
    """
    doc_id = document.name.rpartition("/")[2]
    payload = payload_text(document.fields, root, filters) if filters.admits(doc_id) else None
    return DocumentChange(doc_id, nanos_of(document.update_time), payload, targets, removed_from)


def payload_text(fields: Mapping[str, Any], root: str, filters: tdg_core_firestore_filters.Filters) -> str:
    """The fields that are let in, as payload text."""
    shown = filters.shown(fields) if filters.fields else fields
    return tdg_core_firestore_codec.text_of(tdg_core_firestore_codec.plain_fields(shown, root))


def nanos_of(timestamp: Any) -> int:
    """A protobuf Timestamp in nanoseconds since 1970."""
    return int(timestamp.seconds) * 1_000_000_000 + int(timestamp.nanos)
