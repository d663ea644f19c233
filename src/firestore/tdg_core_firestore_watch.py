"""One listen target as a state machine: what the server says goes in, consistent sets of changes come out.

Thread: any.

Only ids and versions are kept; a change costs the same however many documents there are. What the server tells is held
back until it says that it is consistent (a read time for the whole stream), so nothing half is ever shown, and a stream
that breaks in between leaves no trace: it is taken up again from the last consistent state.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import tdg_core_firestore_codec_time
import tdg_core_firestore_inbound
import tdg_core_firestore_watch_events

events = tdg_core_firestore_watch_events
Change = tdg_core_firestore_inbound.Change
inbound = tdg_core_firestore_inbound


#: Documents after which a long job rests for a moment.
REST = 200

#: Version and payload (None where the filters keep it out) of a document; None for one that is gone. A bare tuple of
#: bare values is no work for Python's garbage collector, which would stop all threads to look at tens of thousands.
_Told = tuple[int, str | None] | None


def _no_rest() -> None:
    """For those who are alone."""


class Target:
    """What is known of one listener's documents.

    Args:
        known: Ids of the documents that are shown already (a cached table). The first complete set is compared with
            them: what is missing there is removed. All that is in it is reported as added.
        resumable: A query with a limit is not: a document comes into it without a change of its own, and where the
            server remembers only the number of documents, nobody would notice.
    """

    def __init__(self, known: Iterable[str] = (), *, resumable: bool = True) -> None:
        self._resumable = resumable
        #: Documents that are shown, with their version; 0 where it does not count.
        self._shown: dict[str, int] = dict.fromkeys(known, 0)
        #: Documents that the server counts and the filters keep out.
        self._hidden: set[str] = set()
        #: Told since the last consistent state.
        self._pending: dict[str, _Told] = {}
        #: Whether what is told is a complete set, not changes to the last one.
        self._whole = True
        self._introduced = False
        #: A consistent state was told on the present stream.
        self._settled = False
        #: The server has told everything up to now.
        self._current = False
        self._token = b""
        #: The complete set in `_pending` was read page by page, beginning at this time; 0 if there is none.
        self._read_since = 0
        self._read_time = 0

    @property
    def unread(self) -> bool:
        """Nothing of it is known yet: pages may be read before listening begins."""
        return self._whole and not self._read_since

    @property
    def progress(self) -> int:
        """Changes whenever something is told before the first consistent state."""
        return len(self._pending)

    def resume(self) -> tuple[bytes, int]:
        """A stream is opened: the token or else the time from which changes are to be told; neither for everything."""
        if not self._resumable:
            self.restart()
        self._current = self._settled = False
        self._read_time = 0
        if not self._read_since:
            self._pending.clear()
        return self._token, 0 if self._token else self._read_since

    def restart(self) -> None:
        """What was told can't be relied on; a complete set is to come."""
        self._token = b""
        self._read_since = 0
        self._whole = True
        self._current = self._settled = False
        self._read_time = 0
        self._pending.clear()

    def refilter(self) -> None:
        """The filters have changed: every document is to be told again."""
        self.restart()
        self._shown = dict.fromkeys(self._shown, 0)

    def read(self, documents: Iterable[events.DocumentChange]) -> None:
        """A page of the complete set."""
        for document in documents:
            self.changed(document)

    def read_all(self, since: int) -> None:
        """The complete set was read, beginning at that time; changes since then are still to be told."""
        self._read_since = since

    def changed(self, document: events.DocumentChange) -> None:
        """The document is in the target."""
        self._pending[document.doc_id] = document.version, document.payload

    def gone(self, doc_id: str) -> None:
        """The document is not in the target any more."""
        self._pending[doc_id] = None

    def reset(self) -> None:
        """The server begins with a complete set."""
        self.restart()

    def current(self) -> None:
        """The server has told everything up to now; a consistent state follows."""
        self._current = True

    @property
    def size(self) -> int:
        """How many documents the target has by what was told so far."""
        if self._whole:
            return sum(told is not None for told in self._pending.values())
        size = len(self._shown) + len(self._hidden)
        for doc_id, told in self._pending.items():
            size += (told is not None) - (doc_id in self._shown or doc_id in self._hidden)
        return size

    def snapshot(self, token: bytes, read_time: int, rest: Callable[[], None] = _no_rest) -> list[Change] | None:
        """What was told is consistent as of that time: the changes to what is shown.

        None while it is not current, or if nothing has happened since the last time; an empty list tells that it is up
        to date again. `rest()` is called now and then while there is much to do.
        """
        if not self._current or read_time < self._read_time:
            return None
        self._read_time = read_time
        self._read_since = 0
        if token:
            self._token = token
        pending, self._pending = self._pending, {}
        was_settled, self._settled = self._settled, True
        if not pending and not self._whole:
            return None if was_settled else []
        gone = tdg_core_firestore_codec_time.text_of_nanos(read_time)
        changes = []
        if self._whole:
            missing = [doc_id for doc_id in self._shown if pending.get(doc_id) is None]
            changes = [self._hide(doc_id, gone) for doc_id in missing]
            self._hidden.clear()
        for count, (doc_id, told) in enumerate(pending.items(), 1):
            change = self._apply(doc_id, told, gone)
            if change is not None:
                changes.append(change)
            if not count % REST:
                rest()
        self._whole = False
        self._introduced = True
        return changes

    def _apply(self, doc_id: str, told: _Told, gone: str) -> Change | None:
        former = self._shown.get(doc_id)
        version, payload = told or (0, None)
        if payload is None:
            if told is None:
                self._hidden.discard(doc_id)
            else:
                self._hidden.add(doc_id)
            return None if former is None else self._hide(doc_id, gone)
        self._hidden.discard(doc_id)
        if former == version and self._introduced:
            return None
        self._shown[doc_id] = version
        added = former is None or not self._introduced
        text = tdg_core_firestore_codec_time.text_of_nanos(version)
        return Change(doc_id, inbound.ADDED if added else inbound.MODIFIED, payload, text)

    def _hide(self, doc_id: str, gone: str) -> Change:
        del self._shown[doc_id]
        return Change(doc_id, inbound.REMOVED, None, gone)


