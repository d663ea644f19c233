"""tools/dev.py: finds uv, keeps the environment equal to the lock, runs steps and says what is wrong."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import dev
import dev_env
import dev_steps
import layout

posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")

#: A stand-in of uv. It makes real environments and installs nothing; what it is asked goes into a log.
FAKE_UV = """
import json, os, pathlib, subprocess, sys, time
here = pathlib.Path(__file__).parent
def log(*words):
    with (here / "log").open("a") as file:
        file.write(json.dumps(words) + chr(10))
arguments = sys.argv[1:]
if arguments == ["--version"]:
    print("uv " + (here / "version").read_text())
    sys.exit()
log("begin", *arguments[:2])
if arguments[:2] == ["python", "find"]:
    print(sys.executable)
elif arguments[0] == "venv":
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", arguments[-1]], check=True)
elif arguments[:2] == ["pip", "sync"]:
    if (here / "fails").exists():
        print("no such package in the index")
        sys.exit(2)
    time.sleep(0.1)
log("end", *arguments[:2])
"""


class FakeUv:
    """A folder with a program called uv."""

    def __init__(self, folder: Path, version: str = "0.13.8") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "version").write_text(version)
        (folder / "fake_uv.py").write_text(FAKE_UV)
        if os.name == "nt":
            self.program = folder / "uv.cmd"
            self.program.write_text(f'@"{sys.executable}" "%~dp0fake_uv.py" %*\n')
        else:
            self.program = folder / "uv"
            self.program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/fake_uv.py" "$@"\n')
            self.program.chmod(0o755)

    def log(self) -> list[str]:
        file = self.folder / "log"
        return [" ".join(json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def places(tmp_path) -> dev_env.Places:
    """A checkout that holds a lock file only."""
    (tmp_path / "checkout/tools").mkdir(parents=True)
    (tmp_path / "checkout/tools/dev.lock").write_text("one==1\n")
    return dev_env.Places(tmp_path / "checkout")


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home on a machine without a package manager."""
    monkeypatch.setattr(dev_env, "SYSTEM_FOLDERS", ())
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


# ---------------------------------------------------------------------------------------------------------------
# Finding uv
# ---------------------------------------------------------------------------------------------------------------


def environ_with(path: Path | str) -> dict[str, str]:
    return {**os.environ, "PATH": str(path)}


def test_uv_on_path_is_taken(places, home, tmp_path):
    uv = FakeUv(tmp_path / "bin")
    assert dev_env.find_uv(places, environ_with(uv.folder), home) == uv.program


@pytest.mark.parametrize("folder", [".local/bin", ".cargo/bin"])
def test_uv_is_found_where_its_installers_put_it(places, home, folder):
    uv = FakeUv(home / folder)
    assert dev_env.find_uv(places, environ_with(""), home) == uv.program


def test_a_uv_that_is_too_old_is_passed_over(places, home, tmp_path):
    old, new = FakeUv(tmp_path / "bin", "0.4.30"), FakeUv(home / ".local/bin", "0.7.0")
    assert dev_env.find_uv(places, environ_with(old.folder), home) == new.program


def test_a_uv_that_does_not_run_is_passed_over(places, home, tmp_path):
    broken, good = FakeUv(tmp_path / "bin"), FakeUv(home / ".cargo/bin")
    (broken.folder / "version").unlink()
    assert dev_env.find_uv(places, environ_with(broken.folder), home) == good.program


def test_the_uv_of_an_earlier_run_is_taken_before_installing_again(places, home):
    own = dev_env.program(places.tools / "uv", "uv")
    if os.name == "nt":
        pytest.skip("a script cannot stand in for uv.exe")
    FakeUv(own.parent)
    assert dev_env.find_uv(places, environ_with(""), home) == own


def test_no_uv_anywhere_is_none(places, home):
    assert dev_env.find_uv(places, environ_with(""), home) is None


