"""The extension blocks of a component, as its description wants them.

Thread: main only.
"""

from collections.abc import Mapping
from typing import Any

_FIELDS = ("object", "name", "promote")

Block = tuple[str, str, bool]

_EMPTY: Block = ("", "", False)


def is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    """Whether the component's own blocks stand first and as described."""
    wanted = _wanted(description)
    return _blocks(comp)[: len(wanted)] == wanted


def complete(comp: Any, description: Mapping[str, Any]) -> bool:
    """Sets the blocks; those that the user added move behind the component's own.

    All extensions of the component are made anew then, so nothing is touched that is right.

    Returns:
        True if a block changed.
    """
    wanted = _wanted(description)
    present = _blocks(comp)
    own = {name for _, name, _ in wanted} | {text for text, _, _ in wanted}
    others = [block for block in present if block[0] and not own.intersection(block[:2])]
    target = wanted + others
    if len(present) < len(target):
        comp.seq.ext.numBlocks = len(target)
        present = _blocks(comp)
    # A block that is left over is emptied; one that is empty already counts as it is.
    target += [block if not block[0] else _EMPTY for block in present[len(target) :]]
    if target == present:
        return False
    for number, (block, former) in enumerate(zip(target, present, strict=True)):
        for field, value, old in zip(_FIELDS, block, former, strict=True):
            if value != old:
                comp.par[f"ext{number}{field}"].val = value
    # At once: the pulse Re-Init Extensions may act later, on extensions that have started by then.
    comp.initializeExtensions()
    return True


def _wanted(description: Mapping[str, Any]) -> list[Block]:
    return [(one["object"], one["name"], one["promote"]) for one in description["extensions"]]


def _blocks(comp: Any) -> list[Block]:
    found = []
    for number in range(comp.seq.ext.numBlocks):
        text, name, promote = (comp.par[f"ext{number}{field}"].eval() for field in _FIELDS)
        found.append((str(text or ""), str(name or ""), bool(promote)))
    return found
