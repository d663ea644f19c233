"""Fixtures for the tests of the self-test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headless_td import Host


@pytest.fixture(autouse=True)
def _clean_sys() -> Iterator[None]:
    """What the self-test hangs on `sys` goes with the test."""
    yield
    for name in [name for name in vars(sys) if name.startswith("tdg_selftest")]:
        delattr(sys, name)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with Host(tmp_path / "project") as opened:
        yield opened
