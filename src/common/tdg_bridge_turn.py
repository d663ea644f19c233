"""Whose turn it is: an engine begins when the one before it has ended, wherever that one ran.

Thread: worker only.

Two engines on one set of files would send everything twice. Within one host an Event says when the former engine has
ended. A lock on a file says it where the former one belonged to a host that was killed.
"""

import functools
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import tdg_disk_lock

#: How long a new engine waits for the one before it to end; every call of an engine has a shorter time-out.
PATIENCE_S = 90.0

#: After that long the user is told what is being waited for.
_TOLD_S = 2.0

_LOOK_S = 0.05

_WAITING = "waiting for the former engine to finish its last calls"


def wait(former_ended: threading.Event | None, tell: Callable[[str], None]) -> None:
    """Waits for the former engine of this host; not for ever, as a hung one never ends."""
    if former_ended is not None and not former_ended.wait(_TOLD_S):
        tell(_WAITING)
        former_ended.wait(PATIENCE_S)


def take(path: str, tell: Callable[[str], None]) -> Callable[[], None]:
    """Locks the file, waiting for whoever holds it; not for ever, and not where the file cannot be made.

    Returns:
        What gives the lock back.
    """
    begun, told = time.monotonic(), False
    while path:
        try:
            descriptor = tdg_disk_lock.acquire(Path(path), str(os.getpid()))
        except OSError:
            break
        if descriptor is not None:
            return functools.partial(os.close, descriptor)
        waited_s = time.monotonic() - begun
        if waited_s > _TOLD_S and not told:
            told = True
            tell(_WAITING)
        if waited_s > PATIENCE_S:
            break
        time.sleep(_LOOK_S)
    return _nothing


def _nothing() -> None:
    """No lock was taken."""
