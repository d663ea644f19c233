"""Writing documents: what the methods do, and what their user sees at once and later."""

import threading
from typing import Any

from emulators import FirestoreEmulator
from firestore_stage import Stage


def test_a_pushed_document_shows_at_once_and_is_dirty_until_the_server_has_it(stage: Stage) -> None:
    queue_id = stage.comp.PushDoc("users", "u1", {"name": "Ann", "age": 40})
    assert len(queue_id) == 36
    assert stage.comp.GetDoc("users", "u1") == {"name": "Ann", "age": 40}
    assert stage.documents("users") == {"u1": {"name": "Ann", "age": 40}}
    assert stage.dirty("users") == {"u1": "1"}
    assert stage.status["queue_depth"] == "1"
    stage.sent()
    assert stage.server.get("users/u1") == {"name": "Ann", "age": 40}
    assert stage.dirty("users") == {"u1": "0"}
    (row,) = stage.rows("collections/users")
    assert row["_version"].endswith("Z")
    assert row["_synced_at"].endswith("Z")
    assert stage.called("write") == [("users", "u1", True, "")]


def test_an_own_write_is_no_change_for_the_callback(stage: Stage) -> None:
    stage.comp.PushDoc("users", "u1", {"x": 1})
    stage.sent()
    stage.put("users/u2", x=2)
    stage.until(lambda: stage.called("change"))
    assert stage.called("change") == [("users", "u2", "added", {"x": 2})]


def test_the_four_kinds_of_write(stage: Stage) -> None:
    comp = stage.comp
    comp.PushDoc("users", "u1", {"a": {"x": 1}, "b": 1})
    comp.MergeDoc("users", "u1", {"a": {"y": 2}})
    comp.UpdateDoc("users", "u1", {"a.z": 3, "b": 9})
    comp.MergeDoc("users", "u2", {"c": 1})
    expected = {"a": {"x": 1, "y": 2, "z": 3}, "b": 9}
    assert comp.GetDoc("users", "u1") == expected
    assert comp.GetDoc("users", "u2") == {"c": 1}
    stage.sent()
    assert stage.server.get("users/u1") == expected
    comp.DeleteDoc("users", "u1")
    assert comp.GetDoc("users", "u1") is None
    assert list(stage.documents("users")) == ["u2"]
    stage.sent()
    assert stage.server.get("users/u1") is None


def test_a_batch_is_independent_writes(stage: Stage) -> None:
    ids = stage.comp.PushBatch(
        [
            {"collection": "users", "doc_id": "u1", "op_type": "set", "payload": {"x": 1}},
            {"collection": "users", "doc_id": "", "op_type": "set", "payload": {}},
            {"collection": "users", "doc_id": "gone", "op_type": "update", "payload": {"x": 1}},
            {"collection": "users", "doc_id": "u2", "op_type": "delete"},
        ]
    )
    assert [bool(one) for one in ids] == [True, False, True, True]
    stage.sent()
    assert stage.server.get("users/u1") == {"x": 1}
    assert [row["doc_id"] for row in stage.rows("dead_letters")] == ["gone"]


def test_an_atomic_batch_is_all_or_nothing(stage: Stage) -> None:
    good = {"collection": "users", "doc_id": "u1", "op_type": "set", "payload": {"x": 1}}
    bad = {"collection": "users", "doc_id": "gone", "op_type": "update", "payload": {"x": 1}}
    never = {"collection": "users", "doc_id": "a/b", "op_type": "set", "payload": {}}
    assert stage.comp.PushBatch([good, never], atomic=True) == ["", ""]
    stage.comp.PushBatch([good, bad], atomic=True)
    stage.sent()
    assert stage.server.get("users/u1") is None
    assert stage.documents("users") == {}
    assert [call[2] for call in stage.called("write")] == [False, False]


NEVER: list[tuple[Any, ...]] = [
    ("PushDoc", "users", "", {}),
    ("PushDoc", "users", "a/b", {}),
    ("PushDoc", "users/u1", "x", {}),
    ("PushDoc", "", "x", {}),
    ("PushDoc", "users", "x", None),
    ("PushDoc", "users", "x", [1]),
    ("PushDoc", "users", "x", {"f": object()}),
    ("PushDoc", "users", "x", {"f": {"g": ["half a character: \ud800"]}}),
    ("PushDoc", "users", "x", {"\ud800": 1}),
    ("PushDoc", "users", "x", {1: "one"}),
    ("PushDoc", "users", "__id__", {}),
    ("UpdateDoc", "users", "x", {}),
    ("MergeDoc", None, "x", {}),
]


