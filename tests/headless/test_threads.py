"""Rows 16, 66, 68 to 73, 81 and 82 of the API sheet, section 11: threads and the ThreadManager."""

import contextlib
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headless_td import Host, ThreadConflictError, tdAttributeError


def in_thread(function: Callable[[], Any]) -> BaseException | None:
    """What the call raises in a thread of its own."""
    caught: list[BaseException] = []

    def body() -> None:
        try:
            function()
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join(10)
    return caught[0] if caught else None


def test_a_host_without_guard_leaves_it_to_the_next_one(tmp_path: Path) -> None:
    with Host(tmp_path / "one", guarded=False) as host:
        project = host.op("/project1")
        assert project.par.opshortcut.name == "opshortcut"
        with pytest.raises(tdAttributeError):
            _ = project.nothing
        assert in_thread(lambda: project.OPType) is not None
        host.conflicts.clear()
    with Host(tmp_path / "two") as host:
        table = host.op("/project1").create("tableDAT", "table")
        assert isinstance(in_thread(lambda: table.appendRow), ThreadConflictError)
        host.conflicts.clear()


def forbidden(host: Host) -> dict[str, Callable[[], Any]]:
    """One use of every kind of object."""
    project = host.op("/project1")
    comp = project.create("baseCOMP", "comp")
    page = comp.appendCustomPage("Page")
    page.appendInt("Value")
    table = comp.create("tableDAT", "table")
    dat = comp.create("textDAT", "code")
    dat.text = "found = 1\ndef get(name):\n    return globals()[name]\n"
    module, par, cell = dat.module, comp.par.Value, table[0, 0]
    group, time, info = comp.parGroup.Value, comp.time, host.tdu
    finder = comp.op
    return {
        "operator attribute": lambda: comp.name,
        "valid": lambda: comp.valid,
        "text of an operator": lambda: f"{comp}",
        "truth of an operator": lambda: bool(comp),
        "setting": lambda: setattr(comp, "nodeX", 1),
        "par collection": lambda: comp.par.Value,
        "par eval": lambda: par.eval,
        "par as value": lambda: par + 1,
        "par set": lambda: setattr(par, "val", 1),
        "par group": lambda: group.label,
        "page": lambda: page.name,
        "table cell": lambda: table[0, 0],
        "cell value": lambda: cell.val,
        "cell write": lambda: setattr(cell, "val", "x"),
        "numRows": lambda: table.numRows,
        "module": lambda: dat.module,
        "op()": lambda: module.get("op")("table"),
        "comp.op()": lambda: finder("table"),
        "op.Shortcut": lambda: module.get("op").TDResources,
        "parent()": lambda: module.get("parent")(2),
        "mod": lambda: module.get("mod").code,
        "run": lambda: module.get("run")("pass", delayFrames=1),
        "debug": lambda: module.get("debug")("x"),
        "print": lambda: module.get("__builtins__")["print"]("x"),
        "absTime": lambda: module.get("absTime").frame,
        "project": lambda: module.get("project").folder,
        "app": lambda: module.get("app").build,
        "ui": lambda: setattr(module.get("ui"), "status", "x"),
        "time": lambda: time.frame,
        "td attribute": lambda: module.get("td").project,
        "expandPath": lambda: info.expandPath("x"),
        "dependency": lambda: info.Dependency(1).val,
        "runs": lambda: len(module.get("runs")),
    }


def test_every_access_off_the_main_thread_is_a_conflict(run_fails: Any) -> None:
    """Rows 16, 66: each raises its own error and is recorded, also when it is swallowed."""
    with run_fails("touched from thread") as host:
        for what, use in forbidden(host).items():
            before = len(host.conflicts)
            assert isinstance(in_thread(use), ThreadConflictError), what
            assert len(host.conflicts) > before, what
        host.frame(2)


def test_swallowed_conflict_names_its_place(run_fails: Any) -> None:
    """The report says what was touched, by which thread, and from where."""
    with run_fails(r"(?s)/project1 \(\.name\).*Thread-.*in worker") as host:
        comp = host.op("/project1")

        def worker() -> None:
            with contextlib.suppress(Exception):
                _ = comp.name

        assert in_thread(worker) is None


def test_methods_fetched_on_the_main_thread(run_fails: Any) -> None:
    """Row 16: a bound method handed to a worker is no way around the guard."""
    with run_fails("touched from thread") as host:
        comp = host.op("/project1").create("baseCOMP", "comp")
        par = comp.appendCustomPage("Page").appendInt("Value")[0]
        table = comp.create("tableDAT", "table")
        methods: list[Callable[[], Any]] = [
            par.eval,
            par.pulse,
            table.clear,
            comp.destroy,
            comp.errors,
            comp.customPages[0].destroy,
        ]
        arguments = [(comp.create, "textDAT"), (comp.store, "key", 1), (table.appendRow, ["x"]), (comp.copy, table)]
        methods += [partial(function, *args) for function, *args in arguments]
        for method in methods:
            assert isinstance(in_thread(method), ThreadConflictError), method
        assert comp.storage == {}
        assert table.numRows == 1


