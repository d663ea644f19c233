"""The engine process: plain Python that runs components' engines beside the host, and ends with it.

Thread: worker only; there is no TouchDesigner in this process.

Started by `tdg_bridge_child` with the secret on standard input. It listens on loopback, tells the port on standard
output, and runs a session for each component that connects. It ends when standard input closes or its parent is gone,
or when no session has been there for `LINGER_S`.
"""

import contextlib
import ctypes
import faulthandler
import importlib
import json
import os
import platform
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

import tdg_bridge_wire
import tdg_core_messages
import tdg_engine_session

#: Seconds without a session after which the process ends. A component that is made anew comes back at once.
LINGER_S = 5.0

#: How long the engines may take to end when the host is gone. Less would be as safe, since every promise is on disk.
_GRACE_S = 3.0

#: How often the surroundings are looked at.
_LOOK_S = 0.5

_HELLO_S = 10.0
_BACKLOG = 8

_MOST_LOG_BYTES = 256 << 10
_KEPT_LOG_BYTES = 64 << 10

#: How much less urgent than the host this process is (POSIX; Windows is told when it starts it).
_NICE = 5

_SYNCHRONIZE = 0x00100000


class Process:
    """The process's state: who is connected, and whether it is over.

    Args:
        greeting: What the host said on standard input: `secret` (hex), `log` (its file), `host` (process id) and
            `temporary` (a folder to remove at the end, or empty).
    """

    def __init__(self, greeting: dict[str, Any]) -> None:
        self._secret = bytes.fromhex(greeting["secret"])
        self._temporary = str(greeting["temporary"])
        self._host = _Host(int(greeting["host"]))
        self._lock = threading.Lock()
        self._sessions: set[tdg_engine_session.Session] = set()
        self._connections = 0
        self._idle_since = time.monotonic()
        #: Name -> digest of every module that a session may have loaded.
        self._modules: dict[str, str] = {}
        self._over = threading.Event()

    def run(self, log: "Log") -> None:
        """Serves until it is over."""
        with socket.create_server((tdg_bridge_wire.HOST, 0), backlog=_BACKLOG) as listener:
            signal.signal(signal.SIGTERM, lambda *_: self._over.set())
            threading.Thread(target=self._accept, args=(listener,), name="accept", daemon=True).start()
            threading.Thread(target=self._watch_input, name="input", daemon=True).start()
            ready = {"port": listener.getsockname()[1], "pid": os.getpid()}
            log.take_over(json.dumps(ready).encode() + b"\n")
            log.line(f"process {os.getpid()}, {_python()}, of host {self._host.pid}")
            while not self._over.wait(_LOOK_S):
                log.cut()
                if self._host.is_gone() or self._is_idle():
                    break
        self._end(log)

    def _is_idle(self) -> bool:
        with self._lock:
            return not self._connections and time.monotonic() - self._idle_since > LINGER_S

    def _watch_input(self) -> None:
        """Standard input stays open for as long as the host lives, and closes however it dies."""
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        self._over.set()

    def _end(self, log: "Log") -> None:
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.end()
        deadline = time.monotonic() + _GRACE_S
        while self._sessions and time.monotonic() < deadline:
            time.sleep(_LOOK_S / 50)
        log.line("ended" if not self._sessions else "ended while engines were still at work")
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with self._lock:
                    self._connections += 1
                threading.Thread(target=self._join, args=(connection,), name="session", daemon=True).start()

    def _join(self, connection: socket.socket) -> None:
        """A connection from its first byte to its last."""
        try:
            with connection:
                connection.settimeout(_HELLO_S)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                tdg_bridge_wire.prove_as_engine(connection, self._secret)
                connection.settimeout(None)
                with cast(BinaryIO, connection.makefile("rb", tdg_bridge_wire.WINDOW)) as stream:
                    self._serve(connection, stream)
        except (OSError, tdg_bridge_wire.WireError):
            return  # who cannot prove anything is not answered
        finally:
            with self._lock:
                self._connections -= 1
                self._idle_since = time.monotonic()

    def _serve(self, connection: socket.socket, stream: BinaryIO) -> None:
        found = tdg_bridge_wire.read(stream)
        if not isinstance(found, tdg_bridge_wire.Control) or found[0] != tdg_bridge_wire.OPEN:
            return
        opening: dict[str, Any] = found[1]
        refusal = self._admit(opening)
        if refusal:
            connection.sendall(tdg_bridge_wire.control(tdg_bridge_wire.REFUSED, refusal))
            return
        connection.sendall(tdg_bridge_wire.control(tdg_bridge_wire.OPENED, os.getpid(), _python()))
        session = tdg_engine_session.Session(connection, stream, opening)
        with self._lock:
            self._sessions.add(session)
        try:
            session.run()
        finally:
            with self._lock:
                self._sessions.discard(session)

    def _admit(self, opening: dict[str, Any]) -> str:
        """Makes room for a component's modules.

        Returns:
            Why it cannot run here, for people; empty if it can. The host looks at the same before it asks.
        """
        ends = (opening["protocol"], opening["schema"])
        here = (tdg_bridge_wire.PROTOCOL, tdg_core_messages.SCHEMA)
        with self._lock:
            other = [name for name, digest in opening["modules"].items() if self._modules.get(name, digest) != digest]
            if ends == here and not other:
                self._modules |= opening["modules"]
                if opening["code"] not in sys.path:
                    sys.path.insert(1, opening["code"])
                    importlib.invalidate_caches()
                return ""
        return (
            f"the engine's process {os.getpid()} is of another version than the component; use the same version of all "
            "components"
        )


