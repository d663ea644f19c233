"""An operator with everything below it as plain data, and back: for copies, files and upgrades. Thread: main only.

Storage is pickled, as TouchDesigner does on save and copy: a value that cannot be pickled is an error.
"""

import base64
import pickle
from typing import Any

from headless_td.errors import tdError
from headless_td.nodes import Node
from headless_td.optypes import op_type
from headless_td.parameters import Parameter, ParMode
from headless_td.parsets import CustomPage

Data = dict[str, Any]

_FIELDS = (
    *("label", "order", "default", "default_expr", "min", "max", "clamp_min", "clamp_max", "norm_min", "norm_max"),
    *("menu_names", "menu_labels", "menu_source", "enabled", "enable_expr", "read_only", "help", "section"),
    "password",
)


def take(node: Node) -> Data:
    """The data of an operator; tdError for a stored value that cannot be pickled."""
    return {
        "name": node.name,
        "type": node.type.name,
        "tile": [*node.tile, *node.size],
        "color": list(node.color),
        "comment": node.comment,
        "tags": sorted(node.tags),
        "flags": dict(node.flags),
        "utility": node.utility,
        "dock": node.dock.name if node.dock is not None and node.dock.parent is node.parent else None,
        "inputs": [source.name for source in node.inputs],
        "storage": _pickled(node),
        "sequences": {name: sequence.blocks for name, sequence in node.pars.sequences.items()},
        "pages": [_page(page) for page in node.pars.custom_pages],
        "values": {par.name: _value(par) for par in node.pars.made() if _worth_saving(par)},
        "text": node.text or None,
        "table": None if node.table is None else [list(row) for row in node.table.rows],
        "children": [take(child) for child in node.children.values()],
    }


def _pickled(node: Node) -> dict[str, str]:
    stored = {**node.storage, **node.startup_storage}
    texts = {}
    for key, value in stored.items():
        try:
            texts[str(key)] = base64.b64encode(pickle.dumps(value)).decode("ascii")
        except Exception as error:
            raise tdError(f"{node.path}: the stored value {key!r} cannot be pickled: {error}") from error
    return texts


def _page(page: CustomPage) -> Data:
    groups = []
    for group in page.groups:
        pars = [
            {"suffix": par.name.removeprefix(group.name), **{name: getattr(par, name) for name in _FIELDS}}
            for par in group.pars
        ]
        groups.append({"name": group.name, "label": group.label, "style": group.pars[0].style, "pars": pars})
    return {"name": page.name, "groups": groups}


def _worth_saving(par: Parameter) -> bool:
    return par.kind != "pulse" and (par.mode is not ParMode.CONSTANT or par.const != par.convert_default())


def _value(par: Parameter) -> Data:
    return {"mode": par.mode.name, "const": par.const, "expr": par.expr, "bind": par.bind_expr}


def build(parent: Node, data: Data, name: str | None = None) -> Node:
    """A new operator from data, without any event."""
    node = parent.host.network.create(parent, op_type(data["type"]), name or data["name"])
    fill(node, data)
    return node


def fill(node: Node, data: Data) -> None:
    """Give an operator the looks, parameters, contents and inside of the data."""
    x, y, *size = data["tile"]
    node.tile = (x, y)
    node.size = (size[0], size[1])
    node.color = tuple(data["color"])
    node.comment = data["comment"]
    node.tags = set(data["tags"])
    node.flags = dict(data["flags"])
    node.utility = data["utility"]
    node.storage = {key: pickle.loads(base64.b64decode(text)) for key, text in data["storage"].items()}  # noqa: S301
    for name, blocks in data["sequences"].items():
        node.pars.set_blocks(node.pars.sequences[name], blocks)
    define(node, data["pages"])
    for name, value in data["values"].items():
        set_value(node, name, value)
    if data["text"] is not None:
        node.text = data["text"]
        node.text_version += 1
        node.host.importer.text_changed(node)
    if data["table"] is not None and node.table is not None:
        node.table.set_rows(data["table"])
    made = {child["name"]: build(node, child) for child in data["children"]}
    connect(made, data["children"])
    node.host.network.touch()
    node.host.events.loaded(node)


def connect(made: dict[str, Node], children: list[Data]) -> None:
    """Restore docking and wires between operators made from data; `made` by their names in the data."""
    for child in children:
        node = made[child["name"]]
        dock = made.get(child["dock"] or "")
        if dock is not None:
            node.dock = dock
            dock.docked.append(node)
        node.inputs = [made[name] for name in child["inputs"] if name in made]


def define(node: Node, pages: list[Data]) -> None:
    """Make the custom pages and parameters of the data, and no others."""
    for old in list(node.pars.custom_pages):
        for group in list(old.groups):
            node.pars.remove(group.name)
    node.pars.custom_pages = []
    for page_data in pages:
        page = CustomPage(node, page_data["name"])
        node.pars.custom_pages.append(page)
        for group_data in page_data["groups"]:
            suffixes = tuple(par["suffix"] for par in group_data["pars"])
            group = node.pars.add(
                page, group_data["name"], group_data["label"], group_data["style"], suffixes, replace=False
            )
            for par, fields in zip(group.pars, group_data["pars"], strict=True):
                for name in _FIELDS:
                    if name in fields:
                        value = fields[name]
                        setattr(par, name, list(value) if isinstance(value, list) else value)
                par.const = par.convert_default()


def set_value(node: Node, name: str, value: Data) -> None:
    """Put a saved value into a parameter; one that no longer exists is left out."""
    par = node.pars.find(name)
    if par is not None:
        par.const = value["const"]
        par.expr = value["expr"]
        par.bind_expr = value["bind"]
        par.mode = ParMode[value["mode"]]
