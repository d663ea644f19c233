"""The virtual environment that all components of a project share: where things lie in it, and whether it is whole.

Thread: any.
"""

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_packages

CloudError = tdg_core_errors.CloudError

#: Where the environment is, below the project's folder.
FOLDER = "venv/gcp"

#: There is no environment for this version of Python on this system.
ABSENT = "absent"
#: There is one that something else has made.
FOREIGN = "foreign"
#: An installation of ours was cut short.
UNFINISHED = "unfinished"
#: It is whole, but was made for an older component.
OUTDATED = "outdated"
COMPLETE = "complete"

_STAMP = "td-gcp.json"


@dataclass(frozen=True)
class Venv:
    """One virtual environment.

    Attributes:
        folder: Where it is, or is to be.
        version: The Python it is for, such as `3.11`.
        windows: Which of the two layouts it has (https://docs.python.org/3/library/venv.html).
    """

    folder: Path
    version: str
    windows: bool

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if self.windows else "bin/python")

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        return self.folder / ("Lib/site-packages" if self.windows else f"lib/python{self.version}/site-packages")

    @property
    def lock(self) -> Path:
        """The file that an installer keeps locked."""
        return self.folder.with_name(f"{self.folder.name}.lock")

    @property
    def _former(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.old")

    def status(self, wanted: Mapping[str, str]) -> str:
        """What the environment is, for a component whose lock asks for these pins."""
        stamp = self._stamp()
        if stamp is not None and not stamp.get("complete"):
            return UNFINISHED
        if not self.site_packages.is_dir():
            return ABSENT
        if stamp is None:
            return FOREIGN
        return OUTDATED if tdg_core_packages.supersedes(wanted, stamp.get("pins", {})) else COMPLETE

    def ours(self) -> bool:
        """Whether it was made by a component of this suite, so that its user has agreed to it before."""
        return self._stamp() is not None

    def set_aside(self) -> None:
        """Makes room for a new environment; what is there can be brought back.

        Raises:
            CloudError: `packages`: it is in use.
        """
        try:
            if self._former.exists() and not (self._stamp() or {}).get("complete"):
                _remove(self.folder)  # a replacement was cut short: what it was to replace is the better one
            else:
                _remove(self._former)
            if self.folder.exists():
                self.folder.replace(self._former)
        except OSError as error:
            raise CloudError(
                "packages",
                f"The environment {self.folder} cannot be replaced ({error.strerror}). Close every other "
                "TouchDesigner that has this project open, restart this one, and connect again.",
            ) from None

    def begin(self) -> None:
        """Says that packages are being installed; found at a start, it means that this was cut short.

        Raises:
            CloudError: `packages`: it cannot be written.
        """
        self._write({"complete": False, "version": self.version})

    def finish(self, pins: Mapping[str, str]) -> None:
        """Says that everything is there, and lets go of what was set aside."""
        self._write({"complete": True, "version": self.version, "pins": dict(pins)})
        with contextlib.suppress(OSError):
            _remove(self._former)

    def bring_back(self) -> None:
        """Undoes `set_aside` after a failure."""
        with contextlib.suppress(OSError):
            _remove(self.folder)
            if self._former.exists():
                self._former.replace(self.folder)

    def _stamp(self) -> dict[str, Any] | None:
        """What `begin` or `finish` wrote; an unreadable stamp counts as unfinished."""
        try:
            stamp = json.loads((self.folder / _STAMP).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _write(self, stamp: dict[str, Any]) -> None:
        path = self.folder / _STAMP
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".new")
            temporary.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise CloudError(
                "packages", f"Cannot write {path} ({error.strerror}). Make room, or allow writing there."
            ) from None


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
