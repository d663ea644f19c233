"""The `status` table: one header row, one value row, written only when something changed.

Thread: main only.
"""

from collections.abc import Sequence
from typing import Any

import tdg_td_tables


class Status:
    """The status row of one component.

    Args:
        comp: The component; its `status` table is written to, and its script error shows `last_error`.
        columns: The documented columns, in order.
    """

    def __init__(self, comp: Any, columns: Sequence[str]) -> None:
        self._comp = comp
        self._columns = tuple(columns)
        self._values = dict.fromkeys(self._columns, "")
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
        if self._written is None:
            dat.clear()
            dat.appendRows([list(self._columns), list(self._values.values())])
        else:
            dat.replaceRow(1, list(self._values.values()))
        self._written = dict(self._values)

    def as_dict(self) -> dict[str, str]:
        """What `GetStatus` returns."""
        return dict(self._values)
