"""Payload values as values of Google's client, for scripts that use it.

Thread: worker only.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_time
import tdg_gateway_firestore_api

CloudError = tdg_core_errors.CloudError
codec = tdg_core_firestore_codec


def deserialize_value(value: Any, client: Any) -> Any:
    """A payload value as the client takes it: markers become datetimes, references, GeoPoints, bytes, transforms.

    Args:
        value: Plain values and markers.
        client: A `google.cloud.firestore.Client`, which references belong to.

    Raises:
        CloudError: `invalid` for a marker that is wrong, `packages` if the client is not installed.
    """
    if isinstance(value, list):
        return [deserialize_value(item, client) for item in value]
    if not isinstance(value, dict):
        return value
    name = codec.marker_of(value)
    if not name:
        return {key: deserialize_value(item, client) for key, item in value.items()}
    try:
        return _from_marker(name, value, client)
    except (KeyError, TypeError, ValueError):
        raise CloudError("invalid", f"The {name} marker is wrong: {value!r}.") from None


def _from_marker(name: str, marker: dict[str, Any], client: Any) -> Any:
    api = tdg_gateway_firestore_api.load()
    sdk = api.sdk
    if name in {codec.SERVER_TIMESTAMP, codec.DELETE_FIELD}:
        return sdk.SERVER_TIMESTAMP if name == codec.SERVER_TIMESTAMP else sdk.DELETE_FIELD
    if name == codec.GEOPOINT:
        return sdk.GeoPoint(marker["latitude"], marker["longitude"])
    content = marker["value"]
    if name == codec.TIMESTAMP:
        return _moment(content)
    if name == codec.REFERENCE:
        return client.document(content)
    if name == codec.BYTES:
        return base64.b64decode(content, validate=True)
    if name == codec.DOUBLE:
        return float(content)
    if name == codec.MAP:
        return {key: deserialize_value(item, client) for key, item in content.items()}
    classes = {
        codec.VECTOR: api.vector,
        codec.INCREMENT: sdk.Increment,
        codec.ARRAY_UNION: sdk.ArrayUnion,
        codec.ARRAY_REMOVE: sdk.ArrayRemove,
    }
    return classes[name](deserialize_value(content, client))


def _moment(text: str) -> Any:
    """The client's own kind of datetime, which keeps nanoseconds."""
    seconds, nanos = tdg_core_firestore_codec_time.parse(text)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return tdg_gateway_firestore_api.load().datetime(*moment.timetuple()[:6], nanosecond=nanos, tzinfo=UTC)
