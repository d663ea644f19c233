"""Names: collection paths, document ids, resource names, and names of operators.

Thread: any.

Limits from https://firebase.google.com/docs/firestore/quotas: an id has at most 1500 bytes, is not `.` or `..`, holds
no slash and is not `__...__`.
"""

import functools
import hashlib
import re
from collections.abc import Iterable

DEFAULT_DATABASE = "(default)"

_MAX_ID_BYTES = 1500
_RESERVED = re.compile(r"__.*__", re.DOTALL)
# What nearly every id looks like; it is asked for first, as every write is checked so.
_USUAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,499}")
# Ids that Datastore gave: https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents
_NUMERIC = re.compile(r"__id-?\d+__")

#: A longer operator name is hard to read and slow to type; the rest is told by the index table.
_MAX_OPERATOR = 60

_WORD = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)')


def split_names(text: str) -> list[str]:
    """The names in a space-separated parameter, each once, in order.

    A name with blanks in it stands in double quotes; a double quote inside those is doubled.
    """
    found = (quoted.replace('""', '"') or plain for quoted, plain in _WORD.findall(text))
    return list(dict.fromkeys(name for name in found if name))


def problem_of_id(text: object) -> str:
    """What makes this no document or collection id; empty when it is one."""
    if isinstance(text, str) and _USUAL.fullmatch(text):
        return ""
    if not isinstance(text, str) or not text:
        return "an id is a text that is not empty"
    if "/" in text:
        return f"the id {text!r} holds a slash"
    if text in {".", ".."}:
        return f"{text!r} is no id"
    if _RESERVED.fullmatch(text) and not _NUMERIC.fullmatch(text):
        return f"the id {text!r} is reserved: it begins and ends with two underscores"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return f"the id {text!r} is no valid Unicode text"
    return (
        f"the id {text[:40]!r}... has {size} bytes; at most {_MAX_ID_BYTES} are allowed" if size > _MAX_ID_BYTES else ""
    )


def normal_path(text: str) -> str:
    """A path as it is stored: without slashes at its ends."""
    return text.strip().strip("/")


def problem_of_collection(path: object) -> str:
    """What makes this no path of a collection (`users`, `users/u1/items`); empty when it is one."""
    return _problem_of_path(path, 1, "a collection has an odd number of parts, such as users or users/u1/items")


def problem_of_document(path: object) -> str:
    """What makes this no path of a document (`users/u1`); empty when it is one."""
    return _problem_of_path(path, 0, "a document has an even number of parts, such as users/u1")


def _problem_of_path(path: object, odd: int, rule: str) -> str:
    if not isinstance(path, str) or not path:
        return f"a path is a text that is not empty; {rule}"
    return _problem_of_parts(path, odd, rule)


@functools.lru_cache(maxsize=1000)
def _problem_of_parts(path: str, odd: int, rule: str) -> str:
    parts = path.split("/")
    problem = next(filter(None, map(problem_of_id, parts)), "")
    if problem:
        return f"the path {path!r} is wrong: {problem}"
    return "" if len(parts) % 2 == odd else f"the path {path!r} is wrong: {rule}"


def split_document(path: str) -> tuple[str, str]:
    """Collection path and document id of a document path."""
    collection, _, doc_id = path.rpartition("/")
    return collection, doc_id


def database_name(project_id: str, database_id: str) -> str:
    """Resource name of a database; an empty id means the default one."""
    return f"projects/{project_id}/databases/{database_id or DEFAULT_DATABASE}"


def documents_root(database: str) -> str:
    """What the resource name of every document of a database begins with, the slash included."""
    return f"{database}/documents/"


def operator_name(path: str, used: Iterable[str]) -> str:
    """A legal operator name for a collection path that is none of those in use, whatever their case.

    A path that is a legal name keeps it if it can. Others get one that reads alike, with digits of the path's hash
    behind it where two would clash, so that the same path mostly gets the same name again.
    """
    taken = {name.casefold() for name in used}
    name = legal_operator_name(path)
    digest = hashlib.sha256(path.encode()).hexdigest()
    length = 8
    while name.casefold() in taken:
        name = f"{legal_operator_name(path)[: _MAX_OPERATOR - 9]}_{digest[:length]}"
        length += 8
    return name


def legal_operator_name(text: str) -> str:
    """The text as an operator name: letters, digits and underscores, no digit in front."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text)[:_MAX_OPERATOR]
    return name if name[:1].isalpha() else f"c_{name.lstrip('_')}" if name.strip("_") else "c"
