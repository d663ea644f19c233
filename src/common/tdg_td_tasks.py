"""TouchDesigner's ThreadManager, used so that nothing hangs when it is busy, reset or missing.

Thread: main only, except what is handed to the manager.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import td

#: A pool task that has not begun by then runs in a thread of its own: the pool's four threads belong to the project.
_POOL_PATIENCE_S = 2.0

#: Has a thread begun it, which thread may, what it does.
_Job = tuple[threading.Event, threading.Lock, Callable[..., None], tuple[Any, ...]]


class Tasks:
    """Short jobs in the shared pool and one standing task whose RefreshHook comes every frame."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, _Job]] = []
        self._stop_keepalive = threading.Event()

    def run(self, function: Callable[..., None], *args: Any) -> None:
        """Runs `function(*args)` in the shared pool, soon; it must not raise and takes plain values only."""
        job = (threading.Event(), threading.Lock(), function, args)
        manager = _manager()
        if manager is None:
            _thread(job)
            return
        manager.EnqueueTask(manager.TDTask(target=_once, args=job))
        self._waiting.append((time.monotonic() + _POOL_PATIENCE_S, job))

    def keep_alive(self, refresh: Callable[..., None]) -> None:
        """Starts the standing task; `refresh` is called on the main thread each frame while the task runs."""
        manager = _manager()
        if manager is None:
            return
        self._stop_keepalive = threading.Event()
        task = manager.TDTask(target=_wait, args=(self._stop_keepalive,), RefreshHook=refresh)
        manager.EnqueueTask(task, standalone=True)

    def check(self, now: float) -> None:
        """Moves jobs that the pool has left waiting into threads of their own. To be called every frame."""
        if not self._waiting:
            return
        for entry in list(self._waiting):
            deadline, job = entry
            if job[0].is_set():
                self._waiting.remove(entry)
            elif now >= deadline:
                self._waiting.remove(entry)
                _thread(job)

    def stop(self) -> None:
        """Ends the standing task."""
        self._stop_keepalive.set()
        self._waiting.clear()


def _manager() -> Any:
    """The ThreadManager; None on builds before 2023.31500."""
    return getattr(getattr(td.op, "TDResources", None), "ThreadManager", None)


def _thread(job: _Job) -> None:
    threading.Thread(target=_once, args=job, name="tdg-task", daemon=True).start()


def _once(begun: threading.Event, once: threading.Lock, function: Callable[..., None], args: tuple[Any, ...]) -> None:
    """A worker's part of `Tasks.run`: the pool and a thread of its own may both come, the first one does it."""
    if once.acquire(blocking=False):
        begun.set()
        function(*args)


def _wait(stopped: threading.Event) -> None:
    """A worker's part of `Tasks.keep_alive`."""
    stopped.wait()
