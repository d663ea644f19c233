"""The connection's life cycle as a user sees it: states, errors, and when another attempt begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdg_core_connection import (
    ANSWER_PATIENCE_S,
    CONNECTED,
    CONNECTING,
    DISCONNECTED,
    ERROR,
    RECONNECTING,
    START,
    STOP,
    Lifecycle,
)
from tdg_core_retry import Breaker, BreakerSettings


def life(**settings: float) -> Lifecycle:
    return Lifecycle(Breaker(BreakerSettings(**settings)))


def connected_life() -> Lifecycle:
    cycle = life()
    cycle.connect(0)
    cycle.connected(cycle.attempt)
    return cycle


def test_connecting_then_connected() -> None:
    cycle = life()
    assert cycle.state == DISCONNECTED
    assert cycle.connect(0) == [START]
    assert cycle.state == CONNECTING
    assert cycle.connected(cycle.attempt)
    assert (cycle.state, cycle.error) == (CONNECTED, "")


def test_connecting_twice_is_connecting_once() -> None:
    cycle = life()
    assert cycle.connect(0) == [START]
    assert cycle.connect(0) == []
    cycle.connected(cycle.attempt)
    assert cycle.connect(0) == []


def test_disconnect_during_a_connect_makes_its_answer_count_for_nothing() -> None:
    cycle = life()
    cycle.connect(0)
    attempt = cycle.attempt
    assert cycle.disconnect() == [STOP]
    assert not cycle.connected(attempt)
    assert cycle.failed(attempt, "network", "no network", 1, 0.5) == []
    assert (cycle.state, cycle.error, cycle.retry_at) == (DISCONNECTED, "", None)
    assert cycle.breaker.failures == 0


def test_disconnecting_what_is_disconnected_does_nothing() -> None:
    assert life().disconnect() == []


def test_a_failure_is_tried_again_within_the_backoff() -> None:
    cycle = life()
    cycle.connect(0)
    assert cycle.failed(cycle.attempt, "unavailable", "gone", 10, 0.0) == [STOP]
    assert (cycle.state, cycle.error) == (RECONNECTING, "gone")
    assert cycle.retry_at is not None
    assert 11 <= cycle.retry_at <= 12
    assert cycle.tick(10.5, 0.5) == []
    assert cycle.tick(12, 0.5) == [START]
    assert cycle.state == RECONNECTING


def test_the_error_stays_visible_until_the_next_attempt_succeeds() -> None:
    cycle = life()
    cycle.connect(0)
    cycle.failed(cycle.attempt, "network", "no network", 0, 0.5)
    cycle.tick(5, 0.5)
    assert cycle.error == "no network"
    cycle.connected(cycle.attempt)
    assert cycle.error == ""


def test_without_auto_connect_a_failure_ends_in_error_and_stays_there() -> None:
    cycle = life()
    cycle.set_auto(False)
    cycle.connect(0)
    cycle.failed(cycle.attempt, "unavailable", "gone", 0, 0.5)
    assert (cycle.state, cycle.retry_at) == (ERROR, None)
    assert cycle.tick(10_000, 0.5) == []
    assert cycle.connect(10_000) == [START]


def test_switching_auto_connect_off_calls_the_planned_attempt_off() -> None:
    cycle = life()
    cycle.connect(0)
    cycle.failed(cycle.attempt, "unavailable", "gone", 0, 0.5)
    cycle.set_auto(False)
    assert (cycle.state, cycle.error) == (ERROR, "gone")
    assert cycle.tick(10_000, 0.5) == []


@pytest.mark.parametrize("code", ["config", "credentials", "packages", "permission", "not_found"])
def test_a_configuration_error_counts_for_nothing_and_is_looked_at_again_slowly(code: str) -> None:
    cycle = life(backoff_max_s=300)
    for _ in range(20):
        cycle.connect(0)
        cycle.failed(cycle.attempt, code, "wrong key", 0, 0.0)
        assert (cycle.state, cycle.error) == (ERROR, "wrong key")
        assert cycle.retry_at is not None
        assert cycle.retry_at >= 150
        cycle.disconnect()
    assert cycle.breaker.failures == 0


def test_a_configuration_error_is_not_hammered_with_a_backoff_of_zero() -> None:
    cycle = life(backoff_max_s=0)
    cycle.connect(0)
    cycle.failed(cycle.attempt, "config", "wrong key", 0, 0.0)
    assert cycle.tick(1, 0.5) == []


def test_a_lost_connection_reconnects() -> None:
    cycle = connected_life()
    assert cycle.lost(cycle.attempt, "network", "cable pulled", 100, 0.5) == [STOP]
    assert (cycle.state, cycle.error) == (RECONNECTING, "cable pulled")
    assert cycle.tick(103, 0.5) == [START]


def test_trouble_of_a_former_connection_changes_nothing() -> None:
    cycle = connected_life()
    former = cycle.attempt
    cycle.disconnect()
    cycle.connect(0)
    cycle.connected(cycle.attempt)
    assert cycle.lost(former, "network", "late", 1, 0.5) == []
    assert cycle.state == CONNECTED


def test_the_open_breaker_makes_the_next_attempt_wait_for_its_timeout() -> None:
    cycle = life(failure_threshold=1, timeout_s=60)
    cycle.connect(0)
    cycle.failed(cycle.attempt, "network", "no network", 0, 0.0)
    assert cycle.retry_at == 60
    assert cycle.connect(10) == []
    assert cycle.state == RECONNECTING
    assert "circuit" in cycle.error
    assert cycle.tick(59, 0.5) == []
    assert cycle.tick(60, 0.5) == [START]


def test_connect_in_error_tries_at_once() -> None:
    cycle = life()
    cycle.connect(0)
    cycle.failed(cycle.attempt, "packages", "no network to install from", 0, 0.5)
    assert cycle.connect(1) == [START]
    assert (cycle.state, cycle.error) == (CONNECTING, "")


def test_an_engine_that_never_answers_is_given_up_and_tried_again() -> None:
    cycle = life()
    cycle.connect(0)
    assert cycle.tick(100_000, 0.5) == []  # packages may take as long as they need
    cycle.asked(100_000)
    assert cycle.tick(100_000 + ANSWER_PATIENCE_S - 1, 0.5) == []
    assert cycle.tick(100_000 + ANSWER_PATIENCE_S, 0.5) == [STOP]
    assert cycle.state == RECONNECTING
    assert cycle.error


def test_refusing_ends_a_connection_that_stands() -> None:
    cycle = connected_life()
    assert cycle.refuse("nothing to connect with") == [STOP]
    assert (cycle.state, cycle.wanted) == (ERROR, False)


STEPS = {
    "connect": lambda cycle, attempt, code, now: cycle.connect(now),
    "disconnect": lambda cycle, attempt, code, now: cycle.disconnect(),
    "asked": lambda cycle, attempt, code, now: cycle.asked(now) or [],
    "connected": lambda cycle, attempt, code, now: cycle.connected(attempt) and [],
    "failed": lambda cycle, attempt, code, now: cycle.failed(attempt, code, "x", now, 0.5),
    "lost": lambda cycle, attempt, code, now: cycle.lost(attempt, code, "x", now, 0.5),
    "tick": lambda cycle, attempt, code, now: cycle.tick(now, 0.5),
    "refuse": lambda cycle, attempt, code, now: cycle.refuse("x"),
    "auto on": lambda cycle, attempt, code, now: cycle.set_auto(True) or [],
    "auto off": lambda cycle, attempt, code, now: cycle.set_auto(False) or [],
}

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(sorted(STEPS)),
        st.integers(-2, 0),
        st.sampled_from(["network", "config", "permission", "unavailable"]),
        st.floats(0, 100),
    ),
    max_size=40,
)


@given(events=EVENTS)
def test_no_order_of_events_leaves_two_attempts_or_a_silent_standstill(
    events: list[tuple[str, int, str, float]],
) -> None:
    """Whatever happens: one attempt at a time, each one ended, and what waits for nothing says so."""
    cycle = life(failure_threshold=2, timeout_s=30)
    now = 0.0
    attempts = 0
    for name, back, code, seconds in events:
        now += seconds
        for action in STEPS[name](cycle, cycle.attempt + back, code, now) or []:
            attempts = attempts + 1 if action == START else 0
        assert attempts <= 1
        assert attempts or cycle.state in {DISCONNECTED, ERROR, RECONNECTING}
        assert attempts or cycle.state != RECONNECTING or cycle.retry_at is not None
        assert cycle.error or cycle.state not in {ERROR, RECONNECTING}
