"""What the local tables show of a collection: the server's documents with what is not confirmed yet laid over them.

Thread: any.

A document without local changes is known to its table alone. One with queued writes, or with text typed by hand that
is not sent yet, is kept here with the server's version underneath, so that a refusal can restore it. Versions are
update times; they are compared as times.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tdg_core_firestore_codec as codec
import tdg_core_firestore_codec_time
import tdg_core_firestore_estimate
import tdg_core_firestore_writes as writes

#: Deletions of ours that are remembered, so that an older snapshot does not bring the document back.
_REMEMBERED_DELETIONS = 10_000
#: With more queued writes to one document than this, its row is not worked out anew for every answer, so that an answer
#: never costs a frame; the row is exact again when fewer are left.
_MOST_REPLAYED = 200


class Shown(NamedTuple):
    """What a table shows of a document.

    Attributes:
        payload: JSON text, or None when there is no row.
        version: Update time of what the server has, or empty.
        dirty: Something of it is not confirmed by the server.
    """

    payload: str | None
    version: str = ""
    dirty: bool = False


ABSENT = Shown(None)


class Pending(NamedTuple):
    """A queued write."""

    queue_id: str
    op_type: str
    payload: str
    #: When it was queued; estimates server timestamps.
    queued_at: str


@dataclass(slots=True)
class _Local:
    """A document with local changes."""

    #: The server's payload as far as it is known, and its version.
    base: str | None
    version: str
    #: The payload after all queued writes.
    top: str | None
    #: The base is our own idea of a confirmed write's effect; several writes of one commit have the same version.
    estimated: bool = False
    pending: deque[Pending] = field(default_factory=deque)
    #: Text typed by hand that is not sent yet.
    edit: str | None = None
    #: The payload that was shown when the typing began; None when there was no such row.
    edited_from: str | None = None


class Documents:
    """The local side of one collection.

    Args:
        visible: Makes of a payload what the filters leave of it; None when nothing is hidden.
        partial: It shows a query: a document that is gone from it may still be there.
    """

    def __init__(
        self, visible: Callable[[dict[str, Any]], dict[str, Any]] | None = None, partial: bool = False
    ) -> None:
        self.visible = visible
        self._partial = partial
        self._local: dict[str, _Local] = {}
        self._deleted: OrderedDict[str, str] = OrderedDict()

    def remote(self, doc_id: str, shown: Shown, payload: str | None, version: str) -> Shown:
        """The server's document has changed; None for one that is gone. Returns what is to be shown now.

        What is older than what is known is ignored. The same version counts: our own estimate of a write has the
        version of the real thing.
        """
        local = self._local.get(doc_id)
        known = local.version if local is not None else shown.version
        if known and _older(version, known):
            return shown
        deleted = self._deleted.get(doc_id)
        if deleted is not None:
            if payload is not None and not _older(deleted, version):
                return shown
            del self._deleted[doc_id]
        if local is None:
            return Shown(payload, version if payload is not None else "")
        if payload is None and self._partial and local.edit is None:
            del self._local[doc_id]
            return ABSENT
        local.base = payload
        local.version = version if payload is not None else ""
        local.estimated = False
        self._replay(local)
        return _show(local)

    def write(self, doc_id: str, shown: Shown, pending: Pending) -> Shown:
        """A write was queued."""
        local = self._track(doc_id, shown)
        local.pending.append(pending)
        local.top = self._after(local.top, pending)
        self._deleted.pop(doc_id, None)
        return _show(local)

    def confirm(self, doc_id: str, shown: Shown, queue_id: str, version: str) -> Shown:
        """The server has carried out that write and all of ours before it, and gave the document that version."""
        local = self._local.get(doc_id)
        place = _place(local, queue_id)
        if local is None or place is None:
            return shown
        settled = [local.pending.popleft() for _ in range(place + 1)]
        if _older(version, local.version) or (version == local.version and not local.estimated):
            self._replay(local)  # a snapshot has brought the truth already
            return self._settled(doc_id, local)
        # Until a snapshot with this version brings the truth, our own estimate is taken for it: the row stays.
        base = local.base
        for pending in settled:
            base = self._after(base, pending)
        local.base = base
        local.version = version if base is not None else ""
        local.estimated = True
        if base is None and version:
            self._remember_deletion(doc_id, version)
        return self._settled(doc_id, local)

    def drop(self, doc_id: str, shown: Shown, queue_id: str) -> Shown:
        """That write will never reach the server: refused, discarded or superseded."""
        local = self._local.get(doc_id)
        place = _place(local, queue_id)
        if local is None or place is None:
            return shown
        del local.pending[place]
        self._replay(local)
        return self._settled(doc_id, local)

    def edit(self, doc_id: str, shown: Shown, text: str) -> Shown:
        """Somebody has typed that text into the payload cell."""
        local = self._track(doc_id, shown)
        if local.edit is None:
            local.edited_from = shown.payload
        local.edit = text
        if text == local.edited_from:  # typed back
            local.edit = local.edited_from = None
            return self._settled(doc_id, local)
        return _show(local)

    def unsent(self, doc_id: str) -> tuple[str, str | None] | None:
        """The text typed by hand and the payload that was shown before; None when nothing is unsent."""
        local = self._local.get(doc_id)
        if local is None or local.edit is None:
            return None
        return local.edit, local.edited_from

    def sent(self, doc_id: str) -> None:
        """The typed text is about to be queued as a write: it is no edit any more."""
        local = self._local.get(doc_id)
        if local is not None:
            local.edit = local.edited_from = None

    def undo_edit(self, doc_id: str, shown: Shown) -> Shown:
        """The typed text is given up."""
        local = self._local.get(doc_id)
        if local is None:
            return shown
        local.edit = local.edited_from = None
        return self._settled(doc_id, local)

    def unsent_ids(self) -> list[str]:
        """Documents with typed text that is not sent."""
        return [doc_id for doc_id, local in self._local.items() if local.edit is not None]

    def pending_ids(self) -> list[str]:
        """Documents with queued writes."""
        return [doc_id for doc_id, local in self._local.items() if local.pending]

    def forget_writes(self) -> dict[str, Shown]:
        """No write is queued any more; returns what is to be shown of the documents that had some."""
        changed = {}
        for doc_id in self.pending_ids():
            local = self._local[doc_id]
            local.pending.clear()
            self._replay(local)
            changed[doc_id] = self._settled(doc_id, local)
        return changed

    def shown(self, doc_id: str) -> Shown | None:
        """What is to be shown of a document with local changes; None for one without."""
        local = self._local.get(doc_id)
        return None if local is None else _show(local)

    def __bool__(self) -> bool:
        return bool(self._local)

    # -------------------------------------------------------------------------------------------------------------

    def _track(self, doc_id: str, shown: Shown) -> _Local:
        local = self._local.get(doc_id)
        if local is None:
            local = self._local[doc_id] = _Local(shown.payload, shown.version, shown.payload)
        return local

    def _settled(self, doc_id: str, local: _Local) -> Shown:
        if not local.pending and local.edit is None:
            del self._local[doc_id]
        return _show(local)

    def _replay(self, local: _Local) -> None:
        """Works the row out anew, from the last write on that does not ask what was there."""
        if len(local.pending) > _MOST_REPLAYED:
            return
        payload, rest = local.base, list(local.pending)
        for number in range(len(rest) - 1, 0, -1):
            if rest[number].op_type in {writes.SET, writes.DELETE}:
                rest = rest[number:]
                break
        for pending in rest:
            payload = self._after(payload, pending)
        local.top = payload

    def _after(self, base: str | None, pending: Pending) -> str | None:
        """The payload text after that write."""
        if pending.op_type == writes.DELETE:
            return None
        simple = self.visible is None and not tdg_core_firestore_estimate.has_transforms(pending.payload)
        if pending.op_type == writes.SET and simple:
            return pending.payload
        former = None if base is None else codec.payload_of(base)
        data = codec.payload_of(pending.payload)
        payload = tdg_core_firestore_estimate.applied(pending.op_type, former, data, pending.queued_at)
        if payload is None:
            return None
        return codec.text_of(payload if self.visible is None else self.visible(payload))

    def _remember_deletion(self, doc_id: str, version: str) -> None:
        self._deleted[doc_id] = version
        self._deleted.move_to_end(doc_id)
        if len(self._deleted) > _REMEMBERED_DELETIONS:
            self._deleted.popitem(last=False)


def _show(local: _Local) -> Shown:
    if local.edit is not None:
        return Shown(local.edit, local.version, dirty=True)
    return Shown(local.top, local.version, dirty=bool(local.pending))


def _place(local: _Local | None, queue_id: str) -> int | None:
    if local is None:
        return None
    return next((place for place, pending in enumerate(local.pending) if pending.queue_id == queue_id), None)


def _older(version: str, other: str) -> bool:
    """Whether that version is older; an empty one is older than any."""
    if version == other:
        return False
    if len(version) == len(other) and version[-1:] == other[-1:] == "Z":
        return version < other
    nanos = tdg_core_firestore_codec_time.nanos_of
    return nanos(version) < nanos(other)