class Log:
    """Everything the process and its libraries print, in a file that does not grow for ever.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def take_over(self, last: bytes) -> None:
        """Says `last` on the standard output of before; from here on standard output and error are the file."""
        # Opened here and not inherited, so that every write goes to the end, also after `cut`, also on Windows.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(1, last)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.close(descriptor)
        faulthandler.enable(2)
        sys.excepthook = lambda kind, _, place: self._exception(kind, place)
        threading.excepthook = lambda told: self._exception(told.exc_type, told.exc_traceback)

    def line(self, text: str) -> None:
        """A line of our own."""
        with contextlib.suppress(OSError):
            os.write(2, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n".encode())

    def cut(self) -> None:
        """Lets go of the beginning when it has become too long."""
        with contextlib.suppress(OSError):
            if self._path.stat().st_size <= _MOST_LOG_BYTES:
                return
            with self._path.open("r+b") as file:
                file.seek(-_KEPT_LOG_BYTES, os.SEEK_END)
                tail = file.read()
                file.seek(0)
                file.write(tail)
                file.truncate()

    def _exception(self, kind: type[BaseException], place: TracebackType | None) -> None:
        """Type and place of a defect; never its text, which may hold a secret."""
        frames = traceback.extract_tb(place)
        where = f" in {frames[-1].name}, {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        self.line(f"{kind.__name__}{where} on thread {threading.current_thread().name}: a defect")


class _Host:
    """The process that has started this one.

    Standard input says first that it is gone. This is for hosts whose pipe somebody else has inherited.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._parent = os.getppid()
        self._handle = 0
        if sys.platform == "win32":
            self._handle = ctypes.windll.kernel32.OpenProcess(_SYNCHRONIZE, False, pid)

    def is_gone(self) -> bool:
        if sys.platform == "win32":
            return bool(self._handle) and ctypes.windll.kernel32.WaitForSingleObject(self._handle, 0) == 0
        return os.getppid() != self._parent


def _python() -> str:
    return f"Python {platform.python_version()}"


def _yield_to_host() -> None:
    """Less urgent than the host, whatever the host's own urgency is. On Windows the host has seen to it."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    if sys.platform != "win32":
        os.nice(_NICE)


def main() -> None:
    """Runs the process to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's
    greeting = json.loads(sys.stdin.buffer.readline())
    _yield_to_host()
    code = 1
    try:
        Process(greeting).run(Log(greeting["log"]))
        code = 0
    except Exception:
        traceback.print_exc()
    # Not by returning: threads of Google's libraries may hang while an interpreter takes itself apart.
    os._exit(code)


if __name__ == "__main__":
    main()
