"""Listeners against a scripted server: what is well, and what a server may do in the best of health."""

import threading
from typing import Any

import pytest

import tdg_core_firestore_inbound as inbound
import tdg_core_firestore_watch_spec as specs
from listen_server import CURRENT, NO_CHANGE, RESET, ListenServer, ServerStream, document
from tdg_core_firestore_filters import Filters
from work.firestore.listening import Listening

T = 1_700_000_000_000_000


def begun(scripted: ListenServer, listening: Listening, *doc_ids: str) -> tuple[ServerStream, int]:
    """`users` with these documents, live; its stream and its number there."""
    for doc_id in doc_ids:
        scripted.put(f"users/{doc_id}", T, n=1)
    listening.watch("users")
    stream = scripted.stream()
    number = stream.target().target_id
    stream.open_target(number, [], T + 1)
    listening.until_rows("users", {doc_id: {"n": 1} for doc_id in doc_ids})
    return stream, number


def test_a_collection_is_read_in_pages_and_then_listened_to_from_that_time(
    scripted: ListenServer, listening: Listening
) -> None:
    for number in range(310):
        scripted.put(f"users/u{number:03d}", T, n=number)
    scripted.put("users/u000/items/i1", T, n=1)
    listening.watch("users")
    stream = scripted.stream()
    target = stream.target()
    assert target.read_time.seconds * 1_000_000 + target.read_time.nanos // 1000 == scripted.time
    assert target.query.parent == "projects/demo-td-gcp/databases/(default)/documents"
    assert [source.collection_id for source in target.query.structured_query.from_] == ["users"]
    assert listening.seen("users").state == "loading"
    stream.put(document("users/u001", T + 1, n=-1), target.target_id)
    stream.open_target(target.target_id, [], T + 2)
    seen = listening.until("users", lambda seen: len(seen.rows) == 310 and seen.state == "live")
    assert seen.rows["u001"] == {"n": -1}
    assert {kind for _, kind in seen.kinds} == {"added"}
    assert listening.delivered == [("users", 310)]


def test_a_document_that_came_while_pages_were_read_and_went_before_listening_is_not_shown(
    scripted: ListenServer, listening: Listening
) -> None:
    """The server tells what has changed since then: of this one nothing has."""
    scripted.put("users/a", scripted.time, n=1)
    scripted.put("users/came", scripted.time + 1, n=1)
    listening.watch("users")
    stream = scripted.stream()
    stream.open_target(stream.target().target_id, [], scripted.time + 2)
    listening.until_rows("users", {"a": {"n": 1}})


def test_changes_come_one_snapshot_at_a_time(scripted: ListenServer, listening: Listening) -> None:
    stream, number = begun(scripted, listening, "a", "b")
    stream.put(document("users/a", T + 2, n=2), number)
    stream.gone("users/b", number)
    stream.put(document("users/c", T + 2, n=3), number)
    stream.consistent(T + 2)
    seen = listening.until_rows("users", {"a": {"n": 2}, "c": {"n": 3}})
    assert seen.kinds[2:] == [("a", "modified"), ("b", "removed"), ("c", "added")]
    stream.gone("users/c", number, deleted=False)
    stream.consistent(T + 3)
    listening.until_rows("users", {"a": {"n": 2}})


def test_a_subcollection_is_listened_to_below_its_document(scripted: ListenServer, listening: Listening) -> None:
    scripted.put("users/u1/items/i1", T, n=1)
    listening.watch("users/u1/items")
    stream = scripted.stream()
    target = stream.target()
    assert target.query.parent.endswith("/documents/users/u1")
    stream.open_target(target.target_id, [], T + 1)
    listening.until_rows("users/u1/items", {"i1": {"n": 1}})


