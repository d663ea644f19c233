"""Looks at both sides of a sync and makes the plan: walks, lists, hashes what the planner asks for.

Thread: worker only.
"""

import base64
import datetime
import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tdg_core_crc32c
import tdg_core_errors
import tdg_core_storage_ignore
import tdg_core_storage_paths
import tdg_core_storage_plan
import tdg_core_storage_plan_data as data
import tdg_core_storage_plan_names
import tdg_disk_files
import tdg_disk_sync_tree
import tdg_work_download
import tdg_work_storage_sync_store
import tdg_work_streams
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run
Stamp = tdg_disk_sync_tree.Stamp

#: How long each pause of a long computation is, in seconds: long enough for a waiting thread to get the interpreter.
_PAUSE_S = 0.0005

#: A file that was written to less than this before it was read may be written again without its time changing: times
#: of FAT are that coarse. What was read of it is not remembered.
RACY_NS = 2 * 10**9

#: Partial files of syncs that never went on are removed after that many nanoseconds.
_STALE_NS = 8 * 24 * 3600 * 10**9

#: More than that many rounds of planning and hashing mean a defect.
_MOST_ROUNDS = 6

#: Files are hashed by as many threads at most: disks are slower than that.
_HASHERS = 4

#: So many objects are asked for one by one; for more the prefix is listed, if that takes fewer requests.
_FEW = 10
_PAGE = 1000

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Preparation:
    """What a sync knows before it changes anything.

    Args:
        run: The order.
        only: The paths that are meant, if not all; what else there is does not count.
    """

    def __init__(self, run: Run, only: Sequence[str] = ()) -> None:
        self.run = run
        self.root = run.local_path
        self.prefix = run.remote_path
        server = run.settings.emulator_host or "storage.googleapis.com"
        self.folders = tdg_work_storage_sync_store.Folders(
            f"{server}/{run.gateway.target}", self.prefix, os.path.normcase(self.root)
        )
        self.options = _options(run)
        self.remote: dict[str, data.RemoteFile] = {}
        #: What has come to be known of local files, to be saved with the rest.
        self.hashes: dict[str, tuple[Stamp, tuple[str, ...]] | None] = {}
        self._only = only
        self._few = _FEW
        self._look = tdg_disk_sync_tree.Look()
        self._files: dict[str, data.LocalFile] = {}

    def plan(self) -> data.Plan:
        """Looks at both sides and decides.

        Raises:
            CloudError: When a side cannot be looked at to the end.
        """
        if self._only:
            memory = self._load()
            look, self.remote = tdg_work_streams.both(self._see_local, self._see_remote)
        else:
            (memory, look), self.remote = tdg_work_streams.both(
                lambda: (self._load(), self._see_local()), self._see_remote
            )
        self._look = look
        self._check_root(memory)
        for path, stamp in self._look.files.items():
            known = memory.hashes.pop(path, None)
            digests = known[1] if known is not None and known[0] == stamp else ()
            self._files[path] = data.LocalFile(stamp.size, stamp.mtime_ns, digests)
        if not self._only:  # what is left in the memory is gone
            self.hashes.update(dict.fromkeys(memory.hashes))
        return self._settled(memory)

    def _load(self) -> tdg_work_storage_sync_store.Memory:
        memory: tdg_work_storage_sync_store.Memory = self.run.ask_store(
            lambda store: tdg_work_storage_sync_store.load(store, self.folders)
        )
        if self._only:
            self._few = _FEW + len(memory.agreed) // _PAGE
            names = {tdg_core_storage_plan_names.composed(path) for path in self._only}
            memory.agreed = {name: state for name, state in memory.agreed.items() if name in names}
        return memory

    def tidy(self) -> None:
        """Removes partial files that nobody will go on with."""
        halves = self.run.state.get("files", {}).values()
        needed = {tdg_work_download.partial_of(each["path"], each["id"]) for each in halves}
        stale_ns = time.time_ns() - _STALE_NS
        for path, mtime_ns in self._look.partials.items():
            partial = Path(self.root, path)
            own = tdg_disk_files.is_partial_of(partial.name, self.run.id)
            if (own and partial not in needed) or mtime_ns < stale_ns:
                tdg_disk_files.remove(partial)

    def _settled(self, memory: tdg_work_storage_sync_store.Memory) -> data.Plan:
        """The plan, with everything hashed that it asks for."""
        remote = data.RemoteTree(self.remote)
        for _ in range(_MOST_ROUNDS):
            look = self._look
            local = data.LocalTree(self._files, look.blocked, look.complete, look.missing)
            plan = tdg_core_storage_plan.make_plan(local, remote, memory.agreed, self.options, self._pause)
            if not plan.hashes:
                return plan
            tdg_work_streams.side_by_side(self._hash, plan.hashes, _HASHERS)
        raise CloudError("internal", "The sync does not come to a plan: a defect; please report this line.")

    def _see_local(self) -> tdg_disk_sync_tree.Look:
        if not self._only:
            return tdg_disk_sync_tree.look(self.root, self.options.filter, self._pause)
        paths = tdg_core_storage_plan_names.paused(self._only, self._pause)
        stamps = {path: tdg_disk_sync_tree.stamp(f"{self.root}/{path}") for path in paths}
        return tdg_disk_sync_tree.Look({path: stamp for path, stamp in stamps.items() if stamp is not None})

    def _see_remote(self) -> dict[str, data.RemoteFile]:
        if 0 < len(self._only) <= self._few:
            return self._see_few()
        run, tries, objects, page = self.run, self.run.tries(), {}, ""
        while True:
            wanted = page
            got = tries.until_done(lambda: run.gateway.scan(self.prefix, wanted, run.token))  # noqa: B023
            for info in got.files:
                objects[info["name"][len(self.prefix) :]] = remote_file(info)
            page = got.next
            if not page:
                return objects
            self._pause()

    def _see_few(self) -> dict[str, data.RemoteFile]:
        """Asking for single objects is cheaper than listing all."""
        run, tries, objects = self.run, self.run.tries(), {}
        for path in self._only:
            name = tdg_core_storage_plan_names.composed(path)
            info = tries.until_done(lambda: run.gateway.stat(self.prefix + name, run.token))  # noqa: B023
            if info is not None:
                objects[name] = remote_file(info)
        return objects

    def _check_root(self, memory: tdg_work_storage_sync_store.Memory) -> None:
        """A folder that should be there and is not: most likely its drive."""
        if not self._look.missing:
            return
        if self.options.direction == data.UP:
            raise CloudError("local", f"The folder {self.root} does not exist; make it or correct Local Path.")
        if memory.agreed and not self.options.force:
            raise CloudError(
                "local",
                f"The folder {self.root} is missing, and it held {len(memory.agreed)} files after the last sync; "
                "connect its drive. To download all of them again, make the folder or call SyncFolder with force=True.",
            )

    def _hash(self, request: data.HashRequest) -> None:
        try:
            stamp, digest, lasting = take_digest(self.run, f"{self.root}/{request.path}", request.algorithm)
        except CloudError as error:
            if error.code == "cancelled":
                raise
            self._look.blocked[request.path] = error.message
            return
        former = self._files[request.path]
        same = (former.size, former.mtime_ns) == stamp[:2]
        digests = (*(former.digests if same else ()), digest)
        self._files[request.path] = data.LocalFile(stamp.size, stamp.mtime_ns, digests)
        if lasting:
            self.hashes[request.path] = stamp, digests

    def _pause(self) -> None:
        self.run.token.check()
        time.sleep(_PAUSE_S)


