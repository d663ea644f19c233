"""The life of the engine's process: shared, adopted, restarted, and gone when the host is."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import engine_tiny
import layout
from engine_tiny import CRASH, Host
from tdg_core_messages import Connect

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="stops and inherits as POSIX does")


@pytest.fixture
def host() -> Iterator[Host]:
    opened = Host()
    yield opened
    opened.close()


def pids(project: Path) -> list[int]:
    return [record["pid"] for record in engine_tiny.records(project)]


def is_gone(pid: int) -> bool:
    """Whether nothing is left of a process: it neither runs nor waits to be reaped."""
    return not psutil.pid_exists(pid)


def wait_gone(pid: int, timeout_s: float = 20) -> bool:
    tick = threading.Event()
    for _ in range(round(timeout_s / 0.02)):
        if is_gone(pid):
            return True
        tick.wait(0.02)
    return False


def quick(project: Path, **fields: Any) -> Any:
    """A place whose process ends soon when nobody uses it."""
    main = (layout.SRC / "common/tdg_engine_main.py").read_text()
    assert "LINGER_S = 5.0" in main
    return engine_tiny.place(
        project, more={"tdg_engine_main": main.replace("LINGER_S = 5.0", "LINGER_S = 0.1")}, **fields
    )


# One process per project -----------------------------------------------------------------------------------------


def test_components_of_a_project_share_a_process(host: Host, tmp_path: Path) -> None:
    first = host.open(engine_tiny.place(tmp_path, "tdg-one")).greeted()
    second = host.open(engine_tiny.place(tmp_path, "tdg-two")).greeted()
    assert len(pids(tmp_path)) == 1
    first.send(Connect(1))
    second.send(Connect(2))
    first.until(lambda: "1" in first.lines())
    second.until(lambda: "2" in second.lines())
    assert "2" not in first.lines()


def test_two_components_that_start_at_once_start_one_process(host: Host, tmp_path: Path) -> None:
    talks = [host.open(engine_tiny.place(tmp_path, f"tdg-{number}")) for number in range(4)]
    for talk in talks:
        talk.greeted()
    assert len(pids(tmp_path)) == 1


def test_a_component_that_is_made_anew_finds_the_process_that_runs(host: Host, tmp_path: Path) -> None:
    slot: dict[str, Any] = {}
    host.open(engine_tiny.place(tmp_path), slot).greeted().transport.stop()
    host.open(engine_tiny.place(tmp_path), slot).greeted()
    assert len(pids(tmp_path)) == 1


def test_two_projects_do_not_meet_nor_does_a_copy(host: Host, tmp_path: Path) -> None:
    host.open(engine_tiny.place(tmp_path / "one")).greeted()
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    host.open(engine_tiny.place(tmp_path / "copy")).greeted()
    assert not set(pids(tmp_path / "one")) & set(pids(tmp_path / "copy"))


def test_a_component_of_another_version_gets_a_process_of_its_own_and_says_so(host: Host, tmp_path: Path) -> None:
    first = host.open(engine_tiny.place(tmp_path, "tdg-one")).greeted()
    newer = {"tdg_work_tiny": engine_tiny.WORK.replace('"last"', '"newer"')}
    second = host.open(engine_tiny.place(tmp_path, "tdg-two", more=newer)).greeted()
    assert "another version" in second.line("tdg_work_tiny")
    assert len(pids(tmp_path)) == 2
    first.transport.finish()
    second.transport.finish()
    first.line("last")
    second.line("newer")


# Ends ------------------------------------------------------------------------------------------------------------


def test_a_process_that_crashes_is_told_with_its_last_words_and_started_again(host: Host, tmp_path: Path) -> None:
    slot: dict[str, Any] = {}
    talk = host.open(engine_tiny.place(tmp_path), slot).greeted()
    (former,) = pids(tmp_path)
    talk.send(CRASH)
    message = talk.event("engine_ended").message
    assert "exit code 7" in message
    assert "these are my last words" in message
    host.open(engine_tiny.place(tmp_path), slot).greeted()
    assert wait_gone(former)


def test_a_process_that_is_killed_is_told(host: Host, tmp_path: Path) -> None:
    talk = host.open(engine_tiny.place(tmp_path)).greeted()
    (pid,) = pids(tmp_path)
    psutil.Process(pid).kill()
    assert f"process {pid} ended" in talk.event("engine_ended").message
    assert wait_gone(pid)


def test_one_engine_that_falls_leaves_the_others_of_its_process_alone(host: Host, tmp_path: Path) -> None:
    first = host.open(engine_tiny.place(tmp_path, "tdg-one")).greeted()
    second = host.open(engine_tiny.place(tmp_path, "tdg-two")).greeted()
    first.send(engine_tiny.FALL)
    first.event("engine_ended")
    second.send(Connect(1))
    second.until(lambda: "1" in second.lines())


def test_a_process_that_nobody_uses_ends_by_itself(host: Host, tmp_path: Path) -> None:
    talk = host.open(quick(tmp_path)).greeted()
    (pid,) = pids(tmp_path)
    talk.transport.stop()
    assert wait_gone(pid)


@on_posix
def test_a_process_that_takes_nothing_any_more_is_ended(host: Host, tmp_path: Path) -> None:
    carrier = (layout.SRC / "common/tdg_bridge_carrier.py").read_text()
    assert "STUCK_S = 30" in carrier
    impatient = engine_tiny.texts(tdg_bridge_carrier=carrier.replace("STUCK_S = 30", "STUCK_S = 1"))
    talk = host.open(engine_tiny.place(tmp_path), modules=impatient).greeted()
    (pid,) = pids(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    talk.send(*(Connect("x" * 1_000_000) for _ in range(12)))  # type: ignore[arg-type]
    assert "SIGKILL" in talk.event("engine_ended").message


# The host ends ---------------------------------------------------------------------------------------------------

#: A host that starts an engine, says the process's id, and waits for its own end.
HOST = """
import sys, time
from pathlib import Path
import engine_tiny
host = engine_tiny.Host()
host.open(engine_tiny.place(Path(sys.argv[1]))).greeted()
(record,) = engine_tiny.records(Path(sys.argv[1]))
if "leak" in sys.argv:
    import subprocess
    descriptor = record["process"].stdin.fileno()
    heir = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=[descriptor])
    print(heir.pid)
