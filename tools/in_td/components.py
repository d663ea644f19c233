"""Finds the components, and makes them if they are not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import td
from in_td.described import DESCRIPTION_PATH
from in_td.release import RELEASE
from in_td.room import attempt
from in_td.rows import FAIL, PASS, Results
from in_td.steps import Steps, until

NAMES = ("storage", "firestore")
INSTALLER = "install"


def find(dat: Any, name: str) -> Any:
    """The component of that name: by its global shortcut, or beside the self-test; None if there is none."""
    for comp in (getattr(td.op, name, None), dat.parent().op(name)):
        if comp is not None and comp.isCOMP and (comp.op(DESCRIPTION_PATH) or comp.op("ext_" + name)) is not None:
            return comp
    return None


def provide(dat: Any, results: Results, found: Callable[[str, Any], None]) -> Steps:
    """Finds both components, and installs them with install.py if one is missing.

    Args:
        dat: The self-test.
        results: Told where they are.
        found: Called with each name and component.
    """
    installed = ""
    if any(find(dat, name) is None for name in NAMES):
        installed = _install(dat)
    for name in NAMES:
        comp = yield from until(lambda name=name: find(dat, name), 0.0, 1)  # type: ignore[misc]
        if comp is None:
            why = installed or "no install.py was found beside this self-test or in the project's folder"
            sentence = (
                f"There is no component {name} in the project, and {why}. Drop it in and run the self-test again."
            )
            results.add("described", name, FAIL, sentence, expected="a component")
            continue
        # Its parts are completed when it starts, within a few frames.
        yield from until(lambda comp=comp: _is_complete(comp), 2.0, 10)  # type: ignore[misc]
        how = f"made by {installed}" if installed else "found"
        results.add("described", name, PASS, f"The component {name} was {how}.", found=comp.path)
        found(name, comp)


def _is_complete(comp: Any) -> bool:
    dat = comp.op(DESCRIPTION_PATH)
    return dat is not None and bool(dat.fetch("assembled", "", search=False))


def _install(dat: Any) -> str:
    """Runs the installer; the name of its file, or why it could not be."""
    beside = dat.parent().op(INSTALLER)
    if beside is not None and beside.isDAT and "def install(" in beside.text:
        error = attempt(beside.run)
        return beside.path if error is None else f"{beside.path} failed: {error}"
    path = file_around(dat, "install.py")
    if path is None:
        return ""
    script = dat.parent().create(td.textDAT, INSTALLER)
    script.text = path.read_text(encoding="utf-8")
    script.par.language = "python"
    script.nodeX, script.nodeY = dat.nodeX, dat.nodeY - 150
    error = attempt(script.run)
    return path.name if error is None else f"{path.name} failed: {error}"


def file_around(dat: Any, name: str) -> Path | None:
    """A file that came with the self-test: beside it, in the project's folder, or in `tox` there."""
    project = Path(td.project.folder)
    own = str(dat.par.file.eval() or "")
    folders = [*([(project / own).parent] if own else []), project, project / "tox"]
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def release_of(name: str) -> dict[str, Any]:
    """What this self-test was built with; empty for another component."""
    return RELEASE.get(name, {})


def promoted_methods(comp: Any) -> list[str]:
    """The names of the methods that the component's first extension promotes."""
    extensions = comp.extensions
    first = extensions[0] if extensions else None
    if first is None:
        return []
    return sorted(
        name
        for name in dir(type(first))
        if name[:1].isupper()
        and callable(getattr(type(first), name))
        and name == name.replace("_", "")
        and not name.isupper()
    )
