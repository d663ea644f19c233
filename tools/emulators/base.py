"""What both emulators have in common: their own process, or a server that the environment names."""

import os
from typing import ClassVar, Self, TypeVar

from .process import EmulatorError, ServerProcess


class Emulator:
    """A server on loopback: ours, started and stopped here, or an external one, only used.

    Attributes:
        host: 'name:port', what goes into the parameter *Emulator Host*; empty before start.
        is_own: whether it is our process; only then do the side-door methods work.
    """

    ENVIRONMENT: ClassVar[str]

    def __init__(self, external_host: str | None = None) -> None:
        self.is_own = external_host is None
        self.host = external_host or ""
        self._admin = ""
        self._process: ServerProcess | None = None

    def _make_process(self) -> ServerProcess:
        raise NotImplementedError

    def start(self) -> Self:
        """Starts the server (an external one is taken as it is) and returns self.

        Raises:
            EmulatorError: with the end of the server's output.
        """
        if self.is_own and self._process is None:
            process = self._make_process()
            ready = process.start()
            self._process, self.host, self._admin = process, ready["host"], ready["admin"]
        return self

    def stop(self) -> None:
        """Ends the server if it is ours. May be called twice."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    @property
    def pid(self) -> int:
        """Process id of our server."""
        if self._process is None:
            raise EmulatorError("The emulator is not running in a process of ours.")
        return self._process.pid

    def log_tail(self) -> str:
        """The end of what our server wrote to its standard error."""
        return self._process.log_tail() if self._process else ""

    @property
    def admin(self) -> str:
        """'name:port' of the side door.

        Raises:
            EmulatorError: if the server is external or not running.
        """
        if not self._admin:
            raise EmulatorError(
                f"Only our own running emulator has a side door; unset {self.ENVIRONMENT} and start it first."
            )
        return self._admin

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


E = TypeVar("E", bound="Emulator")


def external_or(kind: type[E]) -> E:
    """An emulator of the kind, not started: the server that the environment names, else our own."""
    host = os.environ.get(kind.ENVIRONMENT, "").removeprefix("http://").rstrip("/")
    return kind(external_host=host or None)
