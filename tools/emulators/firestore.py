"""The Firestore emulator: a Node process on loopback, with a side door for tests."""

from pathlib import Path
from typing import Any, ClassVar, Literal

from .base import Emulator
from .node_packages import node_executable, node_modules
from .process import ServerProcess, ask
from .protocol import descriptor_file

_SCRIPT = Path(__file__).resolve().parent / "firestore_server" / "server.mjs"


class FirestoreEmulator(Emulator):
    """Firestore on a free loopback port; use as a context manager.

    `host` speaks gRPC without TLS, as Google's clients do with FIRESTORE_EMULATOR_HOST. Projects and databases come
    into being when they are named.
    """

    ENVIRONMENT: ClassVar[str] = "FIRESTORE_EMULATOR_HOST"

    def __init__(self, external_host: str | None = None, port: int = 0) -> None:
        super().__init__(external_host)
        self._port = port

    def _make_process(self) -> ServerProcess:
        env = {"NODE_PATH": str(node_modules()), "FIRESTORE_DESCRIPTORS": str(descriptor_file())}
        return ServerProcess("The Firestore emulator", [node_executable(), str(_SCRIPT), str(self._port)], env)

    def reset(self) -> None:
        """Ends all Listen streams (UNAVAILABLE), forgets all documents, transactions and faults.

        Resume tokens from before are met with a RESET of the target.
        """
        ask(self.admin, "POST", "/reset")

    def documents(self, database: str) -> list[dict[str, Any]]:
        """All documents of 'projects/p/databases/d' as JSON: integers as text, bytes as base64."""
        found: list[dict[str, Any]] = ask(self.admin, "POST", "/documents", {"database": database})["documents"]
        return found

    def inject(
        self,
        method: str,
        code: str | None = None,
        *,
        times: int = 1,
        skip: int = 0,
        delay_s: float = 0.0,
        apply: bool = False,
    ) -> None:
        """Makes the next calls of an RPC fail or take long.

        Args:
            method: name of the RPC ('Commit'), or '*' for any.
            code: name of the gRPC status to answer with ('UNAVAILABLE'); None only delays.
            times: how many calls are hit.
            skip: how many matching calls pass before.
            delay_s: seconds that the call waits before it is looked at.
            apply: carry the call out and answer with the code all the same: its outcome is unknown to the client.
        """
        rule = {"method": method, "code": code, "times": times, "skip": skip, "delay_s": delay_s, "apply": apply}
        ask(self.admin, "POST", "/faults", rule)

    def clear_faults(self) -> None:
        """Takes back what `inject` and `freeze` did and sets the call counters to zero."""
        ask(self.admin, "DELETE", "/faults")

    def freeze(self) -> None:
        """From now on calls are accepted and never answered; streams go silent."""
        ask(self.admin, "POST", "/freeze")

    def thaw(self) -> None:
        """Ends `freeze`: what is still wanted is answered now."""
        ask(self.admin, "POST", "/thaw")

    def end_streams(self, code: str = "UNAVAILABLE") -> int:
        """Ends all Listen streams with a status ('OK': normally). Returns how many there were."""
        return self._streams("end", code=code)

    def drop_targets(self, code: str = "RESOURCE_EXHAUSTED") -> int:
        """The server removes all Listen targets, with a cause; streams stay. Returns the number of streams."""
        return self._streams("drop", code=code)

    def reset_targets(self) -> int:
        """The server starts all Listen targets over (RESET, all documents, CURRENT)."""
        return self._streams("reset")

    def send_filters(self, off: int = 0) -> int:
        """The server sends an existence filter per target; its count is wrong by `off`."""
        return self._streams("filter", off=off)

    def heartbeat(self) -> int:
        """The server sends a global snapshot without news on each stream."""
        return self._streams("heartbeat")

    def _streams(self, action: Literal["end", "drop", "reset", "filter", "heartbeat"], **more: Any) -> int:
        count: int = ask(self.admin, "POST", "/streams", {"action": action, **more})["streams"]
        return count

    def forget_history(self) -> None:
        """Makes deletions so far unknown to those who resume: they get an existence filter instead."""
        ask(self.admin, "POST", "/forget")

    def stats(self) -> dict[str, Any]:
        """'calls' (per RPC, since the last reset), 'streams', 'targets' (live now), 'memory' (bytes)."""
        return ask(self.admin, "GET", "/stats")
