"""The write queue as the main thread knows it, and the two tables that show it.

Thread: main only.

What a method has queued is here at once; what the engine tells follows. The tables follow once per frame.
"""

import itertools
from typing import Any, NamedTuple

import tdg_core_firestore_messages
import tdg_td_tables

QueueRow = tdg_core_firestore_messages.QueueRow
Result = tdg_core_firestore_messages.Result


class PendingRow(NamedTuple):
    """The documented columns of `write_queue`."""

    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    retry_count: int
    last_error: str


QUEUE_COLUMNS = PendingRow._fields
DEAD_COLUMNS = QueueRow._fields

#: Rows written to a table in one go.
_SLICE = 64


class _Mirror:
    """Rows by queue id, oldest first, and the table that shows them."""

    def __init__(self, dat: Any, columns: tuple[str, ...]) -> None:
        self.rows: dict[str, QueueRow] = {}
        self._table = tdg_td_tables.KeyedTable(dat, columns)
        self._table.reset()
        self._width = len(columns)
        #: Rows of a former run: older than all that was added here.
        self._loaded: set[str] = set()
        self._changed: dict[str, None] = {}

    def put(self, row: QueueRow) -> None:
        """Adds or changes a row."""
        self.rows[row.queue_id] = row
        self._changed[row.queue_id] = None

    def remove(self, queue_id: str) -> QueueRow | None:
        """Takes a row out."""
        row = self.rows.pop(queue_id, None)
        if row is not None:
            self._changed[queue_id] = None
        return row

    def load(self, rows: list[QueueRow]) -> tuple[list[QueueRow], bool]:
        """Adds rows of a former run before all younger ones: those that are new here, and whether there are younger."""
        new = [row for row in rows if row.queue_id not in self.rows]
        last = next(reversed(self.rows), None)
        younger = bool(new) and last is not None and last not in self._loaded
        if not younger:
            for row in new:
                self.put(row)
        else:
            newer = {queue_id: row for queue_id, row in self.rows.items() if queue_id not in self._loaded}
            older = {queue_id: row for queue_id, row in self.rows.items() if queue_id in self._loaded}
            self.rows = {**older, **{row.queue_id: row for row in new}, **newer}
            self.blank()
        self._loaded.update(row.queue_id for row in new)
        return new, younger

    def clear(self) -> None:
        """No rows any more."""
        self.rows.clear()
        self._loaded.clear()
        self.blank()

    def blank(self) -> None:
        """Empties the table, not the rows; `flush` fills it again."""
        self._table.reset()
        self._changed = dict.fromkeys(self.rows)

    def flush(self) -> bool:
        """Writes a slice of what has changed into the table; False when nothing had."""
        if not self._changed:
            return False
        ids = list(itertools.islice(self._changed, _SLICE))
        for queue_id in ids:
            del self._changed[queue_id]
        self._table.remove(queue_id for queue_id in ids if queue_id not in self.rows)
        self._table.put(self._cells(self.rows[queue_id]) for queue_id in ids if queue_id in self.rows)
        return True

    def _cells(self, row: QueueRow) -> tdg_td_tables.Row:
        return tuple(map(tdg_td_tables.text, row[: self._width]))


class QueueTables:
    """`write_queue_dat` and `dead_letters`.

    Args:
        comp: The component.
    """

    def __init__(self, comp: Any) -> None:
        self._queue = _Mirror(comp.op("write_queue_dat"), QUEUE_COLUMNS)
        self._dead = _Mirror(comp.op("dead_letters"), DEAD_COLUMNS)

    def __len__(self) -> int:
        return len(self._queue.rows)

    def get(self, queue_id: str) -> QueueRow | None:
        """A queued write."""
        return self._queue.rows.get(queue_id)

    def rows(self) -> list[QueueRow]:
        """The queued writes, oldest first."""
        return list(self._queue.rows.values())

    def pending(self) -> list[PendingRow]:
        """The documented columns of the queued writes, oldest first."""
        return [PendingRow(*row[:8]) for row in self._queue.rows.values()]

    def of(self, collection: str) -> list[QueueRow]:
        """The queued writes of one collection, oldest first."""
        return [row for row in self._queue.rows.values() if row.collection == collection]

    def dead_ids(self) -> list[str]:
        """The ids of the dead letters, oldest first."""
        return list(self._dead.rows)

    def add(self, row: QueueRow) -> None:
        """A write that was queued just now, or one that has changed."""
        self._queue.put(row)

    def load(self, rows: list[QueueRow], dead: bool) -> tuple[list[QueueRow], bool]:
        """Rows of a former run: those that are new here, and whether younger ones were here before them."""
        return (self._dead if dead else self._queue).load(rows)

    def remove(self, queue_id: str) -> QueueRow | None:
        """A write that is not queued any more."""
        return self._queue.remove(queue_id)

    def settle(self, result: Result) -> QueueRow | None:
        """Takes in what became of a write; returns its row if it was known."""
        if result.outcome == tdg_core_firestore_messages.FAILED:
            row = self._queue.rows.get(result.queue_id)
            if row is not None:
                self._queue.put(row._replace(retry_count=result.retry_count, last_error=result.error))
            return row
        row = self._queue.remove(result.queue_id)
        if row is not None and result.outcome == tdg_core_firestore_messages.DEAD:
            self._dead.put(
                row._replace(retry_count=result.retry_count, last_error=result.error, failed_at=result.failed_at)
            )
        return row

    def revive(self) -> list[QueueRow]:
        """The dead letters are queued again; returns them."""
        rows = [row._replace(retry_count=0, last_error="", failed_at="") for row in self._dead.rows.values()]
        self._dead.clear()
        for row in rows:
            self._queue.put(row)
        return rows

    def clear(self) -> None:
        """Nothing is queued any more."""
        self._queue.clear()

    def clear_dead(self) -> None:
        """There are no dead letters any more."""
        self._dead.clear()

    def blank(self) -> None:
        """Empties the tables for a save; they fill again with the next frames."""
        self._queue.blank()
        self._dead.blank()

    def flush(self) -> bool:
        """Writes a slice of what has changed into the tables; False when nothing had."""
        return self._queue.flush() or self._dead.flush()
