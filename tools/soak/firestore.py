"""Documents under faults: killed processes, a network at its worst, and endurance with reconnects.

A third of the time each. Whatever happens, the server must in the end hold exactly what was accepted, each document's
writes in order, nothing twice; and memory, threads and file handles must not grow.
"""

import gc
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

import layout
from emulators import FirestoreEmulator, Proxy
from headless_td import Host
from soak import _firestore_crash, _firestore_writes

#: Rounds of killing at most.
ROUNDS = 200

#: Growth that is no leak: caches fill, allocators keep what they had once.
_MAX_GROWTH_BYTES = 30 << 20
_MAX_THREADS_MORE = 4
_MAX_FILES_MORE = 4

_PATIENCE_S = 120.0

#: Seconds after which threads that have nothing to do have ended.
_QUIET_S = 3.0


def run(minutes: float) -> Iterator[str]:
    """Lines about the progress.

    Raises:
        AssertionError: Something was lost, doubled, reordered or leaked.
    """
    with FirestoreEmulator() as emulator:
        yield from _killed(emulator, minutes * 20)
        yield from _bad_network(emulator, minutes * 20)
        yield from _endurance(emulator, minutes * 20)


def _killed(emulator: FirestoreEmulator, seconds: float) -> Iterator[str]:
    database, notes, rounds = f"killed-{uuid.uuid4().hex[:8]}", list[str](), 0
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, Proxy(emulator.host) as proxy:
        chance = random.Random(1)
        while time.monotonic() < until and rounds < ROUNDS:
            proxy.restore()
            proxy.delay(chance.choice((0.0, 0.0, 0.05, 0.2)))
            if chance.random() < 0.2:
                proxy.refuse()
            notes += _firestore_crash.crash(
                layout.TOX, Path(folder), proxy.host, database, f"r{rounds}", seed=chance.randrange(1 << 30)
            )
            rounds += 1
            if rounds % 10 == 0:
                yield f"{rounds} processes killed, {_accepted(notes)} writes accepted"
        _firestore_crash.send_rest(layout.TOX, Path(folder), emulator.host, database)
    _prove(emulator, database, notes)
    yield f"killed {rounds} processes: {_accepted(notes)} accepted writes, all there, once and in order"


def _bad_network(emulator: FirestoreEmulator, seconds: float) -> Iterator[str]:
    database, notes = f"network-{uuid.uuid4().hex[:8]}", list[str]()
    with Proxy(emulator.host) as proxy, tempfile.TemporaryDirectory() as folder, Host(Path(folder)) as host:
        comp = _firestore_writes.open_component(host, layout.TOX, proxy.host, database)
        chance = random.Random(2)
        until, next_fault, part = time.monotonic() + seconds, 0.0, 0
        while time.monotonic() < until:
            if part % 500 == 0:  # documents of their own, so that none grows beyond what the server takes
                writer = _firestore_writes.Writer(comp, f"net{part // 500}", notes.append, seed=part)
            part += 1
            if time.monotonic() > next_fault:
                next_fault = time.monotonic() + chance.uniform(0.1, 2.0)
                _upset(proxy, emulator, chance)
            writer.write()
            host.frame(2)
            time.sleep(0.01)
            if part % 2000 == 0:
                yield f"bad network: {_accepted(notes)} writes accepted, {comp.GetStatus()['queue_depth']} queued"
        proxy.restore()
        emulator.clear_faults()
        _firestore_crash.flush(host, comp)
        assert comp.op("dead_letters").numRows == 1, "a passing fault made a dead letter"
    _prove(emulator, database, notes)
    yield f"bad network: {_accepted(notes)} accepted writes, all there, once and in order"


