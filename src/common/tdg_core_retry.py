"""Backoff as arithmetic and the circuit breaker as a value, both without a clock.

Thread: any.
"""

from dataclasses import dataclass

CLOSED = "closed"
OPEN = "open"
HALF_OPEN = "half_open"

#: Beyond this many failures the documented formula stops growing.
_MAX_EXPONENT = 10

#: A probe that nobody has reported on for that long is taken for lost (longer with a longer *Circuit Timeout*).
PROBE_PATIENCE_S = 120.0


@dataclass(frozen=True)
class BreakerSettings:
    """The four parameters of the Conn page."""

    failure_threshold: int = 5
    timeout_s: float = 60.0
    backoff_base: float = 2.0
    backoff_max_s: float = 300.0


def backoff_s(failures: int, settings: BreakerSettings) -> float:
    """Seconds to wait after that many consecutive failures: `min(base ** min(failures, 10), max)`."""
    longest = max(settings.backoff_max_s, 0.0)
    try:
        return float(min(max(settings.backoff_base, 0.0) ** min(failures, _MAX_EXPONENT), longest))
    except OverflowError:
        return longest


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

        A probe that was never reported is given up after a while, so a lost one cannot block for ever.
        """
        state = self.state(now)
        if state == CLOSED:
            return True
        if state == OPEN:
            return False
        if self._probe_since is not None and now < self._probe_since + self._probe_patience_s():
            return False
        self._probe_since = now
        return True

    def wait_s(self, now: float) -> float:
        """Seconds until the next attempt can be allowed; 0 when it can be now."""
        if self._opened_at is None:
            return 0.0
        if self._probe_since is None:
            return max(0.0, self._opened_at + self.settings.timeout_s - now)
        return max(0.0, self._probe_since + self._probe_patience_s() - now)

    def success(self) -> None:
        """An attempt succeeded: closed, nothing counted."""
        self.reset()

    def failure(self, now: float) -> None:
        """An attempt failed: counted; opens at the threshold, and again whenever a probe fails.

        While open it only counts: what began before the circuit opened does not keep it open for longer.
        """
        state = self.state(now)
        self.failures += 1
        if state == OPEN:
            return
        self._probe_since = None
        if state == HALF_OPEN or self.failures >= max(1, self.settings.failure_threshold):
            self._opened_at = now

    def release(self) -> None:
        """An attempt ended without an answer about the server (a configuration error, a disconnect)."""
        self._probe_since = None

    def reset(self) -> None:
        """As new."""
        self.failures = 0
        self._opened_at = None
        self._probe_since = None

    def _probe_patience_s(self) -> float:
        return max(self.settings.timeout_s, PROBE_PATIENCE_S)
