"""A loop with listeners on it, and what comes out of them, for tests."""

import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import tdg_core_firestore_inbound as inbound
import tdg_core_messages
from tdg_bridge_outbox import Outbox
from tdg_core_errors import CloudError
from tdg_core_firestore_watch_spec import Spec
from tdg_core_firestore_watch_timing import Timing
from tdg_core_settings import Settings
from tdg_gateway_firestore import Gateway, open_gateway
from tdg_work_listen import Listeners
from tdg_work_loop import Loop

PATIENCE_S = 10.0

#: Backoff a hundred times as fast as in earnest; silence is left to the tests that are about it.
FAST = Timing(
    quick_s=0.005,
    base_s=0.02,
    longest_s=0.2,
    exhausted_s=0.05,
    healthy_s=0.1,
    trusted_s=0.2,
    announce_s=0.02,
    answer_s=5.0,
    silence_s=5.0,
    stuck_s=5.0,
    place_s=0.05,
    page_s=(0.01, 0.02),
    tick_s=0.01,
)


class _TellingOutbox(Outbox):
    """Says when something was put in."""

    def __init__(self) -> None:
        super().__init__()
        self.news = threading.Condition()

    def put(self, event: tdg_core_messages.Message, merge_key: Any = None) -> None:
        super().put(event, merge_key)
        with self.news:
            self.news.notify_all()

    def add_to(self, stream: Any, key: Any, item: Any) -> None:
        super().add_to(stream, key, item)
        with self.news:
            self.news.notify_all()


@dataclass
class Seen:
    """What the main thread has seen of one listener."""

    rows: dict[str, Any] = field(default_factory=dict)
    kinds: list[tuple[str, str]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def state(self) -> str:
        return self.states[-1] if self.states else ""


class Listening:
    """Listeners on a loop of their own, connected to a host. Use as a context manager."""

    def __init__(self, settings: Settings, timing: Timing = FAST) -> None:
        self.settings = settings
        self.outbox = _TellingOutbox()
        self.loop = Loop(queue.SimpleQueue(), self.outbox)
        self.troubles: list[CloudError] = []
        self.delivered: list[tuple[str, int]] = []
        self.logged: list[str] = []
        self.gateway: Gateway | None = None
        self.listeners = Listeners(
            self.loop, self._trouble, lambda name, changes: self.delivered.append((name, len(changes))), timing
        )
        self._seen: dict[str, Seen] = {}
        self._thread = threading.Thread(target=self.loop.run, args=(lambda _: None, self.listeners.pause))

    def __enter__(self) -> Self:
        self._thread.start()
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop._inbox.put(None)
        if self.gateway is not None:
            self.gateway.close()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the engine does not end"

    def connect(self) -> None:
        """Opens a gateway and hands it to the listeners."""
        self.gateway = open_gateway(self.settings)
        self.run(self.listeners.resume, self.gateway)

    def disconnect(self) -> None:
        """The connection is not wanted any more."""
        self.run(self.listeners.pause)
        assert self.gateway is not None
        self.gateway.close()

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Runs it on the loop and waits for its result."""
        answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.loop.call(lambda: answer.put(function(*args)))
        return answer.get(timeout=PATIENCE_S)

    def watch(self, name: str, spec: Spec | None = None, known: tuple[str, ...] = ()) -> None:
        self.run(self.listeners.watch, name, spec or Spec(name), known)

    def unwatch(self, name: str) -> None:
        self.run(self.listeners.unwatch, name)

    def seen(self, name: str) -> Seen:
        """What has come out so far."""
        self._drain()
        return self._seen.setdefault(name, Seen())

    def until(self, name: str, wanted: Callable[[Seen], bool], what: str = "what was expected") -> Seen:
        """Waits until what has come out of a listener is as wanted."""
        self.wait(lambda: wanted(self.seen(name)), what, lambda: self._told(name))
        return self.seen(name)

    def until_rows(self, name: str, rows: dict[str, Any]) -> Seen:
        """Waits until a listener is live and shows just these rows."""
        return self.until(name, lambda seen: seen.rows == rows and seen.state == inbound.LIVE, f"rows {rows}")

    def wait(self, wanted: Callable[[], bool], what: str, now: Callable[[], str] = lambda: "") -> None:
        """Waits until something is true; looks again whenever something came out, and now and then."""
        deadline = time.monotonic() + PATIENCE_S
        while not wanted():
            assert time.monotonic() < deadline, f"no {what}: {now()}"
            with self.outbox.news:
                self.outbox.news.wait(0.01)

    def _trouble(self, error: CloudError) -> None:
        """As the engine does it: the gateway is dropped and the main thread told."""
        self.troubles.append(error)
        gateway, self.gateway = self.gateway, None
        if gateway is not None:
            self.loop.spawn("close", gateway.close)
        self.listeners.pause(error.message)

    def _told(self, name: str) -> str:
        seen = self.seen(name)
        return f"{len(seen.rows)} rows, {seen.kinds[-5:]}, {seen.states}, {seen.reason}, {self.logged}"

    def _drain(self) -> None:
        while (event := self.outbox.take()) is not None:
            if isinstance(event, tdg_core_messages.Logged):
                self.logged.append(event.message)
            elif isinstance(event, inbound.ListenerState):
                seen = self._seen.setdefault(event.name, Seen())
                seen.states.append(event.state)
                seen.reason = event.reason
            elif isinstance(event, inbound.DocumentsChanged):
                self._take(self._seen.setdefault(event.name, Seen()), event.changes)

    def _take(self, seen: Seen, changes: list[tuple[Any, ...]]) -> None:
        for change in (inbound.Change(*one) for one in changes):
            seen.kinds.append((change.doc_id, change.change_type))
            if change.payload is None:
                seen.rows.pop(change.doc_id, None)
            else:
                seen.rows[change.doc_id] = json.loads(change.payload)
