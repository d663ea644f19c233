"""Strict reader of an expanded component: refuses whatever TouchDesigner might take otherwise than it was meant.

TouchDesigner and its packing tools swallow most mistakes without a word: a file missing from the index is ignored,
an unknown type becomes a base COMP, an unquoted space desynchronises the values behind it. So every rule of the
format that the writer follows is checked here, and at the end the files must equal, byte for byte, what the writer
makes of the tree that was read.
"""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import tox_writer
from tox_node import (
    MODE_HAS_BIND,
    MODE_HAS_EXPRESSION,
    MODES_BY_WORD,
    NUMBER_STYLES,
    OPERATOR_TYPES,
    STAMP_FILE,
    STYLE_NAMES,
    TABLE_HEADER,
    TEXT_HEADER,
    TEXT_STYLES,
    TOC_HEADER,
    WORD_BASE,
    WORD_ENABLE,
    WORD_HELP,
    WORD_STYLE,
    Node,
    ParDefinition,
    ParValue,
    ToxFormatError,
    parse_number,
    tokenize,
)
from tox_writer import Stamp

Part = TypeVar("Part")

SUFFIX_ORDER = ("n", "cparm", "parm", "text", "table")
STAMP_FORM = re.compile(
    r"version 099\nbuild (?P<build>\d{4}\.\d{5})\ntime (?P<time>\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\n"
    r"osname (?P<os_name>\w+)\nosversion (?P<os_version>[\d.]+)\n"
)
OPERATOR_FORM = re.compile(
    r"(?P<family>\w+):(?P<token>\w+)\ntile (?P<tile>-?\d+ -?\d+ \d+ \d+)\n"
    r"flags = (?P<flags>(?: \w+ \w+)*)\ncolor (?P<color>\S+ \S+ \S+) \nend\n"
)


def read_component(tox_dir: Path) -> Node:
    """Read `NAME.tox.dir` and the index beside it.

    Args:
        tox_dir: the folder `.../NAME.tox.dir`; `.../NAME.tox.toc` must stand beside it.

    Returns:
        The component with everything inside it.

    Raises:
        ToxFormatError: the files break a rule of the format; names the file, the line and the rule.
        OSError: a file cannot be read.
    """
    entries = _read_index(tox_writer.index_path(tox_dir))
    _check_disk(tox_dir, entries)
    files = {entry: (tox_dir / entry).read_bytes() for entry in entries}
    stamp = _read_stamp(files[STAMP_FILE])
    root = _read_tree(files)
    _check_spelling(files, tox_writer.component_files(root, stamp))
    return root


def _read_index(path: Path) -> list[str]:
    where = path.name
    if not path.is_file():
        raise ToxFormatError(where, "the index is missing")
    lines = _lines(where, path.read_bytes())
    if lines[:2] != [TOC_HEADER, STAMP_FILE]:
        raise ToxFormatError(where, f"must begin with the lines {TOC_HEADER!r} and {STAMP_FILE!r}, not {lines[:2]}")
    entries = lines[1:]
    seen: set[str] = {""}
    suffixes: dict[str, str] = {}
    for number, entry in enumerate(entries[1:], 3):
        stem, _, suffix = entry.rpartition(".")
        if not re.fullmatch(r"\w+(/\w+)*", stem, re.ASCII) or suffix not in SUFFIX_ORDER:
            raise ToxFormatError(f"{where}:{number}", f"{entry!r} is no file of an operator of a component")
        parent = stem.rpartition("/")[0]
        if parent not in seen:
            raise ToxFormatError(f"{where}:{number}", f"{entry} stands before its parent {parent}.n")
        if (suffix == "n") == (stem in seen):
            raise ToxFormatError(f"{where}:{number}", f"{entry} is listed twice, or before {stem}.n")
        if suffix != "n" and SUFFIX_ORDER.index(suffix) <= SUFFIX_ORDER.index(suffixes[stem]):
            raise ToxFormatError(
                f"{where}:{number}", f"{entry} must stand before .{suffixes[stem]}: the order is {SUFFIX_ORDER}"
            )
        seen.add(stem)
        suffixes[stem] = suffix
    roots = [stem for stem in seen if stem and "/" not in stem]
    if len(roots) != 1:
        raise ToxFormatError(where, f"a component has exactly one operator at the top, found {sorted(roots)}")
    return entries


