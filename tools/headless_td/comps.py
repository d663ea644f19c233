"""COMP classes. Thread: main only.

Source: API sheet 1.3, 1.4, 2.4, 4.
"""

from collections.abc import Iterable
from typing import Any

from headless_td.errors import tdError
from headless_td.nodes import FLAG_DEFAULTS, Node
from headless_td.ops import OP, node_of
from headless_td.optypes import op_type
from headless_td.pages import Page, append_page
from headless_td.pars import Par
from headless_td.patterns import matcher


class COMP(OP):
    """An operator with a network inside."""

    __slots__ = ()

    @property
    def allowCooking(self) -> bool:
        """Whether the inside cooks."""
        return bool(node_of(self).flags.get("allowCooking", FLAG_DEFAULTS["allowCooking"]))

    @allowCooking.setter
    def allowCooking(self, value: bool) -> None:
        node_of(self).flags["allowCooking"] = bool(value)

    # -- inside -----------------------------------------------------------------------------------------------

    def create(self, OPtype: Any, name: str | None = None, initialize: bool = True) -> Any:
        """A new operator inside, at (0, 0); a taken name is numbered."""
        del initialize
        node = node_of(self)
        made = node.host.network.create(node, op_type(OPtype), name)
        node.host.lifecycle.created([made])
        return made.op()

    def copy(self, OP: OP, name: str | None = None, includeDocked: bool = True) -> Any:
        """A copy of an operator, inside this COMP."""
        node = node_of(self)
        source = node_of(OP)
        copies = node.host.copy([source, *(source.docked if includeDocked else ())], node, name)
        return copies[0].op()

    def copyOPs(self, operators: Iterable[OP]) -> list[Any]:
        """Copies of several operators; wires and docking between them are kept."""
        node = node_of(self)
        return [made.op() for made in node.host.copy([node_of(each) for each in operators], node, None)]

    def findChildren(
        self,
        type: Any = None,
        name: str | None = None,
        path: str | None = None,
        depth: int | None = None,
        maxDepth: int | None = None,
        text: str | None = None,
        comment: str | None = None,
        tags: Iterable[str] = (),
        allTags: bool = False,
        parValue: str | None = None,
        parExpr: str | None = None,
        parName: str | None = None,
        onlyNonDefaults: bool = False,
        includeUtility: bool = False,
        key: Any = None,
    ) -> list[Any]:
        """Operators at any depth that meet all the conditions; `depth` is exact, `maxDepth` a bound."""
        top = node_of(self)
        wanted_tags = list(tags)
        found = []
        for node, level in _below(top, 1):
            if (node.utility and not includeUtility) or (depth is not None and level != depth):
                continue
            if maxDepth is not None and level > maxDepth:
                continue
            if type is not None and not isinstance(node.op(), type):
                continue
            texts = ((name, node.name), (path, node.path), (text, node.get_text()), (comment, node.comment))
            if any(pattern is not None and not matcher(pattern)(value) for pattern, value in texts):
                continue
            if wanted_tags and not (all if allTags else any)(tag in node.tags for tag in wanted_tags):
                continue
            if not _has_par(node, parName, parValue, parExpr, non_default=onlyNonDefaults):
                continue
            if key is None or key(node.op()):
                found.append(node.op())
        return found

    def layout(self) -> None:
        """Arrange the nodes inside in a row."""
        for position, child in enumerate(node_of(self).children.values()):
            child.tile = (position * 200, 0)

    # -- custom parameters ------------------------------------------------------------------------------------

    def appendCustomPage(self, name: str) -> Page:
        """A custom page."""
        return append_page(node_of(self), name)

    def sortCustomPages(self, *names: str) -> None:
        """Put the named pages first, in that order."""
        pages = node_of(self).pars.custom_pages
        pages.sort(key=lambda page: names.index(page.name) if page.name in names else len(names))

    def destroyCustomPars(self) -> None:
        """Remove all custom pages and parameters."""
        for page in self.customPages:
            page.destroy()

    # -- extensions -------------------------------------------------------------------------------------------

    @property
    def extensions(self) -> list[Any]:
        """The instances in block order; None for one that could not be made."""
        node = node_of(self)
        return [] if node.exts is None else node.exts.instances()

    @property
    def extensionsReady(self) -> bool:
        """False only while they are being made."""
        exts = node_of(self).exts
        return exts is None or not exts.busy()

    def initializeExtensions(self, index: int | None = None) -> Any:
        """Make the extensions (or one of them) anew, now."""
        exts = node_of(self).exts
        return None if exts is None else exts.initialise(index)

    # -- files ------------------------------------------------------------------------------------------------

    def save(self, filepath: str | None = None, createFolders: bool = False, password: str | None = None) -> str:
        """Write the COMP to a file; the path written."""
        del password
        node = node_of(self)
        return node.host.files.save_component(node, filepath or f"{node.name}.tox", create_folders=createFolders)

    def saveByteArray(self) -> bytes:
        """The COMP as bytes."""
        node = node_of(self)
        return node.host.files.component_bytes(node)

    def loadTox(
        self, filepath: str, unwired: bool = False, pattern: str | None = None, password: str | None = None
    ) -> Any:
        """Load a saved component into this COMP."""
        del unwired, pattern, password
        node = node_of(self)
        return node.host.files.load_component(node, filepath).op()

    def loadByteArray(self, data: bytes, unwired: bool = False, pattern: str | None = None) -> Any:
        """Load a component from bytes."""
        del unwired, pattern
        node = node_of(self)
        return node.host.files.load_bytes(node, data).op()

    def reload(self, filepath: str) -> None:
        """Replace inside and parameters by those of a saved component, keeping place and name."""
        node = node_of(self)
        node.host.files.reload(node, filepath)

    # -- statistics -------------------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether an external .tox has unsaved changes; the stand-in keeps no such account."""
        return False

    @property
    def internalOPs(self) -> list[Any]:
        """Operators that `iop` offers."""
        node = node_of(self)
        blocks = range(node.pars.sequences["iop"].blocks)
        found = [node.par_value(f"iop{block}op") for block in blocks]
        return [each for each in found if each is not None]


