"""Which packages a component needs, which versions a lock asks for, and what packages ask of each other.

Thread: any.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Where TouchDesigner lets no thread but the main one import, these come first, one per frame and leaf before root, so
#: that no single step takes long. Those that are not installed are left out.
STEPS = (
    "email.message",
    "http.client",
    "urllib.request",
    "asyncio",
    "decimal",
    "google.protobuf.message",
    "google.protobuf.descriptor_pb2",
    "google.protobuf.struct_pb2",
    "google.rpc.error_details_pb2",
    "proto",
    "cryptography.hazmat.bindings._rust",
    "cryptography.x509",
    "cryptography.hazmat.primitives.serialization",
    "charset_normalizer",
    "idna",
    "urllib3",
    "requests.packages",
    "requests",
    "google.auth.crypt",
    "google.auth.transport.requests",
    "grpc._cython.cygrpc",
    "grpc",
    "grpc_status.rpc_status",
    "google.api_core.exceptions",
    "google.api_core.retry",
    "google.api_core.gapic_v1",
    "h2.connection",
    "httpcore",
    "httpx",
    "jwt",
    "cachecontrol",
    "firebase_admin",
    "opentelemetry.trace",
    "google.cloud.firestore_v1.types",
)

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)[ ]*(?:;[ ]*([^\\\n]*?))?[ ]*\\?$", re.MULTILINE)
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([^\s,]+)")


def pins(lock: str) -> dict[str, str]:
    """The versions a lock file asks for: package (with the marker where it has one) -> version."""
    return {f"{name.lower()};{marker or ''}": version for name, version, marker in _PIN.findall(lock)}


def supersedes(wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    """Whether an environment made from the pins `present` should be made anew from `wanted`.

    An order: of two components with different locks exactly one supersedes the other, so they never take turns at
    replacing each other's packages.
    """
    return _rank(wanted, present) > _rank(present, wanted)


def _rank(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[int, list[str]]:
    both = sorted(one.keys() & other.keys())
    newer = [name for name in both if number(one[name]) > number(other[name])]
    return len(newer) + len(one.keys() - other.keys()), newer


def number(version: str) -> tuple[int, ...]:
    """A version's leading numbers, for comparisons; `2.10.0rc1` counts as 2.10.0."""
    found = re.match(r"\D*(\d+(?:\.\d+)*)", version)
    parts = [int(part) for part in found[1].split(".")] if found else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


@dataclass(frozen=True)
class Requirement:
    """One line of what a package needs: `requests (>=2.20.0,<3) ; extra == 'x'`."""

    name: str
    clauses: tuple[tuple[str, str], ...]
    #: It holds on all systems and without extras.
    always: bool

    @classmethod
    def parse(cls, line: str) -> "Requirement | None":
        """None for a line that is none."""
        found = _REQUIREMENT.match(line)
        if found is None:
            return None
        name, clauses, marker = found.groups()
        return cls(normalised(name), tuple(_CLAUSE.findall(clauses)), not marker)

    def allows(self, version: str) -> bool:
        """Whether that version will do. What this does not understand is allowed."""
        return all(_holds(number(version), operator, text) for operator, text in self.clauses)

    def __str__(self) -> str:
        return ", ".join(f"{operator}{version}" for operator, version in self.clauses)


def normalised(name: str) -> str:
    """A package's name as all spellings of it agree on (https://packaging.python.org/specifications/name-normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _holds(version: tuple[int, ...], operator: str, text: str) -> bool:
    limit = number(text)
    if operator == "~=":
        given = len(text.split("."))
        return version >= limit and version[: given - 1] == (limit + (0,) * given)[: given - 1]
    if text.endswith(".*"):
        same = version[: len(limit)] == limit
        return same if operator == "==" else not same
    return {
        ">=": version >= limit,
        ">": version > limit,
        "<=": version <= limit,
        "<": version < limit,
        "==": version == limit,
        "!=": version != limit,
    }.get(operator, True)


def listed(names: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
