#!/usr/bin/env python3
"""The one command for everything: `python3 tools/dev.py COMMAND [arguments]`.

Needs Python 3.11 or newer and nothing else. It finds or fetches uv, keeps .venv equal to tools/dev.lock, and runs
the command there. Without a command it lists them.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python would be pointed at
    sys.exit(f"tools/dev.py needs Python 3.11 or newer, this is {sys.version.split()[0]}. Run it with a newer one.")

import argparse
import io
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import layout
from dev_env import Places, ensure, ensure_uv, exclusive, program, uv_environ
from dev_steps import DevError, Step, end_cleanly_on_termination, run_foreground, run_steps

#: More workers than this compete for the disk and the emulators rather than finish sooner.
MAX_TEST_WORKERS = 4

PLACES = Places(layout.ROOT)


@dataclass(frozen=True)
class Command:
    """A row of the table of commands.

    Attributes:
        usage: Its arguments.
        help: What it does, in a line.
        run: Takes the arguments, gives the exit code. None: the tool of the same name in tools/ does it.
    """

    usage: str
    help: str
    run: Callable[[list[str]], int] | None = None


# ---------------------------------------------------------------------------------------------------------------
# Environment
# ---------------------------------------------------------------------------------------------------------------


def environment() -> tuple[Path, dict[str, str]]:
    """The Python of .venv, made if need be, and the variables that programs run with."""
    python = ensure(PLACES, os.environ)
    # A user's own PYTHONPATH or PYTHONHOME (TouchDesigner setups have them) would mix other packages in.
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH"}}
    env |= {
        "VIRTUAL_ENV": str(PLACES.venv),
        "PATH": os.pathsep.join([str(python.parent), env.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join(str(path) for path in (layout.TOOLS, *layout.source_paths())),
        "PYTHONDONTWRITEBYTECODE": "1",  # no __pycache__ among what the build and the checks read
        "PYTHONUTF8": "1",  # the same text on Windows as elsewhere
        "PYTHONUNBUFFERED": "1",  # progress is seen when it happens
        "NO_MKDOCS_2_WARNING": "1",  # a notice about versions to come would stand before what is wrong with a page
    }
    return python, env


def tool(name: str) -> list[str | Path]:
    """What Python is told in order to run a program of tools/: NAME.py, or the package NAME.

    Raises:
        DevError: There is none.
    """
    if (layout.TOOLS / f"{name}.py").is_file():
        return [layout.TOOLS / f"{name}.py"]
    if (layout.TOOLS / name / "__main__.py").is_file():
        return ["-P", "-m", name]
    raise DevError(f"This checkout has no tools/{name}.py, so `{name}` cannot be run. Update the checkout.")


def run_tool(name: str, arguments: list[str]) -> int:
    """Runs a program of tools/ in the user's folder, with the user's arguments."""
    command = tool(name)
    python, env = environment()
    return run_foreground([python, *command, *arguments], env)


# ---------------------------------------------------------------------------------------------------------------
# test
# ---------------------------------------------------------------------------------------------------------------


def test_steps(python: Path, pytest_arguments: Sequence[str]) -> list[Step]:
    """Everything that must hold before a change is accepted, cheapest first."""
    here = "python3 tools/dev.py"
    return [
        Step(
            "lint",
            "ruff check",
            [program(PLACES.venv, "ruff"), "check", "--output-format", "concise"],
            "correct the lines above; `.venv/bin/ruff check --fix` does what can be done safely",
        ),
        Step(
            "format",
            "ruff format --check",
            [program(PLACES.venv, "ruff"), "format", "--check", "--output-format", "concise"],
            "run `.venv/bin/ruff format`",
        ),
        Step(
            "types",
            "mypy --strict",
            [program(PLACES.venv, "mypy")],
            "correct the types above; a `# type: ignore[code]` needs its reason beside it",
        ),
        Step(
            "rooms",
            "rooms, threads, names and sizes",
            [python, *tool("check")],
            "each row says what to do; docs/architecture/rooms.md says why",
        ),
        Step(
            "build",
            "tox/ is what the source gives",
            [python, *tool("build"), "--check"],
            f"run `{here} build` and commit tox/ with the source; nothing in tox/ is edited by hand",
        ),
        docs_step(),
        Step(
            "pytest",
            "the tests",
            [python, "-m", "pytest", *_workers(pytest_arguments), *pytest_arguments],
            f"repeat one with `{here} test --only pytest tests/FOLDER/test_FILE.py -k NAME`",
            live=True,
        ),
    ]


def _workers(pytest_arguments: Sequence[str]) -> list[str]:
    """Several processes, unless the user chose or wants to see one test at work."""
    own = ("-n", "--numprocesses", "--pdb", "-s", "--capture=no", "-p", "--collect-only", "--co")
    count = min(os.cpu_count() or 1, MAX_TEST_WORKERS)
    if count == 1 or any(argument.startswith(own) for argument in pytest_arguments):
        return []
    return ["-n", str(count), "--dist", "worksteal"]


def run_test(arguments: list[str]) -> int:
    """All steps, or those named with --only; what is left of the arguments goes to pytest."""
    parser = argparse.ArgumentParser(prog="dev.py test", description=COMMANDS["test"].help, allow_abbrev=False)
    parser.add_argument("--only", action="append", metavar="STEP", help="run this step only (repeat for several)")
    options, pytest_arguments = parser.parse_known_args(arguments)
    python, env = environment()
    steps = test_steps(python, pytest_arguments)
    if options.only:
        names = [step.name for step in steps]
        unknown = sorted(set(options.only) - set(names))
        if unknown:
            raise DevError(f"There is no step {', '.join(unknown)}. The steps are {', '.join(names)}.")
        steps = [step for step in steps if step.name in options.only]
    begun = time.monotonic()
    failed = run_steps(steps, env, layout.ROOT, PLACES.logs)
    took = f"{time.monotonic() - begun:.0f} s"
    if failed:
        print(f"\n{len(failed)} of {len(steps)} steps FAILED in {took}: {', '.join(step.name for step in failed)}.")
        return 1
    print(f"\nAll {len(steps)} steps passed in {took}." if len(steps) > 1 else f"\nPassed in {took}.")
    return 0


# ---------------------------------------------------------------------------------------------------------------
# docs, lock
# ---------------------------------------------------------------------------------------------------------------


def docs_step() -> Step:
    """Builds the site into site/."""
    return Step(
        "docs",
        "mkdocs build --strict",
        [program(PLACES.venv, "mkdocs"), "build", "--strict"],
        "correct the page or link named above",
    )


def run_docs(arguments: list[str]) -> int:
    """Builds the site, or serves it while it is being written."""
    parser = argparse.ArgumentParser(prog="dev.py docs", description=COMMANDS["docs"].help, allow_abbrev=False)
    parser.add_argument("--serve", action="store_true", help="show it in the browser and follow changes")
    options = parser.parse_args(arguments)
    _, env = environment()
    if options.serve:
        return run_foreground([program(PLACES.venv, "mkdocs"), "serve", "--strict"], env, layout.ROOT)
    if run_steps([docs_step()], env, layout.ROOT, PLACES.logs):
        return 1
    print(f"Open {layout.ROOT / 'site' / 'index.html'} in a browser.")
    return 0


def run_lock(arguments: list[str]) -> int:
    """Resolves pyproject.toml again and writes the lock files."""
    parser = argparse.ArgumentParser(prog="dev.py lock", description=COMMANDS["lock"].help, allow_abbrev=False)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions instead of keeping them")
    options = parser.parse_args(arguments)
    with exclusive(PLACES):
        uv, env = ensure_uv(PLACES, os.environ), uv_environ(os.environ)
    common: list[str | Path] = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    common += ["--python-version", layout.PYTHON, "--custom-compile-command", "python3 tools/dev.py lock"]
    common += ["--upgrade"] if options.upgrade else []
    advice = "check pyproject.toml and the network, and run again"
    steps = [
        Step("dev", "tools/dev.lock", [*common, "--group", "dev", "pyproject.toml", "-o", "tools/dev.lock"], advice),
        _component_lock(layout.RUNTIME_LOCK, [*common, "pyproject.toml"], advice),
        _component_lock(layout.INSTALLER_LOCK, [*common, "--group", "installer"], advice),
        *(_wheels_step(uv, platform) for platform in layout.PLATFORMS),
    ]
    return 1 if run_steps(steps, env, layout.ROOT, PLACES.logs) else 0


def _component_lock(lock: Path, compile_: list[str | Path], advice: str) -> Step:
    """A lock that ships in the components: no package is ever built on a user's machine."""
    name = lock.relative_to(layout.ROOT).as_posix()
    return Step(lock.stem, name, [*compile_, "--no-build", "-o", lock], advice)


