"""Faults of the Firestore emulator, and its side door."""

import time
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import PermissionDenied, ServiceUnavailable
from google.cloud import firestore

from emulators import EmulatorError, FirestoreEmulator


def test_the_next_calls_fail(db: firestore.Client, own_firestore: FirestoreEmulator) -> None:
    own_firestore.inject("Commit", "UNAVAILABLE", times=2, skip=1)
    document = db.document("c/d")
    document.set({"n": 1}, retry=None)
    for _ in range(2):
        with pytest.raises(ServiceUnavailable):
            document.set({"n": 2}, retry=None)
    assert document.get().to_dict() == {"n": 1}
    document.set({"n": 3}, retry=None)
    assert own_firestore.stats()["calls"]["Commit"] == 4


def test_a_commit_counts_although_its_answer_is_an_error(
    db: firestore.Client, own_firestore: FirestoreEmulator
) -> None:
    own_firestore.inject("Commit", "UNAVAILABLE", apply=True)
    with pytest.raises(ServiceUnavailable):
        db.document("c/d").set({"n": 1}, retry=None)
    assert db.document("c/d").get().to_dict() == {"n": 1}


def test_streaming_calls_fail_and_any_call_can_be_meant(db: firestore.Client, own_firestore: FirestoreEmulator) -> None:
    own_firestore.inject("*", "PERMISSION_DENIED", times=2)
    with pytest.raises(PermissionDenied):
        list(db.collection("c").stream(retry=None))
    with pytest.raises(PermissionDenied):
        list(db.collections(retry=None))
    assert list(db.collections()) == []


def test_a_listener_is_refused_and_then_let_in(listen: Any, own_firestore: FirestoreEmulator) -> None:
    own_firestore.inject("Listen", "PERMISSION_DENIED")
    refused = listen()
    refused.add(1, "c")
    with pytest.raises(grpc.RpcError) as error:
        refused.next()
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
    stream = listen()
    stream.add(1, "c")
    assert stream.snapshot()[0] == ["ADD 1", "CURRENT 1"]
    assert own_firestore.stats()["targets"] == 1


def test_a_delay(db: firestore.Client, own_firestore: FirestoreEmulator) -> None:
    own_firestore.inject("Commit", delay_s=0.2)
    started = time.monotonic()
    db.document("c/d").set({})
    assert time.monotonic() - started >= 0.2


def test_documents_as_json(db: firestore.Client, own_firestore: FirestoreEmulator, database: str) -> None:
    db.document("c/d/e/f").set({"n": 2**62, "b": b"\x00"})
    (document,) = own_firestore.documents(database)
    assert document["name"] == f"{database}/documents/c/d/e/f"
    assert document["fields"] == {"n": {"integer_value": str(2**62)}, "b": {"bytes_value": "AA=="}}


def test_a_wrong_request_is_explained(own_firestore: FirestoreEmulator) -> None:
    with pytest.raises(EmulatorError, match="NO_SUCH_CODE"):
        own_firestore.inject("Commit", "NO_SUCH_CODE")
