"""Syncs through everything that can go wrong: broken lines, failing servers, killed processes, users who go on working.

Two sides, edited by chance, are synced again and again with options by chance. After every sync, however it ended,
each version that was on a side must still be somewhere (either side or the trash) unless a user has replaced or deleted
it. After the last one, without faults, one more sync finds nothing to do.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import layout
import tdg_gateway_storage
import tdg_work_download
import tdg_work_transfer
import tdg_work_upload
from emulators import Proxy, StorageEmulator
from emulators.storage_server.faults import Action
from soak import storage_sync_child
from tdg_core_errors import CloudError
from tdg_core_storage_settings import StorageSettings
from tdg_work_token import Token

PREFIX = "media/"
PATHS = ("a.txt", "b.txt", "d/a.bin", "d/b.bin", "d/e/c", "f", "f/g", "ä.txt", "empty")
#: Contents are at most that many bytes long, more than one part of a transfer.
_MOST_BYTES = 700_000
_SYNCS = 6
_FAULTS: tuple[Action, ...] = ("lost", "reset", "truncate", "corrupt")


def run(minutes: float) -> Iterator[str]:
    """Histories until the time is over."""
    deadline = time.monotonic() + minutes * 60
    rounds = syncs = kills = 0
    told = time.monotonic()
    with StorageEmulator() as emulator, Proxy(emulator.host) as proxy, tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < deadline:
            seed = random.randrange(1 << 32)
            try:
                world = play(seed, emulator, proxy, Path(folder) / f"{rounds}")
            except BaseException:
                yield f"seed {seed} fails; play it again with soak.storage_sync.play"
                raise
            rounds, syncs, kills = rounds + 1, syncs + world.syncs, kills + world.kills
            if time.monotonic() - told > 30:
                told = time.monotonic()
                yield f"{rounds} histories, {syncs} syncs, {kills} killed processes, nothing lost"
    yield f"{rounds} histories, {syncs} syncs, {kills} killed processes, nothing lost"


def play(seed: int, emulator: StorageEmulator, proxy: Proxy, folder: Path) -> "World":
    """One history; the same edits and options for the same seed.

    Raises:
        AssertionError: Something was lost, or the sides do not come to rest.
    """
    chance = random.Random(seed)
    bucket = f"soak-{seed}-{time.monotonic_ns()}"
    emulator.make_bucket(bucket)
    with small_parts():
        world = World(chance, emulator, proxy, bucket, folder)
        try:
            for _ in range(_SYNCS):
                for _ in range(chance.randint(1, 6)):
                    world.edit()
                world.sync_with_faults()
            world.come_to_rest()
        finally:
            world.close()
    return world


class small_parts:  # noqa: N801  used like a function
    """Large files are those above 256 KiB, and waits are short, so that a history takes a second."""

    def __enter__(self) -> None:
        self._former = (
            tdg_work_upload.SMALL, tdg_work_upload.PART, tdg_work_download.PART, tdg_work_transfer._QUICK_UNIT_S,
        )  # fmt: skip
        tdg_work_upload.SMALL = tdg_work_upload.PART = tdg_work_download.PART = 256 << 10
        tdg_work_transfer._QUICK_UNIT_S = 0.002

    def __exit__(self, *_: object) -> None:
        (
            tdg_work_upload.SMALL, tdg_work_upload.PART, tdg_work_download.PART, tdg_work_transfer._QUICK_UNIT_S,
        ) = self._former  # fmt: skip


class World:
    """Both sides, their users, and the syncs between them."""

    def __init__(
        self, chance: random.Random, emulator: StorageEmulator, proxy: Proxy, bucket: str, folder: Path
    ) -> None:
        self.syncs = 0
        self.kills = 0
        self._chance = chance
        self._emulator = emulator
        self._proxy = proxy
        self._root = folder / "assets"
        self._users = folder / "users"
        self._cache = folder / "cache"
        for each in (self._root, self._users):
            each.mkdir(parents=True)
        self._settings = StorageSettings(
            component="soak",
            emulator_host=proxy.host,
            target=bucket,
            cache_folder=str(self._cache),
            store_file=str(self._cache / "gcp-storage.db"),
        )
        outside = StorageSettings(component="outside", emulator_host=emulator.host, target=bucket)
        self._gateway = tdg_gateway_storage.open_gateway(outside)
        self._versions = 0
        #: (path, content) that a user has replaced or deleted.
        self._gone: set[tuple[str, bytes]] = set()
        #: (path, content) that a user has made.
        self._made: set[tuple[str, bytes]] = set()
        self._editing = threading.Lock()

    def close(self) -> None:
        """Lets go of the bucket."""
        self._emulator.clear_faults()
        self._proxy.restore()
        self._gateway.close()

    # Users ---------------------------------------------------------------------------------------------------------

    def edit(self, chance: random.Random | None = None) -> None:
        """One edit on either side."""
        chance = chance or self._chance
        act = chance.choice([self._write, self._write, self._delete, self._rename])
        side, path = chance.choice(["local", "remote"]), chance.choice(PATHS)
        with self._editing:
            act(side, path, chance)

    def write(self, side: str, path: str, content: bytes) -> None:
        """A user saves a file."""
        with self._editing:
            (self._write_local if side == "local" else self._write_remote)(path, content)

    def delete(self, side: str, path: str) -> None:
        """A user deletes a file."""
        with self._editing:
            self._delete(side, path, self._chance)

    def rename(self, path: str, target: str) -> None:
        """A user renames a local file."""
        with self._editing:
            self._rename_local(path, target)

    def _content(self, path: str, chance: random.Random) -> bytes:
        if path == "empty":
            return b""
        self._versions += 1
        return f"version {self._versions} of {path} ".encode() * chance.choice([1, 1, 1, 300, _MOST_BYTES // 40])

    def _write(self, side: str, path: str, chance: random.Random) -> None:
        content = self._content(path, chance)
        (self._write_local if side == "local" else self._write_remote)(path, content)

    def _write_local(self, path: str, content: bytes) -> None:
        """As editors do: a new file takes the place of the old one, whose content is known exactly."""
        target, new = self._root / path, self._users / f"new {time.monotonic_ns()}"
        new.write_bytes(content)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._take_away(path)
            new.rename(target)
        except OSError:  # a file where a folder should be, or the reverse
            return
        self._made.add((path, content))

    def _take_away(self, path: str) -> None:
        aside = self._users / f"old {self._versions} {time.monotonic_ns()}"
        try:
            (self._root / path).rename(aside)
        except (FileNotFoundError, NotADirectoryError):
            return
        if aside.is_file():
            self._gone.add((path, aside.read_bytes()))
        else:
            aside.rename(self._root / path)
            raise IsADirectoryError

    def _write_remote(self, path: str, content: bytes) -> None:
        for _ in range(20):
            info = self._gateway.stat(PREFIX + path, Token())
            former = self._read(info) if info else None
            try:
                body = self._gateway.body(len(content), lambda: (content,))
                self._gateway.insert(PREFIX + path, {}, body, info["generation"] if info else 0, Token())
            except CloudError:
                continue  # a sync was quicker
            if former is not None:
                self._gone.add((path, former))
            self._made.add((path, content))
            return

    def _delete(self, side: str, path: str, _: random.Random) -> None:
        if side == "local":
            try:
                self._take_away(path)
            except OSError:
                return
            return
        info = self._gateway.stat(PREFIX + path, Token())
        if info is not None:
            former = self._read(info)
            try:
                self._gateway.delete(PREFIX + path, info["generation"], Token())
            except CloudError:
                return
            self._gone.add((path, former))

    def _rename(self, side: str, path: str, chance: random.Random) -> None:
        target = chance.choice(PATHS)
        if side == "local" and target != path:
            self._rename_local(path, target)

    def _rename_local(self, path: str, target: str) -> None:
        try:
            content = (self._root / path).read_bytes()
            if (self._root / target).exists():
                return
            (self._root / target).parent.mkdir(parents=True, exist_ok=True)
            self._take_away(path)
            self._write_local(target, content)
        except OSError:
            return

    # What there is -------------------------------------------------------------------------------------------------

    def _read(self, info: dict[str, Any]) -> bytes:
        try:
            with self._gateway.read(info["name"], info["generation"], 0, -1, Token()) as stream:
                return b"".join(iter(lambda: stream.read(1 << 20), b""))
        except CloudError:
            return b""  # replaced meanwhile; whoever did that has noted it

    def local(self) -> dict[str, bytes]:
        """Files, without partial ones."""
        return {
            path.relative_to(self._root).as_posix(): path.read_bytes()
            for path in self._root.rglob("*")
            if path.is_file() and not path.name.endswith(".part")
        }

    def remote(self) -> dict[str, bytes]:
        """Objects."""
        files = self._gateway.page(PREFIX, "", "", Token()).files
        return {info["name"][len(PREFIX) :]: self._read(info) for info in files}

    def _exists(self) -> set[tuple[str, bytes]]:
        return {*self.local().items(), *self.remote().items()}

    def _somewhere(self) -> set[bytes]:
        trash = {path.read_bytes() for path in (self._cache / "trash").rglob("*") if path.is_file()}
        return {content for _, content in self._exists()} | trash

    # Syncs ---------------------------------------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        """Options by chance."""
        chance = self._chance
        return {
            "direction": chance.choice(["both", "both", "upload", "download"]),
            "delete_remote": chance.random() < 0.6,
            "delete_local": chance.random() < 0.6,
            "conflict_mode": chance.choice(["newest", "keepboth", "local", "remote"]),
            "max_delete": chance.choice([50, 100]),
            "force": chance.random() < 0.3,
        }

    def sync_with_faults(self) -> None:
        """A sync that is disturbed in one of many ways; nothing is lost by it."""
        disturb = self._chance.choice(
            [self._undisturbed, self._server_fails, self._line_breaks, self._users_work, self._dies, self._dies]
        )
        options = self.options()
        with self.nothing_lost(f"{disturb.__name__} with {options}"):
            disturb(options)

    @contextlib.contextmanager
    def nothing_lost(self, what: str) -> Iterator[None]:
        """What exists before, and what users make inside, is somewhere afterwards."""
        before = self._exists()
        self._made.clear()
        yield
        self._emulator.clear_faults()
        self._proxy.restore()
        somewhere = self._somewhere()
        lost = {
            (path, content[:40])
            for path, content in before | self._made
            if content and content not in somewhere and (path, content) not in self._gone
        }
        assert not lost, f"{what} lost {lost}"

    def come_to_rest(self) -> None:
        """Without faults, one sync settles everything and the next finds nothing to do."""
        options = {**self.options(), "max_delete": 100}
        first = self.sync(options)
        if "Nothing is deleted" in first["error"]:
            first = self.sync(options)
        second = self.sync(options)
        moved = {name: second["result"][name] for name in ("uploaded", "downloaded", "deleted")}
        assert not any(moved.values()), f"after {first}, {options} still does {moved}"
        if options["direction"] == "both" and not second["result"]["errors"]:
            assert self.local() == self.remote()

    def sync(self, options: dict[str, Any]) -> dict[str, Any]:
        """A sync in this process."""
        self.syncs += 1
        engine = storage_sync_child.Engine(self._settings)
        try:
            return engine.sync(PREFIX, str(self._root), options, f"sync-{self.syncs}")
        finally:
            engine.stop()

    def _undisturbed(self, options: dict[str, Any]) -> None:
        self.sync(options)

    def _server_fails(self, options: dict[str, Any]) -> None:
        chance = self._chance
        for _ in range(chance.randint(1, 3)):
            match = chance.choice(["POST /upload", "PUT /upload", "alt=media", "DELETE", "rewriteTo", "GET .*prefix="])
            times, skip = chance.randint(1, 8), chance.randint(0, 3)
            if chance.random() < 0.4:
                status = chance.choice([500, 503, 429, 403, 412])
                self._emulator.inject(match, times=times, skip=skip, status=status)
            else:
                self._emulator.inject(match, chance.choice(_FAULTS), times=times, skip=skip)
        self.sync(options)

    def _line_breaks(self, options: dict[str, Any]) -> None:
        chance, over = self._chance, threading.Event()
        seed = chance.random()

        def break_it() -> None:
            own = random.Random(seed)
            while not over.wait(own.uniform(0.01, 0.1)):
                own.choice([self._proxy.cut, self._proxy.refuse, self._proxy.restore, self._proxy.restore])()
                if own.random() < 0.3:
                    self._proxy.cut_after(own.randint(1_000, 600_000))
            self._proxy.restore()

        breaker = threading.Thread(target=break_it, daemon=True)
        breaker.start()
        mercy = threading.Timer(2.0, over.set)  # in the end the line holds
        mercy.start()
        try:
            self.sync(options)
        finally:
            mercy.cancel()
            over.set()
            breaker.join()

    def _users_work(self, options: dict[str, Any]) -> None:
        over = threading.Event()
        seed = self._chance.random()

        def work() -> None:
            own = random.Random(seed)
            for _ in range(8):
                if over.wait(own.uniform(0.0, 0.03)):
                    return
                self.edit(own)

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        try:
            self.sync(options)
        finally:
            over.set()
            worker.join()

    def _dies(self, options: dict[str, Any]) -> None:
        """The process ends at a step by chance; a new one goes on with the sync that was accepted."""
        self.kill(options, int(self._chance.expovariate(0.15)))

    def kill(self, options: dict[str, Any], die_at: int) -> bool:
        """Runs a sync in a process that dies before that step; whether it came that far."""
        self.syncs += 1
        order = {
            "settings": self._settings.as_plain(),
            "options": options,
            "folder": str(self._root),
            "prefix": PREFIX,
            "key": f"sync-{self.syncs}",
            "die_at": die_at,
        }
        paths = [str(layout.TOOLS), *map(str, layout.source_paths())]
        done = subprocess.run(
            [sys.executable, "-m", "soak.storage_sync_child", json.dumps(order)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        assert done.returncode in {0, storage_sync_child.DIED}, done.stderr[-2000:]
        died = done.returncode == storage_sync_child.DIED
        self.kills += died
        return died
