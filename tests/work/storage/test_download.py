"""A single download: whole or not at all, whatever the network, the server and the names do."""

import errno
import gzip
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tdg_disk_files
import tdg_work_download
from emulators import StorageEmulator
from storage_engine import noise
from tdg_core_errors import CloudError
from tdg_gateway_storage import StorageGateway
from tdg_work_token import Token
from tdg_work_transfer import Run

MakeRun = Callable[..., Run]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 256 KiB."""
    monkeypatch.setattr(tdg_work_download, "PART", 256 << 10)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where downloads go; there is an old file."""
    path = tmp_path / "down" / "a.bin"
    path.parent.mkdir()
    path.write_bytes(b"old but whole")
    return path


@pytest.fixture
def put(gateway: StorageGateway) -> Callable[..., bytes]:
    """Puts an object into the bucket; returns its content."""

    def put(name: str, content: bytes | int, replaces: int = 0, **meta: Any) -> bytes:
        data = noise(content) if isinstance(content, int) else content
        gateway.insert(name, meta, gateway.body(len(data), lambda: (data,)), replaces, Token())
        return data

    return put


def rests(target: Path) -> list[str]:
    """What lies beside the target."""
    return sorted(path.name for path in target.parent.iterdir() if path != target)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [0, 1, 256 << 10, (256 << 10) + 1, 2_000_000])
@pytest.mark.parametrize("streams", [1, 3])
def test_download_is_the_object(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, size: int, streams: int
) -> None:
    data = put("a", size)
    result = tdg_work_download.download(make_run("a", target, streams=streams))
    assert target.read_bytes() == data
    assert result["size"] == size
    assert rests(target) == []


def test_folders_are_made(make_run: MakeRun, put: Callable[..., bytes], tmp_path: Path) -> None:
    data = put("a", 10)
    tdg_work_download.download(make_run("a", tmp_path / "x" / "y" / "a"))
    assert (tmp_path / "x" / "y" / "a").read_bytes() == data


def test_small_object_costs_one_request(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, own_storage: StorageEmulator
) -> None:
    put("a", 1000)
    own_storage.clear_faults()
    tdg_work_download.download(make_run("a", target))
    assert len(own_storage.requests()) == 1


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize("action", ["reset", "status", "truncate"])
@pytest.mark.parametrize("hit", [0, 1, 2])
def test_transient_fault_is_ridden_out(
    make_run: MakeRun,
    put: Callable[..., bytes],
    target: Path,
    own_storage: StorageEmulator,
    streams: int,
    action: Any,
    hit: int,
) -> None:
    data = put("a", 1_500_000)
    own_storage.inject("GET .*alt=media", action, skip=hit, times=2, after_bytes=100_000)
    tdg_work_download.download(make_run("a", target, streams=streams))
    assert target.read_bytes() == data
    assert rests(target) == []


@pytest.mark.usefixtures("small_parts")
def test_broken_stream_goes_on_where_it_broke(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, own_storage: StorageEmulator
) -> None:
    data = put("a", 1_000_000)
    own_storage.clear_faults()
    own_storage.inject("GET .*alt=media", "truncate", times=3, after_bytes=200_000)
    tdg_work_download.download(make_run("a", target, streams=1))
    assert target.read_bytes() == data
    # Of the first answer the server counts all that it meant to send.
    assert sum(request.sent for request in own_storage.requests()) < 2_500_000


@pytest.mark.parametrize("fault", [{"action": "reset"}, {"status": 503}, {"status": 404}])
def test_failed_download_leaves_the_old_file(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, own_storage: StorageEmulator, fault: dict[str, Any]
) -> None:
    """The three faults by which the stock library truncates, empties and deletes a good file."""
    put("a", 2 << 20)
    own_storage.inject("GET .*alt=media", times=0, **fault)
    run = make_run("a", target)
    with pytest.raises(CloudError):
        tdg_work_download.download(run)
    assert target.read_bytes() == b"old but whole"
    tdg_work_download.discard(run.local_path, run.id)
    assert rests(target) == []


