"""What the gateway promises, against a server: plain values in and out, all or nothing, errors in words."""

import gc
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import tdg_core_firestore_codec as codec
from emulators import FirestoreEmulator, Proxy
from gateway.loopback import Answer, key_file, server
from tdg_core_errors import CONNECTION_CODES, CloudError
from tdg_core_firestore_filters import Filters
from tdg_core_settings import Settings
from tdg_gateway_firestore import Gateway, open_gateway


def write(doc_id: str, data: Any = None, op: str = "set", collection: str = "c", **more: Any) -> dict[str, Any]:
    return {"collection": collection, "doc_id": doc_id, "op": op, "data": data, **more}


def payload(gateway: Gateway, path: str) -> Any:
    (document,) = gateway.get_documents([path])
    return None if document is None else json.loads(document.payload)


def test_a_connected_gateway_names_project_and_database(gateway: Gateway, settings: Settings) -> None:
    assert gateway.project_id.startswith("project-")
    assert gateway.target == "(default)"
    other = open_gateway(replace(settings, target="second"))
    other.commit([write("a", {"x": 1})])
    assert payload(other, "c/a") == {"x": 1}
    assert payload(gateway, "c/a") is None
    other.close()


def test_set_replaces_merge_adds_update_changes_delete_deletes(gateway: Gateway) -> None:
    gateway.commit([write("a", {"x": 1, "m": {"p": 1}})])
    gateway.commit([write("a", {"y": 2, "m": {"q": 2}}, "set_merge")])
    assert payload(gateway, "c/a") == {"x": 1, "y": 2, "m": {"p": 1, "q": 2}}
    gateway.commit([write("a", {"m.p": 5, "x": {"__type": "delete_field"}}, "update")])
    assert payload(gateway, "c/a") == {"y": 2, "m": {"p": 5, "q": 2}}
    gateway.commit([write("a", '{"z":3}')])
    assert payload(gateway, "c/a") == {"z": 3}
    gateway.commit([write("a", op="delete")])
    assert payload(gateway, "c/a") is None


def test_an_empty_merge_creates_the_document(gateway: Gateway) -> None:
    gateway.commit([write("a", {}, "set_merge")])
    assert payload(gateway, "c/a") == {}
    gateway.commit([write("a", {"x": 1}), write("a", {}, "set_merge")])
    assert payload(gateway, "c/a") == {"x": 1}


def test_the_server_works_out_what_the_markers_ask_for(gateway: Gateway) -> None:
    gateway.commit([write("a", {"n": 1, "list": [1, 2], "m": {"k": 1.5}})])
    changes = {
        "n": {"__type": "increment", "value": 2},
        "m.k": {"__type": "increment", "value": 0.5},
        "list": {"__type": "array_union", "value": [2, 3]},
        "`odd.name`": {"__type": "array_remove", "value": ["x"]},
        "deep.er": {"__type": "server_timestamp"},
    }
    (result,) = gateway.commit([write("a", changes, "update")])
    found = payload(gateway, "c/a")
    assert found["n"] == 3
    assert found["m"] == {"k": 2.0}
    assert found["list"] == [1, 2, 3]
    assert found["odd.name"] == []
    assert found["deep"]["er"]["value"][:10] == result.update_time[:10]
    gateway.commit([write("a", {"list": {"__type": "array_remove", "value": [1, 3]}}, "set_merge")])
    assert payload(gateway, "c/a")["list"] == [2]


def test_results_carry_the_update_time_that_reads_show(gateway: Gateway) -> None:
    first, second = gateway.commit([write("a", {"x": 1}), write("b", {"x": 2})])
    found = gateway.get_documents(["c/b", "c/none", "c/a"])
    assert [document and document.version for document in found] == [second.update_time, None, first.update_time]
    (gone,) = gateway.commit([write("a", op="delete")])
    assert gone.update_time > first.update_time


def test_a_commit_is_carried_out_wholly_or_not_at_all(gateway: Gateway) -> None:
    with pytest.raises(CloudError) as caught:
        gateway.commit([write("a", {"x": 1}), write("none", {"x": 1}, "update")])
    assert caught.value.code == "not_found"
    assert "writing 2 documents" in caught.value.message
    assert payload(gateway, "c/a") is None


def test_a_payload_that_cannot_be_sent_is_named_and_nothing_is_sent(gateway: Gateway) -> None:
    with pytest.raises(CloudError) as caught:
        gateway.commit([write("a", {"x": 1}), write("b", {"y": {"__type": "bytes", "value": "?"}})])
    assert caught.value.code == "invalid"
    assert caught.value.message.startswith("c/b cannot be written: Field y:")
    assert payload(gateway, "c/a") is None


