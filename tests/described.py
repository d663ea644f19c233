"""Compares a component in the headless host with its description, point by point."""

from collections.abc import Iterator, Mapping
from typing import Any


def deviations(comp: Any, description: Mapping[str, Any]) -> list[str]:
    """Every point in which the component is not as described; none for a component that is."""
    return [
        *_operators(comp, description),
        *_annotations(comp, description),
        *_parameters(comp, description),
        *_extensions(comp, description),
    ]


def _operators(comp: Any, description: Mapping[str, Any]) -> Iterator[str]:
    for spec in description["operators"]:
        node = comp.op(spec["path"])
        if node is None:
            yield f"{spec['path']} is missing"
            continue
        found: dict[str, Any] = {
            "type": node.OPType,
            "position": [node.nodeX, node.nodeY],
            "color": list(node.color),
            "dock": node.dock and node.dock.name,
        }
        wanted = {"dock": None, **{key: spec[key] for key in found if key in spec}}
        found["comment"], wanted["comment"] = node.comment, spec.get("comment", "")
        if "language" in spec:
            found["language"], wanted["language"] = node.par.language.eval(), spec["language"]
        if "rows" in spec:
            found["rows"] = [[cell.val for cell in row] for row in node.rows()]
            wanted["rows"] = spec["rows"]
        for name, value in spec.get("parameters", {}).items():
            refers = isinstance(value, dict)
            found[name] = [one.path for one in node.par[name].evalOPs()] if refers else node.par[name].eval()
            wanted[name] = [_target(node, value["reference"])] if refers else value
        yield from _compare(spec["path"], found, wanted)


def _target(node: Any, path: str) -> str:
    return node.parent().path if path == ".." else f"{node.parent().path}/{path}"


def _annotations(comp: Any, description: Mapping[str, Any]) -> Iterator[str]:
    notes = [node for node in comp.findChildren(depth=1, includeUtility=True) if node.OPType == "annotateCOMP"]
    yield from _compare("annotations", {note.name for note in notes}, {one["name"] for one in description["groups"]})
    for spec in description["groups"]:
        for note in (note for note in notes if note.name == spec["name"]):
            found = {
                "title": note.par.Titletext.eval(),
                "body": note.par.Bodytext.eval(),
                "color": [note.par[f"Backcolor{part}"].eval() for part in "rgb"],
                "box": [note.nodeX, note.nodeY, note.nodeWidth, note.nodeHeight],
                "utility": note.utility,
            }
            yield from _compare(
                spec["name"], found, {"utility": True, **{key: spec[key] for key in found if key in spec}}
            )


def _parameters(comp: Any, description: Mapping[str, Any]) -> Iterator[str]:
    names = [page["name"] for page in description["pages"]]
    yield from _compare("pages", [page.name for page in comp.customPages if page.name in names], names)
    for page in description["pages"]:
        for order, spec in enumerate(page["parameters"]):
            par = comp.par[spec["name"]]
            if par is None:
                yield f"{spec['name']} is missing"
                continue
            found: dict[str, Any] = {
                "style": par.style,
                "page": par.page.name,
                "order": par.order,
                "label": par.label,
                "help": par.help,
                "section": par.startSection,
                "read_only": par.readOnly,
                "enable": par.enableExpr or "",
                "menu": [list(entry) for entry in zip(par.menuNames or [], par.menuLabels or [], strict=True)],
            }
            wanted = {"section": False, "read_only": False, "enable": "", "menu": []}
            wanted |= {key: spec[key] for key in found if key in spec} | {"page": page["name"], "order": order}
            if "default" in spec:
                found["default"], wanted["default"] = par.default or "", spec["default"] or ""
            if spec["style"] in ("Int", "Float"):
                found["clamps"], wanted["clamps"] = (par.clampMin, par.clampMax), ("minimum" in spec, "maximum" in spec)
                for key, limit in (("minimum", par.min), ("maximum", par.max)):
                    found[key], wanted[key] = limit if key in spec else None, spec.get(key)
                found["slider"], wanted["slider"] = [par.normMin, par.normMax], spec.get("slider", [0, 1])
            yield from _compare(spec["name"], found, wanted)


def _extensions(comp: Any, description: Mapping[str, Any]) -> Iterator[str]:
    wanted = [[one["object"], one["name"], one["promote"]] for one in description["extensions"]]
    fields = ("object", "name", "promote")
    found = [[comp.par[f"ext{number}{field}"].eval() for field in fields] for number in range(comp.seq.ext.numBlocks)]
    yield from _compare("extensions", found[: len(wanted)], wanted)


def _compare(what: str, found: Any, wanted: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for key in found:
            yield from _compare(f"{what}.{key}", found[key], wanted[key])
    elif found != wanted:
        yield f"{what} is {found!r}, not {wanted!r}"
