"""What the tables show: the server's documents with what is not confirmed laid over them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tdg_core_firestore_estimate as estimate
import tdg_core_firestore_rows as rows

V1 = "2026-01-01T00:00:01Z"
V2 = "2026-01-01T00:00:02Z"
V3 = "2026-01-01T00:00:03Z"
NOW = "2026-01-01T12:00:00Z"


def text(**fields: Any) -> str:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def pending(queue_id: str, op_type: str, **fields: Any) -> rows.Pending:
    return rows.Pending(queue_id, op_type, text(**fields), NOW)


@pytest.fixture
def documents() -> rows.Documents:
    return rows.Documents()


def test_a_remote_document_is_shown_as_it_is(documents: rows.Documents) -> None:
    assert documents.remote("a", rows.ABSENT, text(x=1), V1) == rows.Shown(text(x=1), V1)


def test_an_older_version_changes_nothing(documents: rows.Documents) -> None:
    shown = rows.Shown(text(x=2), V2)
    assert documents.remote("a", shown, text(x=1), V1) == shown
    assert documents.remote("a", shown, None, V1) == shown


def test_versions_are_compared_as_times_not_as_text(documents: rows.Documents) -> None:
    shown = rows.Shown(text(x=2), "2026-01-01T00:00:01.500Z")
    older = "2026-01-01T00:00:01.250001Z"
    newer = "2026-01-01T00:00:01.500000001Z"
    assert documents.remote("a", shown, text(x=1), older) == shown
    assert documents.remote("a", shown, text(x=1), newer).version == newer


def test_an_own_write_shows_at_once_and_is_dirty_until_confirmed(documents: rows.Documents) -> None:
    shown = documents.write("a", rows.ABSENT, pending("q", "set", x=1))
    assert shown == rows.Shown(text(x=1), "", dirty=True)
    assert documents.confirm("a", shown, "q", V1) == rows.Shown(text(x=1), V1)
    assert not documents


def test_a_refused_write_restores_the_version_of_the_server(documents: rows.Documents) -> None:
    server = rows.Shown(text(x=1), V1)
    shown = documents.write("a", server, pending("q", "set", x=2))
    assert documents.drop("a", shown, "q") == server


def test_a_refused_first_write_takes_the_row_away(documents: rows.Documents) -> None:
    shown = documents.write("a", rows.ABSENT, pending("q", "set", x=2))
    assert documents.drop("a", shown, "q") == rows.ABSENT


def test_a_remote_change_under_a_queued_update_shows_through(documents: rows.Documents) -> None:
    shown = documents.write("a", rows.Shown(text(x=1, y=1), V1), pending("q", "update", x=2))
    shown = documents.remote("a", shown, text(x=1, y=5), V2)
    assert shown == rows.Shown(text(x=2, y=5), V2, dirty=True)
    assert documents.drop("a", shown, "q") == rows.Shown(text(x=1, y=5), V2)


def test_an_echo_before_the_confirmation_is_not_applied_twice(documents: rows.Documents) -> None:
    shown = documents.write("a", rows.Shown(text(n=1), V1), pending("q", "update", n=increment(1)))
    assert shown.payload == text(n=2)
    shown = documents.remote("a", shown, text(n=2), V2)
    shown = documents.confirm("a", shown, "q", V2)
    assert shown == rows.Shown(text(n=2), V2)


def test_the_echo_replaces_an_estimate_of_the_same_version(documents: rows.Documents) -> None:
    """Somebody else's change may have reached the server before ours without a snapshot of its own."""
    shown = documents.write("a", rows.Shown(text(n=1), V1), pending("q", "update", n=increment(1)))
    shown = documents.confirm("a", shown, "q", V3)
    assert shown == rows.Shown(text(n=2), V3)
    assert documents.remote("a", shown, text(n=7), V3) == rows.Shown(text(n=7), V3)


