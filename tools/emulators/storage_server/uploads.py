"""Objects coming in: in one request, in two parts, in resumable steps, and by PUT to an address.

https://cloud.google.com/storage/docs/uploads-downloads
"""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from . import conditions, resources
from .content import Content, hash_header
from .downloads import check_signature
from .errors import ApiError, invalid, not_found
from .http import Request, Response
from .sessions import ContentRange, UploadSession
from .state import State, check_name

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')


def insert(request: Request, response: Response, state: State) -> None:
    """POST /upload/storage/v1/b/{bucket}/o"""
    kind = request.arguments.get("uploadType")
    if kind == "media":
        content_type = request.get_header("Content-Type")
        _insert_at_once(
            request, response, state, {"contentType": content_type} if content_type else {}, _whole(request)
        )
    elif kind == "multipart":
        metadata, content = _two_parts(request)
        _insert_at_once(request, response, state, metadata, content)
    elif kind == "resumable" and "upload_id" not in request.arguments:
        _start_session(request, response, state)
    elif kind == "resumable":
        continue_session(request, response, state)
    else:
        raise invalid("uploadType must be media, multipart or resumable.")


def _whole(request: Request) -> Content:
    content = Content()
    for piece in request.pieces():
        content.add(request.on_the_way(piece))
    return content


def _two_parts(request: Request) -> tuple[dict[str, Any], Content]:
    """The metadata and the media of a multipart/related body, the media byte for byte."""
    match = _BOUNDARY.search(request.get_header("Content-Type", ""))
    if match is None:
        raise invalid("A multipart upload needs a boundary in its Content-Type.")
    parts = (b"\r\n" + request.body).split(b"\r\n--" + match[1].encode())
    if len(parts) < 4 or not parts[-1].startswith(b"--"):
        raise invalid("A multipart upload needs two parts.")
    _, metadata_part, *media_parts, _ = parts
    try:
        metadata: dict[str, Any] = json.loads(metadata_part.partition(b"\r\n\r\n")[2])
    except ValueError as error:
        raise invalid("The first part of a multipart upload must be JSON.") from error
    head, _, media = (b"\r\n--" + match[1].encode()).join(media_parts).partition(b"\r\n\r\n")
    content_type = re.search(rb"(?im)^content-type:\s*(.+?)\s*$", head)
    if content_type and "contentType" not in metadata:
        metadata["contentType"] = content_type[1].decode()
    return metadata, Content.of(request.on_the_way(media))


def _insert_at_once(
    request: Request, response: Response, state: State, metadata: dict[str, Any], content: Content
) -> None:
    sent = hash_header(request.get_header("X-Goog-Hash"))
    content.check(sent.get("crc32c") or metadata.get("crc32c"), sent.get("md5") or metadata.get("md5Hash"))
    session = UploadSession(
        bucket=request.params["bucket"],
        name=_object_name(request, metadata),
        metadata=_with_encoding(request, metadata),
        conditions=conditions.take(request.arguments),
        predefined_acl=request.arguments.get("predefinedAcl"),
        declared_size=None,
        content=content,
    )
    with state.lock:
        response.json(_store(request, state, session))


def _object_name(request: Request, metadata: Mapping[str, Any]) -> str:
    name = request.arguments.get("name") or metadata.get("name")
    if not isinstance(name, str):
        raise invalid("The upload names no object.")
    check_name(name)
    return name


def _with_encoding(request: Request, metadata: dict[str, Any]) -> dict[str, Any]:
    encoding = request.arguments.get("contentEncoding")
    return {**metadata, "contentEncoding": encoding} if encoding else metadata


def _store(request: Request, state: State, session: UploadSession) -> dict[str, Any]:
    """Makes the object of a whole upload. Called with the lock held, so that the conditions hold when it counts."""
    conditions.check(session.conditions, state.find(session.bucket, session.name))
    content = session.content
    resource = resources.make(
        state, request.base_url, session.bucket, session.name, session.metadata, content, session.persisted
    )
    resources.set_predefined_acl(state, resource, session.predefined_acl)
    state.put(resource, content.data)
    return resource


