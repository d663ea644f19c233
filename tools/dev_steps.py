"""Runs programs one after another and says how it goes: progress, the reason of a failure, what to do about it.

Standard library only: it works before anything is installed.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

#: Lines of a failed step's output that are shown; the rest goes into a file.
TAIL_LINES = 40

#: How long a child may take to end after being asked, before it is killed.
STOP_PATIENCE_S = 15.0


class DevError(Exception):
    """A command cannot go on. Its text is for people: what happened, to what, and what to do."""


@dataclass(frozen=True)
class Step:
    """One program of a command.

    Attributes:
        name: One word; `--only` takes it.
        what: What it does, for the progress line.
        command: Program and arguments.
        advice: What to do if it fails.
        live: Its output goes to the terminal as it comes (for what takes minutes).
        nothing: Set if there is nothing to do, with the reason.
    """

    name: str
    what: str
    command: Sequence[str | Path]
    advice: str
    live: bool = False
    nothing: str | None = None


def run_steps(steps: Sequence[Step], env: Mapping[str, str], cwd: Path, logs: Path) -> list[Step]:
    """Runs every step, also after one that failed, and prints a line for each.

    Args:
        steps: In this order.
        env: Environment of the programs.
        cwd: Their working directory.
        logs: Folder for the whole output of steps that failed.

    Returns:
        The steps that failed.
    """
    failed = []
    for number, step in enumerate(steps, 1):
        place = f"[{number}/{len(steps)}] " if len(steps) > 1 else ""
        head = f"{place}{step.name}: {step.what} ..."
        # A live step's own lines follow, so its head is said again with the result.
        print(head, end="\n" if step.live else "", flush=True)
        again = head if step.live else f"\r{head}" if sys.stdout.isatty() else ""
        if step.nothing:
            print(f"{again} nothing to do, {step.nothing}", flush=True)
            continue
        begun = time.monotonic()
        output: list[str] = []
        if step.live:
            code = run_foreground(step.command, env, cwd)
        else:
            code, output = _run_quiet(head, step.command, env, cwd)
        took = f"{time.monotonic() - begun:.1f} s"
        if code == 0:
            print(f"{again} ok {took}", flush=True)
            continue
        failed.append(step)
        print(f"{again} FAILED after {took}, exit code {code}", flush=True)
        _show_tail(step, output, logs)
        print(f"  What to do: {step.advice}.", flush=True)
    return failed


def run_foreground(command: Sequence[str | Path], env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Runs a program that owns the terminal until it ends; Ctrl-C and termination reach it.

    Returns:
        Its exit code.
    """
    with _child(command, env, cwd, None) as process:
        return process.wait()


def _run_quiet(head: str, command: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> tuple[int, list[str]]:
    """Collects the output; on a terminal, the line counts the seconds meanwhile."""
    begun = time.monotonic()
    lines: deque[str] = deque(maxlen=10_000)
    with _child(command, env, cwd, subprocess.PIPE) as process:
        assert process.stdout is not None
        reader = threading.Thread(target=_collect, args=(process.stdout, lines), daemon=True)
        reader.start()
        while True:
            try:
                code = process.wait(timeout=1.0)
                break
            except subprocess.TimeoutExpired:
                if sys.stdout.isatty():
                    print(f"\r{head} {time.monotonic() - begun:.0f} s", end="", flush=True)
        # Whoever inherited the pipe may keep it open after the program has ended.
        reader.join(timeout=5.0)
    return code, list(lines)


def _collect(stream: IO[str], lines: deque[str]) -> None:
    with stream:
        lines.extend(line.rstrip() for line in stream)


def _show_tail(step: Step, output: Sequence[str], logs: Path) -> None:
    for line in output[-TAIL_LINES:]:
        print(f"  | {line}")
    if len(output) > TAIL_LINES:
        log = logs / f"{step.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("\n".join(output) + "\n", encoding="utf-8")
        print(f"  These are the last {TAIL_LINES} of {len(output)} lines; all of them are in {log}")


@contextmanager
def _child(
    command: Sequence[str | Path], env: Mapping[str, str], cwd: Path | None, stdout: int | None
) -> Iterator[subprocess.Popen[str]]:
    """A running program that does not outlive this block, whatever ends the block."""
    arguments = [str(part) for part in command]
    try:
        process = subprocess.Popen(
            arguments,
            env=dict(env),
            cwd=cwd,
            stdin=None if stdout is None else subprocess.DEVNULL,
            stdout=stdout,
            stderr=None if stdout is None else subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise DevError(f"Cannot start {arguments[0]}: {error.strerror or error}. Check that it may be run.") from None
    try:
        yield process
    except KeyboardInterrupt:
        # Ctrl-C reached the child, too, and a second one would cut its cleaning up short.
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=STOP_PATIENCE_S)
        raise
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """Asks a program that still runs to end (as Ctrl-C does, so that it cleans up), then insists."""
    asks = [process.terminate] if os.name == "nt" else [lambda: process.send_signal(signal.SIGINT), process.terminate]
    for ask in asks:
        if process.poll() is not None:
            return
        ask()
        try:
            process.wait(timeout=STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait()


def end_cleanly_on_termination() -> None:
    """Lets SIGTERM unwind the stack, so that children are stopped and locks released."""

    def leave(_signum: int, _frame: FrameType | None) -> None:
        sys.exit(143)

    signal.signal(signal.SIGTERM, leave)
