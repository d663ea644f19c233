"""The engine's loop: one thing after another, nothing lost, a clean end."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tdg_work_loop
from tdg_bridge_outbox import Outbox
from tdg_core_errors import CloudError
from tdg_core_messages import Connect, Logged
from tdg_work_loop import Loop

PATIENCE_S = 30


class Running:
    """A loop in a thread of its own."""

    def __init__(self) -> None:
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.outbox = Outbox()
        self.loop = Loop(self.inbox, self.outbox)
        self.handled: list[Any] = []
        self.closed: list[str] = []
        self.on_close: Callable[[], None] = lambda: None
        self.thread = threading.Thread(target=self.loop.run, args=(self._handle, self._close))
        self.thread.start()

    def _handle(self, message: Any) -> None:
        self.handled.append(message)

    def _close(self) -> None:
        self.closed.append("close")
        self.on_close()

    def do(self, function: Callable[[], Any]) -> Any:
        """Runs a function on the loop's thread and waits for its result."""
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.loop.call(lambda: done.put(function()))
        return done.get(timeout=PATIENCE_S)

    def stop(self) -> None:
        self.inbox.put(None)
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()

    def lines(self) -> list[str]:
        lines = []
        while isinstance(event := self.outbox.take(), Logged):
            lines.append(f"{event.level} {event.message}")
        return lines


@pytest.fixture
def running() -> Iterator[Running]:
    before = set(threading.enumerate())
    running = Running()
    yield running
    running.stop()
    assert set(threading.enumerate()) <= before


def test_requests_and_calls_run_in_order_on_one_thread(running: Running) -> None:
    threads: set[int] = set()
    order: list[str] = []
    for name in "abc":
        running.loop.call(lambda name=name: (order.append(name), threads.add(threading.get_ident())))
        running.inbox.put(Connect(ord(name)))
    running.do(lambda: threads.add(threading.get_ident()))
    assert order == ["a", "b", "c"]
    assert [message.attempt for message in running.handled] == [97, 98, 99]
    assert threads == {running.thread.ident}


def test_a_helper_gives_its_result_back_to_the_loop(running: Running) -> None:
    got: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def then(result: Any, error: CloudError | None) -> None:
        got.put((threading.get_ident(), result, error))

    running.loop.call(lambda: running.loop.spawn("add", lambda a, b: (threading.get_ident(), a + b), 1, 2, then=then))
    loop_thread, (helper_thread, result), error = got.get(timeout=PATIENCE_S)
    assert (loop_thread, result, error) == (running.thread.ident, 3, None)
    assert helper_thread != loop_thread


def test_a_helper_s_errors_come_back_in_words_without_secrets(running: Running) -> None:
    errors: queue.SimpleQueue[CloudError] = queue.SimpleQueue()

    def ours() -> None:
        raise CloudError("network", "The cable is pulled.")

    def defect() -> None:
        raise ValueError("password=SECRET")

    for function in (ours, defect):
        running.loop.call(lambda f=function: running.loop.spawn("x", f, then=lambda _, error: errors.put(error)))
    got = {error.code: error.message for error in (errors.get(timeout=PATIENCE_S), errors.get(timeout=PATIENCE_S))}
    assert got["network"] == "The cable is pulled."
    assert "ValueError at defect" in got["internal"]
    assert "SECRET" not in got["internal"]


