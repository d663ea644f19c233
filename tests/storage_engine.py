"""The storage engine without TouchDesigner, for tests: requests in, events out, a real server behind it."""

import queue
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tdg_core_jobs
import tdg_core_messages
import tdg_gateway_storage
import tdg_work_storage
from tdg_bridge_outbox import Outbox
from tdg_core_messages import Accepted, Configure, Connect, Disconnect, Forget, Message, Stored
from tdg_core_storage_messages import Cancel, Changed, ListPage, PageTaken, Transfer
from tdg_core_storage_settings import StorageSettings

PATIENCE_S = 30


class Driver:
    """The main thread's side of an engine.

    Attributes:
        changes: every `Changed` event, oldest first.
        logs: (level, text) of every log line.
        taken: whether pages of a listing are taken.
    """

    def __init__(self, settings: StorageSettings, journal: str = "journal") -> None:
        self.settings = settings
        self.changes: list[Changed] = []
        self.others: list[Message] = []
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.logs: list[tuple[str, str]] = []
        self.stored: set[int] = set()
        self.takes_pages = True
        self._journal = journal
        self._entry = 0
        self._attempt = 0
        self._numbers = 0
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox = Outbox()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        tdg_work_storage.serve(
            self._inbox, self._outbox, open_gateway=tdg_gateway_storage.open_gateway, settings=self.settings
        )

    def stop(self) -> None:
        """Ends the engine as a closing project does."""
        self._inbox.put(None)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the engine did not end"

    def send(self, request: Message) -> None:
        self._inbox.put(request)

    def accept(self, request: Message) -> int:
        """As the bridge does: with a number of the journal, which is returned."""
        self._entry += 1
        self.send(Accepted(self._journal, self._entry, tdg_core_messages.to_plain(request)))
        return self._entry

    def connect(self) -> None:
        """Connects and waits for it."""
        self._attempt += 1
        attempt = self._attempt
        self.send(Connect(attempt))
        self.until(lambda: self.answered("connected", attempt), "connected")

    def disconnect(self) -> None:
        self.send(Disconnect())

    def configure(self, settings: StorageSettings) -> None:
        self.settings = settings
        self.send(Configure(settings.as_plain()))

    def answered(self, kind: str, attempt: int) -> bool:
        return any(event.kind == kind and event.attempt == attempt for event in self.others)  # type: ignore[attr-defined]

    def ask(self, kind: str, remote: str, local: Path | str = "", key: str = "", **options: Any) -> str:
        """Accepts a transfer; its id."""
        self._numbers += 1
        key = key or f"{kind}-{self._numbers}"
        self.accept(Transfer(key, kind, remote, str(local), "now", -1, options))
        return key

    def upload(self, path: Path, remote: str = "", **options: Any) -> str:
        return self.ask("upload", remote or path.name, path, **options)

    def download(self, remote: str, path: Path, **options: Any) -> str:
        return self.ask("download", remote, path, **options)

    def cancel(self, *ids: str, include_active: bool = False) -> None:
        self.accept(Cancel(list(ids) or None, include_active))

    def forget(self) -> None:
        self.send(Forget())

    def pump(self) -> None:
        """Takes what the engine has told so far."""
        while (event := self._outbox.take()) is not None:
            if isinstance(event, Changed):
                self.changes.append(event)
            elif isinstance(event, tdg_core_messages.Logged):
                self.logs.append((event.level, event.message))
            elif isinstance(event, Stored):
                self.stored.update(event.entries)
            elif isinstance(event, ListPage):
                self.files.setdefault(event.id, []).extend(event.files)
                self.others.append(event)
                if self.takes_pages:
                    self.send(PageTaken(event.id))
            else:
                self.others.append(event)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Waits for a condition; its value."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.pump()
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                tail = [(each.id, each.status, each.error) for each in self.changes[-8:]]
                raise AssertionError(f"never {what}; last changes {tail}, logs {self.logs[-5:]}")
            time.sleep(0.002)

    def now(self, key: str) -> Changed | None:
        """How a transfer stands."""
        return next((each for each in reversed(self.changes) if each.id == key), None)

    def status(self, key: str) -> str:
        found = self.now(key)
        return found.status if found else ""

    def ended(self, *keys: str) -> list[Changed]:
        """Waits until these transfers have ended; how they did."""
        wanted = set(keys)

        def all_ended() -> bool:
            return wanted <= {each.id for each in self.changes if each.status in tdg_core_jobs.ENDED}

        self.until(all_ended, f"ended: {keys}")
        return [found for key in keys if (found := self.now(key))]

    def completed(self, *keys: str) -> list[Changed]:
        """As `ended`, all of them well."""
        found = self.ended(*keys)
        assert {each.status for each in found} == {tdg_core_jobs.COMPLETE}, [each.error for each in found]
        return found

    def told(self, kind: str) -> bool:
        self.pump()
        return any(event.kind == kind for event in self.others)


def noise(size: int) -> bytes:
    """Bytes of which no two blocks are equal."""
    return random.Random(size).randbytes(size)
