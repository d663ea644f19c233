"""A Firestore on loopback that says just what it is told to: for tests of listening and for measuring it.

It speaks real gRPC. `ListDocuments` and the other reads answer from `documents`; each Listen stream is handed to the
test, which reads its requests and writes its responses, or is served by `answer` as a well-behaved server would.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Self

import grpc
from google.cloud.firestore_v1 import types

DATABASE = "projects/demo-td-gcp/databases/(default)"
ROOT = f"{DATABASE}/documents/"

#: Seconds after which a test that waits for something has failed.
PATIENCE_S = 10.0

_PAGE = 300

NO_CHANGE, ADD, REMOVE, CURRENT, RESET = range(5)

_pb = {
    name: getattr(types, name).pb()
    for name in (
        "BatchGetDocumentsRequest",
        "BatchGetDocumentsResponse",
        "Document",
        "ListDocumentsRequest",
        "ListDocumentsResponse",
        "ListenRequest",
        "ListenResponse",
    )
}


def document(path: str, version: int, **fields: Any) -> Any:
    """A protobuf Document; `version` is its update time in microseconds since 1970, fields are texts and numbers."""
    found = _pb["Document"](name=ROOT + path)
    found.update_time.seconds, found.update_time.nanos = _time(version)
    for name, value in fields.items():
        if isinstance(value, int):
            found.fields[name].integer_value = value
        else:
            found.fields[name].string_value = value
    return found


def _time(micros: int) -> tuple[int, int]:
    seconds, rest = divmod(micros, 1_000_000)
    return seconds, rest * 1000


class ServerStream:
    """The server's end of one Listen stream."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._responses: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._status: tuple[str, str] | None = None
        #: Set when the client has gone or the stream was ended.
        self.over = threading.Event()

    # What a test reads -----------------------------------------------------------------------------------------------

    def request(self) -> Any:
        """The next ListenRequest.

        Raises:
            AssertionError: None came in time, or the client has gone.
        """
        try:
            found = self._requests.get(timeout=PATIENCE_S)
        except queue.Empty:
            raise AssertionError("the client has asked for nothing more") from None
        assert found is not None, "the client has gone"
        return found

    def target(self) -> Any:
        """The next target the client adds; requests to remove one are passed over."""
        while True:
            request = self.request()
            if request.WhichOneof("target_change") == "add_target":
                return request.add_target

    def removed(self) -> int:
        """Number of the next target the client removes; others that it adds are passed over."""
        while True:
            request = self.request()
            if request.WhichOneof("target_change") == "remove_target":
                return int(request.remove_target)

    # What a test writes ----------------------------------------------------------------------------------------------

    def send(self, response: Any) -> None:
        """Any ListenResponse, or one already as bytes."""
        self._responses.put(response if isinstance(response, bytes) else response.SerializeToString())

    def change(
        self, kind: int, *numbers: int, token: str = "", time: int = 0, code: str = "", message: str = ""
    ) -> None:
        """A TargetChange; `code` is the name of a gRPC status, the cause of a REMOVE."""
        response = _pb["ListenResponse"]()
        change = response.target_change
        change.target_change_type = kind
        change.target_ids.extend(numbers)
        change.resume_token = token.encode()
        if time:
            change.read_time.seconds, change.read_time.nanos = _time(time)
        if code:
            change.cause.code = grpc.StatusCode[code].value[0]
            change.cause.message = message
        self.send(response)

    def put(self, found: Any, *numbers: int, removed: tuple[int, ...] = ()) -> None:
        """A DocumentChange."""
        response = _pb["ListenResponse"]()
        response.document_change.document.CopyFrom(found)
        response.document_change.target_ids.extend(numbers)
        response.document_change.removed_target_ids.extend(removed)
        self.send(response)

    def gone(self, path: str, *numbers: int, deleted: bool = True) -> None:
        """A DocumentDelete, or a DocumentRemove (it exists but matches no more)."""
        response = _pb["ListenResponse"]()
        gone = response.document_delete if deleted else response.document_remove
        gone.document = ROOT + path
        gone.removed_target_ids.extend(numbers)
        self.send(response)

    def count(self, number: int, count: int) -> None:
        """An ExistenceFilter, with a Bloom filter that nobody needs."""
        response = _pb["ListenResponse"]()
        response.filter.target_id = number
        response.filter.count = count
        response.filter.unchanged_names.bits.bitmap = b"\xff"
        self.send(response)

    def consistent(self, time: int, resume: str = "mark") -> None:
        """All targets are consistent as of that time in microseconds."""
        self.change(NO_CHANGE, token=resume, time=time)

    def open_target(self, number: int, found: list[Any], time: int, resume: str = "mark") -> None:
        """What a server says of a target it has just taken in."""
        self.change(ADD, number)
        for one in found:
            self.put(one, number)
        self.change(CURRENT, number, token=resume, time=time)
        self.consistent(time, resume)

    def end(self, code: str = "UNAVAILABLE", message: str = "scripted") -> None:
        """Ends the stream with a status (`OK`: normally)."""
        self._status = (code, message)
        self._responses.put(None)

    def said(self) -> list[bytes]:
        """What was written and not yet sent: for a stream that belongs to no server."""
        found = []
        while not self._responses.empty():
            found.append(self._responses.get())
        return found

    # gRPC's side -----------------------------------------------------------------------------------------------------

    def _serve(self, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        def read() -> None:
            with contextlib.suppress(Exception):  # the client has gone
                for request in requests:
                    self._requests.put(_pb["ListenRequest"].FromString(request))
            self._requests.put(None)

        if not context.add_callback(self._close):
            self._close()
        threading.Thread(target=read, daemon=True).start()
        while (response := self._responses.get()) is not None:
            yield response
        if self._status is not None and self._status[0] != "OK":
            context.abort(grpc.StatusCode[self._status[0]], self._status[1])

    def _close(self) -> None:
        self.over.set()
        self._requests.put(None)
        self._responses.put(None)


@dataclass
class _Fault:
    code: str
    message: str
    times: int


class ListenServer:
    """The server; use as a context manager. `host` is its host:port.

    Attributes:
        documents: What reads answer with, by path.
        time: The server's time in microseconds since 1970.
        answer: Serves each new Listen stream in a thread of its own; None leaves that to the test (`stream()`).
        calls: How often each RPC was called.
    """

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.time = 1_700_000_000_000_000
        self.answer: Callable[[ServerStream], None] | None = None
        self.calls: dict[str, int] = {}
        self._faults: dict[str, _Fault] = {}
        self._streams: queue.SimpleQueue[ServerStream] = queue.SimpleQueue()
        self._server = grpc.server(futures.ThreadPoolExecutor(256))
        handlers: dict[str, Any] = {
            "Listen": grpc.stream_stream_rpc_method_handler(self._listen),
            "BatchGetDocuments": grpc.unary_stream_rpc_method_handler(self._batch_get),
            "ListDocuments": grpc.unary_unary_rpc_method_handler(self._list_documents),
        }
        generic = grpc.method_handlers_generic_handler("google.firestore.v1.Firestore", handlers)
        self._server.add_generic_rpc_handlers((generic,))
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()

    def put(self, path: str, version: int, **fields: Any) -> Any:
        """A document that reads find."""
        self.documents[path] = document(path, version, **fields)
        return self.documents[path]

    def fail(self, method: str, code: str, times: int = 1, message: str = "scripted") -> None:
        """The next calls of an RPC end with that status."""
        self._faults[method] = _Fault(code, message, times)

    def stream(self) -> ServerStream:
        """The next Listen stream that a client opens.

        Raises:
            AssertionError: None came in time.
        """
        try:
            return self._streams.get(timeout=PATIENCE_S)
        except queue.Empty:
            raise AssertionError("no Listen stream was opened") from None

    def serve(self, stream: ServerStream) -> None:
        """As `answer`: a server where all is well and nothing changes."""
        while True:
            target = stream.target()
            known = target.resume_token or target.HasField("read_time")
            parent = target.query.parent.removeprefix(ROOT.rstrip("/")).lstrip("/")
            source = next(iter(target.query.structured_query.from_), None)
            collection = f"{parent}/{source.collection_id}".lstrip("/") if source else ""
            found = [] if known else self._collection(collection)
            stream.open_target(target.target_id, found, self.time + 1)

    def _collection(self, path: str) -> list[Any]:
        return [self.documents[name] for name in sorted(self.documents) if name.rpartition("/")[0] == path]

    def _begin(self, method: str, context: Any) -> None:
        self.calls[method] = self.calls.get(method, 0) + 1
        fault = self._faults.get(method)
        if fault is not None and fault.times > 0:
            fault.times -= 1
            context.abort(grpc.StatusCode[fault.code], fault.message)

    def _listen(self, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        self._begin("Listen", context)
        stream = ServerStream()
        if self.answer is None:
            self._streams.put(stream)
        else:
            threading.Thread(target=_answer, args=(self.answer, stream), daemon=True).start()
        yield from stream._serve(requests, context)

    def _batch_get(self, data: bytes, context: Any) -> Iterator[bytes]:
        self._begin("BatchGetDocuments", context)
        for name in _pb["BatchGetDocumentsRequest"].FromString(data).documents:
            response = _pb["BatchGetDocumentsResponse"]()
            found = self.documents.get(name.removeprefix(ROOT))
            if found is None:
                response.missing = name
            else:
                response.found.CopyFrom(found)
            response.read_time.seconds, response.read_time.nanos = _time(self.time)
            yield response.SerializeToString()

    def _list_documents(self, data: bytes, context: Any) -> bytes:
        self._begin("ListDocuments", context)
        request = _pb["ListDocumentsRequest"].FromString(data)
        collection = f"{request.parent}/{request.collection_id}".removeprefix(ROOT)
        found = self._collection(collection)
        start = int(request.page_token or 0)
        response = _pb["ListDocumentsResponse"]()
        response.documents.extend(found[start : start + _PAGE])
        if start + _PAGE < len(found):
            response.next_page_token = str(start + _PAGE)
        return bytes(response.SerializeToString())


def _answer(answer: Callable[[ServerStream], None], stream: ServerStream) -> None:
    with contextlib.suppress(AssertionError):  # the client has gone
        answer(stream)
