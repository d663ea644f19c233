"""The `status` table: one header row, one value row, written only when something changed.

`status_view` holds the same with a line per column, which the small viewer of a node has room for.

Thread: main only.
"""

from collections.abc import Sequence
from typing import Any

import tdg_td_tables

#: What a component shows before it has done anything.
_INITIAL = {
    "state": "disconnected",
    "circuit": "closed",
    "active_transfers": "0",
    "queue_depth": "0",
    "collections": "0",
}


class Status:
    """The status row of one component.

    Args:
        comp: The component; its `status` table is written to.
        columns: The documented columns, in order.
    """

    def __init__(self, comp: Any, columns: Sequence[str]) -> None:
        self._comp = comp
        self._columns = tuple(columns)
        self._blank = {name: _INITIAL.get(name, "") for name in self._columns}
        self._values = dict(self._blank)
        self._written: dict[str, str] | None = None

    def set(self, **values: Any) -> None:
        """Changes columns; the table follows with the next `flush`.

        Raises:
            KeyError: There is no such column.
        """
        for name, value in values.items():
            if name not in self._values:
                raise KeyError(name)
            self._values[name] = tdg_td_tables.text(value)

    def flush(self) -> None:
        """Writes the row if it differs from what was written last."""
        if self._values == self._written:
            return
        dat = self._comp.op("status")
        if dat is None:
            return
        if self._written is None or dat.numRows != 2 or dat.numCols != len(self._columns):
            self._write_whole(dat, self._values)
        else:
            dat.replaceRow(1, list(self._values.values()))
        self._show(self._values)
        self._written = dict(self._values)

    def blank(self) -> None:
        """Shows a row as of a fresh component until the next `flush`; for a project that is being saved."""
        dat = self._comp.op("status")
        if dat is not None:
            self._write_whole(dat, self._blank)
        self._show(self._blank)
        self._written = None

    def _write_whole(self, dat: Any, values: dict[str, str]) -> None:
        dat.clear()
        dat.appendRows([list(self._columns), list(values.values())])

    def _show(self, values: dict[str, str]) -> None:
        dat = self._comp.op("status_view")
        if dat is None:
            return
        if self._written is None or dat.numRows != len(values) or dat.numCols != 2:
            dat.clear()
            dat.appendRows([[name, value] for name, value in values.items()])
            return
        for row, (name, value) in enumerate(values.items()):
            if self._written[name] != value:
                dat[row, 1] = value

    def as_dict(self) -> dict[str, str]:
        """What `GetStatus` returns."""
        return dict(self._values)
