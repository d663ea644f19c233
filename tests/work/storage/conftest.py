"""An engine with a real gateway, driven without TouchDesigner, and single runs of a transfer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tdg_gateway_storage
import tdg_work_transfer
from emulators import StorageEmulator
from storage_engine import Driver, noise
from tdg_core_messages import Message
from tdg_core_storage_settings import StorageSettings
from tdg_gateway_storage import StorageGateway
from tdg_work_transfer import Run


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between two attempts are short."""
    monkeypatch.setattr(tdg_work_transfer, "_QUICK_UNIT_S", 0.001)


@pytest.fixture
def settings(storage_emulator: StorageEmulator, bucket: str, tmp_path: Path) -> StorageSettings:
    """Of an engine at the emulator, with its files in the test's folder."""
    return StorageSettings(
        component="test",
        emulator_host=storage_emulator.host,
        target=bucket,
        local_path=str(tmp_path),
        cache_folder=str(tmp_path / "cache"),
        store_file=str(tmp_path / "cache" / "gcp-storage.db"),
    )


@pytest.fixture
def gateway(settings: StorageSettings) -> Iterator[StorageGateway]:
    """A gateway to the bucket of the test, also for looking at it from outside."""
    opened = tdg_gateway_storage.open_gateway(settings)
    yield opened
    opened.close()


class Told:
    """What a run has told."""

    def __init__(self) -> None:
        self.progress: list[tuple[int, int, float]] = []
        self.states: list[dict[str, Any]] = []
        self.events: list[Message] = []


MakeRun = Callable[..., Run]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def make_run(gateway: StorageGateway, settings: StorageSettings, told: Told) -> MakeRun:
    """Makes a single run: `make_run("name", path, content_type=...)`."""

    def make(remote: str, local: Path | str = "", **given: Any) -> Run:
        fields: dict[str, Any] = {
            "id": "job-1",
            "remote_path": remote,
            "local_path": str(local),
            "options": {},
            "gateway": gateway,
            "settings": settings,
            "state": {},
            "restored": False,
            "streams": 3,
            "tell": lambda *what: told.progress.append(what),
            "keep": told.states.append,
            "emit": told.events.append,
        }
        return Run(**{**fields, **given})

    return make


@pytest.fixture
def drive(settings: StorageSettings) -> Iterator[Callable[..., Driver]]:
    """Starts engines; all are stopped at the end."""
    drivers: list[Driver] = []

    def start(wanted: StorageSettings = settings, journal: str = "journal") -> Driver:
        drivers.append(Driver(wanted, journal))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.stop()


@pytest.fixture
def engine(drive: Callable[..., Driver]) -> Driver:
    """A connected engine."""
    driver = drive()
    driver.connect()
    return driver


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Makes a local file: by size (content that repeats nowhere) or with content."""

    def make(name: str, content: bytes | int = b"content") -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise(content) if isinstance(content, int) else content)
        return path

    return make
