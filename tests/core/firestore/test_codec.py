"""Payload JSON and Firestore values: the same thing comes back, whatever it was."""

import base64
import json
import math
import struct
from typing import Any

import pytest
from google.cloud.firestore_v1.types import Document, Value
from hypothesis import example, given
from hypothesis import strategies as st

import tdg_core_firestore_codec as codec
from tdg_core_errors import CloudError

ROOT = "projects/p/databases/(default)/documents/"

ValuePb = Value.pb()
DocumentPb = Document.pb()

# Every kind of value, built as protobuf, so that no rule of the codec is needed to build it ---------------------------

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.one_of(st.sampled_from(["__type", "__type__", "value", "a.b", "`", "latitude"]), TEXTS.filter(bool))
# One NaN: Firestore keeps no other (https://firebase.google.com/docs/firestore/manage-data/data-types).
DOUBLES = st.one_of(
    st.floats(allow_nan=False), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e300, 5e-324, 1.0])
)
INTEGERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([2**53 + 1, -(2**63), 2**63 - 1, 0]))
SECONDS = st.integers(-62_135_596_800, 253_402_300_799)
MARKER_NAMES = st.sampled_from([*sorted(codec.MARKERS), "car", ""])


def timestamp(seconds: int, nanos: int) -> Any:
    value = ValuePb()
    value.timestamp_value.seconds = seconds
    value.timestamp_value.nanos = nanos
    return value


def geopoint(latitude: float, longitude: float) -> Any:
    value = ValuePb()
    value.geo_point_value.latitude = latitude
    value.geo_point_value.longitude = longitude
    return value


def array(items: list[Any]) -> Any:
    value = ValuePb()
    value.array_value.SetInParent()
    value.array_value.values.extend(items)
    return value


def mapping(fields: dict[str, Any]) -> Any:
    value = ValuePb()
    value.map_value.SetInParent()
    for name, item in fields.items():
        value.map_value.fields[name].CopyFrom(item)
    return value


def vector(numbers: list[float]) -> Any:
    return mapping(
        {"__type__": ValuePb(string_value="__vector__"), "value": array([ValuePb(double_value=n) for n in numbers])}
    )


def looks_like_marker(name: str, content: Any) -> Any:
    return mapping({"__type": ValuePb(string_value=name), "value": content})


REFERENCES = st.sampled_from(
    [
        ROOT + "users/abc",
        ROOT + "users/ä/items/1",
        "projects/other/databases/d/documents/users/abc",
        ROOT + "projects/p/databases/d/documents/x",
    ]
)

LEAVES = st.one_of(
    st.builds(lambda: ValuePb(null_value=0)),
    st.booleans().map(lambda x: ValuePb(boolean_value=x)),
    INTEGERS.map(lambda x: ValuePb(integer_value=x)),
    DOUBLES.map(lambda x: ValuePb(double_value=x)),
    TEXTS.map(lambda x: ValuePb(string_value=x)),
    st.binary(max_size=20).map(lambda x: ValuePb(bytes_value=x)),
    REFERENCES.map(lambda x: ValuePb(reference_value=x)),
    st.builds(timestamp, SECONDS, st.integers(0, 999_999_999)),
    st.builds(geopoint, st.floats(-90, 90), st.floats(-180, 180)),
    st.lists(DOUBLES, max_size=4).map(vector),
)

VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(array),
        st.dictionaries(NAMES, inner, max_size=4).map(mapping),
        st.builds(looks_like_marker, MARKER_NAMES, inner),
    ),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    """Equal to the bit: NaN equals NaN, 0.0 does not equal -0.0."""
    return bool(left.SerializeToString(deterministic=True) == right.SerializeToString(deterministic=True))


def written(payload: dict[str, Any]) -> Any:
    document = DocumentPb()
    codec.fill_fields(document.fields, payload, ROOT)
    return document


def shown(document: Any) -> str:
    return codec.text_of(codec.plain_fields(document.fields, ROOT))


