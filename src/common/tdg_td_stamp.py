"""Ids and times for what the main thread accepts.

Thread: main only.
"""

import datetime
import random

#: Seeded by the system once; asking it for every id would mean waiting for the interpreter each time.
_CHANCE = random.Random()

# Which bits of a random UUID are fixed (RFC 9562, version 4).
_FREE = ~(0xF000 << 64 | 0xC000 << 48)
_FIXED = 0x4000 << 64 | 0x8000 << 48


def new_id() -> str:
    """A random UUID as text, 36 characters; never given twice."""
    digits = f"{_CHANCE.getrandbits(128) & _FREE | _FIXED:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def utc_text(timespec: str) -> str:
    """The time in UTC, ISO 8601; `timespec` as `datetime.isoformat` takes it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
