"""Brings one object onto the disk: whole or not at all.

Thread: worker only, in several threads for a large object.

What arrives is collected in a partial file beside the target, all of it from one generation of the object, checked
against the object's size and CRC32C, forced to disk and moved over the target in one step. An object stored with gzip
encoding is checked as it is stored and written as it was before.
"""

import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tdg_core_crc32c
import tdg_core_errors
import tdg_core_parts
import tdg_disk_files
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run
Part = tdg_core_parts.Part

#: An object up to that size comes in one stream; of a larger one parts are taken by several, and remembered.
PART = 16 << 20
#: More connections than that do not make one object faster.
_MOST_STREAMS = 4
#: How often an object may be replaced while it is being downloaded.
_MOST_ROUNDS = 5
#: A server that sends less than that many bytes in that many seconds counts as silent.
_TRICKLE_BYTES = 16 << 10
_TRICKLE_S = 30.0

#: The pinned generation is gone; never leaves this module.
_REPLACED = "aborted"


def download(
    run: Run, generation: int = 0, place: Callable[[Path, Path], object] = tdg_disk_files.replace
) -> dict[str, Any]:
    """Downloads the run's object to its local path and returns `{"metadata": ...}`.

    On failure the partial file stays for the next run of the same transfer; `discard` removes it.

    Args:
        run: The order.
        generation: The only one that is wanted; 0 for whatever is there.
        place: As for `tdg_disk_files.put_in_place`; called when everything is there and checked.

    Raises:
        CloudError: Among others `not_found`, `checksum`, `disk`, `unsafe`; `precondition` when the wanted generation is
            gone.
    """
    tdg_disk_files.make_folder(run.local_path, str(run.options.get("root", "")))
    for _ in range(_MOST_ROUNDS):
        try:
            source = _Download(run, generation).download()
        except CloudError as error:
            if error.code != _REPLACED:
                raise
            discard(run.local_path, run.id)
            run.save({})
            if generation:
                raise CloudError("precondition", f"{run.remote_path} was changed in the bucket meanwhile.") from error
            continue
        tdg_disk_files.put_in_place(partial_of(run.local_path, run.id), run.local_path, run.token.sleep, place)
        run.placed(Path(run.local_path).parent)
        size = tdg_disk_files.fingerprint(run.local_path)
        return {"generation": source.generation, "crc32c": source.crc32c, "size": size.size if size else source.size}
    raise CloudError("unavailable", f"{run.remote_path} was replaced again and again while it was downloaded.")


def partial_of(local_path: str, job: str) -> Path:
    """Where a download collects its content."""
    return tdg_disk_files.partial(local_path, job)


def discard(local_path: str, job: str) -> None:
    """Removes what a download has collected."""
    tdg_disk_files.remove(partial_of(local_path, job))


