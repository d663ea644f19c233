"""Compares a component with the description that ships inside it, point by point. The tests use it, too."""

import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Text DAT with the description, as JSON.
DESCRIPTION_PATH = "local/tdg_component"

#: TouchDesigner keeps some numbers with seven digits only.
TOLERANCE = 1e-4

_MISSING = "missing"


@dataclass(frozen=True)
class Point:
    """One thing that is compared: what it is, how it came out, how it is described."""

    what: str
    found: Any
    wanted: Any

    @property
    def holds(self) -> bool:
        """Whether it came out as described."""
        return is_same(self.found, self.wanted)

    @property
    def sentence(self) -> str:
        """For people."""
        if self.holds:
            return f"{self.what} is as described."
        if self.found == _MISSING:
            return f"{self.what} is missing."
        return f"{self.what} is {self.found!r}, not {self.wanted!r}."


#: A name, and what compares it.
Part = tuple[str, Callable[[], Iterator[Point]]]


def is_same(found: Any, wanted: Any) -> bool:
    """Whether two values are equal, as far as TouchDesigner's numbers can be."""
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(is_same, found, wanted))
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return math.isclose(found, wanted, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(found == wanted)


def description_of(comp: Any) -> dict[str, Any] | None:
    """The description in a component; None if there is none that can be read."""
    dat = comp.op(DESCRIPTION_PATH)
    try:
        description: dict[str, Any] = json.loads(dat.text)
        sorted(description[key] for key in ("name", "version"))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return description


def points(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
    """Every described part of a component: operators, annotations, parameters, extensions."""
    for _, part in parts(comp, description):
        yield from part()


def parts(comp: Any, description: Mapping[str, Any]) -> Iterator[Part]:
    """The parts one by one, each with its name, for who wants to go on where one cannot be compared."""
    for spec in description["operators"]:
        yield spec["path"], functools.partial(_operator, comp, spec)
    yield "annotations", functools.partial(_annotations, comp, description)
    yield "pages", functools.partial(_pages, comp, description)
    for page in description["pages"]:
        for order, spec in enumerate(page["parameters"]):
            yield spec["name"], functools.partial(_parameter, comp, page["name"], order, spec)
    yield "extensions", functools.partial(_extensions, comp, description)


def looks(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
    """How a fresh component shows itself: its node, what its annotations enclose, that nothing overlaps."""
    found = {
        "viewer": bool(comp.viewer),
        "showCustomOnly": bool(comp.showCustomOnly),
        "nodeview": comp.par.nodeview.eval(),
        "opviewer": [node.path for node in comp.par.opviewer.evalOPs()],
        "initextonstart": bool(comp.par.initextonstart.eval()),
        "parentshortcut": comp.par.parentshortcut.eval(),
        "color": list(comp.color),
        "comment": comp.comment,
    }
    wanted = {
        "viewer": True,
        "showCustomOnly": True,
        "nodeview": "opviewer",
        "opviewer": [f"{comp.path}/{description['viewer']}"],
        "initextonstart": True,
        "parentshortcut": description["shortcut"],
        "color": description["color"],
        "comment": description["summary"],
    }
    yield from _compare("the node", found, wanted)
    yield from _enclosed(comp, description)
    yield Point("overlapping operators", _overlaps(comp), [])


def _operator(comp: Any, spec: Mapping[str, Any]) -> Iterator[Point]:
    node = comp.op(spec["path"])
    if node is None:
        yield Point(spec["path"], _MISSING, spec["type"])
        return
    found: dict[str, Any] = {
        "type": node.OPType,
        "position": [node.nodeX, node.nodeY],
        "color": list(node.color),
        "dock": node.dock and node.dock.name,
    }
    wanted = {"dock": None, **{key: spec[key] for key in found if key in spec}}
    found["comment"], wanted["comment"] = node.comment, spec.get("comment", "")
    if node.OPType == spec["type"]:
        _contents(node, spec, found, wanted)
    yield from _compare(spec["path"], found, wanted)


def _contents(node: Any, spec: Mapping[str, Any], found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """What only an operator of the right type has."""
    if "language" in spec:
        found["language"], wanted["language"] = node.par.language.eval(), spec["language"]
    if "rows" in spec:
        found["rows"] = [[cell.val for cell in row] for row in node.rows()]
        wanted["rows"] = spec["rows"]
    for name, value in spec.get("parameters", {}).items():
        refers = isinstance(value, dict)
        par = node.par[name]
        if par is None:
            found[name] = _MISSING
        else:
            found[name] = [one.path for one in par.evalOPs()] if refers else par.eval()
        wanted[name] = [_target(node, value["reference"])] if refers else value


def _target(node: Any, path: str) -> str:
    around: str = node.parent().path
    return around if path == ".." else f"{around}/{path}"


def _notes(comp: Any) -> list[Any]:
    return [node for node in comp.findChildren(depth=1, includeUtility=True) if node.OPType == "annotateCOMP"]


def _annotations(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
    notes = {note.name: note for note in _notes(comp)}
    yield Point("annotations", sorted(notes), sorted(one["name"] for one in description["groups"]))
    for spec in description["groups"]:
        note = notes.get(spec["name"])
        if note is None:
            continue
        found = {
            "title": note.par.Titletext.eval(),
            "body": note.par.Bodytext.eval(),
            "color": [note.par[f"Backcolor{part}"].eval() for part in "rgb"],
            "box": [note.nodeX, note.nodeY, note.nodeWidth, note.nodeHeight],
            "utility": bool(note.utility),
        }
        yield from _compare(spec["name"], found, {"utility": True, **{key: spec[key] for key in found if key in spec}})


def _enclosed(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
    notes = {note.name: note for note in _notes(comp)}
    for spec in description["groups"]:
        left, bottom, width, height = spec["box"]
        names = [
            one["path"]
            for one in description["operators"]
            if "/" not in one["path"]
            and left <= one["position"][0] < left + width
            and bottom <= one["position"][1] < bottom + height
        ]
        if spec["name"] in notes:
            found = sorted(node.name for node in notes[spec["name"]].enclosedOPs if node.name in names)
            yield Point(f"{spec['name']}.encloses", found, sorted(names))


def _overlaps(comp: Any) -> list[str]:
    """Pairs of operators of which one hides a part of the other."""
    boxes = [
        (node.name, node.nodeX, node.nodeY, node.nodeX + node.nodeWidth, node.nodeY + node.nodeHeight)
        for node in sorted(comp.children, key=lambda node: str(node.name))
    ]
    return [
        f"{one[0]} and {other[0]}"
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
    ]


def _pages(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
    names = [page["name"] for page in description["pages"]]
    yield Point("pages", [page.name for page in comp.customPages if page.name in names], names)


def _parameter(comp: Any, page: str, order: int, spec: Mapping[str, Any]) -> Iterator[Point]:
    par = comp.par[spec["name"]]
    if par is None:
        yield Point(spec["name"], _MISSING, spec["style"])
        return
    found: dict[str, Any] = {
        "style": par.style,
        "page": par.page.name,
        "order": par.order,
        "label": par.label,
        "help": par.help or "",
        "section": bool(par.startSection),
        "read_only": bool(par.readOnly),
        "enable": par.enableExpr or "",
        "menu": [list(entry) for entry in zip(par.menuNames or [], par.menuLabels or [], strict=True)],
    }
    wanted = {"section": False, "read_only": False, "enable": "", "menu": []}
    wanted |= {key: spec[key] for key in found if key in spec} | {"page": page, "order": order}
    if "default" in spec:
        found["default"], wanted["default"] = par.default or "", spec["default"] or ""
    if spec["style"] in ("Int", "Float"):
        found["clamps"] = [bool(par.clampMin), bool(par.clampMax)]
        wanted["clamps"] = ["minimum" in spec, "maximum" in spec]
        for key, limit in (("minimum", par.min), ("maximum", par.max)):
            found[key], wanted[key] = limit if key in spec else None, spec.get(key)
        found["slider"], wanted["slider"] = [par.normMin, par.normMax], spec.get("slider", [0, 1])
    yield from _compare(spec["name"], found, wanted)


def _extensions(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
    for number, spec in enumerate(description["extensions"]):
        what = f"extensions.{spec['name']}"
        if number >= comp.seq.ext.numBlocks:
            yield Point(what, _MISSING, spec["object"])
            continue
        object_, name, promote = (comp.par[f"ext{number}{field}"].eval() for field in ("object", "name", "promote"))
        found = {"object": str(object_ or ""), "name": str(name or ""), "promote": bool(promote)}
        yield from _compare(what, found, {key: spec[key] for key in found})


def _compare(what: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Point]:
    for key in found:
        yield Point(f"{what}.{key}", found[key], wanted[key])
