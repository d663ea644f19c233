"""Sends the queued writes: several commits at a time, each document's writes one after another.

Thread: worker only (the engine's loop), except `send` and what it calls, which run in helper threads.

A commit that must not be carried out twice is *guarded*: in the same atomic request it writes its own id into the
ledger, a document that this store alone writes, under the condition that the ledger is as the last guarded commit left
it. So it can be carried out once only, however often it is sent, and the ledger tells afterwards whether it was.
"""

import random
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_writes
import tdg_work_firestore_queue
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Commit = tdg_core_firestore_writes.Commit
Entry = tdg_core_firestore_writes.Entry

#: Commits under way at the same time.
SENDERS = 4

#: Seconds before a commit that met a broken connection is sent again; after the last one the connection counts as lost.
QUICK_RETRIES_S = (0.1, 0.4)

#: The collection of the ledgers; discovery leaves it out.
LEDGER_COLLECTION = "td_gcp_ledger"

#: Refusals that concern every write of a commit alike.
_WHOLE = frozenset({"permission", "credentials"})


class Gateway(Protocol):
    """What sending needs of a gateway."""

    def commit(self, writes: list[dict[str, Any]]) -> list[Any]: ...
    def get_documents(self, paths: list[str]) -> list[Any]: ...


class Sent(NamedTuple):
    """The answer to a commit: update times of the documents sent, in order, and of the ledger."""

    versions: list[str]
    ledger_version: str


class Sender:
    """Takes commits from the queue as long as there is a connection, and settles them by their answers.

    Args:
        loop: The engine's loop.
        queue: What is to be sent.
        save: Writes the queue's changes to disk.
        trouble: Told when the server cannot be reached any more.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        queue: tdg_work_firestore_queue.DurableQueue,
        save: Callable[[], None],
        trouble: Callable[[CloudError], None],
    ) -> None:
        self._loop = loop
        self._durable = queue
        self._queue = queue.queue
        self._save = save
        self._trouble = trouble
        self._gateway: Any = None
        self._busy = 0
        self._timer_at: float | None = None

    def connected(self, gateway: Gateway) -> None:
        """The server can be reached: everything queued is sent."""
        self._gateway = gateway
        self.flush()

    def disconnected(self) -> None:
        """The gateway is closed: nothing is sent until the next `connected`."""
        self._gateway = None

    def flush(self) -> None:
        """Sends everything now, waits or not. What is in flight is not sent twice."""
        self._queue.wake()
        self.pump()

    def pump(self) -> None:
        """Sends as much as may be under way."""
        now = self._loop.clock()
        while self._gateway is not None and self._busy < SENDERS:
            commit = self._queue.take(now)
            if commit is None:
                self._plan(self._queue.next_time(now))
                return
            self._begin(commit)

    def _plan(self, at: float | None) -> None:
        """Looks again at that time."""
        if at is None or (self._timer_at is not None and self._timer_at <= at):
            return
        self._timer_at = at
        self._loop.call_later(max(0.0, at - self._loop.clock()), self._timer)

    def _timer(self) -> None:
        self._timer_at = None
        self.pump()

    def _begin(self, commit: Commit) -> None:
        if commit.id:
            self._durable.freeze(commit)
            self._save()
        self._busy += 1
        self._send(commit, 0)

    def _send(self, commit: Commit, retries: int) -> None:
        gateway = self._gateway
        ledger = (self._durable.ledger_id, self._durable.ledger_version, commit.id) if commit.id else None
        self._loop.spawn(
            "commit",
            send,
            gateway,
            [_plain(entry) for entry in commit.sent],
            ledger,
            then=lambda answer, error: self._ended(commit, gateway, retries, answer, error),
        )

    def _ended(self, commit: Commit, gateway: Any, retries: int, answer: Sent | None, error: CloudError | None) -> None:
        if error is not None and self._quickly_again(commit, gateway, retries, error):
            return
        self._busy -= 1
        if answer is not None:
            self._confirmed(commit, answer)
        elif error is not None:
            self._failed(commit, gateway, error)
        self._save()
        self.pump()

    def _quickly_again(self, commit: Commit, gateway: Any, retries: int, error: CloudError) -> bool:
        quick = error.code in {"network", "unavailable"} and retries < len(QUICK_RETRIES_S)
        if not quick or self._gateway is not gateway:
            return False
        commit.uncertain = True

        def again() -> None:
            if self._gateway is gateway:
                self._send(commit, retries + 1)
            else:
                self._ended(commit, gateway, retries, None, error)

        self._loop.call_later(QUICK_RETRIES_S[retries], again)
        return True

    def _confirmed(self, commit: Commit, answer: Sent) -> None:
        versions = {entry.key: version for entry, version in zip(commit.sent, answer.versions, strict=True)}
        self._durable.confirmed(commit, lambda entry: versions[entry.key], answer.ledger_version)

    def _failed(self, commit: Commit, gateway: Any, error: CloudError) -> None:
        if self._gateway is not gateway or error.code == "cancelled":
            self._durable.interrupted(commit)
            return
        if error.todo == tdg_core_errors.RETRY:
            for entry in commit.entries:
                entry.failures += 1
            failures = max(entry.failures for entry in commit.entries)
            wait_s = max(tdg_core_firestore_writes.backoff_s(failures, random.random()), error.retry_after_s)
            now = self._loop.clock()
            self._durable.failed(commit, error, now + wait_s)
            if error.code == "exhausted":
                self._queue.pause(now + wait_s)
        else:
            self._durable.refused(commit, error, whole=error.code in _WHOLE)
        if error.code in tdg_core_errors.CONNECTION_CODES or error.code == "credentials":
            self._trouble(error)


def send(gateway: Gateway, writes: list[dict[str, Any]], ledger: tuple[str, str, str] | None) -> Sent:
    """Sends one commit. Helper thread.

    Args:
        gateway: A connected gateway.
        writes: In the form of `Gateway.commit`.
        ledger: None, or for a guarded commit: the ledger's id, its last known update time, the commit's id.

    Raises:
        CloudError: It was refused; or, with a code that asks to try again, its outcome is unknown.
    """
    if ledger is None:
        return Sent([result.update_time for result in gateway.commit(writes)], "")
    ledger_id, version, commit_id = ledger
    try:
        return _guarded(gateway, writes, ledger_id, version, commit_id)
    except CloudError as error:
        if error.todo == tdg_core_errors.RETRY:
            raise
        # Refused: because this very commit was carried out before, because the ledger is not as we remember it, or
        # because of the writes themselves. The ledger tells.
        (document,) = gateway.get_documents([f"{LEDGER_COLLECTION}/{ledger_id}"])
        found, payload = ("", "{}") if document is None else (document.version, document.payload)
        if tdg_core_firestore_codec.payload_of(payload).get("commit") == commit_id:
            return Sent([found] * len(writes), found)
        if found == version:
            raise
    return _guarded(gateway, writes, ledger_id, found, commit_id)


def _guarded(gateway: Gateway, writes: list[dict[str, Any]], ledger_id: str, version: str, commit_id: str) -> Sent:
    entry = {
        "collection": LEDGER_COLLECTION,
        "doc_id": ledger_id,
        "op": tdg_core_firestore_writes.SET,
        "data": {"commit": commit_id},
        "precondition": {"update_time": version} if version else {"exists": False},
    }
    *versions, ledger_version = [result.update_time for result in gateway.commit([*writes, entry])]
    return Sent(versions, ledger_version)


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "collection": entry.collection,
        "doc_id": entry.doc_id,
        "op": entry.op_type,
        "data": entry.payload,
    }
