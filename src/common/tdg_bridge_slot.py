"""What outlives an extension: one dict per component, hung on `sys`.

Thread: main only.

TouchDesigner rebuilds an extension whenever it likes and may clear the globals of its modules; `sys` it leaves alone.
A slot holds plain values, Events and functions, never an instance of one of our classes: after a rebuild the classes
are others.
"""

import sys
from typing import Any

_ATTRIBUTE = "_tdg_slots"


def slot(key: str) -> dict[str, Any]:
    """The dict kept for that key (one per component), made when first asked for."""
    slots: dict[str, dict[str, Any]] | None = getattr(sys, _ATTRIBUTE, None)
    if slots is None:
        slots = {}
        setattr(sys, _ATTRIBUTE, slots)
    return slots.setdefault(key, {})


def discard(key: str) -> None:
    """Forgets the slot; its component is gone."""
    getattr(sys, _ATTRIBUTE, {}).pop(key, None)