print(record["pid"], flush=True)
if "wait" in sys.argv:
    time.sleep(60)
if "quit" in sys.argv:
    host.close()
"""


def run_host(project: Path, *words: str) -> tuple["subprocess.Popen[str]", list[int]]:
    """A running host and what it printed: process ids, the engine's last."""
    folders = [layout.TESTS, layout.TOOLS, *layout.source_paths()]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-c", HOST, str(project), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout is not None
    with process.stdout as lines:
        numbers = [int(lines.readline()) for _ in range(2 if "leak" in words else 1)]
    return process, numbers


@pytest.mark.parametrize("how", ["kill", "quit", "exit"])
def test_the_process_ends_with_the_host_however_that_ends(tmp_path: Path, how: str) -> None:
    process, (pid,) = run_host(tmp_path, "wait" if how == "kill" else how)
    if how == "kill":
        process.kill()
    process.wait(30)
    assert wait_gone(pid)


@on_posix
def test_it_ends_even_if_somebody_has_inherited_its_life_line(tmp_path: Path) -> None:
    process, (heir, pid) = run_host(tmp_path, "wait", "leak")
    try:
        process.kill()
        process.wait(30)
        assert wait_gone(pid)
    finally:
        os.kill(heir, signal.SIGKILL)


# It cannot be had --------------------------------------------------------------------------------------------------


def unavailable(host: Host, place: Any, modules: dict[str, str] | None = None) -> str:
    talk = host.open(place, modules=modules)
    message = str(talk.event("engine_unavailable").message)
    assert [event.kind for event in talk.heard][-1] == "engine_unavailable"
    return message


def test_without_an_interpreter_it_says_so(host: Host, tmp_path: Path) -> None:
    message = unavailable(host, engine_tiny.place(tmp_path, python=str(tmp_path / "venv/gcp/bin/python")))
    assert "cannot be started" in message
    assert "No such file" in message


@on_posix
def test_what_may_not_be_started_is_told(host: Host, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n")
    assert "policy or virus scanner" in unavailable(host, engine_tiny.place(tmp_path, python=str(python)))


@on_posix
def test_an_interpreter_that_ends_at_once_is_told_with_its_words(host: Host, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho blocked by the administrator >&2\nexit 3\n")
    python.chmod(0o755)
    message = unavailable(host, engine_tiny.place(tmp_path, python=str(python)))
    assert "exit code 3" in message
    assert "blocked by the administrator" in message


@on_posix
def test_an_interpreter_that_never_begins_is_ended_and_told(host: Host, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    child = (layout.SRC / "common/tdg_bridge_child.py").read_text()
    assert "START_S = 60.0" in child
    modules = engine_tiny.texts(tdg_bridge_child=child.replace("START_S = 60.0", "START_S = 0.5"))
    assert "did not begin" in unavailable(host, engine_tiny.place(tmp_path, python=str(python)), modules)


def test_modules_that_cannot_be_loaded_are_told(host: Host, tmp_path: Path) -> None:
    message = unavailable(host, engine_tiny.place(tmp_path, more={"tdg_core_messages": "raise ValueError('broken')"}))
    assert "exit code 1" in message
    assert "ValueError" in message


def test_where_nothing_can_be_written_a_temporary_folder_does(host: Host, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    talk = host.open(quick(tmp_path, folder=str(tmp_path / "file" / "engine"))).greeted()
    (record,) = engine_tiny.records(tmp_path)
    assert Path(record["temporary"]).is_dir()
    talk.transport.stop()
    assert record["exited"].wait(engine_tiny.PATIENCE_S)
    assert not Path(record["temporary"]).exists()


def test_without_a_folder_it_lives_in_a_temporary_one(host: Host, tmp_path: Path) -> None:
    host.open(engine_tiny.place(tmp_path, folder="")).greeted()
    (record,) = engine_tiny.records(tmp_path)
    assert record["temporary"]