def test_uv_is_installed_at_the_locked_version_with_its_hashes():
    entry = dev_env.locked_requirement(layout.DEV_LOCK, "uv").splitlines()
    assert entry[0].startswith("uv==")
    assert len(entry) > 10
    assert all(line.strip().startswith("--hash=sha256:") for line in entry[1:])


def test_a_lock_without_uv_is_refused(places):
    with pytest.raises(dev_env.DevError, match=r"has no hashed entry for uv\. Restore the file"):
        dev_env.locked_requirement(places.lock, "uv")


def test_python_without_venv_module_is_told(places, monkeypatch, capsys):
    places.lock.write_text("uv==1 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(dev_env, "base_python", lambda: sys.executable + "-none")
    with pytest.raises(dev_env.DevError, match=r"Cannot start .*-none"):
        dev_env.install_uv(places, os.environ)
    assert "a private environment for uv" in capsys.readouterr().out


def test_an_index_set_up_for_pip_serves_uv_unless_uv_has_its_own():
    pip = {"PIP_INDEX_URL": "a", "PIP_FIND_LINKS": "b c", "PIP_NO_INDEX": "1", "VIRTUAL_ENV": "mine"}
    uv = {"UV_DEFAULT_INDEX": "a", "UV_FIND_LINKS": "b,c", "UV_NO_INDEX": "1"}
    given = dev_env.uv_environ(pip)
    assert {name: given[name] for name in uv} == uv
    assert "VIRTUAL_ENV" not in given
    own = {"PIP_INDEX_URL": "a", "UV_INDEX_URL": "mine"}
    assert dev_env.uv_environ(own) == own


# ---------------------------------------------------------------------------------------------------------------
# The environment
# ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def uv(tmp_path, home, monkeypatch) -> FakeUv:
    """The only uv on PATH."""
    fake = FakeUv(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{fake.folder}{os.pathsep}{os.environ['PATH']}")
    return fake


VENV, SYNC = "venv --quiet", "pip sync"


def asked(uv: FakeUv) -> list[str]:
    """What uv was asked for that changes something."""
    return [line.removeprefix("begin ") for line in uv.log() if line in {f"begin {VENV}", f"begin {SYNC}"}]


def test_the_environment_is_made_once(places, uv):
    python = dev_env.ensure(places, os.environ)
    assert python.is_file()
    assert asked(uv) == [VENV, SYNC]
    dev_env.ensure(places, os.environ)
    assert asked(uv) == [VENV, SYNC]


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(places, uv):
    dev_env.ensure(places, os.environ)
    (places.venv / "mine").touch()
    places.lock.write_text("one==2\n")
    dev_env.ensure(places, os.environ)
    assert asked(uv) == [VENV, SYNC, SYNC]
    assert (places.venv / "mine").exists()


def test_an_environment_whose_installation_was_interrupted_is_made_anew(places, uv):
    dev_env.ensure(places, os.environ)
    places.stamp.write_text("unfinished")
    (places.venv / "half").touch()
    dev_env.ensure(places, os.environ)
    assert asked(uv) == [VENV, SYNC, VENV, SYNC]
    assert not (places.venv / "half").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(places, uv):
    dev_env.program(places.venv).parent.mkdir(parents=True)
    (places.venv / "half").touch()
    assert dev_env.ensure(places, os.environ).is_file()
    assert not (places.venv / "half").exists()


def test_a_failed_installation_says_why_and_is_tried_again(places, uv, capsys):
    (uv.folder / "fails").touch()
    with pytest.raises(dev_env.DevError, match=r"tools/dev\.lock could not be installed"):
        dev_env.ensure(places, os.environ)
    shown = capsys.readouterr().out
    assert "  | no such package in the index\n" in shown
    assert "What to do: check the network, or set uv's variables" in shown
    (uv.folder / "fails").unlink()
    dev_env.ensure(places, os.environ)
    assert asked(uv) == [VENV, SYNC, SYNC]


def test_two_at_once_install_once(places, uv):
    code = (
        "import os, pathlib, sys; sys.path.insert(0, sys.argv[1]); import dev_env; "
        "dev_env.ensure(dev_env.Places(pathlib.Path(sys.argv[2])), os.environ)"
    )
    command = [sys.executable, "-c", code, layout.TOOLS, places.root]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert asked(uv) == [VENV, SYNC]


# ---------------------------------------------------------------------------------------------------------------
# Steps
# ---------------------------------------------------------------------------------------------------------------


def step(name: str, code: str, **more) -> dev_steps.Step:
    return dev_steps.Step(name, f"trying {name}", [sys.executable, "-c", code], f"mend {name}", **more)


def run(steps, tmp_path) -> list[str]:
    return [failed.name for failed in dev_steps.run_steps(steps, os.environ, tmp_path, tmp_path / "logs")]


def test_a_step_that_passes_is_one_line_without_its_output(tmp_path, capsys):
    assert run([step("a", "print('chatter')"), step("b", "")], tmp_path) == []
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[1/2] a: trying a ... ok ")
    assert second.startswith("[2/2] b: trying b ... ok ")


def test_a_step_that_fails_says_which_why_and_what_to_do_and_the_next_one_runs(tmp_path, capsys):
    steps = [step("a", "import sys; print('the reason', file=sys.stderr); sys.exit(3)"), step("b", "")]
    assert run(steps, tmp_path) == ["a"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[1/2] a: trying a ... FAILED after ")
    assert lines[0].endswith("s, exit code 3")
    assert lines[1:3] == ["  | the reason", "  What to do: mend a."]
    assert lines[3].startswith("[2/2] b: trying b ... ok")


def test_of_a_long_output_the_end_is_shown_and_all_is_kept(tmp_path, capsys):
    assert run([step("a", "for i in range(100): print('line', i)\nraise SystemExit(1)")], tmp_path) == ["a"]
    lines = capsys.readouterr().out.splitlines()
    log = tmp_path / "logs/a.log"
    assert "  | line 99" in lines
    assert "  | line 0" not in lines
    assert f"  These are the last 40 of 100 lines; all of them are in {log}" in lines
    assert log.read_text().splitlines()[0] == "line 0"


def test_a_live_step_shows_its_output(tmp_path, capfd):
    assert run([step("a", "print('chatter', flush=True)", live=True)], tmp_path) == []
    lines = capfd.readouterr().out.splitlines()
    assert lines[:2] == ["a: trying a ...", "chatter"]
    assert lines[2].startswith("a: trying a ... ok")


def test_a_step_with_nothing_to_do_says_so(tmp_path, capsys):
    assert run([step("a", "raise SystemExit(1)", nothing="there is no lock")], tmp_path) == []
    assert capsys.readouterr().out == "a: trying a ... nothing to do, there is no lock\n"


def test_a_program_that_cannot_be_started_is_named(tmp_path):
    with pytest.raises(dev_steps.DevError, match=r"Cannot start .*absent"):
        dev_steps.run_foreground([tmp_path / "absent"], os.environ)


@posix
@pytest.mark.parametrize("end", ["SIGTERM to dev", "Ctrl-C in the terminal"])
def test_a_program_does_not_outlive_dev_and_cleans_up(end):
    child = "import time\ntry: print('up', flush=True); time.sleep(60)\nfinally: print('cleaned up', flush=True)"
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); import dev_steps; dev_steps.end_cleanly_on_termination(); "
        "dev_steps.run_foreground([sys.executable, '-c', sys.argv[2]], os.environ)"
    )
    command = [sys.executable, "-c", code, layout.TOOLS, child]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, **pipes, start_new_session=True) as process:
        assert process.stdout.readline() == "up\n"
        if end == "SIGTERM to dev":
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)
        # The pipe ends when the child, which inherited it, has ended as well.
        assert process.communicate(timeout=60)[0] == "cleaned up\n"
    assert process.returncode != 0


