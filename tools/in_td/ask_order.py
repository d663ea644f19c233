"""The question in which order things come within a frame."""

import threading

import td
from in_td.ask import question
from in_td.ask_threads import enqueue, manager, wait_for
from in_td.room import Room, attempt
from in_td.steps import Steps, frames

#: The three groups of a frame, as the documentation tells them, in the orders that the stand-in knows: what comes at
#: its start, in its middle, at its end. Nobody knows the order within a group.
ORDERS = {
    "listed": (
        ("frame_start", "dat_start", "refresh_hook"),
        ("run", "pulse", "create"),
        ("end_run", "dat_end", "fifo", "init", "frame_end"),
    ),
    "reversed": (
        ("refresh_hook", "dat_start", "frame_start"),
        ("create", "pulse", "run"),
        ("frame_end", "init", "fifo", "dat_end", "end_run"),
    ),
    "rotated": (
        ("refresh_hook", "frame_start", "dat_start"),
        ("pulse", "create", "run"),
        ("dat_end", "fifo", "init", "frame_end", "end_run"),
    ),
}


@question("order within each of the three groups of a frame")
def ask_frame_order(room: Room) -> Steps:
    over = threading.Event()
    room.at_last(over.set)
    _prepare(room)
    if manager() is not None:
        enqueue(wait_for, over, RefreshHook=lambda *_: _tell(room, "refresh_hook"))
    yield from frames(4)
    room.events.clear()
    begun = room.frame
    at_once = _act(room)
    following: list[float] = []
    for _ in range(3):
        yield from frames(1)
        following.append(room.frame)
        _tell(room, "run")
    over.set()
    yield from frames(2)
    seen = _seen(room, begun, following, at_once)
    room.details["frames"] = seen
    return next((name for name, groups in ORDERS.items() if _fits(seen, groups)), "other")


_INIT = """class One:
    def __init__(self, ownerComp):
        pass

    def onInitTD(self):
        tell('init')
"""


def _tell(room: Room, what: str) -> None:
    room.events.append((room.frame, what))


def _prepare(room: Room) -> None:
    """Everything that tells of itself."""

    def told(name: str, signature: str, what: str) -> str:
        return str(room.script(f"code_{what}", f"def {name}({signature}):\n    tell('{what}')\n").text)

    text = told("onFrameStart", "frame", "frame_start") + told("onFrameEnd", "frame", "frame_end")
    room.create(td.executeDAT, "frames", text, framestart=True, frameend=True)
    table = room.create(td.tableDAT, "table")
    table.clear()
    table.appendRow(["a"])
    for mode in ("start", "end"):
        text = told("onTableChange", "*args", f"dat_{mode}")
        room.create(td.datexecuteDAT, f"table_{mode}", text, dat="table", tablechange=True, execute=mode)
    room.create(td.textDAT, "calls", told("onNewRow", "dat, rowIndex, cells", "fifo"), language="python")
    room.create(td.fifoDAT, "fifo", callbacks="calls")
    room.par("Pulse", "Go", room.create(td.baseCOMP, "pulsed"))
    room.create(td.parameterexecuteDAT, "pars", told("onPulse", "par", "pulse"), op="pulsed", pars="*", onpulse=True)
    room.create(td.executeDAT, "created", told("onCreate", "", "create"), create=True)
    room.extended("comp", _INIT, "One")


def _act(room: Room) -> set[str]:
    """Does everything that calls something back; what was called within is of no use here."""
    _tell(room, "run")
    node = room.comp.op
    td.run(lambda: _tell(room, "end_run"), endFrame=True, delayRef=td.op.TDResources)
    node("table").appendRow(["b"])
    node("fifo").appendRow(["x"])
    node("pulsed").par.Go.pulse()
    room.comp.copy(node("created"), name="copied")
    attempt(lambda: node("comp").ext.One)
    return {event[1] for event in room.events} - {"run"}


def _seen(room: Room, begun: float, following: list[float], at_once: set[str]) -> list[list[str]]:
    """What came in each frame, in order; without what came elsewhere than its name says."""
    only = {"dat_start": following[0], "dat_end": begun, "fifo": begun}
    seen: dict[float, list[str]] = {frame: [] for frame in (begun, *following)}
    for frame, what in room.events:
        if what not in at_once and frame in seen and only.get(what, frame) == frame:
            seen[frame].append(what)
    return list(seen.values())


def _fits(seen: list[list[str]], groups: tuple[tuple[str, ...], ...]) -> bool:
    for names in seen:
        for group in groups:
            came = list(dict.fromkeys(name for name in names if name in group))
            if came != [name for name in group if name in came]:
                return False
    return True
