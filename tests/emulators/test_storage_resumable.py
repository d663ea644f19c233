"""Resumable uploads, step by step over raw HTTP."""

import contextlib
import io
import socket

import pytest
import requests
from google.cloud import storage

from emulators import StorageEmulator

BLOCK = 256 * 1024
CONTENT = bytes(range(256)) * (3 * BLOCK // 256) + b"the rest"


@pytest.fixture
def session(storage_emulator: StorageEmulator, bucket: str, http: requests.Session) -> str:
    """The address of a new upload session for object 'x'."""
    answer = http.post(
        f"{storage_emulator.url}/upload/storage/v1/b/{bucket}/o?uploadType=resumable",
        json={"name": "x", "metadata": {"k": "v"}},
        headers={"X-Upload-Content-Type": "video/mp4"},
    )
    assert answer.status_code == 200
    return answer.headers["Location"]


def put(http: requests.Session, session: str, start: int, end: int, total: int | str) -> requests.Response:
    return http.put(session, data=CONTENT[start:end], headers={"Content-Range": f"bytes {start}-{end - 1}/{total}"})


def ask(http: requests.Session, session: str, total: int | str = "*") -> requests.Response:
    return http.put(session, headers={"Content-Range": f"bytes */{total}", "Content-Length": "0"})


def test_chunk_after_chunk(http: requests.Session, session: str, gcs: storage.Bucket) -> None:
    nothing_yet = ask(http, session)
    assert (nothing_yet.status_code, "Range" in nothing_yet.headers) == (308, False)
    first = put(http, session, 0, BLOCK, "*")
    assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{BLOCK - 1}")
    assert put(http, session, BLOCK, 3 * BLOCK, len(CONTENT)).headers["Range"] == f"bytes=0-{3 * BLOCK - 1}"
    assert not gcs.blob("x").exists()
    done = put(http, session, 3 * BLOCK, len(CONTENT), len(CONTENT))
    assert done.status_code == 200
    blob = gcs.get_blob("x")
    assert (blob.metadata, blob.content_type, done.json()["generation"]) == (
        {"k": "v"},
        "video/mp4",
        str(blob.generation),
    )
    assert blob.download_as_bytes() == CONTENT
    again = ask(http, session, len(CONTENT))
    assert (again.status_code, again.json()["generation"]) == (200, str(blob.generation))


def test_of_an_unfinished_chunk_only_whole_blocks_are_kept(http: requests.Session, session: str) -> None:
    assert put(http, session, 0, BLOCK + 1000, len(CONTENT)).headers["Range"] == f"bytes=0-{BLOCK - 1}"


def test_bytes_sent_twice_are_taken_once_and_gaps_refused(
    http: requests.Session, session: str, gcs: storage.Bucket
) -> None:
    put(http, session, 0, 2 * BLOCK, len(CONTENT))
    assert put(http, session, 2 * BLOCK + 1, len(CONTENT), len(CONTENT)).status_code == 400
    assert put(http, session, BLOCK, len(CONTENT), len(CONTENT)).status_code == 200
    assert gcs.blob("x").download_as_bytes() == CONTENT


def test_what_arrived_before_a_break_is_kept(http: requests.Session, session: str, gcs: storage.Bucket) -> None:
    host, _, rest = session.removeprefix("http://").partition("/")
    name, port = host.split(":")
    with socket.create_connection((name, int(port))) as line:
        head = (
            f"PUT /{rest} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(CONTENT)}\r\n"
            f"Content-Range: bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}\r\n\r\n"
        )
        line.sendall(head.encode() + CONTENT[: BLOCK + 10])
        line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert line.recv(1) == b""  # the server has noticed
    assert ask(http, session, len(CONTENT)).headers["Range"] == f"bytes=0-{BLOCK - 1}"
    assert put(http, session, BLOCK, len(CONTENT), len(CONTENT)).status_code == 200
    assert gcs.blob("x").download_as_bytes() == CONTENT


def test_a_whole_body_without_range_and_an_empty_object(
    http: requests.Session, session: str, gcs: storage.Bucket, storage_emulator: StorageEmulator
) -> None:
    assert http.put(session, data=CONTENT).status_code == 200
    assert gcs.blob("x").download_as_bytes() == CONTENT
    start = f"{storage_emulator.url}/upload/storage/v1/b/{gcs.name}/o?uploadType=resumable&name=empty"
    assert ask(http, http.post(start).headers["Location"], 0).status_code == 200
    assert gcs.get_blob("empty").size == 0


def test_sessions_that_end(
    http: requests.Session, session: str, own_storage: StorageEmulator, gcs: storage.Bucket
) -> None:
    put(http, session, 0, BLOCK, len(CONTENT))
    assert own_storage.expire_sessions() >= 1
    assert put(http, session, BLOCK, len(CONTENT), len(CONTENT)).status_code == 410
    assert ask(http, session).status_code == 410
    assert ask(http, session.partition("upload_id=")[0] + "upload_id=unknown").status_code == 404
    assert not gcs.blob("x").exists()


def test_a_cancelled_session_is_gone(http: requests.Session, session: str) -> None:
    assert http.delete(session).status_code == 499
    assert ask(http, session).status_code == 404


def test_a_wrong_checksum_at_the_end_makes_no_object(http: requests.Session, session: str, gcs: storage.Bucket) -> None:
    headers = {"Content-Range": f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}", "X-Goog-Hash": "crc32c=AAAAAA=="}
    assert http.put(session, data=CONTENT, headers=headers).status_code == 400
    assert not gcs.blob("x").exists()


def test_a_declared_size_binds(storage_emulator: StorageEmulator, bucket: str, http: requests.Session) -> None:
    start = f"{storage_emulator.url}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=x"
    place = http.post(start, headers={"X-Upload-Content-Length": "10"}).headers["Location"]
    assert http.put(place, data=b"12345", headers={"Content-Range": "bytes 0-4/5"}).status_code == 400
    assert http.put(place, data=b"1234567890", headers={"Content-Range": "bytes 0-9/10"}).status_code == 200


def test_googles_client_uploads_in_chunks(gcs: storage.Bucket) -> None:
    blob = gcs.blob("x", chunk_size=BLOCK)
    blob.upload_from_file(io.BytesIO(CONTENT))  # size unknown until the end
    assert gcs.blob("x").download_as_bytes() == CONTENT
