"""The gateway as it talks to Google: tokens, permissions, certificates, a proxy. Loopback plays all parts."""

import base64
import contextlib
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

import tdg_core_storage_paths
import tdg_gateway_storage
from gateway import loopback
from tdg_core_errors import CloudError
from tdg_core_storage_settings import StorageSettings
from tdg_gateway_storage import StorageGateway
from tdg_work_token import Token

ALL = ["storage.objects.get", "storage.objects.create", "storage.objects.delete", "storage.objects.list"]


class Google:
    """A bucket service and a token service in one.

    Attributes:
        permissions: What the account is granted; None answers 403, with `refusal`.
        asked: (method, path, Authorization) of each request to the bucket service.
        tokens: How many were handed out; the n-th is `token-n`.
        expired: Tokens that are answered with 401.
    """

    def __init__(self) -> None:
        self.permissions: list[str] | None = list(ALL)
        self.refusal = "Permission denied."
        self.status = 0
        self.asked: list[tuple[str, str, str]] = []
        self.tokens = 0
        self.expired: set[str] = set()

    def answer(self, method: str, path: str, token: str) -> tuple[int, dict[str, Any]]:
        if path == "/token":
            self.tokens += 1
            return 200, {"access_token": f"token-{self.tokens}", "expires_in": 3600, "token_type": "Bearer"}
        self.asked.append((method, path, token))
        if token.removeprefix("Bearer ") in self.expired:
            return 401, {"error": {"message": "Invalid Credentials"}}
        if self.status:
            return self.status, {"error": {"message": self.refusal}}
        if "testPermissions" in path:
            return 200, {"permissions": self.permissions}
        return 200, {"name": "a", "size": "1", "generation": "1"}


@contextmanager
def serving(google: Google, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = google.answer(self.command, self.path, self.headers.get("Authorization", ""))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    google = Google()
    with serving(google) as port:
        google.port = port  # type: ignore[attr-defined]
        monkeypatch.setattr(tdg_core_storage_paths, "GOOGLE", f"http://127.0.0.1:{port}")
        yield google


def connect(google: Google, folder: Path) -> StorageGateway:
    key = loopback.key_file(folder, f"http://127.0.0.1:{google.port}/token")  # type: ignore[attr-defined]
    settings = StorageSettings(component="test", private_key_file=key, target="media")
    return tdg_gateway_storage.open_gateway(settings)


def refused(google: Google, folder: Path) -> CloudError:
    with pytest.raises(CloudError) as error:
        connect(google, folder)
    return error.value


def test_each_request_carries_a_token_that_is_fetched_once(google: Google, tmp_path: Path) -> None:
    gateway = connect(google, tmp_path)
    gateway.stat("a", Token())
    gateway.close()
    assert {token for _, _, token in google.asked} == {"Bearer token-1"}
    assert google.tokens == 1
    assert gateway.project_id == "museum"
    assert gateway.warnings == []


def test_expired_token_is_renewed_once(google: Google, tmp_path: Path) -> None:
    gateway = connect(google, tmp_path)
    google.expired.add("token-1")
    assert gateway.stat("a", Token())
    google.expired.add("token-2")
    google.expired.add("token-3")
    with pytest.raises(CloudError) as error:
        gateway.stat("a", Token())
    gateway.close()
    assert error.value.code == "credentials"
    assert google.tokens == 3


def test_missing_roles_are_told_as_what_will_fail(google: Google, tmp_path: Path) -> None:
    google.permissions = ["storage.objects.create"]
    gateway = connect(google, tmp_path)
    gateway.close()
    (warning,) = gateway.warnings
    assert "downloads" in warning
    assert "uploads" not in warning


def test_account_that_may_do_nothing_is_refused_with_the_role_it_needs(google: Google, tmp_path: Path) -> None:
    google.permissions = []
    error = refused(google, tmp_path)
    assert error.code == "permission"
    assert "Storage Object Admin" in error.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The billing account for the owning project is disabled in state absent", "billing"),
        ("Cloud Storage JSON API has not been used in project 1 before or it is disabled", "API"),
        ("Request is prohibited by organization's policy", "administrator"),
    ],
)
def test_reasons_of_a_refusal_are_told_apart(google: Google, tmp_path: Path, text: str, expected: str) -> None:
    google.status, google.refusal = 403, text
    error = refused(google, tmp_path)
    assert error.code == "permission"
    assert expected in error.message


