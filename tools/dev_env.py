"""The development environment: finds or fetches uv, makes .venv and keeps it equal to tools/dev.lock.

Standard library only: it works before anything is installed.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dev_steps import DevError, Step, run_steps
from layout import PYTHON

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: Older versions don't know dependency groups.
MIN_UV = (0, 7)

#: How long to wait for another dev.py that is installing packages.
LOCK_PATIENCE_S = 900.0

#: What the stamp holds while packages are being installed; found at start, the environment is half made.
_UNFINISHED = "unfinished"

#: Settings of pip that mean the same to uv, so that a private index or an offline wheel folder set up for one
#: serves both.
_PIP_TO_UV = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_NO_INDEX": ("UV_NO_INDEX",),
    "PIP_CERT": ("SSL_CERT_FILE",),
}

#: Where package managers of macOS and Linux put programs, if PATH doesn't say so.
SYSTEM_FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin")

_IN_VENV = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")


@dataclass(frozen=True)
class Places:
    """The folders of a checkout that this module makes and reads."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def stamp(self) -> Path:
        """Says with which lock file .venv was made."""
        return self.venv / "dev-lock.sha256"

    @property
    def tools(self) -> Path:
        """Home of our own uv and of the lock between processes."""
        return self.root / ".venv-tools"

    @property
    def lock(self) -> Path:
        return self.root / "tools" / "dev.lock"

    @property
    def logs(self) -> Path:
        return self.root / "build" / "logs"


def program(venv: Path, name: str = "python") -> Path:
    """A program of a virtual environment on this system."""
    folder, suffix = _IN_VENV
    return venv / folder / (name + suffix)


def base_python() -> str:
    """The running interpreter, or the one that its virtual environment was made from."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


# ---------------------------------------------------------------------------------------------------------------
# uv
# ---------------------------------------------------------------------------------------------------------------


def uv_candidates(places: Places, environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Where uv may be: on PATH, where its installers put it, and where an earlier run of ours put it."""
    on_path = shutil.which("uv", path=environ.get("PATH", ""))
    if on_path:
        yield Path(on_path)
    folders = [environ[name] for name in ("UV_INSTALL_DIR", "XDG_BIN_HOME") if environ.get(name)]
    folders += [str(home / ".local/bin"), str(home / ".cargo/bin")]
    if os.name == "nt":
        local, roaming = environ.get("LOCALAPPDATA"), environ.get("APPDATA")
        if local:
            folders += [rf"{local}\Microsoft\WinGet\Links", rf"{local}\Programs\uv", rf"{local}\uv\bin"]
        if roaming:
            folders += [str(path) for path in Path(roaming).glob("Python/Python3*/Scripts")]
        folders += [str(home / "scoop/shims"), rf"{environ.get('ProgramData', '')}\chocolatey\bin"]
    else:
        folders += SYSTEM_FOLDERS
    for folder in folders:
        found = shutil.which("uv", path=folder)
        if found:
            yield Path(found)
    own = program(places.tools / "uv", "uv")
    if own.is_file():
        yield own


def find_uv(places: Places, environ: Mapping[str, str], home: Path) -> Path | None:
    """The first uv that runs and is new enough, or None."""
    for candidate in uv_candidates(places, environ, home):
        version = _uv_version(candidate, environ)
        if version is not None and version >= MIN_UV:
            return candidate
    return None


