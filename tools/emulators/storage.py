"""The Storage emulator: a Python process on loopback, with a side door for tests."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from .base import Emulator
from .process import ServerProcess, ask
from .storage_server.faults import Action

_TOOLS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class LoggedRequest:
    """One request as the server saw it; status 0: the connection was reset. Sizes are of the bodies, in bytes."""

    method: str
    path: str
    status: int
    sent: int
    received: int


class StorageEmulator(Emulator):
    """Cloud Storage on a free loopback port, all in memory; use as a context manager.

    `url` is the endpoint for Google's client. Buckets are made by `make_bucket` or by a client.
    """

    ENVIRONMENT: ClassVar[str] = "STORAGE_EMULATOR_HOST"

    def __init__(self, external_host: str | None = None, port: int = 0) -> None:
        super().__init__(external_host)
        self._port = port

    def _make_process(self) -> ServerProcess:
        path = os.pathsep.join(filter(None, (str(_TOOLS), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", "emulators.storage_server", str(self._port)]
        return ServerProcess("The Storage emulator", command, {"PYTHONPATH": path})

    @property
    def url(self) -> str:
        """'http://name:port', the API endpoint."""
        return f"http://{self.host}"

    def make_bucket(self, name: str) -> None:
        """Creates a bucket; works with an external emulator, too."""
        ask(self.host, "POST", "/storage/v1/b?project=test", {"name": name})

    def reset(self) -> None:
        """Forgets all buckets, objects, sessions, faults and the request log."""
        ask(self.admin, "POST", "/__reset")

    def inject(self, match: str, action: Action = "status", **options: Any) -> None:
        """Makes the next matching requests fail; the options are those of `storage_server.faults.Fault`."""
        ask(self.admin, "POST", "/__faults", {"match": match, "action": action, **options})

    def fault_hits(self) -> list[int]:
        """How often each injected fault has hit so far, in the order of injection."""
        hits: list[int] = ask(self.admin, "GET", "/__faults")["hits"]
        return hits

    def clear_faults(self) -> None:
        """Forgets all faults and the request log, and lets go of requests that hang."""
        ask(self.admin, "DELETE", "/__faults")

    def requests(self) -> list[LoggedRequest]:
        """The requests since the last `clear_faults` or `reset`, in the order in which they ended."""
        return [LoggedRequest(**entry) for entry in ask(self.admin, "GET", "/__requests")["requests"]]

    def expire_sessions(self, status: int = 410) -> int:
        """Makes all unfinished upload sessions answer with 410 or 404. Returns how many there were."""
        count: int = ask(self.admin, "POST", "/__sessions/expire", {"status": status})["sessions"]
        return count
