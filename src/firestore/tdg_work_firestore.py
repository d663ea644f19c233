"""The firestore engine: writing, listening, discovery and the cache behind the bridge.

Thread: worker only.
"""

import datetime
import queue
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_core_firestore_messages
import tdg_core_firestore_settings
import tdg_core_firestore_watch_spec
import tdg_core_messages
import tdg_work_engine
import tdg_work_firestore_cache
import tdg_work_firestore_queue
import tdg_work_firestore_store
import tdg_work_listen
import tdg_work_loop
import tdg_work_outbox

CloudError = tdg_core_errors.CloudError
FirestoreSettings = tdg_core_firestore_settings.FirestoreSettings
Change = tdg_core_firestore_inbound.Change
Spec = tdg_core_firestore_watch_spec.Spec
messages = tdg_core_firestore_messages

#: Seconds between two looks for new collections.
DISCOVERY_S = 30.0

#: Seconds after which the queue's file is tried again when it could not be written.
_SAVE_AGAIN_S = 5.0

#: Results, and rows of a former run, in one event to the main thread.
_CHUNK = 100
_ROWS = 25

#: Reads that may wait for a connection.
_MAX_FETCHES = 1000

#: The commit of one batch of writes, in a helper thread (contract A4: `_execute_write_queued`).
execute_write_queued = tdg_work_outbox.send


