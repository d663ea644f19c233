"""The environment of a project (`venv/gcp`), without installing one: for tests and measurements."""

import sys
from pathlib import Path

if sys.platform == "win32":
    import _winapi


def link(project: Path) -> None:
    """Gives a project the environment that this process runs in as its own, unless it has one."""
    folder = project / "venv" / "gcp"
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        _winapi.CreateJunction(sys.prefix, str(folder))
    else:
        folder.symlink_to(sys.prefix, target_is_directory=True)
