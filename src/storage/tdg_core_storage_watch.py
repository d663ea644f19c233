"""Which files of a watched folder are ready to go up: those that have stopped changing.

Thread: any.
"""

from collections.abc import Hashable, Mapping


class Settling:
    """Compares each look at a folder with the one before.

    A file is ready when two looks in a row have seen the same of it and it was not taken as that before.
    """

    def __init__(self) -> None:
        self._former: Mapping[str, Hashable] = {}
        self._unsettled: set[str] = set()

    def look(self, files: Mapping[str, Hashable]) -> list[str]:
        """Takes a look (paths and what tells their versions apart); the paths that are ready."""
        changed = {path for path, stamp in files.items() if self._former.get(path) != stamp}
        ready = sorted(path for path in self._unsettled if path in files and path not in changed)
        self._unsettled = changed.union(ready)
        self._former = files
        return ready

    def version(self, path: str) -> Hashable | None:
        """What the last look saw of a file; None if nothing."""
        return self._former.get(path)

    def taken(self, path: str, version: Hashable | None) -> None:
        """This version of a file needs nothing more. Any other one it may have by now does."""
        if self._former.get(path) == version:
            self._unsettled.discard(path)

    def anew(self) -> None:
        """Every file counts as new again."""
        self._former = {}
        self._unsettled.clear()
