"""Brings a component to its description: whatever the component file could not carry is completed at the start.

Thread: main only.

TouchDesigner's component file has no proven form for several extension blocks, annotations, folder parameters,
read-only parameters, sections and some operator types. So the file carries what is safe, and this makes the rest with
the documented Python API. It is idempotent: what is right already is left alone, and what is the user's - parameter
values and modes, other operators, pages and extensions - always.

Everything is compared once per description. A stamp in the description's DAT says that this was done; as long as it
fits, a start only looks whether all operators, parameters and extensions are still there.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import tdg_td_assembler_extensions
import tdg_td_assembler_network
import tdg_td_assembler_parameters

#: Text DAT with the description, as JSON.
DESCRIPTION_PATH = "local/tdg_component"

_STAMP = "assembled"


def assemble(comp: Any) -> bool:
    """Completes the component to the description that lies in it.

    Call it before the component does anything else. Cheap when there is nothing to do.

    Returns:
        True if the extensions are being made anew: whoever runs inside one of them must return at once, the new ones
        start by themselves.
    """
    dat = comp.op(DESCRIPTION_PATH)
    if dat is None or not dat.text:
        _report(comp, [f"{DESCRIPTION_PATH} is gone; put a fresh copy of the component in its place"])
        return False
    text = dat.text
    description = json.loads(text)
    former = dat.fetch(_STAMP, "", search=False)
    stamp = hashlib.sha256(text.encode()).hexdigest()
    if former == stamp and _is_whole(comp, description):
        return False
    return _complete(comp, description, {}, stamp, fresh=not former)


def install(comp: Any, text: str, texts: Mapping[str, str]) -> bool:
    """Makes a component of a base COMP, or another version of a component.

    Args:
        comp: An empty base COMP, or a component made before; its parameter values stay.
        text: The description, as JSON.
        texts: Text per operator path, for every DAT that has one.

    Returns:
        As `assemble`.
    """
    dat = comp.op(DESCRIPTION_PATH)
    former = json.loads(dat.text) if dat is not None and dat.text else None
    description = json.loads(text)
    stamp = hashlib.sha256(text.encode()).hexdigest()
    if former is not None:
        tdg_td_assembler_network.drop(comp, former, description)
        tdg_td_assembler_parameters.drop(comp, former, description)
    return _complete(comp, description, {**texts, DESCRIPTION_PATH: text}, stamp, fresh=former is None)


def _is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    return (
        tdg_td_assembler_network.is_whole(comp, description)
        and tdg_td_assembler_parameters.is_whole(comp, description)
        and tdg_td_assembler_extensions.is_whole(comp, description)
    )


def _complete(comp: Any, description: Mapping[str, Any], texts: Mapping[str, str], stamp: str, *, fresh: bool) -> bool:
    problems: list[str] = []
    tdg_td_assembler_network.complete(comp, description, texts, problems)
    tdg_td_assembler_parameters.complete(comp, description, problems)
    tdg_td_assembler_network.complete_node(comp, description, fresh=fresh)
    _report(comp, problems)
    comp.op(DESCRIPTION_PATH).store(_STAMP, stamp)
    # The very last act: it ends the life of the extension that may be running this.
    return tdg_td_assembler_extensions.complete(comp, description)


def _report(comp: Any, problems: list[str]) -> None:
    for problem in problems:
        comp.addScriptError(f"{comp.name}: {problem}.")
