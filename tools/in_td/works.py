"""Part two: every promoted method is used, against the emulators where it needs a server."""

import contextlib
import functools
import importlib.metadata
import inspect
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import td
from in_td.check_described import stubs_of
from in_td.components import promoted_methods
from in_td.options import ASK
from in_td.room import attempt, remove
from in_td.rows import FAIL, MEASURED, PASS, SKIPPED, Results, shown
from in_td.steps import Job, Steps, frames, until

WORKS = "works"

#: How long a server may take. Connecting may mean that the packages are installed first.
CONNECT_S = 300.0
ANSWER_S = 20.0

#: Names of the callbacks DAT and of the list in which its functions note their calls.
CALLBACKS = "selftest_callbacks"
CALLS = "tdg_selftest_calls"

NEEDS_SERVER = "needs a server: start `python3 tools/dev.py emulators` and put the address into Emulator Host"


class Wrong(Exception):  # noqa: N818 - a result
    """Something is not as it should be; the text says what."""


class NotTried(Exception):  # noqa: N818 - a result
    """Something could not be tried; the text says why."""


@dataclass(frozen=True)
class Exercise:
    """How a method is tried.

    Attributes:
        component, method: Which one.
        expected: What should come of it.
        use: Does it; raises `Wrong` or `NotTried`, gives what was found. A generator if it needs several frames.
        server: Whether it needs one.
    """

    component: str
    method: str
    expected: str
    use: Callable[["Stage"], Any]
    server: bool = True


EXERCISES: list[Exercise] = []


def exercise(component: str, method: str, expected: str, *, server: bool = True) -> Callable[[Any], Any]:
    """Registers a function as the one that tries a method. They are done in the order in which they are registered."""

    def register(use: Callable[["Stage"], Any]) -> Callable[["Stage"], Any]:
        EXERCISES.append(Exercise(component, method, expected, use, server))
        return use

    return register


class Stage:
    """One component during its trial.

    Attributes:
        comp: The component.
        tag: A name that nothing else in the bucket or database has.
        folder: Scratch files.
        calls: What its callbacks were called with: name and arguments.
        untried: Methods for which there was no server.
    """

    def __init__(self, comp: Any, name: str, host: str, results: Results) -> None:
        self.comp = comp
        self.name = name
        self.host = host
        self.results = results
        self.tag = f"selftest{int(time.time())}"
        self.folder = Path(td.app.tempFolder) / f"tdg-{self.tag}-{name}"
        self.calls: list[tuple[Any, ...]] = []
        self.connected = False
        self.untried: list[str] = []
        self._saved: dict[str, tuple[Any, ...]] = {}
        self._since: dict[str, int] = {}
        self._callbacks: Any = None

    # Parameters ------------------------------------------------------------------------------------------------------

    def set(self, **values: Any) -> None:
        """Sets parameters; what they held is kept for `restore`."""
        for name, value in values.items():
            par = self.comp.par[name]
            if par is None:
                continue
            self._saved.setdefault(name, (par.mode, par.val, par.expr, par.bindExpr))
            par.val = value

    def restore(self) -> None:
        """Gives every parameter its former value and mode."""
        for name, (mode, val, expr, bind) in self._saved.items():
            par = self.comp.par[name]
            par.val = val
            if expr:
                par.expr = expr
            if bind:
                par.bindExpr = bind
            if par.mode != mode:
                par.mode = mode
        self._saved.clear()

    def leave(self) -> None:
        """Takes the scratch things of the trial away."""
        if self._callbacks is not None and self._callbacks.valid:
            remove(self._callbacks)
        shutil.rmtree(self.folder, ignore_errors=True)

    def listen(self) -> None:
        """Makes a callbacks DAT that notes every call."""
        slot = f"{CALLS}_{self.name}"
        setattr(sys, slot, self.calls)
        notes = (f"def {name}(*args):\n    sys.{slot}.append(({name!r}, *args))\n" for name in stubs_of(self.comp))
        network = self.comp.parent()
        self._callbacks = network.create(td.textDAT, f"{CALLBACKS}_{self.name}")
        self._callbacks.par.language = "python"
        self._callbacks.text = "\n\n".join(["import sys\n", *notes])
        self.set(Callbacksdat=self._callbacks.name)

    # What was found --------------------------------------------------------------------------------------------------

    def status(self, column: str) -> str:
        """A cell of the value row of `status`."""
        return str(self.comp.op("status")[1, column].val)

    def called(self, name: str, *first: Any) -> tuple[Any, ...] | None:
        """The arguments of the last call of a callback whose first arguments are these."""
        calls = self.calls[self._since.get(name, 0) :]
        wanted = (name, *first)
        return next((call[1:] for call in reversed(calls) if call[: len(wanted)] == wanted), None)

    def forget(self, name: str) -> None:
        """Only later calls of that callback count from now on."""
        self._since[name] = len(self.calls)

    def heard(self, name: str, *first: Any, limit_s: float = ANSWER_S) -> Steps:
        """Waits for a callback; its arguments."""
        call = yield from until(lambda: self.called(name, *first), limit_s, 10)
        if call is None:
            raise Wrong(f"{name}({', '.join(map(repr, first))}, ...) was not called within {limit_s:g} s")
        return call

    def state(self, wanted: str, limit_s: float = ANSWER_S) -> Steps:
        """Waits for a connection state."""
        yield from until(lambda: self.status("state") == wanted, limit_s, 10)
        if self.status("state") != wanted:
            error = self.status("last_error")
            raise Wrong(
                f"the state is {self.status('state')}, not {wanted}, after {limit_s:g} s{error and ': ' + error}"
            )

    def rows(self, table: str) -> list[dict[str, str]]:
        """A table inside the component, as dicts."""
        dat = self.comp.op(table)
        if dat is None or not dat.numRows:
            return []
        head = [dat[0, column].val for column in range(dat.numCols)]
        return [{name: dat[row, column].val for column, name in enumerate(head)} for row in range(1, dat.numRows)]


