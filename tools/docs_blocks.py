"""What a generated page consists of, before it becomes Markdown for the site or HTML for the component.

Texts are Markdown of one line: `code` and *emphasis*, nothing else, and safe to be put into HTML.
"""

import re
from dataclasses import dataclass

_CODE = re.compile(r"(`[^`]+`)")


@dataclass(frozen=True)
class Heading:
    """Title of what follows; `anchor` is what links name."""

    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Code:
    """Python, as it is."""

    text: str


@dataclass(frozen=True)
class Items:
    """An unordered list."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table; every row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """An SVG of the site, by its path below docs/; `alt` says what it shows."""

    path: str
    alt: str


Block = Heading | Paragraph | Code | Items | Table | Picture


def plain(text: str) -> str:
    """A text without any markup, to be shown as it is."""
    return re.sub(r"([\\`*_\[\]])", r"\\\1", _safe(text))


def prose(text: str) -> str:
    """A text with the markup of a docstring: `code` and *emphasis*."""
    parts = _CODE.split(text)
    parts[::2] = [re.sub(r"([\\_\[\]])", r"\\\1", _safe(part)) for part in parts[::2]]
    return "".join(parts)


def code(text: str) -> str:
    """A word of code."""
    return f"`{text}`"


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
