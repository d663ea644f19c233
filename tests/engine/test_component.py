"""Components whose engine lives in a process beside the host, as their user sees them."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import engine_tiny
import layout
import project_environment
import tdg_disk_venv
from emulators import FirestoreEmulator, StorageEmulator
from headless_td import Host
from probe_fixtures import OpenShow, Show

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="the interpreter is a script")

NOTES = [str(number) for number in range(30)]


@pytest.fixture
def engine_mode() -> str:
    """These suites choose by themselves."""
    return "thread"


@pytest.fixture
def beside(open_show: OpenShow) -> Show:
    """A project whose engine lives in a process, connected."""
    show = open_show()
    set_up(show)
    show.connect(Engine="process")
    show.until(lambda: pids(show))
    return show


def set_up(show: Show) -> None:
    project_environment.link(Path(show.host.project.folder))


def pids(show: Show) -> list[int]:
    """The engine processes of the project that run now."""
    records = engine_tiny.records(Path(show.host.project.folder))
    return [int(record["pid"]) for record in records if not record["exited"].is_set()]


def kept(show: Show, notes: list[str]) -> None:
    """Waits until the engine holds these notes and no other; doubles would show."""
    show.until(lambda: show.comp.ext.ProbeExt.kept == notes, f"{len(notes)} notes")
    show.host.frame(20)
    assert show.comp.ext.ProbeExt.kept == notes


def test_it_says_where_the_engine_runs(beside: Show) -> None:
    assert any(f"the engine runs in process {pids(beside)[0]}" in line for line in beside.log("INFO"))


def test_nothing_of_google_s_is_imported_into_the_host(tmp_path: Path, probe_tox: Path) -> None:
    code = f"""
import sys, probe
from pathlib import Path
from headless_td import Host
import project_environment
project = Path({str(tmp_path / "project")!r})
project_environment.link(project)
with probe.serving() as server, Host(project) as host:
    comp = host.load_tox(Path({str(probe_tox)!r}))
    comp.par.Engine, comp.par.Emulatorhost = "process", server.host
    host.run_until(lambda: comp.GetStatus().get("state") == "connected")
    sys.exit("firebase_admin" in sys.modules or "google.auth" in sys.modules)
