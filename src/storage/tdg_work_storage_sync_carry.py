"""Carries out the plan of a sync: in parallel, each step checked again before it changes anything.

Thread: worker only, in several threads.

A step expects what the plan saw: this file with this size and time, this object with this generation. What has changed
since then is left for the next sync. After each step the agreed state is told to the store, a few steps at a time; a
step whose telling is cut off is found done by the next sync, because both sides are alike.
"""

import os
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_storage_plan_data as data
import tdg_disk_files
import tdg_disk_sync_trash
import tdg_disk_sync_tree
import tdg_work_download
import tdg_work_storage_sync_look
import tdg_work_storage_sync_store
import tdg_work_streams
import tdg_work_transfer
import tdg_work_upload

CloudError = tdg_core_errors.CloudError
Action = data.Action
Run = tdg_work_transfer.Run

#: The agreed state is stored after so many steps or seconds, whichever comes first.
_STORE_STEPS = 100
_STORE_S = 0.1


#: Which list of the report a step is in whose answer may get lost.
_ANSWERED = {data.UPLOAD: "uploaded", data.DELETE_REMOTE: "deleted"}


@dataclass
class Report:
    """What a sync has done, for `onSyncComplete`; paths are relative to the synced folder."""

    uploaded: list[str] = field(default_factory=list)
    downloaded: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    #: What became of files that both sides had changed.
    conflicts: list[dict[str, str]] = field(default_factory=list)
    #: What may have happened although no answer came: by name, the list above and the entry.
    begun: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: What failed and what had to be left alone.
    errors: list[dict[str, str]] = field(default_factory=list)
    #: How many files were not synced although they should have been.
    failures: int = 0
    refusals: list[str] = field(default_factory=list)
    #: Bytes that there were to move.
    size: int = 0
    #: Why the last file that failed did.
    last: CloudError | None = None
    #: The description of each new object, by path.
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Report":
        """What an earlier run of the same sync has done; its errors do not count any more."""
        report = cls()
        for name in ("uploaded", "downloaded", "deleted", "conflicts"):
            getattr(report, name).extend(plain.get(name, ()))
        report.begun = {name: (where, entry) for name, where, entry in plain.get("begun", ())}
        return report

    def as_state(self) -> dict[str, Any]:
        """For the next run of the same sync."""
        return {**self.as_plain(), "begun": [(name, *begun) for name, begun in self.begun.items()]}

    def as_plain(self) -> dict[str, Any]:
        """For the user; every conflict is among the errors, too."""
        return {
            "uploaded": self.uploaded,
            "downloaded": self.downloaded,
            "deleted": self.deleted,
            "conflicts": self.conflicts,
            "errors": self.conflicts + self.errors,
        }

    def add_plan(self, plan: data.Plan) -> None:
        """What the plan itself has to tell."""
        for name, (where, entry) in self.begun.items():
            if name in plan.agreements or name in plan.forgotten:  # it had happened
                getattr(self, where).append(entry)
        self.begun.clear()
        self.refusals = list(plan.refusals)
        self.errors += [{"path": "", "error": text} for text in plan.refusals]
        conflicts = [_entry(conflict.path, f"conflict: {conflict.text}") for conflict in plan.conflicts]
        self.conflicts += [conflict for conflict in conflicts if conflict not in self.conflicts]
        self.errors += [_entry(skip.path, f"left alone: {skip.why}") for skip in plan.skipped if skip.is_error]
        self.size = sum(max(action.size, 0) for action in plan.of(data.UPLOAD, data.DOWNLOAD))

    def failed(self, path: str, error: CloudError) -> None:
        """A file could not be synced."""
        self.failures += 1
        self.last = error
        self.errors.append(_entry(path, error.message))

    def problem(self) -> str:
        """Why the sync does not count as a success; empty if it does."""
        problems = list(self.refusals)
        if self.failures:
            last = self.errors[-1]
            problems.append(f"Not synced: {self.failures}, the last one {last['path']}: {last['error']}")
        return " ".join(problems)


