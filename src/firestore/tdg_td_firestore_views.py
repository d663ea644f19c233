"""The operators in the COMP `collections`: a table and a watcher for each thing that is watched, and their index.

Thread: main only.
"""

from collections.abc import Iterator
from typing import Any

import td
import tdg_core_firestore_filters
import tdg_core_firestore_names
import tdg_core_firestore_watch_spec
import tdg_td_firestore_view
import tdg_td_tables

View = tdg_td_firestore_view.View
Spec = tdg_core_firestore_watch_spec.Spec

_WATCHER = "_cellwatch"

#: Network units from one table to the next, and from a table down to its watcher.
_STEP = 200
_DOWN = 150
#: Tables in a row of the network.
_PER_ROW = 8


class Views:
    """What is watched, by name, with the operators that show it.

    Tables that a saved project brought along are taken over, so that what points to them goes on pointing.

    Args:
        comp: The component.
    """

    def __init__(self, comp: Any) -> None:
        self._comp = comp
        self._views: dict[str, View] = {}
        self._by_id: dict[int, View] = {}
        self._of: dict[str, dict[str, View]] = {}
        #: When the edit of a document is to be sent (monotonic seconds), by view name and document id.
        self.due: dict[tuple[str, str], float] = {}
        self._index = tdg_td_tables.KeyedTable(comp.op("collection_index"), ("collection", "table"))
        #: Tables of a former run that nobody has asked for yet, by what they were watched as.
        self._former = self._found()
        self._index.reset()

    def __iter__(self) -> Iterator[View]:
        return iter(list(self._views.values()))

    def __len__(self) -> int:
        return len(self._views)

    def get(self, name: str) -> View | None:
        """The view watched under that name."""
        return self._views.get(name)

    def of(self, collection: str) -> list[View]:
        """All views that show documents of that collection, the whole collection first."""
        return list(self._of.get(collection, {}).values())

    def of_dat(self, dat: Any) -> View | None:
        """The view whose table that is."""
        return self._by_id.get(dat.id)

    def open(self, name: str, spec: Spec, filters: tdg_core_firestore_filters.Filters, fields: tuple[str, ...]) -> View:
        """Makes the operators of a view, or takes over those of a former run."""
        dat = self._table(name)
        watcher = self._watch(dat)
        view = View(name, spec, dat, watcher, filters, fields, self.due)
        self._views[name] = view
        self._by_id[dat.id] = view
        siblings = self._of.setdefault(spec.collection, {})
        siblings[name] = view
        if spec.whole:
            self._of[spec.collection] = {name: view, **siblings}
        self._index.put([(name, dat.name)])
        return view

    def close(self, name: str) -> None:
        """Takes a view's operators away."""
        view = self._forget(name)
        if view is None:
            return
        self._index.remove([name])
        for operator in (view.watcher, view.dat):  # the watcher first, it points to the table
            if operator.valid:
                operator.destroy()

    def mend(self, view: View) -> View | None:
        """Someone has deleted a view's table or watcher by hand: makes it again. None when nothing was amiss."""
        if view.dat.valid and view.watcher.valid:
            return None
        if view.dat.valid:
            view.watcher = self._watch(view.dat)
            return view
        if view.watcher.valid:
            view.watcher.destroy()
        due = dict(self.due)
        self._forget(view.name)
        renewed = self.open(view.name, view.spec, view.filters, view.table.fields)
        renewed.adopt(view)
        self.due.update(due)
        return renewed

    def renew(self, view: View) -> View:
        """The same view with nothing in it."""
        self._forget(view.name)
        self._former[view.name] = (view.dat, view.watcher)
        return self.open(view.name, view.spec, view.filters, view.table.fields)

    def drop_former(self) -> None:
        """Takes the tables of a former run away that nobody has asked for."""
        former, self._former = self._former, {}
        for dat, watcher in former.values():
            for operator in (watcher, dat):
                if operator is not None and operator.valid:
                    operator.destroy()

    def empty(self) -> None:
        """Empties the tables of a former run: what they show is not known to be true."""
        for dat, _ in self._former.values():
            dat.clear()

    # -------------------------------------------------------------------------------------------------------------

    @property
    def _home(self) -> Any:
        return self._comp.op("collections")

    def _forget(self, name: str) -> View | None:
        view = self._views.pop(name, None)
        if view is None:
            return None
        self._by_id = {number: other for number, other in self._by_id.items() if other is not view}
        for key in [key for key in self.due if key[0] == name]:
            del self.due[key]
        siblings = self._of.get(view.spec.collection, {})
        siblings.pop(name, None)
        if not siblings:
            self._of.pop(view.spec.collection, None)
        return view

    def _found(self) -> dict[str, tuple[Any, Any]]:
        index, home = self._index.dat, self._home
        names = {index[row, 1].val: index[row, 0].val for row in range(1, index.numRows) if index.numCols > 1}
        found = {}
        watchers = {dat.name: dat for dat in home.children if dat.OPType == "datexecuteDAT"}
        for dat in home.children:
            if dat.OPType == "tableDAT":
                watcher = watchers.pop(dat.name + _WATCHER, None)
                found[names.get(dat.name, f"?{dat.name}")] = (dat, watcher)
        for watcher in watchers.values():
            watcher.destroy()
        return found

    def _table(self, name: str) -> Any:
        dat, watcher = self._former.pop(name, (None, None))
        if watcher is not None and watcher.valid:
            watcher.destroy()
        if dat is not None and dat.valid:
            return dat
        home = self._home
        used = [operator.name for operator in home.children]
        dat = home.create(td.tableDAT, tdg_core_firestore_names.operator_name(name, used))
        number = len(self._views)
        dat.nodeX, dat.nodeY = number % _PER_ROW * _STEP, -(number // _PER_ROW) * 2 * _DOWN
        return dat

    def _watch(self, dat: Any) -> Any:
        watcher = self._home.create(td.datexecuteDAT, dat.name + _WATCHER)
        watcher.text = self._comp.op("cellwatch_template").text
        watcher.par.dat = dat.name
        for name in ("rowchange", "colchange", "cellchange", "sizechange"):
            toggle = watcher.par[name]
            if toggle is not None:  # deprecated since 2025
                toggle.val = False
        watcher.par.tablechange = True
        watcher.par.execute = "end"
        watcher.par.active = True
        watcher.nodeX, watcher.nodeY = dat.nodeX, dat.nodeY - _DOWN
        return watcher
