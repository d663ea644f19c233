"""A child process that accepts writes until it is killed; run again and again on the same project folder.

    python -m soak._firestore_crash TOX FOLDER HOST DATABASE NAME SEED

It prints what `_firestore_writes.Writer` notes, each line before the next step is taken. With `-` as NAME it writes
nothing, sends what is queued and ends.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import layout
from headless_td import Host
from soak import _firestore_writes as firestore_writes

#: Name that only flushes.
FLUSH = "-"

_PATIENCE_S = 60.0


def main(arguments: list[str]) -> int:
    """The child."""
    tox, folder, emulator_host, database, name, seed = arguments
    with Host(Path(folder)) as host:
        comp = firestore_writes.open_component(host, Path(tox), emulator_host, database)
        if name == FLUSH:
            flush(host, comp)
            return 0
        writer = firestore_writes.Writer(comp, name, _note, int(seed))
        while True:
            for _ in range(3):
                writer.write()
            host.frame()
            time.sleep(0.002)


def flush(host: Any, comp: Any) -> None:
    """Runs frames until nothing is queued."""
    comp.ext.WriteQueueExt.Init("")
    host.run_until(lambda: comp.GetStatus()["state"] == "connected", _PATIENCE_S, "connected")
    host.frame(10)  # what the engine found in the queue arrives
    host.run_until(lambda: comp.GetStatus()["queue_depth"] == "0", _PATIENCE_S, "the queue empty")


def _note(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # unbuffered: what was accepted is known even of a killed process


def crash(tox: Path, folder: Path, emulator_host: str, database: str, name: str, seed: int) -> list[str]:
    """Starts a child and kills it at a random moment; what it noted."""
    chance = random.Random(seed)
    child = subprocess.Popen(
        _command(tox, folder, emulator_host, database, name, seed), stdout=subprocess.PIPE, env=_environment()
    )
    assert child.stdout is not None
    notes: list[str] = []
    begun = threading.Event()

    def read(lines: Any = child.stdout, take: Callable[[str], None] = notes.append) -> None:
        for line in lines:
            take(line.decode().strip())
            begun.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    if begun.wait(_PATIENCE_S):
        time.sleep(chance.expovariate(2.0))
    child.kill()
    child.wait()
    reader.join()
    child.stdout.close()
    return [note for note in notes if len(note.split()) == 3]


def send_rest(tox: Path, folder: Path, emulator_host: str, database: str) -> None:
    """A last child that sends what the killed ones have left.

    Raises:
        subprocess.CalledProcessError: It could not.
    """
    subprocess.run(
        _command(tox, folder, emulator_host, database, FLUSH, 0),
        check=True,
        env=_environment(),
        timeout=2 * _PATIENCE_S,
    )


def _command(tox: Path, folder: Path, emulator_host: str, database: str, name: str, seed: int) -> list[str]:
    arguments = [tox, folder, emulator_host, database, name, seed]
    return [sys.executable, "-m", "soak._firestore_crash", *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(layout.TOOLS)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
