"""The table of a watched collection, which its user may edit as well.

Thread: main only.

What a person or a script did to the table is told by value: a cell that differs from the shadow was not written by
this component, whenever TouchDesigner says so.
"""

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import tdg_core_firestore_rows
import tdg_td_tables

Shown = tdg_core_firestore_rows.Shown
Row = tdg_td_tables.Row

COLUMNS = ("doc_id", "payload", "_version", "_synced_at", "_dirty")

_PAYLOAD = 1

#: More rows than any table has.
_NONE = 1 << 60


@dataclass
class Edits:
    """What was done to a table by hand.

    Attributes:
        typed: New payload text by document id, for rows that are known.
        added: Payload text by document id, for rows that are not.
        deleted: Ids of rows that are gone.
    """

    typed: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)


class CollectionTable(tdg_td_tables.KeyedTable):
    """The documents of one collection, one row each.

    Args:
        dat: The table DAT.
        fields: Names of the fields with a column of their own.
    """

    def __init__(self, dat: Any, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        super().__init__(dat, (*COLUMNS, *(name for name in fields if name not in COLUMNS)))
        self._extra = self.header[len(COLUMNS) :]

    def shown(self, doc_id: str) -> Shown:
        """What the table shows of a document, as far as this component has written it."""
        row = self.shadow.get(doc_id)
        if row is None:
            return tdg_core_firestore_rows.ABSENT
        return Shown(row[1], row[2], row[4] == "1")

    def show(self, documents: dict[str, Shown], synced_at: str | None) -> None:
        """Makes the table show these documents, whose rows were just seen to stand where they should.

        Args:
            documents: By id; a payload None takes the row away.
            synced_at: When the server said so; None leaves the column as it is.
        """
        rows, gone = [], []
        for doc_id, (payload, version, dirty) in documents.items():
            if payload is None:
                gone.append(doc_id)
                continue
            synced = synced_at
            if synced is None:
                former = self.shadow.get(doc_id)
                synced = former[3] if former is not None else ""
            row: Row = (doc_id, payload, version, synced, "1" if dirty else "0")
            rows.append(row + self._expanded(payload) if self._extra else row)
        self.put(rows, in_place=True)
        if gone:
            self.remove(gone)

    def take_over(self, former: "CollectionTable") -> None:
        """Shows what another table shows, with its own columns."""
        by_time: dict[str, dict[str, Shown]] = {}
        for doc_id, row in former.shadow.items():
            by_time.setdefault(row[3], {})[doc_id] = former.shown(doc_id)
        for synced_at, documents in by_time.items():
            self.show(documents, synced_at)

    def text(self, doc_id: str) -> str | None:
        """The text in a row's payload cell right now; None when there is no such row where it should be."""
        row = self.read(doc_id) if doc_id in self else None
        return None if row is None else row[_PAYLOAD]

    def inspect(self, rows: Iterable[int] | None, appended: int = _NONE) -> Edits:
        """Finds what was edited by hand; afterwards the table is whole again and shows the edits' text.

        Args:
            rows: Where to look (row numbers as TouchDesigner tells them); None looks everywhere.
            appended: From this row on all rows are new.
        """
        dat, count = self.dat, self.dat.numRows
        if rows is None or count != len(self) + 1 or dat.numCols != len(self.header):
            return self._survey()
        edits = Edits()
        for number in itertools.chain(rows, range(appended, count)):
            if not (0 < number < count and self._inspect_row(number, edits)):
                return self._survey()
        return edits

    def _inspect_row(self, number: int, edits: Edits) -> bool:
        """Looks at one row; False when it is not the row that belongs there."""
        key = self.key_of(number)
        row, known = self.read(key), self.shadow[key]
        if row is None:
            return False
        if row[_PAYLOAD] != known[_PAYLOAD]:
            edits.typed[key] = row[_PAYLOAD]
        elif row != known:
            self.dat.replaceRow(number, list(known))  # the other columns are ours
        return True

    def _survey(self) -> Edits:
        """Compares the whole table and writes it anew if more than payloads differ."""
        width = len(self.header)
        found = self._contents()
        expected = [self.header, *self.shadow.values()]
        edits = Edits()
        if found == expected:
            return edits
        seen: dict[str, str] = {}
        for row in found:
            doc_id, payload = row[0], row[_PAYLOAD] if len(row) > 1 else ""
            # The header may have been sorted among the rows; a copied row counts by its first one.
            if doc_id and doc_id not in seen and row[:2] != self.header[:2]:
                seen[doc_id] = payload
        for doc_id, payload in seen.items():
            if doc_id not in self:
                edits.added[doc_id] = payload
            elif payload != self.shadow[doc_id][_PAYLOAD]:
                edits.typed[doc_id] = payload
        edits.deleted = [doc_id for doc_id in self.shadow if doc_id not in seen]
        payloads_only = len(found) == len(expected) and all(
            len(row) == width and (row[0], *row[2:]) == (known[0], *known[2:])
            for row, known in zip(found, expected, strict=True)
        )
        if not payloads_only:
            self.restore()
        return edits

    def _contents(self) -> list[Row]:
        """All rows as text, column by column: a call into TouchDesigner for each cell would cost a frame."""
        columns = [self.dat.col(number, val=True) for number in range(self.dat.numCols)]
        return list(zip(*columns, strict=True)) if all(columns) else []

    def _expanded(self, payload: str) -> Row:
        try:
            fields = json.loads(payload)
        except ValueError:  # typed by hand and not put right yet
            fields = None
        if not isinstance(fields, dict):
            return ("",) * len(self._extra)
        return tuple(_plain(fields.get(name)) for name in self._extra)


def _plain(value: Any) -> str:
    """A field as a cell of its own: text as it is, marker values bare, the rest as JSON."""
    if isinstance(value, dict) and isinstance(value.get("value"), (str, int, float)) and "__type" in value:
        value = value["value"]
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return tdg_td_tables.text(value)
