"""Writes generated pages as Markdown for MkDocs."""

from collections.abc import Iterable
from posixpath import dirname, relpath

from docs_blocks import Block, Code, Heading, Items, Paragraph, Picture, Table

_NOTE = "<!-- Generated from the component's description and source; see docs/architecture/building.md. -->"


def render(blocks: Iterable[Block], path: str) -> str:
    """The page.

    Args:
        path: of the page, below docs/.
    """
    return "\n\n".join([_NOTE, *(_block(block, path) for block in blocks)]) + "\n"


def _block(block: Block, path: str) -> str:
    match block:
        case Heading(level, text, anchor):
            return f"{'#' * level} {text}" + (f" {{ #{anchor} }}" if anchor else "")
        case Paragraph(text):
            return text
        case Code(text):
            return f"```python\n{text}\n```"
        case Items(texts):
            return "\n".join(f"- {text}" for text in texts)
        case Table(header, rows):
            lines = [header, tuple("---" for _ in header), *rows]
            return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        case Picture(target, alt):
            return f"![{alt}]({relpath(target, dirname(path) or '.')})"
