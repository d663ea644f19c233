"""Rules that a component description must keep so that the component is legal, unambiguous and a pleasure to use."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import enable_rule
import layout
import tox_node
from component_model import Component, Default, Finding, Operator, Parameter, Reference

# Styles of custom parameters the assembler can make, with the type of their default.
STYLES: dict[str, type | tuple[type, ...] | None] = {
    "Float": (int, float),
    "Int": int,
    "Toggle": bool,
    "Str": str,
    "Pulse": None,
    "Menu": str,
    "File": str,
    "Folder": str,
    "DAT": str,
    "OP": str,
}
NUMBERS = ("Float", "Int")
TEXT_TYPES = ("textDAT", "executeDAT", "parameterexecuteDAT", "datexecuteDAT")
GRID = 100

#: DAT names that an `import` in the component would find instead of the module that is meant.
TAKEN_NAMES = layout.STDLIB | layout.CLIENT_PACKAGES | layout.TOUCHDESIGNER_PACKAGES

Report = Callable[[str, str], Finding]
Box = tuple[int, int, int, int]


def check(component: Component) -> list[Finding]:
    """Look at every rule that spans more than one key of the description.

    Returns:
        Findings, sorted; none at all for a component that may be built.
    """
    where = f"src/{component.name}/component.toml: "

    def report(path: str, message: str) -> Finding:
        return Finding(f"{where}{path}", "error", message)

    rules = (_head, _parameters, _operators, _extensions, _places)
    return sorted(finding for rule in rules for finding in rule(component, report))


def _head(component: Component, report: Report) -> Iterator[Finding]:
    for key in ("name", "shortcut"):
        if not tox_node.NAME.fullmatch(getattr(component, key)):
            yield report(f"component.{key}", "must be letters, digits and underscores, a letter first")
    if component.viewer not in {operator.path for operator in component.operators}:
        yield report("component.viewer", f"{component.viewer!r} is no operator of the component")
    release = component.release
    for key, form in (("touch_build", r"\d{4}\.\d{5}"), ("date", r"\d{4}-\d\d-\d\d"), ("version", r"\d+\.\d+\.\d+\S*")):
        if not re.fullmatch(form, getattr(release, key)):
            yield report(f"release.{key}", f"{getattr(release, key)!r} does not look like one")
    if release.build < 1:
        yield report("release.build", "counts from 1")
    for page in component.pages:
        yield from _plain(report, f"pages.{page.name}", page.name)


def _parameters(component: Component, report: Report) -> Iterator[Finding]:
    names = {parameter.name for parameter in component.parameters}
    for parameter in component.parameters:
        path = f"parameter.{parameter.name}"
        if not tox_node.PARAMETER_NAME.fullmatch(parameter.name):
            yield report(path, "the name must be one capital letter, then lower-case letters and digits")
        if parameter.style not in STYLES:
            yield report(f"{path}.style", f"{parameter.style!r} is none of {', '.join(STYLES)}")
            continue
        yield from _words(parameter, report, path)
        yield from _default(parameter, report, path)
        yield from _menu(parameter, report, path)
        yield from _enable(parameter, names, report, path)


def _words(parameter: Parameter, report: Report, path: str) -> Iterator[Finding]:
    for key in ("label", "help", "enable"):
        yield from _plain(report, f"{path}.{key}", getattr(parameter, key))
    if not parameter.label:
        yield report(f"{path}.label", "is empty")
    if len(parameter.help) < 20 or not parameter.help.endswith("."):
        yield report(f"{path}.help", "must say in whole sentences what it does, its unit and when to change it")


def _default(parameter: Parameter, report: Report, path: str) -> Iterator[Finding]:
    kinds = STYLES[parameter.style]
    if not _is_a(parameter.default, kinds):
        yield report(f"{path}.default", f"{parameter.default!r} is no default for style {parameter.style}")
        return
    if isinstance(parameter.default, str):
        yield from _plain(report, f"{path}.default", parameter.default)
    low, high, slider = parameter.minimum, parameter.maximum, parameter.slider
    if parameter.style not in NUMBERS:
        if (low, high, slider) != (None, None, None):
            yield report(path, f"minimum, maximum and slider are for {' and '.join(NUMBERS)} only")
        return
    bounds = [value for value in (low, parameter.default, high) if isinstance(value, int | float)]
    if bounds != sorted(bounds):
        yield report(f"{path}.default", "must lie between minimum and maximum")
    if slider is not None and not (
        (low is None or low <= slider[0]) and slider[0] < slider[1] and (high is None or slider[1] <= high)
    ):
        yield report(f"{path}.slider", "must go upwards and lie between minimum and maximum")


def _is_a(value: Default, kinds: type | tuple[type, ...] | None) -> bool:
    if kinds is None:
        return value is None
    return isinstance(value, kinds) and isinstance(value, bool) == (kinds is bool)


def _menu(parameter: Parameter, report: Report, path: str) -> Iterator[Finding]:
    if bool(parameter.menu) != (parameter.style == "Menu"):
        yield report(f"{path}.menu", "a Menu has one, any other style has none")
    elif parameter.menu:
        entries = [name for name, _ in parameter.menu]
        if len(set(entries)) < len(entries):
            yield report(f"{path}.menu", "two entries have one name")
        if parameter.default != entries[0]:
            yield report(f"{path}.default", "must be the first entry: the component file knows no other way to say it")
        for entry in parameter.menu:
            for word in entry:
                yield from _plain(report, f"{path}.menu", word)


def _enable(parameter: Parameter, names: set[str], report: Report, path: str) -> Iterator[Finding]:
    if not parameter.enable:
        return
    try:
        asked = enable_rule.names(parameter.enable)
    except enable_rule.EnableError as error:
        yield report(f"{path}.enable", str(error))
        return
    for name in sorted(asked - names):
        yield report(f"{path}.enable", f"asks for the parameter {name}, which does not exist")


def _operators(component: Component, report: Report) -> Iterator[Finding]:
    by_path = {operator.path: operator for operator in component.operators}
    groups = {group.name for group in component.groups}
    lower = [operator.path.lower() for operator in component.operators]
    for operator in component.operators:
        path = f"operator.{operator.path}"
        if lower.count(operator.path.lower()) > 1:
            yield report(path, "another operator has this name but for the case, which collides on disk")
        yield from _operator(operator, by_path, report, path)
        if operator.parent:
            if operator.group is not None:
                yield report(f"{path}.group", "groups are for operators at the top of the component")
        elif operator.group not in groups:
            yield report(f"{path}.group", f"{operator.group!r} is none of {sorted(groups)}")


def _operator(operator: Operator, by_path: dict[str, Operator], report: Report, path: str) -> Iterator[Finding]:
    if not tox_node.NAME.fullmatch(operator.name):
        yield report(path, "the name must be letters, digits and underscores, a letter first")
    if operator.type not in tox_node.TOKENS:
        yield report(f"{path}.type", f"{operator.type!r} is none of {sorted(tox_node.TOKENS)}")
    if operator.type.endswith("DAT") and operator.name in TAKEN_NAMES:
        yield report(path, "a DAT of this name would hide the module of that name from every import beside it")
    if operator.parent and not getattr(by_path.get(operator.parent), "type", "").endswith("COMP"):
        yield report(path, f"{operator.parent} is no COMP of the component")
    if operator.dock is not None and _sibling(operator, operator.dock) not in by_path:
        yield report(f"{path}.dock", f"{operator.dock!r} is no operator beside it")
    if any(part % GRID for part in operator.position):
        yield report(f"{path}.position", f"must lie on the grid of {GRID}")
    yield from _contents(operator, report, path)
    yield from _values(operator, by_path, report, path)


def _values(operator: Operator, by_path: dict[str, Operator], report: Report, path: str) -> Iterator[Finding]:
    for name, value in operator.parameters.items():
        if isinstance(value, Reference):
            if value.path != ".." and _sibling(operator, value.path) not in by_path:
                yield report(f"{path}.parameters.{name}", f"{value.path!r} is neither .. nor an operator beside it")
        elif isinstance(value, str):
            yield from _plain(report, f"{path}.parameters.{name}", value)


def _contents(operator: Operator, report: Report, path: str) -> Iterator[Finding]:
    sources = [source for source in (operator.text, operator.generated) if source is not None]
    if len(sources) != (operator.type in TEXT_TYPES):
        yield report(
            f"{path}.text", f"names the source file of {', '.join(TEXT_TYPES)}, and of these only; or generated does"
        )
    elif operator.text is not None and not _is_named_like(operator.name, operator.text):
        yield report(f"{path}.text", f"file and DAT must have one name, not {operator.text} and {operator.name}")
    if operator.rows is not None and (
        operator.type != "tableDAT" or len({len(row) for row in operator.rows}) != 1 or not operator.rows[0]
    ):
        yield report(f"{path}.rows", "are for a tableDAT, at least one, all of one length")


def _is_named_like(name: str, file_name: str) -> bool:
    """What can be imported has one name everywhere; templates are copied, locks are read."""
    stem, _, kind = file_name.partition(".")
    return name == stem or name.endswith("_template") or kind != "py"


def _sibling(operator: Operator, name: str) -> str:
    return f"{operator.parent}/{name}" if operator.parent else name


def _extensions(component: Component, report: Report) -> Iterator[Finding]:
    dats = {operator.path for operator in component.operators if operator.type == "textDAT" and not operator.parent}
    for extension in component.extensions:
        if extension.dat not in dats:
            yield report(f"extension.{extension.class_name}", f"{extension.dat} is no text DAT at the top")
    classes = [extension.class_name for extension in component.extensions]
    if len(set(classes)) < len(classes):
        yield report("extension", f"two have one class: {classes}")
    if [extension.promote for extension in component.extensions].count(True) != 1:
        yield report("extension", "exactly one is promoted")


def _places(component: Component, report: Report) -> Iterator[Finding]:
    """Nothing lies on anything else, in any network of the component."""
    boxes = [(operator, (*operator.position, *operator.size)) for operator in component.operators]
    for (one, one_box), (other, other_box) in combinations(boxes, 2):
        if one.parent == other.parent and _overlap(one_box, other_box):
            yield report(f"operator.{other.path}.position", f"lies on {one.path}")
    used = [group for group in component.groups if any(op.group == group.name for op in component.operators)]
    for group in component.groups:
        if group not in used:
            yield report(f"group.{group.name}", "holds no operator")
    for one_group, other_group in combinations(used, 2):
        if _overlap(component.group_box(one_group), component.group_box(other_group)):
            yield report(f"group.{other_group.name}", f"lies on the group {one_group.name}; move its operators")
    for group in used:
        for operator, box in boxes:
            outside = not operator.parent and operator.group != group.name
            if outside and _overlap(component.group_box(group), box):
                yield report(f"operator.{operator.path}.position", f"lies in the group {group.name}")


def _overlap(one: Box, other: Box) -> bool:
    return all(one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2] for axis in (0, 1))


def _plain(report: Report, path: str, text: str) -> Iterator[Finding]:
    """What goes into the component file is plain text on one line."""
    try:
        tox_node.quote(text)
    except ValueError as error:
        yield report(path, str(error))


def errors(findings: Sequence[Finding]) -> list[Finding]:
    """Those findings that stop a build."""
    return [finding for finding in findings if finding.level == "error"]