class _Download:
    """One generation of an object on its way into the partial file."""

    def __init__(self, run: Run, generation: int) -> None:
        self._run = run
        self._generation = generation
        self._path = partial_of(run.local_path, run.id)
        self._lock = threading.Lock()
        self._error: CloudError | None = None
        self._plan: tdg_core_parts.Plan

    def download(self) -> tdg_core_parts.Source:
        """Fetches what is missing and checks the whole."""
        run = self._run
        source = self._resumed()
        if source is None:
            source = self._first_stream()
        else:
            self._fetch(source)
        run.token.check()
        self._check(source)
        return source

    def _resumed(self) -> tdg_core_parts.Source | None:
        """What a former run has begun, if the object is still the same and its partial file there."""
        run = self._run
        source = tdg_core_parts.Source.from_plain(run.state.get("source"))
        there = tdg_disk_files.fingerprint(self._path)
        if source is None or there is None or there.size != source.size or source.bucket != run.gateway.target:
            return None
        now = run.tries().until_done(lambda: run.gateway.stat(run.remote_path, run.token))
        if now is None or now["generation"] != source.generation or now["crc32c"] != source.crc32c:
            return None
        if self._generation not in {0, source.generation}:
            return None
        self._plan = tdg_core_parts.Plan(source.size, PART)
        with self._path.open("rb", buffering=0) as file:
            for start in run.state.get("parts", []):
                part = self._plan.resume(start)
                if part is not None:
                    extend = run.gateway.extend_crc32c
                    part.crc = tdg_disk_files.checksum(file, part.start, part.length, extend)
                    run.token.check()
        return source

    def _first_stream(self) -> tdg_core_parts.Source:
        """Opens the object, learns from the answer what it is, and takes the beginning from the same stream."""
        run, tries = self._run, self._run.tries()
        while True:
            source = None
            try:
                with run.gateway.read(run.remote_path, self._generation, 0, -1, run.token) as stream:
                    source = self._source(stream)
                    if source is not None:
                        self._take(source, stream)
                        return source
                # Left before anything else is asked: a small emulator may serve one request at a time.
                source = self._described()
                if source.encoded:
                    with run.gateway.read(run.remote_path, source.generation, 0, -1, run.token) as stream:
                        self._take(source, stream)
                else:
                    self._take(source, None)
            except CloudError as error:
                if error.code == _REPLACED or (source is not None and not source.encoded):
                    raise
                if error.code == "not_found" and self._generation:
                    raise CloudError(_REPLACED, f"{run.remote_path} was replaced.") from error
                tries.failed(error)
            else:
                return source

    def _take(self, source: tdg_core_parts.Source, stream: Any) -> None:
        if self._generation and source.generation not in {0, self._generation}:
            raise CloudError(_REPLACED, f"{self._run.remote_path} was replaced.")
        if source.encoded:
            self._decode(stream, source)
        else:
            self._begin(source)
            self._fetch(source, stream)

    def _source(self, stream: Any) -> tdg_core_parts.Source | None:
        """What the answer says of the object; None if that is not enough to go on, as with some emulators."""
        source = tdg_core_parts.Source(
            self._run.gateway.target, stream.generation, stream.size, stream.crc32c, stream.encoding == "gzip"
        )
        pinned = source.generation or 0 <= source.size <= PART
        return source if source.crc32c and (source.encoded or (pinned and source.size >= 0)) else None

    def _described(self) -> tdg_core_parts.Source:
        """What the description says of the object."""
        run = self._run
        info = run.gateway.stat(run.remote_path, run.token)
        if info is None:
            raise CloudError("not_found", f"{run.remote_path} was deleted while it was being downloaded.")
        encoded = info["content_encoding"] == "gzip"
        return tdg_core_parts.Source(run.gateway.target, info["generation"], info["size"], info["crc32c"], encoded)

    def _begin(self, source: tdg_core_parts.Source) -> None:
        tdg_disk_files.remove(self._path)
        tdg_disk_files.open_partial(self._path, source.size)
        self._plan = tdg_core_parts.Plan(source.size, PART)
        if source.size > PART:
            self._run.save({"source": source.as_plain(), "parts": []})

    # Parts in parallel -------------------------------------------------------------------------------------------

    def _fetch(self, source: tdg_core_parts.Source, stream: Any = None) -> None:
        """Takes all parts, the first ones from the stream that is open already."""
        others = min(self._run.streams, _MOST_STREAMS, self._plan.missing) - 1
        helpers = [
            threading.Thread(target=self._guarded, args=(source, None), name="tdg-part", daemon=True)
            for _ in range(others)
        ]
        for helper in helpers:
            helper.start()
        self._guarded(source, stream)
        if helpers and stream is not None:
            stream.leave()  # what is left of it the others have, and a server may serve one request at a time
        for helper in helpers:
            helper.join()
        if self._error is not None:
            raise self._error

    def _guarded(self, source: tdg_core_parts.Source, stream: Any) -> None:
        try:
            self._take_parts(source, stream)
        except CloudError as error:
            with self._lock:
                self._error = self._error or error
        except Exception as error:  # a thread's last line; the transfer fails with it
            with self._lock:
                self._error = self._error or CloudError("internal", f"{type(error).__name__} in a download: a defect.")

    def _stopped(self) -> bool:
        """Whether another thread of this download has failed."""
        return self._error is not None

    def _take_parts(self, source: tdg_core_parts.Source, stream: Any) -> None:
        tries = self._run.tries()
        while not self._stopped():
            with self._lock:
                part = self._plan.take(first=stream is not None)
            if part is None:
                return
            while part.missing:
                if self._stopped():
                    return
                at = part.start + part.done
                try:
                    if stream is not None and stream.start == at:
                        self._read(stream, part, tries)
                        continue
                    with self._run.gateway.read(
                        self._run.remote_path, source.generation, at, part.end, self._run.token
                    ) as ranged:
                        self._same(ranged, source, at)
                        self._read(ranged, part, tries)
                except CloudError as error:
                    stream = None
                    if error.code == "not_found":
                        raise CloudError(_REPLACED, f"{self._run.remote_path} was replaced.") from error
                    tries.failed(error)
            if stream is not None:
                stream.start = part.end
            self._finished(source, part)

    def _same(self, stream: Any, source: tdg_core_parts.Source, at: int) -> None:
        if stream.generation not in {0, source.generation}:
            raise CloudError(_REPLACED, f"{self._run.remote_path} was replaced.")
        if stream.start != at:
            raise CloudError("internal", f"The server did not send the part of {self._run.remote_path} asked for.")

    def _read(self, stream: Any, part: Part, tries: tdg_work_transfer.Tries) -> None:
        """Writes what the stream has of a part."""
        run = self._run
        extend = run.gateway.extend_crc32c
        trickle = _Trickle(run)
        with tdg_disk_files.writing(self._path, part.start + part.done) as write:
            while part.missing:
                run.token.check()
                if self._stopped():
                    return
                block = stream.read(min(tdg_disk_files.BLOCK, part.missing))
                if not block:
                    raise CloudError("network", f"The download of {run.remote_path} broke off; check the network.")
                write(block)
                part.crc = extend(part.crc, block)
                part.done += len(block)
                tries.progressed()
                trickle.got(len(block))
                run.progress(self._plan.done, self._plan.size)

    def _finished(self, source: tdg_core_parts.Source, part: Part) -> None:
        with self._lock:
            starts = self._plan.finish(part)
        if source.size > PART:
            self._run.save({"source": source.as_plain(), "parts": starts})

    # Encoded objects ---------------------------------------------------------------------------------------------

    def _decode(self, stream: Any, source: tdg_core_parts.Source) -> None:
        """Writes a gzip-encoded object decoded, in one go: a break means starting over."""
        run = self._run
        extend = run.gateway.extend_crc32c
        crc, done, trickle = 0, 0, _Trickle(run)
        decoder = zlib.decompressobj(wbits=31)
        tdg_disk_files.remove(self._path)
        tdg_disk_files.open_partial(self._path, 0)
        with tdg_disk_files.writing(self._path, 0) as write:
            while block := stream.read(tdg_disk_files.BLOCK):
                run.token.check()
                crc = extend(crc, block)
                done += len(block)
                trickle.got(len(block))
                run.progress(done, source.size)
                try:
                    while block:
                        write(decoder.decompress(block, tdg_disk_files.BLOCK))
                        block = decoder.unconsumed_tail
                except zlib.error:
                    raise CloudError(
                        "invalid",
                        f"{run.remote_path} is marked as gzip but is none; correct its content encoding in the bucket.",
                    ) from None
            write(decoder.flush())
        if source.size >= 0 and done != source.size:
            raise CloudError("network", f"The download of {run.remote_path} broke off; check the network.")
        self._plan = tdg_core_parts.Plan(done, max(done, 1))
        part = self._plan.take(first=True)
        if part is not None:
            part.crc, part.done = crc, done
            self._plan.finish(part)

    # Checking ----------------------------------------------------------------------------------------------------

    def _check(self, source: tdg_core_parts.Source) -> None:
        found = tdg_core_crc32c.to_text(self._plan.crc())
        if not source.crc32c or found == source.crc32c:
            return
        discard(self._run.local_path, self._run.id)
        self._run.save({})
        raise CloudError(
            "checksum",
            f"{self._run.remote_path} arrived damaged: its CRC32C is {found}, the bucket says {source.crc32c}.",
        )


class _Trickle:
    """Notices a server that sends, but next to nothing: the time-out of a socket never sees that."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._since = run.around.clock()
        self._bytes = 0

    def got(self, count: int) -> None:
        """So many bytes have come.

        Raises:
            CloudError: `deadline`.
        """
        self._bytes += count
        now = self._run.around.clock()
        if now - self._since < _TRICKLE_S:
            return
        if self._bytes < _TRICKLE_BYTES:
            raise CloudError("deadline", f"{self._run.remote_path} comes too slowly; check the network.")
        self._since, self._bytes = now, 0
