"""What a file looks like: names, docstrings, annotations, sizes, and words that belong to one machine."""

import ast
import functools
import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

import layout
from check_source import Row, Source, Tree, dotted, stated_threads

#: Nothing anybody wrote by hand is larger.
_MAX_TEXT_BYTES = 4 << 20


def check(tree: Tree) -> Iterator[Row]:
    """All rules about the shape of files."""
    yield from _names(tree)
    for source in tree.sources:
        yield from _docstring(source)
        yield from _annotations(source)
    yield from _sizes(tree)
    yield from _words(tree)


def _names(tree: Tree) -> Iterator[Row]:
    """A module name says its room and means one thing only."""
    patterns = ", ".join(pattern for room in layout.ROOMS for pattern in room.patterns)
    seen: dict[str, str] = {}
    for source in tree.sources:
        if source.room is None:
            yield source.row(
                None,
                "name-room",
                f"The name {source.module} belongs to no room; the rooms are {patterns} (layout.ROOMS).",
            )
        if source.module in seen:
            yield source.row(
                None,
                "name-unique",
                f"{seen[source.module]} has the same name; one name is one module, rename one of them.",
            )
        seen.setdefault(source.module, source.path)
        if source.module in layout.STDLIB | layout.TOUCHDESIGNER_PACKAGES | _installed():
            yield source.row(
                None, "name-unique", f"A DAT called {source.module} hides the Python module of that name; rename it."
            )


@functools.cache
def _installed() -> frozenset[str]:
    """Top-level names of the packages of this environment, Google's client among them."""
    return frozenset(importlib.metadata.packages_distributions())


def _docstring(source: Source) -> Iterator[Row]:
    """The docstring states the thread, and the thread fits the room."""
    found = stated_threads(source)
    allowed = source.room.threads if source.room else layout.THREADS
    lines = " or ".join(f"`Thread: {thread}.`" for thread in allowed)
    if len(found) != 1:
        yield source.row(None, "thread-line", f"The module's docstring needs one line that begins with {lines}.")
    elif found[0] not in allowed:
        yield source.row(
            None, "thread-line", f"The docstring says `Thread: {found[0]}`, but a module of this room says {lines}."
        )


def _annotations(source: Source) -> Iterator[Row]:
    """Dataclasses have plain annotations: in a DAT module, which is not in sys.modules, strings make them fail."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        decorators = (item.func if isinstance(item, ast.Call) else item for item in node.decorator_list)
        if not any(dotted(item).rpartition(".")[2] == "dataclass" for item in decorators):
            continue
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.annotation, ast.Constant) and line.annotation.value:
                yield source.row(
                    line,
                    "string-annotation",
                    f"{node.name}.{dotted(line.target)} has a quoted annotation, and @dataclass fails on it in a DAT; "
                    "write the type itself.",
                )


def _sizes(tree: Tree) -> Iterator[Row]:
    """Files and classes small enough to have one duty."""
    for folder in layout.SIZED_FOLDERS:
        for file in sorted((tree.root / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8", errors="replace")
            yield from _sizes_of(file.relative_to(tree.root).as_posix(), text)


def _sizes_of(path: str, text: str) -> Iterator[Row]:
    def row(line: int, what: str, lines: int, limit: int) -> Row:
        return Row(path, line, "size", f"{what} has {lines} lines, the limit is {limit}; split it by responsibility.")

    lines = len(text.splitlines())
    if lines > layout.MAX_FILE_LINES:
        yield row(1, "The file", lines, layout.MAX_FILE_LINES)
    try:
        parsed = ast.parse(text)
    except (SyntaxError, ValueError):
        return  # `load` reports it for src/, ruff for the rest
    for node in ast.walk(parsed):
        if isinstance(node, ast.ClassDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > layout.MAX_CLASS_LINES:
                yield row(node.lineno, f"Class {node.name}", lines, layout.MAX_CLASS_LINES)


def _words(tree: Tree) -> Iterator[Row]:
    """No path of one machine in any text, no address in a lock."""
    here = [re.escape(str(path)) for path in (tree.root, Path.home()) if len(path.parts) > 2]
    machine = re.compile("|".join([layout.HOME_PATH, *(rf"{path}(?![\w-])" for path in here)]))
    address = re.compile(layout.ADDRESS)
    for path, line, text in _lines(tree.root):
        if found := machine.search(text):
            yield Row(
                path,
                line,
                "machine-path",
                f"{found[0]} is a path of one machine; make it relative, or write /home/you.",
            )
        if path in layout.LOCKS and (found := address.search(text)):
            yield Row(
                path,
                line,
                "lock-address",
                f"{found[0]} ties the lock to one server; write it anew with `python3 tools/dev.py lock`.",
            )


def _lines(root: Path) -> Iterator[tuple[str, int, str]]:
    """Path, number and text of every line of the text files in `layout.WORDED`."""
    for name in layout.WORDED:
        start = root / name
        files = sorted(start.rglob("*")) if start.is_dir() else [start]
        for file in files:
            if not file.is_file() or "__pycache__" in file.parts or "node_modules" in file.parts:
                continue
            data = file.read_bytes()
            if b"\0" in data or len(data) > _MAX_TEXT_BYTES:
                continue
            path = file.relative_to(root).as_posix()
            for number, text in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
                yield path, number, text
