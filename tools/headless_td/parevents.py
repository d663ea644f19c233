"""Parameter Execute DATs, pulses, and what built-in parameters do when they change. Thread: main only.

Source: API sheet 5.1 and rows 31, 58, 59.
"""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headless_td.errors import tdError
from headless_td.parameters import Parameter, ParMode
from headless_td.pars import Par
from headless_td.patterns import matcher

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

Change = namedtuple("Change", ["par", "prev"])  # noqa: PYI024 - the documented shape of an item of `changes`
_UNSEEN = object()  # the value that an expression had before anybody looked
_EXECUTES = frozenset({"parameterexecuteDAT", "datexecuteDAT", "executeDAT"})
_NOTES = {
    "expression": ("expressionchange", "onExpressionChange"),
    "enable": ("enablechange", "onEnableChange"),
    "mode": ("modechange", "onModeChange"),
}


@dataclass(slots=True, eq=False)
class Watcher:
    """One active Parameter Execute DAT."""

    node: "Node"
    targets: "set[Node]"
    names: Callable[[str], bool]
    custom: bool
    built_in: bool

    def watches(self, par: Parameter) -> bool:
        """Whether changes of `par` concern it."""
        return par.owner in self.targets and (self.custom if par.custom else self.built_in) and self.names(par.name)


