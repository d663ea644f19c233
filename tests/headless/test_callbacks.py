"""Rows 58 to 63 of the API sheet, section 11: callback DATs."""

from typing import Any

import pytest

from headless_td import Host, tdError

PAR_EXECUTE = """
seen = []

def onValueChange(par, prev):
    seen.append((par.name, prev, par.eval()))

def onValuesChanged(changes):
    seen.append([(change.par.name, change.prev) for change in changes])

def onPulse(par):
    seen.append(par.name)

def onModeChange(par, val, prev):
    seen.append((val.name, prev.name))
"""


def watched(host: Host) -> tuple[Any, Any]:
    """A COMP with parameters and the Parameter Execute DAT inside that watches it."""
    comp = host.op("/project1").create("baseCOMP", "comp")
    page = comp.appendCustomPage("Page")
    page.appendInt("One")
    page.appendInt("Two")
    page.appendPulse("Go")
    execute = comp.create("parameterexecuteDAT", "execute")
    execute.par.op = ".."
    execute.par.pars = "*"
    execute.text = PAR_EXECUTE
    host.frame()
    return comp, execute


@pytest.mark.parametrize("setting", ["next_frame", "frame_end", "at_once"])
def test_value_changes(open_host: Any, setting: str) -> None:
    """Row 58: deferred and coalesced, or inside the assignment."""
    host = open_host(par_execute=setting)
    comp, execute = watched(host)
    comp.par.One = 1
    comp.par.One = 2
    comp.par.One = 2
    if setting == "at_once":
        assert execute.module.seen == [("One", 0, 1), ("One", 1, 2)]
        return
    assert execute.module.seen == []
    host.frame()
    assert execute.module.seen == [("One", 0, 2)]
    comp.par.Two = 5
    comp.par.Two = 0
    host.frame(2)
    assert len(execute.module.seen) == 1


def test_change_made_by_a_script_in_a_frame_is_seen_in_the_next(host: Host) -> None:
    """Row 58: one frame after the assignment."""
    comp, execute = watched(host)
    comp.create(
        "executeDAT", "frames"
    ).text = "def onFrameStart(frame):\n    if parent().par.Two.eval() == 0:\n        parent().par.Two = 7\n"
    comp.op("frames").par.framestart = True
    host.frame()
    assert execute.module.seen == [("Two", 0, 7)]


def test_values_changed_at_frame_end(host: Host) -> None:
    """Section 5.1: everything that changed in the frame, in one call."""
    comp, execute = watched(host)
    execute.par.valuechange, execute.par.valueschanged = False, True
    comp.par.One, comp.par.Two = 1, 2
    host.frame()
    assert execute.module.seen == [[("One", 0), ("Two", 0)]]


def test_expressions_are_watched(host: Host) -> None:
    """Section 5.1: a value that changes through an expression counts; modes are reported apart."""
    comp, execute = watched(host)
    execute.par.modechange = True
    comp.par.Two.expr = "me.par.One + 1"
    host.frame(2)
    comp.par.One = 4
    host.frame(2)
    assert ("EXPRESSION", "CONSTANT") in execute.module.seen
    assert ("Two", 1, 5) in execute.module.seen


def test_what_is_watched(host: Host) -> None:
    """Section 5.1: names and patterns, custom and built-in, active; nobody to watch is silence."""
    comp, execute = watched(host)
    execute.par.pars = "T* parentshortcut"
    comp.par.One, comp.par.Two, comp.par.parentshortcut = 1, 2, "x"
    host.frame()
    assert [name for name, *_ in execute.module.seen] == ["Two"]
    execute.par.builtin = True
    comp.par.parentshortcut = "y"
    host.frame()
    assert [name for name, *_ in execute.module.seen] == ["Two", "parentshortcut"]
    execute.par.active = False
    comp.par.Two = 3
    host.frame()
    execute.par.active = True
    execute.par.op = "nothing"
    comp.par.Two = 4
    host.frame()
    assert len(execute.module.seen) == 2


@pytest.mark.parametrize("pulse", ["later", "at_once"])
@pytest.mark.parametrize("pulses", ["each", "merged"])
def test_pulses(open_host: Any, pulse: str, pulses: str) -> None:
    """Row 59."""
    host = open_host(pulse=pulse, pulses=pulses)
    comp, execute = watched(host)
    comp.par.Go.pulse()
    host.user_pulse(comp.par.Go)
    assert execute.module.seen == (["Go", "Go"] if pulse == "at_once" else [])
    host.frame(2)
    assert len(execute.module.seen) == (1 if (pulse, pulses) == ("later", "merged") else 2)
    with pytest.raises(tdError):
        host.user_pulse(comp.par.One)


