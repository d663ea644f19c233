"""The HTTP side: threads, keep-alive, bodies in pieces, faults. What a request means is decided by the routes."""

import contextlib
import http.client
import http.server
import io
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gcp_storage_emulator import server as package

from ..sockets import reset_on_close
from .errors import REASONS, Aborted, ApiError, error_document
from .faults import Fault, Faults
from .fields import Selector, parse, select
from .sessions import BLOCK
from .state import State

Body = bytes | bytearray | memoryview

_NO_BODY = (204, 304)


class Request(package.Request):  # type: ignore[misc]  # the package has no types
    """A request in the form that the package's handlers take, with more exact readings beside.

    Attributes:
        arguments: query parameters, the last value of each.
        fault: what is to go wrong with it.
        received: bytes of the body read so far.
    """

    def __init__(self, handler: "Handler", method: str) -> None:
        super().__init__(handler, method)
        parts = urlsplit(handler.path)
        self._parsed_url = parts
        self._query = parse_qs(parts.query, keep_blank_values=True)
        self.arguments = {name: values[-1] for name, values in self._query.items()}
        self.headers = handler.headers
        self.fault: Fault | None = None
        self.received = 0
        self._handler = handler
        self._raw_body: bytes | None = None
        self._arriving = self._arrive()
        self._is_corrupted = False

    @property
    def line(self) -> str:
        """'METHOD path?query', decoded: what fault rules are compared with."""
        return f"{self.method} {unquote(self._handler.path)}"

    @property
    def body(self) -> bytes:
        """The whole body. Safe to read more than once."""
        if self._raw_body is None:
            self._raw_body = b"".join(self.pieces())
        return self._raw_body

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; {} if there is none.

        Raises:
            ApiError: 400 if it is anything else.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise ApiError(400, "parseError", "The body is no JSON.") from error
        if not isinstance(value, dict):
            raise ApiError(400, "parseError", "The body is no JSON object.")
        return value

    @property
    def data(self) -> Any:
        """What the package's handlers call the body: decoded by its content type."""
        self._handler.rfile, rfile = io.BytesIO(self.body), self._handler.rfile
        try:
            return package._read_data(self._handler, self._query)
        finally:
            self._handler.rfile = rfile

    def pieces(self) -> Iterator[bytes]:
        """The body as it arrives. Faults that hit in the middle of an upload hit here.

        Raises:
            Aborted: if the client goes away in the middle.
        """
        for piece in self._arriving:
            self.received += len(piece)
            yield piece
            if self.fault is not None and 0 < self.fault.after_bytes <= self.received:
                self._handler.suffer(self.fault)

    def on_the_way(self, media: bytes) -> bytes:
        """The bytes of an object as they arrive: changed once if that is the fault."""
        if self.fault is None or self.fault.action != "corrupt" or self._is_corrupted or not media:
            return media
        self._is_corrupted = True
        return with_one_byte_changed(media)

    def drain(self) -> None:
        """Reads what is left of the body: on a connection kept alive it would be taken for the next request."""
        for piece in self._arriving:
            self.received += len(piece)

    def _arrive(self) -> Iterator[bytes]:
        if (self.headers.get("Transfer-Encoding") or "").lower() == "chunked":
            while length := int(self._handler.rfile.readline().partition(b";")[0] or b"0", 16):
                yield self._exactly(length)
                self._handler.rfile.readline()
            self._handler.rfile.readline()
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            piece = self._exactly(min(left, BLOCK))
            left -= len(piece)
            yield piece

    def _exactly(self, length: int) -> bytes:
        piece: bytes = self._handler.rfile.read(length)
        if len(piece) < length:
            raise Aborted
        return piece


def with_one_byte_changed(data: Body) -> bytes:
    """A copy that differs in its last byte."""
    return bytes(data[:-1]) + bytes([data[-1] ^ 0x55]) if data else b""


class Response(package.Response):  # type: ignore[misc]  # the package has no types
    """An answer in the form that the package's handlers fill in."""

    def __init__(self, handler: "Handler") -> None:
        super().__init__(handler)
        self.headers: dict[str, str] = self._headers

    def write_body(self, content: Body, headers: dict[str, str]) -> None:
        self._content = content
        self.headers.update(headers)

    def write_error(self, error: ApiError) -> None:
        self.status = error.status
        self.headers.update(error.headers)
        self.json(error_document(error.status, error.reason, error.message))

    def finish(self, selector: Selector) -> tuple[int, dict[str, str], Body]:
        """Status, headers and body as they are to be sent."""
        status = int(self.status)
        content: Body | str = self._content
        if status >= 400 and not content:  # the package answers with an empty body
            phrase = http.client.responses.get(status, "Unknown")
            self.json(error_document(status, REASONS.get(status, "internalError"), phrase))
            content = self._content
        if selector and status < 300 and isinstance(content, str) and content:
            content = json.dumps(select(json.loads(content), selector))
        body = content.encode() if isinstance(content, str) else content
        if status in _NO_BODY:
            body = b""
        return status, self.headers, body


Route = Callable[[Request, Response, State], None]


