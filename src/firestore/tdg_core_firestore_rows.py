"""What the local tables show of a collection: the server's documents with what is not confirmed yet laid over them.

Thread: any.

A document without local changes is known to its table alone. One with queued writes, or with text typed by hand that
is not sent yet, is kept here with the server's version underneath, so that a refusal can restore it. Versions are
update times; they are compared as times.
"""

import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tdg_core_firestore_codec as codec
import tdg_core_firestore_codec_time
import tdg_core_firestore_estimate
import tdg_core_firestore_writes as writes

#: Deletions of ours that are remembered, so that an older snapshot does not bring the document back.
_REMEMBERED_DELETIONS = 10_000
#: With more own writes to one document than about this, its row is not worked out anew for every answer, so that an
#: answer never costs a frame; the row is exact again when fewer are left.
_MOST_REPLAYED = 50


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


@dataclass(slots=True)
class Pending:
    """A queued write."""

    queue_id: str
    op_type: str
    payload: str
    #: When it was queued; estimates server timestamps.
    queued_at: str
    #: By a former run of the component: it is older than all of this run, however late it is told.
    former: bool = False
    _data: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:
        """The payload, taken out of its text once."""
        if self._data is None:
            self._data = codec.payload_of(self.payload)
        return self._data


class _Payload:
    """A document's fields and their text, each made of the other when it is asked for."""

    __slots__ = ("_fields", "_text")

    def __init__(self, text: str | None = None, fields: dict[str, Any] | None = None) -> None:
        self._text = text
        self._fields = fields

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = codec.text_of(self._fields or {})
        return self._text

    @property
    def fields(self) -> dict[str, Any]:
        if self._fields is None:
            self._fields = codec.payload_of(self._text or "{}")
        return self._fields


@dataclass(slots=True)
class _Local:
    """A document with local changes."""

    #: What the server has told last, and its version.
    base: _Payload | None
    version: str
    #: The payload after all own writes.
    top: _Payload | None
    #: Own writes that the server has carried out and not told of yet, with the version that they made.
    settled: list[tuple[Pending, str]] = field(default_factory=list)
    #: Own writes that are queued.
    pending: list[Pending] = field(default_factory=list)
    #: Version of the settled writes that were worked into the base; empty when there are none.
    folded: str = ""
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
        known = shown.version if local is None else local.folded or local.version
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
        local.base = None if payload is None else _Payload(payload)
        local.version = version if payload is not None else ""
        local.folded = ""
        while local.settled and not _older(version, local.settled[0][1]):
            del local.settled[0]
        self._replay(local)
        return _show(local)

    def write(self, doc_id: str, shown: Shown, pending: Pending) -> Shown:
        """A write was queued, or is found queued by a former run."""
        local = self._track(doc_id, shown)
        younger = 0
        if pending.former:
            younger = sum(1 for _ in itertools.takewhile(lambda one: not one.former, reversed(local.pending)))
        if younger:
            local.pending.insert(len(local.pending) - younger, pending)
            self._replay(local)
        else:
            local.pending.append(pending)
            local.top = self._after(local.top, pending)
        self._deleted.pop(doc_id, None)
        return _show(local)

    def confirm(self, doc_id: str, shown: Shown, queue_id: str, version: str) -> Shown:
        """The server has carried out that write and all of ours before it, and gave the document that version.

        Until the server tells the document itself, our own idea of it stays.
        """
        local = self._local.get(doc_id)
        place = _place(local, queue_id)
        if local is None or place is None:
            return shown
        confirmed = local.pending[: place + 1]
        del local.pending[: place + 1]
        if local.version and not _older(local.version, version):
            self._replay(local)  # it was told already
        else:
            local.settled.extend((pending, version) for pending in confirmed)
            if len(local.settled) > _MOST_REPLAYED:
                self._fold(local)
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
            base = None if shown.payload is None else _Payload(shown.payload)
            local = self._local[doc_id] = _Local(base, shown.version, base)
        return local

    def _settled(self, doc_id: str, local: _Local) -> Shown:
        if not local.pending and local.edit is None:
            del self._local[doc_id]
            if local.top is None and local.settled:
                self._remember_deletion(doc_id, local.settled[-1][1])
        return _show(local)

    def _replay(self, local: _Local) -> None:
        """Works the row out anew, from the last write on that does not ask what was there."""
        own = [pending for pending, _ in local.settled]
        own += local.pending
        if len(own) > 2 * _MOST_REPLAYED:
            return
        first = 0
        for number in range(len(own) - 1, 0, -1):
            if own[number].op_type in {writes.SET, writes.DELETE}:
                first = number
                break
        payload = local.base
        for pending in own[first:]:
            payload = self._after(payload, pending)
        local.top = payload

    def _fold(self, local: _Local) -> None:
        """The server does not tell: our own idea of the older half of what it has carried out is taken for it."""
        half = len(local.settled) // 2
        for pending, version in local.settled[:half]:
            local.folded = version
            local.base = self._after(local.base, pending)
        del local.settled[:half]

    def _after(self, base: _Payload | None, pending: Pending) -> _Payload | None:
        """The payload after that write."""
        if pending.op_type == writes.DELETE:
            return None
        simple = self.visible is None and not tdg_core_firestore_estimate.has_transforms(pending.payload)
        if pending.op_type == writes.SET and simple:
            return _Payload(pending.payload)
        former = None if base is None else base.fields
        fields = tdg_core_firestore_estimate.applied(pending.op_type, former, pending.data, pending.queued_at)
        if fields is None:
            return None
        return _Payload(fields=fields if self.visible is None else self.visible(fields))

    def _remember_deletion(self, doc_id: str, version: str) -> None:
        self._deleted[doc_id] = version
        self._deleted.move_to_end(doc_id)
        if len(self._deleted) > _REMEMBERED_DELETIONS:
            self._deleted.popitem(last=False)


def _show(local: _Local) -> Shown:
    version = local.settled[-1][1] if local.settled else local.folded or local.version
    if local.edit is not None:
        return Shown(local.edit, version, dirty=True)
    if local.top is None:
        return Shown(None, "", dirty=bool(local.pending))
    return Shown(local.top.text, version, dirty=bool(local.pending))


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