def test_allowed_in_a_worker(td: Any) -> None:
    """Section 7.1: plain Python, and asking which thread this is."""
    assert td.isMainThread()
    seen: list[bool] = []
    assert in_thread(lambda: seen.append(td.isMainThread())) is None
    assert seen == [False]
    assert in_thread(lambda: td.tdError) is None


TASKS = """
import threading

log = []
stop = threading.Event()

def wait(*args):
    stop.wait(10)
    return "result"

def fail():
    raise ValueError("in the worker")

def quick():
    return "quick"

def start(target=wait, standalone=False, **hooks):
    manager = op.TDResources.ThreadManager
    names = ("SuccessHook", "ExceptHook", "RefreshHook")
    made = {name: (lambda *args, name=name: log.append((name, args))) for name in names}
    made.update(hooks)
    return manager.EnqueueTask(manager.TDTask(target=target, **made), standalone=standalone)

def names():
    return [name for name, args in log]
"""


@pytest.fixture
def tasks(open_host: Any, request: pytest.FixtureRequest) -> Any:
    """A host with the switches of the test, and the module of a DAT that starts tasks."""
    host = open_host(**getattr(request, "param", {}))
    dat = host.op("/project1").create("textDAT", "tasks")
    dat.text = TASKS
    module = dat.module
    yield host, module
    module.stop.set()


