"""Delete, list, metadata, signed addresses; and data that comes without a file."""

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tdg_core_jobs
import tdg_gateway_storage
import tdg_work_queries
import tdg_work_spool
from emulators import StorageEmulator
from tdg_core_errors import CloudError
from tdg_core_storage_messages import Transfer
from tdg_gateway_storage import StorageGateway
from tdg_work_token import Token
from tdg_work_transfer import Run

MakeRun = Callable[..., Run]


@pytest.fixture
def put(gateway: StorageGateway) -> Callable[..., int]:
    """Puts an object into the bucket; returns its generation."""

    def put(name: str, content: bytes = b"content", replaces: int = 0) -> int:
        info = gateway.insert(name, {}, gateway.body(len(content), lambda: (content,)), replaces, Token())
        return int(info["generation"])

    return put


def deletions(emulator: StorageEmulator) -> list[int]:
    return [request.status for request in emulator.requests() if request.method == "DELETE"]


def test_delete_takes_the_object_away(make_run: MakeRun, put: Callable[..., int], gateway: StorageGateway) -> None:
    put("a b")
    tdg_work_queries.delete(make_run("a b"))
    assert gateway.stat("a b", Token()) is None


def test_delete_of_nothing_is_told(make_run: MakeRun) -> None:
    with pytest.raises(CloudError) as error:
        tdg_work_queries.delete(make_run("none"))
    assert error.value.code == "not_found"


@pytest.mark.parametrize("action", ["lost", "reset", "status"])
def test_delete_whose_answer_got_lost_is_done(
    make_run: MakeRun,
    put: Callable[..., int],
    gateway: StorageGateway,
    own_storage: StorageEmulator,
    action: Any,
) -> None:
    put("a")
    own_storage.inject("DELETE", action)
    tdg_work_queries.delete(make_run("a"))
    assert gateway.stat("a", Token()) is None


def test_delete_that_a_crash_interrupted_is_done_when_the_object_is_gone(make_run: MakeRun) -> None:
    tdg_work_queries.delete(make_run("a", restored=True))


