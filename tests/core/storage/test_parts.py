"""Parts of an object, joined checksums, and the plain forms of objects."""

import random

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tdg_core_crc32c
import tdg_core_objects
from tdg_core_parts import Plan, Source


@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_joined_checksum_is_that_of_the_whole(first: bytes, second: bytes) -> None:
    one, other = google_crc32c.value(first), google_crc32c.value(second)
    assert tdg_core_crc32c.joined(one, other, len(second)) == google_crc32c.value(first + second)


def test_joined_checksum_over_a_large_second_part() -> None:
    zeros = bytes(5_000_001)
    joined = tdg_core_crc32c.joined(google_crc32c.value(b"head"), google_crc32c.value(zeros), len(zeros))
    assert joined == google_crc32c.value(b"head" + zeros)


@given(crc=st.integers(0, 2**32 - 1))
def test_checksum_text_and_back(crc: int) -> None:
    assert tdg_core_crc32c.from_text(tdg_core_crc32c.to_text(crc)) == crc


def test_checksum_text_is_what_google_writes() -> None:
    assert tdg_core_crc32c.to_text(google_crc32c.value(b"hello world")) == "yZRlqg=="
    for bad in ("", "AAAA", "no base64"):
        with pytest.raises(ValueError, match=r"^$|AAAA|base64"):
            tdg_core_crc32c.from_text(bad)


@given(size=st.integers(0, 1000), part=st.integers(1, 200), seed=st.integers())
def test_every_byte_is_taken_once_whoever_takes_it(size: int, part: int, seed: int) -> None:
    chance, plan, taken = random.Random(seed), Plan(size, part), []
    while (piece := plan.take(first=chance.random() < 0.5)) is not None:
        piece.done = piece.length
        plan.finish(piece)
        taken += range(piece.start, piece.end)
    assert sorted(taken) == list(range(size))
    assert plan.done == size
    assert plan.missing == 0


def test_front_taker_goes_on_where_it_stopped() -> None:
    plan = Plan(100, 10)
    taken = [plan.take(first=True), plan.take(first=False), plan.take(first=True)]
    assert [piece.start for piece in taken if piece] == [0, 90, 10]


@given(content=st.binary(max_size=400), part=st.integers(1, 100))
def test_checksum_of_the_plan_is_that_of_the_content(content: bytes, part: int) -> None:
    plan = Plan(len(content), part)
    while (piece := plan.take(first=False)) is not None:
        piece.crc = google_crc32c.value(content[piece.start : piece.end])
        plan.finish(piece)
    assert plan.crc() == google_crc32c.value(content)


def test_finished_parts_are_resumed_and_the_others_are_not() -> None:
    plan = Plan(95, 10)
    for start in (0, 50, 90):
        piece = plan.resume(start)
        assert piece is not None
        assert not piece.missing
    assert plan.resume(50) is None
    assert plan.resume(51) is None
    assert plan.done == 25
    assert plan.missing == 7


def test_progress_counts_what_is_under_way() -> None:
    plan = Plan(30, 10)
    piece = plan.take(first=True)
    assert piece is not None
    piece.done = 4
    assert plan.done == 4


def test_source_survives_its_plain_form() -> None:
    source = Source("bucket", 123, 5, "AAAAAA==", encoded=False)
    assert Source.from_plain(source.as_plain()) == source
    for other in (None, {}, {"bucket": "x"}, source.as_plain() | {"new": 1}):
        assert Source.from_plain(other) is None


# Objects --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "image/png"),
        ("b/C.JPEG", "image/jpeg"),
        ("x.mov", "video/quicktime"),
        ("scene.exr", "image/x-exr"),
        ("none", "application/octet-stream"),
        ("folder.d/none", "application/octet-stream"),
        (".png", "image/png"),
        ("a.unknown", "application/octet-stream"),
    ],
)
def test_type_follows_the_name(name: str, expected: str) -> None:
    assert tdg_core_objects.content_type(name) == expected


def test_object_has_the_documented_fields() -> None:
    found = tdg_core_objects.described(
        {
            "name": "a.png",
            "size": "12",
            "contentType": "image/png",
            "updated": "2026-01-02T03:04:05.678Z",
            "timeCreated": "2026-01-02T03:04:05Z",
            "md5Hash": "abc",
            "generation": "1700000000000000",
            "metadata": {"artist": "x"},
        }
    )
    assert found["size"] == 12
    assert found["generation"] == 1700000000000000
    assert found["updated"] == "2026-01-02T03:04:05.678+00:00"
    assert found["created"] == "2026-01-02T03:04:05+00:00"
    assert found["metadata"] == {"artist": "x"}
    assert tdg_core_objects.described({})["size"] == 0


def test_only_given_fields_are_set() -> None:
    assert tdg_core_objects.resource("a/b", {}) == {"contentType": "a/b"}
    full = tdg_core_objects.resource("a/b", {"metadata": {}, "cache_control": "no-cache", "make_public": True})
    assert full["metadata"] == {}
    assert full["cacheControl"] == "no-cache"
    assert full["contentType"] == "a/b"


@pytest.mark.parametrize(
    ("header", "crc"), [("crc32c=abc==,md5=def", "abc=="), ("md5=x, crc32c=y", "y"), ("md5=x", ""), ("", "")]
)
def test_checksum_header(header: str, crc: str) -> None:
    assert tdg_core_objects.crc32c_header(header) == crc
