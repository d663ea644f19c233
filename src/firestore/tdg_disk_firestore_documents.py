"""Reads the cached documents from the engine's file without the engine.

Thread: any.
"""

import contextlib
import sqlite3
from pathlib import Path

#: collection, doc_id, payload, version, synced_at.
DocumentRow = tuple[str, str, str, str, str]


def read_documents(path: Path) -> list[DocumentRow]:
    """All cached documents; none when there is no file or it cannot be read right now. Never waits for a lock."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.0)) as connection,
    ):
        query = "SELECT collection, doc_id, payload, version, synced_at FROM documents ORDER BY collection, doc_id"
        return list(connection.execute(query))
    return []
