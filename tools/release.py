#!/usr/bin/env python3
"""Makes the files of a release: `python tools/release.py X.Y.Z [--date YYYY-MM-DD]`.

It changes the version (pyproject.toml), the build number and day (src/common/component.toml) and the changelog, builds,
looks through what was built, and writes tox/manifest.json and, into build/release/, a zip per component. Nothing is
committed: the last lines say what to do then. The same commit, version and date give the same bytes, except for
components that TouchDesigner's own tool has packed.
"""

import argparse
import datetime
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import build
import docs_help
import installer
import layout
import release_check
import release_manifest
import toecollapse
import tox_format
from component_model import DescriptionError

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_RELEASED = re.compile(r"^## \[?(\d+\.\d+\.\d+)", re.MULTILINE)
_UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)

QUICK_START = """\
{name} {version} (build {build} of {date})
{summary}

Needs TouchDesigner {touch_build} or newer.

1. {how}
2. Save your project. At the first connect the component asks whether it may install Google's packages beside it.
3. On the Creds page set Private Key File to the JSON key of a service account, or Emulator Host to an emulator.
4. Press Connect on the Controls page. The node shows the state; last_error says what to do if it becomes error.
5. In scripts it is op.{shortcut}. The parameters, methods and callbacks are in help.html, which Help on the About page
   opens, too.

Over an older version: do the same in the same place. Parameters, queue, cache and unfinished transfers stay.
"""
PACKED = "Drag {name}.tox into your network."
UNPACKED = (
    "Drag install.py into your network, right-click the DAT it becomes and choose Run Script.\n"
    "   ({name}.tox.dir is the same component as text files; TouchDesigner's toecollapse packs it to {name}.tox.)"
)


