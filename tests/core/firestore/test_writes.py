"""The queue of writes: what may go out together, in which order, and what an answer does to it."""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tdg_core_firestore_writes as writes

INCREMENT = '{"n":{"__type":"increment","value":1}}'

_numbers = itertools.count(1)


@pytest.fixture
def queue() -> writes.Queue:
    return new_queue()


def new_queue() -> writes.Queue:
    ids: Iterator[int] = itertools.count(1)
    return writes.Queue(lambda: f"commit-{next(ids)}")


def entry(doc_id: str, op_type: str = "set", payload: str = "{}", batch: str = "") -> writes.Entry:
    number = next(_numbers)
    return writes.Entry(number, f"q{number}", "c", doc_id, op_type, payload, "2026-01-01T00:00:00Z", batch)


def add(queue: writes.Queue, *entries: writes.Entry) -> list[writes.Entry]:
    for one in entries:
        queue.add(one)
    return list(entries)


def test_waiting_writes_to_different_documents_go_out_in_one_commit(queue: writes.Queue) -> None:
    entries = add(queue, entry("a"), entry("b"), entry("c"))
    commit = queue.take(0.0)
    assert commit is not None
    assert commit.entries == entries
    assert queue.take(0.0) is None


def test_a_document_in_flight_holds_back_its_own_later_writes_and_no_others(queue: writes.Queue) -> None:
    add(queue, entry("a", "update"))
    first = queue.take(0.0)
    assert first is not None
    later, other = add(queue, entry("a", "update"), entry("b", "update"))
    second = queue.take(0.0)
    assert second is not None
    assert second.entries == [other]
    queue.done(first)
    third = queue.take(0.0)
    assert third is not None
    assert third.entries == [later]


def test_of_full_sets_in_a_row_only_the_last_is_sent_and_all_are_settled(queue: writes.Queue) -> None:
    entries = add(queue, entry("a"), entry("a"), entry("a"), entry("a", "update", '{"x":1}'), entry("a"))
    commit = queue.take(0.0)
    assert commit is not None
    assert commit.sent == entries[2:]
    queue.done(commit)
    assert len(queue) == 0


def test_a_long_row_of_waiting_sets_to_one_document_stays_short(queue: writes.Queue) -> None:
    for _ in range(1000):
        queue.add(entry("a"))
    assert len(queue) == writes.KEPT_SETS
    assert sum(1 + one.covers for one in queue.entries()) == 1000


def test_sets_are_never_merged_across_another_kind_of_write(queue: writes.Queue) -> None:
    for number in range(100):
        queue.add(entry("a", "set" if number % 2 else "update", '{"x":1}'))
    assert len(queue) == 100
    commit = queue.take(0.0)
    assert commit is not None
    assert len(commit.sent) == 100


def test_a_delete_never_shares_a_commit_with_an_earlier_write_to_its_document(queue: writes.Queue) -> None:
    """Sent twice, the update would find the document deleted by the commit itself and be refused."""
    update, delete = add(queue, entry("a", "update", '{"x":1}'), entry("a", "delete"))
    commit = queue.take(0.0)
    assert commit is not None
    assert commit.entries == [update]
    queue.done(commit)
    commit = queue.take(0.0)
    assert commit is not None
    assert commit.entries == [delete]


def test_a_commit_keeps_to_the_limits_of_the_server(queue: writes.Queue) -> None:
    for number in range(1200):
        queue.add(entry(f"d{number}"))
    sizes = []
    while (commit := queue.take(0.0)) is not None:
        sizes.append(len(commit.sent))
    assert sizes == [500, 500, 200]


