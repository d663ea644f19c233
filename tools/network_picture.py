"""Draws a component's network from its description as SVG: what a user sees when diving into it."""

import textwrap
from html import escape

import component_tree
from component_model import Component, Group, Operator

_MARGIN = 40
_BACK, _VIEWER, _TEXT, _GREY = "#2b2c2e", "#1d1e20", "#f2f2f2", "#c8c8c8"
#: TouchDesigner's colours of the families.
_FAMILY = {"COMP": "#5a6672", "DAT": "#8d5fb0", "TOP": "#6f59b8", "CHOP": "#4f8a4a"}
_LINES = 6  # of text that the viewer of an operator has room for
_CHARACTER = 7.2  # width of one at the size of an annotation's body


def network_svg(component: Component) -> str:
    """The annotated groups and the operators at the places the description gives them."""
    shown = [operator for operator in component.operators if not operator.parent]
    boxes = [component.group_box(group) for group in component.groups]
    boxes += [(*operator.position, *operator.size) for operator in shown]
    left, bottom = min(x for x, _, _, _ in boxes), min(y for _, y, _, _ in boxes)
    right, top = max(x + w for x, _, w, _ in boxes), max(y + h for _, y, _, h in boxes)
    width, height = right - left + 2 * _MARGIN, top - bottom + 2 * _MARGIN

    def place(box: tuple[int, int, int, int]) -> tuple[int, int]:
        """TouchDesigner's y points up, SVG's down."""
        x, y, _, h = box
        return x - left + _MARGIN, top - (y + h) + _MARGIN

    at = {operator.name: place((*operator.position, *operator.size)) for operator in shown}
    parts = [_group(group, component.group_box(group), place(component.group_box(group))) for group in component.groups]
    parts += [_dock(at[operator.dock], at[operator.name]) for operator in shown if operator.dock]
    parts += [_operator(operator, component, at[operator.name]) for operator in shown]
    title = escape(f"Network of the {component.name} component")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{title}" font-family="system-ui, sans-serif"><title>{title}</title>'
        f'<rect width="{width}" height="{height}" rx="12" fill="{_BACK}"/>{"".join(parts)}</svg>\n'
    )


def _rgb(color: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in color)


def _group(group: Group, box: tuple[int, int, int, int], at: tuple[int, int]) -> str:
    (x, y), (_, _, width, height) = at, box
    color = _rgb(group.color)
    body = "".join(
        _text(x + 16, y + 56 + 18 * number, line, 14, _GREY)
        for number, line in enumerate(textwrap.wrap(group.body, int((width - 32) / _CHARACTER)))
    )
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{color}" fill-opacity="0.25" '
        f'stroke="{color}"/>{_text(x + 16, y + 32, group.title, 24)}{body}'
    )


def _dock(host: tuple[int, int], docked: tuple[int, int]) -> str:
    (x1, y1), (x2, y2) = host, docked
    return f'<path d="M{x1 + 130} {y1 + 70}L{x2} {y2 + 70}" stroke="{_GREY}" stroke-dasharray="4 4"/>'


def _operator(operator: Operator, component: Component, at: tuple[int, int]) -> str:
    (x, y), (width, height) = at, operator.size
    family = next((suffix for suffix in _FAMILY if operator.type.endswith(suffix)), "")
    fill = _rgb(component_tree.color_of(operator, component))
    return (
        f"<g><title>{escape(operator.comment or operator.name)}</title>"
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="{fill}"/>'
        f'<rect x="{x + 8}" y="{y + 6}" width="{width - 14}" height="{height - 12}" rx="3" fill="{_VIEWER}"/>'
        f'<rect x="{x}" y="{y}" width="4" height="{height}" rx="2" fill="{_FAMILY.get(family, "#666")}"/>'
        f"{_viewer(operator, family, x, y)}"
        f"{_text(x + width / 2, y + height + 18, operator.name, 15, anchor='middle')}</g>"
    )


def _viewer(operator: Operator, family: str, x: int, y: int) -> str:
    """What the operator's viewer would show: a table its columns, any other its kind."""
    if operator.rows is None:
        width, height = operator.size
        return _text(x + width / 2, y + height / 2 + 4, operator.type.removesuffix(family), 12, _GREY, anchor="middle")
    lines = operator.rows[0] if len(operator.rows) < len(operator.rows[0]) else [row[0] for row in operator.rows]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], f"and {len(lines) - _LINES + 1} more"]
    return "".join(_text(x + 16, y + 20 + 12 * number, line, 10, _GREY) for number, line in enumerate(lines))


def _text(x: float, y: float, text: str, size: int, color: str = _TEXT, *, anchor: str = "start") -> str:
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{color}"{at}>{escape(text)}</text>'
