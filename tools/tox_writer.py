"""Writes a component as `NAME.tox.toc` and `NAME.tox.dir/`, in the safest forms, byte for byte reproducible."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tox_node import (
    MODE_WORDS,
    NAME,
    NUMBER_STYLES,
    OPERATOR_TYPES,
    PARAMETER_NAME,
    STAMP_FILE,
    STYLES,
    TABLE_HEADER,
    TEXT_HEADER,
    TEXT_STYLES,
    TOC_HEADER,
    Node,
    ParDefinition,
    ParValue,
    ToxFormatError,
    number_text,
    quote,
)


@dataclass(frozen=True)
class Stamp:
    """What `.build` says: the TouchDesigner build a file pretends to come from.

    Attributes:
        build: the lowest supported build, never a newer one than the build that opens the file.
        time: a fixed time in the spelling of `ctime`, so that the same source gives the same bytes.
    """

    build: str
    time: str
    os_name: str = "Windows"
    os_version: str = "10"

    def render(self) -> bytes:
        """The bytes of `.build`."""
        lines = (
            "version 099",
            f"build {self.build}",
            f"time {self.time}",
            f"osname {self.os_name}",
            f"osversion {self.os_version}",
        )
        return _ascii(lines)


def component_files(root: Node, stamp: Stamp) -> dict[str, bytes]:
    """All files of an expanded component, keyed by their path relative to `NAME.tox.dir`, in index order.

    Raises:
        ToxFormatError: the component holds something that no safe form exists for.
    """
    files = {STAMP_FILE: stamp.render()}
    for path, node in root.walk():
        _check_siblings(path, node)
        for suffix, body in _node_files(path, node):
            files[f"{path}.{suffix}"] = body
    return files


def index_file(files: dict[str, bytes]) -> bytes:
    """The bytes of `NAME.tox.toc`: every file, parents before children, definitions before values."""
    return _ascii((TOC_HEADER, *files))


def write_component(root: Node, tox_dir: Path, stamp: Stamp) -> None:
    """Write an expanded component into a folder that does not exist yet, and its index beside it.

    Args:
        tox_dir: `.../NAME.tox.dir`; the index becomes `.../NAME.tox.toc`.
    """
    files = component_files(root, stamp)
    tox_dir.mkdir(parents=True)
    for name, body in files.items():
        target = tox_dir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    index_path(tox_dir).write_bytes(index_file(files))


def index_path(tox_dir: Path) -> Path:
    """The index that belongs to `NAME.tox.dir`."""
    return tox_dir.with_suffix(".toc")


def _node_files(path: str, node: Node) -> Iterator[tuple[str, bytes]]:
    yield "n", _operator(path, node)
    if node.definitions or node.pages:
        yield "cparm", _definitions(path, node)
    if node.values:
        yield "parm", _values(path, node)
    if node.text:
        yield "text", _text_body(node.text)
    if node.table is not None:
        yield "table", _table_body(path, node.table)


def _operator(path: str, node: Node) -> bytes:
    where = f"{path}.n"
    if (node.family, node.token) not in OPERATOR_TYPES:
        raise ToxFormatError(where, f"{node.family}:{node.token} is not among the known operator types")
    if node.children and node.family != "COMP":
        raise ToxFormatError(where, "only a COMP can hold operators")
    flags = " ".join(f"{name} {value}" for name, value in node.flags.items())
    return _ascii(
        (
            f"{node.family}:{node.token}",
            "tile " + " ".join(str(part) for part in node.tile),
            f"flags =  {flags}" if flags else "flags = ",
            "color " + " ".join(number_text(part) for part in node.color) + " ",  # real files end so
            "end",
        )
    )


def _definitions(path: str, node: Node) -> bytes:
    where = f"{path}.cparm"
    names = [definition.name for definition in node.definitions]
    if len(set(names)) < len(names):
        raise ToxFormatError(where, f"a parameter is defined twice: {sorted(names)}")
    lines = ["?", " ".join(["pages", str(len(node.pages)), *map(quote, node.pages)])]
    for page in node.pages:
        on_page = [definition for definition in node.definitions if definition.page == page]
        lines += (_definition(where, definition) for definition in sorted(on_page, key=lambda d: d.order))
    if len(lines) - 2 != len(node.definitions):
        raise ToxFormatError(where, "a parameter stands on a page that the list of pages lacks")
    return _ascii((*lines, "?"))


def _definition(where: str, definition: ParDefinition) -> str:
    name = definition.name
    if not PARAMETER_NAME.fullmatch(name):
        raise ToxFormatError(where, f"{name!r} is no legal parameter name (capital, then lower case and digits)")
    if definition.style not in STYLES:
        raise ToxFormatError(where, f"{name}: no proven form is known for style {definition.style}")
    number: float = 0
    text = ""
    if definition.style in NUMBER_STYLES:
        if not isinstance(definition.default, int | float):
            raise ToxFormatError(where, f"{name}: a {definition.style} needs a number as default")
        number = definition.default
    elif definition.style in TEXT_STYLES:
        text = str(definition.default or "")
    elif definition.style == "Menu":
        if not definition.menu or definition.default != definition.menu[0][0]:
            raise ToxFormatError(where, f"{name}: the default of a menu must be its first entry")
        text = definition.menu[0][0]
    try:
        return " ".join(_definition_tokens(definition, number, text))
    except ValueError as error:
        raise ToxFormatError(where, f"{name}: {error}") from error


def _definition_tokens(definition: ParDefinition, number: float, text: str) -> Iterator[str]:
    yield from (str(definition.word), definition.name, quote(definition.label))
    yield from ("1", "3" if definition.clamp_min else "1")
    yield from (number_text(definition.minimum), number_text(definition.norm_min))
    yield "3" if definition.clamp_max else "1"
    yield from (number_text(definition.maximum), number_text(definition.norm_max))
    yield from ("2", number_text(number), quote(text), quote(""), quote(definition.page))
    if definition.menu:
        yield from ("4097", str(len(definition.menu)))
        for entry in definition.menu:
            yield from map(quote, entry)
    yield str(definition.order)
    if definition.enable:
        yield quote(definition.enable)
    if definition.help:
        yield from ("1", quote(definition.help))


def _values(path: str, node: Node) -> bytes:
    where = f"{path}.parm"
    styles = {definition.name: definition.style for definition in node.definitions}
    names = [value.name for value in node.values]
    if len(set(names)) < len(names):
        raise ToxFormatError(where, f"a parameter has two rows: {sorted(names)}")
    lines = ["?"]
    for value in node.values:
        if value.is_custom and styles.get(value.name) not in NUMBER_STYLES:
            raise ToxFormatError(where, f"{value.name}: only numbers and toggles may differ from their default")
        lines.append(_value(where, value))
    return _ascii((*lines, "?"))


def _value(where: str, value: ParValue) -> str:
    word = MODE_WORDS.get((value.is_custom, value.mode))
    given = {"constant": (False, False), "expression": (True, False), "bind": (False, True)}[value.mode]
    if word is None or given != (value.expression is not None, value.bind is not None):
        raise ToxFormatError(where, f"{value.name}: no safe form for this mode and these texts")
    texts = [text for text in (value.constant, value.expression, value.bind) if text is not None]
    try:
        return " ".join([value.name, str(word), *map(quote, texts)])
    except ValueError as error:
        raise ToxFormatError(where, f"{value.name}: {error}") from error


def _text_body(text: str) -> bytes:
    body = text.encode()
    return TEXT_HEADER + struct.pack(">I", len(body)) + body


def _table_body(path: str, table: tuple[tuple[str, ...], ...]) -> bytes:
    columns = len(table[0]) if table else 0
    if not columns or any(len(row) != columns for row in table):
        raise ToxFormatError(f"{path}.table", "rows must have one and the same length, at least one cell")
    cells = (cell.encode() for row in table for cell in row)
    framed = (struct.pack(">II", 2, len(cell)) + cell for cell in cells)
    return TABLE_HEADER + struct.pack(">IIII", 1, len(table), columns, 0) + b"".join(framed)


def _check_siblings(path: str, node: Node) -> None:
    if not NAME.fullmatch(node.name):
        raise ToxFormatError(f"{path}.n", f"{node.name!r} is no safe operator name (letters, digits, underscore)")
    names = [child.name.lower() for child in node.children]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ToxFormatError(path, f"operators whose names differ in nothing but case collide on disk: {doubled}")


def _ascii(lines: tuple[str, ...]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii")
