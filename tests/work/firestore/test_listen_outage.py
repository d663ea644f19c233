"""Ten minutes without a server, in virtual time: how often it is asked, and how soon after the end all is well."""

import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

import tdg_core_connection
import tdg_core_firestore_inbound as inbound
import tdg_core_firestore_watch_events as events
import tdg_core_retry
from tdg_bridge_outbox import Outbox
from tdg_core_errors import CloudError
from tdg_core_firestore_watch_spec import Spec
from tdg_work_listen import Listeners

OUTAGE_S = 600.0


class VirtualLoop:
    """A loop whose clock jumps to whatever is due next; helpers answer at once."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.now = 1000.0
        self._due: list[tuple[float, int, Callable[[], Any]]] = []
        self._count = itertools.count()

    def clock(self) -> float:
        return self.now

    def call(self, function: Callable[..., Any], *args: Any) -> None:
        self.call_later(0.0, lambda: function(*args))

    def call_later(self, delay_s: float, function: Callable[[], Any]) -> None:
        heapq.heappush(self._due, (self.now + delay_s, next(self._count), function))

    def spawn(self, _name: str, function: Callable[..., Any], *args: Any, then: Callable[..., Any]) -> None:
        def help_out() -> None:
            try:
                result, error = function(*args), None
            except CloudError as raised:
                result, error = None, raised
            except Quiet:
                function.__self__._call.stream = function.__self__  # type: ignore[attr-defined]
                return
            then(result, error)

        self.call(help_out)

    def log(self, level: str, text: str) -> None:
        """Nobody reads it."""

    def run_until(self, time: float) -> None:
        """Does all that is due until then."""
        for _ in range(100_000):
            if not self._due or self._due[0][0] > time:
                self.now = time
                return
            self.now, _, function = heapq.heappop(self._due)
            function()
        raise AssertionError("a busy loop")


class Quiet(BaseException):
    """A stream that goes on without a word keeps its helper for ever."""


class Server:
    """A Firestore without documents, of which parts can be out of order."""

    def __init__(self) -> None:
        self.listens = self.opens = True
        self.attempts = 0
        self.connects = 0

    def open(self, loop: VirtualLoop) -> "Gateway":
        self.connects += 1
        if not self.opens:
            raise CloudError("unavailable", "no server")
        return Gateway(self, loop)


class Gateway:
    """What the listeners use."""

    project_id = target = "here"

    def __init__(self, server: Server, loop: VirtualLoop) -> None:
        self.server = server
        self.loop = loop

    def check(self) -> None:
        if not self.server.opens:
            raise CloudError("unavailable", "no server")

    def now(self) -> int:
        return 1

    def list_page(self, *_: Any) -> Any:
        return type("Page", (), {"documents": [], "token": ""})

    def listen(self, _: Any) -> "Call":
        self.server.attempts += 1
        return Call(self.server.listens and self.server.opens, self.loop)


class Call:
    """Breaks at once, or takes targets in."""

    def __init__(self, works: bool, loop: VirtualLoop) -> None:
        self.works = works
        self.loop = loop
        self.stream: Any = None

    def add(self, number: int, *_: Any) -> None:
        if self.works:
            current = events.TargetChange(events.CURRENT, (number,), b"t", 1)
            self.loop.call(lambda: self.stream._heard([current, events.TargetChange(events.NO_CHANGE, (), b"t", 1)]))

    def remove(self, number: int) -> None:
        """Nothing to be said about it."""

    def cancel(self) -> None:
        """Nothing to be ended."""

    def batches(self) -> Any:
        if not self.works:
            raise CloudError("unavailable", "scripted")
        raise Quiet


class Run:
    """Listeners and the part of the main thread that decides when to connect."""

    def __init__(self, server: Server, seed: int) -> None:
        self.server = server
        self.chance = random.Random(seed).random
        self.loop = VirtualLoop()
        self.listeners = Listeners(self.loop, self.trouble, chance=self.chance)  # type: ignore[arg-type]
        breaker = tdg_core_retry.Breaker(tdg_core_retry.BreakerSettings())
        self.life = tdg_core_connection.Lifecycle(breaker)
        self.states: dict[str, str] = {}
        self.listeners.watch("users", Spec("users"))
        self._do(self.life.connect(self.loop.now))

    def trouble(self, error: CloudError) -> None:
        self.listeners.pause(error.message)
        self._do(self.life.lost(self.life.attempt, error.code, error.message, self.loop.now, self.chance()))

    def run(self, seconds: float) -> None:
        """Lets that much time pass, frame by frame."""
        end = self.loop.now + seconds
        while self.loop.now < end:
            self.loop.run_until(min(end, self.loop.now + 0.1))
            self._do(self.life.tick(self.loop.now, self.chance()))

    @property
    def state(self) -> str:
        while (event := self.loop.outbox.take()) is not None:
            if isinstance(event, inbound.ListenerState):
                self.states[event.name] = event.state
        return self.states["users"]

    def _do(self, actions: list[str]) -> None:
        for action in actions:
            if action == tdg_core_connection.START:
                self._connect()

    def _connect(self) -> None:
        try:
            gateway = self.server.open(self.loop)
        except CloudError as error:
            self._do(self.life.failed(self.life.attempt, error.code, error.message, self.loop.now, self.chance()))
        else:
            self.life.connected(self.life.attempt)
            self.listeners.resume(gateway)


@pytest.fixture(params=range(5))
def run(request: pytest.FixtureRequest) -> Run:
    """Live listeners; the parameter changes the chances."""
    live = Run(Server(), request.param)
    live.run(15.0)
    assert live.state == "live"
    return live


def _break(run: Run) -> None:
    """The streams that there are end."""
    for stream in list(run.listeners._streams):
        stream._over(CloudError("unavailable", "scripted"))


def test_ten_minutes_without_listening_are_at_most_twelve_attempts(run: Run) -> None:
    """Other calls get through all the while: the connection stands, the listener alone is broken."""
    attempts, connects = run.server.attempts, run.server.connects
    run.server.listens = False
    _break(run)
    run.run(1.6)
    assert run.state == "reconnecting"
    run.run(OUTAGE_S)
    assert 5 <= run.server.attempts - attempts <= 12
    assert run.server.connects == connects
    run.server.listens = True
    run.run(125.0)
    assert run.state == "live"


def test_ten_minutes_without_a_server_are_at_most_twelve_attempts_of_each_kind(run: Run) -> None:
    attempts, connects = run.server.attempts, run.server.connects
    run.server.opens = False
    _break(run)
    run.run(1.6)
    assert run.state == "reconnecting"
    run.run(OUTAGE_S)
    assert 4 <= run.server.connects - connects <= 12
    assert run.server.attempts - attempts <= 3
    run.server.opens = True
    run.run(300.0)
    assert run.state == "live"


@pytest.mark.parametrize("seconds", [1.0, 5.0, 15.0])
@pytest.mark.parametrize("part", ["listens", "opens"])
def test_after_a_short_outage_all_is_well_within_thirty_seconds(run: Run, seconds: float, part: str) -> None:
    setattr(run.server, part, False)
    _break(run)
    run.run(seconds)
    setattr(run.server, part, True)
    run.run(30.0)
    assert run.state == "live"
