"""Reads whole collections page by page, a few at a time.

Thread: worker only (the engine's loop), except `_read` and what it calls, which run in helper threads.

A page of 300 documents costs the CPU a thirtieth of 300 messages on a Listen stream, and Listen is known to fall silent
over large first snapshots (https://github.com/googleapis/nodejs-firestore/issues/1057). The server's time is asked for
first and changes since then are listened to afterwards. So the pages need not belong to one moment, as long as only
documents are taken from them that have not changed since: of one that came and went in between nobody would tell.
"""

import functools
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import tdg_core_errors
import tdg_core_firestore_filters
import tdg_core_firestore_watch_events
import tdg_core_firestore_watch_timing
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
DocumentChange = tdg_core_firestore_watch_events.DocumentChange
Filters = tdg_core_firestore_filters.Filters

#: Collections that are read at the same time.
READERS = 2


class Gateway(Protocol):
    """What reading needs of a gateway."""

    def now(self) -> int: ...
    def list_page(self, collection: str, token: str, filters: Filters) -> Any: ...


class Load:
    """One collection being read.

    Args:
        gateway: Where from.
        collection: Its path.
        filters: Which documents and fields are let in.
        page: Called on the loop with the documents of each page.
        done: Called on the loop with the time the reading began, or with what went wrong.
    """

    def __init__(
        self,
        gateway: Gateway,
        collection: str,
        filters: Filters,
        page: Callable[[list[DocumentChange]], None],
        done: Callable[[int, CloudError | None], None],
    ) -> None:
        self.gateway = gateway
        self.collection = collection
        self.filters = filters
        self.page = page
        self.done = done
        self.cancelled = threading.Event()


class Loads:
    """All collections being read or waiting for it."""

    def __init__(self, loop: tdg_work_loop.Loop, timing: tdg_core_firestore_watch_timing.Timing) -> None:
        self._loop = loop
        self._waits_s = timing.page_s
        self._waiting: deque[Load] = deque()
        self._running = 0

    def start(self, load: Load) -> None:
        """Reads it when its turn comes; `load.cancelled` calls it off."""
        self._waiting.append(load)
        self._next()

    def _next(self) -> None:
        while self._waiting and self._running < READERS:
            load = self._waiting.popleft()
            if not load.cancelled.is_set():
                self._running += 1
                self._loop.spawn("read", self._read, load, then=functools.partial(self._over, load))

    def _over(self, load: Load, since: int | None, error: CloudError | None) -> None:
        self._running -= 1
        if not load.cancelled.is_set():
            load.done(since or 0, error)
        self._next()

    def _read(self, load: Load) -> int:
        since: int = self._patiently(load, load.gateway.now)
        token = ""
        while not load.cancelled.is_set():
            page = self._patiently(load, load.gateway.list_page, load.collection, token, load.filters)
            self._loop.call(_deliver, load, [found for found in page.documents if found.version <= since])
            token = page.token
            if not token:
                break
        return since

    def _patiently(self, load: Load, function: Callable[..., Any], *args: Any) -> Any:
        for wait_s in self._waits_s:
            try:
                return function(*args)
            except CloudError as error:
                if error.todo != tdg_core_errors.RETRY or load.cancelled.wait(wait_s):
                    raise
        return function(*args)


def _deliver(load: Load, documents: list[DocumentChange]) -> None:
    if not load.cancelled.is_set():
        load.page(documents)
