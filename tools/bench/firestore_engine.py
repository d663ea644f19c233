"""What listening costs the engine: CPU of one change in a collection of any size, and of a first snapshot.

`firestore.change_engine_us` feeds the engine with messages as they come off the wire: parsing, decoding, the state
machine, the loop, the way to the outbox. The baseline feeds `Watch` of Google's client in the same way.
`firestore.change_process_us` and `firestore.snapshot_process_s` are of a whole client process with a real server in
another one; their baseline is `on_snapshot`. `firestore.change_grpc_us` is what gRPC alone takes of that for the two
messages of a change (the document, and the word that all is consistent), read and thrown away.
"""

import contextlib
import importlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
for _folder in ("src/common", "src/firestore", "tools"):
    sys.path.insert(0, str(ROOT / _folder))

import tdg_core_settings  # noqa: E402
import tdg_gateway_app  # noqa: E402
import tdg_gateway_firestore  # noqa: E402
import tdg_gateway_firestore_api  # noqa: E402
import tdg_gateway_firestore_errors  # noqa: E402
import tdg_work_listen  # noqa: E402
import tdg_work_loop  # noqa: E402
from bench import Row  # noqa: E402
from listen_server import DATABASE, ListenServer, ServerStream, document  # noqa: E402
from listen_server import ROOT as ROOT_NAME  # noqa: E402
from tdg_bridge_outbox import Outbox  # noqa: E402
from tdg_core_firestore_filters import Filters  # noqa: E402
from tdg_core_firestore_watch_events import document_change  # noqa: E402
from tdg_core_firestore_watch_spec import Spec  # noqa: E402
from tdg_gateway_firestore_listen import ListenStream  # noqa: E402

SIZES = (1_000, 10_000, 50_000)
#: The baseline's first snapshot grows with the square of its size.
BASELINE_SIZES = (1_000, 10_000)

#: Changes that are measured.
CHANGES = 1000
BASELINE_CHANGES = 20
#: Seconds between two changes: each is an event of its own, as in life.
GAP_S = 0.004
PATIENCE_S = 300.0


# The server's process -------------------------------------------------------------------------------------------------


def _make(number: int, version: int) -> Any:
    found = document(f"things/d{number:06d}", version, name=f"Thing number {number}", n=number, room="hall")
    found.fields["x"].double_value = number / 2
    found.fields["on"].boolean_value = True
    found.fields["at"].map_value.fields["floor"].integer_value = 3
    return found


def serve(size: int) -> None:
    """Serves a collection; each line on standard input is a number of changes to send, one after another."""
    with ListenServer() as server:
        version = server.time
        for number in range(size):
            server.documents[f"things/d{number:06d}"] = _make(number, version)
        streams: queue.SimpleQueue[tuple[ServerStream, int]] = queue.SimpleQueue()

        def answer(stream: ServerStream) -> None:
            target = stream.target()
            known = target.resume_token or target.HasField("read_time")
            stream.open_target(target.target_id, [] if known else list(server.documents.values()), server.time + 1)
            streams.put((stream, target.target_id))

        server.answer = answer
        sys.stdout.write(server.host + "\n")
        sys.stdout.flush()
        stream, target = streams.get()
        for line in sys.stdin:
            for number in range(int(line)):
                version += 10
                stream.put(_make(number * 37 % size, version), target)
                stream.consistent(version)
                time.sleep(GAP_S)


