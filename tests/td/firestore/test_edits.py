"""Editing the tables by hand: what is sent, what is put back, and what waits."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from firestore_stage import Stage
from headless_td import Unknowns

OpenStage = Callable[..., Stage]

#: When, and with what, TouchDesigner tells of an edit: every answer to what is not known about it.
TELLING = [
    Unknowns.default(),
    *(one for one in Unknowns.variants() if set(one.differences()) & {"dat_execute", "dat_info", "dat_arguments"}),
    *Unknowns.combined(),
]


def filled(open_stage: OpenStage, **more: Any) -> Stage:
    stage = open_stage(Collections="users", **more).connected().live("users")
    for number in range(3):
        stage.put(f"users/u{number}", n=number)
    stage.until(lambda: len(stage.called("change")) == 3)
    return stage


@pytest.fixture
def stage(open_stage: OpenStage) -> Stage:
    """A stage with three documents."""
    return filled(open_stage)


def settle(stage: Stage) -> None:
    """Lets whatever was edited be noticed and sent."""
    stage.host.frame(3)
    sync = stage.comp.ext.FirestoreExt.sync
    stage.until(lambda: not sync.has_edits)
    stage.sent()


def renew(stage: Stage) -> None:
    """The three documents again as they were, and no call noted."""
    for doc_id in set(stage.documents("users")) - {"u0", "u1", "u2"}:
        stage.delete(f"users/{doc_id}")
    for number in range(3):
        stage.put(f"users/u{number}", n=number)
    stage.until(lambda: stage.documents("users") == {f"u{number}": {"n": number} for number in range(3)})
    settle(stage)
    stage.calls.clear()


def _an_edited_payload_is_sent_once_after_the_debounce(stage: Stage) -> None:
    stage.type("users", "u1", '{"n": 7}')
    stage.until(lambda: stage.dirty("users")["u1"] == "1")
    stage.until(lambda: stage.server.get("users/u1") == {"n": 7})
    stage.until(lambda: stage.dirty("users")["u1"] == "0")
    assert stage.called("write") == [("users", "u1", True, "")]
    stage.host.frame(30)
    assert stage.called("write") == [("users", "u1", True, "")]
    assert stage.comp.GetDoc("users", "u1") == {"n": 7}


def _own_table_writes_are_never_sent_back(stage: Stage) -> None:
    stage.put("users/u1", n=9)
    stage.comp.PushDoc("users", "u2", {"n": 10})
    stage.until(lambda: stage.documents("users")["u1"] == {"n": 9})
    stage.sent()
    stage.delete("users/u0")
    stage.until(lambda: "u0" not in stage.documents("users"))
    stage.host.frame(30)
    assert stage.called("write") == [("users", "u2", True, "")]
    assert not stage.comp.ext.FirestoreExt.sync.views.due


def _several_edits_and_a_pasted_block_are_each_taken(stage: Stage) -> None:
    dat = stage.table_of("users")
    rows = [[dat[row, 0].val, f'{{"n": {row * 100}}}'] for row in range(1, 4)]
    stage.host.user_edit(dat).paste(1, 0, rows)
    settle(stage)
    for doc_id, payload in rows:
        assert stage.server.get(f"users/{doc_id}") == stage.documents("users")[doc_id]
        assert str(stage.documents("users")[doc_id]["n"]) in payload


def _a_row_added_by_hand_is_a_new_document(stage: Stage) -> None:
    stage.host.user_edit(stage.table_of("users")).append_row(["new", '{"x": 1}'])
    settle(stage)
    assert stage.server.get("users/new") == {"x": 1}
    assert stage.documents("users")["new"] == {"x": 1}
    assert stage.dirty("users")["new"] == "0"


def _a_row_deleted_by_hand_comes_back_and_nothing_is_deleted(stage: Stage) -> None:
    stage.host.user_edit(stage.table_of("users")).delete_rows("u1")
    settle(stage)
    assert stage.documents("users")["u1"] == {"n": 1}
    assert stage.server.get("users/u1") == {"n": 1}
    assert stage.called("write") == []


def _a_cleared_table_is_filled_again(stage: Stage) -> None:
    stage.host.user_edit(stage.table_of("users")).clear()
    settle(stage)
    assert set(stage.documents("users")) == {"u0", "u1", "u2"}
    assert stage.called("write") == []


def _a_sorted_table_goes_back_into_its_order_and_keeps_edits(stage: Stage) -> None:
    before = list(stage.documents("users"))
    edit = stage.host.user_edit(stage.table_of("users"))
    stage.type("users", "u1", '{"n": 11}')
    edit.sort("doc_id", reverse=True)
    settle(stage)
    assert list(stage.documents("users")) == before
    assert stage.server.get("users/u1") == {"n": 11}


def _a_renamed_document_is_a_new_one_and_the_old_one_stays(stage: Stage) -> None:
    stage.type("users", "u1", "other", column="doc_id")
    settle(stage)
    assert stage.server.get("users/other") == {"n": 1}
    assert stage.server.get("users/u1") == {"n": 1}
    assert set(stage.documents("users")) == {"u0", "u1", "u2", "other"}


def _the_other_columns_are_put_back(stage: Stage) -> None:
    settle(stage)
    for column in ("_version", "_synced_at", "_dirty"):
        stage.type("users", "u1", "9", column=column)
    settle(stage)
    (row,) = [row for row in stage.rows("collections/users") if row["doc_id"] == "u1"]
    assert row["_dirty"] == "0"
    assert "9" not in {row["_version"], row["_synced_at"]}
    assert stage.called("write") == []


STEPS = [
    _an_edited_payload_is_sent_once_after_the_debounce,
    _own_table_writes_are_never_sent_back,
    _several_edits_and_a_pasted_block_are_each_taken,
    _a_row_added_by_hand_is_a_new_document,
    _a_row_deleted_by_hand_comes_back_and_nothing_is_deleted,
    _a_cleared_table_is_filled_again,
    _a_sorted_table_goes_back_into_its_order_and_keeps_edits,
    _a_renamed_document_is_a_new_one_and_the_old_one_stays,
    _the_other_columns_are_put_back,
]


@pytest.mark.parametrize("unknowns", TELLING, ids=str)
def test_edits_by_hand_are_taken_however_touchdesigner_tells_of_them(open_stage: OpenStage, unknowns: Unknowns) -> None:
    stage = filled(open_stage, unknowns=unknowns)
    for step in STEPS:
        step(stage)
        renew(stage)


@pytest.mark.parametrize("answer", ["confirmed", "refused"])
def test_an_edit_in_the_frame_of_the_answer_to_an_own_write_is_kept(open_stage: OpenStage, answer: str) -> None:
    stage = open_stage(Collections="users", Enablelistener=False).connected()
    extension = stage.comp.ext.FirestoreExt
    stage.comp.PushDoc("users", "u1", {"n": 4})
    stage.sent()
    if answer == "refused":
        stage.delete("users/u1")
    stage.comp.UpdateDoc("users", "u1", {"n": 5})
    stage.host.frame()
    patience = time.monotonic() + stage.PATIENCE_S
    while not extension._write_results:  # the answer is here, and is not taken in before the edit
        assert time.monotonic() < patience
        extension._bridge.drain(extension._handle, 0.0)
    extension.sync.take_edits()
    stage.type("users", "u1", '{"n": 6}')
    settle(stage)
    assert stage.server.get("users/u1") == {"n": 6}
    assert stage.documents("users")["u1"] == {"n": 6}


def test_the_last_edit_within_the_debounce_wins(stage: Stage) -> None:
    for number in range(10, 20):
        stage.type("users", "u1", f'{{"n": {number}}}')
        stage.host.frame()
    settle(stage)
    assert stage.server.get("users/u1") == {"n": 19}
    assert len(stage.called("write")) == 1


def test_an_edit_typed_back_sends_nothing(stage: Stage) -> None:
    stage.type("users", "u1", '{"n":77}')
    stage.host.frame(2)
    stage.type("users", "u1", '{"n":1}')
    settle(stage)
    assert stage.dirty("users")["u1"] == "0"
    assert stage.called("write") == []


def test_what_is_no_json_object_is_not_sent_and_stays_dirty(stage: Stage) -> None:
    for count, text in enumerate(["", "{", "[1]", "17", "null", '{"a": }'], 1):
        stage.type("users", "u1", text)
        settle(stage)
        assert stage.dirty_of("u1") == "1", text
        assert stage.table_of("users")[stage.row_of("users", "u1"), 1].val == text
        assert len([line for line in stage.log("WARNING") if "users/u1" in line]) == count, text
        assert stage.server.get("users/u1") == {"n": 1}
        assert stage.comp.GetDoc("users", "u1") == {"n": 1}, text
    stage.type("users", "u1", '{"n": 5}')
    settle(stage)
    assert stage.server.get("users/u1") == {"n": 5}
    assert stage.dirty_of("u1") == "0"


def test_a_remote_change_does_not_overwrite_what_is_being_typed(stage: Stage) -> None:
    stage.type("users", "u1", '{"n": ')
    stage.host.frame(3)
    stage.put("users/u1", n=50)
    stage.put("users/u2", n=51)
    stage.until(lambda: stage.table_of("users")[stage.row_of("users", "u2"), 1].val == '{"n":51}')
    stage.host.frame(3)
    row = stage.row_of("users", "u1")
    assert stage.table_of("users")[row, 1].val == '{"n": '
    assert stage.dirty_of("u1") == "1"


def test_flush_dirty_sends_what_was_edited_and_tries_the_invalid_again(open_stage: OpenStage) -> None:
    stage = filled(open_stage, quick=False)
    stage.type("users", "u1", '{"n": 8}')
    stage.type("users", "u2", "{")
    stage.comp.FlushDirty()
    assert stage.status["queue_depth"] == "1"
    stage.sent()
    assert stage.server.get("users/u1") == {"n": 8}
    assert stage.dirty_of("u2") == "1"


def test_without_write_back_an_edit_stays_local_until_flush_dirty(open_stage: OpenStage) -> None:
    stage = filled(open_stage, Enablewriteback=False)
    stage.type("users", "u1", '{"n": 8}')
    settle(stage)
    assert stage.dirty("users")["u1"] == "1"
    assert stage.server.get("users/u1") == {"n": 1}
    assert stage.comp.GetDoc("users", "u1") == {"n": 8}
    stage.comp.par.Flushdirty.pulse()
    stage.until(lambda: stage.server.get("users/u1") == {"n": 8})


def test_an_edit_under_a_field_filter_changes_only_what_the_row_shows(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Filterfields="secret a.b").connected().live("users")
    hidden = {"secret": 1, "a.b": 2}
    stage.put("users/u1", **{"name": "Ann", "old": 1, "odd.name": 1, **hidden})
    stage.until(lambda: stage.documents("users"))
    stage.type("users", "u1", '{"name": "Bea", "odd.name": 2, "new": {"x": 1}}')
    settle(stage)
    assert stage.server.get("users/u1") == {"name": "Bea", "odd.name": 2, "new": {"x": 1}, **hidden}
    assert stage.rows("dead_letters") == []


def test_taking_the_field_filter_away_does_not_make_an_edit_dangerous(open_stage: OpenStage) -> None:
    """The row may still show the filtered payload when the parameter has changed already."""
    stage = open_stage(Collections="users", Filterfields="secret").connected().live("users")
    stage.put("users/u1", name="Ann", secret=1)
    stage.until(lambda: stage.documents("users"))
    stage.type("users", "u1", '{"name": "Bea"}')
    stage.set(Filterfields="")
    settle(stage)
    stage.until(lambda: stage.documents("users") == {"u1": {"name": "Bea", "secret": 1}})
    assert stage.server.get("users/u1") == {"name": "Bea", "secret": 1}


def test_an_edit_of_something_refused_shows_the_server_again(stage: Stage) -> None:
    stage.type("users", "u1", '{"bad": {"__type": "geopoint"}}')
    settle(stage)
    assert [row["doc_id"] for row in stage.rows("dead_letters")] == ["u1"]
    assert stage.documents("users")["u1"] == {"n": 1}
    assert stage.dirty("users")["u1"] == "0"


def test_an_illegal_id_is_not_sent(stage: Stage) -> None:
    stage.host.user_edit(stage.table_of("users")).append_row(["a/b", "{}"])
    settle(stage)
    assert stage.dirty("users")["a/b"] == "1"
    assert any("slash" in line for line in stage.log("WARNING"))
    stage.host.user_edit(stage.table_of("users")).delete_rows("a/b")
    settle(stage)
    assert "a/b" not in stage.documents("users")


def test_deleting_the_row_undoes_an_edit(stage: Stage) -> None:
    stage.type("users", "u1", "{")
    stage.host.frame(3)
    stage.host.user_edit(stage.table_of("users")).delete_rows("u1")
    settle(stage)
    assert stage.documents("users")["u1"] == {"n": 1}
    assert stage.dirty("users")["u1"] == "0"


def test_an_edit_waits_in_the_queue_while_disconnected(stage: Stage) -> None:
    stage.comp.Disconnect()
    stage.type("users", "u1", '{"n": 8}')
    stage.until(lambda: stage.status["queue_depth"] == "1")
    assert stage.dirty("users")["u1"] == "1"
    stage.comp.Connect()
    settle(stage)
    assert stage.server.get("users/u1") == {"n": 8}


def test_an_edit_and_a_push_of_the_same_document_arrive_in_order(stage: Stage) -> None:
    stage.type("users", "u1", '{"n": 8, "typed": true}')
    stage.comp.UpdateDoc("users", "u1", {"n": 9})
    settle(stage)
    assert stage.server.get("users/u1")["typed"] is True
    assert stage.documents("users")["u1"] == stage.server.get("users/u1")


def test_a_table_deleted_by_hand_is_made_again(stage: Stage) -> None:
    stage.table_of("users").destroy()
    stage.put("users/u1", n=70)
    stage.until(lambda: stage.dat("collections/users") is not None)
    stage.until(lambda: stage.documents("users") == {"u0": {"n": 0}, "u1": {"n": 70}, "u2": {"n": 2}})
    stage.type("users", "u2", '{"n": 71}')
    settle(stage)
    assert stage.server.get("users/u2") == {"n": 71}
    stage.table_of("users").destroy()
    stage.comp.GetDoc("users", "u2")  # made again before the server tells anything
    stage.put("users/u1", n=72)
    stage.until(lambda: stage.documents("users").get("u1") == {"n": 72}, "the listener of the new table")


def test_what_was_typed_just_before_the_end_is_sent_later(open_stage: OpenStage) -> None:
    stage = filled(open_stage, quick=False)
    stage.comp.Disconnect()
    stage.type("users", "u1", '{"n": 8}')
    stage.host.quit()
    stage.host.close()
    again = open_stage(database=stage.database_id, Collections="users").connected()
    again.until(lambda: again.server.get("users/u1") == {"n": 8})
