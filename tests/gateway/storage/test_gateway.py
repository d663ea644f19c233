"""The gateway against a server that keeps Cloud Storage's rules, and against the faults it answers with."""

import contextlib
import gzip
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import tdg_core_crc32c
import tdg_gateway_http
import tdg_gateway_storage
from emulators import Proxy, StorageEmulator
from tdg_core_errors import CloudError
from tdg_core_storage_settings import StorageSettings
from tdg_gateway_storage import StorageGateway
from tdg_work_token import Token

Connect = Callable[..., StorageGateway]


@pytest.fixture
def connect(storage_emulator: StorageEmulator, bucket: str) -> Iterator[Connect]:
    """Opens gateways to the bucket of the test."""
    opened: list[StorageGateway] = []

    def connect(**settings: Any) -> StorageGateway:
        values = {"component": "test", "emulator_host": storage_emulator.host, "target": bucket, **settings}
        opened.append(tdg_gateway_storage.open_gateway(StorageSettings(**values)))
        return opened[-1]

    yield connect
    for gateway in opened:
        gateway.close()


@pytest.fixture
def gateway(connect: Connect) -> StorageGateway:
    return connect()


@pytest.fixture
def token() -> Token:
    return Token()


def crc(content: bytes) -> str:
    return tdg_core_crc32c.to_text(google_crc32c.value(content))


def put(
    gateway: StorageGateway,
    name: str,
    content: bytes = b"content",
    replaces: int = 0,
    *,
    public: bool = False,
    **meta: Any,
) -> Any:
    fields = {"contentType": "text/plain", "crc32c": crc(content), **meta}
    body = gateway.body(len(content), lambda: (content,))
    return gateway.insert(name, fields, body, replaces, Token(), public=public)


def get(gateway: StorageGateway, name: str, generation: int = 0, start: int = 0, end: int = -1) -> bytes:
    with gateway.read(name, generation, start, end, Token()) as stream:
        return b"".join(iter(lambda: stream.read(1 << 16), b""))


@contextlib.contextmanager
def failing(code: str) -> Iterator[pytest.ExceptionInfo[CloudError]]:
    with pytest.raises(CloudError) as error:
        yield error
    assert error.value.code == code, error.value.message


# Opening --------------------------------------------------------------------------------------------------------------


def test_default_bucket_is_the_projects(storage_emulator: StorageEmulator, connect: Connect) -> None:
    with contextlib.suppress(Exception):
        storage_emulator.make_bucket("demo-td-gcp.firebasestorage.app")
    gateway = connect(target="")
    assert gateway.target == "demo-td-gcp.firebasestorage.app"
    assert gateway.project_id == "demo-td-gcp"


def test_missing_bucket_is_a_configuration_error_that_names_it(connect: Connect) -> None:
    with failing("config") as error:
        connect(target="no-such-bucket")
    assert "no-such-bucket" in error.value.message
    assert "Bucket Name" in error.value.message


def test_server_that_is_not_there_is_a_network_error(connect: Connect) -> None:
    with failing("network") as error:
        connect(emulator_host="127.0.0.1:9")
    assert "127.0.0.1:9" in error.value.message


def test_server_that_never_answers_is_a_deadline(
    connect: Connect, storage_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tdg_gateway_http, "_TIMEOUT_S", 0.2)
    storage_proxy.black_hole()
    with failing("deadline"):
        connect(emulator_host=storage_proxy.host)


