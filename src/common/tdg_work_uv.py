"""uv, the installer: found on this machine or fetched as the Python package it also is, and run.

Thread: worker only.
"""

import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tdg_core_errors
import tdg_core_installer
import tdg_work_process

CloudError = tdg_core_errors.CloudError

#: Older ones lack options that are used here.
_MIN = (0, 5)

_PROGRAM_S = 60.0
_INSTALL_S = 1800.0

#: Variables that lead uv, or the Python it asks, to another environment than the one that is meant.
_MISLEADING = frozenset(
    {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "UV_PYTHON"}
)

#: Settings of pip that mean the same to uv: taken over where uv's own (the first name) or its other names are not set.
_PIP_TO_UV = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
    "PIP_CERT": ("SSL_CERT_FILE",),
    "PIP_PROXY": ("ALL_PROXY", "HTTPS_PROXY", "https_proxy", "all_proxy"),
    "PIP_DEFAULT_TIMEOUT": ("UV_HTTP_TIMEOUT",),
}

_UNTRUSTED = ("invalid peer certificate", "unknownissuer")


@dataclass(frozen=True)
class Uv:
    """A uv that runs here.

    Attributes:
        program: Where it is.
        folder: Working directory of its runs.
        tell: Gets each line it says.
        cancelled: Ends a run when set.
    """

    program: Path
    folder: Path
    tell: Callable[[str], None]
    cancelled: threading.Event

    def make_venv(self, folder: Path, python: str) -> None:
        """Makes an empty environment for that interpreter.

        Raises:
            CloudError: `packages`.
        """
        self._run(
            "make the environment",
            "venv",
            "--quiet",
            "--no-project",
            "--allow-existing",
            "--python",
            python,
            str(folder),
        )

    def install(self, python: Path, lock: Path) -> None:
        """Installs what the lock lists, with its hashes, ready to be imported; never builds anything.

        Raises:
            CloudError: `packages`, with the reason in words.
        """
        options = ["--no-progress", "--require-hashes", "--no-deps", "--no-build", "--compile-bytecode"]
        options += ["--link-mode", os.environ.get("UV_LINK_MODE") or "copy"]  # links break in synchronised folders
        if os.environ.get("PIP_NO_INDEX", "").lower() in {"1", "true", "yes", "on"}:
            options.append("--no-index")  # uv has no variable for it
        self._run("install the packages", "pip", "install", *options, "--python", str(python), "-r", str(lock))

    def _run(self, doing: str, *arguments: str) -> None:
        code, output = self._process(*arguments, environ=environment(os.environ))
        if code and any(word in output.lower() for word in _UNTRUSTED):
            # Behind a proxy that reads the traffic, the system knows the proxy's certificate and uv does not.
            self.tell("The package index is not trusted; trying with the certificates of this system.")
            environ = environment(os.environ) | {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
            code, output = self._process(*arguments, environ=environ)
        if code:
            raise CloudError("packages", f"Cannot {doing}: {tdg_core_installer.meaning(output)}.")

    def _process(self, *arguments: str, environ: Mapping[str, str]) -> tuple[int, str]:
        return tdg_work_process.run(
            [self.program, *arguments], environ, self.folder, self.tell, self.cancelled, _INSTALL_S
        )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: proxies, indexes and wheel folders that were set up for uv or pip apply."""
    result = {name: value for name, value in environ.items() if name not in _MISLEADING}
    for pip, names in _PIP_TO_UV.items():
        if result.get(pip) and not any(result.get(name) for name in names):
            # pip separates by blanks; for wheel folders uv wants commas.
            result[names[0]] = ",".join(result[pip].split()) if names[0] == "UV_FIND_LINKS" else result[pip]
    return result


def find(own: Path, folder: Path, cancelled: threading.Event) -> Path | None:
    """The first uv on this machine that runs and is new enough: on PATH, in the usual places, or fetched before.

    Args:
        own: Where `fetch` puts it.
        folder: A folder to run it in.
        cancelled: Ends the search.
    """
    for candidate in candidates(own, os.environ, Path.home()):
        try:
            environ = environment(os.environ)
            code, output = tdg_work_process.run(
                [candidate, "--version"], environ, folder, lambda _: None, cancelled, _PROGRAM_S
            )
        except CloudError:
            if cancelled.is_set():
                raise
            continue  # made for another system, or a shim without a target
        found = re.search(r"uv (\d+)\.(\d+)", output)
        if code == 0 and found and (int(found[1]), int(found[2])) >= _MIN:
            return candidate
    return None


def candidates(own: Path, environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Where uv may be; each one is there, though it may not run."""
    folders: list[str] = [environ.get("PATH", "")]
    folders += [environ[name] for name in ("UV_INSTALL_DIR", "XDG_BIN_HOME") if environ.get(name)]
    folders += [str(home / ".local/bin"), str(home / ".cargo/bin")]
    if sys.platform == "win32":
        for name, places in (
            (
                "LOCALAPPDATA",
                (r"Microsoft\WinGet\Links", r"Programs\uv", r"uv\bin", r"Programs\Python\Python3*\Scripts"),
            ),
            ("APPDATA", (r"Python\Python3*\Scripts",)),
            ("ProgramData", (r"chocolatey\bin",)),
            ("USERPROFILE", (r"scoop\shims",)),
        ):
            if environ.get(name):
                folders += [str(found) for place in places for found in Path(environ[name]).glob(place)]
    else:
        folders += ["/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin"]
    folders += [str(own / name) for name in ("bin", "Scripts")]
    for path in folders:
        found = shutil.which("uv", path=path) if path else None
        if found:
            yield Path(found)


def fetch(own: Path, python: str, lock: Path, tell: Callable[[str], None], cancelled: threading.Event) -> Path:
    """Installs the locked uv as a Python package, by the pip of that interpreter and with its hashes.

    Args:
        own: Folder for it.
        python: TouchDesigner's interpreter.
        lock: A requirements file that pins uv.
        tell: Gets each line pip says.
        cancelled: Ends pip when set.

    Raises:
        CloudError: `packages`.
    """
    shutil.rmtree(own, ignore_errors=True)
    environ = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    command = [python, "-m", "pip", "--no-input", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--target", str(own), "-r", str(lock)]
    code, output = tdg_work_process.run(command, environ, own.parent, tell, cancelled, _INSTALL_S)
    if code:
        raise CloudError("packages", f"Cannot fetch the installer uv: {tdg_core_installer.meaning(output)}.")
    found = find(own, own.parent, cancelled)
    if found is None:
        raise CloudError("packages", "The installer uv was fetched but does not run here. Install uv yourself.")
    return found
