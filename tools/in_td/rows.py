"""The result of the self-test, row by row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PASS, FAIL, MEASURED, SKIPPED = "pass", "fail", "measured", "skipped"
VERDICTS = (FAIL, PASS, MEASURED, SKIPPED)


@dataclass
class Row:
    """One check: what was looked at, what should be, what is, and a sentence for people."""

    area: str
    name: str
    expected: str
    found: str
    verdict: str
    sentence: str

    def cells(self) -> list[str]:
        """As a row of a table."""
        return [self.area, self.name, self.expected, self.found, self.verdict, self.sentence]


COLUMNS = ("area", "name", "expected", "found", "verdict", "sentence")


@dataclass
class Results:
    """Everything that a run has found out.

    Attributes:
        rows: In the order in which they came.
        unknowns: Answers to the open questions of the API sheet, by the names of the stand-in's switches.
        also: Answers to questions for which the stand-in has no switch.
        format: Answers to the open questions of the format sheet, by their numbers there.
        details: What stands behind an answer, by its name.
    """

    rows: list[Row] = field(default_factory=list)
    unknowns: dict[str, Any] = field(default_factory=dict)
    also: dict[str, Any] = field(default_factory=dict)
    format: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, area: str, name: str, verdict: str, sentence: str, *, expected: Any = "", found: Any = "") -> None:
        """Takes a row in."""
        self.rows.append(Row(area, name, shown(expected), shown(found), verdict, one_line(sentence)))

    def count(self, verdict: str) -> int:
        """How many rows have that verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    def of(self, verdict: str) -> Iterator[Row]:
        """The rows with that verdict."""
        return (row for row in self.rows if row.verdict == verdict)


def shown(value: Any) -> str:
    """A value as a cell shows it: text as it is, everything else as Python writes it, never more than a line."""
    return one_line(value if isinstance(value, str) else repr(value))


def one_line(text: str, most: int = 500) -> str:
    """The text without line breaks, shortened."""
    text = " ".join(str(text).split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def describe_error(error: BaseException) -> str:
    """An exception in one line."""
    return one_line(f"{type(error).__name__}: {error}")