class ReleaseError(Exception):
    """A release cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Edit:
    """A text file and what becomes of it."""

    path: Path
    before: str
    after: str


def prepare(root: Path, version: str, date: str) -> list[Edit]:
    """The edits that a release makes in the source, after everything was looked at that could be in its way.

    Raises:
        ReleaseError: version, date, changelog or checkout are not as they must be.
    """
    if not _VERSION.fullmatch(version):
        raise ReleaseError(f"{version!r} is no version; give three numbers, such as 1.4.0.")
    _clean(root, version)
    project, common, log = (
        root / name for name in ("pyproject.toml", f"src/{layout.COMMON}/component.toml", "CHANGELOG.md")
    )
    texts = {path: path.read_text(encoding="utf-8") for path in (project, common, log)}
    _higher(version, texts[project], texts[log])
    number = re.search(r"^build = (\d+)", texts[common], re.MULTILINE)
    if number is None:
        raise ReleaseError(f"{common.name} has no line 'build = NUMBER' in [release].")
    described = _put(texts[common], r"^build = \d+", f"build = {int(number[1]) + 1}", common)
    return [
        Edit(project, texts[project], _put(texts[project], r'^version = "[^"]*"', f'version = "{version}"', project)),
        Edit(common, texts[common], _put(described, r'^date = "[^"]*"', f'date = "{date}"', common)),
        Edit(log, texts[log], turned(texts[log], version, date)),
    ]


def turned(changelog: str, version: str, date: str) -> str:
    """The changelog with what was unreleased under a heading of its own.

    Raises:
        ReleaseError: nothing stands under Unreleased.
    """
    found = _UNRELEASED.search(changelog)
    if found is None or not re.search(r"^- \S", found[1], re.MULTILINE):
        raise ReleaseError(
            "CHANGELOG.md has no entry under '## Unreleased'. Say there what users notice of this release."
        )
    begin, end = found.span()
    return f"{changelog[:begin]}## Unreleased\n\n## {version} - {date}\n{found[1]}{changelog[end:]}"


def _clean(root: Path, version: str) -> None:
    state = _git(root, "status", "--porcelain")
    if state:
        rows = state.splitlines()
        shown = "\n".join(f"  {row}" for row in rows[:10]) + ("\n  ..." if len(rows) > 10 else "")
        raise ReleaseError(f"The checkout has changes that are not committed. Commit or remove them:\n{shown}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise ReleaseError(f"There is a tag v{version} already; a version is released once. Choose a higher one.")


def _higher(version: str, project: str, changelog: str) -> None:
    present = re.search(r'^version = "([^"]*)"', project, re.MULTILINE)
    released = _RELEASED.findall(changelog)
    newest = max(released, key=_order, default=None)
    if newest and _order(version) <= _order(newest):
        raise ReleaseError(f"{version} is not higher than {newest}, which is released. Choose a higher version.")
    if present and _order(version) < _order(present[1]):
        raise ReleaseError(f"{version} is lower than {present[1]} in pyproject.toml. Choose a higher version.")


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _put(text: str, pattern: str, line: str, path: Path) -> str:
    result, count = re.subn(pattern, line, text, count=1, flags=re.MULTILINE)
    if not count:
        raise ReleaseError(f"{path.name} has no line like {line!r} to change.")
    return result


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or error
        raise ReleaseError(f"git {arguments[0]} failed in {root}: {str(said).strip()}") from None
    return done.stdout.strip()


def archives(root: Path, output: build.Output) -> dict[str, dict[str, bytes]]:
    """What goes into the zip of each component, by path in it."""
    result = {}
    for part in output.parts:
        component = part[0]
        name = component.name
        packed = root / "tox" / f"{name}.tox"
        if packed.is_file():
            files = {packed.name: packed.read_bytes()}
        else:
            files = {path: body for path, body in output.files.items() if path.startswith(f"{name}.tox.")}
        how = (PACKED if packed.is_file() else UNPACKED).format(name=name)
        facts = {**vars(component.release), "name": name, "summary": component.summary, "shortcut": component.shortcut}
        files |= {
            "install.py": installer.generate([part], root).encode("ascii"),
            "help.html": docs_help.page(component, root).encode("ascii"),
            "QUICKSTART.txt": QUICK_START.format(how=how, **facts).encode("ascii"),
            "LICENSE": (layout.ROOT / "LICENSE").read_bytes(),
        }
        result[f"td-gcp-{name}-{component.release.version}.zip"] = files
    return result


def write_zip(path: Path, files: Mapping[str, bytes], date: str) -> None:
    """Writes an archive whose bytes depend on nothing but its contents and the date of the release."""
    year, month, day = (int(part) for part in date.split("-"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # compressed bytes differ between zlib versions
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (year, month, day, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])


def release(root: Path, version: str, date: str, *, collapse: str = "auto") -> list[Path]:
    """Make a release of a checkout.

    Args:
        date: its day, as year-month-day.
        collapse: as for `build.collapse`.

    Returns:
        The archives.

    Raises:
        ReleaseError: it cannot be made; the source is then as it was.
    """
    edits = prepare(root, version, date)
    commit = _git(root, "rev-parse", "HEAD")
    try:
        for edit in edits:
            edit.path.write_bytes(edit.after.encode())
        output = build.make(root)
        _look_through(output.files, root)
        build.write(output, root / "tox")
        build.collapse(output, root / "tox", collapse)
    except (DescriptionError, tox_format.ToxFormatError, toecollapse.CollapseError) as error:
        _undo(edits)
        raise ReleaseError(f"The components cannot be built.\n{error}") from None
    except BaseException:
        _undo(edits)
        raise
    packed = {path.name: path.read_bytes() for path in sorted((root / "tox").glob("*.tox"))}
    locks = {path.name: (root / path.relative_to(layout.ROOT)).read_bytes() for path in _LOCKS}
    manifest = release_manifest.make({**output.files, **packed}, output.parts[0][0].release, commit, locks)
    (root / "tox" / release_manifest.FILE_NAME).write_bytes(manifest)
    folder = root / "build" / "release"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, files in archives(root, output).items():
        _look_through(files, root)
        write_zip(folder / name, files, date)
        paths.append(folder / name)
    return paths


_LOCKS = (layout.RUNTIME_LOCK, layout.INSTALLER_LOCK)


def _look_through(files: Mapping[str, bytes], root: Path) -> None:
    wrong = release_check.findings(files, machine=(str(root), str(layout.ROOT), str(Path.home())))
    if wrong:
        rows = "\n".join(f"  {line}" for line in wrong[:20])
        raise ReleaseError(f"What was built must not go out:\n{rows}\nRemove it from the source.")


def _undo(edits: Sequence[Edit]) -> None:
    for edit in edits:
        edit.path.write_bytes(edit.before.encode())


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code: 0, or 1 with what is in the way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="three numbers, higher than every released version")
    parser.add_argument("--date", type=datetime.date.fromisoformat, help="day of the release (today)")
    parser.add_argument("--collapse", choices=("auto", "require", "skip"), default="auto", help="pack to .tox (auto)")
    parser.add_argument("--root", type=Path, default=layout.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    date = (options.date or datetime.datetime.now(datetime.UTC).date()).isoformat()
    root: Path = options.root.resolve()
    try:
        paths = release(root, options.version, date, collapse=options.collapse)
    except ReleaseError as error:
        print(f"No release was made. {error}", file=sys.stderr)
        return 1
    for path in paths:
        print(path.relative_to(root).as_posix())
    print(
        "Made from a clean commit; now look at `git diff`, then:\n"
        "  python3 tools/dev.py test\n"
        f'  git add tox && git commit -am "Release {options.version}" && git tag v{options.version}\n'
        "and publish the archives with the entries of CHANGELOG.md."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
