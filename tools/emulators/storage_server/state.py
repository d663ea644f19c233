"""Buckets, objects and upload sessions: the package's in-memory storage, with what it lacks."""

import bisect
import threading
import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.storage import Storage

from .errors import ApiError, invalid, not_found
from .sessions import UploadSession


class State(Storage):  # type: ignore[misc]  # the package has no types
    """All that the server knows. Hold `lock` while reading or changing it.

    Attributes:
        sessions: open and finished resumable uploads by upload id.
    """

    def __init__(self) -> None:
        super().__init__(use_memory_fs=True)
        self.lock = threading.RLock()
        self.sessions: dict[str, UploadSession] = {}
        self._last_generation = 0
        self._names: dict[str, list[str]] = {}

    def _write_config_to_file(self) -> None:
        """Nothing reads the package's metadata file back: with each change it would be written as a whole."""

    def _object_path(self, bucket_name: str, file_name: str) -> str:
        """Contents lie under a digest: as a path, names like '../x' or 'a//b' would change."""
        return f"{bucket_name}/{sha256(file_name.encode()).hexdigest()}"

    def next_generation(self) -> int:
        """A generation above every one before; microseconds, as the real service gives."""
        self._last_generation = max(self._last_generation + 1, time.time_ns() // 1000)
        return self._last_generation

    def make_bucket(self, name: str) -> dict[str, Any]:
        """Creates a bucket whose deleted objects are gone at once.

        Raises:
            ApiError: 409 if it exists.
        """
        bucket: dict[str, Any] | bool = create_bucket(name, self)
        if isinstance(bucket, bool):
            raise ApiError(409, "conflict", f"Bucket '{name}' exists already.")
        bucket["softDeletePolicy"] = {"retentionDurationSeconds": "0"}
        return bucket

    def bucket(self, name: str) -> dict[str, Any]:
        if name not in self.buckets:
            raise ApiError(404, "notFound", "The specified bucket does not exist.")
        bucket: dict[str, Any] = self.buckets[name]
        return bucket

    def find(self, bucket: str, name: str) -> dict[str, Any] | None:
        """The live object's resource, or None."""
        self.bucket(bucket)
        found: dict[str, Any] | None = self.objects.get(bucket, {}).get(name)
        return found

    def get(self, bucket: str, name: str, generation: str | int | None = None) -> dict[str, Any]:
        """The live object's resource.

        Raises:
            ApiError: 404 if there is none, or another generation is asked for.
        """
        found = self.find(bucket, name)
        if found is None or (generation is not None and found["generation"] != str(generation)):
            raise not_found(f"Object '{bucket}/{name}'" + (f" of generation {generation}" if generation else ""))
        return found

    def content(self, resource: dict[str, Any]) -> bytes | bytearray:
        found: bytes | bytearray = self.get_file(resource["bucket"], resource["name"])
        return found

    def put(self, resource: dict[str, Any], content: bytes | bytearray) -> None:
        """Stores an object as the live one of its name."""
        bucket, name = resource["bucket"], resource["name"]
        if name not in self.objects.get(bucket, {}):
            self._names.pop(bucket, None)
        self.create_file(bucket, name, content, resource)

    def delete_file(self, bucket_name: str, file_name: str) -> None:
        super().delete_file(bucket_name, file_name)
        self._names.pop(bucket_name, None)

    def names(self, bucket: str) -> list[str]:
        """All names of a bucket in the order of listings (code points, which is the order of UTF-8 bytes)."""
        if bucket not in self._names:
            self._names[bucket] = sorted(self.objects.get(bucket, {}))
        return self._names[bucket]

    def names_from(self, bucket: str, start: str) -> list[str]:
        names = self.names(bucket)
        return names[bisect.bisect_left(names, start) :]

    def wipe(self, keep_buckets: bool = False) -> None:
        super().wipe(keep_buckets)
        self.sessions.clear()
        self._names.clear()


def timestamp() -> str:
    """Now, as resources write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def check_name(name: str) -> None:
    """https://cloud.google.com/storage/docs/objects#naming

    Raises:
        ApiError: 400 for a name that no object can have.
    """
    wrong = name in ("", ".", "..") or "\r" in name or "\n" in name or len(name.encode(errors="replace")) > 1024
    if wrong or name.startswith(".well-known/acme-challenge/"):
        raise invalid(f"{name!r} is no valid object name.")
