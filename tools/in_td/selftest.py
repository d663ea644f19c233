"""Puts the parts together: what is done in which order, and what is told at the end."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import td
from in_td.ask import question_jobs
from in_td.ask_extensions import watch_exit
from in_td.check_described import described_jobs
from in_td.components import provide
from in_td.described import description_of
from in_td.options import FIRESTORE_HOST, PARTS, STORAGE_HOST, WATCH_EXIT
from in_td.report import verdict_line, write
from in_td.room import remove
from in_td.rows import SKIPPED, Results
from in_td.specimen import specimen_job
from in_td.steps import Job, Stepper
from in_td.trials import file_alone_steps, trial_steps
from in_td.works import Stage, tell_packages, works_jobs
from in_td.works_firestore import clean_firestore, prepare_firestore
from in_td.works_storage import clean_storage, prepare_storage

#: Where the run that is under way is found; on `sys`, because a DAT's own names may go away.
RUNNING = "tdg_selftest"
SCRATCH = "selftest_scratch"

#: A run that has not stepped on for so long was ended by something else.
_GIVEN_UP_S = 10.0


#: Address, preparation and cleaning up of each component's trial.
TRIALS: dict[str, tuple[str, Callable[[Stage], None], Callable[[Stage], Any]]] = {
    "storage": (STORAGE_HOST, prepare_storage, clean_storage),
    "firestore": (FIRESTORE_HOST, prepare_firestore, clean_firestore),
}


class SelfTest:
    """One run.

    Args:
        dat: The operator that this file lies in.
    """

    def __init__(self, dat: Any) -> None:
        self.dat = dat
        self.results = Results()
        self.components: dict[str, Any] = {}
        self.line = ""
        self.stepper = Stepper(self.results, self._finish)
        self._scratch: Any = None

    def start(self) -> None:
        """Begins with the next frame."""
        self.stepper.jobs.append(Job("described", "components", self._provide, 120.0))
        self.stepper.start()

    def _provide(self) -> Iterator[Any]:
        former = self.dat.parent().op(SCRATCH)
        if former is not None:
            remove(former)
        yield from provide(self.dat, self.results, self.components.__setitem__)
        self._scratch = self.dat.parent().create(td.baseCOMP, SCRATCH)
        self.stepper.jobs.extend(self._jobs())

    def _jobs(self) -> Iterator[Job]:
        if "described" in PARTS:
            for name, comp in self.components.items():
                yield from described_jobs(self.results, name, comp)
        if "works" in PARTS:
            for name, comp in self.components.items():
                host, prepare, clean = TRIALS[name]
                stage = Stage(comp, name, host or comp.par.Emulatorhost.eval(), self.results)
                yield from works_jobs(self.results, stage, prepare, clean)
            yield Job("works", "packages", lambda: tell_packages(self.results))
        if "unknowns" in PARTS:
            yield from question_jobs(self.results, self._scratch)
        if "format" in PARTS:
            folder = Path(td.app.tempFolder) / f"tdg-selftest-{os.getpid()}-format"
            yield Job("format", "specimen", lambda: specimen_job(self.results, self._scratch, folder), 300.0, SKIPPED)
            yield Job("format", "trials", lambda: trial_steps(self.results, self._scratch, folder), 900.0, SKIPPED)
            yield Job("format", "files", lambda: file_alone_steps(self.results, self.dat, self._scratch), 60.0, SKIPPED)

    def _finish(self) -> None:
        if self._scratch is not None and self._scratch.valid:
            remove(self._scratch)
        if WATCH_EXIT:
            watch_exit(self.dat.parent())
        self.line = verdict_line(self.results, write(self.results, self._about(), self.dat))
        print(self.line)
        td.ui.status = self.line

    def _about(self) -> dict[str, Any]:
        about = {}
        for name, comp in self.components.items():
            description = description_of(comp) if comp.valid else None
            about[name] = {"version": (description or {}).get("version", "none")}
        return about


def start(path: str) -> SelfTest:
    """Starts a run, unless one is under way.

    Args:
        path: Of the operator that this file lies in.
    """
    former = getattr(sys, RUNNING, None)
    if former is not None and not former.stepper.done and time.monotonic() - former.stepper.last_s < _GIVEN_UP_S:
        print("The self-test is running already; it says when it is done.")
        return former  # type: ignore[no-any-return]
    test = SelfTest(td.op(path))
    setattr(sys, RUNNING, test)
    test.start()
    return test
