"""Writes on their way: in order, none lost, none twice, whatever the server answers."""

import dataclasses
import sqlite3
from pathlib import Path

import pytest

import tdg_core_firestore_messages as messages
import tdg_core_firestore_settings
import tdg_core_messages
from emulators import FirestoreEmulator
from firestore_engine import Run, Server, Spy, increment, write

FirestoreSettings = tdg_core_firestore_settings.FirestoreSettings

#: Answers after which nobody knows whether the commit was carried out.
UNKNOWN = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL")


def test_a_write_reaches_the_server_and_is_confirmed_with_its_version(engine: Run, database: Server) -> None:
    engine.push(write("a", "set", {"x": 1}))
    engine.connect()
    (result,) = engine.wait_results(1)
    assert result.outcome == messages.CONFIRMED
    assert result.version.endswith("Z")
    assert database.get("c/a") == {"x": 1}


@pytest.mark.parametrize(
    ("op_type", "data", "expected"),
    [
        ("set", {"b": 2}, {"b": 2}),
        ("set_merge", {"b": 2}, {"a": {"x": 1}, "b": 2}),
        ("update", {"a.y": 2}, {"a": {"x": 1, "y": 2}}),
        ("delete", {}, None),
    ],
)
def test_each_kind_of_write_does_what_it_says(engine, database, op_type, data, expected) -> None:
    engine.push(write("a", "set", {"a": {"x": 1}}), write("a", op_type, data))
    engine.connect()
    engine.wait_results(2)
    assert database.get("c/a") == expected


def test_writes_to_one_document_arrive_in_the_order_of_the_calls(engine: Run, database: Server, spy: Spy) -> None:
    for number in range(100):
        engine.push(write("a", "update" if number else "set", {"last": number, f"f{number}": number}))
    engine.connect()
    engine.wait_results(100)
    assert database.get("c/a") == {"last": 99} | {f"f{number}": number for number in range(100)}
    numbers = [next(iter(one["data"].split('"last":')[1].split("}"))) for one in spy.sent()]
    assert numbers == sorted(numbers, key=int)


def test_many_writes_share_few_commits(engine: Run, spy: Spy) -> None:
    engine.push(*(write(f"d{number}", "set", {"n": number}) for number in range(1000)))
    engine.connect()
    engine.wait_results(1000)
    assert len(spy.commits) <= 3


def test_a_document_is_in_one_commit_at_a_time(engine: Run, spy: Spy) -> None:
    spy.gate.clear()
    engine.connect()
    engine.push(write("a", "update", {"n": 1}))
    engine.wait(lambda: len(spy.commits) == 1)
    engine.push(write("a", "update", {"n": 2}), write("b", "set", {}))
    engine.wait(lambda: len(spy.commits) == 2)
    engine.send(messages.FlushQueue())
    engine.send(messages.FlushQueue())
    engine.send(messages.Fetch("c/none"))
    engine.wait_for("fetched")  # everything before it is done
    assert [one["doc_id"] for one in spy.sent()] == ["a", "b"]
    spy.gate.set()
    engine.wait_results(3)


def test_one_refused_write_does_not_block_the_others_and_becomes_a_dead_letter(engine: Run, database: Server) -> None:
    others = [write(f"d{number}", "set", {"n": number}) for number in range(20)]
    engine.push(*others[:7], write("missing", "update", {"x": 1}), *others[7:])
    engine.connect()
    confirmed = engine.wait_results(20, messages.CONFIRMED)
    (dead,) = engine.wait_results(1, messages.DEAD)
    assert len(confirmed) == 20
    assert dead.doc_id == "missing"
    assert "missing" in dead.error
    assert dead.failed_at
    assert database.get("c/d19") == {"n": 19}


def test_what_stands_behind_a_dead_letter_of_the_same_document_is_sent(engine: Run, database: Server) -> None:
    engine.push(write("a", "update", {"x": 1}), write("a", "set", {"x": 2}), write("a", "update", {"y": 3}))
    engine.connect()
    engine.wait_results(1, messages.DEAD)
    engine.wait_results(2, messages.CONFIRMED)
    assert database.get("c/a") == {"x": 2, "y": 3}


def test_dead_letters_can_be_tried_again(engine: Run, database: Server) -> None:
    update = write("a", "update", {"x": 1})
    engine.push(update)
    engine.connect()
    engine.wait_results(1, messages.DEAD)
    database.commit({"collection": "c", "doc_id": "a", "op": "set", "data": {"y": 2}})
    engine.accept(messages.RetryDead([update.queue_id], engine.session))
    engine.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") == {"x": 1, "y": 2}


