"""Edits of table DATs and the concrete DAT classes. Thread: main only.

Source: API sheet 3.2, 3.6.
"""

from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any

from headless_td import threads
from headless_td.dats import DAT
from headless_td.errors import tdError
from headless_td.nodes import Node
from headless_td.ops import OP, _slot, node_of
from headless_td.tables import Row, Table


def _editing(dat: OP) -> Table | None:
    node: Node = _slot(dat)
    if get_ident() != threads.main_ident or not node.alive:
        node.check()
    return node.editable_table()


def _lists(table: Table, vals: Sequence[Any]) -> list[Row]:
    """Rows from a list of lists; a flat list makes one-cell rows."""
    if isinstance(vals, str | bytes):
        raise tdError(f"Rows are given as a list of lists, not as the text {vals!r}.")
    return [table.as_row(item) if isinstance(item, list | tuple) else (table.as_text(item),) for item in vals]


def _position(key: Any, find: Callable[[Any], int | None], what: str) -> int:
    index = find(key)
    if index is None:
        raise tdError(f"There is no {what} {key!r}.")
    return index


class tableDAT(DAT):
    """Table DAT: a table that scripts edit."""

    __slots__ = ()

    # -- rows -------------------------------------------------------------------------------------------------

    def _put(self, rows: list[Row], position: int, sort: Any) -> None:
        table = _editing(self)
        if table is not None:
            table.insert(position, rows)
            if sort is not None:
                table.sort_by(sort)

    def appendRow(self, vals: Sequence[Any] = (), nameOrIndex: Any = None, sort: Any = None) -> int:
        """A row at the end, or after the one named; its index."""
        table = _editing(self)
        if table is None:
            return -1
        position = len(table.rows)
        if nameOrIndex is not None:
            position = _position(nameOrIndex, table.row_index, "row") + 1
        table.insert(position, [table.as_row(vals) or ("",) * table.cols])
        if sort is not None:
            table.sort_by(sort)
        return position

    def appendRows(self, vals: Sequence[Any], nameOrIndex: Any = None, sort: Any = None) -> int:
        """Rows at the end, or after the one named; the index of the last."""
        table = _editing(self)
        if table is None:
            return -1
        position = len(table.rows)
        if nameOrIndex is not None:
            position = _position(nameOrIndex, table.row_index, "row") + 1
        rows = _lists(table, vals)
        self._put(rows, position, sort)
        return position + len(rows) - 1

    def insertRow(self, vals: Sequence[Any], nameOrIndex: Any = None, sort: Any = None) -> int:
        """A row at the beginning, or before the one named; its index."""
        table = _editing(self)
        if table is None:
            return -1
        position = 0 if nameOrIndex is None else _position(nameOrIndex, table.row_index, "row")
        self._put([table.as_row(vals)], position, sort)
        return position

    def replaceRow(self, nameOrIndex: Any, vals: Sequence[Any] = (), entireRow: bool = True) -> int:
        """Write a row; `entireRow` blanks the cells beyond the values. Its index."""
        table = _editing(self)
        if table is None:
            return -1
        index = table.row_index(nameOrIndex)
        if index is None:
            self._missing("row", nameOrIndex)
            return -1
        table.replace(index, table.as_row(vals), entireRow)
        return index

    def deleteRow(self, nameOrIndex: Any) -> None:
        """Take a row out."""
        table = _editing(self)
        if table is None:
            return
        index = table.row_index(nameOrIndex)
        if index is None:
            self._missing("row", nameOrIndex)
        else:
            table.delete([index])

    def deleteRows(self, vals: Sequence[Any] | None = None) -> None:
        """Take rows out by names or indices."""
        table = _editing(self)
        if table is None or vals is None:
            return
        if node_of(self).host.unknowns.delete_rows == "one_by_one":
            for key in vals:
                self.deleteRow(key)
            return
        indices = [table.row_index(key) for key in vals]
        if None in indices:
            self._missing("row", vals)
        table.delete(index for index in indices if index is not None)

    def _missing(self, what: str, key: Any) -> None:
        node = node_of(self)
        if node.host.unknowns.missing_row == "raises":
            raise tdError(f"{node.path} has no {what} {key!r}.")

    # -- columns ----------------------------------------------------------------------------------------------

    def appendCol(self, vals: Sequence[Any] = (), nameOrIndex: Any = None, sort: Any = None) -> int:
        """A column at the end, or after the one named; its index."""
        return self.appendCols([list(vals)], nameOrIndex, sort)

    def appendCols(self, vals: Sequence[Any], nameOrIndex: Any = None, sort: Any = None) -> int:
        """Columns at the end, or after the one named; the index of the last."""
        del sort
        table = _editing(self)
        if table is None:
            return -1
        position = table.cols
        if nameOrIndex is not None:
            position = _position(nameOrIndex, table.col_index, "column") + 1
        columns = _lists(table, vals)
        table.insert_cols(position, columns)
        return position + len(columns) - 1

    def insertCol(self, vals: Sequence[Any], nameOrIndex: Any = None, sort: Any = None) -> int:
        """A column at the beginning, or before the one named; its index."""
        del sort
        table = _editing(self)
        if table is None:
            return -1
        position = 0 if nameOrIndex is None else _position(nameOrIndex, table.col_index, "column")
        table.insert_cols(position, [table.as_row(vals)])
        return position

    def replaceCol(self, nameOrIndex: Any, vals: Sequence[Any] = (), entireCol: bool = True) -> int:
        """Write a column; its index."""
        table = _editing(self)
        if table is None:
            return -1
        index = table.col_index(nameOrIndex)
        if index is None:
            self._missing("column", nameOrIndex)
            return -1
        table.replace_col(index, table.as_row(vals), entireCol)
        return index

    def deleteCol(self, nameOrIndex: Any) -> None:
        """Take a column out."""
        self.deleteCols([nameOrIndex])

    def deleteCols(self, vals: Sequence[Any] | None = None) -> None:
        """Take columns out by names or indices."""
        table = _editing(self)
        if table is None or vals is None:
            return
        indices = [table.col_index(key) for key in vals]
        if None in indices:
            self._missing("column", vals)
        table.delete_cols(index for index in indices if index is not None)

    # -- whole table ------------------------------------------------------------------------------------------

    def clear(self, keepSize: bool = False, keepFirstRow: bool = False, keepFirstCol: bool = False) -> None:
        """Empty the table, or all of it but the first row or column."""
        table = _editing(self)
        if table is not None:
            table.clear(keepSize, keepFirstRow, keepFirstCol)

    def setSize(self, rows: int, cols: int) -> None:
        """Grow with empty cells, or cut."""
        table = _editing(self)
        if table is not None:
            table.set_size(rows, cols)

    def copy(self, DAT: OP) -> None:
        """Take over the contents of another DAT."""
        source = node_of(DAT).source_table()
        table = _editing(self)
        if table is not None and source is not None:
            table.set_rows(source.rows, source.cols)
        elif table is not None:
            table.set_text(node_of(DAT).get_text())

    def scroll(self, row: Any, col: Any) -> None:
        """Viewers only."""


