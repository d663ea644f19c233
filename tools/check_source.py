"""What the checks read: every module of src/ as a syntax tree, and the rows they answer with."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import layout


@dataclass(frozen=True, order=True)
class Row:
    """One finding: where, which rule, what is wrong and what to do."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} [{self.rule}] {self.message}"


@dataclass(frozen=True)
class Source:
    """A module of src/.

    Attributes:
        path: Relative to the root, with slashes.
        folder: `common` or the component's name.
        module: The name under which it is imported; also the name of its DAT.
        room: None if the name belongs to no room.
        tree: What Python reads from it.
    """

    path: str
    folder: str
    module: str
    room: layout.Room | None
    tree: ast.Module

    def row(self, node: ast.AST | None, rule: str, message: str) -> Row:
        """A finding at a node of this module (None: at its first line)."""
        return Row(self.path, getattr(node, "lineno", 1), rule, message)


@dataclass
class Tree:
    """A checkout: the modules of src/ that could be read, and findings about those that could not."""

    root: Path
    sources: list[Source] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def folders_of(self, module: str) -> list[str]:
        """The source folders that hold a module of this name."""
        return [source.folder for source in self.sources if source.module == module]


Rule = Callable[[Tree], Iterator[Row]]


def load(root: Path) -> Tree:
    """Reads every Python file below src/."""
    tree = Tree(root)
    known = {Path(folder).name for folder in layout.SOURCE_FOLDERS}
    for file in sorted((root / "src").rglob("*.py")):
        path = file.relative_to(root).as_posix()
        below = file.relative_to(root / "src").parts
        if len(below) != 2 or below[0] not in known:
            tree.rows.append(
                Row(
                    path,
                    1,
                    "layout",
                    f"Modules lie flat in {', '.join(layout.SOURCE_FOLDERS)}; move it to one of them.",
                )
            )
            continue
        try:
            parsed = ast.parse(file.read_text(encoding="utf-8"), filename=path)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            tree.rows.append(Row(path, line, "syntax", f"Python cannot read it ({error.args[0]}); correct the line."))
            continue
        tree.sources.append(Source(path, below[0], file.stem, layout.room_of(file.stem), parsed))
    return tree


# ---------------------------------------------------------------------------------------------------------------
# Reading syntax trees
# ---------------------------------------------------------------------------------------------------------------

_THREAD_LINE = re.compile(rf"^Thread: ({'|'.join(layout.THREADS)})\b", re.MULTILINE)


def stated_threads(source: Source) -> list[str]:
    """What the module's docstring says after `Thread: `; one entry if all is well."""
    return _THREAD_LINE.findall(ast.get_docstring(source.tree) or "")


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for such an expression, else an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def parameters(function: FunctionNode | ast.Lambda) -> set[str]:
    """The names of a function's parameters."""
    a = function.args
    stars = [arg for arg in (a.vararg, a.kwarg) if arg]
    return {arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, *stars)}


def bound_names(scope: ast.AST) -> set[str]:
    """The names that a module, class, function or lambda binds itself, those of its comprehensions included."""
    names = set[str]()
    if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        names = parameters(scope)
    queue = list(ast.iter_child_nodes(scope))
    while queue:
        node = queue.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
        if not isinstance(node, _SCOPES):
            queue.extend(ast.iter_child_nodes(node))
    return names


def free_names(tree: ast.Module) -> Iterator[ast.Name]:
    """Every use of a name that the file does not bind where it is used: builtins, and what TouchDesigner injects."""

    def visit(node: ast.AST, known: frozenset[str], inherited: frozenset[str]) -> Iterator[ast.Name]:
        """`known` is visible here; `inherited` is what functions below see, without the names of a class body."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load) and child.id not in known:
                yield child
            if isinstance(child, _SCOPES):
                own = inherited | bound_names(child)
                yield from visit(child, own, inherited if isinstance(child, ast.ClassDef) else own)
            else:
                yield from visit(child, known, inherited)

    names = frozenset(bound_names(tree))
    yield from visit(tree, names, names)


def functions(tree: ast.Module) -> Iterator[tuple[str, FunctionNode]]:
    """The functions and methods that lie in no other function, with names such as `Class.method`."""

    def visit(node: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield prefix + child.name, child
            elif isinstance(child, ast.ClassDef):
                yield from visit(child, f"{prefix}{child.name}.")
            elif not isinstance(child, ast.expr):
                yield from visit(child, prefix)

    yield from visit(tree, "")
