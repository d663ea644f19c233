"""Emulators as fixtures: started when first asked for, once per process (with xdist: per worker).

Tests keep apart by names of their own: each `bucket` and each `firestore_project` is new. Fixtures that begin with
`own_` need our own servers and skip where STORAGE_EMULATOR_HOST or FIRESTORE_EMULATOR_HOST name others.
"""

import uuid
from collections.abc import Iterator

import pytest

from emulators import Emulator, FirestoreEmulator, Proxy, StorageEmulator, external_or


def unique_name(prefix: str) -> str:
    """A name that no other test has; fits buckets and projects."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def _require_own(emulator: Emulator) -> None:
    if not emulator.is_own:
        pytest.skip(f"needs the faults of our own emulator; {emulator.ENVIRONMENT} names another server")


@pytest.fixture(scope="session")
def storage_emulator() -> Iterator[StorageEmulator]:
    """Cloud Storage on loopback."""
    with external_or(StorageEmulator) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def firestore_emulator() -> Iterator[FirestoreEmulator]:
    """Firestore on loopback."""
    with external_or(FirestoreEmulator) as emulator:
        yield emulator


@pytest.fixture
def own_storage(storage_emulator: StorageEmulator) -> Iterator[StorageEmulator]:
    """The Storage emulator for tests that inject faults or read the request log; cleared before and after."""
    _require_own(storage_emulator)
    storage_emulator.clear_faults()
    yield storage_emulator
    storage_emulator.clear_faults()


@pytest.fixture
def own_firestore(firestore_emulator: FirestoreEmulator) -> Iterator[FirestoreEmulator]:
    """The Firestore emulator for tests that inject faults or act on streams; cleared before and after."""
    _require_own(firestore_emulator)
    firestore_emulator.clear_faults()
    yield firestore_emulator
    firestore_emulator.clear_faults()


@pytest.fixture
def bucket(storage_emulator: StorageEmulator) -> str:
    """The name of a new, empty bucket."""
    name = unique_name("bucket")
    storage_emulator.make_bucket(name)
    return name


@pytest.fixture
def firestore_project() -> str:
    """The id of a project without documents."""
    return unique_name("project")


@pytest.fixture
def storage_proxy(storage_emulator: StorageEmulator) -> Iterator[Proxy]:
    """The network before the Storage emulator."""
    with Proxy(storage_emulator.host) as proxy:
        yield proxy


@pytest.fixture
def firestore_proxy(firestore_emulator: FirestoreEmulator) -> Iterator[Proxy]:
    """The network before the Firestore emulator."""
    with Proxy(firestore_emulator.host) as proxy:
        yield proxy