class ParameterEvents:
    """Collects changes and pulses of parameters and delivers them when the switches say."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._version = -1
        self._watchers: list[Watcher] = []
        self._watched: set[Node] = set()
        self._pending: dict[Parameter, Any] = {}
        self._of_frame: dict[Parameter, Any] = {}
        self._dynamic: dict[Parameter, Any] = {}
        self._pulses: list[Parameter] = []
        self._notes: list[tuple[Parameter, str, Any, Any]] = []

    # -- who watches ------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        network = self._host.network
        if self._version == network.version:
            return
        self._version = network.version
        self._watchers = []
        for node in network.of_type("parameterexecuteDAT"):
            value = node.pars.find("op")
            if not node.par_value("active") or value is None:
                continue
            try:
                ops = Par(value).evalOPs()
            except tdError:
                continue
            self._watchers.append(
                Watcher(
                    node,
                    {self._host.node_of(each) for each in ops},
                    matcher(node.par_value("pars", "")),
                    bool(node.par_value("custom")),
                    bool(node.par_value("builtin")),
                )
            )
        self._watched = set().union(*(watcher.targets for watcher in self._watchers))

    def watched(self, node: "Node") -> bool:
        """Whether any Parameter Execute DAT looks at the operator."""
        self._refresh()
        return node in self._watched

    def _call(self, par: Parameter, toggle: str, name: str, args: tuple[Any, ...]) -> None:
        self._refresh()
        for watcher in list(self._watchers):
            if watcher.node.alive and watcher.watches(par) and watcher.node.par_value(toggle):
                self._host.callback(watcher.node, name, args)

    # -- changes ----------------------------------------------------------------------------------------------

    def previous_value(self, par: Parameter) -> Any:
        """The value before a change, if anyone will ask for it."""
        if not self.watched(par.owner):
            return None
        try:
            return par.eval()
        except tdError:
            return None

    def parameter_changed(self, par: Parameter, previous: Any) -> None:
        """A parameter was assigned to."""
        if par.mode is not ParMode.CONSTANT:
            self._dynamic.setdefault(par, previous if self.watched(par.owner) else _UNSEEN)
        else:
            self._dynamic.pop(par, None)
        if not par.custom:
            self.built_in_changed(par.owner, par.name)
        if not self.watched(par.owner):
            return
        self._of_frame.setdefault(par, previous)
        if self._host.unknowns.par_execute == "at_once":
            self._deliver(par, previous)
        else:
            self._pending.setdefault(par, previous)

    def loaded(self, node: "Node") -> None:
        """Values of a loaded operator are in place."""
        for par in list(node.pars.made()):
            if not par.custom:
                self.built_in_changed(node, par.name)
            if par.mode is not ParMode.CONSTANT:
                self._dynamic.setdefault(par, _UNSEEN)
            if self._host.unknowns.load_events == "fired" and par.custom and par.kind != "pulse":
                self._pending.setdefault(par, None)

    def parameter_note(self, par: Parameter, what: str, value: Any, previous: Any) -> None:
        """Expression, mode or enable of a parameter changed."""
        if self.watched(par.owner):
            self._notes.append((par, what, value, previous))

    def _deliver(self, par: Parameter, previous: Any) -> None:
        if not par.owner.alive:
            return
        try:
            same = previous is not None and par.eval() == previous
        except tdError:
            same = False
        if not same:
            self._call(par, "valuechange", "onValueChange", (Par(par), previous))

    def deliver_changes(self) -> None:
        """Call onValueChange for what changed since the last time, once per parameter."""
        self._poll_expressions()
        pending, self._pending = self._pending, {}
        for par, previous in pending.items():
            self._deliver(par, previous)
        notes, self._notes = self._notes, []
        for par, what, value, previous in notes:
            toggle, name = _NOTES[what]
            self._call(par, toggle, name, (Par(par), value, previous))

    def _poll_expressions(self) -> None:
        for par, last in list(self._dynamic.items()):
            if not par.owner.alive:
                del self._dynamic[par]
            elif self.watched(par.owner):
                try:
                    value = par.eval()
                except tdError:
                    continue
                if value != last:
                    self._dynamic[par] = value
                    if last is _UNSEEN:
                        continue
                    self._pending.setdefault(par, last)
                    self._of_frame.setdefault(par, last)

    def deliver_frame(self) -> None:
        """End of the frame: onValuesChanged, and onValueChange if the switch puts it here."""
        if self._host.unknowns.par_execute == "frame_end":
            self.deliver_changes()
        changed, self._of_frame = self._of_frame, {}
        if not changed:
            return
        self._refresh()
        for watcher in list(self._watchers):
            items = [Change(Par(par), prev) for par, prev in changed.items() if watcher.watches(par)]
            if items and watcher.node.alive and watcher.node.par_value("valueschanged"):
                self._host.callback(watcher.node, "onValuesChanged", (items,))

    def deliver_boundary(self) -> None:
        """Frame boundary: changes of the previous frame; with `at_once` those that no assignment has brought about."""
        if self._host.unknowns.par_execute != "frame_end":
            self.deliver_changes()

    # -- pulses -----------------------------------------------------------------------------------------------

    def pulsed(self, par: Parameter) -> None:
        """A pulse parameter was pressed, by the user or by a script."""
        unknowns = self._host.unknowns
        if (unknowns.pulse if par.custom else unknowns.built_in_pulse) == "at_once":
            self._pulse(par)
        elif unknowns.pulses == "each" or par not in self._pulses:
            self._pulses.append(par)

    def deliver_pulses(self) -> None:
        """Act on pulses that came since the last time."""
        pulses, self._pulses = self._pulses, []
        for par in pulses:
            if par.owner.alive:
                self._pulse(par)

    def _pulse(self, par: Parameter) -> None:
        if not par.custom:
            self._built_in_pulse(par.owner, par.name)
        elif par.owner.native is not None:
            par.owner.native.pulsed(par.name)
        self._call(par, "onpulse", "onPulse", (Par(par),))

    def _built_in_pulse(self, node: "Node", name: str) -> None:
        if name == "reinitextensions" and node.exts is not None:
            node.exts.initialise()
        elif name == "clear" and node.table is not None:
            node.table.clear(keep_first_row=True)
        elif name == "writepulse":
            self._host.files.write_linked(node)
        elif name == "loadonstartpulse":
            self._host.files.load_linked(node)
        elif name == "enableexternaltoxpulse":
            self._host.files.reload(node, str(node.par_value("externaltox", "")))

    # -- what built-in parameters do --------------------------------------------------------------------------

    def built_in_changed(self, node: "Node", name: str) -> None:
        """Act on a new value of a built-in parameter."""
        node.par_version += 1
        if name == "opshortcut":
            self._host.network.set_shortcut(node, str(node.par_value("opshortcut", "")))
        elif name.startswith("ext") and node.exts is not None:
            node.exts.redefine()
        elif name in {"file", "syncfile"}:
            self._host.files.link_changed(node)
        if node.type.name in _EXECUTES or name in {"dat", "parentshortcut"}:
            self._host.network.touch()
