"""Looking for packages and installing them, with an installer that does what a test says."""

import json
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

import layout
import tdg_core_bootstrap_messages as messages
import tdg_core_packages
import tdg_disk_lock
import tdg_work_bootstrap
from tdg_core_messages import Logged, Message
from tdg_disk_venv import COMPLETE, Venv
from tdg_work_bootstrap import Plan

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the installer of these tests is a script with #!")

LOCK = "nothing-of-the-kind==1.0 \\\n    --hash=sha256:00\n"
NEWER = LOCK.replace("1.0", "1.1")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

#: Does what `plan.json` beside it says, and writes down what it was asked.
FAKE = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
plan = json.loads((here / "plan.json").read_text())
arguments = sys.argv[1:]
with (here / "asked.jsonl").open("a") as file:
    print(json.dumps({{"arguments": arguments, "environ": dict(os.environ)}}), file=file)
if "--version" in arguments:
    print(plan.get("version", "uv 0.9.0 (fake)"))
elif "venv" in arguments:
    site = pathlib.Path(arguments[-1]) / "lib" / "python{version}" / "site-packages"
    site.mkdir(parents=True, exist_ok=True)
else:
    print("Using Python 3.11")
    for line in plan.get("lines", ["Installed 1 package in 1ms", " + nothing-of-the-kind==1.0"]):
        print(line, flush=True)
    if "hang" in plan:
        time.sleep(plan["hang"])
    if not plan.get("code"):
        python = pathlib.Path(arguments[arguments.index("--python") + 1])
        module = python.parent.parent / "lib" / "python{version}" / "site-packages" / "tdg_probe_package.py"
        module.write_text(plan.get("module", "VALUE = 1"))
    elif "code_once" not in plan or os.environ.get("UV_SYSTEM_CERTS") is None:
        sys.exit(plan["code"])
