"""A folder, a bucket and an engine between them, for tests of syncs."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tdg_work_storage_sync_carry
from storage_engine import Driver
from tdg_core_storage_messages import Changed
from tdg_gateway_storage import StorageGateway
from tdg_work_token import Token

#: What the tests want deleted is deleted.
DELETING = {"delete_remote": True, "delete_local": True, "max_delete": 100}


class Stage:
    """Both sides of a sync as their users see them.

    Attributes:
        root: The folder on the disk.
        prefix: The folder in the bucket.
        driver: The engine.
    """

    def __init__(self, root: Path, gateway: StorageGateway, driver: Driver, prefix: str = "media/") -> None:
        self.root = root
        self.prefix = prefix
        self.driver = driver
        self._gateway = gateway
        root.mkdir(exist_ok=True)

    # Users ---------------------------------------------------------------------------------------------------------

    def write(self, path: str, content: bytes | str, age_s: float = 10.0) -> Path:
        """Saves a local file that was last written to some seconds ago."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        then = time.time() - age_s
        os.utime(file, (then, then))
        return file

    def put(self, name: str, content: bytes | str, **meta: Any) -> int:
        """Stores an object, whatever was there; its generation."""
        data = content.encode() if isinstance(content, str) else content
        there = self._gateway.stat(self.prefix + name, Token())
        replaces = there["generation"] if there else 0
        body = self._gateway.body(len(data), lambda: (data,))
        return int(self._gateway.insert(self.prefix + name, meta, body, replaces, Token())["generation"])

    def drop(self, name: str) -> None:
        """Deletes an object."""
        there = self._gateway.stat(self.prefix + name, Token())
        assert there is not None
        self._gateway.delete(self.prefix + name, there["generation"], Token())

    # What there is -------------------------------------------------------------------------------------------------

    def local(self) -> dict[str, str]:
        """Content of every local file, whatever it is."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            with contextlib.suppress(FileNotFoundError):  # a part that has just become the file
                if path.is_file() and not path.is_symlink():
                    found[path.relative_to(self.root).as_posix()] = path.read_bytes().decode("latin-1")
        return found

    def remote(self) -> dict[str, str]:
        """Content of every object."""
        found = {}
        for info in self._objects():
            with self._gateway.read(info["name"], 0, 0, -1, Token()) as stream:
                content = b"".join(iter(lambda: stream.read(1 << 20), b""))
            found[info["name"][len(self.prefix) :]] = content.decode("latin-1")
        return found

    def _objects(self) -> list[dict[str, Any]]:
        objects, page = [], ""
        while True:
            got = self._gateway.page(self.prefix, "", page, Token())
            objects += got.files
            page = got.next
            if not page:
                return objects

    def trash(self) -> list[str]:
        """Contents in the trash."""
        folder = Path(self.driver.settings.cache_folder, "trash")
        return sorted(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())

    # Sync ----------------------------------------------------------------------------------------------------------

    def ask(self, direction: str = "both", **options: Any) -> str:
        """Asks for a sync; its id."""
        return self.driver.ask("sync", self.prefix, self.root, direction=direction, **options)

    def sync(self, direction: str = "both", **options: Any) -> Changed:
        """A sync and how it ended."""
        return self.driver.ended(self.ask(direction, **options))[0]

    def moved(self, direction: str = "both", **options: Any) -> dict[str, list[str]]:
        """A sync that succeeds: what it did, sorted, without what it did not do."""
        ended = self.sync(direction, **options)
        assert ended.status == "complete", ended.error
        lists = {name: sorted(ended.result[name]) for name in ("uploaded", "downloaded", "deleted")}
        return {name: paths for name, paths in lists.items() if paths}


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Does something once, between the plan and its first step."""
    real = tdg_work_storage_sync_carry.Carrier.carry_out
    waiting = [act]

    def carry_out(self: Any) -> None:
        while waiting:
            waiting.pop()()
        real(self)

    monkeypatch.setattr(tdg_work_storage_sync_carry.Carrier, "carry_out", carry_out)
