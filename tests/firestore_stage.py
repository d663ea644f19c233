"""The built firestore component in the headless host, with a user's callbacks and a database of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import firestore_engine
from emulators_fixtures import unique_name
from headless_td import Host, Unknowns

#: A user's callbacks DAT that notes every call.
RECORDER = """
calls = []

def onFirestoreChange(*args):
    calls.append(("change", *args))

def onWriteComplete(*args):
    calls.append(("write", *args))

def onDocFetched(*args):
    calls.append(("fetched", *args))

def onConnectionStateChange(*args):
    calls.append(("state", *args))
"""

DEBOUNCE_S = 0.05
SURVEY_S = 0.02


class Stage:
    """A project with the component in it.

    Args:
        built: The folder with `firestore.tox.dir`.
        folder: The project's folder.
        host: `host:port` of the server.
        database: Its id; a new one if none is given.
        unknowns: How the open questions about TouchDesigner are answered.
        quick: Edits by hand are noticed and sent sooner.
        realtime: Frames wait for their time.
        parameters: Values set before the component's first frame.
    """

    def __init__(
        self,
        built: Path,
        folder: Path,
        host: str,
        database: str | None = None,
        unknowns: Unknowns | None = None,
        *,
        quick: bool = True,
        realtime: bool = False,
        **parameters: Any,
    ) -> None:
        self.built = built
        self.database_id = database or unique_name("db")
        self.given = firestore_engine.settings(host, self.database_id)
        self.host = Host(folder, unknowns, realtime=realtime)
        try:
            self.comp = self.load()
            if quick:
                view = self.module("tdg_td_firestore_view")
                view.DEBOUNCE_S, view.SURVEY_S = DEBOUNCE_S, SURVEY_S
            parent = self.comp.parent()
            self.callbacks = parent.create("textDAT", "my_callbacks")
            self.callbacks.text = RECORDER
            self.set(Databaseid=self.database_id, Callbacksdat="my_callbacks", **parameters)
            self.host.frame(3)
            self.set(Emulatorhost=host)
        except BaseException:
            self.host.close()
            raise
        self._server: firestore_engine.Server | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        if kind is None:
            self.host.close()
        else:  # the test's own error says more than what follows from it
            try:
                self.host.close()
            except Exception:
                return

    def load(self, name: str | None = None) -> Any:
        """Drops the component in."""
        return self.host.load_tox(self.built / "firestore.tox.dir", name=name)

    def set(self, **parameters: Any) -> None:
        """Sets parameters."""
        for name, value in parameters.items():
            setattr(self.comp.par, name, value)

    def module(self, name: str) -> Any:
        """A module of the component."""
        return self.comp.op(f"local/modules/{name}").module

    def edit(self, name: str, old: str, new: str) -> None:
        """Changes the text of a module; what the engine runs in counts from its next start."""
        dat = self.comp.op(f"local/modules/{name}")
        assert old in dat.text
        dat.text = dat.text.replace(old, new)

    # The server ------------------------------------------------------------------------------------------------------

    @property
    def server(self) -> firestore_engine.Server:
        """The database, past the component."""
        if self._server is None:
            self._server = firestore_engine.Server(self.given)
        return self._server

    def put(self, path: str, **data: Any) -> None:
        """Somebody else writes a document."""
        collection, _, doc_id = path.rpartition("/")
        self.server.commit({"collection": collection, "doc_id": doc_id, "op": "set", "data": data})

    def delete(self, path: str) -> None:
        """Somebody else deletes a document."""
        collection, _, doc_id = path.rpartition("/")
        self.server.commit({"collection": collection, "doc_id": doc_id, "op": "delete"})

    # Time ------------------------------------------------------------------------------------------------------------

    def until(self, done: Callable[[], Any], what: str = "") -> Any:
        """Runs frames until something is true."""
        return self.host.run_until(done, 20, what)

    def connected(self) -> Self:
        """Runs frames until the component is connected."""
        self.until(lambda: self.status["state"] == "connected", "connected")
        return self

    def live(self, *names: str) -> Self:
        """Runs frames until these listeners are up to date."""
        self.until(lambda: all(self.comp.GetListeners().get(name, {}).get("state") == "live" for name in names))
        self.host.frame(2)
        return self

    def sent(self) -> Self:
        """Runs frames until nothing is queued any more."""
        self.until(lambda: self.status["queue_depth"] == "0", "the queue empty")
        self.host.frame(2)
        return self

    # What is seen ----------------------------------------------------------------------------------------------------

    @property
    def status(self) -> dict[str, str]:
        """`GetStatus()`."""
        found: dict[str, str] = self.comp.GetStatus()
        return found

    @property
    def calls(self) -> list[tuple[Any, ...]]:
        """What the callbacks were called with."""
        found: list[tuple[Any, ...]] = self.callbacks.module.calls
        return found

    def called(self, kind: str) -> list[tuple[Any, ...]]:
        """What one callback was called with."""
        return [call[1:] for call in self.calls if call[0] == kind]

    def dat(self, path: str) -> Any:
        """A table inside the component."""
        return self.comp.op(path)

    def table_of(self, name: str) -> Any:
        """The table of a watched collection, or None."""
        index = self.dat("collection_index")
        rows = {index[row, 0].val: index[row, 1].val for row in range(1, index.numRows)}
        return self.dat(f"collections/{rows[name]}") if name in rows else None

    def rows(self, path: str) -> list[dict[str, str]]:
        """A table's rows as dicts."""
        dat = self.dat(path)
        header = [cell.val for cell in dat.row(0)]
        return [dict(zip(header, (cell.val for cell in dat.row(row)), strict=True)) for row in range(1, dat.numRows)]

    def documents(self, name: str) -> dict[str, Any]:
        """Payloads by document id, as the table of a collection shows them."""
        dat = self.table_of(name)
        return {dat[row, 0].val: json.loads(dat[row, 1].val) for row in range(1, dat.numRows)}

    def dirty(self, name: str) -> dict[str, str]:
        """`_dirty` by document id."""
        dat = self.table_of(name)
        return {dat[row, 0].val: dat[row, "_dirty"].val for row in range(1, dat.numRows)}

    def dirty_of(self, doc_id: str, name: str = "users") -> str:
        """`_dirty` of one document."""
        return self.dirty(name)[doc_id]

    def row_of(self, name: str, doc_id: str) -> int:
        """Where a document is in its table."""
        dat = self.table_of(name)
        return next(row for row in range(1, dat.numRows) if dat[row, 0].val == doc_id)

    def type(self, name: str, doc_id: str, text: str, column: str = "payload") -> None:
        """The user types into a cell."""
        dat = self.table_of(name)
        self.host.user_edit(dat).set(self.row_of(name, doc_id), column, text)

    def log(self, level: str | None = None) -> list[str]:
        """Messages of the log."""
        return [entry["message"] for entry in self.comp.GetLogs(level, 200)]
