"""Which files in the cache folder belong to which component.

Thread: any.

Two components must not share a queue: both would send it. So a component holds a lock on its home, a set of files with
a common stem, for as long as it runs; the lock file says whose home it is.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path

import tdg_disk_lock

#: So many components of one kind can have a home in one folder.
_MOST = 100


class Home:
    """The files of one running component: `<folder>/<stem>.db` and its companions.

    Args:
        folder: The cache folder; made if it is missing.
        stem: The name that a project's only component of that kind gets, e.g. `gcp`.
        owner: The component's path in the network.
        exists: Whether there is a component at a path; one that is gone leaves its home to the next.

    Raises:
        OSError: The folder cannot be written to.
    """

    def __init__(self, folder: Path, stem: str, owner: str, exists: Callable[[str], bool]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = owner.rsplit("/", 1)[-1]
        mine = [path.stem for path in sorted(folder.glob(f"{stem}.*lock")) if _owner_of(path) == owner]
        # A dot, which no component's name has, keeps the homes of `gcp` apart from those of `gcp-storage`.
        spare = [f"{stem}.{name}", *(f"{stem}.{name}.{number}" for number in range(2, _MOST))]
        for candidate in (*mine, stem, *spare):
            path = folder / f"{candidate}.lock"
            former = _owner_of(path)
            if former in {"", owner} or not exists(former):
                descriptor = tdg_disk_lock.acquire(path, owner)
                if descriptor is not None:
                    # Bound to the object: it is called when TouchDesigner may have cleared this module's globals.
                    self._close: Callable[[], None] | None = functools.partial(os.close, descriptor)
                    self.folder = folder
                    self.stem = candidate
                    return
        raise OSError(f"all {_MOST} homes of {name} in {folder} are in use")

    def file(self, suffix: str) -> Path:
        """A file of this home, e.g. `.db` or `-journal.db`."""
        return self.folder / f"{self.stem}{suffix}"

    def leave(self) -> None:
        """Gives the lock back; the files stay. Idempotent."""
        close, self._close = self._close, None
        if close is not None:
            close()


def _owner_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
