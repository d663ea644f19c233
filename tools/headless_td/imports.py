"""Modules made from DATs: where they are found, one copy per DAT, outside `sys.modules`. Thread: main only.

Source: API sheet 8.1 and rows 57, 79 to 83; examples.md part 2, facts 1 to 7.
"""

import builtins
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from headless_td import threads
from headless_td.errors import tdError
from headless_td.finders import scope

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

_TD_MODULES = frozenset({"td", "tdu", "TDFunctions", "TDStoreTools"})
_builtin_import = builtins.__import__


@lru_cache(maxsize=512)
def _compiled(text: str, filename: str) -> CodeType:
    return compile(text, filename, "exec", dont_inherit=True)


class DatModule:
    """The module made from one DAT."""

    __slots__ = ("importers", "module", "stale", "version")

    def __init__(self, module: ModuleType, version: int) -> None:
        self.module = module
        self.version = version
        self.stale = False
        self.importers: set[Node] = set()


class Importer:
    """The import system of one host."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._trackers: list[dict[Node, int]] = []
        self._lines: set[str] = set()
        self.edits = 0
        """Counts changes of texts: what was made from texts is as good as new while it stands still."""

    # -- modules ----------------------------------------------------------------------------------------------

    def module_of(self, node: "Node") -> ModuleType:
        """The module of a DAT, compiled if it is new or its text (or that of one it imports) has changed.

        Raises whatever compiling or running the text raises.
        """
        for sources in self._trackers:
            sources.setdefault(node, node.text_version)
        state = node.module
        if state is not None and not state.stale and state.version == node.text_version:
            return state.module
        if state is not None:
            self._drop(node, clear=self._host.unknowns.old_module == "cleared")
        if node.type.family != "DAT":
            raise tdError(f"{node.path} is no DAT and has no module.")
        module = ModuleType(node.name)
        module.__dict__.update(self.globals_for(node))
        state = node.module = DatModule(module, node.text_version)
        try:
            exec(self.compile(node, node.get_text()), module.__dict__)  # noqa: S102 - that is what a DAT module is
        except BaseException:
            node.module = None
            raise
        return module

    def _drop(self, node: "Node", *, clear: bool) -> None:
        state, node.module = node.module, None
        if state is not None and clear:
            state.module.__dict__.clear()

    def compile(self, node: "Node", text: str) -> CodeType:
        """Code of a DAT's text, with its lines known to tracebacks."""
        linecache.cache[node.path] = (len(text), None, text.splitlines(keepends=True), node.path)
        self._lines.add(node.path)
        return _compiled(text, node.path)

    def text_changed(self, node: "Node") -> None:
        """Mark the module of a DAT, and those that imported it, to be compiled anew."""
        self.edits += 1
        waiting = [node]
        while waiting:
            state = waiting.pop().module
            if state is not None and not state.stale:
                state.stale = True
                waiting.extend(state.importers)

    def forget(self, node: "Node") -> None:
        """An operator goes away."""
        self._drop(node, clear=self._host.unknowns.destroyed_module == "cleared")
        node.namespace = None

    def close(self) -> None:
        """Take this host's source lines out of the line cache."""
        for path in self._lines:
            linecache.cache.pop(path, None)

    @contextmanager
    def tracking(self, sources: "dict[Node, int]") -> Iterator[None]:
        """Collect the DATs whose modules are used inside the block, with the versions of their texts."""
        self._trackers.append(sources)
        try:
            yield
        finally:
            self._trackers.remove(sources)

    # -- finding ----------------------------------------------------------------------------------------------

    def find_dat(self, origin: "Node", name: str) -> "Node | None":
        """The DAT that `import name` means in the context of `origin`, or None."""
        for place in self._places(origin):
            dat = place.children.get(name)
            if dat is not None and dat.type.family == "DAT":
                return dat
        return None

    def _places(self, origin: "Node") -> "Iterator[Node]":
        if origin.type.family == "COMP":
            yield origin
            yield from _local_modules(origin)
        component: Node | None = origin.parent
        if component is not None:
            yield component
        while component is not None:
            yield from _local_modules(component)
            component = component.parent
        system = self._host.network.root.children.get("sys")
        if system is not None:
            yield from _local_modules(system)

    # -- namespaces -------------------------------------------------------------------------------------------

    def globals_for(self, node: "Node") -> dict[str, Any]:
        """The names that a DAT's code finds without importing them."""
        names = scope(self._host, node)
        names["__name__"] = node.name
        names["__builtins__"] = self._builtins_for(node)
        return names

    def expression_globals(self, node: "Node") -> dict[str, Any]:
        """The same for expressions with `me` = `node`; made once per operator."""
        if node.namespace is None:
            node.namespace = self.globals_for(node)
        return node.namespace

    def _builtins_for(self, node: "Node") -> dict[str, Any]:
        names = dict(builtins.__dict__)
        names["__import__"] = self._import_for(node)
        names["print"] = self._host.textport.print
        return names

    def _import_for(self, node: "Node") -> Callable[..., ModuleType]:
        def dat_import(
            name: str,
            globals: Mapping[str, object] | None = None,
            locals: Mapping[str, object] | None = None,
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> ModuleType:
            if level:
                raise ImportError(f"{node.path}: relative imports between DATs do not exist.")
            first, _, rest = name.partition(".")
            dat = self.find_dat(node, first)
            if not threads.on_main_thread():
                self._import_in_worker(name, dat)
            if dat is None:
                return _builtin_import(name, globals, locals, fromlist or (), 0)
            module = self.module_of(dat)
            if dat.module is not None:
                dat.module.importers.add(node)
            if rest:
                raise ModuleNotFoundError(f"No module named {name!r}; {first!r} is the DAT {dat.path}", name=name)
            return module

        return dat_import

    def _import_in_worker(self, name: str, dat: "Node | None") -> None:
        first = name.partition(".")[0]
        if dat is not None:
            threads.conflict(f"import of the DAT {dat.path}")
        if first in _TD_MODULES:
            threads.conflict(f"import {name}")


class WorkerImports:
    """Refuses first imports of third-party modules in workers, whichever code asks: the strictest answer to row 82."""

    def find_spec(self, name: str, *_: Any) -> None:
        """Raises in a worker; finds nothing on the main thread, so that the others are asked."""
        if not threads.on_main_thread() and name.partition(".")[0] not in sys.stdlib_module_names:
            raise ImportError(f"TouchDesigner refused to import {name!r} off the main thread.", name=name)


def _local_modules(component: "Node") -> "Iterator[Node]":
    local = component.children.get("local")
    modules = local.children.get("modules") if local is not None else None
    if modules is not None:
        yield modules
