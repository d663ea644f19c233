"""Payload JSON <-> Firestore values, without loss either way.

Thread: any.

What JSON has no word for stands as a *marker*, a dict with the key `__type`:

    {"__type":"timestamp","value":"2024-01-01T00:00:00.123456789Z"}   ISO 8601, UTC if it names no offset
    {"__type":"reference","value":"users/abc"}                        of this database; else the full resource name
    {"__type":"geopoint","latitude":40.7,"longitude":-74.0}
    {"__type":"bytes","value":"<base64>"}
    {"__type":"vector","value":[1.0,2.0]}
    {"__type":"double","value":"NaN"}                                 also "Infinity" and "-Infinity"
    {"__type":"map","value":{...}}                                    a map whose own `__type` names a marker
    {"__type":"unsupported"}                                          a kind of value this version cannot show

and, for writing only (`tdg_core_firestore_codec_write`), server_timestamp, increment, array_union, array_remove and
delete_field. A map whose `__type` names no marker is a map like any other. The fields of a document itself are never
a marker, so they are not escaped either.

An integer is a JSON number without a fraction, a double one with a fraction or an exponent. Text is not escaped to
ASCII: a cell shows what a person would read.

Values are protobuf messages of `google.firestore.v1`, used by their fields alone: this module imports none of them.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_time

CloudError = tdg_core_errors.CloudError

TYPE = "__type"

TIMESTAMP = "timestamp"
REFERENCE = "reference"
GEOPOINT = "geopoint"
BYTES = "bytes"
VECTOR = "vector"
DOUBLE = "double"
MAP = "map"
UNSUPPORTED = "unsupported"

SERVER_TIMESTAMP = "server_timestamp"
INCREMENT = "increment"
ARRAY_UNION = "array_union"
ARRAY_REMOVE = "array_remove"
DELETE_FIELD = "delete_field"

#: What the server does on writing; a document read never holds one.
WRITE_ONLY = frozenset({SERVER_TIMESTAMP, INCREMENT, ARRAY_UNION, ARRAY_REMOVE, DELETE_FIELD})
MARKERS = WRITE_ONLY | {TIMESTAMP, REFERENCE, GEOPOINT, BYTES, VECTOR, DOUBLE, MAP, UNSUPPORTED}

# How a vector is stored: https://firebase.google.com/docs/firestore/vector-search
_VECTOR_KEY = "__type__"
_VECTOR_MARK = "__vector__"

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

_MIN_INTEGER = -(1 << 63)
_MAX_INTEGER = (1 << 63) - 1

#: The server's own limit is 20 levels; this one only keeps the call stack whole.
_MAX_DEPTH = 100

Path = tuple[str, ...]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def text_of(payload: Mapping[str, Any]) -> str:
    """The payload as JSON text: one line, keys sorted, no blanks, so that equal documents give equal cells.

    Raises:
        ValueError: It holds something that JSON has no word for and no marker stands for.
    """
    return _encode(payload)


def payload_of(text: str) -> dict[str, Any]:
    """The payload in a text that a person may have typed.

    Raises:
        CloudError: `invalid` if it is no JSON or no JSON object.
    """
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CloudError("invalid", f"The payload is no JSON ({error}); correct the text.") from None
    if not isinstance(payload, dict):
        raise CloudError("invalid", "The payload is no JSON object; write the fields in braces: {...}.")
    return payload


# Firestore -> payload -------------------------------------------------------------------------------------------------


def plain_fields(fields: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The payload of a document's protobuf fields.

    Args:
        fields: The map of names to `Value` messages.
        root: `projects/<project>/databases/<database>/documents/`; references below it are given without it.
    """
    # Not by `items()`: protobuf's maps leave that to Python, and this is done for every document that is told.
    return {name: plain_value(fields[name], root) for name in fields}


def plain_value(value: Any, root: str) -> Any:
    """The payload of one `Value` message."""
    kind = value.WhichOneof("value_type")
    if kind in _SAME:
        return getattr(value, kind)
    if kind is None:
        return {TYPE: UNSUPPORTED}
    if kind == "map_value":
        return _plain_map(value.map_value.fields, root)
    if kind == "array_value":
        return [plain_value(item, root) for item in value.array_value.values]
    content = getattr(value, kind)
    convert = _FROM_VALUE.get(kind)
    if convert is None:
        return {TYPE: UNSUPPORTED}
    return convert(content, root)


def plain_double(number: float, _root: str = "") -> Any:
    """The number, or the marker for one that JSON has no word for."""
    if math.isfinite(number):
        return number
    return {TYPE: DOUBLE, "value": "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"}