def test_delete_meets_a_foreign_write(
    make_run: MakeRun,
    put: Callable[..., int],
    gateway: StorageGateway,
    own_storage: StorageEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another generation than the one looked at is looked at again before it goes."""
    first = put("a")
    delete = gateway.delete
    meddled: list[int] = []

    def meddle(*args: Any) -> None:
        if not meddled:
            meddled.append(put("a", b"foreign", replaces=first))
        delete(*args)

    monkeypatch.setattr(gateway, "delete", meddle)
    tdg_work_queries.delete(make_run("a"))
    assert gateway.stat("a", Token()) is None
    assert deletions(own_storage) == [412, 204]


def test_metadata_describes_the_object(make_run: MakeRun, put: Callable[..., int]) -> None:
    put("a", b"12345")
    result = tdg_work_queries.metadata(make_run("a"))
    assert result["size"] == 5
    assert result["metadata"]["name"] == "a"
    with pytest.raises(CloudError):
        tdg_work_queries.metadata(make_run("none"))


# Listing --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdg_gateway_storage, "PAGE", 2)


@pytest.mark.usefixtures("pages_of_two")
@pytest.mark.parametrize(("delimiter", "names", "prefixes"), [("/", ["m/a", "m/b"], ["m/s/", "m/t/"]), ("", None, [])])
def test_listing_has_files_and_folders(
    make_run: MakeRun, put: Callable[..., int], told: Any, delimiter: str, names: Any, prefixes: list[str]
) -> None:
    every = ["m/a", "m/b", "m/s/1", "m/s/2", "m/t/1"]
    for name in [*every, "n/x"]:
        put(name)
    result = tdg_work_queries.list_files(make_run("m/", options={"delimiter": delimiter}))
    found = [info["name"] for event in told.events for info in event.files]
    assert found == (names or every)
    assert result["prefixes"] == prefixes
    assert result["count"] == len(found)


@pytest.mark.usefixtures("pages_of_two")
def test_listing_waits_for_its_taker(
    make_run: MakeRun, put: Callable[..., int], told: Any, own_storage: StorageEmulator
) -> None:
    """However long a listing is, only a few pages of it wait in memory."""
    for n in range(20):
        put(f"f{n:02}")
    run = make_run("", options={"delimiter": ""})
    thread = threading.Thread(target=tdg_work_queries.list_files, args=(run,))
    thread.start()
    while len(told.events) < tdg_work_queries.PAGES_AHEAD:
        thread.join(0.01)
    thread.join(0.3)
    assert thread.is_alive()
    assert len(told.events) == tdg_work_queries.PAGES_AHEAD
    while thread.is_alive():
        run.pages.release()
        thread.join(0.01)
    assert sum(len(event.files) for event in told.events) == 20


@pytest.mark.usefixtures("pages_of_two")
def test_listing_that_breaks_off_fails(
    make_run: MakeRun, put: Callable[..., int], own_storage: StorageEmulator
) -> None:
    for n in range(6):
        put(f"f{n}")
    own_storage.inject("GET .*pageToken", status=403, times=0)
    with pytest.raises(CloudError) as error:
        tdg_work_queries.list_files(make_run("", options={"delimiter": ""}))
    assert error.value.code == "permission"


@pytest.mark.usefixtures("pages_of_two")
def test_listing_rides_out_a_fault_between_pages(
    make_run: MakeRun, put: Callable[..., int], told: Any, own_storage: StorageEmulator
) -> None:
    for n in range(6):
        put(f"f{n}")
    own_storage.inject("GET .*pageToken", status=503, times=2)
    assert tdg_work_queries.list_files(make_run("", options={"delimiter": ""}))["count"] == 6
    assert [info["name"] for event in told.events for info in event.files] == [f"f{n}" for n in range(6)]


def test_waiting_listing_can_be_cancelled(make_run: MakeRun, put: Callable[..., int]) -> None:
    put("a")
    run = make_run("", options={})
    run.token.cancel()
    with pytest.raises(CloudError) as error:
        tdg_work_queries.list_files(run)
    assert error.value.code == "cancelled"


# Data without a file --------------------------------------------------------------------------------------------------


def spooled(path: Path, **options: Any) -> Transfer:
    return Transfer("t", "upload", "a", str(path), "now", -1, {"spooled": True, **options})


def test_small_data_goes_up_by_way_of_its_file(make_run: MakeRun, gateway: StorageGateway, tmp_path: Path) -> None:
    options = {"spooled": True, "data": base64.b64encode(b"snapshot").decode()}
    path = tmp_path / "spool" / "t"
    result = tdg_work_spool.upload(make_run("a.jpg", path, options=options))
    assert result["metadata"]["size"] == 8
    assert path.read_bytes() == b"snapshot"
    assert tdg_work_spool.tidy(spooled(path), tdg_core_jobs.COMPLETE) == ""
    assert not path.exists()


def test_data_that_could_not_go_up_is_kept_and_named(tmp_path: Path) -> None:
    """It exists nowhere else."""
    path = tmp_path / "spool" / "t"
    assert tdg_work_spool.tidy(spooled(path, data=base64.b64encode(b"x").decode()), tdg_core_jobs.FAILED) == str(path)
    assert path.read_bytes() == b"x"
    assert tdg_work_spool.tidy(spooled(path), tdg_core_jobs.FAILED) == str(path)


def test_cancelled_data_is_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"x")
    assert tdg_work_spool.tidy(spooled(path), tdg_core_jobs.CANCELLED) == ""
    assert not path.exists()


def test_users_own_file_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    transfer = Transfer("t", "upload", "a", str(path), "now", -1, {})
    for status in (tdg_core_jobs.COMPLETE, tdg_core_jobs.FAILED, tdg_core_jobs.CANCELLED):
        assert not tdg_work_spool.needs_tidying(transfer, status)
