"""What the contract fixes of the component's shape, and sentences of it that no other suite here tries."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from component_contract import COMMON_PARAMETERS, check_parameters
from emulators import FirestoreEmulator
from firestore_stage import Stage

OpenStage = Callable[..., Stage]

PAGES = ["Creds", "Sync", "Conn", "Cache", "Callbacks", "Controls", "About"]

#: Page, label, style, default, and whether it begins a section, of the documented parameters.
PARAMETERS = COMMON_PARAMETERS | {
    "Databaseid": ("Creds", "Database ID", "Str", "(default)", False),
    "Enablelistener": ("Sync", "Enable Listener", "Toggle", True, False),
    "Enablewriteback": ("Sync", "Enable Write-Back", "Toggle", True, False),
    "Collections": ("Sync", "Collections (space-sep)", "Str", "", True),
    "Filterdocs": ("Sync", "Filter Docs (space-sep)", "Str", "", True),
    "Filterdocsmode": ("Sync", "Doc Filter Mode", "Menu", "include", False),
    "Filterfields": ("Sync", "Filter Fields (space-sep)", "Str", "", True),
    "Filterfieldsmode": ("Sync", "Field Filter Mode", "Menu", "exclude", False),
    "Expandfields": ("Sync", "Expand Fields (space-sep)", "Str", "", True),
    "Enablecache": ("Cache", "Enable Cache", "Toggle", True, False),
    "Cachepath": ("Cache", "Cache Folder", "Folder", "cache", False),
    "Cachehydrate": ("Cache", "Hydrate on Start", "Toggle", True, False),
    "Flushdirty": ("Controls", "Flush Dirty", "Pulse", None, False),
    "Flushqueue": ("Controls", "Flush Write Queue", "Pulse", None, False),
}

MENUS = {"Filterdocsmode": ["include", "exclude"], "Filterfieldsmode": ["exclude", "include"]}

QUEUE = ["queue_id", "collection", "doc_id", "op_type", "payload", "queued_at", "retry_count", "last_error"]

TABLES = {
    "status": ["state", "circuit", "last_error", "queue_depth", "connected_at", "collections"],
    "write_queue_dat": QUEUE,
    "dead_letters": [*QUEUE, "failed_at"],
    "collection_index": ["collection", "table"],
    "collections/users": ["doc_id", "payload", "_version", "_synced_at", "_dirty"],
}

OPERATORS = {
    "ext_firestore": "textDAT", "ext_bootstrap": "textDAT", "ext_connection": "textDAT", "ext_write_queue": "textDAT",
    "log": "fifoDAT", "log_callbacks": "textDAT", "status": "tableDAT", "write_queue_dat": "tableDAT",
    "dead_letters": "tableDAT", "collections": "baseCOMP", "collection_index": "tableDAT",
    "par_exec": "parameterexecuteDAT", "collections/users_cellwatch": "datexecuteDAT",
}  # fmt: skip


def test_parameters_operators_and_names_are_the_documented_ones(stage: Stage) -> None:
    comp = stage.comp
    assert [page.name for page in comp.customPages] == PAGES
    check_parameters(comp, PARAMETERS)
    for name, menu in MENUS.items():
        assert list(comp.par[name].menuNames) == menu
    for path, columns in TABLES.items():
        assert [cell.val for cell in comp.op(path).row(0)] == columns, path
    assert {path: comp.op(path).OPType for path in OPERATORS} == OPERATORS
    assert (comp.par.parentshortcut.eval(), comp.par.opshortcut.eval()) == ("firestore", "firestore")
    for name in ("_execute_write_queued", "_discover_collections", "_reconnect_sleep", "_serialize_value",
                 "_deserialize_value"):  # fmt: skip
        assert callable(getattr(comp.op("ext_firestore").module, name)), name
    extension = comp.ext.FirestoreExt
    for name in ("_drain_inbound", "_submit_write_item", "_write_to_table", "_fire_callback"):
        assert callable(getattr(extension, name)), name
    assert (list(extension._inbound_queue), list(extension._write_results)) == ([], [])
    for name in ("CanAttempt", "RecordSuccess", "RecordFailure", "GetBackoffSeconds", "GetState", "Reset"):
        assert callable(getattr(comp.ext.ConnectionExt, name)), name


def test_create_makes_a_stub_of_every_callback_and_leaves_an_existing_one_alone(stage: Stage) -> None:
    stage.set(Callbacksdat="")
    stage.comp.par.Createcallbacksdat.pulse()
    stage.host.frame(2)
    dat = stage.host.op("/project1/callbacks")
    assert stage.comp.par.Callbacksdat.eval() == dat
    for name in ("onFirestoreChange", "onWriteComplete", "onDocFetched", "onConnectionStateChange"):
        assert getattr(dat.module, name).__doc__, name
    dat.text += "\nmine = True\n"
    stage.comp.CreateCallbacksDat()
    assert dat.module.mine
    stage.put("users/u1", n=1)
    stage.comp.PushDoc("users", "u2", {})
    stage.sent().until(lambda: len(stage.documents("users")) == 2)
    assert not [line for line in stage.log("WARNING") if "callback" in line.lower()]


def test_an_explicit_list_needs_no_discovery_and_discovery_looks_again_by_itself(
    open_stage: OpenStage, own_firestore: FirestoreEmulator
) -> None:
    own_firestore.inject("ListCollectionIds", "PERMISSION_DENIED", times=100)
    stage = open_stage(Collections="users").connected().live("users")
    assert stage.log("ERROR") == []
    own_firestore.clear_faults()
    stage.edit("tdg_work_firestore", "DISCOVERY_S = 30.0", "DISCOVERY_S = 0.2")
    stage.set(Collections="*", Cachepath="another")  # an engine with this interval
    stage.put("teams/t1", n=1)
    stage.until(lambda: stage.table_of("teams") and stage.documents("teams"))
    stage.put("rooms/r1", n=1)
    stage.until(lambda: stage.table_of("rooms") and stage.documents("rooms"), "found without being asked")
    assert stage.status["collections"] == str(len(stage.rows("collection_index")))


def test_with_no_budget_at_all_everything_goes_on_one_piece_a_frame(open_stage: OpenStage) -> None:
    stage = open_stage(Collections="users", Framebudget=0.0).connected().live("users")
    for number in range(5):
        stage.put(f"users/u{number}", n=number)
        stage.comp.PushDoc("users", f"own{number}", {})
    stage.sent()
    stage.until(lambda: len(stage.called("change")) == 5 and len(stage.called("write")) == 5)
    stage.until(lambda: stage.rows("write_queue_dat") == [])


def test_a_callback_may_call_anything(stage: Stage) -> None:
    stage.callbacks.text += """
