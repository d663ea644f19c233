"""Files up and down through the built component, beside Google's transfer_manager and a plain loop.

Up, down, and again with nothing to do: a sync here, `upload_many` that skips what exists there. Each way runs in
processes of its own, one after another, against the same server: our emulator, a leaner one than the
package it is made of, which is slower than either way. The component runs in the host at 60 frames a second, with
progress and checks on; the baselines do nothing else. `.40ms` is the same with 40 ms of latency, where parallelism
decides.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import google.auth.credentials
import google.cloud.storage
import psutil
from google.cloud.storage import transfer_manager

import build
import layout
from bench import Row
from emulators import Proxy, StorageEmulator
from headless_td import Host

RUNS = 3
SMALL_FILES = 1000
SMALL_BYTES = 16 << 10
FAR_FILES = 100
LARGE_BYTES = 256 << 20
STREAMS = 8
LATENCY_S = 0.04
BUCKET = "bench"

_PATIENCE_S = 300.0

Result = dict[str, float]


def run() -> Iterator[Row]:
    """Rates against transfer_manager (and a loop), then what it costs: frames, memory, a call."""
    with tempfile.TemporaryDirectory() as folder, StorageEmulator() as server, Proxy(server.host) as far:
        root = Path(folder)
        build.write(build.make(layout.ROOT), root / "tox")
        _make_files(root / "files")
        server.make_bucket(BUCKET)
        far.delay(LATENCY_S)
        near: dict[str, list[Result]] = {"ours": [], "plain": []}
        distant: dict[str, list[Result]] = {"ours": [], "plain": []}
        for number in range(RUNS):
            for way in ("ours", "plain"):
                near[way].append(_child(way, server.host, root, f"{way}{number}", SMALL_FILES, large=True))
                distant[way].append(_child(way, far.host, root, f"{way}{number}far", FAR_FILES, large=False))
        loop = _child("loop", server.host, root, "loop", FAR_FILES, large=False)
    ours, plain = _median(near["ours"]), _median(near["plain"])
    ours_far, plain_far = _median(distant["ours"]), _median(distant["plain"])
    for case in ("upload_small", "download_small", "sync_noop"):
        yield Row(f"storage.{case}", SMALL_FILES, ours[case], "files/s", plain[case])
        if case in loop:
            yield Row(f"storage.{case}.loop", SMALL_FILES, ours[case], "files/s", loop[case])
        yield Row(f"storage.{case}.40ms", FAR_FILES, ours_far[case], "files/s", plain_far[case])
    for case in ("upload_large", "download_large"):
        yield Row(f"storage.{case}", 1, ours[case], "MiB/s", plain[case])
    yield Row("storage.peak_memory_mib", 1, max(result["peak_mib"] for result in near["ours"]), "MiB")
    # The last one is the processor time of the whole frame, which does not depend on what else the machine does.
    for case in ("worst_frame_ms", "p99_frame_ms", "p50_frame_ms", "worst_frame_cpu_ms"):
        yield Row(f"storage.{case}", int(ours["frames"]), ours[case], "ms")
    yield Row("storage.upload_call_us", SMALL_FILES, ours["call_us"], "us")


def _make_files(folder: Path) -> None:
    folder.mkdir()
    chance = random.Random(1)
    then = time.time() - 60
    for name in _names(SMALL_FILES):
        (folder / name).write_bytes(chance.randbytes(SMALL_BYTES))
        os.utime(folder / name, (then, then))
    with (folder / "large.bin").open("wb") as file:
        for _ in range(LARGE_BYTES >> 20):
            file.write(chance.randbytes(1 << 20))


def _median(results: list[Result]) -> Result:
    return {case: statistics.median(result[case] for result in results) for case in results[0]}


def _child(way: str, host: str, root: Path, name: str, count: int, *, large: bool) -> Result:
    command = [sys.executable, "-m", "bench.storage", way, host, str(root), name, str(count), str(int(large))]
    environment = {**os.environ, "PYTHONPATH": str(layout.TOOLS)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"{way} failed:\n{done.stderr}")
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


# In the children ------------------------------------------------------------------------------------------------------


def _plain(host: str, root: Path, name: str, count: int, large: bool) -> Result:
    """Google's transfer_manager, in threads: processes of its own it must not start inside a host."""
    bucket = _bucket(host)
    names, down = _names(count), root / "down" / name
    options: dict[str, Any] = {"worker_type": transfer_manager.THREAD, "max_workers": STREAMS}
    result: Result = {}
    with _timed(result, "upload_small", count):
        transfer_manager.upload_many_from_filenames(
            bucket, names, source_directory=str(root / "files"), blob_name_prefix=f"{name}/", **options
        )
    with _timed(result, "download_small", count):
        transfer_manager.download_many_to_path(
            bucket, [f"{name}/{each}" for each in names], destination_directory=str(down), **options
        )
    with _timed(result, "sync_noop", count):
        transfer_manager.upload_many_from_filenames(
            bucket,
            names,
            source_directory=str(root / "files"),
            blob_name_prefix=f"{name}/",
            skip_if_exists=True,
            **options,
        )
    if large:
        blob = bucket.blob(f"{name}/large.bin")
        with _timed(result, "upload_large", LARGE_BYTES >> 20):
            blob.upload_from_filename(root / "files/large.bin")
        with _timed(result, "download_large", LARGE_BYTES >> 20):
            transfer_manager.download_chunks_concurrently(blob, str(down / "large.bin"), **options)
        (down / "large.bin").unlink()
    return result


