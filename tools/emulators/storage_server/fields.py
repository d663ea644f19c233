"""Partial responses: the `fields` parameter.

https://cloud.google.com/storage/docs/json_api#partial-response
"""

import re
from typing import Any

from .errors import invalid

Selector = dict[str, "Selector"]

_NAME = re.compile(r"[^,()/]*")


def parse(text: str) -> Selector:
    """'items(name,size),nextPageToken' or 'items/name' -> nested names; an empty selector takes all.

    Raises:
        ApiError: 400 for unbalanced brackets.
    """
    if not text:
        return {}
    selector, rest = _parse_list(text.replace(" ", ""))
    if rest:
        raise invalid(f"fields={text!r} is malformed.")
    return selector


def _parse_list(text: str) -> tuple[Selector, str]:
    selector: Selector = {}
    while True:
        name, inner, text = _parse_item(text)
        selector.setdefault(name, {}).update(inner)
        if not text.startswith(","):
            return selector, text
        text = text[1:]


def _parse_item(text: str) -> tuple[str, Selector, str]:
    match = _NAME.match(text)
    assert match is not None
    name, rest = match[0], text[match.end() :]
    if rest.startswith("/"):
        inner_name, inner, rest = _parse_item(rest[1:])
        return name, {inner_name: inner}, rest
    if rest.startswith("("):
        selector, rest = _parse_list(rest[1:])
        if not rest.startswith(")"):
            raise invalid("fields lacks a closing bracket.")
        return name, selector, rest[1:]
    return name, {}, rest


def select(value: Any, selector: Selector) -> Any:
    """The part of a JSON value that a selector names."""
    if not selector or "*" in selector:
        return value
    if isinstance(value, list):
        return [select(item, selector) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: select(value[name], inner) for name, inner in selector.items() if name in value}