def test_missing_object_is_told(make_run: MakeRun, target: Path) -> None:
    with pytest.raises(CloudError) as error:
        tdg_work_download.download(make_run("none", target))
    assert error.value.code == "not_found"
    assert "none" in error.value.message
    assert target.read_bytes() == b"old but whole"


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [1000, 1_000_000])
@pytest.mark.parametrize("action", ["corrupt", "wrong_hash"])
def test_damaged_content_never_becomes_the_file(
    make_run: MakeRun,
    put: Callable[..., bytes],
    target: Path,
    own_storage: StorageEmulator,
    size: int,
    action: Any,
) -> None:
    put("a", size)
    own_storage.inject("GET .*alt=media", action, times=0)
    with pytest.raises(CloudError) as error:
        tdg_work_download.download(make_run("a", target))
    assert error.value.code == "checksum"
    assert target.read_bytes() == b"old but whole"
    assert rests(target) == []


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("streams", [1, 3])
def test_object_replaced_half_way_comes_whole_in_its_new_form(
    make_run: MakeRun,
    put: Callable[..., bytes],
    gateway: StorageGateway,
    target: Path,
    own_storage: StorageEmulator,
    monkeypatch: pytest.MonkeyPatch,
    streams: int,
) -> None:
    put("a", 1_000_000)
    info = gateway.stat("a", Token())
    assert info
    # The first stream breaks, and before the next request comes the object is another one.
    own_storage.inject("GET .*alt=media", "truncate", after_bytes=300_000, times=2)
    replaced: list[bytes] = []
    read, lock = gateway.read, threading.Lock()

    def meddle(name: str, generation: int, *args: Any) -> Any:
        with lock:
            if generation and not replaced:
                replaced.append(put("a", 900_000, replaces=info["generation"]))
        return read(name, generation, *args)

    monkeypatch.setattr(gateway, "read", meddle)
    tdg_work_download.download(make_run("a", target, streams=streams))
    assert replaced
    assert target.read_bytes() == replaced[0]
    assert rests(target) == []


# Resuming -------------------------------------------------------------------------------------------------------------


