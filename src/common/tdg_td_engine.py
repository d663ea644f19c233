"""Opens the way to a component's engine: its files, its journal, its transport.

Thread: main only.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import td
import tdg_bridge
import tdg_bridge_journal
import tdg_bridge_private
import tdg_bridge_slot
import tdg_bridge_thread
import tdg_core_errors
import tdg_disk_home
import tdg_td_engine_place
import tdg_td_log


def modules_of(comp: Any) -> tdg_bridge_private.Modules:
    """The component's modules for what runs off the main thread."""
    folder = comp.op("local/modules")
    return tdg_bridge_private.of({dat.name: dat.text for dat in folder.children if dat.OPType == "textDAT"})


class EngineRoad:
    """A running engine and the bridge to it.

    The road of a former extension of the same component is closed first, should TouchDesigner not have told that
    extension of its end: its files and its queue are taken over.

    Args:
        comp: The component.
        cache_folder: Absolute path of the folder for its files; empty keeps everything in memory.
        stem: Name of the files of a project's only component of that kind.
        log: Told when the folder cannot be used; the engine then works in memory.
        modules: What the engine runs in.
    """

    def __init__(
        self, comp: Any, cache_folder: str, stem: str, log: tdg_td_log.Log, modules: tdg_bridge_private.Modules
    ) -> None:
        self._comp = comp
        self._key = f"component {comp.id}"
        with contextlib.suppress(Exception):  # the former extension's modules may have lost their globals
            tdg_bridge_slot.slot(self._key).pop("close", _nothing)()
        self._log = log
        #: What is wrong with the files, for the user; empty when nothing is.
        self.problem = ""
        self.bridge: tdg_bridge.Bridge | None = None
        self._home = self._open_home(cache_folder, stem)
        self._journal = self._open_journal()
        tdg_bridge_slot.slot(self._key)["close"] = self.close
        folder = "" if self._home is None else str(self._home.folder / "engine")
        #: Where the engine lives.
        self.place = tdg_td_engine_place.EnginePlace(f"tdg-{comp.name}", folder, modules)

    def file(self, suffix: str) -> str:
        """Absolute path of a file of this component in the cache folder; empty without one."""
        return "" if self._home is None else str(self._home.file(suffix))

    def start(self, serve: tdg_bridge_thread.Serve) -> tdg_bridge.Bridge:
        """Starts the engine and hands it what was accepted before."""
        self.bridge = tdg_bridge.Bridge(self._transport(serve), self._journal)
        return self.bridge

    def restart(self, serve: tdg_bridge_thread.Serve) -> None:
        """Starts another engine after one that ended; the bridge stays."""
        if self.bridge is not None:
            self.bridge.replace(self._transport(serve))

    def close(self) -> None:
        """Ends the engine without waiting for it. Idempotent."""
        tdg_bridge_slot.discard(self._key)
        if self.bridge is not None:
            self.bridge.close()
        else:
            self._journal.close()
        if self._home is not None:
            self._home.leave()

    def _transport(self, serve: tdg_bridge_thread.Serve) -> tdg_bridge.Transport:
        # No two engines may use one set of files at once, whichever components they serve.
        slot = tdg_bridge_slot.slot(f"engine {self.file('') or self._comp.id}")
        return self.place.transport(serve, slot, self.file(".turn"))

    def _open_home(self, folder: str, stem: str) -> tdg_disk_home.Home | None:
        if not folder:
            return None
        exists: Callable[[str], bool] = lambda path: td.op(path) is not None  # noqa: E731  a name for the reader
        try:
            return tdg_disk_home.Home(Path(folder), stem, self._comp.path, exists)
        except OSError as error:
            self._tell(
                "ERROR",
                f"The cache folder {folder} cannot be used ({error.strerror or error}); working in memory, so what is "
                "accepted does not survive a restart. Choose a folder that can be written to.",
            )
            return None

    def _open_journal(self) -> tdg_bridge_journal.Journal:
        path = self.file("-journal.db")
        try:
            return tdg_bridge_journal.Journal(Path(path) if path else None, self._tell)
        except tdg_core_errors.CloudError as error:
            self._tell("ERROR", f"{error.message} Until then, what is accepted does not survive a restart.")
            return tdg_bridge_journal.Journal(None, self._tell)

    def _tell(self, level: str, text: str) -> None:
        self.problem = text
        self._log.write(level, text)


def _nothing() -> None:
    """For a component without a former road."""