def _loop(host: str, root: Path, name: str, count: int, _large: bool) -> Result:
    """One file after another."""
    bucket = _bucket(host)
    down = root / "down" / name
    down.mkdir(parents=True)
    result: Result = {}
    with _timed(result, "upload_small", count):
        for each in _names(count):
            bucket.blob(f"{name}/{each}").upload_from_filename(root / "files" / each)
    with _timed(result, "download_small", count):
        for each in _names(count):
            bucket.blob(f"{name}/{each}").download_to_filename(down / each)
    return result


def _ours(host_name: str, root: Path, name: str, count: int, large: bool) -> Result:
    """The built component, at 60 frames a second."""
    result: Result = {}
    with Host(root / "projects" / name, realtime=True, guarded=False) as host:
        comp = host.load_tox(root / "tox" / "storage.tox.dir")
        given = {"Bucket": BUCKET, "Localpath": str(root / "files"), "Remotepath": name, "Maxconcurrent": STREAMS}
        for parameter, value in {**given, "Emulatorhost": host_name}.items():
            setattr(comp.par, parameter, value)
        comp.Connect()
        host.run_until(lambda: comp.GetStatus()["state"] == "connected", _PATIENCE_S, "connected")

        def through(keys: list[str]) -> None:
            assert all(keys), comp.GetLogs("ERROR")
            host.frame()  # the calls themselves are counted apart
            first = len(host.frame_costs)
            wait = set(keys)

            def ended() -> bool:
                for key in list(wait):
                    found = comp.GetTransfer(key)
                    if found["status"] not in {"complete", "failed", "cancelled"}:
                        return False
                    assert found["status"] == "complete", found["error"]
                    wait.discard(key)
                return True

            host.run_until(ended, _PATIENCE_S, "transfers")
            costs = list(host.frame_costs)[first:]
            frames.extend(cost.by_component.get(comp.path, 0.0) for cost in costs)
            processor.extend(cost.cpu_ms for cost in costs)

        frames: list[float] = []
        processor: list[float] = []
        through([comp.UploadText("warm", "warm")])
        frames.clear()
        processor.clear()
        with _memory(result):
            began = time.perf_counter()
            keys = [comp.Upload(each) for each in _names(count)]
            result["call_us"] = (time.perf_counter() - began) / count * 1e6
            through(keys)
            result["upload_small"] = count / (time.perf_counter() - began)
            with _timed(result, "download_small", count):
                through([comp.Download(each, str(root / "down" / name / each)) for each in _names(count)])
            include = f"{'0' * (4 - len(str(count - 1)))}*.bin"
            through([comp.SyncFolder("upload", include=include)])  # agrees
            with _timed(result, "sync_noop", count):
                through([comp.SyncFolder("upload", include=include)])
            if large:
                with _timed(result, "upload_large", LARGE_BYTES >> 20):
                    through([comp.Upload("large.bin")])
                target = root / "down" / name / "large.bin"
                with _timed(result, "download_large", LARGE_BYTES >> 20):
                    through([comp.Download("large.bin", str(target))])
                target.unlink()
        ordered = sorted(frames)
        result |= {
            "frames": len(ordered),
            "worst_frame_ms": ordered[-1],
            "p99_frame_ms": ordered[int(len(ordered) * 0.99)],
            "p50_frame_ms": ordered[len(ordered) // 2],
            "worst_frame_cpu_ms": max(processor),
        }
    return result


def _names(count: int) -> list[str]:
    return [f"{number:04}.bin" for number in range(count)]


def _bucket(host: str) -> Any:
    client = google.cloud.storage.Client(
        project="bench",
        credentials=google.auth.credentials.AnonymousCredentials(),
        client_options={"api_endpoint": f"http://{host}"},
    )
    return client.bucket(BUCKET)


@contextmanager
def _timed(result: Result, case: str, amount: float) -> Iterator[None]:
    """Notes the amount per second."""
    began = time.perf_counter()
    yield
    result[case] = amount / (time.perf_counter() - began)


@contextmanager
def _memory(result: Result) -> Iterator[None]:
    """Notes by how much the process grows inside, at its peak."""
    process = psutil.Process()
    idle = peak = process.memory_info().rss
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    result["peak_mib"] = (peak - idle) / (1 << 20)


WAYS: dict[str, Callable[[str, Path, str, int, bool], Result]] = {"ours": _ours, "plain": _plain, "loop": _loop}

if __name__ == "__main__":
    _, way_, host_, root_, name_, count_, large_ = sys.argv
    print(json.dumps(WAYS[way_](host_, Path(root_), name_, int(count_), large_ == "1")))
