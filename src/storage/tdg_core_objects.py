"""Objects of a bucket as plain dicts: from the API's form and into it.

Thread: any.
"""

from collections.abc import Mapping
from typing import Any

#: What files of installations are; not Python's table, which differs from system to system.
_TYPES = {
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".avi": "video/x-msvideo",
    ".avif": "image/avif",
    ".bin": "application/octet-stream",
    ".bmp": "image/bmp",
    ".css": "text/css",
    ".csv": "text/csv",
    ".dds": "image/vnd.ms-dds",
    ".exr": "image/x-exr",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".glb": "model/gltf-binary",
    ".glsl": "text/plain",
    ".gltf": "model/gltf+json",
    ".gz": "application/gzip",
    ".hdr": "image/vnd.radiance",
    ".heic": "image/heic",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".ini": "text/plain",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mid": "audio/midi",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".obj": "model/obj",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".tar": "application/x-tar",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".tsv": "text/tab-separated-values",
    ".ttf": "font/ttf",
    ".txt": "text/plain",
    ".usdz": "model/vnd.usdz+zip",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}


def content_type(name: str) -> str:
    """The type that a file's name promises, the same on every system."""
    lower = name.lower()
    dot = lower.rfind(".")
    suffix = lower[dot:] if dot > lower.rfind("/") else ""
    return _TYPES.get(suffix, "application/octet-stream")


def described(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The documented fields of an object, and what is needed to check and replace it, from the API's resource."""
    return {
        "name": str(resource.get("name", "")),
        "size": int(resource.get("size") or 0),
        "content_type": str(resource.get("contentType") or ""),
        "updated": _iso(resource.get("updated")),
        "created": _iso(resource.get("timeCreated")),
        "md5_hash": str(resource.get("md5Hash") or ""),
        "crc32c": str(resource.get("crc32c") or ""),
        "generation": int(resource.get("generation") or 0),
        "metageneration": int(resource.get("metageneration") or 0),
        "content_encoding": str(resource.get("contentEncoding") or ""),
        "cache_control": str(resource.get("cacheControl") or ""),
        "metadata": {str(key): str(value) for key, value in (resource.get("metadata") or {}).items()},
    }


def compared(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Of `described` what a sync compares."""
    return {
        "name": str(resource["name"]),
        "size": int(resource.get("size") or 0),
        "generation": int(resource.get("generation") or 0),
        "crc32c": resource.get("crc32c") or "",
        "md5_hash": resource.get("md5Hash") or "",
        "updated": _iso(resource.get("updated")),
        "content_encoding": resource.get("contentEncoding") or "",
    }


def resource(content_type: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a new object as the API takes them, from the options of an upload."""
    fields: dict[str, Any] = {"contentType": content_type}
    if "metadata" in options:
        fields["metadata"] = options["metadata"]
    if "cache_control" in options:
        fields["cacheControl"] = options["cache_control"]
    return fields


def crc32c_header(value: str) -> str:
    """The CRC32C in a header `X-Goog-Hash: crc32c=...,md5=...`; empty if it has none."""
    for part in value.split(","):
        name, _, content = part.strip().partition("=")
        if name == "crc32c":
            return content
    return ""


def _iso(value: Any) -> str:
    """A time of the API in ISO 8601 as Python writes it."""
    text = str(value or "")
    return f"{text[:-1]}+00:00" if text.endswith("Z") else text
