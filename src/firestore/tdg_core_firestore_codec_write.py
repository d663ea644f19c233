"""What a queued write means for the server: fields to store, which of them it touches, and what the server works out.

Thread: any.

    set         replaces the document. Keys are field names.
    set_merge   stores the given leaves and creates the document if it is missing. Keys are field names. An empty map
                is a leaf.
    update      the document must exist. Keys are field paths (`a.b`); each value replaces what is there.
    delete      no data.

Write-only markers, as the value of a field at any depth of maps, never inside an array:

    {"__type":"server_timestamp"}
    {"__type":"increment","value":1}            a number; a missing field counts as 0
    {"__type":"array_union","value":[...]}      appends what is missing
    {"__type":"array_remove","value":[...]}
    {"__type":"delete_field"}                   set_merge at any depth; update as the value of a path
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path

CloudError = tdg_core_errors.CloudError
FieldPath = tdg_core_firestore_codec_path.FieldPath
codec = tdg_core_firestore_codec

SET = "set"
SET_MERGE = "set_merge"
UPDATE = "update"
DELETE = "delete"

_VALUE_KEYS = {codec.INCREMENT, codec.ARRAY_UNION, codec.ARRAY_REMOVE}


@dataclass
class Plan:
    """One write taken apart.

    Attributes:
        fields: Payload without write-only markers.
        mask: Paths that are changed, a path without a value in `fields` is deleted; None replaces the whole document.
        transforms: (path, marker name, its value) that the server works out after storing the fields, in order.
        exists: What must be true of the document; None for nothing.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    mask: list[FieldPath] | None = None
    transforms: list[tuple[FieldPath, str, Any]] = field(default_factory=list)
    exists: bool | None = None


def plan(op: str, payload: Mapping[str, Any]) -> Plan:
    """Takes a set, set_merge or update apart.

    Raises:
        CloudError: `invalid`, naming the field.
    """
    if op == SET:
        return _plan_set(payload)
    if op == SET_MERGE:
        return _plan_merge(payload)
    if op == UPDATE:
        return _plan_update(payload)
    raise CloudError("invalid", f"Unknown write {op!r}; it is set, set_merge, update or delete.")


def _plan_set(payload: Mapping[str, Any]) -> Plan:
    found = Plan()
    found.fields = _without_markers(payload, (), found)
    return found


def _plan_merge(payload: Mapping[str, Any]) -> Plan:
    found = Plan(mask=[])
    found.fields = _merged(payload, (), found)
    return found


def _merged(payload: Mapping[str, Any], at: FieldPath, found: Plan) -> dict[str, Any]:
    """The leaves to store; each goes into the mask by its own path."""
    stored: dict[str, Any] = {}
    assert found.mask is not None
    for name, plain in payload.items():
        path = (*at, name)
        marker = codec.marker_of(plain)
        if marker == codec.DELETE_FIELD:
            found.mask.append(path)
        elif marker in codec.WRITE_ONLY:
            found.transforms.append(_transform(path, plain))
        elif isinstance(plain, dict) and plain and not marker:
            below = _merged(plain, path, found)
            if below:
                stored[name] = below
        else:
            found.mask.append(path)
            stored[name] = plain
    return stored


def _plan_update(payload: Mapping[str, Any]) -> Plan:
    found = Plan(mask=[], exists=True)
    assert found.mask is not None
    paths = _paths(payload)
    for path, plain in paths.items():
        marker = codec.marker_of(plain)
        if marker == codec.DELETE_FIELD:
            found.mask.append(path)
        elif marker in codec.WRITE_ONLY:
            found.transforms.append(_transform(path, plain))
        else:
            found.mask.append(path)
            _put(found.fields, path, _stored(plain, path, found))
    return found


def _paths(payload: Mapping[str, Any]) -> dict[FieldPath, Any]:
    """The data of an update by field path; no path may lie within another."""
    paths: dict[FieldPath, Any] = {}
    for key, plain in payload.items():
        try:
            path = tdg_core_firestore_codec_path.parse(key)
        except ValueError as error:
            raise CloudError("invalid", f"Update refused: {error}; quote odd names with backticks.") from None
        if path in paths:
            raise CloudError("invalid", f"Update refused: {key!r} is named twice; keep one of them.")
        paths[path] = plain
    for path in paths:
        for length in range(1, len(path)):
            if path[:length] in paths:
                outer, inner = (tdg_core_firestore_codec_path.render(p) for p in (path[:length], path))
                raise CloudError("invalid", f"Update refused: {inner} lies within {outer}; give only one of them.")
    return paths


def _put(fields: dict[str, Any], path: FieldPath, plain: Any) -> None:
    for name in path[:-1]:
        fields = fields.setdefault(name, {})
    fields[path[-1]] = plain


def _stored(plain: Any, at: FieldPath, found: Plan) -> Any:
    """The value without the write-only markers in its maps, which become transforms."""
    if not isinstance(plain, dict) or codec.is_marker(plain):
        return plain
    return _without_markers(plain, at, found)


def _without_markers(payload: Mapping[str, Any], at: FieldPath, found: Plan) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    for name, plain in payload.items():
        path = (*at, name)
        marker = codec.marker_of(plain)
        if marker == codec.DELETE_FIELD:
            where = tdg_core_firestore_codec_path.render(path)
            raise CloudError(
                "invalid",
                f"Field {where}: delete_field means nothing where the whole is replaced; leave the field out, or use "
                f'UpdateDoc with the key "{where}".',
            )
        if marker in codec.WRITE_ONLY:
            found.transforms.append(_transform(path, plain))
        else:
            stored[name] = _stored(plain, path, found)
    return stored


def _transform(path: FieldPath, marker: Mapping[str, Any]) -> tuple[FieldPath, str, Any]:
    name = marker[codec.TYPE]
    keys = {codec.TYPE, "value"} if name in _VALUE_KEYS else {codec.TYPE}
    value = marker.get("value")
    where = tdg_core_firestore_codec_path.render(path)
    if marker.keys() != keys:
        raise CloudError("invalid", f"Field {where}: a {name} marker has the keys {', '.join(sorted(keys))}.")
    if name == codec.INCREMENT and not _is_number(value):
        raise CloudError("invalid", f"Field {where}: increment takes a number, not {value!r}.")
    if name in {codec.ARRAY_UNION, codec.ARRAY_REMOVE} and not isinstance(value, list):
        raise CloudError("invalid", f"Field {where}: {name} takes a list, not {value!r}.")
    return path, name, value


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) or codec.marker_of(value) == codec.DOUBLE
