"""The host itself: what fails a run, what frames cost, hosts one after the other."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from headless_td import Host, HostClosedError, HostFailedError, summarise, tdError


def raising(host: Host) -> None:
    """An Execute DAT that raises in the next frame."""
    execute = host.op("/project1").create("executeDAT", "execute")
    execute.par.create = True
    execute.text = "def onCreate():\n    raise ValueError('on purpose')\n"


def test_error_in_a_callback_fails_the_run(run_fails: Any) -> None:
    """The report has the callback and the traceback."""
    with run_fails(r"(?s)onCreate of /project1/execute.*on purpose") as host:
        raising(host)
        host.frame()


def test_expected_error_that_never_came_fails_the_run(run_fails: Any) -> None:
    """So an expectation cannot rot."""
    with run_fails("never came: gone wrong") as host:
        host.expect("gone wrong")


def test_expected_and_allowed_errors(tmp_path: Path) -> None:
    """Declared problems do not fail the run."""
    with Host(tmp_path) as host:
        host.allow("something else")
        host.expect("on purpose")
        raising(host)
        host.frame()
        assert host.unexpected() == []


def test_problems_are_told_beside_the_tests_own_error(tmp_path: Path) -> None:
    """An assertion that fails keeps its place; the problems come as a note."""

    def failing_test() -> None:
        with Host(tmp_path) as host:
            raising(host)
            host.frame()
            raise KeyError("the test's own")

    with pytest.raises(KeyError) as failure:
        failing_test()
    assert "on purpose" in failure.value.__notes__[0]


def test_waiting_in_vain_tells_what_for(tmp_path: Path) -> None:
    """With the last lines of the textport."""
    with Host(tmp_path) as host:
        host.op("/project1").create("textDAT", "code").text = "print('a last word')\n"
        _ = host.op("/project1/code").module
        with pytest.raises(AssertionError, match=r"(?s)Not within 0.01 s.*the moon.*a last word"):
            host.run_until(lambda: False, timeout_s=0.01, what="the moon")
        assert host.run_until(lambda: host.frames.count > 3) is True


def test_worker_that_does_not_end_fails_the_run(tmp_path: Path) -> None:
    """Its target is named."""
    stop = threading.Event()

    def stubborn() -> None:
        stop.wait(10)

    host = Host(tmp_path)
    manager = host.op("/sys/TDResources").ThreadManager
    manager.EnqueueTask(manager.TDTask(target=stubborn), standalone=True)
    try:
        with pytest.raises(HostFailedError, match="stubborn"):
            host.close(timeout_s=0.05)
    finally:
        stop.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread_that_dies_fails_the_run(run_fails: Any) -> None:
    """An exception that leaves a thread."""
    with run_fails("died of ZeroDivisionError"):
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()


def test_one_host_at_a_time(tmp_path: Path) -> None:
    """A second one is refused while the first is open; afterwards the first one's objects are dead."""
    with Host(tmp_path) as first:
        project = first.op("/project1")
        with pytest.raises(HostClosedError, match="already open"):
            Host(tmp_path)
    with pytest.raises(HostClosedError):
        _ = project.name
    with Host(tmp_path) as second:
        with pytest.raises(tdError, match="destroyed"):
            _ = project.name
        assert second.op("/project1") != project


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """Modules, hooks and the interpreter's name are as before."""
    hook, modules = threading.excepthook, {name: sys.modules.get(name) for name in ("td", "tdu")}
    with Host(tmp_path):
        assert sys.modules["td"] is not modules["td"]
    assert threading.excepthook is hook
    assert {name: sys.modules.get(name) for name in ("td", "tdu")} == modules


