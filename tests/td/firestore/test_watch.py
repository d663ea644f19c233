"""Watching: what comes in, which tables there are, and what the filters leave of it."""

from collections.abc import Callable

import pytest

from firestore_stage import Stage

OpenStage = Callable[..., Stage]


def names(stage: Stage) -> list[str]:
    """What is watched, by the index table."""
    return [row["collection"] for row in stage.rows("collection_index")]


def operators(stage: Stage) -> list[str]:
    return sorted(child.name for child in stage.dat("collections").children)


def test_documents_of_others_come_in_change_and_go(stage: Stage) -> None:
    stage.put("users/u1", name="Ann")
    stage.until(lambda: stage.called("change"))
    (row,) = stage.rows("collections/users")
    assert (row["doc_id"], row["payload"], row["_dirty"]) == ("u1", '{"name":"Ann"}', "0")
    assert row["_version"].startswith("20")
    stage.put("users/u1", name="Bea")
    stage.until(lambda: len(stage.called("change")) == 2)
    assert stage.documents("users") == {"u1": {"name": "Bea"}}
    stage.delete("users/u1")
    stage.until(lambda: len(stage.called("change")) == 3)
    assert stage.documents("users") == {}
    assert stage.called("change") == [
        ("users", "u1", "added", {"name": "Ann"}),
        ("users", "u1", "modified", {"name": "Bea"}),
        ("users", "u1", "removed", {}),
    ]


def test_the_columns_are_the_documented_ones(stage: Stage) -> None:
    assert [cell.val for cell in stage.dat("collections/users").row(0)] == [
        "doc_id", "payload", "_version", "_synced_at", "_dirty",
    ]  # fmt: skip
    assert stage.dat("collections/users_cellwatch").OPType == "datexecuteDAT"
    assert stage.status["collections"] == "1"


def test_unchanged_documents_give_unchanged_cells(stage: Stage) -> None:
    stage.server.commit({"collection": "users", "doc_id": "u1", "op": "set", "data": '{"b":1,"a":{"d":1,"c":2}}'})
    stage.until(lambda: stage.documents("users"))
    assert stage.dat("collections/users")[1, "payload"].val == '{"a":{"c":2,"d":1},"b":1}'


def test_reading_the_local_tables(stage: Stage) -> None:
    for number in range(3):
        stage.put(f"users/u{number}", n=number)
    stage.until(lambda: len(stage.documents("users")) == 3)
    assert stage.comp.GetDoc("users", "u1") == {"n": 1}
    assert stage.comp.GetDoc("users", "none") is None
    assert stage.comp.GetDoc("unknown", "u1") is None
    found = stage.comp.GetCollection("users")
    assert sorted(found, key=lambda one: one["n"]) == [{"n": number, "_doc_id": f"u{number}"} for number in range(3)]
    assert stage.comp.GetCollection("unknown") == []


def test_an_explicit_list_is_watched_and_reconciled(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users teams/t1/members").connected().live("users", "teams/t1/members")
    assert names(stage) == ["users", "teams/t1/members"]
    assert operators(stage) == ["teams_t1_members", "teams_t1_members_cellwatch", "users", "users_cellwatch"]
    stage.put("teams/t1/members/m1", x=1)
    stage.until(lambda: stage.documents("teams/t1/members") == {"m1": {"x": 1}})
    stage.set(Collections="users other")
    stage.until(lambda: names(stage) == ["users", "other"])
    assert "teams_t1_members" not in operators(stage)
    assert stage.comp.GetCollection("teams/t1/members") == []


@pytest.mark.parametrize("collections", ["", "*"])
def test_without_a_list_all_top_level_collections_are_found(open_stage: OpenStage, collections: str) -> None:
    stage = open_stage(Collections=collections).connected()
    stage.put("users/u1", x=1)
    stage.put("teams/t1", x=2)
    stage.put("teams/t1/members/m1", x=3)
    stage.comp.RefreshCollections()
    stage.until(lambda: sorted(names(stage)) == ["teams", "users"])
    stage.until(lambda: stage.documents("teams") == {"t1": {"x": 2}})


def test_a_collection_that_an_own_write_makes_is_not_waited_for(open_stage: OpenStage) -> None:
    stage = open_stage().connected()
    stage.comp.DeleteDoc("nothing", "x")
    stage.comp.PushDoc("teams/t1/members", "m1", {})
    assert names(stage) == []
    stage.comp.PushDoc("scores", "anna", {"points": 12})
    assert stage.comp.GetDoc("scores", "anna") == {"points": 12}
    assert stage.dirty("scores") == {"anna": "1"}
    stage.sent().live("scores")
    assert stage.dirty("scores") == {"anna": "0"}
    stage.put("scores/bea", points=1)
    stage.until(lambda: len(stage.documents("scores")) == 2)
    assert stage.comp.UnwatchCollection("scores")
    stage.comp.PushDoc("scores", "anna", {"points": 13})
    assert names(stage) == []
    stage.sent()


def test_what_is_unwatched_stays_unwatched_until_asked_for(open_stage: OpenStage) -> None:
    stage = open_stage().connected()
    stage.put("users/u1", x=1)
    stage.comp.RefreshCollections()
    stage.until(lambda: names(stage) == ["users"])
    assert stage.comp.UnwatchCollection("users")
    assert not stage.comp.UnwatchCollection("users")
    assert operators(stage) == []
    stage.comp.RefreshCollections()
    stage.put("teams/t1", x=2)
    stage.comp.RefreshCollections()
    stage.until(lambda: names(stage) == ["teams"])
    assert stage.comp.WatchCollection("/users/")
    assert names(stage) == ["teams", "users"]


def test_watching_is_refused_for_what_is_no_collection(stage: Stage) -> None:
    assert not stage.comp.WatchCollection("users/u1")
    assert not stage.comp.WatchDoc("users")
    assert not stage.comp.WatchQuery("q", "users", where=("x", "~", 1))
    assert not stage.comp.WatchQuery(" ", "users")
    assert len(stage.log("ERROR")) == 4
    assert names(stage) == ["users"]


def test_watching_twice_is_watching_once(stage: Stage) -> None:
    for _ in range(5):
        assert stage.comp.WatchCollection("users")
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.called("change"))
    stage.host.frame(30)
    assert len(stage.called("change")) == 1
    assert operators(stage) == ["users", "users_cellwatch"]


