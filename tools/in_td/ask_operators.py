"""Questions about operators and how they are found."""

from typing import Any

import td
from in_td.ask import question
from in_td.room import Room, attempt


@question("which COMP a global shortcut held by two of them names")
def ask_shortcut_conflict(room: Room) -> str:
    shortcut = "tdgselftest"
    first, second = room.create(td.baseCOMP, "first"), room.create(td.baseCOMP, "second")
    for comp in (first, second):
        room.at_last(lambda comp=comp: setattr(comp.par, "opshortcut", ""))  # type: ignore[misc]
        comp.par.opshortcut = shortcut
    holder = getattr(td.op, shortcut, None)
    room.details["parameters"] = [comp.par.opshortcut.eval() for comp in (first, second)]
    return "newest" if holder == second else "first" if holder == first else "neither"


@question("create() with characters that no operator name has")
def ask_illegal_name(room: Room) -> str:
    made: list[Any] = []
    error = attempt(lambda: made.append(room.create(td.textDAT, "a b-c")))
    if error is not None:
        return "raises"
    room.details["name"] = made[0].name
    return "cleaned"


@question("assigning a name that a sibling has")
def ask_rename_taken(room: Room) -> str:
    room.create(td.textDAT, "taken")
    other = room.create(td.textDAT, "other")
    error = attempt(lambda: setattr(other, "name", "taken"))
    room.details["name"] = other.name
    return "raises" if error is not None else "numbered" if other.name not in ("taken", "other") else other.name


@question("destroying an operator that others are docked to")
def ask_destroy_docked(room: Room) -> str:
    host, docked = room.create(td.textDAT, "host"), room.create(td.textDAT, "docked")
    docked.dock = host
    if attempt(host.destroy) is not None:
        return "raises"
    return "undocks" if docked.valid else "destroys"


@question("order of children and findChildren()")
def ask_children_order(room: Room) -> str:
    for name in ("b", "a", "c"):
        room.create(td.textDAT, name)
    names = "".join(node.name for node in room.comp.children)
    return {"bac": "created", "cab": "reversed", "abc": "by_name"}.get(names, names)


@question("whether two look-ups of one operator give the same Python object")
def ask_op_objects(room: Room) -> str:
    node = room.create(td.textDAT, "node")
    first, second = td.op(node.path), td.op(node.path)
    room.details["equal"] = first == second
    room.details["hash"] = "equal" if attempt(lambda: hash(first)) is None and hash(first) == hash(second) else "none"
    return "same" if first is second else "fresh"


@question("'../x' from a DAT: beside the COMP that holds it, or beside the DAT")
def ask_dotdot_path(room: Room) -> str:
    inner = room.create(td.baseCOMP, "inner")
    outside, beside = room.create(td.textDAT, "target"), room.create(td.textDAT, "target", parent=inner)
    script = room.script("look", "def look():\n    return op('../target')\n", inner)
    found = script.module.look()
    return "network" if found == outside else "node" if found == beside else "nothing"


@question("place and size of a new operator, cells of a new table", switch=False)
def ask_new_operator(room: Room) -> list[int]:
    table, comp = room.create(td.tableDAT, "table"), room.create(td.baseCOMP, "comp")
    room.details["comp"] = [comp.nodeX, comp.nodeY, comp.nodeWidth, comp.nodeHeight]
    return [table.nodeX, table.nodeY, table.nodeWidth, table.nodeHeight, table.numRows, table.numCols]
