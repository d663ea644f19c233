"""Both sides of the bridge killed at random moments, a hundred rounds: the engine's process, its host, or both.

A round is the life of one host with both components. Whatever is killed in it: every accepted write must reach the
database once and in order, every accepted transfer must be carried out, no file may ever be half there, and no process
may be left.
"""

import hashlib
import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

import layout
import project_environment
from emulators import FirestoreEmulator, Proxy, StorageEmulator
from soak import _engine_host, _firestore_writes, storage

#: Rounds of a whole run; each project folder sees some, and is then examined.
ROUNDS = 100
ROUNDS_PER_PROJECT = 10

#: Who is killed while the host lives, once or several times; the host is killed at the end of each round in any case.
_VICTIMS = (("engine",), (), ("engine", "engine"), ("both",))

_PATIENCE_S = 60.0

#: Longest time between two kills.
_LONGEST_S = 4.0


def run(minutes: float) -> Iterator[str]:
    """Lines about the progress; ends after `ROUNDS`, or when the time is over.

    Raises:
        AssertionError: A promise was broken; says which, and the seed of the project.
    """
    until, rounds = time.monotonic() + minutes * 60, 0
    with FirestoreEmulator() as documents, StorageEmulator() as files:
        while rounds < ROUNDS and time.monotonic() < until:
            seed = random.randrange(1 << 30)
            with tempfile.TemporaryDirectory() as folder:
                told = play(layout.TOX, Path(folder), files, documents, seed, rounds=ROUNDS_PER_PROJECT)
            rounds += ROUNDS_PER_PROJECT
            yield f"{rounds} rounds, seed {seed}: {told}"


def play(
    tox: Path, folder: Path, files: StorageEmulator, documents: FirestoreEmulator, seed: int, *, rounds: int
) -> str:
    """Some rounds on a project folder, a bucket and a database of its own; what happened, in words.

    Args:
        tox: Holds the built components.
        folder: Empty.
        seed: Of everything that is left to chance, but for the moments at which the system does it.

    Raises:
        AssertionError: A promise was broken.
    """
    chance, name, what = random.Random(seed), f"engine-{uuid.uuid4().hex[:12]}", f"seed {seed}"
    files.make_bucket(name)
    bucket, server = storage.Bucket(files.host, name), _firestore_writes.Server(documents.host, name)
    try:
        for number in range(storage.SEEDS):
            bucket.put(f"seed-{number}", storage.seed_content(number))
            for round_ in range(rounds):
                bucket.put(f"doomed-r{round_}-{number}", b"doomed")
        project_environment.link(folder)
        notes, kills = list[str](), {"engine": 0, "host": 0}
        with Proxy(files.host) as files_network, Proxy(documents.host) as documents_network:
            for number in range(rounds):
                files_network.throttle(chance.randrange(1_000_000, 20_000_000))
                documents_network.delay(chance.choice((0.0, 0.0, 0.05, 0.2)))
                victims = _VICTIMS[number % len(_VICTIMS)]
                with _engine_host.Child(
                    tox, folder, files_network.host, documents_network.host, name, f"r{number}", seed + number
                ) as child:
                    _upset(child, victims, chance, kills)
                notes += child.notes
                _no_half_file(folder, notes, what)
                if chance.random() < 0.5:  # else the next host starts while the engine of this one may still end
                    _nobody_left(folder, what)
        with _engine_host.Child(tox, folder, files.host, documents.host, name, _engine_host.FINISH, 0) as child:
            child.finish(what)
        _nobody_left(folder, what)
        problems = _firestore_writes.problems([note for note in notes if len(note.split()) == 3], server)
        assert not problems, f"{what}: {problems}"
        storage.check(bucket, folder, _transfers(notes), what)
    finally:
        bucket.close()
        server.close()
    accepted = [note for note in notes if note.startswith("ok ")]
    transfers = [note for note in _transfers(accepted) if note]
    return (
        f"killed {kills['engine']} engines and {kills['host']} hosts; {len(accepted) - len(transfers)} writes and "
        f"{len(transfers)} transfers accepted, all there, once and whole; nobody left"
    )


def engines(project: Path) -> list[psutil.Process]:
    """The engine processes of a project that run, whoever's they are."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = process.cmdline()
            ours = "tdg_engine_main" in command and any(str(project) in word for word in command)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _upset(child: _engine_host.Child, victims: tuple[str, ...], chance: random.Random, kills: dict[str, int]) -> None:
    """Kills at random moments, the host last."""
    child.wait_begun()
    for victim in victims:
        time.sleep(min(chance.expovariate(1.0), _LONGEST_S))
        engine = child.engine()
        if victim == "both":
            child.kill()
        engine.kill()
        kills["engine"] += 1
    time.sleep(min(chance.expovariate(1.0), _LONGEST_S))
    child.kill()
    kills["host"] += 1


def _no_half_file(folder: Path, notes: list[str], what: str) -> None:
    """Whatever has its final name is whole, at any moment."""
    allowed = {tuple(note.split()[2:]) for note in _transfers(notes) if note.startswith("try download")}
    for path in (folder / "assets").glob("*-down-*"):
        if not path.name.startswith(".tdg-"):
            mark = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            assert (path.name, mark) in allowed, f"{what}: {path.name} is not whole"


def _nobody_left(folder: Path, what: str) -> None:
    """A process whose host is gone ends by itself."""
    deadline = time.monotonic() + _PATIENCE_S
    while left := engines(folder):
        assert time.monotonic() < deadline, f"{what}: left over: {left}"
        time.sleep(0.05)


def _transfers(notes: list[str]) -> list[str]:
    return [note for note in notes if len(note.split()) == 4]
