"""Addresses that work without the API: public objects and signed URLs."""

import datetime
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.api_core.exceptions import BadRequest
from google.cloud import storage
from google.oauth2 import service_account

from emulators import StorageEmulator


@pytest.fixture(scope="module")
def credentials() -> service_account.Credentials:
    """A service account with a key made on the spot."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    info = {
        "type": "service_account",
        "client_email": "tester@example.iam.gserviceaccount.com",
        "token_uri": "https://localhost/token",
        "private_key": pem.decode(),
    }
    return service_account.Credentials.from_service_account_info(info)


def test_only_a_public_object_opens_to_everyone(gcs: storage.Bucket, http: requests.Session) -> None:
    blob = gcs.blob("folder/ü #1.txt")
    blob.upload_from_string("hello")
    assert http.get(blob.public_url).status_code == 403
    blob.make_public()
    assert http.get(blob.public_url).content == b"hello"
    assert http.head(blob.public_url).headers["Content-Length"] == "5"
    blob.make_private()
    assert http.get(blob.public_url).status_code == 403


def test_an_upload_can_be_public_from_the_start(gcs: storage.Bucket, http: requests.Session) -> None:
    for size in (10, 9 * 1024 * 1024):  # at once, resumable
        blob = gcs.blob(f"x{size}")
        blob.upload_from_string(b"x" * size, predefined_acl="publicRead")
        assert http.get(blob.public_url, headers={"Range": "bytes=0-2"}).content == b"xxx"


def test_uniform_access_knows_no_access_lists(gcs: storage.Bucket) -> None:
    blob = gcs.blob("x")
    blob.upload_from_string("hello")
    gcs.iam_configuration.uniform_bucket_level_access_enabled = True
    gcs.patch()
    with pytest.raises(BadRequest, match="uniform"):
        blob.make_public()


def signed(blob: storage.Blob, credentials: service_account.Credentials, url: str, **options: object) -> str:
    return str(
        blob.generate_signed_url(version="v4", credentials=credentials, api_access_endpoint=url, **options)  # type: ignore[arg-type]
    )


def test_signed_addresses_read_and_write(
    gcs: storage.Bucket,
    storage_emulator: StorageEmulator,
    credentials: service_account.Credentials,
    http: requests.Session,
) -> None:
    blob = gcs.blob("a b/ü.bin")
    minute = datetime.timedelta(minutes=1)
    put = signed(blob, credentials, storage_emulator.url, expiration=minute, method="PUT", content_type="image/png")
    answer = http.put(put, data=b"\x00\xff", headers={"Content-Type": "image/png"})
    assert answer.status_code == 200
    assert gcs.get_blob(blob.name).content_type == "image/png"
    get = signed(blob, credentials, storage_emulator.url, expiration=minute)
    assert http.get(get).content == b"\x00\xff"


def test_a_signed_address_expires(
    gcs: storage.Bucket,
    storage_emulator: StorageEmulator,
    credentials: service_account.Credentials,
    http: requests.Session,
) -> None:
    gcs.blob("x").upload_from_string("hello")
    url = signed(gcs.blob("x"), credentials, storage_emulator.url, expiration=datetime.timedelta(minutes=1))
    date = next(part for part in urlsplit(url).query.split("&") if part.startswith("X-Goog-Date="))
    assert http.get(url).status_code == 200
    expired = http.get(url.replace(date, "X-Goog-Date=20200101T000000Z"))
    assert (expired.status_code, expired.json()["error"]["errors"][0]["reason"]) == (400, "expiredToken")


def test_a_precondition_header_guards_a_signed_put(
    gcs: storage.Bucket, storage_emulator: StorageEmulator, http: requests.Session
) -> None:
    url = f"{storage_emulator.url}/{gcs.name}/x"
    headers = {"x-goog-if-generation-match": "0", "x-goog-meta-Artist": "me"}
    assert http.put(url, data=b"1", headers=headers).status_code == 200
    assert http.put(url, data=b"2", headers=headers).status_code == 412
    assert gcs.get_blob("x").metadata == {"artist": "me"}