def wrong_unless(holds: Any, sentence: str) -> None:
    """Raises `Wrong` with that sentence if something does not hold."""
    if not holds:
        raise Wrong(sentence)


def works_jobs(
    results: Results, stage: Stage, prepare: Callable[[Stage], None], clean: Callable[[Stage], Any]
) -> Iterator[Job]:
    """The jobs for one component: every exercise, callbacks, restore.

    Args:
        results: Gets the rows.
        stage: The component's.
        prepare: Sets its parameters for the trial.
        clean: Takes away what the trial left on the server.
    """
    name = stage.name
    exercises = [one for one in EXERCISES if one.component == name]
    connect = Job(WORKS, f"{name}: Connect", functools.partial(_connect, results, stage, prepare), CONNECT_S + 10)
    jobs = [
        Job(WORKS, f"{name}: {one.method}", functools.partial(_use, results, stage, one), 4 * ANSWER_S)
        for one in sorted(exercises, key=lambda one: one.server)
    ]
    offline = sum(not one.server for one in exercises)
    yield from (*jobs[:offline], connect, *jobs[offline:])
    yield Job(WORKS, f"{name}: other methods", functools.partial(_tell_others, results, stage))
    yield Job(WORKS, f"{name}: callbacks", functools.partial(_judge_callbacks, results, stage))
    tidy = Exercise(name, "cleaning up", "nothing of the trial is left on the server", clean)
    yield Job(WORKS, f"{name}: cleaning up", functools.partial(_use, results, stage, tidy), 4 * ANSWER_S)
    yield Job(WORKS, f"{name}: restore", functools.partial(_restore, results, stage), 2 * ANSWER_S)


def _busy(stage: Stage) -> str:
    """Why the component had better not be led to another server."""
    for table, what in (("write_queue_dat", "queued writes"), ("transfers", "transfers that have not ended")):
        waiting = [row for row in stage.rows(table) if row.get("status", "pending") in ("pending", "active")]
        if waiting:
            return f"{len(waiting)} {what}"
    return ""


def _connect(results: Results, stage: Stage, prepare: Callable[[Stage], None]) -> Steps:
    area, name = WORKS, f"{stage.name}: Connect"
    if not stage.host:
        results.add(area, name, SKIPPED, f"{stage.name}.Connect: {NEEDS_SERVER}.")
        return
    busy = _busy(stage)
    if busy:
        sentence = (
            f"{stage.name} has {busy}, which the emulator would take; use a project of its own for the self-test."
        )
        results.add(area, name, SKIPPED, sentence)
        return
    stage.folder.mkdir(parents=True, exist_ok=True)
    stage.listen()
    prepare(stage)
    stage.comp.Connect()
    try:
        yield from stage.state("connected", CONNECT_S)
        yield from stage.heard("onConnectionStateChange", "connected")
    except Wrong as why:
        results.add(area, name, FAIL, f"{stage.name}.Connect with {stage.host}: {why}.", expected="connected")
        return
    stage.connected = True
    results.add(area, name, PASS, f"{stage.name} connected to {stage.host}.", expected="connected", found="connected")