@contextmanager
def _server(size: int) -> Iterator[tuple[str, Callable[[int], None]]]:
    """A server with so many documents: its host, and what makes it send changes."""
    command = [sys.executable, __file__, str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        inbox = process.stdin

        def send(count: int) -> None:
            inbox.write(f"{count}\n")
            inbox.flush()

        try:
            yield process.stdout.readline().strip(), send
        finally:
            process.kill()


# The two clients ------------------------------------------------------------------------------------------------------


class _Counter:
    """Counts documents told, and lets a thread wait for a number of them without spending CPU."""

    def __init__(self) -> None:
        self._count = 0
        self._wanted = 0
        self._lock = threading.Lock()
        self._reached = threading.Event()

    def add(self, count: int) -> None:
        with self._lock:
            self._count += count
            if self._count >= self._wanted:
                self._reached.set()

    def wait(self, count: int) -> None:
        """Returns when that many more have been told."""
        with self._lock:
            self._wanted += count
            self._reached.clear()
            if self._count >= self._wanted:
                return
        if not self._reached.wait(PATIENCE_S):
            raise TimeoutError(f"{self._count} of {self._wanted} documents arrived")


@contextmanager
def _ours(host: str, counter: _Counter) -> Iterator[None]:
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    loop = tdg_work_loop.Loop(inbox, Outbox())
    settings = tdg_core_settings.Settings(component="bench", emulator_host=host)
    gateway = tdg_gateway_firestore.open_gateway(settings)
    listeners = tdg_work_listen.Listeners(loop, lambda _: None, lambda _, changes: counter.add(len(changes)))
    thread = threading.Thread(target=loop.run, args=(lambda _: None, listeners.pause))
    thread.start()
    loop.call(listeners.resume, gateway)
    loop.call(listeners.watch, "things", Spec("things"))
    try:
        yield
    finally:
        inbox.put(None)
        gateway.close()
        thread.join()


@contextmanager
def _google(host: str, counter: _Counter) -> Iterator[None]:
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    client = tdg_gateway_firestore_api.load().sdk.Client(project="demo-td-gcp")
    watch = client.collection("things").on_snapshot(lambda _all, changes, _time: counter.add(len(changes)))
    try:
        yield
    finally:
        watch.unsubscribe()
        del os.environ["FIRESTORE_EMULATOR_HOST"]


@contextmanager
def _bare(host: str, counter: _Counter) -> Iterator[None]:
    """gRPC alone: of each message only its length is looked at."""
    api = tdg_gateway_firestore_api.load()
    request = api.messages["ListenRequest"](database=DATABASE)
    request.add_target.target_id = 2
    request.add_target.query.parent = f"{DATABASE}/documents"
    request.add_target.query.structured_query.from_.add().collection_id = "things"
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    requests.put(request.SerializeToString())
    with api.grpc.insecure_channel(host) as channel:
        call = channel.stream_stream("/google.firestore.v1.Firestore/Listen")(iter(requests.get, None))

        def read() -> None:
            with contextlib.suppress(api.grpc.RpcError):
                for message in call:
                    counter.add(len(message) > 60)  # a document, not a word about targets

        thread = threading.Thread(target=read)
        thread.start()
        try:
            yield
        finally:
            requests.put(None)
            call.cancel()
            thread.join()


Client = Callable[[str, _Counter], Any]


# Without a network ----------------------------------------------------------------------------------------------------


def _opening(target: int, size: int) -> list[bytes]:
    """What a server says of a new target with so many documents."""
    stream = ServerStream()
    stream.open_target(target, [_make(number, 1) for number in range(size)], 1_790_000_000_000_000)
    return stream.said()


def _messages(size: int, changes: int, target: int) -> list[bytes]:
    """What a server says of so many changes, one after another."""
    stream = ServerStream()
    version = 1_800_000_000_000_000
    for number in range(changes):
        version += 10
        stream.put(_make(number * 37 % size, version), target)
        stream.consistent(version)
    return stream.said()


_TARGET = 2  # the engine's first


class _FedGateway:
    """A gateway whose stream says what it is fed with."""

    project_id = target = "bench"

    def __init__(self, size: int) -> None:
        api = tdg_gateway_firestore_api.load()
        self.feed: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._size = size
        self._request = api.messages["ListenRequest"]
        self._parse = api.messages["ListenResponse"].FromString
        self._rpc_error = api.grpc.RpcError
        self._errors = tdg_gateway_firestore_errors.Errors("bench", "bench", "bench")

    def now(self) -> int:
        return 1_900_000_000_000_000_000

    def list_page(self, _collection: str, _token: str, filters: Filters) -> Any:
        documents = [document_change(_make(number, 1), ROOT_NAME, filters) for number in range(self._size)]
        return tdg_gateway_firestore.Page(documents, "")

    def listen(self, filters: Filters) -> ListenStream:
        return ListenStream(self._open, self._request, DATABASE, ROOT_NAME, filters, self._rpc_error, self._errors)

    def check(self) -> None: ...

    def _open(self, _: Any) -> Any:
        return _FedCall(self.feed, self._parse, StopIteration)


class _FedCall:
    """As a gRPC call, without gRPC."""

    def __init__(
        self, feed: "queue.SimpleQueue[bytes]", parse: Callable[[bytes], Any], end: Callable[[], Exception]
    ) -> None:
        self._feed = feed
        self._parse = parse
        self._end = end
        self._active = True

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        message = self._feed.get()
        if not message:
            self._active = False
            raise self._end()
        return self._parse(message)

    def cancel(self) -> None:
        self._feed.put(b"")

    def is_active(self) -> bool:
        return self._active

    def add_done_callback(self, _: Any) -> None:
        """Nobody is told of the end."""


def _change_cpu_s(size: int, changes: int) -> float:
    """CPU seconds of one change in an engine fed with messages."""
    counter = _Counter()
    gateway = _FedGateway(size)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    loop = tdg_work_loop.Loop(inbox, Outbox())
    listeners = tdg_work_listen.Listeners(loop, lambda _: None, lambda _, told: counter.add(len(told)))
    thread = threading.Thread(target=loop.run, args=(lambda _: None, listeners.pause))
    messages = _messages(size, changes, _TARGET)
    thread.start()
    try:
        loop.call(listeners.resume, gateway)
        loop.call(listeners.watch, "things", Spec("things"))
        for message in _opening(_TARGET, 0):
            gateway.feed.put(message)
        counter.wait(size)
        begun = time.process_time()
        for message in messages:
            gateway.feed.put(message)
        counter.wait(changes)
        return (time.process_time() - begun) / changes
    finally:
        inbox.put(None)
        thread.join()


def _google_change_cpu_s(size: int, changes: int) -> float:
    """CPU seconds of one change in `on_snapshot`, fed with messages in the same way."""
    api = tdg_gateway_firestore_api.load()
    counter = _Counter()
    feed: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    target = importlib.import_module("google.cloud.firestore_v1.watch").WATCH_TARGET_ID
    parse = importlib.import_module("google.cloud.firestore_v1.types").ListenResponse.deserialize
    cancelled = importlib.import_module("google.api_core.exceptions").Cancelled
    settings = tdg_core_settings.Settings(component="bench", emulator_host="none")
    app = tdg_gateway_app.open_app(settings)
    client = api.sdk.Client(project="demo-td-gcp", credentials=app.credentials)
    transport = SimpleNamespace(listen=lambda _requests, **_: _FedCall(feed, parse, lambda: cancelled("over")))
    client._firestore_api_internal = SimpleNamespace(_transport=transport)
    for message in _opening(target, size):
        feed.put(message)
    watch = client.collection("things").on_snapshot(lambda _all, told, _time: counter.add(len(told)))
    try:
        counter.wait(size)
        messages = _messages(size, changes, target)
        begun = time.process_time()
        for message in messages:
            feed.put(message)
        counter.wait(changes)
        return (time.process_time() - begun) / changes
    finally:
        watch.unsubscribe()
        app.close()


def _measure(client: Client, size: int, changes: int) -> tuple[float, float]:
    """CPU seconds of a first snapshot, and of one change after it."""
    counter = _Counter()
    with _server(size) as (host, send):
        begun = time.process_time()
        with client(host, counter):
            counter.wait(size)
            snapshot_s = time.process_time() - begun
            send(max(1, changes // 10))
            counter.wait(max(1, changes // 10))
            begun = time.process_time()
            send(changes)
            counter.wait(changes)
            return snapshot_s, (time.process_time() - begun) / changes


def run() -> Iterator[Row]:
    """All rows, for each size."""
    _measure(_ours, 100, 10)  # imports
    yield Row("firestore.change_grpc_us", 1, _measure(_bare, 1, CHANGES)[1] * 1e6, "us")
    for size in SIZES:
        compare = size in BASELINE_SIZES
        google_s = _google_change_cpu_s(size, BASELINE_CHANGES) if compare else None
        yield _row("firestore.change_engine_us", size, _change_cpu_s(size, CHANGES), google_s, "us")
        snapshot_s, change_s = _measure(_ours, size, CHANGES)
        google = _measure(_google, size, BASELINE_CHANGES) if compare else (None, None)
        yield _row("firestore.change_process_us", size, change_s, google[1], "us")
        yield _row("firestore.snapshot_process_s", size, snapshot_s, google[0], "s")


def _row(case: str, size: int, value_s: float, baseline_s: float | None, unit: str) -> Row:
    factor = 1e6 if unit == "us" else 1.0
    return Row(case, size, value_s * factor, unit, None if baseline_s is None else baseline_s * factor)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