def test_what_can_never_run_is_refused_at_once_and_says_why(stage: Stage) -> None:
    for count, (method, *arguments) in enumerate(NEVER, 1):
        assert getattr(stage.comp, method)(*arguments) == "", arguments
        assert len(stage.log("ERROR")) == count, arguments
    for operations in (None, 5, "abc", {"collection": "users"}):
        assert stage.comp.PushBatch(operations) == []
    assert stage.comp.PushBatch([None, {}]) == ["", ""]
    assert len(stage.log("ERROR")) == len(NEVER) + 6
    assert stage.comp.PushBatch([]) == stage.comp.PushBatch([], atomic=True) == []
    assert stage.status["queue_depth"] == "0"
    assert stage.documents("users") == {}


def test_values_of_python_are_taken(stage: Stage) -> None:
    stage.comp.PushDoc("users", "u1", {"raw": b"\x00\x01", "nan": float("nan"), "pair": (1, 2)})
    stage.sent()
    assert stage.server.get("users/u1") == {
        "raw": {"__type": "bytes", "value": "AAE="},
        "nan": {"__type": "double", "value": "NaN"},
        "pair": [1, 2],
    }


def test_write_only_markers_are_estimated_and_then_exact(stage: Stage) -> None:
    stage.comp.PushDoc("users", "u1", {"n": 1, "tags": ["a"], "old": 1})
    stage.comp.UpdateDoc(
        "users",
        "u1",
        {
            "n": {"__type": "increment", "value": 2},
            "tags": {"__type": "array_union", "value": ["b"]},
            "old": {"__type": "delete_field"},
            "at": {"__type": "server_timestamp"},
        },
    )
    shown = stage.comp.GetDoc("users", "u1")
    assert (shown["n"], shown["tags"], "old" in shown) == (3, ["a", "b"], False)
    assert shown["at"]["__type"] == "timestamp"
    stage.sent()
    stage.until(lambda: stage.comp.GetDoc("users", "u1") == stage.server.get("users/u1"))


def test_a_refused_write_is_a_dead_letter_and_the_row_shows_the_server_again(stage: Stage) -> None:
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.delete("users/u1")
    stage.comp.UpdateDoc("users", "u1", {"x": 2})
    stage.until(lambda: stage.rows("dead_letters"))
    (letter,) = stage.rows("dead_letters")
    assert (letter["collection"], letter["doc_id"], letter["op_type"]) == ("users", "u1", "update")
    assert letter["failed_at"]
    assert letter["last_error"]
    stage.until(lambda: stage.documents("users") == {})
    collection, doc_id, success, error = stage.called("write")[-1]
    assert (collection, doc_id, success) == ("users", "u1", False)
    assert error == letter["last_error"]
    assert any("dead_letters" in line for line in stage.log("ERROR"))


def test_dead_letters_can_be_tried_again_or_forgotten(stage: Stage) -> None:
    stage.comp.UpdateDoc("users", "u1", {"x": 2})
    stage.until(lambda: stage.rows("dead_letters"))
    stage.put("users/u1", y=1)
    stage.comp.RetryDeadLetters()
    stage.sent()
    assert stage.server.get("users/u1") == {"x": 2, "y": 1}
    assert stage.rows("dead_letters") == []
    update = {"collection": "users", "doc_id": "later", "op_type": "update", "payload": {"x": 1}}
    stage.comp.PushBatch([update, {**update, "doc_id": "new", "op_type": "set"}], atomic=True)
    stage.until(lambda: len(stage.rows("dead_letters")) == 2)
    stage.put("users/later", y=1)
    stage.comp.RetryDeadLetters()
    stage.until(lambda: stage.server.get("users/new") == {"x": 1})
    assert stage.server.get("users/later") == {"x": 1, "y": 1}
    stage.comp.UpdateDoc("users", "none", {"x": 2})
    stage.until(lambda: stage.rows("dead_letters"))
    stage.comp.ClearDeadLetters()
    stage.host.frame(2)
    assert stage.rows("dead_letters") == []


