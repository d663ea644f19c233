"""What a document will look like once a queued write has reached the server.

Thread: any.

The same rules as the server's, on payloads instead of protobuf values. Transforms are estimated (a server timestamp is
the local time) until the server's own answer replaces the estimate.
"""

from collections.abc import Mapping
from typing import Any

import tdg_core_firestore_codec as codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_writes as writes

Payload = dict[str, Any]


def applied(op_type: str, base: Payload | None, data: Payload, now: str) -> Payload | None:
    """The payload after that write; None when there is no document then.

    Args:
        op_type: One of the documented four.
        base: The payload before; None when there is no document.
        data: The write's payload.
        now: What a server timestamp is estimated with, ISO 8601.
    """
    if op_type == writes.DELETE:
        return None
    if op_type == writes.SET:
        return _resolved(data, now)
    if op_type == writes.SET_MERGE:
        return _merged(base or {}, data, now)
    if base is None:
        return None  # an update of nothing is refused
    result = dict(base)
    for name, value in data.items():
        result = _put(result, _path(name), value, now)
    return result


def has_transforms(text: str) -> bool:
    """Whether a payload text may hold write-only markers; a quick look that may err towards True."""
    return codec.TYPE in text and any(f'"{name}"' in text for name in codec.WRITE_ONLY)


def _path(name: str) -> tuple[str, ...]:
    try:
        return tdg_core_firestore_codec_path.parse(name)
    except ValueError:  # the server will refuse it
        return (name,)


def _resolved(data: Mapping[str, Any], now: str) -> Payload:
    """A whole map with its markers carried out on nothing."""
    result: Payload = {}
    for name, value in data.items():
        _assign(result, name, value, now)
    return result


def _merged(base: Mapping[str, Any], data: Mapping[str, Any], now: str) -> Payload:
    """Maps are merged all the way down, everything else replaces; an empty map replaces, too."""
    result = dict(base)
    for name, value in data.items():
        former = result.get(name)
        if isinstance(value, dict) and value and not codec.is_marker(value):
            nested = former if isinstance(former, dict) and not codec.is_marker(former) else {}
            result[name] = _merged(nested, value, now)
        else:
            _assign(result, name, value, now)
    return result


def _put(base: Payload, path: tuple[str, ...], value: Any, now: str) -> Payload:
    result = dict(base)
    name, rest = path[0], path[1:]
    if not rest:
        _assign(result, name, value, now)
        return result
    nested = result.get(name)
    result[name] = _put(nested if isinstance(nested, dict) and not codec.is_marker(nested) else {}, rest, value, now)
    return result


def _assign(result: Payload, name: str, value: Any, now: str) -> None:
    """Puts a value or the effect of a marker on what is there under that name."""
    marker = codec.marker_of(value)
    former = result.get(name)
    if marker == codec.DELETE_FIELD:
        result.pop(name, None)
    elif marker == codec.SERVER_TIMESTAMP:
        result[name] = {codec.TYPE: codec.TIMESTAMP, "value": now}
    elif marker == codec.INCREMENT:
        result[name] = _sum(former, value.get("value"))
    elif marker == codec.ARRAY_UNION:
        items = list(former) if isinstance(former, list) else []
        result[name] = items + [item for item in _items(value) if item not in items]
    elif marker == codec.ARRAY_REMOVE:
        items = list(former) if isinstance(former, list) else []
        result[name] = [item for item in items if item not in _items(value)]
    elif isinstance(value, dict) and not marker:
        result[name] = _resolved(value, now)
    else:
        result[name] = value


def _items(marker: Mapping[str, Any]) -> list[Any]:
    items = marker.get("value")
    return items if isinstance(items, list) else []


def _sum(former: Any, operand: Any) -> Any:
    numbers = (int, float)
    if not isinstance(former, numbers) or isinstance(former, bool) or not isinstance(operand, numbers):
        return operand
    return former + operand
