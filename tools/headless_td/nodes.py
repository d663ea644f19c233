"""State of one operator, behind the OP classes. Thread: main only."""

from collections.abc import Iterator
from threading import get_ident
from typing import TYPE_CHECKING, Any, NoReturn

from headless_td import threads
from headless_td.errors import tdError
from headless_td.optypes import OpType
from headless_td.parsets import ParSets
from headless_td.tables import Table

if TYPE_CHECKING:
    from headless_td.extensions import ExtensionSet
    from headless_td.host import Host
    from headless_td.imports import DatModule

FLAG_DEFAULTS: dict[str, Any] = {
    "viewer": False,
    "expose": True,
    "selected": False,
    "current": False,
    "display": False,
    "render": False,
    "bypass": False,
    "lock": False,
    "activeViewer": False,
    "cloneImmune": False,
    "showCustomOnly": False,
    "showDocked": True,
    "allowCooking": True,
    "python": True,
}


class Node:
    """One operator: its place in the network, its looks, its parameters and its contents."""

    __slots__ = (
        "_op",
        "alive",
        "children",
        "color",
        "comment",
        "dock",
        "docked",
        "errors",
        "exts",
        "flags",
        "host",
        "id",
        "inputs",
        "locals",
        "module",
        "name",
        "namespace",
        "native",
        "par_version",
        "parent",
        "pars",
        "path",
        "size",
        "startup_storage",
        "storage",
        "table",
        "tags",
        "text",
        "text_version",
        "tile",
        "type",
        "utility",
    )

    def __init__(self, host: "Host", kind: OpType, name: str, parent: "Node | None", number: int) -> None:
        self.host = host
        self.type = kind
        self.name = name
        self.parent = parent
        self.id = number
        self.path: str = name if parent is None else f"{parent.path.rstrip('/')}/{name}"
        self.alive = True
        self.children: dict[str, Node] = {}
        self.tile = (0, 0)
        self.size = kind.size
        self.color: tuple[float, ...] = (0.67, 0.67, 0.67)
        self.comment = ""
        self.tags: set[str] = set()
        self.flags: dict[str, Any] = {}
        self.dock: Node | None = None
        self.docked: list[Node] = []
        self.inputs: list[Node] = []
        self.utility = False
        self.errors: list[str] = []
        self.storage: dict[str, Any] = {}
        self.startup_storage: dict[str, Any] = {}
        self.pars = ParSets(self)
        self.par_version = 0
        self.table: Table | None = None
        self.text = ""
        self.text_version = 0
        self.module: DatModule | None = None
        self.namespace: dict[str, Any] | None = None
        self.locals: dict[str, Any] = {}
        self.exts: ExtensionSet | None = None
        self.native: Any = None
        self._op: Any = None
        if kind.content == "table":
            self.table = Table(host.unknowns)

    def __repr__(self) -> str:
        return f"<{self.type.name} {self.path}>"

    # -- the Python object of this operator -------------------------------------------------------------------

    def op(self) -> Any:
        """The object that scripts get; a new, equal one for each look-up unless the switch says otherwise."""
        if self._op is None:
            wrapped = self.host.wrap(self)
            if self.host.unknowns.op_objects == "fresh":
                return wrapped
            self._op = wrapped
        return self._op

    def check(self) -> None:
        """Refuse access off the main thread and to a destroyed operator."""
        if get_ident() != threads.main_ident:
            threads.conflict(f"{self.type.name} {self.path}")
        if not self.alive:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Say that the operator is gone."""
        raise tdError(f"Invalid OP object: {self.path} was destroyed.")

    # -- place in the network ---------------------------------------------------------------------------------

    def ancestors(self) -> Iterator["Node"]:
        """The parent, its parent, up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def descendants(self) -> Iterator["Node"]:
        """Everything below, parents before children."""
        for child in list(self.children.values()):
            yield child
            yield from child.descendants()

    def below(self, other: "Node") -> bool:
        """Whether this operator is `other` or inside it."""
        return self is other or other in self.ancestors()

    @property
    def network(self) -> "Node":
        """The COMP in which the operator lies (the root for the root)."""
        return self.parent or self

    def component(self) -> "Node":
        """The nearest COMP around (or at) this operator that has extensions; its network when there is none."""
        for node in (self, *self.ancestors()):
            if node.exts is not None and node.exts.declared():
                return node
        return self.network

    # -- contents ---------------------------------------------------------------------------------------------

    def par_value(self, name: str, default: Any = None) -> Any:
        """The evaluated parameter, or `default` when it is missing or broken."""
        par = self.pars.find(name)
        if par is None:
            return default
        try:
            return par.eval()
        except tdError:
            return default

    @property
    def editable(self) -> bool:
        """Whether scripts may edit the contents."""
        return self.type.editable and not self.inputs

    def editable_table(self) -> Table | None:
        """The table for an edit; None when the edit is to be ignored, tdError when it is refused."""
        if self.editable and self.table is not None:
            return self.table
        self._refuse_edit()
        return None

    def _refuse_edit(self) -> None:
        if self.host.unknowns.read_only_dat == "raises":
            raise tdError(f"{self.path} ({self.type.name}) cannot be edited.")

    def source_table(self) -> Table | None:
        """The table that is read: its own, that of what is wired in, or that of what a Select DAT selects."""
        source = self.inputs[0] if self.inputs else None
        if self.type.name == "selectDAT" and source is None:
            selected = self.par_value("dat")
            source = None if selected is None else self.host.node_of(selected)
        return self.table if source is None else source.source_table()

    def get_text(self) -> str:
        """Contents as text."""
        table = self.source_table()
        if table is not None:
            return table.get_text()
        return self.inputs[0].get_text() if self.inputs else self.text

    def set_text(self, text: str) -> None:
        """Replace the contents, as a script or a file does."""
        if not self.editable:
            self._refuse_edit()
            return
        if self.table is not None:
            self.table.set_text(text)
        elif text != self.text:
            self.text = text
            self.text_version += 1
            self.host.text_changed(self)
