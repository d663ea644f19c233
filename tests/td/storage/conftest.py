"""The built storage component in the headless host."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import engine_modes
from emulators import StorageEmulator
from gateway import loopback
from storage_stage import Stage

OpenStage = Callable[..., Stage]


@pytest.fixture
def open_stage(
    built: Path, tmp_path: Path, own_storage: StorageEmulator, bucket: str, engine_mode: str
) -> Iterator[OpenStage]:
    """Opens projects, one after another; the same folder again unless another is named."""
    with ExitStack() as stack:

        def opened(folder: str = "project", **more: Any) -> Stage:
            lives = engine_modes.parameters(engine_mode, tmp_path / folder)
            values = {"host": own_storage.host, "bucket": bucket, **lives, **more}
            return stack.enter_context(Stage(built, tmp_path / folder, **values))

        yield opened


@pytest.fixture
def stage(open_stage: OpenStage) -> Stage:
    """A project, connected."""
    return open_stage().connected()


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The key of a service account of the project `museum`."""
    return loopback.key_file(tmp_path_factory.mktemp("key"), "https://oauth2.googleapis.com/token")
