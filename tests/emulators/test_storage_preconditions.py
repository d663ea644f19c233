"""Preconditions on every call that takes them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage

from emulators import StorageEmulator


@pytest.fixture
def blob(gcs: storage.Bucket) -> storage.Blob:
    """An object 'x' with content 'one'."""
    blob = gcs.blob("x")
    blob.upload_from_string("one")
    return blob


def test_a_create_meets_what_is_there(gcs: storage.Bucket, blob: storage.Blob) -> None:
    with pytest.raises(PreconditionFailed):
        gcs.blob("x").upload_from_string("two", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        gcs.blob("new").upload_from_string("two", if_generation_match=blob.generation)
    gcs.blob("new").upload_from_string("two", if_generation_match=0)
    assert (blob.download_as_bytes(), gcs.blob("new").download_as_bytes()) == (b"one", b"two")


@pytest.mark.parametrize("chunk_size", [None, 256 * 1024], ids=["at once", "resumable"])
def test_a_replace_needs_the_generation_it_knows(
    gcs: storage.Bucket, blob: storage.Blob, chunk_size: int | None
) -> None:
    stale = blob.generation
    content = b"two" * 100_000
    gcs.blob("x", chunk_size=chunk_size).upload_from_string(content, if_generation_match=stale)
    with pytest.raises(PreconditionFailed):
        gcs.blob("x", chunk_size=chunk_size).upload_from_string("three", if_generation_match=stale)
    assert gcs.blob("x").download_as_bytes() == content


def test_a_resumable_upload_meets_what_changed_meanwhile(
    gcs: storage.Bucket, storage_emulator: StorageEmulator, http: requests.Session
) -> None:
    start = f"{storage_emulator.url}/upload/storage/v1/b/{gcs.name}/o?uploadType=resumable&name=x&ifGenerationMatch=0"
    place = http.post(start).headers["Location"]
    gcs.blob("x").upload_from_string("faster")
    answer = http.put(place, data=b"slower", headers={"Content-Range": "bytes 0-5/6"})
    assert answer.status_code == 412
    assert answer.json()["error"]["errors"][0]["reason"] == "conditionNotMet"
    assert gcs.blob("x").download_as_bytes() == b"faster"


def test_delete_and_patch_with_a_stale_generation(gcs: storage.Bucket, blob: storage.Blob) -> None:
    with pytest.raises(PreconditionFailed):
        blob.delete(if_generation_match=1)
    with pytest.raises(PreconditionFailed):
        gcs.blob("x").delete(if_metageneration_match=7)
    blob.metadata = {"a": "1"}
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=2)
    blob.patch(if_generation_match=blob.generation, if_metageneration_match=1)
    with pytest.raises(NotFound):
        gcs.blob("none").delete(if_generation_match=1)
    gcs.blob("x").delete(if_generation_match=blob.generation)
    assert not gcs.blob("x").exists()


def test_a_copy_checks_source_and_target(gcs: storage.Bucket, blob: storage.Blob) -> None:
    with pytest.raises(PreconditionFailed):
        gcs.copy_blob(blob, gcs, "y", if_source_generation_match=1)
    gcs.blob("y").upload_from_string("there")
    with pytest.raises(PreconditionFailed):
        gcs.copy_blob(blob, gcs, "y", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        gcs.blob("y").rewrite(blob, if_generation_match=0)
    assert gcs.blob("y").download_as_bytes() == b"there"


def test_reads_say_not_modified(gcs: storage.Bucket, storage_emulator: StorageEmulator, http: requests.Session) -> None:
    blob = gcs.blob("x")
    blob.upload_from_string("one")
    for url in (f"{storage_emulator.url}/storage/v1/b/{gcs.name}/o/x", blob.media_link):
        unchanged = http.get(url, params={"ifGenerationNotMatch": str(blob.generation)})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert http.get(url, params={"ifGenerationMatch": "1"}).status_code == 412
        assert http.get(url, params={"ifGenerationMatch": str(blob.generation)}).status_code == 200
        assert http.get(url, params={"ifMetagenerationMatch": "x"}).status_code == 400


def test_one_of_many_creators_wins(gcs: storage.Bucket) -> None:
    def create(i: int) -> bool:
        try:
            gcs.blob("lock").upload_from_string(str(i), if_generation_match=0)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1
