"""What Google's client sees of objects: names, contents, metadata, generations, listings, copies."""

import base64
import gzip
import hashlib
from concurrent.futures import ThreadPoolExecutor

import google_crc32c
import pytest
import requests
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators import StorageEmulator

ODD_NAMES = [
    "../x",
    "a/../b",
    "/leading",
    "a//b",
    "C:evil",
    "C:\\evil\\x",
    "folder/",
    "a/b/o/c",
    "x/acl",
    "x/rewriteTo/b/y/o/z",
    "100%",
    "%2F",
    "a#b",
    "a?b=c&d",
    "a+b c",
    ";semi;colon",
    "grüße/日本/🎉",
    "e\u0301 not \u00e9",
    "trailing. ",
    "CON",
    "'\"<>|*",
    "tab\there",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_name_is_kept_exactly(gcs: storage.Bucket, name: str) -> None:
    content = name.encode()
    gcs.blob(name).upload_from_string(content)
    assert [blob.name for blob in gcs.list_blobs()] == [name]
    assert [blob.name for blob in gcs.list_blobs(prefix=name[:2])] == [name]
    assert gcs.blob(name).download_as_bytes() == content
    assert gcs.get_blob(name).name == name
    gcs.blob(name).delete()
    assert list(gcs.list_blobs()) == []


def test_odd_names_do_not_meet(gcs: storage.Bucket) -> None:
    for name in ODD_NAMES:
        gcs.blob(name).upload_from_string(name)
    assert {blob.name: blob.download_as_text() for blob in gcs.list_blobs()} == {name: name for name in ODD_NAMES}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
        lambda name: name not in (".", "..")
    ),
    content=st.binary(max_size=300),
)
def test_any_name_and_content_survive(gcs: storage.Bucket, name: str, content: bytes) -> None:
    gcs.blob(name).upload_from_string(content)
    assert gcs.blob(name).download_as_bytes() == content


@pytest.mark.parametrize("name", [".", "..", "line\nbreak", "x" * 1025])
def test_a_name_the_service_forbids_is_refused(gcs: storage.Bucket, name: str) -> None:
    with pytest.raises(BadRequest):
        gcs.blob(name).upload_from_string("x")


def test_contents_with_boundaries_and_line_ends_arrive_byte_for_byte(gcs: storage.Bucket) -> None:
    content = b"\r\n--====\r\n\r\n--" + bytes(range(256)) * 3 + b"\r\n"
    blob = gcs.blob("binary")
    blob.upload_from_string(content)
    assert gcs.blob("binary").download_as_bytes() == content


def test_an_object_carries_its_checksums_and_metadata(gcs: storage.Bucket) -> None:
    content = b"some bytes" * 1000
    blob = gcs.blob("photo.jpg")
    blob.cache_control, blob.content_disposition, blob.metadata = "no-store", "inline", {"artist": "José", "n": "1"}
    blob.upload_from_string(content, content_type="image/jpeg")

    seen = gcs.get_blob("photo.jpg")
    assert seen.crc32c == base64.b64encode(google_crc32c.Checksum(content).digest()).decode()
    assert seen.md5_hash == base64.b64encode(hashlib.md5(content).digest()).decode()
    assert (seen.size, seen.content_type, seen.cache_control) == (len(content), "image/jpeg", "no-store")
    assert seen.content_disposition == "inline"
    assert seen.metadata == {"artist": "José", "n": "1"}
    assert seen.time_created is not None
    assert seen.updated is not None


def test_a_checksum_that_does_not_fit_refuses_the_upload(gcs: storage.Bucket) -> None:
    blob = gcs.blob("x")
    blob.md5_hash = base64.b64encode(b"0" * 16).decode()
    with pytest.raises(BadRequest, match="MD5"):
        blob.upload_from_string("x")
    assert not gcs.blob("x").exists()


def test_each_write_has_a_higher_generation_and_a_patch_a_higher_metageneration(gcs: storage.Bucket) -> None:
    generations = []
    for i in range(20):
        blob = gcs.blob("x")
        blob.upload_from_string(str(i))
        generations.append(blob.generation)
    assert generations == sorted(set(generations))
    blob.metadata = {"a": "1", "b": "2"}
    blob.patch()
    assert blob.metageneration == 2
    blob.metadata = {"a": None, "c": "3"}
    blob.patch()
    assert gcs.get_blob("x").metadata == {"b": "2", "c": "3"}
    assert gcs.get_blob("x").generation == generations[-1]


