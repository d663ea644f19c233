"""One Listen stream: targets go in, batches of plain events come out.

Thread: worker only.
"""

import queue
from collections.abc import Callable, Iterator
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_filters
import tdg_core_firestore_watch_events
import tdg_core_firestore_watch_spec
import tdg_gateway_firestore_errors

CloudError = tdg_core_errors.CloudError
Event = tdg_core_firestore_watch_events.Event
Spec = tdg_core_firestore_watch_spec.Spec
events = tdg_core_firestore_watch_events

#: Events in a batch; a smaller one is given as soon as it can mean anything.
BATCH = 200

_NANOS = 1_000_000_000


class ListenStream:
    """A bidirectional stream that is opened when its batches are first asked for.

    Args:
        open_call: Starts the RPC with an iterator of requests.
        request: The `ListenRequest` class.
        database: Resource name of the database.
        root: What the resource name of every document begins with.
        filters: Which documents and fields are let in.
        rpc_error: What the call raises.
        errors: Makes our own errors of it.
    """

    def __init__(
        self,
        open_call: Callable[[Iterator[Any]], Any],
        request: Any,
        database: str,
        root: str,
        filters: tdg_core_firestore_filters.Filters,
        rpc_error: type[Exception],
        errors: tdg_gateway_firestore_errors.Errors,
    ) -> None:
        self._open_call = open_call
        self._request = request
        self._database = database
        self._root = root
        self._filters = filters
        self._rpc_error = rpc_error
        self._errors = errors
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._call: Any = None
        self._cancelled = False

    def add(self, target_id: int, spec: Spec, token: bytes = b"", read_time: int = 0) -> None:
        """Starts listening to something under an id of one's own. Any thread, never blocks.

        Args:
            target_id: Positive, not in use on this stream.
            spec: What to listen to.
            token: Only changes since the state this token stands for; empty for everything.
            read_time: As `token`, by a time in nanoseconds since 1970; 0 for none.

        Raises:
            CloudError: `invalid` if a value of a condition cannot be asked for.
        """
        request = self._request(database=self._database)
        target = request.add_target
        target.target_id = target_id
        if token:
            target.resume_token = token
        elif read_time:
            target.read_time.seconds, target.read_time.nanos = divmod(read_time, _NANOS)
        if spec.doc_id:
            target.documents.documents.append(f"{self._root}{spec.collection}/{spec.doc_id}")
        else:
            _fill_query(target.query, spec, self._root)
        self._requests.put(request)

    def remove(self, target_id: int) -> None:
        """Stops listening to it. Any thread, never blocks."""
        self._requests.put(self._request(database=self._database, remove_target=target_id))

    def cancel(self) -> None:
        """Ends the stream. Idempotent, any thread."""
        self._cancelled = True
        self._requests.put(None)
        call = self._call
        if call is not None:
            call.cancel()

    def batches(self) -> Iterator[list[Event]]:
        """What the server says, in order, until the stream ends; a batch ends where something can become of it.

        Raises:
            CloudError: When the stream ends, whoever ended it.
        """
        batch: list[Event] = []
        try:
            self._call = self._open()
            if self._cancelled:
                self._call.cancel()
            for response in self._call:
                kind = response.WhichOneof("response_type") or ""
                event = self._event(kind, response)
                if event is not None:
                    batch.append(event)
                if batch and (len(batch) >= BATCH or not kind.startswith("document")):
                    yield batch
                    batch = []
        except self._rpc_error as error:
            raise self._errors.of_rpc(error, "listening") from None
        finally:
            self.cancel()
        raise CloudError("unavailable", "Firestore ended the stream; it is opened again.")

    def _open(self) -> Any:
        try:
            return self._open_call(iter(self._requests.get, None))
        except ValueError:  # the channel is closed
            raise self._errors.of("unavailable", "", "listening") from None

    def _event(self, kind: str, response: Any) -> Event | None:
        if kind == "document_change":
            change = response.document_change
            ids, removed = tuple(change.target_ids), tuple(change.removed_target_ids)
            return events.document_change(change.document, self._root, self._filters, ids, removed)
        if kind in {"document_delete", "document_remove"}:
            gone = getattr(response, kind)
            return events.DocumentGone(gone.document.rpartition("/")[2], tuple(gone.removed_target_ids))
        if kind == "target_change":
            return self._target_change(response.target_change)
        if kind == "filter":
            return events.Size(response.filter.target_id, response.filter.count)
        return None  # something a newer server says

    def _target_change(self, change: Any) -> events.TargetChange:
        code = message = ""
        if change.HasField("cause") and change.cause.code:
            error = self._errors.of_status(change.cause, "listening")
            code, message = error.code, error.message
        read_time = events.nanos_of(change.read_time) if change.HasField("read_time") else 0
        return events.TargetChange(
            change.target_change_type, tuple(change.target_ids), change.resume_token, read_time, code, message
        )


def _fill_query(message: Any, spec: Spec, root: str) -> None:
    parent, _, collection_id = spec.collection.rpartition("/")
    message.parent = (root + parent).rstrip("/")
    query = message.structured_query
    query.from_.add().collection_id = collection_id
    if len(spec.where) == 1:
        _fill_filter(query.where, spec.where[0], root)
    elif spec.where:
        composite = query.where.composite_filter
        composite.op = composite.Operator.Value("AND")
        for condition in spec.where:
            _fill_filter(composite.filters.add(), condition, root)
    for field, direction in spec.order_by:
        order = query.order_by.add()
        order.field.field_path = field
        order.direction = query.Direction.Value(direction)
    if spec.limit:
        query.limit.value = spec.limit


def _fill_filter(message: Any, condition: tdg_core_firestore_watch_spec.Where, root: str) -> None:
    field, operator, value = condition
    if operator.startswith("IS_"):
        message.unary_filter.field.field_path = field
        message.unary_filter.op = message.unary_filter.Operator.Value(operator)
        return
    message.field_filter.field.field_path = field
    message.field_filter.op = message.field_filter.Operator.Value(operator)
    tdg_core_firestore_codec.fill_value(message.field_filter.value, value, root)
