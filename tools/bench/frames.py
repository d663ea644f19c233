"""What a frame loses to the components, with the engine in threads of the host and in a process beside it.

A host draws 60 frames a second with 3 ms of Python of its own in each. Frame time is from the moment a frame is due to
its end. Cases: `idle` (both components connected), `listener` (a collection of 10,000 documents with 100 changes a
second), `transfers` (8 uploads of small files at once, one after another, to a server as far away as one in the next
country), `all` together. The baseline is the empty host. Servers, the source of changes and each host have processes of
their own.

The machine has its share: where servers, load and engine together want more cores than there are, the host gets its
core later. `frames.<case>.beside.p99_ms` tells that share: the empty host, while another one does the case's work.
"""

import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

import build
import layout
import project_environment
from bench import Row, go_first
from emulators import FirestoreEmulator, StorageEmulator
from headless_td import Host, summarise

CASES = ("idle", "listener", "transfers", "all")
MODES = ("thread", "process")

RUNS = 3
SECONDS = 10.0
DOCUMENTS = 10_000
CHANGES_PER_S = 100
STREAMS = 8
FILE_BYTES = 16 << 10
#: Seconds until the Storage server answers. Without it, 8 streams make 500 files a second, which no network allows.
AWAY_S = 0.04
#: More than can be uploaded while it is measured.
UPLOADS = 6000

FPS = 60.0
_OWN_S = 0.003
_PATIENCE_S = 180.0
_BUCKET = "bench"

Result = dict[str, Any]


def run() -> Iterator[Row]:
    """p50, p99 and worst frame per case and mode."""
    with tempfile.TemporaryDirectory() as folder, StorageEmulator() as storage, FirestoreEmulator() as documents:
        root = Path(folder)
        build.write(build.make(layout.ROOT), root / "tox")
        (root / "small.bin").write_bytes(os.urandom(FILE_BYTES))
        storage.make_bucket(_BUCKET)
        storage.inject("/upload/", "delay", delay_s=AWAY_S, times=1 << 30)
        _fill(documents.host)
        common = {"root": folder, "storage": storage.host, "firestore": documents.host, "rounds": _calibrated()}
        empty: list[Result] = []
        found: dict[tuple[str, str], list[Result]] = {}
        for number in range(RUNS):  # in turns, so that whatever else the machine does meets all of them
            for case in CASES:
                empty.append(_host({**common, "case": "empty", "mode": "thread", "name": f"{case}-empty-{number}"}))
                for mode in MODES:
                    with _load(case, documents.host):
                        spec = {**common, "case": case, "mode": mode, "name": f"{case}-{mode}-{number}"}
                        found.setdefault((case, mode), []).append(_host(spec))
                found.setdefault((case, "beside"), []).append(_beside(common, case, number, documents.host))
    for (case, mode), results in found.items():
        for figure in ("p50_ms", "p99_ms", "worst_ms"):
            value, baseline = (statistics.median(one[figure] for one in ones) for ones in (results, empty))
            yield Row(f"frames.{case}.{mode}.{figure}", sum(one["frames"] for one in results), value, "ms", baseline)
        if mode in MODES:
            work = statistics.median(one["ours_p99_ms"] for one in results)
            yield Row(f"frames.{case}.{mode}.component_p99_ms", sum(one["frames"] for one in results), work, "ms")
            for figure, unit in (("changes_per_s", "changes/s"), ("files_per_s", "files/s")):
                rate = statistics.median(one[figure] for one in results)
                if rate:
                    yield Row(f"frames.{case}.{mode}.{figure}", RUNS, rate, unit)


def _fill(host: str) -> None:
    """The documents that are listened to."""
    client = _client(host)
    for first in range(0, DOCUMENTS, 500):
        batch = client.batch()
        for number in range(first, first + 500):
            batch.set(client.document(f"artworks/work{number:05}"), _data(number))
        batch.commit()


def _data(number: int) -> dict[str, Any]:
    return {"title": f"Work {number}", "votes": number, "tags": ["a", "b"], "at": {"x": number * 0.5, "y": 2.5}}


def _client(host: str) -> Any:
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    try:
        return firestore.Client(project="demo-td-gcp", credentials=AnonymousCredentials())
    finally:
        del os.environ["FIRESTORE_EMULATOR_HOST"]


def _calibrated() -> int:
    """So many rounds of work take the host's own 3 ms when nothing disturbs it."""
    rounds = 10_000
    best = min(_timed(lambda: _work(rounds)) for _ in range(200))
    return round(rounds * _OWN_S / best)


def _timed(function: Callable[[], Any]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def _work(rounds: int) -> float:
    """What the host itself does in a frame."""
    value = 1.0
    for number in range(rounds):
        value = value * 1.0000001 + number
    return value


def _host(spec: dict[str, Any]) -> Result:
    """A host of its own; what it measured."""
    done = subprocess.run(_command("host", spec), capture_output=True, text=True, timeout=600, check=False, env=_env())
    if done.returncode:
        raise RuntimeError(f"{spec['name']} failed:\n{done.stderr}")
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def _beside(common: dict[str, Any], case: str, number: int, host: str) -> Result:
    """The empty host while another one does the work, in threads."""
    spec = {**common, "case": case, "mode": "thread", "name": f"{case}-other-{number}", "seconds": 60.0}
    empty = {**common, "case": "empty", "mode": "thread", "name": f"{case}-beside-{number}"}
    with _load(case, host), _child("host", spec) as (_, output):
        assert output.readline() == "measuring\n"
        return _host(empty)


@contextlib.contextmanager
def _load(case: str, host: str) -> Iterator[None]:
    """Changes from elsewhere, where the case has them."""
    if case not in {"listener", "all"}:
        yield
        return
    with _child("changes", {"host": host}):
        yield


@contextlib.contextmanager
def _child(part: str, spec: dict[str, Any]) -> Iterator[tuple["subprocess.Popen[str]", IO[str]]]:
    """A process that is ended with the block."""
    with subprocess.Popen(_command(part, spec), stdout=subprocess.PIPE, text=True, env=_env()) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


def _command(part: str, spec: dict[str, Any]) -> list[str]:
    return [sys.executable, "-m", "bench.frames", part, json.dumps(spec)]


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (layout.TOOLS, *layout.source_paths())))}