def test_a_query_is_sent_as_it_was_asked_and_its_documents_come_on_the_stream(
    scripted: ListenServer, listening: Listening
) -> None:
    where = [("age", ">=", 18), ("tags", "array-contains", "x"), ("gone", "==", None)]
    listening.watch("adults", specs.query("users", where, ["-age", "name"], 5))
    stream = scripted.stream()
    target = stream.target()
    query = target.query.structured_query
    filters = [one.field_filter for one in query.where.composite_filter.filters[:2]]
    assert [(one.field.field_path, one.op) for one in filters] == [("age", 4), ("tags", 7)]
    assert filters[0].value.integer_value == 18
    assert query.where.composite_filter.filters[2].unary_filter.field.field_path == "gone"
    assert [(order.field.field_path, order.direction) for order in query.order_by] == [("age", 2), ("name", 1)]
    assert query.limit.value == 5
    stream.open_target(target.target_id, [document("users/a", T, age=20)], T)
    listening.until_rows("adults", {"a": {"age": 20}})
    assert scripted.calls.get("ListDocuments") is None


def test_a_single_document_is_listened_to(scripted: ListenServer, listening: Listening) -> None:
    listening.watch("me", specs.document("users/me"))
    stream = scripted.stream()
    target = stream.target()
    assert list(target.documents.documents) == ["projects/demo-td-gcp/databases/(default)/documents/users/me"]
    stream.gone("users/me", target.target_id)
    stream.open_target(target.target_id, [], T)
    listening.until_rows("me", {})
    stream.put(document("users/me", T + 1, n=1), target.target_id)
    stream.consistent(T + 1)
    listening.until_rows("me", {"me": {"n": 1}})


def test_a_condition_that_cannot_be_asked_is_told_and_disturbs_nobody(
    scripted: ListenServer, listening: Listening
) -> None:
    stream, number = begun(scripted, listening, "a")
    bad: Any = specs.query("users", ("x", "==", {"__type": "timestamp", "value": "soon"}))
    listening.watch("bad", bad)
    seen = listening.until("bad", lambda seen: seen.state == "error")
    assert "timestamp" in seen.reason
    stream.put(document("users/a", T + 2, n=2), number)
    stream.consistent(T + 2)
    listening.until_rows("users", {"a": {"n": 2}})


def test_rows_that_vanished_while_nobody_listened_are_removed(scripted: ListenServer, listening: Listening) -> None:
    scripted.put("users/a", T, n=1)
    listening.watch("users", known=("a", "old"))
    stream = scripted.stream()
    stream.open_target(stream.target().target_id, [], T + 1)
    seen = listening.until("users", lambda seen: seen.state == "live" and len(seen.kinds) == 2)
    assert sorted(seen.kinds) == [("a", "added"), ("old", "removed")]


def test_a_document_of_a_mebibyte_arrives(scripted: ListenServer, listening: Listening) -> None:
    stream, number = begun(scripted, listening)
    text = "x" * (1 << 20)
    stream.put(document("users/big", T + 1, text=text), number)
    stream.consistent(T + 2)
    listening.until_rows("users", {"big": {"text": text}})


# Many of them ---------------------------------------------------------------------------------------------------------


def test_more_than_a_hundred_listeners_share_few_streams_and_calls_still_get_through(
    scripted: ListenServer, listening: Listening
) -> None:
    scripted.answer = scripted.serve
    names = [f"c{number}" for number in range(250)]
    for name in names:
        listening.watch(name)
    for name in names:
        listening.until_rows(name, {})
    assert scripted.calls["Listen"] == 3
    assert listening.gateway is not None
    listening.gateway.check()


def test_watching_and_unwatching_hundreds_of_times_leaves_nothing_behind(
    scripted: ListenServer, listening: Listening
) -> None:
    scripted.answer = scripted.serve
    listening.watch("stays")
    listening.until_rows("stays", {})
    for number in range(300):
        listening.watch(f"c{number % 7}")
        if number % 3:
            listening.unwatch(f"c{number % 7}")
    for number in range(7):
        listening.unwatch(f"c{number}")
    listening.wait(lambda: _helpers() == ["tdg-listen"], "end of the threads", lambda: str(_helpers()))
    assert listening.run(listening.listeners.names) == ["stays"]
    assert listening.run(lambda: [len(stream.targets) for stream in listening.listeners._streams]) == [1]
    listening.unwatch("stays")
    assert listening.run(lambda: listening.listeners._streams) == []


