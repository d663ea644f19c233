"""The transfers as their user sees them: the `transfers` table, the results, the callbacks.

Thread: main only.

The engine decides; this is its picture on the main thread.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import tdg_core_jobs
import tdg_core_storage_messages
import tdg_td_callbacks
import tdg_td_log
import tdg_td_tables

Changed = tdg_core_storage_messages.Changed
Transfer = tdg_core_storage_messages.Transfer

COLUMNS = (
    "transfer_id", "type", "remote_path", "local_path", "status", "started_at", "completed_at", "error", "size",
    "progress", "speed",
)  # fmt: skip

#: Ended transfers that stay in the table; the oldest go in batches. An installation runs for months.
MOST_ENDED = 2000
_ENDED_BATCH = 200
#: Ended listings whose files can still be asked for with `GetTransfer`.
_MOST_LISTINGS = 32

#: Shortest time between two calls of `onTransferProgress` for one transfer, in seconds.
_PROGRESS_S = 0.1

_MOVING = frozenset(
    {tdg_core_storage_messages.UPLOAD, tdg_core_storage_messages.DOWNLOAD, tdg_core_storage_messages.SYNC}
)


@dataclass
class _Seen:
    """A transfer in the table."""

    now: Changed
    progress_at: float = float("-inf")
    files: list[dict[str, Any]] = field(default_factory=list)


class Transfers:
    """Keeps table and results in step with the engine.

    Args:
        dat: Finds the `transfers` table; None while it is missing.
        callbacks, log: Where the user is told.
    """

    def __init__(self, dat: Callable[[], Any], callbacks: tdg_td_callbacks.Callbacks, log: tdg_td_log.Log) -> None:
        self._dat = dat
        self._callbacks = callbacks
        self._log = log
        self._table: tdg_td_tables.KeyedTable | None = None
        self._seen: dict[str, _Seen] = {}
        self._ended: deque[str] = deque()
        self._listings: deque[str] = deque()
        self._active: set[str] = set()
        # Resets that the engine has not answered yet: until then it may still speak of what was forgotten.
        self._resets = 0
        #: Ids of what waits for a slot, in order.
        self.pending: deque[str] = deque()
        #: What tells the user of the end of a transfer, by type; every other type is told by `onTransferComplete`.
        self.enders: dict[str, Callable[[Changed, list[dict[str, Any]]], None]] = {
            tdg_core_storage_messages.LIST: self._list_ended,
            tdg_core_storage_messages.METADATA: self._metadata_ended,
        }

    @property
    def active(self) -> int:
        """How many run."""
        return len(self._active)

    def clear(self) -> None:
        """Forgets everything and empties the table."""
        self._seen.clear()
        self._ended.clear()
        self._listings.clear()
        self._active.clear()
        self.pending.clear()
        dat = self._dat()
        self._table = None if dat is None else tdg_td_tables.KeyedTable(dat, COLUMNS)
        if self._table is not None:
            self._table.reset()

    def reset(self) -> None:
        """The user's Reset: what was forgotten does not come back into the table."""
        self._resets += 1
        self.clear()

    def forgotten(self, _: tdg_core_storage_messages.Forgotten) -> None:
        """The engine has carried out a Reset."""
        self._resets = max(0, self._resets - 1)

    def engine_ended(self) -> None:
        """No engine will answer what the former one was asked."""
        self._resets = 0

    def refill(self) -> None:
        """Writes the table anew."""
        dat = self._dat()
        if dat is not None:
            self._table = tdg_td_tables.KeyedTable(dat, COLUMNS)
            self._table.reset()
            self._table.put([_row(seen.now) for seen in self._seen.values()])

    def blank(self) -> None:
        """Empties the table alone, for the time of a save."""
        if self._table is not None:
            self._table.reset()

    def asked(self, transfer: Transfer) -> None:
        """A transfer that has just been accepted: its row is there when the method returns."""
        changed = Changed(
            transfer.id,
            transfer.type,
            transfer.remote_path,
            transfer.local_path,
            tdg_core_jobs.PENDING,
            {key: value for key, value in transfer.options.items() if key != "data"},
            size=transfer.size,
        )
        self._seen[transfer.id] = _Seen(changed)
        self.pending.append(transfer.id)
        self._write(changed)

    def is_open(self, key: str) -> bool:
        """Whether there is such a transfer that has not ended."""
        seen = self._seen.get(key)
        return seen is not None and seen.now.status not in tdg_core_jobs.ENDED

    def get(self, key: str) -> dict[str, Any] | None:
        """What `GetTransfer` returns."""
        seen = self._seen.get(key)
        if seen is None:
            return None
        now = seen.now
        row: dict[str, Any] = dict(zip(COLUMNS, _row(now), strict=True))
        row |= {"size": now.size if now.size >= 0 else None, "progress": _progress(now), "speed": now.speed}
        row |= now.result
        if now.type == tdg_core_storage_messages.LIST:
            row["files"] = list(seen.files)
        return row

    # Events ------------------------------------------------------------------------------------------------------

    def page(self, event: tdg_core_storage_messages.ListPage) -> None:
        """A part of a listing has come."""
        seen = self._seen.get(event.id)
        if seen is not None and seen.now.options.get("collect", True):
            seen.files += event.files
        self._callbacks.call("onListPage", event.id, event.files)

    def changed(self, event: Changed) -> None:
        """How a transfer stands now."""
        seen = self._seen.get(event.id)
        if seen is None and not self._resets:
            seen = self._seen[event.id] = _Seen(event)
        if seen is None:  # forgotten by a Reset: only its end is told
            if event.status in tdg_core_jobs.ENDED:
                self._tell_end(event, [])
            return
        if event == seen.now and seen.now is not event:
            return
        former, seen.now = seen.now, event
        self._count(event, former)
        self._write(event)
        if event.status in tdg_core_jobs.ENDED:
            self._tell_end(event, seen.files)
            self._retire(event)
        elif event.status == tdg_core_jobs.ACTIVE and event.bytes_done and event.type in _MOVING:
            self._tell_progress(seen)

    def _count(self, event: Changed, former: Changed) -> None:
        """Keeps the waiting and the running ones."""
        if event.status == tdg_core_jobs.PENDING:
            self._active.discard(event.id)
            if former is event:
                self.pending.append(event.id)
            elif former.status != tdg_core_jobs.PENDING:
                self.pending.appendleft(event.id)
            return
        if former.status == tdg_core_jobs.PENDING and former is not event:
            self.pending.remove(event.id)
        if event.status == tdg_core_jobs.ACTIVE:
            self._active.add(event.id)
        else:
            self._active.discard(event.id)

    def _tell_progress(self, seen: _Seen) -> None:
        now, event = time.monotonic(), seen.now
        if now - seen.progress_at < _PROGRESS_S:
            return
        seen.progress_at = now
        self._callbacks.call(
            "onTransferProgress",
            event.id,
            event.type,
            event.remote_path,
            event.local_path,
            event.bytes_done,
            max(event.size, 0),
        )

    def _tell_end(self, event: Changed, files: list[dict[str, Any]]) -> None:
        what = f"{event.type} {event.remote_path or event.local_path}"
        if event.status == tdg_core_jobs.FAILED:
            self._log.error(f"{what} failed: {event.error}")
        elif event.status == tdg_core_jobs.CANCELLED:
            self._log.info(f"{what} {event.error}")
        self.enders.get(event.type, self._transfer_ended)(event, files)

    def _transfer_ended(self, event: Changed, _files: list[dict[str, Any]]) -> None:
        success = event.status == tdg_core_jobs.COMPLETE
        local_path = str(event.result.get("url", event.local_path))
        self._callbacks.call(
            "onTransferComplete", event.id, event.type, event.remote_path, local_path, success, event.error
        )

    def _metadata_ended(self, event: Changed, files: list[dict[str, Any]]) -> None:
        success = event.status == tdg_core_jobs.COMPLETE
        metadata = event.result.get("metadata", {})
        self._callbacks.call("onMetadata", event.id, event.remote_path, metadata, success, event.error)
        self._transfer_ended(event, files)

    def _list_ended(self, event: Changed, files: list[dict[str, Any]]) -> None:
        success = event.status == tdg_core_jobs.COMPLETE
        prefix = str(event.options.get("prefix", event.remote_path))
        # A part of a listing must never be taken for the whole.
        given = list(files) if success else []
        self._callbacks.call("onListComplete", event.id, prefix, given, success, event.error)

    def _retire(self, event: Changed) -> None:
        """Lets go of what ended long ago."""
        if event.type == tdg_core_storage_messages.LIST:
            self._listings.append(event.id)
            if len(self._listings) > _MOST_LISTINGS and (old := self._seen.get(self._listings.popleft())) is not None:
                old.files = []
        self._ended.append(event.id)
        if len(self._ended) < MOST_ENDED + _ENDED_BATCH:
            return
        oldest = [self._ended.popleft() for _ in range(_ENDED_BATCH)]
        for key in oldest:
            self._seen.pop(key, None)
        if self._table is not None:
            self._table.remove(oldest)

    def _write(self, event: Changed) -> None:
        if self._table is None:
            self.refill()
        if self._table is not None:
            self._table.put([_row(event)])


def _row(event: Changed) -> tdg_td_tables.Row:
    return (
        event.id,
        event.type,
        event.remote_path,
        event.local_path,
        event.status,
        event.started_at,
        event.completed_at,
        event.error,
        str(event.size) if event.size >= 0 else "",
        f"{_progress(event):.3g}",
        f"{event.speed:.0f}",
    )


def _progress(event: Changed) -> float:
    """From 0 to 1."""
    if event.status == tdg_core_jobs.COMPLETE:
        return 1.0
    return min(1.0, event.bytes_done / event.size) if event.size > 0 else 0.0
