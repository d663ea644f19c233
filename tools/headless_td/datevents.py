"""DAT Execute and FIFO callbacks. Thread: main only.

Source: API sheet 5.2, 3.6 and rows 46, 60, 61.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial, wraps
from typing import TYPE_CHECKING, Any

from headless_td.cells import Cell
from headless_td.optypes import op_type
from headless_td.parameters import ParMode
from headless_td.tables import Journal, PastTable, Table

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

_MEMBERS = (
    *("rowsChanged", "rowsAdded", "rowsRemoved", "colsChanged", "colsAdded", "colsRemoved"),
    *("cellsChanged", "sizeChanged"),
)


def _lazy(function: Callable[["DatInfo"], Any]) -> Any:
    """A member computed when first read, at the expense of the host: TouchDesigner, not the reader, compares."""

    @wraps(function)
    def compute(self: "DatInfo") -> Any:
        host = self._node.host
        with host.costs.charged(host.network.root):
            return function(self)

    return cached_property(compute)


class DatInfo:
    """`info` of onTableChange, computed from the journal when a member is read."""

    def __init__(self, node: "Node", table: Table, journal: Journal) -> None:
        self._node = node
        self._table = table
        self._journal = journal
        self.sizeChanged = journal.size_changed

    @_lazy
    def _changed(self) -> list[int]:
        return self._journal.changed_rows()

    @_lazy
    def _now(self) -> list[tuple[str, ...]]:
        return self._journal.rows

    @_lazy
    def _previous(self) -> list[tuple[str, ...]]:
        return self._journal.previous()

    @_lazy
    def rowsChanged(self) -> list[int]:
        """Indices of rows whose contents differ."""
        changed: list[int] = self._changed
        return changed[: bisect_left(changed, self._journal.previous_rows)]

    @_lazy
    def rowsAdded(self) -> list[int]:
        """Indices of rows whose names are new."""
        old = {row[0] for row in self._previous if row}
        return [index for index in self._changed if self._now[index] and self._now[index][0] not in old]

    @_lazy
    def rowsRemoved(self) -> list[int]:
        """Indices, in the previous contents, of rows whose names are gone."""
        new = {row[0] for row in self._now if row}
        return [index for index, row in enumerate(self._previous) if row and row[0] not in new]

    def _header(self, rows: list[tuple[str, ...]]) -> tuple[str, ...]:
        return rows[0] if rows else ()

    @_lazy
    def colsAdded(self) -> list[int]:
        """Indices of columns whose names are new."""
        old = set(self._header(self._previous))
        return [index for index, name in enumerate(self._header(self._now)) if name not in old]

    @_lazy
    def colsRemoved(self) -> list[int]:
        """Indices, in the previous contents, of columns whose names are gone."""
        new = set(self._header(self._now))
        return [index for index, name in enumerate(self._header(self._previous)) if name not in new]

    @_lazy
    def colsChanged(self) -> list[int]:
        """Indices of columns with a cell that differs."""
        return sorted({col for _row, col in self._positions(added=True)})

    @_lazy
    def cellsChanged(self) -> list[Cell]:
        """The cells whose content differs; those of added rows as the switch says."""
        added = self._node.host.unknowns.dat_added_cells == "included"
        return [Cell(self._node, self._table, row, col) for row, col in self._positions(added=added)]

    def _positions(self, *, added: bool) -> list[tuple[int, int]]:
        new_rows = set(self.rowsAdded)
        positions: list[tuple[int, int]] = []
        for index in self._changed:
            if index in new_rows and not added:
                continue
            now = self._now[index]
            old = self._previous[index] if index < len(self._previous) else ()
            positions.extend((index, col) for col, text in enumerate(now) if col >= len(old) or old[col] != text)
        return positions

    def as_dict(self) -> dict[str, Any]:
        """The same as a dict."""
        return {name: getattr(self, name) for name in _MEMBERS}


@dataclass(slots=True, eq=False)
class Watch:
    """One active DAT Execute DAT and the table it looks at."""

    node: "Node"
    target: "Node"
    table: Table
    journal: Journal
    at_end: bool
    seen: tuple[int, str, str]
    busy: bool = False


class TableEvents:
    """Compares watched tables with what they were and calls onTableChange."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._version = -1
        self._watches: dict[Node, Watch] = {}
        self._dirty: dict[Table, None] = {}
        self._by_table: dict[Table, list[Watch]] = {}
        self._new_rows: list[tuple[Node, int]] = []

    # -- who watches what -------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Follow changes of the network and of the watchers' parameters."""
        network = self._host.network
        if self._version == network.version:
            return
        self._version = network.version
        old, self._watches = self._watches, {}
        for node in network.of_type("datexecuteDAT"):
            known = old.get(node)
            watch = known if known is not None and self._stands(known) else self._bind(node, known)
            if watch is not None:
                self._watches[node] = watch
                if old.get(node) is watch:
                    del old[node]
        for gone in old.values():
            if gone.journal in gone.table.journals:
                gone.table.journals.remove(gone.journal)
        self._by_table = {}
        for watch in self._watches.values():
            self._by_table.setdefault(watch.table, []).append(watch)
            watch.table.notify = partial(self._edited, watch.table)

    @staticmethod
    def _stands(watch: Watch) -> bool:
        """Whether nothing that the binding rests on has changed."""
        return watch.target.alive and watch.seen == (watch.node.par_version, watch.node.path, watch.target.path)

    def _bind(self, node: "Node", known: Watch | None) -> Watch | None:
        if not node.par_value("active") or not any(node.par_value(toggle) for toggle in _TOGGLES):
            return None
        dat = node.par_value("dat")
        if dat is None or isinstance(dat, list):
            return None
        target = self._host.node_of(dat)
        table = target.source_table()
        if table is None:
            return None
        at_end = node.par_value("execute") == "end"
        par = node.pars.find("dat")
        assert par is not None
        # What an expression gives can change without a trace: such a binding is looked at again each time.
        seen = (node.par_version if par.mode is ParMode.CONSTANT else -1, node.path, target.path)
        if known is not None and known.table is table:
            known.at_end, known.target, known.seen = at_end, target, seen
            return known
        journal = Journal(table)
        table.journals.append(journal)
        return Watch(node, target, table, journal, at_end, seen)

    def _edited(self, table: Table) -> None:
        self._dirty[table] = None
        if self._host.unknowns.dat_execute == "at_once":
            self.refresh()
            for watch in self._by_table.get(table, ()):
                self._deliver(watch)

    # -- delivery ---------------------------------------------------------------------------------------------

    def deliver_start(self) -> None:
        """Start of the frame."""
        self.refresh()
        late = self._host.unknowns.dat_execute == "frame_start"
        self._deliver_if(lambda watch: late or not watch.at_end)

    def deliver_end(self) -> None:
        """End of the frame."""
        self.refresh()
        if self._host.unknowns.dat_execute != "frame_start":
            self._deliver_if(lambda watch: watch.at_end)

    def _deliver_if(self, wanted: Callable[[Watch], bool]) -> None:
        if not self._dirty:
            return
        for table in list(self._dirty):
            watches = self._by_table.get(table, [])
            for watch in watches:
                if wanted(watch):
                    self._deliver(watch)
            if not any(watch.journal.dirty for watch in watches):
                self._dirty.pop(table, None)

    def _deliver(self, watch: Watch) -> None:
        if watch.busy or not watch.journal.dirty or not watch.node.alive or not watch.target.alive:
            return
        journal = watch.journal
        watch.journal = journal.freeze()
        if not journal.differs():
            return
        watch.busy = True
        try:
            self._call(watch, journal)
        finally:
            watch.busy = False

    def _call(self, watch: Watch, journal: Journal) -> None:
        host, node = self._host, watch.node
        dat = watch.target.op()
        info = DatInfo(watch.target, watch.table, journal)
        if node.par_value("tablechange"):
            if host.unknowns.dat_arguments == 1:
                host.callback(node, "onTableChange", (dat,))
            else:
                previous = host.network.detached(op_type("tableDAT"), f"{watch.target.name}_prev", watch.target)
                previous.table = PastTable(journal, host.unknowns)
                given = info.as_dict() if host.unknowns.dat_info == "dict" else info
                try:
                    host.callback(node, "onTableChange", (dat, previous.op(), given))
                finally:
                    previous.alive = False
        if info.sizeChanged and node.par_value("sizechange"):
            host.callback(node, "onSizeChange", (dat,))
        if node.par_value("rowchange"):
            host.callback(node, "onRowChange", (dat, info.rowsChanged))
        if node.par_value("colchange"):
            host.callback(node, "onColChange", (dat, info.colsChanged))
        if node.par_value("cellchange"):
            cells = [cell for cell in info.cellsChanged if cell.row < len(journal.previous())]
            before = [_text(journal.previous(), cell.row, cell.col) for cell in cells]
            host.callback(node, "onCellChange", (dat, cells, before))

    # -- FIFO -------------------------------------------------------------------------------------------------

    def fifo_row(self, node: "Node", index: int) -> None:
        """A row was added to a FIFO DAT."""
        if self._host.unknowns.fifo_new_row == "at_once":
            self._announce(node, index)
        else:
            self._new_rows.append((node, index))

    def deliver_fifo(self) -> None:
        """End of the frame."""
        rows, self._new_rows = self._new_rows, []
        for node, index in rows:
            if node.alive:
                self._announce(node, index)

    def _announce(self, node: "Node", index: int) -> None:
        callbacks = node.par_value("callbacks")
        table = node.table
        if callbacks is None or table is None or index >= len(table.rows):
            return
        cells = [Cell(node, table, index, col) for col in range(table.cols)]
        self._host.callback(self._host.node_of(callbacks), "onNewRow", (node.op(), index, cells))


def _text(rows: list[tuple[str, ...]], row: int, col: int) -> str:
    return rows[row][col] if row < len(rows) and col < len(rows[row]) else ""


_TOGGLES = ("tablechange", "rowchange", "colchange", "cellchange", "sizechange")
