"""How the methods of the firestore component are tried."""

import json
from collections.abc import Callable
from typing import Any

from in_td.rows import shown
from in_td.steps import Steps, frames, until
from in_td.works import ANSWER_S, NotTried, Stage, exercise, use_disconnect, use_process, use_reset, wrong_unless


def prepare_firestore(stage: Stage) -> None:
    """A collection and a cache of its own for the trial."""
    (stage.folder / "cache").mkdir(parents=True, exist_ok=True)
    stage.set(
        Emulatorhost=stage.host,
        Databaseid="(default)",
        Collections=stage.tag,
        Cachepath=(stage.folder / "cache").as_posix(),
        Autoconnect=False,
        Enablecache=True,
        Enablelistener=True,
        Enablewriteback=True,
        Filterdocs="",
        Filterfields="",
        Expandfields="",
    )


def _table_of(stage: Stage, name: str) -> Any:
    index = {row["collection"]: row["table"] for row in stage.rows("collection_index")}
    return stage.comp.op(f"collections/{index[name]}") if name in index else None


def _row_of(stage: Stage, name: str, doc_id: str) -> int:
    """The row of a document in a collection's table; 0 if it has none."""
    table = _table_of(stage, name)
    if table is None:
        return 0
    return next((row for row in range(1, table.numRows) if table[row, "doc_id"].val == doc_id), 0)


def _shows(holds: Callable[[], Any], what: str) -> Steps:
    yield from until(holds, ANSWER_S, 10)
    wrong_unless(holds(), f"{what}, even after {ANSWER_S:g} s")


def _confirmed(stage: Stage, given: Any, doc_id: str, collection: str = "") -> Steps:
    """Waits until the server has confirmed a write."""
    wrong_unless(isinstance(given, str) and given, f"it gave {given!r} instead of a queue id")
    call = yield from stage.heard("onWriteComplete", collection or stage.tag, doc_id)
    wrong_unless(call[2] is True and call[3] == "", f"onWriteComplete was called with {shown(call)}")


@exercise("firestore", "PushDoc", "GetDoc shows it at once, the table keeps it, onWriteComplete tells that it arrived")
def use_push(stage: Stage) -> Steps:
    yield from _shows(lambda: _table_of(stage, stage.tag), f"there is no table for the collection {stage.tag}")
    document = {"text": "gr\u00fc\u00df dich", "number": 2**60, "list": [1, {"deep": True}]}
    key = stage.comp.PushDoc(stage.tag, "one", document)
    wrong_unless(stage.comp.GetDoc(stage.tag, "one") == document, "GetDoc does not show it when the method returns")
    yield from _confirmed(stage, key, "one")
    yield from _shows(lambda: not _dirty(stage, "one"), "its row stays _dirty")
    wrong_unless(stage.comp.GetDoc(stage.tag, "one") == document, "GetDoc shows something else afterwards")
    return "confirmed"


def _dirty(stage: Stage, doc_id: str) -> bool:
    row = _row_of(stage, stage.tag, doc_id)
    return not row or _table_of(stage, stage.tag)[row, "_dirty"].val != "0"


@exercise("firestore", "MergeDoc", "the named fields changed, the others stayed")
def use_merge(stage: Stage) -> Steps:
    stage.forget("onWriteComplete")
    yield from _confirmed(stage, stage.comp.MergeDoc(stage.tag, "one", {"text": "merged"}), "one")
    found = stage.comp.GetDoc(stage.tag, "one")
    wrong_unless(found["text"] == "merged" and found["number"] == 2**60, f"GetDoc gives {shown(found)}")
    return "merged"


@exercise("firestore", "UpdateDoc", "a field changed; on a document that is not there it becomes a dead letter")
def use_update(stage: Stage) -> Steps:
    stage.forget("onWriteComplete")
    yield from _confirmed(stage, stage.comp.UpdateDoc(stage.tag, "one", {"number": 7}), "one")
    wrong_unless(stage.comp.GetDoc(stage.tag, "one")["number"] == 7, "GetDoc does not show the change")
    stage.comp.UpdateDoc(stage.tag, "nowhere", {"number": 7})
    call = yield from stage.heard("onWriteComplete", stage.tag, "nowhere")
    wrong_unless(call[2] is False and call[3], f"onWriteComplete was called with {shown(call)}")
    yield from _shows(lambda: len(stage.rows("dead_letters")) == 1, "dead_letters does not hold it")
    return "changed"


@exercise("firestore", "RetryDeadLetters", "the dead letter is tried again, and refused again")
def use_retry_dead(stage: Stage) -> Steps:
    stage.forget("onWriteComplete")
    stage.comp.RetryDeadLetters()
    yield from stage.heard("onWriteComplete", stage.tag, "nowhere")
    yield from _shows(lambda: len(stage.rows("dead_letters")) == 1, "dead_letters does not hold it again")
    return "refused again"