def _helpers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("tdg-")]


def test_the_server_is_told_what_is_not_listened_to_any_more(scripted: ListenServer, listening: Listening) -> None:
    stream, number = begun(scripted, listening, "a")
    listening.watch("me", specs.document("users/me"))
    assert stream.target().target_id != number
    listening.unwatch("users")
    assert stream.removed() == number
    stream.put(document("users/a", T + 2, n=2), number)
    stream.consistent(T + 2)
    listening.unwatch("me")
    assert stream.over.wait(10)
    assert listening.seen("users").rows == {"a": {"n": 1}}


def test_watching_the_same_again_changes_nothing_and_something_else_replaces_it(
    scripted: ListenServer, listening: Listening
) -> None:
    begun(scripted, listening, "a")
    listening.watch("users")
    assert scripted.calls["Listen"] == 1
    listening.watch("users", specs.query("users", limit=1))
    target = scripted.stream().target()
    assert target.query.structured_query.limit.value == 1


def test_what_was_told_to_a_former_listener_is_told_from_news(scripted: ListenServer, listening: Listening) -> None:
    """After a reset of the tables a row of before must not come back."""
    scripted.put("users/a", T, n=1)
    scripted.answer = scripted.serve
    listening.run(listening.listeners.watch, "users", specs.collection("users"), (), 1)
    listening.wait(lambda: bool(listening.delivered), "first documents")
    listening.unwatch("users")
    del scripted.documents["users/a"]
    scripted.put("users/b", T, n=1)
    listening.run(listening.listeners.watch, "users", specs.collection("users"), (), 2)
    listening.wait(lambda: len(listening.delivered) == 2, "second documents")
    told = [event for event in iter(listening.outbox.take, None) if isinstance(event, inbound.DocumentsChanged)]
    assert [(event.number, [doc_id for doc_id, *_ in event.changes]) for event in told] == [(1, ["a"]), (2, ["b"])]


# The server starts over -----------------------------------------------------------------------------------------------


def test_a_reset_in_the_middle_of_a_snapshot_is_reconciled(scripted: ListenServer, listening: Listening) -> None:
    stream, number = begun(scripted, listening, "a", "b")
    stream.put(document("users/half", T + 2, n=9), number)
    stream.change(RESET, number)
    stream.put(document("users/b", T, n=1), number)
    stream.change(CURRENT, number, token="t2", time=T + 3)
    stream.consistent(T + 3)
    seen = listening.until_rows("users", {"b": {"n": 1}})
    assert seen.kinds[2:] == [("a", "removed")]


@pytest.mark.parametrize("count", [1, 3])
def test_a_wrong_count_makes_the_collection_be_read_anew(
    scripted: ListenServer, listening: Listening, count: int
) -> None:
    stream, number = begun(scripted, listening, "a", "b")
    del scripted.documents["users/b"]
    scripted.put("users/c", T + 2, n=3)
    scripted.time = T + 2
    listening.watch("me", specs.document("users/me"))
    stream.open_target(stream.target().target_id, [], T + 2)
    stream.count(number, count)
    again = stream.target()
    assert again.target_id != number
    assert not again.resume_token
    stream.open_target(again.target_id, [], T + 3)
    seen = listening.until_rows("users", {"a": {"n": 1}, "c": {"n": 3}})
    assert sorted(seen.kinds[2:]) == [("b", "removed"), ("c", "added")]
    assert scripted.calls["Listen"] == 1
    assert "read anew" in listening.logged[0]


def test_a_right_count_changes_nothing(scripted: ListenServer, listening: Listening) -> None:
    stream, number = begun(scripted, listening, "a", "b")
    stream.count(number, 2)
    stream.put(document("users/a", T + 2, n=2), number)
    stream.consistent(T + 2)
    listening.until_rows("users", {"a": {"n": 2}, "b": {"n": 1}})
    assert scripted.calls["ListDocuments"] == 1


