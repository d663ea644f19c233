"""Makes of a description and its sources the two things that reach TouchDesigner.

`to_node`: the operators as the component file carries them, in its safest forms. `assembly`: the whole description as
plain JSON data, which ships inside the component and which the assembler completes the component to.
"""

import json
from pathlib import Path
from typing import Any

from component_check import NUMBERS
from component_model import Component, Extension, Group, Operator, Parameter, Reference, Value
from component_sources import Sources
from tox_node import STYLES, TOKENS, Node, ParDefinition, ParValue, number_text

#: Counts up when the assembler must know another shape of the description.
FORMAT = 1

#: Where the description lies in the component: `local` is searched by no import.
DESCRIPTION_PATH = "local/tdg_component"
MODULES_PATH = "local/modules"

#: Styles whose number in the file is not proven travel as a safe relative; the assembler makes them what they are.
STAND_INS = {"File": "Str", "Folder": "Str", "DAT": "OP"}

DEFAULT_COLOR = (0.67, 0.67, 0.67)
ROOM_COLORS = {
    "tdg_core_": (0.55, 0.62, 0.70),
    "tdg_disk_": (0.62, 0.66, 0.52),
    "tdg_bridge": (0.70, 0.62, 0.50),
    "tdg_work_": (0.55, 0.68, 0.56),
    "tdg_gateway_": (0.70, 0.54, 0.54),
    "tdg_td_": (0.64, 0.58, 0.70),
}
MODULE_COLUMNS = 6
STEP_X, STEP_Y = 200, 150


def operators(component: Component, sources: Sources) -> tuple[Operator, ...]:
    """Every operator of the component: the described ones, the description itself and the modules, laid out by room."""
    description = Operator(
        path=DESCRIPTION_PATH,
        type="textDAT",
        position=(0, -200),
        comment="What the assembler keeps this component to. Written by the build.",
    )
    found = (*component.operators, description, *_module_operators(sources))
    return tuple(sorted(found, key=lambda operator: operator.path.count("/")))  # parents before children


