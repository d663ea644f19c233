"""Field paths: what the server reads, and what a script may write."""

import pytest
from google.cloud.firestore_v1.field_path import FieldPath
from hypothesis import given
from hypothesis import strategies as st

from tdg_core_firestore_codec_path import parse, render

NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4)


@given(NAMES)
def test_any_names_survive(names: list[str]) -> None:
    assert parse(render(names)) == tuple(names)


@given(NAMES)
def test_paths_are_rendered_as_the_client_renders_them(names: list[str]) -> None:
    assert render(names) == FieldPath(*names).to_api_repr()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("`a.b`.c", ("a.b", "c")),
        (r"`a\`b`", ("a`b",)),
        ("my-field.1st", ("my-field", "1st")),
    ],
)
def test_paths_are_read(text: str, names: tuple[str, ...]) -> None:
    assert parse(text) == names


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "`a", "a.`b`c", "``", "`a`-b"])
def test_broken_paths_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="field path"):
        parse(text)