def test_odd_names_get_legal_tables_that_the_index_names(open_stage: OpenStage) -> None:
    odd = ["Café", "caf_", "json", "a.b", "a b", "1st"]
    quoted = " ".join(f'"{name}"' for name in odd)
    stage = open_stage(Collections=quoted).connected().live(*odd)
    tables = [row["table"] for row in stage.rows("collection_index")]
    assert names(stage) == odd
    assert len({name.casefold() for name in tables}) == len(odd)
    for number, name in enumerate(odd):
        stage.put(f"{name}/d ä*?[1]^", n=number)
    for number, name in enumerate(odd):
        stage.until(lambda: stage.documents(name))  # noqa: B023  used at once
        assert stage.documents(name) == {"d ä*?[1]^": {"n": number}}
        assert stage.comp.GetDoc(name, "d ä*?[1]^") == {"n": number}


def test_a_query_is_a_table_of_what_matches(stage: Stage) -> None:
    for number in range(5):
        stage.put(f"users/u{number}", n=number)
    assert stage.comp.WatchQuery("top", "users", where=("n", ">", 1), order_by="-n", limit=2)
    stage.until(lambda: stage.table_of("top") and len(stage.documents("top")) == 2)
    assert stage.comp.GetCollection("top") == [{"n": 4, "_doc_id": "u4"}, {"n": 3, "_doc_id": "u3"}]
    stage.put("users/u3", n=0)
    stage.until(lambda: set(stage.documents("top")) == {"u4", "u2"})
    assert ("top", "u3", "removed", {}) in stage.called("change")
    assert ("users", "u3", "modified", {"n": 0}) in stage.called("change")
    assert stage.comp.UnwatchCollection("top")
    assert names(stage) == ["users"]


def test_an_own_write_shows_in_every_table_that_holds_the_document(stage: Stage) -> None:
    stage.put("users/u1", n=5)
    stage.comp.WatchQuery("top", "users", where=("n", ">", 1))
    stage.comp.WatchDoc("users/u1")
    stage.until(lambda: stage.documents("top") and stage.documents("users/u1"))
    stage.comp.UpdateDoc("users", "u1", {"m": 1})
    stage.comp.PushDoc("users", "u2", {"n": 9})
    assert stage.documents("top") == {"u1": {"n": 5, "m": 1}}
    assert stage.documents("users/u1") == {"u1": {"n": 5, "m": 1}}
    assert stage.documents("users") == {"u1": {"n": 5, "m": 1}, "u2": {"n": 9}}
    stage.sent()
    stage.until(lambda: set(stage.documents("top")) == {"u1", "u2"})
    stage.comp.UpdateDoc("users", "u1", {"n": 0})
    stage.until(lambda: set(stage.documents("top")) == {"u2"})
    assert stage.documents("users/u1") == {"u1": {"n": 0, "m": 1}}


def test_documents_are_filtered_by_id(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Filterdocs="u1 u2").connected().live("users")
    for number in range(4):
        stage.put(f"users/u{number}", n=number)
    stage.until(lambda: len(stage.documents("users")) == 2)
    assert set(stage.documents("users")) == {"u1", "u2"}
    stage.delete("users/u3")
    stage.set(Filterdocsmode="exclude")
    stage.until(lambda: set(stage.documents("users")) == {"u0"})
    assert not any(call[1] == "u3" for call in stage.called("change"))


def test_an_own_write_to_a_document_that_is_filtered_out_is_sent_and_not_shown(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Filterdocs="u1").connected().live("users")
    stage.comp.PushDoc("users", "u2", {"x": 1})
    assert stage.documents("users") == {}
    stage.sent()
    assert stage.server.get("users/u2") == {"x": 1}
    assert stage.documents("users") == {}
    assert stage.called("write") == [("users", "u2", True, "")]


