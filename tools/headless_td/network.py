"""The tree of operators: making, finding, renaming, destroying, shortcuts. Thread: main only.

Source: API sheet 1.2, 1.4, 2.2.
"""

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from headless_td import annotate
from headless_td.errors import tdError
from headless_td.extensions import ExtensionSet
from headless_td.nodes import Node
from headless_td.optypes import OpType, op_type
from headless_td.patterns import is_plain, matcher, words

if TYPE_CHECKING:
    from headless_td.host import Host

_ILLEGAL = re.compile(r"[^A-Za-z0-9_]")


def valid_name(text: str) -> str:
    """`text` with every character that no operator name has replaced by an underscore."""
    name = _ILLEGAL.sub("_", text)
    return f"_{name}" if name[:1].isdigit() else name


class Network:
    """All operators of one host."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._next_id = 1
        self._shortcuts: dict[str, list[Node]] = {}
        self._shortcut_of: dict[Node, str] = {}
        self.by_id: dict[int, Node] = {}
        self._by_type: defaultdict[str, dict[Node, None]] = defaultdict(dict)
        self.version = 0
        self.root = self._make(op_type("baseCOMP"), "/", None)

    def touch(self) -> None:
        """Note that operators, names or references changed, so that cached look-ups are done again."""
        self.version += 1

    def of_type(self, name: str) -> list[Node]:
        """All operators of one type, oldest first."""
        return list(self._by_type[name])

    # -- making and destroying --------------------------------------------------------------------------------

    def _make(self, kind: OpType, name: str, parent: Node | None) -> Node:
        node = Node(self._host, kind, name, parent, self._next_id)
        self._next_id += 1
        self.by_id[node.id] = node
        self._by_type[kind.name][node] = None
        if kind.family == "COMP":
            node.exts = ExtensionSet(node)
        if parent is not None:
            parent.children[name] = node
        self.touch()
        return node

    def create(self, parent: Node, kind: OpType, name: str | None) -> Node:
        """A new operator at its type's defaults; a taken name is numbered."""
        node = self._make(kind, self.free_name(parent, name or f"{kind.short}1"), parent)
        if node.table is not None and kind.name == "tableDAT":
            node.table.set_size(1, 1)
        if kind.name == "annotateCOMP":
            annotate.furnish(node)
        return node

    def detached(self, kind: OpType, name: str, parent: Node) -> Node:
        """An operator that is in no network (the previous contents given to DAT Execute)."""
        node = Node(self._host, kind, name, None, -1)
        node.path = f"{parent.path}/{name}"
        return node

    def free_name(self, parent: Node, wanted: str, keep: Node | None = None) -> str:
        """`wanted`, checked, and numbered when a sibling has it."""
        name = wanted
        if not name or valid_name(name) != name:
            if self._host.unknowns.illegal_name == "raises":
                raise tdError(f"{wanted!r} is no legal operator name; clean it with tdu.validName first.")
            name = valid_name(name) or "op1"
        if parent.children.get(name) in {None, keep}:
            return name
        base = name.rstrip("0123456789") or name
        number = int(name[len(base) :] or 0) + 1
        while parent.children.get(f"{base}{number}") not in {None, keep}:
            number += 1
        return f"{base}{number}"

    def rename(self, node: Node, wanted: str) -> None:
        """Give another name; paths of everything below change with it."""
        parent = node.parent
        if parent is None:
            raise tdError("The root cannot be renamed.")
        taken = parent.children.get(wanted) not in {None, node}
        if taken and self._host.unknowns.rename_taken == "raises":
            raise tdError(f"{parent.path} already has an operator named {wanted!r}.")
        name = self.free_name(parent, wanted, keep=node)
        parent.children = {name if child is node else key: child for key, child in parent.children.items()}
        node.name = name
        for changed in (node, *node.descendants()):
            changed.path = f"{changed.network.path.rstrip('/')}/{changed.name}"
        self.touch()

    def destroy(self, node: Node) -> None:
        """Remove an operator with everything below it."""
        if node.parent is None:
            raise tdError("The root cannot be destroyed.")
        outside = [docked for docked in node.docked if docked.alive]
        if outside and self._host.unknowns.destroy_docked == "raises":
            names = ", ".join(docked.name for docked in outside)
            raise tdError(f"{node.path} cannot be destroyed while operators are docked to it ({names}); undock them.")
        for docked in outside:
            self.destroy(docked)
        gone = [node, *node.descendants()]
        for each in gone:
            if each.exts is not None:
                each.exts.destroy()
        for each in gone:
            self._forget(each)
        node.parent.children.pop(node.name, None)
        self.touch()

    def _forget(self, node: Node) -> None:
        self._host.importer.forget(node)
        if node.dock is not None and node in node.dock.docked:
            node.dock.docked.remove(node)
        for docked in node.docked:
            docked.dock = None
        for other in node.network.children.values():
            if node in other.inputs:
                other.inputs.remove(node)
        self.set_shortcut(node, "")
        self.by_id.pop(node.id, None)
        self._by_type[node.type.name].pop(node, None)
        node.alive = False

    def children(self, node: Node) -> list[Node]:
        """Direct children in the order the switch asks for."""
        nodes = list(node.children.values())
        order = self._host.unknowns.children_order
        if order == "reversed":
            nodes.reverse()
        elif order == "by_name":
            nodes.sort(key=lambda child: child.name)
        return nodes

    # -- shortcuts --------------------------------------------------------------------------------------------

    def set_shortcut(self, node: Node, name: str) -> None:
        """Register the global shortcut of a COMP; '' removes it."""
        old = self._shortcut_of.pop(node, "")
        if old:
            self._shortcuts[old].remove(node)
        if name:
            self._shortcut_of[node] = name
            self._shortcuts.setdefault(name, []).append(node)
        self.touch()

    def shortcut(self, name: str) -> Node | None:
        """The COMP that holds a global shortcut."""
        holders = self._shortcuts.get(name)
        if not holders:
            return None
        return holders[0] if self._host.unknowns.shortcut_conflict == "first" else holders[-1]

    def shortcuts(self) -> list[str]:
        """The names in use."""
        return [name for name, holders in self._shortcuts.items() if holders]

    # -- finding ----------------------------------------------------------------------------------------------

    def locate(self, origin: Node, path: str, *, inside: bool = False, utility: bool = False) -> list[Node]:
        """Operators that a path text names.

        `inside`: relative to the inside of the COMP `origin`; otherwise relative to the operator `origin`, where a
        plain name is a sibling, `./x` a child and `..` the COMP around it.
        """
        if inside and path.isidentifier():
            child = origin.children.get(path)
            return [child] if child is not None and (utility or not child.utility) else []
        found: list[Node] = []
        for word in words(path):
            if word.startswith("^") and found:
                refused = matcher(word[1:])
                found = [node for node in found if not refused(node.name)]
                continue
            start, rest = self._start(origin, word, inside)
            if start is not None:
                found.extend(node for node in self._walk(start, rest, utility) if node not in found)
        return found

    def _start(self, origin: Node, word: str, inside: bool) -> tuple[Node | None, str]:
        if word.startswith("/"):
            return self.root, word[1:]
        if inside:
            return origin, word
        if word == "." or word.startswith("./"):
            return origin, word[2:]
        if word in {"..", "../"}:
            return origin.parent, ""
        if word.startswith("../") and self._host.unknowns.dotdot_path == "node":
            return origin.parent, word[3:]
        return origin.parent or origin, word

    def _walk(self, start: Node, path: str, utility: bool) -> list[Node]:
        nodes = [start]
        steps = [step for step in path.split("/") if step and step != "."]
        for position, step in enumerate(steps):
            last = position == len(steps) - 1
            if step == "..":
                nodes = [node.parent for node in nodes if node.parent is not None]
                continue
            following: list[Node] = []
            for node in nodes:
                if is_plain(step):
                    candidates = [node.children[step]] if step in node.children else []
                else:
                    matches = matcher(step)
                    candidates = [child for child in self.children(node) if matches(child.name)]
                following.extend(c for c in candidates if utility or not c.utility or not last)
            nodes = following
        return nodes
