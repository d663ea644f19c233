"""Nobody but the component that has started it can talk to the engine's process, and nothing on disk says how."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import engine_tiny
import tdg_bridge_wire
from engine_tiny import Host, Talk
from tdg_core_messages import Connect


@pytest.fixture
def host() -> Iterator[Host]:
    opened = Host()
    yield opened
    opened.close()


@pytest.fixture
def talk(host: Host, tmp_path: Path) -> Talk:
    return host.open(engine_tiny.place(tmp_path)).greeted()


def test_it_listens_on_loopback_only(talk: Talk, tmp_path: Path) -> None:
    (record,) = engine_tiny.records(tmp_path)
    listening = [
        connection.laddr
        for connection in psutil.Process(record["pid"]).net_connections("all")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", record["port"])]


def test_the_secret_is_on_no_command_line_in_no_environment_and_in_no_file(talk: Talk, tmp_path: Path) -> None:
    (record,) = engine_tiny.records(tmp_path)
    forms = (record["secret"], record["secret"].hex().encode())
    process = psutil.Process(record["pid"])
    said = [*process.cmdline(), *process.environ().values()]
    assert not [text for text in said for form in forms if form in text.encode("utf-8", "surrogateescape")]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files for form in forms if form in path.read_bytes()]


def test_who_does_not_know_the_secret_is_hung_up_on_and_harms_nobody(talk: Talk, tmp_path: Path) -> None:
    (record,) = engine_tiny.records(tmp_path)
    address = (tdg_bridge_wire.HOST, record["port"])
    for said in (b"", b"GET / HTTP/1.1\r\n\r\n" * 10, os.urandom(64)):
        with socket.create_connection(address, timeout=20) as stranger:
            challenge = stranger.recv(32)
            assert len(challenge) == 32
            stranger.sendall(said)
            if len(said) < 64:
                stranger.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert stranger.recv(100) == b""
    talk.send(Connect(1))
    talk.until(lambda: "1" in talk.lines())


def test_the_interpreter_takes_nothing_from_the_surroundings(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PYTHONHOME or PYTHONPATH that TouchDesigner needs would break another interpreter or hide its modules."""
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "queue.py").write_text("raise SystemExit('taken from the surroundings')")
    host.open(engine_tiny.place(tmp_path / "project")).greeted()


def test_its_log_does_not_grow_for_ever_and_keeps_the_end(talk: Talk, tmp_path: Path) -> None:
    (record,) = engine_tiny.records(tmp_path)
    log = Path(record["log"])
    for _ in range(4):
        talk.send(engine_tiny.LOUD)
    talk.until(lambda: talk.lines().count("loud") == 4)
    talk.until(lambda: log.stat().st_size < 256 << 10, "a short log")
    assert log.read_text().endswith("x\n")
