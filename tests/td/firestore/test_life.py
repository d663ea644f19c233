"""The component's life: starts and ends, offline, lost networks, copies, saves."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emulators import FirestoreEmulator, Proxy
from firestore_stage import Stage

OpenStage = Callable[..., Stage]


def test_tables_are_filled_from_the_cache_without_a_network(open_stage: OpenStage) -> None:
    first = open_stage(Collections="users").connected().live("users")
    for number in range(50):
        first.put(f"users/u{number}", n=number)
    first.until(lambda: len(first.documents("users")) == 50)
    first.until(lambda: len(first.comp.ext.WriteQueueExt.LoadDocuments()) == 50)
    first.host.close()
    again = open_stage(database=first.database_id, host="127.0.0.1:9", Collections="users")
    again.until(lambda: again.table_of("users") and len(again.documents("users")) == 50)
    assert again.comp.GetDoc("users", "u7") == {"n": 7}
    assert again.status["state"] != "connected"
    assert {call[2] for call in again.called("change")} == {"added"}
    again.comp.PushDoc("users", "u7", {"n": 8})
    assert again.comp.GetDoc("users", "u7") == {"n": 8}


def test_collections_found_before_are_filled_without_a_network(open_stage: OpenStage) -> None:
    first = open_stage().connected()
    first.put("users/u1", n=1)
    first.comp.RefreshCollections()
    first.until(first.comp.ext.WriteQueueExt.LoadDocuments)
    first.host.close()
    again = open_stage(database=first.database_id, host="127.0.0.1:9")
    again.until(lambda: again.table_of("users") and again.documents("users") == {"u1": {"n": 1}})


def test_hydration_can_be_turned_off(open_stage: OpenStage) -> None:
    first = open_stage(Collections="users").connected().live("users")
    first.put("users/u1", n=1)
    first.until(first.comp.ext.WriteQueueExt.LoadDocuments)
    first.host.close()
    again = open_stage(database=first.database_id, host="127.0.0.1:9", Collections="users", Cachehydrate=False)
    again.until(lambda: again.table_of("users"))
    again.host.frame(30)
    assert again.documents("users") == {}


def test_what_vanished_while_away_is_removed_and_reported(open_stage: OpenStage) -> None:
    first = open_stage(Collections="users").connected().live("users")
    first.put("users/u1", n=1)
    first.put("users/u2", n=2)
    first.until(lambda: len(first.comp.ext.WriteQueueExt.LoadDocuments()) == 2)
    first.host.close()
    first.delete("users/u1")
    again = open_stage(database=first.database_id, Collections="users").connected().live("users")
    again.until(lambda: again.documents("users") == {"u2": {"n": 2}})
    assert ("users", "u1", "removed", {}) in again.called("change")


def test_writes_made_while_the_server_is_gone_are_kept_and_sent_when_it_is_back(
    open_stage: OpenStage, firestore_proxy: Proxy
) -> None:
    stage = open_stage(Collections="users", host=firestore_proxy.host, Backoffmax=0.2)
    stage.connected().live("users")
    firestore_proxy.refuse()
    firestore_proxy.cut()
    for number in range(20):
        stage.comp.PushDoc("users", f"u{number}", {"n": number})
    stage.until(lambda: stage.status["state"] == "reconnecting")
    assert stage.status["last_error"]
    assert stage.status["queue_depth"] == "20"
    firestore_proxy.restore()
    stage.connected().sent()
    assert stage.server.get("users/u19") == {"n": 19}
    assert [call[2] for call in stage.called("write")][-20:] == [True] * 20


def test_the_state_tells_of_a_lost_server_and_the_listener_goes_on_afterwards(
    open_stage: OpenStage, firestore_proxy: Proxy
) -> None:
    stage = open_stage(Collections="users", host=firestore_proxy.host, Backoffmax=0.2)
    stage.connected().live("users")
    firestore_proxy.refuse()
    firestore_proxy.cut()
    stage.until(lambda: stage.comp.GetListeners()["users"]["state"] != "live")
    assert stage.comp.GetListeners()["users"]["reason"]
    firestore_proxy.restore()
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users") == {"u1": {"x": 1}})
    assert len(stage.called("change")) == 1


def test_disconnecting_keeps_tables_and_queue(stage: Stage) -> None:
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.comp.Disconnect()
    stage.comp.PushDoc("users", "u2", {"x": 2})
    stage.host.frame(10)
    assert stage.status["state"] == "disconnected"
    assert stage.status["queue_depth"] == "1"
    assert set(stage.documents("users")) == {"u1", "u2"}
    stage.put("users/u3", x=3)
    stage.comp.Connect()
    stage.connected().sent()
    stage.until(lambda: set(stage.documents("users")) == {"u1", "u2", "u3"})
    assert stage.called("change")[1:] == [("users", "u3", "added", {"x": 3})]


def test_reset_asks_and_then_empties_everything(stage: Stage) -> None:
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.host.answers.append(0)
    stage.comp.Reset()
    assert stage.documents("users") == {"u1": {"x": 1}}
    stage.comp.Disconnect()
    stage.comp.PushDoc("users", "u2", {"x": 2})
    stage.comp.UpdateDoc("users", "none", {"x": 2})
    stage.host.answers.append(1)
    stage.comp.Reset()
    stage.host.frame(5)
    assert stage.documents("users") == {}
    assert stage.status["queue_depth"] == "0"
    assert stage.rows("write_queue_dat") == []
    stage.comp.Connect()
    stage.connected().live("users")
    stage.until(lambda: stage.documents("users") == {"u1": {"x": 1}})
    assert stage.server.get("users/u2") is None


def test_a_reinitialised_extension_goes_on_with_tables_and_queue(stage: Stage) -> None:
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.comp.Disconnect()
    stage.comp.PushDoc("users", "u2", {"x": 2})
    table = stage.table_of("users")
    stage.comp.par.reinitextensions.pulse()
    stage.connected().sent()
    stage.until(lambda: set(stage.documents("users")) == {"u1", "u2"})
    assert stage.table_of("users") == table
    assert stage.server.get("users/u2") == {"x": 2}


def test_a_copy_works_beside_the_original_with_files_of_its_own(stage: Stage) -> None:
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    copy = stage.comp.parent().copy(stage.comp)
    stage.until(lambda: copy.GetStatus()["state"] == "connected", "the copy connected")
    stage.until(lambda: copy.GetDoc("users", "u1") == {"x": 1})
    copy.PushDoc("users", "u2", {"x": 2})
    stage.comp.PushDoc("users", "u3", {"x": 3})
    stage.until(lambda: copy.GetDoc("users", "u3") and stage.comp.GetDoc("users", "u2"))
    stage.sent()
    folder = Path(stage.host.project.folder) / "cache"
    assert len(list(folder.glob("gcp*.lock"))) == 2


def test_a_saved_project_carries_no_documents(stage: Stage) -> None:
    stage.put("users/secret", key="qxz-hidden")
    stage.until(lambda: stage.documents("users"))
    stage.comp.Disconnect()
    stage.comp.PushDoc("users", "u2", {"key": "qxz-hidden"})
    saved = stage.host.save()
    assert b"qxz-hidden" not in saved.read_bytes()
    stage.host.frame(2)
    assert stage.documents("users") == {"secret": {"key": "qxz-hidden"}, "u2": {"key": "qxz-hidden"}}
    assert len(stage.rows("write_queue_dat")) == 1
    assert stage.comp.GetDoc("users", "secret") == {"key": "qxz-hidden"}
    stage.comp.Connect()
    stage.connected().sent()
    assert stage.called("write") == [("users", "u2", True, "")]


def test_with_a_paused_timeline_everything_goes_on(stage: Stage) -> None:
    stage.host.paused = True
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))
    stage.comp.PushDoc("users", "u2", {})
    stage.sent()
    stage.host.paused = False


def test_hooks_that_never_come_again_stop_nothing(stage: Stage) -> None:
    stage.host.kill_hooks()
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"))


def test_another_cache_folder_is_another_queue(stage: Stage) -> None:
    stage.comp.Disconnect()
    stage.comp.PushDoc("users", "u1", {"x": 1})
    stage.set(Cachepath="elsewhere", Autoconnect=False)
    stage.until(lambda: stage.status["queue_depth"] == "0")
    stage.set(Cachepath="cache")
    stage.until(lambda: stage.status["queue_depth"] == "1")


def test_a_cache_folder_that_cannot_be_used_is_told_and_work_goes_on_in_memory(
    open_stage: OpenStage, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    stage = open_stage(Collections="users", Cachepath=str(tmp_path / "file" / "cache")).connected().live("users")
    assert "memory" in stage.status["last_error"]
    stage.comp.PushDoc("users", "u1", {"x": 1})
    stage.sent()
    assert stage.server.get("users/u1") == {"x": 1}


def test_a_listener_that_is_refused_says_so(open_stage: OpenStage, own_firestore: FirestoreEmulator) -> None:
    stage = open_stage(Collections="users").connected().live("users")
    own_firestore.drop_targets("PERMISSION_DENIED")
    stage.until(lambda: stage.status["last_error"])
    assert stage.comp.GetListeners()["users"]["state"] == "error"
    assert "users" in stage.status["last_error"]
    stage.put("users/u1", x=1)
    stage.until(lambda: stage.documents("users"), "recovered by itself")
    stage.until(lambda: not stage.status["last_error"])


@pytest.mark.parametrize("way", ["close", "quit"])
def test_the_end_waits_for_nothing(open_stage: OpenStage, own_firestore: FirestoreEmulator, way: str) -> None:
    stage = open_stage(Collections="users").connected().live("users")
    own_firestore.freeze()
    stage.comp.PushDoc("users", "u1", {"x": 1})
    stage.host.frame(5)
    started = time.perf_counter()
    if way == "quit":
        stage.host.quit()
    else:
        stage.comp.destroy()
    assert time.perf_counter() - started < 5.0  # a frozen server is waited for much longer
    own_firestore.thaw()


def test_another_database_is_shown_as_it_is_however_old_its_documents_are(open_stage: OpenStage) -> None:
    older = open_stage("other", Collections="users").connected().live("users")
    older.put("users/u1", n="older")
    older.put("users/u3", n="older")
    older.host.close()
    stage = open_stage(Collections="users").connected().live("users")
    stage.put("users/u1", n="newer")
    stage.put("users/u2", n="newer")
    stage.until(lambda: len(stage.documents("users")) == 2)
    stage.until(lambda: len(stage.comp.ext.WriteQueueExt.LoadDocuments()) == 2)
    stage.set(Databaseid=older.database_id)
    stage.until(lambda: stage.documents("users") == {"u1": {"n": "older"}, "u3": {"n": "older"}})
    stage.until(lambda: {row[1] for row in stage.comp.ext.WriteQueueExt.LoadDocuments()} == {"u1", "u3"})
    stage.host.close()
    again = open_stage(database=stage.database_id, Collections="users").connected().live("users")
    again.until(lambda: again.documents("users") == {"u1": {"n": "newer"}, "u2": {"n": "newer"}})
