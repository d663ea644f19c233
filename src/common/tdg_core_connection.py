"""The life of a connection as a state machine: what happened goes in, what to do comes out.

Thread: any.

It knows no clock, no thread and no server. Times are monotonic seconds given by the caller.
"""

from dataclasses import dataclass, field

import tdg_core_errors
import tdg_core_retry

CONNECTING = "connecting"
CONNECTED = "connected"
DISCONNECTED = "disconnected"
ERROR = "error"
RECONNECTING = "reconnecting"

#: Actions a transition can ask for.
START = "start"
STOP = "stop"

#: An engine that has not answered by then is hung: longer than all time-outs of a gateway's first calls together, and
#: than an engine waits for the one before it.
ANSWER_PATIENCE_S = 150.0

#: What waits for a person is not looked at more often than that, however short *Backoff Max* is.
_PERSON_S = 10.0

_SILENT = (
    "The server was asked to connect and neither answered nor refused. Check the network (a Wi-Fi sign-in page, a "
    "proxy or a firewall can swallow requests); it is tried again."
)
_OPEN = "The circuit breaker is open after repeated failures; the next attempt is planned."


@dataclass
class Lifecycle:
    """Turns user wishes, answers of the engine and the passing of time into states and actions.

    Each method returns the actions to carry out, in order: `START` (begin the attempt numbered `attempt`) and `STOP`
    (close what talks to the server). `state` and `error` are what the user sees.
    """

    breaker: tdg_core_retry.Breaker
    #: Whether reconnecting goes on by itself (*Auto Connect*).
    auto: bool = True
    state: str = DISCONNECTED
    error: str = ""
    #: Number of the current attempt; answers that carry another number are late and change nothing.
    attempt: int = 0
    #: When the next attempt is due; None when none is planned.
    retry_at: float | None = None
    _under_way: bool = field(default=False, repr=False)
    #: When an answer to the attempt is overdue; None while it waits for packages or there is no attempt.
    _overdue_at: float | None = field(default=None, repr=False)

    @property
    def wanted(self) -> bool:
        """Whether a connection stands, is being made or is planned."""
        return self.state == CONNECTED or self._under_way or self.retry_at is not None

    def connect(self, now: float) -> list[str]:
        """The user (or Auto Connect) wants a connection. While one is being made or stands, nothing happens."""
        if self._under_way or self.state == CONNECTED:
            return []
        self.error = ""
        if self.breaker.can_attempt(now):
            return self._start(CONNECTING)
        self.state = RECONNECTING
        self.error = _OPEN
        self.retry_at = now + self.breaker.wait_s(now)
        return []

    def refuse(self, message: str) -> list[str]:
        """There is nothing to connect with; waits for the user without counting anything."""
        actions = [STOP] if self.state == CONNECTED or self._under_way else []
        self._end_attempt()
        self.breaker.release()
        self.retry_at = None
        self.state = ERROR
        self.error = message
        return actions

    def disconnect(self) -> list[str]:
        """The user wants none; an attempt under way is called off."""
        was_idle = self.state == DISCONNECTED
        self._end_attempt()
        self.breaker.release()
        self.retry_at = None
        self.state = DISCONNECTED
        self.error = ""
        return [] if was_idle else [STOP]

    def asked(self, now: float) -> None:
        """The engine was asked to connect: from now on an answer is due."""
        if self._under_way:
            self._overdue_at = now + ANSWER_PATIENCE_S

    def connected(self, attempt: int) -> bool:
        """The server has answered; False if that attempt is no longer wanted."""
        if attempt != self.attempt or not self._under_way:
            return False
        self._under_way = False
        self._overdue_at = None
        self.breaker.success()
        self.state = CONNECTED
        self.error = ""
        return True

    def failed(self, attempt: int, code: str, message: str, now: float, random: float) -> list[str]:
        """The attempt failed. A configuration error waits for a person; it is looked at again at the slowest pace."""
        if attempt != self.attempt or not self._under_way:
            return []
        return self._fail(code, message, now, random)

    def lost(self, attempt: int, code: str, message: str, now: float, random: float) -> list[str]:
        """The connection that stood is gone."""
        if attempt != self.attempt or self.state != CONNECTED:
            return []
        return self._fail(code, message, now, random)

    def set_auto(self, auto: bool) -> None:
        """*Auto Connect* was set; off calls a planned attempt off."""
        self.auto = auto
        if not auto and self.retry_at is not None:
            self.retry_at = None
            self.state = ERROR

    def tick(self, now: float, random: float) -> list[str]:
        """Time has passed; starts the planned attempt when it is due and the breaker allows it."""
        if self._overdue_at is not None and now >= self._overdue_at:
            return self._fail("deadline", _SILENT, now, random)
        if self.retry_at is None or now < self.retry_at:
            return []
        if not self.breaker.can_attempt(now):
            self.retry_at = now + max(self.breaker.wait_s(now), 0.05)
            return []
        return self._start(self.state if self.state == ERROR else RECONNECTING)

    def _start(self, state: str) -> list[str]:
        self.attempt += 1
        self._under_way = True
        self.retry_at = None
        self.state = state
        return [START]

    def _end_attempt(self) -> None:
        self._under_way = False
        self._overdue_at = None
        self.attempt += 1

    def _fail(self, code: str, message: str, now: float, random: float) -> list[str]:
        self._end_attempt()
        settings = self.breaker.settings
        if tdg_core_errors.todo(code) == tdg_core_errors.RETRY:
            self.breaker.failure(now)
            self.state = RECONNECTING if self.auto else ERROR
            wait_s = tdg_core_retry.backoff_s(self.breaker.failures, settings)
        else:
            self.breaker.release()
            self.state = ERROR
            wait_s = max(settings.backoff_max_s, _PERSON_S)
        self.error = message
        delay_s = max(tdg_core_retry.jittered(wait_s, random), self.breaker.wait_s(now))
        self.retry_at = now + delay_s if self.auto else None
        return [STOP]
