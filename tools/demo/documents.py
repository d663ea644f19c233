"""The Firestore half: a collection mirrored, a cell edited, documents written while the network is gone."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from demo.stage import PROJECT, Stage

COUNT = 500
WRITES = 200
WRITES_OFFLINE = 50
OUTAGE_S = 3.0


@dataclass
class Documents:
    """What happened to the documents."""

    mirrored: int = 0
    confirmed_writes: int = 0
    lost_writes: int = 0
    mirror_s: float = 0.0
    edit_s: float = 0.0
    states_in_outage: tuple[str, ...] = ()
    recovered_s: float = 0.0

    def facts(self) -> dict[str, int]:
        """For the JSON report."""
        names = ("mirrored", "confirmed_writes", "lost_writes")
        return {name: getattr(self, name) for name in names}


def play(stage: Stage, say: Callable[[str], None]) -> Documents:
    """Mirrors, edits, writes, cuts the network for a while, counts what arrived."""
    server = _server(stage.firestore_server.host)
    docs = Documents()

    say(f"another client fills the collection 'artworks' with {COUNT} documents")
    for first in range(0, COUNT, 250):
        batch = server.batch()
        for number in range(first, first + 250):
            batch.set(server.document(f"artworks/work{number:03}"), {"title": f"Work {number}", "votes": number % 17})
        batch.commit()
    stage.firestore.par.Collections = "artworks scores"
    docs.mirror_s = stage.wait(
        lambda: _rows(stage, "artworks") == COUNT, 60, "all documents in the table", lambda: _rows(stage, "artworks")
    )
    docs.mirrored = _rows(stage, "artworks")

    say("editing a payload cell by hand; the server gets it")
    table = stage.firestore.op("collections/artworks")
    row = next(row for row in range(1, table.numRows) if table[row, "doc_id"].val == "work007")
    edited = json.loads(table[row, "payload"].val) | {"title": "Edited in TouchDesigner"}
    stage.host.user_edit(table).set(row, "payload", json.dumps(edited))
    docs.edit_s = stage.wait(
        lambda: _title(server, "artworks/work007") == edited["title"], 20, "the edit on the server"
    )

    say(f"writing {WRITES} documents with the network up")
    expected = _push(stage, 0, WRITES)
    stage.seconds(0.5)

    say(f"cutting the network for {OUTAGE_S:g} s; {WRITES_OFFLINE} more writes and an upload go on meanwhile")
    for proxy in stage.proxies:
        proxy.refuse()
        proxy.cut()
    expected |= _push(stage, WRITES, WRITES_OFFLINE)
    (stage.folder / "assets" / "during the outage.txt").write_text("written offline", encoding="utf-8")
    upload = stage.storage.Upload("during the outage.txt")
    seen = set()
    ends = time.monotonic() + OUTAGE_S
    while time.monotonic() < ends:
        stage.seconds(0.1)
        seen |= {stage.state(stage.storage), stage.state(stage.firestore)}
    docs.states_in_outage = tuple(sorted(seen))
    for proxy in stage.proxies:
        proxy.restore()

    say("the network is back; everything accepted has to arrive by itself")
    docs.recovered_s = stage.wait(
        lambda: (
            stage.state(stage.firestore) == stage.state(stage.storage) == "connected"
            and stage.firestore.op("status")[1, "queue_depth"].val == "0"
            and stage.storage.GetTransfer(upload)["status"] == "complete"
        ),
        60,
        "both components connected again, the queues empty",
        lambda: f"{stage.firestore.op('status')[1, 'queue_depth'].val} writes waiting",
    )
    arrived = {doc.id: doc.to_dict() for doc in server.collection("scores").stream()}
    docs.confirmed_writes = sum(arrived.get(doc_id) == data for doc_id, data in expected.items()) + 1
    docs.lost_writes = len(expected) + 1 - docs.confirmed_writes
    return docs


def _server(host: str) -> Any:
    """A client of its own, past the proxies: what it sees is what the server holds."""
    # Google's client reads the emulator's address from the environment, and only when it is made.
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    try:
        return firestore.Client(project=PROJECT, credentials=AnonymousCredentials())
    finally:
        del os.environ["FIRESTORE_EMULATOR_HOST"]


def _push(stage: Stage, first: int, count: int) -> dict[str, dict[str, Any]]:
    documents = {
        f"score{number:03}": {"points": number, "name": f"Visitor {number}"} for number in range(first, first + count)
    }
    stage.spread(lambda doc_id: stage.firestore.PushDoc("scores", doc_id, documents[doc_id]), documents)
    return documents


def _rows(stage: Stage, collection: str) -> int:
    table = stage.firestore.op(f"collections/{collection}")
    return 0 if table is None else table.numRows - 1


def _title(server: Any, path: str) -> Any:
    return (server.document(path).get().to_dict() or {}).get("title")
