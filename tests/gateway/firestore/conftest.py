"""Gateways to the emulator, each with a project of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators import FirestoreEmulator
from tdg_core_settings import Settings
from tdg_gateway_firestore import Gateway, open_gateway


@pytest.fixture
def settings(firestore_emulator: FirestoreEmulator, firestore_project: str, tmp_path: Path) -> Settings:
    """The emulator, with a key that names a project without documents."""
    key = {
        "type": "service_account",
        "project_id": firestore_project,
        "client_email": "robot@example.com",
        "private_key": "unused",
        "token_uri": "unused",
    }
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key), encoding="utf-8")
    return Settings(component="firestore", private_key_file=str(file), emulator_host=firestore_emulator.host)


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    """A connected gateway."""
    connected = open_gateway(settings)
    yield connected
    connected.close()
