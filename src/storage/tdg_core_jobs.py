"""Jobs that wait for a slot, run and end: their states, the allowed steps, and who may start next.

Thread: any.
"""

import bisect
from dataclasses import dataclass, field
from typing import Any

PENDING = "pending"
ACTIVE = "active"
COMPLETE = "complete"
FAILED = "failed"
CANCELLED = "cancelled"

ENDED = frozenset({COMPLETE, FAILED, CANCELLED})

_STEPS = {
    PENDING: frozenset({ACTIVE, FAILED, CANCELLED}),
    ACTIVE: frozenset({PENDING, COMPLETE, FAILED, CANCELLED}),
    COMPLETE: frozenset[str](),
    FAILED: frozenset[str](),
    CANCELLED: frozenset[str](),
}

#: How many blocked jobs are passed over in the search for one that may start.
_LOOK_AHEAD = 1000


@dataclass(eq=False)
class Job:
    """One job of a queue; `number` gives its place, the lowest waits longest."""

    id: str
    number: int
    #: What it changes and what it only looks at: it never runs beside a job that changes either.
    writes: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    #: Whether it takes one of the limited slots.
    counted: bool = True
    status: str = PENDING
    #: Monotonic seconds before which it is not started (again).
    not_before: float = 0.0
    #: Whatever the owner wants to keep with it.
    data: Any = field(default=None, repr=False)

    def step(self, status: str) -> None:
        """Goes over to another status.

        Raises:
            ValueError: There is no such step.
        """
        if status not in _STEPS[self.status]:
            raise ValueError(f"Job {self.id} is {self.status}; it cannot become {status}.")
        self.status = status


class Queue:
    """Jobs in order, of which at most `limit` counted ones run.

    A job that touches what an earlier unfinished one changes waits for it, so two uploads to one name end in the order
    in which they were asked for; others may overtake it meanwhile.
    """

    def __init__(self, limit: int) -> None:
        #: May be changed at any time; running jobs are left alone.
        self.limit = limit
        self.jobs: dict[str, Job] = {}
        self._by_number: dict[int, Job] = {}
        # Numbers of the waiting jobs, rising: those that need a slot and those that do not.
        self._waiting: dict[bool, list[int]] = {True: [], False: []}
        self._running: dict[str, Job] = {}

    @property
    def running(self) -> list[Job]:
        """The jobs that run."""
        return list(self._running.values())

    @property
    def waiting(self) -> list[Job]:
        """The jobs that wait, in order."""
        numbers = sorted([*self._waiting[True], *self._waiting[False]])
        return [self._by_number[number] for number in numbers]

    @property
    def free(self) -> int:
        """Slots that neither a running nor a waiting job will use; never negative."""
        used = sum(job.counted for job in self._running.values()) + len(self._waiting[True])
        return max(0, self.limit - used)

    def add(self, job: Job) -> None:
        """Adds a waiting job.

        Raises:
            ValueError: The id or number is taken.
        """
        if job.id in self.jobs or job.number in self._by_number:
            raise ValueError(f"Job {job.id} is in the queue already.")
        self.jobs[job.id] = job
        self._by_number[job.number] = job
        bisect.insort(self._waiting[job.counted], job.number)

    def startable(self, now: float) -> list[Job]:
        """The waiting jobs that may start now, in order; `start` each of them."""
        slots = self.limit - sum(job.counted for job in self._running.values())
        writes = {key for job in self._running.values() for key in job.writes}
        reads = {key for job in self._running.values() for key in job.reads}
        found = []
        for counted, waiting in self._waiting.items():
            blocked = 0
            for number in waiting:
                if (counted and slots <= 0) or blocked > _LOOK_AHEAD:
                    break
                job = self._by_number[number]
                in_use = not (
                    writes.isdisjoint(job.writes) and reads.isdisjoint(job.writes) and writes.isdisjoint(job.reads)
                )
                # Also a blocked job holds what it will touch: those behind it must not overtake it there.
                writes |= job.writes
                reads |= job.reads
                if in_use or job.not_before > now:
                    blocked += 1
                    continue
                found.append(job)
                slots -= counted
        return found

    def start(self, job: Job) -> None:
        """The job runs."""
        job.step(ACTIVE)
        self._take_out(job)
        self._running[job.id] = job

    def wait_again(self, job: Job) -> None:
        """A running job goes back to its place among the waiting ones."""
        job.step(PENDING)
        del self._running[job.id]
        bisect.insort(self._waiting[job.counted], job.number)

    def end(self, job: Job, status: str) -> None:
        """The job is over and leaves the queue."""
        waited = job.status == PENDING
        job.step(status)
        if waited:
            self._take_out(job)
        else:
            del self._running[job.id]
        del self.jobs[job.id], self._by_number[job.number]

    def _take_out(self, job: Job) -> None:
        waiting = self._waiting[job.counted]
        del waiting[bisect.bisect_left(waiting, job.number)]
