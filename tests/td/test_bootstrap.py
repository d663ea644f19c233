"""The first start of a project: packages are found, asked for, installed, and said to be missing."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dev_env
import layout
from emulators import FirestoreEmulator, StorageEmulator
from headless_td import CLOSED, Unknowns
from probe_fixtures import OpenShow, Show

Start = Callable[..., dict[str, Any]]

#: Looks at what TouchDesigner itself imports, or at a project without an environment; a process has one.
in_the_host_only = pytest.mark.threads_only


@pytest.fixture
def start(
    tmp_path: Path, storage_emulator: StorageEmulator, firestore_emulator: FirestoreEmulator, bucket: str
) -> Start:
    """Opens the project with both real components in a process of its own, in a Python without any packages."""

    def run(*answers: str, unknowns: dict[str, str] | None = None, **environ: str) -> dict[str, Any]:
        arguments = {
            "paths": [str(layout.TOOLS), str(layout.TESTS)],
            "tox": {name: str(layout.TOX / f"{name}.tox.dir") for name in layout.COMPONENTS},
            "parameters": {
                "storage": {"Emulatorhost": storage_emulator.host, "Bucket": bucket},
                "firestore": {"Emulatorhost": firestore_emulator.host},
            },
            "project": str(tmp_path / "project"),
            "answers": answers,
            "unknowns": unknowns or {},
        }
        cache = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")
        child = subprocess.run(
            [dev_env.base_python(), "-I", "-S", str(layout.TESTS / "first_start.py"), json.dumps(arguments)],
            env=os.environ | {"HOME": str(tmp_path), "UV_CACHE_DIR": cache} | environ,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert child.returncode == 0, child.stderr
        seen: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
        return seen

    return run


def has_pip() -> bool:
    command = [dev_env.base_python(), "-m", "pip", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


NO_NETWORK = {
    "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
    "UV_OFFLINE": "1",
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
}


@pytest.mark.network
@pytest.mark.timeout(300)
def test_installed_once_then_found_again_and_found_without_a_network(
    start: Start, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """An empty project folder; its second start; its third start with the network cut, and its fourth.

    At the fourth start TouchDesigner lets no thread but the main one import.
    """
    path = os.environ["PATH"]
    if has_pip():  # the installer, too, is fetched
        folders = path.split(os.pathsep)
        path = os.pathsep.join(folder for folder in folders if not (Path(folder) / "uv").exists())
    # Started with `sys.executable`, every program would be another TouchDesigner.
    first = start("Install", unknowns={"executable": "touchdesigner"}, PATH=path)
    assert first["states"] == {"storage": "connected", "firestore": "connected"}, first["errors"]
    assert len(first["questions"]) == 1
    assert sum("installed in" in line for log in first["log"].values() for line in log) == 1
    site = tmp_path / "project" / "venv" / "gcp" / "lib" / f"python{layout.PYTHON}" / "site-packages"
    assert Path(first["from"]).is_relative_to(site)
    assert first["last_path"] == str(site)  # behind everything TouchDesigner brings

    starts = [first, start(), start(**NO_NETWORK), start(unknowns={"worker_import": "raises"}, **NO_NETWORK)]
    for again in starts[1:]:
        assert again["states"] == {"storage": "connected", "firestore": "connected"}, again["errors"]
        assert again["questions"] == []
        assert again["processes"] == []
    assert any("step by step" in line for line in starts[-1]["log"]["storage"])
    record_property("seconds", [seen["seconds"] for seen in starts])
    print("seconds of the four starts:", [seen["seconds"] for seen in starts])


def test_without_a_network_it_says_so_and_connecting_tries_again(start: Start) -> None:
    seen = start("Install", PATH=str(Path(sys.executable).parent), **NO_NETWORK)
    assert seen["states"] == {"storage": "error", "firestore": "error"}
    for error in seen["errors"].values():
        assert "cannot be reached. Check the network" in error or "does not have the locked versions" in error


# The question ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(show: Show, monkeypatch: pytest.MonkeyPatch) -> Show:
    """The probe in a Python that lacks one package it needs."""
    module = show.comp.ext.ProbeExt
    monkeypatch.setattr(module, "PACKAGES", ("tdg_no_such_package",), raising=False)
    show.set(Autoconnect=False)
    show.host.frame(3)
    show.set(Emulatorhost=show.server.host)
    return show


@in_the_host_only
@pytest.mark.parametrize("answer", ["Cancel", CLOSED])
def test_whoever_does_not_choose_install_gets_no_installation(bare: Show, answer: str) -> None:
    bare.host.answers.append(answer)
    bare.comp.Connect()
    bare.wait("error")
    (question,) = bare.host.questions
    assert question.buttons == ("Cancel", "Install")
    assert "tdg_no_such_package cannot be found" in question.message
    assert "Install was not chosen" in bare.status["last_error"]
    assert bare.events[-1] == ("error", bare.status["last_error"])
    assert not (Path(bare.host.project.folder) / "venv").exists()
    assert bare.status["circuit"] == "closed"


def test_it_asks_once_and_again_only_when_the_user_connects(bare: Show) -> None:
    bare.set(Autoconnect=True, Backoffmax=0.0)
    bare.host.answers.append("Cancel")
    bare.comp.Connect()
    bare.wait("error")
    copy = bare.host.op("/project1").copy(bare.comp)
    copy.ext.ProbeExt.PACKAGES = ("tdg_no_such_package",)
    bare.host.frame(30)  # neither the retries nor another component ask
    assert len(bare.host.questions) == 1
    bare.host.answers.append("Cancel")
    bare.comp.par.Connect.pulse()
    bare.until(lambda: len(bare.host.questions) == 2, "the second question")
    bare.wait("error")


def test_disconnect_while_looking_asks_nothing(bare: Show) -> None:
    bare.comp.Connect()
    bare.comp.Disconnect()
    bare.host.frame(30)
    assert bare.host.questions == []
    assert bare.state == "disconnected"


# The main thread has to import --------------------------------------------------------------------------------------


@pytest.fixture
def forbidden(open_show: OpenShow) -> Show:
    """The probe in a TouchDesigner that lets no thread but the main one import."""
    show = open_show(replace(Unknowns(), worker_import="raises"))
    show.set(Autoconnect=False)
    show.host.frame(3)
    show.set(Emulatorhost=show.server.host)
    return show


PACKAGE = {
    "tdg_probe_steps/__init__.py": "import tdg_probe_leaf\n",
    "tdg_probe_leaf.py": "import sys\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts files on the path that nothing has imported yet."""

    def make(**files: str) -> None:
        for name, text in (PACKAGE | files).items():
            path = tmp_path / "site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        for name in ("tdg_probe_steps", "tdg_probe_leaf"):
            monkeypatch.delitem(sys.modules, name, raising=False)

    return make