class fifoDAT(tableDAT):
    """FIFO DAT: a table of limited length; the oldest row goes first."""

    __slots__ = ()

    def appendRow(self, vals: Sequence[Any] = (), nameOrIndex: Any = None, sort: Any = None) -> int:
        """A row at the end; over capacity the oldest goes. Calls onNewRow. Its index."""
        index = super().appendRow(vals, nameOrIndex, sort)
        return _shortened(node_of(self), index)

    def appendRows(self, vals: Sequence[Any], nameOrIndex: Any = None, sort: Any = None) -> int:
        """Rows at the end, each with its own onNewRow."""
        index = -1
        for row in vals:
            index = self.appendRow(row if isinstance(row, list | tuple) else [row], nameOrIndex, sort)
        return index


def _shortened(node: Node, index: int) -> int:
    """Drop the oldest rows over capacity, announce the new one, and return its index."""
    table = node.table
    assert table is not None
    if node.par_value("clamp"):
        kept = 1 if node.par_value("firstrow") and len(table.rows) > 1 else 0
        counted = node.host.unknowns.fifo_heading == "counted"
        limit = max(1, int(node.par_value("maxlines"))) + (kept if not counted else 0)
        surplus = len(table.rows) - limit
        if surplus > 0:
            table.delete(range(kept, kept + surplus))
            index -= surplus
    node.host.watch.fifo_row(node, index)
    return index


class textDAT(DAT):
    """Text DAT."""

    __slots__ = ()

    def clear(self) -> None:
        """Empty the text."""
        node_of(self).set_text("")

    def copy(self, DAT: OP) -> None:
        """Take over the contents of another DAT."""
        node_of(self).set_text(node_of(DAT).get_text())


class datexecuteDAT(textDAT):
    """DAT Execute DAT."""

    __slots__ = ()


class chopexecuteDAT(textDAT):
    """CHOP Execute DAT."""

    __slots__ = ()


class parameterexecuteDAT(textDAT):
    """Parameter Execute DAT."""

    __slots__ = ()


class executeDAT(textDAT):
    """Execute DAT."""

    __slots__ = ()


class selectDAT(DAT):
    """Select DAT: shows another DAT."""

    __slots__ = ()