class LoginPage(http.server.BaseHTTPRequestHandler):
    """A hotel's login page answers everything with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Room number, please</html>")

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def test_login_page_is_told_from_the_server(connect: Connect) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), LoginPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with failing("internal") as error:
            connect(emulator_host=f"127.0.0.1:{server.server_port}")
        server.shutdown()
    assert "proxy or portal" in error.value.message


def test_nothing_to_connect_with(connect: Connect) -> None:
    with failing("config"):
        connect(emulator_host="")


# Objects --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["a.txt", "folder/sub/ü ñ.txt", "a b+c%20?#&=.txt", "日本/字.png", "'quote\".txt", "a//b", "x:y", "../up", "100%"],
)
def test_any_legal_name_goes_up_and_down(gateway: StorageGateway, token: Token, name: str) -> None:
    put(gateway, name, b"content of " + name.encode())
    assert get(gateway, name) == b"content of " + name.encode()
    info = gateway.stat(name, token)
    assert info is not None
    assert info["name"] == name
    gateway.delete(name, info["generation"], token)
    assert gateway.stat(name, token) is None


@pytest.mark.parametrize("content", [b"", b"\r\n", b"x\r", b"--", b"\x00" * 3, bytes(range(256)) * 40, b"a" * 300_000])
def test_any_content_goes_up_and_down(gateway: StorageGateway, content: bytes) -> None:
    info = put(gateway, "a.bin", content)
    assert info["size"] == len(content)
    assert info["crc32c"] == crc(content)
    assert get(gateway, "a.bin") == content


def test_description_has_all_documented_fields(gateway: StorageGateway, token: Token) -> None:
    put(gateway, "a.txt", b"hi", metadata={"artist": "Ü"}, cacheControl="no-cache")
    info = gateway.stat("a.txt", token)
    assert info is not None
    assert info["size"] == 2
    assert info["content_type"] == "text/plain"
    assert info["metadata"] == {"artist": "Ü"}
    assert info["cache_control"] == "no-cache"
    assert info["public_url"].endswith(f"/{gateway.target}/a.txt")
    assert info["md5_hash"]
    assert info["updated"].endswith("+00:00")
    assert info["created"]


def test_every_change_names_the_generation_it_replaces(gateway: StorageGateway, token: Token) -> None:
    first = put(gateway, "a")
    with failing("precondition"):
        put(gateway, "a")
    second = put(gateway, "a", b"new", replaces=first["generation"])
    with failing("precondition"):
        gateway.delete("a", first["generation"], token)
    gateway.delete("a", second["generation"], token)
    with failing("not_found"):
        gateway.delete("a", second["generation"], token)


def test_content_damaged_on_the_way_is_not_stored(
    gateway: StorageGateway, token: Token, own_storage: StorageEmulator
) -> None:
    own_storage.inject("POST /upload", "corrupt")
    with failing("checksum"):
        put(gateway, "a", b"x" * 1000)
    assert gateway.stat("a", token) is None


def test_range_and_generation_of_a_download(gateway: StorageGateway) -> None:
    info = put(gateway, "a", b"0123456789")
    assert get(gateway, "a", info["generation"], 3, 7) == b"3456"
    assert get(gateway, "a", 0, 8, -1) == b"89"
    put(gateway, "a", b"new", replaces=info["generation"])
    with failing("not_found"):
        get(gateway, "a", info["generation"])


def test_download_tells_what_it_is(gateway: StorageGateway, token: Token) -> None:
    info = put(gateway, "a", b"0123456789")
    with gateway.read("a", 0, 0, -1, token) as stream:
        assert (stream.generation, stream.size, stream.crc32c) == (info["generation"], 10, info["crc32c"])
        assert (stream.encoding, stream.start) == ("", 0)
    with gateway.read("a", info["generation"], 4, 6, token) as stream:
        assert (stream.size, stream.start) == (10, 4)


def test_gzip_object_comes_as_it_is_stored(gateway: StorageGateway, token: Token) -> None:
    packed = gzip.compress(b"text " * 100)
    put(gateway, "a.txt", packed, contentEncoding="gzip")
    with gateway.read("a.txt", 0, 0, -1, token) as stream:
        assert stream.encoding == "gzip"
        assert stream.read(1 << 20) == packed


def test_copy_inside_the_bucket(gateway: StorageGateway, token: Token) -> None:
    info = put(gateway, "a ü", b"content")
    copy = gateway.copy("a ü", info["generation"], "b/ü c", 0, token)
    assert copy["crc32c"] == info["crc32c"]
    assert get(gateway, "b/ü c") == b"content"
    with failing("precondition"):
        gateway.copy("a ü", info["generation"], "b/ü c", 0, token)
    with failing("not_found"):
        gateway.copy("none", 1, "c", 0, token)


def test_listing_in_pages(gateway: StorageGateway, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdg_gateway_storage, "PAGE", 3)
    names = [f"f/{n:02}" for n in range(7)] + ["f/sub/x", "g"]
    for name in names:
        put(gateway, name, b"")
    found, prefixes, page = [], [], ""
    while True:
        answer = gateway.page("f/", "/", page, token)
        assert len(answer.files) + len(answer.prefixes) <= 3
        found += [info["name"] for info in answer.files]
        prefixes += answer.prefixes
        page = answer.next
        if not page:
            break
    assert found == names[:7]
    assert prefixes == ["f/sub/"]
    assert [info["name"] for info in gateway.page("f/sub", "", "", token).files] == ["f/sub/x"]
    scanned = gateway.scan("f/", "", token).files
    described = gateway.page("f/", "", "", token).files
    assert scanned == [{name: info[name] for name in scanned[0]} for info in described]


# Sessions -------------------------------------------------------------------------------------------------------------

GRANULE = 256 << 10


def part(gateway: StorageGateway, content: bytes) -> Any:
    return gateway.body(len(content), lambda: (content,))


def test_session_takes_parts_and_tells_how_far_it_is(gateway: StorageGateway, token: Token) -> None:
    content = bytes(range(256)) * 1024 * 2 + b"end"
    size = len(content)
    session = gateway.begin("a.bin", {"contentType": "a/b"}, size, 0, token)
    assert gateway.offset(session, "a.bin", size, token) == 0
    held = gateway.send(session, "a.bin", part(gateway, content[:GRANULE]), 0, size, token)
    assert held == GRANULE
    assert gateway.offset(session, "a.bin", size, token) == GRANULE
    rest = part(gateway, content[GRANULE:])
    info = gateway.send(session, "a.bin", rest, GRANULE, size, token, crc(content))
    assert isinstance(info, dict)
    assert info["crc32c"] == crc(content)
    assert info["content_type"] == "a/b"
    assert gateway.offset(session, "a.bin", size, token) == info
    assert get(gateway, "a.bin") == content


def test_session_with_a_wrong_checksum_leaves_nothing(gateway: StorageGateway, token: Token) -> None:
    session = gateway.begin("a", {}, 3, 0, token)
    with failing("checksum"):
        gateway.send(session, "a", part(gateway, b"abc"), 0, 3, token, crc(b"abd"))
    assert gateway.stat("a", token) is None


def test_session_minds_the_generation_at_its_end(gateway: StorageGateway, token: Token) -> None:
    session = gateway.begin("a", {}, 3, 0, token)
    put(gateway, "a", b"foreign")
    with failing("precondition"):
        gateway.send(session, "a", part(gateway, b"abc"), 0, 3, token)
    assert get(gateway, "a") == b"foreign"


@pytest.mark.parametrize("status", [404, 410])
def test_expired_session_is_not_found(
    gateway: StorageGateway, token: Token, own_storage: StorageEmulator, status: int
) -> None:
    session = gateway.begin("a", {}, 3, 0, token)
    own_storage.expire_sessions(status)
    with failing("not_found"):
        gateway.offset(session, "a", 3, token)
    with failing("not_found"):
        gateway.send(session, "a", part(gateway, b"abc"), 0, 3, token)


# Faults ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid"),
        (401, "credentials"),
        (403, "permission"),
        (404, "not_found"),
        (408, "deadline"),
        (409, "exists"),
        (412, "precondition"),
        (413, "too_large"),
        (429, "exhausted"),
        (500, "internal"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "deadline"),
        (507, "unavailable"),
    ],
)
def test_each_status_has_its_code_and_a_sentence(
    gateway: StorageGateway, token: Token, own_storage: StorageEmulator, status: int, code: str
) -> None:
    own_storage.inject("GET .*prefix=", status=status, times=2)  # 401 is tried once more with a fresh token
    with failing(code) as error:
        gateway.page("x", "", "", token)
    assert "Cannot list x*" in error.value.message


def test_server_may_ask_for_a_pause(gateway: StorageGateway, token: Token, own_storage: StorageEmulator) -> None:
    own_storage.inject("GET .*prefix=", status=503, retry_after_s=7)
    with failing("unavailable") as error:
        gateway.page("x", "", "", token)
    assert error.value.retry_after_s == 7


def test_pause_is_never_longer_than_a_minute(
    gateway: StorageGateway, token: Token, own_storage: StorageEmulator
) -> None:
    own_storage.inject("GET .*prefix=", status=503, retry_after_s=86400)
    with failing("unavailable") as error:
        gateway.page("x", "", "", token)
    assert error.value.retry_after_s == 60


@pytest.mark.parametrize("action", ["reset", "truncate"])
def test_broken_connection_is_a_network_error(
    gateway: StorageGateway, token: Token, own_storage: StorageEmulator, action: Any
) -> None:
    own_storage.inject("GET .*prefix=", action)
    with failing("network"):
        gateway.page("x", "", "", token)


def test_refusal_in_the_middle_of_an_upload_is_heard(gateway: StorageGateway, own_storage: StorageEmulator) -> None:
    """The server answers and stops reading: its reason counts, not the broken pipe."""
    own_storage.inject("POST /upload", "status", status=403, after_bytes=100_000)
    with failing("permission"):
        put(gateway, "a", b"x" * (6 << 20))


def test_lost_connection_does_not_spoil_the_next_call(gateway: StorageGateway, token: Token) -> None:
    """A kept connection that the server closed meanwhile is not used again."""
    put(gateway, "a")
    for _ in range(3):
        assert gateway.stat("a", token) is not None
        for waiting in gateway._http._idle.values():
            for _, connection in waiting:
                assert connection.sock is not None
                connection.sock.shutdown(2)


def test_connections_are_kept(connect: Connect, storage_proxy: Proxy, token: Token) -> None:
    gateway = connect(emulator_host=storage_proxy.host)
    for n in range(10):
        put(gateway, f"f{n}")
        get(gateway, f"f{n}")
        gateway.page("", "", "", token)
    assert storage_proxy.stats().accepted == 1


# Ending calls ---------------------------------------------------------------------------------------------------------


def in_thread(function: Callable[[], Any]) -> Callable[[], CloudError]:
    """Runs it in a thread; the returned function waits for the error it ends with."""
    found: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result() -> CloudError:
        thread.join(10)
        assert not thread.is_alive(), "the call did not end"
        assert isinstance(found[0], CloudError)
        return found[0]

    return result


def when(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_cancelled_call_ends_at_once(gateway: StorageGateway, token: Token, own_storage: StorageEmulator) -> None:
    own_storage.inject("GET .*prefix=", "hang")
    ended = in_thread(lambda: gateway.page("x", "", "", token))
    when(lambda: own_storage.fault_hits() == [1])
    token.cancel()
    assert ended().code == "cancelled"


def test_cancelled_download_ends_at_once(gateway: StorageGateway, token: Token, own_storage: StorageEmulator) -> None:
    put(gateway, "a", b"x" * 100_000)
    own_storage.inject("GET .*alt=media", "drip", bytes_per_s=10)

    def download() -> None:
        with gateway.read("a", 0, 0, -1, token) as stream:
            while stream.read(1 << 16):
                pass

    ended = in_thread(download)
    when(lambda: own_storage.fault_hits() == [1])
    token.cancel()
    assert ended().code == "cancelled"


def test_answer_that_ends_with_its_connection_is_cancelled_too(connect: Connect, token: Token) -> None:
    """As old proxies and the PyPI emulator answer; `http.client` then forgets the socket."""
    begun, over = threading.Event(), threading.Event()

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if "alt=media" not in self.path:
                self.end_headers()
                self.wfile.write(b"{}")
                return
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"x" * 1000)
            begun.set()
            over.wait(10)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        gateway = connect(emulator_host=f"127.0.0.1:{server.server_port}")

        def download() -> None:
            with gateway.read("a", 0, 0, -1, token) as stream:
                while stream.read(1 << 16):
                    pass

        ended = in_thread(download)
        assert begun.wait(10)
        token.cancel()
        assert ended().code == "cancelled"
        over.set()
        server.shutdown()


def test_token_that_is_cancelled_begins_nothing(
    gateway: StorageGateway, token: Token, own_storage: StorageEmulator
) -> None:
    token.cancel()
    with failing("cancelled"):
        gateway.page("x", "", "", token)
    assert not [request for request in own_storage.requests() if "prefix=x" in request.path]


def test_closing_ends_every_call(gateway: StorageGateway, token: Token, own_storage: StorageEmulator) -> None:
    own_storage.inject("GET .*prefix=", "hang", times=0)
    ended = [in_thread(lambda: gateway.page("x", "", "", token)) for _ in range(3)]
    when(lambda: own_storage.fault_hits() == [3])
    gateway.close()
    gateway.close()
    assert [each().code for each in ended] == ["unavailable"] * 3
    with failing("unavailable"):
        gateway.stat("a", token)


# Access ---------------------------------------------------------------------------------------------------------------


def test_public_object_can_be_read_by_its_address(
    gateway: StorageGateway, storage_emulator: StorageEmulator, bucket: str
) -> None:
    put(gateway, "private.txt", b"secret")
    put(gateway, "sub/öffentlich.txt", b"for all", public=True)
    assert requests.get(gateway.public_url("private.txt"), timeout=5).status_code == 403
    assert requests.get(gateway.public_url("sub/öffentlich.txt"), timeout=5).content == b"for all"


def test_bucket_that_decides_access_as_a_whole_says_so(
    gateway: StorageGateway, storage_emulator: StorageEmulator, bucket: str
) -> None:
    requests.patch(
        f"{storage_emulator.url}/storage/v1/b/{bucket}",
        json={"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}},
        timeout=5,
    ).raise_for_status()
    with failing("invalid") as error:
        put(gateway, "a", b"x", public=True)
    assert "Make Public" in error.value.message


def test_emulator_without_a_key_cannot_sign(gateway: StorageGateway) -> None:
    with failing("permission") as error:
        gateway.signed_url("a", "GET", 60, "")
    assert "Private Key File" in error.value.message


def test_signed_addresses_read_and_upload(connect: Connect, key_file: Path, bucket: str) -> None:
    gateway = connect(private_key_file=str(key_file))
    put(gateway, "ü a.txt", b"signed for")
    url = gateway.signed_url("ü a.txt", "GET", 60, "")
    assert requests.get(url, timeout=5).content == b"signed for"
    assert "X-Goog-Signature=" in url
    url = gateway.signed_url("new.txt", "PUT", 60, "text/plain")
    requests.put(url, data=b"by hand", headers={"Content-Type": "text/plain"}, timeout=5).raise_for_status()
    assert get(gateway, "new.txt") == b"by hand"


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service-account key of nobody."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    info = {
        "type": "service_account",
        "project_id": "key-project",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": "nobody@key-project.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    path = tmp_path_factory.mktemp("key") / "key.json"
    path.write_text(json.dumps(info), encoding="utf-8")
    return path
