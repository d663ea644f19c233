"""Execute DATs: start, create, exit, frames, saving; and extensions that start by themselves. Thread: main only.

Source: API sheet 5.3, 4.2 and rows 50, 53, 63.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node


class Lifecycle:
    """What happens to operators when they and the project come and go."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._created: dict[Node, None] = {}
        self._starting: dict[Node, None] = {}
        self._project_started = False
        self._version = -1
        self._frame_start: list[Node] = []
        self._frame_end: list[Node] = []

    # -- coming into being ------------------------------------------------------------------------------------

    def created(self, nodes: "Iterable[Node]") -> None:
        """Operators were made, loaded or pasted: onCreate comes with the next frame."""
        starts = self._host.unknowns.start_on_load == "yes"
        for top in nodes:
            for node in (top, *top.descendants()):
                if node.type.name == "executeDAT":
                    self._created[node] = None
                elif node.type.family == "COMP" and starts:
                    self._starting[node] = None

    def project_opened(self) -> None:
        """A project was opened: onStart, onCreate and the extensions that start by themselves."""
        self._project_started = True
        root = self._host.network.root
        self.created([root])
        self._starting.update(dict.fromkeys(node for node in root.descendants() if node.type.family == "COMP"))

    def deliver_created(self) -> None:
        """onStart (if the project has just been opened), then onCreate, each in the order of DAT names."""
        if self._project_started:
            self._project_started = False
            self._call_all("start", "onStart")
        created, self._created = self._created, {}
        for node in sorted(created, key=lambda node: (node.name, node.path)):
            self._call(node, "create", "onCreate")

    def start_extensions(self) -> None:
        """Make the extensions of COMPs whose initextonstart is on."""
        starting, self._starting = self._starting, {}
        for node in starting:
            if node.alive and node.exts is not None and node.par_value("initextonstart"):
                node.exts.instances()

    # -- frames -----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        network = self._host.network
        if self._version != network.version:
            self._version = network.version
            executes = sorted(network.of_type("executeDAT"), key=lambda node: node.name)
            self._frame_start = [node for node in executes if node.par_value("framestart")]
            self._frame_end = [node for node in executes if node.par_value("frameend")]

    def frame_start(self) -> None:
        """onFrameStart."""
        self._refresh()
        self._frame(self._frame_start, "framestart", "onFrameStart")

    def frame_end(self) -> None:
        """onFrameEnd."""
        self._refresh()
        self._frame(self._frame_end, "frameend", "onFrameEnd")

    def _frame(self, nodes: "list[Node]", toggle: str, name: str) -> None:
        if self._host.paused and self._host.unknowns.frames_when_paused == "stop":
            return
        for node in list(nodes):
            self._call(node, toggle, name, self._host.frames.number)

    # -- the rest ---------------------------------------------------------------------------------------------

    def play_state(self, playing: bool) -> None:
        """The timeline was paused or started."""
        self._call_all("playstatechange", "onPlayStateChange", playing)

    def saving(self) -> None:
        """Before the project is saved."""
        self._call_all("projectpresave", "onProjectPreSave")

    def saved(self) -> None:
        """After the project was saved."""
        self._call_all("projectpostsave", "onProjectPostSave")

    def exit(self) -> None:
        """The process quits."""
        self._call_all("exit", "onExit")
        if self._host.unknowns.destroy_at_exit == "yes":
            for node in self._host.network.root.descendants():
                if node.exts is not None:
                    node.exts.destroy()

    def _call_all(self, toggle: str, name: str, *args: Any) -> None:
        executes = self._host.network.of_type("executeDAT")
        for node in sorted(executes, key=lambda node: (node.name, node.path)):
            self._call(node, toggle, name, *args)

    def _call(self, node: "Node", toggle: str, name: str, *args: Any) -> None:
        if node.alive and node.par_value("active") and node.par_value(toggle):
            self._host.callback(node, name, args)
