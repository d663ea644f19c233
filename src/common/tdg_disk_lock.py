"""A lock between processes, held through an open file: the system releases it when its holder dies.

Thread: any.
"""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    #: Raised when someone else holds the lock.
    _TAKEN: tuple[type[OSError], ...] = (PermissionError,)

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    _TAKEN = (BlockingIOError,)

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: Where the locked byte lies: beyond the text, so that the text can be read while it is locked on Windows.
_LOCKED_BYTE = 1 << 20


def acquire(path: Path, text: str) -> int | None:
    """Locks the file, making it if need be, and writes `text` into it.

    A file system without locks (some network drives) grants every one: there, one process at a time is up to the user.

    Returns:
        The descriptor to close to release the lock; None if someone else, in this process or another, holds it.

    Raises:
        OSError: The file cannot be written to.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            _lock(descriptor)
        except _TAKEN:
            os.close(descriptor)
            return None
        except OSError:
            pass
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode())
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
