"""A listen target: only consistent states come out, whatever the server says in between.

The cases follow the groups of the portable specs of Firestore's mobile clients (listen, existence_filter, recovery).
"""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

import tdg_core_firestore_watch_events as events
from tdg_core_firestore_inbound import Change, merged
from tdg_core_firestore_watch import Accepted, Ended, Mismatch, Outcome, Restarted, Snapshot, Target, apply

ID = 7
TOKEN = b"token"


class Session:
    """One target and the server that speaks of it."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.target = Target(known)
        self.time = 1_700_000_000_000_000_000
        self.outcomes: list[Outcome] = []
        self.target.resume()

    def say(self, *said: events.Event) -> list[Outcome]:
        outcomes = [outcome for event in said for outcome in apply({ID: self.target}, event)]
        self.outcomes += outcomes
        return outcomes

    def put(self, doc_id: str, version: int, payload: str | None = "{}") -> None:
        self.say(events.DocumentChange(doc_id, version, payload, (ID,)))

    def gone(self, doc_id: str) -> None:
        self.say(events.DocumentGone(doc_id, (ID,)))

    def current(self) -> None:
        self.say(events.TargetChange(events.CURRENT, (ID,), TOKEN, self.time))

    def consistent(self, token: bytes = TOKEN) -> list[tuple[str, str]] | None:
        """The server says that all is consistent; (id, kind) of the changes, None if nothing came out."""
        self.time += 1_000_000
        outcomes = self.say(events.TargetChange(events.NO_CHANGE, (), token, self.time))
        if not outcomes:
            return None
        assert isinstance(outcomes[0], Snapshot)
        return [(change.doc_id, change.change_type) for change in outcomes[0].changes]

    def begin(self, *doc_ids: str) -> list[tuple[str, str]] | None:
        self.say(events.TargetChange(events.ADDED, (ID,)))
        for doc_id in doc_ids:
            self.put(doc_id, 1)
        self.current()
        return self.consistent()


@pytest.fixture
def session() -> Session:
    return Session()


def test_the_first_documents_come_out_together_when_they_are_consistent(session: Session) -> None:
    session.put("a", 1, '{"x":1}')
    assert session.consistent() is None
    session.put("b", 2)
    session.current()
    assert session.consistent() == [("a", "added"), ("b", "added")]
    snapshot = session.outcomes[-1]
    assert isinstance(snapshot, Snapshot)
    assert snapshot.changes[0] == Change("a", "added", '{"x":1}', "1970-01-01T00:00:00.000000001Z")


def test_an_empty_collection_is_up_to_date_with_no_changes(session: Session) -> None:
    assert session.begin() == []


def test_changes_come_out_one_snapshot_at_a_time(session: Session) -> None:
    session.begin("a", "b")
    session.put("a", 5)
    session.put("c", 5)
    session.gone("b")
    assert session.consistent() == [("a", "modified"), ("c", "added"), ("b", "removed")]
    assert session.consistent() is None


def test_a_removal_tells_when_the_document_was_known_to_be_gone(session: Session) -> None:
    session.begin("a")
    session.gone("a")
    session.consistent()
    snapshot = session.outcomes[-1]
    assert isinstance(snapshot, Snapshot)
    assert snapshot.changes == [Change("a", "removed", None, "2023-11-14T22:13:20.002Z")]


def test_a_document_that_no_longer_matches_is_removed(session: Session) -> None:
    session.begin("a")
    session.say(events.DocumentChange("a", 9, "{}", (), (ID,)))
    assert session.consistent() == [("a", "removed")]


def test_what_the_server_says_of_other_targets_is_ignored(session: Session) -> None:
    session.begin("a")
    session.say(
        events.DocumentChange("x", 9, "{}", (99,), (98,)),
        events.DocumentGone("a", (99,)),
        events.Size(99, 5),
        events.TargetChange(events.REMOVED, (99,), code="permission"),
        events.TargetChange(events.RESET, (99,)),
    )
    assert session.consistent() is None


def test_the_same_document_twice_comes_out_once_and_unchanged_not_at_all(session: Session) -> None:
    session.begin("a")
    session.put("a", 2)
    session.put("a", 3)
    assert session.consistent() == [("a", "modified")]
    session.put("a", 3)
    assert session.consistent() == []
    session.gone("a")
    session.put("a", 3)
    assert session.consistent() == []


def test_a_document_that_came_and_went_between_two_snapshots_is_not_told(session: Session) -> None:
    session.begin()
    session.put("a", 2)
    session.gone("a")
    assert session.consistent() == []


def test_a_read_time_for_some_targets_only_is_no_snapshot(session: Session) -> None:
    session.put("a", 1)
    session.current()
    assert session.say(events.TargetChange(events.NO_CHANGE, (ID,), b"early", session.time)) == []
    assert session.consistent() == [("a", "added")]


def test_a_snapshot_older_than_the_last_one_is_held_back(session: Session) -> None:
    session.begin("a")
    session.put("a", 2)
    assert session.say(events.TargetChange(events.NO_CHANGE, (), b"old", session.time - 1)) == []
    assert session.target.resume()[0] == TOKEN
    session.current()
    assert session.consistent() == []


# Resuming -------------------------------------------------------------------------------------------------------------


def test_after_a_break_it_goes_on_from_the_last_consistent_state(session: Session) -> None:
    session.begin("a", "b")
    session.put("a", 5)
    session.say(events.TargetChange(events.NO_CHANGE, (ID,), b"too far", session.time))
    assert session.target.resume() == (TOKEN, 0)
    session.put("a", 5)
    session.gone("b")
    session.current()
    assert session.consistent() == [("a", "modified"), ("b", "removed")]


def test_a_query_with_a_limit_begins_anew_after_a_break_and_is_compared() -> None:
    session = Session()
    session.target = Target(resumable=False)
    session.target.resume()
    session.begin("a", "b")
    assert session.target.resume() == (b"", 0)
    session.put("b", 1)
    session.put("c", 1)
    session.current()
    assert session.consistent() == [("a", "removed"), ("c", "added")]


def test_a_break_before_the_first_state_begins_from_nothing(session: Session) -> None:
    session.put("a", 1)
    session.put("old", 1)
    assert session.target.resume() == (b"", 0)
    session.put("a", 1)
    session.current()
    assert session.consistent() == [("a", "added")]


def test_up_to_date_again_is_told_though_nothing_has_changed(session: Session) -> None:
    session.begin("a")
    session.target.resume()
    session.current()
    assert session.consistent() == []
    assert session.consistent() is None


def test_a_complete_set_after_a_restart_tells_only_what_differs(session: Session) -> None:
    session.begin("a", "b", "c")
    session.target.restart()
    assert session.target.resume() == (b"", 0)
    session.put("a", 1)
    session.put("b", 9)
    session.put("d", 9)
    session.current()
    assert session.consistent() == [("c", "removed"), ("b", "modified"), ("d", "added")]


def test_a_reset_by_the_server_is_reconciled_and_not_shown_half(session: Session) -> None:
    session.begin("a", "b")
    session.put("a", 2)
    assert session.say(events.TargetChange(events.RESET, (ID,))) == [Restarted(ID)]
    session.put("b", 3)
    assert session.consistent() is None
    session.current()
    assert session.consistent() == [("a", "removed"), ("b", "modified")]


def test_a_reset_for_all_targets_concerns_each(session: Session) -> None:
    session.begin("a")
    assert session.say(events.TargetChange(events.RESET)) == [Restarted(ID)]


# What was known before ------------------------------------------------------------------------------------------------


def test_cached_rows_that_vanished_meanwhile_are_removed_and_all_others_told_as_added() -> None:
    session = Session(["a", "b"])
    assert session.begin("a", "c") == [("b", "removed"), ("a", "added"), ("c", "added")]


def test_pages_and_the_changes_since_make_one_first_state() -> None:
    session = Session(["vanished"])
    assert session.target.unread
    session.target.read([events.DocumentChange("a", 1, "{}"), events.DocumentChange("b", 1, "{}")])
    session.target.read([events.DocumentChange("c", 1, "{}")])
    session.target.read_all(1234)
    assert not session.target.unread
    assert session.target.resume() == (b"", 1234)
    session.gone("b")
    session.put("c", 2)
    session.say(events.Size(ID, 2))
    session.current()
    assert session.consistent() == [("vanished", "removed"), ("a", "added"), ("c", "added")]
    assert session.target.resume() == (TOKEN, 0)


def test_once_consistent_the_pages_are_done_with() -> None:
    session = Session()
    session.target.read([events.DocumentChange("a", 1, "{}")])
    session.target.read_all(1234)
    session.target.resume()
    session.current()
    session.consistent()
    session.gone("a")
    session.target.resume()
    session.current()
    assert session.consistent() == []


def test_a_break_after_the_pages_keeps_the_pages() -> None:
    session = Session()
    session.target.read([events.DocumentChange("a", 1, "{}")])
    session.target.read_all(1234)
    session.target.resume()
    session.put("b", 2)
    assert session.target.resume() == (b"", 1234)
    session.current()
    assert session.consistent() == [("a", "added"), ("b", "added")]


# Counts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [-1, 1])
def test_a_wrong_count_is_found_out(session: Session, off: int) -> None:
    session.begin("a", "b")
    assert session.say(events.Size(ID, 2 + off)) == [Mismatch(ID, 2 + off, 2)]


def test_a_right_count_is_no_news_also_between_snapshots(session: Session) -> None:
    session.put("a", 1)
    assert session.say(events.Size(ID, 1)) == []
    session.put("b", 1)
    session.current()
    session.consistent()
    session.gone("a")
    session.gone("unheard")
    session.put("b", 2)
    session.put("c", 2)
    assert session.say(events.Size(ID, 2)) == []


def test_documents_that_the_filters_keep_out_are_counted(session: Session) -> None:
    session.put("a", 1)
    session.put("secret", 1, None)
    session.current()
    assert session.consistent() == [("a", "added")]
    assert session.say(events.Size(ID, 2)) == []
    session.gone("secret")
    assert session.say(events.Size(ID, 1)) == []
    assert session.consistent() == []


def test_a_complete_set_forgets_what_the_filters_had_kept_out_before(session: Session) -> None:
    session.put("secret", 1, None)
    session.current()
    session.consistent()
    session.target.restart()
    session.target.resume()
    session.put("a", 1)
    session.current()
    session.consistent()
    assert session.say(events.Size(ID, 1)) == []


# Filters and ends -----------------------------------------------------------------------------------------------------


def test_after_a_change_of_filters_all_is_told_anew_and_what_is_kept_out_removed(session: Session) -> None:
    session.begin("a", "b", "c")
    session.target.refilter()
    session.target.resume()
    session.put("a", 1, '{"other":1}')
    session.put("b", 1, None)
    session.put("c", 1)
    session.current()
    assert session.consistent() == [("a", "modified"), ("b", "removed"), ("c", "modified")]


@pytest.mark.parametrize("targets", [(ID,), ()])
def test_the_end_of_a_target_is_told_with_its_cause(session: Session, targets: tuple[int, ...]) -> None:
    session.begin("a")
    change = events.TargetChange(events.REMOVED, targets, code="exhausted", message="quota")
    assert session.say(change) == [Ended(ID, "exhausted", "quota")]


def test_an_end_without_a_cause_is_tried_again(session: Session) -> None:
    (outcome,) = session.say(events.TargetChange(events.REMOVED, (ID,)))
    assert isinstance(outcome, Ended)
    assert outcome.code == "unavailable"


def test_being_taken_in_is_told(session: Session) -> None:
    assert session.say(events.TargetChange(events.ADDED, (ID,))) == [Accepted(ID)]


# Against a model ------------------------------------------------------------------------------------------------------

DOC_IDS = st.sampled_from("abcde")


class Server(RuleBasedStateMachine):
    """Any order of changes, snapshots, breaks, resets and page reads leaves the table as the server is."""

    @initialize(known=st.sets(DOC_IDS))
    def start(self, known: set[str]) -> None:
        self.session = Session(sorted(known))
        self.table = dict.fromkeys(known, 0)
        self.documents: dict[str, int] = {}
        self.told: dict[str, int] = {}
        self.whole = True
        self.version = 0
        self._tell_all()

    def _tell_all(self) -> None:
        for doc_id, version in self.documents.items():
            self.session.put(doc_id, version)

    @rule(doc_id=DOC_IDS)
    def write(self, doc_id: str) -> None:
        self.version += 1
        self.documents[doc_id] = self.version
        self.session.put(doc_id, self.version)

    @rule(doc_id=DOC_IDS)
    def delete(self, doc_id: str) -> None:
        self.documents.pop(doc_id, None)
        self.session.gone(doc_id)

    @rule()
    def count(self) -> None:
        assert self.session.say(events.Size(ID, len(self.documents))) == []

    @rule(lose=st.booleans())
    def break_and_resume(self, lose: bool) -> None:
        """The stream breaks; the server tells what has changed since the token's state."""
        if lose:
            self.session.target.restart()
        token, _ = self.session.target.resume()
        base = self.told if token else {}
        for doc_id, version in self.documents.items():
            if base.get(doc_id) != version:
                self.session.put(doc_id, version)
        for doc_id in base.keys() - self.documents.keys():
            self.session.gone(doc_id)

    @rule()
    def reset(self) -> None:
        self.session.say(events.TargetChange(events.RESET, (ID,)))
        self._tell_all()

    @rule()
    def snapshot(self) -> None:
        self.session.current()
        self.session.time += 1_000_000
        for outcome in self.session.say(events.TargetChange(events.NO_CHANGE, (), TOKEN, self.session.time)):
            assert isinstance(outcome, Snapshot)
            for change in outcome.changes:
                self._check(change)
        self.told = dict(self.documents)
        assert self.table.keys() == self.documents.keys()

    def _check(self, change: Change) -> None:
        if change.change_type == "removed":
            del self.table[change.doc_id]
            return
        if change.change_type == "modified":
            assert change.doc_id in self.table
        self.table[change.doc_id] = self.documents[change.doc_id]


Server.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestServer = Server.TestCase


@given(st.lists(st.sampled_from(["added", "modified", "removed"]), min_size=1, max_size=5))
def test_changes_that_nobody_took_merge_into_what_a_newcomer_would_call_it(kinds: list[Any]) -> None:
    change = Change("a", kinds[0], "0", "v0")
    for number, kind in enumerate(kinds[1:], 1):
        change = Change(*merged(change, Change("a", kind, str(number), f"v{number}")))
    assert change.payload == str(len(kinds) - 1)
    assert (change.change_type == "removed") == (kinds[-1] == "removed")
    if kinds[0] == "added" and kinds[-1] == "modified" and "removed" not in kinds:
        assert change.change_type == "added"
    if kinds[-2:] == ["removed", "added"]:
        assert change.change_type == "modified"
