"""The operators and annotations inside a component, and its node, as its description wants them.

Thread: main only.
"""

from collections.abc import Mapping
from typing import Any

import td

#: Types whose text is their work; one that was lost cannot be made up.
_SCRIPTS = ("textDAT", "executeDAT", "parameterexecuteDAT", "datexecuteDAT")


def is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    """Whether every operator is there and of its type."""
    for spec in description["operators"]:
        node = comp.op(spec["path"])
        if node is None or node.OPType != spec["type"]:
            return False
    return True


def complete(comp: Any, description: Mapping[str, Any], texts: Mapping[str, str], problems: list[str]) -> None:
    """Makes what is missing and corrects what is not as described; one that fails does not hold up the others."""
    for spec in description["operators"]:
        try:
            _operator(comp, spec, texts, problems)
        except Exception as error:
            problems.append(f"the operator {spec['path']} could not be set up ({error})")
    for spec in description["operators"]:  # these point to others, which are all there now
        try:
            _ties(comp.op(spec["path"]), spec)
        except Exception as error:
            problems.append(f"the operator {spec['path']} could not be tied to others ({error})")
    _annotations(comp, description, problems)


def complete_node(comp: Any, description: Mapping[str, Any], *, fresh: bool) -> None:
    """The component as its own network shows it.

    Args:
        fresh: It was never completed before; later on, looks and shortcuts are the user's.
    """
    if not comp.par.parentshortcut.eval():
        comp.par.parentshortcut = description["shortcut"]
    if not fresh:
        return
    if not comp.par.opshortcut.eval() and _is_free(description["shortcut"]):
        comp.par.opshortcut = description["shortcut"]
    comp.par.opviewer = f"./{description['viewer']}"
    comp.par.nodeview = "opviewer"
    comp.par.initextonstart = True
    comp.par.reloadcustom = False  # as an external .tox, too, a newer version keeps the user's values
    _assign(comp, "viewer", value=True)
    _assign(comp, "showCustomOnly", value=True)
    _color(comp, description["color"])
    if not comp.comment:
        comp.comment = description["summary"]


def drop(comp: Any, former: Mapping[str, Any], description: Mapping[str, Any]) -> None:
    """Destroys operators that a former description had and the new one lacks, unless something lies inside."""
    kept = {spec["path"] for spec in description["operators"]}
    for spec in reversed(former["operators"]):  # children before their parents
        node = None if spec["path"] in kept else comp.op(spec["path"])
        if node is not None and node.OPType == spec["type"] and not node.children:
            _destroy(node)


def _operator(comp: Any, spec: Mapping[str, Any], texts: Mapping[str, str], problems: list[str]) -> None:
    node = comp.op(spec["path"])
    if node is None or node.OPType != spec["type"]:
        if spec["type"] in _SCRIPTS and spec["path"] not in texts:
            problems.append(f"{spec['path']} is gone; put a fresh copy of the component in its place")
            return
        node = _create(comp, spec, node, problems)
    text = texts.get(spec["path"])
    if text is not None and node.text != text:
        node.text = text
    _assign(node, "nodeX", spec["position"][0])
    _assign(node, "nodeY", spec["position"][1])
    _assign(node, "comment", spec.get("comment", ""))
    _assign(node, "viewer", value=True)
    _color(node, spec["color"])
    if "language" in spec and node.par.language.eval() != spec["language"]:
        node.par.language = spec["language"]
    _rows(node, spec.get("rows", ()))


def _create(comp: Any, spec: Mapping[str, Any], other: Any, problems: list[str]) -> Any:
    parent, _, name = spec["path"].rpartition("/")
    if other is not None and other.OPType == "baseCOMP" and not other.children:
        _destroy(other)  # what TouchDesigner makes of a type it does not know in a file
    elif other is not None:
        other.name = f"{name}_other"
        problems.append(f"{spec['path']} was another kind of operator; it is called {other.name} now")
    node = (comp.op(parent) if parent else comp).create(getattr(td, spec["type"]), name)
    _assign(node, "name", name)
    return node


def _destroy(node: Any) -> None:
    for docked in node.docked:  # destroying a host with what is docked to it raises beyond reach
        docked.dock = None
    node.destroy()


def _rows(node: Any, rows: list[list[str]]) -> None:
    if not rows:
        return
    header = [node[0, column].val for column in range(node.numCols)] if node.numRows else []
    if header != rows[0]:
        node.clear()
        node.appendRows(rows)
    elif node.numRows < len(rows):
        node.appendRows(rows[node.numRows :])


def _ties(node: Any, spec: Mapping[str, Any]) -> None:
    if node is None:
        return
    for name, value in spec.get("parameters", {}).items():
        par = node.par[name]
        if par is None:
            continue  # a build without it
        if isinstance(value, dict):
            _refer(node, par, value["reference"])
        elif par.eval() != value:
            par.val = value
    if "dock" in spec:
        host = node.parent().op(spec["dock"])
        if node.dock != host:
            node.dock = host


def _refer(node: Any, par: Any, path: str) -> None:
    target = node.parent() if path == ".." else node.parent().op(path)
    if target in par.evalOPs():
        return
    par.val = path
    if target not in par.evalOPs():
        # Seen with some operator parameters: the text does not take, an expression does.
        par.expr = "parent()" if path == ".." else f"op('{path}')"


def _annotations(comp: Any, description: Mapping[str, Any], problems: list[str]) -> None:
    found = comp.findChildren(type=td.annotateCOMP, depth=1, includeUtility=True)
    present = {note.name: note for note in found}
    for spec in description["groups"]:
        try:
            _annotation(present.get(spec["name"]) or comp.create(td.annotateCOMP), spec)
        except Exception as error:
            problems.append(f"the annotation {spec['title']} could not be set up ({error})")


def _annotation(note: Any, spec: Mapping[str, Any]) -> None:
    # Created without a name and named last: a name given at creation is not kept for annotations.
    left, bottom, width, height = spec["box"]
    red, green, blue = spec["color"]
    values = {"Mode": "annotate", "Titletext": spec["title"], "Bodytext": spec["body"]}
    values |= {"Backcolorr": red, "Backcolorg": green, "Backcolorb": blue}
    for name, value in values.items():
        par = note.par[name]
        if par is not None and par.eval() != value:
            par.val = value
    for name, value in (("nodeX", left), ("nodeY", bottom), ("nodeWidth", width), ("nodeHeight", height)):
        _assign(note, name, value)
    _assign(note, "name", spec["name"])
    _assign(note, "utility", value=True)


def _is_free(shortcut: str) -> bool:
    """Whether no other component has the global shortcut: setting a taken one would take it away from there."""
    return getattr(td.op, shortcut, None) is None


def _color(node: Any, color: list[float]) -> None:
    if any(abs(part - wanted) > 1e-3 for part, wanted in zip(node.color, color, strict=True)):
        node.color = tuple(color)


def _assign(target: Any, name: str, value: Any) -> None:
    if getattr(target, name) != value:
        setattr(target, name, value)
