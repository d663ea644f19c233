"""Filters: what is let in, and an edit of a filtered payload that can't delete what it doesn't show."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdg_core_firestore_filters import Filters, patch_of

FIELDS = {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("names", "mode", "admitted"),
    [([], "include", "xyz"), (["x"], "include", "x"), (["x"], "exclude", "yz"), ([], "exclude", "xyz")],
)
def test_documents_are_let_in_by_id(names: list[str], mode: str, admitted: str) -> None:
    filters = Filters.of(names, mode, [], "exclude")
    assert "".join(filter(filters.admits, "xyz")) == admitted


@pytest.mark.parametrize(
    ("names", "mode", "shown"),
    [([], "exclude", "abc"), (["a"], "exclude", "bc"), (["a"], "include", "a"), ([], "include", "abc")],
)
def test_fields_are_let_in_by_name(names: list[str], mode: str, shown: str) -> None:
    filters = Filters.of([], "include", names, mode)
    assert "".join(filters.shown(FIELDS)) == shown
    assert filters.hides_fields == bool(names)


def test_the_fingerprint_tells_filters_apart_that_show_different_rows() -> None:
    different = [
        Filters(),
        Filters.of(["a"], "include", [], "exclude"),
        Filters.of(["a"], "exclude", [], "exclude"),
        Filters.of([], "include", ["a"], "exclude"),
        Filters.of([], "include", ["a"], "include"),
        Filters.of(["a", "b"], "include", [], "exclude"),
        Filters.of(["a b"], "include", [], "exclude"),
    ]
    assert len({filters.fingerprint for filters in different}) == len(different)
    assert Filters.of([], "exclude", [], "include").fingerprint == Filters().fingerprint
    assert Filters.of(["b", "a"], "include", [], "x").fingerprint == different[5].fingerprint


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, -0.0, 1.0]), st.text(max_size=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=5,
)
PAYLOADS = st.dictionaries(st.sampled_from("abcd"), VALUES)


@given(PAYLOADS, PAYLOADS)
def test_a_patch_makes_of_what_was_shown_what_was_edited(shown: dict[str, Any], edited: dict[str, Any]) -> None:
    changed, removed = patch_of(shown, edited)
    result = {name: value for name, value in shown.items() if name not in removed} | changed
    assert repr(sorted(result.items())) == repr(sorted(edited.items()))


def test_a_patch_holds_only_what_differs_and_knows_kinds_apart() -> None:
    assert patch_of({"a": 1, "b": {"x": [1]}, "c": 3}, {"a": 1.0, "b": {"x": [1]}, "d": 4}) == (
        {"a": 1.0, "d": 4},
        ["c"],
    )
    assert patch_of({"a": 1}, {"a": True}) == ({"a": True}, [])
    assert repr(patch_of({"a": 0.0}, {"a": -0.0})) == "({'a': -0.0}, [])"
