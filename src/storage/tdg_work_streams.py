"""Does the same thing to many items in several threads of its own.

Thread: worker only.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import tdg_core_errors
import tdg_work_loop

CloudError = tdg_core_errors.CloudError

T = TypeVar("T")


def side_by_side(function: Callable[[T], Any], items: Iterable[T], streams: int) -> None:
    """Calls `function(item)` for each item, at most `streams` at a time, and returns when all have ended.

    Raises:
        CloudError: The first one that `function` raised; no item is taken any more after it.
    """
    waiting = list(items)
    waiting.reverse()
    problems: list[CloudError] = []

    def work() -> None:
        while not problems:
            try:
                item = waiting.pop()
            except IndexError:
                return
            _, error = tdg_work_loop.attempt(function, item)
            if error is not None:
                problems.append(error)

    helpers = [
        threading.Thread(target=work, name="tdg-stream", daemon=True) for _ in range(min(streams, len(waiting)) - 1)
    ]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if problems:
        raise problems[0]


def both(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[Any, Any]:
    """Calls two functions at once: what they returned.

    Raises:
        CloudError: What the first to fail raised.
    """
    results: dict[int, Any] = {}

    def call(item: tuple[int, Callable[[], Any]]) -> None:
        results[item[0]] = item[1]()

    side_by_side(call, [(0, one), (1, other)], 2)
    return results[0], results[1]
