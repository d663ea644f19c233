"""The installer script: readable, ASCII, complete, and the same from the same source."""

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import build
import installer
from component_fixture import make_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path)


@pytest.fixture
def script(root: Path) -> str:
    return build.make(root).files["install.py"].decode("ascii")


def data(script: str) -> dict[str, Any]:
    """The tables that the build filled in."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and isinstance(node.targets[0], ast.Name)
    }


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_stands_in_it_as_ascii_and_reads_back(text: str) -> None:
    written = installer.literal(text)
    assert written.isascii()
    assert ast.literal_eval(written) == text


def test_source_can_be_read_in_the_script(script: str) -> None:
    """Lines of the source are lines of the script."""
    for line in ("class DemoExt:", "        return tdg_core_demo.GREETING"):
        assert f"\n{line}\n" in script


def test_every_source_stands_in_it_once_and_unchanged(root: Path, script: str) -> None:
    tables = data(script)
    for source, text in tables["SOURCES"].items():
        assert text == (root / source).read_text(encoding="utf-8")
    used = {source for texts in tables["TEXTS"].values() for source in texts.values()}
    assert used == set(tables["SOURCES"])
    assert tables["TEXTS"]["demo"]["local/modules/tdg_core_words"] == "src/common/tdg_core_words.py"


def test_same_source_gives_the_same_script(script: str, tmp_path: Path) -> None:
    assert build.make(make_root(tmp_path / "elsewhere")).files["install.py"].decode("ascii") == script
