"""HTTP to one server: kept connections, credentials, time-outs, and calls that can be ended from another thread.

Thread: worker only.

On `http.client`, because every small object costs a few requests and each request's Python is taken from the frames of
the host: measured 0.2 ms of processor time per request, against 1.3 ms through google-auth's AuthorizedSession. It also
gives the one thing that session hides: the socket, to end a call that waits in it.
"""

import base64
import contextlib
import email.utils
import http.client
import json
import select
import socket
import ssl
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import tdg_core_errors
import tdg_gateway_errors
import tdg_gateway_roots

CloudError = tdg_core_errors.CloudError

_CONNECT_TIMEOUT_S = 10.0
#: Longest silence of the server, and longest time for one block of a body to leave.
_TIMEOUT_S = 30.0
#: How long a read collects.
_MOMENT_S = 0.1
#: An idle connection older than that is not used again: servers and routers close them at times of their own.
_IDLE_S = 60.0
#: Most bytes of an error's body that are looked at.
_MOST_ERROR_BYTES = 64 << 10
_MOST_MESSAGE = 300

#: https://cloud.google.com/storage/docs/json_api/v1/status-codes: these 403 mean "slower", not "forbidden".
_RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})


class Token(Protocol):
    """Lets another thread end a call."""

    @property
    def cancelled(self) -> bool: ...

    def closing(self, close: Callable[[], None]) -> AbstractContextManager[None]:
        """While inside, `close` is called as soon as the call is to end (at once if it already is)."""


@dataclass(frozen=True)
class Body:
    """What is sent: its length in bytes and, each time it is sent, its blocks."""

    length: int
    blocks: Callable[[], Iterable[bytes]]

    @classmethod
    def of(cls, data: bytes) -> "Body":
        """A body from memory."""
        return cls(len(data), lambda: (data,))


class Response:
    """An answer whose body has not been read yet."""

    def __init__(
        self, raw: http.client.HTTPResponse, host: str, check: Callable[[], None], leave: Callable[[], None]
    ) -> None:
        self.status = raw.status
        self.headers: Mapping[str, str] = raw.headers  # type: ignore[assignment]  # reads like one, ignoring case
        self.raw = raw
        self._host = host
        self._check = check
        #: Nothing more is read: the server need not send the rest.
        self.leave = leave

    def read(self, most: int) -> bytes:
        """The next bytes of the body; empty at its end, also when it ends early.

        As many as come within a moment: a fast stream costs few steps, a slow one still shows that it moves.

        Raises:
            CloudError: `network`, `deadline`, or `cancelled` when it was ended on purpose.
        """
        pieces: list[bytes] = []
        missing, until = most, time.monotonic() + _MOMENT_S
        with _explained(self._host):
            while missing > 0:
                try:
                    piece = self.raw.read1(missing)
                except OSError:
                    if not pieces:
                        raise
                    break  # what has come counts; the next read meets the error again
                if not piece:
                    break
                pieces.append(piece)
                missing -= len(piece)
                if time.monotonic() >= until:
                    break
        if not pieces:
            self._check()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def json(self) -> dict[str, Any]:
        """The whole body as a JSON object.

        Raises:
            CloudError: `network`, `deadline`, or `internal` when it is none.
        """
        with _explained(self._host):
            data = self.raw.read()
        if not data:
            return {}
        try:
            value = json.loads(data)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise CloudError("internal", f"{self._host} did not answer in JSON; is a proxy or portal in between?")
        return value