class Handler(package.RequestHandler):  # type: ignore[misc]  # the package has no types
    """One connection, in a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "StorageServer"

    def _serve(self) -> None:
        method = self.headers.get("x-http-method-override") or self.command
        request = Request(self, method)
        if not self.path.startswith("/__"):  # the tests' own door
            request.fault = self.server.faults.take(request.line)
        response = Response(self)
        selector: Selector = {}
        try:
            try:
                self._before(request.fault)
                selector = parse(request.arguments.get("fields", ""))
                self.server.dispatch(request, response)
            except ApiError as error:
                response.write_error(error)
            request.drain()
            status, headers, body = response.finish(selector)
        except (Aborted, OSError):
            self._note(request, 0, b"")
            self._reset()
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self._reset()
        else:
            self._send(request, status, headers, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def _before(self, fault: Fault | None) -> None:
        if fault is None or fault.after_bytes:
            return
        if fault.action == "delay":
            time.sleep(fault.delay_s)
        elif fault.action == "hang":
            self.server.faults.released.wait()
            raise Aborted
        elif fault.action in ("status", "reset"):
            self.suffer(fault)

    def suffer(self, fault: Fault) -> None:
        """Carries out a 'status' or 'reset'."""
        if fault.action == "status":
            headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
            reason = REASONS.get(fault.status, "backendError")
            raise ApiError(fault.status, reason, "Injected by the test.", headers)
        if fault.action == "reset":
            raise Aborted

    def _note(self, request: Request, status: int, body: Body) -> None:
        if not request.path.startswith("/__"):
            self.server.faults.note(request.method, unquote(self.path), status, len(body), request.received)

    def _send(self, request: Request, status: int, headers: dict[str, str], body: Body) -> None:
        action = request.fault.action if request.fault else None
        is_kept = action not in ("lost", "truncate")
        # before it is sent: whoever has the answer finds the request in the log
        self._note(request, status if is_kept else 0, body)
        try:
            if action == "lost":
                raise Aborted
            if action == "corrupt" and request.method == "GET":
                body = with_one_byte_changed(body)
            if action == "wrong_hash":
                headers, body = _with_wrong_hashes(headers, body)
            self._write(request, self._head(status, headers, len(body)), body)
        except (Aborted, OSError):
            self._reset()

    def _head(self, status: int, headers: dict[str, str], length: int) -> bytes:
        phrase = "Resume Incomplete" if status == 308 else http.client.responses.get(status, "Unknown")
        lines = [f"HTTP/1.1 {status} {phrase}", f"Date: {self.date_time_string()}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _write(self, request: Request, head: bytes, body: Body) -> None:
        fault = request.fault
        if request.method == "HEAD":
            self.wfile.write(head)
        elif fault is not None and fault.action == "truncate":
            self.wfile.write(head + bytes(body[: fault.after_bytes or len(body) // 2]))
            raise Aborted
        elif fault is not None and fault.action == "drip":
            self.wfile.write(head)
            self._drip(body, fault.bytes_per_s)
        elif len(body) < BLOCK:
            self.wfile.write(head + bytes(body))
        else:
            self.wfile.write(head)
            self.wfile.write(body)

    def _drip(self, body: Body, bytes_per_s: float) -> None:
        step = max(1, int(bytes_per_s / 20))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            time.sleep(step / bytes_per_s)

    def _reset(self) -> None:
        """Closes the connection so that the client sees a reset, not an end."""
        self.close_connection = True
        reset_on_close(self.connection)
        with contextlib.suppress(OSError):
            self.rfile.close()
            self.wfile.close()
            self.connection.close()

    def log_message(self, *_: object) -> None:
        """The package logs each request; the log here is `Faults.log`."""


def _with_wrong_hashes(headers: dict[str, str], body: Body) -> tuple[dict[str, str], Body]:
    headers = {name: "crc32c=AAAAAA==" if name == "X-Goog-Hash" else value for name, value in headers.items()}
    if headers.get("Content-type") == "application/json":
        text = bytes(body).decode()
        body = re.sub(r'("crc32c": ")[^"]*', r"\1AAAAAA==", re.sub(r'"md5Hash": "[^"]*", ', "", text)).encode()
    return headers, body


class StorageServer(http.server.ThreadingHTTPServer):
    """The server: routes are (pattern over the raw path, {method: handler}), the first match counts."""

    request_queue_size = 128
    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers share a port

    def __init__(
        self, port: int, state: State, faults: Faults, routes: list[tuple[re.Pattern[str], dict[str, Route]]]
    ) -> None:
        self.state = state
        self.faults = faults
        self._routes = routes
        super().__init__(("127.0.0.1", port), self._make_handler)

    def _make_handler(self, *connection: Any) -> Handler:
        return Handler(self.state, *connection)

    def dispatch(self, request: Request, response: Response) -> None:
        """Finds the handler and lets it fill in the response.

        Raises:
            ApiError: also if there is no such path or method.
        """
        for pattern, handlers in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            handler = handlers.get(request.method) or (handlers.get("GET") if request.method == "HEAD" else None)
            if handler is None:
                raise ApiError(405, "methodNotAllowed", f"{request.method} is not allowed on {request.path}.")
            request.set_match(match)
            handler(request, response, self.state)
            return
        raise ApiError(404, "notFound", f"The emulator has no path {request.path}.")

    def handle_error(self, *_: object) -> None:
        """Connections that end are no news; everything else is reported by the handler."""