def test_queued_writes_stay_over_the_confirmed_ones(documents: rows.Documents) -> None:
    shown = documents.write("a", rows.ABSENT, pending("q1", "set", x=1))
    shown = documents.write("a", shown, pending("q2", "update", y=2))
    shown = documents.confirm("a", shown, "q1", V1)
    assert shown == rows.Shown(text(x=1, y=2), V1, dirty=True)
    assert documents.drop("a", shown, "q2") == rows.Shown(text(x=1), V1)


def test_writes_of_a_former_run_lie_under_those_of_this_one_however_late_they_are_told(
    documents: rows.Documents,
) -> None:
    server = rows.Shown(text(x=0, y=0), V1)
    shown = documents.write("a", server, pending("young", "update", x=9))
    for number in (1, 2):
        former = pending(f"old{number}", "update", x=number, y=number)
        former.former = True
        shown = documents.write("a", shown, former)
    assert shown.payload == text(x=9, y=2)
    shown = documents.confirm("a", shown, "old1", V2)
    shown = documents.drop("a", shown, "young")
    assert shown.payload == text(x=2, y=2)


def test_a_deletion_takes_the_row_away_and_an_older_snapshot_does_not_bring_it_back(documents: rows.Documents) -> None:
    shown = documents.write("a", rows.Shown(text(x=1), V1), pending("q", "delete"))
    assert shown.payload is None
    shown = documents.confirm("a", shown, "q", V3)
    assert shown.payload is None
    assert documents.remote("a", shown, text(x=1), V2).payload is None
    assert documents.remote("a", shown, text(x=9), "2026-01-01T00:00:04Z").payload == text(x=9)


def test_a_refused_deletion_brings_the_row_back(documents: rows.Documents) -> None:
    server = rows.Shown(text(x=1), V1)
    shown = documents.write("a", server, pending("q", "delete"))
    assert documents.drop("a", shown, "q") == server


def test_typed_text_stays_until_it_is_sent_whatever_the_server_sends(documents: rows.Documents) -> None:
    shown = documents.edit("a", rows.Shown(text(x=1), V1), '{"x": 2')
    assert shown == rows.Shown('{"x": 2', V1, dirty=True)
    shown = documents.remote("a", shown, text(x=5), V2)
    assert shown == rows.Shown('{"x": 2', V2, dirty=True)
    assert documents.unsent("a") == ('{"x": 2', text(x=1))


def test_text_typed_back_is_no_edit(documents: rows.Documents) -> None:
    shown = documents.edit("a", rows.Shown(text(x=1), V1), "oops")
    assert documents.edit("a", shown, text(x=1)) == rows.Shown(text(x=1), V1)
    assert not documents


def test_a_sent_edit_is_a_write_like_any_other(documents: rows.Documents) -> None:
    server = rows.Shown(text(x=1), V1)
    shown = documents.edit("a", server, '{"x": 2}')
    documents.sent("a")
    shown = documents.write("a", shown, pending("q", "set", x=2))
    assert shown == rows.Shown(text(x=2), V1, dirty=True)
    assert documents.drop("a", shown, "q") == server


def test_forgetting_all_writes_restores_the_server(documents: rows.Documents) -> None:
    documents.write("a", rows.Shown(text(x=1), V1), pending("q1", "set", x=2))
    documents.write("b", rows.ABSENT, pending("q2", "set", x=2))
    assert documents.forget_writes() == {"a": rows.Shown(text(x=1), V1), "b": rows.ABSENT}


def test_filters_apply_to_own_writes_too() -> None:
    documents = rows.Documents(lambda payload: {name: value for name, value in payload.items() if name != "secret"})
    assert documents.write("a", rows.ABSENT, pending("q", "set", x=1, secret=2)).payload == text(x=1)


def test_writes_of_one_commit_share_a_version_and_are_all_counted(documents: rows.Documents) -> None:
    server = rows.Shown(text(n=1), V1)
    shown = documents.write("a", server, pending("q1", "update", n=increment(1)))
    shown = documents.write("a", shown, pending("q2", "update", n=increment(1)))
    shown = documents.confirm("a", shown, "q1", V2)
    shown = documents.confirm("a", shown, "q2", V2)
    assert shown == rows.Shown(text(n=3), V2)


