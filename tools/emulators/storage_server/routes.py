"""Which path means what. The package's handlers serve what is not about single objects."""

import re
from collections.abc import Callable
from typing import Any

from gcp_storage_emulator import server as package
from gcp_storage_emulator.handlers import buckets

from . import downloads, objects, uploads
from .errors import invalid
from .faults import Faults
from .http import Request, Response, Route
from .state import State

Routes = list[tuple[re.Pattern[str], dict[str, Route]]]

_BUCKET = r"/b/(?P<bucket>[^/]+)"
_OBJECT = _BUCKET + r"/o/(?P<object>.+?)"
_OF_PACKAGE = re.compile(r"/(storage/v1/b|batch/storage/v1).*")


def _control(faults: Faults) -> Routes:
    """The side door of the tests."""

    def reset(_request: Request, response: Response, state: State) -> None:
        faults.clear()
        with state.lock:
            state.wipe()
        response.json({})

    def add_fault(request: Request, response: Response, _state: State) -> None:
        try:
            faults.add(request.json)
        except (TypeError, re.error) as error:
            raise invalid(f"No such fault: {error}") from error
        response.json({})

    def fault_hits(_request: Request, response: Response, _state: State) -> None:
        response.json({"hits": faults.hits()})

    def clear_faults(_request: Request, response: Response, _state: State) -> None:
        faults.clear()
        response.json({})

    def requests(_request: Request, response: Response, _state: State) -> None:
        response.json({"requests": faults.log()})

    def expire_sessions(request: Request, response: Response, state: State) -> None:
        with state.lock:
            open_sessions = [session for session in state.sessions.values() if session.resource is None]
            for session in open_sessions:
                session.gone = int(request.json.get("status", 410))
        response.json({"sessions": len(open_sessions)})

    table: dict[str, dict[str, Route]] = {
        "/__reset": {"POST": reset},
        "/__faults": {"GET": fault_hits, "POST": add_fault, "DELETE": clear_faults},
        "/__requests": {"GET": requests},
        "/__sessions/expire": {"POST": expire_sessions},
        "/": {"GET": lambda _request, response, _state: response.json({})},
    }
    return [(re.compile(re.escape(path)), methods) for path, methods in table.items()]


def _insert_bucket(request: Request, response: Response, state: State) -> None:
    values = request.json
    name = values.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][-_.a-z0-9]{1,220}[a-z0-9]", name):
        raise invalid(f"{name!r} is no valid bucket name.")
    with state.lock:
        bucket = state.make_bucket(name)
        response.json(buckets._patch_bucket(bucket, values))


def _by_package(request: Request, response: Response, state: State) -> None:
    """Hands over to the handler that the package has for the path."""
    _ = request.body  # read before the lock is taken: the client may be slow
    for pattern, handlers in package.HANDLERS:
        match = re.fullmatch(pattern, request.path)
        if match and request.method in handlers:
            request.set_match(match)
            request._parsed_params = None
            handler: Callable[..., Any] = handlers[request.method]
            with state.lock:
                handler(request, response, state)
            return
    response.status = 404


def make(faults: Faults) -> Routes:
    """All routes, most specific first."""
    ours: list[tuple[str, dict[str, Route]]] = [
        ("/storage/v1/b", {"POST": _insert_bucket, "GET": _by_package}),
        ("/storage/v1" + _BUCKET + "/o", {"GET": objects.listing, "POST": uploads.insert}),
        (
            "/storage/v1" + _OBJECT + r"/(?:rewriteTo|copyTo)/b/(?P<to_bucket>[^/]+)/o/(?P<to_object>.+)",
            {"POST": objects.rewrite},
        ),
        ("/storage/v1" + _OBJECT + "/compose", {"POST": objects.compose}),
        ("/storage/v1" + _OBJECT + "/(?:acl|restore)", {"GET": _by_package, "POST": _by_package}),
        (
            "/storage/v1" + _OBJECT,
            {"GET": objects.get, "DELETE": objects.delete, "PATCH": objects.patch, "PUT": objects.patch},
        ),
        ("/download/storage/v1" + _OBJECT, {"GET": downloads.download}),
        (
            "/upload/storage/v1" + _BUCKET + "/o",
            {"POST": uploads.insert, "PUT": uploads.continue_session, "DELETE": uploads.cancel_session},
        ),
    ]
    package_methods: dict[str, Route] = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), _by_package)
    xml = re.compile(r"/(?P<bucket>[^/_][^/]*)/(?P<object>.+)")
    return [
        *_control(faults),
        *((re.compile(path), methods) for path, methods in ours),
        (_OF_PACKAGE, package_methods),
        (xml, {"GET": downloads.xml_get, "PUT": uploads.xml_put}),
    ]
