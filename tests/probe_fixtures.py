"""A host with the probe in it, and what its user sees."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import firebase_admin
import pytest

import engine_modes
import probe
from headless_td import Host, Unknowns

#: Notes every call of the callback.
_CALLBACKS = """
EVENTS = []

def onConnectionStateChange(state, error):
    EVENTS.append((state, error))
"""


class Show:
    """A project with the probe, seen from outside.

    Attributes:
        host: The running stand-in of TouchDesigner.
        comp: The probe.
        server: What it connects to.
    """

    def __init__(self, host: Host, tox: Path, server: probe.Server, mode: str) -> None:
        self.host = host
        self.mode = mode
        self.tox = tox
        self.server = server
        self.comp = host.load_tox(tox)
        self.set(**engine_modes.parameters(mode, Path(host.project.folder)))
        self.callbacks = host.op("/project1").create("textDAT", "heard")
        self.callbacks.text = _CALLBACKS
        self.comp.par.Callbacksdat = "heard"
        host.frame(3)

    @property
    def status(self) -> dict[str, str]:
        """The status row as a user reads it in the table."""
        table = self.comp.op("status")
        return {table[0, column].val: table[1, column].val for column in range(table.numCols)}

    @property
    def state(self) -> str:
        return self.status["state"]

    @property
    def events(self) -> list[tuple[str, str]]:
        """What the user's callback was told."""
        return list(self.callbacks.module.EVENTS)

    @property
    def states(self) -> list[str]:
        return [state for state, _ in self.events]

    def log(self, level: str | None = None) -> list[str]:
        return [entry["message"] for entry in self.comp.GetLogs(level, 500)]

    def apps_are(self, *names: str) -> bool:
        """Whether these Firebase apps are open and no other; of those in another process it is taken for granted."""
        return self.mode == "process" or sorted(firebase_admin._apps) == sorted(names)

    def one_app(self) -> bool:
        """Whether one Firebase app is open; as `apps_are`."""
        return self.mode == "process" or len(firebase_admin._apps) == 1

    def connect(self, **parameters: Any) -> None:
        """Connects to the server and waits for it."""
        self.set(Emulatorhost=self.server.host, **parameters)
        self.comp.Connect()
        self.wait("connected")

    def set(self, **parameters: Any) -> None:
        for name, value in parameters.items():
            setattr(self.comp.par, name, value)

    def wait(self, state: str) -> None:
        self.until(lambda: self.state == state, f"state {state}, now {self.status}")

    def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        return self.host.run_until(condition, 30, what)

    def hold(self) -> None:
        """Lets the server leave requests waiting, begins to connect, and waits until one waits there."""
        self.server.answers.clear()
        self.set(Emulatorhost=self.server.host)
        self.comp.Connect()
        self.until(lambda: self.server.waiting, "a request at the server")


@pytest.fixture(scope="session")
def probe_tox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built probe."""
    return probe.make(tmp_path_factory.mktemp("probe"))


@pytest.fixture
def server() -> Iterator[probe.Server]:
    """What the probe connects to."""
    with probe.serving() as running:
        yield running


OpenShow = Callable[..., Show]


@pytest.fixture
def open_show(tmp_path: Path, probe_tox: Path, server: probe.Server, engine_mode: str) -> Iterator[OpenShow]:
    """Opens a project with the probe; at the end nothing of it may be left: no thread, no app, no problem."""
    before = set(threading.enumerate())
    with ExitStack() as stack:

        def factory(unknowns: Unknowns | None = None, **options: Any) -> Show:
            host = stack.enter_context(Host(tmp_path / "project", unknowns, **options))
            return Show(host, probe_tox, server, engine_mode)

        yield factory
        server.answers.set()
    left = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("tdg")]
    for thread in left:
        thread.join(30)
    assert not [thread for thread in left if thread.is_alive()]
    assert not firebase_admin._apps


@pytest.fixture
def show(open_show: OpenShow) -> Show:
    """A project with the probe under the default answers to every unknown."""
    return open_show()
