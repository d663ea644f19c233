"""The engine's process as the host sees it: started when a component needs it, shared by the project's components.

Thread: worker only.

The host knows its processes by a list on `sys`, so an extension that was made anew finds the one that runs, and neither
another TouchDesigner nor a copy of the project can: nothing on disk says where a process listens or what its secret is.
A process listens on loopback only and ends by itself: when its standard input closes (the host is gone, however it
went), or when no component has used it for some seconds.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import tdg_bridge_slot
import tdg_bridge_wire
import tdg_core_installer
import tdg_disk_code

#: The module that the process runs.
MAIN = "tdg_engine_main"

#: So long a process may take until it listens; a virus scanner can hold a first start up.
START_S = 60.0
_CONNECT_S = 10.0

#: How long to wait for the exit code of a process whose connection has broken.
_EXIT_S = 3.0

_TAIL_BYTES = 4096
_TAIL_LINES = 3
_MAX_LINE = 300

#: A process is started with the interpreter's own settings and path, whatever TouchDesigner or a user has set.
_START = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module(sys.argv[2], run_name='__main__')"

# Never in the way of a frame: no window, and less urgent than the host.
if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
else:
    _FLAGS = 0

Tell = Callable[[str, str], None]


class UnavailableError(Exception):
    """The process cannot be had; the text says why and what to do, for people."""


@dataclass(frozen=True)
class Link:
    """A connection to a process that has been proved to be ours.

    Attributes:
        socket: Open, without a time-out.
        record: What is known of the process; see `_launch`.
        code: Folder of the component's modules, and their digests.
        modules: See `code`.
    """

    socket: socket.socket
    record: dict[str, Any]
    code: str
    modules: dict[str, str]


def link(place: Any, tell: Tell) -> Link:
    """A connection to the project's process, which is started unless it runs.

    Args:
        place: As `tdg_bridge_process.Place`.
        tell: Gets level and text of what the user should know.

    Raises:
        UnavailableError: There can be none.
    """
    slot = tdg_bridge_slot.slot("engine processes")
    modules = tdg_disk_code.digests(place.texts)
    with slot.setdefault("lock", threading.Lock()):
        records = slot["records"] = [record for record in slot.get("records", ()) if not record["exited"].is_set()]
        for record in records:
            if _is_ours(record, place) and _fits(record, modules, tell):
                code, _ = _code(place, record["temporary"])
                connection = _connected(record)
                if connection is not None:
                    record["modules"].update(modules)
                    return Link(connection, record, code, modules)
        code, temporary = _code(place, "")
        record = _launch(place, code, temporary)
        connection = _connected(record)
        if connection is None:
            kill(record)
            raise UnavailableError(
                "the process runs but cannot be reached on loopback; allow Python to be reached from this computer in "
                f"firewall and virus scanner{_words(record)}"
            )
        records.append(record)
        record["modules"].update(modules)
        return Link(connection, record, code, modules)


def obituary(record: dict[str, Any]) -> str:
    """Why the connection to a process broke, for people."""
    if not record["exited"].wait(_EXIT_S):
        return f"the connection to its process {record['pid']} broke"
    return f"its process {record['pid']} ended {_how(record['process'].returncode)}{_words(record)}"


def kill(record: dict[str, Any]) -> None:
    """Ends a process that does not react any more."""
    with contextlib.suppress(OSError):
        record["process"].kill()


def _is_ours(record: dict[str, Any], place: Any) -> bool:
    return bool(record["project"] == place.project and record["python"] == place.python)


def _fits(record: dict[str, Any], modules: dict[str, str], tell: Tell) -> bool:
    """Whether a process can run these modules beside those that it has: one name, one text."""
    others = sorted(name for name, digest in modules.items() if record["modules"].get(name, digest) != digest)
    if others:
        tell(
            "WARNING",
            f"The engine's process {record['pid']} runs another version of this suite ({others[0]} and "
            f"{len(others) - 1} more modules differ), so this component gets a process of its own. Use the same "
            "version of all components to share one.",
        )
    return not others


def _code(place: Any, temporary: str) -> tuple[str, str]:
    """The folder with the component's modules; and the temporary one that it lies in, if it does."""
    if place.folder:
        with contextlib.suppress(OSError):
            code = tdg_disk_code.install(Path(place.folder), place.texts)
            tdg_disk_code.tidy(Path(place.folder))
            return str(code), ""
    try:
        temporary = temporary or tempfile.mkdtemp(prefix="td-gcp-engine-")  # readable by this user only
        return str(tdg_disk_code.install(Path(temporary), place.texts)), temporary
    except OSError as error:
        raise UnavailableError(
            f"its modules cannot be written, neither into {place.folder or 'a cache folder'} nor into the system's "
            f"temporary folder ({error.strerror or error}); make room, or allow writing there"
        ) from None