@given(st.dictionaries(NAMES, VALUES, max_size=4))
@example({"__type": ValuePb(string_value="timestamp"), "value": ValuePb(integer_value=1)})
def test_a_document_survives_the_way_through_a_cell(fields: dict[str, Any]) -> None:
    document = DocumentPb()
    for name, value in fields.items():
        document.fields[name].CopyFrom(value)
    text = shown(document)
    again = written(codec.payload_of(text))
    assert same(document, again)
    assert shown(again) == text


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        INTEGERS,
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
        st.builds(lambda b: {"__type": "bytes", "value": base64.b64encode(b).decode()}, st.binary(max_size=8)),
        st.sampled_from(
            [
                {"__type": "timestamp", "value": "2024-01-01T00:00:00.123456789Z"},
                {"__type": "reference", "value": "users/abc"},
                {"__type": "geopoint", "latitude": 40.7, "longitude": -74.0},
                {"__type": "vector", "value": [1.0, -0.0]},
                {"__type": "double", "value": "NaN"},
                {"__type": "car", "wheels": 4},
                {"__type": 5},
                {"__type": "map", "value": {"__type": "timestamp"}},
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(TEXTS.filter(lambda name: name not in {"", "__type", "__type__"}), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS.filter(bool), JSON_VALUES, max_size=4))
def test_a_payload_survives_the_way_through_firestore(payload: dict[str, Any]) -> None:
    text = codec.text_of(payload)
    assert shown(written(codec.payload_of(text))) == text


def test_the_documented_markers_look_as_documented() -> None:
    document = DocumentPb()
    document.fields["t"].CopyFrom(timestamp(1_704_067_200, 0))
    document.fields["r"].reference_value = ROOT + "users/abc"
    document.fields["g"].CopyFrom(geopoint(40.7, -74.0))
    document.fields["b"].bytes_value = b"\x00\x01"
    assert codec.plain_fields(document.fields, ROOT) == {
        "t": {"__type": "timestamp", "value": "2024-01-01T00:00:00Z"},
        "r": {"__type": "reference", "value": "users/abc"},
        "g": {"__type": "geopoint", "latitude": 40.7, "longitude": -74.0},
        "b": {"__type": "bytes", "value": "AAE="},
    }


def test_text_is_stable_short_and_readable() -> None:
    assert codec.text_of({"b": 1, "a": {"y": "ä", "x": [1.0, None]}}) == '{"a":{"x":[1.0,null],"y":"ä"},"b":1}'
    assert "\n" not in codec.text_of({"a": "line\nline\ttab"})
    assert json.loads(codec.text_of({"a": codec.plain_double(math.nan)}))["a"] == {"__type": "double", "value": "NaN"}


def test_integers_and_doubles_stay_what_they_are() -> None:
    document = written({"i": 1, "d": 1.0, "b": True, "big": 2**63 - 1, "minus": -0.0})
    kinds = {name: value.WhichOneof("value_type") for name, value in document.fields.items()}
    doubles = {name for name, kind in kinds.items() if kind == "double_value"}
    assert doubles == {"d", "minus"}
    assert kinds["b"] == "boolean_value"
    assert kinds["i"] == kinds["big"] == "integer_value"
    assert struct.pack(">d", document.fields["minus"].double_value) == struct.pack(">d", -0.0)


def test_a_map_is_escaped_only_where_it_would_be_read_as_a_marker() -> None:
    document = DocumentPb()
    document.fields["mine"].CopyFrom(mapping({"__type": ValuePb(string_value="car")}))
    document.fields["odd"].CopyFrom(mapping({"__type": ValuePb(string_value="timestamp")}))
    assert codec.plain_fields(document.fields, ROOT) == {
        "mine": {"__type": "car"},
        "odd": {"__type": "map", "value": {"__type": "timestamp"}},
    }


def test_a_document_s_own_fields_are_never_a_marker() -> None:
    payload = {"__type": "timestamp", "value": "not a time"}
    assert codec.plain_fields(written(payload).fields, ROOT) == payload


def test_a_value_of_an_unknown_kind_is_shown_and_never_written_back() -> None:
    document = DocumentPb()
    document.fields["new"].SetInParent()
    payload = codec.plain_fields(document.fields, ROOT)
    assert payload == {"new": {"__type": "unsupported"}}
    with pytest.raises(CloudError, match="new"):
        written(payload)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2**63, "64 bits"),
        ("\ud800", "surrogate"),
        ({"__type": "timestamp", "value": "yesterday"}, "ISO 8601"),
        ({"__type": "timestamp", "value": "0000-01-01T00:00:00Z"}, "ISO 8601"),
        ({"__type": "timestamp", "value": 5}, "no text"),
        ({"__type": "timestamp"}, "the keys"),
        ({"__type": "timestamp", "value": "2024-01-01", "more": 1}, '"map"'),
        ({"__type": "reference", "value": "users"}, "no path"),
        ({"__type": "reference", "value": "users//"}, "no path"),
        ({"__type": "geopoint", "latitude": "40", "longitude": 0}, "no number"),
        ({"__type": "bytes", "value": "?"}, "base64"),
        ({"__type": "vector", "value": [1, "2"]}, "no number"),
        ({"__type": "vector", "value": [10**400]}, "too large"),
        ({"__type": "double", "value": "nan"}, "no number"),
        ({"__type": "map", "value": []}, "no map"),
        ({"__type": "server_timestamp"}, "server_timestamp"),
        ({1: 2}, "field names are text"),
        ({"a\ud800": 2}, "Unicode"),
        (b"raw", "bytes"),
        (object(), "nothing that Firestore stores"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name(value: Any, words: str) -> None:
    with pytest.raises(CloudError, match=words) as caught:
        written({"outer": [{"inner": value}]})
    assert caught.value.code == "invalid"
    assert "outer.`0`.inner" in caught.value.message


def test_endless_nesting_is_refused_instead_of_breaking_the_stack() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(CloudError, match="deeper"):
        written({"a": deep})
    with pytest.raises(CloudError, match="JSON"):
        codec.payload_of('{"a":' + "[" * 100_000 + "]" * 100_000 + "}")


@pytest.mark.parametrize("text", ["", "{", "[1]", "5", '"x"', "null", "{'a': 1}"])
def test_text_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(CloudError, match="JSON"):
        codec.payload_of(text)


def test_a_typed_nan_is_understood() -> None:
    value = written(codec.payload_of('{"a": NaN}')).fields["a"]
    assert math.isnan(value.double_value)
