"""Listeners and everything that can happen to them: none dies in silence, and each comes back by itself."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

import tdg_core_firestore_inbound as inbound
import tdg_core_firestore_watch_spec as specs
from listen_server import ADD, PATIENCE_S, REMOVE, RESET, ListenServer, ServerStream, document
from tdg_core_firestore_filters import Filters
from tdg_core_settings import Settings
from work.firestore.listening import FAST, Listening

T = 1_700_000_000_000_000


def begun(scripted: ListenServer, listening: Listening, *doc_ids: str) -> tuple[ServerStream, int]:
    """`users` with these documents, live; its stream and its number there."""
    for doc_id in doc_ids:
        scripted.put(f"users/{doc_id}", T, n=1)
    listening.watch("users")
    stream = scripted.stream()
    number = stream.target().target_id
    stream.open_target(number, [], T + 1)
    listening.until_rows("users", {doc_id: {"n": 1} for doc_id in doc_ids})
    return stream, number


@pytest.fixture
def impatient(scripted: ListenServer) -> Iterator[Listening]:
    """Listeners that take silence for death soon."""
    timing = replace(FAST, answer_s=0.1, silence_s=0.1, stuck_s=0.2)
    with Listening(Settings(component="firestore", emulator_host=scripted.host), timing) as running:
        yield running


# Streams that break ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["UNAVAILABLE", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "OK"]
)
def test_a_stream_that_breaks_is_taken_up_where_it_was(scripted: ListenServer, listening: Listening, code: str) -> None:
    stream, number = begun(scripted, listening, "a", "b")
    stream.put(document("users/lost", T + 2, n=9), number)
    stream.end(code)
    again = scripted.stream()
    target = again.target()
    assert target.resume_token == b"mark"
    assert target.target_id != number
    again.gone("users/b", target.target_id)
    again.open_target(target.target_id, [document("users/a", T + 2, n=2)], T + 3)
    seen = listening.until_rows("users", {"a": {"n": 2}})
    assert seen.kinds[2:] == [("b", "removed"), ("a", "modified")]
    assert listening.troubles == []


def test_a_break_that_is_mended_soon_is_not_told(scripted: ListenServer) -> None:
    timing = replace(FAST, announce_s=60.0)
    with Listening(Settings(component="firestore", emulator_host=scripted.host), timing) as listening:
        stream, _ = begun(scripted, listening, "a")
        stream.end()
        again = scripted.stream()
        again.open_target(again.target().target_id, [document("users/a", T + 2, n=2)], T + 2)
        seen = listening.until_rows("users", {"a": {"n": 2}})
        assert seen.states == ["loading", "live"]


def test_a_lasting_break_is_told_with_its_reason_and_mended(scripted: ListenServer, listening: Listening) -> None:
    stream, _ = begun(scripted, listening, "a")
    scripted.fail("Listen", "UNAVAILABLE", times=5)
    scripted.answer = scripted.serve
    stream.end()
    seen = listening.until("users", lambda seen: "reconnecting" in seen.states)
    assert "Firestore cannot be reached" in seen.reason or seen.state == "live"
    seen = listening.until("users", lambda seen: seen.state == "live")
    assert scripted.calls["Listen"] == 7
    assert listening.troubles == []
    assert seen.rows == {"a": {"n": 1}}


def test_when_nothing_gets_through_the_connection_counts_as_lost_and_a_new_one_goes_on(
    scripted: ListenServer, listening: Listening
) -> None:
    stream, _ = begun(scripted, listening, "a")
    scripted.fail("Listen", "UNAVAILABLE", times=100)
    scripted.fail("BatchGetDocuments", "UNAVAILABLE", times=100)
    stream.end()
    listening.wait(lambda: bool(listening.troubles), "trouble")
    assert listening.troubles[0].code == "unavailable"
    listening.until("users", lambda seen: seen.state == "reconnecting")
    attempts = scripted.calls["Listen"]
    scripted.fail("Listen", "UNAVAILABLE", times=0)
    scripted.fail("BatchGetDocuments", "UNAVAILABLE", times=0)
    listening.connect()
    again = scripted.stream()
    target = again.target()
    assert target.resume_token == b"mark"
    again.open_target(target.target_id, [], T + 2)
    listening.until_rows("users", {"a": {"n": 1}})
    assert scripted.calls["Listen"] == attempts + 1
    assert len(listening.troubles) == 1


def test_a_stop_and_a_start_go_on_where_it_was(scripted: ListenServer, listening: Listening) -> None:
    stream, _ = begun(scripted, listening, "a")
    listening.disconnect()
    assert stream.over.wait(PATIENCE_S)
    assert listening.until("users", lambda seen: seen.state == "reconnecting").reason
    listening.connect()
    again = scripted.stream()
    target = again.target()
    assert target.resume_token == b"mark"
    again.open_target(target.target_id, [], T + 2)
    seen = listening.until_rows("users", {"a": {"n": 1}})
    assert seen.kinds == [("a", "added")]


def test_several_streams_that_break_together_are_one_failure(scripted: ListenServer, listening: Listening) -> None:
    scripted.answer = scripted.serve
    names = [f"c{number}" for number in range(150)]
    for name in names:
        listening.watch(name)
    for name in names:
        listening.until_rows(name, {})
    broken = listening.run(lambda: listening.listeners._mender._failures)
    streams = listening.run(lambda: list(listening.listeners._streams))
    assert len(streams) == 2
    for stream in streams:
        stream._call._call.cancel()
    listening.wait(lambda: scripted.calls["Listen"] == 4, "new streams")
    for name in names:
        listening.until_rows(name, {})
    assert broken == 0
    assert listening.run(lambda: listening.listeners._mender._failures) <= 2


def test_unwatching_during_a_reconnect_ends_it(scripted: ListenServer, listening: Listening) -> None:
    stream, _ = begun(scripted, listening, "a")
    scripted.fail("Listen", "UNAVAILABLE", times=3)
    stream.end()
    listening.wait(lambda: scripted.calls["Listen"] >= 2, "attempt")
    listening.unwatch("users")
    scripted.answer = scripted.serve
    listening.watch("other")
    listening.until_rows("other", {})
    assert listening.run(lambda: [len(stream.targets) for stream in listening.listeners._streams]) == [1]


# What the server does not remember ------------------------------------------------------------------------------------


def test_a_token_that_the_server_resets_is_reconciled(scripted: ListenServer, listening: Listening) -> None:
    stream, _ = begun(scripted, listening, "a", "b")
    stream.end()
    again = scripted.stream()
    number = again.target().target_id
    again.change(ADD, number)
    again.change(RESET, number)
    again.open_target(number, [document("users/b", T, n=1), document("users/c", T + 2, n=3)], T + 3)
    seen = listening.until_rows("users", {"b": {"n": 1}, "c": {"n": 3}})
    assert seen.kinds[2:] == [("a", "removed"), ("c", "added")]


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "NOT_FOUND"])
def test_a_token_that_is_refused_for_the_target_is_given_up(
    scripted: ListenServer, listening: Listening, code: str
) -> None:
    stream, _ = begun(scripted, listening, "a", "b")
    stream.end()
    again = scripted.stream()
    number = again.target().target_id
    again.change(REMOVE, number, code=code, message="resume token expired")
    third = scripted.stream()
    target = third.target()
    assert not target.resume_token
    third.open_target(target.target_id, [document("users/a", T, n=1)], T + 3)
    seen = listening.until_rows("users", {"a": {"n": 1}})
    assert "error" not in seen.states


def test_a_token_that_is_refused_for_the_stream_is_given_up(scripted: ListenServer, listening: Listening) -> None:
    stream, _ = begun(scripted, listening, "a")
    stream.end()
    scripted.stream().end("INVALID_ARGUMENT", "bad resume token")
    third = scripted.stream()
    target = third.target()
    assert not target.resume_token
    third.open_target(target.target_id, [document("users/a", T, n=1)], T + 3)
    seen = listening.until_rows("users", {"a": {"n": 1}})
    assert "error" not in seen.states


# What the server refuses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("PERMISSION_DENIED", "error"),
        ("INVALID_ARGUMENT", "error"),
        ("FAILED_PRECONDITION", "error"),
        ("NOT_FOUND", "error"),
        ("RESOURCE_EXHAUSTED", "reconnecting"),
        ("UNAVAILABLE", "reconnecting"),
        ("INTERNAL", "reconnecting"),
        ("ABORTED", "reconnecting"),
        ("", "reconnecting"),
    ],
)
def test_a_target_that_is_taken_away_says_why_and_comes_back_while_others_go_on(
    scripted: ListenServer, listening: Listening, code: str, state: str
) -> None:
    stream, number = begun(scripted, listening, "a")
    listening.watch("me", specs.document("users/me"))
    mine = stream.target().target_id
    stream.open_target(mine, [document("users/me", T, n=1)], T + 2)
    listening.until_rows("me", {"me": {"n": 1}})
    stream.change(REMOVE, number, code=code, message="The query requires an index.")
    seen = listening.until("users", lambda seen: seen.state == state)
    if code == "FAILED_PRECONDITION":
        assert "requires an index" in seen.reason
    assert len(seen.reason.split()) > 6
    again = stream.target()
    assert again.resume_token == b"mark"
    stream.put(document("users/me", T + 3, n=2), mine)
    stream.open_target(again.target_id, [document("users/a", T + 3, n=2)], T + 3)
    listening.until_rows("users", {"a": {"n": 2}})
    listening.until_rows("me", {"me": {"n": 2}})
    assert scripted.calls["Listen"] == 1


@pytest.mark.parametrize("code", ["PERMISSION_DENIED", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"])
def test_a_refused_stream_is_told_and_tried_again_until_it_is_allowed(
    scripted: ListenServer, listening: Listening, code: str
) -> None:
    scripted.put("users/a", T, n=1)
    scripted.answer = scripted.serve
    scripted.fail("Listen", code, times=4)
    listening.watch("users")
    listening.until("users", lambda seen: seen.state in {"error", "reconnecting"})
    seen = listening.until_rows("users", {"a": {"n": 1}})
    assert scripted.calls["Listen"] == 5
    assert ("error" in seen.states) == (code != "RESOURCE_EXHAUSTED")
    assert listening.troubles == []


def test_the_one_query_that_makes_the_server_refuse_the_stream_is_found_and_the_others_live(
    scripted: ListenServer, listening: Listening
) -> None:
    listening.disconnect()

    def picky(stream: ServerStream) -> None:
        while True:
            target = stream.target()
            if target.query.structured_query.limit.value == 13:
                stream.end("INVALID_ARGUMENT", "13 brings bad luck")
                return
            stream.open_target(target.target_id, [], T + 1)

    scripted.answer = picky
    names = [f"q{number}" for number in range(1, 21)]
    for number, name in enumerate(names, 1):
        listening.watch(name, specs.query("users", limit=number))
    listening.connect()
    for name in names:
        if name != "q13":
            listening.until_rows(name, {})
    seen = listening.until("q13", lambda seen: seen.state == "error")
    assert "13 brings bad luck" in seen.reason
    listening.unwatch("q13")
    for name in names:
        if name != "q13":
            assert listening.until("q1", lambda seen: seen.state == "live").state == "live"


def test_many_bad_queries_harm_no_good_one_and_leave_room_for_others(
    scripted: ListenServer, listening: Listening
) -> None:
    listening.disconnect()

    def picky(stream: ServerStream) -> None:
        while True:
            target = stream.target()
            if target.query.structured_query.limit.value % 5 == 0:
                stream.end("INVALID_ARGUMENT", "no fives")
                return
            stream.open_target(target.target_id, [], T + 1)

    scripted.answer = picky
    names = {number: f"q{number}" for number in range(1, 121)}
    for number, name in names.items():
        listening.watch(name, specs.query("users", limit=number))
    listening.connect()
    states = {name: "live" if number % 5 else "error" for number, name in names.items()}
    listening.wait(
        lambda: (
            {name: listening.seen(name).state for name in names.values()} == states
            and listening.run(lambda: sum(stream.shared for stream in listening.listeners._streams)) <= 4
        ),
        "good ones live and bad ones refused",
        lambda: str({name for name, state in states.items() if listening.seen(name).state != state}),
    )
    assert listening.run(lambda: len(listening.listeners._streams)) <= 50
    listening.watch("late", specs.query("users", limit=121))
    listening.until_rows("late", {})


def test_a_refused_token_is_renewed_and_the_stream_goes_on(scripted: ListenServer, listening: Listening) -> None:
    stream, _ = begun(scripted, listening, "a")
    scripted.answer = scripted.serve
    stream.end("UNAUTHENTICATED")
    listening.wait(lambda: scripted.calls["Listen"] == 2, "another stream")
    listening.until_rows("users", {"a": {"n": 1}})
    assert listening.troubles == []


def test_a_token_that_is_refused_again_needs_a_person(scripted: ListenServer, listening: Listening) -> None:
    stream, _ = begun(scripted, listening, "a")
    scripted.fail("Listen", "UNAUTHENTICATED", times=10)
    stream.end("UNAUTHENTICATED")
    listening.wait(lambda: bool(listening.troubles), "trouble")
    assert listening.troubles[0].code == "credentials"
    assert scripted.calls["Listen"] == 2
    listening.until("users", lambda seen: seen.state == "reconnecting")


# Silence --------------------------------------------------------------------------------------------------------------


def test_a_silent_stream_that_is_well_is_asked_once_and_kept(scripted: ListenServer, impatient: Listening) -> None:
    stream, number = begun(scripted, impatient, "a")
    for _ in range(3):
        probe = stream.target()
        assert probe.documents.documents[0].endswith("tdg_probe/none")
        stream.change(ADD, probe.target_id)
        assert stream.removed() == probe.target_id
    stream.put(document("users/a", T + 2, n=2), number)
    stream.consistent(T + 2)
    impatient.until_rows("users", {"a": {"n": 2}})
    assert scripted.calls["Listen"] == 1


def test_a_stream_that_has_died_without_a_word_is_replaced(scripted: ListenServer, impatient: Listening) -> None:
    begun(scripted, impatient, "a")
    again = scripted.stream()
    target = again.target()
    assert target.resume_token == b"mark"
    scripted.answer = scripted.serve
    again.open_target(target.target_id, [document("users/a", T + 2, n=2)], T + 2)
    impatient.until_rows("users", {"a": {"n": 2}})


def test_a_server_that_never_answers_is_told_and_asked_again(scripted: ListenServer, impatient: Listening) -> None:
    scripted.put("users/a", T, n=1)
    impatient.watch("users")
    scripted.stream()
    scripted.stream()
    seen = impatient.until("users", lambda seen: seen.state == "reconnecting")
    assert "silent" in seen.reason
    scripted.answer = scripted.serve
    impatient.until_rows("users", {"a": {"n": 1}})


def test_a_target_that_hangs_on_a_living_stream_is_asked_for_again(
    scripted: ListenServer, impatient: Listening
) -> None:
    stream, _ = begun(scripted, impatient)
    impatient.watch("few", specs.query("users", limit=2))
    hung = stream.target()
    stream.change(ADD, hung.target_id)
    stream.put(document("users/a", T, n=1), hung.target_id)
    while (target := stream.target()).HasField("documents"):  # asks whether the stream lives
        stream.change(ADD, target.target_id)
    assert target.query.structured_query.limit.value == 2
    assert not target.resume_token
    assert "few" in impatient.until("few", lambda seen: seen.state == "reconnecting").reason
    stream.open_target(target.target_id, [document("users/a", T, n=1)], T + 2)
    impatient.until_rows("few", {"a": {"n": 1}})


def test_a_clock_that_jumps_ends_nothing(scripted: ListenServer, listening: Listening) -> None:
    """A computer that slept finds its timers due all at once."""
    stream, number = begun(scripted, listening, "a")
    clock = listening.loop.clock
    listening.run(lambda: setattr(listening.loop, "clock", lambda: clock() + 36_000.0))
    probe = stream.target()
    stream.change(ADD, probe.target_id)
    stream.put(document("users/a", T + 2, n=2), number)
    stream.consistent(T + 2)
    listening.until_rows("users", {"a": {"n": 2}})
    assert scripted.calls["Listen"] == 1


# Pages ----------------------------------------------------------------------------------------------------------------


def test_a_page_that_could_not_be_read_is_read_again(scripted: ListenServer, listening: Listening) -> None:
    scripted.put("users/a", T, n=1)
    scripted.answer = scripted.serve
    scripted.fail("ListDocuments", "UNAVAILABLE", times=2)
    listening.watch("users")
    seen = listening.until_rows("users", {"a": {"n": 1}})
    assert seen.states == ["loading", "live"]


def test_a_collection_that_may_not_be_listed_is_listened_to_directly(
    scripted: ListenServer, listening: Listening
) -> None:
    scripted.fail("ListDocuments", "UNIMPLEMENTED", times=9)
    listening.watch("users")
    stream = scripted.stream()
    target = stream.target()
    assert not target.HasField("read_time")
    stream.open_target(target.target_id, [document("users/a", T, n=1)], T + 1)
    listening.until_rows("users", {"a": {"n": 1}})


def test_a_network_that_breaks_while_pages_are_read_is_told_and_the_reading_begins_anew(
    scripted: ListenServer, listening: Listening
) -> None:
    scripted.put("users/a", T, n=1)
    scripted.answer = scripted.serve
    scripted.fail("ListDocuments", "UNAVAILABLE", times=15)
    listening.watch("users")
    listening.until("users", lambda seen: seen.state == "reconnecting")
    listening.until_rows("users", {"a": {"n": 1}})
    assert scripted.calls["ListDocuments"] == 16


def test_a_change_of_filters_calls_off_what_is_being_read(scripted: ListenServer, listening: Listening) -> None:
    scripted.put("users/a", T, n=1)
    scripted.put("users/b", T, n=1)
    scripted.answer = scripted.serve
    scripted.fail("ListDocuments", "UNAVAILABLE", times=2)
    listening.watch("users")
    listening.run(listening.listeners.set_filters, Filters.of(["a"], "include", [], "exclude"))
    seen = listening.until_rows("users", {"a": {"n": 1}})
    assert seen.kinds == [("a", "added")]


def test_what_waits_to_be_taken_is_bounded_by_the_documents_not_by_the_changes(
    scripted: ListenServer, listening: Listening
) -> None:
    stream, number = begun(scripted, listening, "a")
    for version in range(1, 500):
        stream.put(document("users/hot", T + version, n=version), number)
        stream.consistent(T + version)
    listening.wait(lambda: sum(count for _, count in listening.delivered) == 500, "all changes")
    (event,) = [event for event in iter(listening.outbox.take, None) if isinstance(event, inbound.DocumentsChanged)]
    (change,) = event.changes
    assert change[:3] == ("hot", "added", '{"n":499}')
