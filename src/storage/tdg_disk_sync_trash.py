"""The trash: what a sync takes away from the disk, or replaces in a conflict, stays for a month.

Thread: any.

Each sync that throws something away has a folder of its own, `<cache>/trash/<UTC time>-<id>/`, with the paths that the
files had.
"""

import contextlib
import os
import re
import shutil
import threading
import time
import urllib.parse
from pathlib import Path

import tdg_core_errors
import tdg_core_storage_paths
import tdg_disk_files

CloudError = tdg_core_errors.CloudError

#: How long thrown away files are kept, in seconds.
KEPT_S = 30 * 24 * 3600

_NAME = re.compile(r"\d{8}-\d{6}-[0-9a-zA-Z-]+")

#: A name that is no safe path is kept under its quoted form, cut to that length.
_MOST_QUOTED = 150


class Trash:
    """Where one sync puts what it throws away. Any thread.

    Args:
        cache_folder: Absolute path of the cache folder.
        job: The sync's id.
    """

    def __init__(self, cache_folder: str, job: str) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        self.folder = folder_of(cache_folder) / f"{stamp}-{job[:8]}" if cache_folder else None
        self._lock = threading.Lock()
        self._taken: set[Path] = set()

    def place(self, relative: str) -> Path:
        """A free path for a file of that relative path, whose name may be hostile.

        Raises:
            CloudError: `local` or `disk`.
        """
        if self.folder is None:
            raise CloudError("local", "There is no cache folder whose trash could keep it; save the project first.")
        if tdg_core_storage_paths.unsafe_name(relative, os.name == "nt"):
            relative = urllib.parse.quote(relative, safe="", errors="replace")[:_MOST_QUOTED]
        first = path = self.folder / relative
        number = 1
        with self._lock:
            while path in self._taken or os.path.lexists(path):
                number += 1
                path = first.with_name(f"{first.name}.{number}")
            self._taken.add(path)
        tdg_disk_files.make_folder(path)
        return path

    def take(self, path: Path, relative: str) -> None:
        """Moves a file into the trash.

        Raises:
            CloudError: `local` or `disk`; the file is still there then.
        """
        place = self.place(relative)
        with tdg_disk_files.explained(path, "move into the trash"):
            try:
                path.rename(place)
            except OSError:  # most likely another disk
                _copy(path, place)
                path.unlink()

    def keep(self, path: Path, relative: str) -> None:
        """Puts what a file is now into the trash and leaves the file where it is, to be replaced in one step.

        Raises:
            CloudError: `local` or `disk`.
        """
        place = self.place(relative)
        with tdg_disk_files.explained(path, "copy into the trash"):
            try:
                os.link(path, place)
            except (OSError, NotImplementedError):
                _copy(path, place)


def folder_of(cache_folder: str) -> Path:
    """The trash in a cache folder."""
    return Path(cache_folder) / "trash"


def sweep(cache_folder: str, now_s: float) -> None:
    """Removes what was thrown away more than `KEPT_S` ago.

    Args:
        cache_folder: Absolute path of the cache folder.
        now_s: Seconds since 1970.
    """
    if not cache_folder:
        return
    newest = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_s - KEPT_S))
    with contextlib.suppress(OSError):
        for folder in folder_of(cache_folder).iterdir():
            if _NAME.fullmatch(folder.name) and folder.name < newest:
                shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """A copy that is on the disk when this returns; none is left half."""
    try:
        shutil.copy2(source, target)
        with target.open("r+b") as file:
            os.fsync(file.fileno())
    except BaseException:
        tdg_disk_files.remove(target)
        raise
