"""The built firestore component in the headless host, with a user's callbacks and a database of its own."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import firestore_engine
from component_stage import ComponentStage
from emulators_fixtures import unique_name
from headless_td import Unknowns

DEBOUNCE_S = 0.05
SURVEY_S = 0.02


class Stage(ComponentStage):
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

    NAME = "firestore"
    CALLBACKS: ClassVar = {
        "change": "onFirestoreChange",
        "write": "onWriteComplete",
        "fetched": "onDocFetched",
        "state": "onConnectionStateChange",
    }

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
        self.database_id = database or unique_name("db")
        self.given = firestore_engine.settings(host, self.database_id)
        self._server: firestore_engine.Server | None = None
        super().__init__(built, folder, unknowns, realtime=realtime)
        if quick:
            view = self.module("tdg_td_firestore_view")
            view.DEBOUNCE_S, view.SURVEY_S = DEBOUNCE_S, SURVEY_S
        self.set(Databaseid=self.database_id, Callbacksdat="my_callbacks", **parameters)
        self.host.frame(3)
        self.set(Emulatorhost=host)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        super().__exit__(kind, error, trace)

    # The server ------------------------------------------------------------------------------------------------------

    @property
    def server(self) -> firestore_engine.Server:
        """The database, past the component."""
        if self._server is None:
            self._server = firestore_engine.Server(self.given)
        return self._server

    def put(self, path: str, **data: Any) -> None:
        """Somebody else writes a document."""
        self.server.put(path, data)

    def delete(self, path: str) -> None:
        """Somebody else deletes a document."""
        self.server.delete(path)

    # Time ------------------------------------------------------------------------------------------------------------

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

    def table_of(self, name: str) -> Any:
        """The table of a watched collection, or None."""
        index = self.dat("collection_index")
        rows = {index[row, 0].val: index[row, 1].val for row in range(1, index.numRows)}
        return self.dat(f"collections/{rows[name]}") if name in rows else None

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