DAT_EXECUTE = """
seen = []

def onTableChange(dat, prevDAT=None, info=None):
    seen.append((dat, prevDAT, info))
    if prevDAT is not None:
        before.append(prevDAT.rows(val=True))
        get = info.get if isinstance(info, dict) else (lambda name: getattr(info, name))
        details.append({name: get(name) for name in (
            "rowsChanged", "rowsAdded", "rowsRemoved", "colsChanged", "colsAdded", "colsRemoved", "sizeChanged")})
        details[-1]["cellsChanged"] = [(cell.row, cell.col, cell.val) for cell in get("cellsChanged")]

before = []
details = []
"""


def watched_table(host: Host, execute_mode: str = "end") -> tuple[Any, Any]:
    project = host.op("/project1")
    table = project.create("tableDAT", "table")
    table.clear()
    table.appendRows([["id", "value"], ["a", "1"], ["b", "2"]])
    execute = project.create("datexecuteDAT", "watch")
    execute.par.dat = "table"
    execute.par.execute = execute_mode
    execute.text = DAT_EXECUTE
    host.frame()
    assert execute.module.seen == []
    return table, execute


@pytest.mark.parametrize("mode", ["start", "end"])
@pytest.mark.parametrize("setting", ["as_set", "frame_start", "at_once"])
def test_table_changes(open_host: Any, mode: str, setting: str) -> None:
    """Row 60: start or end of a frame and coalesced, or inside the edit."""
    host = open_host(dat_execute=setting)
    table, execute = watched_table(host, mode)
    table["a", "value"] = "x"
    table["a", "value"] = "y"
    assert len(execute.module.seen) == (2 if setting == "at_once" else 0)
    host.frame()
    host.frame()
    assert len(execute.module.seen) == (2 if setting == "at_once" else 1)
    assert execute.module.details[-1]["cellsChanged"] == [(1, 1, "y")]


def test_edit_and_its_reversal(host: Host) -> None:
    """Row 60: compared with the last look, nothing changed."""
    table, execute = watched_table(host)
    table["a", "value"] = "x"
    table["a", "value"] = "1"
    host.frame()
    table.appendRow(["c", "3"])
    table.deleteRow("c")
    host.frame()
    assert execute.module.seen == []


def test_previous_contents(host: Host) -> None:
    """Section 5.2: readable during the call only."""
    table, execute = watched_table(host)
    table.deleteRow("a")
    host.frame()
    assert execute.module.before == [[["id", "value"], ["a", "1"], ["b", "2"]]]
    dat, previous, _ = execute.module.seen[0]
    assert dat == table
    with pytest.raises(tdError):
        _ = previous.numRows


@pytest.mark.parametrize("kind", ["object", "dict"])
@pytest.mark.parametrize("added_cells", ["left_out", "included"])
def test_info(open_host: Any, kind: str, added_cells: str) -> None:
    """Row 61: an object or a dict; rows are told apart by name."""
    host = open_host(dat_info=kind, dat_added_cells=added_cells)
    table, execute = watched_table(host)
    table.appendRow(["c", "3"])
    table["a", "value"] = "x"
    table.deleteRow("b")
    host.frame()
    (detail,) = execute.module.details
    assert detail["rowsAdded"] == [2]
    assert detail["rowsRemoved"] == [2]
    assert detail["rowsChanged"] == [1, 2]
    assert detail["sizeChanged"] is False
    assert detail["colsChanged"] == [0, 1] if added_cells == "included" else detail["colsChanged"]
    added = [(2, 0, "c"), (2, 1, "3")] if added_cells == "included" else []
    assert detail["cellsChanged"] == [(1, 1, "x"), *added]
    assert isinstance(execute.module.seen[0][2], dict) is (kind == "dict")
    table.appendCol(["more", "", ""])
    host.frame()
    assert execute.module.details[1]["colsAdded"] == [2]
    assert execute.module.details[1]["sizeChanged"] is True


def test_one_argument(open_host: Any) -> None:
    """Row 61: builds before 2025 hand over the DAT alone."""
    host = open_host(dat_arguments=1)
    table, execute = watched_table(host)
    table["a", "value"] = "x"
    host.frame()
    assert execute.module.seen == [(table, None, None)]


