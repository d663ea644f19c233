"""Backoff and circuit breaker, against the documented formula and states."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tdg_core_retry
from tdg_core_retry import CLOSED, HALF_OPEN, OPEN, Breaker, BreakerSettings, backoff_s, jittered

SETTINGS = BreakerSettings(failure_threshold=3, timeout_s=60.0)


@pytest.mark.parametrize(("failures", "expected"), [(0, 1), (1, 2), (2, 4), (8, 256), (9, 300), (10, 300), (50, 300)])
def test_backoff_is_the_documented_formula(failures: int, expected: float) -> None:
    assert backoff_s(failures, BreakerSettings()) == expected


def test_backoff_stops_growing_at_ten_failures() -> None:
    settings = BreakerSettings(backoff_base=2, backoff_max_s=math.inf)
    assert backoff_s(10, settings) == backoff_s(11, settings) == 1024


@given(
    failures=st.integers(0, 10**6),
    base=st.floats(-10, 1e300, allow_nan=False),
    longest=st.floats(-10, 1e9, allow_nan=False),
    random=st.floats(0, 1, exclude_max=True),
)
def test_waits_stay_within_the_formula_whatever_the_parameters(
    failures: int, base: float, longest: float, random: float
) -> None:
    wait = backoff_s(failures, BreakerSettings(backoff_base=base, backoff_max_s=longest))
    assert 0 <= wait <= max(longest, 0)
    assert wait / 2 <= jittered(wait, random) <= wait


def test_opens_at_the_threshold_and_not_before() -> None:
    breaker = Breaker(SETTINGS)
    for second in (1, 2):
        breaker.failure(second)
        assert breaker.state(second) == CLOSED
        assert breaker.can_attempt(second)
    breaker.failure(3)
    assert breaker.state(3) == OPEN
    assert not breaker.can_attempt(62)
    assert breaker.wait_s(3) == 60


def test_only_failures_in_a_row_count() -> None:
    breaker = Breaker(SETTINGS)
    for _ in range(5):
        breaker.failure(0)
        breaker.failure(0)
        breaker.success()
    assert breaker.state(0) == CLOSED
    assert breaker.failures == 0


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(SETTINGS)
    for _ in range(3):
        breaker.failure(at)
    return breaker


def test_half_open_gives_out_one_probe_whose_success_closes() -> None:
    breaker = opened()
    assert breaker.state(60) == HALF_OPEN
    assert breaker.can_attempt(60)
    assert not breaker.can_attempt(61)
    breaker.success()
    assert breaker.state(61) == CLOSED
    assert breaker.can_attempt(61)
    assert breaker.can_attempt(61)


def test_a_failed_probe_opens_for_another_full_timeout() -> None:
    breaker = opened()
    assert breaker.can_attempt(70)
    breaker.failure(75)
    assert breaker.state(134.9) == OPEN
    assert breaker.state(135) == HALF_OPEN
    assert breaker.can_attempt(135)


def test_late_failures_do_not_keep_an_open_circuit_open_for_longer() -> None:
    breaker = opened()
    breaker.failure(30)
    assert breaker.state(60) == HALF_OPEN


def test_a_probe_that_ended_without_an_answer_is_given_back() -> None:
    breaker = opened()
    assert breaker.can_attempt(60)
    breaker.release()
    assert breaker.can_attempt(61)


def test_a_lost_probe_does_not_block_for_ever() -> None:
    breaker = opened()
    assert breaker.can_attempt(60)
    wait = breaker.wait_s(60)
    assert not breaker.can_attempt(60 + wait - 1)
    assert breaker.can_attempt(60 + wait)


@pytest.mark.parametrize("timeout_s", [0.0, 5.0])
def test_a_slow_probe_stays_the_only_one_with_a_short_timeout(timeout_s: float) -> None:
    breaker = Breaker(BreakerSettings(failure_threshold=1, timeout_s=timeout_s))
    breaker.failure(0)
    assert breaker.can_attempt(timeout_s)
    assert not breaker.can_attempt(timeout_s + tdg_core_retry.PROBE_PATIENCE_S - 1)


def test_a_threshold_of_zero_counts_as_one() -> None:
    breaker = Breaker(BreakerSettings(failure_threshold=0))
    assert breaker.can_attempt(0)
    breaker.failure(0)
    assert breaker.state(0) == OPEN


def test_reset_is_as_new() -> None:
    breaker = opened()
    breaker.reset()
    assert (breaker.state(0), breaker.failures, breaker.wait_s(0)) == (CLOSED, 0, 0)
