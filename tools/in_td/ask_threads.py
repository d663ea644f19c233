"""Questions about the ThreadManager and other threads."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import td
from in_td.ask import question
from in_td.room import Room, Unanswered
from in_td.steps import Steps, frames, until

#: No worker waits longer than that, whatever becomes of the self-test.
WORKER_S = 5.0
#: How long the start of a worker is waited for.
START_S = 1.0


def manager() -> Any:
    """TouchDesigner's ThreadManager; None on builds without it."""
    return getattr(td.op.TDResources, "ThreadManager", None)


def enqueue(target: Callable[..., Any], *args: Any, standalone: bool = True, **hooks: Any) -> Any:
    """Hands a task to the ThreadManager; what EnqueueTask gives."""
    tasks = manager()
    if tasks is None:
        raise Unanswered("this build has no ThreadManager")
    return tasks.EnqueueTask(tasks.TDTask(target=target, args=args, **hooks), standalone=standalone)


def wait_for(gate: threading.Event, began: threading.Event | None = None) -> str:
    """A worker that waits. Worker only."""
    if began is not None:
        began.set()
    gate.wait(WORKER_S)
    return "result"


@question("builds before 2023.31500 have no ThreadManager")
def ask_thread_manager(_: Room) -> str:
    return "absent" if manager() is None else "present"


@question("what SuccessHook is called with")
def ask_success_hook(room: Room) -> Steps:
    called: list[tuple[Any, ...]] = []
    enqueue(lambda: "result", SuccessHook=lambda *args: called.append(args))
    yield from until(lambda: called, START_S, 5)
    if not called:
        return "never"
    room.details["arguments"] = [type(argument).__name__ for argument in called[0]]
    return "result" if called[0] == ("result",) else "nothing" if not called[0] else "other"


def _fail() -> None:
    raise ValueError("an error made by the self-test")


@question("arguments of ExceptHook")
def ask_except_hook(room: Room) -> Steps:
    called: list[tuple[Any, ...]] = []
    enqueue(_fail, ExceptHook=lambda *args: called.append(args))
    yield from until(lambda: called, START_S, 5)
    if not called:
        return "never"
    room.details["arguments"] = [type(argument).__name__ for argument in called[0]]
    return len(called[0])


@question("RefreshHook at the ends of a task")
def ask_refresh_hook(room: Room) -> Steps:
    gate, began, ended = threading.Event(), threading.Event(), []
    room.at_last(gate.set)

    def work() -> None:
        wait_for(gate, began)
        ended.append(time.monotonic())

    thread = enqueue(
        work,
        RefreshHook=lambda *_: room.events.append((room.frame, "refresh")),
        SuccessHook=lambda *_: room.events.append((room.frame, "success")),
    )
    began.wait(0.5)  # so that the first hook is due in the next frame
    yield from frames(1)
    first = bool(room.told("refresh"))
    yield from frames(3)
    count = len(room.told("refresh"))
    gate.set()
    _rest(lambda: ended and not (thread and thread.is_alive()))
    yield from until(lambda: room.told("success"), START_S, 5)
    late = len(room.told("refresh")) - count
    room.details["hooks"] = {"in the first frame": first, "in four frames": count, "after the end": late}
    if not count:
        return "never"
    return "once_more" if late else "while_running" if first else "not_first"


def _rest(ended: Callable[[], Any]) -> None:
    """A few milliseconds within the frame, until a worker is at its end: the next hook would be one too many."""
    until_s = time.monotonic() + 0.25
    while not ended() and time.monotonic() < until_s:
        time.sleep(0.001)


@question("whether a hook that raises ends the hooks of its task")
def ask_hook_error(room: Room) -> Steps:
    gate, began = threading.Event(), threading.Event()
    room.at_last(gate.set)
    called: list[float] = []

    def hook(*_: Any) -> None:
        called.append(room.frame)
        if len(called) == 1:
            raise ValueError("an error made by the self-test")

    enqueue(wait_for, gate, began, RefreshHook=hook, SuccessHook=lambda *_: room.events.append((room.frame, "success")))
    yield from until(lambda: called, START_S, 5)
    if not called:
        return "never"
    yield from frames(4)
    gate.set()
    yield from until(lambda: room.told("success"), 0.05, 5)
    room.details["SuccessHook"] = bool(room.told("success"))
    return "next_hooks_come" if len(called) > 1 else "hooks_stop"


@question("free threads of the shared pool")
def ask_pool_size(room: Room) -> Steps:
    gate = threading.Event()
    room.at_last(gate.set)
    began = [threading.Event() for _ in range(6)]
    ended: list[str] = []
    for event in began:
        enqueue(lambda event=event: ended.append(wait_for(gate, event)), standalone=False)
    count, since_s = -1, 0.0
    while count < len(began) and (count < 0 or time.monotonic() - since_s < PATIENCE_POOL_S):
        now = sum(event.is_set() for event in began)
        if now != count:
            count, since_s = now, time.monotonic()
        yield from frames(1)
    gate.set()
    yield from until(lambda: len(ended) == len(began) or not count, START_S, 5)
    return count


#: Threads that have not begun that long after the last one did will not.
PATIENCE_POOL_S = 0.1


@question("a standalone task at the thread limit")
def ask_standalone(room: Room) -> Steps:
    gate, began = threading.Event(), threading.Event()
    room.at_last(gate.set)
    thread = enqueue(wait_for, gate, began)
    yield from until(began.is_set, START_S, 5)
    room.details["EnqueueTask gives"] = type(thread).__name__
    return "starts" if began.is_set() else "queued"


_BRING = """def bring(found):
    try:
        import tdg_selftest_harmless
        found.append('allowed')
    except BaseException as error:
        found.append(f'{type(error).__name__}: {error}')
"""


@question("first import of a third-party module in a worker")
def ask_worker_import(room: Room) -> Steps:
    name = "tdg_selftest_harmless"
    folder = Path(td.app.tempFolder) / f"tdg-selftest-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.py"
    file.write_text("VALUE = 1\n", encoding="utf-8")
    room.at_last(folder.rmdir)
    room.at_last(file.unlink)
    room.at_last(lambda: sys.modules.pop(name, None))
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    room.at_last(lambda: setattr(sys, "dont_write_bytecode", bytecode))
    sys.path.append(str(folder))
    room.at_last(lambda: sys.path.remove(str(folder)))
    found: list[str] = []
    bring = room.create(td.textDAT, "bring", _BRING, language="python").module.bring
    threading.Thread(target=bring, args=(found,), name="tdg-selftest", daemon=True).start()
    yield from until(lambda: found, WORKER_S)
    if not found:
        return "hangs"
    room.details["outcome"] = found[0]
    return "allowed" if found[0] == "allowed" else "raises"


@question("what sys.executable names")
def ask_executable(_: Room) -> str:
    name = Path(sys.executable or "").name.lower()
    return "python" if "python" in name else "touchdesigner" if "touchdesigner" in name else name
