"""The Page class: making custom parameters. Thread: main only.

Source: API sheet 2.4 (docs.derivative.ca/Page_Class).
"""

from typing import Any

from headless_td.errors import tdError
from headless_td.nodes import Node
from headless_td.pars import Par, ParGroup
from headless_td.parsets import CustomPage

_SUFFIXES = {
    "XY": ("x", "y"),
    "XYZ": ("x", "y", "z"),
    "XYZW": ("x", "y", "z", "w"),
    "WH": ("w", "h"),
    "UV": ("u", "v"),
    "UVW": ("u", "v", "w"),
    "RGB": ("r", "g", "b"),
    "RGBA": ("r", "g", "b", "a"),
}


class Page:
    """One custom page of a COMP."""

    __slots__ = ("_page",)

    def __init__(self, page: CustomPage) -> None:
        self._page = page

    def _append(
        self, style: str, name: str, label: str | None, order: float | None, replace: bool, size: int = 1
    ) -> ParGroup:
        page = self._page
        page.owner.check()
        suffixes = _SUFFIXES.get(style, ("",))
        if size > 1:
            if not 1 <= size <= 4:
                raise tdError(f"size is 1 to 4, not {size}.")
            suffixes = tuple(str(i + 1) for i in range(size))
        group = page.owner.pars.add(page, name, label or name, style, suffixes, replace)
        if order is not None:
            for par in group.pars:
                par.order = float(order)
        return ParGroup(group)

    def appendInt(
        self, name: str, label: str | None = None, size: int = 1, order: float | None = None, replace: bool = True
    ) -> ParGroup:
        """One to four whole numbers."""
        return self._append("Int", name, label, order, replace, size)

    def appendFloat(
        self, name: str, label: str | None = None, size: int = 1, order: float | None = None, replace: bool = True
    ) -> ParGroup:
        """One to four numbers."""
        return self._append("Float", name, label, order, replace, size)

    def appendSequence(
        self, name: str, label: str | None = None, order: float | None = None, replace: bool = True
    ) -> ParGroup:
        """An empty sequence; its fields cannot be made through this API."""
        return self._append("Sequence", name, label, order, replace)

    def sort(self, *names: str) -> None:
        """Put the named groups first, in that order."""
        self._page.owner.check()
        groups = self._page.groups
        groups.sort(key=lambda group: names.index(group.name) if group.name in names else len(names))
        for position, group in enumerate(groups):
            for par in group.pars:
                par.order = float(position)

    def destroy(self) -> None:
        """Remove the page and its parameters."""
        owner = self._page.owner
        owner.check()
        for group in list(self._page.groups):
            owner.pars.remove(group.name)
        owner.pars.custom_pages.remove(self._page)

    @property
    def name(self) -> str:
        """Page name; settable."""
        self._page.owner.check()
        return self._page.name

    @name.setter
    def name(self, name: str) -> None:
        self._page.owner.check()
        self._page.name = name
        for group in self._page.groups:
            for par in group.pars:
                par.page = name

    @property
    def index(self) -> int:
        """Position among the custom pages."""
        self._page.owner.check()
        return self._page.owner.pars.custom_pages.index(self._page)

    @property
    def pars(self) -> list[Par]:
        """Its parameters in order."""
        self._page.owner.check()
        return [Par(par) for group in self._page.ordered() for par in group.pars]

    @property
    def parGroups(self) -> list[ParGroup]:
        """Its parameter groups in order."""
        self._page.owner.check()
        return [ParGroup(group) for group in self._page.ordered()]

    @property
    def owner(self) -> Any:
        """The COMP."""
        self._page.owner.check()
        return self._page.owner.op()

    @property
    def isCustom(self) -> bool:
        """Always true: built-in pages are shown as `BuiltInPage`."""
        return True

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"type:Page name:{self.name} owner:{self._page.owner.path}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Page) and other._page is self._page

    def __hash__(self) -> int:
        return id(self._page)


class BuiltInPage:
    """A built-in page: a name and its parameters."""

    __slots__ = ("_node", "name")

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self.name = name

    @property
    def isCustom(self) -> bool:
        """Always false."""
        return False

    @property
    def pars(self) -> list[Par]:
        """Its parameters."""
        self._node.check()
        return [Par(par) for par in self._node.pars.built_in() if par.page == self.name]

    def __str__(self) -> str:
        return self.name


def _appender(style: str) -> Any:
    def append(
        self: Page, name: str, label: str | None = None, order: float | None = None, replace: bool = True
    ) -> ParGroup:
        return self._append(style, name, label, order, replace)

    append.__name__ = f"append{style}"
    append.__doc__ = f"A parameter of style {style}."
    return append


for _style in (
    *("XY", "XYZ", "XYZW", "WH", "UV", "UVW", "RGB", "RGBA", "Str", "StrMenu", "Menu", "File", "FileSave", "Folder"),
    *("Pulse", "Momentary", "Toggle", "Python", "Header", "OP", "COMP", "Object", "PanelCOMP"),
    *("TOP", "CHOP", "SOP", "POP", "MAT", "DAT"),
):
    setattr(Page, f"append{_style}", _appender(_style))


def find_page(node: Node, name: str) -> Page | BuiltInPage:
    """The page object of that name."""
    page = node.pars.page(name)
    return BuiltInPage(node, name) if page is None else Page(page)


def append_page(node: Node, name: str) -> Page:
    """A custom page; for a name that exists the switch decides."""
    page = node.pars.page(name)
    if page is None or node.host.unknowns.second_page == "duplicate":
        page = CustomPage(node, name)
        node.pars.custom_pages.append(page)
    return Page(page)
