"""Faults on demand, seen through Google's client and raw HTTP."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from google.api_core.exceptions import Forbidden, ServiceUnavailable, TooManyRequests
from google.cloud import storage

from emulators import EmulatorError, StorageEmulator

BLOCK = 256 * 1024


def wait_until(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Polls, since the server cannot tell."""
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def url(own_storage: StorageEmulator, gcs: storage.Bucket) -> Callable[[str], str]:
    """The media address of an object."""
    return lambda name: f"{own_storage.url}/download/storage/v1/b/{gcs.name}/o/{name}?alt=media"


def test_the_next_calls_fail_then_all_is_well(own_storage: StorageEmulator, gcs: storage.Bucket) -> None:
    own_storage.inject(rf"POST .*{gcs.name}", status=503, times=2)
    gcs.blob("x").upload_from_string("hello", if_generation_match=0)  # the client repeats what has a precondition
    uploads = [entry.status for entry in own_storage.requests() if "/upload/" in entry.path]
    assert uploads == [503, 503, 200]


def test_statuses_reach_the_client(own_storage: StorageEmulator, gcs: storage.Bucket, http: requests.Session) -> None:
    for status, error in ((503, ServiceUnavailable), (429, TooManyRequests), (403, Forbidden)):
        own_storage.inject(r"GET .*/o\?", status=status)
        with pytest.raises(error):
            list(gcs.list_blobs(retry=None))
    own_storage.inject("GET", status=429, retry_after_s=7)
    answer = http.get(f"{own_storage.url}/storage/v1/b/{gcs.name}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["errors"][0]["reason"] == "rateLimitExceeded"


def test_a_listing_fails_half_way(own_storage: StorageEmulator, gcs: storage.Bucket) -> None:
    for i in range(5):
        gcs.blob(str(i)).upload_from_string("")
    own_storage.inject(r"GET .*/o\?.*pageToken=", status=403)
    seen = []
    with pytest.raises(Forbidden):
        seen.extend(blob.name for blob in gcs.list_blobs(page_size=2))
    own_storage.inject(r"GET .*/o\?", status=403, skip=2)
    pages = gcs.list_blobs(page_size=2).pages
    assert [[blob.name for blob in next(pages)] for _ in range(2)] == [["0", "1"], ["2", "3"]]
    with pytest.raises(Forbidden):
        next(pages)


def test_a_reset_before_the_answer_does_nothing_a_lost_answer_does_it(
    own_storage: StorageEmulator, gcs: storage.Bucket, http: requests.Session
) -> None:
    target = f"{own_storage.url}/upload/storage/v1/b/{gcs.name}/o?uploadType=media&name="
    own_storage.inject("POST .*name=reset", "reset")
    own_storage.inject("POST .*name=lost", "lost")
    for name in ("reset", "lost"):
        with pytest.raises(requests.ConnectionError):
            http.post(target + name, data=b"content")
    assert [blob.name for blob in gcs.list_blobs()] == ["lost"]


@pytest.mark.parametrize("action", ["status", "reset"])
def test_an_upload_breaks_after_so_many_bytes_and_can_be_resumed(
    own_storage: StorageEmulator, gcs: storage.Bucket, http: requests.Session, action: str
) -> None:
    content = b"z" * (4 * BLOCK)
    start = f"{own_storage.url}/upload/storage/v1/b/{gcs.name}/o?uploadType=resumable&name=x"
    place = http.post(start).headers["Location"]
    own_storage.inject("PUT", action, status=503, after_bytes=2 * BLOCK)
    try:
        assert http.put(place, data=content).status_code == 503
    except requests.ConnectionError:
        assert action == "reset"
    state = http.put(place, headers={"Content-Range": f"bytes */{len(content)}"})
    assert (state.status_code, state.headers["Range"]) == (308, f"bytes=0-{2 * BLOCK - 1}")
    rest = {"Content-Range": f"bytes {2 * BLOCK}-{4 * BLOCK - 1}/{4 * BLOCK}"}
    assert http.put(place, data=content[2 * BLOCK :], headers=rest).status_code == 200
    assert gcs.blob("x").download_as_bytes() == content


def test_a_truncated_download(
    own_storage: StorageEmulator, gcs: storage.Bucket, http: requests.Session, url: Callable[[str], str]
) -> None:
    gcs.blob("x").upload_from_string(b"y" * 10_000)
    own_storage.inject("GET .*alt=media", "truncate", after_bytes=1000)
    with http.get(url("x"), stream=True) as answer:
        assert answer.headers["Content-Length"] == "10000"
        received: list[bytes] = []
        with pytest.raises(requests.exceptions.RequestException):
            received.extend(answer.iter_content(100))
    assert len(b"".join(received)) <= 1000


def test_a_byte_changes_on_the_way(own_storage: StorageEmulator, gcs: storage.Bucket) -> None:
    blob = gcs.blob("x")
    blob.upload_from_string(b"content")
    own_storage.inject("GET .*alt=media", "corrupt")
    with pytest.raises(Exception, match="checksum"):
        gcs.blob("x").download_as_bytes(retry=None)
    own_storage.inject(f"POST .*upload.*{gcs.name}", "corrupt")
    blob = gcs.blob("y")
    blob.upload_from_string(b"content", checksum=None)
    assert gcs.blob("y").download_as_bytes() != b"content"


def test_a_checksum_that_lies(
    own_storage: StorageEmulator, gcs: storage.Bucket, http: requests.Session, url: Callable[[str], str]
) -> None:
    gcs.blob("x").upload_from_string(b"content")
    own_storage.inject("GET", "wrong_hash", times=2)
    assert http.get(url("x")).headers["X-Goog-Hash"] == "crc32c=AAAAAA=="
    assert gcs.get_blob("x").crc32c == "AAAAAA=="
    assert gcs.get_blob("x").crc32c != "AAAAAA=="


def test_a_slow_drip_arrives_whole(
    own_storage: StorageEmulator, gcs: storage.Bucket, http: requests.Session, url: Callable[[str], str]
) -> None:
    gcs.blob("x").upload_from_string(b"y" * 10_000)
    own_storage.inject("GET .*alt=media", "drip", bytes_per_s=50_000)
    started = time.monotonic()
    assert http.get(url("x")).content == b"y" * 10_000
    assert time.monotonic() - started > 0.1


def test_delay_and_hang(own_storage: StorageEmulator, gcs: storage.Bucket, http: requests.Session) -> None:
    target = f"{own_storage.url}/storage/v1/b/{gcs.name}"
    own_storage.inject("GET", "delay", delay_s=0.2)
    started = time.monotonic()
    assert http.get(target).status_code == 200
    assert time.monotonic() - started >= 0.2
    own_storage.inject("GET", "hang")
    with pytest.raises(requests.Timeout):
        http.get(target, timeout=0.2)
    assert http.get(target).status_code == 200
    own_storage.inject("GET", "hang")
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(http.get, target)
        wait_until(lambda: own_storage.fault_hits()[-1] == 1)
        own_storage.clear_faults()
        assert isinstance(hanging.exception(5), requests.ConnectionError)


def test_an_unknown_fault_is_refused(own_storage: StorageEmulator) -> None:
    with pytest.raises(EmulatorError, match="colour"):
        own_storage.inject("GET", colour="red")
    with pytest.raises(EmulatorError, match="No such fault"):
        own_storage.inject("(")


def test_the_log_tells_what_was_asked(own_storage: StorageEmulator, gcs: storage.Bucket) -> None:
    own_storage.clear_faults()
    gcs.blob("a b").upload_from_string(b"12345")
    gcs.blob("a b").download_as_bytes()
    up, down = (entry for entry in own_storage.requests() if "/o" in entry.path)
    assert (up.method, up.status, down.method, down.status, down.sent) == ("POST", 200, "GET", 200, 5)
    assert "/o/a b?" in down.path
    assert up.received > 5
