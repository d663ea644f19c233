"""The engine: order, limit, restarts, reconnects, cancelling, full disks. Nothing accepted is lost or done twice."""

import contextlib
import dataclasses
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tdg_disk_files
import tdg_work_download
import tdg_work_storage
import tdg_work_store
import tdg_work_upload
from emulators import Proxy, StorageEmulator
from storage_engine import Driver, noise
from tdg_core_errors import CloudError
from tdg_core_jobs import ACTIVE, CANCELLED, COMPLETE, FAILED, PENDING
from tdg_core_messages import to_plain
from tdg_core_storage_messages import Changed, Spool, Transfer
from tdg_core_storage_settings import StorageSettings
from tdg_gateway_storage import StorageGateway
from tdg_work_token import Token

Drive = Callable[..., Driver]
MakeFile = Callable[..., Path]


def content(gateway: StorageGateway, name: str) -> bytes | None:
    if gateway.stat(name, Token()) is None:
        return None
    with gateway.read(name, 0, 0, -1, Token()) as stream:
        return b"".join(iter(lambda: stream.read(1 << 20), b""))


def objects(gateway: StorageGateway) -> list[str]:
    return [info["name"] for info in gateway.page("", "", "", Token()).files]


def put(gateway: StorageGateway, name: str, data: bytes) -> None:
    gateway.insert(name, {}, gateway.body(len(data), lambda: (data,)), 0, Token())


def stored(path: str | Path) -> int:
    """Transfers in an engine's file."""
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM transfers").fetchone()[0])
    finally:
        connection.close()


def uploaded(emulator: StorageEmulator) -> list[str]:
    """Names in the order in which they came."""
    paths = [request.path for request in emulator.requests() if request.path.startswith("/upload")]
    return [path.split("name=")[1].split("&")[0] for path in paths]


def active_at_most(changes: list[Changed]) -> int:
    """How many ran at once."""
    running: set[str] = set()
    most = 0
    for change in changes:
        (running.add if change.status == ACTIVE else running.discard)(change.id)
        most = max(most, len(running))
    return most


# The ordinary way -----------------------------------------------------------------------------------------------------


def test_each_type_of_transfer(engine: Driver, make_file: MakeFile, gateway: StorageGateway, tmp_path: Path) -> None:
    path = make_file("a.txt", b"hello")
    (up,) = engine.completed(engine.upload(path, "m/a.txt"))
    assert up.size == up.bytes_done == 5
    assert up.started_at <= up.completed_at
    assert up.result["metadata"]["content_type"] == "text/plain"
    engine.completed(engine.download("m/a.txt", tmp_path / "down.txt"))
    assert (tmp_path / "down.txt").read_bytes() == b"hello"
    (listing,) = engine.completed(engine.ask("list", "m/", prefix="", delimiter="/"))
    assert [info["name"] for info in engine.files[listing.id]] == ["m/a.txt"]
    (metadata,) = engine.completed(engine.ask("metadata", "m/a.txt"))
    assert metadata.result["metadata"]["size"] == 5
    engine.completed(engine.ask("delete", "m/a.txt"))
    assert objects(gateway) == []
    (signed,) = engine.ended(engine.ask("signed_url", "m/a.txt", minutes=5))
    assert signed.status == FAILED
    assert "cannot sign" in signed.error


def test_engine_survives_a_transfer_it_does_not_know(engine: Driver, make_file: MakeFile) -> None:
    (odd,) = engine.ended(engine.ask("teleport", "a"))
    assert odd.status == FAILED
    engine.completed(engine.upload(make_file("a")))


def test_limit_holds_and_may_change(engine: Driver, make_file: MakeFile, own_storage: StorageEmulator) -> None:
    own_storage.inject("POST /upload", "delay", delay_s=0.03, times=0)
    engine.configure(dataclasses.replace(engine.settings, max_concurrent=2))
    engine.completed(*(engine.upload(make_file(f"a{n}")) for n in range(8)))
    assert active_at_most(engine.changes) == 2
    engine.changes.clear()
    engine.configure(dataclasses.replace(engine.settings, max_concurrent=5))
    engine.completed(*(engine.upload(make_file(f"b{n}")) for n in range(12)))
    assert active_at_most(engine.changes) == 5