def test_costs_are_charged_to_components(host: Host, make_component: Any) -> None:
    """Callbacks, hooks, promoted methods and run(): each to the component that owns it, nested ones apart."""
    source = (
        "import time\n"
        "def busy(seconds):\n"
        "    end = time.perf_counter() + seconds\n"
        "    while time.perf_counter() < end:\n"
        "        pass\n"
        "class ThingExt:\n"
        "    def __init__(self, ownerComp):\n"
        "        self.ownerComp = ownerComp\n"
        "    def Busy(self, seconds, other=None):\n"
        "        busy(seconds)\n"
        "        if other:\n"
        "            other.Busy(seconds)\n"
        "    def Later(self, seconds):\n"
        "        run(busy, seconds, endFrame=True)\n"
    )
    one, two = (make_component(host, source, name) for name in ("one", "two"))
    one.Busy(0.002, two)
    host.frame()
    cost = host.frame_costs[-1]
    for comp in (one, two):
        assert 2 <= cost.by_component[comp.path] < cost.wall_ms
    assert cost.wall_ms >= 4
    assert cost.cpu_ms < cost.wall_ms
    two.Later(0.002)
    host.frame()
    assert host.frame_costs[-1].by_component["/project1/two"] >= 2
    host.frame()
    assert host.frame_costs[-1].by_component.get("/project1/two", 0) < 1
    assert host.costs.summary().count == 3
    assert host.costs.summary("/project1/two").worst_ms >= 2


def test_summary() -> None:
    """Nearest rank; nothing in, zeros out."""
    summary = summarise(range(1, 101))
    assert (summary.count, summary.p50_ms, summary.p99_ms, summary.worst_ms) == (100, 50, 99, 100)
    assert summarise([]).count == 0


def test_run_file(host: Host, tmp_path: Path) -> None:
    """A user drops a script into a network and runs it."""
    script = tmp_path / "make it.py"
    script.write_text("me.parent().create(tableDAT, 'made')\n", encoding="utf-8")
    dat = host.run_file(script)
    assert dat.name == "make_it"
    assert host.op("/project1/made").OPType == "tableDAT"


def test_component_on_disk(host: Host, tmp_path: Path) -> None:
    """comp.save and loadTox, loadByteArray, and an update in place that keeps the user's values."""
    comp = host.op("/project1").create("baseCOMP", "comp")
    comp.appendCustomPage("Page").appendInt("Value")
    comp.create("tableDAT", "table").appendRow(["x"])
    comp.par.Value = 3
    path = comp.save("out/comp.tox", createFolders=True)
    assert path.endswith("/project/out/comp.tox")
    again = host.op("/project1").loadTox("out/comp.tox")
    assert (again.name, again.par.Value.eval(), again.op("table").numRows) == ("comp1", 3, 2)
    assert host.op("/project1").loadByteArray(comp.saveByteArray()).name == "comp2"
    again.par.Value = 8
    again.op("table").clear()
    again.par.reloadcustom = False
    again.reload(path)
    assert (again.par.Value.eval(), again.op("table").numRows, again.name) == (8, 2, "comp1")
    again.par.reloadcustom = True
    again.reload(path)
    assert again.par.Value.eval() == 3
    with pytest.raises(tdError, match="Cannot load"):
        host.op("/project1").loadTox("nowhere.tox")
    with pytest.raises(tdError, match="no component"):
        host.op("/project1").loadByteArray(b"{}")


def test_global_shortcut_of_a_loaded_component(host: Host, td: Any, tmp_path: Path) -> None:
    """Shortcuts, expressions and extension definitions work after a load without being set again."""
    comp = host.op("/project1").create("baseCOMP", "comp")
    comp.par.opshortcut = "thing"
    comp.create(
        "textDAT", "ext_thing"
    ).text = "class ThingExt:\n    def __init__(self, ownerComp):\n        self.Path = ownerComp.path\n"
    comp.seq.ext.numBlocks = 2
    comp.par.ext1object = "op('./ext_thing').module.ThingExt(me)"
    comp.par.parentshortcut.expr = "me.name"
    path = host.save_tox(comp, tmp_path / "comp.tox")
    comp.destroy()
    loaded = host.load_saved(path, name="other")
    assert td.op.thing == loaded
    assert loaded.Path == "/project1/other"
    assert loaded.op("ext_thing").parent.other == loaded
