"""The OP class: what every operator offers to scripts. Thread: main only.

Source: API sheet 1.3 to 1.6. The object is a thin handle; every attribute access checks the thread and that the
operator still exists, so nothing is reachable from a worker or after destroy() (but `valid`).
"""

import re
from collections.abc import Callable, Iterable
from threading import get_ident
from typing import Any, NoReturn

from headless_td import threads
from headless_td.errors import tdAttributeError, tdError
from headless_td.finders import ExtFinder, IopFinder, ModFinder, OpexFinder, OpFinder, OpsFinder, ParentFinder
from headless_td.nodes import FLAG_DEFAULTS, Node
from headless_td.pages import BuiltInPage, Page, find_page
from headless_td.pars import Par, ParCollection, ParGroup, ParGroupCollection, SequenceCollection
from headless_td.patterns import matcher

_UNSET = object()


def _flag(name: str) -> Any:
    def get(self: "OP") -> Any:
        return node_of(self).flags.get(name, FLAG_DEFAULTS[name])

    def put(self: "OP", value: Any) -> None:
        node_of(self).flags[name] = bool(value)

    return property(get, put, doc=f"The flag {name}.")


def _read(function: Callable[[Any], Any], doc: str) -> Any:
    return property(lambda self: function(node_of(self)), doc=doc)


