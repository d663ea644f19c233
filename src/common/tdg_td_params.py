"""Reads the component's parameters, once, into plain values.

Thread: main only.
"""

from collections.abc import Iterable
from typing import Any

import td


def read(comp: Any, names: Iterable[str]) -> dict[str, Any]:
    """The evaluated values of those parameters.

    One that does not exist (an older component) or whose expression is broken is left out: the settings then fall back
    to the documented default.
    """
    values = {}
    for name in names:
        par = comp.par[name]
        if par is None:
            continue
        try:
            values[name] = par.eval()
        except td.tdError:
            continue
    return values


def absolute(path: str) -> str:
    """A File or Folder parameter's text as an absolute path; relative ones are below the project's folder."""
    return td.tdu.expandPath(path) if path else ""


class Target:
    """The single DAT that a DAT parameter points to; it is evaluated anew each time, for every event maybe.

    Args:
        comp: The component.
        name: The parameter's.
    """

    def __init__(self, comp: Any, name: str) -> None:
        self._comp = comp
        self._name = name
        self._par: Any = None

    def dat(self) -> Any:
        """The DAT, or None."""
        par = self._par
        try:
            if par is None or not par.valid:
                par = self._par = self._comp.par[self._name]
            found = None if par is None else par.eval()
        except td.tdError:
            return None
        return found if found is not None and getattr(found, "isDAT", False) else None
