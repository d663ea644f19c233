"""Looks whether Google's packages can be imported, and installs them where they cannot.

Thread: worker only, except `import_step`, which the main thread calls where TouchDesigner lets no other one import.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tdg_core_bootstrap_messages as messages
import tdg_core_errors
import tdg_core_installer
import tdg_core_messages
import tdg_core_packages
import tdg_disk_lock
import tdg_disk_venv
import tdg_work_imports
import tdg_work_uv

CloudError = tdg_core_errors.CloudError
Venv = tdg_disk_venv.Venv

Post = Callable[[tdg_core_messages.Message], None]

#: How long to wait for another process that installs.
_LOCK_S = 1800.0
_LOCK_LOOK_S = 0.2

#: How lines of an installer begin that only matter when something goes wrong.
_DETAILS = ("+ ", "- ", "~ ", "Using Python", "WARNING: ")


@dataclass(frozen=True)
class Plan:
    """What one search needs, as plain values.

    Attributes:
        run: Number of the search, for the answers.
        folder: Where the shared environment is, or is to be.
        python: TouchDesigner's own interpreter as a program.
        version: Its version, such as `3.11`.
        modules: What the gateway imports.
        lock: Text of the requirements with versions and hashes.
        installer_lock: The same for uv.
        settled: Another look after an installation: what is there now has to do.
        beside: A process of its own on that environment imports them; here nothing is imported.
    """

    run: int
    folder: str
    python: str
    version: str
    modules: tuple[str, ...]
    lock: str
    installer_lock: str
    settled: bool = False
    beside: bool = False

    @property
    def venv(self) -> Venv:
        """The environment."""
        return Venv(Path(self.folder), self.version, os.name == "nt")


def look(plain: Mapping[str, Any], post: Post) -> None:
    """Answers with `PackagesUsable`, or with what has to happen before.

    Args:
        plain: A `Plan` as a dict.
        post: Takes the answer.
    """
    plan = Plan(**plain)
    try:
        post(_look(plan, post))
    except Exception as error:
        post(_failed(plan, error))


def install(plain: Mapping[str, Any], why: str, cancelled: threading.Event, post: Post) -> None:
    """Makes the environment anew; answers with `PackagesFound` or `PackagesUnusable`, and tells its progress meanwhile.

    Args:
        plain: A `Plan` as a dict: what to install where.
        why: As in `PackagesMissing`.
        cancelled: Set it to call the installation off; what was there before comes back.
        post: Takes the answers.
    """
    plan = Plan(**plain)
    try:
        post(_install(plan, why, post, cancelled))
    except Exception as error:
        post(_failed(plan, error))


def import_step(name: str) -> str:
    """Imports one module on the calling thread; an empty string, or why it failed. What is not installed is no failure.

    Thread: any.
    """
    return tdg_work_imports.problem_of(name)


def _look(plan: Plan, post: Post) -> tdg_core_messages.Message:
    venv = plan.venv
    status = venv.status(tdg_core_packages.pins(plan.lock))
    site = str(venv.site_packages)
    if status == tdg_disk_venv.UNFINISHED:
        return _missing(plan, "unfinished", "the last installation was cut short", ask=False)
    if status == tdg_disk_venv.OUTDATED and not plan.settled and not tdg_work_imports.loaded_from(site):
        return _missing(plan, "outdated", "this component wants newer packages", ask=False)
    if status != tdg_disk_venv.ABSENT and site not in sys.path and not plan.beside:
        return messages.PackagesFound(plan.run, site)
    places = [site] if plan.beside else None
    absent = [name for name in plan.modules if not tdg_work_imports.is_there(name, places)]
    if absent:
        return _missing(plan, "missing", f"{tdg_core_packages.listed(absent)} cannot be found", ask=not venv.ours())
    if plan.beside:
        return messages.PackagesUsable(plan.run)
    with tdg_work_imports.considerately(site):
        problem = next(filter(None, map(tdg_work_imports.problem_of, plan.modules)), "")
    if problem:
        steps = tuple(step for step in tdg_core_packages.STEPS if tdg_work_imports.is_there(step))
        mendable = status != tdg_disk_venv.ABSENT and not plan.settled
        modules = (*steps, *plan.modules)
        return messages.ImportHere(plan.run, modules, problem, mendable, not venv.ours())
    for line in tdg_work_imports.conflicts(site):
        post(tdg_core_messages.Logged("WARNING", line))
    return messages.PackagesUsable(plan.run)


def _missing(plan: Plan, why: str, reason: str, *, ask: bool) -> tdg_core_messages.Message:
    if plan.settled:
        return messages.PackagesUnusable(plan.run, f"Google's packages cannot be used after all: {reason}.")
    return messages.PackagesMissing(plan.run, why, reason, ask)


def _install(plan: Plan, why: str, post: Post, cancelled: threading.Event) -> tdg_core_messages.Message:
    venv = plan.venv
    found = messages.PackagesFound(plan.run, str(venv.site_packages))
    pins = tdg_core_packages.pins(plan.lock)
    report = _Report(post)
    try:
        venv.folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = (
            f"Cannot make the folder {venv.folder.parent} ({error.strerror}); save the project where it may be written."
        )
        raise CloudError("packages", text) from None
    descriptor = _locked(venv, report, cancelled)
    try:
        if why != "broken" and venv.status(pins) == tdg_disk_venv.COMPLETE:
            return found  # another component or another TouchDesigner has done it meanwhile
        begun = time.monotonic()
        report.say(f"installing Google's packages into {venv.folder}: {len(pins)} packages, once per project")
        try:
            _make(plan, venv, pins, report, cancelled)
        except CloudError as error:
            if why != "outdated" or cancelled.is_set():
                raise
            post(tdg_core_messages.Logged("WARNING", f"{error.message} The packages of before are used on."))
            return found
        report.say(f"installed in {time.monotonic() - begun:.0f} s")
        return found
    finally:
        os.close(descriptor)


def _make(plan: Plan, venv: Venv, pins: dict[str, str], report: "_Report", cancelled: threading.Event) -> None:
    lock = venv.folder.with_name(f"{venv.folder.name}-requirements.txt")
    installer_lock = venv.folder.with_name("uv-requirements.txt")
    own = venv.folder.with_name("uv")
    lock.write_text(plan.lock, encoding="utf-8")
    program = tdg_work_uv.find(own, own.parent, cancelled)
    if program is None:
        report.say("uv, the installer, is not on this machine; fetching it")
        installer_lock.write_text(plan.installer_lock, encoding="utf-8")
        program = tdg_work_uv.fetch(own, plan.python, installer_lock, report.line, cancelled)
        installer_lock.unlink()
    uv = tdg_work_uv.Uv(program, own.parent, report.line, cancelled)
    venv.set_aside()
    try:
        venv.begin()
        uv.make_venv(venv.folder, plan.python)
        if not venv.site_packages.is_dir():
            raise CloudError("packages", f"{plan.python} is not the Python {plan.version} that TouchDesigner runs.")
        uv.install(venv.python, lock)
        venv.finish(pins)
    except CloudError:
        venv.bring_back()
        raise
    lock.unlink()


def _locked(venv: Venv, report: "_Report", cancelled: threading.Event) -> int:
    """Waits until no other process installs; the descriptor that holds the lock."""
    deadline = time.monotonic() + _LOCK_S
    told = False
    while (descriptor := tdg_disk_lock.acquire(venv.lock, str(os.getpid()))) is None:
        if not told:
            report.say("another TouchDesigner or component is installing; waiting for it")
            told = True
        if cancelled.wait(_LOCK_LOOK_S):
            raise CloudError("packages", "The installation was called off.")
        if time.monotonic() > deadline:
            raise CloudError("packages", f"Another program has held {venv.lock} for half an hour; end it, and connect.")
    return descriptor


class _Report:
    """Progress for the log: what matters as INFO, the rest as DEBUG."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def say(self, text: str) -> None:
        self._post(tdg_core_messages.Logged("INFO", text))

    def line(self, line: str) -> None:
        """A line of an installer's output."""
        text = tdg_core_installer.redacted(line).strip()
        if text:
            level = "DEBUG" if text.startswith(_DETAILS) else "INFO"
            self._post(tdg_core_messages.Logged(level, f"installer: {text}"))


def _failed(plan: Plan, error: Exception) -> tdg_core_messages.Message:
    if isinstance(error, CloudError):
        return messages.PackagesUnusable(plan.run, error.message)
    if isinstance(error, OSError):
        text = f"Google's packages could not be installed into {plan.folder}: {error.strerror}."
        return messages.PackagesUnusable(plan.run, text)
    text = f"Looking for Google's packages failed ({type(error).__name__}): a defect; please report this line."
    return messages.PackagesUnusable(plan.run, text)
