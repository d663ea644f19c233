"""A host with both components, their engine in a process, that asks for writes and transfers until it is killed.

    python -m soak._engine_host TOX FOLDER STORAGE FIRESTORE NAME PART SEED

NAME is that of bucket and database, PART begins the names of what it asks for. It prints a line before each call and
one after it has returned. With `-` as PART it asks for nothing, finishes what is queued and ends.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

import layout
from headless_td import Host
from soak import _firestore_crash, _firestore_writes, storage

FINISH = "-"

_PATIENCE_S = 120.0


class Child:
    """Such a host as its killer sees it; a context manager."""

    def __init__(self, tox: Path, folder: Path, files: str, documents: str, name: str, part: str, seed: int) -> None:
        self.notes: list[str] = []
        self._begun = threading.Event()
        arguments = map(str, (tox, folder, files, documents, name, part, seed))
        command = [sys.executable, "-m", "soak._engine_host", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(layout.TOOLS)}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait_begun(self) -> None:
        """Waits until it has asked for something."""
        assert self._begun.wait(_PATIENCE_S), "the host asked for nothing"

    def engine(self) -> psutil.Process:
        """The engine's process, when there is one (again)."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            for process in psutil.Process(self._process.pid).children():
                try:
                    if "tdg_engine_main" in process.cmdline():
                        return process
                except psutil.Error:
                    continue
            assert time.monotonic() < deadline, "the host has no engine in a process"
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends it as a power cut of its program would; everything it said is in `notes` then."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def finish(self, what: str) -> None:
        """Waits until it has finished by itself.

        Raises:
            AssertionError: It could not.
        """
        code = self._process.wait(3 * _PATIENCE_S)
        assert code == 0, f"{what}: what was queued could not be finished"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode()
            if text.endswith("\n"):  # the last one may be cut
                self.notes.append(text.strip())
                self._begun.set()


def main(arguments: list[str]) -> None:
    """The child."""
    tox, folder, files, documents, name, part, seed = arguments
    with Host(Path(folder)) as host:
        firestore = _firestore_writes.open_component(host, Path(tox), documents, name, Engine="process")
        comp = host.load_tox(Path(tox) / "storage.tox.dir")
        given = {"Engine": "process", "Bucket": name, "Localpath": "assets", "Maxconcurrent": 4, "Emulatorhost": files}
        for parameter, value in {**given, "Backoffbase": 0.1, "Backoffmax": 1.0, "Circuittimeout": 0.5}.items():
            setattr(comp.par, parameter, value)
        host.frame(3)
        if part == FINISH:
            _firestore_crash.flush(host, firestore)
            storage.finish(host, comp)
            return
        writer = _firestore_writes.Writer(firestore, part, _note, int(seed))
        actor = storage.Actor(comp, Path(folder) / "assets", part, int(seed))
        while True:
            for _ in range(3):
                writer.write()
                host.frame(2)
                time.sleep(0.01)
            actor.act()


def _note(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # unbuffered: what was accepted is known even of a killed process


if __name__ == "__main__":
    main(sys.argv[1:])