@exercise("firestore", "ClearDeadLetters", "the table dead_letters is empty")
def use_clear_dead(stage: Stage) -> Steps:
    stage.comp.ClearDeadLetters()
    yield from _shows(lambda: not stage.rows("dead_letters"), "dead_letters still holds it")
    return "empty"


@exercise("firestore", "PushBatch", "all of a batch arrived, one id each")
def use_batch(stage: Stage) -> Steps:
    operations = [
        {"collection": stage.tag, "doc_id": f"batch{number}", "op_type": "set", "payload": {"score": number}}
        for number in range(3)
    ]
    keys = stage.comp.PushBatch(operations, atomic=True)
    wrong_unless(len(keys) == 3 and all(keys), f"it gave {keys!r}")
    for number, key in enumerate(keys):
        yield from _confirmed(stage, key, f"batch{number}")
    return "three documents"


@exercise("firestore", "GetDoc", "the document of the table; None where there is none")
def use_get(stage: Stage) -> str:
    found = stage.comp.GetDoc(stage.tag, "batch2")
    wrong_unless(found == {"score": 2}, f"it gives {shown(found)}")
    wrong_unless(stage.comp.GetDoc(stage.tag, "no such") is None, "it knows a document that does not exist")
    return "a document"


@exercise("firestore", "GetCollection", "every document of the table, each with its _doc_id")
def use_get_all(stage: Stage) -> str:
    found = {one["_doc_id"]: one for one in stage.comp.GetCollection(stage.tag)}
    wrong_unless(found.keys() == {"one", "batch0", "batch1", "batch2"}, f"it gives {sorted(found)}")
    return f"{len(found)} documents"


@exercise("firestore", "FetchDoc", "onDocFetched brings the document of the server, or None")
def use_fetch(stage: Stage) -> Steps:
    for doc_id, wanted in (("batch1", {"score": 1}), ("no such", None)):
        wrong_unless(stage.comp.FetchDoc(f"{stage.tag}/{doc_id}") is True, "it refuses a path")
        call = yield from stage.heard("onDocFetched", stage.tag, doc_id)
        wrong_unless(call[2] == wanted and call[3] is True, f"onDocFetched was called with {shown(call)}")
    wrong_unless(stage.comp.FetchDoc("no document path") is False, "it takes what is no path")
    return "both"


@exercise("firestore", "GetListeners", "the listener of the collection is live")
def use_listeners(stage: Stage) -> Steps:
    def live() -> bool:
        return bool(stage.comp.GetListeners().get(stage.tag, {}).get("state") == "live")

    yield from until(live, ANSWER_S, 10)
    wrong_unless(live(), f"it gives {shown(stage.comp.GetListeners())}")
    return "live"


@exercise("firestore", "WatchCollection", "a table with the documents of the subcollection, told by onFirestoreChange")
def use_watch(stage: Stage) -> Steps:
    path = f"{stage.tag}/one/items"
    yield from _confirmed(stage, stage.comp.PushDoc(path, "inner", {"score": 5}), "inner", path)
    wrong_unless(stage.comp.WatchCollection(path) is True, "it refuses the path of a subcollection")
    yield from _shows(lambda: _row_of(stage, path, "inner"), "its table does not show the document")
    yield from stage.heard("onFirestoreChange", path, "inner")
    wrong_unless(stage.comp.WatchCollection("two/parts") is False, "it takes the path of a document")
    return "a table"


@exercise("firestore", "UnwatchCollection", "the table is gone, and so is its watcher")
def use_unwatch(stage: Stage) -> Steps:
    path = f"{stage.tag}/one/items"
    before = len(stage.comp.op("collections").children)
    wrong_unless(stage.comp.UnwatchCollection(path) is True, "it does not know what is watched")
    yield from _shows(lambda: _table_of(stage, path) is None, "its table is still there")
    left = len(stage.comp.op("collections").children)
    wrong_unless(left == before - 2, f"{before} operators in collections became {left}, not {before - 2}")
    wrong_unless(stage.comp.UnwatchCollection("not watched") is False, "it ends what does not exist")
    return "gone"


@exercise("firestore", "WatchDoc", "a table with that one document")
def use_watch_doc(stage: Stage) -> Steps:
    path = f"{stage.tag}/batch0"
    wrong_unless(stage.comp.WatchDoc(path) is True, "it refuses the path of a document")
    yield from _shows(lambda: _row_of(stage, path, "batch0"), "its table does not show the document")
    table = _table_of(stage, path)
    wrong_unless(table.numRows == 2, f"its table has {table.numRows} rows")
    stage.comp.UnwatchCollection(path)
    return "one row"


@exercise("firestore", "WatchQuery", "a table with what the query finds")
def use_watch_query(stage: Stage) -> Steps:
    name = f"{stage.tag} high"
    given = stage.comp.WatchQuery(name, stage.tag, where=("score", ">=", 1), order_by="-score")
    wrong_unless(given is True, "it refuses the query")
    yield from _shows(lambda: _row_of(stage, name, "batch2"), "its table does not show the documents")
    found = [one["_doc_id"] for one in stage.comp.GetCollection(name)]
    wrong_unless(sorted(found) == ["batch1", "batch2"], f"it shows {found}")
    stage.comp.UnwatchCollection(name)
    return found


