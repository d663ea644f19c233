"""Edits made by hand: they raise the same events as edits by scripts. Thread: main only.

Source: API sheet row 47.
"""

from collections.abc import Sequence
from typing import Any

from headless_td.errors import tdError
from headless_td.nodes import Node
from headless_td.tables import Table


class UserEdit:
    """What a user can do to a DAT in its viewer."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def _table(self) -> Table:
        node = self._node
        if node.table is None or not node.editable:
            raise tdError(f"{node.path} is no table that can be edited by hand.")
        return node.table

    def set(self, row: Any, col: Any, text: str) -> None:
        """Type into a cell, given by indices or exact names."""
        table = self._table
        row_index, col_index = table.row_index(row), table.col_index(col)
        if row_index is None or col_index is None:
            raise tdError(f"{self._node.path} has no cell [{row!r}, {col!r}] to type into.")
        table.set_cell(row_index, col_index, text)

    def append_row(self, values: Sequence[str]) -> None:
        """Add a row at the end."""
        self._table.insert(len(self._table.rows), [tuple(values)])

    def insert_row(self, position: int, values: Sequence[str]) -> None:
        """Add a row before another."""
        self._table.insert(position, [tuple(values)])

    def delete_rows(self, *rows: Any) -> None:
        """Delete rows, given by indices or exact names."""
        indices = [self._table.row_index(row) for row in rows]
        if None in indices:
            raise tdError(f"{self._node.path} lacks one of the rows {rows!r}.")
        self._table.delete(index for index in indices if index is not None)

    def sort(self, col: Any, *, reverse: bool = False) -> None:
        """Sort all rows but the first by a column."""
        index = self._table.col_index(col)
        if index is None:
            raise tdError(f"{self._node.path} has no column {col!r}.")
        head, rows = self._table.rows[:1], self._table.rows[1:]
        self._table.set_rows([*head, *sorted(rows, key=lambda row: row[index], reverse=reverse)])

    def paste(self, row: int, col: int, rows: Sequence[Sequence[str]]) -> None:
        """Paste a block over cells; the table grows where it must."""
        table = self._table
        height = max(len(table.rows), row + len(rows))
        width = max(table.cols, col + max(len(line) for line in rows))
        cells = [list(old) + [""] * (width - len(old)) for old in table.rows]
        cells += [[""] * width for _ in range(height - len(cells))]
        for offset, line in enumerate(rows):
            cells[row + offset][col : col + len(line)] = line
        table.set_rows(cells)

    def clear(self) -> None:
        """Select all and delete."""
        self._table.set_rows([])

    def text(self, text: str) -> None:
        """Edit the text of a text DAT."""
        self._node.set_text(text)
