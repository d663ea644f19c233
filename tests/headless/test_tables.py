"""Rows 32 to 47 of the API sheet, section 11: text and table DATs."""

import os
from pathlib import Path
from typing import Any

import pytest

from headless_td import Host, tdError

ROWS = [["id", "name"], ["a", "one"], ["b", "two"]]


def table_in(host: Host, rows: list[list[str]] | None = None) -> Any:
    table = host.op("/project1").create("tableDAT", "table")
    table.clear()
    table.appendRows(ROWS if rows is None else rows)
    return table


@pytest.fixture
def table(host: Host) -> Any:
    return table_in(host)


def cells(dat: Any) -> list[list[str]]:
    return dat.rows(val=True)


def test_cells_hold_text(table: Any) -> None:
    """Row 32: numbers and truth values become their text."""
    table.appendRow([1, True])
    assert cells(table)[-1] == ["1", "True"]
    assert table[3, 0].val == "1"


@pytest.mark.parametrize("setting", ["None", ""])
def test_none_in_a_cell(open_host: Any, setting: str) -> None:
    """Row 33."""
    table = table_in(open_host(none_cell=setting))
    table.appendRow(["c", None])
    table[1, 1] = None
    assert (table[3, 1].val, table[1, 1].val) == (setting, setting)


def test_reading_a_cell(table: Any) -> None:
    """Row 34: exact names, first match, None when missing; no patterns."""
    assert table["b", "name"].val == "two"
    assert table[2, 1].val == "two"
    assert table["a*", "name"] is None
    assert table["A", "name"] is None
    assert table[9, 0] is None
    table.appendRow(["a", "again"])
    assert table["a", 1].val == "one"
    assert table["id", 1].val == "name"


@pytest.mark.parametrize("setting", ["raises", "ignored"])
def test_writing_outside_the_table(open_host: Any, setting: str) -> None:
    """Row 35: never adds anything."""
    table = table_in(open_host(missing_cell=setting))
    if setting == "raises":
        with pytest.raises(tdError, match="has no cell"):
            table[9, 0] = "x"
    else:
        table[9, 0] = "x"
    assert cells(table) == ROWS


@pytest.mark.parametrize(("setting", "value"), [("refused", None), ("from_end", "b")])
def test_negative_indices(open_host: Any, setting: str, value: str | None) -> None:
    """Row 36."""
    cell = table_in(open_host(negative_index=setting))[-1, 0]
    assert (None if cell is None else cell.val) == value


def test_find_cell(table: Any) -> None:
    """Row 37: patterns, any case, reading order; rows and columns must be lists."""
    table.appendRow(["a*", "ONE"])
    assert table.findCell("o*").val == "one"
    assert table.findCell("one").row == 1
    assert table.findCell("ONE", caseSensitive=True).row == 3
    assert table.findCell("a*").row == 1
    assert table.findCell("a*", valuePattern=False).row == 3
    assert table.findCell("two", cols=["name"]).row == 2
    assert table.findCell("two", cols=[0]) is None
    assert [cell.row for cell in table.findCells("*n*", cols=["name"])] == [0, 1, 3]
    with pytest.raises(tdError, match="lists"):
        table.findCell("two", cols="name")
    with pytest.raises(TypeError):
        table.findCell("two", columns=["name"])


def test_names_are_patterns_in_row_and_cell(table: Any) -> None:
    """Row 37 and section 3.3: a document id such as `[ab]` or `x y` matches other rows."""
    assert [cell.val for cell in table.row("[b]")] == ["b", "two"]
    assert table.row("a b", val=True) == ["a", "one"]
    assert len(table.rows("a b")) == 2
    assert table.row("nothing") is None
    assert table.rows("nothing") == []
    assert table.cell("b", "n*").val == "two"
    assert table.cell("b", "nothing") is None
    assert table.col("name", val=True) == ["name", "one", "two"]