def test_transfers_start_in_the_order_of_the_calls(
    engine: Driver, make_file: MakeFile, own_storage: StorageEmulator
) -> None:
    engine.configure(dataclasses.replace(engine.settings, max_concurrent=1))
    own_storage.clear_faults()
    engine.completed(*(engine.upload(make_file(f"a{n}")) for n in range(10)))
    assert uploaded(own_storage) == [f"a{n}" for n in range(10)]


def test_last_of_several_uploads_to_one_name_wins(engine: Driver, make_file: MakeFile, gateway: StorageGateway) -> None:
    keys = [engine.upload(make_file(f"v{n}", f"version {n}".encode()), "latest") for n in range(8)]
    engine.completed(*keys)
    assert content(gateway, "latest") == b"version 7"


def test_delete_after_upload_deletes(engine: Driver, make_file: MakeFile, gateway: StorageGateway) -> None:
    engine.completed(engine.upload(make_file("a", 2_000_000), "a"), engine.ask("delete", "a"))
    assert objects(gateway) == []


def test_failure_of_one_does_not_hold_up_the_others(engine: Driver, make_file: MakeFile, tmp_path: Path) -> None:
    good = [engine.upload(make_file(f"a{n}")) for n in range(3)]
    (bad,) = engine.ended(engine.download("none", tmp_path / "none"))
    assert bad.status == FAILED
    assert "does not exist" in bad.error
    engine.completed(*good)


def test_progress_is_told_while_it_runs(
    drive: Drive, settings: StorageSettings, storage_proxy: Proxy, gateway: StorageGateway, tmp_path: Path
) -> None:
    put(gateway, "a", noise(3 << 20))
    slow = drive(dataclasses.replace(settings, emulator_host=storage_proxy.host))
    slow.connect()
    storage_proxy.throttle(4 << 20)
    (done,) = slow.completed(slow.download("a", tmp_path / "a"))
    seen = [change for change in slow.changes if change.status == ACTIVE and change.bytes_done]
    assert seen
    assert all(0 < change.bytes_done <= change.size == 3 << 20 for change in seen)
    assert any(change.speed > 100_000 for change in seen)
    assert done.speed == 0


# Waiting for a connection ---------------------------------------------------------------------------------------------


def test_what_is_asked_for_while_disconnected_waits_and_is_done(
    drive: Drive, make_file: MakeFile, gateway: StorageGateway
) -> None:
    driver = drive()
    keys = [driver.upload(make_file(f"a{n}")) for n in range(5)]
    driver.until(lambda: len(driver.stored) == 5, "stored")
    assert {driver.status(key) for key in keys} == {PENDING}
    driver.connect()
    driver.completed(*keys)
    assert len(objects(gateway)) == 5


