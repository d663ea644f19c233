"""What documents cost the main thread: first snapshots, hydration, accepting writes, hearing of them, doing nothing.

All through the built component in the host at 60 frames a second, a real server in another process. `..._us` is wall
time of the main thread inside the component, less what it takes in an idle frame; `..._cpu_us` is processor time, which
does not grow with whatever else the machine does.

The plain way, for comparison: a row looked up and written per document and a SQLite commit each, on the main thread.
"""

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import layout
import project_environment
from bench import Row, go_first
from emulators import FirestoreEmulator
from headless_td import Host

sys.path[:0] = [str(path) for path in layout.source_paths() if str(path) not in sys.path]

import tdg_core_firestore_settings  # noqa: E402
import tdg_gateway_firestore  # noqa: E402

SIZES = (1_000, 5_000, 20_000)
WRITES = (1_000, 10_000)
#: Documents of the plain way; it takes a millisecond for each.
PLAIN = 1_000

_IDLE_FRAMES = 120
_DRAINS = 2000
_PATIENCE_S = 300.0
_PER_COMMIT = 500
#: How often a thousand writes are accepted at once; the server slows down with the square of what it holds.
_GOES = 3


def run() -> Iterator[Row]:
    """The rows."""
    with FirestoreEmulator() as emulator:
        go_first()
        plain_us = _plain_us_per_document()
        for n in SIZES:
            yield from _snapshot(emulator.host, n, plain_us)
        yield from _callbacks(emulator.host, SIZES[0])
        yield _accepted_at_once(emulator.host, plain_us)
        for n in WRITES:
            yield from _writes(emulator.host, n, plain_us)
        yield from _writes(emulator.host, WRITES[0], plain_us, "process")


def _data(number: int) -> dict[str, Any]:
    return {"name": f"visitor {number}", "n": number, "tags": ["a", "b"], "pos": {"x": number * 0.5, "y": 2.5}}


class _Spent(NamedTuple):
    """All frames in microseconds, the worst one in milliseconds; `cpu` is processor time."""

    wall_us: float
    cpu_us: float
    worst_ms: float
    worst_cpu_ms: float


class _Bench:
    """The component in a host, connected to a database of its own."""

    def __init__(self, host: Host, emulator_host: str, database: str, engine: str = "thread") -> None:
        self.host = host
        project_environment.link(Path(host.project.folder))
        self.comp = host.load_tox(layout.TOX / "firestore.tox.dir")
        self.comp.par.Engine = engine
        self.comp.par.Collections = "none"
        self.comp.par.Databaseid = database
        host.frame(3)
        self.comp.par.Emulatorhost = emulator_host
        self.idle_us = self.idle_cpu_us = 0.0

    def until(self, done: Callable[[], Any], what: str) -> None:
        """Draws frames until something is so."""
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            self.host.frame()

    def connected(self) -> None:
        """Connects, then sees what an idle frame costs."""
        self.until(lambda: self.comp.GetStatus()["state"] == "connected", "the connection")
        self.host.frame(_IDLE_FRAMES)
        self.begin()
        self.host.frame(_IDLE_FRAMES)
        costs = list(self.host.frame_costs)
        self.idle_us = 1000 * sum(sum(cost.by_component.values()) for cost in costs) / len(costs)
        self.idle_cpu_us = 1000 * sum(cost.cpu_ms for cost in costs) / len(costs)

    def begin(self) -> None:
        """Costs count from here."""
        self.host.frame_costs.clear()

    def spent(self) -> "_Spent":
        """Since `begin`, above idle."""
        costs = list(self.host.frame_costs)
        walls = [sum(cost.by_component.values()) * 1000 - self.idle_us for cost in costs]
        cpus = [cost.cpu_ms * 1000 - self.idle_cpu_us for cost in costs]
        return _Spent(sum(walls), sum(cpus), max(walls) / 1000, max(cpus) / 1000)


