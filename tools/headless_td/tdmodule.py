"""The module `td`: one object per process whose members are those of the open host. Thread: main only.

A plain file that says `import td` once keeps this object through any number of hosts.
"""

import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from headless_td import comps, dats, ops, tabledats, tdu, threads
from headless_td.cells import Cell
from headless_td.errors import tdAttributeError, tdError
from headless_td.finders import (
    STANDARD_MODULES,
    ExtFinder,
    IopFinder,
    ModFinder,
    OpexFinder,
    OpFinder,
    OpsFinder,
    ParentFinder,
    calling_node,
)
from headless_td.pages import Page
from headless_td.parameters import ParMode
from headless_td.pars import Par, ParCollection, ParGroup
from headless_td.runs import Run

if TYPE_CHECKING:
    from headless_td.host import Host

OPERATOR_CLASSES: dict[str, type[ops.OP]] = {
    kind.__name__: kind
    for kind in (
        *(comps.baseCOMP, comps.containerCOMP, comps.annotateCOMP),
        *(tabledats.textDAT, tabledats.tableDAT, tabledats.fifoDAT, tabledats.selectDAT),
        *(tabledats.datexecuteDAT, tabledats.chopexecuteDAT, tabledats.parameterexecuteDAT, tabledats.executeDAT),
        *(comps.nullTOP, comps.constantTOP, comps.moviefileinTOP, comps.constantCHOP),
    )
}
_CLASSES = (ops.OP, comps.COMP, dats.DAT, comps.TOP, comps.CHOP, comps.PanelCOMP, Cell, Page, Par, ParCollection)
_FAMILIES = ("COMP", "TOP", "CHOP", "SOP", "POP", "MAT", "DAT")

# Plain Python, the same for every host and harmless on any thread.
PLAIN: dict[str, Any] = {
    **STANDARD_MODULES,
    **OPERATOR_CLASSES,
    **{kind.__name__: kind for kind in _CLASSES},
    "ParGroup": ParGroup,
    "ParMode": ParMode,
    "Run": Run,
    "tdError": tdError,
    "tdAttributeError": tdAttributeError,
    "families": {
        family: [kind for name, kind in OPERATOR_CLASSES.items() if name.endswith(family)] for family in _FAMILIES
    },
    "isMainThread": threads.on_main_thread,
}


def run(
    script: str | Callable[..., Any],
    *args: Any,
    endFrame: bool = False,
    fromOP: Any = None,
    asParameter: bool = False,
    group: str | None = None,
    delayFrames: int = 0,
    delayMilliSeconds: float = 0,
    wallTime: bool = False,
    delayRef: Any = None,
) -> Run:
    """`run()`: now, at the end of the frame, or later."""
    del asParameter
    threads.require_main("run()")
    host = threads.current_host()
    return host.runs.schedule(
        script,
        args,
        node=host.node_of(fromOP) if fromOP is not None else calling_node(),
        end_frame=endFrame,
        delay_frames=delayFrames,
        delay_ms=delayMilliSeconds,
        wall_time=wallTime,
        reference=None if delayRef is None else host.node_of(delayRef),
        group=group,
    )


def debug(*args: Any) -> None:
    """Print with the place of the call."""
    threads.require_main("debug()")
    frame = sys._getframe(1)
    text = " ".join(str(arg) for arg in args)
    threads.current_host().textport.write(f"{text}\n  (Debug - DAT:{calling_node().path} line:{frame.f_lineno})\n")


def var(name: str) -> str:
    """A variable of the environment."""
    threads.require_main("var()")
    return os.environ.get(name, "")


def constants(host: "Host") -> dict[str, Any]:
    """What every namespace holds beside the look-up objects."""
    return {
        **PLAIN,
        "project": host.project,
        "app": host.app,
        "ui": host.ui,
        "absTime": host.abs_time,
        "runs": host.runs,
        "run": run,
        "debug": debug,
        "var": var,
        "td": MODULE,
        "tdu": tdu,
        "licenses": [],
        "monitors": [],
    }


class TdModule(ModuleType):
    """`td`."""

    def __getattr__(self, name: str) -> Any:
        if name in PLAIN:
            return PLAIN[name]
        if name.startswith("__"):
            raise AttributeError(name)
        host = threads.current_host()
        threads.require_main(f"td.{name}")
        if name in _FINDERS:
            return _FINDERS[name]
        if name == "me":
            return calling_node().op()
        if name == "root":
            return host.network.root.op()
        try:
            return host.constants[name]
        except KeyError:
            raise tdAttributeError(f"module 'td' has no attribute '{name}'") from None


_FINDERS: dict[str, Any] = {
    "op": OpFinder(None),
    "ops": OpsFinder(None),
    "opex": OpexFinder(None),
    "parent": ParentFinder(None),
    "ext": ExtFinder(None),
    "mod": ModFinder(None),
    "iop": IopFinder(None),
    "ipar": IopFinder(None, pars=True),
}

MODULE = TdModule("td")


class Installed:
    """`td` and `tdu` in `sys.modules` for as long as a host is open."""

    def __init__(self) -> None:
        self._before: dict[str, ModuleType | None] = {}

    def install(self) -> None:
        """Put them in."""
        for name, module in (("td", MODULE), ("tdu", tdu)):
            self._before[name] = sys.modules.get(name)
            sys.modules[name] = module

    def remove(self) -> None:
        """Put back what was there."""
        for name, module in self._before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        self._before = {}
