"""Every sentence that the components can say to a user, collected from their source.

The sentences are told from other texts by their form: several words and a full stop, a semicolon or a comma in them.
What is only known when it happens stands in angle brackets: `<path>`.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import layout

_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[,.;:)]*")
_END = re.compile(r"[.;:,)] |\.$")
#: Texts for machines: SQL, regular expressions, type annotations, HTTP.
_MACHINE = re.compile(
    r"^(SELECT|INSERT|CREATE|DELETE|UPDATE)\b|content-type:|^Callable|\w\[\w+|\| None"  # SQL, HTTP, types
    r"|\\[sSdw(.?]|\(\?|\r|\w=<|^\w+, \w+(, \w+)+$"  # patterns, lists of columns
)
#: Calls whose texts are for developers: a mistake of ours, not an event of the user's.
_DEVELOPER = frozenset({"ValueError", "TypeError", "KeyError", "RuntimeError", "AssertionError", "field", "getLogger"})
#: Names in an f-string that say nothing of what is filled in.
_FUNCTIONS = frozenset({"len", "str", "type", "join", "min", "max", "round", "sorted", "describe", "get", "abs"})
_LEAST_WORDS = 4


@dataclass(frozen=True)
class Topic:
    """The sentences of one module.

    Attributes:
        component: the folder of the module: common, or a component.
        title: what the module's docstring says it does.
        messages: in the order of the source, each once.
    """

    component: str
    module: str
    title: str
    messages: tuple[str, ...]


def topics(root: Path = layout.ROOT) -> list[Topic]:
    """The sentences of all modules that have any, by folder and name."""
    result = []
    for folder in layout.SOURCE_FOLDERS:
        for path in sorted((root / folder).glob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            messages = tuple(dict.fromkeys(_messages(tree)))
            if messages:
                title = (ast.get_docstring(tree) or path.stem).split("\n\n")[0].replace("\n", " ")
                result.append(Topic(path.parent.name, path.stem, title, messages))
    return result


def _messages(tree: ast.Module) -> Iterator[str]:
    constants = _constants(tree)
    for node in _literals(tree):
        text = " ".join(_text(node, constants).split())
        words = _WORD.findall(text)
        if len(words) >= _LEAST_WORDS and _END.search(text) and not _MACHINE.search(text):
            yield text


def _constants(tree: ast.Module) -> dict[str, str]:
    """Texts that the module gives a name to, to put them where the name is used."""
    found: dict[str, str] = {}
    for node in tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        if isinstance(node.value, ast.Constant | ast.JoinedStr):
            found[node.targets[0].id] = _text(node.value, found)
    return found


def _literals(tree: ast.AST) -> Iterator[ast.expr]:
    """Texts and f-strings, without docstrings and what developers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield node
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in _DEVELOPER:
            continue
        else:
            yield from _literals(node)


def _text(node: ast.expr, constants: Mapping[str, str]) -> str:
    """The text as a user sees it, with the names of what is filled in."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = ""
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            text += _placeholder(part.value, constants)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            text += re.sub(r"\{(\w+)[^}]*\}", r"<\1>", part.value)  # for str.format
    return text


def _placeholder(value: ast.expr, constants: Mapping[str, str]) -> str:
    """What stands there: the text of a constant, otherwise the last name in it, in words."""
    if isinstance(value, ast.Name) and constants.get(value.id):
        return constants[value.id]
    names = [node.attr if isinstance(node, ast.Attribute) else node.id for node in ast.walk(value) if _is_name(node)]
    # From the outside in: an attribute comes before what it belongs to.
    name = next((name for name in names if name not in _FUNCTIONS), "text")
    return f"<{name.strip('_').lower().replace('_', ' ')}>"


def _is_name(node: ast.AST) -> TypeGuard[ast.Attribute | ast.Name]:
    return isinstance(node, ast.Attribute | ast.Name)
