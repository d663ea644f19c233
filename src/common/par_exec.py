"""Routes parameter changes and pulses of the component to its first extension.

Thread: main only.
"""

from typing import Any


def onValueChange(par: Any, prev: Any) -> None:
    """A parameter has another value, by hand or by a script."""
    _tell("onParValueChange", par, prev)


def onPulse(par: Any) -> None:
    """A pulse parameter was pressed, by hand or by a script."""
    _tell("onParPulse", par)


def _tell(handler: str, par: Any, *args: Any) -> None:
    # Values that a project brings along are reported while the extension is still being made: nobody is told then,
    # and the extension reads them when it starts.
    comp = par.owner
    if comp.extensionsReady and comp.extensions and comp.extensions[0] is not None:
        getattr(comp.extensions[0], handler)(par, *args)