def interrupted(run: Run, size: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Lets a download end after so many bytes; what it leaves for the next run."""
    extend, seen = run.gateway.extend_crc32c, 0

    def count(crc: int, block: bytes) -> int:
        nonlocal seen
        seen += len(block)
        if seen >= size:
            run.token.cancel()
        return int(extend(crc, block))

    monkeypatch.setattr(run.gateway, "extend_crc32c", count)
    with pytest.raises(CloudError):
        tdg_work_download.download(run)
    monkeypatch.setattr(run.gateway, "extend_crc32c", extend)
    assert run.state["parts"]
    return run.state


@pytest.mark.usefixtures("small_parts")
def test_next_run_fetches_only_what_is_missing(
    make_run: MakeRun,
    put: Callable[..., bytes],
    target: Path,
    own_storage: StorageEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = put("a", 1_500_000)
    state = interrupted(make_run("a", target, streams=1), 700_000, monkeypatch)
    own_storage.clear_faults()
    assert target.read_bytes() == b"old but whole"
    tdg_work_download.download(make_run("a", target, state=state, restored=True))
    assert target.read_bytes() == data
    assert sum(request.sent for request in own_storage.requests()) < 1_200_000


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("loss", ["partial gone", "partial cut", "partial damaged", "object replaced", "other bucket"])
def test_what_cannot_be_resumed_is_begun_anew(
    make_run: MakeRun,
    put: Callable[..., bytes],
    gateway: StorageGateway,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    loss: str,
) -> None:
    data = put("a", 1_500_000)
    state = interrupted(make_run("a", target, streams=1), 700_000, monkeypatch)
    partial = tdg_work_download.partial_of(str(target), "job-1")
    if loss == "partial gone":
        partial.unlink()
    elif loss == "partial cut":
        partial.write_bytes(b"cut")
    elif loss == "partial damaged":
        with partial.open("r+b") as file:
            file.write(b"damaged")
    elif loss == "object replaced":
        info = gateway.stat("a", Token())
        assert info
        data = put("a", 1_400_000, replaces=info["generation"])
    else:
        state["source"]["bucket"] = "another"
    run = make_run("a", target, state=state, restored=True)
    if loss == "partial damaged":
        with pytest.raises(CloudError) as error:
            tdg_work_download.download(run)
        assert error.value.code == "checksum"
        run = make_run("a", target, state=run.state)
    tdg_work_download.download(run)
    assert target.read_bytes() == data
    assert rests(target) == []


# Encoded objects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 100, 3_000_000])
def test_gzip_object_is_written_as_it_was(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, size: int
) -> None:
    plain = noise(size // 2) + bytes(size - size // 2)
    put("a.json", gzip.compress(plain), contentEncoding="gzip", contentType="application/json")
    result = tdg_work_download.download(make_run("a.json", target))
    assert target.read_bytes() == plain
    assert result["size"] == size


def test_gzip_object_survives_a_break(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, own_storage: StorageEmulator
) -> None:
    plain = noise(800_000)
    put("a", gzip.compress(plain), contentEncoding="gzip")
    own_storage.inject("GET .*alt=media", "truncate", after_bytes=300_000)
    tdg_work_download.download(make_run("a", target))
    assert target.read_bytes() == plain


def test_object_that_only_claims_to_be_gzip_is_told(make_run: MakeRun, put: Callable[..., bytes], target: Path) -> None:
    put("a", b"not packed at all", contentEncoding="gzip")
    with pytest.raises(CloudError) as error:
        tdg_work_download.download(make_run("a", target))
    assert error.value.code == "invalid"
    assert "gzip" in error.value.message
    assert target.read_bytes() == b"old but whole"


# The disk -------------------------------------------------------------------------------------------------------------


def test_full_disk_is_told_and_leaves_the_old_file(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a", 1000)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CloudError) as error:
        tdg_work_download.download(make_run("a", target))
    assert error.value.code == "disk"
    assert "full" in error.value.message
    assert target.read_bytes() == b"old but whole"


def test_target_that_is_a_folder_is_told(make_run: MakeRun, put: Callable[..., bytes], tmp_path: Path) -> None:
    put("a", 10)
    (tmp_path / "folder").mkdir()
    with pytest.raises(CloudError) as error:
        tdg_work_download.download(make_run("a", tmp_path / "folder"))
    assert error.value.code == "local"


def test_folder_that_is_a_file_is_told(make_run: MakeRun, put: Callable[..., bytes], target: Path) -> None:
    put("a", 10)
    with pytest.raises(CloudError) as error:
        tdg_work_download.download(make_run("a", target / "below"))
    assert error.value.code == "local"
    assert target.read_bytes() == b"old but whole"


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights there")
def test_link_out_of_the_root_is_not_followed(make_run: MakeRun, put: Callable[..., bytes], tmp_path: Path) -> None:
    put("a", 10)
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    with pytest.raises(CloudError) as error:
        tdg_work_download.download(make_run("a", root / "link" / "sub" / "a", options={"root": str(root)}))
    assert error.value.code == "unsafe"
    assert list(outside.iterdir()) == []
    (root / "inner").symlink_to(root)
    tdg_work_download.download(make_run("a", root / "inner" / "a", options={"root": str(root)}))
    assert (root / "a").exists()


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights there")
def test_target_that_is_a_link_is_replaced_not_followed(
    make_run: MakeRun, put: Callable[..., bytes], tmp_path: Path
) -> None:
    data = put("a", 10)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    tdg_work_download.download(make_run("a", tmp_path / "link"))
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert (tmp_path / "link").read_bytes() == data


def test_file_that_windows_holds_open_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part, target = tmp_path / "part", tmp_path / "movie.mov"
    part.write_bytes(b"new")
    replace = Path.replace
    refused = iter([PermissionError(13, "in use"), PermissionError(13, "in use")])

    def held(self: Path, to: Any) -> Any:
        for error in refused:
            raise error
        return replace(self, to)

    monkeypatch.setattr(tdg_disk_files, "_REPLACE_TRIES", 3)
    monkeypatch.setattr(Path, "replace", held)
    slept: list[float] = []
    tdg_disk_files.put_in_place(part, target, slept.append)
    assert len(slept) == 2
    assert target.read_bytes() == b"new"


# Progress, cancelling, slowness ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_parts")
def test_progress_grows_to_the_whole(make_run: MakeRun, put: Callable[..., bytes], target: Path, told: Any) -> None:
    put("a", 2_000_000)
    times = iter(range(10**6))
    run = make_run("a", target)
    object.__setattr__(run.around, "clock", lambda: float(next(times)))
    tdg_work_download.download(run)
    done = [done for done, _, _ in told.progress]
    assert len(done) >= 7
    assert max(done) <= 2_000_000
    assert {total for _, total, _ in told.progress} == {2_000_000}


@pytest.mark.usefixtures("small_parts")
def test_cancelled_download_ends_at_once(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, own_storage: StorageEmulator
) -> None:
    put("a", 1_000_000)
    own_storage.inject("GET .*alt=media", "drip", bytes_per_s=10, times=0)
    run = make_run("a", target)
    errors: list[CloudError] = []

    def download() -> None:
        try:
            tdg_work_download.download(run)
        except CloudError as error:
            errors.append(error)

    thread = threading.Thread(target=download)
    thread.start()
    while not own_storage.fault_hits()[0]:
        thread.join(0.01)
    run.token.cancel()
    thread.join(10)
    assert not thread.is_alive()
    assert errors[0].code == "cancelled"
    assert target.read_bytes() == b"old but whole"


def test_trickle_counts_as_silence(
    make_run: MakeRun, put: Callable[..., bytes], target: Path, own_storage: StorageEmulator
) -> None:
    """A stream that gives a byte now and then never runs into the time-out of a socket; a fresh one may do better."""
    data = put("a", 100_000)
    own_storage.clear_faults()
    own_storage.inject("GET .*alt=media", "drip", bytes_per_s=2000)
    run = make_run("a", target)
    times = iter(range(0, 10**9, 20))
    object.__setattr__(run.around, "clock", lambda: float(next(times)))
    tdg_work_download.download(run)
    assert target.read_bytes() == data
    assert len(own_storage.requests()) == 2, "the first stream was left, the second one ended"


def test_a_wanted_generation_is_not_replaced_by_another(
    make_run: MakeRun, put: Callable[..., bytes], gateway: StorageGateway, target: Path
) -> None:
    """A sync fetches what it has looked at, and nothing that came later."""
    put("a", b"first")
    info = gateway.stat("a", Token())
    assert info is not None
    put("a", b"second", info["generation"])
    old = target.read_bytes()
    with pytest.raises(CloudError) as caught:
        tdg_work_download.download(make_run("a", target), info["generation"])
    assert caught.value.code == "precondition"
    assert target.read_bytes() == old
    assert not rests(target)


def test_a_refusal_at_the_last_moment_leaves_the_old_file(
    make_run: MakeRun, put: Callable[..., bytes], target: Path
) -> None:
    put("a", b"new")
    old = target.read_bytes()

    def refuse(*_: Path) -> None:
        raise CloudError("local", "It has changed meanwhile.")

    with pytest.raises(CloudError, match="meanwhile"):
        tdg_work_download.download(make_run("a", target), 0, refuse)
    assert target.read_bytes() == old
