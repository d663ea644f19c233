"""A server in a child process that ends with its parent, and the small HTTP door through which tests steer it."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any, Self

LOG_TAIL_BYTES = 4000


class EmulatorError(RuntimeError):
    """An emulator cannot be started or does not answer; the text says which and shows its last output."""


class ServerProcess:
    """Starts a command that prints one JSON line once it serves, and that ends when its standard input closes.

    The pipe to its standard input is the life line: however this process ends, the pipe closes and so does the child.
    """

    def __init__(
        self, title: str, command: Sequence[str], env: Mapping[str, str] | None = None, start_timeout_s: float = 30.0
    ) -> None:
        self.title = title
        self._command = list(command)
        self._env = {**os.environ, **(env or {})}
        self._start_timeout_s = start_timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self) -> dict[str, str]:
        """Starts the child and waits until it serves.

        Returns:
            The line that the child printed, decoded.

        Raises:
            EmulatorError: if it ends, or says nothing within the time allowed.
        """
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=self._env
            )
            ready: dict[str, str] = json.loads(self._first_line())
            probe(ready["host"])
        except (OSError, ValueError) as error:
            tail = self.log_tail()
            self.stop()
            raise EmulatorError(
                f"{self.title} did not start: {error}. Its output ends with:\n{tail or '(nothing)'}"
            ) from error
        return ready

    def _first_line(self) -> str:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        lines: list[bytes] = []
        reader = threading.Thread(target=lambda out: lines.append(out.readline()), args=(process.stdout,), daemon=True)
        reader.start()
        reader.join(self._start_timeout_s)
        if reader.is_alive():
            process.kill()  # closes the pipe, so that the reader ends
            reader.join()
            raise TimeoutError(f"it said nothing within {self._start_timeout_s:g} s")
        if not lines[0]:
            raise ValueError(f"it ended with exit code {process.wait(5)}")
        return lines[0].decode()

    def stop(self) -> None:
        """Ends the child and waits for it. May be called at any time, also twice."""
        if self._process is not None:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
            self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log_tail(self) -> str:
        """The end of what the child wrote to its standard error."""
        if self._log is None:
            return ""
        size = os.fstat(self._log.fileno()).st_size
        self._log.seek(max(0, size - LOG_TAIL_BYTES))
        return self._log.read().decode(errors="replace")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def split_host(host: str) -> tuple[str, int]:
    """'127.0.0.1:80' -> ('127.0.0.1', 80)."""
    name, _, port = host.rpartition(":")
    return name, int(port)


def probe(host: str) -> None:
    """Raises OSError unless something accepts connections at 'name:port'."""
    socket.create_connection(split_host(host), timeout=5).close()


def ask(host: str, method: str, path: str, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Sends JSON to an emulator's side door and returns its JSON answer.

    Raises:
        EmulatorError: if it refuses the request.
    """
    connection = http.client.HTTPConnection(*split_host(host), timeout=30)
    try:
        body = json.dumps(payload) if payload is not None else None
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    if response.status != 200:
        raise EmulatorError(f"{method} {path} was refused with {response.status}: {text}")
    answer: dict[str, Any] = json.loads(text) if text else {}
    return answer