def onFirestoreChange(collection, doc_id, change_type, payload):
    calls.append(("change", collection, doc_id, change_type))
    comp = op("/project1/firestore")
    if doc_id == "go":
        comp.UnwatchCollection("users")
        comp.WatchCollection("others")
        comp.PushDoc("others", "o1", {"x": 1})
        comp.GetCollection("others")
    if doc_id == "end":
        comp.destroy()
"""
    stage.put("users/go", n=1)
    stage.put("users/later", n=1)
    stage.until(lambda: stage.called("write") == [("others", "o1", True, "")])
    assert [row["collection"] for row in stage.rows("collection_index")] == ["others"]
    stage.live("others")
    stage.put("others/end", n=1)
    stage.until(lambda: not stage.comp.valid)
    stage.host.frame(10)


def test_an_edit_in_the_table_of_a_query_or_a_document_is_sent_too(stage: Stage) -> None:
    stage.put("users/u1", n=5)
    stage.put("users/u2", n=6)
    assert stage.comp.WatchQuery("top", "users", where=("n", ">", 1))
    assert stage.comp.WatchDoc("users/u2")
    stage.until(lambda: len(stage.documents("top")) == 2 and stage.documents("users/u2"))
    stage.type("top", "u1", '{"n": 50}')
    stage.type("users/u2", "u2", '{"n": 60}')
    stage.until(lambda: stage.server.get("users/u1") == {"n": 50} and stage.server.get("users/u2") == {"n": 60})
    stage.sent()
    for name in ("top", "users"):
        stage.until(lambda: stage.documents(name) == {"u1": {"n": 50}, "u2": {"n": 60}})  # noqa: B023  used at once
    assert {*stage.dirty("top").values(), *stage.dirty("users").values()} == {"0"}


def test_damaged_files_are_moved_aside_told_and_replaced(open_stage: OpenStage, tmp_path: Path) -> None:
    folder = tmp_path / "project" / "cache"
    folder.mkdir(parents=True)
    (folder / "gcp.db").write_bytes(os.urandom(20_000))
    (folder / "gcp-journal.db").write_bytes(os.urandom(20_000))
    stage = open_stage(Collections="users").connected().live("users")
    assert list(folder.glob("gcp.db.corrupt-*"))
    assert "gcp.db" in " ".join(stage.log("ERROR"))
    assert "corrupt" in stage.status["last_error"]
    stage.comp.PushDoc("users", "u1", {"x": 1})
    stage.sent()
    assert stage.server.get("users/u1") == {"x": 1}


def test_large_documents_and_long_names_go_both_ways(stage: Stage) -> None:
    name = "ä" * 700
    data = {"text": "x" * 900_000, "deep": {"a": [{"b": [1, 2.0, None, {"c": "\x00\u2028"}]}]}, "big": 2**62}
    stage.comp.PushDoc("users", name, data)
    stage.sent()
    assert stage.server.get(f"users/{name}") == data
    stage.put("users/back", **data)
    stage.until(lambda: stage.comp.GetDoc("users", "back") == data)
    stage.comp.PushDoc("users", "too-large", {"text": "x" * 1_100_000})
    stage.until(lambda: stage.rows("dead_letters"))
    assert stage.comp.GetDoc("users", "too-large") is None
    assert json.loads(stage.rows("dead_letters")[0]["payload"])["text"]