def test_edit_in_the_callback(host: Host) -> None:
    """Section 5.2: an edit made by the callback is reported in the next frame, not swallowed."""
    table, execute = watched_table(host)
    execute.text += "\ndef onTableChange(dat, prevDAT, info):\n    before.append(dat['a', 'value'].val)\n"
    execute.text += "    if dat['a', 'value'] == 'x':\n        dat['a', 'value'] = 'y'\n"
    table["a", "value"] = "x"
    host.frame()
    assert execute.module.before == ["x"]
    host.frame(3)
    assert execute.module.before == ["x", "y"]


def test_renamed_or_destroyed_table(host: Host) -> None:
    """Section 5.2: the parameter no longer resolves: silence; pointed anew, it watches from then on."""
    table, execute = watched_table(host)
    table.name = "other"
    table["a", "value"] = "x"
    host.frame()
    assert execute.module.seen == []
    execute.par.dat = "other"
    host.frame()
    table["a", "value"] = "y"
    host.frame()
    assert len(execute.module.seen) == 1
    table.destroy()
    host.frame()


@pytest.mark.parametrize("setting", ["end", "start"])
def test_default_of_execute(open_host: Any, setting: str) -> None:
    """Section 5.2: not documented, so a switch."""
    project = open_host(dat_execute_default=setting).op("/project1")
    assert project.create("datexecuteDAT", "watch").par.execute.eval() == setting


def test_finer_callbacks(host: Host) -> None:
    """Section 5.2: the deprecated ones still work."""
    table, execute = watched_table(host)
    execute.par.tablechange = False
    for toggle in ("rowchange", "cellchange", "sizechange"):
        setattr(execute.par, toggle, True)
    execute.text = (
        "seen = []\ndef onRowChange(dat, rows):\n    seen.append(rows)\n"
        "def onCellChange(dat, cells, prev):\n    seen.append(([cell.val for cell in cells], prev))\n"
        "def onSizeChange(dat):\n    seen.append(dat.numRows)\n"
    )
    host.frame()
    table["a", "value"] = "x"
    host.frame()
    assert execute.module.seen == [[1], (["x"], ["1"])]
    table.appendRow(["c"])
    host.frame()
    assert execute.module.seen[2] == 4


def test_raising_callback(host: Host) -> None:
    """Row 62: shown on the node and in the textport; later calls still happen."""
    host.expect("onValueChange of /project1/comp/execute")
    comp, execute = watched(host)
    execute.text = "calls = []\ndef onValueChange(par, prev):\n    calls.append(1)\n    1 / 0\n"
    for value in (1, 2):
        comp.par.One = value
        host.frame()
    assert len(execute.module.calls) == 2
    assert "ZeroDivisionError" in execute.errors()
    assert "ZeroDivisionError" in host.textport


def test_callback_that_does_not_compile(host: Host) -> None:
    """Section 10.1: said once, not with every event; mended, it works."""
    host.expect("does not compile")
    comp, execute = watched(host)
    execute.text = "def onValueChange(par, prev:\n"
    for value in range(1, 5):
        comp.par.One = value
        host.frame()
    assert len(host.problems) == 1
    execute.text = PAR_EXECUTE
    comp.par.One = 9
    host.frame()
    assert execute.module.seen == [("One", 4, 9)]


LIFE = "seen = []\n" + "".join(
    f"def {name}({args}):\n    seen.append('{name}')\n"
    for name, args in (
        *(("onStart", ""), ("onCreate", ""), ("onExit", ""), ("onFrameStart", "frame"), ("onFrameEnd", "frame")),
        *(("onPlayStateChange", "state"), ("onProjectPreSave", ""), ("onProjectPostSave", "")),
    )
)
LIFE_TOGGLES = (
    "start",
    "create",
    "exit",
    "framestart",
    "frameend",
    "playstatechange",
    "projectpresave",
    "projectpostsave",
)


def life_in(comp: Any, name: str = "life") -> Any:
    execute = comp.create("executeDAT", name)
    for toggle in LIFE_TOGGLES:
        setattr(execute.par, toggle, True)
    execute.text = LIFE
    return execute


