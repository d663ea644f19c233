"""The frame loop and the timelines. Thread: main only.

Source: API sheet 5.4 (order), 9 (time) and rows 51, 74, 75.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headless_td.host import Host
    from headless_td.nodes import Node

Step = Callable[[], None]


class Timeline:
    """A time that plays, or is paused."""

    __slots__ = ("frame", "play", "rate")

    def __init__(self, rate: float) -> None:
        self.frame = 1.0
        self.rate = rate
        self.play = True

    def advance(self, frames: float) -> None:
        """One cooked frame."""
        if self.play:
            self.frame += frames

    @property
    def seconds(self) -> float:
        """The frame as seconds."""
        return (self.frame - 1) / self.rate


class TimeObject:
    """`n.time`: what scripts see of a timeline."""

    __slots__ = ("_host", "_timeline")

    def __init__(self, host: "Host", timeline: Timeline) -> None:
        self._host = host
        self._timeline = timeline

    def _checked(self) -> Timeline:
        self._host.network.root.check()
        return self._timeline

    frame = property(lambda self: self._checked().frame, doc="Frame of the timeline.")
    seconds = property(lambda self: self._checked().seconds, doc="Seconds of the timeline.")
    start = property(lambda self: self._checked() and 1, doc="First frame.")
    end = property(lambda self: self._checked() and 600, doc="Last frame.")
    rate = property(lambda self: self._checked().rate, doc="Frames per second.")

    @property
    def play(self) -> bool:
        """Whether it plays; settable."""
        return self._checked().play

    @play.setter
    def play(self, value: bool) -> None:
        if self._checked() is self._host.frames.root:
            self._host.paused = not value
        else:
            self._timeline.play = bool(value)


class Frames:
    """Runs frames in TouchDesigner's order; the order inside each of the three groups can be permuted."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self.root = Timeline(host.fps)
        self.independent = Timeline(host.fps)
        self.count = 0
        self.number = 0
        self._inits: list[Callable[[], Any]] = []
        self._due_inits: list[Callable[[], Any]] = []
        self._next_at: float | None = None

    def timeline_of(self, node: "Node") -> Timeline:
        """The timeline that governs an operator: /sys is not paused with the project."""
        system = self._host.network.root.children.get("sys")
        return self.independent if system is not None and node.below(system) else self.root

    def after_init(self, call: Callable[[], Any]) -> None:
        """Call onInitTD at the end of this frame, or of the next one."""
        (self._due_inits if self._host.unknowns.on_init == "frame_end" else self._inits).append(call)

    def _deliver_inits(self) -> None:
        due, self._due_inits, self._inits = self._due_inits, self._inits, []
        for call in due:
            call()

    def _groups(self) -> tuple[list[Step], list[Step], list[Step]]:
        host = self._host
        start = [host.lifecycle.frame_start, host.watch.deliver_start, host.manager.pump, host.files.poll]
        middle = [
            host.runs.run_due,
            host.chops.deliver,
            host.events.deliver_boundary,
            host.events.deliver_pulses,
            host.lifecycle.deliver_created,
            host.lifecycle.start_extensions,
        ]
        end = [
            host.runs.run_end_frame,
            host.events.deliver_frame,
            host.watch.deliver_end,
            host.watch.deliver_fifo,
            self._deliver_inits,
            host.lifecycle.frame_end,
        ]
        return start, middle, end

    def _ordered(self, steps: list[Step]) -> list[Step]:
        order = self._host.unknowns.frame_order
        if order == "reversed":
            return steps[::-1]
        return steps[2:] + steps[:2] if order == "rotated" else steps

    def run_one(self, skipped: float = 0) -> None:
        """Run one frame; `skipped` is how many frames of the timeline were dropped before it."""
        host = self._host
        if not host.app.power:
            return
        host.costs.begin_frame()
        self.count += 1
        self.root.advance(1 + skipped)
        self.independent.advance(1 + skipped)
        if self.root.play:
            self.number += 1 + int(skipped)
        for group in self._groups():
            for step in self._ordered(group):
                step()
        host.costs.end_frame(self.number)

    def pace(self) -> float:
        """Real time: wait until the next frame is due; the number of frames that were missed."""
        period = 1 / self._host.pace_fps
        now = time.perf_counter()
        if self._next_at is None or now - self._next_at > 10:
            self._next_at = now
        late = now - self._next_at
        if late < 0:
            time.sleep(-late)
        missed = int(late // period) if late > period else 0
        self._next_at += (missed + 1) * period
        stretched = self._host.fps / self._host.pace_fps
        return (missed + 1) * stretched - 1
