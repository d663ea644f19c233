"""Resumable upload sessions.

https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .content import Content
from .errors import ApiError, invalid

BLOCK = 256 * 1024  # what the service keeps of an unfinished upload is a multiple of this

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")


@dataclass(frozen=True)
class ContentRange:
    """What a PUT carries: bytes from `first` on, or a mere question (None); `total` once the client knows it."""

    first: int | None
    last: int | None
    total: int | None

    @classmethod
    def parse(cls, header: str | None) -> "ContentRange":
        """Reads Content-Range; without one the whole object comes in this request.

        Raises:
            ApiError: 400 for any other form.
        """
        if header is None:
            return cls(0, None, None)
        match = _RANGE.fullmatch(header.strip())
        if match is None:
            raise invalid(f"Content-Range {header!r} is malformed.")
        first, last, total = (int(text) if text and text != "*" else None for text in match.groups())
        if first is not None and last is not None and (last < first or (total is not None and last >= total)):
            raise invalid(f"Content-Range {header!r} contradicts itself.")
        return cls(first, last, total)


@dataclass
class UploadSession:
    """An upload in steps. `resource` is set once the object exists; `gone` once the session cannot be used."""

    bucket: str
    name: str
    metadata: dict[str, Any]
    conditions: dict[str, str]
    predefined_acl: str | None
    declared_size: int | None
    declared_crc32c: str | None = None
    declared_md5: str | None = None
    content: Content = field(default_factory=Content)
    resource: dict[str, Any] | None = None
    gone: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _turn: int = 0

    def take_turn(self) -> int:
        """A new request for the session has come: one before it that still sends is not heard any more."""
        with self._lock:
            self._turn += 1
            return self._turn

    @property
    def persisted(self) -> int:
        """Bytes that the service has and will not ask for again."""
        return len(self.content.data)

    def total(self, asked: ContentRange) -> int | None:
        """The size of the object as far as anybody has said.

        Raises:
            ApiError: 400 if what is said now contradicts what was declared.
        """
        if self.declared_size is not None and asked.total not in (None, self.declared_size):
            raise invalid(f"The upload was declared with {self.declared_size} bytes, now with {asked.total}.")
        return asked.total if asked.total is not None else self.declared_size

    def accept(self, asked: ContentRange, pieces: Iterator[bytes], total: int | None, turn: int) -> None:
        """Takes the body of a PUT, piece by piece, so that what arrived before a break is kept.

        Bytes that are there already are skipped; of a chunk that is not the last, only whole blocks are kept.

        Raises:
            ApiError: 400 if the chunk leaves a gap; 503 if another request has taken over.
        """
        assert asked.first is not None
        if asked.first > self.persisted:
            raise invalid(f"The chunk starts at {asked.first}, but only {self.persisted} bytes are stored.")
        skip = self.persisted - asked.first
        is_whole = asked.last is None
        pending = bytearray()
        for piece in pieces:
            pending += piece[skip:]
            skip = max(0, skip - len(piece))
            whole = len(pending) // BLOCK * BLOCK
            if whole:
                self._add(bytes(pending[:whole]), turn)
                del pending[:whole]
        if is_whole or self.persisted + len(pending) == total:
            self._add(bytes(pending), turn)
        if total is not None and self.persisted > total:
            raise invalid(f"More bytes came than the {total} that were declared.")

    def _add(self, piece: bytes, turn: int) -> None:
        with self._lock:
            if turn != self._turn:
                raise ApiError(503, "backendError", "Another request for this upload has come meanwhile.")
            self.content.add(piece)

    def check_usable(self) -> None:
        """Raises ApiError with the status an unusable session answers with."""
        if self.gone:
            raise ApiError(self.gone, "gone" if self.gone == 410 else "notFound", "The upload session is gone.")