def test_large_payloads_are_spread_over_commits_and_a_huge_one_goes_alone(queue: writes.Queue) -> None:
    half = json.dumps({"x": "y" * (writes.MAX_CHARACTERS // 2 - 1000)})
    huge = json.dumps({"x": "y" * (2 * writes.MAX_CHARACTERS)})
    add(queue, entry("a", "set", huge), *(entry(name, "set", half) for name in "bcd"))
    sizes = []
    while (commit := queue.take(0.0)) is not None:
        sizes.append(len(commit.sent))
    assert sizes == [1, 2, 1]


def test_a_refused_commit_is_halved_until_the_guilty_write_stands_alone(queue: writes.Queue) -> None:
    entries = add(queue, *(entry(f"d{number}") for number in range(100)))
    guilty = entries[37]
    dead, commits = [], 0
    while (commit := queue.take(0.0)) is not None:
        commits += 1
        if guilty in commit.sent:
            dead += queue.refused(commit, whole=False)
        else:
            queue.done(commit)
    assert dead == [guilty]
    assert len(queue) == 0
    assert commits < 20


def test_a_refusal_that_concerns_all_alike_ends_the_whole_commit(queue: writes.Queue) -> None:
    entries = add(queue, *(entry(f"d{number}") for number in range(100)))
    commit = queue.take(0.0)
    assert commit is not None
    assert queue.refused(commit, whole=True) == entries


def test_an_atomic_batch_dies_as_a_whole_and_takes_nothing_else_with_it(queue: writes.Queue) -> None:
    group = add(queue, entry("a", batch="g"), entry("b", batch="g"), entry("a", "update", '{"x":1}', batch="g"))
    others = add(queue, entry("c"), entry("d", batch="h"), entry("e", batch="h"))
    dead = []
    for _ in range(20):
        commit = queue.take(0.0)
        if commit is None:
            break
        assert len({one.queue_id for one in group} & {one.queue_id for one in commit.entries}) in {0, 3}
        if group[0] in commit.entries:
            dead += queue.refused(commit, whole=False)
        else:
            queue.done(commit)
    assert dead == group
    assert len(queue) == 0
    assert others


def test_several_atomic_batches_share_a_commit(queue: writes.Queue) -> None:
    for number in range(100):
        add(queue, *(entry(f"d{number}-{part}", batch=f"g{number}") for part in range(3)))
    commit = queue.take(0.0)
    assert commit is not None
    assert len(commit.entries) == 300


def test_an_atomic_update_and_delete_of_one_document_is_guarded(queue: writes.Queue) -> None:
    add(queue, entry("a", "update", '{"x":1}', batch="g"), entry("a", "delete", batch="g"))
    commit = queue.take(0.0)
    assert commit is not None
    assert commit.id


def test_an_atomic_batch_waits_until_all_its_documents_are_free(queue: writes.Queue) -> None:
    add(queue, entry("b"))
    first = queue.take(0.0)
    assert first is not None
    group = add(queue, entry("a", batch="g"), entry("b", batch="g"))
    (behind,) = add(queue, entry("a", "update"))
    assert queue.take(0.0) is None
    queue.done(first)
    commit = queue.take(0.0)
    assert commit is not None
    assert commit.entries == group
    queue.done(commit)
    last = queue.take(0.0)
    assert last is not None
    assert last.entries == [behind]


def test_a_failed_write_keeps_its_place_and_waits(queue: writes.Queue) -> None:
    first, second = add(queue, entry("a", "update"), entry("a", "update"))
    commit = queue.take(0.0)
    assert commit is not None
    queue.again(commit, not_before=5.0)
    assert queue.take(4.9) is None
    assert queue.next_time(0.0) == 5.0
    again = queue.take(5.0)
    assert again is not None
    assert again.entries == [first, second]


def test_waking_forgets_every_wait(queue: writes.Queue) -> None:
    add(queue, entry("a"))
    commit = queue.take(0.0)
    assert commit is not None
    queue.again(commit, not_before=50.0)
    queue.pause(100.0)
    queue.wake()
    assert queue.take(0.0) is not None


def test_a_guarded_commit_of_unknown_outcome_is_sent_again_exactly_as_it_was(queue: writes.Queue) -> None:
    (increment,) = add(queue, entry("a", "update", INCREMENT))
    commit = queue.take(0.0)
    assert commit is not None
    assert commit.id
    add(queue, entry("a", "update"), entry("b", "update"))
    commit.uncertain = True
    queue.again(commit, not_before=1.0)
    plain = queue.take(0.0)
    assert plain is not None
    assert [one.doc_id for one in plain.entries] == ["b"]
    again = queue.take(1.0)
    assert again is commit
    assert again.entries == [increment]


def test_a_later_answer_does_not_make_an_unknown_outcome_known(queue: writes.Queue) -> None:
    add(queue, entry("a", "update", INCREMENT))
    commit = queue.take(0.0)
    assert commit is not None
    commit.uncertain = True
    queue.again(commit, not_before=1.0)
    again = queue.take(1.0)
    assert again is commit
    queue.again(commit, not_before=2.0)  # ABORTED, say: nothing was done this time
    assert queue.take(2.0) is commit


def test_only_one_guarded_commit_is_out_at_a_time(queue: writes.Queue) -> None:
    add(queue, entry("a", "update", INCREMENT))
    first = queue.take(0.0)
    add(queue, entry("b", "update", INCREMENT), entry("c", "update"))
    plain = queue.take(0.0)
    assert first is not None
    assert plain is not None
    assert [one.doc_id for one in plain.entries] == ["c"]
    assert queue.take(0.0) is None
    queue.done(first)
    second = queue.take(0.0)
    assert second is not None
    assert second.id not in {"", first.id}


def test_an_atomic_batch_with_an_increment_waits_for_the_guarded_commit_that_is_out(queue: writes.Queue) -> None:
    add(queue, entry("a", "update", INCREMENT))
    first = queue.take(0.0)
    group = add(queue, entry("b", batch="g"), entry("c", "update", INCREMENT, batch="g"))
    assert queue.take(0.0) is None
    assert first is not None
    queue.done(first)
    second = queue.take(0.0)
    assert second is not None
    assert second.entries == group


def test_an_increment_in_a_full_set_needs_no_guard() -> None:
    assert not entry("a", "set", INCREMENT).guarded
    assert entry("a", "set_merge", INCREMENT).guarded
    assert not entry("a", "update", '{"increment":1}').guarded


def test_a_restart_takes_up_the_guarded_commit_first(queue: writes.Queue) -> None:
    sent, later = add(queue, entry("a", "update", INCREMENT), entry("a", "update", INCREMENT))
    queue.resume("commit-of-before", [sent])
    commit = queue.take(0.0)
    assert commit is not None
    assert (commit.id, commit.entries) == ("commit-of-before", [sent])
    assert queue.take(0.0) is None
    queue.done(commit)
    second = queue.take(0.0)
    assert second is not None
    assert second.entries == [later]


def test_what_is_in_flight_when_the_queue_is_cleared_ends_with_its_answer(queue: writes.Queue) -> None:
    add(queue, entry("a"))
    commit = queue.take(0.0)
    assert commit is not None
    (waiting,) = add(queue, entry("a", "update"))
    assert queue.discard(queue.entries()) == [waiting]
    assert len(queue) == 1
    assert queue.again(commit, 0.0) == commit.entries
    assert len(queue) == 0


def test_discarding_one_of_an_atomic_batch_discards_all_of_it(queue: writes.Queue) -> None:
    group = add(queue, entry("a", batch="g"), entry("b", batch="g"))
    assert {one.queue_id for one in queue.discard([group[0]])} == {one.queue_id for one in group}
    assert len(queue) == 0


@pytest.mark.parametrize(
    ("op_type", "payload", "word"),
    [("replace", {}, "op_type"), ("set", [1], "dict"), ("update", {}, "field"), ("set", None, "dict")],
)
def test_what_can_never_run_is_named(op_type: str, payload: object, word: str) -> None:
    assert word in writes.problem_of("c", "d", op_type, payload)


def test_a_delete_needs_no_data() -> None:
    assert not writes.problem_of("c", "d", "delete", None)


def many(count: int, op_type: str, payload: str = "{}") -> list[writes.Entry | None]:
    return [entry(f"d{number}", op_type, payload) for number in range(count)]


@pytest.mark.parametrize(
    ("batch", "word"),
    [
        (many(500, "set"), ""),
        (many(501, "set"), "500"),
        (many(500, "delete"), ""),
        (many(499, "update", INCREMENT), ""),
        (many(500, "update", INCREMENT), "499"),
        ([*many(499, "update"), entry("d0", "delete")], "499"),
        ([entry("a"), None], "as a whole"),
    ],
)
def test_an_atomic_batch_that_can_never_run_is_named(batch: list[writes.Entry | None], word: str) -> None:
    problem = writes.problem_of_batch(batch)
    assert word in problem
    assert bool(problem) == bool(word)


operations = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["set", "set", "update", "increment", "delete"]),
        st.sampled_from(["", "", "", "group"]),
    ),
    max_size=30,
)
answers = st.sampled_from(["take", "accept", "done", "done", "again", "unknown", "refused"])


