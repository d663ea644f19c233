"""What to listen to: read as a script writes it, refused in words."""

import json
import math
from typing import Any

import pytest

import tdg_core_firestore_watch_spec as specs
from tdg_core_errors import CloudError
from tdg_core_firestore_watch_spec import Spec


def test_a_collection_a_document_a_query() -> None:
    assert specs.collection("/users/") == Spec("users")
    assert specs.document("users/u1") == Spec("users", "u1")
    assert specs.query("users") == Spec("users")
    assert specs.collection("users").whole
    assert not specs.document("users/u1").whole
    assert not specs.query("users", limit=3).whole


@pytest.mark.parametrize(
    ("where", "conditions"),
    [
        (("age", ">=", 18), (("age", "GREATER_THAN_OR_EQUAL", 18),)),
        ([("age", "<", 5), ["a.b", "==", None]], (("age", "LESS_THAN", 5), ("a.b", "IS_NULL", None))),
        ([("x", "!=", math.nan)], (("x", "IS_NOT_NAN", None),)),
        ([("tags", "array_contains_any", ["a"])], (("tags", "ARRAY_CONTAINS_ANY", ["a"]),)),
        ([("tags", "not-in", ("a", "b"))], (("tags", "NOT_IN", ["a", "b"]),)),
        ([("my-field", "==", b"x")], (("`my-field`", "EQUAL", {"__type": "bytes", "value": "eA=="}),)),
        (
            [("__name__", ">", "u1")],
            (("__name__", "GREATER_THAN", {"__type": "reference", "value": "users/u1"}),),
        ),
        (None, ()),
        ([], ()),
    ],
)
def test_conditions_are_read_as_the_clients_write_them(where: Any, conditions: tuple[Any, ...]) -> None:
    assert specs.query("users", where=where).where == conditions


@pytest.mark.parametrize(
    ("order_by", "orders"),
    [
        ("age", (("age", "ASCENDING"),)),
        ("-age", (("age", "DESCENDING"),)),
        (("age", "desc"), (("age", "DESCENDING"),)),
        (["age", "name"], (("age", "ASCENDING"), ("name", "ASCENDING"))),
        (
            [("age", "DESCENDING"), "-name", "__name__"],
            (("age", "DESCENDING"), ("name", "DESCENDING"), ("__name__", "ASCENDING")),
        ),
    ],
)
def test_orders_are_read_as_people_write_them(order_by: Any, orders: tuple[Any, ...]) -> None:
    assert specs.query("users", order_by=order_by).order_by == orders


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"where": "age"}, "(field, operator, value)"),
        ({"where": [("age", "~", 1)]}, "no operator"),
        ({"where": [("age", "in", 1)]}, "takes a list"),
        ({"where": [("a..b", "==", 1)]}, "empty name"),
        ({"where": [(1, "==", 1)]}, "no text"),
        ({"where": [("a", "==", object())]}, "Firestore"),
        ({"where": 5}, "is a list"),
        ({"order_by": [("a", "up")]}, "neither asc nor desc"),
        ({"order_by": [5]}, "order_by"),
        ({"limit": 0}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": "3"}, "limit"),
    ],
)
def test_a_wrong_query_is_refused_in_words(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(CloudError) as caught:
        specs.query("users", **arguments)
    assert words in caught.value.message


def test_wrong_paths_are_refused() -> None:
    for make, path in ((specs.collection, "users/u1"), (specs.document, "users"), (specs.query, "")):
        with pytest.raises(CloudError, match="Cannot listen"):
            make(path)


def test_a_spec_survives_the_way_through_json() -> None:
    spec = specs.query("users", [("a", "in", [1, 2.0, None])], "-a", 5)
    assert Spec.from_plain(json.loads(json.dumps(spec.as_plain()))) == spec