#: What the components are built on, as modules and as distributions.
PACKAGES = {
    "google.cloud.storage": "google-cloud-storage",
    "google.cloud.firestore": "google-cloud-firestore",
    "firebase_admin": "firebase-admin",
    "grpc": "grpcio",
    "google.protobuf": "protobuf",
    "cryptography": "cryptography",
    "requests": "requests",
    "urllib3": "urllib3",
    "certifi": "certifi",
}


def tell_packages(results: Results) -> None:
    """Which packages are loaded, and whether they are the project's own or TouchDesigner's."""
    found = {}
    for module, distribution in PACKAGES.items():
        file = str(getattr(sys.modules.get(module), "__file__", None) or "").replace("\\", "/")
        if not file:
            continue
        project, program = td.project.folder.replace("\\", "/"), td.app.installFolder.replace("\\", "/")
        own = file.startswith(f"{project}/")
        place = "the project" if own else "TouchDesigner" if file.startswith(f"{program}/") else "elsewhere"
        version = "unknown"
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            version = importlib.metadata.version(distribution)
        found[distribution] = f"{version} of {place}"
    if not found:
        return
    results.details["packages"] = found
    results.add(WORKS, "packages", MEASURED, f"Packages that are loaded: {shown(found)}.", found=found)


def _use(results: Results, stage: Stage, one: Exercise) -> Steps:
    name = f"{stage.name}: {one.method}"
    what = f"{stage.name}.{one.method}"
    if one.method.isidentifier() and not callable(getattr(stage.comp, one.method, None)):
        results.add(
            WORKS, name, FAIL, f"{what} is not there: the component does not promote it.", expected=one.expected
        )
        return
    if one.server and not stage.connected:
        stage.untried.append(one.method)
        return
    try:
        found = one.use(stage)
        if inspect.isgenerator(found):
            found = yield from found
    except NotTried as why:
        results.add(WORKS, name, SKIPPED, f"{what}: {why}.", expected=one.expected)
    except Wrong as why:
        results.add(WORKS, name, FAIL, f"{what}: {why}.", expected=one.expected, found=str(why))
    except Exception as error:
        raised = f"{type(error).__name__}: {error}"
        results.add(WORKS, name, FAIL, f"{what} raised {raised}.", expected=one.expected, found=raised)
    else:
        results.add(WORKS, name, PASS, f"{what}: {one.expected}.", expected=one.expected, found=found)


def _tell_others(results: Results, stage: Stage) -> None:
    """Methods that nobody tries."""
    known = {one.method for one in EXERCISES if one.component == stage.name} | {"Connect"}
    for method in promoted_methods(stage.comp):
        if method not in known:
            sentence = f"{stage.name}.{method}: this self-test does not know how to try it."
            results.add(WORKS, f"{stage.name}: {method}", SKIPPED, sentence)


def _judge_callbacks(results: Results, stage: Stage) -> None:
    """Whether each callback came, with as many arguments as its stub has."""
    if stage.untried:
        why = "there was no connection" if stage.host else NEEDS_SERVER
        sentence = f"{len(stage.untried)} methods of {stage.name} were not tried: {why}."
        results.add(WORKS, f"{stage.name}: methods", SKIPPED, sentence, found=stage.untried)
    if not stage.connected:
        return
    for callback, count in stubs_of(stage.comp).items():
        counts = sorted({len(call) - 1 for call in stage.calls if call[0] == callback})
        name = f"{stage.name}: {callback}"
        if not counts:
            results.add(WORKS, name, SKIPPED, f"{callback} of {stage.name} was not called in this trial.")
        elif counts != [count]:
            sentence = f"{callback} of {stage.name} was called with {counts} arguments, its stub takes {count}."
            results.add(WORKS, name, FAIL, sentence, expected=count, found=counts)
        else:
            results.add(WORKS, name, PASS, f"{callback} of {stage.name} was called as its stub says.", found=count)


