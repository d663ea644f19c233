"""The transport to an engine in a process of its own: what crosses, in which order, and how much may wait."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import engine_tiny
import tdg_bridge_wire
from engine_tiny import FALL, FLOOD, SLOW, UNPLAIN, Host
from tdg_core_messages import Connect


@pytest.fixture
def host() -> Iterator[Host]:
    opened = Host()
    yield opened
    opened.close()


def test_requests_reach_the_engine_in_order_and_events_come_back(host: Host, tmp_path: Path) -> None:
    talk = host.open(engine_tiny.place(tmp_path))
    talk.send(*(Connect(number) for number in range(200)))
    talk.until(lambda: "199" in talk.lines())
    assert talk.lines()[0].startswith("the engine runs in process")
    assert talk.lines()[1:] == ["hello tdg-tiny connected", *map(str, range(200))]


def test_an_engine_that_is_asked_to_finish_says_everything_first(host: Host, tmp_path: Path) -> None:
    talk = host.open(engine_tiny.place(tmp_path))
    talk.send(Connect(1))
    talk.transport.finish()
    ended = talk.event("engine_ended")
    assert ended.message == ""
    assert talk.lines()[-2:] == ["1", "last"]
    assert talk.heard[-1] is ended


def test_a_stopped_engine_says_nothing_and_ends(host: Host, tmp_path: Path) -> None:
    slot: dict[str, threading.Event] = {}
    talk = host.open(engine_tiny.place(tmp_path), slot).greeted()
    talk.transport.stop()
    talk.transport.stop()
    assert slot["ended"].wait(engine_tiny.PATIENCE_S)
    talk.take()
    assert "last" not in talk.lines()


def test_an_engine_that_was_stopped_before_it_began_never_begins(host: Host, tmp_path: Path) -> None:
    former = threading.Event()
    slot = {"ended": former}
    talk = host.open(engine_tiny.place(tmp_path), slot)
    talk.transport.stop()
    former.set()
    assert slot["ended"].wait(engine_tiny.PATIENCE_S)
    assert engine_tiny.records(tmp_path) == []


def test_a_failing_engine_is_told_by_its_kind_and_never_by_its_text(host: Host, tmp_path: Path) -> None:
    talk = host.open(engine_tiny.place(tmp_path))
    talk.send(FALL)
    message = talk.event("engine_ended").message
    assert "ValueError" in message
    assert "SECRET" not in message


def test_what_cannot_cross_is_told_and_stops_nothing(host: Host, tmp_path: Path) -> None:
    talk = host.open(engine_tiny.place(tmp_path))
    talk.send(UNPLAIN, Connect(object()), Connect(1))  # type: ignore[arg-type]
    talk.until(lambda: "1" in talk.lines())
    assert "object is no plain value" in talk.line("The request connect was dropped")
    assert "object is no plain value" in talk.line("The event logged was lost")


def test_while_the_host_is_paused_what_waits_is_bounded_on_both_sides(host: Host, tmp_path: Path) -> None:
    """A hundred thousand changes, 50 MB in all, to two thousand documents, which are one."""
    talk = host.open(engine_tiny.place(tmp_path)).greeted()
    (record,) = engine_tiny.records(tmp_path)
    engine = psutil.Process(record["pid"])
    before = engine.memory_info().rss
    incoming = talk.transport._ways.incoming
    talk.send(FLOOD)
    waited = threading.Event()
    most = 0
    for _ in range(300):
        waited.wait(0.005)
        most = max(most, sum(len(body) for body in list(incoming)))
    assert 0 < most <= 2 * tdg_bridge_wire.WINDOW
    assert engine.memory_info().rss - before < 16 << 20

    def changes() -> list[list[str]]:
        found = [event.message.split(",") for event in talk.heard if event.kind == "logged" and event.level == "FLOOD"]
        return [item.split(":") for items in found for item in items]

    talk.until(lambda: sum(round_ == "49" for _, round_, _ in changes()) == 2000, "the newest of every document")
    assert len(changes()) < 10_000


def test_a_new_engine_begins_when_the_one_before_it_has_ended(host: Host, tmp_path: Path) -> None:
    slot: dict[str, threading.Event] = {}
    first = host.open(engine_tiny.place(tmp_path), slot).greeted()
    first.send(SLOW)
    first.transport.stop()
    ended = slot["ended"]
    second = host.open(engine_tiny.place(tmp_path), slot)
    second.greeted()
    assert ended.is_set()


def test_an_engine_waits_for_one_elsewhere_that_has_its_turn(host: Host, tmp_path: Path) -> None:
    turn = str(tmp_path / "turn.lock")
    first = host.open(engine_tiny.place(tmp_path / "a", turn=turn)).greeted()
    second = host.open(engine_tiny.place(tmp_path / "b", turn=turn))
    second.line("waiting for the former engine")
    assert not [line for line in second.lines() if "hello" in line]
    first.transport.stop()
    second.greeted()
