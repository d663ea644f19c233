"""What connecting costs the main thread, per component: with ours, and with the same done on the main thread.

Every run has a process of its own, since packages are imported once in a process. The host draws 60 frames a second,
of which 3 ms are work of its own.
"""

import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import layout
from bench import Row
from emulators import FirestoreEmulator, StorageEmulator
from headless_td import Host

RUNS = 3

#: Wall time also grows with whatever else the machine does; processor time of the main thread does not.
_CASES = (
    "worst_frame_ms",
    "main_thread_total_ms",
    "worst_frame_cpu_ms",
    "main_thread_total_cpu_ms",
    "call_ms",
    "worst_host_frame_ms",
)

#: The host's own work in a frame.
_OWN_S = 0.003

_FRAMES_BEFORE = 60


def run() -> Iterator[Row]:
    """Rows per component: the worst frame and the whole of the main thread's time, and what becomes of a frame."""
    with StorageEmulator() as storage, FirestoreEmulator() as firestore:
        storage.make_bucket("bench")
        servers = {
            "storage": {"Emulatorhost": storage.host, "Bucket": "bench"},
            "firestore": {"Emulatorhost": firestore.host},
        }
        for name, parameters in servers.items():
            ours = [_child("ours", name, parameters) for _ in range(RUNS)]
            plain = [_child("plain", name, parameters) for _ in range(RUNS)]
            prefix = "connect" if name == "firestore" else f"connect.{name}"
            for case in _CASES:
                value, baseline = (sorted(result[case] for result in results)[RUNS // 2] for results in (ours, plain))
                yield Row(f"{prefix}.{case}", RUNS, value, "ms", baseline)
            yield Row(
                f"{prefix}.until_connected_ms", RUNS, sorted(r["until_connected_ms"] for r in ours)[RUNS // 2], "ms"
            )


def _child(way: str, name: str, parameters: dict[str, str]) -> dict[str, float]:
    argument = json.dumps([name, parameters])
    command = [sys.executable, "-m", "bench.connect", way, argument]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=layout.TOOLS)
    if done.returncode:
        raise RuntimeError(f"connecting {name} ({way}) failed:\n{done.stderr}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _frames_until(host: Host, connected: Any) -> float:
    """Draws frames with work of the host's own; the longest one in milliseconds."""
    worst = 0.0
    deadline = time.monotonic() + 120
    while not connected():
        if time.monotonic() > deadline:
            raise TimeoutError("not connected within two minutes")
        began = time.perf_counter()
        while time.perf_counter() - began < _OWN_S:
            pass
        host.frame()
        worst = max(worst, host.frame_costs[-1].wall_ms + _OWN_S * 1000)
    return worst


def _ours(name: str, parameters: dict[str, str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, Host(Path(folder) / "project", realtime=True) as host:
        comp = host.load_tox(layout.TOX / f"{name}.tox.dir")
        comp.par.Autoconnect = False
        for parameter, value in parameters.items():
            setattr(comp.par, parameter, value)
        host.frame(_FRAMES_BEFORE)
        host.frame_costs.clear()
        began, call_cpu = time.perf_counter(), time.thread_time()
        comp.Connect()
        call_ms, call_cpu = (time.perf_counter() - began) * 1000, (time.thread_time() - call_cpu) * 1000
        worst_host = _frames_until(host, lambda: comp.GetStatus()["state"] == "connected")
        until = (time.perf_counter() - began) * 1000
        spent = [sum(cost.by_component.values()) for cost in host.frame_costs]
        cpu = [call_cpu, *(cost.cpu_ms for cost in host.frame_costs)]
    return {
        "worst_frame_ms": max(spent),
        "main_thread_total_ms": sum(spent),
        "worst_frame_cpu_ms": max(cpu),
        "main_thread_total_cpu_ms": sum(cpu),
        "call_ms": call_ms,
        "worst_host_frame_ms": worst_host,
        "until_connected_ms": until,
    }


def _plain(name: str, parameters: dict[str, str]) -> dict[str, float]:
    """Imports and opens the same gateway on the main thread, between two frames."""
    sys.path[:0] = [str(path) for path in layout.source_paths()]
    gateway = importlib.import_module(f"tdg_gateway_{name}")
    settings = importlib.import_module(f"tdg_core_{name}_settings")
    cls = getattr(settings, f"{name.capitalize()}Settings")
    began, cpu = time.perf_counter(), time.thread_time()
    target = parameters.get("Bucket", "")
    gateway.open_gateway(cls(component=name, emulator_host=parameters["Emulatorhost"], target=target)).close()
    spent, cpu = (time.perf_counter() - began) * 1000, (time.thread_time() - cpu) * 1000
    return {
        "worst_frame_cpu_ms": cpu,
        "main_thread_total_cpu_ms": cpu,
        "worst_frame_ms": spent,
        "main_thread_total_ms": spent,
        "call_ms": spent,
        "worst_host_frame_ms": spent + _OWN_S * 1000,
    }


if __name__ == "__main__":
    print(json.dumps({"ours": _ours, "plain": _plain}[sys.argv[1]](*json.loads(sys.argv[2]))))
