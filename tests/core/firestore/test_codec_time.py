"""Times with nanoseconds: exact as text, and in order as numbers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdg_core_firestore_codec_time import nanos_of, parse, text_of, text_of_nanos

SECONDS = st.integers(-62_135_596_800, 253_402_300_799)
NANOS = st.integers(0, 999_999_999)


@given(SECONDS, NANOS)
def test_every_time_survives(seconds: int, nanos: int) -> None:
    text = text_of(seconds, nanos)
    assert parse(text) == (seconds, nanos)
    assert nanos_of(text) == seconds * 1_000_000_000 + nanos
    assert text_of_nanos(nanos_of(text)) == text


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_python_reads_and_writes_the_same_text(moment: datetime) -> None:
    seconds, nanos = parse(moment.isoformat())
    assert datetime.fromisoformat(text_of(seconds, nanos)) == moment


@given(st.lists(st.tuples(SECONDS, NANOS), min_size=2, max_size=2))
def test_versions_compare_as_times(times: list[tuple[int, int]]) -> None:
    first, second = times
    assert (nanos_of(text_of(*first)) < nanos_of(text_of(*second))) == (first < second)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01t00:00:00z", "2024-01-01T00:00:00Z"),
        ("2024-01-01 01:30:00+01:30", "2024-01-01T00:00:00Z"),
        ("2023-12-31T16:00:00-0800", "2024-01-01T00:00:00Z"),
        ("2024-01-01T01:00:00+01", "2024-01-01T00:00:00Z"),
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.1", "2024-01-01T00:00:00.100Z"),
        ("2024-01-01T00:00:00,123456", "2024-01-01T00:00:00.123456Z"),
        (" 2024-01-01T00:00:00.1234567899Z ", "2024-01-01T00:00:00.123456789Z"),
        ("2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.000000001Z"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, exact: str) -> None:
    assert text_of(*parse(text)) == exact


@pytest.mark.parametrize("text", ["", "now", "2024-13-01", "2024-02-30", "24-01-01", "2024-01-01T25:00", "0000-01-01"])
def test_what_is_no_time_is_refused_and_counts_as_never_for_versions(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        parse(text)
    assert nanos_of(text) == 0


def test_an_offset_cannot_leave_the_years_there_are() -> None:
    with pytest.raises(ValueError, match="outside"):
        parse("9999-12-31T23:59:59-01:00")
    with pytest.raises(ValueError, match="outside"):
        text_of(253_402_300_800, 0)
