"""Clients for the suites of the emulators."""

from collections.abc import Iterator

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage import Client

from emulators import StorageEmulator


@pytest.fixture
def client(storage_emulator: StorageEmulator) -> Iterator[Client]:
    """Google's client at the emulator."""
    options = {"api_endpoint": storage_emulator.url}
    client = storage.Client(project="test", credentials=AnonymousCredentials(), client_options=options)
    yield client
    client.close()


@pytest.fixture
def gcs(client: Client, bucket: str) -> storage.Bucket:
    """A new bucket, as Google's client shows it."""
    return client.bucket(bucket)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Raw HTTP."""
    with requests.Session() as session:
        yield session
