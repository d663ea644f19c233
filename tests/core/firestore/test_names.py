"""Names: what is legal, what is told about what is not, and operator names that never clash."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tdg_core_firestore_names as names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("  users  posts\tusers\n", ["users", "posts"]),
        ("users/u1/items", ["users/u1/items"]),
        ('"my docs" x', ["my docs", "x"]),
        ('"with ""quotes"""', ['with "quotes"']),
        ('half" open', ['half"', "open"]),
    ],
)
def test_names_in_a_parameter_are_split_at_blanks(text: str, found: list[str]) -> None:
    assert names.split_names(text) == found


@pytest.mark.parametrize("text", ["a", "ä ö/".strip("/"), "a.b", "__id7__", "x" * 1500, "__a", "~*[]`"])
def test_legal_ids(text: str) -> None:
    assert names.problem_of_id(text) == ""


@pytest.mark.parametrize("text", ["", "a/b", ".", "..", "__a__", "____", "x" * 1501, "ä" * 751, "\ud800", None, 5])
def test_illegal_ids_are_told(text: object) -> None:
    assert names.problem_of_id(text)


def test_collections_have_an_odd_number_of_parts_and_documents_an_even_one() -> None:
    assert not names.problem_of_collection("users")
    assert not names.problem_of_collection("users/u1/items")
    assert not names.problem_of_document("users/u1")
    assert "odd number" in names.problem_of_collection("users/u1")
    assert "even number" in names.problem_of_document("users")
    for path in ("", "users//x", "/users", None, "users/./items"):
        assert names.problem_of_collection(path)


def test_paths_and_resource_names() -> None:
    assert names.normal_path(" /users/u1/ ") == "users/u1"
    assert names.split_document("users/u1/items/i1") == ("users/u1/items", "i1")
    assert names.database_name("p", "") == "projects/p/databases/(default)"
    assert names.documents_root(names.database_name("p", "d")) == "projects/p/databases/d/documents/"


LEGAL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PATHS = st.text(min_size=1, max_size=100)


@given(st.lists(PATHS, unique=True, max_size=8))
def test_every_path_gets_a_legal_operator_name_of_its_own(paths: list[str]) -> None:
    used: list[str] = []
    for path in paths:
        name = names.operator_name(path, used)
        assert LEGAL.fullmatch(name)
        assert len(name) <= 90
        assert name.casefold() not in {other.casefold() for other in used}
        used.append(name)


def test_a_legal_path_keeps_its_name_and_others_read_alike() -> None:
    assert names.operator_name("users", []) == "users"
    assert names.operator_name("users/u1/items", []) == "users_u1_items"
    assert names.operator_name("2024", []) == "c_2024"
    assert names.operator_name("日本", []) == "c"


def test_clashing_paths_get_the_same_name_again_whatever_came_before() -> None:
    first = names.operator_name("a/b/c", ["A_b_c"])
    assert first.startswith("a_b_c_")
    assert names.operator_name("a/b/c", ["a_b_c", "other"]) == first
    assert names.operator_name("a/b/c", ["a_b_c", first]) != first