def _module_operators(sources: Sources) -> list[Operator]:
    rooms: dict[str, list[str]] = {prefix: [] for prefix in (*ROOM_COLORS, "")}
    for name in sources.modules:
        rooms[next(prefix for prefix in rooms if name.startswith(prefix))].append(name)
    result = []
    row = 0
    for prefix, names in rooms.items():
        for number, name in enumerate(names):
            line, column = divmod(number, MODULE_COLUMNS)
            position = (column * STEP_X, -(row + line) * STEP_Y)
            color = ROOM_COLORS.get(prefix)
            result.append(Operator(f"{MODULES_PATH}/{name}", "textDAT", position, color=color, comment=""))
        row += -(-len(names) // MODULE_COLUMNS)
    return result


def assembly(component: Component, sources: Sources) -> dict[str, Any]:
    """The description as plain data, in a stable order; keys whose value says nothing are left out."""
    return {
        "format": FORMAT,
        "name": component.name,
        "version": component.release.version,
        "summary": component.summary,
        "shortcut": component.shortcut,
        "color": list(component.color),
        "viewer": component.viewer,
        "pages": [
            {"name": page.name, "parameters": [_parameter(parameter) for parameter in page.parameters]}
            for page in component.pages
        ],
        "operators": [_operator(operator, component) for operator in operators(component, sources)],
        "groups": [_group(component, group) for group in component.groups],
        "extensions": [
            {"name": extension.class_name, "object": extension_object(extension), "promote": extension.promote}
            for extension in component.extensions
        ],
    }


def description_text(component: Component, sources: Sources) -> str:
    """The description as it lies in the component: JSON, one key a line, ASCII."""
    return json.dumps(assembly(component, sources), indent=1) + "\n"


def _parameter(parameter: Parameter) -> dict[str, Any]:
    said = {
        "name": parameter.name,
        "label": parameter.label,
        "style": parameter.style,
        "default": parameter.default,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "slider": parameter.slider and list(parameter.slider),
        "menu": [list(entry) for entry in parameter.menu] or None,
        "enable": parameter.enable or None,
        "help": parameter.help,
        "section": parameter.section or None,
        "read_only": parameter.read_only or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _operator(operator: Operator, component: Component) -> dict[str, Any]:
    said = {
        "path": operator.path,
        "type": operator.type,
        "position": list(operator.position),
        "color": list(color_of(operator, component)),
        "comment": operator.comment or None,
        "language": _language(operator),
        "parameters": {name: _plain(value) for name, value in operator.parameters.items()} or None,
        "rows": None if operator.rows is None else [list(row) for row in operator.rows],
        "dock": operator.dock,
    }
    return {key: value for key, value in said.items() if value is not None}


def _plain(value: Value) -> Any:
    return {"reference": value.path} if isinstance(value, Reference) else value


def _group(component: Component, group: Group) -> dict[str, Any]:
    return {
        "name": f"note_{group.name.lower()}",
        "title": group.title,
        "body": group.body,
        "color": list(group.color),
        "box": list(component.group_box(group)),
    }


def extension_object(extension: Extension) -> str:
    """The text that makes an instance of the extension, in the one spelling that works."""
    return f"op('./{extension.dat}').module.{extension.class_name}(me)"


def color_of(operator: Operator, component: Component) -> tuple[float, float, float]:
    """The colour of an operator's node: its own, or that of its group."""
    if operator.color is not None:
        return operator.color
    group = next((group for group in component.groups if group.name == operator.group), None)
    # The group's own colour is dark, to stand behind; its operators wear a lighter shade of it.
    return DEFAULT_COLOR if group is None else _lighter(group.color)


def _lighter(color: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green, blue = (round(0.45 + part * 0.55, 2) for part in color)
    return red, green, blue


def _language(operator: Operator) -> str | None:
    """What a DAT with a text is shown as; a fresh one would be plain text, whatever it holds."""
    if operator.parent == MODULES_PATH or (operator.text or "").endswith(".py"):
        return "python"
    return "text" if operator.type == "textDAT" else None


def to_node(component: Component, sources: Sources, *, linked: bool = False) -> Node:
    """The component as its file carries it.

    Args:
        linked: DATs follow their source files instead of standing for themselves, for editing live.
    """
    tree = _Tree(component, sources, linked=linked)
    return Node(
        component.name,
        *TOKENS["baseCOMP"],
        tile=(0, 0, 160, 130),
        color=component.color,
        pages=tuple(page.name for page in component.pages),
        definitions=tuple(
            _definition(parameter, page.name, order)
            for page in component.pages
            for order, parameter in enumerate(page.parameters)
        ),
        values=_component_values(component),
        children=tree.children(""),
    )


def _component_values(component: Component) -> tuple[ParValue, ...]:
    # One extension block: how the file counts several is not known. The assembler adds the others.
    main = component.extensions[0]
    rows = {
        "ext0object": extension_object(main),
        "ext0name": main.class_name,
        "ext0promote": "on" if main.promote else "off",
        "parentshortcut": component.shortcut,
        "opshortcut": component.shortcut,
        "opviewer": f"./{component.viewer}",
        "enableexternaltox": "off",
    }
    return tuple(ParValue(name, value) for name, value in rows.items())


def _definition(parameter: Parameter, page: str, order: int) -> ParDefinition:
    """The parameter as far as the file is proven to carry it.

    Left to the assembler: styles without a proven number, the upper limit, section and read-only.
    """
    style = STAND_INS.get(parameter.style, parameter.style)
    assert style in STYLES
    slider = parameter.slider or (parameter.minimum or 0, parameter.maximum or 1)
    limits = parameter.style in NUMBERS
    return ParDefinition(
        name=parameter.name,
        label=parameter.label,
        style=style,
        page=page,
        order=order,
        default=parameter.default,
        minimum=parameter.minimum or 0,
        maximum=slider[1] if limits else 1,
        clamp_min=parameter.minimum is not None,
        norm_min=slider[0] if limits else 0,
        norm_max=slider[1] if limits else 1,
        menu=parameter.menu,
        enable=parameter.enable,
        help=parameter.help,
    )


class _Tree:
    """The operators inside the component, nested as they lie."""

    def __init__(self, component: Component, sources: Sources, *, linked: bool) -> None:
        self.component = component
        self.sources = sources
        self.linked = linked
        self.operators = operators(component, sources)

    def children(self, parent: str) -> tuple[Node, ...]:
        return tuple(self._node(operator) for operator in self.operators if operator.parent == parent)

    def _node(self, operator: Operator) -> Node:
        family, token = TOKENS[operator.type]
        return Node(
            name=operator.name,
            family=family,
            token=token,
            tile=(*operator.position, *operator.size),
            color=color_of(operator, self.component),
            values=self._values(operator),
            text=self._text(operator),
            children=self.children(operator.path),
        )

    def _key(self, operator: Operator) -> str:
        return operator.name if operator.parent == MODULES_PATH else operator.path

    def _text(self, operator: Operator) -> str | None:
        if operator.path == DESCRIPTION_PATH:
            return description_text(self.component, self.sources)
        if operator.parent == MODULES_PATH:
            return self.sources.modules[operator.name]
        return self.sources.texts.get(operator.path)

    def _values(self, operator: Operator) -> tuple[ParValue, ...]:
        rows = {name: _spelled(value) for name, value in operator.parameters.items()}
        language = _language(operator)
        if language is not None:
            rows["language"] = language
        file = self.sources.files.get(self._key(operator))
        if self.linked and file is not None:
            rows |= self._link(file)
        return tuple(ParValue(name, value) for name, value in rows.items())

    @staticmethod
    def _link(file: Path) -> dict[str, str]:
        return {"file": file.as_posix(), "syncfile": "on", "loadonstart": "on"}


def _spelled(value: Value) -> str:
    if isinstance(value, Reference):
        return value.path
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else number_text(value)
