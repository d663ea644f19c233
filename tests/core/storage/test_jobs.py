"""The queue: order, limit, and jobs that must not run beside each other."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tdg_core_jobs import ACTIVE, CANCELLED, COMPLETE, FAILED, PENDING, Job, Queue


def job(name: str, number: int, writes: str = "", reads: str = "", *, counted: bool = True) -> Job:
    return Job(name, number, frozenset(writes.split()), frozenset(reads.split()), counted)


def fill(queue: Queue, *jobs: Job) -> None:
    for each in jobs:
        queue.add(each)


def start(queue: Queue, now: float = 0.0) -> list[str]:
    found = queue.startable(now)
    for each in found:
        queue.start(each)
    return [each.id for each in found]


def test_jobs_start_in_order_up_to_the_limit() -> None:
    queue = Queue(2)
    fill(queue, job("a", 1), job("b", 2), job("c", 3))
    assert start(queue) == ["a", "b"]
    assert start(queue) == []
    queue.end(queue.jobs["a"], COMPLETE)
    assert start(queue) == ["c"]


def test_limit_may_change_at_any_time() -> None:
    queue = Queue(3)
    fill(queue, *(job(str(n), n) for n in range(6)))
    assert len(start(queue)) == 3
    queue.limit = 1
    queue.end(queue.jobs["0"], COMPLETE)
    assert start(queue) == []
    queue.limit = 5
    assert start(queue) == ["3", "4", "5"]


def test_uncounted_job_needs_no_slot() -> None:
    queue = Queue(1)
    fill(queue, job("a", 1), job("sync", 2, counted=False), job("b", 3))
    assert start(queue) == ["a", "sync"]
    assert queue.free == 0


def test_two_writers_of_one_name_run_one_after_the_other_and_others_overtake() -> None:
    queue = Queue(3)
    fill(queue, job("first", 1, "x"), job("second", 2, "x"), job("other", 3, "y"))
    assert start(queue) == ["first", "other"]
    queue.end(queue.jobs["first"], FAILED)
    assert start(queue) == ["second"]


def test_readers_share_and_wait_for_an_earlier_writer() -> None:
    queue = Queue(5)
    fill(queue, job("r1", 1, "", "x"), job("r2", 2, "", "x"), job("w", 3, "x"), job("r3", 4, "", "x"))
    assert start(queue) == ["r1", "r2"]
    queue.end(queue.jobs["r1"], COMPLETE)
    assert start(queue) == []
    queue.end(queue.jobs["r2"], COMPLETE)
    assert start(queue) == ["w"]
    queue.end(queue.jobs["w"], COMPLETE)
    assert start(queue) == ["r3"]


def test_job_that_waits_again_keeps_its_place() -> None:
    queue = Queue(1)
    fill(queue, job("a", 1), job("b", 2))
    start(queue)
    queue.wait_again(queue.jobs["a"])
    assert [each.id for each in queue.waiting] == ["a", "b"]
    assert start(queue) == ["a"]


def test_job_that_must_pause_lets_others_pass_but_not_on_its_own_name() -> None:
    queue = Queue(1)
    fill(queue, job("a", 1, "x"), job("b", 2, "x"), job("c", 3, "y"))
    queue.jobs["a"].not_before = 10.0
    assert start(queue, now=5.0) == ["c"]
    queue.end(queue.jobs["c"], COMPLETE)
    assert start(queue, now=10.0) == ["a"]


def test_impossible_steps_are_refused() -> None:
    queue = Queue(1)
    fill(queue, job("a", 1))
    only = queue.jobs["a"]
    with pytest.raises(ValueError, match="cannot become complete"):
        queue.end(only, COMPLETE)
    queue.end(only, CANCELLED)
    with pytest.raises(ValueError, match="cannot become active"):
        only.step(ACTIVE)


def test_id_and_number_are_taken_once() -> None:
    queue = Queue(1)
    fill(queue, job("a", 1))
    for twin in (job("a", 2), job("b", 1)):
        with pytest.raises(ValueError, match="already"):
            queue.add(twin)


def test_free_slots_leave_room_for_those_that_wait() -> None:
    queue = Queue(4)
    fill(queue, job("a", 1))
    assert queue.free == 3
    start(queue)
    assert queue.free == 3
    fill(queue, job("b", 2), job("c", 3))
    assert queue.free == 1


class QueueMachine(RuleBasedStateMachine):
    """Any history: the limit holds, nobody touches what another one changes, and earlier writers come first."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue(2)
        self.number = 0
        self.order: dict[str, list[int]] = {}

    @rule(writes=st.sampled_from(["", "x", "y", "x y"]), reads=st.sampled_from(["", "x", "z"]))
    def add(self, writes: str, reads: str) -> None:
        self.number += 1
        self.queue.add(job(str(self.number), self.number, writes, reads))

    @rule()
    def pump(self) -> None:
        for each in self.queue.startable(0.0):
            self.queue.start(each)

    @rule(pick=st.integers(0, 9), how=st.sampled_from([COMPLETE, FAILED, CANCELLED, PENDING]))
    def stop(self, pick: int, how: str) -> None:
        running = self.queue.running
        if not running:
            return
        each = running[pick % len(running)]
        if how == PENDING:
            self.queue.wait_again(each)
        else:
            self.queue.end(each, how)

    @rule(limit=st.integers(1, 4))
    def change_limit(self, limit: int) -> None:
        self.queue.limit = max(limit, len(self.queue.running))

    @invariant()
    def holds(self) -> None:
        running = self.queue.running
        assert len(running) <= self.queue.limit
        for one in running:
            for other in running:
                if one is not other:
                    assert not one.writes & (other.writes | other.reads)
        for waiting in self.queue.waiting:
            for each in running:
                if waiting.number < each.number:
                    assert not waiting.writes & (each.writes | each.reads)


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
