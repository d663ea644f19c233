"""Breaks, reconnects, resets and rebuilds, at random, for as long as one likes: nothing may grow."""

import gc
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import firebase_admin
import psutil

import layout
from emulators import FirestoreEmulator, Proxy, StorageEmulator
from headless_td import Host

#: After so many rounds everything that is made once has been made.
_WARM_UP = 15

#: What may grow in the whole run: caches of the stand-in and of the interpreter, not a leak per round.
_MAX_GROWTH_MIB = 64

_PATIENCE_S = 120


def run(minutes: float) -> Iterator[str]:
    """Rounds of random trouble with both components."""
    deadline = time.monotonic() + minutes * 60
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    yield f"seed {seed}"
    with ExitStack() as stack:
        servers = [stack.enter_context(StorageEmulator()), stack.enter_context(FirestoreEmulator())]
        servers[0].make_bucket("soak")  # type: ignore[attr-defined]
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        host = stack.enter_context(Host(Path(folder) / "project", keep_frames=1000))
        pairs = []
        for name, server in zip(layout.COMPONENTS, servers, strict=True):
            proxy = stack.enter_context(Proxy(server.host))
            comp = host.load_tox(layout.TOX / f"{name}.tox.dir")
            if name == "storage":
                comp.par.Bucket = "soak"
            comp.par.Backoffmax = 0.2
            comp.par.Circuittimeout = 0.5
            comp.par.Emulatorhost = proxy.host
            pairs.append((comp, proxy))
        first: dict[str, float] = {}
        rounds = 0
        while time.monotonic() < deadline or rounds <= _WARM_UP:
            for comp, proxy in pairs:
                chance.choice(_TROUBLES)(host, comp, proxy)
            host.frame(chance.randrange(1, 40))
            for _, proxy in pairs:
                proxy.restore()
            for comp, _ in pairs:
                comp.Connect()
            host.run_until(
                lambda: all(comp.GetStatus().get("state") == "connected" for comp, _ in pairs),
                _PATIENCE_S,
                f"both connected in round {rounds} of seed {seed}",
            )
            host.run_until(lambda: len(firebase_admin._apps) == len(pairs), _PATIENCE_S, "an app each")
            rounds += 1
            if rounds == _WARM_UP:
                first = _counts()
            if rounds % 50 == 0:
                yield f"round {rounds}: {_counts()}"
        last = _counts()
        yield f"{rounds} rounds; after {_WARM_UP}: {first}, at the end: {last}"
        assert last["threads"] <= first["threads"] + 4, (first, last)
        assert last["files"] <= first["files"] + 8, (first, last)
        assert last["mib"] <= first["mib"] + _MAX_GROWTH_MIB, (first, last)


def _counts() -> dict[str, float]:
    gc.collect()
    process = psutil.Process()
    files = process.num_handles() if hasattr(process, "num_handles") else process.num_fds()
    return {
        "threads": threading.active_count(),
        "files": files,
        "mib": round(process.memory_info().rss / 2**20, 1),
    }


def _cut(_host: Host, _comp: Any, proxy: Proxy) -> None:
    proxy.cut()


def _refuse(_host: Host, _comp: Any, proxy: Proxy) -> None:
    proxy.refuse()
    proxy.cut()


def _swallow(_host: Host, _comp: Any, proxy: Proxy) -> None:
    proxy.black_hole()


def _disconnect(_host: Host, comp: Any, _proxy: Proxy) -> None:
    comp.Disconnect()


def _flicker(_host: Host, comp: Any, _proxy: Proxy) -> None:
    for _ in range(3):
        comp.Disconnect()
        comp.Connect()


def _reset(host: Host, comp: Any, _proxy: Proxy) -> None:
    host.answers.append("Reset")
    comp.Reset()


def _rebuild(_host: Host, comp: Any, _proxy: Proxy) -> None:
    comp.par.reinitextensions.pulse()


def _change(_host: Host, comp: Any, _proxy: Proxy) -> None:
    """Another way to connect, and back: two new connections within some frames."""
    address = comp.par.Emulatorhost.eval()
    comp.par.Emulatorhost = "127.0.0.1:9"
    _host.frame(2)
    comp.par.Emulatorhost = address


_TROUBLES: tuple[Callable[[Host, Any, Proxy], None], ...] = (
    _cut,
    _refuse,
    _swallow,
    _disconnect,
    _flicker,
    _reset,
    _rebuild,
    _change,
)
