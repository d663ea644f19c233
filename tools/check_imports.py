"""Who imports whom: the rooms, the borders between components, and where an import may stand."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import layout
from check_source import Row, Source, Tree, dotted, functions

#: What a room may import and what to do instead, as messages say it.
_ROOM_RULES = {
    "core": "core imports pure standard library and core; take what it needs as an argument, or move the code to work",
    "disk": "disk imports the standard library, core and disk; take the rest as an argument",
    "bridge": "bridge imports the standard library, core, disk and bridge; hand what it lacks over as an argument",
    "work": "work imports the standard library, core, disk and work; the gateway comes as an argument",
    "gateway": "gateway imports the standard library, core, disk, gateway, and Google's client inside one function",
    "engine": "engine imports the standard library, core, disk, bridge and engine; it finds the rest by name",
    "td": (
        "the td room imports core, disk, bridge, td and the entry modules of its component's work and gateway "
        "(layout.ENTRY_MODULES); ask the engine through the bridge"
    ),
}


@dataclass(frozen=True)
class Import:
    """One imported module.

    Attributes:
        node: The statement or call.
        module: The full name, `a.b.c`.
        name: What `from module import name` takes, else None.
        function: The outermost function around it, None at module level.
        dynamic: `importlib.import_module("...")` or `__import__("...")`.
    """

    node: ast.AST
    module: str
    name: str | None = None
    function: str | None = None
    dynamic: bool = False

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    def names(self) -> Iterator[str]:
        """The module, the packages around it, and what is taken from it: `a`, `a.b`, `a.b.name`."""
        parts = self.module.split(".")
        for count in range(1, len(parts) + 1):
            yield ".".join(parts[:count])
        if self.name:
            yield f"{self.module}.{self.name}"


def check(tree: Tree) -> Iterator[Row]:
    """All rules about imports."""
    outside = _outside_modules(tree)
    for source in tree.sources:
        client_functions: list[str] = []
        for item in _imports(source):
            if isinstance(item, Row):
                yield item
                continue
            yield from _place(source, item, client_functions)
            yield from _border(tree, source, item, outside)


def _outside_modules(tree: Tree) -> set[str]:
    """Names under which tools/ and tests/ could be imported."""
    folders = [tree.root / folder for folder in ("tools", "tests") if (tree.root / folder).is_dir()]
    inside = (path for folder in folders for path in folder.iterdir() if path.is_dir() or path.suffix == ".py")
    return {"tools", "tests", *(path.stem for path in inside)}


def _imports(source: Source) -> Iterator[Import | Row]:
    """Every import of a module, in the order of the file; a row for those with a form that is never right."""
    owner = {id(node): name for name, function in functions(source.tree) for node in ast.walk(function)}
    found = [node for node in ast.walk(source.tree) if isinstance(node, (ast.Import, ast.ImportFrom, ast.Call))]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)):
        function = owner.get(id(node))
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node, alias.name, None, function)
        elif isinstance(node, ast.ImportFrom):
            yield from _from_imports(source, node, function)
        elif dotted(node.func) in {"__import__", "importlib.import_module", "import_module", "importlib.__import__"}:
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield Import(node, argument.value, None, function, dynamic=True)
            elif source.room is None or not source.room.dynamic:
                yield source.row(
                    node,
                    "import-dynamic",
                    "Imports by a name made at run time, which no check can read; only work, gateway and engine may.",
                )


def _from_imports(source: Source, node: ast.ImportFrom, function: str | None) -> Iterator[Import | Row]:
    if node.level or node.module is None:
        yield source.row(node, "import-relative", "DATs know no packages; write `import tdg_...` with the bare name.")
        return
    for alias in node.names:
        if alias.name == "*":
            yield source.row(node, "import-star", f"Name what you take, or write `import {node.module}`.")
        elif (node.module, alias.name) == ("__future__", "annotations"):
            yield source.row(
                node,
                "future-annotations",
                "Turns annotations into strings, and @dataclass in a DAT module fails on those; remove the line.",
            )
        else:
            yield Import(node, node.module, alias.name, function)


def _place(source: Source, item: Import, client_functions: list[str]) -> Iterator[Row]:
    """Where the import stands. `client_functions` collects the functions of this file that load Google's client."""
    client = item.top in layout.CLIENT_PACKAGES
    if not (source.room is layout.GATEWAY and client):
        if item.function and not item.dynamic:
            yield source.row(
                item.node,
                "import-inside",
                f"{item.function}() imports {item.module}; imports stand at the top of the file, "
                "where TouchDesigner resolves them on the main thread.",
            )
        return
    if item.function is None:
        yield source.row(
            item.node,
            "import-client",
            f"Imports {item.module} when the module loads, which freezes the picture for seconds; "
            "import it inside the one function that the worker calls first.",
        )
        return
    if item.function not in client_functions:
        client_functions.append(item.function)
    if item.function != client_functions[0]:
        yield source.row(
            item.node,
            "import-client",
            f"{item.function}() imports {item.module}, and {client_functions[0]}() imports Google's client already; "
            "one function per gateway file does, the others take what it returns.",
        )


