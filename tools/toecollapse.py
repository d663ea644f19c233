"""Packs an expanded component into one `.tox` with the tools of an installed TouchDesigner, where there is one.

The tools' exit codes say nothing reliable, so success is judged by the file that comes out: it is there, it is new, it
is more than a header, and expanding a copy of it gives the same entries with the same contents.
"""

import os
import plistlib
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tox_format

TIMEOUT_S = 300
MIN_BYTES = 64

#: Folder of the tools, where they lie in none of the usual places.
PLACE_VARIABLE = "TOUCHDESIGNER_BIN"


class CollapseError(RuntimeError):
    """The tools are there, but what they made cannot be trusted."""


@dataclass(frozen=True)
class Tools:
    """The pair of tools of one TouchDesigner install."""

    collapse: Path
    expand: Path
    build: tuple[int, int] = (0, 0)


def find_tools() -> Tools | None:
    """The tools of the newest TouchDesigner on this machine; None if there is none.

    `TOUCHDESIGNER_BIN` names their folder where they lie elsewhere.
    """
    place = os.environ.get(PLACE_VARIABLE)
    if place:
        return _pair(Path(place), (0, 0))
    found = [tools for folder, build in _places() if (tools := _pair(folder, build))]
    return max(found, key=lambda tools: tools.build, default=None)


def _places() -> list[tuple[Path, tuple[int, int]]]:
    if sys.platform == "darwin":
        apps = [
            app
            for root in (Path("/Applications"), Path.home() / "Applications")
            for app in root.glob("TouchDesigner*.app")
        ]
        return [(tool.parent, _app_build(app)) for app in apps for tool in (app / "Contents").rglob("toecollapse")]
    roots = {Path(os.environ[name]) for name in ("ProgramFiles", "ProgramW6432") if name in os.environ}
    return [(path, _build(path.parent.name)) for root in roots for path in root.glob("Derivative/TouchDesigner*/bin")]


def _app_build(app: Path) -> tuple[int, int]:
    try:
        with (app / "Contents/Info.plist").open("rb") as file:
            return _build(str(plistlib.load(file).get("CFBundleVersion", "")))
    except (OSError, plistlib.InvalidFileException):
        return 0, 0


def _build(text: str) -> tuple[int, int]:
    match = re.search(r"(\d{4})\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _pair(folder: Path, build: tuple[int, int]) -> Tools | None:
    for suffix in (".exe", ""):
        collapse, expand = folder / f"toecollapse{suffix}", folder / f"toeexpand{suffix}"
        if collapse.is_file() and expand.is_file():
            return Tools(collapse, expand, build)
    return None


def collapse(tox_dir: Path, tools: Tools, target: Path) -> None:
    """Pack `NAME.tox.dir` and its index into `target`, checked by expanding it again.

    Raises:
        CollapseError: the tools made nothing, or something that holds other files than `tox_dir`.
    """
    name = tox_dir.stem  # NAME.tox
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copytree(tox_dir, work / tox_dir.name)
        shutil.copy(tox_format.index_path(tox_dir), work)
        packed = work / name
        # Both spellings of the argument work for somebody.
        if not any(_run(tools.collapse, argument, packed) for argument in (f"{name}.toc", name)):
            raise CollapseError(
                f"{tools.collapse} made no {name}. Close TouchDesigner if it has the file open, then build again; "
                "--collapse skip builds without it."
            )
        _verify(packed, tox_dir, tools, work / "again")
        shutil.move(packed, target)


def _run(tool: Path, argument: str, output: Path) -> bool:
    try:
        subprocess.run(
            [tool, argument],
            cwd=output.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CollapseError(f"{tool} could not be run: {error}") from error
    return output.is_file() and output.stat().st_size > MIN_BYTES


def _verify(packed: Path, tox_dir: Path, tools: Tools, folder: Path) -> None:
    folder.mkdir()
    copy = Path(shutil.copy(packed, folder))
    _run(tools.expand, copy.name, copy)
    wanted, found = _contents(tox_dir), _contents(folder / tox_dir.name)
    differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if differing:
        shown = ", ".join(differing[:5])
        raise CollapseError(
            f"{packed.name}, expanded again, differs from what was built in {len(differing)} files: {shown}"
        )


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file but the stamp, which the tools may renew."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != tox_format.STAMP_FILE)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