def test_missing_bucket_is_told(google: Google, tmp_path: Path) -> None:
    google.status = 404
    error = refused(google, tmp_path)
    assert error.code == "config"
    assert "media" in error.message


def test_no_secret_of_the_key_is_in_any_error(google: Google, tmp_path: Path) -> None:
    for status in (400, 401, 403, 404, 500):
        google.status = status
        message = refused(google, tmp_path).message
        assert "PRIVATE KEY" not in message
        assert "token-" not in message


# Certificates and proxies ---------------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Google, int]]:
    """Google behind TLS, with a certificate for storage.test that the environment trusts."""
    google = Google()
    context = loopback.certificate(tmp_path, name="storage.test")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
    with serving(google) as token_port, serving(google, context) as port:
        google.port = token_port  # type: ignore[attr-defined]
        yield google, port


class ProxyServer:
    """An HTTP proxy that knows one way.

    Attributes:
        port: Where it listens.
        asked: First lines of the requests.
    """

    def __init__(self, upstream: int, login: str = "") -> None:
        self.asked: list[str] = []
        self._upstream = upstream
        self._wanted = b"Basic " + base64.b64encode(login.encode()) if login else b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for end in (self._listener, *self._ends):
            end.close()
        for thread in self._threads:
            thread.join(5)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                self._open(self._listener.accept()[0])

    def _open(self, client: socket.socket) -> None:
        self._ends.append(client)
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        self.asked.append(head.split(b"\r\n")[0].decode())
        if self._wanted not in head:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server = socket.create_connection(("127.0.0.1", self._upstream))
        self._ends.append(server)
        for pair in ((client, server), (server, client)):
            self._threads.append(threading.Thread(target=_carry, args=pair, daemon=True))
            self._threads[-1].start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_proxy_of_the_environment_is_used(
    secure: tuple[Google, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    google, port = secure
    monkeypatch.setattr(tdg_core_storage_paths, "GOOGLE", "https://storage.test")
    with ProxyServer(port, "museum:se:cret") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://museum:se%3Acret@127.0.0.1:{proxy.port}")
        gateway = connect(google, tmp_path)
        gateway.stat("a", Token())
        gateway.close()
    assert [line.split()[:2] for line in proxy.asked] == [["CONNECT", "storage.test:443"]]
    assert len(google.asked) == 2


def test_proxy_that_wants_a_login_says_so(
    secure: tuple[Google, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    google, port = secure
    monkeypatch.setattr(tdg_core_storage_paths, "GOOGLE", "https://storage.test")
    with ProxyServer(port, "museum:secret") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = refused(google, tmp_path)
    assert "proxy" in error.message
    assert "login" in error.message


def test_certificate_that_is_not_trusted_is_told(
    secure: tuple[Google, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    google, port = secure
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setattr(tdg_core_storage_paths, "GOOGLE", f"https://127.0.0.1:{port}")
    error = refused(google, tmp_path)
    assert error.code == "network"
    assert "certificate" in error.message.lower()
    assert google.asked == []


def test_own_machine_is_never_asked_for_through_a_proxy(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    key = loopback.key_file(tmp_path, "https://oauth2.googleapis.com/token")
    settings = StorageSettings(
        component="test",
        emulator_host=f"127.0.0.1:{google.port}",  # type: ignore[attr-defined]
        private_key_file=key,
        target="media",
    )
    gateway = tdg_gateway_storage.open_gateway(settings)
    gateway.close()
    assert google.asked
