"""Brings one local file into the bucket: checked, repeatable, taken up again after a break.

Thread: worker only.

A small file goes in one request, a larger one through a session that the server keeps for a week. Either way the
request names the generation it replaces. So when an answer got lost, a second attempt that the server refuses can be
told from a foreign write: if the object there has our content, the first attempt had arrived.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import tdg_core_crc32c
import tdg_core_errors
import tdg_core_objects
import tdg_disk_files
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run
Info = dict[str, Any]

#: Up to here a file goes in one request, which is repeated whole; above, a break costs at most what was in flight.
SMALL = 8 << 20
#: What a session takes in one request: as few round trips as possible. Of one that breaks off the server keeps what has
#: arrived, so no longer one loses more than a shorter one.
PART = 128 << 20
#: https://cloud.google.com/storage/docs/performing-resumable-uploads: all parts but the last are multiples of this.
GRANULE = 256 << 10
#: What leaves at once: on the slowest line it must be through before the socket's time-out, and on one that takes it
#: within that many seconds there is more at once, which costs less of the processor.
_BLOCK = 64 << 10
_MOST_BLOCK = 1 << 20
_QUICK_S = 0.05
#: Below that a wrong guess (the name is new) costs less than asking first.
_GUESS = 256 << 10
#: After these a session is of no use any more; after all others it is continued.
_SESSION_ENDS = frozenset({"not_found", "precondition", "checksum", "invalid"})
#: How often a file may change under our hands, an object under another writer's, a session expire.
_MOST_ROUNDS = 5


def upload(run: Run) -> Info:
    """Uploads the run's local file and returns `{"metadata": ...}` of the new object.

    The object is replaced whatever it was, or only if it has the generation of the option `replaces` (0: if there is
    none). `progress` tells bytes of the file.

    Raises:
        CloudError: Among others `local` when the file is missing or does not stop changing; `precondition` when the
            object has another generation than `replaces`.
    """
    pinned = run.options.get("replaces")
    for _ in range(_MOST_ROUNDS):
        file, before = tdg_disk_files.open_to_read(run.local_path)
        with file:
            info = _Upload(run, file, before, pinned).upload()
        if tdg_disk_files.fingerprint(run.local_path) == before:
            run.around.remember(run.remote_path, info["generation"])
            run.progress(before.size, before.size)
            return {"metadata": info, "size": before.size}
        if pinned is not None:
            pinned = info["generation"]  # what the next round replaces is our own
    raise CloudError("local", f"{run.local_path} kept changing while it was uploaded; upload it when it is finished.")


class _Upload:
    """The upload of a file as it is now."""

    def __init__(self, run: Run, file: BinaryIO, fingerprint: tdg_disk_files.Fingerprint, pinned: int | None) -> None:
        self._run = run
        self._pinned = pinned
        self._file = file
        self._print = fingerprint
        self._tries = run.tries()
        self._crc: int | None = None
        content_type = run.options.get("content_type") or tdg_core_objects.content_type(run.remote_path)
        self._meta = tdg_core_objects.resource(content_type, run.options)
        self._public = bool(run.options.get("make_public"))
        # Checksums of the beginning up to each part, so that going back does not mean reading all of it again.
        self._crc_at = {0: 0}

    def upload(self) -> Info:
        """Sends it until the bucket has it."""
        run, size = self._run, self._print.size
        send = self._send_small if size <= SMALL else self._send_large
        # A queue left by a former run may hold an upload that had arrived: then there is nothing to do.
        guess = 0 if size <= _GUESS else None
        replaces = None if run.restored else run.around.known.get(run.remote_path, guess)
        if self._pinned is not None:
            replaces = self._pinned
        maybe_arrived = run.restored
        rounds = 0
        while True:
            try:
                if replaces is None:
                    there = run.gateway.stat(run.remote_path, run.token)
                    if there and (maybe_arrived or self._pinned is not None) and self._is_ours(there):
                        return dict(there)  # also by another hand: what is alike is no foreign change
                    replaces = there["generation"] if there else 0
                if self._pinned in {None, replaces}:
                    return send(replaces)
            except CloudError as error:
                if error.code == "precondition" and rounds < _MOST_ROUNDS:
                    rounds += 1
                    replaces = None
                    run.save({})
                    continue
                maybe_arrived |= error.todo == tdg_core_errors.RETRY
                self._tries.failed(error)
            else:
                raise CloudError("precondition", f"{run.remote_path} was changed in the bucket meanwhile.")

    def _is_ours(self, info: Info) -> bool:
        """Whether an object is what this upload makes; who may read it is not known, so a public one never is."""
        meta = self._meta
        return (
            not self._public
            and info["size"] == self._print.size
            and info["content_type"] == meta["contentType"]
            and info["metadata"] == meta.get("metadata", {})
            and info["cache_control"] == meta.get("cacheControl", "")
            and info["crc32c"] == tdg_core_crc32c.to_text(self._whole_crc())
        )

    def _whole_crc(self) -> int:
        if self._crc is None:
            self._crc = self._crc_up_to(self._print.size)
        return self._crc

    def _crc_up_to(self, end: int) -> int:
        start = max(at for at in self._crc_at if at <= end)
        extend = self._run.gateway.extend_crc32c
        crc = tdg_disk_files.checksum(self._file, start, end - start, extend, self._crc_at[start])
        self._crc_at[end] = crc
        return crc

    def _send_small(self, replaces: int) -> Info:
        run, size = self._run, self._print.size
        meta = {**self._meta, "crc32c": tdg_core_crc32c.to_text(self._whole_crc())}
        content = self._body(0, size)
        info: Info = run.gateway.insert(run.remote_path, meta, content, replaces, run.token, public=self._public)
        return self._checked(info)

    def _send_large(self, replaces: int) -> Info:
        run = self._run
        for _ in range(_MOST_ROUNDS):
            session, held = self._session(replaces)
            try:
                return self._checked(held if isinstance(held, dict) else self._send_parts(session, held))
            except CloudError as error:
                if error.code in _SESSION_ENDS:
                    run.save({})
                if error.code != "not_found":  # that says that the session has expired: start over
                    raise
        raise CloudError("unavailable", f"The server gave up the upload of {run.remote_path} again and again.")

    def _session(self, replaces: int) -> tuple[str, int | Info]:
        """The session to continue, with what it holds, or a new one."""
        run, size = self._run, self._print.size
        left = run.state
        ours = left.get("bucket") == run.gateway.target and left.get("print") == [size, self._print.mtime_ns]
        if left.get("session") and ours:
            session = str(left["session"])
            try:
                held = self._tries.until_done(lambda: run.gateway.offset(session, run.remote_path, size, run.token))
            except CloudError as error:
                if error.code != "not_found":
                    raise
            else:
                return session, held
        session = run.gateway.begin(run.remote_path, self._meta, size, replaces, run.token, public=self._public)
        run.save({"session": session, "bucket": run.gateway.target, "print": [size, self._print.mtime_ns]})
        return session, 0

    def _send_parts(self, session: str, held: int) -> Info:
        run, size = self._run, self._print.size
        while True:
            # The server keeps whole granules; one that says otherwise is asked to take the rest of it again.
            start = held - held % GRANULE
            length = min(PART, size - start)
            last = start + length == size
            self._crc_up_to(start)
            crc = tdg_core_crc32c.to_text(self._whole_crc()) if last else ""
            part = self._body(start, length)
            try:
                answer = run.gateway.send(session, run.remote_path, part, start, size, run.token, crc)
            except CloudError as error:
                self._tries.failed(error)
                answer = self._tries.until_done(lambda: run.gateway.offset(session, run.remote_path, size, run.token))
            if isinstance(answer, dict):
                return answer
            if answer > start:
                self._tries.progressed()
            held = answer

    def _body(self, start: int, length: int) -> Any:
        """A part of the file on its way, its checksum taken as it passes."""
        run, size = self._run, self._print.size

        def blocks() -> Iterator[bytes]:
            done, end, most, crc = start, start + length, _BLOCK, self._crc_at[start]
            while done < end:
                began = run.around.clock()
                for block in tdg_disk_files.blocks(self._file, done, min(most, end - done), most):
                    run.token.check()
                    crc = run.gateway.extend_crc32c(crc, block)
                    yield block
                    done += len(block)
                    run.progress(done, size)
                most = min(2 * most, _MOST_BLOCK) if run.around.clock() - began < _QUICK_S else _BLOCK
            self._crc_at[end] = crc

        return run.gateway.body(length, blocks)

    def _checked(self, info: Info) -> Info:
        """The server's checksum must be ours; an object that is damaged all the same does not stay."""
        run = self._run
        if info["size"] == self._print.size and info["crc32c"] == tdg_core_crc32c.to_text(self._whole_crc()):
            return info
        run.save({})
        with contextlib.suppress(CloudError):
            self._tries.until_done(lambda: run.gateway.delete(run.remote_path, info["generation"], run.token))
        raise CloudError("checksum", f"{run.remote_path} arrived damaged (its checksum differs) and was removed again.")