def _wheels_step(uv: Path, platform: str) -> Step:
    """Looks whether all locked packages have wheels for a platform."""
    dry_run: list[str | Path] = [uv, "pip", "install", "--quiet", "--dry-run", "--no-deps", "--require-hashes"]
    dry_run += ["--no-build", "--python-version", layout.PYTHON, "--python-platform", platform]
    dry_run += ["--target", layout.BUILD / "wheels", "-r", layout.RUNTIME_LOCK]
    advice = "hold the package back for this platform in pyproject.toml, as cryptography is"
    return Step(platform, f"wheels of {layout.RUNTIME_LOCK.name} for {platform}", dry_run, advice)


# ---------------------------------------------------------------------------------------------------------------
# Command line
# ---------------------------------------------------------------------------------------------------------------

COMMANDS = {
    "demo": Command("[--json FILE]", "uploads, mirrors, cuts the network, recovers - through the built components"),
    "test": Command("[--only STEP] [PYTEST ARGUMENTS]", "everything CI checks: code, build, docs, tests", run_test),
    "build": Command("[--check] [--linked] [--collapse auto|require|skip]", "builds tox/; --check only compares"),
    "emulators": Command("", "runs both emulators beside an open TouchDesigner until Ctrl-C"),
    "bench": Command("[NAME...] [--json FILE]", "measures, against plain use of Google's client"),
    "soak": Command("[NAME...] [--minutes N]", "long fault, crash and endurance runs"),
    "docs": Command("[--serve]", "builds the documentation into site/", run_docs),
    "lock": Command("[--upgrade]", "resolves the packages again and writes the lock files", run_lock),
    "engine": Command("PROJECT COMMAND", "status, queue, flush, sync, upload, watch - without TouchDesigner"),
    "release": Command("X.Y.Z", "makes the files of a release"),
}


def usage() -> str:
    """The table of commands; those whose tool is not part of this checkout are left out."""
    rows = [
        f"  {name + ' ' + command.usage:<58} {command.help}" for name, command in COMMANDS.items() if available(name)
    ]
    return "\n".join(["Usage: python3 tools/dev.py COMMAND [arguments]", "", *rows])


def available(name: str) -> bool:
    """Whether this checkout can run the command."""
    module = layout.TOOLS / name
    return COMMANDS[name].run is not None or module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()


def main(arguments: Sequence[str]) -> int:
    """Runs one command and gives its exit code; 2 if it could not be run at all."""
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0
    name, *rest = arguments
    command = COMMANDS.get(name)
    if command is None:
        print(f"There is no command {name!r}.\n\n{usage()}", file=sys.stderr)
        return 2
    end_cleanly_on_termination()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a tool's output may hold what a Windows console cannot show
    try:
        return command.run(rest) if command.run else run_tool(name, rest)
    except DevError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
