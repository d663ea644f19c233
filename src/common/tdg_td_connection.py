"""Carries out what the connection's life cycle decides and shows it to the user.

Thread: main only.
"""

import datetime
import random
import time
from collections.abc import Callable
from typing import Any

import tdg_bridge
import tdg_core_connection
import tdg_core_messages
import tdg_core_retry
import tdg_core_settings
import tdg_td_callbacks
import tdg_td_log
import tdg_td_status

#: Starts making sure that the packages are there for that attempt; answered by an event.
Prepare = Callable[[int], None]


class Connection:
    """The connection of one component as its user sees it.

    Args:
        comp: The component, for its ConnectionExt.
        bridge: Where requests go.
        prepare: Called before each attempt.
        status, callbacks, log: Where the state is shown.
    """

    def __init__(
        self,
        comp: Any,
        bridge: tdg_bridge.Bridge,
        prepare: Prepare,
        status: tdg_td_status.Status,
        callbacks: tdg_td_callbacks.Callbacks,
        log: tdg_td_log.Log,
    ) -> None:
        self._bridge = bridge
        self._prepare = prepare
        self._status = status
        self._callbacks = callbacks
        self._log = log
        self._breaker_ext = comp.ext.ConnectionExt
        self._life = tdg_core_connection.Lifecycle(self._breaker_ext.breaker)
        #: What the user should know although the connection is well; in `last_error` while nothing else is.
        self.notice = ""
        #: State, error, circuit and notice as they are shown.
        self._shown = (tdg_core_connection.DISCONNECTED, "", "", "")
        self.handlers: dict[str, Callable[[Any], None]] = {
            "packages_ready": self._packages_ready,
            "connected": self._connected,
            "connect_failed": self._failed,
            "trouble": self._lost,
        }

    @property
    def state(self) -> str:
        """One of the five documented states."""
        return self._life.state

    @property
    def wanted(self) -> bool:
        """Whether a connection stands, is being made or is planned."""
        return self._life.wanted

    def configure(self, breaker: tdg_core_retry.BreakerSettings, auto: bool) -> None:
        """Takes the values of the Conn page."""
        self._breaker_ext.configure(breaker)
        self._life.set_auto(auto)

    def connect(self, settings: tdg_core_settings.Settings) -> None:
        """Begins to connect; returns at once."""
        if not settings.configured:
            self._act(self._life.refuse(tdg_core_settings.NOT_CONFIGURED))
            return
        self._act(self._life.connect(time.monotonic()))

    def disconnect(self) -> None:
        """Ends the connection or the attempt at one."""
        self._act(self._life.disconnect())

    def reset(self) -> None:
        """Disconnected, nothing counted."""
        self.notice = ""
        self.disconnect()
        self._breaker_ext.Reset()
        self.show()

    def engine_ended(self, message: str) -> None:
        """There is nobody to ask until the next `connect`."""
        self._life.refuse(message)
        self.show()

    def tick(self, now: float) -> None:
        """To be called every frame: starts what is due, and shows what others have changed."""
        actions = self._life.tick(now, random.random())
        if actions or self._looks() != self._shown:
            self._act(actions)

    def _packages_ready(self, event: tdg_core_messages.PackagesReady) -> None:
        if event.attempt == self._life.attempt:
            self._life.asked(time.monotonic())
            self._bridge.submit(tdg_core_messages.Connect(event.attempt))

    def _connected(self, event: tdg_core_messages.Connected) -> None:
        if self._life.connected(event.attempt):
            self.show()

    def _failed(self, event: tdg_core_messages.ConnectFailed) -> None:
        now = time.monotonic()
        self._act(self._life.failed(event.attempt, event.code, event.message, now, random.random()))

    def _lost(self, event: tdg_core_messages.Trouble) -> None:
        now = time.monotonic()
        self._act(self._life.lost(event.attempt, event.code, event.message, now, random.random()))

    def _act(self, actions: list[str]) -> None:
        for action in actions:
            if action == tdg_core_connection.START:
                self._prepare(self._life.attempt)
            else:
                self._bridge.submit(tdg_core_messages.Disconnect())
        self.show()

    def show(self) -> None:
        """Tells table, log and callback, the last two once per change."""
        former, self._shown = self._shown, self._looks()
        state, error, circuit, notice = self._shown
        self._status.set(state=state, circuit=circuit, last_error=error or notice)
        if (state, error) == former[:2]:
            return
        connected = state == tdg_core_connection.CONNECTED
        since = datetime.datetime.now().astimezone().isoformat(timespec="seconds") if connected else ""
        self._status.set(connected_at=since)
        if error:
            self._log.write("ERROR" if state == tdg_core_connection.ERROR else "WARNING", f"{state}: {error}")
        else:
            self._log.info(state)
        self._callbacks.call("onConnectionStateChange", state, error)

    def _looks(self) -> tuple[str, str, str, str]:
        """What is to be shown: state, error, circuit, notice."""
        return self._life.state, self._life.error, self._breaker_ext.GetState(), self.notice
