"""The host: TouchDesigner without TouchDesigner, for tests, the demo and benchmarks. Thread: main only.

    with Host(project_folder) as host:
        comp = host.load_tox(Path("tox/storage.tox.dir"))
        host.run_until(lambda: comp.GetStatus()["state"] == "connected", what="connected")

Closing it raises if a worker touched it, a callback raised, or a question came that nobody answers.
"""

import contextlib
import functools
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from headless_td import loader, snapshots, tdmodule, tdu, threads
from headless_td.account import Account
from headless_td.chopevents import ChopEvents
from headless_td.costs import Costs, FrameCost
from headless_td.datevents import TableEvents
from headless_td.desktop import UI, AbsTime, Answer, App, Project, Question
from headless_td.errors import HostFailedError, tdError
from headless_td.extensions import Owners
from headless_td.files import Files
from headless_td.frames import Frames, TimeObject
from headless_td.imports import Importer, WorkerImports
from headless_td.lifecycle import Lifecycle
from headless_td.manager import TDResourcesExt, ThreadManagerExt
from headless_td.network import Network
from headless_td.nodes import Node
from headless_td.ops import OP, node_of
from headless_td.optypes import op_type
from headless_td.pages import BuiltInPage, Page, append_page, find_page
from headless_td.parevents import ParameterEvents
from headless_td.pars import Par
from headless_td.runs import Run, Runs
from headless_td.textport import Textport
from headless_td.unknowns import Unknowns
from headless_td.useredit import UserEdit

_MANAGER_PARS = {
    "Maxnumberofworkers": ("Int", 4),
    "Maxnumberofthreads": ("Int", 8),
    "Queuemaxsize": ("Int", 0),
    "Terminateallthreads": ("Pulse", None),
    "Reset": ("Pulse", None),
    "Openlogger": ("Pulse", None),
}


