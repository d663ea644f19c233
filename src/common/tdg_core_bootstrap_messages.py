"""What the tasks that look for and install packages tell the main thread.

Thread: any.

`run` names the search they belong to; what comes from a search that was called off is dropped.
"""

from dataclasses import dataclass
from typing import ClassVar

import tdg_core_messages

register = tdg_core_messages.register

#: Why nothing was installed when the user was asked and did not want it.
REFUSED = (
    "Google's packages are not installed, and Install was not chosen. Pulse Connect to be asked again, or install "
    "firebase-admin, google-cloud-storage and google-cloud-firestore yourself."
)


@register
@dataclass(frozen=True)
class PackagesUsable(tdg_core_messages.Message):
    """Everything can be imported."""

    kind: ClassVar[str] = "packages_usable"
    run: int


@register
@dataclass(frozen=True)
class PackagesFound(tdg_core_messages.Message):
    """There is an environment whose packages are to be put on the path, and then looked at again."""

    kind: ClassVar[str] = "packages_found"
    run: int
    #: The folder to put on the path.
    site_packages: str


@register
@dataclass(frozen=True)
class PackagesMissing(tdg_core_messages.Message):
    """Something has to be installed."""

    kind: ClassVar[str] = "packages_missing"
    run: int
    #: `missing`, `broken`, `unfinished` or `outdated`.
    why: str
    #: For people: what is missing or broken.
    reason: str
    #: Whether the user has to agree; not if the environment is one that was agreed to before.
    ask: bool


@register
@dataclass(frozen=True)
class ImportHere(tdg_core_messages.Message):
    """A worker could not import these, although they are there: the main thread has to, step by step."""

    kind: ClassVar[str] = "import_here"
    run: int
    modules: tuple[str, ...]
    #: What the worker was told.
    reason: str
    #: Whether an installation may help if the main thread fails, too, and whether the user has to agree to it.
    mendable: bool
    ask: bool


@register
@dataclass(frozen=True)
class PackagesUnusable(tdg_core_messages.Message):
    """They cannot be had; `message` says why and what to do."""

    kind: ClassVar[str] = "packages_unusable"
    run: int
    message: str
