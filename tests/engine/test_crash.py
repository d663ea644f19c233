"""A round of what `soak engine` does a hundred times: the engine's process and its host are killed."""

from pathlib import Path

import layout
from emulators import FirestoreEmulator, StorageEmulator
from soak import engine


def test_whichever_side_is_killed_nothing_accepted_is_lost_and_nobody_is_left(
    tmp_path: Path, own_storage: StorageEmulator, own_firestore: FirestoreEmulator
) -> None:
    told = engine.play(layout.TOX, tmp_path / "project", own_storage, own_firestore, seed=1, rounds=1)
    assert told.startswith("killed 1 engines and 1 hosts")
