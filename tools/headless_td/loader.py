"""From the expanded component format to the stand-in's own data. Thread: main only.

Only what the file carries is set, so a component shows here exactly what TouchDesigner would find in it; the rest
is the work of the component's assembler.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import tox_format
from headless_td.errors import tdError
from headless_td.optypes import BY_TOKEN, OpType
from headless_td.parameters import KIND
from headless_td.parspecs import ParSpec
from headless_td.snapshots import Data
from tox_node import ParDefinition, ParValue

_FLAGS = {"viewer": "viewer", "showCustomOnly": "showCustomOnly", "expose": "expose", "display": "display"}


def read(directory: Path) -> Data:
    """The data of an expanded component, `NAME.tox.dir`.

    Raises:
        ToxFormatError: the files break a rule of the format.
        tdError: they name a parameter that the operator does not have.
    """
    index = tox_format.index_path(directory)
    states = [path.stat() for path in (index, *sorted(directory.rglob("*"))) if path.exists()]
    return _parsed(directory, tuple((state.st_mtime_ns, state.st_size) for state in states))


@lru_cache(maxsize=8)
def _parsed(directory: Path, _states: tuple[tuple[int, int], ...]) -> Data:
    """Parsed once per state of the files: suites load the same components hundreds of times."""
    return _data(tox_format.read_component(directory))


def _data(node: tox_format.Node) -> Data:
    kind = BY_TOKEN.get((node.family, node.token))
    if kind is None:
        raise tdError(f"{node.name}: the headless host knows no operator type {node.family}:{node.token}.")
    left, bottom, width, height = node.tile
    return {
        "name": node.name,
        "type": kind.name,
        "tile": [left, bottom, width, height],
        "color": list(node.color),
        "comment": "",
        "tags": [],
        "flags": {_FLAGS[key]: value not in {"0", "off"} for key, value in node.flags.items() if key in _FLAGS},
        "utility": False,
        "dock": None,
        "inputs": [],
        "storage": {},
        "sequences": _sequences(kind, node),
        "pages": _pages(node),
        "values": {value.name: _value(kind, node, value) for value in node.values},
        "text": node.text,
        "table": None if node.table is None else [list(row) for row in node.table],
        "children": [_data(child) for child in node.children],
    }


def _sequences(kind: OpType, node: tox_format.Node) -> dict[str, int]:
    """The number of blocks follows from the highest block with a value."""
    blocks: dict[str, int] = {}
    for sequence in kind.pars.sequences:
        numbers = [_block(sequence.name, value.name) for value in node.values]
        blocks[sequence.name] = max([sequence.start_blocks, *[n + 1 for n in numbers if n is not None]])
    return blocks


def _block(sequence: str, name: str) -> int | None:
    rest = name.removeprefix(sequence)
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return int(digits) if rest != name and digits else None


def _pages(node: tox_format.Node) -> list[Data]:
    return [{"name": page, "groups": [_group(d) for d in node.definitions if d.page == page]} for page in node.pages]


def _group(definition: ParDefinition) -> Data:
    fields: Data = {
        "suffix": "",
        "label": definition.label,
        "order": float(definition.order),
        "min": definition.minimum,
        "max": definition.maximum,
        "clamp_min": definition.clamp_min,
        "clamp_max": definition.clamp_max,
        "norm_min": definition.norm_min,
        "norm_max": definition.norm_max,
        "menu_names": definition.menu_names,
        "menu_labels": definition.menu_labels,
        "enable_expr": definition.enable,
        "help": definition.help,
    }
    if definition.default is not None:
        fields["default"] = _default(definition)
    return {"name": definition.name, "label": definition.label, "style": definition.style, "pars": [fields]}


def _default(definition: ParDefinition) -> Any:
    kind = KIND[definition.style]
    if kind == "float":
        return float(definition.default or 0)
    if kind == "toggle":
        return bool(definition.default)
    return int(definition.default or 0) if kind == "int" else definition.default


def _value(kind: OpType, node: tox_format.Node, value: ParValue) -> Data:
    style, menu = _style(kind, node, value.name)
    mode = {"constant": "CONSTANT", "expression": "EXPRESSION", "bind": "BIND"}[value.mode]
    return {
        "mode": mode,
        "const": _constant(style, menu, value.constant, f"{node.name}.{value.name}"),
        "expr": value.expression or "",
        "bind": value.bind or "",
    }


def _style(kind: OpType, node: tox_format.Node, name: str) -> tuple[str, list[str]]:
    for definition in node.definitions:
        if definition.name == name:
            return definition.style, definition.menu_names
    spec = kind.spec(name) or _field(kind, name)
    if spec is None:
        raise tdError(f"{node.name}: a {kind.name} has no parameter {name!r}.")
    return spec.style, list(spec.menu)


def _field(kind: OpType, name: str) -> ParSpec | None:
    for sequence in kind.pars.sequences:
        if _block(sequence.name, name) is not None:
            for field in sequence.fields:
                if name.endswith(field.name) and name.removesuffix(field.name)[-1].isdigit():
                    return field
    return None


def _constant(style: str, menu: list[str], text: str, what: str) -> Any:
    kind = KIND[style]
    if kind == "toggle":
        return text in {"on", "1", "True"}
    if kind == "menu":
        if text not in menu:
            raise tdError(f"{what}: {text!r} is not in the menu {menu}.")
        return menu.index(text)
    if kind in {"float", "int"}:
        return float(text) if kind == "float" else int(float(text))
    return text
