"""run() and its delays. Thread: main only.

Source: API sheet 6 and rows 64 to 67.
"""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from headless_td import threads

if TYPE_CHECKING:
    from headless_td.frames import Timeline
    from headless_td.host import Host
    from headless_td.nodes import Node


class Run:
    """A run() that is waiting, or was executed: it stays readable (since 2025)."""

    def __init__(
        self, runs: "Runs", script: str | Callable[..., Any], args: tuple[Any, ...], node: "Node", group: str | None
    ) -> None:
        self._runs = runs
        self._script = script
        self._args = args
        self._node = node
        self.group = group
        self.end_frame = False
        self.timeline: Timeline | None = None
        self.due_frame = 0.0
        self.deadline_s: float | None = None
        self.reference: Node | None = None

    @property
    def active(self) -> bool:
        """Whether it is still waiting."""
        threads.require_main("a Run")
        return self in self._runs.pending

    @property
    def source(self) -> str:
        """What runs."""
        return self._script if isinstance(self._script, str) else repr(self._script)

    @property
    def path(self) -> str:
        """Where it was called."""
        return self._node.path

    isCell = False
    isDAT = False

    @property
    def isString(self) -> bool:
        """Whether it runs text."""
        return isinstance(self._script, str)

    @property
    def remainingFrames(self) -> int:
        """Frames left."""
        if not self.active or self.timeline is None:
            return 0
        return max(0, round(self.due_frame - self.timeline.frame))

    @property
    def remainingMilliseconds(self) -> float:
        """Milliseconds left."""
        return self.remainingFrames * 1000 / (self.timeline.rate if self.timeline is not None else 60.0)

    def kill(self) -> None:
        """Take it back; harmless when it has run."""
        threads.require_main("a Run")
        if self in self._runs.pending:
            self._runs.pending.remove(self)

    def due(self) -> bool:
        """Whether its delay is over."""
        if self.end_frame or (self.reference is not None and not self.reference.alive):
            return False
        if self.deadline_s is not None:
            return time.monotonic() >= self.deadline_s
        return self.timeline is not None and self.timeline.frame >= self.due_frame

    def execute(self) -> Any:
        """Run it now; an exception goes to the caller."""
        node = self._node if self._node.alive else self._node.host.network.root
        with node.host.costs.charged(node):
            if isinstance(self._script, str):
                return node.host.execute_text(node, self._script, self._args)
            return self._script(*self._args)

    def execute_contained(self) -> None:
        """Run it from the frame loop; an exception goes to the textport."""
        node = self._node if self._node.alive else self._node.host.network.root
        node.host.contained(node, self.execute, (), f"run({self.source[:60]!r})", mark=False)


class Runs:
    """Everything that waits; `runs` in scripts."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self.pending: list[Run] = []

    def __iter__(self) -> Iterator[Run]:
        threads.require_main("runs")
        return iter(list(self.pending))

    def __len__(self) -> int:
        threads.require_main("runs")
        return len(self.pending)

    def schedule(
        self,
        script: str | Callable[..., Any],
        args: tuple[Any, ...],
        *,
        node: "Node",
        end_frame: bool = False,
        delay_frames: float = 0,
        delay_ms: float = 0,
        wall_time: bool = False,
        reference: "Node | None" = None,
        group: str | None = None,
    ) -> Run:
        """Run now, at the end of the frame, or after a delay on the timeline of `reference`."""
        run = Run(self, script, args, node, group)
        run.reference = reference
        timeline = self._host.frames.timeline_of(reference or node)
        if delay_ms and wall_time:
            run.deadline_s = time.monotonic() + delay_ms / 1000
        elif delay_frames or delay_ms:
            frames = delay_frames or max(1, round(delay_ms / 1000 * timeline.rate))
            run.timeline = timeline
            run.due_frame = timeline.frame + frames
        elif end_frame:
            run.end_frame = True
        else:
            run.execute()
            return run
        self.pending.append(run)
        return run

    def run_due(self) -> None:
        """Execute what is due."""
        if self.pending:
            self._execute([run for run in self.pending if run.due()])

    def run_end_frame(self) -> None:
        """Execute what waits for the end of the frame."""
        if self.pending:
            self._execute([run for run in self.pending if run.end_frame])

    def _execute(self, runs: list[Run]) -> None:
        for run in runs:
            if run in self.pending:
                self.pending.remove(run)
                run.execute_contained()