def _upset(proxy: Proxy, emulator: FirestoreEmulator, chance: random.Random) -> None:
    """Another fault, or for a while none."""
    proxy.restore()
    emulator.clear_faults()
    proxy.delay(chance.choice((0.0, 0.05, 0.3)))
    kind = chance.choice(("none", "cut", "refuse", "hole", "answer", "answer", "streams"))
    if kind in {"cut", "refuse"}:
        proxy.cut()
    if kind == "refuse":
        proxy.refuse()
    elif kind == "hole":
        proxy.black_hole()
    elif kind == "answer":
        code = chance.choice(("UNAVAILABLE", "ABORTED", "INTERNAL", "DEADLINE_EXCEEDED", "UNKNOWN"))
        applied = code != "ABORTED" and chance.random() < 0.5  # who says ABORTED has done nothing
        emulator.inject("Commit", code, times=chance.randrange(1, 6), apply=applied)
    elif kind == "streams":
        emulator.end_streams(chance.choice(("UNAVAILABLE", "INTERNAL", "OK")))


def _endurance(emulator: FirestoreEmulator, seconds: float) -> Iterator[str]:
    """Mixed traffic with reconnects; what it takes of the machine is compared after a quarter and at the end."""
    database = f"endurance-{uuid.uuid4().hex[:8]}"
    with Proxy(emulator.host) as proxy, tempfile.TemporaryDirectory() as folder, Host(Path(folder)) as host:
        comp = _firestore_writes.open_component(host, layout.TOX, proxy.host, database)
        host.run_until(lambda: comp.GetStatus()["state"] == "connected", _PATIENCE_S, "connected")
        began, taken = time.monotonic(), list[tuple[int, int, int]]()
        step = 0
        while (spent := time.monotonic() - began) < seconds:
            step += 1
            _mixed(comp, step)
            if step % 400 == 0:
                proxy.cut()
            host.frame()
            time.sleep(0.01)
            if spent > seconds * (1 + len(taken)) / 4:
                _settle(host, comp)
                taken.append(_taken())
                yield "endurance: {:.0f} MB, {} threads, {} files".format(taken[-1][0] / 1e6, *taken[-1][1:])
        _settle(host, comp)
        taken.append(_taken())
    first, last = taken[0], taken[-1]
    growth = [now - before for now, before in zip(last, first, strict=True)]
    assert growth[0] < _MAX_GROWTH_BYTES, f"{growth[0] / 1e6:.0f} MB more than after a quarter of the time"
    assert growth[1] <= _MAX_THREADS_MORE, f"{growth[1]} threads more than after a quarter of the time"
    assert growth[2] <= _MAX_FILES_MORE, f"{growth[2]} files more than after a quarter of the time"
    yield f"endurance: {step} steps, {growth[0] / 1e6:+.0f} MB, {growth[1]:+} threads, {growth[2]:+} files"


def _mixed(comp: Any, step: int) -> None:
    name = f"d{step % 50}"
    comp.PushDoc("crash", name, {"step": step, "text": "x" * 200})
    if step % 3 == 0:
        comp.MergeDoc("crash", name, {"n": {"__type": "increment", "value": 1}})
    if step % 7 == 0:
        comp.DeleteDoc("crash", f"d{(step + 25) % 50}")
    if step % 11 == 0:
        comp.FetchDoc(f"crash/{name}")
    if step % 40 == 0:
        comp.WatchCollection(f"other{step % 5}")
    if step % 40 == 20:
        comp.UnwatchCollection(f"other{(step - 20) % 5}")
    if step % 1000 == 0:
        comp.Disconnect()
    if step % 1000 == 100:
        comp.Connect()


def _settle(host: Host, comp: Any) -> None:
    comp.Connect()
    host.run_until(lambda: comp.GetStatus()["queue_depth"] == "0", _PATIENCE_S, "the queue empty")
    quiet = time.monotonic() + _QUIET_S
    while time.monotonic() < quiet:
        host.frame()
        time.sleep(0.01)
    host.frame_costs.clear()  # the host's own memory of the run
    gc.collect()


def _taken() -> tuple[int, int, int]:
    """Bytes of memory, threads, open files."""
    process = psutil.Process()
    files = getattr(process, "num_handles" if sys.platform == "win32" else "num_fds")
    return int(process.memory_info().rss), process.num_threads(), int(files())


def _prove(emulator: FirestoreEmulator, database: str, notes: list[str]) -> None:
    server = _firestore_writes.Server(emulator.host, database)
    problems = _firestore_writes.problems(notes, server)
    server.close()
    assert not problems, "\n".join(problems)


def _accepted(notes: list[str]) -> int:
    return sum(note.startswith("ok") for note in notes)