def test_what_a_former_run_asked_for_its_dead_letters_and_left_in_the_journal_is_told(
    engine_settings: FirestoreSettings,
) -> None:
    retried, cleared = write("a", "update", {"x": 1}), write("b", "update", {"x": 1})
    with Run(engine_settings) as run:
        run.push(retried, cleared)
        run.connect()
        run.wait_results(2, messages.DEAD)
    with Run(engine_settings, session="next") as run:
        run.accept(messages.RetryDead([retried.queue_id], "session"), messages.ClearDead([cleared.queue_id]))
        run.wait(lambda: run.gone() == {retried.queue_id, cleared.queue_id})
        assert {row.queue_id for row in run.rows(messages.DEAD_ROW)} == {retried.queue_id, cleared.queue_id}
        assert [row.queue_id for row in run.rows()] == [retried.queue_id]


def test_dead_letters_survive_a_restart_until_they_are_cleared(engine_settings: FirestoreSettings) -> None:
    update = write("a", "update", {"x": 1})
    with Run(engine_settings) as run:
        run.push(update)
        run.connect()
        run.wait_results(1, messages.DEAD)
    with Run(engine_settings) as run:
        run.wait(lambda: run.rows(messages.DEAD_ROW))
        assert run.rows(messages.DEAD_ROW)[0].queue_id == update.queue_id
        run.accept(messages.ClearDead([update.queue_id]))
        run.wait_for("stored")
    with Run(engine_settings) as run:
        run.connect()
        assert not run.news()


@pytest.mark.parametrize("code", ["ABORTED", "INTERNAL", "RESOURCE_EXHAUSTED"])
def test_a_passing_failure_is_counted_told_and_tried_again(
    engine: Run, database: Server, own_firestore: FirestoreEmulator, code: str
) -> None:
    own_firestore.inject("Commit", code)
    engine.push(write("a", "set", {"x": 1}))
    engine.connect()
    (failed,) = engine.wait_results(1, messages.FAILED)
    assert failed.retry_count == 1
    assert failed.error
    engine.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") == {"x": 1}


def test_a_short_break_of_the_connection_is_not_even_told(engine: Run, own_firestore: FirestoreEmulator) -> None:
    own_firestore.inject("Commit", "UNAVAILABLE", times=2)
    engine.push(write("a", "set", {"x": 1}))
    engine.connect()
    (result,) = engine.wait_results(1)
    assert result.outcome == messages.CONFIRMED
    assert not engine.of("trouble")


def test_a_lost_connection_is_told_and_the_write_goes_out_with_the_next_one(
    engine: Run, database: Server, own_firestore: FirestoreEmulator
) -> None:
    own_firestore.inject("Commit", "UNAVAILABLE", times=3)
    engine.push(write("a", "set", {"x": 1}))
    engine.connect()
    (trouble,) = engine.wait_for("trouble")
    assert trouble.code == "unavailable"
    assert engine.results(messages.FAILED)
    engine.connect()
    engine.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") == {"x": 1}


def test_refused_credentials_stop_everything_after_one_commit(engine: Run, own_firestore: FirestoreEmulator) -> None:
    own_firestore.inject("Commit", "UNAUTHENTICATED", times=5)
    engine.push(write("a", "set", {"x": 1}))
    engine.connect()
    engine.wait_results(1, messages.DEAD)
    (trouble,) = engine.wait_for("trouble")
    assert trouble.code == "credentials"
    engine.push(write("b", "set", {"x": 1}))
    engine.wait_for("stored", 2)
    assert len(engine.results()) == 1


def test_a_missing_permission_ends_the_whole_commit_at_once(
    engine: Run, spy: Spy, own_firestore: FirestoreEmulator
) -> None:
    own_firestore.inject("Commit", "PERMISSION_DENIED")
    engine.push(*(write(f"d{number}") for number in range(50)))
    engine.connect()
    engine.wait_results(50, messages.DEAD)
    assert len(spy.commits) == 1


# Doubles --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("code", UNKNOWN)
def test_an_increment_counts_once_whatever_happened_to_the_answer(
    engine: Run, database: Server, own_firestore: FirestoreEmulator, code: str, applied: bool
) -> None:
    database.commit({"collection": "c", "doc_id": "a", "op": "set", "data": {"n": 10}})
    engine.connect()
    engine.reconnects = True
    for number in range(1, 4):
        own_firestore.inject("Commit", code, times=4 if code == "UNAVAILABLE" else 1, apply=applied)
        engine.push(write("a", "update", {"n": increment(1)}), write("a", "set_merge", {"n": increment(100)}))
        engine.wait_results(2 * number, messages.CONFIRMED)
        own_firestore.clear_faults()
    assert database.get("c/a") == {"n": 10 + 3 * 101}