# ---------------------------------------------------------------------------------------------------------------
# Commands
# ---------------------------------------------------------------------------------------------------------------


def test_without_a_command_the_commands_are_listed(capsys):
    assert dev.main([]) == 0
    shown = capsys.readouterr().out
    for name in ("test", "docs", "lock"):
        assert f"\n  {name} " in shown


def test_an_unknown_command_is_refused_with_the_list(capsys):
    assert dev.main(["tset"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("There is no command 'tset'.")
    assert "\n  test " in shown


def test_a_command_whose_tool_is_absent_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(layout, "TOOLS", tmp_path)
    assert dev.main(["soak"]) == 2
    assert capsys.readouterr().err == (
        "soak: This checkout has no tools/soak.py, so `soak` cannot be run. Update the checkout.\n"
    )
    assert "soak" not in dev.usage()


def test_a_tool_gets_the_arguments_and_gives_the_exit_code(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(layout, "TOOLS", tmp_path)
    monkeypatch.setattr(dev, "environment", lambda: (Path(sys.executable), os.environ | {"PYTHONPATH": str(tmp_path)}))
    (tmp_path / "demo.py").write_text("import sys; print(sys.argv[1:], flush=True); sys.exit(7)")
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench/__main__.py").write_text("import sys; print('bench', sys.argv[1:], flush=True)")
    assert dev.main(["demo", "--json", "out.json"]) == 7
    assert dev.main(["bench", "frames", "--help"]) == 0
    assert capfd.readouterr().out == "['--json', 'out.json']\nbench ['frames', '--help']\n"


@pytest.fixture
def taken(monkeypatch):
    """The steps that `test` would have run."""
    steps: list[dev_steps.Step] = []
    monkeypatch.setattr(dev, "environment", lambda: (Path("python"), {}))
    monkeypatch.setattr(dev, "run_steps", lambda given, *_: steps.extend(given) or [])
    return steps


def test_test_runs_everything_in_order(taken):
    assert dev.main(["test"]) == 0
    assert [step.name for step in taken] == ["lint", "format", "types", "rooms", "build", "docs", "pytest"]


def test_pytest_arguments_are_passed_on_and_the_other_steps_still_run(taken):
    assert dev.main(["test", "tests/core", "-k", "retry", "-x"]) == 0
    assert len(taken) == 7
    assert list(taken[-1].command)[-4:] == ["tests/core", "-k", "retry", "-x"]


def test_only_runs_what_it_names(taken):
    assert dev.main(["test", "--only", "pytest", "--only", "lint", "tests/core"]) == 0
    assert [step.name for step in taken] == ["lint", "pytest"]


def test_only_refuses_an_unknown_step(taken, capsys):
    assert dev.main(["test", "--only", "linting"]) == 2
    assert "There is no step linting. The steps are lint, format," in capsys.readouterr().err
    assert taken == []


@pytest.mark.parametrize("arguments", [["-n", "8"], ["-n0"], ["--pdb"], ["-s"]])
def test_workers_are_left_to_the_user_who_chose(arguments, taken):
    assert dev.main(["test", "--only", "pytest", *arguments]) == 0
    assert "--dist" not in taken[0].command


def test_a_failed_step_is_named_at_the_end_and_in_the_exit_code(taken, monkeypatch, capsys):
    monkeypatch.setattr(dev, "run_steps", lambda steps, *_: steps[:1])
    assert dev.main(["test"]) == 1
    assert re.search(r"^1 of 7 steps FAILED in \d+ s: lint\.$", capsys.readouterr().out, re.MULTILINE)


def test_an_older_python_gets_as_far_as_the_sentence_that_refuses_it():
    text = (layout.TOOLS / "dev.py").read_text(encoding="utf-8")
    statements = ast.parse(text, feature_version=(3, 7)).body
    docstring, import_sys, refusal = statements[:3]
    assert [type(statement) for statement in (docstring, import_sys, refusal)] == [ast.Expr, ast.Import, ast.If]
    assert "needs Python 3.11 or newer" in ast.unparse(refusal)


@posix
def test_ci_runs_the_test_command():
    run_file = layout.ROOT / ".ci/run"
    assert os.access(run_file, os.X_OK)
    assert run_file.read_text(encoding="utf-8").splitlines()[-1] == "exec python3 tools/dev.py test"
