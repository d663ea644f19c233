"""The firestore engine without TouchDesigner, for tests: requests in, events out, a real server behind it."""

import dataclasses
import itertools
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import tdg_bridge_outbox
import tdg_core_firestore_codec as codec
import tdg_core_firestore_messages as messages
import tdg_core_firestore_settings
import tdg_core_messages
import tdg_gateway_firestore
import tdg_work_firestore

FirestoreSettings = tdg_core_firestore_settings.FirestoreSettings

PATIENCE_S = 20.0

_journal = itertools.count(1)


def settings(host: str, database: str, **fields: Any) -> FirestoreSettings:
    """Settings for an emulator; each test has a database of its own."""
    return FirestoreSettings(component="test", emulator_host=host, target=database, **fields)


def write(
    doc_id: str, op_type: str = "set", data: Any = None, collection: str = "c", batch: str = ""
) -> messages.Write:
    """A write as the main thread makes it."""
    payload = codec.text_of({} if data is None else data)
    return messages.Write(str(uuid.uuid4()), collection, doc_id, op_type, payload, tdg_work_firestore.now_text(), batch)


def increment(value: float) -> dict[str, Any]:
    """The write-only marker."""
    return {"__type": "increment", "value": value}


class Run:
    """One run of an engine, from its start to `close`.

    Args:
        given: Its settings.
        open_gateway: Stands in for the real one where a test wants to see the calls.
    """

    def __init__(
        self,
        given: FirestoreSettings,
        open_gateway: Callable[[FirestoreSettings], Any] = tdg_gateway_firestore.open_gateway,
        session: str = "session",
    ) -> None:
        self.session = session
        #: Connect again whenever the connection is lost, as the main thread does.
        self.reconnects = False
        self._attempt = 0
        self.events: list[tdg_core_messages.Message] = []
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox = tdg_bridge_outbox.Outbox()
        arguments = {"open_gateway": open_gateway, "settings": dataclasses.replace(given, session=session)}
        serve = tdg_work_firestore.serve
        self._thread = threading.Thread(target=serve, args=(self._inbox, self._outbox), kwargs=arguments, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, request: tdg_core_messages.Message) -> None:
        """A request that is not in the journal."""
        self._inbox.put(request)

    def accept(self, *requests: tdg_core_messages.Message) -> list[tdg_core_messages.Accepted]:
        """Requests as they come out of the journal."""
        accepted = [
            tdg_core_messages.Accepted("journal", next(_journal), tdg_core_messages.to_plain(one)) for one in requests
        ]
        for one in accepted:
            self.send(one)
        return accepted

    def push(self, *writes: messages.Write) -> None:
        """Queues writes in one request."""
        self.accept(messages.Writes(list(writes), self.session))

    def connect(self) -> None:
        """Connects and waits for it."""
        connected = len(self.of("connected"))
        self._connect()
        self.wait_for("connected", connected + 1)

    def _connect(self) -> None:
        self._attempt += 1
        self.send(tdg_core_messages.Connect(self._attempt))

    def wait(self, done: Callable[[], Any], what: str = "") -> Any:
        """Takes events until `done()` is true; its value."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := done()):
            event = self._outbox.take()
            if event is not None:
                self.events.append(event)
                if event.kind == "trouble" and self.reconnects:
                    self._connect()
                continue
            assert time.monotonic() < deadline, f"waited in vain for {what or done}; {str(self.events[-6:])[-1500:]}"
            assert self._thread.is_alive() or self._outbox.take() is not None, (
                f"the engine ended: {str(self.events[-5:])[:1500]}"
            )
            time.sleep(0.002)
        return value

    def wait_for(self, kind: str, count: int = 1) -> list[Any]:
        """Waits for that many events of a kind in all; all of them."""
        return list(self.wait(lambda: len(found := self.of(kind)) >= count and found, f"{count} {kind}"))

    def of(self, kind: str) -> list[Any]:
        """The events of a kind so far."""
        return [event for event in self.events if event.kind == kind]

    def results(self, *outcomes: str) -> list[messages.Result]:
        """What has become of writes so far."""
        found = (messages.Result(*news) for what, news in self.news() if what == messages.RESULT)
        return [result for result in found if not outcomes or result.outcome in outcomes]

    def rows(self, what: str = messages.ROW) -> list[messages.QueueRow]:
        """Rows of former runs that were found so far."""
        return [messages.QueueRow(*news) for kind, news in self.news() if kind == what]

    def gone(self) -> set[str]:
        """Ids of dead letters that were told to be none any more."""
        return {news[0] for kind, news in self.news() if kind == messages.DEAD_GONE}

    def news(self) -> list[tuple[str, Any]]:
        """All news of the queue so far."""
        return [(what, news) for event in self.of("queue_news") for what, news in event.items]

    def wait_results(self, count: int, *outcomes: str) -> list[messages.Result]:
        """Waits until that many writes have ended so."""
        return list(
            self.wait(lambda: len(found := self.results(*outcomes)) >= count and found, f"{count} results {outcomes}")
        )

    def close(self) -> None:
        """Ends the engine in good order."""
        self._inbox.put(None)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


class SpyGateway:
    """A gateway that notes its commits and can stand still before them."""

    def __init__(self, given: FirestoreSettings, log: list[list[dict[str, Any]]], gate: threading.Event) -> None:
        self._gateway = tdg_gateway_firestore.open_gateway(given)
        self._log = log
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def commit(self, writes: list[dict[str, Any]]) -> Any:
        """Notes and carries out."""
        self._log.append(writes)
        assert self._gate.wait(PATIENCE_S)
        return self._gateway.commit(writes)


class Spy:
    """Makes spying gateways."""

    def __init__(self) -> None:
        self.commits: list[list[dict[str, Any]]] = []
        self.gate = threading.Event()
        self.gate.set()

    def open(self, given: FirestoreSettings) -> SpyGateway:
        """For `Run`."""
        return SpyGateway(given, self.commits, self.gate)

    def sent(self) -> Iterator[dict[str, Any]]:
        """All writes sent, ours for bookkeeping left out."""
        return (one for commit in self.commits for one in commit if one["collection"] != "td_gcp_ledger")


class Server:
    """What a database holds, read past the engine."""

    def __init__(self, given: FirestoreSettings) -> None:
        self._gateway = tdg_gateway_firestore.open_gateway(given)

    def get(self, path: str) -> dict[str, Any] | None:
        """A document's payload."""
        (document,) = self._gateway.get_documents([path])
        return None if document is None else codec.payload_of(document.payload)

    def commit(self, *writes: dict[str, Any]) -> list[Any]:
        """Writes past the engine."""
        return list(self._gateway.commit(list(writes)))

    def put(self, path: str, data: dict[str, Any]) -> None:
        """Writes a whole document."""
        collection, _, doc_id = path.rpartition("/")
        self.commit({"collection": collection, "doc_id": doc_id, "op": "set", "data": data})

    def delete(self, path: str) -> None:
        """Deletes a document."""
        collection, _, doc_id = path.rpartition("/")
        self.commit({"collection": collection, "doc_id": doc_id, "op": "delete"})

    def close(self) -> None:
        """Ends the connection."""
        self._gateway.close()


def store_file(folder: Path) -> str:
    """Where a test's engine keeps its queue."""
    return str(folder / "gcp.db")