# What becomes of an event ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accepted:
    """The server has taken the target in."""

    target: int


@dataclass(frozen=True)
class Snapshot:
    """The target is up to date; `changes` may be empty."""

    target: int
    changes: list[Change]


@dataclass(frozen=True)
class Restarted:
    """The server tells everything anew, by itself."""

    target: int


@dataclass(frozen=True)
class Mismatch:
    """The server counts another number of documents: something was missed, a complete set is needed."""

    target: int
    expected: int
    found: int


@dataclass(frozen=True)
class Ended:
    """The server will tell nothing more of the target."""

    target: int
    code: str
    message: str


Outcome = Accepted | Snapshot | Restarted | Mismatch | Ended


def apply(targets: Mapping[int, Target], event: events.Event, rest: Callable[[], None] = _no_rest) -> list[Outcome]:
    """Tells the targets of one stream what the server said, and what is to be done about it.

    Args:
        targets: By their ids; the server may still speak of others, which is ignored.
        event: What it said.
        rest: Called now and then while there is much to do.
    """
    if isinstance(event, events.TargetChange):
        return _apply_target_change(targets, event, rest)
    if isinstance(event, events.Size):
        target = targets.get(event.target)
        if target is None or target.size == event.size:
            return []
        return [Mismatch(event.target, event.size, target.size)]
    for number in event.removed_from:
        if number in targets:
            targets[number].gone(event.doc_id)
    if isinstance(event, events.DocumentChange):
        for number in event.targets:
            if number in targets:
                targets[number].changed(event)
    return []


def _apply_target_change(
    targets: Mapping[int, Target], change: events.TargetChange, rest: Callable[[], None]
) -> list[Outcome]:
    meant = [number for number in change.targets if number in targets] if change.targets else list(targets)
    if change.kind == events.REMOVED:
        code = change.code or "unavailable"
        message = change.message or "Firestore stopped telling of it without a reason; it is asked again."
        return [Ended(number, code, message) for number in meant]
    if change.kind == events.ADDED:
        return [Accepted(number) for number in meant]
    if change.kind == events.RESET:
        for number in meant:
            targets[number].reset()
        return [Restarted(number) for number in meant]
    if change.kind == events.CURRENT:
        for number in meant:
            targets[number].current()
    if change.targets or not change.read_time:
        return []
    snapshots = []
    for number in meant:
        changes = targets[number].snapshot(change.token, change.read_time, rest)
        if changes is not None:
            snapshots.append(Snapshot(number, changes))
    return list(snapshots)