@pytest.mark.parametrize(
    ("precondition", "code"), [({"exists": False}, "exists"), ({"update_time": "2020-01-01T00:00:00Z"}, "precondition")]
)
def test_preconditions_are_held(gateway: Gateway, precondition: dict[str, Any], code: str) -> None:
    (result,) = gateway.commit([write("a", {"x": 1}, precondition={"exists": False})])
    with pytest.raises(CloudError) as caught:
        gateway.commit([write("a", {"x": 2}, precondition=precondition)])
    assert caught.value.code == code
    gateway.commit([write("a", {"x": 3}, precondition={"update_time": result.update_time})])
    assert payload(gateway, "c/a") == {"x": 3}


@pytest.mark.parametrize(
    ("collection", "doc_id"),
    [("c", "a b"), ("c", "ä.ö~*[`]"), ("日本", "__id7__"), ("c/x/d", "deep"), ("c", "x" * 1500), ("c", "%2F?#\n")],
)
def test_any_legal_path_and_id_works(gateway: Gateway, collection: str, doc_id: str) -> None:
    gateway.commit([write(doc_id, {"x": 1}, collection=collection)])
    (document,) = gateway.get_documents([f"{collection}/{doc_id}"])
    assert document is not None
    assert document.path == f"{collection}/{doc_id}"
    (found,) = gateway.list_page(collection, "", Filters()).documents
    assert found.doc_id == doc_id


@pytest.mark.parametrize(
    ("collection", "doc_id"), [("c", "a/b"), ("c", ""), ("c/d", "x"), ("c", ".."), ("c", "\ud800")]
)
def test_an_illegal_path_is_refused_in_words(gateway: Gateway, collection: str, doc_id: str) -> None:
    with pytest.raises(CloudError, match="cannot be written"):
        gateway.commit([write(doc_id, {"x": 1}, collection=collection)])
    with pytest.raises(CloudError, match="Cannot read"):
        gateway.get_documents([f"{collection}/{doc_id}"])


def test_reads_leave_out_fields_that_are_filtered(gateway: Gateway) -> None:
    gateway.commit([write("a", {"x": 1, "secret": 2})])
    (document,) = gateway.get_documents(["c/a"], Filters.of([], "include", ["secret"], "exclude"))
    assert document is not None
    assert document.payload == '{"x":1}'


def test_collections_are_listed_at_the_top_and_below_a_document(gateway: Gateway) -> None:
    gateway.commit([write("d", {}, collection=f"c{number:03d}") for number in range(320)])
    gateway.commit([write("x", {}, collection="c000/d/sub")])
    assert gateway.list_collections() == [f"c{number:03d}" for number in range(320)]
    assert gateway.list_collections("c000/d") == ["c000/d/sub"]


def test_a_collection_is_read_page_by_page(gateway: Gateway) -> None:
    gateway.commit([write(f"d{number:03d}", {"n": number}) for number in range(310)])
    filters = Filters.of(["d000"], "exclude", [], "exclude")
    first = gateway.list_page("c", "", filters)
    second = gateway.list_page("c", first.token, filters)
    documents = first.documents + second.documents
    assert second.token == ""
    assert [document.doc_id for document in documents] == [f"d{number:03d}" for number in range(310)]
    assert documents[0].payload is None
    assert documents[1].payload == '{"n":1}'


def test_the_server_s_time_lies_between_two_writes(gateway: Gateway) -> None:
    (before,) = gateway.commit([write("a", {"x": 1})])
    now = gateway.now()
    (after,) = gateway.commit([write("a", {"x": 2})])
    seconds, nanos = divmod(now, 1_000_000_000)
    text = codec.tdg_core_firestore_codec_time.text_of(seconds, nanos)
    assert before.update_time <= text <= after.update_time


# Through a server and back ---------------------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).filter(
    lambda name: not (name.startswith("__") and name.endswith("__"))
)
# Firestore keeps microseconds; the emulator does so for these three centuries.
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - written with a Z behind it
MICROS = TIMES.map(lambda moment: {"__type": "timestamp", "value": moment.isoformat() + "Z"})
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=8),
    MICROS,
    st.sampled_from(
        [
            {"__type": "double", "value": "NaN"},
            {"__type": "double", "value": "-Infinity"},
            {"__type": "reference", "value": "users/abc"},
            {"__type": "reference", "value": "projects/other/databases/d/documents/users/abc"},
            {"__type": "geopoint", "latitude": -90.0, "longitude": 0.5},
            {"__type": "bytes", "value": "AAEC/w=="},
            {"__type": "vector", "value": [0.5, -0.0, 3.0]},
            {"__type": "car", "wheels": 4},
            {"__type": "map", "value": {"__type": "geopoint"}},
        ]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(NAMES.filter(lambda name: name != "__type"), inner, max_size=3),
        # An array holds no array: https://firebase.google.com/docs/firestore/manage-data/data-types
        st.lists(inner.filter(lambda value: not isinstance(value, list)), max_size=3),
    ),
    max_leaves=10,
)


