"""The write queue as the main thread knows it, and the two tables that show it.

Thread: main only.

What a method has queued is here at once; what the engine tells follows. The tables follow once per frame.
"""

import itertools
from collections.abc import Iterable, Iterator
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
        #: Rows of a former run, which are older than all others, however late they are told.
        self._former: dict[str, QueueRow] = {}
        self._own: dict[str, QueueRow] = {}
        self._table = tdg_td_tables.KeyedTable(dat, columns)
        self._table.reset()
        self._width = len(columns)
        self._changed: dict[str, None] = {}
        #: Rows of a former run stand in the table behind younger ones.
        self._disordered = False

    def __len__(self) -> int:
        return len(self._former) + len(self._own)

    def __iter__(self) -> Iterator[QueueRow]:
        return itertools.chain(self._former.values(), self._own.values())

    def get(self, queue_id: str) -> QueueRow | None:
        """A row."""
        return self._own.get(queue_id) or self._former.get(queue_id)

    def put(self, row: QueueRow) -> None:
        """Adds or changes a row."""
        rows = self._former if row.queue_id in self._former else self._own
        rows[row.queue_id] = row
        self._changed[row.queue_id] = None

    def remove(self, queue_id: str) -> QueueRow | None:
        """Takes a row out."""
        row = self._own.pop(queue_id, None) or self._former.pop(queue_id, None)
        if row is not None:
            self._changed[queue_id] = None
        return row

    def load(self, rows: Iterable[QueueRow]) -> list[QueueRow]:
        """Adds rows of a former run; those that are new here."""
        new = [row for row in rows if self.get(row.queue_id) is None]
        for row in new:
            self._former[row.queue_id] = row
            self._changed[row.queue_id] = None
        self._disordered = self._disordered or bool(new and self._own)
        return new

    def clear(self) -> None:
        """No rows any more."""
        self._former.clear()
        self._own.clear()
        self.blank()

    def blank(self) -> None:
        """Empties the table, not the rows; `flush` fills it again."""
        self._table.reset()
        self._changed = dict.fromkeys(row.queue_id for row in self)
        self._disordered = False

    def flush(self) -> bool:
        """Writes a slice of what has changed into the table; False when nothing had."""
        if not self._changed:
            if not self._disordered:
                return False
            self.blank()
        ids = list(itertools.islice(self._changed, _SLICE))
        for queue_id in ids:
            del self._changed[queue_id]
        rows = {queue_id: self.get(queue_id) for queue_id in ids}
        self._table.remove(queue_id for queue_id, row in rows.items() if row is None)
        self._table.put(self._cells(row) for row in rows.values() if row is not None)
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
        return len(self._queue)

    def get(self, queue_id: str) -> QueueRow | None:
        """A queued write."""
        return self._queue.get(queue_id)

    def rows(self) -> list[QueueRow]:
        """The queued writes, oldest first."""
        return list(self._queue)

    def pending(self) -> list[PendingRow]:
        """The documented columns of the queued writes, oldest first."""
        return [PendingRow(*row[:8]) for row in self._queue]

    def of(self, collection: str) -> list[QueueRow]:
        """The queued writes of one collection, oldest first."""
        return [row for row in self._queue if row.collection == collection]

    def dead_ids(self) -> list[str]:
        """The ids of the dead letters, oldest first."""
        return [row.queue_id for row in self._dead]

    def add(self, row: QueueRow) -> None:
        """A write that was queued just now, or one that has changed."""
        self._queue.put(row)

    def load(self, rows: Iterable[QueueRow]) -> list[QueueRow]:
        """Queued writes of a former run; those that are new here."""
        return self._queue.load(rows)

    def load_dead(self, rows: Iterable[QueueRow]) -> None:
        """Dead letters of a former run."""
        self._dead.load(rows)

    def remove_dead(self, queue_id: str) -> None:
        """That is no dead letter any more."""
        self._dead.remove(queue_id)

    def remove(self, queue_id: str) -> QueueRow | None:
        """A write that is not queued any more."""
        return self._queue.remove(queue_id)

    def settle(self, result: Result) -> QueueRow | None:
        """Takes in what became of a write; returns its row if it was known."""
        if result.outcome == tdg_core_firestore_messages.FAILED:
            row = self._queue.get(result.queue_id)
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
        rows = [row._replace(retry_count=0, last_error="", failed_at="") for row in self._dead]
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