def take_digest(run: Run, path: str, algorithm: str) -> tuple[Stamp, str, bool]:
    """What a file is, its digest, and whether that may be remembered for as long as it is that.

    Raises:
        CloudError: `local` when it cannot be read or changes meanwhile; `cancelled`.
    """
    began_ns = time.time_ns()
    before = tdg_disk_sync_tree.stamp(path)
    file, found = tdg_disk_files.open_to_read(path)
    with file:
        digest = _digest(run, tdg_disk_files.blocks(file, 0, found.size), algorithm)
    if before is None or before[:2] != (found.size, found.mtime_ns) or tdg_disk_sync_tree.stamp(path) != before:
        raise CloudError("local", f"{path} is being written; the next sync takes it.")
    return before, digest, before.mtime_ns + RACY_NS < began_ns


def remote_file(info: dict[str, Any]) -> data.RemoteFile:
    """An object of a listing as the planner takes it."""
    if info["content_encoding"] == "gzip":  # it is written to the disk decompressed
        size, digest = data.UNKNOWN, ""
    else:
        size = info["size"]
        digest = f"crc32c:{info['crc32c']}" if info["crc32c"] else f"md5:{info['md5_hash']}" if info["md5_hash"] else ""
    updated = datetime.datetime.fromisoformat(info["updated"]) if info["updated"] else _EPOCH
    microseconds = (updated - _EPOCH) // datetime.timedelta(microseconds=1)
    return data.RemoteFile(size, info["generation"], digest, microseconds * 1000)


def chosen(
    root: str, cache_folder: str, include: Sequence[str], exclude: Sequence[str], ignore_case: bool | None = None
) -> tdg_core_storage_ignore.Filter:
    """What takes part; never the cache folder, whose files are ours and change all the time."""
    if ignore_case is None:
        ignore_case = tdg_disk_sync_tree.ignores_case(root)
    excluded = list(exclude)
    if cache_folder and tdg_core_storage_paths.is_below(cache_folder, root, os.name == "nt"):
        inner = os.path.relpath(cache_folder, root).replace(os.sep, "/")
        excluded.append(tdg_core_storage_ignore.literal(inner))
    return tdg_core_storage_ignore.Filter(include, excluded, ignore_case)


def _options(run: Run) -> data.Options:
    """What was asked for, and what the local file system is."""
    wanted = run.options
    ignore_case = tdg_disk_sync_tree.ignores_case(run.local_path)
    include, exclude = wanted.get("include", ()), wanted.get("exclude", ())
    return data.Options(
        direction=wanted["direction"],
        delete_remote=bool(wanted.get("delete_remote")),
        delete_local=bool(wanted.get("delete_local")),
        conflict_mode=str(wanted.get("conflict_mode", data.NEWEST)),
        max_delete=int(wanted.get("max_delete", 50)),
        force=bool(wanted.get("force")),
        once=bool(wanted.get("once")),
        prefix=run.remote_path,
        windows=os.name == "nt",
        ignore_case=ignore_case,
        filter=chosen(run.local_path, run.settings.cache_folder, include, exclude, ignore_case),
    )


def _digest(run: Run, blocks: Iterable[bytes], algorithm: str) -> str:
    if algorithm == "md5":
        md5 = hashlib.md5(usedforsecurity=False)
        for block in blocks:
            run.token.check()
            md5.update(block)
        return f"md5:{base64.b64encode(md5.digest()).decode()}"
    crc = 0
    for block in blocks:
        run.token.check()
        crc = run.gateway.extend_crc32c(crc, block)
    return f"crc32c:{tdg_core_crc32c.to_text(crc)}"
