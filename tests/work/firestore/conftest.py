"""A scripted server and listeners connected to it."""

from collections.abc import Iterator

import pytest

from listen_server import ListenServer
from tdg_core_settings import Settings
from work.firestore.listening import Listening


@pytest.fixture
def scripted() -> Iterator[ListenServer]:
    """A server that says what the test tells it to."""
    with ListenServer() as running:
        yield running


@pytest.fixture
def listening(scripted: ListenServer) -> Iterator[Listening]:
    """Listeners connected to it."""
    with Listening(Settings(component="firestore", emulator_host=scripted.host)) as running:
        yield running
