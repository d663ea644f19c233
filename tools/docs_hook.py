"""Adds to the documentation, while MkDocs builds it, what is generated: reference pages, pictures, messages.

Nothing of this is committed, so it cannot differ from the components. MkDocs runs this file (`hooks` in mkdocs.yml).
A folder in the navigation stands for all its pages, so a new page needs no entry there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

import component_model
import docs_credits
import docs_markdown
import docs_messages
import docs_pages
import layout
import network_picture
import parameter_picture
from docs_blocks import Heading, Paragraph, Table, code

#: Pages of a folder that come first, in this order; the others follow by name.
FIRST = (
    "index", "guide", "sync-and-filtering", "offline", "types",
    "parameters", "methods", "callbacks", "guarantees", "troubleshooting",
    "photo-booth", "live-dashboard", "remote-control", "content-distribution", "offline-first", "seed-from-table",
    "chop-scores", "moderated-wall", "project-backup", "two-databases", "from-firebase-admin",
)  # fmt: skip
#: What a reload of `mkdocs serve` depends on beside the pages.
WATCHED = (layout.SRC, layout.TOOLS, layout.ROOT / "CHANGELOG.md")


def generated() -> Iterator[tuple[str, str]]:
    """Path below docs/ and text of everything that is generated."""
    for name in component_model.names():
        component = component_model.load(name)
        pages = {"parameters": docs_pages.parameters(component), "methods": docs_pages.interface(component)}
        for page, blocks in pages.items():
            path = f"{name}/{page}.md"
            yield path, docs_markdown.render(blocks, path)
        yield docs_pages.network_picture(component), network_picture.network_svg(component)
        for shown in component.pages:
            yield docs_pages.page_picture(component, shown), parameter_picture.page_svg(component, shown)
    yield "messages.md", docs_markdown.render(docs_pages.messages(docs_messages.topics()), "messages.md")
    yield "credits.md", docs_markdown.render(_credits(), "credits.md")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the pages of a folder where the navigation names the folder."""
    pages = {path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*.md")}
    pages |= {path for path, _ in generated() if path.endswith(".md")}
    config.nav = [entry for entry in (_expand(entry, pages) for entry in config.nav or []) if entry]
    config.watch.extend(str(path) for path in WATCHED)
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds the generated files."""
    for path, text in generated():
        if files.get_file_from_path(path) is not None:
            raise PluginError(f"docs/{path} is generated (tools/docs_hook.py); remove the file that has its place.")
        files.append(File.generated(config, path, content=text))
    return files


def _expand(entry: Any, pages: set[str]) -> Any:
    if not isinstance(entry, dict):
        return entry
    expanded = {title: _folder(to, pages) if str(to).endswith("/") else to for title, to in entry.items()}
    return {title: to for title, to in expanded.items() if to}


def _folder(folder: str, pages: set[str]) -> list[str]:
    inside = [page for page in pages if page.startswith(folder)]

    def rank(page: str) -> tuple[int, str]:
        stem = page.removeprefix(folder).removesuffix(".md")
        return (FIRST.index(stem) if stem in FIRST else len(FIRST), page)

    return sorted(inside, key=rank)


def _credits() -> list[Any]:
    rows = [(code(name), version, licence) for name, version, licence in docs_credits.packages()]
    rows += [(name, "", licence) for name, licence in docs_credits.parts()]
    return [
        Heading(1, "Credits"),
        Paragraph(
            "td-gcp is under the MIT licence. "
            "What the components stand on is no part of them: it is installed once per project, in these versions."
        ),
        Table(("Part", "Version", "Licence"), tuple(rows)),
    ]
