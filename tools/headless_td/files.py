"""Files: saved components and projects, contents of DATs, file-linked DATs. Thread: main only.

The stand-in keeps components in a JSON form of its own; TouchDesigner's binary form is not imitated.
Source: API sheet 1.4, 3.5, 4.3.
"""

import csv
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headless_td import snapshots
from headless_td.errors import tdError
from headless_td.snapshots import Data

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

_FORMAT = "headless-td 1"
_POLL_FRAMES = 10


class Files:
    """File work of one host."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._linked: dict[Node, tuple[float, str]] = {}
        self._count = 0

    def absolute(self, path: str | os.PathLike[str]) -> Path:
        """A path as TouchDesigner takes it: relative to the project folder."""
        return Path(os.path.normpath(Path(self._host.project.folder, path)))

    # -- components -------------------------------------------------------------------------------------------

    def component_bytes(self, node: "Node") -> bytes:
        """A component as bytes."""
        data = {"format": _FORMAT, "build": self._host.app.build, "component": snapshots.take(node)}
        return json.dumps(data, indent=1).encode("utf-8")

    def save_component(self, node: "Node", path: str, *, create_folders: bool = False) -> str:
        """Write a component; the path written."""
        target = self._target(path, create_folders=create_folders)
        target.write_bytes(self.component_bytes(node))
        return target.as_posix()

    def _target(self, path: str, *, create_folders: bool) -> Path:
        target = self.absolute(path)
        if create_folders:
            target.parent.mkdir(parents=True, exist_ok=True)
        if not target.parent.is_dir():
            raise tdError(f"Cannot write {target}: its folder does not exist.")
        return target

    def read_component(self, path: str | os.PathLike[str]) -> Data:
        """The data of a saved component."""
        source = self.absolute(path)
        try:
            return self._parse(source.read_bytes())
        except OSError as error:
            raise tdError(f"Cannot load {source}: {error}") from error

    @staticmethod
    def _parse(content: bytes) -> Data:
        try:
            data: Data = json.loads(content)
            if data["format"] != _FORMAT:
                raise KeyError(data["format"])
        except (ValueError, KeyError, TypeError) as error:
            raise tdError(f"This is no component that the headless host has saved ({error}).") from error
        component: Data = data["component"]
        return component

    def load_component(self, parent: "Node", path: str) -> "Node":
        """Load a saved component into a COMP."""
        return self.place(parent, self.read_component(path))

    def load_bytes(self, parent: "Node", content: bytes) -> "Node":
        """Load a component from bytes."""
        return self.place(parent, self._parse(content))

    def place(self, parent: "Node", data: Data, name: str | None = None) -> "Node":
        """Make an operator from data, as a load or paste does."""
        node = snapshots.build(parent, data, name)
        self._host.lifecycle.created([node])
        return node

    def reload(self, node: "Node", path: str) -> None:
        """Replace the inside and the parameters of a component by those of a file."""
        self.replace(node, self.read_component(path))

    def replace(self, node: "Node", data: Data) -> None:
        """The same from data. Place, name and, with `reloadcustom` off, values of custom parameters stay."""
        kept = {}
        if not node.par_value("reloadcustom"):
            kept = {par.name: snapshots._value(par) for par in node.pars.custom() if par.kind != "pulse"}
        if node.exts is not None:
            node.exts.destroy()
        for child in list(node.children.values()):
            for docked in list(child.docked):
                docked.dock = None
            child.docked.clear()
        for child in list(node.children.values()):
            self._host.network.destroy(child)
        where = [*node.tile, *node.size]
        snapshots.fill(node, {**data, "tile": where})
        for name, value in kept.items():
            snapshots.set_value(node, name, value)
        self._host.lifecycle.created([node])

    # -- projects ---------------------------------------------------------------------------------------------

    def save_project(self, path: Path) -> None:
        """Write the project: every operator below the root but the system's."""
        tops = [snapshots.take(node) for node in self._host.network.root.children.values() if node.name != "sys"]
        path.write_text(json.dumps({"format": _FORMAT, "project": tops}, indent=1), encoding="utf-8")

    def open_project(self, path: Path) -> None:
        """Make the operators of a saved project."""
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        root = self._host.network.root
        for child in [child for child in root.children.values() if child.name != "sys"]:
            self._host.network.destroy(child)
        for top in data["project"]:
            snapshots.build(root, top)

    # -- contents of DATs -------------------------------------------------------------------------------------

    def save_contents(self, node: "Node", path: str | None, *, append: bool, create_folders: bool) -> str:
        """Write a DAT's contents; the kind follows the extension."""
        default = f"{node.name}.{'tsv' if node.table is not None else 'txt'}"
        target = self._target(path or str(node.par_value("file") or default), create_folders=create_folders)
        with target.open("a" if append else "w", encoding="utf-8", newline="") as file:
            file.write(self._contents(node, target))
        return target.as_posix()

    @staticmethod
    def _contents(node: "Node", target: Path) -> str:
        if node.table is not None and target.suffix == ".csv":
            return node.table.get_csv()
        return node.get_text()

    def write_linked(self, node: "Node") -> None:
        """Write a DAT to its file."""
        if node.par_value("file"):
            self.save_contents(node, None, append=False, create_folders=False)

    def load_linked(self, node: "Node") -> None:
        """Read a DAT from its file, if there is one."""
        path = node.par_value("file")
        source = self.absolute(path) if path else None
        if source is None or not source.is_file():
            return
        text = source.read_text(encoding="utf-8")
        if node.table is not None and source.suffix == ".csv":
            node.table.set_rows(list(csv.reader(io.StringIO(text, newline=""))))
        else:
            node.set_text(text)

    def link_changed(self, node: "Node") -> None:
        """`file` or `syncfile` of a DAT changed: turning sync on loads the file at once."""
        if node.type.family != "DAT":
            return
        if node.par_value("syncfile") and node.par_value("file"):
            self.load_linked(node)
            self._linked[node] = self._state(node)
        else:
            self._linked.pop(node, None)

    def _state(self, node: "Node") -> tuple[float, str]:
        path = self.absolute(str(node.par_value("file")))
        return (path.stat().st_mtime if path.is_file() else 0.0), node.get_text()

    def poll(self) -> None:
        """Every few frames: carry edits of linked DATs to their files and back."""
        self._count += 1
        if not self._linked or self._count % _POLL_FRAMES:
            return
        for node, (mtime, text) in list(self._linked.items()):
            if not node.alive:
                del self._linked[node]
                continue
            now_mtime, now_text = self._state(node)
            if now_text != text:
                self.write_linked(node)
            elif now_mtime != mtime:
                self.load_linked(node)
            else:
                continue
            self._linked[node] = self._state(node)
