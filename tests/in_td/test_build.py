"""The parts become one file: whole, the same from the same source, and free of what TouchDesigner does not have."""

import ast
import builtins
import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

import in_td_build
import layout

SOURCE = {
    "options": '"""What it is."""\n\n#: Yours.\nASK = False\n',
    "release": '"""Data."""\n\n# <data>\nRELEASE: dict[str, dict[str, Any]] = {}\n# </data>\n',
    "one": '"""One."""\n\nimport sys\n\nTEXT = """a\nb\n"""\n\n\ndef size():\n    return sys.getsizeof(TEXT)\n',
    "two": '"""Two."""\n\nfrom typing import Any\n\nimport builtins\nfrom in_td.one import size\n\n\n'
    "def start(path: Any) -> None:\n    builtins.found.append((path, size(), ASK))\n",
}


class Me:
    """The DAT, as far as the file needs it."""

    path = "/project1/selftest"

    def __init__(self, text: str) -> None:
        self.text = text


def test_joined_file_starts_itself_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as a script, whose own names are kept apart; the settings at its top hold."""
    found: list[Any] = []
    text = in_td_build.join(SOURCE, {"storage": {}})
    monkeypatch.setattr(builtins, "found", found, raising=False)
    exec(compile(text, "selftest", "exec"), {"me": Me(text)}, {})
    assert found == [("/project1/selftest", sys.getsizeof("a\nb\n"), False)]


def test_texts_over_several_lines_stay_as_they_are() -> None:
    text = in_td_build.join(SOURCE, {})
    assert '    TEXT = """a\nb\n"""\n' in text


@pytest.mark.parametrize(
    ("part", "body", "said"),
    [
        ("three", '"""Three."""\n\n\ndef size() -> None:\n    pass\n', "size stands in one.py and in three.py"),
        ("three", '"""Three."""\n\nfrom in_td.four import name\n', "name is not defined in four.py before three.py"),
        ("three", '"""Three."""\n\nfrom in_td.one import size as length\n', "import names as they are"),
    ],
)
def test_parts_that_cannot_be_joined_are_refused(part: str, body: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        in_td_build.join({**SOURCE, part: body}, {})


def test_every_part_is_joined() -> None:
    parts = {path.stem for path in in_td_build.FOLDER.glob("*.py")} - {"__init__"}
    assert set(in_td_build.PARTS) == parts


def test_it_needs_the_standard_library_and_touchdesigner_alone() -> None:
    text = (layout.TOX / in_td_build.FILE_NAME).read_text(encoding="ascii")
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    assert found <= {"td", *sys.stdlib_module_names}


def test_release_holds_a_fingerprint_of_every_text() -> None:
    """Line ends and the end of a text do not count: TouchDesigner may write them otherwise."""
    wanted = hashlib.sha256(b"a\nb").hexdigest()[:16]
    assert {in_td_build.fingerprint(text) for text in ("a\nb", "a\nb\n", "a\r\nb\r\n")} == {wanted}


def test_fingerprints_are_those_that_the_self_test_takes() -> None:
    """The rule is written twice: once for the build, once for TouchDesigner."""
    rule = "hashlib.sha256(text.replace("
    lines = [
        line.strip()
        for path in (Path(in_td_build.__file__), in_td_build.FOLDER / "check_described.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if rule in line
    ]
    assert len(lines) == 2
    assert len(set(lines)) == 1
