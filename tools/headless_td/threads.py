"""The main-thread guard that every object of the stand-in consults. Thread: any.

One host is open at a time and its main thread is the thread that opened it, so the check is one comparison
with a module-level number: `get_ident() != threads.main_ident`.
"""

import threading
import traceback
from typing import TYPE_CHECKING, NoReturn

from headless_td.errors import HostClosedError, ThreadConflictError

if TYPE_CHECKING:
    from headless_td.host import Host

KEPT = 1000
"""How many conflicts and other problems of one run are kept: a run of days must not fill the memory."""

main_ident: int = 0
_current: "Host | None" = None


def enter(host: "Host") -> None:
    """Make `host` the open one and the calling thread its main thread."""
    global main_ident, _current  # noqa: PLW0603 - one process-wide slot is the point of this module
    if _current is not None:
        raise HostClosedError("A headless host is already open in this process; close it before opening another.")
    _current = host
    main_ident = threading.get_ident()


def leave(host: "Host") -> None:
    """Close the slot if `host` holds it."""
    global main_ident, _current  # noqa: PLW0603
    if _current is host:
        _current = None
        main_ident = 0


def current_host() -> "Host":
    """The open host; HostClosedError when there is none."""
    if _current is None:
        raise HostClosedError("No headless host is open: TouchDesigner's objects exist only inside `with Host(...)`.")
    return _current


def open_host() -> "Host | None":
    """The open host, or None."""
    return _current


def on_main_thread() -> bool:
    """Whether the calling thread is the main thread of the open host."""
    return threading.get_ident() == main_ident


def require_main(what: str) -> None:
    """Record a conflict and raise ThreadConflictError unless called on the main thread."""
    if threading.get_ident() != main_ident:
        conflict(what)


def conflict(what: str) -> NoReturn:
    """Record and raise: `what` was touched off the main thread (or after its host was closed)."""
    host = _current
    if host is None:
        raise HostClosedError(f"{what} was used after its headless host was closed.")
    thread = threading.current_thread().name
    if len(host.conflicts) < KEPT:  # a worker in a loop would fill the memory
        stack = "".join(traceback.format_stack(limit=12)[:-2])
        host.conflicts.append(Conflict(what, thread, stack))
    raise ThreadConflictError(f"{what} was touched from thread '{thread}'; TouchDesigner allows only the main thread.")


class Conflict:
    """One access off the main thread: what, by which thread, and from where."""

    __slots__ = ("stack", "thread", "what")

    def __init__(self, what: str, thread: str, stack: str) -> None:
        self.what = what
        self.thread = thread
        self.stack = stack

    def __str__(self) -> str:
        return f"thread conflict: {self.what} touched from thread '{self.thread}'\n{self.stack}"