def _restore(results: Results, stage: Stage) -> Steps:
    """The user's parameters, and whether nothing went wrong on the way that nobody looked at."""
    if not stage.host:
        return
    if stage.connected:
        attempt(stage.comp.Disconnect)
        yield from until(lambda: stage.status("state") == "disconnected", 2.0, 10)
    stage.restore()
    yield from frames(5)  # the files of the trial are closed by then
    stage.leave()
    errors = stage.comp.errors(recurse=True)
    name = f"{stage.name}: errors afterwards"
    if errors:
        results.add(WORKS, name, FAIL, f"{stage.name} shows errors after its trial: {errors}", found=errors)
    else:
        results.add(WORKS, name, PASS, f"{stage.name} shows no error after its trial, its parameters are as before.")


def ask_first() -> None:
    """For what opens a dialog."""
    if not ASK:
        raise NotTried("needs you at the keyboard: set ASK = True at the top of this file and run it again")


# What both components have ------------------------------------------------------------------------------------------


def use_status(stage: Stage) -> str:
    """GetStatus is the row of the table."""
    given = stage.comp.GetStatus()
    row = stage.rows("status")
    wrong_unless(row and given.keys() == row[0].keys(), f"it has the keys {sorted(given)}, the table {sorted(row[0])}")
    differing = [key for key in given if given[key] != row[0][key]]
    wrong_unless(not differing, f"{', '.join(differing)} differ from the table status")
    return shown(given["state"])


def use_logs(stage: Stage) -> str:
    """GetLogs gives entries of the documented form."""
    entries = stage.comp.GetLogs()
    keys = {"id", "timestamp", "frame", "level", "message"}
    wrong_unless(isinstance(entries, list), f"it gives {type(entries).__name__}, not a list")
    wrong_unless(all(set(entry) >= keys for entry in entries), f"an entry lacks one of {sorted(keys)}")
    errors = stage.comp.GetLogs("ERROR", 5)
    wrong_unless(len(errors) <= 5 and all(entry["level"] == "ERROR" for entry in errors), "level or limit do not count")
    return f"{len(entries)} entries"


def use_callbacks_dat(stage: Stage) -> str:
    """CreateCallbacksDat makes a DAT of the template, points to it, and leaves one that is there alone."""
    comp, network = stage.comp, stage.comp.parent()
    par = comp.par.Callbacksdat
    if par.evalOPs():
        raise NotTried("Callbacks DAT is set, and stays as it is")
    names = {node.name for node in network.children}
    comp.CreateCallbacksDat()
    made = par.evalOPs()
    wrong_unless(made, "Callbacks DAT is not set afterwards")
    name, text, template = made[0].name, made[0].text, comp.op("callbacks_template").text
    comp.CreateCallbacksDat()
    again = [node.path for node in par.evalOPs()]
    par.val = ""
    wrong_unless(again == [made[0].path], "the second call did not leave the DAT of the first alone")
    if name not in names:
        remove(made[0])
        wrong_unless(text == template, f"{name} does not hold the template")
    return str(name)


def use_disconnect(stage: Stage) -> Steps:
    """Disconnect ends the connection, which is told."""
    stage.comp.Disconnect()
    yield from stage.state("disconnected")
    yield from stage.heard("onConnectionStateChange", "disconnected")
    return "disconnected"


def use_process(stage: Stage, use: Callable[[], Steps]) -> Steps:
    """The engine moves into a process of its own, works there, and comes back.

    Args:
        stage: The component's.
        use: Something that needs the server.
    """
    if stage.comp.par["Engine"] is None:
        raise NotTried("this version has no parameter Engine")
    former = stage.comp.par.Engine.eval()
    try:
        stage.set(Engine="process")
        yield from frames(5)
        yield from stage.state("connected", CONNECT_S)
        yield from use()
        told = [entry["message"] for entry in stage.comp.GetLogs("ERROR", 20)]
        wrong_unless(not any("process of its own" in line for line in told), told[-1] if told else "")
    finally:
        stage.set(Engine=former)
    yield from frames(5)
    yield from stage.state("connected", CONNECT_S)
    return "works there"


def use_reset(stage: Stage) -> Steps:
    """Reset asks, empties, and one can connect afterwards."""
    ask_first()
    stage.comp.Reset()
    yield from stage.state("disconnected")
    stage.comp.Connect()
    yield from stage.state("connected")
    return "connected again"


for _name in ("storage", "firestore"):
    EXERCISES.append(Exercise(_name, "GetStatus", "it is the row of the table status", use_status, server=False))
    EXERCISES.append(Exercise(_name, "GetLogs", "entries with id, timestamp, frame, level, message", use_logs, False))
    EXERCISES.append(Exercise(_name, "CreateCallbacksDat", "a DAT with the template, once", use_callbacks_dat, False))