def _check_disk(tox_dir: Path, entries: list[str]) -> None:
    found = {path.relative_to(tox_dir).as_posix() for path in tox_dir.rglob("*") if not path.is_dir()}
    listed = set(entries)
    if found != listed:
        raise ToxFormatError(
            tox_dir.name,
            f"index and folder differ: listed but not there {sorted(listed - found)}, "
            f"there but not listed {sorted(found - listed)}",
        )


def _read_stamp(body: bytes) -> Stamp:
    match = STAMP_FORM.fullmatch(_text(STAMP_FILE, body))
    if match is None:
        raise ToxFormatError(STAMP_FILE, "expected the five lines version 099, build, time, osname, osversion")
    return Stamp(**match.groupdict())


def _read_tree(files: dict[str, bytes]) -> Node:
    stems = [entry.removesuffix(".n") for entry in files if entry.endswith(".n")]

    def read(stem: str) -> Node:
        children = [read(other) for other in stems if other.rpartition("/")[0] == stem]
        return _read_node(stem, files, tuple(children))

    return read(next(stem for stem in stems if "/" not in stem))


def _read_node(stem: str, files: dict[str, bytes], children: tuple[Node, ...]) -> Node:
    operator = OPERATOR_FORM.fullmatch(_text(f"{stem}.n", files[f"{stem}.n"]))
    if operator is None:
        raise ToxFormatError(f"{stem}.n", "expected the five lines type, tile, flags, color and end")
    family, token = operator["family"], operator["token"]
    if (family, token) not in OPERATOR_TYPES:
        raise ToxFormatError(f"{stem}.n", f"{family}:{token} is not among the known operator types")
    if children and family != "COMP":
        raise ToxFormatError(f"{stem}.n", f"a {family} cannot hold operators, yet {children[0].name} lies in it")
    words = operator["flags"].split()
    x, y, width, height = map(int, operator["tile"].split())
    red, green, blue = (_number(f"{stem}.n", part) for part in operator["color"].split())
    pages, definitions = _read_part(f"{stem}.cparm", files, _read_definitions) or ((), ())
    values = _read_part(f"{stem}.parm", files, _read_values) or ()
    _check_values(f"{stem}.parm", values, definitions)
    return Node(
        name=stem.rpartition("/")[2],
        family=family,
        token=token,
        tile=(x, y, width, height),
        color=(red, green, blue),
        flags=dict(zip(words[::2], words[1::2], strict=True)),
        pages=pages,
        definitions=definitions,
        values=values,
        text=_read_part(f"{stem}.text", files, _read_text),
        table=_read_part(f"{stem}.table", files, _read_table),
        children=children,
    )


def _read_part(name: str, files: dict[str, bytes], read: Callable[[str, bytes], Part]) -> Part | None:
    body = files.get(name)
    return None if body is None else read(name, body)


def _read_definitions(where: str, body: bytes) -> tuple[tuple[str, ...], tuple[ParDefinition, ...]]:
    rows = _rows(where, body)
    if not rows:
        raise ToxFormatError(where, "the line with the pages is missing")
    line, tokens = rows[0]
    if tokens[0] != "pages" or tokens[1:2] != [str(len(tokens) - 2)]:
        raise ToxFormatError(line, "expected 'pages', their number and that many names")
    pages = tuple(tokens[2:])
    return pages, tuple(_read_definition(line, _Tokens(line, tokens), pages) for line, tokens in rows[1:])


