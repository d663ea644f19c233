"""What a sync costs: with nothing to do, up and down, near and far, and what the frames feel of it.

The plain way is Google's own client: `list_blobs` beside a sync with nothing to do, `transfer_manager` with as many
threads beside one that moves files. The server is the emulator on loopback, which takes about a millisecond for each
request: with small files it, not the client, is most of the time, so the figures with a round trip of 40 ms (the proxy)
say more.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage import transfer_manager

import layout
import tdg_core_storage_plan as planner
import tdg_core_storage_plan_data as data
from bench import Row
from emulators import Proxy, StorageEmulator
from headless_td import Host
from soak.storage_sync_child import Engine
from tdg_core_storage_settings import StorageSettings

FILES = 1000
FAR_FILES = 100
ROUND_TRIP_S = 0.04
STREAMS = 8
_BYTES = 16 << 10

#: Files of a large folder, for what needs no server.
_MANY = 100_000


def run() -> Iterator[Row]:
    """All rows."""
    with StorageEmulator() as emulator, Proxy(emulator.host) as proxy, tempfile.TemporaryDirectory() as folder:
        yield from _moving("", emulator.host, emulator, Path(folder) / "near", FILES)
        proxy.delay(ROUND_TRIP_S)
        yield from _moving("_40ms", proxy.host, emulator, Path(folder) / "far", FAR_FILES)
        yield from _frames(emulator, Path(folder) / "frames")
    yield _planning()


def _moving(suffix: str, host: str, emulator: StorageEmulator, folder: Path, count: int) -> Iterator[Row]:
    """Everything up, nothing to do, everything down; each beside the plain way."""
    plain = _Plain(host, emulator, f"plain{suffix.replace('_', '-')}")
    here, there = folder / "here", folder / "there"
    names = _make_files(here, count)
    (folder / "plain").mkdir()
    bucket = f"ours{suffix.replace('_', '-')}"
    emulator.make_bucket(bucket)
    with _engine(host, bucket, folder / "cache") as sync:
        up_s, plain_up_s = sync(here, "upload"), plain.upload(here, names)
        yield Row(f"storage.sync_up{suffix}", count, count / up_s, "files/s", count / plain_up_s)
        sync(here, "both")  # reads once more what was too fresh to be remembered
        emulator.clear_faults()
        noop_s = min(sync(here, "both") for _ in range(3))
        requests = len(emulator.requests()) / 3
        plain_s = min(plain.listing() for _ in range(3))
        yield Row(f"storage.sync_noop_listing{suffix}", count, noop_s * 1000, "ms", plain_s * 1000)
        yield Row(f"storage.sync_noop_requests{suffix}", count, requests, "requests")
        down_s, plain_down_s = sync(there, "download"), plain.download(folder / "plain", names)
        yield Row(f"storage.sync_down{suffix}", count, count / down_s, "files/s", count / plain_down_s)


def _make_files(folder: Path, count: int) -> list[str]:
    names = [f"{number % 10}/{number}.bin" for number in range(count)]
    then = time.time() - 60
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(_BYTES))
        os.utime(path, (then, then))
    return names


@contextlib.contextmanager
def _engine(host: str, bucket: str, cache: Path) -> Iterator[Any]:
    """A function that syncs a folder and returns how many seconds that took."""
    settings = StorageSettings(
        component="bench",
        emulator_host=host,
        target=bucket,
        max_concurrent=STREAMS,
        cache_folder=str(cache),
        store_file=str(cache / "gcp-storage.db"),
    )
    engine = Engine(settings)
    keys = iter(range(100))

    def sync(folder: Path, direction: str) -> float:
        began = time.perf_counter()
        ended = engine.sync("", str(folder), {"direction": direction}, f"sync-{next(keys)}")
        if ended["status"] != "complete":
            raise RuntimeError(f"a sync failed: {ended['error']}")
        return time.perf_counter() - began

    first = cache.parent / "first"
    first.mkdir()
    sync(first, "upload")  # connects
    yield sync
    engine.stop()


class _Plain:
    """The same with Google's client alone."""

    def __init__(self, host: str, emulator: StorageEmulator, bucket: str) -> None:
        emulator.make_bucket(bucket)
        options: dict[str, Any] = {"api_endpoint": f"http://{host}"}
        client = storage.Client("bench", credentials=AnonymousCredentials(), client_options=options)
        self._bucket = client.bucket(bucket)

    def upload(self, folder: Path, names: list[str]) -> float:
        began = time.perf_counter()
        results = transfer_manager.upload_many_from_filenames(
            self._bucket, names, str(folder), max_workers=STREAMS, worker_type=transfer_manager.THREAD
        )
        return self._checked(results, began)

    def download(self, folder: Path, names: list[str]) -> float:
        began = time.perf_counter()
        results = transfer_manager.download_many_to_path(
            self._bucket, names, str(folder), max_workers=STREAMS, worker_type=transfer_manager.THREAD
        )
        return self._checked(results, began)

    def listing(self) -> float:
        began = time.perf_counter()
        for _ in self._bucket.list_blobs():
            pass
        return time.perf_counter() - began

    def _checked(self, results: list[Any], began: float) -> float:
        took_s = time.perf_counter() - began
        failed = [result for result in results if isinstance(result, Exception)]
        if failed:
            raise RuntimeError(f"the plain way failed: {failed[0]}")
        return took_s


def _frames(emulator: StorageEmulator, folder: Path) -> Iterator[Row]:
    """The main thread's share while the built component syncs, against frames without a sync."""
    emulator.make_bucket("frames")
    with Host(folder, realtime=True) as host:
        _make_files(folder / "assets", FILES)
        comp = host.load_tox(layout.TOX / "storage.tox.dir")
        for name, value in {"Bucket": "frames", "Localpath": "assets", "Emulatorhost": emulator.host}.items():
            setattr(comp.par, name, value)
        host.frame(3)
        comp.Connect()
        host.run_until(lambda: comp.GetStatus()["state"] == "connected", 60, "connected")
        idle = _worst(host, lambda: False, 120)
        key = comp.SyncFolder("upload")
        busy = _worst(host, lambda: (comp.GetTransfer(key) or {})["status"] in {"complete", "failed"}, 60 * 120)
        yield Row("storage.sync_worst_main_thread_ms", FILES, busy, "ms", idle)


def _worst(host: Host, done: Any, frames: int) -> float:
    """The most processor time of the main thread in one of that many frames, in milliseconds."""
    worst = 0.0
    for _ in range(frames):
        host.frame()
        worst = max(worst, host.frame_costs[-1].cpu_ms)
        if done():
            break
    return worst


def _planning() -> Row:
    """A plan for a hundred thousand files of which nothing has changed."""
    digest = "crc32c:AAAAAA=="
    names = [f"{number % 100}/{number}" for number in range(_MANY)]
    local = data.LocalTree({name: data.LocalFile(1, 1, (digest,)) for name in names})
    remote = data.RemoteTree({name: data.RemoteFile(1, 1, digest, 1) for name in names})
    agreed = {name: data.Agreed(1, digest, 1) for name in names}
    began = time.perf_counter()
    planner.make_plan(local, remote, agreed, data.Options())
    return Row("storage.sync_plan_100k", _MANY, (time.perf_counter() - began) * 1000, "ms")