def test_an_answer_for_a_large_document_with_many_queued_writes_does_not_cost_a_frame(
    documents: rows.Documents,
) -> None:
    shown = rows.Shown(text(**{f"f{number}": number for number in range(500)}), V1)
    for number in range(300):
        shown = documents.write("a", shown, pending(f"q{number}", "set_merge", **{f"g{number}": True}))
    server = json.loads(shown.payload or "")
    replayed = 0
    original = documents._after

    def counted(*args: Any) -> Any:
        nonlocal replayed
        replayed += 1
        return original(*args)

    documents._after = counted  # type: ignore[method-assign]
    for number in range(300):
        version = f"2026-01-01T00:{number // 60:02}:{number % 60:02}.5Z"
        shown = documents.confirm("a", shown, f"q{number}", version)
        told = {name: value for name, value in server.items() if name[0] == "f" or int(name[1:]) <= number}
        shown = documents.remote("a", shown, text(**told), version)
    assert json.loads(shown.payload or "") == server
    assert replayed < 300 * 100


def test_thousands_of_queued_writes_to_one_document_stay_cheap(documents: rows.Documents) -> None:
    shown = rows.Shown(text(n=0), V1)
    for number in range(20_000):
        shown = documents.write("a", shown, pending(f"q{number}", "update", n=increment(1)))
    assert shown.payload == text(n=20_000)
    for number in range(20_000):
        shown = documents.confirm("a", shown, f"q{number}", V2)
    assert shown == rows.Shown(text(n=20_000), V2)


def increment(value: float) -> dict[str, Any]:
    return {"__type": "increment", "value": value}


MARKER = {"__type": "timestamp", "value": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("op_type", "base", "data", "expected"),
    [
        ("set", {"a": 1}, {"b": 2}, {"b": 2}),
        ("set_merge", None, {"b": 2}, {"b": 2}),
        ("set_merge", {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ("set_merge", {"a": {"x": 1}}, {"a": {}}, {"a": {}}),
        ("set_merge", {"a": {"x": 1}}, {"a": MARKER}, {"a": MARKER}),
        ("update", {"a": {"x": 1}, "b": 1}, {"a.y": 2}, {"a": {"x": 1, "y": 2}, "b": 1}),
        ("update", {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2}}),
        ("update", {"a.b": 1}, {"`a.b`": 2}, {"a.b": 2}),
        ("update", None, {"a": 1}, None),
        ("update", {"a": 1, "b": 2}, {"a": {"__type": "delete_field"}}, {"b": 2}),
        ("update", {"a": 1}, {"a": increment(2), "b": increment(3)}, {"a": 3, "b": 3}),
        ("update", {"a": "text"}, {"a": increment(2)}, {"a": 2}),
        ("update", {"a": [1]}, {"a": {"__type": "array_union", "value": [1, 2]}}, {"a": [1, 2]}),
        ("update", {"a": [1, 2, 1]}, {"a": {"__type": "array_remove", "value": [1]}}, {"a": [2]}),
        ("set", {}, {"at": {"__type": "server_timestamp"}}, {"at": {"__type": "timestamp", "value": NOW}}),
        ("delete", {"a": 1}, {}, None),
    ],
)
def test_a_write_is_estimated_by_the_rules_of_the_server(op_type, base, data, expected) -> None:
    assert estimate.applied(op_type, base, data, NOW) == expected


values = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.text(min_size=1, max_size=2), values), st.dictionaries(st.text(min_size=1, max_size=2), values)
)
def test_estimating_never_changes_what_it_is_given(base: dict[str, Any], data: dict[str, Any]) -> None:
    before = json.dumps([base, data])
    for op_type in ("set", "set_merge", "update"):
        estimate.applied(op_type, base, data, NOW)
    assert json.dumps([base, data]) == before
