"""The road between main thread and engine."""

import queue
import threading
from pathlib import Path
from typing import Any

import pytest

import tdg_bridge
import tdg_bridge_journal
import tdg_bridge_thread
import tdg_core_errors
from tdg_bridge_outbox import Outbox
from tdg_bridge_thread import ThreadTransport
from tdg_core_messages import Accepted, Connect, EngineEnded, Forget, Logged, Message, Stored

Inbox = queue.SimpleQueue[Any]


def quiet(level: str, text: str) -> None:
    pytest.fail(f"{level}: {text}")


class Echo:
    """An engine that keeps what it gets and answers every request by a log line with its kind."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.ended = threading.Event()
        self.hold = threading.Event()
        self.hold.set()

    def __call__(self, inbox: Inbox, outbox: Outbox) -> None:
        while (request := inbox.get()) is not None:
            self.hold.wait(60)
            self.got.append(request)
            outbox.put(Logged("INFO", request.kind))
        self.ended.set()


@pytest.fixture
def journal(tmp_path: Path) -> tdg_bridge_journal.Journal:
    return tdg_bridge_journal.Journal(tmp_path / "j.db", quiet)


def bridge_to(
    engine: Any, journal: tdg_bridge_journal.Journal, slot: dict[str, Any] | None = None
) -> tdg_bridge.Bridge:
    return tdg_bridge.Bridge(ThreadTransport(engine, {} if slot is None else slot, "tdg-test"), journal)


def drained(bridge: tdg_bridge.Bridge, count: int) -> list[Any]:
    """The next `count` events."""
    events: list[Any] = []
    tick = threading.Event()
    for _ in range(2000):
        bridge.drain(events.append, 1.0)
        if len(events) >= count:
            return events
        tick.wait(0.01)
    raise AssertionError(f"only {events}")


def test_requests_reach_the_engine_in_order_and_events_come_back(journal: tdg_bridge_journal.Journal) -> None:
    engine = Echo()
    bridge = bridge_to(engine, journal)
    for attempt in (1, 2, 3):
        bridge.submit(Connect(attempt))
    assert [event.message for event in drained(bridge, 3)] == ["connect"] * 3
    assert engine.got == [Connect(1), Connect(2), Connect(3)]
    bridge.close()
    assert engine.ended.wait(20)


def test_requests_of_one_frame_are_handed_over_together(
    journal: tdg_bridge_journal.Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the drain, so that the engine takes the interpreter once a frame and not at each of a script's calls."""
    engine, sent = Echo(), []
    bridge = bridge_to(engine, journal)
    monkeypatch.setattr(bridge.transport, "send", sent.append)
    bridge.submit(Connect(1))
    bridge.accept(Connect(2))
    assert sent == []
    bridge.drain(lambda event: bridge.submit(Connect(3)), 1.0)
    bridge.post(Logged("INFO", "makes the handler ask for more"))
    assert [type(request) for request in sent] == [Connect, Accepted]
    bridge.drain(lambda event: bridge.submit(Connect(3)), 1.0)
    assert sent[2:] == [Connect(3)]
    bridge.close()


def test_an_accepted_request_is_in_the_journal_until_the_engine_has_stored_it(
    journal: tdg_bridge_journal.Journal,
) -> None:
    answer = threading.Event()

    def engine(inbox: Inbox, outbox: Outbox) -> None:
        while (request := inbox.get()) is not None:
            answer.wait(60)
            outbox.put(Stored((request.entry,)))
            outbox.put(Logged("INFO", "stored"))

    bridge = bridge_to(engine, journal)
    assert bridge.accept(Connect(7)) == ""
    assert [entry.message for entry in journal.entries()] == [{"kind": "connect", "attempt": 7}]
    answer.set()
    drained(bridge, 1)
    assert journal.entries() == []
    bridge.close()


def test_what_no_engine_has_stored_is_offered_to_the_next_one_first(tmp_path: Path) -> None:
    first = bridge_to(Echo(), tdg_bridge_journal.Journal(tmp_path / "j.db", quiet))
    first.accept(Connect(1))
    first.accept(Connect(2))
    first.close()
    engine = Echo()
    second = bridge_to(engine, tdg_bridge_journal.Journal(tmp_path / "j.db", quiet))
    second.accept(Connect(3))
    drained(second, 3)
    second.close()
    accepted = [request for request in engine.got if isinstance(request, Accepted)]
    assert [request.message["attempt"] for request in accepted] == [1, 2, 3]
    assert len({(request.journal, request.entry) for request in accepted}) == 3


def test_what_cannot_be_stored_is_told_and_handed_over_all_the_same(journal: tdg_bridge_journal.Journal) -> None:
    engine = Echo()
    bridge = bridge_to(engine, journal)
    journal._connection.execute("PRAGMA query_only = ON")
    problem = bridge.accept(Connect(1))
    assert "not stored" in problem
    drained(bridge, 1)
    assert [request.entry for request in engine.got if isinstance(request, Accepted)] == [0]
    bridge.close()


def test_drain_takes_at_least_one_event_and_stops_at_the_budget(journal: tdg_bridge_journal.Journal) -> None:
    engine = Echo()
    bridge = bridge_to(engine, journal)
    for _ in range(20):
        bridge.submit(Connect(1))
    events: list[Message] = []
    tick = threading.Event()
    while not events:
        assert bridge.drain(events.append, 0.0) <= 1
        tick.wait(0.001)
    assert len(events) == 1
    events += drained(bridge, 19)
    assert len(events) == 20
    bridge.close()