@pytest.mark.parametrize("way", ["cut", "refused", "black hole"])
def test_lost_connection_puts_transfers_back_and_they_go_on(
    drive: Drive,
    settings: StorageSettings,
    storage_proxy: Proxy,
    make_file: MakeFile,
    gateway: StorageGateway,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """Three seconds without a network fail nothing."""
    monkeypatch.setattr("tdg_gateway_http._TIMEOUT_S", 0.3)
    monkeypatch.setattr(tdg_work_storage, "_ALIVE_S", 0.2)
    monkeypatch.setattr(tdg_work_upload, "SMALL", 256 << 10)
    monkeypatch.setattr(tdg_work_upload, "PART", 512 << 10)
    driver = drive(dataclasses.replace(settings, emulator_host=storage_proxy.host))
    storage_proxy.throttle(2 << 20)
    driver.connect()
    keys = [driver.upload(make_file(f"a{n}", (1 << 20) + n)) for n in range(4)]
    driver.until(lambda: driver.status(keys[0]) == ACTIVE and driver.now(keys[0]).bytes_done, "under way")  # type: ignore[union-attr]
    if way == "black hole":
        storage_proxy.black_hole()
    else:
        storage_proxy.refuse()
        storage_proxy.cut()
    driver.until(lambda: driver.told("trouble"), "in trouble")
    driver.until(lambda: {driver.status(key) for key in keys} == {PENDING}, "waiting again")
    assert not [change for change in driver.changes if change.status in {FAILED, COMPLETE}]
    storage_proxy.restore()
    driver.connect()
    driver.completed(*keys)
    assert [content(gateway, f"a{n}") for n in range(4)] == [noise((1 << 20) + n) for n in range(4)]
    assert stored(settings.store_file) == 0


def test_disconnect_interrupts_and_connect_resumes(
    engine: Driver, make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    own_storage.inject("POST /upload", "hang")
    key = engine.upload(make_file("a"))
    engine.until(lambda: own_storage.fault_hits() == [1], "hanging")
    engine.disconnect()
    engine.until(lambda: engine.status(key) == PENDING, "waiting again")
    assert not engine.told("trouble")
    engine.connect()
    engine.completed(key)
    assert content(gateway, "a") == b"content"


def test_trouble_of_one_transfer_alone_does_not_disconnect_the_others(
    engine: Driver, make_file: MakeFile, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tdg_work_storage, "_ROUND", dataclasses.replace(tdg_work_storage._ROUND, backoff_max_s=0.05))
    own_storage.inject("POST /upload.*name=bad", status=503, times=12)
    engine.completed(engine.upload(make_file("good0")))
    bad = engine.upload(make_file("bad"))
    good = [engine.upload(make_file(f"good{n}")) for n in range(1, 40)]
    engine.completed(bad, *good)
    assert not engine.told("trouble")


@pytest.mark.parametrize("status", [500, 429])
def test_server_that_is_sick_for_a_while_fails_nothing(
    engine: Driver, make_file: MakeFile, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(tdg_work_storage, "_ROUND", dataclasses.replace(tdg_work_storage._ROUND, backoff_max_s=0.05))
    own_storage.inject("POST /upload", status=status, times=17)
    engine.completed(engine.upload(make_file("a")))


def test_refused_credentials_stop_everything_and_fail_nothing(
    engine: Driver, make_file: MakeFile, own_storage: StorageEmulator
) -> None:
    """A revoked key is no reason to give up what waits: somebody will put a new one in."""
    own_storage.inject("POST /upload", status=401, times=2)
    key = engine.upload(make_file("a"))
    engine.until(lambda: engine.told("trouble"), "in trouble")
    assert engine.status(key) == PENDING
    trouble = next(event for event in engine.others if event.kind == "trouble")
    assert trouble.code == "credentials"  # type: ignore[attr-defined]
    engine.connect()
    engine.completed(key)


# Restarts -------------------------------------------------------------------------------------------------------------


def test_queue_survives_a_restart_in_order_and_is_done_once(
    drive: Drive, make_file: MakeFile, gateway: StorageGateway, settings: StorageSettings, own_storage: StorageEmulator
) -> None:
    first = drive()
    keys = [first.upload(make_file(f"a{n}")) for n in range(6)]
    first.until(lambda: len(first.stored) == 6, "stored")
    first.stop()
    second = drive()
    second.until(lambda: len(second.changes) >= 6, "shown again")
    assert [change.id for change in second.changes] == keys
    assert {change.status for change in second.changes} == {PENDING}
    second.configure(dataclasses.replace(settings, max_concurrent=1))
    second.connect()
    second.completed(*keys)
    assert uploaded(own_storage) == [f"a{n}" for n in range(6)]
    second.stop()
    third = drive()
    third.connect()
    assert third.changes == []


def test_entry_that_comes_twice_is_taken_once(drive: Drive, make_file: MakeFile, own_storage: StorageEmulator) -> None:
    """After a crash the journal offers again what the engine had stored, but not yet confirmed."""
    first = drive()
    first.connect()
    first.completed(first.upload(make_file("a"), key="same"))
    first.stop()
    own_storage.clear_faults()
    second = drive()
    second.upload(make_file("a"), key="same")
    second.connect()
    second.until(lambda: second.stored == {1}, "confirmed")
    assert second.changes == []
    assert not [request for request in own_storage.requests() if request.path.startswith("/upload")]


def test_large_upload_goes_on_after_a_restart(
    drive: Drive,
    make_file: MakeFile,
    gateway: StorageGateway,
    own_storage: StorageEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tdg_work_upload, "SMALL", 256 << 10)
    monkeypatch.setattr(tdg_work_upload, "PART", 512 << 10)
    path = make_file("big", 4 << 20)
    own_storage.inject("PUT /upload", "hang", skip=5)
    first = drive()
    first.connect()
    key = first.upload(path)
    first.until(lambda: own_storage.fault_hits() == [1], "half way")
    first.stop()
    own_storage.clear_faults()
    second = drive()
    second.connect()
    second.completed(key)
    assert content(gateway, "big") == path.read_bytes()
    sent = sum(request.received for request in own_storage.requests() if request.method == "PUT")
    assert sent < 2 << 20


def test_large_download_goes_on_after_a_restart(
    drive: Drive,
    gateway: StorageGateway,
    own_storage: StorageEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tdg_work_download, "PART", 256 << 10)
    data = noise(2 << 20)
    put(gateway, "big", data)
    own_storage.inject("GET .*alt=media", "drip", bytes_per_s=10, skip=3, times=0)
    own_storage.inject("GET .*alt=media", "truncate", after_bytes=300_000, times=3)
    first = drive()
    first.connect()
    target = tmp_path / "down" / "big"
    key = first.download("big", target)
    first.until(lambda: own_storage.fault_hits()[0] >= 1, "half way")
    first.stop()
    assert [path.name for path in target.parent.iterdir()] == [f".tdg-{key}.part"]
    own_storage.clear_faults()
    second = drive()
    second.connect()
    second.completed(key)
    assert target.read_bytes() == data
    assert [path.name for path in target.parent.iterdir()] == ["big"]


def test_unreadable_transfer_in_the_file_stops_nothing(
    drive: Drive, make_file: MakeFile, settings: StorageSettings
) -> None:
    first = drive()
    key = first.upload(make_file("a"))
    first.until(lambda: first.stored, "stored")
    first.stop()
    connection = sqlite3.connect(settings.store_file)
    connection.execute("INSERT INTO transfers (id, message) VALUES ('odd', '{\"kind\": \"from the future\"}')")
    connection.commit()
    connection.close()
    second = drive()
    second.connect()
    second.completed(key)
    assert any("cannot be read" in str(event) for event in second.others)


# Cancelling -----------------------------------------------------------------------------------------------------------


def test_cancel_ends_what_waits_and_leaves_what_runs(
    engine: Driver, make_file: MakeFile, own_storage: StorageEmulator, gateway: StorageGateway
) -> None:
    own_storage.inject("POST /upload", "delay", delay_s=0.3, times=0)
    keys = [engine.upload(make_file(f"a{n}")) for n in range(8)]
    engine.until(lambda: engine.status(keys[2]) == ACTIVE, "running")
    engine.cancel()
    ended = engine.ended(*keys)
    assert [change.status for change in ended] == [COMPLETE] * 3 + [CANCELLED] * 5
    assert all("cancelled" in change.error for change in ended[3:])
    assert objects(gateway) == ["a0", "a1", "a2"]


def test_running_transfers_are_cancelled_on_request(
    engine: Driver, make_file: MakeFile, own_storage: StorageEmulator, gateway: StorageGateway, tmp_path: Path
) -> None:
    put(gateway, "down", noise(100_000))
    own_storage.inject("POST /upload", "hang", times=0)
    own_storage.inject("GET .*alt=media", "drip", bytes_per_s=10, times=0)
    keys = [engine.upload(make_file("a")), engine.download("down", tmp_path / "d" / "down")]
    engine.until(lambda: all(own_storage.fault_hits()), "running")
    engine.cancel(include_active=True)
    assert {change.status for change in engine.ended(*keys)} == {CANCELLED}
    assert list((tmp_path / "d").iterdir()) == []
    own_storage.clear_faults()
    engine.completed(engine.upload(make_file("b")))


def test_single_transfer_is_cancelled(engine: Driver, make_file: MakeFile, own_storage: StorageEmulator) -> None:
    own_storage.inject("POST /upload.*name=a1", "hang")
    keys = [engine.upload(make_file(f"a{n}")) for n in range(3)]
    engine.until(lambda: own_storage.fault_hits() == [1], "running")
    engine.cancel(keys[1], include_active=True)
    assert [change.status for change in engine.ended(*keys)] == [COMPLETE, CANCELLED, COMPLETE]


def test_cancel_only_meets_what_was_asked_for_before_it(
    drive: Drive, make_file: MakeFile, gateway: StorageGateway
) -> None:
    driver = drive()
    before = driver.upload(make_file("before"))
    driver.cancel()
    after = driver.upload(make_file("after"))
    (cancelled,) = driver.ended(before)
    assert cancelled.status == CANCELLED
    driver.connect()
    driver.completed(after)
    assert objects(gateway) == ["after"]


def test_cancelled_transfer_stays_cancelled_after_a_restart(drive: Drive, make_file: MakeFile) -> None:
    first = drive()
    key = first.upload(make_file("a"))
    first.cancel()
    first.ended(key)
    first.stop()
    second = drive()
    second.connect()
    assert second.changes == []


def test_cancelling_what_has_ended_does_nothing(engine: Driver, make_file: MakeFile) -> None:
    key = engine.upload(make_file("a"))
    engine.completed(key)
    engine.cancel(key, "unknown", include_active=True)
    engine.completed(engine.upload(make_file("b")))
    assert [change.status for change in engine.changes if change.id == key][-1] == COMPLETE


# Reset ----------------------------------------------------------------------------------------------------------------


def test_reset_forgets_all_tells_every_end_and_keeps_the_limit(
    engine: Driver, make_file: MakeFile, own_storage: StorageEmulator, settings: StorageSettings
) -> None:
    own_storage.inject("POST /upload.*name=a", "hang", times=0)
    keys = [engine.upload(make_file(f"a{n}")) for n in range(6)]
    engine.until(lambda: own_storage.fault_hits() == [3], "running")
    engine.disconnect()
    engine.forget()
    engine.until(lambda: engine.told("storage.forgotten"), "forgotten")
    assert {change.status for change in engine.ended(*keys)} == {CANCELLED}
    assert "Reset" in engine.now(keys[5]).error  # type: ignore[union-attr]
    engine.changes.clear()
    engine.connect()
    engine.completed(*(engine.upload(make_file(f"b{n}")) for n in range(6)))
    assert active_at_most(engine.changes) <= 3
    assert stored(settings.store_file) == 0


# Data without a file --------------------------------------------------------------------------------------------------


def test_large_data_is_accepted_when_it_is_on_disk(
    drive: Drive, gateway: StorageGateway, settings: StorageSettings
) -> None:
    data = noise(200_000)
    path = Path(settings.cache_folder) / "spool" / "t1"
    transfer = Transfer("t1", "upload", "snap.jpg", str(path), "now", len(data), {"spooled": True})
    first = drive()
    first.send(Spool(to_plain(transfer), data))
    first.until(lambda: first.status("t1") == PENDING, "accepted")
    first.stop()
    assert path.read_bytes() == data
    second = drive()
    second.connect()
    second.completed("t1")
    assert content(gateway, "snap.jpg") == data
    assert not path.exists()


@pytest.mark.parametrize("how", ["cancel one", "cancel all", "reset"])
def test_large_data_can_be_cancelled_while_it_is_written(
    engine: Driver, gateway: StorageGateway, settings: StorageSettings, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    go_on, write_whole = threading.Event(), tdg_disk_files.write_whole

    def write(path: Path, data: bytes) -> None:
        assert go_on.wait(20)
        write_whole(path, data)

    monkeypatch.setattr(tdg_disk_files, "write_whole", write)
    path = Path(settings.cache_folder) / "spool" / "t1"
    transfer = Transfer("t1", "upload", "snap.jpg", str(path), "now", 9, {"spooled": True})
    engine.send(Spool(to_plain(transfer), b"too large"))
    {
        "cancel one": lambda: engine.cancel("t1", include_active=True),
        "cancel all": engine.cancel,
        "reset": engine.forget,
    }[how]()
    after = engine.ask("list", "")  # what is behind it was taken
    engine.completed(after)
    assert not engine.told("storage.forgotten")
    go_on.set()
    (ended,) = engine.ended("t1")
    assert ended.status == CANCELLED
    assert not path.exists()
    if how == "reset":
        engine.until(lambda: engine.told("storage.forgotten"), "forgotten")
    assert objects(gateway) == []


def test_large_data_keeps_its_place_in_the_order_of_the_calls(
    engine: Driver, make_file: MakeFile, gateway: StorageGateway, settings: StorageSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A small upload to the same name that was asked for after it does not pass it while it is written."""
    go_on, write_whole = threading.Event(), tdg_disk_files.write_whole

    def write(path: Path, data: bytes) -> None:
        assert go_on.wait(20)
        write_whole(path, data)

    monkeypatch.setattr(tdg_disk_files, "write_whole", write)
    path = Path(settings.cache_folder) / "spool" / "t1"
    engine.send(Spool(to_plain(Transfer("t1", "upload", "latest", str(path), "now", 5, {"spooled": True})), b"first"))
    later, other = engine.upload(make_file("a", b"second"), "latest"), engine.upload(make_file("b"), "other")
    engine.completed(other)
    assert (engine.status("t1"), engine.status(later)) == ("", PENDING)
    go_on.set()
    engine.completed("t1", later)
    assert content(gateway, "latest") == b"second"


def test_data_that_cannot_be_written_fails_with_a_sentence(drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_bytes(b"a file, no folder")
    transfer = Transfer("t1", "upload", "a", str(tmp_path / "blocked" / "t1"), "now", 1, {"spooled": True})
    driver = drive()
    driver.send(Spool(to_plain(transfer), b"x"))
    (failed,) = driver.ended("t1")
    assert failed.status == FAILED
    assert "folder" in failed.error


# The disk -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again_s", [0.01, 0.5])
def test_full_disk_loses_nothing_and_stops_nothing(
    drive: Drive, make_file: MakeFile, settings: StorageSettings, monkeypatch: pytest.MonkeyPatch, again_s: float
) -> None:
    """While the engine's file cannot be written, transfers run all the same, and the journal keeps them.

    When there is room again, the ends are tried first here: they are written with their beginnings all the same.
    """
    full = threading.Event()
    transaction = tdg_work_store.Store.transaction

    @contextlib.contextmanager
    def perhaps(self: Any) -> Any:
        with transaction(self) as connection:
            yield connection
            if full.is_set():
                raise CloudError("disk", "The disk is full.")

    monkeypatch.setattr(tdg_work_store.Store, "transaction", perhaps)
    monkeypatch.setattr("tdg_work_engine._STORE_AGAIN_S", again_s)
    monkeypatch.setattr(tdg_work_storage, "_STORE_RETRY_S", 0.05)
    driver = drive()
    driver.connect()
    full.set()
    keys = [driver.upload(make_file(f"a{n}")) for n in range(3)]
    driver.completed(*keys)
    assert not driver.stored
    assert ("ERROR", "The disk is full.") in driver.logs
    full.clear()
    driver.until(lambda: len(driver.stored) == 3, "stored later")
    driver.until(lambda: stored(settings.store_file) == 0, "forgotten")
    assert len([change for change in driver.changes if change.status == COMPLETE]) == 3


def test_damaged_file_is_moved_aside_and_told(drive: Drive, make_file: MakeFile, settings: StorageSettings) -> None:
    path = Path(settings.store_file)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database, " * 500)
    driver = drive()
    driver.connect()
    driver.completed(driver.upload(make_file("a")))
    assert any("corrupt" in str(event) for event in driver.others)
    assert list(path.parent.glob("*.corrupt-*"))
