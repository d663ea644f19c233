"""The built storage component in the headless host, with a user's callbacks, files and a bucket of its own."""

from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import tdg_gateway_storage
from component_stage import ComponentStage
from headless_td import Unknowns
from storage_engine import noise
from tdg_core_storage_settings import StorageSettings
from tdg_work_token import Token

ENDED = ("complete", "failed", "cancelled")

COLUMNS = [
    "transfer_id", "type", "remote_path", "local_path", "status", "started_at", "completed_at", "error", "size",
    "progress", "speed",
]  # fmt: skip


class Bucket:
    """The bucket, past the component."""

    def __init__(self, host: str, name: str) -> None:
        settings = StorageSettings(component="outside", emulator_host=host, target=name)
        self._gateway = tdg_gateway_storage.open_gateway(settings)

    def put(self, name: str, content: bytes | int = b"content", **meta: Any) -> bytes:
        """Puts or replaces an object; its content."""
        data = noise(content) if isinstance(content, int) else content
        info = self.info(name)
        body = self._gateway.body(len(data), lambda: (data,))
        self._gateway.insert(name, meta, body, info["generation"] if info else 0, Token())
        return data

    def get(self, name: str) -> bytes | None:
        """The content of an object; None if there is none."""
        if self.info(name) is None:
            return None
        with self._gateway.read(name, 0, 0, -1, Token()) as stream:
            return b"".join(iter(lambda: stream.read(1 << 20), b""))

    def info(self, name: str) -> dict[str, Any] | None:
        """The description of an object."""
        return self._gateway.stat(name, Token())

    def names(self) -> list[str]:
        """All objects."""
        return [info["name"] for info in self._gateway.page("", "", "", Token()).files]

    def close(self) -> None:
        self._gateway.close()


class Stage(ComponentStage):
    """A project with the component in it; its Local Path is the folder `assets`, its Remote Path `media/`.

    Args:
        built: The folder with `storage.tox.dir`.
        folder: The project's folder.
        host: `host:port` of the server.
        bucket: Its name.
        unknowns: How the open questions about TouchDesigner are answered.
        realtime: Frames wait for their time.
        parameters: Values set before the component's first frame.
    """

    NAME = "storage"
    CALLBACKS: ClassVar = {
        "complete": "onTransferComplete",
        "progress": "onTransferProgress",
        "list": "onListComplete",
        "page": "onListPage",
        "metadata": "onMetadata",
        "sync": "onSyncComplete",
        "plan": "onSyncPlan",
        "state": "onConnectionStateChange",
    }

    def __init__(
        self,
        built: Path,
        folder: Path,
        host: str,
        bucket: str,
        unknowns: Unknowns | None = None,
        *,
        realtime: bool = False,
        **parameters: Any,
    ) -> None:
        self.assets = folder / "assets"
        self.assets.mkdir(parents=True, exist_ok=True)
        self.server = host
        self.bucket_name = bucket
        self._bucket: Bucket | None = None
        super().__init__(built, folder, unknowns, realtime=realtime)
        self.edit("tdg_work_transfer", "_QUICK_UNIT_S = 0.125", "_QUICK_UNIT_S = 0.001")
        self.edit("tdg_work_storage_watch", "_LEAST_S = 1.0", "_LEAST_S = 0.05")
        given = {"Bucket": bucket, "Localpath": "assets", "Remotepath": "media/", "Callbacksdat": "my_callbacks"}
        self.set(**{**given, **parameters})
        self.host.frame(3)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bucket is not None:
            self._bucket.close()
        super().__exit__(kind, error, trace)

    def file(self, name: str, content: bytes | int = b"content") -> Path:
        """Makes a file below Local Path."""
        path = self.assets / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise(content) if isinstance(content, int) else content)
        return path

    @property
    def bucket(self) -> Bucket:
        """The bucket, past the component."""
        if self._bucket is None:
            self._bucket = Bucket(self.server, self.bucket_name)
        return self._bucket

    # Time ------------------------------------------------------------------------------------------------------------

    def connected(self, host: str = "") -> Self:
        """Connects and runs frames until that is done."""
        self.set(Emulatorhost=host or self.server)
        self.comp.Connect()
        self.until(lambda: self.status["state"] == "connected", "connected")
        return self

    def ended(self, *keys: str) -> list[dict[str, Any]]:
        """Runs frames until these transfers have ended; what is known of each."""
        assert all(keys), f"refused: {self.log('ERROR')}"
        self.until(lambda: all((self.comp.GetTransfer(key) or {}).get("status") in ENDED for key in keys), f"{keys}")
        self.host.frame()
        return [self.comp.GetTransfer(key) for key in keys]

    def completed(self, *keys: str) -> list[dict[str, Any]]:
        """As `ended`, all of them well."""
        found = self.ended(*keys)
        assert {each["status"] for each in found} == {"complete"}, [each["error"] for each in found]
        return found

    # What is seen ----------------------------------------------------------------------------------------------------

    def transfers(self) -> list[dict[str, str]]:
        """The table `transfers` as dicts."""
        return self.rows("transfers")

    def row(self, key: str) -> dict[str, str]:
        """The row of one transfer; empty if there is none."""
        return next((row for row in self.transfers() if row["transfer_id"] == key), {})
