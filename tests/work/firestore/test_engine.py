"""The engine as a whole: cache and hydration, discovery, reading one document, filters."""

import dataclasses
from typing import Any

import tdg_core_firestore_messages as messages
import tdg_core_firestore_watch_spec as specs
import tdg_core_messages
from emulators import FirestoreEmulator
from firestore_engine import FirestoreSettings, Run, Server, increment, write
from tdg_core_firestore_inbound import Change, Unwatch, Watch

SPEC = specs.collection("c").as_plain()


def changes(run: Run, name: str = "c") -> list[Change]:
    """Everything told of a listener so far."""
    return [Change(*one) for event in run.of("documents_changed") if event.name == name for one in event.changes]


def shown(run: Run, name: str = "c") -> dict[str, str | None]:
    """Document ids and payloads as a table would show them."""
    table = {change.doc_id: change.payload for change in changes(run, name)}
    return {doc_id: payload for doc_id, payload in table.items() if payload is not None}


def put(database: Server, *doc_ids: str, **data: Any) -> None:
    database.commit(*({"collection": "c", "doc_id": doc_id, "op": "set", "data": data} for doc_id in doc_ids))


def is_live(run: Run, name: str = "c") -> bool:
    return any(event.state == "live" for event in run.of("listener_state") if event.name == name)


def watch(run: Run) -> None:
    run.send(messages.Hydrate("c", "c", ""))
    run.send(Watch("c", SPEC, []))


def cached(engine_settings: FirestoreSettings, database: Server, *doc_ids: str, **data: Any) -> None:
    """A run that leaves these documents in the cache."""
    put(database, *doc_ids, **data)
    with Run(engine_settings) as run:
        watch(run)
        run.connect()
        run.wait(lambda: len(shown(run)) == len(doc_ids))


def test_tables_are_filled_from_the_cache_without_a_server(
    engine_settings: FirestoreSettings, database: Server
) -> None:
    cached(engine_settings, database, *(f"d{number}" for number in range(250)), x=1)
    with Run(engine_settings) as run:
        watch(run)
        run.wait(lambda: len(shown(run)) == 250)
        assert shown(run)["d7"] == '{"x":1}'
        assert not run.of("connected")


def test_the_first_snapshot_removes_what_vanished_meanwhile(
    engine_settings: FirestoreSettings, database: Server
) -> None:
    cached(engine_settings, database, "a", "b", "c", x=1)
    database.commit({"collection": "c", "doc_id": "b", "op": "delete"})
    put(database, "c", x=2)
    with Run(engine_settings) as run:
        watch(run)
        run.wait(lambda: len(shown(run)) == 3)
        run.connect()
        run.wait(lambda: shown(run) == {"a": '{"x":1}', "c": '{"x":2}'})


def test_other_filters_forget_the_cache(engine_settings: FirestoreSettings, database: Server) -> None:
    """A payload that lacks fields must not be taken for a whole document later."""
    cached(dataclasses.replace(engine_settings, filter_fields=("secret",)), database, "a", x=1, secret=2)
    with Run(engine_settings) as run:
        watch(run)
        run.connect()
        run.wait(lambda: is_live(run))
        run.wait(lambda: shown(run))
        assert [change.payload for change in changes(run)] == ['{"secret":2,"x":1}']


def test_filters_changed_while_it_runs_show_and_hide(engine_settings: FirestoreSettings, database: Server) -> None:
    put(database, "a", "b", x=1, y=2)
    with Run(engine_settings) as run:
        watch(run)
        run.connect()
        run.wait(lambda: len(shown(run)) == 2)
        filtered = dataclasses.replace(engine_settings, filter_docs=("a",), filter_fields=("y",))
        run.send(tdg_core_messages.Configure(filtered.as_plain()))
        run.wait(lambda: shown(run) == {"a": '{"x":1}'})


def test_a_document_watched_alone_is_cached_and_a_query_is_not(
    engine_settings: FirestoreSettings, database: Server
) -> None:
    put(database, "a", "b", x=1)
    with Run(engine_settings) as run:
        run.send(Watch("c/a", specs.document("c/a").as_plain(), []))
        run.send(Watch("q", specs.query("c", ("x", "==", 1)).as_plain(), []))
        run.connect()
        run.wait(lambda: len(shown(run, "q")) == 2 and shown(run, "c/a"))
    with Run(engine_settings) as run:
        run.send(messages.Hydrate("c/a", "c", "a"))
        run.send(messages.Hydrate("c", "c", ""))
        run.wait(lambda: shown(run) and shown(run, "c/a"))
        assert list(shown(run)) == ["a"]


def test_unwatching_while_the_cache_is_read_ends_it(engine_settings: FirestoreSettings, database: Server) -> None:
    cached(engine_settings, database, *(f"d{number}" for number in range(250)), x=1)
    with Run(engine_settings) as run:
        watch(run)
        run.send(Unwatch("c"))
        run.connect()
        run.send(messages.Fetch("c/d1"))
        run.wait_for("fetched")
        assert len(shown(run)) < 250
        assert not run.of("listener_state")


def test_collections_are_discovered_ours_left_out(engine: Run, database: Server) -> None:
    put(database, "a", x=1)
    database.commit({"collection": "c/a/sub", "doc_id": "x", "op": "set", "data": {}})
    engine.push(write("z", "set_merge", {"n": increment(1)}, collection="other"))
    engine.connect()
    engine.wait_results(1)
    engine.send(messages.Discover(on=True))
    event = engine.wait(lambda: [event for event in engine.of("discovered") if not event.cached])[-1]
    assert event.collections == ["c", "other"]


def test_without_a_server_the_cached_collections_are_discovered(
    engine_settings: FirestoreSettings, database: Server
) -> None:
    cached(engine_settings, database, "a", x=1)
    with Run(engine_settings) as run:
        run.send(messages.Discover(on=True))
        (event,) = run.wait_for("discovered")
        assert event.cached
        assert event.collections == ["c"]


def test_a_document_is_fetched_as_soon_as_there_is_a_connection(engine: Run, database: Server) -> None:
    put(database, "a", x=1)
    engine.send(messages.Fetch("c/a"))
    engine.send(messages.Fetch("c/none"))
    engine.connect()
    found = {event.path: event for event in engine.wait_for("fetched", 2)}
    assert found["c/a"].payload == '{"x":1}'
    assert found["c/a"].version
    assert found["c/none"].payload is None
    assert not found["c/none"].error


def test_a_read_that_fails_says_why(engine: Run, own_firestore: FirestoreEmulator) -> None:
    engine.connect()
    own_firestore.inject("BatchGetDocuments", "PERMISSION_DENIED")
    engine.send(messages.Fetch("c/a"))
    (event,) = engine.wait_for("fetched")
    assert "Cloud Datastore User" in event.error


def test_documents_can_be_put_into_the_cache_by_hand(engine_settings: FirestoreSettings) -> None:
    with Run(engine_settings) as run:
        run.send(messages.CacheDocuments(7, [("c", "a", '{"x":1}', "v", "t"), ("c", "b", "{}", "v", "t")]))
        run.send(messages.CacheDocuments(8, [("c", "b", None, "", "")]))
        assert [event.number for event in run.wait_for("documents_cached", 2)] == [7, 8]
    with Run(engine_settings) as run:
        run.send(messages.Hydrate("c", "c", ""))
        run.wait(lambda: shown(run) == {"a": '{"x":1}'})
