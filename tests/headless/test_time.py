"""Rows 64 to 67, 74 and 75 of the API sheet, section 11: run(), timelines, frame rates."""

import time
from typing import Any

import pytest

from headless_td import Host, tdError


def code(host: Host, text: str = "", name: str = "code") -> Any:
    """A text DAT whose module has the names of TouchDesigner."""
    dat = host.op("/project1").create("textDAT", name)
    dat.text = "seen = []\n" + text
    return dat


def test_run_without_delay_is_immediate(host: Host) -> None:
    """Row 64: an exception goes to the caller; text finds its arguments in `args` and `me` is the caller."""
    module = code(host).module
    module.run(module.seen.append, 1)
    module.run("me.module.seen.append((args, me.name))", 2, fromOP=module.me)
    assert module.seen == [1, ((2,), "code")]
    with pytest.raises(ZeroDivisionError):
        module.run("1/0")


def test_run_knows_its_caller(host: Host) -> None:
    """Section 0: `me` inside run() is the place the call came from."""
    module = code(host, "def later():\n    run('me.module.seen.append(me.path)', delayFrames=1)\n").module
    module.later()
    host.frame(2)
    assert module.seen == ["/project1/code"]


def test_delays(host: Host) -> None:
    """Row 64: frames of the reference's timeline; milliseconds are rounded to frames."""
    module = code(host).module
    module.run(module.seen.append, "two", delayFrames=2)
    module.run(module.seen.append, "ms", delayMilliSeconds=50)
    module.run(module.seen.append, "end", endFrame=True)
    assert module.seen == []
    host.frame()
    assert module.seen == ["end"]
    host.frame()
    assert module.seen == ["end", "two"]
    host.frame()
    assert module.seen == ["end", "two", "ms"]


def test_paused_timeline(host: Host) -> None:
    """Row 64: a delay stands still with the timeline; one with a reference outside the project goes on."""
    module = code(host).module
    module.run(module.seen.append, "project", delayFrames=1)
    module.run(module.seen.append, "resources", delayFrames=1, delayRef=module.op.TDResources)
    module.run(module.seen.append, "wall", delayMilliSeconds=1, wallTime=True)
    host.paused = True
    time.sleep(0.002)
    host.frame(3)
    assert sorted(module.seen) == ["resources", "wall"]
    host.paused = False
    host.frame()
    assert "project" in module.seen


def test_run_object(host: Host) -> None:
    """Row 65: readable after its end, kill() twice is harmless."""
    module = code(host).module
    first = module.run("pass", delayFrames=1, group="mine")
    second = module.run(module.seen.append, 1, delayFrames=1)
    assert first.active
    assert first.group == "mine"
    assert [each.group for each in module.runs] == ["mine", None]
    assert second.remainingFrames == 1
    second.kill()
    second.kill()
    host.frame()
    assert (first.active, len(module.runs), module.seen) == (False, 0, [])
    assert first.source == "pass"


def test_raising_delayed_run(host: Host) -> None:
    """Row 67: into the textport, and on."""
    host.expect("ZeroDivisionError")
    module = code(host).module
    module.run("1/0", delayFrames=1)
    module.run(module.seen.append, 1, delayFrames=1)
    host.frame()
    assert module.seen == [1]


def test_destroyed_meanwhile(host: Host) -> None:
    """Section 6: without its reference it never fires; without its context, text runs from the root."""
    host.allow("")
    module = code(host).module
    reference = code(host, name="reference")
    context = code(host, name="context")
    module.run(module.seen.append, "reference", delayFrames=1, delayRef=reference)
    module.run("args[0].append(me.path)", module.seen, delayFrames=1, fromOP=context)
    reference.destroy()
    context.destroy()
    host.frame(2)
    assert module.seen == ["/"]


def test_dat_run(host: Host) -> None:
    """Section 6: the text is executed with `args`; its names are in `locals`."""
    dat = code(host, "got = args\nfound = op('code').name\n")
    dat.run(1, 2)
    assert dat.locals["got"] == (1, 2)
    assert dat.locals["found"] == "code"
    dat.run(3, delayFrames=1)
    host.frame()
    assert dat.locals["got"] == (3,)


@pytest.mark.parametrize(("setting", "visible"), [("one", True), ("two", False)])
def test_scope_of_a_script(open_host: Any, setting: str, visible: bool) -> None:
    """Whether functions of a script that is run see each other is a switch."""
    host = open_host(script_scope=setting)
    dat = code(host, "result = 'seen' in globals()\n")
    dat.run()
    assert dat.locals["result"] is visible


@pytest.mark.parametrize(("setting", "name"), [("dat", "code"), ("__main__", "__main__")])
def test_name_of_a_script(open_host: Any, setting: str, name: str) -> None:
    """What __name__ says in a script that is run is a switch; in a module it is the DAT's name."""
    dat = code(open_host(script_name=setting), "found = __name__\n")
    dat.run()
    assert dat.locals["found"] == name
    assert dat.module.found == "code"


def test_hidden_window(host: Host) -> None:
    """Row 74: few frames are cooked, the timeline goes on at its rate."""
    module = code(host).module
    module.run(module.seen.append, 1, delayFrames=20)
    host.hidden = True
    host.frame()
    assert module.seen == [1]
    assert module.absTime.frame == 20
    host.hidden = False
    host.frame()
    assert module.absTime.frame == 21


def test_paused_clock(host: Host) -> None:
    """Row 75: absTime stands still while the timeline is paused, that of TDResources does not."""
    module = code(host).module
    host.frame(2)
    host.paused = True
    resources = module.op.TDResources.time.frame
    host.frame(3)
    assert module.absTime.frame == 2
    assert module.me.time.play is False
    assert module.op.TDResources.time.frame == resources + 3


def test_real_time(tmp_path: Any) -> None:
    """Frames wait for their time."""
    with Host(tmp_path, realtime=True, fps=200) as host:
        host.frame()
        start = time.perf_counter()
        host.frame(20)
        assert time.perf_counter() - start > 0.05


def test_power_off(host: Host) -> None:
    """Row 72: nothing runs while the power is off."""
    module = code(host).module
    module.run(module.seen.append, 1, delayFrames=1)
    host.app.power = False
    host.frame(3)
    assert module.seen == []
    host.app.power = True
    host.frame()
    assert module.seen == [1]


def test_non_pulse_parameter_pulsed(host: Host) -> None:
    """Section 2.1: set, then restored."""
    comp = host.op("/project1").create("baseCOMP", "comp")
    comp.appendCustomPage("Page").appendInt("Value")
    comp.par.Value.pulse(5, frames=2)
    assert comp.par.Value.eval() == 5
    host.frame(2)
    assert comp.par.Value.eval() == 0
    with pytest.raises(tdError):
        comp.par.Value.mode = "constant"
