"""What the storage component and its engine say to each other, besides the common messages.

Thread: any.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import tdg_core_messages

Message = tdg_core_messages.Message

#: The types of a transfer, as the table shows them.
UPLOAD = "upload"
DOWNLOAD = "download"
DELETE = "delete"
LIST = "list"
METADATA = "metadata"
SIGNED_URL = "signed_url"
SYNC = "sync"


# Requests -------------------------------------------------------------------------------------------------------------


@tdg_core_messages.register
@dataclass(frozen=True)
class Transfer(Message):
    """Do this; accepted, so it survives a restart. Answered by `Changed`, many times, the last one says how it ended.

    Options, each left out where the user gave nothing:
        upload: `make_public` (bool), `content_type`, `cache_control` (str), `metadata` (dict of str), `spooled` (bool:
            the file is our own copy of data, removed when it is in the bucket)
        download: `root` (str: folder that the file must stay below, symbolic links resolved)
        list: `prefix` (str: as the user gave it), `delimiter` (str), `collect` (bool: False when only pages are wanted)
        signed_url: `minutes` (float), `method` (GET or PUT), `content_type` (str)
    """

    kind: ClassVar[str] = "storage.transfer"
    #: Unique for ever.
    id: str
    type: str
    #: Name in the bucket, without a slash in front; of a list the whole prefix.
    remote_path: str
    #: Absolute path; empty where the type has none.
    local_path: str
    #: ISO 8601.
    asked_at: str
    #: Bytes of the local file when it was asked for; -1 where there is none.
    size: int = -1
    options: dict[str, Any] = field(default_factory=dict)


@tdg_core_messages.register
@dataclass(frozen=True)
class Spool(Message):
    """Upload these bytes; the transfer is accepted when they are on disk, the `Changed` event with a size says so."""

    kind: ClassVar[str] = "storage.spool"
    #: A `Transfer` of type upload as a plain dict; its local path is where the bytes go.
    transfer: dict[str, Any]
    data: bytes = field(repr=False)


@tdg_core_messages.register
@dataclass(frozen=True)
class Cancel(Message):
    """End these transfers, or all that wait; those that run only if `include_active`. Accepted."""

    kind: ClassVar[str] = "storage.cancel"
    #: None means all.
    ids: list[str] | None
    include_active: bool


@tdg_core_messages.register
@dataclass(frozen=True)
class PageTaken(Message):
    """The main thread has taken a page of that listing; the next one may be fetched."""

    kind: ClassVar[str] = "storage.page_taken"
    id: str


# Events ---------------------------------------------------------------------------------------------------------------


@tdg_core_messages.register
@dataclass(frozen=True)
class Changed(Message):
    """How a transfer stands now, whole: the newest one replaces those that nobody has taken yet."""

    kind: ClassVar[str] = "storage.changed"
    id: str
    type: str
    remote_path: str
    local_path: str
    #: One of `tdg_core_jobs`.
    status: str
    options: dict[str, Any]
    #: ISO 8601; empty until then.
    started_at: str = ""
    completed_at: str = ""
    error: str = ""
    #: Bytes; -1 while unknown.
    size: int = -1
    bytes_done: int = 0
    #: Bytes per second.
    speed: float = 0.0
    #: What the transfer found out: `metadata`, `url`, `prefixes`, ...
    result: dict[str, Any] = field(default_factory=dict)


@tdg_core_messages.register
@dataclass(frozen=True)
class ListPage(Message):
    """A part of a listing; answered by `PageTaken`."""

    kind: ClassVar[str] = "storage.list_page"
    id: str
    files: list[dict[str, Any]]


@tdg_core_messages.register
@dataclass(frozen=True)
class Forgotten(Message):
    """The Reset is through: whatever comes from now on was asked for after it."""

    kind: ClassVar[str] = "storage.forgotten"
