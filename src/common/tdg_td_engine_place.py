"""Where a component's engine lives: in threads of TouchDesigner or in a process beside it.

Thread: main only.

*Engine* says what the user wants. A process can be had once Google's packages are installed, as it runs on the
interpreter of their environment; until then, and where it cannot be started, the engine lives in threads.
"""

import os
import sys
from pathlib import Path
from typing import Any

import td
import tdg_bridge
import tdg_bridge_private
import tdg_bridge_process
import tdg_bridge_thread
import tdg_core_settings
import tdg_disk_venv

#: The rooms whose modules a process needs.
_ROOMS = ("tdg_core_", "tdg_disk_", "tdg_bridge", "tdg_work_", "tdg_gateway_", "tdg_engine_")


class EnginePlace:
    """Decides where the next engine lives and makes the transport to it.

    Args:
        name: What threads are called.
        folder: Absolute path of the folder for files of a process; empty for a temporary one.
        modules: What the engine runs in.
    """

    def __init__(self, name: str, folder: str, modules: tdg_bridge_private.Modules) -> None:
        self._name = name
        self._folder = folder
        self._modules = modules
        self._wanted = tdg_core_settings.THREAD
        self._refused = False
        #: Where the engine that runs was put.
        self.now = tdg_core_settings.THREAD

    @property
    def beside(self) -> bool:
        """Whether the engine is to live in a process, as far as that can be had."""
        return self._wanted == tdg_core_settings.PROCESS and not self._refused

    @property
    def best(self) -> str:
        """Where an engine that started now would live."""
        return tdg_core_settings.PROCESS if self.beside and _python().is_file() else tdg_core_settings.THREAD

    @property
    def waits(self) -> bool:
        """Whether the engine lives in threads until there is an interpreter for the process."""
        return self.beside and self.now == tdg_core_settings.THREAD

    def want(self, where: str) -> bool:
        """*Engine* is set so; whether the engine has to move for it now."""
        changed = where != self._wanted
        self._wanted = where
        self._refused = self._refused and not changed
        return changed and self.best != self.now

    def refuse(self) -> None:
        """There can be no process; asked for anew when *Engine* is set again."""
        self._refused = True

    def transport(self, serve: tdg_bridge_thread.Serve, slot: dict[str, Any], turn: str) -> tdg_bridge.Transport:
        """The way to an engine at the best place.

        Args:
            serve: Its entry point, a partial with its keywords.
            slot: What no two engines may use at once.
            turn: Path of the file that says whose turn it is; empty without files.
        """
        self.now = self.best
        if self.now == tdg_core_settings.THREAD:
            private = tdg_bridge_private.Serve(self._modules, serve)
            return tdg_bridge_thread.ThreadTransport(private, slot, self._name, turn)
        entry, arguments = tdg_bridge_process.described(serve)
        place = tdg_bridge_process.Place(
            project=td.project.folder,
            python=str(_python()),
            folder=self._folder,
            texts={name: text for name, text in self._modules.sources.items() if name.startswith(_ROOMS)},
            name=self._name,
            turn=turn,
            serve=entry,
            arguments=arguments,
        )
        return tdg_bridge_process.ProcessTransport(place, self._modules, slot)


def _python() -> Path:
    """The interpreter of the project's environment, never TouchDesigner's own."""
    folder = Path(td.project.folder) / tdg_disk_venv.FOLDER
    return tdg_disk_venv.Venv(folder, f"{sys.version_info.major}.{sys.version_info.minor}", os.name == "nt").python
