"""Draws a component's network from its description as SVG: what a user sees when diving into it."""

from html import escape

from component_model import Component, Group, Operator

_MARGIN = 40
_GREY = (0.35, 0.36, 0.38)
#: TouchDesigner's colours of the families.
_FAMILY = {"COMP": "#5a6672", "DAT": "#8d5fb0", "TOP": "#6f59b8", "CHOP": "#4f8a4a"}


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

    parts = [_group(group, component.group_box(group), place(component.group_box(group))) for group in component.groups]
    parts += [_operator(operator, place((*operator.position, *operator.size))) for operator in shown]
    title = escape(f"Network of the {component.name} component")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}" '
        f'font-family="system-ui, sans-serif"><title>{title}</title>'
        f'<rect width="{width}" height="{height}" rx="12" fill="#2b2c2e"/>{"".join(parts)}</svg>'
    )


def _rgb(color: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in color)


def _group(group: Group, box: tuple[int, int, int, int], at: tuple[int, int]) -> str:
    (x, y), (_, _, width, height) = at, box
    color = _rgb(group.color)
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{color}" fill-opacity="0.25" '
        f'stroke="{color}"/>'
        f'<text x="{x + 16}" y="{y + 32}" font-size="24" fill="#f2f2f2">{escape(group.title)}</text>'
        f'<text x="{x + 16}" y="{y + 56}" font-size="14" fill="#c8c8c8">{escape(group.body)}</text>'
    )


def _operator(operator: Operator, at: tuple[int, int]) -> str:
    (x, y), (width, height) = at, operator.size
    family = next((color for suffix, color in _FAMILY.items() if operator.type.endswith(suffix)), "#666")
    fill = _rgb(operator.color or _GREY)
    kind = operator.type.removesuffix("COMP").removesuffix("DAT")
    return (
        f"<g><title>{escape(operator.comment or operator.name)}</title>"
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="{fill}" stroke="{family}" '
        f'stroke-width="3"/>'
        f'<text x="{x + width / 2}" y="{y + height / 2}" font-size="15" text-anchor="middle" fill="#fff">{escape(kind)}'
        f'</text><text x="{x + width / 2}" y="{y + height + 18}" font-size="15" text-anchor="middle" fill="#ddd">'
        f"{escape(operator.name)}</text></g>"
    )