def test_the_queue_table_shows_what_waits(stage: Stage, own_firestore: FirestoreEmulator) -> None:
    own_firestore.inject("Commit", "INTERNAL", times=100)
    queue_id = stage.comp.PushDoc("users", "u1", {"x": 1})
    stage.until(lambda: stage.rows("write_queue_dat") and stage.rows("write_queue_dat")[0]["retry_count"] == "1")
    (row,) = stage.rows("write_queue_dat")
    assert (row["queue_id"], row["op_type"], row["payload"]) == (queue_id, "set", '{"x":1}')
    assert row["last_error"]
    assert stage.called("write")[0][:3] == ("users", "u1", False)
    own_firestore.clear_faults()
    stage.comp.FlushWriteQueue()
    stage.sent()
    assert stage.rows("write_queue_dat") == []
    assert stage.called("write")[-1] == ("users", "u1", True, "")


def test_clearing_the_queue_restores_the_rows_and_reports(stage: Stage) -> None:
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.comp.Disconnect()
    stage.comp.PushDoc("users", "u1", {"x": 2})
    stage.comp.PushDoc("users", "u2", {"x": 2})
    stage.comp.ClearWriteQueue()
    assert stage.status["queue_depth"] == "0"
    assert stage.documents("users") == {"u1": {"x": 1}}
    stage.until(lambda: len(stage.called("write")) == 2)
    assert [call[2] for call in stage.called("write")] == [False, False]
    stage.comp.Connect()
    stage.connected().live("users")
    assert stage.server.get("users/u1") == {"x": 1}


def test_every_write_of_a_row_of_sets_is_reported(stage: Stage) -> None:
    stage.comp.Disconnect()
    for number in range(50):
        stage.comp.PushDoc("users", "u1", {"n": number})
    stage.comp.Connect()
    stage.sent()
    assert stage.called("write") == [("users", "u1", True, "")] * 50
    assert stage.server.get("users/u1") == {"n": 49}


def test_own_writes_lie_over_what_others_change_in_between(stage: Stage) -> None:
    stage.put("users/u1", n=1)
    stage.until(lambda: stage.documents("users"))
    stage.comp.Disconnect()
    stage.comp.DeleteDoc("users", "u1")
    assert stage.documents("users") == {}
    stage.put("users/u1", n=5)
    stage.comp.MergeDoc("users", "u1", {"a": 1})
    dropped = stage.comp.MergeDoc("users", "u1", {"b": 1})
    stage.comp.MergeDoc("users", "u1", {"c": 1})
    stage.comp.ext.WriteQueueExt.Remove(dropped)
    for number in range(300):
        stage.comp.UpdateDoc("users", "u1", {"n": number})
    expected = {"a": 1, "c": 1, "n": 299}
    assert stage.comp.GetDoc("users", "u1") == expected
    stage.comp.Connect()
    stage.connected().sent()
    assert stage.server.get("users/u1") == expected
    stage.until(lambda: stage.documents("users") == {"u1": expected})
    stage.comp.DeleteDoc("users", "u1")
    stage.sent()
    stage.host.frame(30)
    assert stage.documents("users") == {}
    stage.put("users/u1", n=9)
    stage.until(lambda: ("users", "u1", "added", {"n": 9}) in stage.called("change"))


def test_a_method_called_off_the_main_thread_is_refused(stage: Stage) -> None:
    # Found on the main thread: only calling is what a worker must not do.
    push, get, watch = stage.comp.PushDoc, stage.comp.GetDoc, stage.comp.WatchCollection
    answers: list[Any] = []

    def work() -> None:
        answers.extend((push("users", "u1", {}), get("users", "u1"), watch("users")))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == ["", None, False]
    stage.until(lambda: any("off the main thread" in line for line in stage.log("ERROR")))


def test_fetching_reads_the_server_and_not_the_table(stage: Stage) -> None:
    stage.put("elsewhere/e1", x=1)
    assert stage.comp.FetchDoc("elsewhere/e1")
    assert stage.comp.FetchDoc("elsewhere/none")
    assert not stage.comp.FetchDoc("elsewhere")
    stage.until(lambda: len(stage.called("fetched")) == 2)
    assert sorted(stage.called("fetched")) == [
        ("elsewhere", "e1", {"x": 1}, True, ""),
        ("elsewhere", "none", None, True, ""),
    ]
