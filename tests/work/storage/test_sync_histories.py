"""Generated histories on real files and a real server; `soak storage_sync` plays thousands of them."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators import Proxy, StorageEmulator
from emulators_fixtures import unique_name
from soak import storage_sync

DELETING = {"delete_remote": True, "delete_local": True, "max_delete": 100}


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_no_history_loses_anything(
    seed: int, own_storage: StorageEmulator, storage_proxy: Proxy, tmp_path: Path
) -> None:
    """Edits on both sides, failing servers, broken lines, killed processes; in the end both sides come to rest."""
    storage_sync.play(seed, own_storage, storage_proxy, tmp_path)


@pytest.fixture
def world(own_storage: StorageEmulator, storage_proxy: Proxy, tmp_path: Path) -> Iterator[storage_sync.World]:
    """Two sides of which every kind of step is due."""
    bucket = unique_name("killed")
    own_storage.make_bucket(bucket)
    with storage_sync.small_parts():
        made = storage_sync.World(random.Random(1), own_storage, storage_proxy, bucket, tmp_path)
        for path in ("changed here", "changed there", "gone here", "gone there", "renamed here", "conflict"):
            made.write("local", path, f"base of {path}".encode())
        assert made.sync({"direction": "both"})["status"] == "complete"
        made.write("local", "changed here", b"2 here")
        made.write("remote", "changed there", b"2 there")
        made.delete("local", "gone here")
        made.delete("remote", "gone there")
        made.rename("renamed here", "d/renamed")
        made.write("local", "conflict", b"mine")
        made.write("remote", "conflict", b"theirs")
        made.write("local", "large here", os.urandom(600_000))
        made.write("remote", "large there", os.urandom(600_000))
        yield made
        made.close()


@pytest.mark.parametrize("step", range(1, 22, 5))
def test_a_process_that_dies_between_two_steps_loses_nothing(world: storage_sync.World, step: int) -> None:
    """The next one goes on with the sync that was accepted, and a further one finds nothing to do."""
    options = {"direction": "both", **DELETING, "conflict_mode": "keepboth"}
    with world.nothing_lost(f"death at step {step}"):
        assert world.kill(options, step), "the sync has fewer steps"
    with world.nothing_lost("the sync after it"):
        assert world.sync(options)["status"] == "complete"
    result = world.sync(options)["result"]
    assert [result[name] for name in ("uploaded", "downloaded", "deleted")] == [[], [], []]
    assert world.local() == world.remote()
    assert {b"mine", b"theirs"} <= set(world.local().values())
    assert len(world.local()) == 7
