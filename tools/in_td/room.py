"""Scratch operators to try something out in, and what their callbacks tell."""

import sys
from collections.abc import Callable
from typing import Any

import td

#: Callbacks tell what they have seen by this list, which hangs on `sys`: it outlives every module.
EVENTS = "tdg_selftest_events"

#: What the text of a scratch DAT begins with that tells something.
TELL = f"""import sys


def tell(*what):
    sys.{EVENTS}.append((op.TDResources.time.frame, *what))


"""


class Unanswered(Exception):  # noqa: N818 - no error: a result
    """Something cannot be found out here; the text says why."""


class Room:
    """A COMP for one question.

    Attributes:
        comp: Scratch operators go into it.
        details: What else is worth keeping beside the answer.
    """

    def __init__(self, around: Any, name: str) -> None:
        self.comp = around.create(td.baseCOMP, name)
        self.details: dict[str, Any] = {}
        self.events: list[tuple[Any, ...]] = []
        self._last: list[Callable[[], Any]] = []
        setattr(sys, EVENTS, self.events)

    @property
    def frame(self) -> float:
        """Changes with every frame, also while the project is paused."""
        return float(td.op.TDResources.time.frame)

    def create(self, kind: Any, name: str, text: str | None = None, parent: Any = None, **values: Any) -> Any:
        """A scratch operator with a text and parameter values."""
        node = (self.comp if parent is None else parent).create(kind, name)
        if text is not None:
            node.text = text
        for name_of_par, value in values.items():
            par = node.par[name_of_par]
            par.val = value
            if par.isOP and not par.evalOPs():
                # Seen with some operator parameters: the text does not take, an expression does.
                par.expr = "parent()" if value == ".." else f"op('{value}')"
        return node

    def script(self, name: str, text: str, parent: Any = None) -> Any:
        """A text DAT whose functions can `tell`."""
        return self.create(td.textDAT, name, TELL + text, parent, language="python")

    def par(self, style: str, name: str, comp: Any = None) -> Any:
        """A new custom parameter of the scratch COMP."""
        comp = self.comp if comp is None else comp
        pages = [page for page in comp.customPages if page.name == "Scratch"]
        page = pages[0] if pages else comp.appendCustomPage("Scratch")
        return getattr(page, f"append{style}")(name)[0]

    def extended(self, name: str, text: str, *classes: str, parent: Any = None) -> Any:
        """A COMP with an extension of each class in the text; all are promoted."""
        comp = self.create(td.baseCOMP, name, parent=parent)
        self.script("code", text, comp)
        if len(classes) > 1:
            comp.seq.ext.numBlocks = len(classes)
        for number, class_name in enumerate(classes):
            setattr(comp.par, f"ext{number}object", f"op('./code').module.{class_name}(me)")
            setattr(comp.par, f"ext{number}name", class_name)
            setattr(comp.par, f"ext{number}promote", True)
        return comp

    def told(self, what: str, *more: Any) -> list[tuple[Any, ...]]:
        """The events of that kind so far, the frame first."""
        return [event for event in self.events if event[1 : 2 + len(more)] == (what, *more)]

    def at_last(self, action: Callable[[], Any]) -> None:
        """Do this when the room is closed, whatever happens; the last named first."""
        self._last.append(action)

    def close(self) -> None:
        """Takes everything away. Idempotent."""
        while self._last:
            attempt(self._last.pop())
        if self.comp.valid:
            remove(self.comp)


def remove(node: Any) -> None:
    """Destroys an operator and what is in it. What is docked is undocked first: destroying its host could raise."""
    inside = node.findChildren(includeUtility=True) if node.isCOMP else []
    for one in inside:
        if one.dock is not None:
            one.dock = None
    for one in node.docked:
        one.dock = None
    node.destroy()


def attempt(action: Callable[[], Any]) -> Exception | None:
    """Does something; the exception if it raised one."""
    try:
        action()
    except Exception as error:
        return error
    return None
