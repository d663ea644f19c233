"""What the components stand on, with versions and licences: for the component itself and for the documentation."""

import re
import tomllib
from pathlib import Path

import layout

LICENCES = layout.SRC / layout.COMMON / "credits.toml"

_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", re.MULTILINE)


def packages(root: Path = layout.ROOT) -> list[tuple[str, str, str]]:
    """Name, versions and licence of every package that the components install.

    Raises:
        LookupError: the licence of one is not known, or one is listed that is not installed any more.
    """
    licences = _read(root)["packages"]
    versions: dict[str, list[str]] = {}
    for name, version in _PIN.findall(
        (root / layout.RUNTIME_LOCK.relative_to(layout.ROOT)).read_text(encoding="utf-8")
    ):
        versions.setdefault(name, []).append(version)
    if wrong := sorted(versions.keys() ^ licences.keys()):
        place = LICENCES.relative_to(layout.ROOT).as_posix()
        raise LookupError(f"{place} and requirements.lock name different packages: {', '.join(wrong)}")
    return [(name, " or ".join(versions[name]), licences[name]) for name in sorted(versions)]


def parts(root: Path = layout.ROOT) -> list[tuple[str, str]]:
    """What else the components stand on, and its licence."""
    return list(_read(root)["parts"].items())


def text(root: Path = layout.ROOT) -> str:
    """The list as the component holds it."""
    notice = (layout.ROOT / "LICENSE").read_text(encoding="utf-8")
    rows = [*packages(root), *((name, "", licence) for name, licence in parts(root))]
    width = max(len(name) for name, _, _ in rows) + 2
    across = max(len(version) for _, version, _ in rows) + 2
    lines = [f"{name:<{width}}{version:<{across}}{licence}" for name, version, licence in rows]
    return "\n".join(["td-gcp stands on", "", *lines, "", "and is itself under this licence:", "", notice])


def _read(root: Path) -> dict[str, dict[str, str]]:
    path = root / LICENCES.relative_to(layout.ROOT)
    found: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found