def test_a_count_that_stays_wrong_is_not_asked_about_without_end(scripted: ListenServer, listening: Listening) -> None:
    """Every reading costs money: they come at longer and longer intervals."""
    scripted.answer = _miscount
    scripted.put("users/a", T, n=1)
    listening.watch("users")
    listening.wait(lambda: scripted.calls.get("ListDocuments", 0) >= 4, "reading again")
    (listener,) = listening.run(lambda: list(listening.listeners._listeners.values()))
    assert listener.mismatches >= 3
    assert listening.until("users", lambda seen: seen.state == "reconnecting").reason.endswith("read anew.")
    scripted.answer = scripted.serve
    listening.until_rows("users", {"a": {"n": 1}})


def _miscount(stream: ServerStream) -> None:
    number = stream.target().target_id
    stream.open_target(number, [], T + 1)
    stream.count(number, 5)


def test_a_count_for_a_query_is_mended_on_the_stream(scripted: ListenServer, listening: Listening) -> None:
    listening.watch("few", specs.query("users", limit=2))
    stream = scripted.stream()
    number = stream.target().target_id
    stream.open_target(number, [document("users/a", T, n=1)], T)
    listening.until_rows("few", {"a": {"n": 1}})
    stream.count(number, 2)
    stream = scripted.stream()
    target = stream.target()
    assert not target.resume_token
    assert not target.HasField("read_time")
    stream.open_target(target.target_id, [document("users/a", T, n=1), document("users/b", T, n=2)], T + 1)
    seen = listening.until_rows("few", {"a": {"n": 1}, "b": {"n": 2}})
    assert seen.kinds == [("a", "added"), ("b", "added")]


# Filters --------------------------------------------------------------------------------------------------------------


def test_filters_keep_out_documents_fields_and_their_removals(scripted: ListenServer, listening: Listening) -> None:
    listening.run(listening.listeners.set_filters, Filters.of(["b"], "exclude", ["secret"], "exclude"))
    scripted.put("users/a", T, n=1, secret=1)
    scripted.put("users/b", T, n=1)
    listening.watch("users")
    stream = scripted.stream()
    number = stream.target().target_id
    stream.put(document("users/c", T + 1, n=2, secret=2), number)
    stream.open_target(number, [], T + 1)
    listening.until_rows("users", {"a": {"n": 1}, "c": {"n": 2}})
    stream.count(number, 3)
    stream.gone("users/b", number)
    stream.gone("users/c", number)
    stream.consistent(T + 2)
    seen = listening.until_rows("users", {"a": {"n": 1}})
    assert "b" not in {doc_id for doc_id, _ in seen.kinds}
    assert scripted.calls["ListDocuments"] == 1


def test_a_change_of_filters_shows_what_they_let_in_and_removes_what_they_do_not(
    scripted: ListenServer, listening: Listening
) -> None:
    begun(scripted, listening, "a", "b")
    scripted.put("users/a", T, n=1, secret=1)
    listening.run(listening.listeners.set_filters, Filters.of(["a"], "include", [], "exclude"))
    stream = scripted.stream()
    stream.open_target(stream.target().target_id, [], T + 3)
    seen = listening.until_rows("users", {"a": {"n": 1, "secret": 1}})
    assert sorted(seen.kinds[2:]) == [("a", "modified"), ("b", "removed")]
    assert seen.states[-2:] == ["loading", "live"]


def test_a_snapshot_for_some_targets_only_is_not_yet_shown(scripted: ListenServer, listening: Listening) -> None:
    stream, number = begun(scripted, listening, "a")
    stream.put(document("users/a", T + 2, n=2), number)
    stream.change(NO_CHANGE, number, token="t", time=T + 2)
    stream.put(document("users/a", T + 3, n=3), number)
    stream.consistent(T + 3)
    seen = listening.until_rows("users", {"a": {"n": 3}})
    assert seen.kinds == [("a", "added"), ("a", "modified")]
