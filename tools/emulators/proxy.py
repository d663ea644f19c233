"""A TCP proxy on loopback that makes the network bad on demand."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self, TypeVar

from .process import split_host
from .sockets import reset_on_close

_CHUNK_BYTES = 256 * 1024
_QUEUED_CHUNKS = 64  # per connection and direction: what may be in flight
_CALL_TIMEOUT_S = 10.0

T = TypeVar("T")


class _Mode(Enum):
    OPEN = 1
    REFUSING = 2
    BLACK_HOLE = 3


@dataclass
class ProxyStats:
    """Counters since the start; bytes are counted when they are passed on."""

    accepted: int = 0
    refused: int = 0
    live: int = 0
    bytes_up: int = 0
    bytes_down: int = 0


class _Lane:
    """One direction of the line, shared by all connections: when bytes that enter now come out."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.bytes_per_s: float | None = None
        self._free_at = 0.0

    @property
    def chunk_bytes(self) -> int:
        """How much to read at once: little enough that a slow line flows and does not jerk."""
        return _CHUNK_BYTES if self.bytes_per_s is None else max(512, min(_CHUNK_BYTES, int(self.bytes_per_s / 50)))

    def due(self, size: int, now: float) -> float:
        """The latency applies to each chunk by itself, so it costs no throughput; the rate to all together."""
        if self.bytes_per_s is not None:
            self._free_at = max(now, self._free_at) + size / self.bytes_per_s
            return self._free_at + self.delay_s
        return now + self.delay_s


class _Link:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.upstream: socket.socket | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_reset = False
        self.has_lost_bytes = False

    def reset(self) -> None:
        """Ends the connection so that both sides see a reset."""
        self.is_reset = True
        if self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        for side in (self.client, self.upstream):
            if side is None:
                continue
            if self.is_reset:
                reset_on_close(side)
            side.close()


