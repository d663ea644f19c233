"""Writes: values, masks, transforms, preconditions, atomicity, limits."""

import datetime
import math
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    GoogleAPICallError,
    InvalidArgument,
    NotFound,
)
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1._helpers import GeoPoint
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.vector import Vector
from google.protobuf.timestamp_pb2 import Timestamp

UTC = datetime.UTC


def number(value: int) -> types.Value:
    return types.Value(integer_value=value)


@pytest.fixture
def write(api: FirestoreClient, database: str) -> Callable[..., types.CommitResponse]:
    """Commits writes over the generated client."""

    def write(*writes: types.Write, **more: Any) -> types.CommitResponse:
        return api.commit(types.CommitRequest(database=database, writes=list(writes), **more))

    return write


@pytest.fixture
def name(database: str) -> Callable[[str], str]:
    return lambda path: f"{database}/documents/{path}"


def test_every_type_comes_back_as_it_went(db: firestore.Client) -> None:
    reference = db.document("a/b")
    data = {
        "null": None,
        "bool": True,
        "int": [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)],
        "float": [0.0, 1.5, 1e308, 5e-324, math.inf, -math.inf],
        "text": ["", "grüße 🎉", "\x00", "a\r\nb"],
        "bytes": [b"", b"\x00\xff"],
        "time": datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
        "early": datetime.datetime(1, 1, 1, tzinfo=UTC),
        "reference": reference,
        "place": GeoPoint(40.7, -74.0),
        "map": {"deep": {"deeper": [{"x": [1]}, {}]}, "empty": {}},
        "list": [],
        "vector": Vector([1.0, -0.5]),
        "grüße.mit punkt": 1,
        "constructor": 2,
        "__type": "a user's own",
        "`tick`": "\\",
    }
    db.collection("types").document("all").set(data)
    assert db.collection("types").document("all").get().to_dict() == data


def test_numbers_that_equal_each_other_stay_apart(db: firestore.Client) -> None:
    document = db.document("c/d")
    document.set({"nan": math.nan, "minus": -0.0, "int": 1, "float": 1.0})
    data = document.get().to_dict()
    assert math.isnan(data["nan"])
    assert math.copysign(1, data["minus"]) == -1
    assert (type(data["int"]), type(data["float"])) == (int, float)


def test_times_are_cut_to_microseconds(api: FirestoreClient, write: Any, name: Callable[[str], str]) -> None:
    year_9999 = 253402300799
    for seconds in (5, -5, year_9999):
        value = types.Value(timestamp_value=Timestamp(seconds=seconds, nanos=999999999))
        write(types.Write(update=types.Document(name=name("c/d"), fields={"t": value})))
        stored = api.get_document(types.GetDocumentRequest(name=name("c/d")))
        found = types.Document.pb(stored).fields["t"].timestamp_value
        assert (found.seconds, found.nanos) == (seconds, 999999000)


@pytest.mark.parametrize("doc_id", ["constructor", "toString", "a b", "ü", "🎉", "a.b", "~*[]`", "1", "%2F", "a:b#c?d"])
def test_odd_ids(db: firestore.Client, doc_id: str) -> None:
    assert not db.collection(doc_id).document(doc_id).get().exists
    db.collection(doc_id).document(doc_id).set({"id": doc_id})
    assert [found.id for found in db.collection(doc_id).stream()] == [doc_id]
    assert [found.id for found in db.collections()] == [doc_id]


@pytest.mark.parametrize("path", ["c/.", "c/..", "c/__x__", "c/" + "x" * 1501, "c", "c/d/e"])
def test_impossible_ids_are_refused(write: Any, name: Callable[[str], str], path: str) -> None:
    with pytest.raises(InvalidArgument):
        write(types.Write(update=types.Document(name=name(path))))


def test_a_merge_changes_what_it_names(db: firestore.Client) -> None:
    document = db.document("c/d")
    document.set({"a": 1, "b": {"x": 1, "y": 2}, "odd.name": 1})
    document.set({"b": {"y": 3}}, merge=True)
    document.update({"b.z": 4, "`odd.name`": 5, "a": firestore.DELETE_FIELD})
    assert document.get().to_dict() == {"b": {"x": 1, "y": 3, "z": 4}, "odd.name": 5}
    document.update({"b": {"only": 1}})
    document.set({"d": 2}, merge=["d"])
    assert document.get().to_dict() == {"b": {"only": 1}, "odd.name": 5, "d": 2}
    document.set({"new": 1})
    assert document.get().to_dict() == {"new": 1}


@pytest.mark.parametrize("path", ["a-b", "ü", "1a", "a..b", "", "`open", "a."])
def test_a_mask_must_quote_odd_names(write: Any, name: Callable[[str], str], path: str) -> None:
    with pytest.raises(InvalidArgument, match="property path"):
        write(types.Write(update=types.Document(name=name("c/d")), update_mask=types.DocumentMask(field_paths=[path])))


