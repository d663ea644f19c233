"""The self-test goes on whatever becomes of a single check, and leaves the frames their time."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from headless_td import Host


@pytest.fixture
def steps(host: Host) -> Any:
    """The module; it needs TouchDesigner's `td`, which the host provides."""
    return importlib.reload(importlib.import_module("in_td.steps"))


@pytest.fixture
def rows(host: Host) -> Any:
    return importlib.import_module("in_td.rows")


def run(host: Host, steps: Any, rows: Any, *jobs: Any) -> Any:
    results = rows.Results()
    stepper = steps.Stepper(results, lambda: None)
    stepper.jobs.extend(jobs)
    stepper.start()
    host.run_until(lambda: stepper.done, 20, "all jobs")
    return results


def test_job_that_raises_becomes_a_row_and_the_next_one_is_done(host: Host, steps: Any, rows: Any) -> None:
    done: list[str] = []

    def bad() -> Iterator[None]:
        yield None
        raise ValueError("of no use")

    results = run(host, steps, rows, steps.Job("a", "bad", bad), steps.Job("a", "good", lambda: done.append("good")))
    assert done == ["good"]
    assert [row.sentence for row in results.rows] == ["bad could not be checked: ValueError: of no use."]


def test_job_that_takes_too_long_is_ended_and_cleans_up(host: Host, steps: Any, rows: Any) -> None:
    cleaned: list[str] = []

    def endless() -> Iterator[str]:
        try:
            while True:
                yield steps.FRAME
        finally:
            cleaned.append("up")

    results = run(host, steps, rows, steps.Job("a", "endless", endless, limit_s=0.05))
    assert cleaned == ["up"]
    assert "not within 0.05 s" in results.rows[0].sentence


def test_step_that_touchdesigner_breaks_off_does_not_end_the_run(host: Host, steps: Any, rows: Any) -> None:
    """Some of its errors pass by every `except`; the following frame goes on."""
    done: list[str] = []

    class Uncatchable(BaseException):
        pass

    def broken() -> Iterator[None]:
        yield None
        raise Uncatchable

    results = rows.Results()
    stepper = steps.Stepper(results, lambda: None)
    stepper.jobs.extend(
        [
            steps.Job("a", "broken", broken),
            steps.Job("a", "measured", broken, aborted=lambda: done.append("aborted")),
            steps.Job("a", "good", lambda: done.append("good")),
        ]
    )
    stepper.start()
    for _ in range(2):
        with pytest.raises(Uncatchable):
            host.run_until(lambda: stepper.done, 20, "all jobs")
    host.run_until(lambda: stepper.done, 20, "all jobs")
    assert done == ["aborted", "good"]
    assert "broken could not be checked: TouchDesigner broke it off" in results.rows[0].sentence


def test_frame_is_given_back_when_its_share_is_used_up(
    host: Host, steps: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many small steps share a frame; what takes longer is spread over many."""
    monkeypatch.setattr(steps, "BUDGET_S", 0.0)
    seen: list[int] = []

    def long() -> Iterator[None]:
        for _ in range(5):
            seen.append(host.frames.count)
            yield None

    run(host, steps, rows, steps.Job("a", "long", long))
    assert len(set(seen)) == 5
    monkeypatch.setattr(steps, "BUDGET_S", 60.0)
    seen.clear()
    run(host, steps, rows, steps.Job("a", "long", long))
    assert len(set(seen)) == 1


def test_run_goes_on_while_the_project_is_paused(host: Host, steps: Any, rows: Any) -> None:
    host.paused = True
    done: list[str] = []
    run(host, steps, rows, steps.Job("a", "good", lambda: done.append("good")))
    assert done == ["good"]
