"""Ends what runs in a helper thread: asked for between two steps, and by closing what it waits in.

Thread: any.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator

import tdg_core_errors

CloudError = tdg_core_errors.CloudError


class Token:
    """Given to a piece of work; whoever holds it can cancel the work from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ends the work: what it waits in is closed at once. Idempotent."""
        with self._lock:
            self._event.set()
            closers = list(self._closers)
        for close in closers:
            close()

    def check(self) -> None:
        """To be called between two steps.

        Raises:
            CloudError: `cancelled`.
        """
        if self._event.is_set():
            raise CloudError("cancelled", "It was cancelled.")

    def sleep(self, seconds: float) -> None:
        """Waits; ends early when cancelled.

        Raises:
            CloudError: `cancelled`.
        """
        self._event.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """While inside, `cancel` calls `close` too.

        Raises:
            CloudError: `cancelled`, if it already is.
        """
        with self._lock:
            self.check()
            self._closers.append(close)
        try:
            yield
        finally:
            with self._lock:
                self._closers.remove(close)
