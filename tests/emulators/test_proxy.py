"""The proxy, with a plain TCP echo behind it."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from emulators import Proxy, StorageEmulator


class Echo(socketserver.BaseRequestHandler):
    """Sends back what comes, until the other side ends."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


@pytest.fixture
def echo() -> Iterator[str]:
    """'name:port' of an echo server."""
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(echo: str) -> Iterator[Proxy]:
    with Proxy(echo) as proxy:
        yield proxy


@pytest.fixture
def connect(proxy: Proxy) -> Iterator[Callable[[], socket.socket]]:
    """Opens connections through the proxy."""
    opened: list[socket.socket] = []

    def connect() -> socket.socket:
        name, _, port = proxy.host.partition(":")
        opened.append(socket.create_connection((name, int(port)), timeout=5))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def exchange(connection: socket.socket, data: bytes) -> bytes:
    """Sends data and returns as much as comes back."""
    connection.sendall(data)
    return receive(connection, len(data))


def receive(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        piece = connection.recv(size - len(received))
        if not piece:
            break
        received += piece
    return bytes(received)


def is_reset(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def is_refused(connect: Callable[[], socket.socket]) -> bool:
    try:
        return is_reset(connect())
    except ConnectionError:
        return True


def test_bytes_pass_and_are_counted(proxy: Proxy, connect: Callable[[], socket.socket]) -> None:
    with ThreadPoolExecutor(1) as pool:
        connection = connect()
        data = bytes(range(256)) * 8192  # 2 MiB
        sending = pool.submit(connection.sendall, data)
        assert receive(connection, len(data)) == data
        sending.result()
    stats = proxy.stats()
    assert (stats.accepted, stats.live, stats.bytes_up, stats.bytes_down) == (1, 1, len(data), len(data))


def test_an_end_is_passed_on(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"last words")
    connection.shutdown(socket.SHUT_WR)
    assert receive(connection, 100) == b"last words"


def test_a_cut_resets_what_lives_and_lets_new_ones_in(proxy: Proxy, connect: Callable[[], socket.socket]) -> None:
    connections = [connect() for _ in range(3)]
    for connection in connections:
        exchange(connection, b"x")
    assert proxy.cut() == 3
    assert all(is_reset(connection) for connection in connections)
    assert exchange(connect(), b"again") == b"again"


def test_refused_until_restored(proxy: Proxy, connect: Callable[[], socket.socket]) -> None:
    live = connect()
    exchange(live, b"x")
    proxy.refuse()
    assert is_refused(connect)
    assert exchange(live, b"still here") == b"still here"
    proxy.restore()
    assert exchange(connect(), b"welcome") == b"welcome"
    assert proxy.stats().refused == 1


def test_a_black_hole_swallows_and_forgets(proxy: Proxy, connect: Callable[[], socket.socket]) -> None:
    idle, talking = connect(), connect()
    for connection in (idle, talking):
        exchange(connection, b"x")
    proxy.black_hole()
    talking.sendall(b"anybody?")
    newcomer = connect()
    newcomer.sendall(b"hello?")
    for connection in (talking, newcomer):
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(5)
    proxy.restore()
    assert is_reset(talking)
    assert is_reset(newcomer)
    assert exchange(idle, b"fine") == b"fine"


@pytest.mark.parametrize("size", [1, 1000, 300_000])
def test_a_cut_after_so_many_bytes(proxy: Proxy, connect: Callable[[], socket.socket], size: int) -> None:
    connection = connect()
    exchange(connection, b"x")
    before = proxy.stats()
    proxy.cut_after(size)
    with contextlib.suppress(ConnectionError):
        connection.sendall(b"y" * 1_000_000)
    with contextlib.suppress(ConnectionError):
        receive(connection, 1_000_000)
    after = proxy.stats()
    assert after.bytes_up + after.bytes_down - before.bytes_up - before.bytes_down == size
    assert exchange(connect(), b"once only") == b"once only"


def test_latency_delays_each_round_trip_but_not_the_flow(proxy: Proxy, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    proxy.delay(0.1)
    started = time.monotonic()
    exchange(connection, b"x")
    assert time.monotonic() - started >= 0.1
    data = b"z" * (8 * 1024 * 1024)  # many chunks: in a row they would take seconds
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        sending = pool.submit(connection.sendall, data)
        assert receive(connection, len(data)) == data
        sending.result()
    chunks = len(data) / (256 * 1024)
    assert time.monotonic() - started < chunks * 0.1


def test_requests_side_by_side_share_the_latency(
    storage_proxy: Proxy, storage_emulator: StorageEmulator, bucket: str
) -> None:
    storage_proxy.delay(0.04)
    url = f"http://{storage_proxy.host}/storage/v1/b/{bucket}"

    def ask(_: int) -> int:
        with requests.Session() as session:
            return sum(session.get(url).status_code for _ in range(3))

    started = time.monotonic()
    ask(0)
    alone = time.monotonic() - started
    assert alone >= 3 * 0.04
    with ThreadPoolExecutor(8) as pool:
        started = time.monotonic()
        assert list(pool.map(ask, range(8))) == [600] * 8
        side_by_side = time.monotonic() - started
    assert side_by_side < 6 * alone  # one after another: 8 times


def test_a_throttle_limits_the_line_as_a_whole(proxy: Proxy, connect: Callable[[], socket.socket]) -> None:
    connections = [connect() for _ in range(2)]
    proxy.throttle(100_000)
    with ThreadPoolExecutor(2) as pool:
        started = time.monotonic()
        assert list(pool.map(lambda connection: len(exchange(connection, b"x" * 15_000)), connections)) == [15_000] * 2
        assert time.monotonic() - started >= 0.25
    proxy.throttle(None)
    assert len(exchange(connections[0], b"x" * 100_000)) == 100_000


def test_nobody_behind_it_is_a_reset(connect: Callable[[], socket.socket], proxy: Proxy) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        proxy.upstream = f"127.0.0.1:{taken.getsockname()[1]}"
        assert is_refused(connect)


def test_nothing_is_left_of_it(echo: str) -> None:
    threads = set(threading.enumerate())
    proxy = Proxy(echo).start()
    name, _, port = proxy.host.partition(":")
    with socket.create_connection((name, int(port)), timeout=5) as connection:
        exchange(connection, b"x")
        proxy.black_hole()
        proxy.stop()
        proxy.stop()
        assert is_reset(connection)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((name, int(port)), timeout=5)
    assert {thread for thread in threading.enumerate() if thread.name == "emulators-proxy"} <= threads
