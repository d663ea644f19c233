"""Two sides and the agreed state as dicts, with users who edit and an executor that can be killed between two steps.

The executor does what the real one does: it looks again at what an action expects and leaves the file alone if it is
not so, and it writes down the agreed state after each finished action.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import tdg_core_storage_plan as planner
import tdg_core_storage_plan_data as data


class KilledError(Exception):
    """The process ends here."""


@dataclass
class Entry:
    """A version of a file on one side."""

    content: str
    time: int
    generation: int = 0


def digest(content: str) -> str:
    return f"crc32c:{content}"


def local_file(entry: Entry, hashed: bool) -> data.LocalFile:
    return data.LocalFile(len(entry.content), entry.time, (digest(entry.content),) if hashed else ())


def remote_file(entry: Entry) -> data.RemoteFile:
    return data.RemoteFile(len(entry.content), entry.generation, digest(entry.content), entry.time)


def folders_of(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


@dataclass
class World:
    """What there is."""

    local: dict[str, Entry] = field(default_factory=dict)
    remote: dict[str, Entry] = field(default_factory=dict)
    agreed: dict[str, data.Agreed] = field(default_factory=dict)
    trash: list[str] = field(default_factory=list)
    #: (path, content) that a user has deleted or replaced.
    gone_on_purpose: set[tuple[str, str]] = field(default_factory=set)
    clock: int = 0
    generations: int = 0
    #: Files hashed by the last sync.
    hashed: set[str] = field(default_factory=set)

    # Users ---------------------------------------------------------------------------------------------------------

    def side(self, name: str) -> dict[str, Entry]:
        return self.local if name == "local" else self.remote

    def fits(self, side: str, path: str) -> bool:
        """Whether a file system would take a file of that path."""
        if side == "remote":
            return True
        return not any(folder in self.local for folder in folders_of(path)) and not any(
            path in folders_of(other) for other in self.local
        )

    def write(self, side: str, path: str, content: str) -> None:
        """A user saves a file."""
        if not self.fits(side, path):
            return
        former = self.side(side).get(path)
        if former is not None:
            self.gone_on_purpose.add((path, former.content))
        self._put(side, path, content)

    def delete(self, side: str, path: str) -> None:
        """A user deletes a file."""
        former = self.side(side).pop(path, None)
        if former is not None:
            self.gone_on_purpose.add((path, former.content))

    def rename(self, side: str, path: str, target: str) -> None:
        """A user renames a file to a free name."""
        entry = self.side(side).pop(path, None)
        if entry is None:
            return
        if target in self.side(side) or not self.fits(side, target):
            self.side(side)[path] = entry
            return
        self.gone_on_purpose.add((path, entry.content))
        self._put(side, target, entry.content)
        self.side(side)[target].time = entry.time

    def _put(self, side: str, path: str, content: str) -> Entry:
        self.clock += 1
        self.generations += 1
        self.side(side)[path] = entry = Entry(content, self.clock, self.generations)
        return entry

    def contents(self) -> set[tuple[str, str]]:
        """What exists, by path."""
        return {(path, entry.content) for side in (self.local, self.remote) for path, entry in side.items()}

    def somewhere(self) -> set[str]:
        """Contents that exist anywhere, the trash included."""
        return {content for _, content in self.contents()} | set(self.trash)

    # Sync ----------------------------------------------------------------------------------------------------------

    def plan(self, options: data.Options) -> data.Plan:
        """A plan, with the files hashed that it asks for."""
        self.hashed.clear()
        for _ in range(4):
            files = {path: local_file(entry, path in self.hashed) for path, entry in self.local.items()}
            objects = {name: remote_file(entry) for name, entry in self.remote.items()}
            plan = planner.make_plan(data.LocalTree(files), data.RemoteTree(objects), self.agreed, options)
            if not plan.hashes:
                return plan
            assert self.hashed.isdisjoint(request.path for request in plan.hashes), "a file is hashed twice"
            self.hashed.update(request.path for request in plan.hashes)
        raise AssertionError("the planner asks for hashes again and again")

    def execute(self, plan: data.Plan, between: Callable[[], None] = lambda: None) -> list[data.Action]:
        """Runs a plan; `between` is called before and after each step and may edit or raise `KilledError`.

        Returns:
            The actions that could not be done.
        """
        made: dict[str, int] = {}
        failed = []
        self.agreed.update(plan.agreements)
        for name in plan.forgotten:
            self.agreed.pop(name, None)
        for action in plan.actions:
            between()
            if (action.needs and action.needs not in made) or not self._run(action, made, between):
                failed.append(action)
        return failed

    def _run(self, action: data.Action, made: dict[str, int], between: Callable[[], None]) -> bool:
        return {
            data.UPLOAD: self._upload,
            data.DOWNLOAD: self._download,
            data.COPY_REMOTE: self._copy_remote,
            data.MOVE_LOCAL: self._move_local,
            data.DELETE_LOCAL: self._delete_local,
            data.DELETE_REMOTE: self._delete_remote,
        }[action.kind](action, made, between)

    def _local_is(self, path: str, expected: data.LocalFile | None) -> bool:
        entry = self.local.get(path)
        if entry is None or expected is None:
            return entry is None and expected is None
        return (len(entry.content), entry.time) == expected[:2]

    def _remote_is(self, name: str, generation: int) -> bool:
        entry = self.remote.get(name)
        return generation == (0 if entry is None else entry.generation)

    def _agree(self, name: str, entry: Entry) -> None:
        self.agreed[name] = data.Agreed(len(entry.content), digest(entry.content), entry.generation)

    def _upload(self, action: data.Action, made: dict[str, int], between: Callable[[], None]) -> bool:
        if not self._local_is(action.path, action.local) or not self._remote_is(action.name, action.generation):
            return False
        if action.keep:
            self.trash.append(self.remote[action.name].content)
            between()
            if not self._local_is(action.path, action.local) or not self._remote_is(action.name, action.generation):
                return False
        entry = self._put("remote", action.name, self.local[action.path].content)
        between()
        self._agree(action.name, entry)
        return True

    def _download(self, action: data.Action, made: dict[str, int], between: Callable[[], None]) -> bool:
        generation = made[action.needs] if action.generation == data.AS_COPIED else action.generation
        if not self._remote_is(action.name, generation) or not self._local_is(action.path, action.local):
            return False
        if not self.fits("local", action.path):
            return False
        if action.keep and action.local is not None:
            self.trash.append(self.local[action.path].content)
        entry = self.remote[action.name]
        self._put("local", action.path, entry.content)
        between()
        self._agree(action.name, entry)
        return True

    def _copy_remote(self, action: data.Action, made: dict[str, int], between: Callable[[], None]) -> bool:
        if not self._remote_is(action.source, action.generation) or action.name in self.remote:
            return False
        entry = self._put("remote", action.name, self.remote[action.source].content)
        made[action.name] = entry.generation
        between()
        if action.renames:
            self._agree(action.name, entry)
        return True

    def _move_local(self, action: data.Action, made: dict[str, int], between: Callable[[], None]) -> bool:
        if not self._local_is(action.source, action.local) or action.path in self.local:
            return False
        entry = self.local.pop(action.source)
        if not self.fits("local", action.path):
            self.local[action.source] = entry
            return False
        self.local[action.path] = entry
        made[action.name] = 0
        between()
        if action.renames:
            self._agree(action.name, Entry(entry.content, 0, action.generation))
            self.agreed.pop(action.forgets, None)
        return True

    def _delete_local(self, action: data.Action, made: dict[str, int], between: Callable[[], None]) -> bool:
        if not self._local_is(action.path, action.local):
            return False
        self.trash.append(self.local.pop(action.path).content)
        between()
        self.agreed.pop(action.name, None)
        return True

    def _delete_remote(self, action: data.Action, made: dict[str, int], between: Callable[[], None]) -> bool:
        if not self._remote_is(action.name, action.generation):
            return False
        if action.keep:
            self.trash.append(self.remote[action.name].content)
            between()
            if not self._remote_is(action.name, action.generation):
                return False
        del self.remote[action.name]
        between()
        self.agreed.pop(action.name, None)
        return True