class Server:
    """Sends what the queue gives out and settles it in any order, with any answer."""

    def __init__(self) -> None:
        self.queue = new_queue()
        self.accepted = 0
        self.reached: dict[str, list[int]] = defaultdict(list)
        self.out: list[writes.Commit] = []
        self.covered = self.dead = 0

    def accept(self, one: writes.Entry) -> None:
        self.accepted += 1
        one.seq = self.accepted
        self.queue.add(one)

    def take(self, now: float) -> bool:
        commit = self.queue.take(now)
        if commit is None:
            return False
        busy = {one.doc_id for other in self.out for one in other.entries}
        assert not busy & {one.doc_id for one in commit.entries}
        self.out.append(commit)
        return True

    def answer(self, how: str, number: int, now: float) -> None:
        commit = self.out.pop(number % len(self.out))
        if how in {"again", "unknown"}:
            commit.uncertain = commit.uncertain or how == "unknown"
            self.queue.again(commit, now + 1.0)
        elif how == "refused":
            self.dead += len(self.queue.refused(commit, whole=False))
        else:
            for one in commit.entries:
                self.reached[one.doc_id].append(one.seq)
                self.covered += one.covers
            self.queue.done(commit)


@settings(max_examples=100, deadline=None)
@given(operations, st.lists(st.tuples(answers, st.integers(0, 9)), max_size=60))
def test_whatever_answers_come_each_document_gets_its_writes_in_order_and_none_twice(ops, steps) -> None:
    server = Server()
    pending = [
        entry(doc, "update" if op == "increment" else op, INCREMENT if op == "increment" else '{"x":1}', batch)
        for doc, op, batch in sorted(ops, key=lambda op: not op[2])  # an atomic batch is accepted as a whole
    ]
    for one in [one for one in pending if one.batch]:
        server.accept(pending.pop(pending.index(one)))
    for now, (step, number) in enumerate(steps):
        if step == "accept" and pending:
            server.accept(pending.pop(0))
        if step == "take" or not server.out:
            server.take(now)
        else:
            server.answer(step, number, now)
    for one in pending:
        server.accept(one)
    for now in range(1000, 1500):
        if not server.take(now) and server.out:
            server.answer("done", 0, now)
    assert len(server.queue) == 0
    for seqs in server.reached.values():
        assert seqs == sorted(set(seqs))
    assert sum(map(len, server.reached.values())) + server.covered + server.dead == server.accepted
