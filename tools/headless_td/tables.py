"""Contents of a table DAT: rows of text, their edits, and a journal of what changed. Thread: main only.

Rows are tuples and are replaced, never edited, so a snapshot is a list of references: a watcher pays for what
was written, not for the size of the table.
"""

import csv
import io
import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any

from headless_td.errors import tdError
from headless_td.unknowns import Unknowns

Row = tuple[str, ...]


class Journal:
    """What a table held when a watcher last looked, kept by copy on write."""

    __slots__ = ("_before", "_full", "_old_cols", "_old_rows", "_successor", "_table")

    def __init__(self, table: "Table") -> None:
        self._table = table
        self._before: dict[int, Row] = {}
        self._full: list[Row] | None = None
        self._successor: Journal | None = None
        self._old_rows = len(table.rows)
        self._old_cols = table.cols

    def freeze(self) -> "Journal":
        """Compare with the contents of this moment from now on; the journal that is fed in its place."""
        successor = self._successor = Journal(self._table)
        self._table.journals.remove(self)
        self._table.journals.append(successor)
        return successor

    @property
    def rows(self) -> list[Row]:
        """The later contents."""
        return self._table.rows if self._successor is None else self._successor.previous()

    def touch(self, index: int) -> None:
        """Row `index` is about to be replaced."""
        if self._full is None and index < self._old_rows:
            self._before.setdefault(index, self._table.rows[index])

    def restructure(self) -> None:
        """Rows are about to move."""
        if self._full is None:
            self._full = self.previous()

    def previous(self) -> list[Row]:
        """The contents when the journal began."""
        if self._full is not None:
            return self._full
        rows = self.rows[: self._old_rows]
        for index, row in self._before.items():
            rows[index] = row
        return rows

    @property
    def previous_rows(self) -> int:
        """The number of rows when the journal began."""
        return self._old_rows

    @property
    def previous_cols(self) -> int:
        """The number of columns when the journal began."""
        return self._old_cols

    def _was(self, index: int) -> Row:
        """A row when the journal began."""
        if self._full is not None:
            return self._full[index]
        return self._before[index] if index in self._before else self._is(index)

    def _is(self, index: int) -> Row:
        """A row of the later contents."""
        return self._table.rows[index] if self._successor is None else self._successor._was(index)

    def _size(self) -> tuple[int, int]:
        """Rows and columns of the later contents."""
        later = self._successor
        return (len(self._table.rows), self._table.cols) if later is None else (later._old_rows, later._old_cols)

    def changed_rows(self) -> list[int]:
        """Indices whose contents differ; one that only one of the two states has counts as different."""
        count = self._size()[0]
        if self._full is None:
            changed = [index for index, row in self._before.items() if self._is(index) != row]
            changed.extend(range(self._old_rows, count))
            return sorted(changed)
        both = min(count, len(self._full))
        different = compress(range(both), map(operator.ne, self.rows, self._full))
        return [*different, *range(both, count)]

    def differs(self) -> bool:
        """Whether anything differs after all: a change that was undone does not count."""
        return self.size_changed or bool(self.changed_rows())

    @property
    def size_changed(self) -> bool:
        """Whether the number of rows or columns differs."""
        return self._size() != (self._old_rows, self._old_cols)

    @property
    def dirty(self) -> bool:
        """Whether anything may differ (cheap; may be true for a change that was undone)."""
        return bool(self._before) or self._full is not None or self.size_changed