class _Tokens:
    """The values of one line, taken from the left."""

    def __init__(self, where: str, tokens: list[str]) -> None:
        self.where = where
        self.rest = tokens

    def take(self, what: str) -> str:
        if not self.rest:
            raise ToxFormatError(self.where, f"the line ends before {what}")
        token, self.rest = self.rest[0], self.rest[1:]
        return token

    def number(self, what: str) -> float | int:
        return _number(self.where, self.take(what))

    def integer(self, what: str) -> int:
        value = self.number(what)
        if not isinstance(value, int):
            raise ToxFormatError(self.where, f"{what} must be a whole number, not {value}")
        return value

    def expect(self, *expected: str) -> None:
        for token in expected:
            found = self.take(repr(token))
            if found != token:
                raise ToxFormatError(self.where, f"expected {token!r}, found {found!r}")

    def clamp(self, what: str) -> bool:
        flag = self.take(what)
        if flag not in ("1", "3"):
            raise ToxFormatError(self.where, f"{what} must be 1 (free) or 3 (clamped), not {flag}")
        return flag == "3"


def _read_definition(where: str, tokens: _Tokens, pages: tuple[str, ...]) -> ParDefinition:
    word = tokens.integer("the type word")
    style = STYLE_NAMES.get(word & WORD_STYLE)
    if style is None or word & ~(WORD_STYLE | WORD_ENABLE | WORD_HELP) != WORD_BASE:
        raise ToxFormatError(where, f"the type word {word} has bits whose meaning is not proven")
    name, label = tokens.take("the name"), tokens.take("the label")
    tokens.expect("1")
    clamp_min = tokens.clamp("the lower clamp flag")
    minimum, norm_min = tokens.number("the minimum"), tokens.number("the lower slider end")
    clamp_max = tokens.clamp("the upper clamp flag")
    maximum, norm_max = tokens.number("the maximum"), tokens.number("the upper slider end")
    tokens.expect("2")
    number, text = tokens.number("the numeric default"), tokens.take("the text default")
    tokens.expect("")
    page = tokens.take("the page")
    if page not in pages:
        raise ToxFormatError(where, f"{name} stands on the page {page!r}, which is not among {pages}")
    menu: tuple[tuple[str, str], ...] = ()
    if style == "Menu":
        tokens.expect("4097")
        count = tokens.integer("the number of menu entries")
        menu = tuple((tokens.take("a menu name"), tokens.take("a menu label")) for _ in range(count))
    order = tokens.integer("the order")
    enable = tokens.take("the enable expression") if word & WORD_ENABLE else ""
    help_text = ""
    if word & WORD_HELP:
        tokens.expect("1")
        help_text = tokens.take("the help text")
    if tokens.rest:
        raise ToxFormatError(where, f"values that the type word does not announce: {tokens.rest}")
    return ParDefinition(
        name=name,
        label=label,
        style=style,
        page=page,
        order=order,
        default=_default(style, number, text),
        minimum=minimum,
        maximum=maximum,
        clamp_min=clamp_min,
        clamp_max=clamp_max,
        norm_min=norm_min,
        norm_max=norm_max,
        menu=menu,
        enable=enable,
        help=help_text,
    )


def _default(style: str, number: float, text: str) -> float | int | bool | str | None:
    if style == "Toggle":
        return bool(number)
    if style in NUMBER_STYLES:
        return number
    return text if style in TEXT_STYLES or style == "Menu" else None


def _read_values(where: str, body: bytes) -> tuple[ParValue, ...]:
    return tuple(_read_value(line, tokens) for line, tokens in _rows(where, body))


def _read_value(where: str, tokens: list[str]) -> ParValue:
    name, word, texts = tokens[0], _number(where, tokens[1] if len(tokens) > 1 else ""), tokens[2:]
    known = MODES_BY_WORD.get(int(word))
    if known is None:
        raise ToxFormatError(where, f"the mode word {word} is not among the proven ones {sorted(MODES_BY_WORD)}")
    count = 1 + bool(int(word) & MODE_HAS_EXPRESSION) + bool(int(word) & MODE_HAS_BIND)
    if len(texts) != count:
        raise ToxFormatError(where, f"the mode word {word} announces {count} values, the row has {len(texts)}")
    is_custom, mode = known
    value = ParValue(
        name,
        constant=texts[0],
        mode=mode,
        expression=texts[1] if mode == "expression" else None,
        bind=texts[1] if mode == "bind" else None,
    )
    if value.is_custom != is_custom:
        raise ToxFormatError(where, f"the mode word {word} does not fit the name {name}: custom names are capitalised")
    return value


