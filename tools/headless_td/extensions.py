"""Extensions of one COMP: construction, promotion, replacement, the life-cycle hooks. Thread: main only.

Source: API sheet 4 and rows 48 to 57.
"""

import functools
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import get_ident
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from headless_td import threads
from headless_td.errors import tdAttributeError, tdError
from headless_td.parameters import ParMode

if TYPE_CHECKING:
    from headless_td.nodes import Node

_EMPTY, _MAKING, _READY, _FAILED = "empty", "making", "ready", "failed"
_MISSING = object()


@dataclass(slots=True, eq=False)
class Slot:
    """One block of the sequence `ext` and the instance made from it."""

    text: str = ""
    name: str = ""
    promote: bool = True
    instance: Any = None
    state: str = _EMPTY
    sources: "dict[Node, int]" = field(default_factory=dict)
    checked: int = -1

    def stale(self, edits: int) -> bool:
        """Whether the text of a module that the instance was made from has changed.

        Args:
            edits: counts changes of texts; asked again at the same count, the answer is known.
        """
        if self.checked == edits:
            return False
        self.checked = edits
        return any(
            source.text_version != version or (source.module is not None and source.module.stale)
            for source, version in self.sources.items()
        )


class ExtensionSet:
    """The extensions of one COMP."""

    __slots__ = ("_declares", "_defined", "_node", "_slots")

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._slots: list[Slot] = []
        self._defined = False
        self._declares = False

    # -- definitions ------------------------------------------------------------------------------------------

    def redefine(self) -> None:
        """The extension parameters may have changed."""
        self._defined = False

    def _definitions(self) -> Iterator[tuple[str, str, bool]]:
        pars = self._node.pars
        for block in range(pars.sequences["ext"].blocks):
            values = []
            for field_name in ("object", "name", "promote"):
                par = pars.find(f"ext{block}{field_name}")
                assert par is not None
                values.append(par.eval() if par.mode is not ParMode.CONSTANT else par.const)
            yield str(values[0]), str(values[1]), bool(values[2])

    def _refresh(self) -> list[Slot]:
        if self._defined:
            return self._slots
        self._defined = True
        for index, (text, name, promote) in enumerate(list(self._definitions())):
            if index == len(self._slots):
                self._slots.append(Slot())
            slot = self._slots[index]
            if (slot.text, slot.name) != (text, name):
                for changed in self._slots if self._node.host.unknowns.block_change == "all" else (slot,):
                    self._retire(changed)
                slot.text, slot.name = text, name
            slot.promote = promote
        for slot in self._slots[self._node.pars.sequences["ext"].blocks :]:
            self._retire(slot)
            self._slots.remove(slot)
        self._declares = any(slot.text for slot in self._slots)
        return self._slots

    def declared(self) -> bool:
        """Whether any extension is defined (or built in)."""
        self._refresh()
        return self._declares or self._node.native is not None

    # -- instances --------------------------------------------------------------------------------------------

    def instances(self) -> list[Any]:
        """Every instance in block order; None for one that could not be made."""
        return [self._instance(slot) for slot in self._refresh() if slot.text]

    def _instance(self, slot: Slot) -> Any:
        if slot.state == _MAKING:
            raise tdError(f"{self._node.path}: Cannot use an extension during its initialization.")
        if slot.state == _EMPTY or slot.stale(self._node.host.importer.edits):
            self._retire(slot)
            self._make(slot)
        return slot.instance

    def initialise(self, index: int | None = None) -> Any:
        """Drop and make again one extension, or all; returns the one asked for."""
        slots = [slot for slot in self._refresh() if slot.text]
        chosen = slots if index is None else [slots[index]]
        for slot in chosen:
            self._retire(slot)
        for slot in chosen:
            if slot.state == _EMPTY:
                self._make(slot)
        return chosen[0].instance if chosen and index is not None else None

    def _make(self, slot: Slot) -> None:
        node, host = self._node, self._node.host
        slot.state = _MAKING
        slot.sources = {}
        slot.checked = -1
        with host.importer.tracking(slot.sources), host.costs.charged(node):
            try:
                code = compile(slot.text, f"{node.path}:ext", "eval")
                slot.instance = eval(code, host.importer.expression_globals(node))  # noqa: S307
            except Exception as error:
                slot.state = _FAILED
                slot.instance = None
                host.report(node, error, f"extension '{slot.text}' could not be made", mark=False)
                return
        slot.state = _READY
        host.owners.add(slot.instance, node)
        if hasattr(slot.instance, "onInitTD") and host.unknowns.on_init != "never":
            host.frames.after_init(functools.partial(self._call_init, slot, slot.instance))

    def _call_init(self, slot: Slot, instance: Any) -> None:
        if slot.instance is instance:
            self._hook(instance, "onInitTD")

    def _retire(self, slot: Slot) -> None:
        old, slot.instance = slot.instance, None
        slot.state = _EMPTY
        if old is not None:
            self._hook(old, "onDestroyTD")
            self._node.host.manager.owe_late_hook(old)

    def _hook(self, instance: Any, name: str) -> None:
        method = getattr(instance, name, None)
        if method is not None:
            self._node.host.contained(self._node, method, (), f"{type(instance).__name__}.{name}()", mark=False)

    def destroy(self) -> None:
        """The COMP goes away."""
        for slot in self._slots:
            self._retire(slot)

    def busy(self) -> bool:
        """Whether an extension is just being made."""
        return any(slot.state == _MAKING for slot in self._slots)

    # -- reaching members -------------------------------------------------------------------------------------

    def find(self, name: str) -> Any:
        """The instance by its name or, where that is empty, its class name; None when there is none."""
        native = self._node.native
        if native is not None and type(native).__name__ == name:
            return native
        for slot in self._refresh():
            if slot.text and (not slot.name or slot.name == name):
                instance = self._instance(slot)
                if instance is not None and (slot.name or type(instance).__name__) == name:
                    return instance
        return None

    def promoted(self, name: str) -> Any:
        """The promoted member; tdAttributeError when no extension has it."""
        node = self._node
        if node.native is not None and hasattr(node.native, name):
            return getattr(node.native, name)
        for slot in self._refresh():
            if slot.text and slot.promote:
                instance = self._instance(slot)
                value = self._member(instance, name) if instance is not None else _MISSING
                if value is not _MISSING:
                    return value
        raise tdAttributeError(f"'td.{node.type.name}' object has no attribute '{name}' ({node.path})")

    def _member(self, instance: Any, name: str) -> Any:
        attribute = getattr(type(instance), name, _MISSING)
        if isinstance(attribute, types.FunctionType):
            return types.MethodType(_timed(attribute), instance)
        if attribute is not _MISSING:
            with self._node.host.costs.charged(self._node):
                return getattr(instance, name)
        if self._node.host.unknowns.promoted == "all":
            return getattr(instance, "__dict__", {}).get(name, _MISSING)
        return _MISSING

    def assign(self, name: str, value: Any) -> bool:
        """Set a promoted property or attribute; False when no extension has it."""
        for slot in self._refresh():
            if slot.text and slot.promote:
                instance = self._instance(slot)
                if instance is not None and hasattr(instance, name):
                    with self._node.host.costs.charged(self._node):
                        setattr(instance, name, value)
                    return True
        return False


_timed_functions: "WeakKeyDictionary[Callable[..., Any], Callable[..., Any]]" = WeakKeyDictionary()


def _timed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, charging its main-thread time to the component whose extension it belongs to."""
    known = _timed_functions.get(function)
    if known is not None:
        return known

    @functools.wraps(function)
    def promoted_method(self: Any, *args: Any, **keywords: Any) -> Any:
        host = threads.open_host()
        if host is None or get_ident() != threads.main_ident:
            return function(self, *args, **keywords)
        owner = host.owners.find(self)
        if owner is None:
            return function(self, *args, **keywords)
        with host.costs.charged(owner):
            return function(self, *args, **keywords)

    _timed_functions[function] = promoted_method
    return promoted_method


class Owners:
    """Which operator an extension instance belongs to, for cost accounting."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Node]] = {}

    def add(self, instance: Any, node: "Node") -> None:
        """Remember an instance; a dead one is replaced when its number is used again."""
        self._known[id(instance)] = (type(instance), node)

    def find(self, instance: Any) -> "Node | None":
        """The operator, or None."""
        known = self._known.get(id(instance))
        return known[1] if known is not None and known[0] is type(instance) else None
