"""Backoff as arithmetic and the circuit breaker as a value, both without a clock.

Thread: any.
"""

from dataclasses import dataclass

CLOSED = "closed"
OPEN = "open"
HALF_OPEN = "half_open"

#: Beyond this many failures the documented formula stops growing.
_MAX_EXPONENT = 10


@dataclass(frozen=True)
class BreakerSettings:
    """The four parameters of the Conn page."""

    failure_threshold: int = 5
    timeout_s: float = 60.0
    backoff_base: float = 2.0
    backoff_max_s: float = 300.0


def backoff_s(failures: int, settings: BreakerSettings) -> float:
    """Seconds to wait after that many consecutive failures: `min(base ** min(failures, 10), max)`."""
    base = max(settings.backoff_base, 0.0)
    return float(min(base ** min(failures, _MAX_EXPONENT), max(settings.backoff_max_s, 0.0)))


def jittered(seconds: float, random: float) -> float:
    """Half to all of `seconds`, so that many machines do not come back in step; `random` is in [0, 1)."""
    return seconds * (0.5 + 0.5 * random)


class Breaker:
    """Counts consecutive failures and says whether an attempt is allowed.

    `closed`: all attempts. `open`: none until `timeout_s` has passed since it opened. `half_open`: one probe, whose
    success closes and whose failure opens again. Times are monotonic seconds, given by the caller.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self.settings = settings
        self.failures = 0
        self._opened_at: float | None = None
        self._probe_since: float | None = None

    def state(self, now: float) -> str:
        """`closed`, `open` or `half_open`."""
        if self._opened_at is None:
            return CLOSED
        return OPEN if now < self._opened_at + self.settings.timeout_s else HALF_OPEN

    def can_attempt(self, now: float) -> bool:
        """Whether one attempt may start now; in `half_open` a True hands out the only probe.

        A probe that was never reported is given up after another timeout, so a lost one cannot block for ever.
        """
        state = self.state(now)
        if state == CLOSED:
            return True
        if state == OPEN:
            return False
        if self._probe_since is not None and now < self._probe_since + self.settings.timeout_s:
            return False
        self._probe_since = now
        return True

    def wait_s(self, now: float) -> float:
        """Seconds until the next attempt can be allowed; 0 when it can be now."""
        if self._opened_at is None:
            return 0.0
        since = self._opened_at if self._probe_since is None else self._probe_since
        return max(0.0, since + self.settings.timeout_s - now)

    def success(self) -> None:
        """An attempt succeeded: closed, nothing counted."""
        self.reset()

    def failure(self, now: float) -> None:
        """An attempt failed: counted; opens at the threshold, and again whenever a probe fails."""
        self.failures += 1
        self._probe_since = None
        if self._opened_at is not None or self.failures >= max(1, self.settings.failure_threshold):
            self._opened_at = now

    def release(self) -> None:
        """An attempt ended without an answer about the server (a configuration error, a disconnect)."""
        self._probe_since = None

    def reset(self) -> None:
        """As new."""
        self.failures = 0
        self._opened_at = None
        self._probe_since = None
