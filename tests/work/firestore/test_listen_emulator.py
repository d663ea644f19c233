"""Listeners against the emulator: whatever happens in between, the table ends as the server is."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import tdg_core_firestore_watch_spec as specs
from emulators import FirestoreEmulator, Proxy
from tdg_core_settings import Settings
from tdg_gateway_firestore import Gateway, open_gateway
from work.firestore.listening import FAST, Listening


@pytest.fixture
def collection(firestore_project: str) -> str:
    """A collection that no other test knows."""
    return firestore_project


@pytest.fixture
def writer(firestore_emulator: FirestoreEmulator) -> Iterator[Gateway]:
    """Somebody else who writes, past all disturbances."""
    gateway = open_gateway(Settings(component="writer", emulator_host=firestore_emulator.host))
    yield gateway
    gateway.close()


@pytest.fixture
def listening(own_firestore: FirestoreEmulator) -> Iterator[Listening]:
    """Listeners connected to the emulator."""
    with Listening(Settings(component="firestore", emulator_host=own_firestore.host)) as running:
        yield running


def put(writer: Gateway, collection: str, **documents: Any) -> None:
    writer.commit(
        [
            {"collection": collection, "doc_id": doc_id, "op": "delete" if data is None else "set", "data": data}
            for doc_id, data in documents.items()
        ]
    )


def test_writes_of_others_appear_as_they_happen(writer: Gateway, listening: Listening, collection: str) -> None:
    put(writer, collection, a={"n": 1}, b={"n": 1})
    listening.watch(collection)
    listening.until_rows(collection, {"a": {"n": 1}, "b": {"n": 1}})
    put(writer, collection, a={"n": 2}, b=None, c={"t": {"__type": "bytes", "value": "AAE="}})
    seen = listening.until_rows(collection, {"a": {"n": 2}, "c": {"t": {"__type": "bytes", "value": "AAE="}}})
    assert seen.kinds[2:] == [("a", "modified"), ("b", "removed"), ("c", "added")] or len(seen.kinds) == 5


def test_a_query_follows_what_comes_into_it_and_leaves_it(
    writer: Gateway, listening: Listening, collection: str
) -> None:
    put(writer, collection, a={"n": 1}, b={"n": 2}, c={"n": 3})
    listening.watch("top", specs.query(collection, ("n", ">", 0), "-n", 2))
    listening.until_rows("top", {"b": {"n": 2}, "c": {"n": 3}})
    put(writer, collection, a={"n": 9})
    listening.until_rows("top", {"a": {"n": 9}, "c": {"n": 3}})
    put(writer, collection, c=None)
    listening.until_rows("top", {"a": {"n": 9}, "b": {"n": 2}})


def test_a_document_comes_and_goes(writer: Gateway, listening: Listening, collection: str) -> None:
    listening.watch("one", specs.document(f"{collection}/a"))
    listening.until_rows("one", {})
    put(writer, collection, a={"n": 1}, b={"n": 2})
    listening.until_rows("one", {"a": {"n": 1}})
    put(writer, collection, a=None)
    listening.until_rows("one", {})


DISTURBANCES: dict[str, Callable[[FirestoreEmulator], object]] = {
    "streams end": lambda emulator: emulator.end_streams("UNAVAILABLE"),
    "streams end well": lambda emulator: emulator.end_streams("OK"),
    "streams are reset": lambda emulator: emulator.end_streams("INTERNAL"),
    "targets are dropped": lambda emulator: emulator.drop_targets("RESOURCE_EXHAUSTED"),
    "permission is taken": lambda emulator: emulator.drop_targets("PERMISSION_DENIED"),
    "targets start over": lambda emulator: emulator.reset_targets(),
    "a right count": lambda emulator: emulator.send_filters(),
    "a count too high": lambda emulator: emulator.send_filters(1),
    "a count too low": lambda emulator: emulator.send_filters(-1),
    "a heartbeat": lambda emulator: emulator.heartbeat(),
    "deletions are forgotten": lambda emulator: (emulator.forget_history(), emulator.end_streams("UNAVAILABLE")),
    "listening is refused": lambda emulator: (
        emulator.inject("Listen", "UNAVAILABLE", times=2),
        emulator.end_streams("UNAVAILABLE"),
    ),
    "the token is refused": lambda emulator: emulator.end_streams("UNAUTHENTICATED"),
}


@pytest.mark.parametrize("name", DISTURBANCES)
def test_after_each_disturbance_the_table_is_as_the_server_is(
    own_firestore: FirestoreEmulator, writer: Gateway, listening: Listening, collection: str, name: str
) -> None:
    put(writer, collection, a={"n": 1}, b={"n": 1}, c={"n": 1})
    listening.watch(collection)
    listening.watch("query", specs.query(collection, ("n", ">", 0), "n"))
    for watched in (collection, "query"):
        listening.until_rows(watched, {"a": {"n": 1}, "b": {"n": 1}, "c": {"n": 1}})
    DISTURBANCES[name](own_firestore)
    put(writer, collection, a={"n": 2}, b=None, d={"n": 3})
    for watched in (collection, "query"):
        listening.until_rows(watched, {"a": {"n": 2}, "c": {"n": 1}, "d": {"n": 3}})
    assert listening.troubles == []


@pytest.mark.parametrize("seed", range(3))
def test_any_mixture_of_changes_and_disturbances_ends_as_the_server_is(
    own_firestore: FirestoreEmulator, writer: Gateway, listening: Listening, collection: str, seed: int
) -> None:
    chance = random.Random(seed)
    put(writer, collection, **{f"d{number}": {"n": 0} for number in range(20)})
    listening.watch(collection)
    listening.watch("query", specs.query(collection, ("n", "<", 50), "n", 10))
    disturbances = sorted(DISTURBANCES)
    disturbances.remove("the token is refused")  # twice in a minute is a matter for a person
    for _ in range(60):
        changes: dict[str, Any] = {
            f"d{chance.randrange(30)}": None if chance.random() < 0.3 else {"n": chance.randrange(100)}
            for _ in range(chance.randrange(1, 4))
        }
        put(writer, collection, **changes)
        if chance.random() < 0.3:
            DISTURBANCES[chance.choice(disturbances)](own_firestore)
    own_firestore.clear_faults()
    found = writer.list_page(collection, "", listening.run(lambda: listening.listeners._filters)).documents
    rows = {document.doc_id: json.loads(document.payload or "") for document in found}
    listening.until_rows(collection, rows)
    few = sorted(((row["n"], doc_id) for doc_id, row in rows.items() if row["n"] < 50))[:10]
    listening.until_rows("query", {doc_id: rows[doc_id] for _, doc_id in few})


def test_another_database_is_read_anew_and_compared_with_what_is_shown(
    firestore_emulator: FirestoreEmulator, writer: Gateway, listening: Listening, collection: str
) -> None:
    """Tokens of one database mean nothing to another."""
    put(writer, collection, a={"n": 1}, b={"n": 1})
    listening.watch(collection)
    listening.until_rows(collection, {"a": {"n": 1}, "b": {"n": 1}})
    listening.disconnect()
    listening.settings = replace(listening.settings, target="second")
    second = open_gateway(replace(listening.settings, component="second"))
    put(second, collection, b={"n": 2})
    second.close()
    listening.connect()
    seen = listening.until_rows(collection, {"b": {"n": 2}})
    assert sorted(seen.kinds[2:]) == [("a", "removed"), ("b", "modified")]


def test_a_connection_that_is_cut_and_refused_is_told_and_a_new_one_goes_on(
    own_firestore: FirestoreEmulator, firestore_proxy: Proxy, writer: Gateway, collection: str
) -> None:
    put(writer, collection, a={"n": 1}, b={"n": 1})
    with Listening(Settings(component="firestore", emulator_host=firestore_proxy.host)) as listening:
        listening.watch(collection)
        listening.until_rows(collection, {"a": {"n": 1}, "b": {"n": 1}})
        firestore_proxy.refuse()
        firestore_proxy.cut()
        listening.wait(lambda: bool(listening.troubles), "trouble")
        listening.until(collection, lambda seen: seen.state == "reconnecting")
        put(writer, collection, a={"n": 2}, b=None)
        firestore_proxy.restore()
        listening.connect()
        seen = listening.until_rows(collection, {"a": {"n": 2}})
        assert sorted(seen.kinds[2:]) == [("a", "modified"), ("b", "removed")]


def test_a_network_that_swallows_everything_is_noticed_by_its_silence(
    own_firestore: FirestoreEmulator, firestore_proxy: Proxy, writer: Gateway, collection: str
) -> None:
    put(writer, collection, a={"n": 1})
    timing = replace(FAST, answer_s=0.2, silence_s=0.2)
    with Listening(Settings(component="firestore", emulator_host=firestore_proxy.host), timing) as listening:
        listening.watch(collection)
        listening.until_rows(collection, {"a": {"n": 1}})
        firestore_proxy.black_hole()
        put(writer, collection, a={"n": 2})
        seen = listening.until(collection, lambda seen: seen.state == "reconnecting")
        assert seen.rows == {"a": {"n": 1}}
        firestore_proxy.restore()
        firestore_proxy.cut()
        listening.wait(lambda: listening.gateway is None or listening.seen(collection).state == "live", "an end of it")
        if listening.gateway is None:
            listening.connect()
        listening.until_rows(collection, {"a": {"n": 2}})


def test_a_frozen_server_is_told_and_goes_on_when_it_thaws(
    own_firestore: FirestoreEmulator, writer: Gateway, collection: str
) -> None:
    put(writer, collection, a={"n": 1})
    timing = replace(FAST, answer_s=0.2, silence_s=0.2)
    with Listening(Settings(component="firestore", emulator_host=own_firestore.host), timing) as listening:
        listening.watch(collection)
        listening.until_rows(collection, {"a": {"n": 1}})
        own_firestore.freeze()
        listening.until(collection, lambda seen: seen.state == "reconnecting")
        own_firestore.thaw()
        put(writer, collection, a={"n": 2})
        listening.until_rows(collection, {"a": {"n": 2}})


def test_five_thousand_documents_are_all_there(writer: Gateway, listening: Listening, collection: str) -> None:
    for start in range(0, 5000, 500):
        put(writer, collection, **{f"d{number:04d}": {"n": number} for number in range(start, start + 500)})
    listening.watch(collection)
    seen = listening.until(collection, lambda seen: len(seen.rows) == 5000 and seen.state == "live")
    assert seen.rows["d4999"] == {"n": 4999}
    put(writer, collection, d4999={"n": -1})
    listening.until(collection, lambda seen: seen.rows["d4999"] == {"n": -1})
    assert len(seen.kinds) == 5001