def _start_session(request: Request, response: Response, state: State) -> None:
    metadata = request.json
    content_type = request.get_header("X-Upload-Content-Type")
    if content_type:
        metadata.setdefault("contentType", content_type)
    size = request.get_header("X-Upload-Content-Length")
    session = UploadSession(
        bucket=request.params["bucket"],
        name=_object_name(request, metadata),
        metadata=_with_encoding(request, metadata),
        conditions=conditions.take(request.arguments),
        predefined_acl=request.arguments.get("predefinedAcl"),
        declared_size=int(size) if size else None,
        declared_crc32c=metadata.get("crc32c"),
        declared_md5=metadata.get("md5Hash"),
    )
    upload_id = secrets.token_urlsafe(24)
    with state.lock:
        conditions.check(session.conditions, state.find(session.bucket, session.name))
        state.sessions[upload_id] = session
    place = f"/upload/storage/v1/b/{session.bucket}/o?uploadType=resumable&name={quote(session.name, safe='')}"
    response["Location"] = f"{request.base_url}{place}&upload_id={upload_id}"
    response["X-GUploader-UploadID"] = upload_id


def continue_session(request: Request, response: Response, state: State) -> None:
    """PUT to a session: a chunk, the rest, or the question how far it got."""
    with state.lock:
        session = state.sessions.get(request.arguments.get("upload_id", ""))
    if session is None:
        raise not_found("The upload session")
    session.check_usable()
    turn = session.take_turn()
    if session.resource is not None:
        response.json(session.resource)
        return
    asked = ContentRange.parse(request.get_header("Content-Range"))
    total = session.total(asked)
    if asked.first is not None:
        whole_size = int(request.get_header("Content-Length") or 0) if asked.last is None else None
        pieces = (request.on_the_way(piece) for piece in request.pieces())
        session.accept(asked, pieces, total if whole_size is None else (total or whole_size), turn)
    is_whole = asked.first is not None and asked.last is None
    if not is_whole and (total is None or session.persisted < total):
        response.status = 308
        if session.persisted:
            response["Range"] = f"bytes=0-{session.persisted - 1}"
        return
    try:
        sent = hash_header(request.get_header("X-Goog-Hash"))
        session.content.check(sent.get("crc32c"), sent.get("md5"))
        session.content.check(session.declared_crc32c, session.declared_md5)
        with state.lock:
            session.resource = _store(request, state, session)
            response.json(session.resource)
    except ApiError:
        session.gone = 410  # a session that failed for good cannot be continued
        raise


def cancel_session(request: Request, _response: Response, state: State) -> None:
    """DELETE of a session."""
    with state.lock:
        session = state.sessions.get(request.arguments.get("upload_id", ""))
    if session is None:
        raise not_found("The upload session")
    session.gone = 404
    raise ApiError(499, "clientClosedRequest", "The upload is cancelled.")


def xml_put(request: Request, response: Response, state: State) -> None:
    """PUT /bucket/object, as signed addresses are used."""
    check_signature(request)
    headers = request.headers
    sent = hash_header(headers.get("X-Goog-Hash"))
    content = _whole(request)
    content.check(sent.get("crc32c"), sent.get("md5") or headers.get("Content-MD5"))
    metadata: dict[str, Any] = {
        "metadata": {
            key.lower().removeprefix("x-goog-meta-"): text
            for key, text in headers.items()
            if key.lower().startswith("x-goog-meta-")
        }
    }
    for header, field in (("Content-Type", "contentType"), ("Cache-Control", "cacheControl")):
        if header in headers:
            metadata[field] = headers[header]
    name = request.params["object"]
    check_name(name)
    acl = {"public-read": "publicRead"}.get(headers.get("x-goog-acl", ""))
    session = UploadSession(
        bucket=request.params["bucket"],
        name=name,
        metadata=metadata,
        conditions=conditions.from_headers(headers),
        predefined_acl=acl,
        declared_size=None,
        content=content,
    )
    with state.lock:
        resource = _store(request, state, session)
    response["ETag"] = f'"{resource["etag"]}"'
    response["X-Goog-Generation"] = resource["generation"]
    response["X-Goog-Hash"] = f"crc32c={resource['crc32c']},md5={resource['md5Hash']}"
