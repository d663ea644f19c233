"""Objects going out: media, ranges, headers; through the JSON API, by public address and by signed address."""

import gzip
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from . import conditions, resources
from .errors import ApiError
from .http import Body, Request, Response
from .state import State

_RANGE = re.compile(r"\s*bytes=(\d*)-(\d*)\s*")


def download(request: Request, response: Response, state: State) -> None:
    """GET with alt=media, or the XML API's GET."""
    bucket, name = request.params["bucket"], request.params["object"]
    with state.lock:
        resource = state.get(bucket, name, request.arguments.get("generation"))
        conditions.check(conditions.take(request.arguments), resource, reading=True)
        content = state.content(resource)
    headers = _headers(resource)
    override = request.arguments.get("response-content-disposition")
    if override:
        headers["Content-Disposition"] = override
    body: Body = memoryview(content)
    if resource.get("contentEncoding") == "gzip":
        accepts = "gzip" in request.get_header("Accept-Encoding", "")
        if not accepts and "no-transform" not in resource.get("cacheControl", ""):
            # https://cloud.google.com/storage/docs/transcoding
            body = gzip.decompress(content)
            del headers["Content-Encoding"], headers["Accept-Ranges"]
            headers["Warning"] = "214 UploadServer gunzipped"
            response.write_body(body, headers)
            return
    wanted = _RANGE.fullmatch(request.get_header("Range", ""))
    if wanted and (wanted[1] or wanted[2]):
        start, end = _bounds(wanted, len(content))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
        response.status = 206
        body = body[start:end]
    response.write_body(body, headers)


def _bounds(wanted: re.Match[str], size: int) -> tuple[int, int]:
    first, last = wanted.groups()
    if first:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    else:
        start, end = max(0, size - int(last)), size
    if start >= size or start >= end:
        message = "The requested range cannot be satisfied."
        raise ApiError(416, "requestedRangeNotSatisfiable", message, {"Content-Range": f"bytes */{size}"})
    return start, end


def _headers(resource: Mapping[str, Any]) -> dict[str, str]:
    updated = datetime.fromisoformat(resource["updated"])
    hashes = [f"crc32c={resource['crc32c']}"] + ([f"md5={resource['md5Hash']}"] if "md5Hash" in resource else [])
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": resource.get("cacheControl", "private, max-age=0"),
        "Content-Type": resource["contentType"],
        "ETag": f'"{resource["etag"]}"',
        "Last-Modified": format_datetime(updated, usegmt=True),
        "X-Goog-Generation": resource["generation"],
        "X-Goog-Hash": ",".join(hashes),
        "X-Goog-Metageneration": resource["metageneration"],
        "X-Goog-Storage-Class": resource["storageClass"],
        "X-Goog-Stored-Content-Encoding": resource.get("contentEncoding", "identity"),
        "X-Goog-Stored-Content-Length": resource["size"],
    }
    for header in ("contentDisposition", "contentEncoding", "contentLanguage"):
        if header in resource:
            headers["Content-" + header.removeprefix("content")] = resource[header]
    return headers | {f"x-goog-meta-{key}": text for key, text in resource.get("metadata", {}).items()}


def xml_get(request: Request, response: Response, state: State) -> None:
    """GET or HEAD /bucket/object: open to those with a signature or a token, and to all if the object is public."""
    check_signature(request)
    with state.lock:
        resource = state.get(request.params["bucket"], request.params["object"])
    is_known = "X-Goog-Signature" in request.arguments or request.get_header("Authorization")
    if not is_known and not resources.is_public(resource):
        raise ApiError(403, "forbidden", "Anonymous caller does not have storage.objects.get access to the object.")
    download(request, response, state)


def check_signature(request: Request) -> None:
    """A V4 signature is taken as it is, unless it has expired.

    Raises:
        ApiError: 400 after its time.
    """
    arguments = request.arguments
    if "X-Goog-Signature" not in arguments:
        return
    signed_at = datetime.strptime(arguments["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if datetime.now(UTC) > signed_at + timedelta(seconds=int(arguments["X-Goog-Expires"])):
        raise ApiError(400, "expiredToken", "The provided token has expired.")