def test_ragged_rows(table: Any) -> None:
    """Row 38: a longer row widens the table, a shorter one is padded."""
    table.appendRow(["c"])
    table.appendRow(["d", "four", "extra"])
    assert table.numCols == 3
    assert cells(table)[3] == ["c", "", ""]
    assert cells(table)[0] == ["id", "name", ""]


def test_indices_that_appends_return(table: Any) -> None:
    """Row 39: the new row, the last of several, the place asked for."""
    assert table.appendRow(["c", "three"]) == 3
    assert table.appendRows([["d", "four"], ["e", "five"]]) == 5
    assert table.appendRow(["aa", ""], "a") == 2
    assert table.insertRow(["0", ""], "a") == 1
    assert [row[0] for row in cells(table)] == ["id", "0", "a", "aa", "b", "c", "d", "e"]
    with pytest.raises(tdError):
        table.appendRow("text")
    table.clear()
    table.appendRows(["x", "y"])
    assert cells(table) == [["x"], ["y"]]


def test_replace_row(table: Any) -> None:
    """Row 40: `entireRow` blanks the rest."""
    table.replaceRow("a", ["A"], entireRow=False)
    assert cells(table)[1] == ["A", "one"]
    assert table.replaceRow(1, ["A"]) == 1
    assert cells(table)[1] == ["A", ""]


@pytest.mark.parametrize("setting", ["raises", "ignored"])
def test_missing_rows(open_host: Any, setting: str) -> None:
    """Row 41."""
    table = table_in(open_host(missing_row=setting))
    for use in (
        lambda: table.deleteRow("gone"),
        lambda: table.deleteRows([9]),
        lambda: table.replaceRow("gone", ["x"]),
    ):
        if setting == "raises":
            with pytest.raises(tdError, match="has no row"):
                use()
        else:
            use()
    assert cells(table) == ROWS


@pytest.mark.parametrize(("setting", "left"), [("before_call", ["id"]), ("one_by_one", ["id", "b"])])
def test_indices_of_delete_rows(open_host: Any, setting: str, left: list[str]) -> None:
    """Row 41: as of before the call, or shifting; falling indices mean the same either way."""
    host = open_host(delete_rows=setting)
    table = table_in(host, [["id"], ["a"], ["b"], ["c"]])
    table.deleteRows([3, 1])
    assert [row[0] for row in cells(table)] == ["id", "b"]
    table.deleteRows()
    assert table.numRows == 2
    table.clear()
    table.appendRows([["id"], ["a"], ["b"], ["c"]])
    table.deleteRows([1, 2])
    assert [row[0] for row in cells(table)] == (["id", "c"] if setting == "before_call" else ["id", "b"])
    assert left[0] == "id"


def test_clear(table: Any) -> None:
    """Row 42: header kept on demand; harmless on an empty table."""
    table.clear(keepFirstRow=True)
    assert cells(table) == [["id", "name"]]
    table.clear()
    assert (table.numRows, table.numCols) == (0, 0)
    table.clear(keepFirstRow=True)
    assert cells(table) == []
    table.appendRow(["x", "y", "z"])
    assert (table.numRows, table.numCols) == (1, 3)


def test_columns_and_size(table: Any) -> None:
    """Section 3.2: columns as rows; setSize grows with empty cells and cuts."""
    assert table.appendCol(["n", 1, 2]) == 2
    assert table.insertCol(["first"], 0) == 0
    assert cells(table) == [["first", "id", "name", "n"], ["", "a", "one", "1"], ["", "b", "two", "2"]]
    table.deleteCol("first")
    table.replaceCol("n", ["m", 3, 4])
    assert table.col("m", val=True) == ["m", "3", "4"]
    table.setSize(4, 1)
    assert cells(table) == [["id"], ["a"], ["b"], [""]]