def _plain_timestamp(moment: Any, _: str) -> Any:
    return {TYPE: TIMESTAMP, "value": tdg_core_firestore_codec_time.text_of(moment.seconds, moment.nanos)}


def _plain_geopoint(point: Any, _: str) -> Any:
    return {TYPE: GEOPOINT, "latitude": plain_double(point.latitude), "longitude": plain_double(point.longitude)}


def _plain_map(fields: Mapping[str, Any], root: str) -> dict[str, Any]:
    plain = plain_fields(fields, root)
    if _VECTOR_KEY in plain and _is_vector(fields, plain):
        return {TYPE: VECTOR, "value": plain["value"]}
    if is_marker(plain):
        return {TYPE: MAP, "value": plain}
    return plain


def _is_vector(fields: Mapping[str, Any], plain: Mapping[str, Any]) -> bool:
    if plain[_VECTOR_KEY] != _VECTOR_MARK or plain.keys() != {_VECTOR_KEY, "value"}:
        return False
    array = fields["value"]
    if array.WhichOneof("value_type") != "array_value":
        return False
    return all(item.WhichOneof("value_type") == "double_value" for item in array.array_value.values)


#: Kinds whose content is plain as it is.
_SAME = frozenset({"string_value", "integer_value", "boolean_value"})

_FROM_VALUE: dict[str, Callable[[Any, str], Any]] = {
    "null_value": lambda _content, _root: None,
    "double_value": plain_double,
    "timestamp_value": _plain_timestamp,
    "bytes_value": lambda content, _: {TYPE: BYTES, "value": base64.b64encode(content).decode("ascii")},
    "reference_value": lambda name, root: {TYPE: REFERENCE, "value": name.removeprefix(root)},
    "geo_point_value": _plain_geopoint,
}


def is_marker(plain: object) -> bool:
    """Whether this is a dict that stands for something else than a map."""
    if not isinstance(plain, dict):
        return False
    name = plain.get(TYPE)
    return isinstance(name, str) and name in MARKERS


def marker_of(plain: object) -> str:
    """The marker's name, or empty for everything that is none."""
    return plain[TYPE] if is_marker(plain) else ""  # type: ignore[index]


# Payload -> Firestore -------------------------------------------------------------------------------------------------


def fill_fields(fields: Any, payload: Mapping[str, Any], root: str, at: Path = ()) -> None:
    """Puts a payload into a protobuf map of names to `Value` messages.

    Args:
        fields: The map, empty.
        payload: Plain values and markers, none of them write-only.
        root: As in `plain_fields`.
        at: Where the map stands in the document, for error messages.

    Raises:
        CloudError: `invalid`, naming the field.
    """
    for name, plain in payload.items():
        place = (*at, name)
        if not isinstance(name, str):
            raise _refusal(place, f"the name {name!r} is no text; field names are text")
        try:
            value = fields[name]
        except UnicodeError:
            raise _refusal(at, f"the name {name!r} is no valid Unicode text") from None
        fill_value(value, plain, root, place)


def fill_value(value: Any, plain: Any, root: str, at: Path = ()) -> None:
    """Puts one plain value into an empty `Value` message.

    Raises:
        CloudError: `invalid`, naming the field.
    """
    if len(at) > _MAX_DEPTH:
        raise _refusal(at[:3], f"it is nested deeper than {_MAX_DEPTH} levels; Firestore stores 20")
    fill = _TO_VALUE.get(type(plain))
    if fill is None:
        kind = type(plain).__name__
        raise _refusal(at, f"a {kind} is nothing that Firestore stores; see docs/firestore/types.md for what is")
    fill(value, plain, root, at)


def _fill_integer(value: Any, number: int, _root: str, at: Path) -> None:
    if not _MIN_INTEGER <= number <= _MAX_INTEGER:
        raise _refusal(at, f"the integer {number} does not fit 64 bits; store it as text or as a double ({number}.0)")
    value.integer_value = number


def _fill_text(value: Any, text: str, _root: str, at: Path) -> None:
    try:
        value.string_value = text
    except UnicodeError:
        raise _refusal(at, "the text holds half a character (a lone surrogate); remove it") from None


def _fill_array(value: Any, items: Iterable[Any], root: str, at: Path) -> None:
    value.array_value.SetInParent()
    add = value.array_value.values.add
    for number, item in enumerate(items):
        fill_value(add(), item, root, (*at, str(number)))


def _fill_map(value: Any, plain: Mapping[str, Any], root: str, at: Path) -> None:
    if is_marker(plain):
        _fill_marker(value, plain, root, at)
        return
    value.map_value.SetInParent()
    fill_fields(value.map_value.fields, plain, root, at)


def _fill_null(value: Any, _plain: None, _root: str, _at: Path) -> None:
    value.null_value = 0