class Host(Account):
    """One TouchDesigner process with one project.

    Args:
        project_folder: folder of the project; made if missing.
        unknowns: how the open questions are answered.
        realtime: frames wait for their time; otherwise they follow each other at once.
        fps: nominal frame rate.
        project: a saved project to open: onStart and onCreate run, as when a user opens it.
        keep_frames: how many frame costs are kept.
        thread_prefix: threads with such names belong to components and must end with them.
        guarded: every attribute of an operator or parameter asks for its thread. Without, some uses off the main
            thread go unnoticed, and an attribute costs what it does in a compiled host: for measurements.
    """

    def __init__(
        self,
        project_folder: Path,
        unknowns: Unknowns | None = None,
        *,
        realtime: bool = False,
        fps: float = 60,
        project: Path | None = None,
        keep_frames: int = 250_000,
        thread_prefix: str = "tdg",
        guarded: bool = True,
    ) -> None:
        super().__init__()
        self.unknowns = unknowns or Unknowns.default()
        self.realtime = realtime
        self.fps = float(fps)
        self.pace_fps = float(fps)
        self.answers: deque[Answer] = deque()
        self.questions: list[Question] = []
        self.python_executable = sys.executable
        self.thread_prefix = thread_prefix
        self._broken: dict[Node, int] = {}
        self._installed = tdmodule.Installed()
        self._restore: list[Callable[[], None]] = []
        self._guarded = guarded
        self._closed = self._quit = False
        threads.enter(self)
        try:
            self._assemble(Path(project_folder), keep_frames)
            if project is not None:
                self.files.open_project(project)
                self.lifecycle.project_opened()
        except BaseException:
            self._leave()
            raise

    def _assemble(self, folder: Path, keep_frames: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._threads_before = set(threading.enumerate())
        self.textport = Textport()
        self.costs = Costs(keep_frames)
        self.owners = Owners()
        self.tdu = tdu
        self.project = Project(self, folder.resolve())
        self.app = App(self)
        self.ui = UI(self)
        self.abs_time = AbsTime(self)
        self.runs = Runs(self)
        self.importer = Importer(self)
        self.events = ParameterEvents(self)
        self.watch = TableEvents(self)
        self.chops = ChopEvents(self)
        self.lifecycle = Lifecycle(self)
        self.files = Files(self)
        self.constants = tdmodule.constants(self)
        self.network = Network(self)
        self.frames = Frames(self)
        self._make_system()
        self._install()

    def _make_system(self) -> None:
        base, network = op_type("baseCOMP"), self.network
        system = network.create(network.root, base, "sys")
        resources = network.create(system, base, "TDResources")
        node = network.create(resources, base, "threadManager")
        self.manager = ThreadManagerExt(self, node)
        node.native = self.manager
        page = append_page(node, "Manager")
        for name, (style, default) in _MANAGER_PARS.items():
            par = getattr(page, f"append{style}")(name)[0]
            if default is not None:
                par.val = default
        if self.unknowns.thread_manager == "present":
            resources.native = TDResourcesExt(node)
        network.set_shortcut(resources, "TDResources")
        project = network.create(network.root, base, "project1")
        assert project.path == "/project1"

    def _install(self) -> None:
        self._installed.install()
        if not self._guarded:
            self._restore += [_unguard(OP), _unguard(Par)]
        former = threading.excepthook

        def excepthook(args: Any) -> None:
            name = args.thread.name if args.thread is not None else "?"
            self.problem("thread", f"thread '{name}' died of {args.exc_type.__name__}: {args.exc_value}")
            former(args)

        threading.excepthook = excepthook
        self._restore.append(lambda: setattr(threading, "excepthook", former))
        if self.unknowns.worker_import == "raises":
            guard = WorkerImports()
            sys.meta_path.insert(0, guard)
            self._restore.append(lambda: sys.meta_path.remove(guard))
        if self.unknowns.executable == "touchdesigner":
            real = sys.executable
            sys.executable = str(Path(self.project.folder, "TouchDesigner"))
            self._restore.append(lambda: setattr(sys, "executable", real))

    # -- operators --------------------------------------------------------------------------------------------

    def wrap(self, node: Node) -> OP:
        """A Python object for an operator."""
        return tdmodule.OPERATOR_CLASSES[node.type.name](node)

    def is_op(self, value: object) -> bool:
        """Whether `value` is an operator object."""
        return isinstance(value, OP)

    def node_of(self, operator: Any) -> Node:
        """The state behind an operator; tdError for anything else."""
        if not isinstance(operator, OP):
            raise tdError(f"An operator is needed, not {operator!r}.")
        return node_of(operator)

    def op(self, path: str) -> Any:
        """`op('/path')`."""
        found = self.network.locate(self.network.root, path, inside=True)
        return found[0].op() if found else None

    def page_object(self, node: Node, name: str) -> Page | BuiltInPage:
        """The page of that name."""
        return find_page(node, name)

    def time_object(self, node: Node) -> TimeObject:
        """The time that governs an operator."""
        return TimeObject(self, self.frames.timeline_of(node))

    def copy(self, nodes: Sequence[Node], parent: Node, name: str | None) -> list[Node]:
        """Copies of operators, with the docking and wires between them."""
        data = [snapshots.take(node) for node in nodes]
        made = [snapshots.build(parent, each, name if i == 0 else None) for i, each in enumerate(data)]
        snapshots.connect({each["name"]: copy for each, copy in zip(data, made, strict=True)}, data)
        self.lifecycle.created(made)
        return made

    def change_type(self, node: Node, kind: Any) -> Node:
        """Replace an operator by one of another type."""
        parent, name, tile = node.network, node.name, node.tile
        self.network.destroy(node)
        made = self.network.create(parent, op_type(kind), name)
        made.tile = tile
        return made

    def text_changed(self, node: Node) -> None:
        """The text of a DAT is another one."""
        self.importer.text_changed(node)

    # -- running code of the network --------------------------------------------------------------------------

    def cooks(self, node: Node) -> bool:
        """Whether nothing around the operator has its cooking switched off."""
        return all(around.flags.get("allowCooking", True) for around in (node, *node.ancestors()))

    def callback(self, node: Node, name: str, args: tuple[Any, ...]) -> None:
        """Call a function of a callback DAT, if it has it; errors are shown and contained."""
        if not self.cooks(node):
            return
        try:
            module = self.importer.module_of(node)
        except Exception as error:
            if self._broken.get(node) != node.text_version:
                self._broken[node] = node.text_version
                self.report(node, error, f"{node.path} does not compile")
            return
        function = module.__dict__.get(name)
        if function is not None:
            self.contained(node, function, args, f"{name} of {node.path}")

    def contained(
        self, node: Node, function: Callable[..., Any], args: tuple[Any, ...], what: str, *, mark: bool = True
    ) -> bool:
        """Call something at the expense of a component; an exception is reported and goes no further."""
        try:
            with self.costs.charged(node):
                function(*args)
        except Exception as error:
            self.report(node, error, what, mark=mark)
            return False
        return True

    def report(self, node: Node, error: BaseException, what: str, *, mark: bool = True) -> None:
        """Show an error in the textport (and on the node), and remember it as a problem of the run."""
        text = self.textport.traceback(error)
        if mark and node.alive:
            node.errors.append(f"{what}: {type(error).__name__}: {error}")
        self.problem("error", f"{what}: {type(error).__name__}: {error}\n{text}")

    def run_from(self, node: Node, text: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Run:
        """DAT.run and Cell.run."""
        return tdmodule.run(text, *args, **{"fromOP": node.op(), **keywords})

    def execute_text(self, node: Node, text: str, args: tuple[Any, ...]) -> None:
        """Run text as a script of an operator; exceptions go to the caller."""
        names = self.importer.globals_for(node)
        names["args"] = args
        if self.unknowns.script_name == "__main__":
            names["__name__"] = "__main__"
        known = set(names)
        node.locals = names if self.unknowns.script_scope == "one" else {}
        exec(self.importer.compile(node, text), names, node.locals)  # noqa: S102 - that is what running a DAT means
        node.locals = {key: value for key, value in node.locals.items() if key not in known}

    # -- what a run does with the host ------------------------------------------------------------------------

    def load_tox(self, directory: Path, parent: str = "/project1", name: str | None = None) -> Any:
        """Drop an expanded component (`NAME.tox.dir`) into a network."""
        return self._place(loader.read(Path(directory)), parent, name)

    def _place(self, data: snapshots.Data, parent: str, name: str | None) -> Any:
        return self.files.place(self.node_of(self.op(parent)), data, name).op()

    def replace_by_tox(self, comp: Any, directory: Path) -> None:
        """Replace inside and parameters of a component by an expanded one, as reloading an external .tox does."""
        self.files.replace(self.node_of(comp), loader.read(Path(directory)))

    def save_tox(self, comp: Any, path: Path) -> Path:
        """Save a component to a file of the stand-in's own form."""
        return Path(self.files.save_component(self.node_of(comp), str(path)))

    def load_saved(self, path: Path, parent: str = "/project1", name: str | None = None) -> Any:
        """Drop a component saved by `save_tox` (or `comp.save`) into a network."""
        return self._place(self.files.read_component(path), parent, name)

    def run_file(self, path: Path, parent: str = "/project1") -> Any:
        """Drop a Python file into a network as a text DAT and choose Run Script; the DAT."""
        node = self.network.create(self.node_of(self.op(parent)), op_type("textDAT"), tdu.validName(path.stem))
        node.set_text(path.read_text(encoding="utf-8"))
        dat = node.op()
        dat.par.language = "python"
        dat.run()
        return dat

    def frame(self, count: int = 1) -> None:
        """Run frames: in real time or one after the other."""
        for _ in range(count):
            skipped = self.frames.pace() if self.realtime else self.fps / self.pace_fps - 1
            self.frames.run_one(skipped)

    def run_until(self, predicate: Callable[[], Any], timeout_s: float = 30, what: str = "") -> Any:
        """Run frames until the predicate gives something true; its value. AssertionError after `timeout_s`."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > deadline_s:
                raise AssertionError(self._still_waiting(what or "what was awaited", timeout_s))
            self.frame()
            if not self.realtime:
                time.sleep(0.001)  # workers need the interpreter, too

    def _still_waiting(self, what: str, timeout_s: float) -> str:
        problems = "\n".join(str(problem) for problem in self.unexpected()[-5:]) or "none"
        return (
            f"Not within {timeout_s:g} s ({self.frames.count} frames): {what}.\n"
            f"Problems so far: {problems}\nLast lines of the textport:\n{self.textport.tail(15)}"
        )

    @property
    def frame_costs(self) -> "deque[FrameCost]":
        """What each frame cost the main thread; see `costs.summary()`."""
        return self.costs.frames

    @property
    def paused(self) -> bool:
        """Whether the main timeline stands still; settable."""
        return not self.frames.root.play

    @paused.setter
    def paused(self, value: bool) -> None:
        if value != self.paused:
            self.frames.root.play = not value
            self.lifecycle.play_state(not value)

    @property
    def hidden(self) -> bool:
        """Whether the window is hidden: a few frames a second; settable."""
        return self.pace_fps < self.fps

    @hidden.setter
    def hidden(self, value: bool) -> None:
        self.pace_fps = min(3.0, self.fps) if value else self.fps

    def user_edit(self, dat: Any) -> UserEdit:
        """Edits by hand in a DAT's viewer."""
        return UserEdit(self.node_of(dat))

    def user_set(self, par: Par, value: Any) -> None:
        """Set a parameter in the dialog; tdError where the user cannot (read-only, greyed out)."""
        if par.readOnly or not par.enable:
            raise tdError(f"The user cannot edit {par!r}: it is read-only or greyed out.")
        par.val = value

    def user_pulse(self, par: Par) -> None:
        """Press a pulse parameter; tdError where the user cannot."""
        if not par.isPulse or not par.enable:
            raise tdError(f"The user cannot press {par!r}.")
        par.pulse()

    def kill_hooks(self, owner: Any = None) -> int:
        """Hooks of running tasks never come again; of one extension instance, or all. How many tasks."""
        return self.manager.drop_hooks(owner)

    def save(self, path: str | Path | None = None) -> Path:
        """Save the project (with `path`: save as, and the folder follows); tdError if storage cannot be pickled."""
        target = Path(self.project.folder, path or self.project.name)
        self.lifecycle.saving()
        self.files.save_project(target)
        object.__setattr__(self.project, "folder", target.parent.resolve().as_posix())
        object.__setattr__(self.project, "name", target.name)
        self.lifecycle.saved()
        return target

    def quit(self) -> None:
        """The user quits: onExit; with the switch also onDestroyTD."""
        if not self._quit:
            self._quit = True
            self.lifecycle.exit()

    # -- the end ---------------------------------------------------------------------------------

    def close(self, timeout_s: float = 60) -> None:
        """Quit, stop what still runs and give everything back.

        Raises:
            HostFailedError: unexpected problems, or expected ones that never came.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self.quit()
            self._clean_up(timeout_s)
        finally:
            self._leave()
        verdict = self.verdict()
        if verdict:
            raise HostFailedError(verdict)

    def _clean_up(self, timeout_s: float) -> None:
        for node in self.network.root.descendants():
            if node.exts is not None:
                node.exts.destroy()
        for left in self.manager.close(timeout_s):
            self.problem("thread", f"a worker still runs {timeout_s:g} s after its component was destroyed: {left}")
        deadline_s = time.monotonic() + timeout_s
        for thread in set(threading.enumerate()) - self._threads_before:
            ours = thread.name.startswith(self.thread_prefix)
            # Executors are no daemons but end by themselves when the process does.
            if ours or not (thread.daemon or thread.name.startswith("ThreadPoolExecutor")):
                while thread.ident is None:  # it is just being started, and cannot be joined yet
                    time.sleep(0.001)
                thread.join(max(0.0, deadline_s - time.monotonic()))
                if thread.is_alive():
                    why = (
                        "of a component that is gone" if ours else "is no daemon and would keep the process from ending"
                    )
                    self.problem("thread", f"thread '{thread.name}' {why}; it still runs after {timeout_s:g} s")

    def _leave(self) -> None:
        with contextlib.suppress(AttributeError):  # opened only in part
            for node in (self.network.root, *self.network.root.descendants()):
                node.alive = False
            self.importer.close()
        for undo in reversed(self._restore):
            undo()
        self._restore = []
        self._installed.remove()
        threads.leave(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close()
        except HostFailedError as failed:
            error.add_note(str(failed))


def _unguard(cls: type) -> Callable[[], None]:
    """Lets the attributes of a class be read without a word; what undoes it."""
    guard = cls.__dict__["__getattribute__"]
    cls.__getattribute__ = object.__getattribute__  # type: ignore[method-assign, assignment]
    return functools.partial(setattr, cls, "__getattribute__", guard)