def test_an_increment_counts_once_when_a_later_attempt_was_certainly_not_carried_out(
    engine: Run, database: Server, own_firestore: FirestoreEmulator
) -> None:
    database.commit({"collection": "c", "doc_id": "a", "op": "set", "data": {"n": 0}})
    own_firestore.inject("Commit", "UNAVAILABLE", apply=True)
    own_firestore.inject("Commit", "ABORTED")
    engine.push(write("a", "update", {"n": increment(1)}))
    engine.connect()
    engine.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") == {"n": 1}


@pytest.mark.parametrize("applied", [True, False])
def test_an_increment_counts_once_across_a_restart(
    engine_settings: FirestoreSettings, database: Server, own_firestore: FirestoreEmulator, applied: bool
) -> None:
    database.commit({"collection": "c", "doc_id": "a", "op": "set", "data": {"n": 0}})
    with Run(engine_settings) as run:
        own_firestore.inject("Commit", "DEADLINE_EXCEEDED", apply=applied)
        run.connect()
        run.push(write("a", "update", {"n": increment(1)}))
        run.wait_for("trouble")
        run.push(write("a", "update", {"n": increment(10)}))
    with Run(engine_settings) as run:
        run.connect()
        run.wait_results(2, messages.CONFIRMED)
    assert database.get("c/a") == {"n": 11}


def test_the_ledger_may_be_deleted_between_two_commits(engine: Run, database: Server, spy: Spy) -> None:
    database.commit({"collection": "c", "doc_id": "a", "op": "set", "data": {"n": 0}})
    engine.connect()
    engine.push(write("a", "update", {"n": increment(1)}))
    engine.wait_results(1, messages.CONFIRMED)
    (ledger,) = [one for one in spy.commits[0] if one["collection"] == "td_gcp_ledger"]
    database.commit({"collection": "td_gcp_ledger", "doc_id": ledger["doc_id"], "op": "delete"})
    engine.push(write("a", "update", {"n": increment(1)}))
    engine.wait_results(2, messages.CONFIRMED)
    assert database.get("c/a") == {"n": 2}


def test_a_refused_guarded_commit_is_divided_like_any_other(engine: Run, database: Server) -> None:
    database.commit({"collection": "c", "doc_id": "a", "op": "set", "data": {"n": 0}})
    engine.push(
        write("a", "update", {"n": increment(1)}),
        write("missing", "update", {"n": increment(1)}),
        write("b", "set_merge", {"n": increment(5)}),
    )
    engine.connect()
    engine.wait_results(2, messages.CONFIRMED)
    engine.wait_results(1, messages.DEAD)
    assert database.get("c/a") == {"n": 1}
    assert database.get("c/b") == {"n": 5}


def test_an_update_before_its_documents_deletion_is_no_dead_letter_when_both_were_carried_out(
    engine: Run, database: Server, own_firestore: FirestoreEmulator
) -> None:
    database.commit({"collection": "c", "doc_id": "a", "op": "set", "data": {"n": 0}})
    own_firestore.inject("Commit", "UNAVAILABLE", apply=True)
    engine.push(write("a", "update", {"n": 1}), write("a", "delete"))
    engine.connect()
    engine.wait_results(2, messages.CONFIRMED)
    assert database.get("c/a") is None


def test_superseded_sets_are_confirmed_and_not_sent(engine: Run, database: Server, spy: Spy) -> None:
    for number in range(200):
        engine.push(write("a", "set", {"n": number}))
    engine.connect()
    confirmed = engine.wait_results(10, messages.CONFIRMED)
    assert sum(1 + result.covers for result in confirmed) == 200
    assert [one["data"] for one in spy.sent()] == ['{"n":199}']
    assert database.get("c/a") == {"n": 199}


# Atomic batches -------------------------------------------------------------------------------------------------------


def test_an_atomic_batch_is_all_or_nothing(engine: Run, database: Server) -> None:
    engine.push(write("a", "set", {"x": 1}, batch="g"), write("missing", "update", {"x": 1}, batch="g"))
    engine.connect()
    engine.wait_results(2, messages.DEAD)
    assert database.get("c/a") is None


def test_an_atomic_batch_of_500_is_one_commit(engine: Run, spy: Spy) -> None:
    engine.push(*(write(f"d{number}", "set", {"n": number}, batch="g") for number in range(500)))
    engine.connect()
    engine.wait_results(500, messages.CONFIRMED)
    assert len(spy.commits) == 1


