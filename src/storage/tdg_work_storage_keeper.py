"""What the storage engine writes down, in as few commits as possible, and when it reaches the disk.

Thread: worker only.

A commit reaches the operating system at once, so a killed process loses nothing; a helper thread forces it to the disk
within `FORCE_INTERVAL_S`, which is all that a power cut can take. The engine's thread never waits for a disk: while it
did, no transfer could begin. The journal forgets an accepted request only when it has been forced here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_messages
import tdg_core_storage_messages
import tdg_disk_files
import tdg_disk_sqlite
import tdg_work_loop
import tdg_work_storage_store

Accepted = tdg_core_messages.Accepted
CloudError = tdg_core_errors.CloudError

#: Seconds between a commit and the thread that forces it to the disk.
FORCE_INTERVAL_S = 0.1

#: Seconds until a disk that did not take what was written is asked again.
_FORCE_AGAIN_S = 1.0


class Keeper:
    """The engine's store, what waits to be written into it, and what waits to be forced.

    Every method runs on the loop's thread, except `placed`.

    Args:
        loop: The engine's loop.
        path: The SQLite file; None for memory.
    """

    def __init__(self, loop: tdg_work_loop.Loop, path: Path | None) -> None:
        self._loop = loop
        self._path = path
        # Where the file cannot be used, the journal keeps each transfer until it has ended: its entry, by id.
        self._in_journal: dict[str, int] | None = None
        try:
            self.store = tdg_work_storage_store.StorageStore(path, loop.notice)
        except CloudError as error:
            loop.notice("ERROR", f"{error.message} Until then a restart begins every waiting transfer anew.")
            self._path = None
            self._in_journal = {}
            self.store = tdg_work_storage_store.StorageStore(None, loop.notice)
        self._states: dict[str, dict[str, Any]] = {}
        self._ended: list[str] = []
        self._unforced: list[int] = []
        self._folders: set[Path] = set()
        self._force_planned = False

    def keep(self, key: str, state: dict[str, Any]) -> None:
        """What a transfer has left half done; written with the next commit."""
        self._states[key] = state

    def remove(self, key: str) -> None:
        """A transfer has ended; written with the next commit."""
        self._ended.append(key)

    def placed(self, folder: Path) -> None:
        """A file was put in place in that folder; forced with the next commit. Any thread."""
        self._loop.call(lambda: self._folders.add(folder))

    def commit(self, entries: list[Accepted], take: Callable[[Accepted], None]) -> None:
        """Writes everything that has happened since the last time, in one transaction.

        Args:
            entries: Accepted requests; `take` is called for each that is new.

        Raises:
            CloudError: `disk`; nothing is written then, and what waits goes on waiting.
        """
        if not (entries or self._states or self._ended):
            return
        with self.store.transaction():
            for entry in entries:
                if self.store.is_new(entry):
                    if entry.message.get("kind") == tdg_core_storage_messages.Transfer.kind:
                        self.store.insert(entry.message)
                    take(entry)
            ended = len(self._ended)
            if self._states:
                self.store.keep(self._states)
            if ended:
                self.store.remove(self._ended[:ended])
        self._states.clear()
        self._unforced += [entry.entry for entry in entries if entry.entry and not self._left_in_journal(entry)]
        if self._in_journal:
            self._unforced += [self._in_journal.pop(key) for key in self._ended[:ended] if key in self._in_journal]
        del self._ended[:ended]
        self.written()

    def _left_in_journal(self, entry: Accepted) -> bool:
        if self._in_journal is None or entry.message.get("kind") != tdg_core_storage_messages.Transfer.kind:
            return False
        self._in_journal[str(entry.message["id"])] = entry.entry
        return True

    def written(self) -> None:
        """Something was committed: it is forced soon."""
        if self._path is None:
            self._forced(self._take_unforced())
        elif not self._force_planned:
            self._force_planned = True
            self._loop.call_later(FORCE_INTERVAL_S, self._force)

    def close(self) -> None:
        """Forces what is left and closes the file; no helper thread is left."""
        if self._path is not None:
            _force(self._path, list(self._folders))
        self.store.close()

    def _force(self) -> None:
        self._force_planned = False
        if self._path is None:
            return
        folders, self._folders = list(self._folders), set()
        numbers = self._take_unforced()
        self._loop.spawn("force", _force, self._path, folders, then=lambda done, _: self._force_ended(numbers, done))

    def _force_ended(self, numbers: tuple[int, ...], done: bool | None) -> None:
        if done:
            self._forced(numbers)
            return
        # A power cut would take them: the journal keeps them until the disk has them.
        self._unforced[:0] = numbers
        if self._unforced and not self._force_planned:
            self._force_planned = True
            self._loop.call_later(_FORCE_AGAIN_S, self._force)

    def _take_unforced(self) -> tuple[int, ...]:
        numbers, self._unforced = tuple(self._unforced), []
        return numbers

    def _forced(self, numbers: tuple[int, ...]) -> None:
        if numbers:
            self._loop.outbox.put(tdg_core_messages.Stored(numbers))


def _force(path: Path, folders: list[Path]) -> bool:
    """First the files that transfers have put in place, then that they are done; whether the disk has that."""
    for folder in folders:
        tdg_disk_files.force_folder(folder)
    return tdg_disk_sqlite.force(path)