def _uv_version(uv: Path, environ: Mapping[str, str]) -> tuple[int, ...] | None:
    """None if it is no uv or doesn't run here (a shim without a target, another processor)."""
    try:
        done = subprocess.run(
            [uv, "--version"], env=dict(environ), capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"uv (\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if done.returncode == 0 and found else None


def install_uv(places: Places, environ: Mapping[str, str]) -> Path:
    """Installs the locked version of uv, by pip and with its hashes, into an environment of its own.

    Raises:
        DevError: Python has no venv module, or the package can't be fetched.
    """
    own = places.tools / "uv"
    requirement = places.tools / "uv.txt"
    places.tools.mkdir(parents=True, exist_ok=True)
    requirement.write_text(locked_requirement(places.lock, "uv"), encoding="utf-8")
    pip: list[str | Path] = [program(own), "-m", "pip", "--no-input", "--disable-pip-version-check"]
    steps = [
        Step(
            "venv",
            "a private environment for uv",
            [base_python(), "-m", "venv", "--clear", own],
            "install Python's venv module (Debian and Ubuntu: python3-venv), or install uv, and run again",
        ),
        Step(
            "uv",
            "installing uv, which installs the rest",
            [*pip, "install", "--no-deps", "--require-hashes", "-r", requirement],
            "check the network, or set pip's variables for your proxy, index or wheel folder (PIP_INDEX_URL, "
            "PIP_FIND_LINKS), or install uv yourself, and run again",
        ),
    ]
    for step in steps:
        if run_steps([step], environ, places.root, places.logs):
            raise DevError("uv was not found on this machine and could not be installed; the reason stands above.")
    return program(own, "uv")


def locked_requirement(lock: Path, package: str) -> str:
    """The entry of one package in a lock file, with its hashes.

    Raises:
        DevError: The lock doesn't name it.
    """
    found = re.search(
        rf"^{package}==\S+ \\\n(?:    --hash=\S+(?: \\)?\n)+", lock.read_text(encoding="utf-8"), re.MULTILINE
    )
    if not found:
        raise DevError(f"{lock} has no hashed entry for {package}. Restore the file from version control.")
    return found[0]


def uv_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: pip's settings apply, an activated environment of the user's doesn't."""
    env = {name: value for name, value in environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH"}}
    for pip, (uv, *others) in _PIP_TO_UV.items():
        if env.get(pip) and not any(env.get(name) for name in (uv, *others)):
            # pip separates by blanks; for wheel folders uv wants commas.
            env[uv] = ",".join(env[pip].split()) if uv == "UV_FIND_LINKS" else env[pip]
    return env


# ---------------------------------------------------------------------------------------------------------------
# .venv
# ---------------------------------------------------------------------------------------------------------------


def ensure_uv(places: Places, environ: Mapping[str, str]) -> Path:
    """uv, found or installed. The caller holds `exclusive`."""
    return find_uv(places, environ, Path.home()) or install_uv(places, environ)


def ensure(places: Places, environ: Mapping[str, str]) -> Path:
    """Makes .venv equal to the lock file. Takes milliseconds if it is already.

    Returns:
        The environment's Python.

    Raises:
        DevError: It can't be made; the text says why and what to do.
    """
    python = program(places.venv)
    wanted = hashlib.sha256(places.lock.read_bytes()).hexdigest()
    if _stamp(places) == wanted and _runs(python):
        return python
    with exclusive(places):
        # Another dev.py may have done it while this one waited.
        if _stamp(places) != wanted or not _runs(python):
            _sync(places, environ, wanted)
    return python


def _sync(places: Places, environ: Mapping[str, str], wanted: str) -> None:
    uv, env = ensure_uv(places, environ), uv_environ(environ)
    python, before = program(places.venv), _stamp(places)
    if before == _UNFINISHED or not _runs(python):
        before = ""
        _remove(places.venv)
        make = Step(
            "python",
            "making .venv",
            [uv, "venv", "--quiet", "--no-project", "--python", _interpreter(uv, env, places.root), places.venv],
            f"install Python {PYTHON}, TouchDesigner's version, and run again",
        )
        if run_steps([make], env, places.root, places.logs):
            raise DevError("The development environment .venv could not be made; the reason stands above.")
    places.stamp.write_text(_UNFINISHED, encoding="utf-8")
    # Compiled once here: programs are run with PYTHONDONTWRITEBYTECODE, which keeps the source folders clean.
    sync = Step(
        "packages",
        f"installing what {places.lock.name} lists",
        [uv, "pip", "sync", "--no-progress", "--require-hashes", "--compile-bytecode", "--python", python, places.lock],
        "check the network, or set uv's variables for your proxy, index or wheel folder (UV_DEFAULT_INDEX, "
        f"UV_FIND_LINKS, HTTPS_PROXY), or install Python {PYTHON} if a package has no wheel for yours, and run again",
    )
    if run_steps([sync], env, places.root, places.logs):
        # uv gave up by itself, so what was there still is; only an interruption leaves something half made.
        places.stamp.write_text(before, encoding="utf-8")
        raise DevError("The packages of tools/dev.lock could not be installed into .venv; the reason stands above.")
    places.stamp.write_text(wanted, encoding="utf-8")


def _interpreter(uv: Path, env: Mapping[str, str], root: Path) -> str:
    """TouchDesigner's version of Python if the machine has it, else the running one."""
    command: list[str | Path] = [
        uv,
        "python",
        "find",
        "--no-python-downloads",
        "--no-project",
        "--system",
        f"cpython@{PYTHON}",
    ]
    done = subprocess.run(command, env=dict(env), cwd=root, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.strip() if done.returncode == 0 and done.stdout.strip() else base_python()


def _stamp(places: Places) -> str:
    try:
        return places.stamp.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _runs(python: Path) -> bool:
    """Whether this interpreter is there, starts, and is new enough."""
    command: list[str | Path] = [python, "-I", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DevError(
            f"{folder} is half made and could not be removed ({error.strerror}: {error.filename}). "
            "Close the programs that use it, delete the folder, and run again."
        ) from None


# ---------------------------------------------------------------------------------------------------------------
# One at a time
# ---------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def exclusive(places: Places) -> Iterator[None]:
    """Holds the checkout's lock; another process that wants it waits. The system releases it if this one dies.

    Raises:
        DevError: The other one took longer than `LOCK_PATIENCE_S`.
    """
    places.tools.mkdir(parents=True, exist_ok=True)
    path = places.tools / "lock"
    with path.open("a+b") as file:
        deadline = time.monotonic() + LOCK_PATIENCE_S
        told = False
        while not _try_lock(file.fileno()):
            if not told:
                print("Another dev.py is preparing the environment; waiting for it ...", flush=True)
                told = True
            if time.monotonic() > deadline:
                raise DevError(f"Another process has held {path} for {LOCK_PATIENCE_S:.0f} s. End it and run again.")
            time.sleep(0.1)
        yield


def _try_lock(fd: int) -> bool:
    """Locks without waiting; closing the file releases it."""
    if sys.platform == "win32":
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network drives have no locks; one dev.py at a time is then up to the user.
        return True
    return True
