"""Projects that follow a recipe, against the emulators."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from emulators import FirestoreEmulator, StorageEmulator
from emulators_fixtures import unique_name
from recipes.project import Page, Project

Open = Callable[..., Project]


@pytest.fixture
def open_project(
    tmp_path: Path, storage_emulator: StorageEmulator, firestore_emulator: FirestoreEmulator, bucket: str
) -> Iterator[Open]:
    """Opens projects of a recipe, one after another; the same folder again unless another is named."""
    database = unique_name("db")
    with ExitStack() as stack:

        def opened(page: str, folder: str = "project", **more: Any) -> Project:
            values = {
                "storage": (storage_emulator.host, bucket),
                "firestore": (firestore_emulator.host, database),
                **more,
            }
            return stack.enter_context(Project(tmp_path / folder, Page(page), **values))

        yield opened
