"""BootstrapExt: makes sure that Google's packages can be imported before a connection is tried.

Thread: main only.

The fast path starts no process and asks nothing. Everything slow - looking, importing, installing - is done by tasks
(`tdg_work_bootstrap`); here is only what the main thread must do: ask the user, put a folder on `sys.path`, and import
step by step where TouchDesigner lets no other thread import.
"""

import dataclasses
import importlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import td
import tdg_bridge_private
import tdg_bridge_slot
import tdg_core_bootstrap_messages as messages
import tdg_core_messages
import tdg_disk_venv
import tdg_td_tasks
import tdg_work_bootstrap

Post = Callable[[tdg_core_messages.Message], None]


@dataclasses.dataclass
class _Search:
    """What is under way."""

    attempt: int
    plan: tdg_work_bootstrap.Plan
    tasks: tdg_td_tasks.Tasks
    post: Post
    modules: tdg_bridge_private.Modules
    cancelled: threading.Event = dataclasses.field(default_factory=threading.Event)
    #: Set while the main thread imports, with what is left of it.
    importing: messages.ImportHere | None = None
    steps: deque[str] = dataclasses.field(default_factory=deque)

    def do(self, function: str, *args: Any) -> None:
        """Runs a function of `tdg_work_bootstrap` in a task; `args` stand between the plan and the way back."""
        plan = dataclasses.asdict(self.plan)
        self.tasks.run(tdg_bridge_private.call, self.modules, "tdg_work_bootstrap", function, plan, *args, self.post)


class BootstrapExt:
    """Finds or makes the Python environment with Google's packages, once per project.

    Args:
        ownerComp: The component.
    """

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp
        self.handlers: dict[str, Callable[[Any], None]] = {
            "packages_usable": self._usable,
            "packages_found": self._found,
            "packages_missing": self._missing,
            "packages_unusable": self._unusable,
            "import_here": self._import_here,
        }
        self._runs = 0
        self._search: _Search | None = None

    def onDestroyTD(self) -> None:
        """The extension is replaced or its component deleted: an installer must not be left behind."""
        self.cancel()

    def ensure(
        self,
        attempt: int,
        packages: Sequence[str],
        tasks: tdg_td_tasks.Tasks,
        post: Post,
        modules: tdg_bridge_private.Modules,
        *,
        beside: bool = False,
    ) -> None:
        """Makes sure that these packages can be imported. A search that is under way goes on for the new attempt.

        Args:
            attempt: Which attempt it is for.
            packages: What the gateway imports.
            tasks: Run the slow parts.
            post: Gets `PackagesReady` or `ConnectFailed` of that attempt, and progress for the log.
            modules: What the slow parts run in.
            beside: A process of its own imports them, on the project's environment; nothing is imported here.
        """
        if self._search is not None and self._search.plan.beside != beside:
            self.cancel()
        if not beside and all(name in sys.modules for name in packages):
            post(tdg_core_messages.PackagesReady(attempt))
        elif self._search is not None:
            self._search.attempt = attempt
        else:
            self._runs += 1
            plan = tdg_work_bootstrap.Plan(
                run=self._runs,
                folder=f"{td.project.folder}/{tdg_disk_venv.FOLDER}",
                python=td.app.pythonExecutable,
                version=f"{sys.version_info.major}.{sys.version_info.minor}",
                modules=tuple(packages),
                lock=self.ownerComp.op("local/requirements").text,
                installer_lock=self.ownerComp.op("local/requirements_uv").text,
                beside=beside,
            )
            self._search = _Search(attempt, plan, tasks, post, modules)
            self._search.do("look")

    def ask_again(self) -> None:
        """The user wants to connect: an earlier refusal no longer counts."""
        _answers().clear()

    def cancel(self) -> None:
        """Calls off what is under way."""
        if self._search is not None:
            self._search.cancelled.set()
            self._search = None

    def frame(self) -> None:
        """To be called every frame: imports the next module where the main thread has to, one a frame."""
        search = self._search
        if search is None or search.importing is None:
            return
        problem = tdg_work_bootstrap.import_step(search.steps.popleft())
        event = search.importing
        if problem and event.mendable:
            search.importing = None
            self._missing(messages.PackagesMissing(event.run, "broken", problem, event.ask))
        elif problem:
            self._fail(f"{problem}.")
        elif not search.steps:
            self._succeed()

    def _usable(self, event: messages.PackagesUsable) -> None:
        if self._current(event.run):
            self._succeed()

    def _unusable(self, event: messages.PackagesUnusable) -> None:
        if self._current(event.run):
            self._fail(event.message)

    def _found(self, event: messages.PackagesFound) -> None:
        search = self._current(event.run)
        if search is not None:
            if not search.plan.beside:
                _add_to_path(event.site_packages)
            search.do("look")

    def _missing(self, event: messages.PackagesMissing) -> None:
        search = self._current(event.run)
        if search is None:
            return
        if event.ask and not self._agreed(search.plan.folder, event.reason):
            self._fail(messages.REFUSED)
            return
        search.do("install", event.why, search.cancelled)
        search.plan = dataclasses.replace(search.plan, settled=True)

    def _import_here(self, event: messages.ImportHere) -> None:
        search = self._current(event.run)
        if search is not None:
            text = f"importing on the main thread, step by step: {event.reason}"
            search.post(tdg_core_messages.Logged("DEBUG", text))
            search.importing = event
            search.steps = deque(event.modules)

    def _current(self, run: int) -> "_Search | None":
        """The search under way if it is that one."""
        return self._search if self._search is not None and self._search.plan.run == run else None

    def _succeed(self) -> None:
        if self._search is not None:
            search, self._search = self._search, None
            search.post(tdg_core_messages.PackagesReady(search.attempt))

    def _fail(self, message: str) -> None:
        if self._search is not None:
            search, self._search = self._search, None
            search.post(tdg_core_messages.ConnectFailed(search.attempt, "packages", message))

    def _agreed(self, folder: str, reason: str) -> bool:
        """Asks once per project, whichever component needs the packages first; anything but Install is a no."""
        answers = _answers()
        if folder not in answers:
            question = (
                f"{self.ownerComp.name} needs Google's Python packages, and {reason}.\n\n"
                f"Install them once for this project, into {folder}?\n"
                "About 60 MB; the versions are fixed and checked. Needs the network, takes half a minute."
            )
            chosen = td.ui.messageBox("Install Google's packages", question, buttons=["Cancel", "Install"])
            answers[folder] = chosen == 1
        return answers[folder]


def _answers() -> dict[str, bool]:
    """What was answered in this process, by folder."""
    answers: dict[str, bool] = tdg_bridge_slot.slot("packages").setdefault("answers", {})
    return answers


def _add_to_path(site_packages: str) -> None:
    """Lets modules be found there, behind everything TouchDesigner brings. Idempotent."""
    if site_packages not in sys.path:
        sys.path.append(site_packages)  # never in front: other components would get other versions than before
        if sys.platform == "win32":
            handles = tdg_bridge_slot.slot("packages").setdefault("dll_folders", [])
            handles.append(os.add_dll_directory(site_packages))
    importlib.invalidate_caches()
