"""Preconditions.

https://cloud.google.com/storage/docs/request-preconditions
"""

from collections.abc import Mapping
from typing import Any

from .errors import ApiError, invalid

NAMES = ("GenerationMatch", "GenerationNotMatch", "MetagenerationMatch", "MetagenerationNotMatch")


def take(query: Mapping[str, str], prefix: str = "if") -> dict[str, str]:
    """The preconditions of a request: {'GenerationMatch': '0', ...}; prefix 'ifSource' for the source of a copy."""
    return {name: query[prefix + name] for name in NAMES if prefix + name in query}


def from_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The same from the XML API's headers."""
    names = {"GenerationMatch": "x-goog-if-generation-match", "MetagenerationMatch": "x-goog-if-metageneration-match"}
    return {name: headers[header] for name, header in names.items() if header in headers}


def check(conditions: Mapping[str, str], resource: Mapping[str, Any] | None, *, reading: bool = False) -> None:
    """Compares with the live object (None: there is none, generation 0).

    Raises:
        ApiError: 412, or 304 if a read asks only for what has changed.
    """
    generation = str(resource["generation"]) if resource else "0"
    metageneration = str(resource["metageneration"]) if resource else None
    for name, wanted in conditions.items():
        if not wanted.lstrip("-").isdigit():
            raise invalid(f"if{name}={wanted!r} is no number.")
        actual = metageneration if "Meta" in name else generation
        holds = actual != wanted if "Not" in name else actual == wanted
        if not holds:
            status = 304 if reading and "Not" in name else 412
            raise ApiError(status, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
