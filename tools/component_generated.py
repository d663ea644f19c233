"""The texts inside a component that the build writes: those that have no source file of their own."""

from collections.abc import Callable
from pathlib import Path

import docs_credits
import docs_help
from component_model import Component

#: What `generated` in a description may be.
KINDS: dict[str, Callable[[Component, Path], str]] = {
    "help": docs_help.page,
    "credits": lambda _component, root: docs_credits.text(root),
}


def text(kind: str, component: Component, root: Path) -> str:
    """The text of that kind."""
    return KINDS[kind](component, root)
