"""ConnectionExt: the circuit breaker as users' scripts know it.

Thread: any, except `__init__` and `configure`.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import tdg_core_retry


class LockedBreaker(tdg_core_retry.Breaker):
    """A breaker that several threads may ask."""

    def __init__(self, settings: tdg_core_retry.BreakerSettings) -> None:
        super().__init__(settings)
        self._lock = threading.RLock()

    def state(self, now: float) -> str:
        with self._lock:
            return super().state(now)

    def can_attempt(self, now: float) -> bool:
        with self._lock:
            return super().can_attempt(now)

    def wait_s(self, now: float) -> float:
        with self._lock:
            return super().wait_s(now)

    def success(self) -> None:
        with self._lock:
            super().success()

    def failure(self, now: float) -> None:
        with self._lock:
            super().failure(now)

    def release(self) -> None:
        with self._lock:
            super().release()

    def reset(self) -> None:
        with self._lock:
            super().reset()


class ConnectionExt:
    """Circuit breaker with exponential backoff.

    `closed` allows all attempts, `open` none for *Circuit Timeout* seconds, `half_open` one probe. No method reads a
    parameter: the main thread hands the settings over whenever they change.

    Args:
        ownerComp: The component.
        clock: Monotonic seconds.
    """

    def __init__(self, ownerComp: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self.ownerComp = ownerComp
        self._clock = clock
        self.breaker = LockedBreaker(tdg_core_retry.BreakerSettings())

    def configure(self, settings: tdg_core_retry.BreakerSettings) -> None:
        """Takes the values of the Conn page."""
        self.breaker.settings = settings

    def CanAttempt(self) -> bool:
        """Whether an attempt may start now; in `half_open` True is the only probe."""
        return self.breaker.can_attempt(self._clock())

    def RecordSuccess(self) -> None:
        """An attempt succeeded: closed again."""
        self.breaker.success()

    def RecordFailure(self) -> None:
        """An attempt failed; opens after *Circuit Failure Threshold* in a row."""
        self.breaker.failure(self._clock())

    def GetBackoffSeconds(self) -> float:
        """Seconds before the next attempt: `min(Backoff Base ** min(failures, 10), Backoff Max)`."""
        return tdg_core_retry.backoff_s(self.breaker.failures, self.breaker.settings)

    def GetState(self) -> str:
        """`closed`, `open` or `half_open`."""
        return self.breaker.state(self._clock())

    def Reset(self) -> None:
        """Closed, nothing counted."""
        self.breaker.reset()