class OP:
    """Any operator."""

    __slots__ = ("_n",)

    def __init__(self, node: Node) -> None:
        object.__setattr__(self, "_n", node)

    def __getattribute__(self, name: str) -> Any:
        node = _slot(self)
        if get_ident() != threads.main_ident:
            threads.conflict(f"{node.type.name} {node.path} (.{name})")
        if not node.alive and name not in _SAFE:
            node.refuse()
        return _get(self, name)

    def __getattr__(self, name: str) -> Any:
        node = node_of(self)
        if node.exts is not None and name[:1].isupper():
            return node.exts.promoted(name)
        raise tdAttributeError(f"'td.{node.type.name}' object has no attribute '{name}' ({node.path})")

    def __setattr__(self, name: str, value: Any) -> None:
        node = node_of(self)
        attribute = getattr(type(self), name, None)
        if isinstance(attribute, property):
            if attribute.fset is None:
                raise tdAttributeError(f"attribute '{name}' of 'td.{node.type.name}' is not writable ({node.path})")
            attribute.fset(self, value)
        elif not (node.exts is not None and name[:1].isupper() and node.exts.assign(name, value)):
            raise tdAttributeError(f"'td.{node.type.name}' object has no attribute '{name}' ({node.path})")

    def __delattr__(self, name: str) -> None:
        raise tdAttributeError(f"attribute '{name}' cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OP) and peek(other) is peek(self)

    def __hash__(self) -> int:
        return peek(self).id

    def __bool__(self) -> bool:
        node_of(self)
        return True

    def __str__(self) -> str:
        return node_of(self).path

    def __repr__(self) -> str:
        return f"type:{node_of(self).type.name} path:{node_of(self).path}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"operators cannot be pickled ({node_of(self).path}); keep the path instead")

    # -- identity and place -----------------------------------------------------------------------------------

    @property
    def valid(self) -> bool:
        """Whether the operator exists."""
        return peek(self).alive

    @property
    def name(self) -> str:
        """Name; settable."""
        return node_of(self).name

    @name.setter
    def name(self, name: str) -> None:
        node = node_of(self)
        node.host.network.rename(node, name)

    path = _read(lambda node: node.path, "Absolute path.")
    id = _read(lambda node: node.id, "Number, stable within one session.")
    base = _read(lambda node: node.name.rstrip("0123456789"), "Name without trailing digits.")
    digits = _read(lambda node: _digits(node.name), "Trailing digits as a number, or None.")
    OPType = _read(lambda node: node.type.name, "Type, such as 'tableDAT'.")
    type = _read(lambda node: node.type.short, "Type without its family.")
    family = _read(lambda node: node.type.family, "Family.")
    label = _read(lambda node: node.type.label, "Shown type.")
    children = _read(
        lambda node: [child.op() for child in node.host.network.children(node) if not child.utility],
        "Direct children.",
    )
    numChildren = _read(lambda node: len([c for c in node.children.values() if not c.utility]), "How many.")
    numChildrenRecursive = _read(lambda node: len(list(node.descendants())), "How many, at all depths.")
    parent = _read(ParentFinder, "parent(), parent(n), parent.Shortcut.")
    time = _read(lambda node: node.host.time_object(node), "The time that governs the operator.")
    ext = _read(ExtFinder, "Extensions here and above.")
    mod = _read(ModFinder, "Module DATs.")
    iop = _read(IopFinder, "Internal operators.")
    ipar = _read(lambda node: IopFinder(node, pars=True), "Internal parameters.")
    fileFolder = _read(lambda node: node.host.project.folder, "Folder of the file the operator was saved in.")
    filePath = _read(lambda node: node.host.project.path, "File the operator was saved in.")

    @property
    def op(self) -> OpFinder:
        """op('path') relative to the inside of a COMP, or beside any other operator."""
        node = node_of(self)
        return OpFinder(node, inside=node.type.family == "COMP")

    @property
    def ops(self) -> OpsFinder:
        """All matches, see `op`."""
        node = node_of(self)
        return OpsFinder(node, inside=node.type.family == "COMP")

    @property
    def opex(self) -> OpexFinder:
        """Raising variant of `op`."""
        node = node_of(self)
        return OpexFinder(node, inside=node.type.family == "COMP")

    def relativePath(self, other: "OP") -> str:
        """Path from this operator to another."""
        here, there = node_of(self), node_of(other)
        if there.parent is here.parent:
            return there.name
        if there.parent is here:
            return f"./{there.name}"
        return ".." if there is here.parent else there.path

    def shortcutPath(self, other: "OP", toParName: str | None = None) -> str:
        """Expression for another operator."""
        expression = f"op({self.relativePath(other)!r})"
        return f"{expression}.par.{toParName}" if toParName else expression

    # -- parameters -------------------------------------------------------------------------------------------

    par = _read(ParCollection, "Parameters.")
    parGroup = _read(ParGroupCollection, "Parameter groups.")
    seq = _read(SequenceCollection, "Sequences.")
    customPars = _read(lambda node: [Par(par) for par in node.pars.custom()], "Custom parameters.")
    builtinPars = _read(lambda node: [Par(par) for par in node.pars.built_in()], "Built-in parameters.")
    customPages = _read(lambda node: [Page(page) for page in node.pars.custom_pages], "Custom pages.")
    customParGroups = _read(
        lambda node: [ParGroup(group) for page in node.pars.custom_pages for group in page.ordered()],
        "Custom parameter groups.",
    )
    pages = _read(lambda node: [BuiltInPage(node, name) for name in node.type.pars.pages], "Built-in pages.")

    def pars(self, *patterns: str) -> list[Par]:
        """Parameters whose names match; [] when none does."""
        tests = [matcher(pattern) for pattern in patterns or ("*",)]
        return [Par(par) for par in node_of(self).pars.all() if any(test(par.name) for test in tests)]

    @property
    def currentPage(self) -> Page | BuiltInPage:
        """The page shown; settable by page or name."""
        node = node_of(self)
        return find_page(node, node.flags.get("page", node.type.pars.pages[0]))

    @currentPage.setter
    def currentPage(self, page: Any) -> None:
        node_of(self).flags["page"] = str(page)

    # -- looks ------------------------------------------------------------------------------------------------

    viewer = _flag("viewer")
    expose = _flag("expose")
    selected = _flag("selected")
    current = _flag("current")
    display = _flag("display")
    render = _flag("render")
    bypass = _flag("bypass")
    lock = _flag("lock")
    activeViewer = _flag("activeViewer")
    cloneImmune = _flag("cloneImmune")
    showCustomOnly = _flag("showCustomOnly")
    showDocked = _flag("showDocked")
    python = _flag("python")

    @property
    def nodeX(self) -> int:
        """Left edge of the tile."""
        return node_of(self).tile[0]

    @nodeX.setter
    def nodeX(self, x: float) -> None:
        node = node_of(self)
        node.tile = (int(x), node.tile[1])

    @property
    def nodeY(self) -> int:
        """Bottom edge of the tile."""
        return node_of(self).tile[1]

    @nodeY.setter
    def nodeY(self, y: float) -> None:
        node = node_of(self)
        node.tile = (node.tile[0], int(y))

    @property
    def nodeWidth(self) -> int:
        """Width of the tile."""
        return node_of(self).size[0]

    @nodeWidth.setter
    def nodeWidth(self, width: float) -> None:
        node = node_of(self)
        node.size = (int(width), node.size[1])

    @property
    def nodeHeight(self) -> int:
        """Height of the tile."""
        return node_of(self).size[1]

    @nodeHeight.setter
    def nodeHeight(self, height: float) -> None:
        node = node_of(self)
        node.size = (node.size[0], int(height))

    @property
    def nodeCenterX(self) -> int:
        """Horizontal centre of the tile; settable."""
        node = node_of(self)
        return node.tile[0] + node.size[0] // 2

    @nodeCenterX.setter
    def nodeCenterX(self, x: float) -> None:
        self.nodeX = x - node_of(self).size[0] // 2

    @property
    def nodeCenterY(self) -> int:
        """Vertical centre of the tile; settable."""
        node = node_of(self)
        return node.tile[1] + node.size[1] // 2

    @nodeCenterY.setter
    def nodeCenterY(self, y: float) -> None:
        self.nodeY = y - node_of(self).size[1] // 2

    @property
    def color(self) -> tuple[float, ...]:
        """Colour of the tile, three numbers 0 to 1; settable."""
        return node_of(self).color

    @color.setter
    def color(self, color: Iterable[float]) -> None:
        values = tuple(float(value) for value in color)
        if len(values) != 3:
            raise tdError("A colour is three numbers.")
        node_of(self).color = values

    @property
    def comment(self) -> str:
        """Comment; settable."""
        return node_of(self).comment

    @comment.setter
    def comment(self, text: str) -> None:
        node_of(self).comment = str(text)

    @property
    def tags(self) -> set[str]:
        """Tags: a set; any iterable can be assigned."""
        return node_of(self).tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        node_of(self).tags = set(tags)

    @property
    def dock(self) -> "OP | None":
        """What the operator is docked to; settable."""
        dock = node_of(self).dock
        return None if dock is None else dock.op()

    @dock.setter
    def dock(self, host_op: "OP | None") -> None:
        node = node_of(self)
        if node.dock is not None:
            node.dock.docked.remove(node)
        node.dock = None if host_op is None else node_of(host_op)
        if node.dock is not None:
            node.dock.docked.append(node)

    docked = _read(lambda node: [docked.op() for docked in node.docked], "What is docked to this one.")

    # -- state ------------------------------------------------------------------------------------------------

    storage = _read(lambda node: node.storage, "The dict of stored values, pickled with the file.")
    inputs = _read(lambda node: [source.op() for source in node.inputs], "Operators wired in.")
    outputs = _read(
        lambda node: [n.op() for n in node.network.children.values() if node in n.inputs], "Operators wired out."
    )
    totalCooks = _read(lambda _node: 0, "How often the operator cooked; the stand-in does not cook.")
    cookTime = _read(lambda _node: 0.0, "Duration of the last cook in milliseconds.")
    cookFrame = _read(lambda node: float(node.host.frames.number), "Frame of the last cook.")
    cookAbsFrame = _read(lambda node: node.host.frames.number, "Absolute frame of the last cook.")
    cookedThisFrame = _read(lambda _node: False, "Whether it cooked in this frame.")

    def store(self, key: str, value: Any) -> Any:
        """Keep a value with the operator; it must survive pickling by the next save."""
        node_of(self).storage[key] = value
        return value

    def fetch(self, key: str, default: Any = _UNSET, search: bool = True, storeDefault: bool = False) -> Any:
        """A stored value, searched up the parents."""
        node = node_of(self)
        for place in (node, *(node.ancestors() if search else ())):
            if key in place.storage:
                return place.storage[key]
        if default is _UNSET:
            raise tdError(f"{node.path}: nothing is stored under {key!r}.")
        if storeDefault:
            node.storage[key] = default
        return default

    def fetchOwner(self, key: str) -> "OP | None":
        """The operator at or above this one that stores `key`."""
        node = node_of(self)
        return next((place.op() for place in (node, *node.ancestors()) if key in place.storage), None)

    def unstore(self, *patterns: str) -> None:
        """Forget values."""
        storage = node_of(self).storage
        for pattern in patterns:
            test = matcher(pattern)
            for key in [key for key in storage if test(str(key))]:
                del storage[key]

    def storeStartupValue(self, key: str, value: Any) -> None:
        """The value to have after the next load."""
        node_of(self).startup_storage[key] = value

    def errors(self, recurse: bool = False) -> str:
        """Errors as lines, '' when clean."""
        node = node_of(self)
        nodes = [node, *(node.descendants() if recurse else ())]
        return "\n".join(f"{each.path}: {text}" for each in nodes for text in each.errors)

    def scriptErrors(self, recurse: bool = False) -> str:
        """Script errors as lines."""
        return self.errors(recurse)

    def warnings(self, recurse: bool = False) -> str:
        """Warnings as lines; the stand-in raises none."""
        del recurse
        return ""

    def addScriptError(self, message: str) -> None:
        """Show an error on the node until it is cleared."""
        node_of(self).errors.append(str(message))

    def clearScriptErrors(self, recurse: bool = False, error: str = "*") -> None:
        """Take script errors away."""
        node = node_of(self)
        test = matcher(error)
        for each in (node, *(node.descendants() if recurse else ())):
            each.errors = [] if error == "*" else [text for text in each.errors if not test(text)]

    def addError(self, message: str) -> NoReturn:
        """Only while the operator cooks; nothing cooks here."""
        raise tdError(f"{node_of(self).path}: addError() is valid only while the operator cooks ({message!r}).")

    def addWarning(self, message: str) -> NoReturn:
        """Only while the operator cooks; nothing cooks here."""
        raise tdError(f"{node_of(self).path}: addWarning() is valid only while the operator cooks ({message!r}).")

    def cook(self, force: bool = False, recurse: bool = False, includeUtility: bool = False) -> None:
        """Cook now; the contents of the stand-in are always current."""
        del force, recurse, includeUtility

    def destroy(self) -> None:
        """Remove the operator and everything below it, at once."""
        node = node_of(self)
        node.host.network.destroy(node)

    def changeType(self, kind: Any) -> Any:
        """Replace by an operator of another type with the same name and place."""
        node = node_of(self)
        return node.host.change_type(node, kind).op()


def _digits(name: str) -> int | None:
    match = re.search(r"\d+$", name)
    return int(match[0]) if match else None


def _family_test(family: str) -> Any:
    return _read(lambda node: node.type.family == family, f"Whether it is a {family}.")


for _family in ("COMP", "DAT", "TOP", "CHOP", "SOP", "POP", "MAT"):
    setattr(OP, f"is{_family}", _family_test(_family))
OP.isBase = _read(lambda node: node.type.name == "baseCOMP", "Whether a base COMP.")  # type: ignore[attr-defined]

_slot = OP.__dict__["_n"].__get__
_get = object.__getattribute__
_SAFE = frozenset({"valid", "__class__", "__dict__", "__slots__", "__init__"})


def node_of(operator: OP) -> Node:
    """The state behind an operator; a method fetched on the main thread may be called on another one."""
    node: Node = _slot(operator)
    if get_ident() != threads.main_ident or not node.alive:
        node.check()
    return node


def peek(operator: OP) -> Node:
    """The same for what also a destroyed operator answers: identity, `valid`."""
    node: Node = _slot(operator)
    if get_ident() != threads.main_ident:
        node.check()
    return node