@exercise("firestore", "RefreshCollections", "what is watched stays watched")
def use_refresh(stage: Stage) -> Steps:
    stage.comp.RefreshCollections()
    yield from frames(5)
    wrong_unless(_row_of(stage, stage.tag, "one"), "the table of the collection is gone")
    return "stays"


def _edit(stage: Stage, doc_id: str, document: dict[str, Any]) -> None:
    table = _table_of(stage, stage.tag)
    table[_row_of(stage, stage.tag, doc_id), "payload"] = json.dumps(document)


@exercise("firestore", "FlushDirty", "an edited cell is sent by itself; with write-back off, when it is called")
def use_flush_dirty(stage: Stage) -> Steps:
    stage.forget("onWriteComplete")
    _edit(stage, "batch1", {"score": 11})
    yield from stage.heard("onWriteComplete", stage.tag, "batch1")
    stage.set(Enablewriteback=False)
    yield from frames(3)
    stage.forget("onWriteComplete")
    _edit(stage, "batch1", {"score": 12})
    yield from frames(10)
    wrong_unless(stage.called("onWriteComplete", stage.tag) is None, "an edit was sent although write-back is off")
    stage.comp.FlushDirty()
    yield from stage.heard("onWriteComplete", stage.tag, "batch1")
    stage.set(Enablewriteback=True)
    return "sent"


@exercise("firestore", "engine in a process", "it works in a process of its own, and again in threads")
def use_firestore_process(stage: Stage) -> Steps:
    def push() -> Steps:
        yield from _confirmed(stage, stage.comp.PushDoc(stage.tag, "process", {"score": 1}), "process")

    return (yield from use_process(stage, push))


@exercise("firestore", "DeleteDoc", "the row is gone, the server has confirmed it")
def use_delete_doc(stage: Stage) -> Steps:
    stage.forget("onWriteComplete")
    yield from _confirmed(stage, stage.comp.DeleteDoc(stage.tag, "batch1"), "batch1")
    wrong_unless(stage.comp.GetDoc(stage.tag, "batch1") is None, "GetDoc still shows it")
    yield from _confirmed(
        stage, stage.comp.DeleteDoc(f"{stage.tag}/one/items", "inner"), "inner", f"{stage.tag}/one/items"
    )
    return "gone"


@exercise("firestore", "Disconnect", "the state is disconnected, and told; a write made then waits")
def use_firestore_disconnect(stage: Stage) -> Steps:
    yield from use_disconnect(stage)
    stage.comp.PushDoc(stage.tag, "waits", {"score": 1})
    yield from _shows(lambda: len(stage.rows("write_queue_dat")) == 1, "write_queue_dat does not show it")
    wrong_unless(stage.status("queue_depth") == "1", f"queue_depth is {stage.status('queue_depth')}")
    return "one waits"


@exercise("firestore", "ClearWriteQueue", "nothing waits any more, the row is gone")
def use_clear_queue(stage: Stage) -> Steps:
    stage.comp.ClearWriteQueue()
    yield from _shows(lambda: not stage.rows("write_queue_dat"), "write_queue_dat still shows it")
    wrong_unless(stage.comp.GetDoc(stage.tag, "waits") is None, "GetDoc still shows what was discarded")
    return "empty"


@exercise("firestore", "FlushWriteQueue", "what was written without a connection is sent")
def use_flush_queue(stage: Stage) -> Steps:
    stage.forget("onWriteComplete")
    key = stage.comp.PushDoc(stage.tag, "later", {"score": 1})
    stage.comp.Connect()
    yield from stage.state("connected")
    stage.comp.FlushWriteQueue()
    yield from _confirmed(stage, key, "later")
    yield from _shows(lambda: stage.status("queue_depth") == "0", "queue_depth does not become 0")
    return "sent"


@exercise("firestore", "Reset", "it asks, empties queues and tables, and one can connect afterwards")
def use_firestore_reset(stage: Stage) -> Steps:
    found = yield from use_reset(stage)
    yield from _shows(lambda: _row_of(stage, stage.tag, "later"), "the table does not fill again")
    return found


def clean_firestore(stage: Stage) -> Steps:
    """Takes what the trial left in the database away."""
    if not stage.connected:
        raise NotTried("there was no connection")
    if stage.status("state") != "connected":
        stage.comp.Connect()
        yield from stage.state("connected")
    left = [one["_doc_id"] for one in stage.comp.GetCollection(stage.tag)]
    stage.forget("onWriteComplete")
    for doc_id in left:
        yield from _confirmed(stage, stage.comp.DeleteDoc(stage.tag, doc_id), doc_id)
    return f"{len(left)} documents"
