"""The Cell class: a position in a table, not a value. Thread: main only."""

import operator
from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any

from headless_td import threads
from headless_td.errors import tdError

if TYPE_CHECKING:
    from headless_td.nodes import Node
    from headless_td.tables import Table


def _number(text: str) -> float | int | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _operand(value: Any) -> Any:
    """A cell or value as arithmetic sees it: a number where the text is one."""
    text = value.val if isinstance(value, Cell) else value
    if isinstance(text, str):
        number = _number(text)
        return text if number is None else number
    return text


def _binary(function: Callable[[Any, Any], Any], swapped: bool = False) -> Callable[["Cell", Any], Any]:
    def method(self: "Cell", other: Any) -> Any:
        left, right = _operand(self), _operand(other)
        if function is operator.add and isinstance(left, str) != isinstance(right, str):
            left, right = str(left), str(right)
        return function(right, left) if swapped else function(left, right)

    return method


class Cell:
    """One position of a table DAT (API sheet 3.4)."""

    __slots__ = ("_col", "_node", "_row", "_table")

    def __init__(self, node: "Node", table: "Table", row: int, col: int) -> None:
        self._node = node
        self._table = table
        self._row = row
        self._col = col

    def _check(self) -> None:
        if get_ident() != threads.main_ident:
            threads.conflict(f"a cell of {self._node.path}")
        if not self.valid:
            raise tdError(f"Cell ({self._row}, {self._col}) of {self._node.path} is no longer there.")

    @property
    def valid(self) -> bool:
        """Whether the position exists."""
        if get_ident() != threads.main_ident:
            threads.conflict(f"a cell of {self._node.path}")
        return self._node.alive and self._row < len(self._table.rows) and self._col < self._table.cols

    @property
    def val(self) -> str:
        """The text at the position."""
        if get_ident() == threads.main_ident and self._node.alive:
            try:
                return self._table.rows[self._row][self._col]
            except IndexError:
                pass
        self._check()
        return ""

    @val.setter
    def val(self, value: Any) -> None:
        self._check()
        table = self._node.editable_table()
        if table is not None:
            table.set_cell(self._row, self._col, value)

    @property
    def row(self) -> int:
        """Row index."""
        self._check()
        return self._row

    @property
    def col(self) -> int:
        """Column index."""
        self._check()
        return self._col

    @property
    def owner(self) -> Any:
        """The DAT."""
        self._check()
        return self._node.op()

    def offset(self, rows: int, cols: int) -> "Cell | None":
        """The cell that many rows and columns away, or None."""
        self._check()
        row, col = self._row + rows, self._col + cols
        inside = 0 <= row < len(self._table.rows) and 0 <= col < self._table.cols
        return Cell(self._node, self._table, row, col) if inside else None

    def run(self, *args: Any, **keywords: Any) -> Any:
        """Run the text of the cell as Python."""
        self._check()
        return self._node.host.run_from(self._node, self.val, args, keywords)

    def __str__(self) -> str:
        return self.val

    def __repr__(self) -> str:
        self._check()
        return f"type:Cell cell:{self._row},{self._col} owner:{self._node.path} value:{self.val}"

    def __float__(self) -> float:
        return float(self.val)

    def __int__(self) -> int:
        return int(float(self.val))

    def __bool__(self) -> bool:
        number = _number(self.val) if self._node.host.unknowns.cell_truth == "number" else None
        return bool(self.val) if number is None else bool(number)

    def __eq__(self, other: object) -> bool:
        text = other.val if isinstance(other, Cell) else other
        if isinstance(text, str):
            return self.val == text
        number = _number(self.val)
        return bool(number is not None and number == text)

    def __hash__(self) -> int:
        return hash((self._node.id, self._row, self._col))

    __add__ = _binary(operator.add)
    __radd__ = _binary(operator.add, swapped=True)
    __sub__ = _binary(operator.sub)
    __rsub__ = _binary(operator.sub, swapped=True)
    __mul__ = _binary(operator.mul)
    __rmul__ = _binary(operator.mul, swapped=True)
    __truediv__ = _binary(operator.truediv)
    __rtruediv__ = _binary(operator.truediv, swapped=True)
    __lt__ = _binary(operator.lt)
    __le__ = _binary(operator.le)
    __gt__ = _binary(operator.gt)
    __ge__ = _binary(operator.ge)
