"""What both engines do alike, with a gateway whose answers a test decides."""

import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tdg_bridge_outbox import Outbox
from tdg_core_errors import CloudError
from tdg_core_messages import (
    Accepted,
    Configure,
    Connect,
    Connected,
    ConnectFailed,
    Disconnect,
    Forget,
    Logged,
    Message,
    Stored,
    Trouble,
)
from tdg_core_settings import Settings
from tdg_work_engine import Engine
from tdg_work_loop import Loop

PATIENCE_S = 30


class Server:
    """Opens gateways; a test can hold an attempt, let it fail, and count what was opened and closed."""

    def __init__(self) -> None:
        self.opened: list[Gateway] = []
        self.error: CloudError | None = None
        self.answer = threading.Event()
        self.answer.set()
        self.asked = threading.Semaphore(0)
        self.settings: list[Settings] = []

    def open(self, settings: Settings) -> "Gateway":
        self.settings.append(settings)
        self.asked.release()
        assert self.answer.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        gateway = Gateway(settings.target)
        self.opened.append(gateway)
        return gateway

    @property
    def left_open(self) -> int:
        return sum(not gateway.closed for gateway in self.opened)


class Gateway:
    project_id = "museum"

    def __init__(self, target: str) -> None:
        self.target = target
        self.closed = False

    def close(self) -> None:
        self.closed = True


class TestedEngine(Engine[Settings]):
    __test__ = False

    def __init__(self, loop: Loop, server: Server) -> None:
        super().__init__(loop, Settings(target="first"), server.open)
        self.said: list[Any] = []
        self.full = False

    def on_settings(self, former: Settings) -> None:
        self.said.append(("settings", former.target, self.settings.target))

    def on_connected(self) -> None:
        self.said.append(("connected", self.gateway.target))

    def on_disconnected(self) -> None:
        self.said.append("disconnected")

    def on_accepted(self, entries: list[Accepted]) -> None:
        if self.full:
            raise CloudError("disk", "The disk is full; make room.")
        self.said.append([entry.entry for entry in entries])
        self.loop.outbox.put(Stored(tuple(entry.entry for entry in entries)))

    def on_forget(self) -> None:
        self.said.append("forget")

    def on_close(self) -> None:
        self.said.append("close")


class Host:
    """The main thread's side of a running engine."""

    def __init__(self) -> None:
        self.now = 0.0
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.outbox = Outbox()
        self.server = Server()
        self.loop = Loop(self.inbox, self.outbox, clock=lambda: self.now)
        self.engine = TestedEngine(self.loop, self.server)
        self.thread = threading.Thread(target=self.loop.run, args=(self.engine.handle, self.engine.close))

    def send(self, *requests: Message) -> None:
        for request in requests:
            self.inbox.put(request)

    def event(self) -> Message:
        """The next event."""
        tick = threading.Event()
        for _ in range(PATIENCE_S * 200):
            event = self.outbox.take()
            if event is not None:
                return event
            tick.wait(0.005)
        raise AssertionError("the engine said nothing")

    def settle(self) -> None:
        """Waits until everything sent so far has been handled."""
        done = threading.Event()
        self.loop.call(done.set)
        assert done.wait(PATIENCE_S)

    def stop(self) -> None:
        self.server.answer.set()
        self.inbox.put(None)
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


@pytest.fixture
def host() -> Iterator[Host]:
    before = set(threading.enumerate())
    host = Host()
    host.thread.start()
    yield host
    host.stop()
    assert host.server.left_open == 0
    assert set(threading.enumerate()) <= before


def test_connected_is_said_when_the_server_has_answered(host: Host) -> None:
    host.server.answer.clear()
    host.send(Connect(1))
    assert host.server.asked.acquire(timeout=PATIENCE_S)
    host.settle()
    assert host.outbox.take() is None
    host.server.answer.set()
    assert host.event() == Connected(1, "museum", "first")
    host.settle()
    assert host.engine.said == [("connected", "first")]


def test_a_failure_is_said_with_its_code(host: Host) -> None:
    host.server.error = CloudError("credentials", "The key was revoked.")
    host.send(Connect(4))
    assert host.event() == ConnectFailed(4, "credentials", "The key was revoked.")
    assert host.engine.said == []


