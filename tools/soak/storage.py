"""Transfers under faults: a child accepts them and is killed, again and again, while network and server misbehave.

    python -m soak.storage TOX FOLDER HOST BUCKET NAME SEED

The child prints a line before each call and one after it has returned, so that the parent knows what was accepted even
of a killed process. With `-` as NAME it asks for nothing, finishes what is queued and ends. In the end every accepted
upload must be in the bucket with its content, stored once; every accepted download on disk, whole; every accepted
deletion done; and no partial file and no queued transfer left.
"""

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import build
import layout
from emulators import Proxy, StorageEmulator
from headless_td import Host

sys.path[:0] = [str(path) for path in layout.source_paths() if str(path) not in sys.path]

import tdg_core_storage_settings  # noqa: E402
import tdg_gateway_storage  # noqa: E402
import tdg_work_token  # noqa: E402

#: Name that only finishes.
FLUSH = "-"

#: Objects that are there from the beginning, for downloads.
SEEDS = 12

_PATIENCE_S = 120.0

#: What is changed in the children's modules, so that more happens in a minute: smaller parts, less patience.
_HASTE = (
    ("tdg_work_upload", "SMALL = 8 << 20", "SMALL = 512 << 10"),
    ("tdg_work_upload", "PART = 128 << 20", "PART = 1 << 20"),
    ("tdg_work_download", "PART = 16 << 20", "PART = 512 << 10"),
    ("tdg_gateway_http", "_TIMEOUT_S = 30.0", "_TIMEOUT_S = 2.0"),
)

#: Sizes of uploads; sessions begin at 512 KiB here.
_SIZES = (0, 10, 3_000, 70_000, 300_000, 700_000, 2_500_000)

_SERVER_FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "status", "status": 503},
    {"action": "status", "status": 500},
    {"action": "status", "status": 429, "retry_after_s": 1},
    {"action": "reset"},
    {"action": "lost"},
    {"action": "truncate"},
    {"action": "corrupt"},
    {"action": "delay", "delay_s": 0.3},
)


def run(minutes: float) -> Iterator[str]:
    """Rounds of three crashes and a check, until the time is over.

    Raises:
        AssertionError: A promise was broken; says which, and the seed of the round.
    """
    deadline = time.monotonic() + minutes * 60
    with tempfile.TemporaryDirectory() as folder, StorageEmulator() as server:
        build.write(build.make(layout.ROOT), Path(folder) / "tox")
        number = 0
        while number == 0 or time.monotonic() < deadline:
            seed = random.randrange(1 << 30)
            yield f"round {number}, seed {seed}: {play(Path(folder), server, f'round{number}', seed, crashes=3)}"
            number += 1


def play(root: Path, server: StorageEmulator, name: str, seed: int, *, crashes: int) -> str:
    """One round on a bucket and a project folder of its own; what it did, in words.

    Args:
        root: Holds the built components in `tox`.
        server: With faults of ours, which are taken away at the end.
        name: Of bucket and folder.
        seed: Of everything that is left to chance.
        crashes: How many children are killed.

    Raises:
        AssertionError: A promise was broken.
    """
    chance = random.Random(seed)
    server.make_bucket(name)
    server.clear_faults()
    bucket = Bucket(server.host, name)
    for number in range(SEEDS):
        bucket.put(f"seed-{number}", seed_content(number))
        for crash in range(crashes):
            bucket.put(f"doomed-{crash}-{number}", b"doomed")
    notes: list[str] = []
    with Proxy(server.host) as network:
        with _faults(server, network, chance):
            for crash in range(crashes):
                notes += _crash(root, name, network.host, f"{crash}", chance)
        network.restore()
        server.clear_faults()
        child = _start(root, name, network.host, FLUSH, 0)
        output, _ = child.communicate(timeout=_PATIENCE_S)
        assert child.returncode == 0, f"seed {seed}: the queue was not finished: {output!r}"
    try:
        check(bucket, root / name, notes, f"seed {seed}")
    finally:
        bucket.close()
    accepted = [note.split()[1] for note in notes if note.startswith("ok ")]
    kinds = {kind: accepted.count(kind) for kind in sorted(set(accepted))}
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "killed before anything was accepted"