def _below(top: Node, level: int) -> Iterable[tuple[Node, int]]:
    for child in top.host.network.children(top):
        yield child, level
        yield from _below(child, level + 1)


def _has_par(node: Node, name: str | None, value: str | None, expression: str | None, *, non_default: bool) -> bool:
    if name is None and value is None and expression is None and not non_default:
        return True
    for state in node.pars.all():
        par = Par(state)
        if name is not None and not matcher(name)(state.name):
            continue
        if expression is not None and not matcher(expression)(state.expr):
            continue
        if value is not None and not matcher(value)(str(par.eval())):
            continue
        if not (non_default and par.isDefault):
            return True
    return False


class baseCOMP(COMP):
    """Base COMP."""

    __slots__ = ()


class PanelCOMP(COMP):
    """COMPs with a panel."""

    __slots__ = ()


class containerCOMP(PanelCOMP):
    """Container COMP."""

    __slots__ = ()


class annotateCOMP(COMP):
    """Annotate COMP: title, text and coloured area in the network."""

    __slots__ = ()

    @property
    def utility(self) -> bool:
        """Hidden from searches; not set on one made by a script."""
        return node_of(self).utility

    @utility.setter
    def utility(self, value: bool) -> None:
        node_of(self).utility = bool(value)

    @property
    def enclosedOPs(self) -> list[Any]:
        """Operators whose tiles lie inside the area."""
        node = node_of(self)
        (left, bottom), (width, height) = node.tile, node.size
        inside = []
        for other in node.network.children.values():
            (x, y), (w, h) = other.tile, other.size
            fits = left <= x and bottom <= y and x + w <= left + width and y + h <= bottom + height
            if fits and other is not node:
                inside.append(other.op())
        return inside


class TOP(OP):
    """Operators that make images."""

    __slots__ = ()

    width = property(lambda self: int(node_of(self).par_value("resolutionw", 256)), doc="Pixels.")
    height = property(lambda self: int(node_of(self).par_value("resolutionh", 256)), doc="Pixels.")

    def saveByteArray(self, filetype: str = ".tiff", quality: float = 1.0, metadata: Any = None) -> bytes:
        """The picture as bytes of a file: a fixed small one here."""
        del quality, metadata
        if filetype not in _PICTURES:
            raise tdError(f"The headless host has no picture of type {filetype!r}; it knows {sorted(_PICTURES)}.")
        return _PICTURES[filetype]


class nullTOP(TOP):
    """Null TOP."""

    __slots__ = ()


class constantTOP(TOP):
    """Constant TOP."""

    __slots__ = ()


class moviefileinTOP(TOP):
    """Movie File In TOP."""

    __slots__ = ()


class CHOP(OP):
    """Operators that make channels."""

    __slots__ = ()


class Channel:
    """One channel of one sample."""

    __slots__ = ("_node", "name", "value")

    def __init__(self, node: Node, name: str, value: float) -> None:
        self._node = node
        self.name = name
        self.value = value

    def eval(self) -> float:
        """The value."""
        self._node.check()
        return self.value

    def __float__(self) -> float:
        return self.eval()


class constantCHOP(CHOP):
    """Constant CHOP: one channel per named block."""

    __slots__ = ()

    def chans(self) -> list[Channel]:
        """All channels."""
        node = node_of(self)
        made = []
        for block in range(node.pars.sequences["const"].blocks):
            name = node.par_value(f"const{block}name")
            if name:
                made.append(Channel(node, name, float(node.par_value(f"const{block}value"))))
        return made

    def __getitem__(self, key: str | int) -> Channel | None:
        channels = self.chans()
        if isinstance(key, int):
            return channels[key] if 0 <= key < len(channels) else None
        return next((channel for channel in channels if matcher(key)(channel.name)), None)


# The smallest legal files of their kinds: one pixel.
_PICTURES = {
    ".png": bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    ),
    ".jpg": bytes.fromhex(
        "ffd8ffe000104a46494600010100000100010000ffdb004300" + "01" * 64 + "ffc0000b080001000101011100"
        "ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000"
        "ffda0008010100003f0054ffd9"
    ),
    ".tiff": bytes.fromhex(
        "49492a0008000000080000010300010000000100000001010300010000000100000002010300010000000800000003010300"
        "01000000010000000601030001000000010000001101040001000000080000001601030001000000010000001701040001000000"
        "0100000000000000"
    ),
}
