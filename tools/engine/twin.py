"""An engine in this process, and what asks it: here the terminal is what TouchDesigner's main thread is there."""

import contextlib
import functools
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import tdg_bridge
import tdg_bridge_journal
import tdg_bridge_thread
import tdg_core_connection
import tdg_core_errors
import tdg_core_log
import tdg_core_messages
import tdg_core_retry
import tdg_core_settings
from engine import CommandError
from engine.project import Home

#: Seconds between two looks at what the engines tell, and the share of them for taking it.
_PACE_S = 0.01
_BUDGET_S = 0.1

#: How long an engine may take to end; its calls have shorter time-outs, and every promise is on disk.
_END_S = 15.0

#: A server that cannot be reached is asked again this soon, at the latest.
_RETRY = tdg_core_retry.BreakerSettings(timeout_s=5.0, backoff_max_s=30.0)


class Stop:
    """Ctrl-C, and a limit of time."""

    def __init__(self, seconds: float | None = None) -> None:
        self.asked = threading.Event()
        self._until = None if seconds is None else time.monotonic() + seconds

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return self._until is not None and time.monotonic() > self._until

    def __bool__(self) -> bool:
        return self.asked.is_set() or self.late


class Twin:
    """The engine of one component on that component's files; a context manager.

    Args:
        home: The files.
        serve: The engine's entry point with its gateway bound; wants `settings`.
        settings: What the engine starts with.
        hear: Gets every event that is the component's own.
    """

    def __init__(
        self,
        home: Home,
        serve: Callable[..., None],
        settings: tdg_core_settings.Settings,
        hear: Callable[[Any], None],
    ) -> None:
        self.home = home
        self._serve = functools.partial(serve, settings=settings)
        self._settings = settings
        self._hear = hear
        self._life = tdg_core_connection.Lifecycle(tdg_core_retry.Breaker(_RETRY))
        self._told = tdg_core_log.Repeats()
        self._ended = ""
        self._stack = contextlib.ExitStack()
        self._handlers: dict[str, Callable[[Any], None]] = {
            "logged": lambda event: self._log(event.level, event.message),
            "noticed": lambda event: self._log("WARNING", event.message),
            "connected": self._connected,
            "connect_failed": lambda event: self._act(
                self._life.failed(event.attempt, event.code, event.message, time.monotonic(), random.random())
            ),
            "trouble": lambda event: self._act(
                self._life.lost(event.attempt, event.code, event.message, time.monotonic(), random.random())
            ),
            "engine_ended": self._engine_ended,
        }

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.home.taken())
            try:
                journal = tdg_bridge_journal.Journal(self.home.file("-journal.db"), self._log)
            except tdg_core_errors.CloudError as error:
                raise CommandError(error.message) from None
            stack.callback(journal.close)
            transport = tdg_bridge_thread.ThreadTransport(
                self._serve, {}, f"tdg-{self.home.component}", str(self.home.file(".turn"))
            )
            self._bridge = tdg_bridge.Bridge(transport, journal)
            stack.callback(self._end)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def connected(self) -> bool:
        """Whether the server is there."""
        return self._life.state == tdg_core_connection.CONNECTED

    def connect(self) -> None:
        """Begins to connect.

        Raises:
            CommandError: There is nothing to connect with.
        """
        if not self._settings.configured:
            raise CommandError(
                f"Nothing to reach {self.home.component} with: give --key FILE, --adc, or "
                f"--{self.home.component}-emulator HOST:PORT."
            )
        self._act(self._life.connect(time.monotonic()))

    def accept(self, request: tdg_core_messages.Message) -> None:
        """Stores a request before handing it over; from here on it is carried out, by whomever.

        Raises:
            CommandError: It cannot be stored.
        """
        problem = self._bridge.accept(request)
        if problem:
            raise CommandError(f"{request.kind} is {problem}.")

    def submit(self, request: tdg_core_messages.Message) -> None:
        """Hands a request to the engine."""
        self._bridge.submit(request)

    def step(self) -> None:
        """Takes what the engine tells, and connects when that is due.

        Raises:
            CommandError: The engine cannot go on.
        """
        self._bridge.drain(self._handle, _BUDGET_S)
        if self._ended:
            raise CommandError(f"The engine of {self.home.component} cannot go on: {self._ended}")
        self._act(self._life.tick(time.monotonic(), random.random()))

    def _handle(self, event: Any) -> None:
        self._handlers.get(event.kind, self._hear)(event)

    def _connected(self, event: tdg_core_messages.Connected) -> None:
        if self._life.connected(event.attempt):
            self._log("INFO", f"connected to {event.project_id}/{event.target}")

    def _engine_ended(self, event: tdg_core_messages.EngineEnded) -> None:
        self._ended = event.message

    def _act(self, actions: list[str]) -> None:
        for action in actions:
            if action == tdg_core_connection.START:
                self._life.asked(time.monotonic())
                self._bridge.submit(tdg_core_messages.Connect(self._life.attempt))
            else:
                self._bridge.submit(tdg_core_messages.Disconnect())
        if actions and self._life.error:
            person = self._life.state == tdg_core_connection.ERROR
            self._log("ERROR" if person else "WARNING", self._life.error)

    def refused(self) -> str:
        """Why the server or the credentials will not do before a person changes something; empty if they may."""
        return self._life.error if self._life.state == tdg_core_connection.ERROR else ""

    def _log(self, level: str, text: str) -> None:
        line = self._told.line(text, time.monotonic())
        if line is not None:
            say(self.home.component, line if level == "INFO" else f"{level}: {line}")

    def _end(self) -> None:
        """Lets the engine end in good order; what it tells meanwhile still counts."""
        self._bridge.finish()
        deadline = time.monotonic() + _END_S
        while not self._ended and time.monotonic() < deadline:
            self._bridge.drain(self._handle, _BUDGET_S)
            time.sleep(_PACE_S)
        self._bridge.close()


def run(twins: Sequence[Twin], done: Callable[[], bool], stop: Stop, patient: bool = False) -> bool:
    """Lets engines work until it is done, or is to stop; whether it is done.

    Args:
        patient: Goes on where a person would have to change something: they may, and a server must not end for it.

    Raises:
        CommandError: An engine cannot go on, or could never connect.
    """
    while not stop:
        for twin in twins:
            twin.step()
            if not patient and (why := twin.refused()):
                raise CommandError(f"{twin.home.component}: {why}")
        if done():
            return True
        time.sleep(_PACE_S)
    return False


def say(who: str, text: str) -> None:
    """A line for the person at the terminal; what a program may want goes to standard output."""
    print(f"{who}: {text}", file=sys.stderr, flush=True)
