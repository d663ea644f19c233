"""The look-up objects `op`, `parent`, `ext`, `mod`, `iop`, `ipar` and the names in scope. Thread: main only.

Source: API sheet 1.1, 1.2, 4.4, 8.1.
"""

import collections
import enum
import inspect
import math
import re
import sys
import traceback
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from headless_td import threads
from headless_td.errors import tdAttributeError, tdError

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

STANDARD_MODULES = {
    module.__name__: module for module in (collections, enum, inspect, math, re, sys, traceback, warnings)
}


def calling_node() -> "Node":
    """The operator whose code is running: the nearest `me` up the call stack, or the root for plain files."""
    host = threads.current_host()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        me = frame.f_globals.get("me")
        if me is not None and host.is_op(me):
            return host.node_of(me)
        frame = frame.f_back
    return host.network.root


class _Finder:
    """Relative to an operator, or (node None: the attributes of `td`) to whoever calls."""

    __slots__ = ("_node",)
    _WHAT = ""

    def __init__(self, node: "Node | None") -> None:
        self._node = node

    def _origin(self) -> "Node":
        threads.require_main(self._WHAT)
        node = self._node or calling_node()
        if not node.alive:
            node.refuse()
        return node


class OpFinder(_Finder):
    """`op('path')` and `op.Shortcut`; `inside` for `comp.op`, which is relative to the inside of the COMP."""

    __slots__ = ("_inside",)
    _WHAT = "op"

    def __init__(self, node: "Node | None", *, inside: bool = False) -> None:
        super().__init__(node)
        self._inside = inside

    def find(self, patterns: tuple[Any, ...], include_utility: bool) -> "list[Node]":
        """Every operator that the arguments name."""
        origin = self._origin()
        found: list[Node] = []
        for pattern in patterns:
            if isinstance(pattern, int):
                node = origin.host.network.by_id.get(pattern)
                nodes = [node] if node is not None else []
            elif isinstance(pattern, str):
                nodes = origin.host.network.locate(origin, pattern, inside=self._inside, utility=include_utility)
            elif pattern is None:
                nodes = []
            elif origin.host.is_op(pattern):
                nodes = [origin.host.node_of(pattern)]
            else:
                raise tdError(f"op() takes paths and ids, not {pattern!r}.")
            found.extend(node for node in nodes if node not in found)
        return found

    def __call__(self, *patterns: Any, includeUtility: bool = False) -> Any:
        found = self.find(patterns, includeUtility)
        return found[0].op() if found else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        node = self._origin().host.network.shortcut(name)
        if node is None:
            raise tdAttributeError(f"There is no operator with the Global OP Shortcut {name!r}.")
        return node.op()

    def __iter__(self) -> Iterator[str]:
        return iter(self._origin().host.network.shortcuts())


class OpsFinder(OpFinder):
    """`ops(...)`."""

    __slots__ = ()
    _WHAT = "ops"

    def __call__(self, *patterns: Any, includeUtility: bool = False) -> Any:
        return [node.op() for node in self.find(patterns, includeUtility)]


class OpexFinder(OpFinder):
    """`opex(...)`."""

    __slots__ = ()
    _WHAT = "opex"

    def __call__(self, *patterns: Any, includeUtility: bool = False) -> Any:
        found = self.find(patterns, includeUtility)
        if not found:
            wanted = ", ".join(repr(pattern) for pattern in patterns)
            raise tdError(f"Cannot find operator {wanted} (from {self._origin().path}).")
        return found[0].op()


class ParentFinder(_Finder):
    """`parent()`, `parent(n)` and `parent.Shortcut`."""

    __slots__ = ()
    _WHAT = "parent"

    def __call__(self, n: int = 1) -> Any:
        node: Node | None = self._origin()
        for _ in range(n):
            node = node.parent if node is not None else None
        return None if node is None else node.op()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        origin = self._origin()
        for node in origin.ancestors():
            if node.par_value("parentshortcut") == name:
                return node.op()
        raise tdAttributeError(f"No parent of {origin.path} has the Parent Shortcut {name!r}.")


class ExtFinder(_Finder):
    """`ext.Name`: the operator's own extensions, then those of its parents."""

    __slots__ = ()
    _WHAT = "ext"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        origin = self._origin()
        for node in (origin, *origin.ancestors()):
            if node.exts is not None:
                found = node.exts.find(name)
                if found is not None:
                    return found
        raise tdAttributeError(f"There is no extension {name!r} at {origin.path} or above.")


class ModFinder(_Finder):
    """`mod.name`, `mod('name')`, `mod('/path/to/dat')`."""

    __slots__ = ()
    _WHAT = "mod"

    def __call__(self, name: str) -> Any:
        origin = self._origin()
        importer = origin.host.importer
        if "/" in name:
            found = origin.host.network.locate(origin, name)
            dat = found[0] if found else None
        else:
            dat = importer.find_dat(origin, name)
        if dat is None:
            raise ImportError(f"{origin.path}: there is no module DAT {name!r}.", name=name)
        return importer.module_of(dat)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self(name)
        except ImportError:
            if self._origin().host.unknowns.mod_missing == "none":
                return None
            raise


class IopFinder(_Finder):
    """`iop.Name` (and, with `pars`, `ipar.Name`): internal operators declared by an ancestor."""

    __slots__ = ("_pars",)
    _WHAT = "iop"

    def __init__(self, node: "Node | None", *, pars: bool = False) -> None:
        super().__init__(node)
        self._pars = pars

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        origin = self._origin()
        for node in (origin, *origin.ancestors()):
            sequence = node.pars.sequences.get("iop")
            for block in range(sequence.blocks if sequence is not None else 0):
                if name and node.par_value(f"iop{block}shortcut") == name:
                    found = node.par_value(f"iop{block}op")
                    if found is not None:
                        return found.par if self._pars else found
        raise tdAttributeError(f"There is no internal operator {name!r} at {origin.path} or above.")


def scope(host: "Host", node: "Node") -> dict[str, Any]:
    """The names injected into the code of an operator."""
    names = dict(host.constants)
    names.update(
        me=node.op(),
        op=OpFinder(node),
        ops=OpsFinder(node),
        opex=OpexFinder(node),
        parent=ParentFinder(node),
        ext=ExtFinder(node),
        mod=ModFinder(node),
        iop=IopFinder(node),
        ipar=IopFinder(node, pars=True),
        root=host.network.root.op(),
    )
    return names
