"""What the documentation says about a component's interface, read from its description and its source.

Nothing is written twice: names, defaults and help texts of parameters come from the description, methods from the
extension classes, callbacks from the template that *Create* copies. Nothing is imported or run.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import layout
from component_model import Component, Operator

#: The DAT whose functions are the component's callbacks.
CALLBACKS_DAT = "callbacks_template"
#: Operators that hold what a user reads.
_DATA_TYPES = ("tableDAT", "fifoDAT")

#: Longest line of code that needs no scrolling.
_LINE = 72

_SECTION = re.compile(r"(Args|Returns|Raises|Attributes):$")


@dataclass(frozen=True)
class Docstring:
    """A docstring, taken apart.

    Attributes:
        paragraphs: everything before the sections, a paragraph per item, unwrapped.
        arguments: (name, text) of each documented argument.
        returns: what comes back; empty if that is not said.
    """

    paragraphs: tuple[str, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    returns: str = ""


@dataclass(frozen=True)
class Function:
    """A method or a callback.

    Attributes:
        arguments: as they are written in a call: `prefix=''`.
        types: type of each argument, by name.
    """

    name: str
    arguments: tuple[str, ...]
    types: dict[str, str]
    doc: Docstring

    @property
    def call(self) -> str:
        """`Upload(local_path=None, remote_path=None)`; an argument per line where one would be too long."""
        line = f"{self.name}({', '.join(self.arguments)})"
        if len(line) <= _LINE:
            return line
        return "\n".join([f"{self.name}(", *(f"    {argument}," for argument in self.arguments), ")"])


@dataclass(frozen=True)
class Methods:
    """The methods of an extension that users call, in the order of the source.

    Attributes:
        owner: how a script reaches them: `op.storage` or `op.storage.ext.ConnectionExt`.
        doc: of the class.
        own: the component's own.
        shared: those that both components have.
    """

    owner: str
    doc: Docstring
    own: tuple[Function, ...]
    shared: tuple[Function, ...]


def methods(component: Component, root: Path = layout.ROOT) -> list[Methods]:
    """The public methods of every extension, the promoted one first."""
    result = []
    for extension in component.extensions:
        chain = list(_class_chain(f"{extension.dat}", extension.class_name, component, root))
        found: dict[str, Function] = {}
        common: set[str] = set()
        for place, node in chain:
            for name, function in _public(node):
                found.setdefault(name, function)
                if extension.promote and place.parent.name == layout.COMMON:
                    common.add(name)
        result.append(
            Methods(
                f"op.{component.shortcut}" + ("" if extension.promote else f".ext.{extension.class_name}"),
                parse(ast.get_docstring(chain[0][1]) or ""),
                tuple(function for name, function in found.items() if name not in common),
                tuple(function for name, function in found.items() if name in common),
            )
        )
    return result


def callbacks(component: Component, root: Path = layout.ROOT) -> tuple[Function, ...]:
    """The functions that a Callbacks DAT may have."""
    template = next(operator for operator in component.operators if operator.path == CALLBACKS_DAT)
    assert template.text is not None
    tree = ast.parse(_find(template.text, component, root).read_text(encoding="utf-8"))
    return tuple(_function(node) for node in tree.body if isinstance(node, ast.FunctionDef))


def data_operators(component: Component) -> tuple[Operator, ...]:
    """The operators in which a user reads how things are, and what they hold."""
    return tuple(one for one in component.operators if not one.parent and one.type in _DATA_TYPES)


def parse(docstring: str) -> Docstring:
    """Takes a docstring apart."""
    paragraphs: list[str] = []
    arguments: list[tuple[str, str]] = []
    returns: list[str] = []
    section = ""
    for block in inspect.cleandoc(docstring).split("\n\n"):
        lines = block.splitlines()
        if lines and (head := _SECTION.match(lines[0])):
            section, lines = head[1], lines[1:]
        if section == "Args":
            arguments += _entries(lines)
        elif section == "Returns":
            returns += (line.strip() for line in lines)
        elif not section and lines:
            paragraphs.append(" ".join(line.strip() for line in lines))
    return Docstring(tuple(paragraphs), tuple(arguments), " ".join(returns))


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    """`name: text`, with its continuation lines, which are indented deeper."""
    entry: list[str] = []
    for line in [*lines, "    end:"]:
        if not line.startswith("     ") and entry:
            name, _, text = " ".join(entry).partition(":")
            yield name.strip(), text.strip()
            entry = []
        entry.append(line.strip())


def _class_chain(module: str, class_name: str, component: Component, root: Path) -> Iterator[tuple[Path, ast.ClassDef]]:
    """A class and those it is derived from, as far as they are ours."""
    place = _find(f"{module}.py", component, root)
    tree = ast.parse(place.read_text(encoding="utf-8"))
    node = next(one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == class_name)
    yield place, node
    for base in node.bases:
        owner, _, name = ast.unparse(base).rpartition(".")
        if (owner or module).startswith(("tdg_", "ext_")):
            yield from _class_chain(owner or module, name, component, root)


def _find(file_name: str, component: Component, root: Path) -> Path:
    folders = (root / "src" / component.name, root / "src" / layout.COMMON)
    return next(folder / file_name for folder in folders if (folder / file_name).is_file())


def _public(node: ast.ClassDef) -> Iterator[tuple[str, Function]]:
    """The methods that TouchDesigner promotes: their names begin with a capital."""
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name[0].isupper():
            yield member.name, _function(member)


def _function(node: ast.FunctionDef) -> Function:
    given = node.args
    names = [*given.posonlyargs, *given.args]
    values: list[ast.expr | None] = [None] * (len(names) - len(given.defaults)) + [*given.defaults]
    names, values = names + given.kwonlyargs, values + given.kw_defaults
    arguments = [
        argument.arg if value is None else f"{argument.arg}={ast.unparse(value)}"
        for argument, value in zip(names, values, strict=True)
        if argument.arg != "self"
    ]
    types = {argument.arg: ast.unparse(argument.annotation) for argument in names if argument.annotation}
    return Function(node.name, tuple(arguments), types, parse(ast.get_docstring(node) or ""))
