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


def target(comp: Any, name: str) -> Any:
    """The single DAT that a DAT parameter points to, or None."""
    par = comp.par[name]
    try:
        found = None if par is None else par.eval()
    except td.tdError:
        return None
    return found if getattr(found, "isDAT", False) else None
