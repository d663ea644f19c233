"""The one road between the main thread and the engine.

Thread: main only.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Protocol

import tdg_bridge_journal
import tdg_core_messages

Message = tdg_core_messages.Message


class Transport(Protocol):
    """Carries messages to an engine and back; every method returns at once."""

    def start(self) -> None: ...
    def send(self, request: Message) -> None: ...
    def receive(self) -> Message | None: ...
    def post(self, event: Message) -> None: ...
    def stop(self) -> None: ...


class Bridge:
    """Requests go in, events come out, accepted ones are in the journal first.

    Args:
        transport: Where the engine lives.
        journal: Keeps accepted requests until the engine has stored them.
    """

    def __init__(self, transport: Transport, journal: tdg_bridge_journal.Journal) -> None:
        self.transport = transport
        self._journal = journal
        self._closed = False
        self._begin()

    def replace(self, transport: Transport) -> None:
        """Goes on with another transport; the engine behind the former one has ended."""
        self.transport = transport
        self._begin()

    def submit(self, request: Message) -> None:
        """Hands a request to the engine."""
        self.transport.send(request)

    def accept(self, request: Message) -> str:
        """Stores a request before handing it over: from here on it survives this process.

        The request holds JSON values only.

        Returns:
            An empty string, or why it could not be stored (it is handed over all the same).
        """
        message = tdg_core_messages.to_plain(request)
        try:
            entry, problem = self._journal.append(message), ""
        except sqlite3.Error as error:
            entry = tdg_bridge_journal.Entry("", 0, message)
            problem = f"not stored on disk, kept in memory only ({error}); free or unlock the cache folder"
        self._send(entry)
        return problem

    def drain(self, handle: Callable[[Message], None], budget_s: float) -> int:
        """Gives waiting events to `handle`, at least one, more while the budget in seconds lasts; how many it took.

        Once the bridge is closed (`handle` may do that) nothing more is given.
        """
        deadline = time.perf_counter() + budget_s
        taken = 0
        while not self._closed and (event := self.transport.receive()) is not None:
            taken += 1
            if event.kind == tdg_core_messages.Stored.kind:
                self._journal.forget(event.entries)  # type: ignore[attr-defined]
            else:
                handle(event)
            if time.perf_counter() >= deadline:
                break
        return taken

    def close(self) -> None:
        """Ends the engine without waiting for it. Idempotent."""
        self._closed = True
        self.transport.stop()
        self._journal.close()

    def _begin(self) -> None:
        """Starts the engine and hands it what the one before it has not stored."""
        self.transport.start()
        for entry in self._journal.entries():
            self._send(entry)

    def _send(self, entry: tdg_bridge_journal.Entry) -> None:
        self.transport.send(tdg_core_messages.Accepted(*entry))