def test_an_update_replaces_what_a_patch_would_keep(gcs: storage.Bucket) -> None:
    blob = gcs.blob("x")
    blob.cache_control, blob.metadata = "no-store", {"a": "1"}
    blob.upload_from_string("x", content_type="text/plain")
    again = gcs.get_blob("x")
    again.metadata = {"b": "2"}
    again.update()
    assert (gcs.get_blob("x").metadata, gcs.get_blob("x").content_type) == ({"b": "2"}, "text/plain")


def test_a_batch_of_calls(client: storage.Client, gcs: storage.Bucket) -> None:
    for name in ("a", "b", "c"):
        gcs.blob(name).upload_from_string(name)
    with client.batch():
        gcs.blob("a").delete()
        gcs.blob("b").delete()
    assert [blob.name for blob in gcs.list_blobs()] == ["c"]


def test_only_the_live_generation_can_be_read(gcs: storage.Bucket) -> None:
    blob = gcs.blob("x")
    blob.upload_from_string("one")
    first = blob.generation
    blob.upload_from_string("two")
    assert gcs.blob("x", generation=blob.generation).download_as_bytes() == b"two"
    with pytest.raises(NotFound):
        gcs.blob("x", generation=first).download_as_bytes()
    assert gcs.get_blob("x", generation=first) is None


def test_ranges(gcs: storage.Bucket, storage_emulator: StorageEmulator, http: requests.Session) -> None:
    content = bytes(range(100))
    gcs.blob("x").upload_from_string(content)
    assert gcs.blob("x").download_as_bytes(start=10, end=19) == content[10:20]
    url = f"{storage_emulator.url}/download/storage/v1/b/{gcs.name}/o/x?alt=media"
    cases = {"bytes=0-0": (0, 1), "bytes=90-": (90, 100), "bytes=90-500": (90, 100), "bytes=-7": (93, 100)}
    for header, (start, end) in cases.items():
        answer = http.get(url, headers={"Range": header})
        assert answer.status_code == 206
        assert answer.content == content[start:end]
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/100"
        assert answer.headers["X-Goog-Hash"].startswith("crc32c=")
        assert answer.headers["X-Goog-Generation"] == str(gcs.get_blob("x").generation)
    outside = http.get(url, headers={"Range": "bytes=100-"})
    assert (outside.status_code, outside.headers["Content-Range"]) == (416, "bytes */100")


def test_an_empty_object(gcs: storage.Bucket) -> None:
    gcs.blob("empty").upload_from_string(b"")
    assert gcs.get_blob("empty").size == 0
    assert gcs.blob("empty").download_as_bytes() == b""


def test_gzip_content_is_unpacked_only_for_those_who_do_not_take_it(
    gcs: storage.Bucket, storage_emulator: StorageEmulator, http: requests.Session
) -> None:
    packed = gzip.compress(b"hello")
    blob = gcs.blob("x")
    blob.content_encoding = "gzip"
    blob.upload_from_string(packed)
    assert gcs.blob("x").download_as_bytes() == b"hello"
    assert gcs.blob("x").download_as_bytes(raw_download=True) == packed
    url = f"{storage_emulator.url}/download/storage/v1/b/{gcs.name}/o/x?alt=media"
    plain = http.get(url, headers={"Accept-Encoding": "identity"})
    assert plain.content == b"hello"
    assert "Content-Encoding" not in plain.headers


def test_a_listing_comes_in_pages_in_order(gcs: storage.Bucket) -> None:
    names = [*(f"{letter}/{i:02}" for letter in "abc" for i in range(9)), "z"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: gcs.blob(name).upload_from_string(""), names))
    pages = list(gcs.list_blobs(page_size=10).pages)
    assert [[blob.name for blob in page] for page in pages] == [names[:10], names[10:20], names[20:]]
    assert [blob.name for blob in gcs.list_blobs(prefix="b/", page_size=4)] == names[9:18]
    assert [blob.name for blob in gcs.list_blobs(prefix="b/", max_results=2)] == names[9:11]
    assert [blob.name for blob in gcs.list_blobs(start_offset="c/07", end_offset="z")] == names[25:27]


