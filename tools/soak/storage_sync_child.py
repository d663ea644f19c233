"""A process that runs one sync and may be made to die at any of its steps.

    python -m soak.storage_sync_child ORDER

ORDER is JSON: `settings`, `options`, `folder`, `prefix`, `key`, and `die_at`, the number of the step before which the
process ends without any warning; steps are counted before and after everything that changes a side or the store. The
last line printed is how the sync ended.
"""

import itertools
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import tdg_core_jobs
import tdg_core_messages
import tdg_core_storage_messages
import tdg_disk_files
import tdg_disk_sync_trash
import tdg_disk_sync_tree
import tdg_gateway_storage
import tdg_work_storage
import tdg_work_storage_sync_store
from tdg_bridge_outbox import Outbox
from tdg_core_storage_settings import StorageSettings

#: What a process that was told to die ends with.
DIED = 9

_PATIENCE_S = 60.0


def main(order: dict[str, Any]) -> int:
    """The child."""
    if order.get("die_at") is not None:
        _die_at(int(order["die_at"]))
    settings = StorageSettings.from_plain(order["settings"])
    engine = Engine(settings)
    print(json.dumps(engine.sync(order["prefix"], order["folder"], order["options"], order["key"])), flush=True)
    engine.stop()
    return 0


class Engine:
    """An engine with nobody but us to talk to."""

    def __init__(self, settings: StorageSettings) -> None:
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox = Outbox()
        self._attempts = itertools.count(1)
        self._entries = itertools.count(int(time.time() * 1000))
        self._thread = threading.Thread(
            target=tdg_work_storage.serve,
            args=(self._inbox, self._outbox),
            kwargs={"open_gateway": tdg_gateway_storage.open_gateway, "settings": settings},
            daemon=True,
        )
        self._thread.start()
        self._connects = False

    def stop(self) -> None:
        """Ends it."""
        self._inbox.put(None)
        self._thread.join(_PATIENCE_S)

    def sync(self, prefix: str, folder: str, options: dict[str, Any], key: str) -> dict[str, Any]:
        """Runs a sync to its end, however often the connection is lost: its status, error and result.

        What an earlier process has left runs before it.
        """
        transfer = tdg_core_storage_messages.Transfer(key, "sync", prefix, folder, "now", -1, options)
        if not self._connects:
            self._connect()
        entry = tdg_core_messages.Accepted("soak", next(self._entries), tdg_core_messages.to_plain(transfer))
        self._inbox.put(entry)
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            event = self._outbox.take()
            if event is None:
                time.sleep(0.002)
            elif event.kind in {"trouble", "connect_failed"}:
                time.sleep(0.02)
                self._connect()
            elif getattr(event, "id", "") == key and getattr(event, "status", "") in tdg_core_jobs.ENDED:
                assert isinstance(event, tdg_core_storage_messages.Changed)
                return {"status": event.status, "error": event.error, "result": event.result}
        raise AssertionError("A sync did not end within a minute.")

    def _connect(self) -> None:
        self._connects = True
        self._inbox.put(tdg_core_messages.Connect(next(self._attempts)))


def _die_at(number: int) -> None:
    """Counts steps from now on, and ends the process before one of them."""
    steps = itertools.count()

    def step() -> None:
        if next(steps) == number:
            os._exit(DIED)

    def counted(owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def both_ends(*args: Any, **more: Any) -> Any:
            step()
            result = real(*args, **more)
            step()
            return result

        setattr(owner, name, both_ends)

    for name in ("insert", "begin", "send", "copy", "delete"):
        counted(tdg_gateway_storage.StorageGateway, name)
    for name in ("take", "keep"):
        counted(tdg_disk_sync_trash.Trash, name)
    for name in ("move", "remove_empty_folders"):
        counted(tdg_disk_sync_tree, name)
    counted(tdg_disk_files, "put_in_place")
    counted(tdg_work_storage_sync_store, "save")


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
