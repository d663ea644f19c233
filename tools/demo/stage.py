"""Where the demo plays: emulators, proxies before them, a headless host with both built components."""

import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

import layout
from emulators import FirestoreEmulator, Proxy, StorageEmulator, external_or
from headless_td import Host

BUCKET = "demo-bucket"
PROJECT = "demo-td-gcp"

_CALLS_A_FRAME = 5

T = TypeVar("T")
R = TypeVar("R")


class Stage:
    """Everything a demo needs, started in order and ended in reverse.

    Attributes:
        host: The headless host, at 60 frames a second in real time.
        storage, firestore: The components, as built.
        proxies: Between each component and its server.
        load_ms: What the frame cost in which both components were loaded.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self._say = say
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        enter = self._stack.enter_context
        self._say("starting the emulators of Storage and Firestore")
        self.storage_server = enter(external_or(StorageEmulator))
        self.firestore_server = enter(external_or(FirestoreEmulator))
        self.storage_server.make_bucket(BUCKET)
        self.proxies = [enter(Proxy(server.host)) for server in (self.storage_server, self.firestore_server)]
        self._say("loading tox/storage.tox.dir and tox/firestore.tox.dir into the headless host, 60 frames a second")
        self.host = enter(Host(self.folder / "project", realtime=True))
        self.storage = self.host.load_tox(layout.TOX / "storage.tox.dir")
        self.firestore = self.host.load_tox(layout.TOX / "firestore.tox.dir")
        self.host.frame(3)
        for component in (self.storage, self.firestore):
            component.CreateCallbacksDat()
        self.host.frame(3)
        # Loading compiles the components' modules, once; it is told apart from the frames of the show.
        self.load_ms = max(sum(cost.by_component.values()) for cost in self.host.frame_costs)
        self.host.frame_costs.clear()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.__exit__(*failure)  # type: ignore[arg-type]

    def state(self, component: Any) -> str:
        """The connection state a user reads in the status table."""
        return str(component.op("status")[1, "state"].val)

    def last_error(self, component: Any) -> str:
        """The sentence a user reads beside it."""
        return str(component.op("status")[1, "last_error"].val)

    def connect(self) -> None:
        """Connects both components through their proxies."""
        self.storage.par.Bucket = BUCKET
        for component, proxy in zip((self.storage, self.firestore), self.proxies, strict=True):
            component.par.Emulatorhost = proxy.host
            component.Connect()
        for component in (self.storage, self.firestore):
            self.wait_for_state(component, "connected")

    def wait_for_state(self, component: Any, state: str) -> None:
        """Runs frames until the component is in that state."""
        self.wait(lambda: self.state(component) == state, 30, f"{component.name} in the state {state}")

    def wait(self, predicate: Callable[[], Any], timeout_s: float, what: str, progress: Any = None) -> float:
        """Runs frames until the predicate holds; the seconds it took. `progress()` is said once a second."""
        started = said = time.monotonic()

        def watched() -> Any:
            nonlocal said
            if progress is not None and time.monotonic() - said >= 1:
                said = time.monotonic()
                self._say(f"  {progress()}")
            return predicate()

        self.host.run_until(watched, timeout_s=timeout_s, what=what)
        return time.monotonic() - started

    def spread(self, call: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Calls for each item, some per frame, as a show would; the results in order."""
        results = []
        for number, item in enumerate(items, 1):
            results.append(call(item))
            if number % _CALLS_A_FRAME == 0:
                self.host.frame()
        return results

    def seconds(self, seconds: float) -> None:
        """Lets that much time pass at 60 frames a second."""
        self.host.frame(round(seconds * self.host.fps))
