"""All of the component once, whatever is not known of TouchDesigner."""

from collections.abc import Callable

import pytest

from firestore_stage import Stage
from headless_td import Unknowns

OpenStage = Callable[..., Stage]


#: Answers that are tried one by one because this component's own code meets them; every answer is in one of the
#: combined sets.
MET = {
    "children_order", "op_objects", "toggle_eval", "op_par_text", "load_events", "missing_cell", "missing_row",
    "negative_index", "delete_rows", "old_module", "promoted", "start_on_load", "on_init", "par_execute", "pulse",
    "dat_execute", "dat_execute_default", "dat_info", "dat_added_cells", "dat_arguments", "frame_order", "refresh_hook",
    "pool_size",
}  # fmt: skip

ANSWERS = [
    Unknowns.default(),
    *(one for one in Unknowns.variants() if MET & set(one.differences())),
    *Unknowns.combined(),
]


@pytest.mark.parametrize("unknowns", ANSWERS, ids=str)
def test_the_whole_component_works_whatever_touchdesigner_does(open_stage: OpenStage, unknowns: Unknowns) -> None:
    stage = open_stage(unknowns=unknowns, Collections="users teams/t1/members", Filterfields="secret")
    stage.connected().live("users", "teams/t1/members")
    _comes_in(stage)
    _goes_out(stage)
    _typed(stage)
    _watched(stage)
    _settings(stage)
    _again(stage)


def _comes_in(stage: Stage) -> None:
    stage.put("users/u1", n=1, secret=1)
    stage.put("users/u2", n=2)
    stage.put("teams/t1/members/m1", n=3)
    stage.until(lambda: len(stage.called("change")) == 3)
    assert stage.documents("users") == {"u1": {"n": 1}, "u2": {"n": 2}}
    stage.delete("users/u2")
    stage.until(lambda: stage.called("change")[-1] == ("users", "u2", "removed", {}))
    assert stage.comp.GetDoc("teams/t1/members", "m1") == {"n": 3}


def _goes_out(stage: Stage) -> None:
    comp = stage.comp
    comp.PushDoc("users", "own", {"n": 1})
    comp.MergeDoc("users", "own", {"m": 2})
    comp.UpdateDoc("users", "own", {"n": {"__type": "increment", "value": 4}})
    comp.UpdateDoc("users", "missing", {"n": 1})
    comp.PushBatch([{"collection": "users", "doc_id": "batch", "op_type": "set", "payload": {}}], atomic=True)
    assert comp.GetDoc("users", "own") == {"n": 5, "m": 2}
    assert comp.ext.WriteQueueExt.Count() == 5
    stage.sent()
    assert stage.server.get("users/own") == {"n": 5, "m": 2}
    assert [row["doc_id"] for row in stage.rows("dead_letters")] == ["missing"]
    comp.DeleteDoc("users", "batch")
    stage.sent()
    assert stage.rows("write_queue_dat") == []
    assert len(stage.called("write")) == 6
    comp.ClearDeadLetters()


def _typed(stage: Stage) -> None:
    stage.type("users", "u1", '{"n": 10}')
    stage.host.user_edit(stage.table_of("users")).append_row(["typed", '{"n": 11}'])
    stage.until(lambda: (stage.server.get("users/u1") or {}).get("n") == 10)
    stage.until(lambda: stage.server.get("users/typed") == {"n": 11})
    assert stage.server.get("users/u1") == {"n": 10, "secret": 1}
    stage.host.user_edit(stage.table_of("users")).delete_rows("typed")
    stage.until(lambda: "typed" in stage.documents("users") and not stage.comp.ext.FirestoreExt.sync.has_edits)
    stage.sent()
    assert set(stage.dirty("users").values()) == {"0"}


def _watched(stage: Stage) -> None:
    comp = stage.comp
    assert comp.WatchQuery("top", "users", where=("n", ">", 9))
    assert comp.WatchDoc("users/u1")
    stage.until(lambda: len(stage.documents("top")) == 2 and stage.documents("users/u1"))
    assert comp.FetchDoc("users/u1")
    stage.until(lambda: stage.called("fetched"))
    assert comp.UnwatchCollection("top")
    assert comp.UnwatchCollection("users/u1")
    assert len(stage.rows("collection_index")) == 2


def _settings(stage: Stage) -> None:
    stage.set(Collections="users", Expandfields="n")
    stage.until(lambda: len(stage.rows("collection_index")) == 1)
    stage.until(lambda: "n" in stage.rows("collections/users")[0])
    stage.set(Enablelistener=False)
    stage.host.frame(3)
    stage.set(Enablelistener=True)
    stage.live("users")


def _again(stage: Stage) -> None:
    stage.comp.Disconnect()
    stage.host.frame(2)
    stage.comp.PushDoc("users", "offline", {"n": 1})
    stage.comp.par.Connect.pulse()
    stage.connected().sent()
    assert stage.server.get("users/offline") == {"n": 1}
    stage.host.answers.append(1)
    stage.comp.Reset()
    stage.host.frame(2)
    assert stage.documents("users") == {}
    stage.comp.Connect()
    stage.connected()
    stage.until(lambda: set(stage.documents("users")) == {"u1", "own", "typed", "offline"})
