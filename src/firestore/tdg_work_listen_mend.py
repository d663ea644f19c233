"""Takes up again what broke for no fault of its own: one backoff for all streams, and the question what is broken.

Thread: worker only (the engine's loop).
"""

from collections.abc import Callable
from typing import Any, Protocol

import tdg_core_errors
import tdg_core_firestore_watch_timing
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Timing = tdg_core_firestore_watch_timing.Timing

#: A second refused token within this many seconds says that the credentials are bad, not old.
_TOKEN_S = 60.0


class Gateway(Protocol):
    """What finding out needs of a gateway."""

    def check(self) -> None: ...
    def refresh_credentials(self) -> None: ...


class Mender:
    """Streams share a connection, so they break together: they are counted and taken up together.

    Args:
        loop: The engine's loop.
        timing: How long to wait.
        chance: Gives numbers in [0, 1).
        trouble: Told when the server cannot be reached at all, or takes no token.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        timing: Timing,
        chance: Callable[[], float],
        trouble: Callable[[CloudError], None],
    ) -> None:
        self._loop = loop
        self._timing = timing
        self._chance = chance
        self._trouble = trouble
        self._gateway: Any = None
        self._failures = 0
        self._waiting: list[Callable[[], None]] = []
        self._planned = False
        #: Counts connections; what belongs to an older one comes too late.
        self._epoch = 0
        self._checking = False
        self._token_at: float | None = None

    def connected(self, gateway: Gateway | None) -> None:
        """There is a new connection, or None: nothing waits any more."""
        self._gateway = gateway
        self._epoch += 1
        self._failures = 0
        self._waiting.clear()
        self._planned = self._checking = False

    def healthy(self) -> None:
        """A stream was well for a while."""
        self._failures = 0

    def broken(self, error: CloudError, again: Callable[[], None]) -> None:
        """Something failed that may succeed later; `again()` is called when it may be tried."""
        if self._gateway is None:
            return
        self._waiting.append(again)
        if self._planned:
            return
        self._failures += 1
        wait_s = self._timing.quick_s
        if self._failures > 1 or error.code == "exhausted":
            wait_s = self._timing.wait_s(max(1, self._failures - 1), error.code, self._chance())
        self._plan(wait_s)
        if self._failures > 1 and error.code in tdg_core_errors.CONNECTION_CODES:
            self._doubt()

    def refused_token(self, error: CloudError, again: Callable[[], None]) -> None:
        """The token is refused: a new one is fetched; if that is refused, too, a person must act."""
        if self._gateway is None:
            return
        self._waiting.append(again)
        if self._planned:
            return
        self._planned = True
        now = self._loop.clock()
        former, self._token_at = self._token_at, now
        if former is not None and now - former < _TOKEN_S:
            self._trouble(error)
            return
        epoch = self._epoch

        def renewed(_: Any, error: CloudError | None) -> None:
            if epoch != self._epoch:
                return
            if error is None:
                self._again(epoch)
            else:
                self._trouble(error)

        self._loop.spawn("token", self._gateway.refresh_credentials, then=renewed)

    def _plan(self, wait_s: float) -> None:
        self._planned = True
        epoch = self._epoch
        self._loop.call_later(wait_s, lambda: self._again(epoch))

    def _again(self, epoch: int) -> None:
        if epoch != self._epoch:
            return
        self._planned = False
        waiting, self._waiting = self._waiting, []
        for again in waiting:
            again()

    def _doubt(self) -> None:
        """Is it the streams alone, or does nothing get through?"""
        if self._checking:
            return
        self._checking = True
        epoch = self._epoch

        def checked(_: Any, error: CloudError | None) -> None:
            if epoch != self._epoch:
                return
            self._checking = False
            if error is not None and error.code in tdg_core_errors.CONNECTION_CODES:
                self._trouble(error)

        self._loop.spawn("check", self._gateway.check, then=checked)