def _launch(place: Any, code: str, temporary: str) -> dict[str, Any]:
    """Starts a process and waits until it listens.

    Returns:
        What is known of it, as plain values and objects of the standard library, for those who come later: `project`,
        `python`, `process`, `pid`, `port`, `secret`, `modules` (name -> digest of what it may have loaded), `log`
        (its file), `words` (the end of it, when it is gone), `temporary`, `exited` (set when it is gone).
    """
    log = Path(temporary or place.folder) / f"{Path(code).name}-{os.getpid()}.log"
    secret = secrets.token_bytes(32)
    command = [place.python, "-I", "-u", "-X", "utf8", "-c", _START, code, MAIN]
    # A PYTHONHOME that TouchDesigner needs would lead another interpreter astray; -I ignores it, a launcher may not.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=code,
                env=environ,
                creationflags=_FLAGS,
                start_new_session=True,  # Ctrl-C in the host's terminal leaves the end to the host; not on Windows
            )
    except OSError as error:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
        raise UnavailableError(
            f"{place.python} cannot be started ({error.strerror or error}); if it is there, a policy or virus scanner "
            "may forbid it: allow it there"
        ) from None
    record = {
        "project": place.project,
        "python": place.python,
        "process": process,
        "pid": process.pid,
        "secret": secret,
        "modules": {},
        "log": str(log),
        "temporary": temporary,
        "exited": threading.Event(),
    }
    # Not ours by name: it outlives the component that has started the process.
    threading.Thread(target=_reap, args=(record,), name=f"engine-process-{process.pid}", daemon=True).start()
    greeting = {"secret": secret.hex(), "log": str(log), "host": os.getpid(), "temporary": temporary}
    record["port"] = _listening(record, greeting)
    return record


def _listening(record: dict[str, Any], greeting: dict[str, Any]) -> int:
    """Tells a new process what it must know and waits for the port on which it listens."""
    process: subprocess.Popen[bytes] = record["process"]
    late = threading.Timer(START_S, process.kill)
    late.daemon = True
    late.start()
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        # Left open: when it closes, the host is gone.
        process.stdin.write(json.dumps(greeting).encode() + b"\n")
        process.stdin.flush()
        ready = json.loads(_line(process.stdout))
        return int(ready["port"])
    except (OSError, ValueError, KeyError, TypeError):
        overdue = not late.is_alive()
        process.kill()
        record["exited"].wait(_EXIT_S)
        how = "did not begin within a minute and was ended" if overdue else f"ended {_how(process.returncode)}"
        raise UnavailableError(
            f"{record['python']} was started and {how}; a policy or virus scanner may hold it back, or the environment "
            f"is broken: delete the folder venv/gcp of the project and connect again{_words(record)}"
        ) from None
    finally:
        late.cancel()
        process.stdout.close()


def _line(stream: IO[bytes]) -> bytes:
    return stream.readline(10_000)


def _connected(record: dict[str, Any]) -> socket.socket | None:
    """A proved connection to a process; None if it does not answer as ours."""
    connection = None
    try:
        connection = socket.create_connection((tdg_bridge_wire.HOST, record["port"]), timeout=_CONNECT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tdg_bridge_wire.prove_as_host(connection, record["secret"])
        connection.settimeout(None)
    except (OSError, tdg_bridge_wire.WireError):
        if connection is not None:
            connection.close()
        return None
    return connection


def _words(record: dict[str, Any]) -> str:
    """The end of a process's log, for an error."""
    if "words" in record:
        return str(record["words"])
    try:
        with Path(record["log"]).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [tdg_core_installer.redacted(line.strip())[:_MAX_LINE] for line in text.splitlines() if line.strip()]
    return f"; the last words in {record['log']}: {' | '.join(lines[-_TAIL_LINES:])}" if lines else ""


def _reap(record: dict[str, Any]) -> None:
    """Waits for a process's end, so that nothing of it is left."""
    record["process"].wait()
    record["words"] = _words(record)
    with contextlib.suppress(OSError):
        record["process"].stdin.close()
    if record["temporary"]:
        shutil.rmtree(record["temporary"], ignore_errors=True)
    record["exited"].set()


def _how(code: int | None) -> str:
    if code is None:
        return "without a word"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        return f"by signal {name}"
    return f"with exit code {code if code < 256 else hex(code)}"