def _border(tree: Tree, source: Source, item: Import, outside: set[str]) -> Iterator[Row]:
    """Whether this room of this folder may know that module at all."""
    room = source.room
    if room is None:
        return
    folders = tree.folders_of(item.top)
    if folders:
        yield from _own_module(source, room, item, folders)
    elif item.top in layout.STDLIB:
        yield from _standard_library(source, room, item)
    elif item.top in layout.TOUCHDESIGNER_MODULES | layout.CLIENT_PACKAGES:
        if not (room.touchdesigner if item.top in layout.TOUCHDESIGNER_MODULES else room.google):
            yield source.row(
                item.node, "import-room", f"{source.module} imports {item.module}; {_ROOM_RULES[room.name]}."
            )
    elif item.top in outside:
        yield source.row(
            item.node,
            "import-outside",
            f"Imports {item.module} of tools/ or tests/, which ship with no component; move what it needs to src/.",
        )
    elif layout.room_of(item.top):
        yield source.row(item.node, "import-unknown", f"No file of src/ is called {item.top}.py; correct the name.")
    else:
        yield source.row(
            item.node,
            "import-unknown",
            f"{item.module} is neither standard library nor part of src/; TouchDesigner may not have it. Do without.",
        )


def _own_module(source: Source, room: layout.Room, item: Import, folders: list[str]) -> Iterator[Row]:
    if not {source.folder, layout.COMMON} & set(folders):
        yield source.row(
            item.node,
            "import-component",
            f"src/{source.folder} imports {item.top} of src/{folders[0]}; a folder knows common and itself only. "
            "Move what both need to src/common.",
        )
        return
    other = layout.room_of(item.top)
    if other is None or other.name in room.rooms:
        return
    entries = {*layout.ENTRY_MODULES[layout.COMMON], *layout.ENTRY_MODULES.get(source.folder, ())}
    if other.name in room.entries and item.top in entries:
        return
    yield source.row(item.node, "import-room", f"{source.module} imports {item.top}; {_ROOM_RULES[room.name]}.")


def _standard_library(source: Source, room: layout.Room, item: Import) -> Iterator[Row]:
    if room.stdlib == "pure":
        names = layout.PURE_NAMES.get(item.module)
        pure = item.name in names if names else not layout.PURE_STDLIB.isdisjoint(item.names())
        if not pure:
            taken = f"{item.module}.{item.name}" if item.name else item.module
            yield source.row(
                item.node,
                "import-room",
                f"{source.module} imports {taken}, which is not pure; {_ROOM_RULES[room.name]}.",
            )
        return
    waits = not layout.BLOCKING_STDLIB.isdisjoint(item.names()) or (item.module, item.name) in layout.BLOCKING_CALLS
    if room.stdlib == "quick" and waits:
        yield source.row(
            item.node,
            "import-blocking",
            f"{source.module} imports {item.module}, which can wait for a disk, a process or a network, "
            "and the picture with it; do that in work and send the result over the bridge.",
        )
