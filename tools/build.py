"""Builds the components: `python tools/build.py [--check] [--linked] [--collapse auto|require|skip]`.

From the descriptions and src/ it makes, in tox/, the expanded form of each component (`NAME.tox.dir/`, `NAME.tox.toc`),
the installer `install.py`, the self-test `selftest.py`, and `NAME.tox` where a TouchDesigner install has the tool for
it. The same source gives the same bytes on every machine, except for the packed `NAME.tox`.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import component_check
import component_model
import component_sources
import component_tree
import in_td_build
import installer
import layout
import release_manifest
import toecollapse
import tox_format
from component_model import Component, DescriptionError
from component_sources import Sources

#: Instead of the clock: the same source must give the same bytes.
STAMP_TIME = "Thu Jan  1 00:00:00 2026"


#: What a build may remove: parts of expanded components.
COMPONENT_FILE = re.compile(r"[^/]+\.tox\.(toc$|dir/)")


@dataclass(frozen=True)
class Output:
    """What a build makes.

    Attributes:
        files: content of each file, by its path below the output folder, with slashes.
        parts: description and sources of each component in it.
    """

    files: dict[str, bytes]
    parts: tuple[tuple[Component, Sources], ...]

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the components in it."""
        return tuple(component.name for component, _ in self.parts)


def read(name: str, root: Path = layout.ROOT) -> tuple[Component, Sources]:
    """Description and sources of a component, checked.

    Raises:
        DescriptionError: there is something in them that must be put right first.
    """
    component = component_model.load(name, root)
    sources = component_sources.collect(component, root)
    errors = component_check.errors([*component_check.check(component), *sources.findings])
    if errors:
        raise DescriptionError(errors)
    return component, sources


def make(root: Path = layout.ROOT, *, linked: bool = False) -> Output:
    """Build every component in memory.

    Args:
        linked: DATs follow the files in src/; for live editing only, as the files then name this machine's folders.

    Raises:
        DescriptionError: the findings of all components together.
        ToxFormatError: a description asks for something that the component file has no safe form for.
    """
    parts, errors = [], []
    for name in component_model.names(root):
        try:
            parts.append(read(name, root))
        except DescriptionError as error:
            errors += error.findings
    if errors:
        raise DescriptionError(sorted(set(errors)))
    files: dict[str, bytes] = {}
    for component, sources in parts:
        stamp = tox_format.Stamp(component.release.touch_build, STAMP_TIME)
        node = component_tree.to_node(component, sources, linked=linked)
        expanded = tox_format.component_files(node, stamp)
        files[f"{component.name}.tox.toc"] = tox_format.index_file(expanded)
        files |= {f"{component.name}.tox.dir/{path}": body for path, body in expanded.items()}
    if not linked:
        files[installer.FILE_NAME] = installer.generate(parts, root).encode("ascii")
        files[in_td_build.FILE_NAME] = in_td_build.generate(parts).encode("ascii")
    return Output(files, tuple(parts))


def differences(output: Output, folder: Path) -> list[str]:
    """In which files a folder differs from what a build makes; packed components are not looked at."""
    present = _present(folder)
    lines = [f"{path} is missing" for path in output.files.keys() - present.keys()]
    lines += [f"{path} is made from no source" for path in present.keys() - output.files.keys()]
    for path in output.files.keys() & present.keys():
        place = _first_difference(output.files[path], present[path].read_bytes())
        if place is not None:
            lines.append(f"{path} differs from what the source gives, {place}")
    if release_manifest.is_stale(folder, output.files):
        lines.append(f"{release_manifest.FILE_NAME} is of a release whose files were others")
    return sorted(lines)


def write(output: Output, folder: Path) -> int:
    """Bring a folder to what a build makes; touches only files that differ, removes only parts of components.

    Returns:
        How many files were written or removed.
    """
    present = _present(folder)
    stale = [present[path] for path in present.keys() - output.files.keys() if COMPONENT_FILE.match(path)]
    for path in stale:
        path.unlink()
    changed = 0
    for name, body in output.files.items():
        target = folder / name
        if name not in present or target.read_bytes() != body:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
            changed += 1
    for directory in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(directory.iterdir()):
            directory.rmdir()
    if release_manifest.is_stale(folder, output.files):
        (folder / release_manifest.FILE_NAME).unlink()
    for name in output.components:
        tox_format.read_component(folder / f"{name}.tox.dir")
    return changed + len(stale)


def _present(folder: Path) -> dict[str, Path]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path for path in paths}
    apart = release_manifest.FILE_NAME
    return {name: path for name, path in found.items() if not name.endswith(".tox") and name != apart}


def _first_difference(expected: bytes, found: bytes) -> str | None:
    if expected == found:
        return None
    pairs = zip(expected.splitlines(), found.splitlines(), strict=False)
    number = next((number for number, (one, other) in enumerate(pairs, 1) if one != other), None)
    return f"first in line {number}" if number else "in its end"


def collapse(output: Output, folder: Path, mode: str) -> list[str]:
    """Pack the components of a folder with TouchDesigner's own tool.

    Args:
        mode: `auto` packs if the tool is there, `require` fails without it, `skip` does not look for it.

    Returns:
        What happened, line by line.

    Raises:
        CollapseError: the tool is required and missing, or gives nothing that can be trusted.
    """
    if mode == "skip":
        return []
    tools = toecollapse.find_tools()
    if tools is None:
        message = (
            "TouchDesigner's toecollapse was not found on this machine; set TOUCHDESIGNER_BIN to its folder if it is. "
            "Without it use tox/install.py inside TouchDesigner."
        )
        if mode == "require":
            raise toecollapse.CollapseError(message)
        return [message]
    for name in output.components:
        toecollapse.collapse(folder / f"{name}.tox.dir", tools, folder / f"{name}.tox")
    return [f"{folder / name}.tox packed with {tools.collapse}" for name in output.components]


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code: 0, or 1 with a line for each thing that is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if tox/ differs from the source")
    parser.add_argument("--linked", action="store_true", help="into build/linked: DATs follow src/, for live editing")
    parser.add_argument("--collapse", choices=("auto", "require", "skip"), default="auto", help="pack to .tox (auto)")
    parser.add_argument("--root", type=Path, default=layout.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    root: Path = options.root.resolve()
    folder = root / "build" / "linked" if options.linked else root / "tox"
    try:
        output = make(root, linked=options.linked)
        if options.check:
            return _check(output, folder)
        changed = write(output, folder)
        for line in collapse(output, folder, options.collapse):
            print(line)
    except (DescriptionError, tox_format.ToxFormatError, toecollapse.CollapseError) as error:
        print(f"The components cannot be built.\n{error}", file=sys.stderr)
        return 1
    shown = folder.relative_to(root).as_posix()
    print(f"{', '.join(output.components)} in {shown}/: {len(output.files)} files, {changed} changed.")
    return 0


def _check(output: Output, folder: Path) -> int:
    found = differences(output, folder)
    for line in found:
        print(f"{folder.name}/{line}", file=sys.stderr)
    if found:
        print("Run python3 tools/dev.py build, look at the differences, and commit tox/.", file=sys.stderr)
        return 1
    print(f"{folder.name}/ is what the source gives: {len(output.files)} files.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
