"""A single upload: what arrives, what is repeated, what is never done twice."""

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

import tdg_gateway_storage
import tdg_work_upload
from emulators import Proxy, StorageEmulator
from tdg_core_errors import CloudError
from tdg_gateway_storage import StorageGateway
from tdg_work_token import Token
from tdg_work_transfer import Run

MakeFile = Callable[..., Path]
GRANULE = tdg_work_upload.GRANULE


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions for files above 512 KiB, in parts of 1 MiB."""
    monkeypatch.setattr(tdg_work_upload, "SMALL", 512 << 10)
    monkeypatch.setattr(tdg_work_upload, "PART", 1 << 20)


def content(gateway: StorageGateway, name: str) -> bytes:
    with gateway.read(name, 0, 0, -1, Token()) as stream:
        return b"".join(iter(lambda: stream.read(1 << 20), b""))


def generation(gateway: StorageGateway, name: str) -> int:
    info = gateway.stat(name, Token())
    return info["generation"] if info else 0


def uploads(emulator: StorageEmulator) -> list[Any]:
    return [each for each in emulator.requests() if each.path.startswith("/upload/")]


@pytest.mark.parametrize("size", [0, 1, GRANULE, 300_000, tdg_work_upload.SMALL])
def test_small_file_goes_up_in_one_request(
    make_run: Callable[..., Run],
    make_file: MakeFile,
    gateway: StorageGateway,
    own_storage: StorageEmulator,
    size: int,
) -> None:
    path = make_file("a.png", size)
    result = tdg_work_upload.upload(make_run("d/a.png", path))
    assert content(gateway, "d/a.png") == path.read_bytes()
    assert result["size"] == size
    assert result["metadata"]["content_type"] == "image/png"
    assert len(uploads(own_storage)) == 1


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [(512 << 10) + 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 12345])
def test_large_file_goes_up_in_parts(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, size: int
) -> None:
    path = make_file("a.mov", size)
    result = tdg_work_upload.upload(make_run("a.mov", path))
    assert content(gateway, "a.mov") == path.read_bytes()
    assert result["metadata"]["content_type"] == "video/quicktime"


def test_options_reach_the_object(make_run: Callable[..., Run], make_file: MakeFile) -> None:
    options = {"content_type": "x/y", "metadata": {"artist": "Ü"}, "cache_control": "no-cache"}
    info = tdg_work_upload.upload(make_run("a", make_file("a"), options=options))["metadata"]
    assert (info["content_type"], info["metadata"], info["cache_control"]) == ("x/y", {"artist": "Ü"}, "no-cache")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [100, 2 << 20])
def test_public_upload_is_public_from_its_first_moment(
    make_run: Callable[..., Run], make_file: MakeFile, own_storage: StorageEmulator, size: int
) -> None:
    result = tdg_work_upload.upload(make_run("a", make_file("a", size), options={"make_public": True}))
    assert len(requests.get(result["metadata"]["public_url"], timeout=5).content) == size
    assert {request.method for request in own_storage.requests()} <= {"POST", "PUT", "GET"}  # no later change of access


@pytest.mark.parametrize("size", [100, 300_000])
def test_upload_replaces_what_is_there(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, size: int
) -> None:
    tdg_work_upload.upload(make_run("a", make_file("old", b"foreign")))
    path = make_file("new", size)
    tdg_work_upload.upload(make_run("a", path))
    assert content(gateway, "a") == path.read_bytes()


def test_own_earlier_upload_is_replaced_without_asking(
    make_run: Callable[..., Run], make_file: MakeFile, own_storage: StorageEmulator
) -> None:
    run = make_run("latest.jpg", make_file("1.jpg", b"one"))
    tdg_work_upload.upload(run)
    own_storage.clear_faults()
    tdg_work_upload.upload(make_run("latest.jpg", make_file("2.jpg", b"two"), around=run.around))
    assert len(own_storage.requests()) == 1


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [1000, 2_500_000])
@pytest.mark.parametrize("action", ["reset", "status", "lost", "truncate"])
@pytest.mark.parametrize("hit", [0, 1])
def test_transient_fault_is_ridden_out_and_nothing_is_done_twice(
    make_run: Callable[..., Run],
    make_file: MakeFile,
    gateway: StorageGateway,
    own_storage: StorageEmulator,
    size: int,
    action: Any,
    hit: int,
) -> None:
    """`lost`: the server has done what was asked, but its answer never came."""
    path = make_file("a", size)
    own_storage.inject("(POST|PUT) /upload", action, skip=hit)
    info = tdg_work_upload.upload(make_run("a", path))["metadata"]
    assert content(gateway, "a") == path.read_bytes()
    assert info["generation"] == generation(gateway, "a")
    stored = [request for request in uploads(own_storage) if request.status == 200 and request.received > 100]
    assert len(stored) <= 1 + (action == "status"), "one generation, not two"


def test_lost_answer_is_told_from_a_foreign_write(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    """The first attempt had arrived: the second one finds its own content and leaves it."""
    own_storage.inject("POST /upload", "lost")
    run = make_run("a", make_file("a", b"mine"))
    info = tdg_work_upload.upload(run)["metadata"]
    statuses = [request.status for request in uploads(own_storage)]
    assert statuses == [0, 412]
    assert info["generation"] == generation(gateway, "a")


def test_foreign_write_in_between_is_replaced(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    own_storage.inject("POST /upload", status=503)
    body = gateway.body(7, lambda: (b"foreign",))
    waited = []

    class Meddler:
        def __call__(self) -> float:
            if not waited:
                waited.append(1)
                gateway.insert("a", {}, body, 0, Token())
            return 0.0

    run = make_run("a", make_file("a", b"mine"))
    object.__setattr__(run.around, "random", Meddler())
    tdg_work_upload.upload(run)
    assert content(gateway, "a") == b"mine"


@pytest.mark.parametrize(("status", "code"), [(400, "invalid"), (403, "permission"), (413, "too_large")])
def test_permanent_refusal_fails_at_once(
    make_run: Callable[..., Run], make_file: MakeFile, own_storage: StorageEmulator, status: int, code: str
) -> None:
    own_storage.inject("POST /upload", status=status, times=0)
    with pytest.raises(CloudError) as error:
        tdg_work_upload.upload(make_run("a", make_file("a")))
    assert error.value.code == code
    assert len(uploads(own_storage)) == 1


def test_transient_then_permanent_fails_on_the_second(
    make_run: Callable[..., Run], make_file: MakeFile, own_storage: StorageEmulator
) -> None:
    own_storage.inject("POST /upload", status=503)
    own_storage.inject("POST /upload", status=400)
    with pytest.raises(CloudError) as error:
        tdg_work_upload.upload(make_run("a", make_file("a")))
    assert error.value.code == "invalid"
    assert len(uploads(own_storage)) == 2


def test_trouble_that_stays_is_given_up_after_a_few_tries(
    make_run: Callable[..., Run], make_file: MakeFile, own_storage: StorageEmulator
) -> None:
    own_storage.inject("POST /upload", status=503, times=0)
    with pytest.raises(CloudError) as error:
        tdg_work_upload.upload(make_run("a", make_file("a")))
    assert error.value.code == "unavailable"
    assert 2 <= len(uploads(own_storage)) <= 8


def test_server_that_asks_for_a_pause_gets_it(
    make_run: Callable[..., Run], make_file: MakeFile, own_storage: StorageEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_storage.inject("POST /upload", status=429, retry_after_s=17)
    run = make_run("a", make_file("a"))
    slept: list[float] = []
    monkeypatch.setattr(run.token, "sleep", slept.append)
    tdg_work_upload.upload(run)
    assert slept == [17]


@pytest.mark.usefixtures("small_parts")
def test_upload_on_a_bad_line_gets_through_piece_by_piece(
    make_run: Callable[..., Run],
    make_file: MakeFile,
    gateway: StorageGateway,
    settings: Any,
    storage_proxy: Proxy,
) -> None:
    """Cut again and again, more often than failures in a row are ridden out: each time a piece more has arrived."""
    path = make_file("a", 9 << 20)
    through = tdg_gateway_storage.open_gateway(dataclasses.replace(settings, emulator_host=storage_proxy.host))
    run = make_run("a", path, gateway=through)
    done = threading.Event()

    def cut_often() -> None:
        while not done.is_set():
            storage_proxy.cut_after(1 << 20)
            done.wait(0.05)

    cutter = threading.Thread(target=cut_often)
    cutter.start()
    try:
        tdg_work_upload.upload(run)
    finally:
        done.set()
        cutter.join()
        through.close()
    assert content(gateway, "a") == path.read_bytes()


# Sessions -------------------------------------------------------------------------------------------------------------


def interrupted(run: Run, emulator: StorageEmulator, parts: int) -> dict[str, Any]:
    """Lets an upload end after so many parts; what it leaves for the next run."""
    emulator.inject("PUT /upload", status=503, skip=parts, times=0)
    with pytest.raises(CloudError):
        tdg_work_upload.upload(run)
    assert run.state["session"]
    emulator.clear_faults()
    return run.state


@pytest.mark.usefixtures("small_parts")
def test_next_run_goes_on_where_the_former_stopped(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    path = make_file("a", 5 << 20)
    state = interrupted(make_run("a", path), own_storage, parts=3)
    run = make_run("a", path, state=state, restored=True)
    tdg_work_upload.upload(run)
    assert content(gateway, "a") == path.read_bytes()
    sent = sum(request.received for request in uploads(own_storage))
    assert sent < 3 << 20, "what had arrived is not sent again"


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("status", [404, 410])
def test_expired_session_is_begun_anew(
    make_run: Callable[..., Run],
    make_file: MakeFile,
    gateway: StorageGateway,
    own_storage: StorageEmulator,
    status: int,
) -> None:
    path = make_file("a", 3 << 20)
    state = interrupted(make_run("a", path), own_storage, parts=1)
    own_storage.expire_sessions(status)
    tdg_work_upload.upload(make_run("a", path, state=state, restored=True))
    assert content(gateway, "a") == path.read_bytes()


@pytest.mark.usefixtures("small_parts")
def test_session_of_a_file_that_changed_meanwhile_is_not_continued(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    path = make_file("a", 3 << 20)
    state = interrupted(make_run("a", path), own_storage, parts=1)
    path = make_file("a", 3_000_000)
    tdg_work_upload.upload(make_run("a", path, state=state, restored=True))
    assert content(gateway, "a") == path.read_bytes()


@pytest.mark.usefixtures("small_parts")
def test_object_replaced_while_a_session_runs_is_replaced_in_the_end(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    path = make_file("a", 3 << 20)
    state = interrupted(make_run("a", path), own_storage, parts=1)
    gateway.insert("a", {}, gateway.body(7, lambda: (b"foreign",)), 0, Token())
    tdg_work_upload.upload(make_run("a", path, state=state, restored=True))
    assert content(gateway, "a") == path.read_bytes()


@pytest.mark.parametrize("size", [1000, 300_000])
def test_upload_that_had_arrived_before_a_crash_is_not_repeated(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, size: int
) -> None:
    path = make_file("a", size)
    first = tdg_work_upload.upload(make_run("a", path))["metadata"]
    again = tdg_work_upload.upload(make_run("a", path, restored=True))["metadata"]
    assert again["generation"] == first["generation"] == generation(gateway, "a")


def test_restored_upload_with_other_metadata_is_not_taken_for_the_same(
    make_run: Callable[..., Run], make_file: MakeFile
) -> None:
    path = make_file("a")
    tdg_work_upload.upload(make_run("a", path))
    run = make_run("a", path, restored=True, options={"metadata": {"k": "v"}})
    assert tdg_work_upload.upload(run)["metadata"]["metadata"] == {"k": "v"}


# The file -------------------------------------------------------------------------------------------------------------


def test_missing_file_is_told(make_run: Callable[..., Run], tmp_path: Path) -> None:
    with pytest.raises(CloudError) as error:
        tdg_work_upload.upload(make_run("a", tmp_path / "none"))
    assert error.value.code == "local"
    assert "does not exist" in error.value.message


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [1000, 2 << 20])
def test_file_that_changes_while_it_goes_up_is_uploaded_again(
    make_run: Callable[..., Run],
    make_file: MakeFile,
    gateway: StorageGateway,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    """What is in the bucket in the end is one state of the file, never a mixture."""
    path = make_file("a", size)
    insert, send = gateway.insert, gateway.send
    changed = []

    def meddle(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if not changed:
                changed.append(1)
                path.write_bytes(b"new" * size)
            return result

        return call

    monkeypatch.setattr(gateway, "insert", meddle(insert))
    monkeypatch.setattr(gateway, "send", meddle(send))
    tdg_work_upload.upload(make_run("a", path))
    assert content(gateway, "a") == b"new" * size


def test_file_that_never_stops_changing_is_given_up(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_file("a")
    insert = gateway.insert
    count = iter(range(1, 1000))

    def meddle(*args: Any, **kwargs: Any) -> Any:
        result = insert(*args, **kwargs)
        path.write_bytes(b"x" * next(count))
        return result

    monkeypatch.setattr(gateway, "insert", meddle)
    with pytest.raises(CloudError) as error:
        tdg_work_upload.upload(make_run("a", path))
    assert "kept changing" in error.value.message


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [1000, 2 << 20])
def test_content_damaged_on_the_way_never_stays(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator, size: int
) -> None:
    own_storage.inject("(POST .*multipart|PUT )", "corrupt", times=0)
    with pytest.raises(CloudError) as error:
        tdg_work_upload.upload(make_run("a", make_file("a", size)))
    assert error.value.code == "checksum"
    assert gateway.stat("a", Token()) is None


# Progress and cancelling ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_parts")
def test_progress_never_runs_ahead_of_the_file(make_run: Callable[..., Run], make_file: MakeFile, told: Any) -> None:
    times = iter(range(10**6))
    run = make_run("a", make_file("a", 3 << 20))
    object.__setattr__(run.around, "clock", lambda: float(next(times)))
    tdg_work_upload.upload(run)
    done = [done for done, _, _ in told.progress]
    assert len(done) > 5
    assert done == sorted(done)
    assert done[-1] == 3 << 20
    assert all(total == 3 << 20 and speed >= 0 for _, total, speed in told.progress)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [1000, 3 << 20])
def test_cancelled_upload_stops_and_leaves_no_object(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator, size: int
) -> None:
    own_storage.inject("(POST|PUT) /upload", "hang")
    run = make_run("a", make_file("a", size))
    errors: list[CloudError] = []

    def upload() -> None:
        try:
            tdg_work_upload.upload(run)
        except CloudError as error:
            errors.append(error)

    thread = threading.Thread(target=upload)
    thread.start()
    while own_storage.fault_hits() != [1]:
        thread.join(0.01)
    run.token.cancel()
    thread.join(10)
    assert not thread.is_alive()
    assert errors[0].code == "cancelled"
    own_storage.clear_faults()
    assert gateway.stat("a", Token()) is None


def test_what_may_replace_one_generation_alone_leaves_every_other(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway
) -> None:
    """A sync replaces what it has looked at, and nothing that came later."""
    first = tdg_work_upload.upload(make_run("a", make_file("1", b"first"), options={"replaces": 0}))
    with pytest.raises(CloudError) as caught:
        tdg_work_upload.upload(make_run("a", make_file("2", b"second"), options={"replaces": 0}))
    assert caught.value.code == "precondition"
    assert content(gateway, "a") == b"first"
    tdg_work_upload.upload(
        make_run("a", make_file("2", b"second"), options={"replaces": first["metadata"]["generation"]})
    )
    assert content(gateway, "a") == b"second"


def test_a_lost_answer_to_what_may_replace_one_generation_alone_is_no_failure(
    make_run: Callable[..., Run], make_file: MakeFile, gateway: StorageGateway, own_storage: StorageEmulator
) -> None:
    """The second attempt meets the first one's object and knows it."""
    own_storage.inject("POST /upload", "lost")
    tdg_work_upload.upload(make_run("a", make_file("1", b"first"), options={"replaces": 0}))
    assert content(gateway, "a") == b"first"
