"""The engine's way out: events in order, where a newer one may replace one that nobody has taken yet.

Thread: any.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

import tdg_core_messages

Message = tdg_core_messages.Message


class Outbox:
    """A thread-safe queue of events from the engine to the main thread.

    Progress and document changes come faster than a paused host takes them, so both are merged here: what waits is
    bounded by the number of transfers and documents, not by the number of changes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Plain events, merge keys (their event is in _merged) and streams with something to give, in order.
        self._order: deque[Message | _Key | Stream] = deque()
        self._merged: dict[Hashable, Message] = {}
        self._closed = False

    def put(self, event: Message, merge_key: Hashable | None = None) -> None:
        """Appends an event; one that waits under the same merge key is replaced in its place instead."""
        with self._lock:
            if self._closed:
                return
            if merge_key is None:
                self._order.append(event)
                return
            if merge_key not in self._merged:
                self._order.append(_Key(merge_key))
            self._merged[merge_key] = event

    def stream(
        self,
        build: Callable[[list[Any]], Message],
        chunk: int,
        merge: Callable[[Any, Any], Any] | None = None,
    ) -> "Stream":
        """A way in for many small items of one kind.

        Args:
            build: Makes an event of at most `chunk` items when they are taken.
            chunk: See `build`.
            merge: Makes one item of a waiting one and a newer one under the same key; without it the newer one stays.
        """
        return Stream(self, build, chunk, merge)

    def take(self) -> Message | None:
        """The oldest event, or None. Never blocks for longer than a queue operation."""
        if not self._order:
            return None
        with self._lock:
            if not self._order:
                return None
            head = self._order.popleft()
            if isinstance(head, _Key):
                return self._merged.pop(head.key)
            if isinstance(head, Stream):
                items = head.pop_chunk()
                if head.waiting:
                    self._order.append(head)
                return head.build(items)
            return head

    def close(self) -> None:
        """Takes nothing more; what waits can still be taken."""
        with self._lock:
            self._closed = True

    def add_to(self, stream: "Stream", key: Hashable, item: Any) -> None:
        """What `Stream.add` does, under the outbox's lock."""
        with self._lock:
            if self._closed:
                return
            if not stream.waiting:
                self._order.append(stream)
            former = stream.waiting.get(key)
            stream.waiting[key] = item if former is None or stream.merge is None else stream.merge(former, item)


class Stream:
    """Items of one kind, the newest per key, taken in chunks. A replaced item keeps its place."""

    def __init__(
        self,
        outbox: Outbox,
        build: Callable[[list[Any]], Message],
        chunk: int,
        merge: Callable[[Any, Any], Any] | None,
    ) -> None:
        self.waiting: dict[Hashable, Any] = {}
        self.build = build
        self.merge = merge
        self._outbox = outbox
        self._chunk = chunk

    def add(self, key: Hashable, item: Any) -> None:
        """Adds an item or replaces the one that waits under the same key."""
        self._outbox.add_to(self, key, item)

    def pop_chunk(self) -> list[Any]:
        """Called by the outbox under its lock."""
        keys = [key for key, _ in zip(self.waiting, range(self._chunk), strict=False)]
        return [self.waiting.pop(key) for key in keys]


class _Key:
    """A merge key's place in the order."""

    __slots__ = ("key",)

    def __init__(self, key: Hashable) -> None:
        self.key = key
