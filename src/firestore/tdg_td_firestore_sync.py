"""The tables and the server brought together: what comes in, what was written here, what was typed.

Thread: main only.
"""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_core_firestore_messages
import tdg_core_firestore_names
import tdg_core_firestore_rows
import tdg_core_firestore_settings
import tdg_core_firestore_watch_spec
import tdg_core_firestore_writes
import tdg_td_firestore_queue
import tdg_td_firestore_view
import tdg_td_firestore_views
import tdg_td_log
import tdg_td_stamp

Change = tdg_td_firestore_view.Change
EditedWrite = tdg_td_firestore_view.EditedWrite
QueueRow = tdg_core_firestore_messages.QueueRow
Settings = tdg_core_firestore_settings.FirestoreSettings
Spec = tdg_core_firestore_watch_spec.Spec
View = tdg_td_firestore_view.View
inbound = tdg_core_firestore_inbound
messages = tdg_core_firestore_messages

#: Sends a request to the engine.
Submit = Callable[[Any], None]


class Sync:
    """What is watched, with everything that changes it.

    Args:
        comp: The component.
        submit: Sends a request to the engine.
        queue: The queued writes; they lie over what the server has.
        settings: What the component is set to.
        log: Told of edits that cannot be sent.
    """

    def __init__(
        self,
        comp: Any,
        submit: Submit,
        queue: tdg_td_firestore_queue.QueueTables,
        settings: Settings,
        log: tdg_td_log.Log,
    ) -> None:
        self._submit = submit
        self._queue = queue
        self._settings = settings
        self._log = log
        self.views = tdg_td_firestore_views.Views(comp)
        self.views.empty()
        #: Collections that the parameter or discovery wants watched and that wait for their operators.
        self._to_open: dict[str, Spec] = {}
        #: What a script asked for, and what it does not want: reconciling leaves both alone.
        self._asked: set[str] = set()
        self._unwanted: set[str] = set()
        #: Views with something to write into their tables.
        self._busy: dict[str, View] = {}
        #: Changes whose callback is still to be called.
        self.changes: deque[Change] = deque()
        self._edited: dict[str, View] = {}
        #: How often something was asked to be told; no number is given twice.
        self._listens = 0

    # What is watched -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A fresh engine knows nothing: tells it what is watched, and what the parameter asks for."""
        for view in self.views:
            self._listen(view, hydrate=False)
        self.reconcile()

    def reconcile(self) -> None:
        """Watches what *Collections* names; without names the engine is asked what there is."""
        self._submit(messages.Discover(on=self._settings.discovers))
        if self._settings.discovers:
            return
        wanted = {}
        for path in self._settings.collections:
            spec = self._collection(path)
            if spec is not None:
                wanted[spec.collection] = spec
        self._want(wanted)
        for view in self.views:
            if view.name not in wanted and view.name not in self._asked:
                self.close(view.name)
        if not self._to_open:
            self.views.drop_former()

    def discovered(self, event: messages.Discovered) -> None:
        """There are these collections; those that are gone keep their tables, which the server empties."""
        if not self._settings.discovers:
            return
        self._want({path: Spec(path) for path in event.collections})
        if not event.cached and not self._to_open:
            self.views.drop_former()

    def _want(self, wanted: dict[str, Spec]) -> None:
        self._to_open = {
            path: spec for path, spec in wanted.items() if self.views.get(path) is None and path not in self._unwanted
        }

    def open_next(self) -> bool:
        """Makes the operators of one collection that waits for them; False when none does."""
        if not self._to_open:
            return False
        path = next(iter(self._to_open))
        self.open(path, self._to_open.pop(path))
        if not self._to_open:
            self.views.drop_former()
        return True

    def open(self, name: str, spec: Spec, asked: bool = False) -> None:
        """Watches something under a name; the same again changes nothing, another spec replaces the former."""
        if asked:
            self._asked.add(name)
            self._unwanted.discard(name)
        self._to_open.pop(name, None)
        view = self.views.get(name)
        if view is not None and view.spec == spec:
            return
        if view is not None:
            self.close(name)
        view = self.views.open(name, spec, self._settings.filters, self._settings.expand_fields)
        self._lay_over(view)
        self._listen(view, hydrate=self._settings.hydrate)

    def unwatch(self, name: str) -> bool:
        """A script wants this no longer watched; whether it was."""
        self._unwanted.add(name)
        return self.close(name)

    def close(self, name: str) -> bool:
        """Stops watching and takes the operators away; whether it was watched."""
        self._asked.discard(name)
        waiting = self._to_open.pop(name, None)
        view = self.views.get(name)
        if view is None:
            return waiting is not None
        self._busy.pop(name, None)
        self._edited.pop(name, None)
        self._submit(inbound.Unwatch(name))
        self.views.close(name)
        return True

    def _listen(self, view: View, hydrate: bool) -> None:
        self._listens += 1
        view.listen_number = self._listens
        if hydrate and (view.spec.whole or view.spec.doc_id):
            self._submit(messages.Hydrate(view.name, view.spec.collection, view.spec.doc_id, view.listen_number))
        if self._settings.listen:
            known = list(view.table.shadow)
            self._submit(inbound.Watch(view.name, view.spec.as_plain(), known, view.listen_number))

    def _collection(self, path: str) -> Spec | None:
        try:
            return tdg_core_firestore_watch_spec.collection(path)
        except tdg_core_errors.CloudError as error:
            self._log.error(f"Collections: {error.message}")
            return None

    def set_settings(self, settings: Settings) -> None:
        """Other settings are in force."""
        former, self._settings = self._settings, settings
        for view in self.views:
            view.set_filters(settings.filters)
            view.set_fields(settings.expand_fields)
        if former.listen and not settings.listen:
            for view in self.views:
                self._submit(inbound.Unwatch(view.name))
        elif settings.listen and not former.listen:
            for view in self.views:
                self._listen(view, hydrate=False)
        if settings.collections != former.collections:
            self._unwanted.clear()
            self.reconcile()

    def start_over(self) -> None:
        """Everything shown is forgotten but queued writes; what is watched stays watched."""
        self.changes.clear()
        self._busy.clear()
        self._edited.clear()
        for view in list(self.views):
            self._submit(inbound.Unwatch(view.name))
            renewed = self.views.renew(view)
            self._lay_over(renewed)
            self._listen(renewed, hydrate=False)

    def other_database(self, _event: Any) -> None:
        """What is shown is of a database that is not connected any more: all of it goes, but for own writes."""
        shown = [(view.name, view.label, doc_id) for view in self.views for doc_id in view.table.shadow]
        self.start_over()
        for name, label, doc_id in shown:
            view = self.views.get(name)
            if view is None or doc_id not in view.table:
                self.changes.append(Change(label, doc_id, "removed", None))

    def _lay_over(self, view: View) -> None:
        """Shows the queued writes in a view that is new."""
        for row in self._queue.of(view.spec.collection):
            view.write(row.doc_id, _pending(row))

    # From the engine -------------------------------------------------------------------------------------------------

    def received(self, event: inbound.DocumentsChanged) -> None:
        """The server, or the cache, has told documents; they are written within the next frames' budgets."""
        view = self.views.get(event.name)
        if view is not None and event.number == view.listen_number:
            view.receive((doc_id, payload, version) for doc_id, _, payload, version in event.changes)
            self._busy[view.name] = view

    def waiting(self) -> list[tuple[str, str]]:
        """View name and document id of what was received and is not written yet."""
        return [(view.name, doc_id) for view in self._busy.values() for doc_id in view.inbox]

    def apply_next(self) -> bool:
        """Writes a slice of what was received; False when there is nothing to write."""
        if not self._busy:
            return False
        name = next(iter(self._busy))
        view = self._mended(self._busy.pop(name))
        self.changes += view.apply(tdg_td_stamp.utc_text("milliseconds"))
        if view.inbox:
            self._busy[name] = view  # behind the others
        return True

    def queued(self, row: QueueRow, former: bool = False) -> None:
        """An own write was queued: it shows at once. One of a former run is older than those of this one."""
        if self._is_new(row):
            self.open(row.collection, Spec(row.collection))
            return
        for view in self.views.of(row.collection):
            self._mended(view).write(row.doc_id, _pending(row, former))

    def _is_new(self, row: QueueRow) -> bool:
        """Whether the write makes a collection that would be discovered as soon as the server has it."""
        path = row.collection
        if self.views.get(path) is not None or not self._settings.discovers:
            return False
        return "/" not in path and path not in self._unwanted and row.op_type != tdg_core_firestore_writes.DELETE

    def settled(self, result: messages.Result) -> None:
        """An own write has ended."""
        confirmed = result.outcome == messages.CONFIRMED
        for view in map(self._mended, self.views.of(result.collection)):
            if confirmed:
                view.confirm(result.doc_id, result.queue_id, result.version, tdg_td_stamp.utc_text("milliseconds"))
            elif result.outcome != messages.FAILED:
                view.drop(result.doc_id, result.queue_id)

    def dropped(self, row: QueueRow) -> None:
        """A queued write was taken back here."""
        for view in map(self._mended, self.views.of(row.collection)):
            view.drop(row.doc_id, row.queue_id)

    def forget_writes(self) -> None:
        """No own write is queued any more."""
        for view in map(self._mended, self.views):
            view.forget_writes()

    # Reading ---------------------------------------------------------------------------------------------------------

    def document(self, collection: str, doc_id: str) -> dict[str, Any] | None:
        """A document as its table shows it; the last valid payload while a row holds text that is none."""
        for view in map(self._mended, self.views.of(collection)):
            if doc_id in view.table:
                return _payload(view, doc_id)
        return None

    def collection(self, name: str) -> list[dict[str, Any]]:
        """All documents that a table shows, each with its `_doc_id`."""
        view = self.views.get(name)
        if view is None:
            return []
        view = self._mended(view)
        found = ((doc_id, _payload(view, doc_id)) for doc_id in view.table.shadow)
        return [{**payload, "_doc_id": doc_id} for doc_id, payload in found if payload is not None]

    # Edits by hand ---------------------------------------------------------------------------------------------------

    def edited(self, dat: Any, rows: list[int] | None) -> None:
        """A watcher tells that a table was edited; looked at in the next frame."""
        view = self.views.of_dat(dat)
        if view is not None:
            view.touch(rows)
            self._edited[view.name] = view

    def take_edits(self) -> None:
        """Looks at the tables that watchers have told of."""
        for view in map(self._mended, list(self._edited.values())):
            if view.take_edits():
                del self._edited[view.name]

    @property
    def has_edits(self) -> bool:
        """Whether a table is still to be looked at or an edit waits for the end of its debounce."""
        return bool(self._edited or self.views.due)

    def due_edits(self, now: float) -> list[tuple[View, str]]:
        """Edited documents whose debounce is over."""
        keys = [key for key, at in self.views.due.items() if at <= now]
        return [(view, doc_id) for name, doc_id in keys if (view := self.views.get(name)) is not None]

    def all_edits(self) -> list[tuple[View, str]]:
        """Every edited document that is not sent, told of or not."""
        views = list(map(self._mended, self.views))
        for view in views:
            view.take_all_edits()
        return [(view, doc_id) for view in views for doc_id in view.documents.unsent_ids()]

    def edited_write(self, view: View, doc_id: str) -> EditedWrite | None:
        """The write that an edit asks for; None, and a warning, if it cannot be sent. It stays dirty then."""
        self.views.due.pop((view.name, doc_id), None)
        problem = tdg_core_firestore_names.problem_of_id(doc_id)
        try:
            write = view.edited_write(doc_id)
        except tdg_core_errors.CloudError as error:
            problem, write = problem or error.message, None
        if problem:
            self._log.warning(f"{view.name}/{doc_id} was edited and is not sent: {problem}")
            return None
        if write is not None and not write.op_type:
            view.discard_edit(doc_id)
            return None
        return write

    # A save ----------------------------------------------------------------------------------------------------------

    def blank(self) -> None:
        """Empties the tables for a save; `refill` undoes it in the same frame."""
        for view in map(self._mended, self.views):
            view.take_all_edits()
            view.dat.clear()

    def refill(self) -> None:
        """Shows again what `blank` took away."""
        for view in self.views:
            view.refill()

    def _mended(self, view: View) -> View:
        """The view, its operators made anew if somebody has deleted them."""
        renewed = self.views.mend(view)
        if renewed is None:
            return view
        self._log.warning(f"The table of {view.name} was deleted by hand and is made again; use UnwatchCollection.")
        if view.name in self._busy:
            self._busy[view.name] = renewed
        return renewed


def _pending(row: QueueRow, former: bool = False) -> tdg_core_firestore_rows.Pending:
    return tdg_core_firestore_rows.Pending(row.queue_id, row.op_type, row.payload, row.queued_at, former)


def _payload(view: View, doc_id: str) -> dict[str, Any] | None:
    """What the cell says now; what was there before while it is no JSON object."""
    unsent = view.documents.unsent(doc_id)
    for text in (view.table.text(doc_id), view.table.shadow[doc_id][1], unsent[1] if unsent else None):
        try:
            payload = json.loads(text or "")
        except ValueError:
            continue
        if isinstance(payload, dict):
            return payload
    return None
