"""Questions about callbacks, frames and dialogs: what comes when."""

from typing import Any

import td
from in_td.ask import question
from in_td.options import ASK
from in_td.room import Room, Unanswered, attempt
from in_td.steps import Steps, frames, until

#: How long something that is bound to come is waited for: in seconds, and in frames at least.
PATIENCE_S = 0.05
PATIENCE_FRAMES = 6


def _settled(room: Room) -> Steps:
    """Lets everything come that the creation of operators brings about."""
    yield from frames(3)
    room.events.clear()


def _awaited(room: Room, what: str, count: int = 1) -> Steps:
    yield from until(lambda: len(room.told(what)) >= count, PATIENCE_S, PATIENCE_FRAMES)


def _watched_parameter(room: Room, style: str) -> Any:
    comp = room.create(td.baseCOMP, "comp")
    par = room.par(style, "Watched", comp)
    text = "def onValueChange(par, prev):\n    tell('value')\n\n\ndef onPulse(par):\n    tell('pulse')\n"
    watch = room.create(td.parameterexecuteDAT, "watch", op="comp", pars="*", custom=True, builtin=False)
    watch.text = room.script("code", text).text
    watch.par.valuechange = watch.par.onpulse = True
    return par


#: Sets the second parameter at the end of the frame in which it is armed.
_AT_FRAME_END = """def onFrameEnd(frame):
    if not me.fetch('armed', False, search=False):
        return
    me.store('armed', False)
    op('comp').par.Second = 5
"""


@question("when onValueChange is called")
def ask_par_execute(room: Room) -> Steps:
    par = _watched_parameter(room, "Int")
    second = room.par("Int", "Second", par.owner)
    late = room.create(td.executeDAT, "late", _AT_FRAME_END, frameend=True)
    yield from _settled(room)
    begun = room.frame
    par.val = 5
    if room.told("value"):
        return "at_once"
    yield from _awaited(room, "value")
    if not room.told("value"):
        return "never"
    room.details["set by run()"] = "same frame" if room.told("value")[0][0] == begun else "next frame"
    # What is set at the very end of a frame tells its end from the beginning of the next one. Two ways to be there:
    # nobody knows which of them comes before the callbacks.
    room.events.clear()
    begun = room.frame
    late.store("armed", True)
    td.run(lambda: setattr(par, "val", 6), endFrame=True, delayRef=td.op.TDResources)
    yield from _awaited(room, "value", 2)
    room.details["set at the end"] = (par.eval(), second.eval())
    return "frame_end" if any(event[0] == begun for event in room.told("value")) else "next_frame"


@question("when onPulse is called")
def ask_pulse(room: Room) -> Steps:
    par = _watched_parameter(room, "Pulse")
    yield from _settled(room)
    par.pulse()
    if room.told("pulse"):
        return "at_once"
    yield from _awaited(room, "pulse")
    return "later" if room.told("pulse") else "never"


@question("two pulses of one frame")
def ask_pulses(room: Room) -> Steps:
    par = _watched_parameter(room, "Pulse")
    yield from _settled(room)
    par.pulse()
    par.pulse()
    yield from _awaited(room, "pulse", 2)
    return {2: "each", 1: "merged"}.get(len(room.told("pulse")), len(room.told("pulse")))


@question("when a built-in pulse such as reinitextensions or clear acts")
def ask_built_in_pulse(room: Room) -> Steps:
    fifo = room.create(td.fifoDAT, "fifo")
    for number in range(4):
        fifo.appendRow([str(number)])
    comp = room.extended("comp", "class One:\n    def __init__(self, ownerComp):\n        tell('made')\n", "One")
    attempt(lambda: comp.ext.One)
    yield from _settled(room)
    rows = fifo.numRows
    fifo.par.clear.pulse()
    comp.par.reinitextensions.pulse()
    made = len(room.told("made"))
    room.details["clear"] = "at_once" if fifo.numRows < rows else "later"
    yield from _awaited(room, "made")
    return "at_once" if made else "later" if room.told("made") else "on_access"