def test_transforms(db: firestore.Client) -> None:
    document = db.document("c/d")
    document.set({"n": 2**53, "f": 1, "list": [1, 2, 2], "text": "x", "max": 3, "min": 3, "top": 2**63 - 1})
    result = document.update(
        {
            "n": firestore.Increment(1),
            "f": firestore.Increment(0.5),
            "text": firestore.Increment(7),
            "new": firestore.Increment(1),
            "top": firestore.Increment(5),
            "max": firestore.Maximum(3.0),
            "min": firestore.Minimum(2.5),
            "list": firestore.ArrayUnion([2, 3.0, 3]),
            "made": firestore.ArrayUnion(["a", "a"]),
            "nested.deep": firestore.Increment(1),
        }
    )
    assert document.get().to_dict() == {
        "n": 2**53 + 1,
        "f": 1.5,
        "text": 7,
        "new": 1,
        "top": 2**63 - 1,
        "max": 3,
        "min": 2.5,
        "list": [1, 2, 2, 3.0],
        "made": ["a"],
        "nested": {"deep": 1},
    }
    assert type(document.get().get("max")) is int
    assert 2**53 + 1 in [value.integer_value for value in result.transform_results]
    assert len(result.transform_results) == 10
    document.update({"list": firestore.ArrayRemove([2.0]), "gone": firestore.ArrayRemove([1])})
    assert document.get().to_dict()["list"] == [1, 3.0]
    assert document.get().to_dict()["gone"] == []


def test_the_server_time_is_that_of_the_commit(db: firestore.Client) -> None:
    document = db.document("c/d")
    result = document.set({"at": firestore.SERVER_TIMESTAMP, "deep": {"at": firestore.SERVER_TIMESTAMP}})
    data = document.get().to_dict()
    assert data["at"] == data["deep"]["at"]
    assert datetime.timedelta() <= result.update_time - data["at"] < datetime.timedelta(milliseconds=1)


def test_a_transform_alone_and_with_an_empty_mask(write: Any, name: Callable[[str], str], db: firestore.Client) -> None:
    add_one = types.DocumentTransform.FieldTransform(field_path="n", increment=number(1))
    write(types.Write(transform=types.DocumentTransform(document=name("c/d"), field_transforms=[add_one])))
    write(
        types.Write(
            update=types.Document(name=name("c/d")), update_mask=types.DocumentMask(), update_transforms=[add_one]
        )
    )
    assert db.document("c/d").get().to_dict() == {"n": 2}


def test_update_times_grow_and_a_write_without_effect_keeps_the_old_one(db: firestore.Client) -> None:
    document = db.document("c/d")
    times = [document.set({"n": i}).update_time for i in range(20)]
    assert times == sorted(set(times))
    assert document.set({"n": 19}).update_time == times[-1]
    assert document.update({"n": 19}).update_time == times[-1]
    assert document.set({"n": 19.0}).update_time > times[-1]
    assert document.get().create_time == times[0]


def test_preconditions(db: firestore.Client) -> None:
    document = db.document("c/d")
    with pytest.raises(NotFound, match="No document to update"):
        document.update({"n": 1})
    with pytest.raises(NotFound):
        document.delete(db.write_option(exists=True))
    document.delete()
    first = document.create({"n": 1}).update_time
    with pytest.raises(AlreadyExists):
        document.create({"n": 2})
    document.update({"n": 2}, db.write_option(last_update_time=first))
    with pytest.raises(FailedPrecondition, match="required base version"):
        document.update({"n": 3}, db.write_option(last_update_time=first))
    with pytest.raises(FailedPrecondition):
        document.delete(db.write_option(last_update_time=first))
    assert document.get().to_dict() == {"n": 2}
    assert document.delete() is not None
    with pytest.raises(FailedPrecondition):
        document.delete(db.write_option(last_update_time=first))


def test_a_commit_is_all_or_nothing(db: firestore.Client) -> None:
    db.document("c/there").set({"n": 1})
    batch = db.batch()
    batch.set(db.document("c/new"), {"n": 1})
    batch.delete(db.document("c/there"))
    batch.update(db.document("c/missing"), {"n": 1})
    with pytest.raises(NotFound):
        batch.commit()
    assert {found.id: found.to_dict() for found in db.collection("c").stream()} == {"there": {"n": 1}}


def test_one_commit_may_write_a_document_more_than_once(db: firestore.Client) -> None:
    batch = db.batch()
    batch.create(db.document("c/d"), {"n": 1})
    batch.update(db.document("c/d"), {"n": firestore.Increment(1)})
    batch.set(db.document("c/gone"), {})
    batch.delete(db.document("c/gone"))
    results = batch.commit()
    assert db.document("c/d").get().to_dict() == {"n": 2}
    assert not db.document("c/gone").get().exists
    assert results[0].update_time == results[1].update_time


