"""Objects: their resources, listings, copies."""

import base64
from typing import Any

import google_crc32c
from gcp_storage_emulator.gcs_glob import gcs_glob_match

from . import conditions, resources
from .downloads import download
from .errors import invalid
from .http import Request, Response
from .state import State

_MAX_RESULTS = 1000


def get(request: Request, response: Response, state: State) -> None:
    """GET .../o/{object}: the resource, or with alt=media the content."""
    if request.arguments.get("alt") == "media":
        download(request, response, state)
        return
    with state.lock:
        resource = state.get(request.params["bucket"], request.params["object"], request.arguments.get("generation"))
        conditions.check(conditions.take(request.arguments), resource, reading=True)
        response.json(resource)


def delete(request: Request, response: Response, state: State) -> None:
    bucket, name = request.params["bucket"], request.params["object"]
    with state.lock:
        resource = state.get(bucket, name, request.arguments.get("generation"))
        conditions.check(conditions.take(request.arguments), resource)
        state.delete_file(bucket, name)
    response.status = 204


def patch(request: Request, response: Response, state: State) -> None:
    """PATCH changes what is given; PUT replaces all that can be written."""
    values = request.json
    with state.lock:
        resource = state.get(request.params["bucket"], request.params["object"], request.arguments.get("generation"))
        conditions.check(conditions.take(request.arguments), resource)
        if "acl" in values:
            resources.check_access_lists(state, resource["bucket"])
        changed = resources.patched(resource, values, replace=request.method == "PUT")
        resources.set_predefined_acl(state, changed, request.arguments.get("predefinedAcl"))
        state.patch_object(resource["bucket"], resource["name"], changed)
        response.json(changed)


def rewrite(request: Request, response: Response, state: State) -> None:
    """rewriteTo and copyTo: the server copies by itself."""
    params, arguments = request.params, request.arguments
    values = request.json
    with state.lock:
        source = state.get(params["bucket"], params["object"], arguments.get("sourceGeneration"))
        conditions.check(conditions.take(arguments, "ifSource"), source)
        conditions.check(conditions.take(arguments), state.find(params["to_bucket"], params["to_object"]))
        kept = {key: source[key] for key in resources.WRITABLE if key in source}
        copy = resources.make(
            state,
            request.base_url,
            params["to_bucket"],
            params["to_object"],
            values or kept,  # metadata in the request replaces that of the source
            None,
            int(source["size"]),
        )
        copy |= {key: source[key] for key in ("md5Hash", "crc32c", "componentCount") if key in source}
        acl = arguments.get("destinationPredefinedAcl")
        resources.set_predefined_acl(state, copy, acl)
        state.put(copy, state.content(source))
    if "/copyTo/" in request.path:
        response.json(copy)
        return
    size = copy["size"]
    done = {"kind": "storage#rewriteResponse", "done": True, "resource": copy}
    response.json(done | {"totalBytesRewritten": size, "objectSize": size})


def compose(request: Request, response: Response, state: State) -> None:
    """Joins objects into one, which has no MD5."""
    bucket, name = request.params["bucket"], request.params["object"]
    values = request.json
    with state.lock:
        conditions.check(conditions.take(request.arguments), state.find(bucket, name))
        sources = [state.get(bucket, item["name"], item.get("generation")) for item in values["sourceObjects"]]
        data = bytearray().join(state.content(source) for source in sources)
        metadata = {"contentType": sources[0]["contentType"], **values.get("destination", {})}
        composed = resources.make(state, request.base_url, bucket, name, metadata, None, len(data))
        digest = google_crc32c.Checksum(bytes(data)).digest()
        count = sum(int(source.get("componentCount", 1)) for source in sources)
        composed |= {"crc32c": base64.b64encode(digest).decode(), "componentCount": count}
        resources.set_predefined_acl(state, composed, request.arguments.get("destinationPredefinedAcl"))
        state.put(composed, data)
        response.json(composed)


def listing(request: Request, response: Response, state: State) -> None:
    """GET .../o: a page of objects and, with a delimiter, of prefixes."""
    arguments = request.arguments
    bucket = request.params["bucket"]
    limit = int(arguments.get("maxResults", _MAX_RESULTS))
    if limit < 1:
        raise invalid("maxResults must be positive.")
    with state.lock:
        state.bucket(bucket)
        page, next_after = _page(state, bucket, arguments, min(limit, _MAX_RESULTS))
        items = [state.objects[bucket][name] for name, is_prefix in page if not is_prefix]
        answer: dict[str, Any] = {"kind": "storage#objects"}
        prefixes = [name for name, is_prefix in page if is_prefix]
        if items:
            answer["items"] = items
        if prefixes:
            answer["prefixes"] = prefixes
        if next_after is not None:
            answer["nextPageToken"] = base64.urlsafe_b64encode(next_after.encode()).decode()
        response.json(answer)


def _page(
    state: State, bucket: str, arguments: dict[str, str], limit: int
) -> tuple[list[tuple[str, bool]], str | None]:
    """Names and whether each is a prefix; and, if there is more, the point after which it goes on."""
    prefix, delimiter = arguments.get("prefix", ""), arguments.get("delimiter", "")
    start = max(prefix, arguments.get("startOffset", ""))
    end = arguments.get("endOffset") or None
    token = arguments.get("pageToken")
    if token:
        start = base64.urlsafe_b64decode(token).decode()
    glob = arguments.get("matchGlob")
    found: list[tuple[str, bool]] = []
    names = state.names_from(bucket, start)
    skipped_prefix = None
    for name in names:
        if not name.startswith(prefix) or (end is not None and name >= end):
            break
        if skipped_prefix is not None and name.startswith(skipped_prefix):
            continue
        if len(found) == limit:
            return found, name
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        if cut >= 0:
            skipped_prefix = name[: cut + len(delimiter)]
            if glob is None or gcs_glob_match(glob, skipped_prefix):
                found.append((skipped_prefix, True))
            if arguments.get("includeTrailingDelimiter", "").lower() == "true" and name == skipped_prefix:
                found.append((name, False))
        elif glob is None or gcs_glob_match(glob, name):
            found.append((name, False))
    return found, None