class Bucket:
    """The bucket, past component and proxy."""

    def __init__(self, host: str, name: str) -> None:
        settings = tdg_core_storage_settings.StorageSettings(component="soak", emulator_host=host, target=name)
        self._gateway = tdg_gateway_storage.open_gateway(settings)

    def put(self, name: str, content: bytes) -> None:
        body = self._gateway.body(len(content), lambda: (content,))
        self._gateway.insert(name, {}, body, 0, tdg_work_token.Token())

    def get(self, name: str) -> bytes | None:
        token = tdg_work_token.Token()
        if self._gateway.stat(name, token) is None:
            return None
        with self._gateway.read(name, 0, 0, -1, token) as stream:
            return b"".join(iter(lambda: stream.read(1 << 20), b""))

    def close(self) -> None:
        self._gateway.close()


@contextmanager
def _faults(server: StorageEmulator, network: Proxy, chance: random.Random) -> Iterator[None]:
    """Something goes wrong every few hundred milliseconds."""
    over = threading.Event()
    seed = chance.randrange(1 << 30)

    def misbehave() -> None:
        own = random.Random(seed)
        while not over.wait(own.expovariate(4)):
            kind = own.choice(("cut", "cut after", "refuse", "black hole", "slow", "server", "server", "server"))
            if kind == "cut":
                network.cut()
            elif kind == "cut after":
                network.cut_after(own.randrange(1 << 20))
            elif kind == "server":
                server.inject("/(upload|storage)/", **own.choice(_SERVER_FAULTS), skip=own.randrange(4))
            else:
                {"refuse": network.refuse, "black hole": network.black_hole}.get(
                    kind, lambda: network.throttle(own.randrange(200_000, 5_000_000))
                )()
                over.wait(own.expovariate(2))
                network.restore()

    thread = threading.Thread(target=misbehave)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def check(bucket: Bucket, folder: Path, notes: list[str], what: str) -> None:
    """Compares what was accepted with what is there."""
    tried: dict[str, list[str]] = {}
    accepted: dict[str, list[str]] = {}
    for note in notes:
        word, kind, name, mark = note.split()
        {"try": tried, "ok": accepted}[word].setdefault(f"{kind} {name}", []).append(mark)
    for key, marks in accepted.items():
        kind, name = key.split()
        # A call that a kill cut off before it returned may have been accepted or not.
        allowed = {marks[-1], *tried[key][tried[key].index(marks[-1]) :]}
        if kind == "upload":
            assert mark_of(bucket.get(name)) in allowed, f"{what}: {name} is not in the bucket as it was accepted"
        elif kind == "download":
            path = folder / "assets" / name
            found = mark_of(path.read_bytes() if path.exists() else None)
            assert found in allowed, f"{what}: {name} is not on disk as it was accepted"
        else:
            assert bucket.get(name) is None, f"{what}: {name} is still there"
    left = [path for path in folder.rglob("*") if path.name.startswith(".tdg-") or "-spool/" in path.as_posix()]
    assert not left, f"{what}: left over: {left}"


def mark_of(content: bytes | None) -> str:
    return "none" if content is None else hashlib.sha256(content).hexdigest()[:16]


def seed_content(number: int) -> bytes:
    return _content(f"seed-{number}", _SIZES[number % len(_SIZES)])


def _content(name: str, size: int) -> bytes:
    return random.Random(name).randbytes(size)


# Children -------------------------------------------------------------------------------------------------------------


def _crash(root: Path, name: str, host: str, child_name: str, chance: random.Random) -> list[str]:
    """Starts a child and kills it at a random moment; what it noted."""
    child = _start(root, name, host, child_name, chance.randrange(1 << 30))
    assert child.stdout is not None
    notes: list[str] = []
    begun = threading.Event()
    output = child.stdout

    def read() -> None:
        for line in output:
            notes.append(line.decode().strip())
            begun.set()
        begun.set()  # it has ended by itself

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    if begun.wait(_PATIENCE_S):
        time.sleep(min(chance.expovariate(0.7), 6.0) if reader.is_alive() else 0.0)
    ended = child.poll()
    child.kill()
    child.wait()
    reader.join()
    output.close()
    assert ended is None, f"the child {child_name} ended by itself with {ended}"
    return [note for note in notes if len(note.split()) == 4]


