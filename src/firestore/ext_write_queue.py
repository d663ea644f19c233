"""WriteQueueExt: the write queue and the document cache as users' scripts know them.

Thread: main only.
"""

import json
import threading
from pathlib import Path
from typing import Any

import tdg_core_firestore_messages
import tdg_disk_firestore_documents
import tdg_td_component

DocumentRow = tdg_disk_firestore_documents.DocumentRow
messages = tdg_core_firestore_messages
nothing = tdg_td_component.nothing
public = tdg_td_component.public


class WriteQueueExt:
    """The queue and the cache in SQLite. The engine owns the file; what is asked here counts at once.

    Args:
        ownerComp: The component.
    """

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp
        self.main_thread = threading.get_ident()
        self._main: Any = None
        #: What `SaveDocument` and `DeleteDocument` have asked for and the file does not hold yet.
        self._unsaved: dict[tuple[str, str], tuple[int, DocumentRow | None]] = {}
        self._number = 0

    @public(nothing)
    def Init(self, project_folder: str) -> None:
        """Opens the queue. It lies in *Cache Folder*, which is below the project's folder unless it is absolute."""
        del project_folder

    @public(str)
    def Enqueue(self, collection: str, doc_id: str, op_type: str, payload: Any) -> str:
        """Queues a write as `PushDoc` and the others do; its queue id, empty if it can never run."""
        return str(self._main.outbound.enqueue(collection, doc_id, op_type, payload))

    @public(list)
    def GetPending(self) -> list[dict[str, Any]]:
        """The queued writes, oldest first: dicts of the eight columns, `payload` as a dict."""
        return [row._asdict() | {"payload": json.loads(row.payload)} for row in self._main.queue.pending()]

    @public(nothing)
    def Remove(self, queue_id: str) -> None:
        """Takes a write out of the queue; one that is on its way may reach the server all the same."""
        self._main.outbound.remove(queue_id)

    @public(nothing)
    def RecordRetry(self, queue_id: str, error: str) -> None:
        """Counts a failure of a queued write."""
        self._main.outbound.record_retry(queue_id, str(error))

    @public(nothing)
    def Clear(self) -> None:
        """Discards all queued writes."""
        self._main.ClearWriteQueue()

    @public(int)
    def Count(self) -> int:
        """How many writes are queued."""
        return len(self._main.queue)

    @public(nothing)
    def SaveDocument(self, collection: str, doc_id: str, payload_text: str, version: str, synced_at: str) -> None:
        """Puts a document into the cache."""
        self._cache(collection, doc_id, (collection, doc_id, payload_text, version, synced_at))

    @public(nothing)
    def DeleteDocument(self, collection: str, doc_id: str) -> None:
        """Takes a document out of the cache."""
        self._cache(collection, doc_id, None)

    @public(list)
    def LoadDocuments(self) -> list[DocumentRow]:
        """The cached documents: rows of collection, doc_id, payload, version, synced_at."""
        path = self._main.settings.store_file
        found = tdg_disk_firestore_documents.read_documents(Path(path)) if path else []
        rows = {(row[0], row[1]): row for row in found}
        for key, (_, row) in self._unsaved.items():
            rows.pop(key, None)
            if row is not None:
                rows[key] = row
        return list(rows.values())

    def documents_cached(self, number: int) -> None:
        """The file holds everything that was asked for up to that number."""
        if self._main is not None and self._main.settings.store_file:
            self._unsaved = {key: entry for key, entry in self._unsaved.items() if entry[0] > number}

    def _cache(self, collection: str, doc_id: str, row: DocumentRow | None) -> None:
        self._number += 1
        self._unsaved[collection, doc_id] = (self._number, row)
        wanted = row or (collection, doc_id, None, "", "")
        self._main.cache_documents(messages.CacheDocuments(self._number, [wanted]))

    # What `public` needs ---------------------------------------------------------------------------------------------

    def _start(self) -> bool:
        self._main = self.ownerComp.ext.FirestoreExt
        return bool(self._main._start())

    def refuse(self, method: str) -> None:
        """Says that a method was called off the main thread. Any thread."""
        if self._main is not None:
            self._main.refuse(method)
