"""Measurements, each beside a plain way of doing the same: `python3 tools/dev.py bench [NAME...] [--json FILE]`.

A module of this package with a function `run() -> Iterable[Row]` is a benchmark of its name. Ratios carry over from one
machine to another, absolute figures do not.
"""

import contextlib
import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One result.

    Attributes:
        case: What was measured, e.g. `connect.worst_frame_ms`.
        n: How many of it: files, documents, frames, runs.
        value: The result of our components.
        unit: Of `value` and `baseline`: `ms`, `files/s`.
        baseline: The same done in the plain way, measured in the same run; None where there is none.
    """

    case: str
    n: int
    value: float
    unit: str
    baseline: float | None = None

    @property
    def ratio(self) -> float | None:
        """`value / baseline`; None where there is nothing to compare with."""
        return self.value / self.baseline if self.baseline else None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "case": self.case,
            "n": self.n,
            "value": round(self.value, 3),
            "unit": self.unit,
            "baseline": None if self.baseline is None else round(self.baseline, 3),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
        }

    def __str__(self) -> str:
        base = "-" if self.baseline is None else f"{self.baseline:.2f}"
        ratio = "-" if self.ratio is None else f"{self.ratio:.3f}"
        return f"{self.case:<40} {self.n:>8} {self.value:>12.2f} {self.unit:<10} {base:>12} {ratio:>8}"


HEADER = f"{'case':<40} {'n':>8} {'value':>12} {'unit':<10} {'baseline':>12} {'ratio':>8}"


def go_first() -> None:
    """The calling thread goes first where it may, before its own children too: what else a machine does counts less.

    A show machine has cores to spare; the one that measures may run servers and load on the same two.
    """
    if sys.platform == "linux":
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
