"""DAT classes: text and table contents. Thread: main only.

Source: API sheet 3.
"""

import json
from collections.abc import Iterable, Iterator
from threading import get_ident
from typing import Any

from headless_td import threads
from headless_td.cells import Cell
from headless_td.errors import tdError
from headless_td.nodes import Node
from headless_td.ops import OP, _slot, node_of
from headless_td.patterns import matcher
from headless_td.tables import Table


def _reading(dat: OP) -> Table:
    """The table that is read; an empty one for a text DAT."""
    node = node_of(dat)
    return node.source_table() or Table(node.host.unknowns)


class DAT(OP):
    """Any DAT."""

    __slots__ = ()

    # -- contents ---------------------------------------------------------------------------------------------

    @property
    def numRows(self) -> int:
        """Rows of the table."""
        return len(_reading(self).rows)

    @property
    def numCols(self) -> int:
        """Columns of the table."""
        return _reading(self).cols

    @property
    def text(self) -> str:
        """The contents as text; a table as tabs and newlines, without the line breaks inside cells."""
        return node_of(self).get_text()

    @text.setter
    def text(self, text: str) -> None:
        node_of(self).set_text(str(text))

    @property
    def csv(self) -> str:
        """The table as comma-separated text; line breaks in cells survive."""
        return _reading(self).get_csv()

    @csv.setter
    def csv(self, text: str) -> None:
        table = node_of(self).editable_table()
        if table is not None:
            table.set_csv(text)

    @property
    def jsonObject(self) -> Any:
        """The text parsed as JSON."""
        return json.loads(node_of(self).get_text())

    @property
    def module(self) -> Any:
        """The contents as a module, compiled if new or changed."""
        node = node_of(self)
        return node.host.importer.module_of(node)

    @property
    def locals(self) -> dict[str, Any]:
        """Local variables of the last run."""
        return node_of(self).locals

    @property
    def isTable(self) -> bool:
        """Whether the contents are a table."""
        return node_of(self).table is not None

    @property
    def isText(self) -> bool:
        """Whether the contents are text."""
        return node_of(self).table is None

    @property
    def isEditable(self) -> bool:
        """Whether scripts may edit the contents."""
        node = node_of(self)
        if node.type.name == "fifoDAT" and node.host.unknowns.fifo_editable == "no":
            return False
        return node.editable

    @property
    def editingFile(self) -> str:
        """The file an external editor works on."""
        return str(node_of(self).par_value("file", ""))

    def run(self, *args: Any, **keywords: Any) -> Any:
        """Run the text as a script, with `args` in scope; at once unless a delay is given."""
        node = node_of(self)
        return node.host.run_from(node, node.get_text(), args, keywords)

    def write(self, text: str) -> int:
        """Append to the text, so that `print(..., file=dat)` works."""
        node = node_of(self)
        node.set_text(node.get_text() + str(text))
        return len(str(text))

    def flush(self) -> None:
        """Nothing to do."""

    def isatty(self) -> bool:
        """Never."""
        return False

    def save(self, filepath: str | None = None, append: bool = False, createFolders: bool = False) -> str:
        """Write the contents to a file; the path written."""
        node = node_of(self)
        return node.host.files.save_contents(node, filepath, append=append, create_folders=createFolders)

    # -- reading cells ----------------------------------------------------------------------------------------

    def __getitem__(self, key: tuple[Any, Any]) -> Cell | None:
        node: Node = _slot(self)
        if get_ident() != threads.main_ident or not node.alive:
            node.check()
        table = node.table if not node.inputs and node.type.editable else node.source_table()
        if table is None:
            raise tdError(f"{node.path} is no table.")
        try:
            row, col = key
        except (TypeError, ValueError):
            raise tdError(f"{node.path}: a cell is addressed as [row, column].") from None
        if type(row) is not int or not 0 <= row < len(table.rows):
            row = table.row_index(row)
        if type(col) is not int or not 0 <= col < table.cols:
            col = table.col_index(col)
        return None if row is None or col is None else Cell(node, table, row, col)

    def __setitem__(self, key: tuple[Any, Any], value: Any) -> None:
        node: Node = _slot(self)
        node.check()
        table = node.editable_table()
        if table is None:
            return
        row, col = table.row_index(key[0]), table.col_index(key[1])
        if row is not None and col is not None:
            table.set_cell(row, col, value)
        elif node.host.unknowns.missing_cell == "raises":
            raise tdError(f"{node.path} has no cell [{key[0]!r}, {key[1]!r}].")

    def _rows_matching(self, table: Table, key: Any, case_sensitive: bool, *, pattern: bool = True) -> list[int]:
        """Row indices for a number, a name pattern, or a list of both."""
        if type(key) is int:
            index = table.row_index(key)
            return [] if index is None else [index]
        names = [row[0] if row else "" for row in table.rows]
        return _matching(names, key, case_sensitive, pattern, table.row_index)

    def _cols_matching(self, table: Table, key: Any, case_sensitive: bool, *, pattern: bool = True) -> list[int]:
        names = list(table.rows[0]) if table.rows else []
        return _matching(names, key, case_sensitive, pattern, table.col_index)

    def cells(self, row: Any, col: Any, caseSensitive: bool = True, val: bool = False) -> list[Any]:
        """Every cell that matches; names are patterns."""
        node, table = node_of(self), _reading(self)
        columns = self._cols_matching(table, col, caseSensitive)
        made = [Cell(node, table, r, c) for r in self._rows_matching(table, row, caseSensitive) for c in columns]
        return [cell.val for cell in made] if val else made

    def cell(self, row: Any, col: Any, caseSensitive: bool = True, val: bool = False) -> Any:
        """The first cell that matches, or None; names are patterns."""
        found = self.cells(row, col, caseSensitive, val)
        return found[0] if found else None

    def rows(self, *names: Any, caseSensitive: bool = True, val: bool = False) -> list[list[Any]]:
        """Every row that matches, or all rows."""
        node, table = node_of(self), _reading(self)
        indices: Iterable[int] = range(len(table.rows))
        if names:
            indices = [r for name in names for r in self._rows_matching(table, name, caseSensitive)]
        if val:
            return [list(table.rows[r]) for r in indices]
        return [[Cell(node, table, r, c) for c in range(table.cols)] for r in indices]

    def row(self, *names: Any, caseSensitive: bool = True, val: bool = False) -> list[Any] | None:
        """The first row that matches, or None."""
        if val and len(names) == 1 and type(names[0]) is int:
            table = _reading(self)
            index = table.row_index(names[0])
            return None if index is None else list(table.rows[index])
        found = self.rows(*names, caseSensitive=caseSensitive, val=val) if names else []
        return found[0] if found else None

    def cols(self, *names: Any, caseSensitive: bool = True, val: bool = False) -> list[list[Any]]:
        """Every column that matches, or all columns."""
        node, table = node_of(self), _reading(self)
        indices: Iterable[int] = range(table.cols)
        if names:
            indices = [c for name in names for c in self._cols_matching(table, name, caseSensitive)]
        if val:
            return [[row[c] for row in table.rows] for c in indices]
        return [[Cell(node, table, r, c) for r in range(len(table.rows))] for c in indices]

    def col(self, *names: Any, caseSensitive: bool = True, val: bool = False) -> list[Any] | None:
        """The first column that matches, or None."""
        found = self.cols(*names, caseSensitive=caseSensitive, val=val) if names else []
        return found[0] if found else None

    def _find(self, pattern: str, options: dict[str, Any]) -> Iterator[Cell]:
        node, table = node_of(self), _reading(self)
        case = bool(options.get("caseSensitive", False))
        rows, cols = options.get("rows"), options.get("cols")
        for each in (rows, cols):
            if each is not None and not isinstance(each, list | tuple):
                raise tdError("findCell: rows and cols are lists.")
        row_indices: Iterable[int] = range(len(table.rows))
        if rows is not None:
            row_indices = self._rows_matching(table, list(rows), case, pattern=options.get("rowPattern", True))
        columns: Iterable[int] = range(table.cols)
        if cols is not None:
            columns = self._cols_matching(table, list(cols), case, pattern=options.get("colPattern", True))
        if options.get("valuePattern", True):
            test = matcher(pattern, case)
        else:
            wanted = pattern if case else pattern.lower()
            test = lambda text: (text if case else text.lower()) == wanted  # noqa: E731
        columns = list(columns)
        for r in row_indices:
            for c in columns:
                if test(table.rows[r][c]):
                    yield Cell(node, table, r, c)

    def findCell(self, pattern: str, **options: Any) -> Any:
        """The first matching cell in reading order, or None. Pattern matching, ignores case by default."""
        cell = next(self._find(pattern, _find_options(options)), None)
        return cell.val if cell is not None and options.get("val") else cell

    def findCells(self, pattern: str, **options: Any) -> list[Any]:
        """Every matching cell."""
        found = list(self._find(pattern, _find_options(options)))
        return [cell.val for cell in found] if options.get("val") else found


_FIND_OPTIONS = frozenset({"rows", "cols", "valuePattern", "rowPattern", "colPattern", "caseSensitive", "val"})


def _find_options(options: dict[str, Any]) -> dict[str, Any]:
    unknown = set(options) - _FIND_OPTIONS
    if unknown:
        raise TypeError(f"findCell() got unexpected arguments {sorted(unknown)}")
    return options


def _matching(names: list[str], key: Any, case_sensitive: bool, pattern: bool, index_of: Any) -> list[int]:
    if isinstance(key, list | tuple):
        return [i for item in key for i in _matching(names, item, case_sensitive, pattern, index_of)]
    if isinstance(key, Cell):
        key = key.val
    if not isinstance(key, str):
        index = index_of(key)
        return [] if index is None else [index]
    if pattern:
        test = matcher(key, case_sensitive)
        return [i for i, name in enumerate(names) if test(name)]
    wanted = key if case_sensitive else key.lower()
    return [i for i, name in enumerate(names) if (name if case_sensitive else name.lower()) == wanted]