def test_disconnect_during_a_connect_closes_what_it_opens(host: Host) -> None:
    host.server.answer.clear()
    host.send(Connect(1))
    host.server.asked.acquire(timeout=PATIENCE_S)
    host.send(Disconnect())
    host.settle()
    host.server.answer.set()
    host.send(Connect(2))
    assert host.event() == Connected(2, "museum", "first")
    host.settle()
    assert len(host.server.opened) == 2
    assert host.engine.said == [("connected", "first")]


def test_two_changes_of_the_key_in_a_second_end_with_the_last_one(host: Host) -> None:
    host.server.answer.clear()
    host.send(Connect(1))
    host.server.asked.acquire(timeout=PATIENCE_S)
    for attempt, target in ((2, "second"), (3, "third")):
        host.send(Configure(Settings(target=target).as_plain()), Disconnect(), Connect(attempt))
        host.server.asked.acquire(timeout=PATIENCE_S)
    host.server.answer.set()
    assert host.event() == Connected(3, "museum", "third")
    host.settle()
    assert [settings.target for settings in host.server.settings] == ["first", "second", "third"]


def test_the_end_during_a_connect_leaves_nothing_open(host: Host) -> None:
    host.server.answer.clear()
    host.send(Connect(1))
    host.server.asked.acquire(timeout=PATIENCE_S)
    host.stop()
    assert len(host.server.opened) == 1
    assert host.server.left_open == 0
    assert host.outbox.take() is None
    assert host.engine.said == ["close"]


def test_the_end_closes_the_gateway_before_the_store(host: Host) -> None:
    host.send(Connect(1))
    host.event()
    host.stop()
    assert host.engine.said == [("connected", "first"), "disconnected", "close"]


def test_trouble_is_said_once_and_nothing_is_attempted_until_the_next_connect(host: Host) -> None:
    host.send(Connect(1))
    host.event()
    error = CloudError("network", "Gone.")
    host.loop.call(host.engine.trouble, error)
    host.loop.call(host.engine.trouble, error)
    assert host.event() == Trouble(1, "network", "Gone.")
    host.settle()
    assert host.engine.gateway is None
    assert host.outbox.take() is None
    host.send(Connect(2))
    assert host.event() == Connected(2, "museum", "first")


def test_accepted_requests_that_came_together_are_stored_together(host: Host) -> None:
    release = threading.Event()
    host.loop.call(lambda: release.wait(PATIENCE_S) and None)
    host.send(*(Accepted("j", number, {}) for number in range(1, 101)))
    release.set()
    assert host.event() == Stored(tuple(range(1, 101)))


def test_what_was_accepted_before_a_reset_is_forgotten_and_what_came_after_is_kept(host: Host) -> None:
    release = threading.Event()
    host.loop.call(lambda: release.wait(PATIENCE_S) and None)
    host.send(Accepted("j", 1, {}), Forget(), Accepted("j", 2, {}))
    release.set()
    assert [host.event(), host.event()] == [Stored((1,)), Stored((2,))]
    assert host.engine.said == [[1], "forget", [2]]


def test_what_cannot_be_stored_is_offered_again_in_order_until_it_can(host: Host) -> None:
    host.engine.full = True
    host.send(Accepted("j", 1, {}))
    assert host.event() == Logged("ERROR", "The disk is full; make room.")
    host.send(Connect(1), Accepted("j", 2, {}))
    assert host.event() == Connected(1, "museum", "first")
    host.engine.full = False
    host.now = 10.0
    host.settle()
    assert host.event() == Stored((1, 2))


def test_a_reset_lets_go_of_what_could_not_be_stored(host: Host) -> None:
    host.engine.full = True
    host.send(Accepted("j", 1, {}))
    host.event()
    host.send(Forget())
    assert host.event() == Stored((1,))


def test_what_was_accepted_last_is_stored_at_the_end(host: Host) -> None:
    release = threading.Event()
    host.loop.call(lambda: release.wait(PATIENCE_S) and None)
    host.send(Accepted("j", 1, {}))
    host.inbox.put(None)
    release.set()
    host.thread.join(PATIENCE_S)
    assert host.engine.said == [[1], "close"]


def test_a_request_of_another_version_is_told(host: Host) -> None:
    class Unknown(Message):
        kind = "from the future"

    host.send(Unknown())
    event = host.event()
    assert isinstance(event, Logged)
    assert "from the future" in event.message
