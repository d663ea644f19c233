"""The custom pages and parameters of a component, as its description wants them.

Thread: main only.

How a parameter looks follows the description; what it holds is the user's. A value that still is the default follows a
new default, as it would if TouchDesigner loaded the new version. Read-only parameters belong to the component.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import td

#: Styles whose value is the reference to an operator: their default is always empty.
_OPERATOR_STYLES = ("OP", "DAT")


def is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    """Whether every parameter is there and of its style."""
    for page in description["pages"]:
        for spec in page["parameters"]:
            par = comp.par[spec["name"]]
            if par is None or par.style != spec["style"]:
                return False
    return True


def complete(comp: Any, description: Mapping[str, Any], problems: list[str]) -> None:
    """Makes what is missing and corrects what is not as described; one that fails does not hold up the others."""
    pages = {page.name: page for page in comp.customPages}
    for page in description["pages"]:
        if page["name"] not in pages:
            pages[page["name"]] = comp.appendCustomPage(page["name"])
        for order, spec in enumerate(page["parameters"]):
            try:
                _complete_one(comp, pages[page["name"]], order, spec)
            except Exception as error:
                problems.append(f"the parameter {spec['name']} could not be set up ({error})")
    _sort_pages(comp, [page["name"] for page in description["pages"]])


def drop(comp: Any, former: Mapping[str, Any], description: Mapping[str, Any]) -> None:
    """Removes parameters, and pages left empty, that a former description had and the new one has not."""
    kept = {spec["name"] for page in description["pages"] for spec in page["parameters"]}
    for page in former["pages"]:
        for spec in page["parameters"]:
            par = comp.par[spec["name"]]
            if spec["name"] not in kept and par is not None:
                par.destroy()
    names = {page["name"] for page in former["pages"]} - {page["name"] for page in description["pages"]}
    for page in [page for page in comp.customPages if page.name in names and not page.pars]:
        page.destroy()


def _complete_one(comp: Any, page: Any, order: int, spec: Mapping[str, Any]) -> None:
    par = comp.par[spec["name"]]
    held = None if par is None else _hold(par)
    made = par is None or not _is_kind(par, page, spec)
    if made:
        par = _append(page, order, spec)
    _menu(par, spec)
    _looks(par, order, spec)
    _range(par, spec)
    _value(par, spec, held, made=made)


def _is_kind(par: Any, page: Any, spec: Mapping[str, Any]) -> bool:
    return bool(par.style == spec["style"] and par.page.name == page.name)


def _append(page: Any, order: int, spec: Mapping[str, Any]) -> Any:
    append = getattr(page, f"append{spec['style']}")
    par = append(spec["name"], label=spec["label"], order=order)[0]
    if not _is_kind(par, page, spec):
        # Replacing has kept the former style or page, so the former parameter goes first.
        par.destroy()
        par = append(spec["name"], label=spec["label"], order=order)[0]
    return par


class _Held(NamedTuple):
    """What a parameter held before it was touched."""

    mode: Any
    val: Any
    expr: str
    bind: str
    untouched: bool


def _hold(par: Any) -> _Held:
    untouched = par.mode == td.ParMode.CONSTANT and not par.isPulse and (par.val or "") == (par.default or "")
    return _Held(par.mode, par.val, par.expr, par.bindExpr, untouched)


def _value(par: Any, spec: Mapping[str, Any], held: _Held | None, *, made: bool) -> None:
    """The default, and a value for who has none of its own."""
    if "default" not in spec:
        return
    default = spec["default"]
    if spec["style"] not in _OPERATOR_STYLES and par.default != default:
        par.default = default
    if spec.get("read_only"):
        if par.val != default:
            par.readOnly = False
            par.val = default
        _assign(par, "readOnly", value=True)
        return
    _assign(par, "readOnly", value=False)
    if held is None or held.untouched:
        if (par.val or "") != (default or ""):
            par.val = default
    elif made:
        _restore(par, held)


def _restore(par: Any, held: _Held) -> None:
    par.val = held.val
    if held.expr:
        par.expr = held.expr
    if held.bind:
        par.bindExpr = held.bind
    if par.mode != held.mode:
        par.mode = held.mode


def _menu(par: Any, spec: Mapping[str, Any]) -> None:
    if "menu" not in spec:
        return
    names = [name for name, _ in spec["menu"]]
    labels = [label for _, label in spec["menu"]]
    if list(par.menuNames or []) != names:
        # An entry that is not in the menu silently becomes the first one, so the choice is taken over by hand.
        chosen, constant = par.val, par.mode == td.ParMode.CONSTANT
        par.menuNames = names
        if constant and chosen in names and par.val != chosen:
            par.val = chosen
    if list(par.menuLabels or []) != labels:
        par.menuLabels = labels


def _looks(par: Any, order: int, spec: Mapping[str, Any]) -> None:
    _assign(par, "label", spec["label"])
    _assign(par, "order", order)
    _assign(par, "help", spec["help"])
    _assign(par, "startSection", spec.get("section", False))
    if (par.enableExpr or "") != spec.get("enable", ""):
        par.enableExpr = spec.get("enable", "")


def _range(par: Any, spec: Mapping[str, Any]) -> None:
    if not par.isNumber or par.isToggle:
        return
    for key, limit, clamp in (("minimum", "min", "clampMin"), ("maximum", "max", "clampMax")):
        if key in spec:
            _assign(par, limit, spec[key])
        _assign(par, clamp, key in spec)
    if "slider" in spec:
        _assign(par, "normMin", spec["slider"][0])
        _assign(par, "normMax", spec["slider"][1])


def _sort_pages(comp: Any, wanted: list[str]) -> None:
    present = [page.name for page in comp.customPages]
    if [name for name in present if name in wanted] != wanted:
        comp.sortCustomPages(*wanted, *(name for name in present if name not in wanted))


def _assign(par: Any, name: str, value: Any) -> None:
    if getattr(par, name) != value:
        setattr(par, name, value)
