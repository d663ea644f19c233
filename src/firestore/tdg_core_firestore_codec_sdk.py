"""Python values, those of Google's client included, as plain payload values.

Thread: any.

A script hands over what it has: datetimes, bytes, tuples, NumPy arrays, the client's GeoPoint or Increment. They are
told by what they look like, so Google's client need not be imported for it.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_time

CloudError = tdg_core_errors.CloudError
codec = tdg_core_firestore_codec

_MAX_DEPTH = 100

#: Values of exactly these types pass as they are; asked first, as nearly all are and every write is checked so.
_PLAIN = frozenset({str, int, bool, type(None)})

# The client's transforms, by class name: https://cloud.google.com/python/docs/reference/firestore/latest
_TRANSFORMS = {
    "Increment": codec.INCREMENT,
    "ArrayUnion": codec.ARRAY_UNION,
    "ArrayRemove": codec.ARRAY_REMOVE,
}


def serialize_payload(data: Mapping[str, Any]) -> dict[str, Any]:
    """A document's data as a payload: the fields themselves are never a marker. What is plain already is given back.

    Raises:
        CloudError: As `serialize_value`.
    """
    if type(data) is dict and _is_plain(data, _MAX_DEPTH):
        return data
    return _fields(data, ())


def serialize_value(value: Any) -> Any:
    """A plain value: None, bool, int, float, str, lists and dicts of them, and markers for all else.

    What is plain already passes unchanged, markers included; NaN and infinities become markers.

    Raises:
        CloudError: `invalid` for what Firestore cannot store, naming the field.
    """
    return _value(value, ())


def _is_plain(data: dict[Any, Any], depth: int) -> bool:
    """Whether there is nothing to do: text keys, plain values, dicts and lists of them. Quick, as every write is."""
    for name, value in data.items():
        kind = type(value)
        if type(name) is not str:
            return False
        if kind not in _PLAIN and not _is_plain_value(value, kind, depth):
            return False
    return True


def _is_plain_value(value: Any, kind: type, depth: int) -> bool:
    if kind is float:
        return bool(value - value == 0.0)  # neither NaN nor infinite
    if not depth:
        return False
    if kind is dict:
        return _is_plain(value, depth - 1)
    if kind is list:
        return all(type(item) in _PLAIN or _is_plain_value(item, type(item), depth - 1) for item in value)
    return False


def _value(value: Any, at: tuple[str, ...]) -> Any:
    if len(at) > _MAX_DEPTH:
        raise _refusal(at[:3], f"it is nested deeper than {_MAX_DEPTH} levels or contains itself; Firestore stores 20")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return codec.plain_double(float(value))
    if isinstance(value, (dict, Mapping)):  # nearly always a dict, which is told much faster
        return _fields(value, at)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [item if type(item) in _PLAIN else _value(item, (*at, str(number))) for number, item in enumerate(value)]
    marker = _marker(value, at)
    if marker is not None:
        return marker
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers
        return _value(value.tolist(), (*at, ""))
    raise _refusal(at, f"a {type(value).__name__} is nothing that Firestore stores")


def _fields(data: Mapping[Any, Any], at: tuple[str, ...]) -> dict[str, Any]:
    fields = {}
    for name, value in data.items():
        if not isinstance(name, str):
            raise _refusal(at, f"the key {name!r} is no text; field names are text")
        fields[str(name)] = value if type(value) in _PLAIN else _value(value, (*at, name))
    return fields


def _marker(value: Any, at: tuple[str, ...]) -> dict[str, Any] | None:
    name = type(value).__name__
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {codec.TYPE: codec.BYTES, "value": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, datetime):
        return {codec.TYPE: codec.TIMESTAMP, "value": _time_text(value)}
    if hasattr(value, "latitude") and hasattr(value, "longitude"):
        return {codec.TYPE: codec.GEOPOINT, "latitude": float(value.latitude), "longitude": float(value.longitude)}
    if name == "Sentinel":
        return _sentinel(value, at)
    if name in _TRANSFORMS:
        content = value.value if hasattr(value, "value") else list(value.values)
        return {codec.TYPE: _TRANSFORMS[name], "value": _value(content, (*at, ""))}
    if hasattr(value, "to_map_value"):
        return {codec.TYPE: codec.VECTOR, "value": [codec.plain_double(float(item)) for item in value]}
    if name in {"DocumentReference", "AsyncDocumentReference"}:
        return {codec.TYPE: codec.REFERENCE, "value": value.path}
    return None


def _sentinel(value: Any, at: tuple[str, ...]) -> dict[str, Any]:
    description = str(value)
    if "server" in description:
        return {codec.TYPE: codec.SERVER_TIMESTAMP}
    if "delete" in description:
        return {codec.TYPE: codec.DELETE_FIELD}
    raise _refusal(at, f"the sentinel {description!r} is unknown")


def _time_text(moment: datetime) -> str:
    """A time without a zone is UTC, as the client takes it; the client's own class keeps nanoseconds."""
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    delta = zoned - datetime(1970, 1, 1, tzinfo=UTC)
    nanos = getattr(moment, "nanosecond", 0) or moment.microsecond * 1000
    return tdg_core_firestore_codec_time.text_of(delta.days * 86_400 + delta.seconds, nanos)


def _refusal(at: tuple[str, ...], what: str) -> CloudError:
    where = tdg_core_firestore_codec_path.render(at)
    return CloudError("invalid", f"Field {where or '(document)'}: {what}.")