"""
    assert run_python(code) == 0


def run_python(code: str) -> int:
    """Runs code in a fresh interpreter; its exit code."""
    folders = [layout.TESTS, layout.TOOLS, *layout.source_paths()]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    return subprocess.run([sys.executable, "-c", code], env=environ, timeout=100, check=False).returncode


@pytest.mark.parametrize("first", ["thread", "process"])
def test_engine_is_set_while_connected_and_nothing_is_lost_or_doubled(open_show: OpenShow, first: str) -> None:
    show = open_show()
    set_up(show)
    show.connect(Engine=first)
    other = "process" if first == "thread" else "thread"
    for number, note in enumerate(NOTES):
        assert show.comp.Note(note) == "kept"
        if number % 10 == 5:
            show.set(Engine=other if number % 20 == 5 else first)
        show.host.frame()
    kept(show, NOTES)
    show.wait("connected")
    assert "error" not in show.states


def test_engine_is_set_while_disconnected_and_stays_so(open_show: OpenShow) -> None:
    show = open_show()
    set_up(show)
    show.set(Autoconnect=False, Engine="process")
    show.until(lambda: pids(show))
    show.comp.Note("one")
    show.set(Engine="thread")
    show.comp.Note("two")
    kept(show, ["one", "two"])
    assert show.state == "disconnected"


def test_a_reset_while_the_engine_moves_is_carried_out(beside: Show) -> None:
    beside.comp.Note("to be forgotten")
    beside.set(Engine="thread")
    beside.host.frame()
    beside.host.answers.append("Reset")
    beside.comp.Reset()
    beside.comp.Note("kept")
    kept(beside, ["kept"])


def test_made_anew_it_finds_its_process_again(beside: Show) -> None:
    before = pids(beside)
    for note in NOTES[:5]:
        beside.comp.Note(note)
        beside.comp.par.reinitextensions.pulse()
        beside.host.frame(2)
    beside.wait("connected")
    kept(beside, NOTES[:5])
    assert pids(beside) == before


def kill(show: Show) -> None:
    """Kills the process that runs the engine."""
    pid = show.until(lambda: pids(show), "a process")[0]
    psutil.Process(pid).kill()
    show.until(lambda: pid not in pids(show), "its end")


def test_a_process_that_is_killed_is_started_again_and_nothing_is_lost(beside: Show) -> None:
    for number, note in enumerate(NOTES):
        assert beside.comp.Note(note) == "kept"
        if number == 10:
            kill(beside)
        beside.host.frame()
    beside.wait("connected")
    kept(beside, NOTES)
    assert any("by signal SIGKILL" in line for line in beside.log())


def test_deleted_it_leaves_no_process_behind(open_show: OpenShow) -> None:
    show = open_show()
    main = show.comp.op("local/modules/tdg_engine_main")
    assert "LINGER_S = 5.0" in main.text
    main.text = main.text.replace("LINGER_S = 5.0", "LINGER_S = 0.1")
    show.comp.par.reinitextensions.pulse()
    show.host.frame(3)
    set_up(show)
    show.connect(Engine="process")
    (pid,) = show.until(lambda: pids(show))
    (record,) = engine_tiny.records(Path(show.host.project.folder))
    show.comp.destroy()
    assert record["exited"].wait(30)
    assert not psutil.pid_exists(pid)


def test_a_module_edited_while_it_runs_gets_a_process_of_its_version(beside: Show) -> None:
    (former,) = pids(beside)
    beside.comp.op("local/modules/tdg_work_probe").text += "\n# edited\n"
    beside.comp.par.reinitextensions.pulse()
    beside.host.frame(3)
    beside.until(lambda: pids(beside) and pids(beside)[-1] != former, "another process")
    beside.wait("connected")
    assert any("another version" in line for line in beside.log("WARNING"))


def test_both_components_share_one_process(
    tmp_path: Path, storage_emulator: StorageEmulator, firestore_emulator: FirestoreEmulator, bucket: str
) -> None:
    project = tmp_path / "project"
    project_environment.link(project)
    with Host(project) as host:
        comps = [host.load_tox(layout.TOX / f"{name}.tox.dir") for name in layout.COMPONENTS]
        for comp, emulator in zip(comps, (storage_emulator, firestore_emulator), strict=True):
            comp.par.Engine = "process"
            comp.par.Emulatorhost = emulator.host
        comps[0].par.Bucket = bucket
        host.run_until(lambda: all(comp.GetStatus().get("state") == "connected" for comp in comps), what="connected")
        assert len(engine_tiny.records(project)) == 1
        first = comps[0].UploadText("hello", "a.txt")
        comps[1].PushDoc("c", "d", {"x": 1})
        host.run_until(lambda: comps[0].GetTransfer(first)["status"] == "complete", what="uploaded")
        host.run_until(lambda: comps[1].GetStatus()["queue_depth"] == "0", what="written")


# Where no process can be had -------------------------------------------------------------------------------------


def stays_in_threads(show: Show, words: str) -> None:
    show.wait("connected")
    assert pids(show) == []
    assert any(words in line and "runs in threads" in line for line in show.log("ERROR")), show.log()
    assert "runs in threads" in show.status["last_error"]
    show.comp.Note("kept all the same")
    kept(show, ["kept all the same"])


def broken(show: Show, script: str) -> None:
    """An environment whose interpreter does something else."""
    folder = Path(show.host.project.folder) / tdg_disk_venv.FOLDER
    python = tdg_disk_venv.Venv(folder, "3.11", windows=False).python
    python.parent.mkdir(parents=True)
    (folder / "lib").symlink_to(Path(sys.prefix, "lib"))
    python.write_text(script)
    python.chmod(0o755)


@on_posix
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("#!/bin/sh\necho forbidden by policy >&2\nexit 1\n", "forbidden by policy"),
        ("no program", "policy or virus scanner"),
    ],
    ids=["ends at once", "is no program"],
)
def test_a_process_that_cannot_be_started_is_told_and_threads_do_the_work(
    open_show: OpenShow, script: str, words: str
) -> None:
    show = open_show()
    broken(show, script)
    show.set(Engine="process", Emulatorhost=show.server.host)
    stays_in_threads(show, words)


@on_posix
def test_set_anew_it_tries_the_process_again(open_show: OpenShow) -> None:
    show = open_show()
    broken(show, "#!/bin/sh\nexit 1\n")
    show.set(Engine="process", Emulatorhost=show.server.host)
    show.until(lambda: show.log("ERROR"))
    show.wait("connected")
    Path(show.host.project.folder, "venv").rename(Path(show.host.project.folder, "broken"))
    set_up(show)
    show.set(Engine="thread")
    show.host.frame(3)
    show.set(Engine="process")
    show.until(lambda: pids(show), "a process")
    show.wait("connected")


def test_without_an_environment_and_without_leave_to_make_one_it_stays_in_threads(open_show: OpenShow) -> None:
    show = open_show()
    show.host.answers.append("Cancel")
    show.set(Engine="process", Emulatorhost=show.server.host)
    stays_in_threads(show, "Install was not chosen")


def test_it_moves_into_the_process_when_the_environment_has_come(open_show: OpenShow) -> None:
    """Until then the engine lives in threads: tables are filled and promises kept before anything is installed."""
    show = open_show()
    show.set(Engine="process")
    show.comp.Note("before")
    kept(show, ["before"])
    assert pids(show) == []
    set_up(show)
    show.set(Emulatorhost=show.server.host)
    show.wait("connected")
    show.until(lambda: pids(show), "a process")
    show.comp.Note("after")
    kept(show, ["before", "after"])
