"""Questions about tables, cells and FIFOs."""

from typing import Any

import td
from in_td.ask import question
from in_td.room import Room, attempt
from in_td.steps import Steps, until


def _table(room: Room, *rows: list[str]) -> Any:
    table = room.create(td.tableDAT, "table")
    table.clear()
    table.appendRows([list(row) for row in rows])
    return table


def _column(table: Any) -> list[str]:
    return [table[row, 0].val for row in range(table.numRows)]


@question("None written to a cell")
def ask_none_cell(room: Room) -> str:
    table = _table(room, ["a"])
    table.appendRow([None])
    return str(table[1, 0].val)


@question("assigning to a cell outside the table")
def ask_missing_cell(room: Room) -> str:
    table = _table(room, ["a"])
    if attempt(lambda: table.__setitem__((7, 7), "x")) is not None:
        return "raises"
    return "ignored" if (table.numRows, table.numCols) == (1, 1) else "added"


@question("negative row and column indices")
def ask_negative_index(room: Room) -> str:
    table = _table(room, ["a"], ["b"])
    try:
        cell = table[-1, 0]
    except Exception:
        return "refused"
    return "refused" if cell is None else "from_end" if cell.val == "b" else str(cell.val)


@question("deleteRow or replaceRow of a row that is not there")
def ask_missing_row(room: Room) -> str:
    table = _table(room, ["a"], ["b"])
    room.details["by name"] = "raises" if attempt(lambda: table.deleteRow("none")) is not None else "ignored"
    room.details["replaceRow"] = "raises" if attempt(lambda: table.replaceRow(7, ["x"])) is not None else "ignored"
    if attempt(lambda: table.deleteRow(7)) is not None:
        return "raises"
    return "ignored" if _column(table) == ["a", "b"] else "others"


@question("what the indices of deleteRows() refer to")
def ask_delete_rows(room: Room) -> str:
    table = _table(room, ["a"], ["b"], ["c"], ["d"])
    table.deleteRows([0, 1])
    left = "".join(_column(table))
    return {"cd": "before_call", "bd": "one_by_one"}.get(left, left)


@question("editing a DAT that is not editable")
def ask_read_only_dat(room: Room) -> str:
    _table(room, ["a"])
    shown = room.create(td.selectDAT, "shown", dat="table")
    if attempt(lambda: shown.__setitem__((0, 0), "x")) is not None:
        return "raises"
    return "ignored" if shown[0, 0].val == "a" else "edited"


@question("isEditable of a FIFO DAT")
def ask_fifo_editable(room: Room) -> str:
    return "yes" if room.create(td.fifoDAT, "fifo").isEditable else "no"


@question("whether the kept first row counts towards maxlines")
def ask_fifo_heading(room: Room) -> Any:
    fifo = room.create(td.fifoDAT, "fifo", firstrow=True, clamp=True, maxlines=3)
    for number in range(7):
        fifo.appendRow([f"row{number}"])
    room.details["rows"] = _column(fifo)
    return {4: "extra", 3: "counted"}.get(fifo.numRows, fifo.numRows)


@question("when onNewRow is called")
def ask_fifo_new_row(room: Room) -> Steps:
    room.script("calls", "def onNewRow(dat, rowIndex, cells):\n    tell('row')\n")
    fifo = room.create(td.fifoDAT, "fifo", callbacks="calls")
    yield from until(lambda: False, 0, 3)  # what its creation may bring about is over
    room.events.clear()
    begun = room.frame
    fifo.appendRow(["x"])
    if room.events:
        return "at_once"
    yield from until(lambda: room.events, 1, 10)
    if not room.events:
        return "never"
    return "frame_end" if room.events[0][0] == begun else "later"


@question("truth of a Cell: any text, or its number if it looks like one")
def ask_cell_truth(room: Room) -> str:
    table = _table(room, ["0"])
    return "text" if table[0, 0] else "number"


@question("a row that is longer than the table", switch=False)
def ask_long_row(room: Room) -> Any:
    table = _table(room, ["a"])
    if attempt(lambda: table.appendRow(["b", "c"])) is not None:
        return "raises"
    return "widens" if table.numCols == 2 and table[0, 1].val == "" else "cut"
