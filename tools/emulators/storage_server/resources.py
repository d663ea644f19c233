"""Object resources: made, changed, described.

https://cloud.google.com/storage/docs/json_api/v1/objects#resource
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .content import Content
from .errors import invalid
from .state import State, check_name, timestamp

WRITABLE = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "eventBasedHold",
    "metadata",
    "storageClass",
    "temporaryHold",
)

_PUBLIC = {"entity": "allUsers", "role": "READER"}
_PREDEFINED = {"publicRead": [_PUBLIC], "publicReadWrite": [{"entity": "allUsers", "role": "OWNER"}]}


def make(
    state: State, base_url: str, bucket: str, name: str, metadata: Mapping[str, Any], content: Content | None, size: int
) -> dict[str, Any]:
    """A new generation of an object, not stored yet. Without content (a composed object) the caller adds crc32c."""
    check_name(name)
    generation = state.next_generation()
    now = timestamp()
    path = f"b/{bucket}/o/{quote(name, safe='')}"
    resource: dict[str, Any] = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "selfLink": f"{base_url}/storage/v1/{path}",
        "mediaLink": f"{base_url}/download/storage/v1/{path}?generation={generation}&alt=media",
        "name": name,
        "bucket": bucket,
        "generation": str(generation),
        "metageneration": "1",
        "contentType": "application/octet-stream",
        "storageClass": "STANDARD",
        "size": str(size),
        "timeCreated": now,
        "updated": now,
        "timeStorageClassUpdated": now,
        "etag": f"{generation:x}/1",
        "acl": [],
    }
    if content is not None:
        resource |= {"md5Hash": content.md5, "crc32c": content.crc32c}
    _assign(resource, metadata)
    return resource


def _assign(resource: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Writable fields: null removes, and within `metadata` removes one key."""
    for key in WRITABLE:
        if key not in values:
            continue
        value = values[key]
        if key == "metadata" and value is not None:
            merged = {**resource.get("metadata", {}), **value}
            value = {name: str(text) for name, text in merged.items() if text is not None} or None
        if value is None:
            resource.pop(key, None)
        else:
            resource[key] = value


def patched(resource: Mapping[str, Any], values: Mapping[str, Any], *, replace: bool = False) -> dict[str, Any]:
    """The resource after PATCH, or after PUT with `replace`: what is not given goes."""
    kept = {key: value for key, value in resource.items() if not (replace and key in WRITABLE)}
    changed = {"contentType": "application/octet-stream", "storageClass": "STANDARD", **kept}
    _assign(changed, values)
    if "acl" in values:
        changed["acl"] = access_entries(changed, values["acl"] or [])
    return touched(changed)


def touched(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The next metageneration of a resource."""
    metageneration = int(resource["metageneration"]) + 1
    etag = f"{int(resource['generation']):x}/{metageneration}"
    return {**resource, "metageneration": str(metageneration), "etag": etag, "updated": timestamp()}


def access_entries(resource: Mapping[str, Any], entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of an access list as the resource holds them."""
    place = {"kind": "storage#objectAccessControl", "bucket": resource["bucket"], "object": resource["name"]}
    return [{**place, "entity": entry["entity"], "role": entry["role"]} for entry in entries]


def set_predefined_acl(state: State, resource: dict[str, Any], name: str | None) -> None:
    """Applies predefinedAcl.

    Raises:
        ApiError: 400 where the bucket has uniform access and knows no access lists.
    """
    if name is None:
        return
    check_access_lists(state, resource["bucket"])
    resource["acl"] = access_entries(resource, _PREDEFINED.get(name, []))


def check_access_lists(state: State, bucket: str) -> None:
    """Raises ApiError if the bucket has uniform bucket-level access."""
    access = state.bucket(bucket).get("iamConfiguration", {}).get("uniformBucketLevelAccess", {})
    if access.get("enabled"):
        raise invalid("Cannot use access lists while uniform bucket-level access is enabled for the bucket.")


def is_public(resource: Mapping[str, Any]) -> bool:
    return any(entry["entity"] == "allUsers" for entry in resource["acl"])
