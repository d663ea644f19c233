"""CHOP Execute DATs: calls them for channels that have changed since the last frame. Thread: main only.

Source: docs.derivative.ca, CHOP Execute DAT and its class page. A channel has one sample here, so each of them is
called at most once per channel and frame. What is there when a DAT begins to look is no change.
"""

from typing import TYPE_CHECKING, Any

from headless_td.comps import CHOP
from headless_td.patterns import matcher

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

Values = dict[str, float]


class ChopEvents:
    """The last values of every channel that is looked at."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._version = -1
        self._watchers: list[Node] = []
        self._known: dict[Node, tuple[str, Values]] = {}

    def deliver(self) -> None:
        """Once a frame."""
        network = self._host.network
        if self._version != network.version:
            self._version = network.version
            self._watchers = sorted(network.of_type("chopexecuteDAT"), key=lambda node: node.path)
        for node in self._watchers:
            if node.alive and node.par_value("active"):
                self._look(node)

    def _look(self, node: "Node") -> None:
        chop = node.par_value("chop")
        if not isinstance(chop, CHOP):
            self._known.pop(node, None)
            return
        wanted = matcher(str(node.par_value("channel")))
        channels = {channel.name: channel for channel in chop.chans() if wanted(channel.name)}
        path, former = self._known.get(node, (chop.path, {}))
        self._known[node] = (chop.path, {name: channel.eval() for name, channel in channels.items()})
        for name, value in self._known[node][1].items():
            if path == chop.path and name in former:
                self._tell(node, channels[name], value, former[name])

    def _tell(self, node: "Node", channel: Any, value: float, former: float) -> None:
        for toggle, function, happens in (
            ("offtoon", "onOffToOn", value > 0 >= former),
            ("whileon", "whileOn", value > 0),
            ("ontooff", "onOnToOff", former > 0 >= value),
            ("whileoff", "whileOff", value <= 0),
            ("valuechange", "onValueChange", value != former),
        ):
            if happens and node.par_value(toggle):
                self._host.callback(node, function, (channel, 0, value, former))
