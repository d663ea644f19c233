"""What crosses the firestore component's bridge for writing, discovery and the cache.

Thread: any.

Requests marked *accepted* go through the journal, so that they survive a crash and keep their order among each other.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import tdg_core_messages

Message = tdg_core_messages.Message
register = tdg_core_messages.register

#: What an item of `QueueNews` is.
ROW = "row"
DEAD_ROW = "dead_row"
DEAD_GONE = "dead_gone"
RESULT = "result"

#: How a write ended, or did not yet end (`Result.outcome`).
CONFIRMED = "confirmed"
FAILED = "failed"
DEAD = "dead"
SUPERSEDED = "superseded"
DISCARDED = "discarded"


class Write(NamedTuple):
    """One write as it is asked for; the first six fields are the documented ones of the queue.

    Attributes:
        payload: Canonical JSON text; `{}` for a delete.
        batch: Name of the atomic batch it belongs to, or empty.
    """

    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    batch: str = ""


class QueueRow(NamedTuple):
    """The documented columns of `write_queue`; with `failed_at` those of `dead_letters`."""

    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    retry_count: int = 0
    last_error: str = ""
    failed_at: str = ""


class Result(NamedTuple):
    """What became of one queued write.

    Attributes:
        outcome: CONFIRMED; FAILED, it will be tried again; DEAD, it is a dead letter now; SUPERSEDED by a newer full
            set of the same document, which tells the result of both; DISCARDED by the user.
        version: Update time that the server has given the document; empty unless confirmed.
        error: Empty when confirmed.
        covers: So many superseded writes ended with this one.
        failed_at: When it became a dead letter.
    """

    queue_id: str
    collection: str
    doc_id: str
    outcome: str
    version: str = ""
    error: str = ""
    retry_count: int = 0
    covers: int = 0
    failed_at: str = ""


# Requests -------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class Writes(Message):
    """Accepted: writes to queue, in order; each is a `Write` or the list of its fields.

    `session` names the run of the component that asked: of writes that a former run has left in the journal the main
    thread is told by `QueueNews`.
    """

    kind: ClassVar[str] = "writes"
    items: list[Any]
    session: str


@register
@dataclass(frozen=True)
class ClearQueue(Message):
    """Accepted: discard every queued write."""

    kind: ClassVar[str] = "clear_queue"


@register
@dataclass(frozen=True)
class RemoveQueued(Message):
    """Accepted: discard these queued writes without a word."""

    kind: ClassVar[str] = "remove_queued"
    queue_ids: list[str]


@register
@dataclass(frozen=True)
class RecordRetry(Message):
    """Accepted: count a failure of a queued write."""

    kind: ClassVar[str] = "record_retry"
    queue_id: str
    error: str


@register
@dataclass(frozen=True)
class RetryDead(Message):
    """Accepted: put these dead letters at the end of the queue again; `session` as in `Writes`."""

    kind: ClassVar[str] = "retry_dead"
    queue_ids: list[str]
    session: str


@register
@dataclass(frozen=True)
class ClearDead(Message):
    """Accepted: forget these dead letters."""

    kind: ClassVar[str] = "clear_dead"
    queue_ids: list[str]


@register
@dataclass(frozen=True)
class FlushQueue(Message):
    """Try all queued writes now instead of when their wait is over."""

    kind: ClassVar[str] = "flush_queue"


@register
@dataclass(frozen=True)
class StillQueued(Message):
    """To a new engine in place of one that ended: what the main thread holds for queued (queue_id, collection, doc_id).

    Of those that have ended meanwhile a result is told again.
    """

    kind: ClassVar[str] = "still_queued"
    writes: list[Any]


@register
@dataclass(frozen=True)
class Discover(Message):
    """List the top-level collections, now and every half minute; answered by `Discovered`. `on` False ends it."""

    kind: ClassVar[str] = "discover"
    on: bool


@register
@dataclass(frozen=True)
class Hydrate(Message):
    """Tell what the cache holds of a collection, as `DocumentsChanged` under that name; a `Watch` waits until then.

    With `doc_id` only that document; `number` comes back with what is told.
    """

    kind: ClassVar[str] = "hydrate"
    name: str
    collection: str
    doc_id: str
    number: int = 0


@register
@dataclass(frozen=True)
class Fetch(Message):
    """Read one document from the server; answered by `Fetched`."""

    kind: ClassVar[str] = "fetch"
    path: str


@register
@dataclass(frozen=True)
class CacheDocuments(Message):
    """Put documents into the cache (rows of collection, doc_id, payload, version, synced_at; payload None removes).

    Answered by `DocumentsCached` with the same number.
    """

    kind: ClassVar[str] = "cache_documents"
    number: int
    rows: list[Any]


# Events ---------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class QueueNews(Message):
    """What the main thread does not know of the queue yet, in order: pairs of what it is and the thing itself.

    ROW, DEAD_ROW: a `QueueRow` that this run of the component has not queued itself. DEAD_GONE: the queue id of what is
    no dead letter any more, in a list. RESULT: a `Result`.
    """

    kind: ClassVar[str] = "queue_news"
    items: list[Any]


@register
@dataclass(frozen=True)
class Discovered(Message):
    """The collections there are, from the server or, before it has answered, from the cache."""

    kind: ClassVar[str] = "discovered"
    collections: list[str]
    cached: bool


@register
@dataclass(frozen=True)
class OtherDatabase(Message):
    """The documents told so far are of another database than the one that is connected now: nothing is watched."""

    kind: ClassVar[str] = "other_database"


@register
@dataclass(frozen=True)
class Fetched(Message):
    """A document as the server has it; `payload` None when there is none."""

    kind: ClassVar[str] = "fetched"
    path: str
    payload: str | None
    version: str
    error: str


@register
@dataclass(frozen=True)
class DocumentsCached(Message):
    """The cache holds everything up to that number."""

    kind: ClassVar[str] = "documents_cached"
    number: int
