"""What a sync looks at and what it decides, as values.

Thread: any.

Paths are relative to the synced folder, names to the prefix in the bucket; both have slashes. A *digest* is the
checksum of a content with its algorithm in front, `crc32c:AAAAAA==` or `md5:...`, as the API writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tdg_core_storage_ignore

BOTH = "both"
UP = "upload"
DOWN = "download"
DIRECTIONS = (BOTH, UP, DOWN)

NEWEST = "newest"
KEEP_BOTH = "keepboth"
LOCAL = "local"
REMOTE = "remote"

# Kinds of actions, in the order in which they run; what lies in one phase runs side by side.
COPY_REMOTE = "copy_remote"
MOVE_LOCAL = "move_local"
DELETE_LOCAL = "delete_local"
UPLOAD = "upload"
DOWNLOAD = "download"
DELETE_REMOTE = "delete_remote"
PHASES = ((COPY_REMOTE, DELETE_LOCAL), (MOVE_LOCAL,), (UPLOAD, DOWNLOAD), (DELETE_REMOTE,))

#: Size of an object whose content cannot be compared, because it is stored compressed.
UNKNOWN = -1

#: Generation of an object that must not be there, and of one that an earlier action of the plan makes.
NONE = 0
AS_COPIED = -1


class LocalFile(NamedTuple):
    """A file as a look at its folder shows it."""

    size: int
    mtime_ns: int
    #: Of the content, in every algorithm in which it is known.
    digests: tuple[str, ...] = ()


class RemoteFile(NamedTuple):
    """An object as a listing shows it."""

    #: UNKNOWN where size and checksum are not those of the content.
    size: int
    generation: int
    #: Empty where none is known.
    digest: str
    #: Nanoseconds since 1970.
    updated_ns: int


class Agreed(NamedTuple):
    """What both sides held after the last sync."""

    size: int
    digest: str
    generation: int


@dataclass(frozen=True)
class LocalTree:
    """The folder on the disk."""

    files: Mapping[str, LocalFile]
    #: What is left alone, with everything below it, and why: links, folders that cannot be read.
    blocked: Mapping[str, str] = field(default_factory=dict)
    #: Whether everything was seen; otherwise nothing is deleted in the bucket.
    complete: bool = True
    #: The folder itself is not there.
    missing: bool = False


@dataclass(frozen=True)
class RemoteTree:
    """The folder in the bucket."""

    files: Mapping[str, RemoteFile]
    #: Whether the listing came to its end; otherwise nothing that it does not show is deleted or sent.
    complete: bool = True


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    direction: str = BOTH
    delete_remote: bool = False
    delete_local: bool = False
    conflict_mode: str = NEWEST
    #: Percent of the files of a side that may be deleted at once.
    max_delete: int = 50
    #: Overrides `max_delete` and the refusal to empty a side because the other one is empty.
    force: bool = False
    #: Whether a file that was in the bucket once and is not any more stays away from it until it changes.
    once: bool = False
    #: What the names in the bucket begin with.
    prefix: str = ""
    #: Whether local names follow the rules of Windows.
    windows: bool = False
    #: Whether the local file system takes `A` and `a` for one name.
    ignore_case: bool = False
    filter: tdg_core_storage_ignore.Filter = field(default_factory=tdg_core_storage_ignore.Filter)

    @property
    def acts_on_remote(self) -> bool:
        """Whether the bucket may be changed."""
        return self.direction != DOWN

    @property
    def acts_on_local(self) -> bool:
        """Whether the disk may be changed."""
        return self.direction != UP

    @property
    def mirrors(self) -> bool:
        """Whether one side becomes an image of the other, in which a copy of a conflict's loser would be an orphan."""
        return self.direction != BOTH and (self.delete_remote if self.direction == UP else self.delete_local)


class HashRequest(NamedTuple):
    """A file whose digest must be known before the plan can be made."""

    path: str
    #: `crc32c` or `md5`.
    algorithm: str


@dataclass(frozen=True, slots=True)
class Action:
    """One step. What it expects is looked at again when it runs: if it is not so any more, nothing is done."""

    kind: str
    path: str
    name: str
    #: Bytes that it moves, or that lie in what it deletes.
    size: int = 0
    #: The file that must still be there; None for none.
    local: LocalFile | None = None
    #: The object's generation that must still be there.
    generation: int = NONE
    #: Of a copy or a move: where from; a copy has the generation of the source.
    source: str = ""
    #: What it replaces or deletes goes into the trash first.
    keep: bool = False
    #: The name that a copy of this plan must have made before.
    needs: str = ""
    #: Of a copy or a move: both sides hold it under the new name afterwards.
    renames: bool = False
    #: The name that is gone from both sides afterwards.
    forgets: str = ""
    #: For the user.
    why: str = ""


class Conflict(NamedTuple):
    """Both sides have changed a file; the text says what became of it."""

    path: str
    #: `local`, `remote`, or empty where this sync leaves both alone.
    winner: str
    text: str


class Skip(NamedTuple):
    """A file that is left alone."""

    path: str
    why: str
    #: Whether it stays behind although the user asked for it.
    is_error: bool


@dataclass(frozen=True)
class Plan:
    """What will be done. While `hashes` is not empty, nothing else in it counts."""

    hashes: tuple[HashRequest, ...] = ()
    #: In the order of their phases.
    actions: tuple[Action, ...] = ()
    #: Names of what is alike on both sides without having been agreed, and of what is gone from both.
    agreements: Mapping[str, Agreed] = field(default_factory=dict)
    forgotten: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    skipped: tuple[Skip, ...] = ()
    #: Why deletions are not done, for the user.
    refusals: tuple[str, ...] = ()

    def of(self, *kinds: str) -> list[Action]:
        """The actions of these kinds."""
        return [action for action in self.actions if action.kind in kinds]

    def as_plain(self) -> dict[str, Any]:
        """For the user's `onSyncPlan`: lists of dicts with paths relative to the synced folder."""
        renamed = [action for action in self.actions if action.renames]
        # The deletion that needs a copy belongs to a rename.
        deleted = [action for action in self.of(DELETE_LOCAL, DELETE_REMOTE) if not action.needs]
        return {
            "upload": [_row(action, action.path) for action in self.of(UPLOAD)],
            "download": [_row(action, action.path) for action in self.of(DOWNLOAD)],
            "rename": [
                {
                    "side": REMOTE if action.kind == COPY_REMOTE else LOCAL,
                    "from": action.source,
                    "path": action.path,
                    "size": action.size,
                    "why": action.why,
                }
                for action in renamed
            ],
            "delete": [_row(action, deleted_entry(action)) for action in deleted],
            "conflicts": [conflict._asdict() for conflict in self.conflicts],
            "skipped": [{"path": skip.path, "why": skip.why} for skip in self.skipped],
            "refused": list(self.refusals),
            "upload_bytes": sum(max(action.size, 0) for action in self.of(UPLOAD)),
            "download_bytes": sum(max(action.size, 0) for action in self.of(DOWNLOAD)),
        }


def deleted_entry(action: Action) -> str:
    """How `onSyncComplete` names what was deleted."""
    return f"local:{action.path}" if action.kind == DELETE_LOCAL else f"remote:{action.name}"


def _row(action: Action, path: str) -> dict[str, Any]:
    return {"path": path, "size": action.size, "why": action.why}
