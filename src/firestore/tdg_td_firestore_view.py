"""One thing that is watched, with its table and what is not confirmed of it.

Thread: main only.
"""

import itertools
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_filters
import tdg_core_firestore_rows
import tdg_core_firestore_watch_spec
import tdg_core_firestore_writes
import tdg_td_firestore_table

Shown = tdg_core_firestore_rows.Shown
codec = tdg_core_firestore_codec
writes = tdg_core_firestore_writes

#: Seconds after the last edit of a payload before it is sent.
DEBOUNCE_S = 0.5

#: Seconds between two looks at a whole table, where TouchDesigner does not tell what has changed in it.
SURVEY_S = 0.5

#: Documents written to a table in one go; the budget is looked at between two goes.
SLICE = 32


#: More rows than any table has.
_NONE = 1 << 60


class Change(NamedTuple):
    """A row that has changed by something else than an own write; `payload` is None for one that is gone."""

    collection: str
    doc_id: str
    change_type: str
    payload: str | None


class EditedWrite(NamedTuple):
    """The write that an edit by hand asks for."""

    doc_id: str
    op_type: str
    data: dict[str, Any]


class View:
    """A watched collection, query or document.

    Args:
        name: What it is watched as: a collection's path, a query's name, a document's path.
        spec: What it shows.
        dat: Its table.
        watcher: The DAT Execute that tells of edits.
        filters: Which documents and fields it shows.
        fields: Names of the fields with a column of their own.
        due: When the edit of a document is to be sent (monotonic seconds), by view name and document id; of all views.
    """

    def __init__(
        self,
        name: str,
        spec: tdg_core_firestore_watch_spec.Spec,
        dat: Any,
        watcher: Any,
        filters: tdg_core_firestore_filters.Filters,
        fields: tuple[str, ...],
        due: dict[tuple[str, str], float],
    ) -> None:
        self.name = name
        self.spec = spec
        self.dat = dat
        self.watcher = watcher
        #: What callbacks name it: the collection, or the query's name.
        self.label = spec.collection if spec.whole or spec.doc_id else name
        self.table = tdg_td_firestore_table.CollectionTable(dat, fields)
        self.table.reset()
        self.documents = tdg_core_firestore_rows.Documents(partial=not (spec.whole or spec.doc_id))
        #: Changes of the server that the table does not show yet: payload and version by document id.
        self.inbox: dict[str, tuple[str | None, str]] = {}
        #: What is told to it carries this number; what does not was meant for a former listener of its name.
        self.listen_number = 0
        self._due = due
        #: A field filter was in force: a row may lack fields, so an edit is never sent as a whole document.
        self._patches = False
        #: Rows that may have been edited; None when nobody told which.
        self._touched: set[int] | None = set()
        self._told_rows = 1
        #: The first of the rows that are new since the watcher told last: it may not call them changed.
        self._appended = _NONE
        self._surveyed_at = 0.0
        self.filters = filters
        self.set_filters(filters)

    def set_filters(self, filters: tdg_core_firestore_filters.Filters) -> None:
        """Other filters are in force for what comes from now on."""
        self.filters = filters
        self._patches = self._patches or filters.hides_fields
        self.documents.visible = filters.shown if filters.hides_fields else None

    def set_fields(self, fields: tuple[str, ...]) -> None:
        """Other fields have columns of their own."""
        former = self.table
        if former.fields != fields:
            self.table = tdg_td_firestore_table.CollectionTable(self.dat, fields)
            self.table.reset()
            self.table.take_over(former)

    def adopt(self, former: "View") -> None:
        """Goes on where another view of the same thing was, whose table is lost."""
        self.documents, self.inbox = former.documents, former.inbox
        self.listen_number, self._patches = former.listen_number, former._patches
        self.table.take_over(former.table)

    def refill(self) -> None:
        """Shows everything again after the table was emptied on purpose (a save)."""
        self.table.restore()

    # From the server -------------------------------------------------------------------------------------------------

    def receive(self, changes: Iterable[tuple[str, str | None, str]]) -> None:
        """Takes changes (document id, payload or None, version); the newest per document counts."""
        for doc_id, payload, version in changes:
            self.inbox[doc_id] = (payload, version)

    def apply(self, now_text: str) -> list[Change]:
        """Writes a slice of what was received into the table; returns what has changed by it."""
        items = list(itertools.islice(self.inbox.items(), SLICE))
        for doc_id, _ in items:
            del self.inbox[doc_id]
        table, documents = self.table, self.documents
        self._take_typed(doc_id for doc_id, _ in items if doc_id in table)
        changes = []
        shown: dict[str, Shown] = {}
        for doc_id, (payload, version) in items:
            before = table.shown(doc_id)
            after = documents.remote(doc_id, before, payload, version)
            if after == before:
                continue
            shown[doc_id] = after
            if after.payload != before.payload:
                kind = "removed" if after.payload is None else "added" if before.payload is None else "modified"
                changes.append(Change(self.label, doc_id, kind, after.payload))
        if shown:
            table.show(shown, now_text)
        return changes

    # Own writes ------------------------------------------------------------------------------------------------------

    def concerns(self, doc_id: str) -> bool:
        """Whether an own write to that document shows here: it passes the filters, or its row is here already."""
        if self.spec.doc_id:
            return doc_id == self.spec.doc_id
        if self.spec.whole:
            return self.filters.admits(doc_id)
        return doc_id in self.table

    def write(self, doc_id: str, pending: tdg_core_firestore_rows.Pending) -> None:
        """Shows an own write that was queued just now."""
        if self.concerns(doc_id):
            before = self._shown(doc_id)
            self._show(doc_id, before, self.documents.write(doc_id, before, pending))

    def confirm(self, doc_id: str, queue_id: str, version: str, now_text: str) -> None:
        """The server has carried out an own write."""
        before = self._shown(doc_id)
        self._show(doc_id, before, self.documents.confirm(doc_id, before, queue_id, version), now_text)

    def drop(self, doc_id: str, queue_id: str) -> None:
        """An own write will never reach the server: the row shows the server's version again."""
        before = self._shown(doc_id)
        self._show(doc_id, before, self.documents.drop(doc_id, before, queue_id))

    def forget_writes(self) -> None:
        """No own write is queued any more."""
        self._take_typed(self.documents.pending_ids())
        self.table.show(self.documents.forget_writes(), None)

    def _shown(self, doc_id: str) -> Shown:
        """What the table shows of a document, with what was typed and not told yet."""
        self._take_typed([doc_id])
        return self.table.shown(doc_id)

    def _show(self, doc_id: str, before: Shown, shown: Shown, now_text: str | None = None) -> None:
        if shown != before:
            self.table.show({doc_id: shown}, now_text)

    # Edits by hand ---------------------------------------------------------------------------------------------------

    def touch(self, rows: list[int] | None) -> None:
        """The watcher tells that these rows have other contents, or who knows which. Looked at with `take_edits`.

        Rows that the table did not have when the watcher told last need not be among them.
        """
        number = self.dat.numRows
        if rows is None or self._touched is None:
            self._touched = None
        else:
            self._touched.update(rows)
            self._appended = min(self._appended, self._told_rows)
        self._told_rows = number

    def take_edits(self) -> bool:
        """Looks for edits where the watcher told of some; False when it is too early for a look at the whole table."""
        now = time.monotonic()
        if self._touched is None:
            if now < self._surveyed_at + SURVEY_S:
                return False
            self._surveyed_at = now
        rows, self._touched = self._touched, set()
        appended, self._appended = self._appended, _NONE
        self._take(self.table.inspect(rows, appended))
        return True

    def take_all_edits(self) -> None:
        """Looks for edits everywhere, told of or not."""
        self._touched = set()
        self._take(self.table.inspect(None))

    def _take(self, edits: tdg_td_firestore_table.Edits) -> None:
        for doc_id, text in (edits.typed | edits.added).items():
            self._type(doc_id, text)
        for doc_id in edits.deleted:
            self._undo(doc_id)

    def _take_typed(self, doc_ids: Iterable[str]) -> None:
        """Before rows are written: takes what was typed into them and not told yet."""
        for doc_id in doc_ids:
            row = self.table.shadow.get(doc_id)
            if row is None:
                continue
            text = self.table.text(doc_id)
            if text is None:  # moved or cut by hand
                self.take_all_edits()
                return
            if text != row[1]:
                self._type(doc_id, text)

    def _type(self, doc_id: str, text: str) -> None:
        before = self.table.shown(doc_id)
        self._show(doc_id, before, self.documents.edit(doc_id, before, text))
        if self.documents.unsent(doc_id) is None:
            self._due.pop((self.name, doc_id), None)
        else:
            self._due[self.name, doc_id] = time.monotonic() + DEBOUNCE_S

    def _undo(self, doc_id: str) -> None:
        """A row deleted by hand comes back as the server has it; one that was never sent stays away."""
        self._due.pop((self.name, doc_id), None)
        before = self.table.shown(doc_id)
        self._show(doc_id, before, self.documents.undo_edit(doc_id, before))

    def edited_write(self, doc_id: str) -> EditedWrite | None:
        """The write that the text typed into a row asks for; None when it asks for none.

        Raises:
            CloudError: `invalid`: the text is no JSON object. It stays where it is.
        """
        self._take_typed([doc_id])
        unsent = self.documents.unsent(doc_id)
        if unsent is None:
            return None
        text, before = unsent
        if not text.strip() and before is None:
            return None  # a row added by hand whose payload is still to be typed
        payload = codec.payload_of(text)
        if not self._patches:
            return EditedWrite(doc_id, writes.SET, payload)
        if before is None:
            return EditedWrite(doc_id, writes.SET_MERGE, payload)
        changed, removed = tdg_core_firestore_filters.patch_of(codec.payload_of(before), payload)
        patch = {_quoted(name): value for name, value in changed.items()}
        patch |= {_quoted(name): {codec.TYPE: codec.DELETE_FIELD} for name in removed}
        return EditedWrite(doc_id, writes.UPDATE, patch) if patch else EditedWrite(doc_id, "", {})

    def sent(self, doc_id: str) -> None:
        """The edit is about to be queued as a write."""
        self._due.pop((self.name, doc_id), None)
        self.documents.sent(doc_id)

    def discard_edit(self, doc_id: str) -> None:
        """The edit changes nothing: the row is as the server has it."""
        self._due.pop((self.name, doc_id), None)
        before = self.table.shown(doc_id)
        self._show(doc_id, before, self.documents.undo_edit(doc_id, before))


def _quoted(name: str) -> str:
    """A field's name as the key of an update."""
    return tdg_core_firestore_codec_path.render((name,))
