"""What the suites of both components share."""

from pathlib import Path

import pytest

import build
import layout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The components, built from the source as it is."""
    folder = tmp_path_factory.mktemp("tox")
    build.write(build.make(layout.ROOT), folder)
    return folder
