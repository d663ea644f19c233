"""The one road between the main thread and the engine.

Thread: main only.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Protocol

import tdg_bridge_journal
import tdg_bridge_outbox
import tdg_core_messages

Message = tdg_core_messages.Message

#: Events after which nobody is there to ask.
_ENDS = frozenset({tdg_core_messages.EngineEnded.kind, tdg_core_messages.EngineUnavailable.kind})


class Transport(Protocol):
    """Carries messages to an engine and back; every method returns at once."""

    def start(self) -> None: ...
    def send(self, request: Message) -> None: ...
    def receive(self) -> Message | None: ...
    def finish(self) -> None: ...
    def stop(self) -> None: ...


class Bridge:
    """Requests go in, events come out, accepted ones are in the journal first.

    Requests are handed over at the end of each drain: an engine in this process, woken in the middle of a script's many
    calls, would take the interpreter from it each time. Between two engines, from the moment that one is asked to end
    or has fallen until the next one begins, they wait here in their order.

    Args:
        transport: Where the engine lives.
        journal: Keeps accepted requests until the engine has stored them.
    """

    def __init__(self, transport: Transport, journal: tdg_bridge_journal.Journal) -> None:
        self.transport = transport
        self._journal = journal
        self._closed = False
        self._own = tdg_bridge_outbox.Outbox()
        self._waiting: list[Message] = []
        self._holds = False
        self._begin()

    def finish(self) -> None:
        """Asks the engine to end; `EngineEnded` comes when it has, after all that it had to tell."""
        self._hand_over()
        self._holds = True
        self.transport.finish()

    def replace(self, transport: Transport) -> None:
        """Goes on with another transport; the engine behind the former one has ended."""
        self.transport = transport
        self._begin()

    def submit(self, request: Message) -> None:
        """Hands a request to the engine, at the end of the next drain."""
        self._waiting.append(request)

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
        self.submit(tdg_core_messages.Accepted(*entry))
        return problem

    def forget(self) -> None:
        """The user's Reset: nothing that was accepted is wanted, by the engine in its turn and by the journal at once.

        So what no engine has taken yet does not come back, should there be none any more before the end.
        """
        self._journal.clear()
        self.submit(tdg_core_messages.Forget())

    def post(self, event: Message) -> None:
        """Lets a task outside the engine (the installer) send an event the same way. Any thread."""
        self._own.put(event)

    def drain(self, handle: Callable[[Message], None], budget_s: float) -> int:
        """Gives waiting events to `handle`, at least one, more while the budget in seconds lasts; how many it took.

        Once the bridge is closed (`handle` may do that) nothing more is given.
        """
        deadline = time.perf_counter() + budget_s
        taken = 0
        while not self._closed and (event := self._next()) is not None:
            taken += 1
            if event.kind == tdg_core_messages.Stored.kind:
                self._journal.forget(event.entries)  # type: ignore[attr-defined]
            else:
                self._holds = self._holds or event.kind in _ENDS
                handle(event)
            if time.perf_counter() >= deadline:
                break
        self._hand_over()
        return taken

    def close(self) -> None:
        """Ends the engine without waiting for it. Idempotent."""
        if not self._closed:
            self._hand_over()
        self._closed = True
        self._own.close()
        self.transport.stop()
        self._journal.close()

    def _next(self) -> Message | None:
        own = self._own.take()
        return self.transport.receive() if own is None else own

    def _begin(self) -> None:
        """Starts the engine and hands it what the one before it has not stored, then what was held."""
        self.transport.start()
        self._holds = False
        known = {_name(request) for request in self._waiting}
        for entry in self._journal.entries():
            if (entry.origin, entry.number) not in known:
                self.transport.send(tdg_core_messages.Accepted(*entry))
        self._hand_over()

    def _hand_over(self) -> None:
        if self._holds or self._closed:
            return
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            self.transport.send(request)


def _name(request: Message) -> tuple[str, int]:
    """Which entry of the journal a request is; it may be none."""
    return getattr(request, "journal", ""), getattr(request, "entry", 0)