"""


class Installer:
    """A fake uv that is found on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        program = folder / "uv"
        program.write_text(FAKE.format(python=sys.executable, version=VERSION))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.does()

    def does(self, **plan: Any) -> None:
        (self.folder / "plan.json").write_text(json.dumps(plan))

    def asked(self) -> list[dict[str, Any]]:
        path = self.folder / "asked.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Bench:
    """A project folder, and what the tasks have posted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.posted: list[Message] = []
        self.cancelled = threading.Event()

    def plan(self, *modules: str, lock: str = LOCK, settled: bool = False) -> Plan:
        return Plan(
            run=7,
            folder=str(self.folder / "venv" / "gcp"),
            python=sys.executable,
            version=VERSION,
            modules=modules or ("tdg_probe_package",),
            lock=lock,
            installer_lock="uv==0\n",
            settled=settled,
        )

    @property
    def venv(self) -> Venv:
        return self.plan().venv

    def look(self, *modules: str, **options: Any) -> Any:
        """The answer of one look."""
        self.posted.clear()
        tdg_work_bootstrap.look(asdict(self.plan(*modules, **options)), self.posted.append)
        return self.posted[-1]

    def install(self, why: str = "missing", **options: Any) -> Any:
        """The answer of one installation."""
        self.posted.clear()
        tdg_work_bootstrap.install(asdict(self.plan(**options)), why, self.cancelled, self.posted.append)
        return self.posted[-1]

    def log(self, level: str = "INFO") -> list[str]:
        return [event.message for event in self.posted if isinstance(event, Logged) and event.level == level]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in list(os.environ):
        if name.startswith(("UV_", "PIP_", "SSL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield Bench(tmp_path / "project")
    for name in ("tdg_probe_package", "tdg_probe_broken"):
        sys.modules.pop(name, None)


@pytest.fixture
def installer(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    installer = Installer(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return installer


# Looking -------------------------------------------------------------------------------------------------------------


def test_what_can_be_imported_needs_no_environment_and_no_process(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.Popen", None)
    assert bench.look("json", "firebase_admin") == messages.PackagesUsable(7)
    assert not bench.folder.exists()


def test_what_is_missing_is_named_and_asked_for(bench: Bench) -> None:
    answer = bench.look("json", "tdg_no_such", "google.cloud.no_such")
    assert answer == messages.PackagesMissing(
        7, "missing", "tdg_no_such and google.cloud.no_such cannot be found", ask=True
    )


def test_an_environment_that_is_there_goes_on_the_path_first(bench: Bench, installer: Installer) -> None:
    bench.install()
    found = bench.look()
    assert found == messages.PackagesFound(7, str(bench.venv.site_packages))
    sys.path.append(found.site_packages)
    assert bench.look() == messages.PackagesUsable(7)


def test_an_environment_of_the_original_components_is_used_as_it_is(bench: Bench, installer: Installer) -> None:
    bench.venv.site_packages.mkdir(parents=True)
    (bench.venv.site_packages / "tdg_probe_package.py").write_text("")
    sys.path.append(bench.look().site_packages)
    assert bench.look() == messages.PackagesUsable(7)
    assert installer.asked() == []


def test_an_installation_cut_short_is_mended_without_asking_again(bench: Bench) -> None:
    bench.venv.begin()
    assert bench.look() == messages.PackagesMissing(7, "unfinished", "the last installation was cut short", ask=False)


def test_a_newer_component_updates_without_asking_and_an_older_one_does_not(bench: Bench, installer: Installer) -> None:
    bench.install(lock=LOCK)
    assert bench.look(lock=NEWER).why == "outdated"
    assert not bench.look(lock=NEWER).ask
    bench.install("outdated", lock=NEWER)
    assert isinstance(bench.look(lock=LOCK), messages.PackagesFound)


def test_packages_that_are_loaded_are_not_replaced_under_a_running_show(bench: Bench, installer: Installer) -> None:
    sys.path.append(bench.install(lock=LOCK).site_packages)
    bench.look(lock=LOCK)
    assert "tdg_probe_package" in sys.modules
    assert bench.look(lock=NEWER) == messages.PackagesUsable(7)


def test_what_is_there_but_cannot_be_imported_is_left_to_the_main_thread_first(
    bench: Bench, installer: Installer
) -> None:
    installer.does(module="raise RuntimeError('not in this thread')")
    sys.path.append(bench.install().site_packages)
    answer = bench.look()
    assert isinstance(answer, messages.ImportHere)
    assert answer.modules[-1] == "tdg_probe_package"
    assert "not in this thread" in answer.reason
    assert (answer.mendable, answer.ask) == (True, False)
    assert set(answer.modules[:-1]) <= set(tdg_core_packages.STEPS)
    assert not bench.look(settled=True).mendable


def test_steps_of_the_main_thread_give_the_reason_of_a_failure(bench: Bench, installer: Installer) -> None:
    installer.does(module="import tdg_missing_dependency")
    sys.path.append(bench.install().site_packages)
    assert tdg_work_bootstrap.import_step("json") == ""
    problem = tdg_work_bootstrap.import_step("tdg_probe_package")
    assert problem == "tdg_probe_package cannot be imported: tdg_missing_dependency is missing"


def test_what_is_still_missing_after_an_installation_is_said_and_not_installed_again(
    bench: Bench, installer: Installer
) -> None:
    sys.path.append(bench.install().site_packages)
    answer = bench.look("tdg_no_such", settled=True)
    assert isinstance(answer, messages.PackagesUnusable)
    assert "tdg_no_such cannot be found" in answer.message


# Installing ----------------------------------------------------------------------------------------------------------


def test_an_installation_is_pinned_hashed_never_built_and_says_how_it_goes(bench: Bench, installer: Installer) -> None:
    assert bench.install() == messages.PackagesFound(7, str(bench.venv.site_packages))
    assert bench.venv.status(tdg_core_packages.pins(LOCK)) == COMPLETE
    version, venv, install = (call["arguments"] for call in installer.asked())
    assert version == ["--version"]
    assert venv[venv.index("--python") + 1] == sys.executable
    assert {"--require-hashes", "--no-build", "--no-deps", "--compile-bytecode"} <= set(install)
    assert bench.log()[0].startswith("installing Google's packages into")
    assert "installer: Installed 1 package in 1ms" in bench.log()
    assert bench.log()[-1].startswith("installed in")
    assert "installer: + nothing-of-the-kind==1.0" in bench.log("DEBUG")
    assert sorted(path.name for path in bench.venv.folder.parent.iterdir()) == ["gcp", "gcp.lock"]


FAILURES = {
    "no network": ["error: Failed to fetch: https://x/simple/a/", "  cause: dns error"],
    "differs from the one that was tested": ["error: Hash mismatch for `a==1`"],
    "disk is full": ["  cause: No space left on device (os error 28)"],
    "proxy": ["  cause: tunnel error: proxy authorization required"],
    "in the log": ["error: nobody knows"],
}


@pytest.mark.parametrize("words", FAILURES)
def test_a_failed_installation_says_why_and_leaves_nothing_half_made(
    bench: Bench, installer: Installer, words: str
) -> None:
    installer.does(lines=FAILURES[words], code=2)
    answer = bench.install()
    assert isinstance(answer, messages.PackagesUnusable)
    assert answer.message.startswith("Cannot install the packages: ")
    assert words in answer.message
    assert not bench.venv.folder.exists()
    installer.does()
    assert isinstance(bench.install(), messages.PackagesFound)  # connecting again tries again


def test_a_failed_update_goes_on_with_the_packages_of_before(bench: Bench, installer: Installer) -> None:
    bench.install(lock=LOCK)
    installer.does(lines=FAILURES["no network"], code=2)
    assert isinstance(bench.install("outdated", lock=NEWER), messages.PackagesFound)
    assert "no network" in bench.log("WARNING")[0]
    assert (bench.venv.site_packages / "tdg_probe_package.py").read_text() == "VALUE = 1"


def test_a_broken_environment_is_made_anew_although_it_looks_complete(bench: Bench, installer: Installer) -> None:
    bench.install()
    (bench.venv.site_packages / "tdg_probe_package.py").unlink()
    assert isinstance(bench.install("broken"), messages.PackagesFound)
    assert (bench.venv.site_packages / "tdg_probe_package.py").exists()


def test_what_another_component_has_installed_meanwhile_is_not_installed_again(
    bench: Bench, installer: Installer
) -> None:
    bench.install()
    calls = len(installer.asked())
    assert isinstance(bench.install(), messages.PackagesFound)
    assert len(installer.asked()) == calls


def until(condition: Callable[[], Any]) -> None:
    tick = threading.Event()
    for _ in range(6000):
        if condition():
            return
        tick.wait(0.005)
    raise AssertionError("it did not happen")


def test_two_that_install_at_once_take_turns(bench: Bench, installer: Installer) -> None:
    installer.does(hang=0.5)
    other = Bench(bench.folder)
    thread = threading.Thread(target=other.install)
    thread.start()
    until(lambda: len(installer.asked()) >= 3)
    assert isinstance(bench.install(), messages.PackagesFound)
    thread.join()
    assert isinstance(other.posted[-1], messages.PackagesFound)
    assert "another TouchDesigner or component is installing; waiting for it" in bench.log()
    assert sum("install" in call["arguments"] for call in installer.asked()) == 1


def test_waiting_for_another_installation_can_be_called_off(bench: Bench, installer: Installer) -> None:
    bench.venv.folder.parent.mkdir(parents=True)
    descriptor = tdg_disk_lock.acquire(bench.venv.lock, "another process")
    assert descriptor is not None
    thread = threading.Thread(target=bench.install)
    thread.start()
    until(bench.log)
    bench.cancelled.set()
    thread.join(30)
    os.close(descriptor)
    assert "called off" in bench.posted[-1].message  # type: ignore[attr-defined]


def test_an_installation_that_is_called_off_leaves_no_process_and_no_rest(bench: Bench, installer: Installer) -> None:
    installer.does(hang=600)
    thread = threading.Thread(target=bench.install)
    thread.start()
    until(lambda: any("install" in call["arguments"] for call in installer.asked()))
    bench.cancelled.set()
    thread.join(30)
    assert not thread.is_alive()
    assert "called off" in bench.posted[-1].message  # type: ignore[attr-defined]
    assert not bench.venv.folder.exists()
    commands = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    assert not [command for command in commands if str(installer.folder) in command]


def test_an_installer_that_hangs_is_given_up(
    bench: Bench, installer: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tdg_work_uv._INSTALL_S", 0.5)
    installer.does(hang=600)
    answer = bench.install()
    assert "did not end within" in answer.message


def test_a_silent_installer_is_reported_to_be_at_work(
    bench: Bench, installer: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tdg_work_process._HEARTBEAT_S", 0.05)
    installer.does(hang=0.6)
    bench.install()
    assert any("still at work after" in line for line in bench.log())


def test_a_project_in_a_folder_that_cannot_be_written_to_is_told(bench: Bench, installer: Installer) -> None:
    bench.folder.write_text("no folder")
    answer = bench.install()
    assert isinstance(answer, messages.PackagesUnusable)
    assert "save the project where it may be written" in answer.message


# Finding uv, and what it is told ------------------------------------------------------------------------------------


def test_a_uv_that_is_too_old_or_does_not_run_is_passed_over_and_one_is_fetched_with_pip(
    bench: Bench, installer: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer.does(version="uv 0.1.2")
    fetched: list[list[str]] = []
    real = tdg_work_bootstrap.tdg_work_uv.tdg_work_process.run

    def run(command: Any, *rest: Any) -> tuple[int, str]:
        if "pip" in command and command[0] == sys.executable:
            fetched.append(list(map(str, command)))
            own = Path(command[command.index("--target") + 1]) / "bin"
            own.mkdir(parents=True)
            Installer(own / "x")
            for file in (own / "x").iterdir():
                file.rename(own / file.name)
            return 0, ""
        return real(command, *rest)

    monkeypatch.setattr("tdg_work_process.run", run)
    assert isinstance(bench.install(), messages.PackagesFound)
    assert "uv, the installer, is not on this machine; fetching it" in bench.log()
    assert {"--require-hashes", "--only-binary", "--no-deps"} <= set(fetched[0])
    bench.install("broken")
    assert len(fetched) == 1  # it is kept for the next time


def test_no_uv_and_no_pip_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(Bench, "plan", lambda self, **_: Plan(7, str(self.folder), str(python), VERSION, (), LOCK, ""))
    answer = bench.install()
    assert "Cannot fetch the installer uv: this TouchDesigner has no pip" in answer.message


def test_settings_made_for_pip_apply_to_uv(bench: Bench, installer: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PIP_INDEX_URL": "https://user:SECRET@index.example/simple",
        "PIP_FIND_LINKS": "/wheels /more",
        "PIP_NO_INDEX": "1",
        "PIP_CERT": "/ca.pem",
        "PIP_PROXY": "http://proxy:3128",
        "VIRTUAL_ENV": "/elsewhere",
        "PYTHONPATH": "/elsewhere",
        "PYTHONHOME": "",
    }.items():
        monkeypatch.setenv(name, value)
    installer.does(lines=["Failed to fetch https://user:SECRET@index.example/simple"], code=2)
    answer = bench.install()
    call = installer.asked()[-1]
    environ = call["environ"]
    assert environ["UV_DEFAULT_INDEX"] == "https://user:SECRET@index.example/simple"
    assert environ["UV_FIND_LINKS"] == "/wheels,/more"
    assert "--no-index" in call["arguments"]
    assert environ["SSL_CERT_FILE"] == "/ca.pem"
    assert environ["ALL_PROXY"] == "http://proxy:3128"
    assert not {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"} & environ.keys()
    assert "SECRET" not in answer.message + "".join(bench.log() + bench.log("DEBUG"))


def test_settings_made_for_uv_come_before_those_for_pip(
    bench: Bench, installer: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example/simple")
    monkeypatch.setenv("UV_INDEX_URL", "https://uv.example/simple")
    bench.install()
    environ = installer.asked()[-1]["environ"]
    assert "UV_DEFAULT_INDEX" not in environ
    assert environ["UV_INDEX_URL"] == "https://uv.example/simple"


def test_behind_a_proxy_that_reads_the_traffic_the_certificates_of_the_system_are_tried(
    bench: Bench, installer: Installer
) -> None:
    installer.does(lines=["  cause: invalid peer certificate: UnknownIssuer"], code=2, code_once=True)
    bench.install()
    assert "installer: The package index is not trusted; trying with the certificates of this system." in bench.log()
    assert installer.asked()[-1]["environ"]["UV_SYSTEM_CERTS"] == "true"


def test_the_usual_places_of_uv_are_looked_at(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "home" / ".local").mkdir(parents=True)
    installer = Installer(tmp_path / "home" / ".local" / "bin")
    assert isinstance(bench.install(), messages.PackagesFound)
    assert installer.asked()


def test_the_real_locks_are_what_the_component_carries() -> None:
    """The texts that `install` is given come from these files."""
    for lock in (layout.RUNTIME_LOCK, layout.INSTALLER_LOCK):
        assert tdg_core_packages.pins(lock.read_text(encoding="utf-8"))
