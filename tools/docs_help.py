"""The page that *Help* opens: one HTML file that lies in the component, so it fits the version and needs no network."""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

import docs_credits
import docs_pages
import layout
from component_model import Component
from docs_blocks import Block, Code, Heading, Items, Paragraph, Picture, Table, code, plain

_INLINE = re.compile(r"\\(.)|`([^`]+)`|\*([^*]+)\*")

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #222; --soft: #f2f3f5; --line: #d5d8dc; --link: #1d5fa8; }
@media (prefers-color-scheme: dark) {
  :root { --back: #1f2022; --text: #e6e6e6; --soft: #2b2d30; --line: #45484d; --link: #8ab8ee; }
}
body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--link); }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 0.3rem; }
code, pre { background: var(--soft); border-radius: 4px; font: 0.9em/1.5 ui-monospace, monospace; }
code { padding: 0.1em 0.3em; } pre { padding: 0.6rem; overflow-x: auto; } pre code { padding: 0; }
div.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem 0.3rem 0; text-align: left; vertical-align: top; }
nav { columns: 9rem; padding: 0; } nav a { display: block; }
"""


def page(component: Component, root: Path = layout.ROOT) -> str:
    """The page, ASCII only."""
    blocks = [
        *_head(component),
        *_section(docs_pages.parameters(component, pictures=False), "Parameters"),
        *_section(docs_pages.interface(component, root), "Methods, callbacks and tables"),
        *_credits(root),
    ]
    links = [
        f'<a href="#{block.anchor}">{_inline(block.text)}</a>'
        for block in blocks
        if isinstance(block, Heading) and block.level == 2
    ]
    body = [_block(block) for block in blocks]
    text = "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{component.name} {component.release.version}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            body[0],
            f"<nav>\n{chr(10).join(links)}\n</nav>",
            *body[1:],
            "</body>\n</html>\n",
        ]
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _head(component: Component) -> list[Block]:
    release = component.release
    site = f" The whole documentation is at {release.docs}" if release.docs else ""
    return [
        Heading(1, f"{component.name} {release.version}", "top"),
        Paragraph(plain(f"{component.summary} Build {release.build} of {release.date}.{site}")),
        Heading(2, "First steps", "first-steps"),
        Paragraph(
            "On the Creds page set *Private Key File* to the JSON key of a service account, or *Emulator Host* to the "
            "address of an emulator. Pulse *Connect* on the Controls page and watch "
            f"`op.{component.shortcut}.op('status')`. "
            "If the state becomes error, `last_error` says what is wrong and what to do."
        ),
        Paragraph(
            "Pulse *Create* on the Callbacks page for a DAT with a stub of every callback. "
            f"`op.{component.shortcut}.GetLogs()` gives the newest log entries."
        ),
    ]


def _section(blocks: list[Block], title: str) -> list[Block]:
    """A page of the documentation as a part of this one: its title is said in the headings of its sections."""
    assert isinstance(blocks[0], Heading)
    prefix = "Page " if title == "Parameters" else ""
    return [
        Heading(2, prefix + block.text, block.anchor) if isinstance(block, Heading) and block.level == 2 else block
        for block in blocks[1:]
    ]


def _credits(root: Path) -> list[Block]:
    rows = tuple((code(name), version, licence) for name, version, licence in docs_credits.packages(root))
    rows += tuple((name, "", licence) for name, licence in docs_credits.parts(root))
    return [
        Heading(2, "Credits", "credits"),
        Paragraph("What the component stands on. Nothing of it is inside: it is installed once per project."),
        Table(("Part", "Version", "Licence"), rows),
    ]


def _block(block: Block) -> str:
    match block:
        case Heading(level, text, anchor):
            return f"<h{level}{f' id={chr(34)}{anchor}{chr(34)}' if anchor else ''}>{_inline(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{_inline(text)}</p>"
        case Code(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Items(texts):
            return "<ul>" + "".join(f"<li>{_inline(text)}</li>" for text in texts) + "</ul>"
        case Table(header, rows):
            lines = [_row("th", header), *(_row("td", row) for row in rows)]
            return "<div class=table><table>\n" + "\n".join(lines) + "\n</table></div>"
        case Picture():
            return ""


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{_inline(cell)}</{tag}>" for cell in cells) + "</tr>"


def _inline(text: str) -> str:
    def replace(found: re.Match[str]) -> str:
        escaped, verbatim, emphasis = found.groups()
        if verbatim:
            return f"<code>{escape(verbatim)}</code>"
        return f"<em>{emphasis}</em>" if emphasis else str(escaped)

    return _INLINE.sub(replace, text)