class Http:
    """Calls to one server (and to the other addresses it names).

    Args:
        base: `https://storage.googleapis.com` or `http://127.0.0.1:9000`.
        authorize: Adds credentials to the headers of a request, renewed ones if the second argument is true.
        roots: The file of roots that are trusted besides the system's.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        base: str,
        authorize: Callable[[dict[str, str], bool], None],
        roots: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = base
        self._authorize = authorize
        self._roots = roots
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[tuple[float, http.client.HTTPConnection]]] = {}
        self._busy: set[_Line] = set()
        self._closed = False
        self._tls: ssl.SSLContext | None = None
        self._proxies = urllib.request.getproxies()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Ends every call under way and closes all connections. Idempotent, any thread."""
        with self._lock:
            self._closed = True
            busy, idle, self._idle = list(self._busy), self._idle, {}
        for line in busy:
            line.shut()
        for waiting in idle.values():
            for _, connection in waiting:
                connection.close()

    def json(
        self,
        method: str,
        target: str,
        doing: str,
        token: Token,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> dict[str, Any]:
        """Sends a request and returns the JSON object that answers it; `doing` completes "Cannot ...".

        Raises:
            CloudError: With a sentence about `doing`.
        """
        with self.call(method, target, doing, token, headers=headers, body=body) as response:
            return response.json()

    @contextlib.contextmanager
    def call(
        self,
        method: str,
        target: str,
        doing: str,
        token: Token,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        good: frozenset[int] = frozenset({200, 204, 206}),
    ) -> Iterator[Response]:
        """Sends a request; inside, its answer can be read.

        Args:
            target: Path and query below `base`, or a whole address.
            good: Statuses that are no errors.

        Raises:
            CloudError: `cancelled`, `network`, `deadline`, `credentials`, or what the server answered.
        """
        address = target if "://" in target else self.base + target
        for renewed in (False, True):
            with self._sent(method, address, token, headers or {}, body, renewed) as response:
                if response.status == 401 and not renewed:
                    continue
                if response.status not in good:
                    raise _refused(response, doing)
                yield response
                return

    @contextlib.contextmanager
    def _sent(
        self, method: str, address: str, token: Token, headers: Mapping[str, str], body: Body | None, renew: bool
    ) -> Iterator[Response]:
        parts = urllib.parse.urlsplit(address)
        complete = {"Accept-Encoding": "identity", **headers}
        if body is not None:
            complete["Content-Length"] = str(body.length)
        elif method in {"POST", "PUT", "PATCH"}:
            complete["Content-Length"] = "0"
        self._authorize(complete, renew)
        line = self._take(parts.scheme, parts.netloc)
        connection = line.connection
        kept = False
        try:
            at = parts.netloc if connection.host == parts.hostname else f"the proxy {connection.host}:{connection.port}"
            with _explained(at, self, token), token.closing(line.shut):
                line.raw = raw = _exchange(
                    line, method, address[len(f"{parts.scheme}://{parts.netloc}") :], complete, body
                )
            with token.closing(line.shut):
                try:
                    yield Response(raw, parts.netloc, lambda: self._check(token), line.shut)
                except CloudError as error:
                    # A read that was ended on purpose looks like a broken network.
                    raise _on_purpose(error, self, token) from error
            kept = _is_read(raw) and not raw.will_close
        finally:
            self._give_back(parts.scheme, parts.netloc, line, kept)

    def _check(self, token: Token) -> None:
        """Raises if a call was ended on purpose: its socket just looks as if the server had closed it."""
        if token.cancelled or self._closed:
            raise _on_purpose(CloudError("network", ""), self, token)

    def _take(self, scheme: str, netloc: str) -> "_Line":
        with self._lock:
            if self._closed:
                raise CloudError("unavailable", "The connection was closed.")
            waiting = self._idle.get((scheme, netloc), [])
            while waiting:
                since, connection = waiting.pop()
                if self._clock() - since < _IDLE_S and not _dropped(connection):
                    break
                connection.close()
            else:
                connection = self._new(scheme, netloc)
            line = _Line(connection)
            self._busy.add(line)
            return line

    def _give_back(self, scheme: str, netloc: str, line: "_Line", kept: bool) -> None:
        with self._lock:
            self._busy.discard(line)
            if kept and not self._closed:
                self._idle.setdefault((scheme, netloc), []).append((self._clock(), line.connection))
                return
        line.close()

    def _new(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        host = netloc.rpartition("@")[2]
        proxy = self._proxies.get(scheme)
        if proxy and not _is_near(host):
            return self._through_proxy(scheme, host, proxy)
        if scheme == "https":
            return http.client.HTTPSConnection(host, timeout=_CONNECT_TIMEOUT_S, context=self._tls_context())
        return http.client.HTTPConnection(host, timeout=_CONNECT_TIMEOUT_S)

    def _through_proxy(self, scheme: str, host: str, proxy: str) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        headers = {}
        if parts.username:
            user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            headers["Proxy-Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        at = (parts.hostname or "", parts.port or 8080)
        if scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                *at, timeout=_CONNECT_TIMEOUT_S, context=self._tls_context()
            )
        else:
            connection = http.client.HTTPConnection(*at, timeout=_CONNECT_TIMEOUT_S)
        name, _, port = host.partition(":")
        connection.set_tunnel(name, int(port or (443 if scheme == "https" else 80)), headers)
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tdg_gateway_roots.context(self._roots)
        return self._tls


def _is_near(host: str) -> bool:
    """Whether no proxy is asked for a host: this machine's own and those that the system excepts."""
    name = urllib.parse.urlsplit(f"//{host}").hostname or ""
    if name in {"localhost", "::1"} or name.startswith("127."):
        return True
    return bool(urllib.request.proxy_bypass(name))


class _Line:
    """A connection while it is used.

    Of an answer that ends with the connection `http.client` lets go of the socket, which the answer then holds alone;
    so both are kept here, to be shut and closed in any case.
    """

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection
        self.sock: socket.socket | None = connection.sock
        self.raw: http.client.HTTPResponse | None = None

    def shut(self) -> None:
        """Ends whatever waits in the socket. Any thread."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # not SSLSocket's: another thread may be inside it

    def close(self) -> None:
        """Closes connection and answer."""
        self.connection.close()
        if self.raw is not None:
            self.raw.close()


def _exchange(
    line: _Line, method: str, path: str, headers: Mapping[str, str], body: Body | None
) -> http.client.HTTPResponse:
    connection = line.connection
    if connection.sock is None:
        connection.connect()  # which also sends small packets at once (TCP_NODELAY)
    line.sock = connection.sock
    connection.sock.settimeout(_TIMEOUT_S)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    blocks = iter(body.blocks()) if body is not None else iter(())
    try:
        # The head travels with the first block: one packet for a small object.
        connection.endheaders(next(blocks, None))
        for block in blocks:
            connection.send(block)
    except (BrokenPipeError, ConnectionResetError) as broken:
        # The server may have refused before it took everything; its reason is worth more than ours.
        try:
            return connection.getresponse()
        except (OSError, http.client.HTTPException):
            raise broken from None
    return connection.getresponse()


def _is_read(raw: http.client.HTTPResponse) -> bool:
    """Whether the next request may follow on the connection; a short rest is read for that."""
    if not raw.isclosed() and raw.length is not None and raw.length <= _MOST_ERROR_BYTES:
        with contextlib.suppress(OSError, http.client.HTTPException):
            raw.read()
    return raw.isclosed()


def _dropped(connection: http.client.HTTPConnection) -> bool:
    """Whether the server has closed an idle connection: then it is readable."""
    sock = connection.sock
    if sock is None:
        return True
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


# Errors ---------------------------------------------------------------------------------------------------------------


def _on_purpose(error: CloudError, http_: Http, token: Token) -> CloudError:
    if token.cancelled:
        return CloudError("cancelled", "It was cancelled.")
    if http_.closed:
        return CloudError("unavailable", "The connection was closed.")
    return error


@contextlib.contextmanager
def _explained(host: str, http_: Http | None = None, token: Token | None = None) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        problem = tdg_gateway_errors.unreachable(error, host)
        raise (problem if http_ is None or token is None else _on_purpose(problem, http_, token)) from error


def _refused(response: Response, doing: str) -> CloudError:
    """What an error answer means."""
    with contextlib.suppress(CloudError):
        data = response.read(_MOST_ERROR_BYTES)
        reason, text = _reason(data)
        code = tdg_core_errors.code_of_http(response.status)
        if response.status == 403 and reason in _RATE_REASONS:
            code = "exhausted"
        return CloudError(code, _sentence(code, response.status, doing, text), _retry_after(response))
    return CloudError("network", f"Cannot {doing}: the connection broke in the middle of the answer.")


def _reason(data: bytes) -> tuple[str, str]:
    """The machine's word and the human's sentence in an error's body."""
    try:
        error = json.loads(data)["error"]
        errors = error.get("errors") or [{}]
        return str(errors[0].get("reason", "")), str(error.get("message", ""))[:_MOST_MESSAGE]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "", data[:_MOST_MESSAGE].decode("utf-8", "replace").strip() if data[:1] not in {b"<", b"{"} else ""


def _sentence(code: str, status: int, doing: str, text: str) -> str:
    said = f' The server says: "{text}"' if text else ""
    advice = {
        "credentials": "the credentials are not accepted; check that the key is current and belongs to this project.",
        "permission": "permission denied; grant the account a role that allows it, e.g. Storage Object Admin.",
        "not_found": "it does not exist.",
        "exhausted": "the server asks to go slower.",
        "precondition": "it was changed by someone else meanwhile.",
    }.get(code, f"the server answered with status {status}.")
    return f"Cannot {doing}: {advice}{said}"


def _retry_after(response: Response) -> float:
    """Seconds of the header Retry-After, at most a minute: nobody may send us to sleep for a day."""
    value = (response.headers.get("Retry-After") or "").strip()
    if value.isdigit():
        return min(float(value), 60.0)
    with contextlib.suppress(TypeError, ValueError):
        when, sent = (
            email.utils.parsedate_to_datetime(text) for text in (value, response.headers.get("Date") or value)
        )
        return min(max(0.0, (when - sent).total_seconds()), 60.0)
    return 0.0
