"""The open questions: who measures which one, and how the answers are kept."""

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from in_td.room import Room, Unanswered
from in_td.rows import MEASURED, SKIPPED, Results, shown
from in_td.steps import Job

Measure = Callable[[Room], Any]


@dataclass(frozen=True)
class Question:
    """Something nobody knows of TouchDesigner.

    Attributes:
        name: Of the stand-in's switch, if it has one.
        about: What is asked.
        measure: Gives the answer; a generator if it needs several frames.
        switch: Whether the stand-in has a switch for it.
    """

    name: str
    about: str
    measure: Measure
    switch: bool = True


QUESTIONS: list[Question] = []


def question(about: str, *, switch: bool = True) -> Callable[[Measure], Measure]:
    """Registers a function `ask_NAME` as the one that answers the question NAME."""

    def register(measure: Measure) -> Measure:
        QUESTIONS.append(Question(measure.__name__.removeprefix("ask_"), about, measure, switch))
        return measure

    return register


def question_jobs(results: Results, around: Any) -> Iterator[Job]:
    """A job for each question.

    Args:
        results: Gets the answers.
        around: The COMP that the scratch operators are made in.
    """
    for one in QUESTIONS:
        yield Job(
            "unknowns",
            one.name,
            functools.partial(_answer, one, results, around),
            failure=SKIPPED,
            aborted=functools.partial(_keep, one, results, "aborted", {}),
        )


def _answer(one: Question, results: Results, around: Any) -> Iterator[Any]:
    room = Room(around, f"ask_{one.name}")
    try:
        found = one.measure(room)
        if inspect.isgenerator(found):
            found = yield from found
        _keep(one, results, found, room.details)
    except Unanswered as why:
        results.add("unknowns", one.name, SKIPPED, f"{one.about}: {why}.")
    finally:
        room.close()


def _keep(one: Question, results: Results, answer: Any, details: dict[str, Any]) -> None:
    (results.unknowns if one.switch else results.also)[one.name] = answer
    if details:
        results.details[one.name] = details
    results.add("unknowns", one.name, MEASURED, f"{one.about}: {shown(answer)}.", found=answer)
