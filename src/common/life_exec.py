"""Takes the component through its life: completes and starts it, drives it every frame, tells it of save and exit.

Thread: main only.

Each callback may come at any time, twice, or not at all (TouchEngine knows no onStart and no dependable onExit), so
what they call is idempotent.
"""

from typing import Any

import tdg_td_assembler

#: Put into every DAT by TouchDesigner: this DAT.
me: Any


def onStart() -> None:
    """The project starts."""
    _begin()


def onCreate() -> None:
    """The component came into being: loaded, dropped in, pasted."""
    _begin()


def onExit() -> None:
    """The program ends."""
    _tell("_stop")


def onFrameStart(_frame: int) -> None:
    """Every frame."""
    _tell("_frame")


def onProjectPreSave() -> None:
    """The project is about to be saved."""
    _tell("_before_save")


def onProjectPostSave() -> None:
    """The project was saved."""
    _tell("_after_save")


def _begin() -> None:
    # Before the first extension exists is the safest moment to complete the component: new extension blocks then
    # replace nothing that runs.
    if not tdg_td_assembler.assemble(_component()):
        _tell("_start")


def _tell(method: str) -> None:
    comp = _component()
    extensions = comp.extensions if comp.extensionsReady else None
    if extensions and extensions[0] is not None:
        getattr(extensions[0], method, _nothing)()


def _component() -> Any:
    return me.parent()  # noqa: F821 - annotated above, put there by TouchDesigner


def _nothing() -> Any:
    """For an extension that does not care."""
