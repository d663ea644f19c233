"""Times as Firestore has them, with nanoseconds: ISO 8601 text, and an integer that compares.

Thread: any.
"""

import functools
import re
from datetime import UTC, date, datetime, timedelta, timezone

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

_TEXT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"\s*(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?"
)

#: What protobuf's Timestamp can hold: the years 1 to 9999.
_FIRST = -62_135_596_800
_LAST = 253_402_300_799


def text_of(seconds: int, nanos: int) -> str:
    """ISO 8601 in UTC with as many fraction digits as are needed: none, 3, 6 or 9.

    The same time always gives the same text.

    Raises:
        ValueError: The time lies outside the years 1 to 9999.
    """
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"{seconds} seconds from 1970 lie outside the years 1 to 9999")
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if not nanos:
        fraction = ""
    elif not nanos % 1_000_000:
        fraction = f".{nanos // 1_000_000:03d}"
    elif not nanos % 1000:
        fraction = f".{nanos // 1000:06d}"
    else:
        fraction = f".{nanos:09d}"
    return f"{_day(days)}T{hours:02d}:{minutes:02d}:{rest:02d}{fraction}Z"


def text_of_nanos(nanos: int) -> str:
    """As `text_of`, for nanoseconds since 1970."""
    return text_of(*divmod(nanos, 1_000_000_000))


def parse(text: str) -> tuple[int, int]:
    """Seconds since 1970 and nanoseconds of an ISO 8601 time.

    Without an offset the time is UTC; without a time of day it is midnight. Digits beyond the nanosecond are dropped.

    Raises:
        ValueError: It is no such time, or outside the years 1 to 9999.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no ISO 8601 time")
    year, month, day = map(int, match["date"].split("-"))
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"]))
    except ValueError as error:
        raise ValueError(f"{text!r} is no ISO 8601 time: {error}") from None
    seconds = (moment - _EPOCH) // _SECOND
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999")
    return seconds, int((match["fraction"] or "")[:9].ljust(9, "0"))


def nanos_of(text: str) -> int:
    """Nanoseconds since 1970, for comparing versions; 0 for text that is no time (the row was never synced)."""
    try:
        seconds, nanos = parse(text)
    except ValueError:
        return 0
    return seconds * 1_000_000_000 + nanos


@functools.lru_cache(maxsize=256)
def _day(days: int) -> str:
    return date.fromordinal(_EPOCH_DAY + days).isoformat()


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