class Proxy:
    """Passes TCP connections on to 'name:port'; use as a context manager. All methods may be called by any thread.

    Attributes:
        upstream: where new connections go; may be changed at any time.
        host: 'name:port' where the proxy listens, the same until it is stopped.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.host = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="emulators-proxy", daemon=True)
        self._listener = socket.socket()
        self._accepting: asyncio.Task[None] | None = None
        # what follows is used in the loop's thread only
        self._mode = _Mode.OPEN
        self._up = _Lane()
        self._down = _Lane()
        self._bytes_until_cut: int | None = None
        self._links: set[_Link] = set()
        self._stats = ProxyStats()

    def start(self) -> Self:
        """Listens on a free port and returns self."""
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)
        self._listener.setblocking(False)
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread.start()
        self._call(self._start())
        return self

    def stop(self) -> None:
        """Ends all connections and the thread. The proxy cannot be started again. May be called twice."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self._call(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._listener.close()
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def cut(self) -> int:
        """Resets all live connections; new ones are accepted as before. Returns how many there were."""
        return self._call(self._cut(lambda _link: True))

    def cut_after(self, size: int) -> None:
        """Resets all live connections, once, when `size` more bytes have passed (both directions together)."""
        self._call(self._set(bytes_until_cut=size))

    def refuse(self) -> None:
        """Resets new connections at once, until `restore`. Live ones go on."""
        self._call(self._set(mode=_Mode.REFUSING))

    def black_hole(self) -> None:
        """Swallows everything, until `restore`: new connections are accepted, nobody hears anything."""
        self._call(self._set(mode=_Mode.BLACK_HOLE))

    def delay(self, round_trip_s: float) -> None:
        """Adds latency to each round trip: half of it in each direction. Throughput does not suffer."""
        self._call(self._set(delay_s=round_trip_s / 2))

    def throttle(self, bytes_per_s: float | None) -> None:
        """Limits each direction, for all connections together; None: no limit."""
        self._call(self._set(bytes_per_s=bytes_per_s, sets_rate=True))

    def restore(self) -> None:
        """Back to a good network. Connections that lost bytes in a black hole are reset."""
        self._call(self._restore())

    def stats(self) -> ProxyStats:
        """A copy of the counters."""
        return self._call(self._snapshot())

    # Everything below runs in the loop's thread.

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_TIMEOUT_S)

    async def _start(self) -> None:
        self._accepting = asyncio.create_task(self._accept())

    async def _stop(self) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
        await self._cut(lambda _link: True)

    async def _set(
        self,
        mode: _Mode | None = None,
        bytes_until_cut: int | None = None,
        delay_s: float | None = None,
        bytes_per_s: float | None = None,
        *,
        sets_rate: bool = False,
    ) -> None:
        self._mode = mode or self._mode
        if bytes_until_cut is not None:
            self._bytes_until_cut = bytes_until_cut
        for lane in (self._up, self._down):
            if delay_s is not None:
                lane.delay_s = delay_s
            if sets_rate:
                lane.bytes_per_s = bytes_per_s

    async def _restore(self) -> None:
        self._mode = _Mode.OPEN
        self._bytes_until_cut = None
        await self._set(delay_s=0.0, sets_rate=True)
        await self._cut(lambda link: link.has_lost_bytes)

    async def _snapshot(self) -> ProxyStats:
        self._stats.live = len(self._links)
        return ProxyStats(**vars(self._stats))

    async def _cut(self, concerns: Any) -> int:
        links = [link for link in self._links if concerns(link)]
        for link in links:
            link.reset()
        await asyncio.gather(*(link.task for link in links if link.task), return_exceptions=True)
        return len(links)

    async def _accept(self) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            if self._mode is _Mode.REFUSING:
                self._stats.refused += 1
                reset_on_close(client)
                client.close()
                continue
            self._stats.accepted += 1
            link = _Link(client)
            self._links.add(link)
            link.task = asyncio.create_task(self._serve(link))

    async def _serve(self, link: _Link) -> None:
        try:
            client = _prepared(link.client)
            if self._mode is _Mode.BLACK_HOLE:
                link.has_lost_bytes = True  # whoever asks now will never be answered
                while await self._loop.sock_recv(client, _CHUNK_BYTES):
                    pass
                await asyncio.Event().wait()
            link.upstream = upstream = _prepared(socket.socket())
            await self._loop.sock_connect(upstream, split_host(self.upstream))
            await _both(
                asyncio.create_task(self._carry(link, client, upstream, self._up)),
                asyncio.create_task(self._carry(link, upstream, client, self._down)),
            )
        except OSError:
            link.is_reset = True
        finally:
            self._links.discard(link)
            link.close()

    async def _carry(self, link: _Link, source: socket.socket, sink: socket.socket, lane: _Lane) -> None:
        """Reading and sending go on at the same time, so that latency does not add up."""
        in_flight: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUED_CHUNKS)
        sending = asyncio.create_task(self._send(link, in_flight, sink, lane))
        try:
            while True:
                data = await self._loop.sock_recv(source, lane.chunk_bytes)
                await in_flight.put((lane.due(len(data), self._loop.time()), data))
                if not data:
                    break
            await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(
        self, link: _Link, in_flight: asyncio.Queue[tuple[float, bytes]], sink: socket.socket, lane: _Lane
    ) -> None:
        while True:
            due, data = await in_flight.get()
            wait_s = due - self._loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            if self._mode is _Mode.BLACK_HOLE:
                link.has_lost_bytes = True
                if not data:
                    await asyncio.Event().wait()  # an end, too, goes unheard
                continue
            if not data:
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_WR)
                return
            if not link.is_reset:  # the cancellation comes a little later, and not at all where nothing pauses
                await self._pass_on(data, sink, lane)
            if link.is_reset:
                return

    async def _pass_on(self, data: bytes, sink: socket.socket, lane: _Lane) -> None:
        if self._bytes_until_cut is not None:
            data = data[: self._bytes_until_cut]
            self._bytes_until_cut -= len(data)
        await self._loop.sock_sendall(sink, data)
        if lane is self._up:
            self._stats.bytes_up += len(data)
        else:
            self._stats.bytes_down += len(data)
        if self._bytes_until_cut == 0:
            self._bytes_until_cut = None
            for link in list(self._links):
                link.reset()


async def _both(*tasks: asyncio.Task[None]) -> None:
    """Waits for the tasks; when one fails, none of the others is left running."""
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _prepared(side: socket.socket) -> socket.socket:
    side.setblocking(False)
    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return side
