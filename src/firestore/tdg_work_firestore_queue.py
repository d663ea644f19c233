"""The queue of writes with its dead letters, in memory and on disk.

Thread: worker only.

Memory leads and the file follows: what a request or an answer changed is written in one transaction at the end of the
step. While the file cannot be written (disk full, locked) the changes pile up here and writing goes on; only then is
an accepted request acknowledged to its journal, so that nothing is lost either way.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tdg_core_errors
import tdg_core_firestore_messages
import tdg_core_firestore_writes
import tdg_core_messages
import tdg_work_firestore_store

CloudError = tdg_core_errors.CloudError
Entry = tdg_core_firestore_writes.Entry
QueueRow = tdg_core_firestore_messages.QueueRow
Result = tdg_core_firestore_messages.Result
Commit = tdg_core_firestore_writes.Commit

#: Failures after which it is certain that the server has done nothing.
_NOT_CARRIED_OUT = frozenset({"aborted", "exhausted"})

_CLEARED = "discarded: the write queue was cleared before the server had confirmed it"


class DurableQueue:
    """All writes that the server has not confirmed, and those it has refused for good.

    Args:
        store: Where they are kept.
        report: Told what became of each write.
        found: Told of rows that this run of the component did not queue itself, and what they are (`ROW`, `DEAD_ROW`,
            `DEAD_GONE`).
        session: Names this run.
        now_text: The time as ISO 8601 text.
    """

    def __init__(
        self,
        store: tdg_work_firestore_store.FirestoreStore,
        report: Callable[[Result], None],
        found: Callable[[str, Sequence[tuple[Any, ...]]], None],
        session: str,
        now_text: Callable[[], str],
    ) -> None:
        self.queue = tdg_core_firestore_writes.Queue(lambda: str(uuid.uuid4()))
        self.dead = {letter.row.queue_id: letter for letter in store.load_dead()}
        self.ledger_id, self.ledger_version = store.load_ledger()
        self._store = store
        self._report = report
        self._found = found
        self._session = session
        self._now_text = now_text
        self._marks = store.load_marks()
        self._seq = 0
        # What the file does not know yet.
        self._changed: dict[str, None] = {}
        self._changed_dead: dict[str, None] = {}
        self._changed_marks: set[str] = set()
        self._changed_ledger = False
        self._unacknowledged: list[int] = []
        self._load()
        found(tdg_core_firestore_messages.ROW, _rows(self.queue.entries()))
        found(tdg_core_firestore_messages.DEAD_ROW, [letter.row for letter in self.dead.values()])
        self._handlers: dict[str, Callable[[Any], None]] = {
            "writes": self._add,
            "clear_queue": lambda _: self._discard(self.queue.entries(), _CLEARED),
            "remove_queued": self._remove,
            "record_retry": self._record_retry,
            "retry_dead": self._retry_dead,
            "clear_dead": self._clear_dead,
        }

    def _load(self) -> None:
        unknown: dict[str, list[Entry]] = {}
        for entry in self._store.load_queue():
            self._seq = max(self._seq, entry.seq)
            # Nothing is superseded here: what was in flight may have arrived, and the file must not keep what is gone.
            self.queue.add(entry, supersedes=False)
            if entry.commit_id:
                unknown.setdefault(entry.commit_id, []).append(entry)
        for commit_id, entries in unknown.items():
            self.queue.resume(commit_id, entries)
        if not self.ledger_id:
            self.ledger_id = str(uuid.uuid4())
            self._changed_ledger = True

    def accept(self, requests: list[tdg_core_messages.Accepted]) -> None:
        """Takes accepted requests, each exactly once. `save` makes it last."""
        for request in requests:
            if request.entry:
                self._unacknowledged.append(request.entry)
                if request.entry <= self._marks.get(request.journal, 0):
                    continue
                self._marks[request.journal] = request.entry
                self._changed_marks.add(request.journal)
            message = tdg_core_messages.from_plain(request.message)
            handler = self._handlers.get(message.kind)
            if handler is not None:
                handler(message)

    def save(self) -> list[int]:
        """Writes what has changed; returns the journal entries that may be forgotten now.

        Raises:
            CloudError: `disk`; nothing is lost, the next call tries again.
        """
        entries = [entry for queue_id in self._changed if (entry := self.queue.get(queue_id)) is not None]
        gone = [queue_id for queue_id in self._changed if self.queue.get(queue_id) is None]
        letters = [self.dead[queue_id] for queue_id in self._changed_dead if queue_id in self.dead]
        revived = [queue_id for queue_id in self._changed_dead if queue_id not in self.dead]
        store = self._store
        if self._changed or self._changed_dead or self._changed_marks or self._changed_ledger:
            with store.transaction() as sql:
                store.mark(sql, {journal: self._marks[journal] for journal in self._changed_marks})
                store.put_queue(sql, entries, gone)
                store.put_dead(sql, letters, revived)
                if self._changed_ledger:
                    store.put_ledger(sql, self.ledger_id, self.ledger_version)
        self._changed.clear()
        self._changed_dead.clear()
        self._changed_marks.clear()
        self._changed_ledger = False
        acknowledged, self._unacknowledged = self._unacknowledged, []
        return acknowledged

    def tell_ended(self, queue_id: str, collection: str, doc_id: str) -> None:
        """Somebody takes this write for queued: if it has ended, tells so again."""
        if self.queue.get(queue_id) is not None:
            return
        letter = self.dead.get(queue_id)
        if letter is None:
            self._report(Result(queue_id, collection, doc_id, tdg_core_firestore_messages.CONFIRMED))
            return
        row = letter.row
        self._report(
            Result(
                queue_id, collection, doc_id, tdg_core_firestore_messages.DEAD,
                error=row.last_error, retry_count=row.retry_count, failed_at=row.failed_at,
            )
        )  # fmt: skip

    # Answers of the server -------------------------------------------------------------------------------------------

    def freeze(self, commit: Commit) -> None:
        """A guarded commit is about to be sent: its writes stay together until its outcome is known."""
        self._mark_commit(commit, commit.id)

    def confirmed(self, commit: Commit, version: Callable[[Entry], str], ledger_version: str) -> None:
        """The server has carried it out.

        Args:
            commit: What was sent.
            version: Gives the update time of an entry's document.
            ledger_version: Update time of the ledger document; empty when the commit was not guarded.
        """
        self.queue.done(commit)
        if ledger_version:
            self.ledger_version = ledger_version
            self._changed_ledger = True
        for entry in commit.entries:
            self._changed[entry.queue_id] = None
            self._tell(entry, tdg_core_firestore_messages.CONFIRMED, version=version(entry))

    def failed(self, commit: Commit, error: CloudError, not_before: float) -> None:
        """It could not be carried out now, or nobody knows whether it was."""
        commit.uncertain = commit.uncertain or error.code not in _NOT_CARRIED_OUT
        if not commit.uncertain:
            self._mark_commit(commit, "")
        self._gone(self.queue.again(commit, not_before), error)
        for entry in commit.entries:
            if self.queue.get(entry.queue_id) is entry:
                self._count_failure(entry, error.message)
                self._tell(entry, tdg_core_firestore_messages.FAILED, error=error.message)

    def interrupted(self, commit: Commit) -> None:
        """The connection was given up before an answer came; nothing is counted."""
        commit.uncertain = True
        self._gone(self.queue.again(commit, 0.0), None)

    def refused(self, commit: Commit, error: CloudError, whole: bool) -> None:
        """The server will not carry it out; dead letters are made of what cannot be split any further."""
        self._mark_commit(commit, "")
        self._gone(self.queue.refused(commit, whole), error)

    def _gone(self, entries: list[Entry], error: CloudError | None) -> None:
        for entry in entries:
            self._changed[entry.queue_id] = None
            if entry.discarded or error is None:
                self._tell(entry, tdg_core_firestore_messages.DISCARDED, error=_CLEARED)
                continue
            self._count_failure(entry, error.message)
            failed_at = self._now_text()
            row = QueueRow(
                entry.queue_id, entry.collection, entry.doc_id, entry.op_type, entry.payload, entry.queued_at,
                entry.retry_count, entry.last_error, failed_at,
            )  # fmt: skip
            self.dead[entry.queue_id] = tdg_work_firestore_store.DeadLetter(row, entry.batch)
            self._changed_dead[entry.queue_id] = None
            self._tell(entry, tdg_core_firestore_messages.DEAD, error=error.message, failed_at=failed_at)

    def _mark_commit(self, commit: Commit, commit_id: str) -> None:
        for entry in commit.entries:
            if entry.commit_id != commit_id:
                entry.commit_id = commit_id
                self._changed[entry.queue_id] = None

    def _count_failure(self, entry: Entry, error: str) -> None:
        entry.retry_count += 1
        entry.last_error = error
        self._changed[entry.queue_id] = None

    def _tell(self, entry: Entry, outcome: str, version: str = "", error: str = "", failed_at: str = "") -> None:
        self._report(
            Result(
                entry.queue_id, entry.collection, entry.doc_id, outcome, version, error, entry.retry_count,
                entry.covers, failed_at,
            )
        )  # fmt: skip

    # Accepted requests -----------------------------------------------------------------------------------------------

    def _add(self, request: tdg_core_firestore_messages.Writes) -> None:
        self._enqueue([tdg_core_firestore_messages.Write(*item) for item in request.items], request.session)

    def _enqueue(self, items: list[tdg_core_firestore_messages.Write], session: str) -> None:
        entries = [self._queued(item) for item in items]
        if session != self._session:
            rows = _rows(entry for entry in entries if self.queue.get(entry.queue_id) is entry)
            self._found(tdg_core_firestore_messages.ROW, rows)

    def _queued(self, write: tdg_core_firestore_messages.Write) -> Entry:
        queued = self.queue.get(write.queue_id)
        if queued is not None:
            return queued
        self._seq += 1
        entry = Entry(self._seq, *write)
        replaced = self.queue.add(entry)
        self._changed[entry.queue_id] = None
        if replaced is not None:
            self._changed[replaced.queue_id] = None
            self._tell(replaced, tdg_core_firestore_messages.SUPERSEDED)
        return entry

    def _remove(self, request: tdg_core_firestore_messages.RemoveQueued) -> None:
        found = [entry for queue_id in request.queue_ids if (entry := self.queue.get(queue_id)) is not None]
        self._discard(found, _CLEARED)

    def _discard(self, entries: list[Entry], reason: str) -> None:
        for entry in self.queue.discard(entries):
            self._changed[entry.queue_id] = None
            self._tell(entry, tdg_core_firestore_messages.DISCARDED, error=reason)

    def _record_retry(self, request: tdg_core_firestore_messages.RecordRetry) -> None:
        entry = self.queue.get(request.queue_id)
        if entry is not None:
            self._count_failure(entry, request.error)

    def _retry_dead(self, request: tdg_core_firestore_messages.RetryDead) -> None:
        letters = self._take_dead(request.queue_ids)
        items = [tdg_core_firestore_messages.Write(*letter.row[:6], batch=letter.batch) for letter in letters]
        self._enqueue(items, request.session)

    def _clear_dead(self, request: tdg_core_firestore_messages.ClearDead) -> None:
        self._take_dead(request.queue_ids)

    def _take_dead(self, queue_ids: list[str]) -> list[tdg_work_firestore_store.DeadLetter]:
        taken = [self.dead.pop(queue_id) for queue_id in queue_ids if queue_id in self.dead]
        gone = [letter.row.queue_id for letter in taken]
        self._changed_dead |= dict.fromkeys(gone)
        # The main thread may have heard of them from the file before this request came out of the journal.
        self._found(tdg_core_firestore_messages.DEAD_GONE, [(queue_id,) for queue_id in gone])
        return taken

    def forget(self) -> None:
        """The user's Reset: nothing is queued or dead any more, and nobody is told."""
        self.queue.discard(self.queue.entries())
        self.dead.clear()
        self._store.clear()


def _rows(entries: Iterable[Entry]) -> list[QueueRow]:
    """Queued writes as their documented columns."""
    return [
        QueueRow(e.queue_id, e.collection, e.doc_id, e.op_type, e.payload, e.queued_at, e.retry_count, e.last_error)
        for e in entries
    ]