@in_the_host_only
def test_where_no_worker_may_import_the_main_thread_does_it_step_by_step(
    forbidden: Show, package: Callable[..., None]
) -> None:
    package()
    forbidden.comp.ext.ProbeExt.PACKAGES = ("tdg_probe_leaf", "tdg_probe_steps")
    forbidden.comp.Connect()
    forbidden.wait("connected")
    assert any("step by step" in line for line in forbidden.log("DEBUG"))
    assert forbidden.states == ["connecting", "connected"]
    for name in ("tdg_probe_steps", "tdg_probe_leaf"):
        sys.modules.pop(name)


@in_the_host_only
def test_an_import_that_fails_on_the_main_thread_too_says_why(forbidden: Show, package: Callable[..., None]) -> None:
    package(**{"tdg_probe_leaf.py": "import tdg_quite_another_package\n"})
    forbidden.comp.ext.ProbeExt.PACKAGES = ("tdg_probe_steps",)
    forbidden.comp.Connect()
    forbidden.wait("error")
    assert "tdg_quite_another_package is missing" in forbidden.status["last_error"]
    assert forbidden.host.questions == []


# What the components name ---------------------------------------------------------------------------------------------

LOADED = """
import importlib, json, sys
paths, packages, module, load = json.loads(sys.argv[1])
sys.path[:0] = paths
gateway = importlib.import_module(module)
for name in packages:
    importlib.import_module(name)
before = set(sys.modules)
getattr(gateway, load)()
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.parametrize(
    ("component", "module", "load"),
    [
        ("storage", "tdg_gateway_storage", "_packages"),
        ("firestore", "tdg_gateway_firestore_api", "load"),
        ("common", "tdg_gateway_app", "_packages"),
    ],
)
def test_what_is_looked_for_is_all_that_a_gateway_imports(component: str, module: str, load: str) -> None:
    """So that nothing is left to be imported when connecting, and nothing is found missing then."""
    names = set()
    for name in layout.COMPONENTS if component == "common" else [component]:
        extension = importlib.import_module(f"tdg_gateway_{name}")
        names |= set(extension.PACKAGES)
    argument = json.dumps([[str(path) for path in layout.source_paths()], sorted(names), module, load])
    done = subprocess.run([sys.executable, "-c", LOADED, argument], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
