"""Include and exclude patterns mean what gitignore means by them."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import tdg_core_storage_ignore as ignore

#: pattern, what it takes, what it leaves.
CASES = [
    ("*.tmp", ["a.tmp", "d/b.tmp", ".tmp"], ["a.tmpx", "tmp"]),
    ("cache", ["cache", "cache/a", "d/cache", "d/cache/a"], ["cached", "d/cached"]),
    ("cache/", ["cache/a", "d/cache/a"], ["cache"]),
    ("/cache", ["cache", "cache/a"], ["d/cache"]),
    ("d/cache", ["d/cache", "d/cache/a"], ["e/d/cache"]),
    ("**/d/a", ["d/a", "e/d/a"], ["d/e/a"]),
    ("d/**", ["d/a", "d/e/a"], ["d", "e/d/a"]),
    ("d/**/a", ["d/a", "d/e/a", "d/e/f/a"], ["da"]),
    ("d/*", ["d/a", "d/e", "d/e/a"], ["d"]),
    ("?.txt", ["a.txt"], ["ab.txt", "/.txt"]),
    ("[a-c][!x].txt", ["ab.txt"], ["ax.txt", "db.txt"]),
    ("[[:digit:]]*", ["1a"], ["a1"]),
    (r"\*", ["*"], ["a"]),
    (r"\!a", ["!a"], ["a"]),
    ("[a", [], ["[a", "a"]),
    ("a\\", [], ["a", "a\\"]),
    ("ä*", ["äb"], ["ab"]),
]


@pytest.mark.parametrize(("pattern", "taken", "left"), CASES)
def test_patterns(pattern: str, taken: list[str], left: list[str]) -> None:
    patterns = ignore.Patterns([pattern])
    assert [path for path in taken + left if patterns.match(path)] == taken


def test_a_later_pattern_takes_back() -> None:
    patterns = ignore.Patterns(["*.log", "!keep.log", "keep.log", "!keep.log"])
    assert patterns.match("a.log")
    assert not patterns.match("d/keep.log")


def test_nothing_below_an_excluded_folder_is_taken_back() -> None:
    assert ignore.Patterns(["d/", "!d/a"]).match("d/a")


def test_case_counts_unless_the_file_system_ignores_it() -> None:
    assert not ignore.Patterns(["*.JPG"]).match("a.jpg")
    assert ignore.Patterns(["*.JPG"], ignore_case=True).match("a.jpg")


@pytest.mark.parametrize(
    ("text", "patterns"),
    [("", []), ("  *.a  /b ", ["*.a", "/b"]), (r"my\ file *.b", [r"my\ file", "*.b"]), ("a\n\tb", ["a", "b"])],
)
def test_patterns_are_separated_by_blanks(text: str, patterns: list[str]) -> None:
    assert ignore.split(text) == patterns


def test_a_blank_in_a_pattern_is_written_with_a_backslash() -> None:
    assert ignore.Patterns(ignore.split(r"my\ file")).match("my file")


def test_a_literal_path_matches_itself_alone() -> None:
    patterns = ignore.Patterns([ignore.literal("odd [name]*!")])
    assert patterns.match("odd [name]*!/a")
    assert not patterns.match("odd n")
    assert not patterns.match("d/odd [name]*!/a")


def test_everything_takes_part_unless_something_is_included() -> None:
    assert ignore.Filter().takes("any/file")
    chosen = ignore.Filter(include=["*.png", "/all/"], exclude=["draft*"])
    assert [chosen.takes(path) for path in ("a.png", "d/a.png", "all/x", "a.txt", "draft.png")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_excluded_folders_are_not_entered() -> None:
    chosen = ignore.Filter(include=["*.png"], exclude=["node_modules/", "*.tmp"])
    assert not chosen.enters("d/node_modules")
    assert chosen.enters("d")


def test_our_own_partial_files_never_take_part() -> None:
    """Not even if a pattern would take them back."""
    chosen = ignore.Filter(exclude=["!.tdg-*"])
    assert not chosen.takes("d/.tdg-0123.part")


_TOKENS = [
    "*", "**", "***", "?", "a", "b", "c", "/", "/", "[ab]", "[!a]", "[^/]", "[a-c]", "[c-a]", "[[:alpha:]]", "\\a",
    "\\*", "[]a]", "[a", "\\[", ".", "-", "[\\]]", "[a-]",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_agrees(tmp_path: Path) -> None:
    """Random patterns on random paths, judged by git itself."""
    chance = random.Random(1)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    def pattern() -> str:
        body = "a**"
        while re.search(r"[^/*]\*\*", body):  # git cuts what stands before it off, and then takes it for `**/`
            body = "".join(chance.choice(_TOKENS) for _ in range(chance.randint(1, 6)))
        return chance.choice(["", "", "", "!"]) + body + chance.choice(["", "", "", "/"])

    def path() -> str:
        parts = ("".join(chance.choice("abc.-*[]") for _ in range(chance.randint(1, 2))) for _ in range(4))
        return "/".join(part for part in list(parts)[: chance.randint(1, 4)])

    for _ in range(150):
        patterns = [pattern() for _ in range(chance.randint(1, 3))]
        ignore_case = chance.random() < 0.3
        paths = [p for p in {path() for _ in range(60)} if {".", ".."}.isdisjoint(p.split("/"))]
        (tmp_path / ".git" / "info" / "exclude").write_text("\n".join(patterns) + "\n", encoding="utf-8")
        answer = subprocess.run(
            ["git", "-c", f"core.ignorecase={str(ignore_case).lower()}", "check-ignore", "--no-index", "--stdin", "-z"],
            cwd=tmp_path,
            input="\0".join(paths) + "\0",
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        ours = ignore.Patterns(patterns, ignore_case)
        assert {p for p in paths if ours.match(p)} == set(answer.stdout.split("\0")) - {""}, patterns
