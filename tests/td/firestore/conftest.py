"""The built firestore component in the headless host."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import engine_modes
from emulators import FirestoreEmulator
from firestore_stage import Stage

OpenStage = Callable[..., Stage]


@pytest.fixture
def open_stage(built: Path, tmp_path: Path, own_firestore: FirestoreEmulator, engine_mode: str) -> Iterator[OpenStage]:
    """Opens projects, one after another; the same folder again unless another is named."""
    with ExitStack() as stack:

        def opened(folder: str = "project", host: str = "", **more: Any) -> Stage:
            values = {**engine_modes.parameters(engine_mode, tmp_path / folder), **more}
            return stack.enter_context(Stage(built, tmp_path / folder, host or own_firestore.host, **values))

        yield opened


@pytest.fixture
def stage(open_stage: OpenStage) -> Stage:
    """A project that watches the collection `users`, connected."""
    return open_stage(Collections="users").connected().live("users")
