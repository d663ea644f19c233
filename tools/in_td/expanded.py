"""Reads what `toeexpand` writes, as far as the open questions of the component file need it."""

import struct
from collections.abc import Iterator
from typing import Any

#: Files of an expanded component, by their path below NAME.tox.dir; the index is `.toc`.
Files = dict[str, bytes]

_STYLE_BITS = 0x1F


def words_of(line: str) -> list[str]:
    """The words of a line; in double quotes where they are empty or hold spaces."""
    words: list[str] = []
    word, quoted, begun, position = "", False, False, 0
    while position < len(line):
        char = line[position]
        if quoted and char == "\\" and line[position + 1 : position + 2] == '"':
            word += '"'
            position += 1
        elif char == '"' and (quoted or not begun):
            quoted, begun = not quoted, True
        elif char.isspace() and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + char, True
        position += 1
    return [*words, word] if begun else words


def lines_of(files: Files, path: str) -> list[str]:
    """The lines of a text file; none if it is not there."""
    return files.get(path, b"").decode("utf-8", "replace").splitlines()


def values_in(files: Files, path: str) -> dict[str, str]:
    """The rows of a `.parm` file, by parameter."""
    return {words_of(line)[0]: line for line in lines_of(files, path) if line.strip() not in ("", "?")}


def definitions_in(files: Files, path: str) -> dict[str, str]:
    """The lines of a `.cparm` file, by parameter."""
    lines = (line for line in lines_of(files, path) if line.strip() not in ("", "?") and not line.startswith("pages "))
    return {words_of(line)[1]: line for line in lines if len(words_of(line)) > 1}


def type_word(line: str) -> int:
    """The type word of a definition, without its sign."""
    return int(words_of(line)[0]) & 0xFFFFFFFF


def format_answers(files: Files, root: str) -> Iterator[tuple[str, Any]]:
    """What the expanded specimen says about the open questions of the format sheet, by their numbers there."""
    values, lines = values_in(files, f"{root}.parm"), definitions_in(files, f"{root}.cparm")
    styles = {name: type_word(line) & _STYLE_BITS for name, line in lines.items() if name.startswith("Style")}
    known = {name: hex(type_word(line)) for name, line in lines.items()}

    def node(name: str) -> list[str]:
        return lines_of(files, f"{root}/{name}.n")

    yield "1", _table_order(files.get(f"{root}/table.table", b""))
    yield "2", {name: row.split()[1] for name, row in values.items() if name[:1].isupper()}
    yield "3", values.get("Changed", "no row")
    yield "4", values.get("Chosen", "no row")
    yield "5", dict(sorted(styles.items(), key=lambda one: one[1]))
    yield "6", {name: lines[name] for name in ("Lower", "Upper", "Bothends") if name in lines}
    yield (
        "7",
        {
            "words": {name: known[name] for name in ("Plain", "Readonly", "Section") if name in known},
            "rows": {name: values[name] for name in ("Plain", "Readonly", "Section") if name in values},
        },
    )
    yield "8", sorted({words_of(line)[10] for name, line in lines.items() if name in ("Plain", "Readonly", "Helped")})
    yield "9", [row for name, row in values.items() if name.startswith("ext")]
    yield "11", values.get("ext0object", "no row")
    yield "12", {name: node(name)[:1] for name in ("datexec", "fifo", "parexec", "execute")}
    yield "13", {name: node(name)[:1] for name in ("movie", "list", "opviewer")}
    yield "14", {"first": node("annotate")[:1], "files": len([path for path in files if "/annotate" in path])}
    yield "15", values_in(files, f"{root}/parexec.parm").get("op", "no row")
    yield "16", values.get("Quoted", lines.get("Quoted", "no row"))
    yield "17", repr((values.get("Accented") or lines.get("Accented", "no row")).encode("utf-8"))
    yield "18", [line.split()[0] for line in node("text") if line.split()]
    yield "21", [line.split()[0] for line in node("docked") if line.split()]
    yield "22", [line for line in lines_of(files, ".build") if line.split()[:1] in (["version"], ["build"])]
    yield "23", [row for name, row in values.items() if name in ("nodeview", "opviewer", "pageindex")]
    yield "24", lines.get("Helped", "no line")
    yield "25", list(lines)
    yield "index", [line for line in lines_of(files, ".toc") if line.startswith((root + ".", f"{root}/docked", "#"))]


def _table_order(body: bytes) -> Any:
    """Which size comes first in a table of three rows and two columns."""
    head, _, rest = body.partition(b"*")
    if len(rest) < 16:
        return "no table"
    numbers = struct.unpack(">4I", rest[:16])
    return {(3, 2): "rows, columns", (2, 3): "columns, rows"}.get(
        numbers[1:3], [head.decode("ascii", "replace"), *numbers]
    )