def test_text_and_csv(table: Any) -> None:
    """Row 43: text loses line breaks in cells and splits at tabs; csv keeps both."""
    table.appendRow(["c", "two\nlines\tand a tab"])
    kept = cells(table)
    csv, text = table.csv, table.text
    table.csv = csv
    assert cells(table) == kept
    table.text = text
    assert cells(table)[3] == ["c", "twolines", "and a tab"]


def test_cell_is_a_position(table: Any) -> None:
    """Row 44: after a deletion it shows other content, at last none."""
    cell = table[1, 1]
    assert (cell.val, cell.row, cell.col, cell.owner) == ("one", 1, 1, table)
    table.deleteRow(1)
    assert cell.val == "two"
    table.deleteRow(1)
    assert not cell.valid
    with pytest.raises(tdError, match="no longer"):
        _ = cell.val


def test_cell_in_expressions(table: Any) -> None:
    """Section 3.4: numbers add, texts join, comparison with text works."""
    table.appendRows([["1", "2"], ["x", "2"]])
    assert table[3, 0] + table[3, 1] == 3
    assert table[4, 0] + table[4, 1] == "x2"
    assert table[4, 0] == "x"
    assert float(table[3, 1]) == 2.0
    assert table[3, 0].offset(1, 1).val == "2"
    assert table[3, 0].offset(9, 0) is None
    table[3, 0].val = 5
    assert table[3, 0].val == "5"


@pytest.mark.parametrize(("setting", "truth"), [("text", True), ("number", False)])
def test_truth_of_a_cell(open_host: Any, setting: str, truth: bool) -> None:
    """Section 3.4: whether '0' is true is a switch."""
    assert bool(table_in(open_host(cell_truth=setting), [["0"]])[0, 0]) is truth


@pytest.mark.parametrize("setting", ["raises", "ignored"])
def test_editing_what_cannot_be_edited(open_host: Any, setting: str) -> None:
    """Row 45: a Select DAT shows another table."""
    host = open_host(read_only_dat=setting)
    source = table_in(host)
    select = host.op("/project1").create("selectDAT", "select")
    select.par.dat = "table"
    assert not select.isEditable
    assert select["a", "name"].val == "one"
    cell = select[1, 1]
    if setting == "raises":
        with pytest.raises(tdError, match="cannot be edited"):
            cell.val = "x"
    else:
        cell.val = "x"
    assert cells(source) == ROWS


def fifo_in(host: Host, **pars: Any) -> Any:
    project = host.op("/project1")
    fifo = project.create("fifoDAT", "log")
    callbacks = project.create("textDAT", "log_callbacks")
    callbacks.text = (
        "seen = []\ndef onNewRow(dat, rowIndex, cells):\n    seen.append((rowIndex, [cell.val for cell in cells]))\n"
    )
    fifo.par.callbacks = "log_callbacks"
    for name, value in pars.items():
        setattr(fifo.par, name, value)
    return fifo


@pytest.mark.parametrize(("setting", "rows"), [("extra", 4), ("counted", 3)])
def test_fifo_capacity(open_host: Any, setting: str, rows: int) -> None:
    """Row 46: the oldest rows go, the heading stays; whether it counts is a switch."""
    fifo = fifo_in(open_host(fifo_heading=setting), maxlines=3, firstrow=True)
    for value in ("head", *range(10)):
        fifo.appendRow([value])
    assert fifo.numRows == rows
    assert (fifo[0, 0].val, fifo[fifo.numRows - 1, 0].val) == ("head", "9")
    fifo.par.firstrow = False
    fifo.par.maxlines = 2
    fifo.appendRow(["last"])
    assert [row[0] for row in cells(fifo)] == ["9", "last"]
    fifo.par.clamp = False
    fifo.appendRows([[value] for value in range(10)])
    assert fifo.numRows == 12