def test_a_step_that_fails_is_told_and_the_next_one_runs(running: Running) -> None:
    running.loop.call(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    assert running.do(lambda: "still alive") == "still alive"
    (line,) = running.lines()
    assert line.startswith("ERROR ZeroDivisionError")


def test_a_step_that_fails_again_and_again_does_not_flood_the_log(running: Running) -> None:
    for _ in range(1000):
        running.loop.call(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    running.do(lambda: None)
    assert len(running.lines()) == 1


def test_a_defect_in_a_helper_nobody_listens_to_is_told(running: Running) -> None:
    running.loop.call(lambda: running.loop.spawn("x", lambda: 1 / 0))
    tick = threading.Event()
    lines: list[str] = []
    while not lines:
        lines = running.lines()
        tick.wait(0.001)
    assert "ZeroDivisionError" in lines[0]


def test_timers_run_in_the_order_of_their_times(running: Running) -> None:
    order: list[float] = []
    done = threading.Event()

    def plan() -> None:
        for delay in (0.03, 0.01, 0.02):
            running.loop.call_later(delay, lambda delay=delay: order.append(delay))  # type: ignore[misc]
        running.loop.call_later(0.04, done.set)

    running.loop.call(plan)
    assert done.wait(PATIENCE_S)
    assert order == [0.01, 0.02, 0.03]


def test_a_due_timer_does_not_wait_for_a_full_inbox() -> None:
    now = [0.0]
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    loop = Loop(inbox, Outbox(), clock=lambda: now[0])
    order: list[str] = []
    loop.call_later(5, lambda: order.append("timer"))

    def first() -> None:
        order.append("first")
        now[0] = 5.0

    loop.call(first)
    loop.call(lambda: order.append("second"))
    inbox.put(None)
    loop.run(lambda _: None, lambda: None)
    assert order == ["first", "timer", "second"]


def test_at_the_end_running_helpers_are_waited_for_and_their_results_taken() -> None:
    running = Running()
    release = threading.Event()
    order: list[str] = []
    running.on_close = release.set  # closing what a helper talks to ends its call
    started = threading.Event()

    def help_out() -> str:
        started.set()
        release.wait(PATIENCE_S)
        return "confirmed"

    running.loop.call(lambda: running.loop.spawn("x", help_out, then=lambda result, _: order.append(result)))
    assert started.wait(PATIENCE_S)
    running.loop.at_end(lambda: order.append("end"))
    running.inbox.put(Connect(1))
    running.stop()
    assert order == ["confirmed", "end"]
    assert running.closed == ["close"]


def test_at_the_end_requests_and_timers_are_not_served_any_more() -> None:
    running = Running()
    release = threading.Event()
    served: list[str] = []

    def close() -> None:
        running.loop.call_later(0, lambda: served.append("timer"))
        running.loop.spawn("x", release.wait, PATIENCE_S)
        running.inbox.put(Connect(1))
        release.set()

    running.on_close = close
    running.stop()
    assert running.handled == []
    assert served == []


def test_a_loop_that_falls_still_closes_what_it_has_opened() -> None:
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    loop = Loop(inbox, Outbox())
    order: list[str] = []

    def fall() -> None:
        raise SystemExit

    def close() -> None:
        order.append("close")
        loop.spawn("x", lambda: None, then=lambda *_: order.append("closed"))

    loop.at_end(lambda: order.append("end"))
    loop.call(fall)
    with pytest.raises(SystemExit):
        loop.run(lambda _: None, close)
    assert order == ["close", "closed", "end"]


def test_no_more_threads_is_an_error_of_that_helper_and_no_end(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    errors: queue.SimpleQueue[CloudError] = queue.SimpleQueue()
    monkeypatch.setattr(tdg_work_loop.threading, "Thread", NoThread)
    running.loop.call(lambda: running.loop.spawn("upload", print, then=lambda _, error: errors.put(error)))
    error = errors.get(timeout=PATIENCE_S)
    assert error.code == "exhausted"
    assert "upload" in error.message


def test_helpers_are_used_again_and_let_go_when_idle(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdg_work_loop, "_IDLE_S", 0.05)
    before = set(threading.enumerate())
    threads: queue.SimpleQueue[int] = queue.SimpleQueue()

    def again(left: int) -> None:
        if left:
            running.loop.spawn("x", threading.get_ident, then=lambda ident, _: (threads.put(ident), again(left - 1)))

    running.loop.call(again, 20)
    assert len({threads.get(timeout=PATIENCE_S) for _ in range(20)}) == 1
    for _ in range(600):
        if set(threading.enumerate()) <= before:
            break
        threading.Event().wait(0.01)
    assert set(threading.enumerate()) <= before
