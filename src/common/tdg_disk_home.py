"""Which files in the cache folder belong to which component.

Thread: any.

Two components must not share a queue: both would send it. So a component holds a lock on its home, a set of files with
a common stem, for as long as it runs; the lock file says whose home it is.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: Where the locked byte lies: beyond the text, so that the owner can be read while it is locked on Windows.
_LOCKED_BYTE = 1 << 20


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
        mine = [path.stem for path in sorted(folder.glob(f"{stem}*.lock")) if _owner_of(path) == owner]
        spare = [f"{stem}-{name}", *(f"{stem}-{name}-{number}" for number in range(2, 100))]
        for candidate in (*mine, stem, *spare):
            path = folder / f"{candidate}.lock"
            former = _owner_of(path)
            if former in {"", owner} or not exists(former):
                descriptor = _acquire(path, owner)
                if descriptor is not None:
                    self._descriptor = descriptor
                    self.folder = folder
                    self.stem = candidate
                    return
        raise OSError(f"All homes of {name} in {folder} are in use")

    def file(self, suffix: str) -> Path:
        """A file of this home, e.g. `.db` or `-journal.db`."""
        return self.folder / f"{self.stem}{suffix}"

    def leave(self) -> None:
        """Gives the lock back; the files stay. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _owner_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _acquire(path: Path, owner: str) -> int | None:
    """Locks the file and writes the owner into it; None if someone else has it locked."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        _lock(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, owner.encode())
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