def test_fields_are_filtered_by_name_for_own_writes_too(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Filterfields="secret").connected().live("users")
    stage.put("users/u1", name="Ann", secret=1)
    stage.until(lambda: stage.documents("users"))
    assert stage.documents("users") == {"u1": {"name": "Ann"}}
    stage.comp.PushDoc("users", "u2", {"name": "Bea", "secret": 2})
    assert stage.comp.GetDoc("users", "u2") == {"name": "Bea"}
    stage.sent()
    assert stage.server.get("users/u2") == {"name": "Bea", "secret": 2}
    stage.set(Filterfieldsmode="include")
    stage.until(lambda: stage.documents("users") == {"u1": {"secret": 1}, "u2": {"secret": 2}})


def test_a_change_that_the_filters_hide_is_no_change(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Filterfields="secret").connected().live("users")
    stage.put("users/u1", name="Ann", secret=1)
    stage.until(lambda: stage.called("change"))
    version = stage.rows("collections/users")[0]["_version"]
    stage.put("users/u1", name="Ann", secret=2)
    stage.until(lambda: stage.rows("collections/users")[0]["_version"] != version)
    assert len(stage.called("change")) == 1


def test_with_the_listener_off_nothing_comes_in_and_writing_works(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Enablelistener=False).connected()
    stage.put("users/u1", x=1)
    stage.comp.PushDoc("users", "u2", {"x": 2})
    stage.sent()
    assert stage.documents("users") == {"u2": {"x": 2}}
    assert stage.dirty("users") == {"u2": "0"}
    stage.set(Enablelistener=True)
    stage.until(lambda: set(stage.documents("users")) == {"u1", "u2"})
    stage.set(Enablelistener=False)
    stage.host.frame(5)
    stage.comp.FetchDoc("users/u1")
    stage.until(lambda: stage.called("fetched"), "what was asked for before, too")
    stage.put("users/u3", x=3)
    stage.comp.FetchDoc("users/u3")
    stage.until(lambda: len(stage.called("fetched")) == 2)
    assert "u3" not in stage.documents("users")


def test_settings_changed_in_a_hurry_end_as_the_last_ones_say(stage: Stage) -> None:
    for number in range(3):
        stage.set(Filterfields="x", Filterdocs="a b", Filterdocsmode="exclude", Expandfields="n")
        stage.host.frame(2)
        stage.comp.PushDoc("users", "c", {"x": 1, "n": number})
        stage.set(Filterfields="", Filterdocs="", Filterdocsmode="include", Expandfields="")
        stage.set(Collections="users other")
        stage.host.frame(2)
        stage.set(Collections="users", Enablelistener=False)
        stage.host.frame()
        stage.set(Enablelistener=True)
        stage.comp.Disconnect()
        stage.comp.Connect()
    stage.connected().sent()
    stage.until(lambda: stage.documents("users") == {"c": {"x": 1, "n": 2}})
    assert operators(stage) == ["users", "users_cellwatch"]
    assert stage.log("ERROR") == []


def test_fields_can_have_columns_of_their_own(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Expandfields="score name at").connected().live("users")
    stage.put("users/u1", score=7, at={"__type": "timestamp", "value": "2026-01-01T00:00:00Z"}, other=[1])
    stage.until(lambda: stage.documents("users"))
    (row,) = stage.rows("collections/users")
    assert (row["score"], row["name"], row["at"]) == ("7", "", "2026-01-01T00:00:00Z")
    stage.comp.UpdateDoc("users", "u1", {"score": 8.5, "name": "Ann"})
    (row,) = stage.rows("collections/users")
    assert (row["score"], row["name"]) == ("8.5", "Ann")
    stage.set(Expandfields="other")
    stage.until(lambda: "other" in stage.rows("collections/users")[0])
    (row,) = stage.rows("collections/users")
    assert row["other"] == "[1]"
    assert "score" not in row


def test_a_snapshot_of_many_documents_appears_within_a_few_frames(stage: Stage) -> None:
    writes = [{"collection": "users", "doc_id": f"d{n:04}", "op": "set", "data": {"n": n}} for n in range(1000)]
    stage.server.commit(*writes[:500])
    stage.server.commit(*writes[500:])
    stage.until(lambda: len(stage.called("change")) == 1000)
    assert stage.documents("users") == {f"d{n:04}": {"n": n} for n in range(1000)}


def test_a_callback_that_raises_stops_nothing(stage: Stage) -> None:
    stage.callbacks.text = "def onFirestoreChange(*args):\n    raise ValueError('mine')\n"
    stage.put("users/u1", x=1)
    stage.put("users/u2", x=1)
    stage.until(lambda: len([line for line in stage.log("WARNING") if "ValueError: mine" in line]) == 2)
    assert len(stage.documents("users")) == 2


def test_without_callbacks_everything_works(stage: Stage) -> None:
    stage.set(Callbacksdat="")
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.comp.PushDoc("users", "u2", {})
    stage.sent()
    assert stage.calls == [call for call in stage.calls if call[0] == "state"]
