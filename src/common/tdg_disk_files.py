"""Local files that are never seen half: read with a fingerprint, written beside the target and put in place at once.

Thread: any.
"""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: What a partial file's name begins and ends with; the rest is the id of its job.
_PARTIAL_PREFIX = ".tdg-"
_PARTIAL_SUFFIX = ".part"

#: Bytes read or written at once: large enough to cost little Python, small enough to be cancelled quickly.
BLOCK = 256 << 10

#: How often, and with what pause in seconds, a target that another program holds open is tried (Windows).
_REPLACE_TRIES = 20 if os.name == "nt" else 1
_REPLACE_PAUSE_S = 0.5


@dataclass(frozen=True)
class Fingerprint:
    """What tells cheaply that a file is still the one that was looked at."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Fingerprint":
        """From the result of a stat call."""
        return cls(status.st_size, status.st_mtime_ns)


@contextlib.contextmanager
def explained(path: str | Path, doing: str) -> Iterator[None]:
    """Turns an OSError inside into the sentence for it: `doing` and the path, what is wrong, what to do.

    Raises:
        CloudError: `local` (the file) or `disk` (no room, read-only).
    """
    try:
        yield
    except OSError as error:
        code, why = _why(error)
        raise CloudError(code, f"Cannot {doing} {path}: {why}.") from error


def _why(error: OSError) -> tuple[str, str]:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "disk", "the disk is full; make room and try again"
    if error.errno == errno.EROFS:
        return "disk", "the disk is read-only; choose another folder"
    if isinstance(error, FileNotFoundError):
        return "local", "it does not exist; check the path"
    if isinstance(error, IsADirectoryError):
        return "local", "it is a folder; give the path of a file"
    if isinstance(error, (NotADirectoryError, FileExistsError)):
        return "local", "a part of its path is a file, not a folder; rename one of them"
    if isinstance(error, PermissionError):
        return "local", "it is locked by another program or its permissions forbid it; close the program or change them"
    if error.errno == errno.ENAMETOOLONG:
        return "local", "the path is too long for this system; shorten it"
    return "local", error.strerror or type(error).__name__


def open_to_read(path: str | Path) -> tuple[BinaryIO, Fingerprint]:
    """The open file and what it is now.

    Raises:
        CloudError: `local`.
    """
    with explained(path, "read"):
        file = Path(path).open("rb", buffering=0)  # noqa: SIM115  closed by the caller
        return file, Fingerprint.of(os.fstat(file.fileno()))


def fingerprint(path: str | Path) -> Fingerprint | None:
    """What the file is now; None if it is not there or no file."""
    try:
        status = os.stat(path)  # noqa: PTH116  measurably cheaper than a Path
    except (OSError, ValueError):
        return None
    return Fingerprint.of(status) if _is_regular(status) else None


def _is_regular(status: os.stat_result) -> bool:
    return (status.st_mode & 0o170000) == 0o100000


def blocks(file: BinaryIO, start: int, length: int, size: int = BLOCK) -> Iterator[bytes]:
    """That part of a file, `size` bytes at a time.

    Raises:
        CloudError: `local` when the file ends before or cannot be read.
    """
    with explained(file.name, "read"):
        file.seek(start)
    while length > 0:
        with explained(file.name, "read"):
            block = file.read(min(size, length))
        if not block:
            raise CloudError("local", f"{file.name} became shorter while it was read; it is still being written.")
        length -= len(block)
        yield block


def checksum(file: BinaryIO, start: int, length: int, extend: Callable[[int, bytes], int], crc: int = 0) -> int:
    """The CRC32C `crc` continued over that part of a file; `extend` is Google's.

    Raises:
        CloudError: As `blocks`.
    """
    for block in blocks(file, start, length):
        crc = extend(crc, block)
    return crc


# Writing --------------------------------------------------------------------------------------------------------------


def partial(target: str | Path, job: str) -> Path:
    """Where a job collects what will become `target`: in the same folder, so that one step puts it in place."""
    return Path(target).with_name(f"{_PARTIAL_PREFIX}{job}{_PARTIAL_SUFFIX}")


def is_partial(name: str) -> bool:
    """Whether a file name is that of a partial file."""
    return name.startswith(_PARTIAL_PREFIX) and name.endswith(_PARTIAL_SUFFIX)


def is_partial_of(name: str, job: str) -> bool:
    """Whether a file name is that of a partial file of a job, or of a part of one (`<job>-<part>`)."""
    begin = f"{_PARTIAL_PREFIX}{job}"
    return is_partial(name) and name.startswith((begin + _PARTIAL_SUFFIX, f"{begin}-"))


def make_folder(path: str | Path, root: str = "") -> None:
    """Makes the folder for a file; below `root`, if one is given, also when symbolic links are followed.

    Raises:
        CloudError: `local`, `disk`, or `unsafe` when a link leads out of the root.
    """
    folder = Path(path).parent
    if root:
        _refuse_links_out(folder, root)
    with explained(folder, "make the folder"):
        folder.mkdir(parents=True, exist_ok=True)


def _refuse_links_out(folder: Path, root: str) -> None:
    with explained(folder, "look at"):
        real, real_root = os.path.realpath(folder), os.path.realpath(root)
    if real != real_root and not real.startswith(real_root.rstrip(os.sep) + os.sep):
        raise CloudError("unsafe", f"{folder} leads out of {root} through a link; give the absolute path to allow it.")


def open_partial(path: Path, size: int) -> None:
    """Makes a partial file of that size, or brings an existing one to it; its content is whatever was there.

    Raises:
        CloudError: `local` or `disk`.
    """
    with explained(path, "write"), path.open("ab", buffering=0) as file:
        file.truncate(size)


@contextlib.contextmanager
def writing(path: Path, start: int) -> Iterator[Callable[[bytes], None]]:
    """A function that writes into an existing file from `start` on.

    Raises:
        CloudError: `local` or `disk`.
    """
    with explained(path, "write"):
        file = path.open("r+b", buffering=0)
    with file:
        file.seek(start)

        def write(data: bytes) -> None:
            view = memoryview(data)
            with explained(path, "write"):
                while view:
                    view = view[file.write(view) :]

        yield write


def replace(path: Path, target: Path) -> None:
    """Makes a file `target`, whatever is there.

    Raises:
        OSError: As for any rename.
    """
    path.replace(target)


def put_in_place(
    path: Path,
    target: str | Path,
    sleep: Callable[[float], None] = time.sleep,
    place: Callable[[Path, Path], object] = replace,
) -> None:
    """Brings a finished file to the disk and makes it `target` in one step, replacing what is there.

    `place` does that step; one that looks at the target first does so at the last moment. That the new name survives a
    power cut is `force_folder`'s part.

    Windows refuses while another program holds the target open (a movie that plays); that is waited for a while.

    Raises:
        CloudError: `local` or `disk`; the partial file is left.
    """
    with explained(target, "write"), path.open("r+b") as file:
        os.fsync(file.fileno())
    with explained(target, "replace"):
        for _ in range(_REPLACE_TRIES - 1):
            with contextlib.suppress(PermissionError):
                place(path, Path(target))
                break
            sleep(_REPLACE_PAUSE_S)
        else:
            place(path, Path(target))


def force_folder(folder: Path) -> None:
    """Brings the renames in a folder to the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """Writes a new file completely, on the disk when this returns.

    Raises:
        CloudError: `local` or `disk`; nothing is left at `path` then.
    """
    make_folder(path)
    part = path.with_name(f"{path.name}{_PARTIAL_SUFFIX}")
    try:
        with explained(path, "write"):
            part.write_bytes(data)
        put_in_place(part, path)
        force_folder(path.parent)
    except CloudError:
        remove(part)
        raise


def remove(path: str | Path) -> None:
    """Removes a file of ours, if it is there and can be."""
    with contextlib.suppress(OSError):
        Path(path).unlink()
