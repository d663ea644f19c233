"""A user's project in the headless host, set up as a recipe's page says: its operators, its parameters, its scripts.

The page is read, not repeated: a fenced block with the title `Text DAT booth` becomes that DAT with that text, and a
row of a table `where | parameter | value` becomes that parameter's value. So what a page says is what is tested.
"""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import firestore_engine
import layout
from headless_td import Host, Unknowns
from storage_stage import Bucket

COMPONENTS = ("storage", "firestore")
DATS = {
    "Text DAT": "textDAT",
    "Table DAT": "tableDAT",
    "Execute DAT": "executeDAT",
    "CHOP Execute DAT": "chopexecuteDAT",
}
HEAD = "| where | parameter | value |"

_BLOCK = re.compile(r'^```python title="([\w ]+) (\w+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
_LINES = re.compile(r"^ *```python\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `(\w+)` \| \*([^*]+)\* \| (.+) \|$")


class Page:
    """A page of the documentation, by its path below docs/ without the ending."""

    def __init__(self, name: str) -> None:
        self.text = (layout.DOCS / f"{name}.md").read_text(encoding="utf-8")
        #: Kind of DAT, name, text.
        self.scripts = _BLOCK.findall(self.text)

    def tables(self) -> list[list[tuple[str, str, str]]]:
        """The parameter tables in their order: where, label, value."""
        found = []
        for part in self.text.split(HEAD)[1:]:
            rows = part.split("\n\n")[0].splitlines()[2:]
            matches = [(row, _ROW.match(row.strip())) for row in rows]
            assert all(match for _, match in matches), [row for row, match in matches if not match]
            found.append([match.groups() for _, match in matches if match])
        return found

    def lines(self) -> list[str]:
        """The examples that belong into the Textport, in their order."""
        return [textwrap.dedent(text) for text in _LINES.findall(self.text)]


class Project:
    """A project with the components that a page needs.

    Args:
        folder: Its folder; the same one again is the same project after a restart.
        page: The recipe, set up by `follow`.
        storage: `host:port` of the Storage server, and the name of the bucket.
        firestore: `host:port` of the Firestore server, and the id of the database.
    """

    def __init__(
        self,
        folder: Path,
        page: Page,
        storage: tuple[str, str],
        firestore: tuple[str, str],
        unknowns: Unknowns | None = None,
    ) -> None:
        self.folder = folder
        self.page = page
        self._servers = {"storage": storage[0], "firestore": firestore[0]}
        self._targets = {"storage": {"Bucket": storage[1]}, "firestore": {"Databaseid": firestore[1]}}
        self._bucket: Bucket | None = None
        self._database: firestore_engine.Server | None = None
        self.host = Host(folder, unknowns)
        self.network = self.host.op("/project1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for opened in (self._bucket, self._database):
            if opened is not None:
                opened.close()
        try:
            self.host.close()
        except Exception:
            if kind is None:  # the test's own error says more than what follows from it
                raise

    # Setting up ------------------------------------------------------------------------------------------------------

    def make(self, kind: str, name: str, **parameters: Any) -> Any:
        """An operator in the user's network."""
        made = self.network.create(kind, name)
        for parameter, value in parameters.items():
            setattr(made.par, parameter, value)
        return made

    def follow(self, only: str = r"\w+", table: int = 0, change: tuple[str, str] = ("", "")) -> Self:
        """Does what the page says, as far as the names of its DATs match `only`, and with the parameters of a table.

        `change` are a text in the scripts and what stands there instead before they run for the first time.
        """
        scripts = [script for script in self.page.scripts if re.fullmatch(only, script[1])]
        rows = self.page.tables()[table]
        for name in COMPONENTS:
            if any(where == name for where, _, _ in rows) and self.network.op(name) is None:
                self.load(name)
        for kind, name, text in scripts:
            self.make(DATS[kind], name).text = text.replace(*change)
        self.set(rows)
        self.host.frame(3)
        return self

    def load(self, name: str) -> Any:
        """Drops a component in, not connected yet."""
        comp = self.host.load_tox(layout.TOX / f"{name}.tox.dir")
        for parameter, value in self._targets[name].items():
            setattr(comp.par, parameter, value)
        if name == "storage":  # an outage of a test is short
            quick = comp.op("local/modules/tdg_work_transfer")
            quick.text = quick.text.replace("_QUICK_UNIT_S = 0.125", "_QUICK_UNIT_S = 0.001")
        return comp

    def set(self, rows: list[tuple[str, str, str]]) -> None:
        """Sets parameters by their labels, as a reader of the page does."""
        for where, label, value in rows:
            owner = self.network.op(where)
            assert owner is not None, f"the page sets {label} of {where}, which is not there"
            custom = {par.label.partition(" (")[0]: par for par in owner.customPars}
            name = label.replace(" ", "").lower()
            par = custom[label] if label in custom else owner.par[name]
            assert par is not None, f"{where} has no parameter {label}"
            plain = value.strip("`")
            if par.menuNames and plain in par.menuLabels:
                plain = par.menuNames[par.menuLabels.index(plain)]
            par.val = {"on": True, "off": False}.get(plain, plain) if par.isToggle else plain

    # Time ------------------------------------------------------------------------------------------------------------

    def online(self, **servers: str) -> Self:
        """Connects, through a proxy if one is named, and runs frames until that is done."""
        self.begin(**servers)
        for comp in self.components():
            self.until(lambda comp=comp: comp.GetStatus()["state"] == "connected", f"{comp.name} connected")
        return self

    def begin(self, **servers: str) -> Self:
        """Begins to connect."""
        for comp in self.components():
            name = str(comp.par.parentshortcut)
            comp.par.Backoffmax = 0.2  # an outage of a test is short
            comp.par.Emulatorhost = servers.get(name, self._servers[name])
            comp.Connect()
        return self

    def components(self) -> list[Any]:
        """All of ours, copies too."""
        return [one for one in self.network.children if one.isCOMP and str(one.par.parentshortcut) in COMPONENTS]

    def until(self, done: Callable[[], Any], what: str = "") -> Any:
        """Runs frames until something is true."""
        return self.host.run_until(done, 30, what)

    def sent(self) -> None:
        """Runs frames until no write waits any more."""
        firestore = self.network.op("firestore")
        self.until(lambda: firestore.GetStatus()["queue_depth"] == "0", "everything sent")

    # What is seen ----------------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        """The text of a DAT."""
        return str(self.network.op(name).text)

    def rows(self, name: str) -> list[list[str]]:
        """The cells of a Table DAT."""
        dat = self.network.op(name)
        return [[cell.val for cell in row] for row in dat.rows()]

    def module(self, name: str) -> Any:
        """What a script has defined."""
        return self.network.op(name).module

    def edit(self, name: str, old: str, new: str) -> None:
        """The user changes a line of a script."""
        dat = self.network.op(name)
        assert old in dat.text, f"{name} has no {old!r}"
        dat.text = dat.text.replace(old, new)

    @property
    def bucket(self) -> Bucket:
        """The bucket, past the component: the console."""
        if self._bucket is None:
            self._bucket = Bucket(self._servers["storage"], self._targets["storage"]["Bucket"])
        return self._bucket

    @property
    def console(self) -> firestore_engine.Server:
        """The database, past the component: the console, or a phone."""
        if self._database is None:
            settings = firestore_engine.settings(self._servers["firestore"], self._targets["firestore"]["Databaseid"])
            self._database = firestore_engine.Server(settings)
        return self._database

    def put(self, path: str, **data: Any) -> None:
        """Somebody else writes a document."""
        self.console.put(path, data)

    def delete(self, path: str) -> None:
        """Somebody else deletes a document."""
        self.console.delete(path)