def test_a_batch_write_answers_for_each_write(
    api: FirestoreClient, database: str, name: Callable[[str], str], db: firestore.Client
) -> None:
    def update(path: str, **more: Any) -> types.Write:
        return types.Write(update=types.Document(name=name(path), fields={"n": number(1)}), **more)

    must_exist = types.Precondition(exists=True)
    writes = [
        update("c/1"),
        update("c/2", current_document=must_exist),
        update("c/__3__"),
        types.Write(delete=name("c/4")),
    ]
    answer = api.batch_write(types.BatchWriteRequest(database=database, writes=writes))
    assert [status.code for status in answer.status] == [0, 5, 3, 0]
    assert len(answer.write_results) == 4
    assert [found.id for found in db.collection("c").stream()] == ["1"]
    with pytest.raises(InvalidArgument, match="once"):
        api.batch_write(types.BatchWriteRequest(database=database, writes=[update("c/1"), update("c/1")]))


def test_limits(write: Any, name: Callable[[str], str], db: firestore.Client) -> None:
    writes = [types.Write(update=types.Document(name=name(f"c/{i}"))) for i in range(501)]
    with pytest.raises(InvalidArgument, match="500"):
        write(*writes)
    write(*writes[:500])
    document = db.document("c/d")
    document.set({"x": "y" * (2**20 - 100)})
    with pytest.raises(InvalidArgument, match="too large"):
        document.set({"x": "y" * 2**20})
    deep: Any = 1
    for _ in range(21):
        deep = {"d": deep}
    with pytest.raises(InvalidArgument, match="deeper"):
        document.set({"d": deep})
    document.set(deep)  # one level less
    nested = types.Value(array_value=types.ArrayValue(values=[types.Value(array_value=types.ArrayValue())]))
    with pytest.raises(InvalidArgument, match="nested entity"):
        write(types.Write(update=types.Document(name=name("c/d"), fields={"x": nested})))
    with pytest.raises(InvalidArgument, match="reserved"):
        write(types.Write(update=types.Document(name=name("c/d"), fields={"__x__": number(1)})))


def test_a_write_to_another_database_is_refused(write: Any, database: str) -> None:
    other = database.replace("(default)", "other")
    with pytest.raises(InvalidArgument, match="not in database"):
        write(types.Write(update=types.Document(name=f"{other}/documents/c/d")))
    with pytest.raises(InvalidArgument, match="names no document"):
        write(types.Write())


def test_projects_and_databases_are_kept_apart(
    connect: Callable[..., firestore.Client], firestore_project: str
) -> None:
    clients = [connect(), connect(database="second"), connect(project=f"{firestore_project}-b")]
    for i, client in enumerate(clients):
        client.document("c/d").set({"n": i})
    assert [client.document("c/d").get().to_dict() for client in clients] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_transactions_commit_or_start_over(db: firestore.Client) -> None:
    counter = db.document("c/counter")
    counter.set({"n": 0})
    attempts = []

    @firestore.transactional
    def add_one(transaction: firestore.Transaction) -> None:
        seen = counter.get(transaction=transaction).get("n")
        attempts.append(seen)
        if len(attempts) == 1:
            counter.set({"n": 10})  # somebody else is faster
        transaction.update(counter, {"n": seen + 1})

    add_one(db.transaction())
    assert attempts == [0, 10]
    assert counter.get().get("n") == 11


def test_a_transaction_that_lost_is_aborted_and_then_closed(
    api: FirestoreClient, database: str, name: Callable[[str], str], write: Any, db: firestore.Client
) -> None:
    begun = api.begin_transaction(types.BeginTransactionRequest(database=database)).transaction
    list(
        api.batch_get_documents(
            types.BatchGetDocumentsRequest(database=database, documents=[name("c/d")], transaction=begun)
        )
    )
    db.document("c/d").set({"n": 1})
    mine = types.Write(update=types.Document(name=name("c/d"), fields={"n": number(2)}))
    with pytest.raises(Aborted):
        write(mine, transaction=begun)
    with pytest.raises(InvalidArgument, match="closed"):
        write(mine, transaction=begun)
    with pytest.raises(InvalidArgument, match="closed"):
        api.rollback(types.RollbackRequest(database=database, transaction=begun))
    assert db.document("c/d").get().to_dict() == {"n": 1}


def test_the_write_stream(
    api: FirestoreClient, database: str, name: Callable[[str], str], db: firestore.Client
) -> None:
    update = types.Write(update=types.Document(name=name("c/d"), fields={"n": number(1)}))
    requests = [
        types.WriteRequest(database=database),
        types.WriteRequest(writes=[update]),
        types.WriteRequest(writes=[update]),
    ]
    opened, first, second = api.write(iter(requests), timeout=10)
    assert opened.stream_id
    assert first.commit_time < second.commit_time
    assert first.write_results[0].update_time == second.write_results[0].update_time
    assert db.document("c/d").get().to_dict() == {"n": 1}


def test_errors_carry_their_code(api: FirestoreClient, database: str) -> None:
    with pytest.raises(GoogleAPICallError) as caught:
        api.partition_query(types.PartitionQueryRequest(parent=f"{database}/documents"))
    assert caught.value.code == 501
