"""Which queued writes go to the server next, in which commit, and what becomes of them after its answer.

Thread: any.

The promises kept here: writes to one document reach the server in the order they were accepted, one commit per
document at a time; a commit that is sent twice changes nothing twice, or is *guarded*, so that the sender can tell.
Times are monotonic seconds given by the caller.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import tdg_core_retry

SET = "set"
SET_MERGE = "set_merge"
UPDATE = "update"
DELETE = "delete"

OP_TYPES = (SET, SET_MERGE, UPDATE, DELETE)

#: Writes in one commit (https://firebase.google.com/docs/firestore/manage-data/transactions).
MAX_WRITES = 500
#: Characters of JSON in one commit: a request may have 10 MiB, and a value takes up to twice its JSON on the wire.
MAX_CHARACTERS = 4 << 20
#: What a write takes beside its payload: names, masks, preconditions.
_WRITE_CHARACTERS = 200

#: So many waiting full sets of one document are kept; each further one takes the place of the newest of them.
KEPT_SETS = 10

#: Wait before a refused write is tried again: 1 s, half as much more each time, at most a minute; the numbers of
#: Firestore's mobile clients.
_BACKOFF = tdg_core_retry.BreakerSettings(backoff_base=1.5, backoff_max_s=60.0)

#: Transforms that a second sending would apply a second time, or again after somebody else has undone them.
_UNREPEATABLE = tuple(f'"__type":"{name}"' for name in ("increment", "array_union", "array_remove"))

Key = tuple[str, str]


@dataclass(slots=True)
class Entry:
    """One queued write. `payload` is JSON text; everything from `seq` to `commit_id` is stored with it."""

    seq: int
    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    #: Name of the atomic batch it belongs to, or empty.
    batch: str = ""
    retry_count: int = 0
    last_error: str = ""
    #: How many superseded sets are confirmed together with this one.
    covers: int = 0
    #: The guarded commit it was sent in and whose outcome is not known yet, or empty.
    commit_id: str = ""
    #: A commit with this write has at most so many writes; falls when a larger one was refused.
    limit: int = MAX_WRITES
    #: Failures in a row since there was a connection; the wait grows with them.
    failures: int = 0
    not_before: float = 0.0
    in_flight: bool = False
    #: The user has discarded it while it was in flight: it is not sent again.
    discarded: bool = False
    #: Whether sending it twice could apply it twice. A full set starts from nothing, transforms included.
    guarded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.guarded = _needs_guard(self.op_type, self.payload)

    @property
    def key(self) -> Key:
        """Collection and document id."""
        return self.collection, self.doc_id


@dataclass
class Commit:
    """Writes that go to the server in one atomic request.

    Attributes:
        id: Names a guarded commit for ever; empty for another one.
        entries: What this commit settles, in order.
    """

    id: str
    entries: list[Entry]
    #: Due again then; a guarded commit whose outcome is unknown is sent again exactly as it was.
    not_before: float = 0.0
    #: At least once it was sent and nobody knows whether it was carried out; a later answer says nothing of that.
    uncertain: bool = False

    @property
    def whole(self) -> bool:
        """The user asked for all or nothing of just this: it cannot be split."""
        return len({entry.batch for entry in self.entries}) == 1 and bool(self.entries[0].batch)

    @property
    def sent(self) -> list[Entry]:
        """The entries that really go out: of full sets in a row to one document only the last one."""
        sent: list[Entry] = []
        last: dict[Key, int] = {}
        for entry in self.entries:
            place = last.get(entry.key)
            if place is not None and entry.op_type == SET and sent[place].op_type == SET:
                sent[place] = entry
            else:
                last[entry.key] = len(sent)
                sent.append(entry)
        return sent


@dataclass
class _Draft:
    """A commit being put together."""

    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    characters: int = 0
    limit: int = MAX_WRITES
    guarded: bool = False

    def takes(self, entries: list[Entry], replaced: Entry | None = None) -> bool:
        """Adds entries that belong together, if they fit; `replaced` is the full set that they make superfluous."""
        count = self.count + len(entries) - (replaced is not None)
        characters = self.characters + sum(map(_size, entries)) - (0 if replaced is None else _size(replaced))
        guarded = self.guarded or _unrepeatable(entries)
        limit = min(self.limit, *(entry.limit for entry in entries))
        if self.entries and (count + guarded > limit or characters > MAX_CHARACTERS):
            return False
        for entry in entries:
            entry.in_flight = True
        self.entries += entries
        self.count, self.characters, self.limit, self.guarded = count, characters, limit, guarded
        return True


class Queue:
    """All writes that the server has not confirmed, with what is in flight.

    Args:
        new_id: Gives a new commit id, never one given before.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._entries: dict[str, Entry] = {}
        self._documents: dict[Key, deque[Entry]] = {}
        self._groups: dict[str, dict[Key, None]] = {}
        # Documents that may be sent, by the number of their oldest write; an outdated pair is skipped when met.
        self._ready: list[tuple[int, Key]] = []
        self._delayed: list[tuple[float, int, Key]] = []
        # Documents whose oldest write waits for the one guarded commit in flight.
        self._behind_guard: list[tuple[int, Key]] = []
        self._guarded: Commit | None = None
        self._again: Commit | None = None
        self._paused_until = 0.0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, queue_id: str) -> Entry | None:
        """The entry of that id, if it is still queued."""
        return self._entries.get(queue_id)

    def entries(self) -> list[Entry]:
        """All of them, oldest first."""
        return sorted(self._entries.values(), key=lambda entry: entry.seq)

    def add(self, entry: Entry, supersedes: bool = True) -> Entry | None:
        """Appends an accepted write; returns the superseded one that it replaces, if it may and does."""
        waiting = self._documents.setdefault(entry.key, deque())
        replaced = self._superseded(waiting, entry) if supersedes else None
        if replaced is not None:
            waiting.pop()
            del self._entries[replaced.queue_id]
            entry.covers += replaced.covers + 1
        waiting.append(entry)
        self._entries[entry.queue_id] = entry
        if entry.batch:
            self._groups.setdefault(entry.batch, {})[entry.key] = None
        if len(waiting) == 1:
            self._offer(entry.key)
        return replaced

    def resume(self, commit_id: str, entries: Iterable[Entry]) -> None:
        """After a restart: that guarded commit's outcome is unknown. Its entries have been added before."""
        commit = Commit(commit_id, list(entries), uncertain=True)
        self._lock(commit)
        self._guarded = self._again = commit

    def take(self, now: float) -> Commit | None:
        """The next commit to send, or None; its documents are locked until one of the methods below settles it."""
        if now < self._paused_until:
            return None
        if self._again is not None and now >= self._again.not_before:
            commit, self._again = self._again, None
            return commit
        while self._delayed and self._delayed[0][0] <= now:
            _, seq, key = heapq.heappop(self._delayed)
            heapq.heappush(self._ready, (seq, key))
        draft = _Draft()
        while (found := self._next_ready(now)) is not None:
            seq, key = found
            group = self._documents[key][0].batch
            if not (draft.takes(self._group(group)) if group else self._fill(draft, key)):
                heapq.heappush(self._ready, (seq, key))
                break
        return self._sent(draft) if draft.entries else None

    def done(self, commit: Commit) -> None:
        """The server has confirmed it: its entries are forgotten."""
        self._unlock(commit)
        self._forget(commit.entries)

    def again(self, commit: Commit, not_before: float) -> list[Entry]:
        """It failed and may be tried again. Returns the entries that go, because the user has discarded them.

        Args:
            commit: What was taken.
            not_before: When it may be tried again.
        """
        if commit.id and commit.uncertain:
            commit.not_before = not_before
            self._again = commit
            return []
        self._unlock(commit)
        gone = [entry for entry in commit.entries if entry.discarded]
        for entry in commit.entries:
            entry.not_before = not_before
        self._forget(gone)
        return gone

    def refused(self, commit: Commit, whole: bool) -> list[Entry]:
        """The server has refused it for good. Returns the entries that are dead.

        One refused write makes a commit fail as a whole: halves are tried until the guilty one stands alone.

        Args:
            commit: What was taken.
            whole: The refusal concerns every write alike (permission).
        """
        self._unlock(commit)
        count = len(commit.sent)
        if commit.whole or whole or count == 1:
            self._forget(commit.entries)
            return commit.entries
        for entry in commit.entries:
            entry.limit = max(1, min(entry.limit, count // 2))
        gone = [entry for entry in commit.entries if entry.discarded]
        self._forget(gone)
        return gone

    def discard(self, entries: Iterable[Entry]) -> list[Entry]:
        """The user wants none of these sent, nor what is in an atomic batch with them.

        Returns those that are gone; the rest is in flight and ends with the answer.
        """
        chosen = {entry.queue_id: entry for entry in entries}
        for group in {entry.batch for entry in chosen.values()} & self._groups.keys():
            chosen |= {entry.queue_id: entry for entry in self._group(group)}
        for entry in chosen.values():
            entry.discarded = True
        gone = [entry for entry in chosen.values() if not entry.in_flight]
        self._forget(gone)
        return gone

    def wake(self) -> None:
        """Nothing waits for a later time any more: there is a new connection, or the user asks for it."""
        self._paused_until = 0.0
        for entry in self._entries.values():
            entry.not_before = 0.0
            entry.failures = 0
        if self._again is not None:
            self._again.not_before = 0.0
        for _, seq, key in self._delayed:
            heapq.heappush(self._ready, (seq, key))
        self._delayed.clear()

    def pause(self, until: float) -> None:
        """The server asks for patience: nothing is taken before that time."""
        self._paused_until = max(self._paused_until, until)

    def next_time(self, now: float) -> float | None:
        """When `take` may have something that it has not now; None when only an answer or a new write changes that."""
        times = [self._delayed[0][0]] if self._delayed else []
        if self._again is not None:
            times.append(self._again.not_before)
        if self._paused_until > now and self._entries:
            return max(self._paused_until, min(times, default=0.0))
        return min(times, default=None)

    # -------------------------------------------------------------------------------------------------------------

    def _superseded(self, waiting: deque[Entry], entry: Entry) -> Entry | None:
        if entry.op_type != SET or entry.batch or len(waiting) < KEPT_SETS:
            return None
        for former in itertools.islice(reversed(waiting), KEPT_SETS):
            if former.op_type != SET or former.batch or former.in_flight:
                return None
        return waiting[-1]

    def _offer(self, key: Key) -> None:
        waiting = self._documents.get(key)
        if waiting and not waiting[0].in_flight:
            heapq.heappush(self._ready, (waiting[0].seq, key))

    def _next_ready(self, now: float) -> tuple[int, Key] | None:
        """The document with the oldest write that may go now; what has to wait for something is put there."""
        while self._ready:
            seq, key = heapq.heappop(self._ready)
            waiting = self._documents.get(key)
            if not waiting or waiting[0].seq != seq or waiting[0].in_flight:
                continue
            head = waiting[0]
            if head.not_before > now:
                heapq.heappush(self._delayed, (head.not_before, seq, key))
            elif self._guarded is not None and self._needs_guard(head):
                self._behind_guard.append((seq, key))
            elif not head.batch or self._is_free(head.batch, now):
                return seq, key
            # else: an atomic batch, offered again when its last document is free
        return None

    def _needs_guard(self, head: Entry) -> bool:
        return _unrepeatable(self._group(head.batch)) if head.batch else head.guarded

    def _is_free(self, group: str, now: float) -> bool:
        """Whether an atomic batch is at the head of each of its documents."""
        heads = [self._documents[key][0] for key in self._groups[group]]
        return all(head.batch == group and not head.in_flight and head.not_before <= now for head in heads)

    def _group(self, group: str) -> list[Entry]:
        """The entries of an atomic batch, in order."""
        found = (entry for key in self._groups[group] for entry in self._documents[key] if entry.batch == group)
        return sorted(found, key=lambda entry: entry.seq)

    def _fill(self, draft: _Draft, key: Key) -> bool:
        """Adds a document's writes from the oldest on, as many as fit; False when not even that one does."""
        former: Entry | None = None
        for entry in self._documents[key]:
            if entry.batch or (entry.guarded and self._guarded is not None):
                break
            if former is not None and entry.op_type == DELETE:
                # Sent twice, an update before it would find the document deleted and be refused.
                break
            in_row = former is not None and former.op_type == SET and entry.op_type == SET
            if not draft.takes([entry], former if in_row else None):
                break
            former = entry
        return former is not None

    def _sent(self, draft: _Draft) -> Commit:
        commit = Commit(self._new_id() if draft.guarded else "", draft.entries)
        if draft.guarded:
            self._guarded = commit
        return commit

    def _lock(self, commit: Commit) -> None:
        for entry in commit.entries:
            entry.in_flight = True

    def _unlock(self, commit: Commit) -> None:
        for entry in commit.entries:
            entry.in_flight = False
        if commit is self._guarded:
            self._guarded = None
            for pair in self._behind_guard:
                heapq.heappush(self._ready, pair)
            self._behind_guard.clear()
        for key in dict.fromkeys(entry.key for entry in commit.entries):
            self._offer(key)

    def _forget(self, entries: Iterable[Entry]) -> None:
        keys: dict[Key, None] = {}
        for entry in entries:
            if self._entries.pop(entry.queue_id, None) is None:
                continue
            keys[entry.key] = None
            waiting = self._documents[entry.key]
            if waiting[0] is entry:
                waiting.popleft()
            else:
                waiting.remove(entry)
            if not waiting:
                del self._documents[entry.key]
            group = self._groups.get(entry.batch)
            if group is not None and not any(other.batch == entry.batch for other in waiting):
                group.pop(entry.key, None)
                if not group:
                    del self._groups[entry.batch]
        for key in keys:
            self._offer(key)


def backoff_s(failures: int, random: float) -> float:
    """Seconds before a write that failed that many times in a row is tried again; `random` is in [0, 1)."""
    return tdg_core_retry.jittered(tdg_core_retry.backoff_s(max(0, failures - 1), _BACKOFF), random)


def problem_of(collection: object, doc_id: object, op_type: object, payload: object) -> str:
    """What makes a write one that can never run; empty when nothing does. The names are judged elsewhere."""
    if op_type not in OP_TYPES:
        return f"unknown op_type {op_type!r}; use one of {', '.join(OP_TYPES)}"
    if op_type != DELETE and not isinstance(payload, dict):
        return f"the data of {collection}/{doc_id} is no dict but {type(payload).__name__}"
    if op_type == UPDATE and not payload:
        return f"the update of {collection}/{doc_id} names no field"
    return ""


def problem_of_batch(batch: Sequence[Entry | None]) -> str:
    """What makes an atomic batch one that can never run (None: one of its writes cannot); empty when nothing does."""
    entries = [entry for entry in batch if entry is not None]
    if len(entries) < len(batch):
        return "an atomic batch with a write that can never run is refused as a whole"
    guard = _unrepeatable(entries)
    if len(entries) + guard <= MAX_WRITES:
        return ""
    why = " (one place is taken by what makes it count once)" if guard else ""
    return f"an atomic batch has at most {MAX_WRITES - guard} writes{why}, this one {len(entries)}"


def _unrepeatable(entries: list[Entry]) -> bool:
    """Whether entries that are sent together must be told from a second sending of them."""
    seen: set[Key] = set()
    for entry in entries:
        # Sent twice, an update before it would find the document deleted and be refused.
        if entry.guarded or (entry.op_type == DELETE and entry.key in seen):
            return True
        seen.add(entry.key)
    return False


def _needs_guard(op_type: str, payload: str) -> bool:
    return op_type in {SET_MERGE, UPDATE} and any(word in payload for word in _UNREPEATABLE)


def _size(entry: Entry) -> int:
    return len(entry.payload) + len(entry.collection) + len(entry.doc_id) + _WRITE_CHARACTERS