@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.dictionaries(NAMES, VALUES, max_size=4))
def test_every_payload_comes_back_from_the_server_as_it_was(gateway: Gateway, data: dict[str, Any]) -> None:
    document = codec.text_of(data)
    gateway.commit([write("a", document)])
    (first,) = gateway.get_documents(["c/a"])
    assert first is not None
    gateway.commit([write("b", first.payload)])
    (second,) = gateway.get_documents(["c/b"])
    assert second is not None
    assert second.payload == first.payload
    assert _times_as_shown(json.loads(document)) == json.loads(first.payload)


def _times_as_shown(value: Any) -> Any:
    """Timestamps in the one text that payloads show."""
    if isinstance(value, list):
        return [_times_as_shown(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("__type") == "timestamp":
        moment = codec.tdg_core_firestore_codec_time.parse(value["value"])
        return {"__type": "timestamp", "value": codec.tdg_core_firestore_codec_time.text_of(*moment)}
    return {name: _times_as_shown(item) for name, item in value.items()}


def test_what_was_imported_is_no_work_for_the_garbage_collector(gateway: Gateway) -> None:
    """A full collection stops all threads for longer than a frame if it looks at every function of the packages."""
    assert gateway.project_id
    assert gc.get_freeze_count() > 10_000


# Faults ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("UNAVAILABLE", "unavailable"),
        ("DEADLINE_EXCEEDED", "deadline"),
        ("ABORTED", "aborted"),
        ("RESOURCE_EXHAUSTED", "exhausted"),
        ("INTERNAL", "internal"),
        ("PERMISSION_DENIED", "permission"),
        ("UNAUTHENTICATED", "credentials"),
        ("INVALID_ARGUMENT", "invalid"),
        ("FAILED_PRECONDITION", "precondition"),
    ],
)
def test_every_status_becomes_our_error_in_words(
    own_firestore: FirestoreEmulator, gateway: Gateway, status: str, code: str
) -> None:
    own_firestore.inject("Commit", status)
    with pytest.raises(CloudError) as caught:
        gateway.commit([write("a", {"x": 1})])
    assert caught.value.code == code
    assert code == "permission" or "writing c/a" in caught.value.message
    assert len(caught.value.message.split()) > 8


def test_connecting_is_refused_with_what_to_do_when_the_database_does_not_exist(
    own_firestore: FirestoreEmulator, settings: Settings
) -> None:
    own_firestore.inject("BatchGetDocuments", "NOT_FOUND")
    with pytest.raises(CloudError, match=r"\*Database ID\*") as caught:
        open_gateway(settings)
    assert caught.value.code == "config"


def test_connecting_to_nothing_fails_in_words(settings: Settings) -> None:
    with pytest.raises(CloudError) as caught:
        open_gateway(replace(settings, emulator_host="127.0.0.1:1"))
    assert caught.value.code == "network"
    assert "127.0.0.1:1" in caught.value.message


def test_a_closed_gateway_refuses_calls_and_ends_those_under_way(
    own_firestore: FirestoreEmulator, settings: Settings
) -> None:
    gateway = open_gateway(settings)
    own_firestore.freeze()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(gateway.list_collections)
        stats = own_firestore.stats()
        while not stats["calls"].get("ListCollectionIds"):
            stats = own_firestore.stats()
        gateway.close()
        with pytest.raises(CloudError) as caught:
            call.result(timeout=10)
    assert caught.value.code == "unavailable"
    own_firestore.thaw()
    gateway.close()
    with pytest.raises(CloudError):
        gateway.check()


def test_a_network_that_is_cut_is_told_and_comes_back(settings: Settings, firestore_proxy: Proxy) -> None:
    gateway = open_gateway(replace(settings, emulator_host=firestore_proxy.host))
    firestore_proxy.refuse()
    firestore_proxy.cut()
    with pytest.raises(CloudError) as caught:
        gateway.commit([write("a", {"x": 1})])
    assert caught.value.code in CONNECTION_CODES
    firestore_proxy.restore()
    again = open_gateway(replace(settings, emulator_host=firestore_proxy.host))
    again.commit([write("a", {"x": 1})])
    assert payload(again, "c/a") == {"x": 1}
    gateway.close()
    again.close()


def test_a_refused_key_is_told_before_anything_is_asked_of_firestore(tmp_path: Path) -> None:
    answer = Answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
    with server(answer) as port:
        settings = Settings(
            component="firestore", private_key_file=key_file(tmp_path, f"http://127.0.0.1:{port}/token")
        )
        with pytest.raises(CloudError, match="new key") as caught:
            open_gateway(settings)
    assert caught.value.code == "credentials"
