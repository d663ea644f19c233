"""A look at a folder with everything below it, and at what its file system can tell apart.

Thread: any.
"""

import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import tdg_core_errors
import tdg_core_storage_ignore
import tdg_disk_files

CloudError = tdg_core_errors.CloudError

#: How many entries are looked at between two calls of `pause`.
_PAUSE_EVERY = 512

#: https://learn.microsoft.com/windows/win32/fileio/reparse-point-tags: a folder that is another one.
_JUNCTION = 0xA0000003

_LINK = "it is a link, which a sync neither follows nor replaces"
_SPECIAL = "it is no ordinary file"


class Stamp(NamedTuple):
    """What tells cheaply that a file has not been written to."""

    size: int
    mtime_ns: int
    #: Of the last change of its entry, which no program can set; on Windows of its creation.
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """From the result of a stat call."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass
class Look:
    """What was found below a folder; all paths are relative to it, with slashes."""

    files: dict[str, Stamp] = field(default_factory=dict)
    #: What is left alone with everything below it, and why.
    blocked: dict[str, str] = field(default_factory=dict)
    #: Partial files of ours, with the time of their last change.
    partials: dict[str, int] = field(default_factory=dict)
    complete: bool = True
    missing: bool = False


def stamp(path: str | Path) -> Stamp | None:
    """What a file is now; None if it is not there or no ordinary file."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return Stamp.of(status) if stat.S_ISREG(status.st_mode) else None


def look(root: str, chosen: tdg_core_storage_ignore.Filter, pause: Callable[[], None]) -> Look:
    """Everything below `root` that is chosen. Links are not followed, so it ends.

    Args:
        root: An absolute path.
        chosen: What takes part; folders that cannot hold any of it are not entered.
        pause: Called now and then; may raise.

    Raises:
        CloudError: `local` when the root is no folder or cannot be read at all.
    """
    found = Look()
    folders = [""]
    seen = 0
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(f"{root}/{folder}") as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if _see(entry, path, chosen, found):
                        folders.append(path)
                    seen += 1
                    if not seen % _PAUSE_EVERY:
                        pause()
        except FileNotFoundError:
            found.missing = found.missing or not folder  # any other folder was deleted in this moment
        except OSError as error:
            if not folder:
                with tdg_disk_files.explained(root, "read the folder"):
                    raise
            found.blocked[folder] = f"the folder cannot be read ({error.strerror}); check its permissions"
            found.complete = False
    return found


def _see(entry: os.DirEntry[str], path: str, chosen: tdg_core_storage_ignore.Filter, found: Look) -> bool:
    """Notes an entry; whether it is a folder to be entered."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    if tdg_disk_files.is_partial(entry.name):
        found.partials[path] = status.st_mtime_ns
    elif entry.is_symlink() or getattr(status, "st_reparse_tag", 0) == _JUNCTION:
        if chosen.takes(path) and chosen.enters(path):
            found.blocked[path] = _LINK
    elif stat.S_ISDIR(status.st_mode):
        return chosen.enters(path)
    elif chosen.takes(path):
        if stat.S_ISREG(status.st_mode):
            found.files[path] = Stamp.of(status)
        else:
            found.blocked[path] = _SPECIAL
    return False


def ignores_case(root: str) -> bool:
    """Whether the file system takes `A` and `a` for one name: tried on an entry that is there, else assumed."""
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                swapped = entry.name.swapcase()
                if swapped != entry.name:
                    return _same_file(f"{root}/{entry.name}", f"{root}/{swapped}")
    except OSError:
        pass
    return sys.platform in {"win32", "darwin"}


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except OSError:
        return False


# Changes --------------------------------------------------------------------------------------------------------------


def move(source: Path, target: Path, root: str) -> None:
    """Renames a file to a name that is free; never replaces one.

    Raises:
        CloudError: `local`, also when there is something of that name; `unsafe` when a link leads out of the root.
    """
    tdg_disk_files.make_folder(target, root)
    with tdg_disk_files.explained(target, "rename a file to"):
        rename_to_free(source, target)


def rename_to_free(source: Path, target: Path) -> None:
    """Renames a file where nothing is; what appears there in this moment is not replaced.

    Raises:
        CloudError: `local` when there is something.
        OSError: As for any rename.
    """
    try:
        try:
            os.link(source, target, follow_symlinks=False)  # fails if there is one, in one step
        except FileExistsError:
            raise
        except (OSError, NotImplementedError):  # a file system without links; Windows' own rename fails as well
            if os.path.lexists(target):
                raise FileExistsError from None
            source.rename(target)
        else:
            source.unlink()
    except FileExistsError:
        raise CloudError("local", f"{target} has appeared meanwhile; the next sync looks at it.") from None


def remove_empty_folders(folder: Path, root: str) -> None:
    """Removes folders that have become empty, from this one up to the root, which stays."""
    top = Path(root)
    while folder != top and top in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
