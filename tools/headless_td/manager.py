"""The ThreadManager of op.TDResources: tasks, the shared pool, hooks on the main thread. Thread: see each class.

Source: API sheet 7.2 and rows 68 to 73.
"""

import enum
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from headless_td import threads
from headless_td.errors import tdError

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

Hook = Callable[..., Any]


class TDTaskStates(enum.Enum):
    """States of a task."""

    STANDBY = 0
    RUNNING = 1
    SUCCESS = 2
    FAILED = 3


class TDThreadStates(enum.Enum):
    """States of a thread."""

    STANDBY = 0
    RUNNING = 1
    FINISHING = 2
    FAILED = 3
    DONE = 4


class TDTask:
    """A function for a worker, with hooks for the main thread. The worker writes only its own outcome fields."""

    def __init__(
        self,
        target: Callable[..., Any],
        SuccessHook: Hook | None = None,
        ExceptHook: Hook | None = None,
        RefreshHook: Hook | None = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        threads.require_main("ThreadManager.TDTask")
        self.target = target
        self.SuccessHook = SuccessHook
        self.ExceptHook = ExceptHook
        self.RefreshHook = RefreshHook
        self.args = args
        self.kwargs = kwargs or {}
        self.StateLock = threading.Lock()
        self.State = TDTaskStates.STANDBY
        self.RanBy: TDThread | None = None
        self.Manager: ThreadManagerExt | None = None
        self.result: Any = None
        self.error: Exception | None = None
        self.refreshed = 0
        self.last_refresh_owed = False
        self.hooks_dropped = False

    def GetStateSafe(self) -> TDTaskStates:
        """The state, from any thread."""
        with self.StateLock:
            return self.State

    def SetStateSafe(self, state: TDTaskStates) -> None:
        """Set the state, from any thread."""
        with self.StateLock:
            self.State = state

    def GetRanBySafe(self) -> "TDThread | None":
        """The thread, from any thread."""
        with self.StateLock:
            return self.RanBy

    def SetRanBySafe(self, thread: "TDThread | None") -> None:
        """Set the thread, from any thread."""
        with self.StateLock:
            self.RanBy = thread

    def run(self, thread: "TDThread") -> None:
        """Worker: run the target and keep its outcome."""
        self.SetRanBySafe(thread)
        self.SetStateSafe(TDTaskStates.RUNNING)
        try:
            self.result = self.target(*self.args, **self.kwargs)
        except Exception as error:
            self.error = error
            self.SetStateSafe(TDTaskStates.FAILED)
        else:
            self.SetStateSafe(TDTaskStates.SUCCESS)


class TDThread(threading.Thread):
    """A thread of the manager: in the pool it takes task after task, standalone it runs one."""

    def __init__(self, name: str, tasks: "queue.SimpleQueue[TDTask | None]", *, in_pool: bool) -> None:
        super().__init__(name=name, daemon=True)
        self._tasks = tasks
        self.InPool = in_pool
        self.TDTask: TDTask | None = None
        self.State = TDThreadStates.STANDBY
        self.InfoQueue: queue.Queue[Any] = queue.Queue()
        self._progress = 0.0
        self._lock = threading.Lock()

    def run(self) -> None:
        """Worker: until a None arrives (pool) or after one task (standalone)."""
        while True:
            task = self._tasks.get()
            if task is None:
                break
            self.TDTask = task
            self.State = TDThreadStates.RUNNING
            task.run(self)
            self.State = TDThreadStates.STANDBY
            if not self.InPool:
                break
        self.State = TDThreadStates.DONE

    def GetProgressSafe(self) -> float:
        """Progress, from any thread."""
        with self._lock:
            return self._progress

    def SetProgressSafe(self, progress: float) -> None:
        """Set progress, from any thread."""
        with self._lock:
            self._progress = progress

    @property
    def Progress(self) -> float:
        """Progress."""
        return self.GetProgressSafe()


Task = TDTask  # the class promotes a member of that name


class ThreadManagerExt:
    """What op.TDResources.ThreadManager promotes. Main thread only."""

    TDTask = Task

    def __init__(self, host: "Host", node: "Node | None") -> None:
        self._host = host
        self._node = node
        self._queue: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._pool: list[TDThread] = []
        self._standalone: list[TDThread] = []
        self._tasks: list[Task] = []
        self._late: list[Hook] = []
        self._started = 0

    # -- what scripts call ------------------------------------------------------------------------------------

    def EnqueueTask(self, task: Task, force: bool = False, standalone: bool = False) -> TDThread | None:
        """Start a task: in the pool, or (`standalone`) in a thread of its own. None when it must wait."""
        threads.require_main("ThreadManager.EnqueueTask")
        if not isinstance(task, Task):
            raise tdError(f"EnqueueTask takes a TDTask, not {task!r}.")
        task.Manager = self
        self._tasks.append(task)
        if (standalone or force) and self._host.unknowns.standalone == "starts":
            return self._start_standalone(task)
        if standalone:
            return None
        busy = sum(1 for other in self._tasks if other is not task and self._pending(other))
        self._queue.put(task)
        size = self._host.unknowns.pool_size
        if len(self._pool) < min(size, busy + 1):
            self._start_worker()
        return self._pool[0] if busy < size else None

    @staticmethod
    def _pending(task: Task) -> bool:
        in_own_thread = task.RanBy is not None and not task.RanBy.InPool
        return not in_own_thread and task.GetStateSafe() in {TDTaskStates.STANDBY, TDTaskStates.RUNNING}

    def _start_worker(self) -> None:
        worker = TDThread(f"TDThread-pool-{len(self._pool)}", self._queue, in_pool=True)
        self._pool.append(worker)
        worker.start()

    def _start_standalone(self, task: Task) -> TDThread:
        self._started += 1
        own: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        own.put(task)
        thread = TDThread(f"TDThread-standalone-{self._started}", own, in_pool=False)
        task.SetRanBySafe(thread)
        self._standalone.append(thread)
        thread.start()
        return thread

    @property
    def Tasks(self) -> list[Task]:
        """Tasks not yet reported."""
        return list(self._tasks)

    @property
    def Workers(self) -> list[TDThread]:
        """Threads of the pool."""
        return list(self._pool)

    @property
    def Threads(self) -> list[TDThread]:
        """All threads that run."""
        return [thread for thread in (*self._pool, *self._standalone) if thread.is_alive()]

    @property
    def ThreadsCount(self) -> int:
        """How many threads run."""
        return len(self.Threads)

    @property
    def WorkersCount(self) -> int:
        """How many threads the pool has."""
        return len(self._pool)

    @property
    def MaxNumberOfWorkers(self) -> int:
        """Size of the shared pool."""
        return self._host.unknowns.pool_size

    # -- the frame loop ---------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Once per frame: refresh what runs, report what ended."""
        late, self._late = self._late, []
        for hook in late:
            self._call(None, hook, (), "late RefreshHook")
        for task in list(self._tasks):
            state = task.GetStateSafe()
            if state is TDTaskStates.RUNNING:
                self._refresh(task)
            elif state is not TDTaskStates.STANDBY:
                self._finish(task, failed=state is TDTaskStates.FAILED)

    def _refresh(self, task: Task) -> None:
        task.refreshed += 1
        if task.refreshed == 1 and self._host.unknowns.refresh_hook == "not_first":
            return
        self._call(task, task.RefreshHook, (), "RefreshHook")

    def _finish(self, task: Task, *, failed: bool) -> None:
        unknowns = self._host.unknowns
        if unknowns.refresh_hook == "once_more" and not task.last_refresh_owed:
            task.last_refresh_owed = True
            self._call(task, task.RefreshHook, (), "RefreshHook")
            return
        self._tasks.remove(task)
        self._standalone = [thread for thread in self._standalone if thread.is_alive()]
        if not failed:
            args = (task.result,) if unknowns.success_hook == "result" else ()
            self._call(task, task.SuccessHook, args, "SuccessHook")
            return
        error = task.error
        assert error is not None
        if task.ExceptHook is None:
            self._host.report(self._owner(task.target), error, "a worker raised and its task has no ExceptHook")
            return
        choices: dict[int, tuple[Any, ...]] = {0: (), 1: (error,), 3: (type(error), error, error.__traceback__)}
        self._call(task, task.ExceptHook, choices[unknowns.except_hook], "ExceptHook")

    def _call(self, task: Task | None, hook: Hook | None, args: tuple[Any, ...], what: str) -> None:
        if hook is None or (task is not None and task.hooks_dropped):
            return
        ok = self._host.contained(self._owner(hook), hook, args, f"{what} {_name(hook)}", mark=False)
        if not ok and task is not None and self._host.unknowns.hook_error == "hooks_stop":
            task.hooks_dropped = True

    def _owner(self, function: Hook) -> "Node":
        """The operator whose component pays for a hook."""
        owner = self._host.owners.find(getattr(function, "__self__", None))
        if owner is None:
            me = getattr(getattr(function, "__func__", function), "__globals__", {}).get("me")
            owner = self._host.node_of(me) if me is not None and self._host.is_op(me) else None
        return owner if owner is not None and owner.alive else self._host.network.root

    # -- what a test or the user does -------------------------------------------------------------------------

    def owe_late_hook(self, instance: Any) -> None:
        """An extension was replaced: the hooks of its running tasks come once more, whatever becomes of them."""
        for task in self._tasks:
            if getattr(task.RefreshHook, "__self__", None) is instance and task.RefreshHook is not None:
                self._late.append(task.RefreshHook)

    def drop_hooks(self, owner: Any = None) -> int:
        """Hooks of the running tasks never come again (Terminate, Reset); of one extension instance, or of all."""
        dropped = 0
        for task in self._tasks:
            hooks = (task.RefreshHook, task.SuccessHook, task.ExceptHook)
            if owner is None or any(getattr(hook, "__self__", None) is owner for hook in hooks):
                task.hooks_dropped = True
                dropped += 1
        return dropped

    def pulsed(self, name: str) -> None:
        """The user pressed a button of the manager."""
        if name in {"Terminateallthreads", "Reset"}:
            self.drop_hooks()

    def free_pool(self) -> None:
        """Let the tasks of a pool without free threads start after all."""
        while len(self._pool) < 4:
            self._start_worker()

    def close(self, timeout_s: float) -> list[str]:
        """End the pool; names of threads that are still running after `timeout_s`."""
        for _ in self._pool:
            self._queue.put(None)
        deadline_s = time.monotonic() + timeout_s
        left = []
        for thread in (*self._pool, *self._standalone):
            thread.join(max(0.0, deadline_s - time.monotonic()))
            if thread.is_alive():
                task = thread.TDTask
                left.append(f"{thread.name} ({_name(task.target) if task is not None else 'idle'})")
        return left


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", function))


class TDResourcesExt:
    """What op.TDResources promotes beside its inside."""

    def __init__(self, manager: "Node") -> None:
        self._manager = manager

    @property
    def ThreadManager(self) -> Any:
        """The ThreadManager COMP."""
        return self._manager.op()

    def pulsed(self, name: str) -> None:
        """No buttons."""