def _check_values(where: str, values: tuple[ParValue, ...], definitions: tuple[ParDefinition, ...]) -> None:
    defined = {definition.name for definition in definitions}
    for value in values:
        if value.is_custom and value.name not in defined:
            raise ToxFormatError(where, f"a value is given for {value.name}, which no definition names")


def _read_text(where: str, body: bytes) -> str:
    head = len(TEXT_HEADER) + 4
    if len(body) < head or not body.startswith(TEXT_HEADER):
        raise ToxFormatError(where, "does not begin with the header of a text body")
    (length,) = struct.unpack(">I", body[len(TEXT_HEADER) : head])
    if length != len(body) - head:
        raise ToxFormatError(where, f"announces {length} bytes, holds {len(body) - head}")
    return _utf8(where, body[head:])


def _read_table(where: str, body: bytes) -> tuple[tuple[str, ...], ...]:
    start = len(TABLE_HEADER) + 16
    if len(body) < start or not body.startswith(TABLE_HEADER):
        raise ToxFormatError(where, "does not begin with the header of a table body")
    version, rows, columns, last = struct.unpack(">IIII", body[len(TABLE_HEADER) : start])
    if (version, last) != (1, 0) or not rows or not columns:
        raise ToxFormatError(where, f"header words are 1, rows, columns, 0, not {(version, rows, columns, last)}")
    cells: list[str] = []
    for _ in range(rows * columns):
        if len(body) < start + 8:
            raise ToxFormatError(where, f"ends after {len(cells)} of {rows * columns} cells")
        tag, length = struct.unpack(">II", body[start : start + 8])
        cell = body[start + 8 : start + 8 + length]
        if tag != 2 or len(cell) != length:
            raise ToxFormatError(where, f"cell {len(cells)} has tag {tag} (expected 2) or is cut off")
        cells.append(_utf8(where, cell))
        start += 8 + length
    if start != len(body):
        raise ToxFormatError(where, f"{len(body) - start} bytes stand behind the last cell")
    return tuple(tuple(cells[at : at + columns]) for at in range(0, len(cells), columns))


def _check_spelling(files: dict[str, bytes], expected: dict[str, bytes]) -> None:
    if list(files) != list(expected):
        raise ToxFormatError("index", "the files of each operator must be followed by its children's, depth first")
    for name, body in expected.items():
        if files[name] != body:
            raise ToxFormatError(name, "can be read, but is not spelled as the writer spells it")


def _rows(where: str, body: bytes) -> list[tuple[str, list[str]]]:
    """The lines between the two question marks, each with its place and its values."""
    lines = _lines(where, body)
    if len(lines) < 2 or lines[0] != "?" or lines[-1] != "?":
        raise ToxFormatError(where, "must begin and end with a line that holds one question mark")
    rows = []
    for number, line in enumerate(lines[1:-1], 2):
        try:
            rows.append((f"{where}:{number}", tokenize(line)))
        except ValueError as error:
            raise ToxFormatError(f"{where}:{number}", str(error)) from error
    return rows


def _lines(where: str, body: bytes) -> list[str]:
    text = _text(where, body)
    if not text.endswith("\n"):
        raise ToxFormatError(where, "the last line has no line end")
    return text[:-1].split("\n")


def _text(where: str, body: bytes) -> str:
    bad = next((byte for byte in body if byte != 10 and not 32 <= byte <= 126), None)
    if bad is not None:
        raise ToxFormatError(where, f"holds the byte {bad:#04x}; allowed are printable ASCII and LF")
    return body.decode("ascii")


def _utf8(where: str, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ToxFormatError(where, f"is not UTF-8: {error.reason} at byte {error.start}") from error


def _number(where: str, text: str) -> float | int:
    try:
        return parse_number(text)
    except ValueError as error:
        raise ToxFormatError(where, str(error)) from error
