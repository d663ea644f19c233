"""The Listen RPC: targets, snapshots, changes, resuming, and what the tests can make it do."""

import queue
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.base_query import FieldFilter

from emulators import FirestoreEmulator

pytestmark = pytest.mark.timeout(60)


def target_of(query: Any, database: str) -> types.Target.QueryTarget:
    return types.Target.QueryTarget(parent=f"{database}/documents", structured_query=query._to_protobuf())


def status_of(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(error.value.code().name)


def test_a_first_snapshot_then_changes(db: firestore.Client, listen: Any) -> None:
    db.document("c/a").set({"n": 1})
    stream = listen()
    stream.add(1, "c")
    seen = stream.until("NO_CHANGE", [])
    assert [stream.brief(response) for response in seen[:-1]] == ["ADD 1", "+a 1", "CURRENT 1"]
    assert seen[-1].target_change.resume_token
    assert seen[-1].target_change.read_time >= seen[1].document_change.document.update_time
    written = db.document("c/b").set({"n": 2}).update_time
    seen = stream.until("NO_CHANGE", [])
    assert seen[0].document_change.document.update_time == written == seen[-1].target_change.read_time
    db.document("c/a").update({"n": 3})
    assert stream.snapshot()[0] == ["+a 1"]
    db.document("other/x").set({})
    db.document("c/a").set({"n": 3})  # no change, no news
    db.document("c/a").delete()
    assert stream.snapshot()[0] == ["-a 1"]


def test_one_commit_is_one_snapshot(db: firestore.Client, listen: Any) -> None:
    stream = listen()
    stream.add(1, "c")
    stream.snapshot()
    batch = db.batch()
    for doc_id in "abc":
        batch.set(db.document(f"c/{doc_id}"), {})
    batch.commit()
    assert stream.snapshot()[0] == ["+a 1", "+b 1", "+c 1"]


def test_a_document_that_stops_matching_is_removed_not_deleted(
    db: firestore.Client, listen: Any, database: str
) -> None:
    for i in range(3):
        db.document(f"c/{i}").set({"n": i})
    stream = listen()
    stream.add(7, target_of(db.collection("c").where(filter=FieldFilter("n", ">", 0)), database))
    assert stream.snapshot()[0] == ["ADD 7", "+1 7", "+2 7", "CURRENT 7"]
    db.document("c/1").update({"n": -1})
    assert stream.snapshot()[0] == ["~1 7"]
    db.document("c/1").update({"n": 5})
    assert stream.snapshot()[0] == ["+1 7"]


def test_a_limited_query_lets_the_next_one_in(db: firestore.Client, listen: Any, database: str) -> None:
    for i in range(4):
        db.document(f"c/{i}").set({"n": i})
    stream = listen()
    stream.add(1, target_of(db.collection("c").order_by("n").limit(2), database))
    assert stream.snapshot()[0] == ["ADD 1", "+0 1", "+1 1", "CURRENT 1"]
    db.document("c/0").delete()
    assert sorted(stream.snapshot()[0]) == ["+2 1", "-0 1"]
    db.document("c/x").set({"n": 0})
    assert sorted(stream.snapshot()[0]) == ["+x 1", "~2 1"]


def test_several_targets_share_a_stream(db: firestore.Client, listen: Any, database: str) -> None:
    name = f"{database}/documents/c/a"
    stream = listen()
    stream.add(1, "c")
    stream.snapshot()
    stream.add(2, [name, f"{database}/documents/c/none"])
    assert stream.snapshot()[0] == ["ADD 2", "-a 2", "-none 2", "CURRENT 2"]
    stream.add(3, target_of(db.collection("c").where(filter=FieldFilter("n", "==", 1)), database))
    stream.snapshot()
    db.document("c/a").set({"n": 1})
    assert stream.snapshot()[0] == ["+a 1 2 3"]
    db.document("c/a").set({"n": 2})
    assert stream.snapshot()[0] == ["+a 1 2 left 3"]
    stream.send(remove_target=1)
    assert [stream.brief(response) for response in stream.until("REMOVE", [1])] == ["REMOVE 1"]
    db.document("c/b").set({})
    db.document("c/a").delete()
    assert stream.snapshot()[0] == ["-a 2"]


def test_once_ends_after_the_first_snapshot(db: firestore.Client, listen: Any) -> None:
    db.document("c/a").set({})
    stream = listen()
    stream.add(1, "c", once=True)
    assert [stream.brief(response) for response in stream.until("REMOVE", [1])] == [
        "ADD 1",
        "+a 1",
        "CURRENT 1",
        "",
        "REMOVE 1",
    ]


def test_a_resumed_target_gets_what_it_missed(db: firestore.Client, listen: Any, database: str) -> None:
    query = target_of(db.collection("c").where(filter=FieldFilter("n", ">", 0)), database)
    for i in range(1, 6):
        db.document(f"c/{i}").set({"n": i})
    first = listen()
    first.add(1, query)
    _, token = first.snapshot()
    first.close()
    db.document("c/1").delete()
    db.document("c/2").update({"n": 20})
    db.document("c/3").update({"n": -3})
    db.document("c/6").set({"n": 6})
    db.document("c/7").set({"n": 7})
    db.document("c/7").delete()
    again = listen()
    again.add(1, query, resume_token=token)
    news, token = again.snapshot()
    assert (news[0], sorted(news[1:-1]), news[-1]) == ("ADD 1", ["+2 1", "+6 1", "-1 1", "~3 1"], "CURRENT 1")
    last = listen()
    last.add(1, query, resume_token=token)
    assert last.snapshot()[0] == ["ADD 1", "CURRENT 1"]


def test_a_limited_query_and_documents_resume_exactly(db: firestore.Client, listen: Any, database: str) -> None:
    query = target_of(db.collection("c").order_by("n").limit(2), database)
    names = [f"{database}/documents/c/{i}" for i in range(3)]
    for i in range(4):
        db.document(f"c/{i}").set({"n": i})
    first = listen()
    first.add(1, query)
    first.snapshot()
    first.add(2, names)
    _, token = first.snapshot()
    db.document("c/0").delete()
    again = listen()
    again.add(1, query, resume_token=token)
    assert again.snapshot()[0] == ["ADD 1", "+2 1", "-0 1", "CURRENT 1"]
    again.add(2, names, resume_token=token)
    assert again.snapshot()[0] == ["ADD 2", "-0 2", "CURRENT 2"]


def test_resuming_at_a_time(db: firestore.Client, listen: Any) -> None:
    db.document("c/a").set({})
    seen = db.document("c/b").set({}).update_time
    db.document("c/c").set({})
    stream = listen()
    stream.add(1, "c", read_time=seen)
    assert stream.snapshot()[0] == ["ADD 1", "+c 1", "CURRENT 1"]


def test_a_filter_tells_what_history_has_forgotten(
    db: firestore.Client, listen: Any, own_firestore: FirestoreEmulator
) -> None:
    for doc_id in "abc":
        db.document(f"c/{doc_id}").set({})
    first = listen()
    first.add(1, "c")
    _, token = first.snapshot()
    db.document("c/a").delete()
    db.document("c/b").update({"n": 1})
    own_firestore.forget_history()
    again = listen()
    again.add(1, "c", resume_token=token)
    assert again.snapshot()[0] == ["ADD 1", "+b 1", "=2 1", "CURRENT 1"]


def test_a_token_of_another_life_starts_over(db: firestore.Client, listen: Any) -> None:
    db.document("c/a").set({})
    stream = listen()
    stream.add(1, "c", resume_token=b"foreign.5")
    assert stream.snapshot()[0] == ["ADD 1", "RESET 1", "+a 1", "CURRENT 1"]


def test_a_bad_target_is_removed_with_its_cause_and_the_stream_lives(listen: Any, database: str) -> None:
    stream = listen()
    stream.add(
        1, types.Target.QueryTarget(parent=f"{database}/documents", structured_query=types.StructuredQuery(limit=-1))
    )
    (removed,) = stream.until("REMOVE", [1])
    assert removed.target_change.cause.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    stream.add(2, "c")
    assert stream.snapshot()[0] == ["ADD 2", "CURRENT 2"]


def test_a_target_id_in_use_ends_the_stream(listen: Any) -> None:
    stream = listen()
    stream.add(1, "c")
    stream.snapshot()
    stream.add(1, "d")
    with pytest.raises(grpc.RpcError) as error:
        stream.next()
    assert status_of(error) == "INVALID_ARGUMENT"


def test_the_server_gives_ids_to_targets_without(listen: Any) -> None:
    stream = listen()
    stream.add(0, "c")
    stream.add(0, "d")
    assert stream.snapshot()[0] + stream.snapshot()[0] == ["ADD 1", "CURRENT 1", "ADD 2", "CURRENT 2"]


def test_googles_own_listener_sees_it_all(db: firestore.Client) -> None:
    seen: queue.Queue[list[tuple[str, str]]] = queue.Queue()
    db.document("c/a").set({"n": 1})
    watch = db.collection("c").on_snapshot(
        lambda _docs, changes, _time: seen.put([(change.type.name, change.document.id) for change in changes])
    )
    try:
        assert seen.get(timeout=10) == [("ADDED", "a")]
        db.document("c/b").set({"n": 2})
        assert seen.get(timeout=10) == [("ADDED", "b")]
        db.document("c/a").update({"n": 3})
        assert seen.get(timeout=10) == [("MODIFIED", "a")]
        db.document("c/b").delete()
        assert seen.get(timeout=10) == [("REMOVED", "b")]
    finally:
        watch.unsubscribe()


def test_streams_end_with_a_status(listen: Any, own_firestore: FirestoreEmulator) -> None:
    stream = listen()
    stream.add(1, "c")
    stream.snapshot()
    assert own_firestore.end_streams("PERMISSION_DENIED") == 1
    with pytest.raises(grpc.RpcError) as error:
        stream.next()
    assert status_of(error) == "PERMISSION_DENIED"
    normal = listen()
    normal.add(1, "c")
    normal.snapshot()
    own_firestore.end_streams("OK")
    with pytest.raises(StopIteration):
        normal.next()


def test_targets_dropped_reset_counted(db: firestore.Client, listen: Any, own_firestore: FirestoreEmulator) -> None:
    db.document("c/a").set({})
    stream = listen()
    stream.add(1, "c")
    stream.snapshot()
    own_firestore.reset_targets()
    assert stream.snapshot()[0] == ["RESET 1", "+a 1", "CURRENT 1"]
    own_firestore.send_filters(off=2)
    assert stream.snapshot()[0] == ["=3 1"]
    own_firestore.heartbeat()
    assert stream.snapshot()[0] == []
    own_firestore.drop_targets("RESOURCE_EXHAUSTED")
    (removed,) = stream.until("REMOVE", [1])
    assert removed.target_change.cause.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    db.document("c/b").set({})
    stream.add(2, "c")
    assert stream.snapshot()[0] == ["ADD 2", "+a 2", "+b 2", "CURRENT 2"]


def test_a_frozen_server_is_silent_and_then_tells_all(
    db: firestore.Client, listen: Any, own_firestore: FirestoreEmulator
) -> None:
    stream = listen()
    stream.add(1, "c")
    stream.snapshot()
    written = db.document("c/a")
    own_firestore.freeze()
    with pytest.raises(Exception, match=r"(?i)deadline"):
        written.set({"n": 1}, timeout=0.3, retry=None)
    assert own_firestore.documents(stream.database) == []
    own_firestore.thaw()
    written.set({"n": 2})
    assert stream.snapshot()[0] == ["+a 1"]
    assert written.get().to_dict() == {"n": 2}  # what was given up was not carried out


def test_more_streams_than_a_connection_takes_wait(listen: Callable[[], Any], own_firestore: FirestoreEmulator) -> None:
    streams = [listen() for _ in range(101)]
    for stream in streams[:100]:
        stream.add(1, "c")
        stream.snapshot()
    streams[100].add(1, "c")
    assert own_firestore.stats()["streams"] == 100
    streams[0].close()
    assert streams[100].snapshot()[0] == ["ADD 1", "CURRENT 1"]


def test_a_large_collection_costs_no_more_per_document(db: firestore.Client, listen: Any) -> None:
    """20,000 documents arrive, and a change among them is one message."""
    for start in range(0, 20_000, 500):
        batch = db.batch()
        for i in range(start, start + 500):
            batch.set(db.document(f"c/{i:05}"), {"n": i})
        batch.commit()
    stream = listen()
    stream.add(1, "c")
    assert len(stream.snapshot()[0]) == 20_002
    db.document("c/10000").update({"n": -1})
    assert stream.snapshot()[0] == ["+10000 1"]
