"""Makes `install.py`: one script that builds all components inside TouchDesigner, for those who have no packing tools.

The sources stand in it as readable texts, each once, ASCII only. Everything it does is in `installer_template.py` and
in the assembler, which it carries along like any other module.
"""

import ast
from collections.abc import Sequence
from pathlib import Path

import layout
from component_model import Component
from component_sources import Sources
from component_tree import MODULES_PATH, description_text

FILE_NAME = "install.py"
TEMPLATE = Path(__file__).with_name("installer_template.py")
DATA_BEGIN, DATA_END = "# <data>\n", "# </data>\n"


def generate(components: Sequence[tuple[Component, Sources]], root: Path = layout.ROOT) -> str:
    """The text of the installer for these components."""
    template = TEMPLATE.read_text(encoding="utf-8")
    head, rest = template.split(DATA_BEGIN)
    _, tail = rest.split(DATA_END)
    text = "".join((head, *_data(components, root), tail))
    ast.parse(text)
    return text


def _data(components: Sequence[tuple[Component, Sources]], root: Path) -> list[str]:
    sources: dict[str, str] = {}
    lines = ["DESCRIPTIONS = {\n"]
    for component, found in components:
        lines.append(f'    "{component.name}": {literal(description_text(component, found))},\n')
    lines.append("}\n\nTEXTS = {\n")
    for component, found in components:
        lines.append(f'    "{component.name}": {{\n')
        for path, key, text in _texts(component.name, found, root):
            sources[key] = text
            lines.append(f'        "{path}": "{key}",\n')
        lines.append("    },\n")
    lines.append("}\n\nSOURCES = {\n")
    lines += (f'    "{key}": {literal(sources[key])},\n' for key in sorted(sources))
    return [*lines, "}\n"]


def _texts(component: str, found: Sources, root: Path) -> list[tuple[str, str, str]]:
    """Operator path, source and text of every DAT that has one; what has no file is called `generated/...`."""
    paths = [(path, path, text) for path, text in found.texts.items()]
    paths += [(f"{MODULES_PATH}/{name}", name, text) for name, text in found.modules.items()]
    files = {key: file.relative_to(root).as_posix() for key, file in found.files.items()}
    return [(path, files.get(key, f"generated/{component}/{key}"), text) for path, key, text in paths]


def literal(text: str) -> str:
    """A text as a Python literal that reads like the text, in ASCII."""
    body = text.replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    body = "".join(char if char == "\n" or " " <= char <= "~" else _escape(char) for char in body)
    if body.endswith("'"):
        body = f"{body[:-1]}\\'"
    written = f"'''\\\n{body}'''"
    assert ast.literal_eval(written) == text
    return written


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