class Table:
    """Rows and columns of text with the rules of the DAT class.

    Args:
        unknowns: how the open questions are answered.
    """

    __slots__ = ("__weakref__", "cols", "journals", "notify", "rows", "unknowns", "version")

    def __init__(self, unknowns: Unknowns) -> None:
        self.unknowns = unknowns
        self.rows: list[Row] = []
        self.cols = 0
        self.version = 0
        self.journals: list[Journal] = []
        self.notify: Callable[[], None] | None = None

    # -- text of values ---------------------------------------------------------------------------------------

    def as_text(self, value: Any) -> str:
        """A cell holds `str(value)`."""
        if type(value) is str:
            return value
        return self.unknowns.none_cell if value is None else str(value)

    def as_row(self, vals: Iterable[Any]) -> Row:
        """The cells of a row given as a list."""
        if isinstance(vals, str | bytes):
            raise tdError(f"A row is a list of values, not the text {vals!r}.")
        as_text = self.as_text
        return tuple([value if type(value) is str else as_text(value) for value in vals])

    # -- indices ----------------------------------------------------------------------------------------------

    def row_index(self, key: Any) -> int | None:
        """Index of a row by number or exact name in column 0; None when missing."""
        if isinstance(key, str):
            return next((i for i, row in enumerate(self.rows) if row and row[0] == key), None)
        return self._number(key, len(self.rows))

    def col_index(self, key: Any) -> int | None:
        """Index of a column by number or exact name in row 0; None when missing."""
        if isinstance(key, str):
            return self.rows[0].index(key) if self.rows and key in self.rows[0] else None
        return self._number(key, self.cols)

    def _number(self, key: Any, size: int) -> int | None:
        try:
            index = key.__index__()
        except AttributeError:
            raise tdError(f"A row or column is given by a number or a name, not by {key!r}.") from None
        if index < 0 and self.unknowns.negative_index == "from_end":
            index += size
        return index if 0 <= index < size else None

    # -- change bookkeeping -----------------------------------------------------------------------------------

    def _changed(self) -> None:
        self.version += 1
        if self.notify is not None:
            self.notify()

    def _restructure(self) -> None:
        for journal in self.journals:
            journal.restructure()

    def _widen(self, width: int) -> None:
        if width > self.cols:
            if self.rows:
                self._restructure()
                self.rows = [row + ("",) * (width - len(row)) for row in self.rows]
            self.cols = width

    def _fit(self, row: Row) -> Row:
        """`row` at the width of the table, which is widened first if need be."""
        if len(row) > self.cols:
            self._widen(len(row))
        return row if len(row) == self.cols else row + ("",) * (self.cols - len(row))

    # -- edits ------------------------------------------------------------------------------------------------

    def set_cell(self, row: int, col: int, value: Any) -> None:
        """Write one cell that exists; nothing happens if it holds that text."""
        text = value if type(value) is str else self.as_text(value)
        old = self.rows[row]
        if old[col] == text:
            return
        for journal in self.journals:
            journal.touch(row)
        self.rows[row] = (*old[:col], text, *old[col + 1 :])
        self._changed()

    def insert(self, position: int, rows: Sequence[Row]) -> None:
        """Put rows at `position`; short ones are padded, long ones widen the table."""
        if not rows:
            return
        self._widen(max(len(row) for row in rows))
        fitted = [self._fit(row) for row in rows]
        if position == len(self.rows):
            self.rows.extend(fitted)
        else:
            self._restructure()
            self.rows[position:position] = fitted
        self._changed()

    def replace(self, index: int, row: Row, entire: bool) -> None:
        """Write a row that exists; `entire` blanks the cells beyond it."""
        if len(row) > self.cols:
            self._widen(len(row))
        old = self.rows[index]
        new = row + (("",) * (self.cols - len(row)) if entire else old[len(row) :])
        if new == old:
            return
        for journal in self.journals:
            journal.touch(index)
        self.rows[index] = new
        self._changed()

    def delete(self, indices: Iterable[int]) -> None:
        """Take rows out, by their indices before the call."""
        gone = set(indices)
        if not gone:
            return
        self._restructure()
        if len(gone) == 1:
            del self.rows[gone.pop()]
        else:
            self.rows = [row for index, row in enumerate(self.rows) if index not in gone]
        if not self.rows:
            self.cols = 0
        self._changed()

    def set_rows(self, rows: Iterable[Sequence[str]], cols: int | None = None) -> None:
        """Replace the whole content; ragged rows are padded."""
        new = [tuple(row) for row in rows]
        width = max((len(row) for row in new), default=0) if cols is None else cols
        new = [row if len(row) == width else (row + ("",) * width)[:width] for row in new]
        if new == self.rows and width == self.cols:
            return
        self._restructure()
        self.rows = new
        self.cols = width if new else 0
        self._changed()

    def clear(self, keep_size: bool = False, keep_first_row: bool = False, keep_first_col: bool = False) -> None:
        """Empty the table, or parts of it."""
        if keep_size:
            blank = ("",) * self.cols
            rows = [blank for _ in self.rows]
            if keep_first_col:
                rows = [(old[0], *blank[1:]) if old else blank for old in self.rows]
            if keep_first_row and self.rows:
                rows[0] = self.rows[0]
            self.set_rows(rows, self.cols)
        elif keep_first_row:
            kept = self.rows[:1]
            self.set_rows([row[:1] for row in self.rows] if keep_first_col else kept)
        elif keep_first_col:
            self.set_rows([row[:1] for row in self.rows])
        else:
            self.set_rows([])

    def set_size(self, rows: int, cols: int) -> None:
        """Grow with empty cells or cut."""
        kept = [row[:cols] for row in self.rows[:rows]]
        self.set_rows([*kept, *[()] * (rows - len(kept))], cols)

    def insert_cols(self, position: int, columns: Sequence[Row]) -> None:
        """Put columns at `position`; a column longer than the table makes rows."""
        height = max([len(self.rows), *[len(column) for column in columns]])
        rows = [*self.rows, *[("",) * self.cols] * (height - len(self.rows))]
        padded = [column + ("",) * (height - len(column)) for column in columns]
        self.set_rows(
            [(*row[:position], *[c[i] for c in padded], *row[position:]) for i, row in enumerate(rows)],
            self.cols + len(columns),
        )

    def replace_col(self, index: int, column: Row, entire: bool) -> None:
        """Write a column that exists."""
        height = max(len(self.rows), len(column))
        rows = [*self.rows, *[("",) * self.cols] * (height - len(self.rows))]
        new = []
        for i, row in enumerate(rows):
            text = column[i] if i < len(column) else ("" if entire else row[index])
            new.append((*row[:index], text, *row[index + 1 :]))
        self.set_rows(new, self.cols)

    def delete_cols(self, indices: Iterable[int]) -> None:
        """Take columns out, by their indices before the call."""
        gone = set(indices)
        self.set_rows(
            [[cell for i, cell in enumerate(row) if i not in gone] for row in self.rows], self.cols - len(gone)
        )

    def sort_by(self, column: Any) -> None:
        """Sort all rows but the first by a column's text."""
        index = self.col_index(column)
        if index is None:
            raise tdError(f"There is no column {column!r} to sort by.")
        self.set_rows([*self.rows[:1], *sorted(self.rows[1:], key=lambda row: row[index])], self.cols)

    # -- whole contents as text -------------------------------------------------------------------------------

    def get_text(self) -> str:
        """Tabs and newlines; newlines inside cells are lost, tabs inside cells would split."""
        return "".join("\t".join(_one_line(cell) for cell in row) + "\n" for row in self.rows)

    def set_text(self, text: str) -> None:
        """The reverse of `get_text`."""
        self.set_rows([line.split("\t") for line in text.splitlines()])

    def get_csv(self) -> str:
        """Comma-separated, with quotes where needed: line breaks in cells survive."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(self.rows)
        return out.getvalue()

    def set_csv(self, text: str) -> None:
        """The reverse of `get_csv`."""
        self.set_rows(list(csv.reader(io.StringIO(text, newline=""))))


def _one_line(cell: str) -> str:
    return cell.replace("\r", "").replace("\n", "") if "\n" in cell or "\r" in cell else cell


class PastTable(Table):
    """What a table held once, worked out when somebody looks.

    Args:
        journal: knows it.
        unknowns: as in `Table`.
    """

    __slots__ = ("_journal", "_rows")

    def __init__(self, journal: Journal, unknowns: Unknowns) -> None:
        super().__init__(unknowns)
        self._journal = journal
        self._rows: list[Row] | None = None
        self.cols = journal.previous_cols

    @property
    def rows(self) -> list[Row]:
        """The rows."""
        if self._rows is None:
            self._rows = self._journal.previous()
        return self._rows

    @rows.setter
    def rows(self, rows: list[Row]) -> None:
        self._rows = rows
