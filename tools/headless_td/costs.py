"""What a frame costs the main thread, in total and per component. Thread: main only.

Time is charged to the component that owns the callback, hook, extension method or run() that takes it. Where
one component calls into another, the inner time is charged to the inner one only.
"""

import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headless_td.nodes import Node


@dataclass(frozen=True, slots=True)
class FrameCost:
    """One frame: wall and CPU time of the main thread, and wall time per component path, in milliseconds.

    Calls made between two frames (a test calling a promoted method) are part of the later frame.
    """

    frame: int
    wall_ms: float
    cpu_ms: float
    by_component: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """A set of durations in milliseconds."""

    count: int
    p50_ms: float
    p99_ms: float
    worst_ms: float


def summarise(values_ms: Iterable[float]) -> Summary:
    """Count, median, 99th percentile (nearest rank) and worst of durations in milliseconds."""
    ordered = sorted(values_ms)
    if not ordered:
        return Summary(0, 0.0, 0.0, 0.0)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Summary(len(ordered), rank(0.5), rank(0.99), ordered[-1])


class Costs:
    """The ledger of one host.

    Args:
        keep: how many frames are kept; older ones are dropped.
    """

    def __init__(self, keep: int) -> None:
        self.frames: deque[FrameCost] = deque(maxlen=keep)
        self._stack: list[tuple[str, float]] = []
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._outside = 0.0
        self._frame_start: tuple[float, float] | None = None

    def charged(self, node: "Node") -> "_Charge":
        """Charge the block to the component of `node`."""
        return _Charge(self, node.component().path)

    def enter(self, path: str) -> float:
        """A component takes over; when that was."""
        stack, now = self._stack, perf_counter()
        if stack:
            outer, since = stack[-1]
            self._spent[outer] += now - since
        stack.append((path, now))
        return now

    def leave(self, start: float) -> None:
        """The component that took over at `start` gives back."""
        stack, now = self._stack, perf_counter()
        path, since = stack.pop()
        self._spent[path] += now - since
        if stack:
            stack[-1] = (stack[-1][0], now)
        elif self._frame_start is None:
            self._outside += now - start

    def begin_frame(self) -> None:
        """A frame starts."""
        self._frame_start = (perf_counter(), thread_time())

    def end_frame(self, number: int) -> None:
        """A frame ends: write it down."""
        assert self._frame_start is not None
        wall = perf_counter() - self._frame_start[0] + self._outside
        cpu = thread_time() - self._frame_start[1]
        self._frame_start = None
        parts = {path: seconds * 1000 for path, seconds in self._spent.items()}
        self.frames.append(FrameCost(number, wall * 1000, cpu * 1000, parts))
        self._spent.clear()
        self._outside = 0.0

    def summary(self, component: str | None = None) -> Summary:
        """All frames kept, in total or for one component path."""
        if component is None:
            return summarise(cost.wall_ms for cost in self.frames)
        return summarise(cost.by_component.get(component, 0.0) for cost in self.frames)


class _Charge:
    """A block at the expense of a component."""

    __slots__ = ("_costs", "_path", "_start")

    def __init__(self, costs: Costs, path: str) -> None:
        self._costs = costs
        self._path = path

    def __enter__(self) -> None:
        self._start = self._costs.enter(self._path)

    def __exit__(self, *_: object) -> None:
        self._costs.leave(self._start)
