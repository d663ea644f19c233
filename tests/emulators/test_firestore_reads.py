"""Reads: documents, lists, queries, aggregations, collection ids."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
)
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.base_query import And, FieldFilter, Or
from google.cloud.firestore_v1.services.firestore import FirestoreClient


def ids(query: Any) -> list[str]:
    return [found.id for found in query.stream()]


@pytest.fixture
def fill(db: firestore.Client) -> Callable[..., firestore.CollectionReference]:
    """Fills collection 'c' with documents given as id=fields."""

    def fill(**documents: dict[str, Any]) -> firestore.CollectionReference:
        batch = db.batch()
        for doc_id, data in documents.items():
            batch.set(db.document(f"c/{doc_id}"), data)
        batch.commit()
        return db.collection("c")

    return fill


def test_single_documents(api: FirestoreClient, database: str) -> None:
    parent = f"{database}/documents"
    one = types.Value(integer_value=1)
    create = types.CreateDocumentRequest(
        parent=parent, collection_id="c", document_id="d", document=types.Document(fields={"a": one, "b": one})
    )
    made = api.create_document(create)
    assert (made.name, made.create_time) == (f"{parent}/c/d", made.update_time)
    with pytest.raises(AlreadyExists):
        api.create_document(create)
    named = api.create_document(types.CreateDocumentRequest(parent=parent, collection_id="c"))
    assert len(named.name.rpartition("/")[2]) == 20

    mask = types.DocumentMask(field_paths=["a"])
    seen = api.get_document(types.GetDocumentRequest(name=made.name, mask=mask))
    assert list(seen.fields) == ["a"]
    changed = api.update_document(
        types.UpdateDocumentRequest(
            document=types.Document(name=made.name, fields={"b": types.Value(integer_value=2)}),
            update_mask=types.DocumentMask(field_paths=["b"]),
        )
    )
    assert {key: value.integer_value for key, value in changed.fields.items()} == {"a": 1, "b": 2}
    stale = types.Precondition(update_time=made.update_time)
    with pytest.raises(FailedPrecondition):
        api.delete_document(types.DeleteDocumentRequest(name=made.name, current_document=stale))
    api.delete_document(types.DeleteDocumentRequest(name=made.name))
    with pytest.raises(NotFound):
        api.get_document(types.GetDocumentRequest(name=made.name))


def test_many_documents_at_once(db: firestore.Client, fill: Any) -> None:
    fill(a={"x": 1, "y": {"z": 2, "w": 3}}, b={"x": 2})
    found = list(db.get_all([db.document("c/a"), db.document("c/none"), db.document("c/b")], field_paths=["x", "y.z"]))
    assert {snapshot.id: snapshot.to_dict() for snapshot in found} == {
        "a": {"x": 1, "y": {"z": 2}},
        "none": None,
        "b": {"x": 2},
    }


def test_lists_come_in_pages_and_show_missing_parents(
    db: firestore.Client, api: FirestoreClient, database: str
) -> None:
    for path in ("c/a", "c/b", "c/gone/sub/x", "c/d"):
        db.document(path).set({"n": 1})
    assert [reference.id for reference in db.collection("c").list_documents(page_size=2)] == ["a", "b", "d", "gone"]
    request = types.ListDocumentsRequest(parent=f"{database}/documents", collection_id="c", page_size=2)
    pages = [
        [document.name.rpartition("/")[2] for document in page.documents] for page in api.list_documents(request).pages
    ]
    assert pages == [["a", "b"], ["d"]]


def test_collection_ids_come_in_pages(db: firestore.Client, api: FirestoreClient, database: str) -> None:
    for path in ("z/1", "a/1", "m/gone/deep/1", "deleted/1"):
        db.document(path).set({})
    db.document("deleted/1").delete()
    request = types.ListCollectionIdsRequest(parent=f"{database}/documents", page_size=2)
    assert [list(page.collection_ids) for page in api.list_collection_ids(request).pages] == [["a", "m"], ["z"]]
    assert [found.id for found in db.document("m/gone").collections()] == ["deep"]
    assert list(db.document("none/none").collections()) == []


@pytest.mark.parametrize(
    ("operator", "operand", "expected"),
    [
        ("==", 2, ["float", "two"]),
        ("!=", 2, ["list", "nan", "one", "text", "yes"]),
        ("<", 2, ["one"]),
        ("<=", 2, ["float", "one", "two"]),
        (">", 1, ["float", "two"]),
        (">=", "a", ["text"]),
        ("in", [1, "b", True], ["one", "text", "yes"]),
        ("not-in", [1, 2], ["list", "nan", "text", "yes"]),
        ("array_contains", 2, ["list"]),
        ("array_contains_any", [7, 2.0], ["list"]),
        ("==", None, ["null"]),
        ("!=", None, ["float", "list", "nan", "one", "text", "two", "yes"]),
        ("==", math.nan, ["nan"]),
        ("!=", math.nan, ["float", "list", "one", "text", "two", "yes"]),
    ],
)
def test_operators(fill: Any, operator: str, operand: Any, expected: list[str]) -> None:
    documents = {
        "one": 1,
        "two": 2,
        "float": 2.0,
        "text": "b",
        "yes": True,
        "null": None,
        "nan": math.nan,
        "list": [1, 2],
    }
    collection = fill(without={"other": 1}, **{doc_id: {"v": value} for doc_id, value in documents.items()})
    assert sorted(ids(collection.where(filter=FieldFilter("v", operator, operand)))) == expected


def test_filters_combine(fill: Any) -> None:
    collection = fill(**{f"{a}{b}": {"a": a, "m": {"b": b}} for a in range(3) for b in range(3)})
    either = Or([FieldFilter("a", "==", 0), And([FieldFilter("a", "==", 2), FieldFilter("m.b", ">", 0)])])
    assert ids(collection.where(filter=either)) == ["00", "01", "21", "02", "22"]  # by the field of the inequality
    both = collection.where(filter=FieldFilter("a", ">=", 1)).where(filter=FieldFilter("m.b", "<", 1))
    assert ids(both) == ["10", "20"]


def test_values_of_all_types_have_an_order(fill: Any, db: firestore.Client) -> None:
    in_order = [
        None,
        False,
        True,
        math.nan,
        -math.inf,
        -1,
        0.5,
        2**53,
        2**53 + 1,
        math.inf,
        "",
        "a",
        "\uffee",
        "🎉",
        b"\x00",
        b"\x00\x01",
        db.document("c/a"),
        db.document("c/a/b/c"),
        db.document("c/a!"),
        firestore.GeoPoint(-1, 5),
        firestore.GeoPoint(0, -5),
        [],
        [1],
        [1, 0],
        [2],
        {},
        {"a": 1},
        {"a": 1, "b": 0},
        {"a": 2},
        {"b": 0},
    ]
    collection = fill(**{f"{len(in_order) - i:02}": {"v": value} for i, value in enumerate(in_order)})
    expected = [f"{len(in_order) - i:02}" for i in range(len(in_order))]
    assert ids(collection.order_by("v")) == expected
    assert ids(collection.order_by("v", direction="DESCENDING")) == expected[::-1]


def test_order_limit_offset_cursors(fill: Any) -> None:
    collection = fill(a={"x": 2, "y": 1}, b={"x": 1, "y": 1}, c={"x": 2, "y": 0}, d={"x": 3}, e={"y": 9})
    ordered = collection.order_by("x", direction="DESCENDING")
    assert ids(ordered) == ["d", "c", "a", "b"]
    assert ids(collection.order_by("x").order_by("y")) == ["b", "c", "a"]
    assert ids(ordered.limit(2)) == ["d", "c"]
    assert ids(ordered.offset(1).limit(2)) == ["c", "a"]
    assert ids(ordered.start_at({"x": 2})) == ["c", "a", "b"]
    assert ids(ordered.start_after({"x": 2})) == ["b"]
    assert ids(ordered.end_before({"x": 2})) == ["d"]
    assert ids(ordered.end_at({"x": 2})) == ["d", "c", "a"]
    assert ids(ordered.start_after(collection.document("c").get())) == ["a", "b"]
    assert ids(collection.where(filter=FieldFilter("x", ">", 1))) == ["a", "c", "d"]
    by_name = collection.order_by("__name__").start_at({"__name__": collection.document("c")})
    assert ids(by_name) == ["c", "d", "e"]
    assert [found.id for found in ordered.limit_to_last(2).get()] == ["a", "b"]


def test_a_projection_gives_the_fields_asked_for(fill: Any) -> None:
    collection = fill(a={"x": {"y": 1, "z": 2}, "w": 3})
    assert next(collection.select(["x.y"]).stream()).to_dict() == {"x": {"y": 1}}
    assert next(collection.select(["__name__"]).stream()).to_dict() == {}


def test_collection_groups_reach_all_levels_below_their_parent(db: firestore.Client) -> None:
    for path in ("items/1", "users/u/items/2", "users/u/items/2/items/3", "users/u/other/4"):
        db.document(path).set({"n": int(path[-1])})
    assert ids(db.collection_group("items")) == ["1", "2", "3"]
    assert ids(db.collection_group("items").where(filter=FieldFilter("n", ">", 1))) == ["2", "3"]
    assert ids(db.collection("users/u/items")) == ["2"]


def test_aggregations(fill: Any, api: FirestoreClient, database: str) -> None:
    collection = fill(a={"n": 1}, b={"n": 2.5}, c={"n": "text"}, d={})
    query = collection.count(alias="count").sum("n", alias="sum").avg("n", alias="avg")
    assert {result.alias: result.value for result in query.get()[0]} == {"count": 4, "sum": 3.5, "avg": 1.75}
    none = collection.where(filter=FieldFilter("n", ">", 9)).avg("n")
    (answer,) = api.run_aggregation_query(
        types.RunAggregationQueryRequest(
            parent=f"{database}/documents", structured_aggregation_query=none._to_protobuf()
        )
    )
    assert types.Value.pb(answer.result.aggregate_fields["field_1"]).WhichOneof("value_type") == "null_value"
    assert collection.limit(3).count().get()[0][0].value == 3


def test_what_cannot_be_is_said(db: firestore.Client, fill: Any, api: FirestoreClient, database: str) -> None:
    collection = fill(a={})
    with pytest.raises(InvalidArgument):
        ids(collection.where(filter=FieldFilter("x", "in", [])))
    two = types.StructuredQuery(from_=[types.StructuredQuery.CollectionSelector(collection_id=name) for name in "ab"])
    with pytest.raises(InvalidArgument):
        list(api.run_query(types.RunQueryRequest(parent=f"{database}/documents", structured_query=two)))
    with pytest.raises(InvalidArgument):
        list(api.run_query(types.RunQueryRequest(parent="projects/p/databases/d/nowhere", structured_query=two)))
    with pytest.raises(MethodNotImplemented):
        db.document("c/a").get(read_time=collection.document("a").get().update_time)
