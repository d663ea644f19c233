"""Frames, and how the two ends find out that they are ours."""

import contextlib
import io
import math
import socket
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tdg_bridge_wire as wire
from tdg_core_messages import Accepted, Configure, Connect, Logged


class Row(NamedTuple):
    name: str
    number: int


def there_and_back(message: Any) -> Any:
    return wire.read(io.BytesIO(b"".join(wire.frames(message))))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_plain_values_cross_unchanged(values: dict[str, Any]) -> None:
    assert there_and_back(Configure(values)) == Configure(values)


def test_named_tuples_cross_as_tuples_and_nan_stays_nan() -> None:
    back = there_and_back(Accepted("j", 1, {"rows": [Row("a", 1), Row("b", 2)], "nan": math.nan}))
    assert back.message["rows"] == [("a", 1), ("b", 2)]
    assert math.isnan(back.message["nan"])


@pytest.mark.parametrize("value", [object(), Exception("x"), [lambda: None]])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="may not cross"):
        wire.frame(Configure({"value": value}))


def test_large_bytes_are_not_copied() -> None:
    data = bytes(range(256)) * 4096
    parts = wire.frames(Logged("INFO", data))  # type: ignore[arg-type]
    assert any(part is data for part in parts)
    assert there_and_back(Logged("INFO", data)).message == data  # type: ignore[arg-type]


def test_a_stream_that_ends_anywhere_is_no_message() -> None:
    whole = b"".join(wire.frames(Logged("INFO", b"x" * 100_000)))  # type: ignore[arg-type]
    for length in (0, 1, wire.OVERHEAD - 1, wire.OVERHEAD, 50, len(whole) - 1):
        assert wire.read(io.BytesIO(whole[:length])) is None


def test_control_tuples_are_told_from_messages() -> None:
    stream = io.BytesIO(wire.control(wire.TAKEN, 5) + wire.frame(Connect(1)))
    assert wire.read_raw(stream) == (wire.TAKEN, 5)
    body = wire.read_raw(stream)
    assert isinstance(body, bytes)
    assert wire.message_of(body) == Connect(1)


Side = Callable[[socket.socket], None]


def both(engine: Side, host: Side) -> list[BaseException | None]:
    """Lets both sides introduce themselves; what each of them got."""
    ends = socket.socketpair()
    results: list[BaseException | None] = [None, None]

    def run(number: int, side: Side) -> None:
        with ends[number]:
            try:
                side(ends[number])
            except (OSError, wire.WireError) as error:
                results[number] = error

    threads = [threading.Thread(target=run, args=(number, side)) for number, side in enumerate((engine, host))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_who_knows_the_secret_is_let_in() -> None:
    secret = b"s" * 32
    assert both(lambda c: wire.prove_as_engine(c, secret), lambda c: wire.prove_as_host(c, secret)) == [None, None]


def test_neither_side_talks_to_one_that_does_not_know_the_secret() -> None:
    engine, host = both(lambda c: wire.prove_as_engine(c, b"right"), lambda c: wire.prove_as_host(c, b"wrong"))
    assert isinstance(engine, wire.WireError)
    assert isinstance(host, wire.WireError)


def test_an_engine_s_own_answer_does_not_serve_as_the_host_s() -> None:
    """Who listens in and sends back what it heard has proved nothing."""

    def parrot(connection: socket.socket) -> None:
        heard = connection.recv(32)
        connection.sendall(heard + heard)
        with contextlib.suppress(OSError):
            assert connection.recv(32) == b""

    engine, _ = both(lambda c: wire.prove_as_engine(c, b"secret"), parrot)
    assert isinstance(engine, wire.WireError)