def test_execute_dat(open_host: Any, tmp_path: Any) -> None:
    """Row 63: onCreate on load and paste, onStart as well when a project is opened, onExit at quit."""
    host = open_host()
    comp = host.op("/project1").create("baseCOMP", "comp")
    life = life_in(comp)
    host.frame()
    assert life.module.seen == ["onFrameStart", "onCreate", "onFrameEnd"]
    copy = host.op("/project1").copy(comp)
    host.frame()
    assert copy.op("life").module.seen == ["onFrameStart", "onCreate", "onFrameEnd"]
    loaded = host.load_saved(host.save_tox(comp, tmp_path / "comp.tox"))
    host.frame(2)
    assert loaded.op("life").module.seen.count("onCreate") == 1
    assert "onStart" not in loaded.op("life").module.seen
    saved = host.save()
    assert life.module.seen[-2:] == ["onProjectPreSave", "onProjectPostSave"]
    host.paused = True
    host.paused = False
    assert life.module.seen[-2:] == ["onPlayStateChange"] * 2
    host.quit()
    assert life.module.seen[-1] == "onExit"
    host.close()
    with Host(tmp_path / "project", project=saved) as opened:
        opened.frame()
        seen = opened.op("/project1/comp/life").module.seen
        assert [event for event in seen if "Frame" not in event] == ["onStart", "onCreate"]


def test_order_of_execute_dats(host: Host) -> None:
    """Section 5.3: onCreate in the order of DAT names."""
    comp = host.op("/project1").create("baseCOMP", "comp")
    for name in ("b", "c", "a"):
        life = comp.create("executeDAT", name)
        life.par.create = True
        life.text = "def onCreate():\n    print('created', me.name)\n"
    host.frame()
    assert list(host.textport.lines) == ["created a", "created b", "created c"]


@pytest.mark.parametrize(("setting", "count"), [("run", 2), ("stop", 0)])
def test_frame_callbacks_while_paused(open_host: Any, setting: str, count: int) -> None:
    """Section 5.3: not known, so a switch."""
    host = open_host(frames_when_paused=setting)
    life = life_in(host.op("/project1"))
    host.frame()
    host.paused = True
    before = life.module.seen.count("onFrameStart")
    host.frame(2)
    assert life.module.seen.count("onFrameStart") - before == count


@pytest.mark.parametrize("setting", ["listed", "reversed", "rotated"])
def test_order_inside_a_frame(open_host: Any, setting: str) -> None:
    """Section 5.4: the groups keep their order whatever the order inside them."""
    host = open_host(frame_order=setting)
    project = host.op("/project1")
    code = project.create("executeDAT", "code")
    code.par.framestart = code.par.frameend = True
    code.text = (
        "seen = []\ndef onFrameStart(frame):\n    seen.append('start')\n"
        "    run(lambda: seen.append('end of frame'), endFrame=True)\n"
        "    run(lambda: seen.append('run'), delayFrames=1)\n"
        "def onFrameEnd(frame):\n    seen.append('end')\n"
    )
    host.frame(2)
    second = code.module.seen[3:]
    assert second[:2] == ["start", "run"]
    assert sorted(second[2:]) == ["end", "end of frame"]


def test_component_without_cooking_is_not_run(host: Host) -> None:
    """A component in a COMP whose cooking is off can be saved without ever having run."""
    room = host.op("/project1").create("baseCOMP", "room")
    room.allowCooking = False
    life = life_in(room)
    host.frame(2)
    assert life.module.seen == []


CHOP_EXECUTE = """
seen = []

def onOffToOn(channel, sampleIndex, val, prev):
    seen.append(("on", channel.name, sampleIndex, val, prev))

def onOnToOff(channel, sampleIndex, val, prev):
    seen.append(("off", channel.name, sampleIndex, val, prev))

def onValueChange(channel, sampleIndex, val, prev):
    seen.append(("changed", channel.name, sampleIndex, val, prev))
"""


def test_channels_that_change_are_told_once_a_frame(host: Host) -> None:
    """CHOP Execute DAT: its toggles choose what is told, its pattern of whom; the first value is no change."""
    project = host.op("/project1")
    chop = project.create("constantCHOP", "buttons")
    chop.seq.const.numBlocks = 2
    chop.par.const0name, chop.par.const1name = "red", "blue"
    execute = project.create("chopexecuteDAT", "execute")
    execute.par.chop, execute.par.channel, execute.par.offtoon = "buttons", "r*", True
    execute.text = CHOP_EXECUTE
    host.frame(2)
    chop.par.const0value, chop.par.const1value = 0.5, 1
    host.frame(2)
    assert execute.module.seen == [("on", "red", 0, 0.5, 0.0), ("changed", "red", 0, 0.5, 0.0)]
    execute.par.valuechange, execute.par.offtoon, execute.par.ontooff = False, False, True
    chop.par.const0value = 0.25
    host.frame()
    chop.par.const0value = 0
    host.frame()
    assert execute.module.seen[2:] == [("off", "red", 0, 0.0, 0.25)]
