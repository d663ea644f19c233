"""Draws a page of a component's parameters from its description as SVG: what a user sees in the dialog.

A fresh component is shown: values at their defaults, and greyed out what does not apply then.
"""

from html import escape

import enable_rule
from component_model import Component, Page, Parameter

_WIDTH = 640
_ROW, _TOP, _TABS, _SECTION = 30, 12, 34, 14
_LABEL_END, _FIELD_LEFT, _FIELD_RIGHT = 230, 246, 624
_TEXT, _GREY, _FIELD, _BACK, _TAB, _LINE = "#e4e4e4", "#7d8084", "#1d1e20", "#35373a", "#4a4d52", "#52555a"
_ACCENT = "#6f93b8"


def page_svg(component: Component, page: Page) -> str:
    """One page of the dialog, with the tabs of all pages above it."""
    values = {parameter.name: parameter.default for parameter in component.parameters}
    rows: list[str] = []
    y = _TOP + _TABS + 12
    for parameter in page.parameters:
        if parameter.section and rows:
            y += _SECTION
            rows.append(f'<path d="M16 {y - 8}H{_WIDTH - 16}" stroke="{_LINE}"/>')
        usable = not parameter.enable or enable_rule.holds(parameter.enable, values)
        rows.append(_row(parameter, y, usable=usable))
        y += _ROW
    height = y + 10
    title = escape(f"Parameter page {page.name} of the {component.name} component")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{title}" font-family="system-ui, sans-serif" font-size="14">'
        f'<title>{title}</title><rect width="{_WIDTH}" height="{height}" rx="8" fill="{_BACK}"/>'
        f"{_tabs(component, page)}{''.join(rows)}</svg>\n"
    )


def _tabs(component: Component, shown: Page) -> str:
    parts, x = [], 16.0
    for page in component.pages:
        width = 8.0 * len(page.name) + 24
        fill, color = (_TAB, "#fff") if page is shown else (_BACK, "#b9bcc0")
        parts.append(
            f'<rect x="{x:g}" y="{_TOP}" width="{width:g}" height="{_TABS - 6}" rx="4" fill="{fill}"/>'
            f'<text x="{x + width / 2:g}" y="{_TOP + 19}" fill="{color}" text-anchor="middle">{page.name}</text>'
        )
        x += width + 4
    return "".join(parts)


def _row(parameter: Parameter, y: int, *, usable: bool) -> str:
    opacity = "" if usable else ' opacity="0.4"'
    label = "" if parameter.style == "Pulse" else _text(_LABEL_END, y + 20, parameter.label, anchor="end")
    tip = escape(parameter.help)
    return f"<g{opacity}><title>{tip}</title>{label}{_widget(parameter, y + 3)}</g>"


def _widget(parameter: Parameter, y: int) -> str:
    left, right = _FIELD_LEFT, _FIELD_RIGHT
    if parameter.style == "Pulse":
        return _box(left, y, 180, fill=_TAB) + _text(left + 90, y + 17, parameter.label, anchor="middle")
    value = "" if parameter.default is None else str(parameter.default)
    if parameter.read_only:
        return _text(left + 8, y + 17, _short(value, 44), color=_GREY)
    if parameter.style == "Toggle":
        mark = f'<path d="M{left + 6} {y + 12}l5 5l8 -10" stroke="{_ACCENT}" stroke-width="2.5" fill="none"/>'
        return _box(left, y, 24) + (mark if parameter.default else "")
    if parameter.style == "Menu":
        label = dict(parameter.menu)[value]
        arrow = f'<path d="M{right - 20} {y + 9}l5 6l5 -6" stroke="{_TEXT}" fill="none"/>'
        return _box(left, y, right - left, fill=_TAB) + _text(left + 8, y + 17, label) + arrow
    if parameter.style in ("Int", "Float"):
        return _slider(parameter, y)
    if parameter.style == "Str":
        return _box(left, y, right - left) + _text(left + 8, y + 17, _short(value, 44))
    chooser = _box(right - 28, y, 28, fill=_TAB) + _text(right - 14, y + 17, "+", anchor="middle")
    return _box(left, y, right - left - 34) + _text(left + 8, y + 17, _short(value, 40)) + chooser


def _slider(parameter: Parameter, y: int) -> str:
    assert isinstance(parameter.default, int | float)
    low, high = parameter.slider or (0, 1)
    left, right = _FIELD_LEFT + 90, _FIELD_RIGHT
    place = left + (right - left) * min(max((parameter.default - low) / (high - low), 0), 1)
    return (
        _box(_FIELD_LEFT, y, 78)
        + _text(_FIELD_LEFT + 8, y + 17, f"{parameter.default:g}")
        + f'<path d="M{left} {y + 12}H{right}" stroke="{_LINE}" stroke-width="4"/>'
        + f'<path d="M{left} {y + 12}H{place:g}" stroke="{_ACCENT}" stroke-width="4"/>'
        + f'<circle cx="{place:g}" cy="{y + 12}" r="6" fill="{_TEXT}"/>'
    )


def _box(x: float, y: float, width: float, fill: str = _FIELD) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="24" rx="3" fill="{fill}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", color: str = _TEXT) -> str:
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y:g}" fill="{color}"{at}>{escape(text)}</text>'


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
