"""The firestore engine on a real server, as fixtures; each test has a database and a file of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import firestore_engine
from emulators import FirestoreEmulator
from emulators_fixtures import unique_name
from firestore_engine import FirestoreSettings, Run, Server, Spy


@pytest.fixture
def engine_settings(own_firestore: FirestoreEmulator, tmp_path: Path) -> FirestoreSettings:
    """Settings with a file of their own and a database of their own."""
    return firestore_engine.settings(
        own_firestore.host, unique_name("db"), store_file=firestore_engine.store_file(tmp_path)
    )


@pytest.fixture
def database(engine_settings: FirestoreSettings) -> Iterator[Server]:
    """The database, read past the engine."""
    opened = Server(engine_settings)
    yield opened
    opened.close()


@pytest.fixture
def spy() -> Spy:
    """Sees every commit."""
    return Spy()


@pytest.fixture
def engine(engine_settings: FirestoreSettings, spy: Spy) -> Iterator[Run]:
    """A running engine, not connected."""
    with Run(engine_settings, spy.open) as running:
        yield running
