"""FirestoreExt: the firestore component as users' scripts know it.

Thread: main only. The functions named at module level belong to the engine and run in its threads.
"""

import functools
import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tdg_bridge_thread
import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_core_firestore_messages
import tdg_core_firestore_names
import tdg_core_firestore_settings
import tdg_core_firestore_watch_spec
import tdg_core_firestore_writes
import tdg_core_messages
import tdg_core_retry
import tdg_gateway_firestore
import tdg_td_component
import tdg_td_firestore_outbound
import tdg_td_firestore_queue
import tdg_td_firestore_sync
import tdg_td_firestore_view
import tdg_td_params
import tdg_work_firestore

messages = tdg_core_firestore_messages
nothing = tdg_td_component.nothing
public = tdg_td_component.public
writes = tdg_core_firestore_writes

# The architecture pages' names of what runs in the engine (contract A4).
_execute_write_queued = tdg_work_firestore.execute_write_queued
_discover_collections = tdg_work_firestore.discover_collections
_serialize_value = tdg_gateway_firestore.serialize_value
_deserialize_value = tdg_gateway_firestore.deserialize_value
_reconnect_sleep = tdg_core_retry.backoff_s


class FirestoreExt(tdg_td_component.ComponentExt):
    """Documents of Cloud Firestore as tables, both ways.

    Args:
        ownerComp: The component.
    """

    STATUS_COLUMNS = ("state", "circuit", "last_error", "queue_depth", "connected_at", "collections")
    PARAMETERS = tdg_core_firestore_settings.PARAMETERS
    STEM = "gcp"
    CALLBACKS_NAME = "callbacks"
    PACKAGES = tdg_gateway_firestore.PACKAGES

    settings: tdg_core_firestore_settings.FirestoreSettings
    queue: tdg_td_firestore_queue.QueueTables
    sync: tdg_td_firestore_sync.Sync
    outbound: tdg_td_firestore_outbound.Outbound

    def __init__(self, ownerComp: Any) -> None:
        super().__init__(ownerComp)
        self.settings = tdg_core_firestore_settings.FirestoreSettings()
        self._session = str(uuid.uuid4())
        #: The engine is new and has to be told what is watched.
        self._engine_fresh = False
        self._listener_states: dict[str, tuple[str, str]] = {}
        self._listener_notice = ""
        self._counts = (-1, -1)
        self._turn = 0

    # Writing ---------------------------------------------------------------------------------------------------------

    @public(str)
    def PushDoc(self, collection: str, doc_id: str, data: Mapping[str, Any]) -> str:
        """Replaces the whole document; the write's queue id, empty if it can never run."""
        return self.outbound.enqueue(collection, doc_id, writes.SET, data)

    @public(str)
    def MergeDoc(self, collection: str, doc_id: str, data: Mapping[str, Any]) -> str:
        """Merges fields into the document and creates it if it is missing; as `PushDoc`."""
        return self.outbound.enqueue(collection, doc_id, writes.SET_MERGE, data)

    @public(str)
    def UpdateDoc(self, collection: str, doc_id: str, data: Mapping[str, Any]) -> str:
        """Changes the named fields (or field paths) of a document that exists; as `PushDoc`."""
        return self.outbound.enqueue(collection, doc_id, writes.UPDATE, data)

    @public(str)
    def DeleteDoc(self, collection: str, doc_id: str) -> str:
        """Deletes the document; as `PushDoc`."""
        return self.outbound.enqueue(collection, doc_id, writes.DELETE, {})

    @public(list)
    def PushBatch(self, operations: Iterable[Mapping[str, Any]], atomic: bool = False) -> list[str]:
        """Queues several writes at once.

        Args:
            operations: Dicts with `collection`, `doc_id`, `op_type` and `payload`.
            atomic: All of them (at most 500) are carried out or none; one that can never run refuses all.

        Returns:
            A queue id per operation, in order, empty for one that can never run.
        """
        return self.outbound.batch(operations, atomic)

    @public(nothing)
    def FlushWriteQueue(self) -> None:
        """Tries all queued writes again now."""
        self._bridge.submit(messages.FlushQueue())

    @public(nothing)
    def ClearWriteQueue(self) -> None:
        """Discards all queued writes; the tables show the server's version again."""
        self.outbound.clear()

    @public(nothing)
    def FlushDirty(self) -> None:
        """Sends every row that was edited and is not sent yet, and tries all queued writes again."""
        for view, doc_id in self.sync.all_edits():
            self.outbound.send_edit(view, doc_id)
        self.FlushWriteQueue()

    @public(nothing)
    def RetryDeadLetters(self) -> None:
        """Puts the dead letters at the end of the queue again."""
        self.outbound.retry_dead()

    @public(nothing)
    def ClearDeadLetters(self) -> None:
        """Forgets the dead letters."""
        self.outbound.clear_dead()

    # Reading and watching --------------------------------------------------------------------------------------------

    @public(nothing)
    def GetDoc(self, collection: str, doc_id: str) -> dict[str, Any] | None:
        """A document as the local table shows it; None if it shows none. No network."""
        return self.sync.document(collection, doc_id)

    @public(list)
    def GetCollection(self, collection: str) -> list[dict[str, Any]]:
        """All documents that a local table shows, each with its `_doc_id`. No network.

        Args:
            collection: The path of a watched collection, or the name of a watched query.
        """
        return self.sync.collection(collection)

    @public(bool)
    def FetchDoc(self, path: str) -> bool:
        """Reads a document from the server, now or as soon as it is connected; the answer comes as `onDocFetched`.

        Returns:
            False if that is no path of a document.
        """
        path = tdg_core_firestore_names.normal_path(str(path))
        problem = tdg_core_firestore_names.problem_of_document(path)
        if problem:
            self.outbound.refuse(problem)
            return False
        self._bridge.submit(messages.Fetch(path))
        return True

    @public(bool)
    def WatchCollection(self, path: str) -> bool:
        """Mirrors a collection or subcollection (`users/u1/items`) into a table; False if that is no such path."""
        return self._watch(path, tdg_core_firestore_watch_spec.collection, path)

    @public(bool)
    def WatchDoc(self, path: str) -> bool:
        """Mirrors one document into a table of its own; False if that is no path of a document."""
        return self._watch(path, tdg_core_firestore_watch_spec.document, path)

    @public(bool)
    def WatchQuery(
        self, name: str, collection: str, where: Any = None, order_by: Any = None, limit: int | None = None
    ) -> bool:
        """Mirrors the result of a query into a table.

        Args:
            name: What to call it; callbacks name it as the collection.
            collection: Path of the collection.
            where: One condition or a list of them: (field, operator, value), as in `("score", ">", 10)`.
            order_by: A field or a list of them; `-field` or `(field, "desc")` turns the order round.
            limit: At most so many documents.

        Returns:
            False if it is no query that the server could run.
        """
        make = functools.partial(tdg_core_firestore_watch_spec.query, where=where, order_by=order_by, limit=limit)
        return self._watch(str(name).strip(), make, collection)

    @public(bool)
    def UnwatchCollection(self, path: str) -> bool:
        """Stops mirroring a collection, document or query and takes its table away; whether it was mirrored."""
        return self.sync.unwatch(tdg_core_firestore_names.normal_path(str(path)))

    @public(nothing)
    def RefreshCollections(self) -> None:
        """Looks for new collections now and watches them."""
        self.sync.reconcile()

    @public(dict)
    def GetStatus(self) -> dict[str, str]:
        """The status row: column name to text."""
        self._show_counts()
        return self.status.as_dict()

    @public(dict)
    def GetListeners(self) -> dict[str, dict[str, str]]:
        """How each listener is doing: `state` (loading, live, reconnecting, error) and `reason`, by name."""
        return {name: {"state": state, "reason": reason} for name, (state, reason) in self._listener_states.items()}

    # For WriteQueueExt -----------------------------------------------------------------------------------------------

    def cache_documents(self, request: messages.CacheDocuments) -> None:
        """Puts documents into the cache."""
        self._bridge.submit(request)

    def _submit_write_item(self, item: messages.Write) -> None:
        """Accepts one write and shows it (contract A4)."""
        self.outbound.submit([item])

    def _accept(self, request: tdg_core_messages.Message) -> None:
        problem = self._bridge.accept(request)
        if problem:
            line = self._faults.line(f"What was accepted is {problem}.", time.monotonic())
            if line is not None:
                self.log.error(line)

    # Inside: watching ------------------------------------------------------------------------------------------------

    def _watch(self, name: str, make: Callable[[str], tdg_core_firestore_watch_spec.Spec], path: str) -> bool:
        try:
            spec = make(str(path))
        except tdg_core_errors.CloudError as error:
            self.outbound.refuse(error.message)
            return False
        name = tdg_core_firestore_names.normal_path(str(name))
        if not name:
            self.outbound.refuse("a query needs a name that is not empty")
            return False
        self.sync.open(name, spec, asked=True)
        return True

    def onTableEdited(self, dat: Any, info: Any) -> None:
        """From a `_cellwatch` DAT: a collection's table was edited, perhaps by ourselves."""
        rows = info.get("rowsChanged") if isinstance(info, dict) else getattr(info, "rowsChanged", None)
        self.sync.edited(dat, [int(row) for row in rows] if isinstance(rows, (list, tuple)) else None)

    # Events ----------------------------------------------------------------------------------------------------------

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        self.sync = tdg_td_firestore_sync.Sync(self.ownerComp, self._bridge.submit, self.queue, self.settings, self.log)
        self.outbound = tdg_td_firestore_outbound.Outbound(
            self._accept, self._bridge.submit, self.queue, self.sync, self.callbacks, self.log, self._session
        )
        return {
            "queue_news": self.outbound.received,
            "documents_changed": self.sync.received,
            "listener_state": self._listener_state,
            "discovered": self.sync.discovered,
            "other_database": self.sync.other_database,
            "fetched": self._fetched,
            "documents_cached": self._documents_cached,
        }

    def _listener_state(self, event: tdg_core_firestore_inbound.ListenerState) -> None:
        former = self._listener_states.get(event.name)
        self._listener_states[event.name] = (event.state, event.reason)
        if former == (event.state, event.reason):
            return
        if event.state == tdg_core_firestore_inbound.ERROR:
            self.log.error(f"Listener {event.name}: {event.reason}")
        failing = [
            f"Listener {name}: {reason}"
            for name, (state, reason) in self._listener_states.items()
            if state == tdg_core_firestore_inbound.ERROR
        ]
        if failing:
            self.connection.notice = self._listener_notice = failing[0]
        elif self.connection.notice == self._listener_notice and self._road is not None:
            self.connection.notice = self._road.problem
        self.connection.show()

    def _fetched(self, event: messages.Fetched) -> None:
        collection, doc_id = tdg_core_firestore_names.split_document(event.path)
        payload = None if event.payload is None else json.loads(event.payload)
        self._fire_callback("onDocFetched", collection, doc_id, payload, not event.error, event.error)

    def _documents_cached(self, event: messages.DocumentsCached) -> None:
        self.ownerComp.ext.WriteQueueExt.documents_cached(event.number)

    def _fire_callback(self, name: str, *args: Any) -> None:
        self.callbacks.call(name, *args)

    # Every frame -----------------------------------------------------------------------------------------------------

    def on_frame(self, now: float, left_s: float) -> None:
        deadline = time.perf_counter() + left_s
        if self._engine_fresh:
            self._engine_fresh = False
            self.outbound.begin()
            self.sync.begin()
        self.sync.take_edits()
        for view, doc_id in self.sync.due_edits(now):
            self._edit_due(view, doc_id)
        self._work(deadline)
        self._show_counts()

    def _show_counts(self) -> None:
        counts = (len(self.queue), len(self.sync.views))
        if counts != self._counts:
            self._counts = counts
            self.status.set(queue_depth=counts[0], collections=counts[1])

    def _work(self, deadline: float) -> None:
        """Takes work of each kind in turn until there is none or the time is over; at least one piece."""
        kinds = (self._call_back, self.outbound.take_results, self._write_to_table, self._open_view, self._show_queue)
        idle = 0
        while idle < len(kinds):
            kind = kinds[self._turn % len(kinds)]
            self._turn += 1
            if not kind(deadline):
                idle += 1
                continue
            idle = 0
            if time.perf_counter() >= deadline:
                return

    def _call_back(self, deadline: float) -> bool:
        changes = self.sync.changes
        if not changes:
            return False
        function = self.callbacks.find("onFirestoreChange")
        if function is None:
            changes.clear()
        while changes and function is not None:
            change = changes.popleft()
            payload = {} if change.payload is None else json.loads(change.payload)
            function(change.collection, change.doc_id, change.change_type, payload)
            if time.perf_counter() >= deadline:
                break
        return True

    def _write_to_table(self, _deadline: float) -> bool:
        # What was written is told first: with slow callbacks the changes gather where the newest replaces the others.
        return not self.sync.changes and self.sync.apply_next()

    def _open_view(self, _deadline: float) -> bool:
        return self.sync.open_next()

    def _show_queue(self, _deadline: float) -> bool:
        return self.queue.flush()

    def _edit_due(self, view: tdg_td_firestore_view.View, doc_id: str) -> None:
        if self.settings.write_back:
            self.outbound.send_edit(view, doc_id)
        else:
            self.sync.views.due.pop((view.name, doc_id), None)

    def _drain_inbound(self, *_: Any) -> None:
        """The RefreshHook (contract A4)."""
        self._refresh()

    @property
    def _write_results(self) -> deque[messages.Result]:
        """What has become of writes and is not told yet (contract A4)."""
        return self.outbound.results

    @property
    def _inbound_queue(self) -> list[Any]:
        """What has come in and is not in the tables yet (contract A4)."""
        return self.sync.waiting()

    # Life ------------------------------------------------------------------------------------------------------------

    def pulses(self) -> dict[str, Callable[[], Any]]:
        return {**super().pulses(), "Flushdirty": self.FlushDirty, "Flushqueue": self.FlushWriteQueue}

    def make_settings(self, values: dict[str, Any]) -> tdg_core_firestore_settings.FirestoreSettings:
        key_file = tdg_td_params.absolute(str(values.get("Privatekey") or ""))
        store_file = "" if self._road is None else self._road.file(".db")
        return tdg_core_firestore_settings.make(self.ownerComp.name, values, key_file, store_file, self._session)

    def serve(self) -> tdg_bridge_thread.Serve:
        self._engine_fresh = True
        return functools.partial(
            tdg_work_firestore.serve,
            open_gateway=tdg_gateway_firestore.open_gateway,
            settings=self.settings,
        )

    def cache_folder(self, values: dict[str, Any]) -> str:
        if not values.get("Enablecache", True):
            return ""
        return tdg_td_params.absolute(str(values.get("Cachepath") or "cache"))

    def on_reset_tables(self) -> None:
        self._listener_states.clear()
        if self._running:
            self.outbound.results.clear()
            self.queue.clear()
            self.queue.clear_dead()
            self.sync.start_over()
        else:
            self.queue = tdg_td_firestore_queue.QueueTables(self.ownerComp)

    def on_settings(self, former: Any) -> None:  # noqa: ARG002
        self.sync.set_settings(self.settings)

    def _close(self) -> None:
        if self._running and self.ownerComp.valid and self.settings.write_back:
            for view, doc_id in self.sync.all_edits():  # what was typed a moment ago is not forgotten
                self.outbound.send_edit(view, doc_id)
        super()._close()

    def _before_save(self) -> None:
        super()._before_save()
        if self._running:
            self.sync.blank()
            self.queue.blank()

    def _after_save(self) -> None:
        if self._running:
            self.sync.refill()
            while self.queue.flush():
                pass
        super()._after_save()
