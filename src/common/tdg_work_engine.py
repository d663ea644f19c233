"""What both engines do alike: settings, connecting, telling trouble, taking accepted requests.

Thread: worker only.
"""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import tdg_core_errors
import tdg_core_messages
import tdg_core_settings
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Message = tdg_core_messages.Message

S = TypeVar("S", bound=tdg_core_settings.Settings)

#: Seconds after which accepted requests that could not be stored (disk full) are tried again.
_STORE_AGAIN_S = 5.0


class Gateway(Protocol):
    """What a connected gateway tells of itself; the rest is each component's own."""

    project_id: str
    #: The bucket or database it talks to.
    target: str

    def close(self) -> None:
        """Ends every call under way. Idempotent, any thread."""


class Engine(Generic[S]):
    """Base of the storage and the firestore engine.

    Every method runs on the loop's thread. A subclass adds its requests to `handlers` and overrides the hooks
    `on_settings`, `on_connected`, `on_disconnected`, `on_accepted`, `on_forget` and `on_close`.

    Args:
        loop: The loop it lives on.
        settings: What it starts with; `Configure` replaces them by others of the same class.
        open_gateway: Connects with the given settings and proves it by a round trip; raises `CloudError`.
    """

    def __init__(self, loop: tdg_work_loop.Loop, settings: S, open_gateway: Callable[[S], Any]) -> None:
        self.loop = loop
        self.settings = settings
        self.gateway: Any = None
        #: The attempt whose answer counts; 0 when none is wanted.
        self.attempt = 0
        self._open_gateway = open_gateway
        #: Accepted requests that are not stored yet, oldest first.
        self._accepted: list[tdg_core_messages.Accepted] = []
        self._store_planned = False
        self.handlers: dict[str, Callable[[Any], None]] = {
            "configure": self._configure,
            "connect": self._connect,
            "disconnect": self._disconnect,
            "accepted": self._accept,
            "forget": self._forget,
        }

    def handle(self, request: Message) -> None:
        """Runs the handler of a request."""
        if request.kind != tdg_core_messages.Accepted.kind:
            self._store_accepted()  # first what came first
        handler = self.handlers.get(request.kind)
        if handler is None:
            self.loop.log("ERROR", f"The engine does not know the request {request.kind!r}: versions differ.")
            return
        handler(request)

    def close(self) -> None:
        """The engine ends: the gateway is closed; when the last helper thread has ended, `on_close` stores the rest."""
        self._store_accepted()
        self.attempt = 0
        self._drop_gateway()
        self.loop.at_end(self.on_close)

    def trouble(self, error: CloudError) -> None:
        """Says that the server cannot be reached any more; the main thread decides when to try again."""
        if self.gateway is None:
            return
        attempt = self.attempt
        self._drop_gateway()
        self.loop.outbox.put(tdg_core_messages.Trouble(attempt, error.code, error.message))

    def on_settings(self, former: S) -> None:
        """The settings have changed."""

    def on_connected(self) -> None:
        """`self.gateway` can be used from now on."""

    def on_disconnected(self) -> None:
        """`self.gateway` is gone."""

    def on_accepted(self, entries: list[tdg_core_messages.Accepted]) -> None:
        """Store these in one transaction and answer `Stored`.

        Raises:
            CloudError: They could not be stored; they are offered again, with those that come meanwhile.
        """

    def on_forget(self) -> None:
        """The user's Reset."""

    def on_close(self) -> None:
        """No helper thread is left: last chance to store something."""

    def _configure(self, request: tdg_core_messages.Configure) -> None:
        former, self.settings = self.settings, type(self.settings).from_plain(request.settings)
        self.on_settings(former)

    def _connect(self, request: tdg_core_messages.Connect) -> None:
        self._drop_gateway()
        self.attempt = attempt = request.attempt
        self.loop.spawn(
            "connect",
            self._open_gateway,
            self.settings,
            then=lambda gateway, error: self._connect_ended(attempt, gateway, error),
        )

    def _connect_ended(self, attempt: int, gateway: Any, error: CloudError | None) -> None:
        if attempt != self.attempt:  # called off meanwhile
            if gateway is not None:
                self.loop.spawn("close", gateway.close)
            return
        if error is not None:
            self.loop.outbox.put(tdg_core_messages.ConnectFailed(attempt, error.code, error.message))
            return
        self.gateway = gateway
        self.loop.outbox.put(tdg_core_messages.Connected(attempt, gateway.project_id, gateway.target))
        self.on_connected()

    def _disconnect(self, _: tdg_core_messages.Disconnect) -> None:
        self.attempt = 0
        self._drop_gateway()

    def _drop_gateway(self) -> None:
        gateway, self.gateway = self.gateway, None
        if gateway is not None:
            self.loop.spawn("close", gateway.close)
            self.on_disconnected()

    def _accept(self, request: tdg_core_messages.Accepted) -> None:
        self._accepted.append(request)
        if len(self._accepted) == 1:
            self.loop.call(self._store_accepted)  # behind all that waits already: one transaction for many

    def _store_accepted(self) -> None:
        if not self._accepted:
            return
        entries = list(self._accepted)
        _, error = tdg_work_loop.attempt(self.on_accepted, entries)
        if error is None:
            del self._accepted[: len(entries)]
            return
        self.loop.tell(error)
        if not self._store_planned:
            self._store_planned = True
            self.loop.call_later(_STORE_AGAIN_S, self._store_again)

    def _store_again(self) -> None:
        self._store_planned = False
        self._store_accepted()

    def _forget(self, _: tdg_core_messages.Forget) -> None:
        self.on_forget()
        if self._accepted:  # could not be stored and need not be any more
            self.loop.outbox.put(tdg_core_messages.Stored(tuple(entry.entry for entry in self._accepted)))
            self._accepted.clear()
