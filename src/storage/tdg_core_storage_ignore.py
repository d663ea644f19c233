"""Which files a sync takes: include and exclude patterns as gitignore reads them.

Thread: any.

The rules are those of https://git-scm.com/docs/gitignore#_pattern_format, with patterns separated by blanks instead of
lines (a blank inside a pattern is written `\\ `).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

#: `[[:alpha:]]` and its like, over ASCII as in git.
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r" \t\n\r\f\v",
    "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip

_SPLIT = re.compile(r"(?:\\.|\S)+")

_SPECIAL = re.compile(r"([\\*?\[\]! ])")

#: Files of ours on their way to their place.
_OWN = ".tdg-"
_OWN_NAME = re.compile(r"(?:^|/)\.tdg-[^/]*\.part(?:/|$)")

#: What may stand between two folders for `/**/`.
_ANY_FOLDERS = "(?:.*/)?"


def split(text: str) -> list[str]:
    """The patterns in the text of a parameter."""
    return [match.group() for match in _SPLIT.finditer(text)]


def literal(folder: str) -> str:
    """The pattern for one folder and nothing else."""
    return "/" + _SPECIAL.sub(r"\\\1", folder) + "/"


class Patterns:
    """Patterns of which the last one that matches decides; one that begins with `!` takes back.

    Paths are relative, with slashes. A folder that matches takes everything below with it, and nothing below can be
    taken back.

    Args:
        patterns: In the order in which they were given. One that cannot be read matches nothing.
        ignore_case: As the file system does.
    """

    def __init__(self, patterns: Sequence[str], ignore_case: bool = False) -> None:
        flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
        rules = [rule for rule in map(_rule, patterns) if rule is not None]
        if all(rule.taken for rule in rules):  # the order does not matter: one expression for all
            rules = [_joined(rules, folders_only=True), _joined(rules, folders_only=False)]
        # The newest first: the first match decides.
        self._rules = [
            (re.compile(rule.source, flags).fullmatch, rule.taken, rule.folders_only)
            for rule in reversed(rules)
            if rule.source
        ]
        self._folders: dict[str, bool] = {"": False}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def match(self, path: str) -> bool:
        """Whether a file is meant, by itself or through a folder that it lies in."""
        return self.match_folder(path.rpartition("/")[0]) or self._last(path, is_folder=False)

    def match_folder(self, path: str) -> bool:
        """Whether a folder is meant, by itself or through one that it lies in."""
        known = self._folders.get(path)
        if known is None:
            known = self.match_folder(path.rpartition("/")[0]) or self._last(path, is_folder=True)
            self._folders[path] = known
        return known

    def _last(self, path: str, is_folder: bool) -> bool:
        for matches, taken, folders_only in self._rules:
            if (is_folder or not folders_only) and matches(path):
                return taken
        return False


class Filter:
    """What takes part: included, unless nothing is said about that, not excluded, and no partial file of ours."""

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = (), ignore_case: bool = False) -> None:
        self._include = Patterns(include, ignore_case)
        self._exclude = Patterns(exclude, ignore_case)

    def takes(self, path: str) -> bool:
        """Whether a file takes part."""
        if self._exclude and self._exclude.match(path):
            return False
        if _OWN in path and _OWN_NAME.search(path):
            return False
        return not self._include or self._include.match(path)

    def enters(self, folder: str) -> bool:
        """Whether anything below a folder can take part."""
        return not self._exclude.match_folder(folder)


class _Rule(NamedTuple):
    """One pattern: an expression, whether it takes or takes back, whether it means folders only."""

    source: str
    taken: bool
    folders_only: bool


def _joined(rules: Sequence[_Rule], folders_only: bool) -> _Rule:
    source = "|".join(f"(?:{rule.source})" for rule in rules if rule.folders_only == folders_only)
    return _Rule(source, True, folders_only)


def _rule(pattern: str) -> _Rule | None:
    taken = not pattern.startswith("!")
    pattern = pattern.removeprefix("!")
    folders_only = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    if not pattern:
        return None
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    source = _expression(pattern.removeprefix("/"))
    return None if source is None else _Rule(source, taken, folders_only)


def _expression(pattern: str) -> str | None:
    """A regular expression for a pattern that is relative to the root; None for one that matches nothing."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            end = at
            while end < len(pattern) and pattern[end] == "*":
                end += 1
            part, at = _stars(pattern, at, end)
        elif char == "?":
            part, at = "[^/]", at + 1
        elif char == "[":
            found = _bracket(pattern, at + 1)
            if found is None:
                return None
            part, at = found
        elif char == "\\":
            if at + 1 == len(pattern):
                return None
            part, at = re.escape(pattern[at + 1]), at + 2
        else:
            part, at = re.escape(char), at + 1
        parts.append(part)
    return "".join(parts)


def _stars(pattern: str, start: int, end: int) -> tuple[str, int]:
    """One or more stars: across folders only where several stand alone between slashes."""
    alone = end - start >= 2 and (start == 0 or pattern[start - 1] == "/")
    if alone and end == len(pattern):
        return ".+" if start else ".*", end
    if alone and pattern[end] == "/":
        return _ANY_FOLDERS, end + 1
    return "[^/]*", end


def _bracket(pattern: str, at: int) -> tuple[str, int] | None:
    """The set that begins behind `[`, and where it ends; None if it never does."""
    negated = pattern[at : at + 1] in {"!", "^"}
    at += negated
    first = at
    parts: list[str] = []
    while at < len(pattern) and (pattern[at] != "]" or at == first):
        if pattern.startswith("[:", at):
            end = pattern.find(":]", at)
            named = _CLASSES.get(pattern[at + 2 : end]) if end > 0 else None
            if named is None:
                return None
            parts.append(named)
            at = end + 2
            continue
        char, at = _member(pattern, at)
        parts.append(re.escape(char))
        if pattern.startswith("-", at) and at + 1 < len(pattern) and pattern[at + 1] != "]":
            last, at = _member(pattern, at + 1)
            if char <= last:  # of a range that runs backwards only the first character counts
                parts.append(f"{re.escape(char)}-{re.escape(last)}")
    if at >= len(pattern):
        return None
    return f"(?!/)[{'^' if negated else ''}{''.join(parts)}]", at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    """One character of a set, which a backslash takes as it is."""
    if pattern[at] == "\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at], at + 1
