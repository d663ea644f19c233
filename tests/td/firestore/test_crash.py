"""Nothing accepted is lost, doubled or reordered: killed processes and a network at its worst."""

import random
import time
from collections.abc import Callable
from pathlib import Path

from emulators import FirestoreEmulator, Proxy
from emulators_fixtures import unique_name
from firestore_stage import Stage
from soak import _firestore_crash as firestore_crash
from soak import _firestore_writes as firestore_writes

OpenStage = Callable[..., Stage]

ROUNDS = 4


def test_killed_processes_lose_double_and_reorder_nothing(
    built: Path, tmp_path: Path, own_firestore: FirestoreEmulator
) -> None:
    database = unique_name("db")
    folder = tmp_path / "project"
    notes: list[str] = []
    for number in range(ROUNDS):
        notes += firestore_crash.crash(built, folder, own_firestore.host, database, f"r{number}", seed=number)
    firestore_crash.send_rest(built, folder, own_firestore.host, database)
    server = firestore_writes.Server(own_firestore.host, database)
    accepted = [note for note in notes if note.startswith("ok")]
    assert len(accepted) > 20 * ROUNDS
    assert firestore_writes.problems(notes, server) == []
    server.close()


def test_a_network_at_its_worst_loses_doubles_and_reorders_nothing(
    open_stage: OpenStage, firestore_proxy: Proxy
) -> None:
    stage = open_stage(Collections="crash", host=firestore_proxy.host, Backoffmax=0.2, Circuittimeout=0.2)
    stage.connected()
    notes: list[str] = []
    writer = firestore_writes.Writer(stage.comp, "net", notes.append, seed=1)
    chance = random.Random(1)
    faults = [firestore_proxy.cut, firestore_proxy.refuse, lambda: firestore_proxy.delay(0.3), firestore_proxy.restore]
    until = time.monotonic() + 6
    next_fault = 0.0
    while time.monotonic() < until:
        if time.monotonic() > next_fault:
            next_fault = time.monotonic() + chance.uniform(0.05, 0.5)
            firestore_proxy.restore()
            chance.choice(faults)()
        writer.write()
        stage.host.frame(2)
        time.sleep(0.004)
    firestore_proxy.restore()
    stage.connected().sent()
    server = firestore_writes.Server(stage.given.emulator_host, stage.database_id)
    assert firestore_writes.problems(notes, server) == []
    assert stage.rows("dead_letters") == []
    server.close()