_TABLE_CHANGE = """def onTableChange(*args):
    info = args[2] if len(args) > 2 else {}
    known = info.get if isinstance(info, dict) else lambda name: getattr(info, name, None)
    cells = [cell.row for cell in known('cellsChanged') or []]
    tell('MODE', len(args), type(info).__name__, cells)
"""


def _watch_table(room: Room) -> Any:
    """A table with one DAT Execute of each mode."""
    table = room.create(td.tableDAT, "table")
    table.clear()
    table.appendRows([["name", "value"], ["a", "1"]])
    for mode in ("start", "end"):
        watch = room.create(td.datexecuteDAT, f"watch_{mode}", dat="table", tablechange=True, execute=mode)
        watch.text = room.script(f"code_{mode}", _TABLE_CHANGE.replace("MODE", mode)).text
    return table


def _table_event(room: Room) -> Steps:
    """Edits a table; whether the callback ran inside the edit, the frame of the edit, and the event."""
    table = _watch_table(room)
    yield from _settled(room)
    begun = room.frame
    table[1, 1] = "2"
    at_once = bool(room.told("end"))
    table.appendRow(["b", "3"])
    at_once = at_once or bool(room.told("end"))
    yield from _awaited(room, "end")
    yield from _awaited(room, "start")
    if not room.told("end"):
        raise Unanswered("onTableChange was not called")
    room.details["events"] = [list(event[1:]) for event in room.events]
    return at_once, begun


@question("when onTableChange is called")
def ask_dat_execute(room: Room) -> Steps:
    at_once, begun = yield from _table_event(room)
    if at_once:
        return "at_once"
    return "as_set" if room.told("end")[0][0] == begun else "frame_start"


@question("default of the parameter `execute` of a DAT Execute")
def ask_dat_execute_default(room: Room) -> str:
    return str(room.create(td.datexecuteDAT, "fresh").par.execute.eval())


@question("type of `info`")
def ask_dat_info(room: Room) -> Steps:
    yield from _table_event(room)
    _, _, count, kind, _ = room.told("end")[-1]
    if count < 3:
        raise Unanswered("onTableChange is called without it")
    return "dict" if kind == "dict" else "object"


@question("whether cellsChanged holds the cells of added rows")
def ask_dat_added_cells(room: Room) -> Steps:
    yield from _table_event(room)
    if all(event[2] < 3 for event in room.told("end")):
        raise Unanswered("onTableChange is called without info")
    return "included" if any(2 in event[4] for event in room.told("end")) else "left_out"


@question("arguments that onTableChange is called with")
def ask_dat_arguments(room: Room) -> Steps:
    yield from _table_event(room)
    return room.told("end")[-1][2]


@question("onTableChange with fewer parameters than it is called with", switch=False)
def ask_dat_fewer_parameters(room: Room) -> Steps:
    table = _watch_table(room)
    room.comp.op("watch_end").text = room.script("code", "def onTableChange(dat):\n    tell('fewer')\n").text
    yield from _settled(room)
    table[1, 1] = "2"
    yield from _awaited(room, "fewer")
    return "adapts" if room.told("fewer") else "error"


@question("Execute DAT frame callbacks while the timeline is paused")
def ask_frames_when_paused(room: Room) -> Steps:
    watch = room.create(td.executeDAT, "watch")
    watch.text = room.script("code", "def onFrameStart(frame):\n    tell('frame')\n").text
    watch.par.framestart = True
    yield from _settled(room)
    playing = td.root.time.play
    room.at_last(lambda: setattr(td.root.time, "play", playing))
    td.root.time.play = False
    yield from frames(2)
    room.events.clear()
    yield from frames(5)
    return "run" if len(room.told("frame")) >= 3 else "stop"


@question("messageBox closed by its window button")
def ask_closed_dialog(_: Room) -> int:
    if not ASK:
        raise Unanswered("needs you: set ASK = True at the top of this file and run it again")
    text = "Please close this window by the button of its frame (or with Alt+F4), not by one of these."
    return td.ui.messageBox("Self-test of td-gcp", text, buttons=["Not this", "Nor this"])
