"""Field paths: `a.b` and, for names that are no identifiers, `` a.`b.c` ``.

Thread: any.

The grammar is that of https://firebase.google.com/docs/firestore/reference/rest/v1/DocumentMask.
"""

import re
from collections.abc import Sequence

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED = re.compile(r"`((?:\\.|[^`\\])+)`", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

FieldPath = tuple[str, ...]


def render(names: Sequence[str]) -> str:
    """The path as the server reads it; names that are no identifiers stand in backticks."""
    return ".".join(name if _SIMPLE.fullmatch(name) else _quoted(name) for name in names)


def parse(text: str) -> FieldPath:
    """The names in a path, as the keys of an update are written.

    Strict paths are read strictly. One without backticks may hold any other characters between its dots, as the
    Python client allows (`my-field.1st`).

    Raises:
        ValueError: A name is empty or a backtick has no partner.
    """
    if "`" not in text:
        names = tuple(text.split("."))
        if not all(names):
            raise ValueError(f"the field path {text!r} has an empty name")
        return names
    names = ()
    at = 0
    while True:
        match = _QUOTED.match(text, at) or _SIMPLE.match(text, at)
        if match is None:
            break
        names += (_ESCAPED.sub(r"\1", match[1]) if match.re is _QUOTED else match[0],)
        at = match.end()
        if at == len(text):
            return names
        if text[at] != ".":
            break
        at += 1
    raise ValueError(f"the field path {text!r} is not well-formed near character {at + 1}")


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
