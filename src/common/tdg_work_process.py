"""Runs a program, line by line, so that it can be called off and never outlives its caller's wish.

Thread: worker only.
"""

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: How long a program may take to end after being asked to, before it is killed.
_STOP_PATIENCE_S = 5.0

_LOOK_S = 0.2

#: A program that says nothing is reported to be still at work that often.
_HEARTBEAT_S = 15.0

#: A GUI program on Windows has no console, and must not open one for a child.
_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0


def run(
    command: Sequence[str | Path],
    environ: Mapping[str, str],
    folder: Path,
    tell: Callable[[str], None],
    cancelled: threading.Event,
    timeout_s: float,
) -> tuple[int, str]:
    """Runs a program to its end.

    Args:
        command: Program and arguments.
        environ: Its environment.
        folder: Its working directory.
        tell: Gets each line of its output, as it comes.
        cancelled: Set it to end the program.
        timeout_s: It is ended after that many seconds.

    Returns:
        Its exit code and its whole output.

    Raises:
        CloudError: `packages`: it could not be started, took too long, or was called off.
    """
    name = Path(command[0]).name
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    output: list[str] = []
    begun = heard = time.monotonic()
    with _child(command, environ, folder) as process:
        assert process.stdout is not None
        threading.Thread(target=_read, args=(process.stdout, lines), name="tdg-output", daemon=True).start()
        while True:
            if cancelled.is_set():
                raise CloudError("packages", f"{name} was called off.")
            now = time.monotonic()
            if now - begun > timeout_s:
                raise CloudError("packages", f"{name} did not end within {timeout_s / 60:.0f} minutes; try again.")
            if now - heard > _HEARTBEAT_S:
                heard = now
                tell(f"still at work after {now - begun:.0f} s")
            try:
                line = lines.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if line is None:
                return process.wait(), "\n".join(output)
            output.append(line)
            heard = now
            tell(line)


@contextlib.contextmanager
def _child(
    command: Sequence[str | Path], environ: Mapping[str, str], folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    """A running program that does not outlive this block."""
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,  # without it, Windows raises in a program without a console
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",  # macOS gives GUI programs an ASCII locale
            errors="replace",
            creationflags=_FLAGS,
        )
    except OSError as error:
        raise CloudError("packages", f"Cannot start {command[0]} ({error.strerror}).") from None
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _read(stream: IO[str], lines: "queue.SimpleQueue[str | None]") -> None:
    with stream:
        for line in stream:
            lines.put(line.rstrip())
    lines.put(None)
