"""What both components are: one extension that starts, is drained every frame, and stops.

Thread: main only.
"""

import functools
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar, cast

import td
import tdg_bridge_thread
import tdg_core_errors
import tdg_core_log
import tdg_core_messages
import tdg_core_settings
import tdg_td_assembler
import tdg_td_callbacks
import tdg_td_connection
import tdg_td_engine
import tdg_td_help
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
    "Engine",
)

#: Without a RefreshHook for that long the frame callback drains: the manager was reset, or never had a free thread.
_HOOK_PATIENCE_S = 0.25

#: Seconds before a start that failed is tried again.
_START_AGAIN_S = 5.0

#: Longest wait in seconds before an engine that ended is started again; the waits before are 1, 2, 4...
_ENGINE_AGAIN_S = 60.0

Method = TypeVar("Method", bound=Callable[..., Any])


def public(refusal: Callable[[], Any]) -> Callable[[Method], Method]:
    """Makes a method safe to be called by anyone: it starts the component, and is refused off the main thread.

    Args:
        refusal: Makes what the method answers when it cannot run: `str`, `bool`, `list`, `dict` or `nothing`.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self.main_thread:
                self.refuse(method.__name__)
                return refusal()
            if self._start():
                return method(self, *args, **kwargs)
            heir = _heir(self)
            return refusal() if heir is None else getattr(heir, method.__name__)(*args, **kwargs)

        return cast(Method, checked)

    return decorate


def _heir(retired: Any) -> Any:
    """The extension that has taken the place of one: while it started, or of one that somebody kept. None without."""
    if not retired._retired or not retired.ownerComp.valid:
        return None
    current = getattr(retired.ownerComp.ext, type(retired).__name__, None)
    return None if current is retired else current


def describe(error: Exception) -> str:
    """An exception for the log: our own in its words, a defect by type and place, whose text may hold a secret."""
    if isinstance(error, tdg_core_errors.CloudError):
        return error.message
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}: a defect, please report this line"


def nothing() -> None:
    """The refusal of a method that returns nothing."""


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
    #: The modules that the gateway imports; they must be there before it is asked to connect.
    PACKAGES: tuple[str, ...] = ("firebase_admin",)

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp
        self.main_thread = threading.get_ident()
        self.log = tdg_td_log.Log(ownerComp)
        self.status = tdg_td_status.Status(ownerComp, self.STATUS_COLUMNS)
        self.callbacks = tdg_td_callbacks.Callbacks(ownerComp, self.log)
        self.tasks = tdg_td_tasks.Tasks()
        self.settings = tdg_core_settings.Settings()
        self._running = False
        self._retired = False
        self._start_at = 0.0
        self._dirty = False
        self._auto = True
        self._budget_s = 0.002
        self._hook_at = 0.0
        self._faults = tdg_core_log.Repeats()
        self._engine_since = 0.0
        self._engine_ends = 0
        #: When an engine that ended is started again, and whether it shall connect then.
        self._engine_at: float | None = None
        self._engine_wanted = False
        #: The engine was asked to end, to go on elsewhere.
        self._engine_moves = False
        self._road: tdg_td_engine.EngineRoad | None = None
        self._handlers: dict[str, Callable[[Any], None]] = {}

    # Life: called by TouchDesigner, by `life_exec` and by the first public call, in any order ----------------------

    def onInitTD(self) -> None:
        """The extension is complete."""
        self._start()

    def onDestroyTD(self) -> None:
        """The extension is replaced or its component deleted."""
        self._stop()

    def _start(self) -> bool:
        """Starts the component unless it runs already; whether it runs now."""
        if self._running:
            return True
        if self._retired or not self.ownerComp.valid:
            return False
        try:
            if tdg_td_assembler.assemble(self.ownerComp):
                return False  # the extensions are being made anew; the new one starts
            self.log.clear()
            self._open(self._read(), None)
        except Exception as error:
            self._start_failed(error)
            return False
        self.ownerComp.clearScriptErrors()
        return True

    def _start_failed(self, error: Exception) -> None:
        self._close()
        self._start_at = time.monotonic() + _START_AGAIN_S
        problem = f"Could not start: {describe(error)}; it is tried again every few seconds."
        line = self._faults.line(problem, time.monotonic())
        if line is not None:
            self.log.error(line)
            self.ownerComp.addScriptError(problem)

    def _stop(self) -> None:
        """Stops the component for good; waits for nothing. Idempotent."""
        self._retired = True
        self._close()

    def _close(self) -> None:
        self._running = False
        self.tasks.stop()
        if self._road is not None:
            self._bootstrap.cancel()
            self._road.close()
            self._road = None

    def _frame(self) -> None:
        """Every frame, from `life_exec`: starts what no hook has started and drains when the RefreshHook is silent."""
        now = time.monotonic()
        if not self._running:
            if now >= self._start_at:
                self._start()
        elif now - self._hook_at > _HOOK_PATIENCE_S:
            self._drain()

    def _refresh(self, *_: Any) -> None:
        """The RefreshHook of the standing task; may come once more after the end, when even `time` may be gone."""
        if self._running:
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
            if self._road is None:  # a user's callback ended this extension
                return
            now = time.monotonic()
            self._restart_engine(now)
            self._bootstrap.frame()
            self.connection.tick(now)
            self.tasks.check(now)
            self.on_frame(now, self._budget_s - (time.perf_counter() - started))
            self.status.flush()
        except Exception as error:
            # One broken frame must not end all the frames after it, nor fill the log with one line per frame.
            line = self._faults.line(f"A frame failed: {describe(error)}", time.monotonic())
            if line is not None:
                self.log.error(line)

    def _open(self, values: dict[str, Any], wanted: bool | None) -> None:
        """Opens files and engine; `wanted`: whether to connect, None leaves it to *Auto Connect*."""
        self.on_reset_tables()
        self._cache_folder = self.cache_folder(values)
        self._modules = tdg_td_engine.modules_of(self.ownerComp)
        self._road = tdg_td_engine.EngineRoad(self.ownerComp, self._cache_folder, self.STEM, self.log, self._modules)
        self.settings = self.make_settings(values)
        self._engine_since, self._engine_at, self._engine_moves = time.monotonic(), None, False
        self._road.place.want(tdg_core_settings.engine(values))
        self._bridge = self._road.start(self.serve())
        self.connection = tdg_td_connection.Connection(
            self.ownerComp, self._bridge, self._prepare, self.status, self.callbacks, self.log
        )
        self.connection.notice = self._road.problem
        self._bootstrap = self.ownerComp.ext.BootstrapExt
        self._handlers = {
            "logged": self._logged,
            "noticed": self._noticed,
            "engine_ended": self._engine_ended,
            "engine_unavailable": self._engine_unavailable,
            **self._bootstrap.handlers,
            **self.connection.handlers,
            "packages_ready": self._packages_ready,
            "connect_failed": self._connect_failed,
            **self.handlers(),
        }
        self._running = True
        self._hook_at = time.monotonic()
        self.tasks.keep_alive(self._refresh)
        self._take(values)
        self._engine_wanted = False
        if (self._auto if wanted is None else wanted) and self.settings.configured:
            self._connect()
        self.connection.show()
        self.status.flush()

    def _before_save(self) -> None:
        """A saved project carries nothing of this run: no errors, no log."""
        self.status.blank()
        self.log.clear()

    def _after_save(self) -> None:
        """Shows again what the save left out."""
        self.log.refill()
        self.status.flush()

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
            "Help": functools.partial(tdg_td_help.show, self.ownerComp, self.log),
        }

    def _read(self) -> dict[str, Any]:
        return tdg_td_params.read(self.ownerComp, (*_PARAMETERS, *self.PARAMETERS))

    def _take(self, values: dict[str, Any]) -> None:
        """What needs no engine: budget and breaker."""
        self._budget_s = max(0.0, tdg_core_settings.number(values, "Framebudget", 2.0)) / 1000
        self._auto = bool(values.get("Autoconnect", True))
        self.connection.configure(tdg_core_settings.breaker(values), self._auto)

    def _apply_parameters(self) -> None:
        self._dirty = False
        values = self._read()
        was_auto = self._auto
        self._take(values)
        if self.cache_folder(values) != self._cache_folder:
            wanted = self.connection.wanted or self._auto
            self._close()
            self._open(values, wanted)
            return
        former, self.settings = self.settings, self.make_settings(values)
        if self.settings != former:
            self._bridge.submit(tdg_core_messages.Configure(self.settings.as_plain()))
        if self._road is not None and self._road.place.want(tdg_core_settings.engine(values)):
            self._move_engine()
        if not self.settings.connects_like(former):
            wanted = self.connection.wanted or self._auto
            self.connection.disconnect()
            if wanted and self.settings.configured:
                self._connect()
        elif self._auto and not was_auto and self.settings.configured:
            self._connect()
        if self.settings != former:
            self.on_settings(former)

    # Promoted ------------------------------------------------------------------------------------------------------

    @public(nothing)
    def Connect(self) -> None:
        """Begins to connect; the state tells how it ends."""
        self._apply_parameters()  # a script may have set them in this very frame
        self._bootstrap.ask_again()
        self._connect()

    @public(nothing)
    def Disconnect(self) -> None:
        """Ends the connection; tables and queues stay."""
        self._engine_wanted = False
        self._bootstrap.cancel()
        self.connection.disconnect()

    @public(nothing)
    def Reset(self) -> None:
        """Asks, then disconnects, empties queues and tables and resets the breaker."""
        name = self.ownerComp.name
        question = f"Disconnect {name}, empty its tables and discard what waits in its queues?"
        if td.ui.messageBox(f"Reset {name}", question, buttons=["Cancel", "Reset"]) != 1:
            return
        self._engine_wanted = False
        self._bootstrap.cancel()
        self.connection.reset()
        self._bridge.forget()
        self.on_reset_tables()
        self.log.info("reset")

    @public(nothing)
    def CreateCallbacksDat(self) -> None:
        """Makes a text DAT beside the component with a stub of every callback; leaves an existing one alone."""
        template = self.ownerComp.op("callbacks_template")
        self.callbacks.create(self.CALLBACKS_NAME, template.text)

    @public(dict)
    def GetStatus(self) -> dict[str, str]:
        """The status row: column name to text."""
        return self.status.as_dict()

    @public(list)
    def GetLogs(self, level: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """The newest log entries, newest last; of one level if it is given."""
        return self.log.newest(level, limit)

    def refuse(self, method: str) -> None:
        """Says that a method was called where it must not be. Any thread."""
        if self._running:
            text = f"{method}() was called off the main thread and refused; call it from a callback or with run()."
            self._bridge.post(tdg_core_messages.Logged("ERROR", text))

    # Events --------------------------------------------------------------------------------------------------------

    def _handle(self, event: tdg_core_messages.Message) -> None:
        handler = self._handlers.get(event.kind)
        if handler is not None:
            handler(event)

    def _logged(self, event: tdg_core_messages.Logged) -> None:
        self.log.write(event.level, event.message)

    def _noticed(self, event: tdg_core_messages.Noticed) -> None:
        self.log.error(event.message)
        self.connection.notice = event.message
        self.connection.show()

    def _move_engine(self) -> None:
        """Lets the engine end in good order and go on where it is to live now."""
        if self._engine_at is None and not self._engine_moves:
            self._engine_moves = True
            self._bridge.finish()

    def _engine_unavailable(self, event: tdg_core_messages.EngineUnavailable) -> None:
        self._stay_in_threads(event.message)
        self._engine_gone()

    def _connect_failed(self, event: tdg_core_messages.ConnectFailed) -> None:
        """Without the project's environment there is no process; threads can do with what TouchDesigner has."""
        if event.code == "packages" and self._road is not None and self._road.place.waits:
            self._stay_in_threads(event.message.rstrip("."))
            self._prepare(event.attempt)
        else:
            self.connection.handlers["connect_failed"](event)

    def _stay_in_threads(self, why: str) -> None:
        assert self._road is not None
        self._road.place.refuse()
        text = f"The engine cannot live in a process of its own and runs in threads of TouchDesigner instead: {why}."
        self._noticed(tdg_core_messages.Noticed(f"{text} Set Engine anew to try again."))

    def _engine_gone(self) -> None:
        """The engine has ended and goes on at once."""
        wanted = self.connection.wanted
        if wanted:
            self.connection.disconnect()
        self._engine_at, self._engine_wanted, self._engine_moves = 0.0, wanted, False

    def _packages_ready(self, event: tdg_core_messages.PackagesReady) -> None:
        """With the packages there is an interpreter for the process, too."""
        if self._road is not None and self._road.place.best != self._road.place.now:
            self._move_engine()
        else:
            self.connection.handlers["packages_ready"](event)

    def _engine_ended(self, event: tdg_core_messages.EngineEnded) -> None:
        if self._engine_moves:
            self._engine_gone()
            return
        now = time.monotonic()
        self._engine_ends = 1 if now - self._engine_since > _ENGINE_AGAIN_S else self._engine_ends + 1
        self._engine_at = now + min(2.0 ** (self._engine_ends - 1), _ENGINE_AGAIN_S)
        self._engine_wanted = self.connection.wanted
        self.connection.engine_ended(
            f"The engine stopped ({event.message}) and is started again; what was accepted is kept."
        )

    def _connect(self) -> None:
        if self._engine_at is None:
            self.connection.connect(self.settings)
        else:  # there is nobody to ask yet
            self._engine_at, self._engine_wanted = 0.0, True

    def _restart_engine(self, now: float) -> None:
        if self._engine_at is None or now < self._engine_at or self._road is None:
            return
        self._engine_since, self._engine_at = now, None
        self._road.restart(self.serve())
        if self._engine_wanted:
            self.connection.connect(self.settings)

    def _prepare(self, attempt: int) -> None:
        """Before each attempt: the packages must be there."""
        beside = self._road is not None and self._road.place.beside
        self._bootstrap.ensure(attempt, self.PACKAGES, self.tasks, self._bridge.post, self._modules, beside=beside)

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