def _start(root: Path, name: str, host: str, child_name: str, seed: int) -> "subprocess.Popen[bytes]":
    arguments = [root / "tox/storage.tox.dir", root / name, host, name, child_name, seed]
    command = [sys.executable, "-m", "soak.storage", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(layout.TOOLS)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def _child(tox: str, folder: str, host_name: str, bucket: str, name: str, seed: int) -> None:
    with Host(Path(folder)) as host:
        comp = host.load_tox(Path(tox))
        for module, old, new in _HASTE:
            dat = comp.op(f"local/modules/{module}")
            assert old in dat.text, f"{module} has no {old!r}"
            dat.text = dat.text.replace(old, new)
        given = {"Bucket": bucket, "Localpath": "assets", "Maxconcurrent": 4, "Emulatorhost": host_name}
        for parameter, value in {**given, "Backoffbase": 0.1, "Backoffmax": 1.0, "Circuittimeout": 0.5}.items():
            setattr(comp.par, parameter, value)
        comp.Connect()
        if name == FLUSH:
            finish(host, comp)
            return
        actor = Actor(comp, Path(folder) / "assets", name, seed)
        while True:
            actor.act()
            host.frame(3)
            time.sleep(0.01)


def finish(host: Any, comp: Any) -> None:
    """Runs frames until nothing is queued."""
    host.run_until(lambda: comp.GetStatus()["state"] == "connected", _PATIENCE_S, "connected")
    table = comp.op("transfers")
    host.frame(20)  # what was left from before arrives
    ended = {"complete", "failed", "cancelled"}

    def quiet() -> bool:
        return all(table[row, "status"].val in ended for row in range(1, table.numRows))

    host.run_until(quiet, _PATIENCE_S, "the queue empty")
    failed = [table[row, "error"].val for row in range(1, table.numRows) if table[row, "status"].val != "complete"]
    assert not failed, failed


class Actor:
    """Asks for random transfers and notes them."""

    def __init__(self, comp: Any, folder: Path, name: str, seed: int) -> None:
        self._comp = comp
        self._folder = folder
        self._name = name
        self._chance = random.Random(seed)
        self._number = 0
        self._doomed = list(range(SEEDS))
        folder.mkdir(parents=True, exist_ok=True)

    def act(self) -> None:
        """One call."""
        self._number += 1
        {
            "new": lambda: self._upload(f"{self._name}-{self._number}"),
            "again": lambda: self._upload("latest"),
            "data": self._data,
            "download": self._download,
            "delete": self._delete,
        }[self._chance.choice(("new", "new", "again", "data", "download", "delete"))]()

    def _upload(self, name: str) -> None:
        # Each call has a file of its own: one that is still queued must not change.
        path = self._folder / f"{self._name}-{self._number}.bin"
        content = _content(f"{self._name} {self._number}", self._chance.choice(_SIZES))
        path.write_bytes(content)
        self._call("upload", name, mark_of(content), lambda: self._comp.Upload(path.name, name))

    def _data(self) -> None:
        name, content = f"{self._name}-data-{self._number}", _content(f"data {self._number}", 2_000)
        self._call("upload", name, mark_of(content), lambda: self._comp.UploadBytes(content, name))

    def _download(self) -> None:
        seed = self._chance.randrange(SEEDS)
        name = f"{self._name}-down-{self._number}"
        self._call("download", name, mark_of(seed_content(seed)), lambda: self._comp.Download(f"seed-{seed}", name))

    def _delete(self) -> None:
        if self._doomed:
            name = f"doomed-{self._name}-{self._doomed.pop()}"
            self._call("delete", name, "gone", lambda: self._comp.Delete(name))

    def _call(self, kind: str, name: str, mark: str, call: Any) -> None:
        self._note(f"try {kind} {name} {mark}")
        assert call(), self._comp.GetLogs("ERROR")
        self._note(f"ok {kind} {name} {mark}")

    def _note(self, line: str) -> None:
        os.write(1, f"{line}\n".encode())  # unbuffered: what was accepted is known even of a killed process


if __name__ == "__main__":
    _, tox_, folder_, host_, bucket_, name_, seed_ = sys.argv
    _child(tox_, folder_, host_, bucket_, name_, int(seed_))