def with_switches(**switches: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tasks", [switches], indirect=True, ids=[str(switches)])


def each_of(name: str, *settings: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tasks", [{name: each} for each in settings], indirect=True, ids=str)


@each_of("success_hook", "nothing", "result")
def test_success_hook(tasks: Any) -> None:
    """Row 68: on the main thread, without arguments or with the result."""
    host, module = tasks
    module.start(module.quick)
    host.run_until(lambda: "SuccessHook" in module.names())
    args = dict(module.log)["SuccessHook"]
    assert args == (("quick",) if host.unknowns.success_hook == "result" else ())


@each_of("except_hook", 0, 1, 3)
def test_except_hook(tasks: Any) -> None:
    """Row 69: none, one or three arguments."""
    host, module = tasks
    module.start(module.fail)
    host.run_until(lambda: "ExceptHook" in module.names())
    args = dict(module.log)["ExceptHook"]
    assert len(args) == host.unknowns.except_hook
    assert not args or any(isinstance(arg, ValueError) for arg in args)
    assert "SuccessHook" not in module.names()


@each_of("refresh_hook", "while_running", "once_more", "not_first")
def test_refresh_hook(tasks: Any) -> None:
    """Row 70: each frame while the target runs; perhaps once more, perhaps not at first."""
    host, module = tasks
    thread = module.start(standalone=True)
    host.run_until(lambda: thread.TDTask is not None and thread.TDTask.GetStateSafe().name == "RUNNING")
    module.log.clear()
    host.frame(3)
    assert module.names().count("RefreshHook") >= (2 if host.unknowns.refresh_hook == "not_first" else 3)
    module.stop.set()
    thread.join(5)
    module.log.clear()
    host.frame(3)
    once_more = ["RefreshHook"] if host.unknowns.refresh_hook == "once_more" else []
    assert module.names() == [*once_more, "SuccessHook"]


@each_of("pool_size", 4, 1)
def test_pool(tasks: Any) -> None:
    """Row 71: the pool is shared; what finds no free thread waits, in order; standalone does not."""
    host, module = tasks
    size = host.unknowns.pool_size
    started = [module.start() for _ in range(size)]
    assert all(started)
    assert module.start(module.quick) is None
    host.frame(3)
    assert "SuccessHook" not in module.names()
    alone = module.start(module.quick, standalone=True)
    alone.join(5)
    host.frame()
    assert module.names().count("SuccessHook") == 1
    module.stop.set()
    host.run_until(lambda: module.names().count("SuccessHook") == size + 2)
    assert module.op.TDResources.ThreadManager.WorkersCount == size


@with_switches(pool_size=0)
def test_pool_without_a_free_thread(tasks: Any) -> None:
    """Row 71: other components have all of it; the task starts when they let go."""
    host, module = tasks
    assert module.start(module.quick) is None
    host.frame(5)
    assert module.log == []
    host.manager.free_pool()
    host.run_until(lambda: "SuccessHook" in module.names())


@with_switches(standalone="queued")
def test_standalone_at_the_thread_limit(tasks: Any) -> None:
    """Section 7.2: it is merely queued and says so by returning None."""
    host, module = tasks
    assert module.start(standalone=True) is None
    host.frame(3)
    assert module.log == []


@each_of("hook_error", "next_hooks_come", "hooks_stop")
def test_raising_hook(tasks: Any) -> None:
    """Section 7.2: reported; whether later hooks still come is a switch."""
    host, module = tasks
    host.expect("RefreshHook")
    calls = []

    def broken(*_: Any) -> None:
        calls.append(1)
        raise ValueError("broken hook")

    thread = module.start(standalone=True, RefreshHook=broken)
    host.run_until(lambda: calls)
    host.frame(3)
    module.stop.set()
    thread.join(5)
    host.frame(2)
    if host.unknowns.hook_error == "hooks_stop":
        assert len(calls) == 1
        assert module.names() == []
    else:
        assert len(calls) > 1
        assert module.names() == ["SuccessHook"]


@pytest.mark.parametrize("how", ["host", "button"])
def test_dropped_hooks(tasks: Any, how: str) -> None:
    """Row 72: after Reset or Terminate no hook comes again."""
    host, module = tasks
    thread = module.start(standalone=True)
    host.run_until(lambda: module.log)
    if how == "host":
        assert host.kill_hooks() == 1
    else:
        module.op.TDResources.ThreadManager.par.Terminateallthreads.pulse()
        host.frame()
    module.log.clear()
    module.stop.set()
    thread.join(5)
    host.frame(3)
    assert module.log == []


def test_worker_that_raises_without_except_hook(tasks: Any) -> None:
    """Section 7.2: an exception that leaves a worker function is a problem of the run."""
    host, module = tasks
    host.expect("no ExceptHook.*in the worker")
    module.start(module.fail, ExceptHook=None)
    host.run_until(lambda: host.problems)


def test_manager_is_for_the_main_thread(tasks: Any) -> None:
    """Section 7.2: tasks are made and queued on the main thread only."""
    host, module = tasks
    host.expect("ThreadManager")
    manager = module.op.TDResources.ThreadManager
    enqueue, kind = manager.EnqueueTask, manager.TDTask
    task = kind(target=module.quick)
    assert isinstance(in_thread(lambda: enqueue(task)), ThreadConflictError)
    assert isinstance(in_thread(lambda: kind(target=module.quick)), ThreadConflictError)


def test_late_hook_to_a_replaced_extension(host: Host, make_component: Any) -> None:
    """Row 55: after onDestroyTD one more RefreshHook reaches the old instance, even if its task has ended."""
    comp = make_component(
        host,
        "import threading\n"
        "class ThingExt:\n"
        "    def __init__(self, ownerComp):\n"
        "        self.Calls = []\n"
        "        self.stop = threading.Event()\n"
        "    def Start(self):\n"
        "        manager = op.TDResources.ThreadManager\n"
        "        task = manager.TDTask(target=self.stop.wait, args=(10,), RefreshHook=self.refresh)\n"
        "        return manager.EnqueueTask(task, standalone=True)\n"
        "    def refresh(self, *_):\n"
        "        self.Calls.append('hook')\n"
        "    def onDestroyTD(self):\n"
        "        self.stop.set()\n"
        "        self.Calls.append('destroyed')\n",
    )
    thread = comp.Start()
    calls = comp.Calls
    host.run_until(lambda: calls)
    comp.par.reinitextensions.pulse()
    thread.join(5)
    assert calls[-1] == "destroyed"
    host.frame(3)
    assert calls[-1] == "hook"
    assert calls.count("destroyed") == 1


def test_manager_absent(open_host: Any) -> None:
    """Row 73: builds before 2023.31500."""
    host = open_host(thread_manager="absent")
    dat = host.op("/project1").create("textDAT", "code")
    with pytest.raises(tdAttributeError, match="ThreadManager"):
        _ = dat.parent().op("/sys/TDResources").ThreadManager


def test_import_of_a_dat_in_a_worker(host: Host) -> None:
    """Row 81: the import touches operators."""
    host.expect("import of the DAT /project1/other")
    project = host.op("/project1")
    project.create("textDAT", "other").text = "VALUE = 1"
    dat = project.create("textDAT", "code")
    dat.text = "def work():\n    import other\n    return other\n\ndef td_work():\n    import td\n"
    assert isinstance(in_thread(dat.module.work), ThreadConflictError)
    host.expect("import td")
    assert isinstance(in_thread(dat.module.td_work), ThreadConflictError)


@pytest.mark.parametrize("setting", ["allowed", "raises"])
def test_third_party_import_in_a_worker(open_host: Any, tmp_path: Path, monkeypatch: Any, setting: str) -> None:
    """Row 82: works or raises; the standard library and what is loaded already always work."""
    (tmp_path / "thirdparty_for_test.py").write_text("VALUE = 3\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "thirdparty_for_test", raising=False)
    host = open_host(worker_import=setting)
    dat = host.op("/project1").create("textDAT", "code")
    dat.text = (
        "def work():\n    import json, queue\n    import thirdparty_for_test\n    return thirdparty_for_test.VALUE\n"
    )
    error = in_thread(dat.module.work)
    assert isinstance(error, ImportError) if setting == "raises" else error is None
    assert dat.module.work() == 3
    assert in_thread(dat.module.work) is None
    sys.modules.pop("thirdparty_for_test", None)


@pytest.mark.parametrize(("setting", "same"), [("python", True), ("touchdesigner", False)])
def test_executable(open_host: Any, setting: str, same: bool) -> None:
    """Section 7.3: sys.executable may be TouchDesigner itself; app.pythonExecutable is the interpreter."""
    real = sys.executable
    host = open_host(executable=setting)
    assert (sys.executable == real) is same
    assert host.app.pythonExecutable == real
    host.close()
    assert sys.executable == real
