"""Joins the parts of the self-test (`tools/in_td`) into the one file that is dropped into TouchDesigner.

Parts are modules that import one another with `from in_td.NAME import ...`. Joined, these lines go, all other imports
stand before the first part, and every name is at the top level of one module; so no name may stand in two parts.
"""

import ast
import functools
import hashlib
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import component_tree
from component_model import Component
from component_sources import Sources

FILE_NAME = "selftest.py"
FOLDER = Path(__file__).with_name("in_td")
PACKAGE = "in_td"

#: The parts, each after those that it imports. The first gives the docstring and the settings.
PARTS = (
    "options",
    "release",
    "rows",
    "steps",
    "described",
    "room",
    "ask",
    "ask_operators",
    "ask_parameters",
    "ask_tables",
    "ask_modules",
    "ask_extensions",
    "ask_threads",
    "ask_events",
    "ask_order",
    "components",
    "check_described",
    "works",
    "works_storage",
    "works_firestore",
    "expanded",
    "packing",
    "specimen",
    "trials",
    "report",
    "selftest",
)
DATA_BEGIN, DATA_END = "# <data>\n", "# </data>\n"

#: Stands between the settings and the parts, which are its other branch. TouchDesigner may keep the names of a script
#: apart from its globals, where functions and classes do not see one another, and may clear those of a DAT later on.
LAUNCH = """\
if "SELFTEST" not in globals():
    # Run by TouchDesigner. What follows is run once more, as a module that belongs to nobody else.
    import types

    _module = types.ModuleType("tdg_selftest")
    _module.__dict__["SELFTEST"] = me.path
    exec(compile(me.text, me.path, "exec"), _module.__dict__)
else:
"""
START = "start(SELFTEST)"

_COLUMNS = "    "
_RULE = "# " + "-" * 113


def generate(components: Sequence[tuple[Component, Sources]]) -> str:
    """The text of the self-test that belongs to these components."""
    return join({name: (FOLDER / f"{name}.py").read_text(encoding="utf-8") for name in PARTS}, release(components))


def release(components: Sequence[tuple[Component, Sources]]) -> dict[str, Any]:
    """What the self-test knows of its release: version and fingerprints of all texts of each component."""
    known = {}
    for component, found in components:
        texts = {
            **found.texts,
            **{f"{component_tree.MODULES_PATH}/{name}": text for name, text in found.modules.items()},
        }
        texts[component_tree.DESCRIPTION_PATH] = component_tree.description_text(component, found)
        prints = {path: fingerprint(text) for path, text in sorted(texts.items())}
        known[component.name] = {"version": component.release.version, "texts": prints}
    return known


def fingerprint(text: str) -> str:
    """As `in_td.check_described.fingerprint`, which cannot be imported outside TouchDesigner."""
    return hashlib.sha256(text.replace("\r\n", "\n").rstrip("\n").encode()).hexdigest()[:16]


def join(parts: dict[str, str], data: dict[str, Any]) -> str:
    """One text of all parts, in their order, with the data of the release filled in.

    Raises:
        ValueError: A name stands in two parts, or a part imports one that comes later.
    """
    begin, end = _around_data(tuple(parts.items()))
    written = f"RELEASE: dict[str, dict[str, Any]] = {json.dumps(data, indent=4)}\n"
    joined = begin + textwrap.indent(written, _COLUMNS) + end
    joined.encode("ascii")
    return joined


@functools.cache  # the parts take longer to join than a component to build
def _around_data(parts: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """What stands before and after the data of the release."""
    imports = _Imports()
    owners: dict[str, str] = {}
    head, *bodies = [_part(name, text, imports, owners) for name, text in parts]
    pieces = [imports.text()]
    for text, body in bodies:
        comment = "\n".join(f"# {line}".rstrip() for line in text.strip().splitlines())
        pieces.append(f"\n{_RULE}\n{comment}\n{_RULE}\n\n{body}")
    docstring, settings = head
    body = _indented("\n".join([*pieces, f"\n{START}\n"]))
    joined = f'"""{docstring}"""\n\n{settings}\n{LAUNCH}{body}'
    ast.parse(joined)
    begin, rest = joined.split(_COLUMNS + DATA_BEGIN)
    _, end = rest.split(_COLUMNS + DATA_END)
    return begin, end


def _indented(text: str) -> str:
    """The text four columns to the right, except inside texts that go over several lines."""
    kept: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            kept |= set(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(keepends=True), 1)
    return "".join(line if number in kept or not line.strip() else _COLUMNS + line for number, line in lines)


class _Imports:
    """The imports of all parts but those of one another."""

    def __init__(self) -> None:
        self._modules: set[str] = set()
        self._names: dict[str, set[str]] = {}

    def add(self, node: ast.Import | ast.ImportFrom) -> None:
        """Takes over a line."""
        if isinstance(node, ast.Import):
            self._modules |= {ast.unparse(ast.Import([alias])) for alias in node.names}
        else:
            self._names.setdefault(str(node.module), set()).update(alias.name for alias in node.names)

    def text(self) -> str:
        """All of them, sorted; TouchDesigner's own last."""
        own = {"import td"} & self._modules
        lines = sorted(self._modules - own)
        lines += [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self._names.items())]
        return "\n".join([*lines, *(["", *own] if own else [])]) + "\n"


def _part(name: str, text: str, imports: _Imports, owners: dict[str, str]) -> tuple[str, str]:
    """Docstring and body of a part; its imports and names are taken down."""
    tree = ast.parse(text)
    dropped: set[int] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _refuse_unknown(name, node, owners)
            if isinstance(node, ast.Import) or str(node.module).partition(".")[0] != PACKAGE:
                imports.add(node)
            dropped |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        for defined in _names_of(node):
            if owners.setdefault(defined, name) != name:
                raise ValueError(f"tools/in_td: {defined} stands in {owners[defined]}.py and in {name}.py; rename one.")
    docstring = tree.body[0]
    dropped |= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    lines = [line for number, line in enumerate(text.splitlines(), 1) if number not in dropped]
    return ast.get_docstring(tree, clean=False) or "", "\n".join(lines).strip("\n") + "\n"


def _refuse_unknown(name: str, node: ast.Import | ast.ImportFrom, owners: dict[str, str]) -> None:
    """An import of another part must find its names where they stand by then, under the same names."""
    if not isinstance(node, ast.ImportFrom) or str(node.module).partition(".")[0] != PACKAGE:
        return
    part = str(node.module).partition(".")[2]
    for alias in node.names:
        if owners.get(alias.name) != part or alias.asname:
            raise ValueError(
                f"tools/in_td/{name}.py, line {node.lineno}: {alias.name} is not defined in {part}.py before {name}.py "
                "is joined; put the parts into the right order, and import names as they are."
            )


def _names_of(node: ast.stmt) -> list[str]:
    """The names that a statement puts at the top level."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.AnnAssign):
        return [ast.unparse(node.target)]
    if isinstance(node, ast.Assign):
        return [found.id for target in node.targets for found in ast.walk(target) if isinstance(found, ast.Name)]
    return []
