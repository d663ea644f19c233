"""Decides what a sync does: three trees and the options in, a plan out.

Thread: any.

The third tree is what both sides held after the last sync. With it a deletion is told from a new file, and a conflict
from an update. What was never agreed is new, so the first sync adds and deletes nothing, with one exception: in one
direction an orphan option makes the other side a mirror, where whatever the source does not hold is an orphan.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import tdg_core_errors
import tdg_core_storage_paths
import tdg_core_storage_plan_data as data
import tdg_core_storage_plan_names as names

CloudError = tdg_core_errors.CloudError
Action = data.Action
Pair = names.Pair


def make_plan(
    local: data.LocalTree,
    remote: data.RemoteTree,
    agreed: Mapping[str, data.Agreed],
    options: data.Options,
    pause: Callable[[], None] = lambda: None,
) -> data.Plan:
    """The plan for one sync.

    Args:
        local: The folder on the disk.
        remote: The folder in the bucket.
        agreed: The last agreed state by name.
        options: What the user asked for.
        pause: Called now and then, so that planning for many files leaves time to other threads.

    Returns:
        The plan, or one with `hashes` only: those digests must be known (as part of `local`) before it can be made.
    """
    return _Planner(local, remote, agreed, options, pause).plan()


def same_content(one: data.RemoteFile, other: data.Agreed) -> bool:
    """Whether an object holds what was agreed; by its generation where the checksums cannot be compared."""
    if one.size == data.UNKNOWN:
        return one.generation == other.generation
    if one.size != other.size:
        return False
    if not one.size or one.digest == other.digest != "":
        return True
    return one.generation == other.generation and _algorithm(one.digest) != _algorithm(other.digest)


def _algorithm(digest: str) -> str:
    return digest.partition(":")[0]


class _Planner:
    """One plan in the making."""

    def __init__(
        self,
        local: data.LocalTree,
        remote: data.RemoteTree,
        agreed: Mapping[str, data.Agreed],
        options: data.Options,
        pause: Callable[[], None],
    ) -> None:
        self._local = local
        self._remote = remote
        self._options = options
        self._pause = pause
        self._pairs, self._skipped = names.pairs(local, remote, agreed, options, pause)
        self._keys = {pair.key: pair for pair in self._pairs}
        self._hashes: dict[data.HashRequest, None] = {}
        self._agreements: dict[str, data.Agreed] = {}
        self._forgotten: list[str] = []
        self._conflicts: list[data.Conflict] = []
        self._refusals: list[str] = []
        # Decisions by the key of their pair.
        self._uploads: dict[str, Action] = {}
        self._downloads: dict[str, Action] = {}
        self._remote_deletions: dict[str, Action] = {}
        self._local_deletions: dict[str, Action] = {}
        #: Copies and moves, for conflicts and for renames.
        self._moves: list[Action] = []
        #: Names that conflicts take in this plan.
        self._taken: set[str] = set()

    def plan(self) -> data.Plan:
        for pair in names.paused(self._pairs, self._pause):
            self._decide(pair)
        self._find_remote_renames()
        if self._hashes:
            return data.Plan(hashes=tuple(self._hashes))
        self._clear_the_way()
        self._find_local_renames()
        self._guard_deletions()
        self._clear_the_way()  # a deletion that was refused stays in the way
        actions = [
            *self._moves,
            *self._local_deletions.values(),
            *self._uploads.values(),
            *self._downloads.values(),
            *self._remote_deletions.values(),
        ]
        return data.Plan(
            actions=tuple(sorted(actions, key=_phase)),
            agreements=self._agreements,
            forgotten=tuple(self._forgotten),
            conflicts=tuple(self._conflicts),
            skipped=tuple(self._skipped),
            refusals=tuple(self._refusals),
        )

    # One pair ------------------------------------------------------------------------------------------------------

    def _decide(self, pair: Pair) -> None:
        if pair.local is not None and pair.remote is not None:
            self._on_both_sides(pair, pair.local, pair.remote)
        elif pair.remote is not None:
            self._only_in_bucket(pair, pair.remote)
        elif pair.local is not None:
            if self._remote.complete:
                self._only_on_disk(pair, pair.local)
        elif self._local.complete and self._remote.complete:
            self._forgotten.append(pair.name)

    def _only_in_bucket(self, pair: Pair, remote: data.RemoteFile) -> None:
        options, agreed = self._options, pair.agreed
        if options.delete_remote and options.acts_on_remote and self._local.complete:
            if agreed is not None and same_content(remote, agreed):
                self._delete_remote(pair, remote, keep=False, why="deleted on the disk")
                return
            if agreed is not None:
                self._conflict(pair, data.REMOTE, "deleted on the disk, changed in the bucket: the change wins")
            elif options.direction == data.UP:
                # What this computer has never held is saved before it goes.
                self._delete_remote(pair, remote, keep=True, why="not on the disk")
                return
        if options.acts_on_local:
            self._download(pair, remote, "new in the bucket" if agreed is None else "missing on the disk")

    def _only_on_disk(self, pair: Pair, local: data.LocalFile) -> None:
        options, agreed = self._options, pair.agreed
        deletes = options.delete_local and options.acts_on_local
        if agreed is not None and (deletes or options.once):
            unchanged = self._holds(pair.path, local, agreed.size, agreed.digest)
            if unchanged is None:
                return
            if unchanged:
                if deletes:
                    self._delete_local(pair, local, "deleted in the bucket")
                else:
                    self._leave(pair.path, "deleted in the bucket")
                return
            if deletes:
                self._conflict(pair, data.LOCAL, "deleted in the bucket, changed on the disk: the change wins")
        elif deletes and options.direction == data.DOWN:
            self._delete_local(pair, local, "not in the bucket")
            return
        if options.acts_on_remote:
            self._upload(pair, local, data.NONE, "new on the disk" if agreed is None else "missing in the bucket")

    def _on_both_sides(self, pair: Pair, local: data.LocalFile, remote: data.RemoteFile) -> None:
        agreed = pair.agreed
        remote_changed = agreed is None or not same_content(remote, agreed)
        size, digest = remote.size, remote.digest
        if agreed is not None and not remote_changed and not digest:
            # Without a checksum only the generation tells that the object is what was agreed.
            size, digest = agreed.size, agreed.digest
        alike = self._holds(pair.path, local, size, digest)
        if alike:
            state = data.Agreed(size, digest, remote.generation)
            if agreed != state:
                self._agreements[pair.name] = state
            return
        local_changed = agreed is None or _not(self._holds(pair.path, local, agreed.size, agreed.digest))
        if alike is None or local_changed is None:
            return
        if local_changed and remote_changed:
            self._solve(pair, local, remote)
        elif local_changed:
            if self._options.acts_on_remote:
                self._upload(pair, local, remote.generation, "changed on the disk")
            else:
                self._leave(pair.path, "changed on the disk, which a download leaves alone")
        elif self._options.acts_on_local:
            self._download(pair, remote, "changed in the bucket")
        else:
            self._leave(pair.path, "changed in the bucket, which an upload leaves alone")

    def _holds(self, path: str, file: data.LocalFile, size: int, digest: str) -> bool | None:
        """Whether a file has that content; None if it must be hashed first, which is asked for."""
        if file.size != size:
            return False
        if not size:
            return True
        if not digest:
            return False
        if digest in file.digests:
            return True
        algorithm = _algorithm(digest)
        if any(_algorithm(mine) == algorithm for mine in file.digests):
            return False
        self._hashes[data.HashRequest(path, algorithm)] = None
        return None

    # Decisions -----------------------------------------------------------------------------------------------------

    def _upload(self, pair: Pair, local: data.LocalFile, generation: int, why: str) -> None:
        try:
            tdg_core_storage_paths.check_name(self._options.prefix + pair.name)
        except CloudError as error:
            self._skipped.append(data.Skip(pair.path, error.message, True))
            return
        self._uploads[pair.key] = Action(data.UPLOAD, pair.path, pair.name, local.size, local, generation, why=why)

    def _download(self, pair: Pair, remote: data.RemoteFile, why: str) -> None:
        problem = tdg_core_storage_paths.unsafe_name(pair.path, self._options.windows)
        if problem:
            self._skipped.append(data.Skip(pair.name, f"{problem}; rename the object", True))
            return
        self._downloads[pair.key] = Action(
            data.DOWNLOAD, pair.path, pair.name, remote.size, pair.local, remote.generation, why=why
        )

    def _delete_remote(self, pair: Pair, remote: data.RemoteFile, keep: bool, why: str) -> None:
        self._remote_deletions[pair.key] = Action(
            data.DELETE_REMOTE, pair.path, pair.name, remote.size, None, remote.generation, keep=keep, why=why
        )

    def _delete_local(self, pair: Pair, local: data.LocalFile, why: str) -> None:
        self._local_deletions[pair.key] = Action(
            data.DELETE_LOCAL, pair.path, pair.name, local.size, local, keep=True, why=why
        )

    def _leave(self, path: str, why: str) -> None:
        self._skipped.append(data.Skip(path, why, False))

    def _conflict(self, pair: Pair, winner: str, text: str) -> None:
        self._conflicts.append(data.Conflict(pair.path, winner, text))

    # Conflicts -----------------------------------------------------------------------------------------------------

    def _solve(self, pair: Pair, local: data.LocalFile, remote: data.RemoteFile) -> None:
        """Both sides hold something that was never agreed."""
        options, mode = self._options, self._options.conflict_mode
        newer = data.LOCAL if local.mtime_ns >= remote.updated_ns else data.REMOTE
        winner = mode if mode in {data.LOCAL, data.REMOTE} else newer
        what = "changed on both sides" if pair.agreed is not None else "different on both sides at the first sync"
        reason = {data.LOCAL: "the disk wins", data.REMOTE: "the bucket wins"}.get(
            mode, f"the newer one, {winner}, wins"
        )
        if not (options.acts_on_remote if winner == data.LOCAL else options.acts_on_local):
            text = f"{what}: {reason}, which a sync in direction {options.direction} cannot carry over; both are left"
            self._conflict(pair, "", text)
        elif mode == data.KEEP_BOTH and not options.mirrors:
            self._keep_both(pair, local, remote, winner, f"{what}: {reason}")
        elif winner == data.LOCAL:
            self._upload(pair, local, remote.generation, what)
            self._keep_loser(self._uploads, pair, f"{what}: {reason}", winner)
        else:
            self._download(pair, remote, what)
            self._keep_loser(self._downloads, pair, f"{what}: {reason}", winner)

    def _keep_loser(self, decisions: dict[str, Action], pair: Pair, text: str, winner: str) -> None:
        if pair.key in decisions:
            decisions[pair.key] = replace(decisions[pair.key], keep=True)
            self._conflict(pair, winner, f"{text}; the other one is in the trash")

    def _keep_both(self, pair: Pair, local: data.LocalFile, remote: data.RemoteFile, winner: str, text: str) -> None:
        """The loser gets a name of its own, on both sides as far as the direction allows."""
        loser = Action("", "", "", why="the older one of a conflict")
        if winner == data.LOCAL:
            self._upload(pair, local, remote.generation, "the newer one of a conflict")
            if pair.key not in self._uploads:
                return
            path, exists = self._copy_path(pair.path, remote.updated_ns, remote)
            name = names.composed(path)
            if not exists:
                loser = replace(loser, path=path, name=name, size=remote.size)
                copy = replace(loser, kind=data.COPY_REMOTE, source=pair.name, generation=remote.generation)
                self._moves.append(copy)
                self._uploads[pair.key] = replace(self._uploads[pair.key], needs=name)
                if self._options.acts_on_local:
                    self._downloads[path] = replace(loser, kind=data.DOWNLOAD, generation=data.AS_COPIED, needs=name)
        else:
            self._download(pair, remote, "the newer one of a conflict")
            if pair.key not in self._downloads:
                return
            path, _ = self._copy_path(pair.path, local.mtime_ns, None)
            name = names.composed(path)
            loser = replace(loser, path=path, name=name, size=local.size, local=local)
            self._moves.append(replace(loser, kind=data.MOVE_LOCAL, source=pair.path))
            self._downloads[pair.key] = replace(self._downloads[pair.key], local=None, needs=name)
            if self._options.acts_on_remote:
                self._uploads[path] = replace(loser, kind=data.UPLOAD, needs=name)
        self._conflict(pair, winner, f"{text}; the other one is kept as {path}")

    def _copy_path(self, path: str, when_ns: int, loser: data.RemoteFile | None) -> tuple[str, bool]:
        """Where the loser is kept, and whether an earlier, interrupted sync has put that object there already."""

        def holds_loser(candidate: str) -> bool:
            there = self._keys.get(names.key_of(candidate, self._options.ignore_case))
            return (
                loser is not None
                and there is not None
                and there.remote is not None
                and loser.digest != ""
                and there.remote[:1] + there.remote[2:3] == loser[:1] + loser[2:3]
            )

        def taken(candidate: str) -> bool:
            key = names.key_of(candidate, self._options.ignore_case)
            return key in self._taken or (key in self._keys and not holds_loser(candidate))

        free = names.conflict_name(path, when_ns, taken)
        self._taken.add(names.key_of(free, self._options.ignore_case))
        return free, holds_loser(free)

    # Renames -------------------------------------------------------------------------------------------------------

    def _find_remote_renames(self) -> None:
        """A new file whose content was deleted here under another name is copied in the bucket, not sent again."""
        sources: dict[int, list[Action]] = {}
        for action in self._remote_deletions.values():
            if action.size and not action.keep:
                sources.setdefault(action.size, []).append(action)
        for key, upload in list(self._uploads.items()):
            if upload.generation != data.NONE or upload.local is None or upload.needs:
                continue
            for source in sources.get(upload.size, []):
                remote = self._keys[names.key_of(source.name, self._options.ignore_case)].remote
                if remote is not None and self._holds(upload.path, upload.local, remote.size, remote.digest):
                    del self._uploads[key]
                    self._rename_remote(source, upload)
                    break

    def _rename_remote(self, source: Action, upload: Action) -> None:
        why = f"renamed from {source.name}"
        copy = replace(
            upload, kind=data.COPY_REMOTE, source=source.name, generation=source.generation, renames=True, why=why
        )
        self._moves.append(copy)
        key = names.key_of(source.name, self._options.ignore_case)
        if self._remote_deletions.pop(key, None):  # the first copy takes the place of the source
            self._moves.append(replace(source, needs=upload.name, why=f"renamed to {upload.name}"))

    def _find_local_renames(self) -> None:
        """A new object whose content was deleted there under another name is moved on the disk, not fetched again."""
        sources: dict[tuple[int, str], str] = {}
        for key, action in self._local_deletions.items():
            pair = self._keys[key]
            if pair.local is not None and pair.agreed is not None and action.size:
                sources.update({(action.size, digest): key for digest in pair.local.digests})
        for key, download in list(self._downloads.items()):
            remote = self._keys[key].remote if key in self._keys else None
            if remote is None or download.local is not None or download.needs:
                continue
            source_key = sources.get((remote.size, remote.digest), "")
            if names.is_below(key, {source_key}) or names.is_below(source_key, {key}):
                continue  # a file becomes a folder or the reverse: no single move does that
            source = self._local_deletions.pop(source_key, None)
            if source is not None:
                del self._downloads[key]
                why = f"renamed from {source.path}"
                move = replace(download, kind=data.MOVE_LOCAL, source=source.path, local=source.local, why=why)
                move = replace(move, renames=True, forgets=source.name)
                self._moves.append(move)

    # Guards --------------------------------------------------------------------------------------------------------

    def _guard_deletions(self) -> None:
        """Refuses all deletions where something is wrong with a side, or when there are too many."""
        options = self._options
        if self._remote_deletions or self._local_deletions:
            self._count_deletions()
        if not self._local.complete and options.delete_remote and options.acts_on_remote:
            self._refusals.append("Nothing is deleted in the bucket: a part of the local folder could not be read.")
        if not self._remote.complete and options.delete_local and options.acts_on_local:
            self._refusals.append("Nothing is deleted on the disk: the bucket could not be listed to the end.")

    def _count_deletions(self) -> None:
        options = self._options
        sides = (
            (self._remote_deletions, "the bucket", self._count("remote"), "the disk", self._count("local")),
            (self._local_deletions, "the disk", self._count("local"), "the bucket", self._count("remote")),
        )
        for deletions, side, total, other, held in sides:
            share = 100 * len(deletions) / max(total, 1)
            if not deletions:
                continue
            if side == "the bucket" and self._local.missing:
                self._refuse(deletions, side, "the local folder is missing")
            elif options.force:
                continue
            elif not held:
                self._refuse(deletions, side, f"there is no file at all on the other side ({other})")
            elif share > options.max_delete:
                text = f"that is {share:.0f} % of its {total} files, and Max Delete allows {options.max_delete} %"
                self._refuse(deletions, side, text)
        if self._refusals:
            self._remote_deletions.clear()
            self._local_deletions.clear()

    def _refuse(self, deletions: Mapping[str, Action], side: str, why: str) -> None:
        self._refusals.append(
            f"Nothing is deleted: {len(deletions)} files would go from {side}, but {why}. If that is wanted, call "
            "SyncFolder with force=True."
        )

    def _count(self, side: str) -> int:
        return sum(getattr(pair, side) is not None for pair in self._pairs)

    def _clear_the_way(self) -> None:
        """Drops what would need one name for a file and for a folder: what is on the disk stays, then folders win."""
        moves = {names.key_of(move.path, self._options.ignore_case): move for move in self._moves if _places(move)}
        coming = {key for key, action in self._downloads.items() if action.local is None} | moves.keys()
        if not coming:
            return
        leaving = self._local_deletions.keys() | {
            names.key_of(move.source, self._options.ignore_case) for move in moves.values()
        }
        files = {pair.key for pair in self._pairs if pair.local is not None} - leaving
        folders = {folder for key in files for folder in names.folders_of(key)}
        folders |= {folder for key in coming for folder in names.folders_of(key) if folder in coming}
        for key in sorted(coming):
            file = next((folder for folder in names.folders_of(key) if folder in files), None)
            if key not in folders and file is None:
                continue
            action = self._downloads.pop(key, None) or moves[key]
            if action in self._moves:
                self._moves.remove(action)
            why = f"{file} is a file" if file else "there is a folder of that name"
            self._skipped.append(data.Skip(action.name, f"{why} on the disk; rename one of them", True))


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _places(action: Action) -> bool:
    """Whether a move puts a file where none was before the sync."""
    return action.kind == data.MOVE_LOCAL


_PHASE = {kind: number for number, phase in enumerate(data.PHASES) for kind in phase}


def _phase(action: Action) -> int:
    return _PHASE[action.kind]