def test_a_delimiter_folds_folders_also_across_pages(gcs: storage.Bucket) -> None:
    for name in ("a", "b/1", "b/2", "b/c/3", "d/", "d/4", "e", "f/5"):
        gcs.blob(name).upload_from_string("")
    listing = gcs.list_blobs(delimiter="/", page_size=1)
    assert [blob.name for blob in listing] == ["a", "e"]
    assert listing.prefixes == {"b/", "d/", "f/"}
    below = gcs.list_blobs(prefix="b/", delimiter="/")
    assert [blob.name for blob in below] == ["b/1", "b/2"]
    assert below.prefixes == {"b/c/"}
    marked = gcs.list_blobs(delimiter="/", include_trailing_delimiter=True)
    assert [blob.name for blob in marked] == ["a", "d/", "e"]
    assert [blob.name for blob in gcs.list_blobs(match_glob="**/[0-9]")] == ["b/1", "b/2", "b/c/3", "d/4", "f/5"]


def test_a_listing_gives_the_fields_asked_for(
    gcs: storage.Bucket, storage_emulator: StorageEmulator, http: requests.Session
) -> None:
    for name in ("a", "b"):
        gcs.blob(name).upload_from_string("x", content_type="text/plain")
    url = f"{storage_emulator.url}/storage/v1/b/{gcs.name}/o"
    answer = http.get(url, params={"fields": "items(name,size),nextPageToken", "maxResults": "1"}).json()
    assert answer["items"] == [{"name": "a", "size": "1"}]
    assert set(answer) == {"items", "nextPageToken"}
    assert http.get(url, params={"fields": "items/name"}).json() == {"items": [{"name": "a"}, {"name": "b"}]}
    assert http.get(url, params={"fields": "items("}).status_code == 400


def test_a_server_side_copy_keeps_content_and_metadata(gcs: storage.Bucket) -> None:
    source = gcs.blob("old")
    source.metadata = {"k": "v"}
    source.upload_from_string(b"content", content_type="text/plain")
    copy = gcs.copy_blob(source, gcs, "new/name")
    assert (copy.crc32c, copy.metadata, copy.content_type) == (source.crc32c, {"k": "v"}, "text/plain")
    assert copy.generation != source.generation
    token, written, total = gcs.blob("third").rewrite(source)
    assert (token, written, total) == (None, 7, 7)
    gcs.rename_blob(source, "renamed")
    assert [blob.name for blob in gcs.list_blobs()] == ["new/name", "renamed", "third"]


def test_a_composed_object_has_no_md5(gcs: storage.Bucket) -> None:
    parts = [gcs.blob(name) for name in ("1", "2")]
    for part in parts:
        part.upload_from_string(part.name * 3)
    whole = gcs.blob("whole")
    whole.compose(parts)
    seen = gcs.get_blob("whole")
    assert seen.md5_hash is None
    assert seen.crc32c == base64.b64encode(google_crc32c.Checksum(b"111222").digest()).decode()
    assert (whole.download_as_bytes(), seen.component_count) == (b"111222", 2)


def test_what_is_missing_is_not_found(client: storage.Client, gcs: storage.Bucket) -> None:
    missing = client.bucket("no-such-bucket")
    for act in (
        lambda: missing.blob("x").upload_from_string("x"),
        lambda: missing.blob("x").download_as_bytes(),
        lambda: list(missing.list_blobs()),
        lambda: client.get_bucket("no-such-bucket"),
        lambda: gcs.blob("x").download_as_bytes(),
        lambda: gcs.blob("x").delete(),
        lambda: gcs.blob("x").patch(),
        lambda: gcs.copy_blob(gcs.blob("x"), gcs, "y"),
    ):
        with pytest.raises(NotFound):
            act()


def test_buckets(client: storage.Client, bucket: str) -> None:
    with pytest.raises(Conflict):
        client.create_bucket(bucket)
    with pytest.raises(BadRequest):
        client.create_bucket("Bad_Name")
    assert client.lookup_bucket(bucket).name == bucket
    assert bucket in [found.name for found in client.list_buckets()]
    client.bucket(bucket).blob("x").upload_from_string("")
    with pytest.raises(Conflict):
        client.bucket(bucket).delete()
    client.bucket(bucket).delete(force=True)
    assert client.lookup_bucket(bucket) is None


def test_many_clients_at_once(gcs: storage.Bucket) -> None:
    def work(i: int) -> bytes:
        blob = gcs.blob(f"{i % 4}/{i}")
        blob.upload_from_string(bytes([i]) * 1000)
        return gcs.blob(blob.name).download_as_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(64))) == [bytes([i]) * 1000 for i in range(64)]
    assert len(list(gcs.list_blobs())) == 64
