"""WriteQueueExt, as a script uses it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from firestore_stage import Stage

OpenStage = Callable[..., Stage]

COLUMNS = ["queue_id", "collection", "doc_id", "op_type", "payload", "queued_at", "retry_count", "last_error"]


@pytest.fixture
def offline(open_stage: OpenStage) -> Stage:
    """A component that is not connected."""
    stage = open_stage(Collections="users", Autoconnect=False)
    stage.comp.ext.WriteQueueExt.Init(stage.host.project.folder)
    return stage


def queue_of(stage: Stage) -> Any:
    return stage.comp.ext.WriteQueueExt


def test_what_is_queued_is_there_at_once_oldest_first(offline: Stage) -> None:
    queue = queue_of(offline)
    ids = [queue.Enqueue("users", f"u{number}", "set", {"n": number}) for number in range(3)]
    assert [len(one) for one in ids] == [36] * 3
    assert queue.Count() == 3
    pending = queue.GetPending()
    assert [one["queue_id"] for one in pending] == ids
    assert list(pending[0]) == COLUMNS
    assert pending[0]["payload"] == {"n": 0}
    assert (pending[0]["retry_count"], pending[0]["last_error"]) == (0, "")
    assert pending[0]["queued_at"].startswith("20")


def test_several_sets_of_one_document_are_all_in_the_queue(offline: Stage) -> None:
    queue = queue_of(offline)
    ids = [queue.Enqueue("users", "u1", "set", {"n": number}) for number in range(3)]
    assert [one["queue_id"] for one in queue.GetPending()] == ids


def test_removing_and_counting_retries(offline: Stage) -> None:
    queue = queue_of(offline)
    first, second = (queue.Enqueue("users", name, "set", {}) for name in ("a", "b"))
    queue.RecordRetry(second, "no luck")
    queue.Remove(first)
    queue.Remove("unknown")
    (left,) = queue.GetPending()
    assert (left["queue_id"], left["retry_count"], left["last_error"]) == (second, 1, "no luck")
    offline.host.frame(2)
    (row,) = offline.rows("write_queue_dat")
    assert list(row) == COLUMNS
    assert (row["retry_count"], row["last_error"]) == ("1", "no luck")
    queue.Clear()
    assert queue.Count() == 0
    offline.host.frame(2)
    assert offline.rows("write_queue_dat") == []


def test_what_can_never_run_is_not_queued(offline: Stage) -> None:
    queue = queue_of(offline)
    assert queue.Enqueue("users", "u1", "replace", {}) == ""
    assert queue.Enqueue("users", "u1", "set", None) == ""
    assert queue.Count() == 0


def test_the_queue_survives_the_end_of_the_program_and_goes_out_in_order(open_stage: OpenStage) -> None:
    first = open_stage(Collections="users", Autoconnect=False)
    queue = queue_of(first)
    ids = [queue.Enqueue("users", "u1", "update" if n else "set", {f"f{n}": n, "last": n}) for n in range(20)]
    queue.RecordRetry(ids[3], "once")
    first.host.close()
    again = open_stage(database=first.database_id, Collections="users", Autoconnect=False)
    again.until(lambda: queue_of(again).Count() == 20)
    assert [one["queue_id"] for one in queue_of(again).GetPending()] == ids
    again.until(lambda: queue_of(again).GetPending()[3]["last_error"] == "once")
    again.until(lambda: again.rows("write_queue_dat"))
    assert again.documents("users")["u1"]["last"] == 19
    assert again.dirty_of("u1") == "1"
    newest = again.comp.UpdateDoc("users", "u1", {"last": "newest"})
    assert queue_of(again).GetPending()[-1]["queue_id"] == newest
    again.comp.Connect()
    again.connected().sent()
    assert again.server.get("users/u1") == {f"f{n}": n for n in range(20)} | {"last": "newest"}


def test_writes_found_after_younger_ones_take_their_place_before_them(offline: Stage) -> None:
    """A script may write before the engine has told of all that a former run has left."""
    messages, outbound = offline.module("tdg_core_firestore_messages"), offline.comp.ext.FirestoreExt.outbound
    offline.comp.UpdateDoc("users", "u1", {"last": "young"})
    young = offline.comp.PushDoc("users", "u2", {"n": 1})
    former = [
        messages.QueueRow(f"old{n}", "users", "u1", "set" if n == 0 else "update", f'{{"f{n}":1,"last":{n}}}', "2026")
        for n in range(200)
    ]
    for first in range(0, 200, 25):
        outbound.received(messages.QueueNews([("row", list(row)) for row in former[first : first + 25]]))
        offline.host.frame()
    dead = messages.QueueRow("gone", "users", "u3", "update", "{}", "2026", 1, "no", "2026")
    outbound.received(messages.QueueNews([("dead_row", list(dead)), ("dead_gone", ["gone"])]))
    pending = queue_of(offline).GetPending()
    assert [one["queue_id"] for one in pending[:200]] == [row.queue_id for row in former]
    assert pending[-1]["queue_id"] == young
    assert offline.comp.GetDoc("users", "u1")["last"] == "young"
    offline.until(
        lambda: [row["queue_id"] for row in offline.rows("write_queue_dat")] == [p["queue_id"] for p in pending]
    )
    assert offline.rows("dead_letters") == []


def test_without_a_cache_the_queue_is_kept_in_memory(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Autoconnect=False, Enablecache=False)
    stage.comp.PushDoc("users", "u1", {"x": 1})
    assert queue_of(stage).Count() == 1
    stage.comp.Connect()
    stage.connected().sent()
    assert stage.server.get("users/u1") == {"x": 1}


def test_the_document_cache_by_hand(offline: Stage) -> None:
    queue = queue_of(offline)
    queue.SaveDocument("users", "a", '{"x":1}', "v1", "t1")
    queue.SaveDocument("users", "b", "{}", "v1", "t1")
    queue.SaveDocument("users", "a", '{"x":2}', "v2", "t2")
    queue.DeleteDocument("users", "b")
    expected = [("users", "a", '{"x":2}', "v2", "t2")]
    assert queue.LoadDocuments() == expected
    offline.until(lambda: not queue._unsaved)
    assert queue.LoadDocuments() == expected


def test_received_documents_are_in_the_cache(stage: Stage) -> None:
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.until(lambda: queue_of(stage).LoadDocuments())
    ((collection, doc_id, payload, version, synced_at),) = queue_of(stage).LoadDocuments()
    assert (collection, doc_id, json.loads(payload)) == ("users", "u1", {"x": 1})
    assert version == stage.rows("collections/users")[0]["_version"]
    assert synced_at