@contextmanager
def _opened(emulator_host: str, database: str, folder: str, engine: str = "thread") -> Iterator[_Bench]:
    with Host(Path(folder) / "project", realtime=True, guarded=False) as host:
        bench = _Bench(host, emulator_host, database, engine)
        bench.connected()
        yield bench


def _fill(emulator_host: str, database: str, n: int) -> None:
    settings = tdg_core_firestore_settings.FirestoreSettings(
        component="bench", emulator_host=emulator_host, target=database
    )
    gateway = tdg_gateway_firestore.open_gateway(settings)
    for first in range(0, n, _PER_COMMIT):
        numbers = range(first, min(n, first + _PER_COMMIT))
        gateway.commit([{"collection": "users", "doc_id": f"d{i:06}", "op": "set", "data": _data(i)} for i in numbers])
    gateway.close()


def _rows(comp: Any) -> int:
    table = comp.op("collections/users")
    return 0 if table is None else max(0, int(table.numRows) - 1)


def _snapshot(emulator_host: str, n: int, plain_us: float) -> Iterator[Row]:
    """A first snapshot from the server, then a start from the cache."""
    database = f"bench-{n}"
    _fill(emulator_host, database, n)
    with tempfile.TemporaryDirectory() as folder:
        with _opened(emulator_host, database, folder) as bench:
            bench.begin()
            began = time.perf_counter()
            bench.comp.WatchCollection("users")
            bench.until(lambda: _rows(bench.comp) == n, f"{n} documents")
            took = time.perf_counter() - began
            spent = bench.spent()
            yield Row("firestore.snapshot_us_per_doc", n, spent.wall_us / n, "us", plain_us)
            yield Row("firestore.snapshot_cpu_us_per_doc", n, spent.cpu_us / n, "us")
            yield Row("firestore.snapshot_worst_frame_ms", n, spent.worst_ms, "ms")
            yield Row("firestore.snapshot_worst_frame_cpu_ms", n, spent.worst_cpu_ms, "ms")
            yield Row("firestore.snapshot_s", n, took, "s")
            bench.until(lambda: len(bench.comp.ext.WriteQueueExt.LoadDocuments()) == n, "the cache")
            yield Row("firestore.idle_frame_us", n, bench.idle_us, "us")
            yield Row("firestore.idle_drain_cpu_us", n, _idle_drain_cpu_us(bench.comp), "us")
        with Host(Path(folder) / "project", realtime=True, guarded=False) as host:
            again = _Bench(host, "127.0.0.1:9", database)
            host.frame(_IDLE_FRAMES)
            again.begin()
            again.comp.WatchCollection("users")
            again.until(lambda: _rows(again.comp) == n, f"{n} documents from the cache")
            spent = again.spent()
            yield Row("firestore.hydrate_us_per_doc", n, spent.wall_us / n, "us", plain_us)
            yield Row("firestore.hydrate_worst_frame_ms", n, spent.worst_ms, "ms")
            yield Row("firestore.hydrate_worst_frame_cpu_ms", n, spent.worst_cpu_ms, "ms")