def _entry(path: str, text: str) -> dict[str, str]:
    # A name that is no text (a stray byte on Linux) must not stop the report.
    return {"path": path.encode("utf-8", "replace").decode(), "error": text.encode("utf-8", "replace").decode()}


class Carrier:
    """One plan being carried out.

    Args:
        prepared: What the plan was made from.
        plan: What to do.
        report: Gets what was done.
    """

    def __init__(self, prepared: tdg_work_storage_sync_look.Preparation, plan: data.Plan, report: Report) -> None:
        self._run = prepared.run
        self._root = prepared.root
        self._prefix = prepared.prefix
        self._folders = prepared.folders
        self._remote = prepared.remote
        self._plan = plan
        self._plan_is_small = len(plan.actions) == 1
        self._report = report
        self._trash = tdg_disk_sync_trash.Trash(self._run.settings.cache_folder, self._run.id)
        self._lock = threading.Lock()
        #: Generation of what copies have made, by name; 0 for moves.
        self._made: dict[str, int] = {}
        #: Bytes moved, by action and together.
        self._moved: dict[str, int] = {}
        self._moved_all = 0
        #: What half done downloads and uploads need to go on, by action.
        self._halves: dict[str, dict[str, Any]] = dict(self._run.state.get("files", {}))
        self._changes = tdg_work_storage_sync_store.Changes(
            {**plan.agreements, **dict.fromkeys(plan.forgotten)}, dict(prepared.hashes)
        )
        self._stored_at = time.monotonic()
        self._succeeded_at = float("-inf")
        self._handlers: dict[str, Callable[[Action], None]] = {
            data.COPY_REMOTE: self._copy_remote,
            data.MOVE_LOCAL: self._move_local,
            data.DELETE_LOCAL: self._delete_local,
            data.UPLOAD: self._upload,
            data.DOWNLOAD: self._download,
            data.DELETE_REMOTE: self._delete_remote,
        }

    def carry_out(self) -> None:
        """Does it all; what goes wrong with single files is in the report.

        Raises:
            CloudError: What ends the whole: cancelled, no connection, disk full, something that a person must change.
        """
        streams = self._run.settings.max_concurrent
        try:
            for kinds in data.PHASES:
                # The largest first: none of them is left for one stream at the end.
                actions = sorted(self._plan.of(*kinds), key=lambda action: -action.size)
                tdg_work_streams.side_by_side(self._step, actions, streams)
        finally:
            self._store()

    # One step ------------------------------------------------------------------------------------------------------

    def _step(self, action: Action) -> None:
        self._run.token.check()
        if action.needs and action.needs not in self._made:
            return  # what failed before it is reported
        began = self._run.around.clock()
        where = _ANSWERED.get(action.kind)
        if where is not None:
            entry = data.deleted_entry(action) if where == "deleted" else action.path
            self._report.begun[action.name] = where, entry
        try:
            self._handlers[action.kind](action)
        except CloudError as error:
            self._failed(action, error, began)
            return
        self._report.begun.pop(action.name, None)
        self._succeeded_at = self._run.around.clock()
        if action.kind in {data.UPLOAD, data.DOWNLOAD}:
            self._count(_key(action), max(action.size, 0))
        if len(self._changes) >= _STORE_STEPS or time.monotonic() - self._stored_at >= _STORE_S:
            self._store()

    def _failed(self, action: Action, error: CloudError, began: float) -> None:
        """Goes on with the other files, unless they would fail as well."""
        self._run.token.check()
        unreachable = error.code in tdg_core_errors.CONNECTION_CODES and self._succeeded_at < began
        if unreachable or error.todo == tdg_core_errors.STOP or error.code == "disk" or self._run.gateway.closed:
            raise error
        self._report.begun.pop(action.name, None)
        self._keep_half(_key(action), {})
        with self._lock:
            self._report.failed(action.path, error)

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _expect(self, path: str, local: data.LocalFile | None) -> None:
        """The file must be what the plan saw.

        Raises:
            CloudError: `local`.
        """
        full = self._full(path)
        if local is None:
            if not os.path.lexists(full):
                return
            tdg_disk_sync_tree.remove_empty_folders(Path(full), self._root)
            if not os.path.lexists(full):
                return
            raise CloudError("local", f"{full} has appeared meanwhile; the next sync looks at it.")
        found = tdg_disk_sync_tree.stamp(full)
        if found is None or found[:2] != local[:2]:
            raise CloudError("local", f"{full} has changed meanwhile; the next sync takes it.")

    # Steps ---------------------------------------------------------------------------------------------------------

    def _upload(self, action: Action) -> None:
        self._expect(action.path, action.local)
        if action.keep:
            self._keep_object(action)
        options = {"replaces": action.generation, "make_public": bool(self._run.options.get("make_public"))}
        run = self._part(action, self._full(action.path), options)
        began_ns = time.time_ns()
        before = tdg_disk_sync_tree.stamp(run.local_path)
        info = tdg_work_upload.upload(run)["metadata"]
        agreed = data.Agreed(info["size"], f"crc32c:{info['crc32c']}", info["generation"])
        lasting = before is not None and before.mtime_ns + tdg_work_storage_sync_look.RACY_NS < began_ns
        with self._lock:
            self._report.uploaded.append(action.path)
            if self._plan_is_small:
                self._report.objects[action.path] = info
            self._changes.agreed[action.name] = agreed
            if before is not None and lasting and before == tdg_disk_sync_tree.stamp(run.local_path):
                self._changes.hashes[action.path] = before, (agreed.digest,)

    def _download(self, action: Action) -> None:
        generation = self._made[action.needs] if action.generation == data.AS_COPIED else action.generation
        target = self._full(action.path)
        self._expect(action.path, action.local)
        run = self._part(action, target, {"root": self._root})

        def place(partial: Path, path: Path) -> None:
            self._expect(action.path, action.local)
            if action.local is None:
                tdg_disk_sync_tree.rename_to_free(partial, path)
                return
            if action.keep:
                self._trash.keep(path, action.path)
            tdg_disk_files.replace(partial, path)

        result = self._fetch(run, generation, _key(action), place)
        digest = f"crc32c:{result['crc32c']}"
        if action.size == data.UNKNOWN:  # stored compressed: the checksum is not that of the file
            _, digest, _ = tdg_work_storage_sync_look.take_digest(run, target, "crc32c")
        with self._lock:
            self._report.downloaded.append(action.path)
            self._changes.agreed[action.name] = data.Agreed(result["size"], digest, generation)

    def _copy_remote(self, action: Action) -> None:
        run, source, name = self._run, self._remote[action.source], self._prefix + action.name
        tries, maybe_done = run.tries(), False
        while True:
            try:
                info = run.gateway.copy(self._prefix + action.source, action.generation, name, data.NONE, run.token)
                break
            except CloudError as error:
                if maybe_done and error.code == "precondition":  # an answer may have been lost
                    info = tries.until_done(lambda: run.gateway.stat(name, run.token))
                    found = None if info is None else tdg_work_storage_sync_look.remote_file(info)
                    if found is not None and (found.size, found.digest) == (source.size, source.digest):
                        break
                maybe_done |= error.todo == tdg_core_errors.RETRY
                tries.failed(error)
        run.around.remember(name, info["generation"])
        with self._lock:
            self._made[action.name] = info["generation"]
            if action.renames:
                self._report.uploaded.append(action.path)
                self._changes.agreed[action.name] = data.Agreed(source.size, source.digest, info["generation"])

    def _move_local(self, action: Action) -> None:
        self._expect(action.source, action.local)
        source = Path(self._full(action.source))
        tdg_disk_sync_tree.move(source, Path(self._full(action.path)), self._root)
        tdg_disk_sync_tree.remove_empty_folders(source.parent, self._root)
        with self._lock:
            self._made[action.name] = data.NONE
            if action.renames:
                remote = self._remote[action.name]
                self._report.downloaded.append(action.path)
                self._report.deleted.append(f"local:{action.source}")
                self._changes.agreed[action.name] = data.Agreed(remote.size, remote.digest, remote.generation)
                self._changes.agreed[action.forgets] = None

    def _delete_local(self, action: Action) -> None:
        self._expect(action.path, action.local)
        path = Path(self._full(action.path))
        self._trash.take(path, action.path)
        tdg_disk_sync_tree.remove_empty_folders(path.parent, self._root)
        self._deleted(action)

    def _delete_remote(self, action: Action) -> None:
        if action.keep:
            self._keep_object(action)
        run, name = self._run, self._prefix + action.name
        tries, maybe_gone = run.tries(), False
        while True:
            try:
                run.gateway.delete(name, action.generation, run.token)
                break
            except CloudError as error:
                if error.code == "not_found":
                    break
                if error.code == "precondition":
                    text = f"{action.name} was changed in the bucket meanwhile and is not deleted."
                    raise CloudError("precondition", text) from error
                maybe_gone |= error.todo == tdg_core_errors.RETRY
                tries.failed(error)
        run.around.remember(name, data.NONE)
        self._deleted(action)

    def _deleted(self, action: Action) -> None:
        with self._lock:
            self._report.deleted.append(data.deleted_entry(action))
            self._changes.agreed[action.name] = None

    def _keep_object(self, action: Action) -> None:
        """What the bucket holds goes into the trash before it is replaced or deleted."""
        run = self._part(action, str(self._trash.place(action.name)), {}, "kept")
        self._fetch(run, action.generation, "", tdg_disk_files.replace)

    def _fetch(self, run: Run, generation: int, key: str, place: Callable[[Path, Path], object]) -> dict[str, Any]:
        """Downloads; of one that fails only what the next run of this sync can go on with stays."""
        try:
            return tdg_work_download.download(run, generation, place)
        except CloudError as error:
            if key not in self._halves or (error.todo != tdg_core_errors.RETRY and error.code != "cancelled"):
                tdg_work_download.discard(run.local_path, run.id)
            raise

    # Parts of the run ----------------------------------------------------------------------------------------------

    def _part(self, action: Action, local_path: str, options: dict[str, Any], suffix: str = "") -> Run:
        """A run of its own for one file; it goes on where an earlier one was cut off."""
        whole, key = self._run, _key(action)
        part_id = f"{whole.id}-{zlib.crc32(key.encode('utf-8', 'replace')):08x}{suffix}"
        half = {} if suffix else self._halves.get(key, {})

        def keep(state: dict[str, Any]) -> None:
            if not suffix:
                self._keep_half(key, {"path": local_path, "id": part_id, "state": state} if state else {})

        return Run(
            id=part_id,
            remote_path=self._prefix + action.name,
            local_path=local_path,
            options=options,
            gateway=whole.gateway,
            settings=whole.settings,
            state=half.get("state", {}) if half.get("path") == local_path else {},
            restored=False,
            streams=whole.settings.max_concurrent if self._plan_is_small else 1,
            tell=lambda done, _total, _speed: self._count(key, done),
            keep=keep,
            emit=whole.emit,
            placed=whole.placed,
            around=whole.around,
            token=whole.token,
        )

    def _keep_half(self, key: str, half: dict[str, Any]) -> None:
        with self._lock:
            if half:
                self._halves[key] = half
            else:
                former = self._halves.pop(key, None)
                if former is None:
                    return
                tdg_work_download.discard(former["path"], former["id"])
            state = {**self._run.state, "files": dict(self._halves)}
        self._run.save(state)

    def _count(self, key: str, done: int) -> None:
        with self._lock:
            self._moved_all += done - self._moved.get(key, 0)
            self._moved[key] = done
            total = self._moved_all
        self._run.progress(min(total, self._report.size), self._report.size)

    def _store(self) -> None:
        """Tells the store what has come to be agreed."""
        with self._lock:
            changes, self._changes = self._changes, tdg_work_storage_sync_store.Changes()
            self._stored_at = time.monotonic()
        if changes:
            self._run.ask_store(lambda store: tdg_work_storage_sync_store.save(store, self._folders, changes))


def _key(action: Action) -> str:
    return f"{action.kind}:{action.name}"
