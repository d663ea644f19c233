"""ConnectionExt as users' scripts know it: the documented methods, from any thread, with a clock of the test's own."""

import threading

import pytest

import tdg_core_retry
from ext_connection import ConnectionExt
from tdg_core_retry import BreakerSettings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> ConnectionExt:
    made = ConnectionExt(None, clock)
    made.configure(BreakerSettings(failure_threshold=3, timeout_s=60, backoff_base=2, backoff_max_s=300))
    return made


def test_the_documented_life_of_a_breaker(breaker: ConnectionExt, clock: Clock) -> None:
    assert (breaker.GetState(), breaker.CanAttempt(), breaker.GetBackoffSeconds()) == ("closed", True, 1)
    for failures in (1, 2, 3):
        breaker.RecordFailure()
        assert breaker.GetBackoffSeconds() == 2**failures
    assert (breaker.GetState(), breaker.CanAttempt()) == ("open", False)
    clock.now = 60
    assert breaker.GetState() == "half_open"
    assert breaker.CanAttempt()
    assert not breaker.CanAttempt()
    breaker.RecordFailure()
    assert breaker.GetState() == "open"
    clock.now = 120
    assert breaker.CanAttempt()
    breaker.RecordSuccess()
    assert (breaker.GetState(), breaker.GetBackoffSeconds()) == ("closed", 1)
    for _ in range(3):
        breaker.RecordFailure()
    breaker.Reset()
    assert (breaker.GetState(), breaker.CanAttempt()) == ("closed", True)


def test_settings_count_from_the_moment_they_are_set(breaker: ConnectionExt, clock: Clock) -> None:
    for _ in range(3):
        breaker.RecordFailure()
    breaker.configure(BreakerSettings(failure_threshold=3, timeout_s=5))
    clock.now = 5
    assert breaker.GetState() == "half_open"


def test_of_many_threads_exactly_one_gets_the_probe(breaker: ConnectionExt, clock: Clock) -> None:
    for _ in range(3):
        breaker.RecordFailure()
    clock.now = 60
    start = threading.Barrier(8)
    granted: list[bool] = []

    def ask() -> None:
        start.wait()
        granted.extend(breaker.CanAttempt() for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 1


def test_no_failure_of_many_threads_is_lost(breaker: ConnectionExt) -> None:
    breaker.configure(BreakerSettings(failure_threshold=10**9))

    def fail() -> None:
        for _ in range(500):
            breaker.RecordFailure()

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert breaker.breaker.failures == 2000


def test_every_public_step_of_the_breaker_is_locked() -> None:
    """A step added to the breaker later must not be forgotten here."""
    steps = {name for name, value in vars(tdg_core_retry.Breaker).items() if callable(value) and name[0] != "_"}
    locked = {name for cls in type(ConnectionExt(None).breaker).__mro__[:-2] for name in vars(cls)}
    assert steps <= locked
