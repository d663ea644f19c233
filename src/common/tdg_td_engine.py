"""Opens the way to a component's engine: its files, its journal, its transport.

Thread: main only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import td
import tdg_bridge
import tdg_bridge_journal
import tdg_bridge_slot
import tdg_bridge_thread
import tdg_core_errors
import tdg_disk_home
import tdg_td_log


class EngineRoad:
    """A running engine and the bridge to it.

    Args:
        comp: The component.
        cache_folder: Absolute path of the folder for its files; empty keeps everything in memory.
        stem: Name of the files of a project's only component of that kind.
        log: Told when the folder cannot be used; the engine then works in memory.
    """

    def __init__(self, comp: Any, cache_folder: str, stem: str, log: tdg_td_log.Log) -> None:
        self._comp = comp
        self._home = _home(comp, cache_folder, stem, log)
        self._journal = self._open_journal(log)
        self.bridge: tdg_bridge.Bridge | None = None

    def file(self, suffix: str) -> str:
        """Absolute path of a file of this component in the cache folder; empty without one."""
        return "" if self._home is None else str(self._home.file(suffix))

    def start(self, serve: tdg_bridge_thread.Serve) -> tdg_bridge.Bridge:
        """Starts the engine and hands it what was accepted before."""
        slot = tdg_bridge_slot.slot(f"{self._comp.id}")
        transport = tdg_bridge_thread.ThreadTransport(serve, slot, f"tdg-{self._comp.name}")
        self.bridge = tdg_bridge.Bridge(transport, self._journal)
        return self.bridge

    def close(self) -> None:
        """Ends the engine without waiting for it."""
        if self.bridge is not None:
            self.bridge.close()
        if self._home is not None:
            self._home.leave()

    def _open_journal(self, log: tdg_td_log.Log) -> tdg_bridge_journal.Journal:
        path = self.file("-journal.db")
        try:
            return tdg_bridge_journal.Journal(Path(path) if path else None, log.write)
        except tdg_core_errors.CloudError as error:
            log.error(error.message)
            return tdg_bridge_journal.Journal(None, log.write)


def _home(comp: Any, folder: str, stem: str, log: tdg_td_log.Log) -> tdg_disk_home.Home | None:
    if not folder:
        return None
    exists: Callable[[str], bool] = lambda path: td.op(path) is not None  # noqa: E731  a name for the reader
    try:
        return tdg_disk_home.Home(Path(folder), stem, comp.path, exists)
    except OSError as error:
        log.error(
            f"The cache folder {folder} cannot be used ({error.strerror or error}); working in memory, so what is "
            "accepted does not survive a restart. Choose a folder that can be written to."
        )
        return None
