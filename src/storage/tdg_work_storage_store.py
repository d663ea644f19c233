"""The storage engine's SQLite file: transfers that were accepted and have not ended, with what they left half done.

Thread: worker only.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tdg_core_messages
import tdg_core_storage_messages
import tdg_disk_sqlite
import tdg_work_storage_sync_store
import tdg_work_store

Transfer = tdg_core_storage_messages.Transfer

_SCHEMA = """
CREATE TABLE transfers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    message TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT '{}'
)
"""


@dataclass(frozen=True)
class Kept:
    """A transfer as the store has it."""

    transfer: Transfer
    state: dict[str, Any]


class StorageStore(tdg_work_store.Store):
    """What must survive a restart.

    Args:
        path: The file; None for memory.
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_work_store.Store`.
    """

    def __init__(self, path: Path | None, tell: tdg_disk_sqlite.Tell) -> None:
        super().__init__(path, [_SCHEMA, tdg_work_storage_sync_store.SCHEMA], tell)
        self._tell = tell
        if path is not None:  # forcing to disk is a helper thread's part (tdg_work_storage_keeper)
            self.connection.execute("PRAGMA synchronous = OFF")
            self.connection.execute("PRAGMA wal_autocheckpoint = 0")

    def transfers(self) -> list[Kept]:
        """All transfers that have not ended, in the order in which they were asked for."""
        rows = self.connection.execute("SELECT message, state FROM transfers ORDER BY number")
        found = []
        for message, state in rows:
            try:
                transfer = tdg_core_messages.from_plain(json.loads(message))
            except ValueError as error:
                self._tell("ERROR", f"A waiting transfer in {self.path} cannot be read and is left there ({error}).")
                continue
            assert isinstance(transfer, Transfer)
            found.append(Kept(transfer, json.loads(state)))
        return found

    def insert(self, message: dict[str, Any]) -> None:
        """Adds a transfer (a plain message) behind all others; inside a transaction."""
        text = json.dumps(message, ensure_ascii=False)
        self.connection.execute("INSERT OR IGNORE INTO transfers (id, message) VALUES (?, ?)", (message["id"], text))

    def keep(self, states: dict[str, dict[str, Any]]) -> None:
        """Replaces what transfers left half done, by id; inside a transaction."""
        rows = [(json.dumps(state), key) for key, state in states.items()]
        self.connection.executemany("UPDATE transfers SET state = ? WHERE id = ?", rows)

    def remove(self, ids: Iterable[str]) -> None:
        """Forgets transfers that have ended; inside a transaction."""
        self.connection.executemany("DELETE FROM transfers WHERE id = ?", [(key,) for key in ids])
