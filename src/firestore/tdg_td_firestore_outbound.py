"""Own writes on the main thread: checked, accepted, shown; later told how they ended.

Thread: main only.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_sdk
import tdg_core_firestore_messages
import tdg_core_firestore_names
import tdg_core_firestore_writes
import tdg_core_messages
import tdg_td_callbacks
import tdg_td_firestore_queue
import tdg_td_firestore_sync
import tdg_td_firestore_view
import tdg_td_log
import tdg_td_stamp

Write = tdg_core_firestore_messages.Write
messages = tdg_core_firestore_messages
writes = tdg_core_firestore_writes


class Outbound:
    """The way of a write from the call to the callback.

    Args:
        accept: Stores a request and hands it to the engine.
        submit: Hands one to the engine.
        queue: The queue as the main thread knows it.
        sync: The tables.
        callbacks, log: Where the user hears of it.
        session: Names this run of the component.
    """

    def __init__(
        self,
        accept: Callable[[tdg_core_messages.Message], None],
        submit: Callable[[tdg_core_messages.Message], None],
        queue: tdg_td_firestore_queue.QueueTables,
        sync: tdg_td_firestore_sync.Sync,
        callbacks: tdg_td_callbacks.Callbacks,
        log: tdg_td_log.Log,
        session: str,
    ) -> None:
        self._accept = accept
        self._submit = submit
        self._queue = queue
        self._sync = sync
        self._callbacks = callbacks
        self._log = log
        self._session = session
        #: What has become of writes and is not taken in yet.
        self.results: deque[messages.Result] = deque()

    # Asking ----------------------------------------------------------------------------------------------------------

    def enqueue(self, collection: Any, doc_id: Any, op_type: Any, data: Any) -> str:
        """Queues one write and shows it; its queue id, empty if it can never run."""
        item = self._item(collection, doc_id, op_type, data)
        if item is None:
            return ""
        self.submit([item])
        return item.queue_id

    def batch(self, operations: Any, atomic: bool) -> list[str]:
        """Queues several writes; see `FirestoreExt.PushBatch`."""
        if isinstance(operations, (str, Mapping)) or not isinstance(operations, Iterable):
            self.refuse(f"operations are a list of dicts, not {type(operations).__name__}")
            return []
        name = tdg_td_stamp.new_id() if atomic else ""
        items = [self._operation(one, name) for one in operations]
        if atomic:
            problem = writes.problem_of_batch([None if item is None else writes.Entry(0, *item) for item in items])
            if problem:
                self.refuse(problem)
                items = [None] * len(items)
        self.submit([item for item in items if item is not None])
        return ["" if item is None else item.queue_id for item in items]

    def submit(self, items: list[Write]) -> None:
        """Accepts writes: on disk first, then shown."""
        if not items:
            return
        self._accept(messages.Writes(items, self._session))
        for item in items:
            row = messages.QueueRow(*item[:6])
            self._queue.add(row)
            self._sync.queued(row)

    def send_edit(self, view: tdg_td_firestore_view.View, doc_id: str) -> None:
        """Sends what was typed into a row; what cannot be sent stays dirty."""
        edit = self._sync.edited_write(view, doc_id)
        if edit is None:
            return
        item = self._item(view.spec.collection, doc_id, edit.op_type, edit.data)
        if item is not None:
            view.sent(doc_id)
            self.submit([item])

    def refuse(self, problem: str) -> None:
        """Tells that something was asked that can never run."""
        self._log.error(f"Refused: {problem}")

    def _operation(self, one: Any, batch: str) -> Write | None:
        if not isinstance(one, Mapping):
            self.refuse(f"an operation is a dict, not {one!r}")
            return None
        return self._item(one.get("collection"), one.get("doc_id"), one.get("op_type"), one.get("payload"), batch)

    def _item(self, collection: Any, doc_id: Any, op_type: Any, data: Any, batch: str = "") -> Write | None:
        problem = (
            tdg_core_firestore_names.problem_of_collection(collection)
            or tdg_core_firestore_names.problem_of_id(doc_id)
            or writes.problem_of(collection, doc_id, op_type, data)
        )
        if problem:
            self.refuse(problem)
            return None
        try:
            payload = {} if op_type == writes.DELETE else tdg_core_firestore_codec_sdk.serialize_payload(data)
            text = tdg_core_firestore_codec.text_of(payload)
            text.encode()
        except tdg_core_errors.CloudError as error:
            self.refuse(f"{collection}/{doc_id}: {error.message}")
            return None
        except UnicodeEncodeError:
            self.refuse(f"{collection}/{doc_id}: a text holds half a character (a lone surrogate); remove it")
            return None
        queued_at = tdg_td_stamp.utc_text("microseconds")
        return Write(tdg_td_stamp.new_id(), collection, doc_id, op_type, text, queued_at, batch)

    # The queue -------------------------------------------------------------------------------------------------------

    def remove(self, queue_id: str) -> None:
        """Takes a write out of the queue; its row shows the server's version again."""
        row = self._queue.remove(queue_id)
        if row is not None:
            self._accept(messages.RemoveQueued([queue_id]))
            self._sync.dropped(row)

    def record_retry(self, queue_id: str, error: str) -> None:
        """Counts a failure of a queued write."""
        row = self._queue.get(queue_id)
        if row is not None:
            self._accept(messages.RecordRetry(queue_id, error))
            self._queue.add(row._replace(retry_count=row.retry_count + 1, last_error=error))

    def clear(self) -> None:
        """Discards all queued writes."""
        self._accept(messages.ClearQueue())
        self._queue.clear()
        self._sync.forget_writes()

    def retry_dead(self) -> None:
        """Puts the dead letters at the end of the queue again."""
        self._accept(messages.RetryDead(self._queue.dead_ids(), self._session))
        for row in self._queue.revive():
            self._sync.queued(row)

    def clear_dead(self) -> None:
        """Forgets the dead letters."""
        self._accept(messages.ClearDead(self._queue.dead_ids()))
        self._queue.clear_dead()

    def begin(self) -> None:
        """A new engine is in the place of one that ended, which may have taken news with it."""
        held = [row[:3] for row in self._queue.rows()]
        if held:
            self._submit(messages.StillQueued(held))

    # Hearing ---------------------------------------------------------------------------------------------------------

    def received(self, event: messages.QueueNews) -> None:
        """The engine has news of the queue: rows count at once, results are taken within the frames' budgets."""
        for what, news in event.items:
            if what == messages.RESULT:
                self.results.append(messages.Result(*news))
            elif what == messages.ROW:
                for row in self._queue.load([messages.QueueRow(*news)]):
                    self._sync.queued(row, former=True)
            elif what == messages.DEAD_ROW:
                self._queue.load_dead([messages.QueueRow(*news)])
            else:
                self._queue.remove_dead(news[0])

    def take_results(self, deadline: float) -> bool:
        """Takes in how writes ended and tells the user, at least one, until the time is over; False without any.

        Args:
            deadline: As `time.perf_counter` counts.
        """
        if not self.results:
            return False
        tell = self._callbacks.find("onWriteComplete")
        while self.results:
            self._take_result(self.results.popleft(), tell)
            if time.perf_counter() >= deadline:
                break
        return True

    def _take_result(self, result: messages.Result, tell: Callable[..., None] | None) -> None:
        self._queue.settle(result)
        self._sync.settled(result)
        if result.outcome == messages.DEAD:
            self._log.error(f"{result.collection}/{result.doc_id} is in dead_letters: {result.error}")
        if tell is not None and result.outcome != messages.SUPERSEDED:
            success = result.outcome == messages.CONFIRMED
            for _ in range(1 if result.outcome == messages.FAILED else 1 + result.covers):
                tell(result.collection, result.doc_id, success, result.error)
