"""What a script may hand over: Python's and the client's own values become payload values, and back."""

import math
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1.vector import Vector

from tdg_core_errors import CloudError
from tdg_core_firestore_codec_sdk import serialize_payload, serialize_value
from tdg_gateway_firestore import deserialize_value

CLIENT = firestore.Client(project="p", credentials=AnonymousCredentials())


class Number:
    """Stands for NumPy's numbers and arrays."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain

    def tolist(self) -> Any:
        return self.plain


PAIRS = [
    (datetime(2024, 1, 1, tzinfo=UTC), {"__type": "timestamp", "value": "2024-01-01T00:00:00Z"}),
    (
        DatetimeWithNanoseconds(2024, 1, 1, nanosecond=123456789, tzinfo=UTC),
        {"__type": "timestamp", "value": "2024-01-01T00:00:00.123456789Z"},
    ),
    (b"\x00\x01", {"__type": "bytes", "value": "AAE="}),
    (firestore.GeoPoint(40.7, -74.0), {"__type": "geopoint", "latitude": 40.7, "longitude": -74.0}),
    (CLIENT.document("users/abc"), {"__type": "reference", "value": "users/abc"}),
    (Vector([1.0, 2.0]), {"__type": "vector", "value": [1.0, 2.0]}),
    (math.inf, {"__type": "double", "value": "Infinity"}),
    (firestore.SERVER_TIMESTAMP, {"__type": "server_timestamp"}),
    (firestore.DELETE_FIELD, {"__type": "delete_field"}),
    ([1, "a", None, True, 1.5], [1, "a", None, True, 1.5]),
    ({"__type": "car"}, {"__type": "car"}),
]


@pytest.mark.parametrize(("value", "plain"), PAIRS)
def test_values_of_the_client_survive(value: Any, plain: Any) -> None:
    assert serialize_value({"a": [value]}) == {"a": [plain]}
    assert deserialize_value({"a": [plain]}, CLIENT) == {"a": [value]}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (firestore.Increment(2), {"__type": "increment", "value": 2}),
        (firestore.ArrayUnion([1]), {"__type": "array_union", "value": [1]}),
        (firestore.ArrayRemove([b"x"]), {"__type": "array_remove", "value": [{"__type": "bytes", "value": "eA=="}]}),
    ],
)
def test_transforms_of_the_client_survive(value: Any, plain: Any) -> None:
    assert serialize_value(value) == plain
    again = deserialize_value(plain, CLIENT)
    assert type(again) is type(value)
    assert serialize_value(again) == plain


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ((1, 2), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        (Number(3), 3),
        (Number([[1.5], [math.nan]]), [[1.5], [{"__type": "double", "value": "NaN"}]]),
        (bytearray(b"x"), {"__type": "bytes", "value": "eA=="}),
        (datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), PAIRS[0][1]),
        (datetime(2024, 1, 1), PAIRS[0][1]),  # noqa: DTZ001 - a naive time is UTC
        ({"__type": "timestamp", "value": "2024-01-01"}, {"__type": "timestamp", "value": "2024-01-01"}),
    ],
)
def test_what_scripts_have_at_hand_is_taken(value: Any, plain: Any) -> None:
    assert serialize_value(value) == plain


def test_the_fields_of_a_document_may_be_called_anything() -> None:
    assert serialize_payload({"__type": "timestamp", "when": b"x"}) == {
        "__type": "timestamp",
        "when": {"__type": "bytes", "value": "eA=="},
    }


def test_an_escaped_map_comes_back_as_the_map() -> None:
    plain = {"__type": "map", "value": {"__type": "bytes", "inner": {"__type": "bytes", "value": "eA=="}}}
    assert deserialize_value(plain, CLIENT) == {"__type": "bytes", "inner": b"x"}


@pytest.mark.parametrize("value", [{1: 2}, object(), {"a": {"b": print}}])
def test_what_firestore_cannot_store_is_refused(value: Any) -> None:
    with pytest.raises(CloudError):
        serialize_value(value)


def test_a_list_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(CloudError, match="contains itself"):
        serialize_value(endless)


def test_a_wrong_marker_is_refused() -> None:
    with pytest.raises(CloudError, match="timestamp"):
        deserialize_value({"__type": "timestamp", "value": "soon"}, CLIENT)