def test_nothing_is_handled_after_the_bridge_was_closed_in_a_handler(journal: tdg_bridge_journal.Journal) -> None:
    engine = Echo()
    bridge = bridge_to(engine, journal)
    for _ in range(3):
        bridge.submit(Connect(1))
    bridge.drain(lambda event: pytest.fail(f"{event} of an engine that was asked nothing"), 1.0)
    tick = threading.Event()
    while len(engine.got) < 3:
        tick.wait(0.001)
    handled: list[Message] = []

    def handle(event: Message) -> None:
        handled.append(event)
        bridge.close()

    bridge.drain(handle, 10.0)
    assert len(handled) == 1
    assert bridge.drain(handle, 10.0) == 0


def test_a_new_engine_begins_when_the_one_before_it_has_ended(tmp_path: Path) -> None:
    slot: dict[str, Any] = {}
    first, second = Echo(), Echo()
    first.hold.clear()
    former = bridge_to(first, tdg_bridge_journal.Journal(tmp_path / "a.db", quiet), slot)
    former.submit(Connect(1))
    former.close()
    bridge = bridge_to(second, tdg_bridge_journal.Journal(tmp_path / "b.db", quiet), slot)
    bridge.submit(Connect(2))
    tick = threading.Event()
    for _ in range(20):
        bridge.drain(lambda event: pytest.fail(f"{event} while the first one still works"), 1.0)
        tick.wait(0.01)
    first.hold.set()
    drained(bridge, 1)
    assert first.ended.is_set()
    bridge.close()


def ended_event(engine: Any, tmp_path: Path) -> EngineEnded:
    bridge = bridge_to(engine, tdg_bridge_journal.Journal(tmp_path / "j.db", quiet))
    (event,) = drained(bridge, 1)
    bridge.close()
    assert isinstance(event, EngineEnded)
    return event


def test_a_failing_engine_is_told_by_its_kind_and_never_by_its_text(tmp_path: Path) -> None:
    def engine(inbox: Inbox, outbox: Outbox) -> None:
        raise ValueError("token=SECRET")

    message = ended_event(engine, tmp_path).message
    assert "ValueError" in message
    assert "SECRET" not in message


def test_an_engine_that_cannot_work_says_why_in_words(tmp_path: Path) -> None:
    def engine(inbox: Inbox, outbox: Outbox) -> None:
        raise tdg_core_errors.CloudError("disk", "The disk is full; make room.")

    assert ended_event(engine, tmp_path).message == "The disk is full; make room."


def test_an_engine_that_returns_unasked_is_told(tmp_path: Path) -> None:
    assert "without being asked" in ended_event(lambda inbox, outbox: None, tmp_path).message


def test_an_engine_that_was_asked_to_end_says_nothing(journal: tdg_bridge_journal.Journal) -> None:
    engine = Echo()
    transport = ThreadTransport(engine, {}, "tdg-test")
    bridge = tdg_bridge.Bridge(transport, journal)
    bridge.close()
    bridge.close()
    assert engine.ended.wait(20)
    assert transport.receive() is None


def test_another_engine_takes_over_what_the_crashed_one_had_not_stored(tmp_path: Path) -> None:
    def crash(inbox: Inbox, outbox: Outbox) -> None:
        inbox.get()
        raise ValueError

    slot: dict[str, Any] = {}
    bridge = bridge_to(crash, tdg_bridge_journal.Journal(tmp_path / "j.db", quiet), slot)
    bridge.accept(Connect(1))
    drained(bridge, 1)
    bridge.accept(Connect(2))  # nobody is there; the journal keeps it
    engine = Echo()
    bridge.replace(ThreadTransport(engine, slot, "tdg-test"))
    bridge.accept(Connect(3))
    drained(bridge, 3)
    bridge.close()
    assert [request.message["attempt"] for request in engine.got if isinstance(request, Accepted)] == [1, 2, 3]


def test_an_engine_thread_does_not_need_the_globals_of_its_module(
    journal: tdg_bridge_journal.Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TouchDesigner may clear a module's globals while its threads run."""
    start = threading.Event()

    def engine(inbox: Inbox, outbox: Outbox) -> None:
        start.wait(60)
        raise ValueError

    bridge = bridge_to(engine, journal)
    for name in ("tdg_core_messages", "threading", "queue"):
        monkeypatch.delattr(tdg_bridge_thread, name)
    start.set()
    assert isinstance(drained(bridge, 1)[0], EngineEnded)
    bridge.close()


def test_what_was_accepted_before_a_reset_is_not_offered_to_the_next_engine(tmp_path: Path) -> None:
    engine, path = Echo(), tmp_path / "j.db"
    bridge = bridge_to(engine, tdg_bridge_journal.Journal(path, quiet))
    assert bridge.accept(Connect(1)) == ""
    bridge.forget()
    assert bridge.accept(Connect(2)) == ""
    assert [event.message for event in drained(bridge, 3)] == ["accepted", "forget", "accepted"]
    assert engine.got[1] == Forget()
    bridge.close()
    assert engine.ended.wait(20)
    again = tdg_bridge_journal.Journal(path, quiet)
    assert [entry.message["attempt"] for entry in again.entries()] == [2]
    again.close()
