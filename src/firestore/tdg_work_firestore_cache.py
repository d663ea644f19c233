"""The cached documents: written behind, in batches; read when a table is to be filled without the server.

Thread: worker only.
"""

from collections.abc import Callable, Iterable

import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_work_firestore_store
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Change = tdg_core_firestore_inbound.Change
Document = tdg_work_firestore_store.Document

#: Seconds that changes are gathered before they are written in one transaction.
_GATHER_S = 0.25
#: So many are written at once.
_BATCH = 1000
#: Seconds after which a failed transaction is tried again.
_AGAIN_S = 5.0

#: Documents in one event when a table is filled.
_CHUNK = 100


class DocumentCache:
    """The table `documents` of the engine's file.

    Args:
        loop: The engine's loop.
        store: The file.
        now_text: The time as ISO 8601 text.
    """

    def __init__(
        self, loop: tdg_work_loop.Loop, store: tdg_work_firestore_store.FirestoreStore, now_text: Callable[[], str]
    ) -> None:
        self._loop = loop
        self._store = store
        self._now_text = now_text
        #: The fields of a `Document` to be written (bare, as in `tdg_core_firestore_watch`); None for one that is gone.
        self._waiting: dict[tuple[str, str], tuple[str, ...] | None] = {}
        self._planned = False
        self._filters, self._database = store.load_cached_with()

    def filtered_by(self, fingerprint: str) -> None:
        """Other filters make other payloads: what was cached with others is forgotten."""
        if self._filters != fingerprint:
            self._filters = fingerprint
            self._cached_with(forget=True)

    def belongs_to(self, database: str) -> bool:
        """Documents come from that database from now on; False when they came from another one and are forgotten."""
        if self._database == database:
            return True
        unknown, self._database = not self._database, database
        self._cached_with(forget=not unknown)
        return unknown

    def _cached_with(self, forget: bool) -> None:
        if forget:
            self._waiting.clear()
        _, error = tdg_work_loop.attempt(
            lambda: self._store.put_cached_with(self._filters, self._database, forget=forget)
        )
        if error is not None:
            self._loop.tell(error)

    def collections(self) -> list[str]:
        """The collections of which documents are cached."""
        return self._store.collections()

    def take(self, collection: str, changes: Iterable[Change]) -> None:
        """The server has told these changes."""
        now = self._now_text()
        for change in changes:
            document = None
            if change.payload is not None:
                document = (collection, change.doc_id, change.payload, change.version, now)
            self._waiting[collection, change.doc_id] = document
        self._plan(_GATHER_S)

    def put(self, rows: Iterable[tuple[str, str, str | None, str, str]]) -> None:
        """Caches rows of collection, doc_id, payload (None removes), version, synced_at."""
        for collection, doc_id, payload, version, synced_at in rows:
            document = None if payload is None else (collection, doc_id, payload, version, synced_at)
            self._waiting[collection, doc_id] = document

    def flush(self) -> None:
        """Writes everything that waits.

        Raises:
            CloudError: `disk`; it goes on waiting.
        """
        while self._waiting:
            keys = [key for key, _ in zip(self._waiting, range(_BATCH), strict=False)]
            documents = [document for key in keys if (document := self._waiting[key]) is not None]
            gone = [key for key in keys if self._waiting[key] is None]
            with self._store.transaction() as sql:
                self._store.put_documents(sql, documents, gone)
            for key in keys:
                del self._waiting[key]

    def forget(self) -> None:
        """Nothing waits to be written."""
        self._waiting.clear()

    def read(
        self, collection: str, doc_id: str, give: Callable[[list[Change]], None], done: Callable[[], None]
    ) -> None:
        """Gives the cached documents chunk by chunk, as changes, letting others have a turn in between."""
        self._quietly_flush()
        if doc_id:
            document = self._store.document(collection, doc_id)
            if document is not None:
                give([_added(document)])
            done()
            return

        def next_chunk(after: str) -> None:
            documents = self._store.documents(collection, after, _CHUNK)
            if documents:
                give([_added(document) for document in documents])
                self._loop.call(next_chunk, documents[-1].doc_id)
            else:
                done()

        next_chunk("")

    def _plan(self, delay_s: float) -> None:
        if not self._planned and self._waiting:
            self._planned = True
            self._loop.call_later(delay_s, self._due)

    def _due(self) -> None:
        self._planned = False
        self._quietly_flush()

    def _quietly_flush(self) -> None:
        _, error = tdg_work_loop.attempt(self.flush)
        if error is not None:
            self._loop.tell(error)
            self._plan(_AGAIN_S)


def _added(document: Document) -> Change:
    return Change(document.doc_id, tdg_core_firestore_inbound.ADDED, document.payload, document.version)
