"""The only writer of tables.

Thread: main only.

A table is written through a shadow: what was last put into each row. Rows are found by binary search over positions
that are kept here, never by searching the table; equal rows are not written again.
"""

import bisect
from collections.abc import Iterable, Sequence
from typing import Any

Row = tuple[str, ...]


def text(value: Any) -> str:
    """A value as a cell holds it: None is empty, truth values are 0 and 1."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


class KeyedTable:
    """A table DAT whose rows have a unique key in their first column.

    Args:
        dat: The table.
        header: Names of the columns; the first one holds the key.
    """

    def __init__(self, dat: Any, header: Sequence[str]) -> None:
        self.dat = dat
        self.header = tuple(header)
        #: What was last written, by key, in the table's order.
        self.shadow: dict[str, Row] = {}
        # Each row has a growing number; the row of a number is its place in the sorted list of numbers. So a row is
        # found in O(log n), also after others were deleted.
        self._number: dict[str, int] = {}
        self._keys: dict[int, str] = {}
        self._numbers: list[int] = []
        self._next = 0

    def reset(self) -> None:
        """Empties the table down to its header, whatever it held."""
        self.dat.clear()
        self.dat.appendRow(list(self.header))
        self.shadow.clear()
        self._number.clear()
        self._keys.clear()
        self._numbers.clear()

    def put(self, rows: Iterable[Row], *, in_place: bool = False) -> None:
        """Writes rows: known keys in their place, new ones at the end in one call.

        Args:
            rows: Any, each key once.
            in_place: Each known one was just seen where it should be (`read`).
        """
        new: dict[str, Row] = {}
        for row in rows:
            key = row[0]
            if key in self._number:
                self._replace(key, row, in_place)
            else:
                new[key] = row
        if new:
            self._append(new)

    def read(self, key: str) -> Row | None:
        """A row of ours as the table holds it now; None if another one stands in its place: sorted or cut by hand."""
        # In one call: every cell that is asked for would be several into TouchDesigner.
        cells = self.dat.row(self._row(key), val=True)
        return tuple(cells) if cells and cells[0] == key else None

    def remove(self, keys: Iterable[str]) -> None:
        """Deletes the rows of those keys that are there."""
        found = sorted(((self._row(key), key) for key in set(keys) if key in self._number), reverse=True)
        if not found:
            return
        self.dat.deleteRows([row for row, _ in found])  # falling: right whether indices mean before or during the call
        for row, key in found:
            del self._keys[self._number[key]], self._numbers[row - 1], self._number[key], self.shadow[key]

    def restore(self) -> None:
        """Someone sorted or cut the table by hand: writes it anew from the shadow. Collections do otherwise."""
        rows = dict(self.shadow)
        self.reset()
        self._append(rows)

    def key_of(self, row: int) -> str:
        """The key that belongs into that row, which is one of the table's."""
        return self._keys[self._numbers[row - 1]]

    def __contains__(self, key: object) -> bool:
        return key in self._number

    def __len__(self) -> int:
        return len(self._number)

    def _row(self, key: str) -> int:
        number, numbers = self._number[key], self._numbers
        # No further behind than if nothing had been deleted, and mostly right there.
        last = number - numbers[0]
        if last < len(numbers) and numbers[last] == number:
            return last + 1
        return bisect.bisect_left(numbers, number, 0, min(last, len(numbers))) + 1

    def _replace(self, key: str, row: Row, in_place: bool) -> None:
        if self.shadow[key] == row:
            return
        if not in_place and self.read(key) is None:
            self.restore()
        self.dat.replaceRow(self._row(key), list(row))
        self.shadow[key] = row

    def _append(self, rows: dict[str, Row]) -> None:
        if not rows:
            return
        self.dat.appendRows([list(row) for row in rows.values()])
        for number, key in enumerate(rows, self._next):
            self._numbers.append(number)
            self._number[key] = number
            self._keys[number] = key
        self._next += len(rows)
        self.shadow.update(rows)