def _fill_boolean(value: Any, plain: bool, _root: str, _at: Path) -> None:
    value.boolean_value = plain


def _fill_double(value: Any, plain: float, _root: str, _at: Path) -> None:
    value.double_value = plain


_TO_VALUE: dict[type, Callable[[Any, Any, str, Path], None]] = {
    type(None): _fill_null,
    bool: _fill_boolean,
    int: _fill_integer,
    float: _fill_double,
    str: _fill_text,
    list: _fill_array,
    tuple: _fill_array,
    dict: _fill_map,
}


def _fill_marker(value: Any, marker: Mapping[str, Any], root: str, at: Path) -> None:
    name = marker[TYPE]
    if name in WRITE_ONLY:
        raise _refusal(at, f"{name} stands where the server cannot carry it out; it is the value of a field of its own")
    if name == UNSUPPORTED:
        raise _refusal(at, "this kind of value cannot be written by this version; change other fields with UpdateDoc")
    keys = {TYPE, "latitude", "longitude"} if name == GEOPOINT else {TYPE, "value"}
    if marker.keys() != keys:
        raise _refusal(
            at, f"a {name} marker has the keys {', '.join(sorted(keys))}; to store such a map itself, write "
            f'{{"__type":"map","value":{{...}}}}'
        )  # fmt: skip
    try:
        _FILL_MARKER[name](value, marker, root, at)
    except (TypeError, ValueError) as error:
        raise _refusal(at, f"the {name} marker is wrong: {error}") from None


def _fill_timestamp(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    seconds, nanos = tdg_core_firestore_codec_time.parse(_text(marker))
    value.timestamp_value.seconds = seconds
    value.timestamp_value.nanos = nanos


def _fill_reference(value: Any, marker: Mapping[str, Any], root: str, _at: Path) -> None:
    path = _text(marker)
    parts = path.split("/")
    # A path inside the database has an even number of parts, a full name (projects/p/databases/d/documents/...) an odd.
    full = len(parts) % 2 == 1 and len(parts) >= 7 and (parts[0], parts[2], parts[4]) == _NAME_PARTS
    if not full and (len(parts) % 2 or not all(parts)):
        raise ValueError(f"{path!r} is no path of a document such as users/abc")
    value.reference_value = path if full else root + path


_NAME_PARTS = ("projects", "databases", "documents")


def _fill_geopoint(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    value.geo_point_value.latitude = _number(marker["latitude"])
    value.geo_point_value.longitude = _number(marker["longitude"])


def _fill_bytes(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    try:
        value.bytes_value = base64.b64decode(_text(marker), validate=True)
    except binascii.Error:
        raise ValueError("its value is no base64") from None


def _fill_vector(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    items = marker["value"]
    if not isinstance(items, list):
        raise TypeError("its value is no list of numbers")
    fields = value.map_value.fields
    fields[_VECTOR_KEY].string_value = _VECTOR_MARK
    fields["value"].array_value.SetInParent()
    for item in items:
        fields["value"].array_value.values.add().double_value = _number(item)


def _fill_non_finite(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    value.double_value = _number(marker)


def _fill_escaped(value: Any, marker: Mapping[str, Any], root: str, at: Path) -> None:
    if not isinstance(marker["value"], dict):
        raise TypeError("its value is no map")
    value.map_value.SetInParent()
    fill_fields(value.map_value.fields, marker["value"], root, at)


_FILL_MARKER: dict[str, Callable[[Any, Mapping[str, Any], str, Path], None]] = {
    TIMESTAMP: _fill_timestamp,
    REFERENCE: _fill_reference,
    GEOPOINT: _fill_geopoint,
    BYTES: _fill_bytes,
    VECTOR: _fill_vector,
    DOUBLE: _fill_non_finite,
    MAP: _fill_escaped,
}


def _text(marker: Mapping[str, Any]) -> str:
    text = marker["value"]
    if not isinstance(text, str):
        raise TypeError("its value is no text")
    return text


def _number(plain: Any) -> float:
    """A number or a double marker as a double."""
    if isinstance(plain, (int, float)) and not isinstance(plain, bool):
        try:
            return float(plain)
        except OverflowError:
            raise ValueError("its number is too large for a double") from None
    if marker_of(plain) == DOUBLE and plain.get("value") in _NON_FINITE:
        return _NON_FINITE[plain["value"]]
    raise ValueError(f"{plain!r} is no number")


def _refusal(at: Path, what: str) -> CloudError:
    where = tdg_core_firestore_codec_path.render([name if isinstance(name, str) else repr(name) for name in at])
    return CloudError("invalid", f"Field {where or '(document)'}: {what}.")
