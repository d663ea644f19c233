"""What went wrong in a run, and what of it was expected. Thread: any; conflicts are added by the guilty thread."""

import re
from dataclasses import dataclass

from headless_td import threads
from headless_td.threads import Conflict

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must not happen: `kind` is conflict, error, question or thread."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"[{self.kind}] {self.text}"


class Account:
    """The problems of one run."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.conflicts: list[Conflict] = []
        self._expected: list[tuple[re.Pattern[str], bool]] = []

    def problem(self, kind: str, text: str) -> None:
        """Remember something that fails the run unless it is expected."""
        if len(self.problems) < threads.KEPT:
            self.problems.append(Problem(kind, text))

    def expect(self, pattern: str) -> None:
        """A problem whose text matches is expected; closing fails if it never came."""
        self._expected.append((re.compile(pattern, re.DOTALL), True))

    def allow(self, pattern: str) -> None:
        """A problem whose text matches may come."""
        self._expected.append((re.compile(pattern, re.DOTALL), False))

    def all_problems(self) -> list[Problem]:
        """Every problem so far, conflicts first."""
        return [*(Problem("conflict", str(conflict)) for conflict in self.conflicts), *self.problems]

    def unexpected(self) -> list[Problem]:
        """The problems that nobody declared as expected."""
        patterns = [pattern for pattern, _ in self._expected]
        return [p for p in self.all_problems() if not any(pattern.search(str(p)) for pattern in patterns)]

    def verdict(self) -> str:
        """What speaks against the run, for people; '' if nothing does."""
        texts = [str(problem) for problem in self.unexpected()]
        came = [str(problem) for problem in self.all_problems()]
        for pattern, required in self._expected:
            if required and not any(pattern.search(text) for text in came):
                texts.append(f"expected, but it never came: {pattern.pattern}")
        if not texts:
            return ""
        shown = [f"({texts.count(text)} times) {text}" for text in list(dict.fromkeys(texts))[:_SHOWN]]
        return "\n".join([f"{len(texts)} problem(s) in the headless host:", *shown])
