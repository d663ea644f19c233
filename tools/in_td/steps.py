"""Does the work a little every frame, whatever becomes of a single piece of it."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import td
from in_td.rows import FAIL, Results, describe_error

#: What a job may take of a frame, in seconds; one step is always done.
BUDGET_S = 0.004

#: A job yields this to go on in the next frame, None to go on as soon as there is time.
FRAME = "frame"

Steps = Generator[str | None, None, Any]


@dataclass
class Job:
    """A piece of work.

    Attributes:
        area, name: Of the row that tells when the job could not be done.
        make: Makes its steps.
        limit_s: Longest time it may take.
        failure: Verdict when it could not be done.
        aborted: Told when TouchDesigner broke a step off in a way that Python cannot catch.
    """

    area: str
    name: str
    make: Callable[[], Iterator[Any] | None]
    limit_s: float = 30.0
    failure: str = FAIL
    aborted: Callable[[], None] | None = None


class Stepper:
    """Runs jobs one after another; ends when there is none left.

    Args:
        results: Told of jobs that failed.
        finished: Called at the end.
    """

    def __init__(self, results: Results, finished: Callable[[], None]) -> None:
        self.jobs: deque[Job] = deque()
        self.done = False
        self.last_s = time.monotonic()
        self._results = results
        self._finished = finished
        self._job: Job | None = None
        self._steps: Iterator[Any] | None = None
        self._deadline_s = 0.0
        self._inside = False

    def start(self) -> None:
        """The first step comes with the next frame."""
        # On a timeline that is not paused with the project.
        td.run(self._frame, delayFrames=1, delayRef=td.op.TDResources)

    def _frame(self) -> None:
        if self.done:
            return
        self.start()  # first, because what follows may be broken off
        self.last_s = time.monotonic()
        if self._inside:
            self._broken_off()
        until = time.perf_counter() + BUDGET_S
        while not self.done:
            self._inside = True
            wait = self._step()
            self._inside = False
            if wait or time.perf_counter() >= until:
                return

    def _broken_off(self) -> None:
        """The step of the former frame never came to its end."""
        job, self._job, self._steps = self._job, None, None
        if job is None:
            return
        if job.aborted is not None:
            job.aborted()
        else:
            self._fail(job, "TouchDesigner broke it off; see the textport")

    def _step(self) -> bool:
        """One step; whether to wait for the next frame."""
        if self._steps is None and not self._begin():
            return False
        job, steps = self._job, self._steps
        if job is None or steps is None:
            return False
        try:
            if time.monotonic() > self._deadline_s:
                raise TimeoutError(f"not within {job.limit_s:g} s")
            return bool(next(steps) == FRAME)
        except StopIteration:
            self._job = self._steps = None
        except Exception as error:
            self._job = self._steps = None
            self._fail(job, describe_error(error))
            self._close(job, steps)
        return False

    def _begin(self) -> bool:
        """Takes the next job; whether it has steps."""
        if not self.jobs:
            self.done = True
            self._finished()
            return False
        job = self.jobs.popleft()
        self._job, self._deadline_s = job, time.monotonic() + job.limit_s
        try:
            self._steps = job.make()
        except Exception as error:
            self._fail(job, describe_error(error))
        return self._steps is not None

    def _close(self, job: Job, steps: Iterator[Any]) -> None:
        """Lets a job that did not end by itself clean up."""
        close = getattr(steps, "close", None)
        try:
            if close is not None:
                close()
        except Exception as error:
            self._fail(job, f"cleaning up: {describe_error(error)}")

    def _fail(self, job: Job, why: str) -> None:
        self._results.add(job.area, job.name, job.failure, f"{job.name} could not be checked: {why}.", found=why)


def frames(count: int = 1) -> Steps:
    """Waits for so many frames."""
    for _ in range(count):
        yield FRAME


def until(predicate: Callable[[], Any], limit_s: float, least_frames: int = 1) -> Steps:
    """Waits until the predicate gives something true, for `limit_s` and `least_frames` at most.

    Returns:
        What it gave last.
    """
    deadline_s = time.monotonic() + limit_s
    waited = 0
    while True:
        value = predicate()
        if value or (waited >= least_frames and time.monotonic() > deadline_s):
            return value
        waited += 1
        yield FRAME
