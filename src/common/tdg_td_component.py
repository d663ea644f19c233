"""What both components are: one extension that starts, is drained every frame, and stops.

Thread: main only.
"""

import time
from collections.abc import Callable
from typing import Any

import td
import tdg_bridge_thread
import tdg_core_messages
import tdg_core_settings
import tdg_td_assembler
import tdg_td_callbacks
import tdg_td_connection
import tdg_td_engine
import tdg_td_log
import tdg_td_params
import tdg_td_status
import tdg_td_tasks

#: The parameters that every component's settings are made of.
_PARAMETERS = (
    *tdg_core_settings.CONNECTION_PARAMETERS,
    *tdg_core_settings.BREAKER_PARAMETERS,
    "Autoconnect",
    "Framebudget",
)

#: Without a RefreshHook for that long the frame callback drains: the manager was reset, or never had a free thread.
_HOOK_PATIENCE_S = 0.25


class ComponentExt:
    """Base of StorageExt and FirestoreExt.

    A subclass names its columns, parameters and files below and overrides the hooks at the end. `__init__` only sets
    plain attributes: an extension whose constructor raises is silently missing.

    Args:
        ownerComp: The component.
    """

    STATUS_COLUMNS: tuple[str, ...] = ()
    PARAMETERS: tuple[str, ...] = ()
    #: Stem of the files in the cache folder.
    STEM = ""
    #: Name of the DAT that *Create* makes.
    CALLBACKS_NAME = ""

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp
        self.log = tdg_td_log.Log(ownerComp)
        self.status = tdg_td_status.Status(ownerComp, self.STATUS_COLUMNS)
        self.callbacks = tdg_td_callbacks.Callbacks(ownerComp, self.log)
        self.tasks = tdg_td_tasks.Tasks()
        self.settings = tdg_core_settings.Settings()
        self._running = False
        self._dirty = False
        self._budget_s = 0.002
        self._hook_at = 0.0
        self._handlers: dict[str, Callable[[Any], None]] = {}

    # Life: called by TouchDesigner, by `life_exec` and by the first public call, in any order ----------------------

    def onInitTD(self) -> None:
        """The extension is complete."""
        self._start()

    def onDestroyTD(self) -> None:
        """The extension is replaced or its component deleted."""
        self._stop()

    def _start(self) -> None:
        """Starts the component; does nothing when it runs already."""
        if self._running or not self.ownerComp.valid:
            return
        try:
            if tdg_td_assembler.assemble(self.ownerComp):
                return  # the extensions are being made anew; the new one starts
            self._open()
        except Exception as error:
            self._running = False
            self.ownerComp.addScriptError(f"{self.ownerComp.name} could not start: {type(error).__name__}: {error}")
            raise

    def _stop(self) -> None:
        """Stops the component; waits for nothing. Idempotent."""
        if not self._running:
            return
        self._running = False
        self.tasks.stop()
        self._road.close()

    def _frame(self) -> None:
        """Every frame, from `life_exec`: starts what no hook has started and drains when the RefreshHook is silent."""
        if not self._running:
            self._start()
        elif time.monotonic() - self._hook_at > _HOOK_PATIENCE_S:
            self._drain()

    def _refresh(self, *_: Any) -> None:
        """The RefreshHook of the standing task."""
        self._hook_at = time.monotonic()
        self._drain()

    def _drain(self) -> None:
        """One frame's work on the main thread, within *Frame Budget*."""
        if not self._running:
            return
        started = time.perf_counter()
        try:
            if self._dirty:
                self._apply_parameters()
            self._bridge.drain(self._handle, self._budget_s)
            now = time.monotonic()
            self.connection.tick(now)
            self.tasks.check(now)
            self.on_frame(now, self._budget_s - (time.perf_counter() - started))
            self.status.flush()
        except Exception as error:
            # One broken frame must not end all the frames after it.
            self.log.error(f"A frame failed: {type(error).__name__}: {error}; please report this line.")

    def _open(self) -> None:
        self.log.clear()
        self.on_reset_tables()
        values = self._read()
        self._open_engine(values)
        self._running = True
        self._hook_at = time.monotonic()
        self.tasks.keep_alive(self._refresh)
        self._take(values)
        if values.get("Autoconnect", True) and self.settings.configured:
            self.connection.connect(self.settings)
        self.status.set(state=self.connection.state)
        self.status.flush()

    def _open_engine(self, values: dict[str, Any]) -> None:
        self._cache_folder = self.cache_folder(values)
        self._road = tdg_td_engine.EngineRoad(self.ownerComp, self._cache_folder, self.STEM, self.log)
        self.settings = self.make_settings(values)
        self._bridge = self._road.start(self.serve())
        self.connection = tdg_td_connection.Connection(
            self.ownerComp, self._bridge, self._prepare, self.status, self.callbacks, self.log
        )
        self._handlers = {"logged": self._logged, "engine_ended": self._engine_ended}
        self._handlers |= self.connection.handlers | self.handlers()

    # Parameters ----------------------------------------------------------------------------------------------------

    def onParValueChange(self, _par: Any, _prev: Any) -> None:
        """From `par_exec`: looked at once per frame, by value, so that changes in a row count as one."""
        self._dirty = True

    def onParPulse(self, par: Any) -> None:
        """From `par_exec`: runs the method of that pulse."""
        action = self.pulses().get(par.name)
        if action is not None:
            action()

    def pulses(self) -> dict[str, Callable[[], Any]]:
        """The method behind each pulse parameter."""
        return {
            "Connect": self.Connect,
            "Disconnect": self.Disconnect,
            "Reset": self.Reset,
            "Createcallbacksdat": self.CreateCallbacksDat,
        }

    def _read(self) -> dict[str, Any]:
        return tdg_td_params.read(self.ownerComp, (*_PARAMETERS, *self.PARAMETERS))

    def _take(self, values: dict[str, Any]) -> None:
        """What needs no engine: budget and breaker."""
        self._budget_s = max(0.0, tdg_core_settings.number(values, "Framebudget", 2.0)) / 1000
        self.connection.configure(tdg_core_settings.breaker(values), bool(values.get("Autoconnect", True)))

    def _apply_parameters(self) -> None:
        self._dirty = False
        values = self._read()
        self._take(values)
        if self.cache_folder(values) != self._cache_folder:
            self._stop()
            self._start()
            return
        former, self.settings = self.settings, self.make_settings(values)
        if self.settings == former:
            return
        self._bridge.submit(tdg_core_messages.Configure(self.settings.as_plain()))
        if not self.settings.connects_like(former):
            wanted = self.connection.wanted or bool(values.get("Autoconnect", True))
            self.connection.disconnect()
            if wanted and self.settings.configured:
                self.connection.connect(self.settings)
        self.on_settings(former)

    # Promoted ------------------------------------------------------------------------------------------------------

    def Connect(self) -> None:
        """Begins to connect; the state tells how it ends."""
        self._start()
        self.connection.connect(self.settings)

    def Disconnect(self) -> None:
        """Ends the connection; tables and queues stay."""
        self._start()
        self.connection.disconnect()

    def Reset(self) -> None:
        """Asks, then disconnects, empties queues and tables and resets the breaker."""
        self._start()
        name = self.ownerComp.name
        question = f"Disconnect {name}, empty its tables and discard what waits in its queues?"
        if td.ui.messageBox(f"Reset {name}", question, buttons=["Cancel", "Reset"]) != 1:
            return
        self.connection.reset()
        self._bridge.submit(tdg_core_messages.Forget())
        self.on_reset_tables()
        self.log.info("reset")

    def CreateCallbacksDat(self) -> None:
        """Makes a text DAT beside the component with a stub of every callback; leaves an existing one alone."""
        template = self.ownerComp.op("callbacks_template")
        self.callbacks.create(self.CALLBACKS_NAME, template.text)

    def GetStatus(self) -> dict[str, str]:
        """The status row: column name to text."""
        return self.status.as_dict()

    def GetLogs(self, level: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """The newest log entries, newest last; of one level if it is given."""
        return self.log.newest(level, limit)

    # Events --------------------------------------------------------------------------------------------------------

    def _handle(self, event: tdg_core_messages.Message) -> None:
        handler = self._handlers.get(event.kind)
        if handler is not None:
            handler(event)

    def _logged(self, event: tdg_core_messages.Logged) -> None:
        self.log.write(event.level, event.message)

    def _engine_ended(self, event: tdg_core_messages.EngineEnded) -> None:
        self.log.error(f"The engine stopped ({event.message}) and is started again; what was accepted is kept.")
        self._stop()
        self._start()

    def _prepare(self, attempt: int) -> None:
        """Before each attempt: the packages must be there."""
        self.ownerComp.ext.BootstrapExt.ensure(attempt, self.tasks, self._bridge)

    # Hooks of the components ---------------------------------------------------------------------------------------

    def make_settings(self, values: dict[str, Any]) -> Any:
        """The component's settings from its parameters."""
        raise NotImplementedError

    def serve(self) -> tdg_bridge_thread.Serve:
        """The entry point of the component's engine, with its gateway and settings bound."""
        raise NotImplementedError

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        """What to do with each kind of event."""
        return {}

    def cache_folder(self, values: dict[str, Any]) -> str:
        """Absolute path of the cache folder; empty for none."""
        raise NotImplementedError

    def on_reset_tables(self) -> None:
        """Empties the component's own tables."""

    def on_settings(self, former: Any) -> None:
        """`self.settings` differ from `former`."""

    def on_frame(self, now: float, left_s: float) -> None:
        """The component's own work in a frame; `left_s` is what is left of the budget, it may be negative."""
