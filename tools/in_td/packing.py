"""TouchDesigner's own tools for component files, run beside the frames."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import td
from in_td.steps import Steps, until

#: Folder of the tools, where they lie in none of the usual places.
PLACE_VARIABLE = "TOUCHDESIGNER_BIN"

#: How long one of them may take.
TOOL_S = 120.0


def find_tool(name: str) -> Path | None:
    """`toeexpand` or `toecollapse` of the TouchDesigner that runs; None if it has none."""
    folders = [Path(os.environ[PLACE_VARIABLE])] if os.environ.get(PLACE_VARIABLE) else []
    folders += [Path(td.app.binFolder), Path(td.app.installFolder), Path(td.app.installFolder) / "bin"]
    folders += [Path(sys.executable or ".").parent, Path(td.app.installFolder) / "Contents" / "MacOS"]
    for folder in folders:
        for suffix in (".exe", ""):
            if (folder / f"{name}{suffix}").is_file():
                return folder / f"{name}{suffix}"
    return None


def run_tool(tool: Path, argument: str, folder: Path) -> Steps:
    """Runs a tool in a folder; its exit code means nothing, and None says that it did not end."""
    process = subprocess.Popen(
        [str(tool), argument],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        yield from until(lambda: process.poll() is not None, TOOL_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode


def expand(tool: Path, packed: Path, folder: Path) -> Steps:
    """Expands a copy of a component; all its files by their paths, empty if nothing came of it."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = Path(shutil.copy(packed, folder))
    yield from run_tool(tool, copy.name, folder)
    place = folder / f"{copy.name}.dir"
    files = {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    index = folder / f"{copy.name}.toc"
    if index.is_file():
        files[".toc"] = index.read_bytes()
    return files


def collapse(tool: Path, name: str, files: dict[str, bytes], folder: Path, argument: str) -> Steps:
    """Packs a component made of these files; the packed file, or None if nothing came of it."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, body in files.items():
        target = folder / f"{name}.tox.dir" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    (folder / f"{name}.tox.toc").write_bytes("\n".join(["# 4 0 0 0 1", *files, ""]).encode())
    yield from run_tool(tool, argument, folder)
    packed = folder / f"{name}.tox"
    return packed if packed.is_file() and packed.stat().st_size else None