def test_fifo_clear_pulse(open_host: Any) -> None:
    """Section 3.6: all rows but the heading go, at once or later."""
    host = open_host(built_in_pulse="later")
    fifo = fifo_in(host)
    fifo.appendRows([["head"], ["x"]])
    fifo.par.clear.pulse()
    assert fifo.numRows == 2
    host.frame()
    assert cells(fifo) == [["head"]]


@pytest.mark.parametrize(("setting", "at_once"), [("at_once", 2), ("frame_end", 0)])
def test_on_new_row(open_host: Any, setting: str, at_once: int) -> None:
    """Row 46: called once per row, inside the append or at the end of the frame."""
    host = open_host(fifo_new_row=setting)
    fifo = fifo_in(host)
    fifo.appendRow(["a"])
    fifo.appendRow(["b"])
    callbacks = host.op("/project1/log_callbacks").module
    assert len(callbacks.seen) == at_once
    host.frame()
    assert callbacks.seen == [(0, ["a"]), (1, ["b"])]


@pytest.mark.parametrize(("setting", "editable"), [("yes", True), ("no", False)])
def test_is_editable(open_host: Any, setting: str, editable: bool) -> None:
    """Section 3.1: what a FIFO says of itself is a switch; it takes rows either way."""
    fifo = fifo_in(open_host(fifo_editable=setting))
    assert fifo.isEditable is editable
    assert fifo.appendRow(["x"]) == 0


def test_edits_by_hand(host: Host, table: Any) -> None:
    """Row 47: sort, rename, delete, paste, clear raise the same events as edits by scripts."""
    project = host.op("/project1")
    execute = project.create("datexecuteDAT", "watch")
    execute.par.dat = "table"
    execute.text = "seen = []\ndef onTableChange(dat, prevDAT, info):\n    seen.append(dat.numRows)\n"
    host.frame()
    edit = host.user_edit(table)
    edits = (
        lambda: edit.set("a", "name", "edited"),
        lambda: edit.sort("name", reverse=True),
        lambda: edit.set(1, 0, "renamed"),
        lambda: edit.delete_rows(1),
        lambda: edit.append_row(["z", "last"]),
        lambda: edit.paste(2, 1, [["p", "q"], ["r", "s"]]),
        edit.clear,
    )
    for change in edits:
        change()
        host.frame()
    assert execute.module.seen == [3, 3, 3, 2, 3, 4, 0]
    assert cells(table) == []


def test_text_dat(project: Any) -> None:
    """Section 3.1: write() appends, so print(file=dat) works; jsonObject parses."""
    dat = project.create("textDAT", "text")
    print('{"a":', "1}", file=dat)
    assert dat.text == '{"a": 1}\n'
    assert dat.jsonObject == {"a": 1}
    assert dat.isText
    assert not dat.isTable
    assert not dat.isatty()
    dat.clear()
    assert dat.text == ""


def test_saving_contents(host: Host, table: Any) -> None:
    """Section 3.2: relative to the project folder, kind by extension."""
    path = table.save("out/table.csv", createFolders=True)
    assert path == f"{host.project.folder}/out/table.csv"
    assert Path(path).read_text(encoding="utf-8") == "id,name\na,one\nb,two\n"
    with pytest.raises(tdError, match="folder does not exist"):
        table.save("nowhere/table.csv")


def test_file_sync(host: Host) -> None:
    """Section 3.5: turning it on loads the file; an edit outside arrives some frames later, one inside goes out."""
    file = Path(host.project.folder, "note.txt")
    file.write_text("from disk", encoding="utf-8")
    dat = host.op("/project1").create("textDAT", "note")
    dat.par.file = "note.txt"
    assert dat.text == ""
    dat.par.syncfile = True
    assert dat.text == "from disk"
    file.write_text("edited outside", encoding="utf-8")
    os.utime(file, (1, 1))
    host.frame(10)
    assert dat.text == "edited outside"
    dat.text = "edited inside"
    host.frame(10)
    assert file.read_text(encoding="utf-8") == "edited inside"