# In the children ------------------------------------------------------------------------------------------------------


def _changes(spec: dict[str, Any]) -> None:
    """Changes documents, ten at a time, until it is ended."""
    # Never the same content twice: a write that changes nothing is told to nobody.
    client, number, due = _client(spec["host"]), time.time_ns() // 1_000_000, time.monotonic()
    while True:
        batch = client.batch()
        for _ in range(10):
            number += 1
            batch.set(client.document(f"artworks/work{number * 7 % DOCUMENTS:05}"), _data(number))
        batch.commit()
        due += 10 / CHANGES_PER_S
        time.sleep(max(0.0, due - time.monotonic()))


class _Show:
    """A project with both components, doing what the case says."""

    def __init__(self, host: Host, spec: dict[str, Any]) -> None:
        self.host = host
        tox = Path(spec["root"]) / "tox"
        self.storage = host.load_tox(tox / "storage.tox.dir")
        self.firestore = host.load_tox(tox / "firestore.tox.dir")
        for comp in (self.storage, self.firestore):
            comp.par.Engine = spec["mode"]
        self.firestore.par.Collections = "artworks" if spec["case"] in {"listener", "all"} else "nothing"
        self.storage.par.Bucket = _BUCKET
        self.storage.par.Maxconcurrent = STREAMS
        host.frame(3)
        if spec["case"] in {"transfers", "all"}:
            for number in range(UPLOADS):
                self.storage.Upload(str(Path(spec["root"]) / "small.bin"), f"{spec['name']}/{number}.bin")
        self.firestore.par.Emulatorhost = spec["firestore"]
        self.storage.par.Emulatorhost = spec["storage"]
        self._until(lambda: self._state(self.storage) == self._state(self.firestore) == "connected", "connected")
        if spec["case"] in {"listener", "all"}:
            self._until(lambda: self._rows() == DOCUMENTS, "all documents")
        if spec["case"] in {"transfers", "all"}:
            self._until(lambda: self.files() > STREAMS, "the first files")

    def _state(self, comp: Any) -> str:
        return str(comp.GetStatus().get("state"))

    def _rows(self) -> int:
        table = self.firestore.op("collections/artworks")
        return 0 if table is None else table.numRows - 1

    def _until(self, done: Callable[[], Any], what: str) -> None:
        self.host.run_until(done, _PATIENCE_S, what)

    def files(self) -> int:
        """Uploads that are through."""
        return UPLOADS - len(self.storage.ext.StorageExt._pending_transfers)

    def versions(self) -> dict[str, str]:
        """The version of every document that is seen here."""
        table = self.firestore.op("collections/artworks")
        rows = range(1, 0 if table is None else table.numRows)
        return {table[row, "doc_id"].val: table[row, "_version"].val for row in rows}


def _measure(spec: dict[str, Any]) -> Result:
    """Draws frames as they fall due."""
    seconds = spec.get("seconds", SECONDS)
    go_first()
    with Host(Path(spec["root"]) / spec["name"], guarded=False) as host:
        project_environment.link(Path(host.project.folder))
        show = None if spec["case"] == "empty" else _Show(host, spec)
        _draw(host, spec["rounds"], 1.0)
        gc.collect()
        host.frame_costs.clear()
        files, versions = (show.files(), show.versions()) if show else (0, {})
        print("measuring", flush=True)
        began = time.monotonic()
        times = _draw(host, spec["rounds"], seconds)
        took = time.monotonic() - began
        all_, ours = summarise(times), summarise(sum(cost.by_component.values()) for cost in host.frame_costs)
        return {
            "frames": all_.count,
            "p50_ms": all_.p50_ms,
            "p99_ms": all_.p99_ms,
            "worst_ms": all_.worst_ms,
            "ours_p99_ms": ours.p99_ms,
            "files_per_s": (show.files() - files) / took if show else 0.0,
            "changes_per_s": len(show.versions().items() - versions.items()) / took if show else 0.0,
        }


def _draw(host: Host, rounds: int, seconds: float) -> list[float]:
    """Draws frames for so long; how long each took from when it was due, in milliseconds."""
    times = []
    due = time.perf_counter() + 1 / FPS
    until = due + seconds
    while due < until:
        time.sleep(max(0.0, due - time.perf_counter()))
        _work(rounds)
        host.frame()
        now = time.perf_counter()
        times.append((now - due) * 1000)
        due += (1 + (now - due) // (1 / FPS)) / FPS
    return times


if __name__ == "__main__":
    if sys.argv[1] == "changes":
        _changes(json.loads(sys.argv[2]))
    else:
        print(json.dumps(_measure(json.loads(sys.argv[2]))))
