"""TouchDesigner's name patterns: `* ? [abc] [1-5] ^not`, blank or comma for "or". Thread: any.

Source: docs.derivative.ca/Pattern_Matching (API sheet 1.2).
"""

import re
from collections.abc import Callable
from functools import lru_cache

_SPECIAL = frozenset("*?[]^ ,\t\n")


def is_plain(text: str) -> bool:
    """Whether `text` is one literal name."""
    return _SPECIAL.isdisjoint(text)


def words(text: str) -> list[str]:
    """The alternatives of a pattern."""
    return [word for word in re.split(r"[\s,]+", text) if word]


@lru_cache(maxsize=2048)
def matcher(pattern: str, case_sensitive: bool = True) -> Callable[[str], bool]:
    """A predicate for names: any of the alternatives, and none of the `^` ones."""
    wanted = [_regex(word, case_sensitive) for word in words(pattern) if not word.startswith("^")]
    refused = [_regex(word[1:], case_sensitive) for word in words(pattern) if word.startswith("^")]

    def matches(name: str) -> bool:
        if any(regex.fullmatch(name) for regex in refused):
            return False
        return any(regex.fullmatch(name) for regex in wanted) or (bool(refused) and not wanted)

    return matches


def _regex(word: str, case_sensitive: bool) -> re.Pattern[str]:
    out: list[str] = []
    position = 0
    while position < len(word):
        char = word[position]
        close = word.find("]", position + 1) if char == "[" else -1
        if char == "*":
            out.append(".*")
        elif char == "?":
            out.append(".")
        elif close > position + 1:
            inside = word[position + 1 : close].replace("\\", r"\\").replace("^", r"\^")
            out.append(f"[{inside}]")
            position = close
        else:
            out.append(re.escape(char))
        position += 1
    flags = re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE
    try:
        return re.compile("".join(out), flags)
    except re.error:
        return re.compile(re.escape(word), flags)