def _callbacks(emulator_host: str, n: int) -> Iterator[Row]:
    """The same with a callback per document that does nothing."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _opened(emulator_host, f"bench-{n}", folder) as bench,
    ):
        callbacks = bench.comp.parent().create("textDAT", "my_callbacks")
        callbacks.text = "seen = []\n\ndef onFirestoreChange(*args):\n    seen.append(args[1])\n"
        bench.comp.par.Callbacksdat = "my_callbacks"
        bench.host.frame(5)
        bench.begin()
        bench.comp.WatchCollection("users")
        bench.until(lambda: len(callbacks.module.seen) == n, f"{n} callbacks")
        spent = bench.spent()
        yield Row("firestore.snapshot_with_callback_us_per_doc", n, spent.wall_us / n, "us")
        yield Row("firestore.snapshot_with_callback_worst_frame_ms", n, spent.worst_ms, "ms")


def _accepted_at_once(emulator_host: str, plain_us: float) -> Row:
    """Accepting a thousand writes in one go, as a script does that fills a collection; the median of some goes."""
    n, goes = WRITES[0], []
    with tempfile.TemporaryDirectory() as folder, _opened(emulator_host, "bench-at-once", folder) as bench:
        push = bench.comp.PushDoc
        bench.comp.WatchCollection("users")
        for go in range(_GOES):
            bench.host.frame(_IDLE_FRAMES)
            data = [_data(number) for number in range(n)]
            began = time.perf_counter()
            for number in range(n):
                push("users", f"d{go}-{number:06}", data[number])
            goes.append((time.perf_counter() - began) * 1e6 / n)
            bench.until(lambda: bench.comp.GetStatus()["queue_depth"] == "0", "the last confirmation")
    return Row("firestore.accept_at_once_us", n * _GOES, statistics.median(goes), "us", plain_us)


def _writes(emulator_host: str, n: int, plain_us: float, engine: str = "thread") -> Iterator[Row]:
    """Accepting writes, fifty a frame, which is more than the server takes, and the time until all are confirmed."""
    name = "firestore." if engine == "thread" else f"firestore.{engine}_"
    with (
        tempfile.TemporaryDirectory() as folder,
        _opened(emulator_host, f"bench-writes-{n}-{engine}", folder, engine) as bench,
    ):
        push = bench.comp.PushDoc
        bench.comp.WatchCollection("users")
        bench.host.frame(_IDLE_FRAMES)
        bench.begin()
        began, accepting, accepting_cpu = time.perf_counter(), 0.0, 0.0
        for first in range(0, n, 50):
            start, cpu = time.perf_counter(), time.thread_time()
            for number in range(first, first + 50):
                push("users", f"d{number:06}", _data(number))
            accepting += time.perf_counter() - start
            accepting_cpu += time.thread_time() - cpu
            bench.host.frame()
        bench.until(lambda: bench.comp.GetStatus()["queue_depth"] == "0", "the last confirmation")
        took = time.perf_counter() - began
        spent = bench.spent()
        yield Row(f"{name}accept_us", n, accepting * 1e6 / n, "us", plain_us)
        yield Row(f"{name}accept_cpu_us", n, accepting_cpu * 1e6 / n, "us", plain_us)
        yield Row(f"{name}confirm_per_s", n, n / took, "writes/s")
        yield Row(f"{name}confirm_worst_frame_ms", n, spent.worst_ms, "ms")
        yield Row(f"{name}confirm_worst_frame_cpu_ms", n, spent.worst_cpu_ms, "ms")


def _idle_drain_cpu_us(comp: Any) -> float:
    """The component's own part of an idle frame, without what the host around it takes."""
    drain, began = comp.ext.FirestoreExt._drain_inbound, time.thread_time()
    for _ in range(_DRAINS):
        drain()
    return (time.thread_time() - began) * 1e6 / _DRAINS


def _plain_us_per_document() -> float:
    """A row looked up and written per document, and a commit each, on the main thread."""
    with tempfile.TemporaryDirectory() as folder, Host(Path(folder) / "project", guarded=False) as host:
        table = host.op("/project1").create("tableDAT", "users")
        table.clear()
        table.appendRow(["doc_id", "payload", "_version", "_synced_at", "_dirty"])
        database = sqlite3.connect(Path(folder) / "plain.db", isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE documents (doc_id TEXT PRIMARY KEY, payload TEXT)")
        began = time.perf_counter()
        for number in range(PLAIN):
            row = [f"d{number:06}", json.dumps(_data(number)), "", "", "0"]
            if table.findCell(row[0], cols=["doc_id"]) is None:
                table.appendRow(row)
            database.execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", row[:2])
        took = time.perf_counter() - began
        database.close()
    return took * 1e6 / PLAIN