def test_an_atomic_batch_with_increments_leaves_room_for_its_guard(engine: Run, database: Server, spy: Spy) -> None:
    engine.push(*(write(f"d{number}", "set_merge", {"n": increment(1)}, batch="g") for number in range(499)))
    engine.connect()
    engine.wait_results(499, messages.CONFIRMED)
    assert len(spy.commits) == 1
    assert database.get("c/d498") == {"n": 1}


# Restarts and accepting -----------------------------------------------------------------------------------------------


def test_writes_wait_in_the_file_for_a_later_run_and_are_told_to_it(
    engine_settings: FirestoreSettings, database: Server
) -> None:
    writes = [write(f"d{number}", "set", {"n": number}) for number in range(5)]
    with Run(engine_settings) as run:
        run.push(*writes)
        run.wait_for("stored")
    with Run(engine_settings) as run:
        run.wait(lambda: len(run.rows()) == 5)
        assert [row.queue_id for row in run.rows()] == [one.queue_id for one in writes]
        run.connect()
        run.wait_results(5, messages.CONFIRMED)
    assert database.get("c/d4") == {"n": 4}
    with Run(engine_settings) as run:
        run.connect()
        assert not run.news()


def test_what_the_journal_offers_twice_is_taken_once(engine_settings: FirestoreSettings, database: Server) -> None:
    with Run(engine_settings) as run:
        accepted = run.accept(messages.Writes([write("a", "set_merge", {"n": increment(1)})], run.session))
        run.wait_for("stored")
        run.connect()
        run.wait_results(1, messages.CONFIRMED)
    with Run(engine_settings) as run:
        run.send(accepted[0])
        (stored,) = run.wait_for("stored")
        assert stored.entries == (accepted[0].entry,)
        run.connect()
        run.push(write("b"))
        run.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") == {"n": 1}


def test_writes_that_a_former_run_left_in_the_journal_are_told(engine_settings: FirestoreSettings) -> None:
    one = write("a")
    with Run(engine_settings, session="now") as run:
        run.accept(messages.Writes([one], "before"))
        run.wait(run.rows)
        assert run.rows()[0].queue_id == one.queue_id


def test_nothing_is_acknowledged_while_the_file_is_locked_and_writing_goes_on(
    engine_settings: FirestoreSettings, database: Server
) -> None:
    with Run(engine_settings) as run:
        run.connect()
        with sqlite3.connect(engine_settings.store_file, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            run.push(write("a", "set", {"x": 1}))
            run.wait_results(1, messages.CONFIRMED)
            assert not run.of("stored")
            assert any("locked" in event.message for event in run.of("logged"))
            other.execute("ROLLBACK")
        other.close()
        assert database.get("c/a") == {"x": 1}
        run.push(write("b"))
        run.wait_for("stored")


def test_clearing_discards_what_waits_and_tells_so(engine: Run, database: Server) -> None:
    engine.push(write("a"), write("b"))
    engine.accept(messages.ClearQueue())
    discarded = engine.wait_results(2, messages.DISCARDED)
    assert {result.doc_id for result in discarded} == {"a", "b"}
    engine.connect()
    engine.push(write("c"))
    engine.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") is None


def test_reset_forgets_the_queue(engine: Run, database: Server) -> None:
    engine.push(write("a"))
    engine.wait_for("stored")
    engine.send(tdg_core_messages.Forget())
    engine.connect()
    engine.push(write("b"))
    engine.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") is None


def test_without_a_file_everything_works_in_memory(
    engine_settings: FirestoreSettings, database: Server, tmp_path: Path
) -> None:
    with Run(dataclasses.replace(engine_settings, store_file="")) as run:
        run.push(write("a", "set_merge", {"n": increment(2)}))
        run.connect()
        run.wait_results(1, messages.CONFIRMED)
    assert database.get("c/a") == {"n": 2}
    assert list(tmp_path.iterdir()) == []


def test_a_new_engine_tells_again_what_the_one_before_may_not_have_told(engine_settings: FirestoreSettings) -> None:
    confirmed, dead, queued = write("a"), write("b", "update", {"x": 1}), write("c")
    with Run(engine_settings) as run:
        run.push(confirmed, dead)
        run.connect()
        run.wait_results(1, messages.CONFIRMED)
        run.wait_results(1, messages.DEAD)
    with Run(engine_settings) as run:
        run.push(queued)
        run.send(messages.StillQueued([one[:3] for one in (confirmed, dead, queued)]))
        run.wait_results(2)
        assert {result.queue_id: result.outcome for result in run.results()} == {
            confirmed.queue_id: messages.CONFIRMED,
            dead.queue_id: messages.DEAD,
        }
