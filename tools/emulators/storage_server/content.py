"""Bytes on their way into an object: kept, and hashed as they come."""

import base64
import hashlib

import google_crc32c

from .errors import invalid


class Content:
    """A growing body with its checksums."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = google_crc32c.Checksum()

    @classmethod
    def of(cls, data: bytes) -> "Content":
        content = cls()
        content.add(data)
        return content

    def add(self, piece: bytes) -> None:
        self.data += piece
        self._md5.update(piece)
        self._crc32c.update(piece)

    @property
    def md5(self) -> str:
        """MD5, base64, as in resources."""
        return base64.b64encode(self._md5.digest()).decode()

    @property
    def crc32c(self) -> str:
        """CRC32C, base64 of big-endian bytes, as in resources."""
        return base64.b64encode(self._crc32c.digest()).decode()

    def check(self, crc32c: str | None, md5: str | None) -> None:
        """Compares with what the client computed.

        Raises:
            ApiError: 400 if the bytes that arrived are not those that were sent.
        """
        if crc32c and crc32c != self.crc32c:
            raise invalid(f"Provided CRC32C '{crc32c}' doesn't match calculated CRC32C '{self.crc32c}'.")
        if md5 and md5 != self.md5:
            raise invalid(f"Provided MD5 hash '{md5}' doesn't match calculated MD5 hash '{self.md5}'.")


def hash_header(value: str | None) -> dict[str, str]:
    """'crc32c=AAAAAA==,md5=...' -> {'crc32c': ..., 'md5': ...}."""
    parts = (part.strip().partition("=") for part in (value or "").split(",") if part.strip())
    return {name: digest for name, _, digest in parts}