class FirestoreEngine(tdg_work_engine.Engine[FirestoreSettings]):
    """Everything behind the firestore component's bridge.

    Args:
        loop: The loop it lives on.
        settings: What it starts with.
        open_gateway: Connects; see `tdg_gateway_firestore.open_gateway`.
        store: Its file.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        settings: FirestoreSettings,
        open_gateway: Callable[[FirestoreSettings], Any],
        store: tdg_work_firestore_store.FirestoreStore,
    ) -> None:
        super().__init__(loop, settings, open_gateway)
        self._store = store
        self._news = loop.outbox.stream(messages.QueueNews, _CHUNK)
        self._news_number = 0
        self._begun = False
        self._save_planned = False
        self._durable = tdg_work_firestore_queue.DurableQueue(
            store, self._report, self._found, settings.session, now_text
        )
        self._begun = True
        self._sender = tdg_work_outbox.Sender(loop, self._durable, self._save, self.trouble)
        self._cache = tdg_work_firestore_cache.DocumentCache(loop, store, now_text)
        self._cache.filtered_by(settings.filters.fingerprint)
        self._listeners = tdg_work_listen.Listeners(loop, self.trouble, self._delivered)
        self._listeners.set_filters(settings.filters)
        #: Documents that are shown already, by the name they are watched under; and what waits until they all are.
        self._shown: dict[str, list[str]] = {}
        self._hydrating: dict[str, tdg_core_firestore_inbound.Watch | None] = {}
        self._specs: dict[str, Spec] = {}
        self._discovering = False
        self._discovery = 0
        self._fetches: list[str] = []
        self.handlers |= {
            "flush_queue": lambda _: self._sender.flush(),
            "still_queued": self._still_queued,
            "hydrate": self._hydrate,
            "watch": self._watch,
            "unwatch": self._unwatch,
            "discover": self._discover,
            "fetch": self._fetch,
            "cache_documents": self._cache_documents,
        }

    # Hooks -----------------------------------------------------------------------------------------------------------

    def on_settings(self, former: FirestoreSettings) -> None:
        if self.settings.filters != former.filters:
            self._cache.filtered_by(self.settings.filters.fingerprint)
            self._listeners.set_filters(self.settings.filters)

    def on_connected(self) -> None:
        self._sender.connected(self.gateway)
        place = (self.settings.emulator_host, self.gateway.project_id, self.gateway.target)
        if not self._cache.belongs_to(" ".join(place)):
            # The main thread watches everything anew when it has forgotten what it shows.
            for name in {*self._specs, *self._hydrating}:
                self._unwatch(tdg_core_firestore_inbound.Unwatch(name))
            self.loop.outbox.put(messages.OtherDatabase())
        self._listeners.resume(self.gateway)
        self._look_for_collections()
        waiting, self._fetches = self._fetches, []
        for path in waiting:
            self._read(path)

    def on_disconnected(self) -> None:
        self._sender.disconnected()
        self._listeners.pause()

    def on_accepted(self, entries: list[tdg_core_messages.Accepted]) -> None:
        self._durable.accept(entries)
        self._save()
        self._sender.pump()

    def on_forget(self) -> None:
        self._durable.forget()
        self._cache.forget()
        self._fetches.clear()
        self._store.clear()

    def on_close(self) -> None:
        for step in (self._cache.flush, self._save, self._store.close):
            _, error = tdg_work_loop.attempt(step)
            if error is not None:
                self.loop.tell(error)

    # The queue -------------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        """Brings the queue's file up to date; while that fails the journal keeps what was accepted."""
        acknowledged, error = tdg_work_loop.attempt(self._durable.save)
        if error is not None:
            self.loop.tell(error)
            if not self._save_planned:
                self._save_planned = True
                self.loop.call_later(_SAVE_AGAIN_S, self._save_again)
        elif acknowledged:
            self.loop.outbox.put(tdg_core_messages.Stored(tuple(acknowledged)))

    def _save_again(self) -> None:
        self._save_planned = False
        self._save()

    def _report(self, result: messages.Result) -> None:
        # Of failures only the newest counts, of ends every one.
        self._tell_queue(messages.RESULT, result, result.queue_id if result.outcome == messages.FAILED else None)

    def _found(self, what: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not self._begun:  # all of it before anything else, so that whoever sees `connected` sees the queue, too
            for first in range(0, len(rows), _ROWS):
                self.loop.outbox.put(messages.QueueNews([(what, row) for row in rows[first : first + _ROWS]]))
            return
        for row in rows:
            self._tell_queue(what, row)

    def _still_queued(self, request: messages.StillQueued) -> None:
        for write in request.writes:
            self._durable.tell_ended(*write)

    def _tell_queue(self, what: str, news: tuple[Any, ...], key: str | None = None) -> None:
        """One stream for all news of the queue: a row must not be told after its end."""
        self._news_number += 1
        self._news.add(self._news_number if key is None else key, (what, news))

    # Listening -------------------------------------------------------------------------------------------------------

    def _hydrate(self, request: messages.Hydrate) -> None:
        name, shown = request.name, self._shown.setdefault(request.name, [])
        self._hydrating[name] = None

        def give(changes: list[Change]) -> None:
            shown.extend(change.doc_id for change in changes)
            if name in self._hydrating:
                self.loop.outbox.put(tdg_core_firestore_inbound.DocumentsChanged(name, list(changes), request.number))

        def done() -> None:
            waiting = self._hydrating.pop(name, None)
            if waiting is not None:
                self._watch(waiting)

        self._cache.read(request.collection, request.doc_id, give, done)

    def _watch(self, request: tdg_core_firestore_inbound.Watch) -> None:
        if request.name in self._hydrating:
            self._hydrating[request.name] = request
            return
        spec = Spec.from_plain(request.spec)
        self._specs[request.name] = spec
        known = [*request.known, *self._shown.pop(request.name, [])]
        self._listeners.watch(request.name, spec, known, request.number)

    def _unwatch(self, request: tdg_core_firestore_inbound.Unwatch) -> None:
        self._hydrating.pop(request.name, None)
        self._shown.pop(request.name, None)
        self._specs.pop(request.name, None)
        self._listeners.unwatch(request.name)

    def _delivered(self, name: str, changes: list[Change]) -> None:
        """A snapshot: what is known of whole collections and of documents is cached, a query knows only a part."""
        spec = self._specs.get(name)
        if spec is not None and (spec.whole or spec.doc_id):
            self._cache.take(spec.collection, changes)

    def _cache_documents(self, request: messages.CacheDocuments) -> None:
        self._cache.put(request.rows)
        self._cache.flush()
        self.loop.outbox.put(messages.DocumentsCached(request.number))

    # Discovery -------------------------------------------------------------------------------------------------------

    def _discover(self, request: messages.Discover) -> None:
        self._discovering = request.on
        if request.on and self.settings.hydrate and not self._discovery:
            self._tell_collections(self._cache.collections(), cached=True)
        self._look_for_collections()

    def _look_for_collections(self) -> None:
        """Asks the server now, and again every half minute."""
        self._discovery += 1
        number = self._discovery
        if not self._discovering or self.gateway is None:
            return
        gateway = self.gateway

        def listed(found: list[str] | None, error: CloudError | None) -> None:
            if number != self._discovery:
                return
            self.loop.call_later(DISCOVERY_S, look_again)
            if found is not None:
                self._tell_collections(found, cached=False)
            elif error is not None and gateway is self.gateway:
                self.loop.tell(error)
                if error.code in tdg_core_errors.CONNECTION_CODES:
                    self.trouble(error)

        def look_again() -> None:
            if number == self._discovery:
                self._look_for_collections()

        self.loop.spawn("discover", discover_collections, gateway, then=listed)

    def _tell_collections(self, found: list[str], cached: bool) -> None:
        self.loop.outbox.put(messages.Discovered(found, cached), "discovered")

    # Reading one document --------------------------------------------------------------------------------------------

    def _fetch(self, request: messages.Fetch) -> None:
        if self.gateway is not None:
            self._read(request.path)
        elif len(self._fetches) < _MAX_FETCHES:
            self._fetches.append(request.path)
        else:
            text = f"Not connected, and {_MAX_FETCHES} reads wait already; {request.path} is not read."
            self.loop.outbox.put(messages.Fetched(request.path, None, "", text))

    def _read(self, path: str) -> None:
        def read(found: list[Any] | None, error: CloudError | None) -> None:
            document = found[0] if found else None
            payload, version = (None, "") if document is None else (document.payload, document.version)
            self.loop.outbox.put(messages.Fetched(path, payload, version, "" if error is None else error.message))

        self.loop.spawn("fetch", self.gateway.get_documents, [path], self.settings.filters, then=read)


def discover_collections(gateway: Any) -> list[str]:
    """The top-level collections, ours for bookkeeping left out. Helper thread."""
    return [path for path in gateway.list_collections() if path != tdg_work_outbox.LEDGER_COLLECTION]


def now_text() -> str:
    """The time in UTC, ISO 8601 with microseconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def serve(
    inbox: "queue.SimpleQueue[Any]",
    outbox: tdg_work_loop.Outbox,
    *,
    open_gateway: Callable[[FirestoreSettings], Any],
    settings: FirestoreSettings,
) -> None:
    """Runs an engine until None is found in the inbox.

    Raises:
        CloudError: Its file can neither be used nor replaced.
    """
    loop = tdg_work_loop.Loop(inbox, outbox)
    path = Path(settings.store_file) if settings.store_file else None
    store = tdg_work_firestore_store.FirestoreStore(path, loop.notice)
    engine = FirestoreEngine(loop, settings, open_gateway, store)
    loop.run(engine.handle, engine.close)
