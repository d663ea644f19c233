"""The watched folder: what is new or changed below *Local Path* goes up by itself, once it has stopped growing.

Thread: worker only.

Looks at the folder again and again (a watch that the system offers is missing on network drives, and loses events).
What is ready is compared with the bucket and the agreed state like a sync in direction upload, so that each content
goes up once, also after a restart, and what was deleted in the bucket stays deleted; each file that has to go becomes
a transfer of its own.
"""

import dataclasses
import datetime
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_storage_ignore
import tdg_core_storage_messages
import tdg_core_storage_paths
import tdg_core_storage_plan_data as data
import tdg_core_storage_settings
import tdg_core_storage_watch
import tdg_disk_sync_tree
import tdg_work_loop
import tdg_work_storage_sync_carry
import tdg_work_storage_sync_look
import tdg_work_token
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run
Settings = tdg_core_storage_settings.StorageSettings
Transfer = tdg_core_storage_messages.Transfer

#: Seconds between two looks: at least, at most, and as a multiple of what a look takes (a share of a twentieth).
_LEAST_S = 1.0
_MOST_S = 60.0
_SHARE = 20.0

#: So many transfers of a watch wait or run at once; the rest waits in the folder.
_MOST_TRANSFERS = 100

_PAUSE_S = 0.0005


@dataclass(frozen=True)
class _Found:
    """What is to be done with files that have settled."""

    uploads: list[data.Action]
    #: Paths that need nothing, and what the user should know of them.
    settled: list[str]
    remarks: list[str]


class Watch:
    """Every method runs on the loop's thread.

    Args:
        loop: The engine's loop.
        ask_store: As a run's.
        submit: Adds a transfer to the queue.
        trouble: Told when the server cannot be reached.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        ask_store: Callable[[Callable[[Any], Any]], Any],
        submit: Callable[[Transfer], None],
        trouble: Callable[[CloudError], None],
    ) -> None:
        self._loop = loop
        self._ask_store = ask_store
        self._submit = submit
        self._trouble = trouble
        self._settings = Settings()
        self._gateway: Any = None
        self._settling = tdg_core_storage_watch.Settling()
        self._token = tdg_work_token.Token()
        #: Version of each file that is on its way.
        self._away: dict[str, Any] = {}
        #: Version of each file that has to go and has no room yet, and how it goes.
        self._due: dict[str, tuple[Any, data.Action]] = {}

    def configure(self, settings: Settings) -> None:
        """New settings: begins, ends, or begins anew where something else is to be watched."""
        former, self._settings = self._settings, settings
        if _watched(former) == _watched(settings):
            return
        self.close()
        self._token = tdg_work_token.Token()
        self._settling = tdg_core_storage_watch.Settling()
        self._away.clear()
        self._due.clear()
        if _watched(settings):
            self._look(self._token)

    def connected(self, gateway: Any) -> None:
        """Files can go up from now on; those that could not before are tried again."""
        self._gateway = gateway
        self._settling.anew()

    def disconnected(self) -> None:
        """Nothing can go up."""
        self._gateway = None

    def ended(self, transfer: Transfer) -> None:
        """A transfer has ended, well or not: its file is left alone until it changes."""
        watched = transfer.options.get("watched", {})
        if watched.get("root") == self._settings.local_path and watched.get("path") in self._away:
            self._settling.taken(watched["path"], self._away.pop(watched["path"]))

    def close(self) -> None:
        """Ends the watch and whatever it does."""
        self._token.cancel()

    def _look(self, token: tdg_work_token.Token) -> None:
        if not token.cancelled:
            self._loop.spawn(
                "watch", look, self._settings, token, then=lambda found, error: self._looked(token, found, error)
            )

    def _look_later(self, token: tdg_work_token.Token, took_s: float) -> None:
        self._loop.call_later(wait_s(took_s), lambda: self._look(token))

    def _looked(
        self, token: tdg_work_token.Token, found: tuple[dict[str, Any], float] | None, error: CloudError | None
    ) -> None:
        if token.cancelled:
            return
        if error is not None or found is None:
            if error is not None:
                self._loop.tell(CloudError(error.code, f"Watch Folder: {error.message}"))
            self._look_later(token, _MOST_S)
            return
        files, took_s = found
        ready = [path for path in self._settling.look(files) if path not in self._away]
        if self._gateway is None:
            self._look_later(token, took_s)
            return
        versions = {path: self._settling.version(path) for path in ready}
        self._due = {path: due for path, due in self._due.items() if due[0] == versions.pop(path, None)}
        self._send()
        if not versions:
            self._look_later(token, took_s)
            return
        self._loop.spawn(
            "watch",
            examine,
            self._run(token),
            list(versions),
            then=lambda result, problem: self._examined(token, versions, took_s, result, problem),
        )

    def _run(self, token: tdg_work_token.Token) -> Run:
        """What the comparison with the bucket takes."""
        settings = self._settings
        return Run(
            id="watch",
            remote_path=tdg_core_storage_paths.folder(settings.remote_path),
            local_path=settings.local_path,
            options={"direction": data.UP, "conflict_mode": settings.conflict_mode, "once": True},
            gateway=self._gateway,
            settings=settings,
            state={},
            restored=False,
            streams=1,
            tell=lambda *_: None,
            keep=lambda _: None,
            emit=self._loop.outbox.put,
            ask_store=self._ask_store,
            token=token,
        )

    def _examined(
        self,
        token: tdg_work_token.Token,
        versions: dict[str, Any],
        took_s: float,
        found: _Found | None,
        error: CloudError | None,
    ) -> None:
        if token.cancelled:
            return
        self._look_later(token, took_s)
        if error is not None:
            if error.code in tdg_core_errors.CONNECTION_CODES or error.todo == tdg_core_errors.STOP:
                self._trouble(error)
            else:
                self._loop.tell(CloudError(error.code, f"Watch Folder: {error.message}"))
        if found is None:
            return
        for path in found.settled:
            self._settling.taken(path, versions[path])
        for remark in found.remarks:
            self._loop.log("WARNING", f"Watch Folder: {remark}")
        self._due.update({action.path: (versions[action.path], action) for action in found.uploads})
        self._send()

    def _send(self) -> None:
        """What is due goes up, as far as there is room."""
        for path in list(self._due)[: _MOST_TRANSFERS - len(self._away)]:
            self._away[path], action = self._due.pop(path)
            self._submit(_transfer(action, self._settings))


def wait_s(took_s: float) -> float:
    """Seconds until the next look after one that took that long."""
    return min(max(_LEAST_S, _SHARE * took_s), _MOST_S)


def _watched(settings: Settings) -> tuple[Any, ...]:
    """What a watch depends on; empty while there is none."""
    if not (settings.watch_folder and settings.local_path_chosen):
        return ()
    return (
        settings.local_path, settings.remote_path, settings.include, settings.exclude, settings.target,
        settings.emulator_host, settings.private_key_file,
    )  # fmt: skip


def _transfer(action: data.Action, settings: Settings) -> Transfer:
    """One file's way up, as the table shows it."""
    prefix = tdg_core_storage_paths.folder(settings.remote_path)
    watched = {
        "path": action.path,
        "root": settings.local_path,
        "prefix": prefix,
        "conflict_mode": settings.conflict_mode,
    }
    return Transfer(
        str(uuid.uuid4()),
        tdg_core_storage_messages.UPLOAD,
        prefix + action.name,
        f"{settings.local_path}/{action.path}",
        datetime.datetime.now().astimezone().isoformat(timespec="milliseconds"),
        action.size,
        {"watched": watched, **({"make_public": True} if settings.make_public else {})},
    )


# In helper threads ----------------------------------------------------------------------------------------------------


def look(settings: Settings, token: tdg_work_token.Token) -> tuple[dict[str, tdg_disk_sync_tree.Stamp], float]:
    """What lies in the watched folder, and how many seconds it took to find out.

    Raises:
        CloudError: `local` when it cannot be read; `cancelled`.
    """
    began, rested = time.monotonic(), 0.0

    def pause() -> None:
        nonlocal rested
        token.check()
        time.sleep(_PAUSE_S)
        rested += _PAUSE_S

    chosen = tdg_work_storage_sync_look.chosen(
        settings.local_path,
        settings.cache_folder,
        tdg_core_storage_ignore.split(settings.include),
        tdg_core_storage_ignore.split(settings.exclude),
    )
    found = tdg_disk_sync_tree.look(settings.local_path, chosen, pause)
    if found.missing:
        raise CloudError("local", f"{settings.local_path} does not exist; make it or correct Local Path.")
    return found.files, time.monotonic() - began - rested


def examine(run: Run, paths: list[str]) -> _Found:
    """Compares settled files with the bucket and the agreed state.

    Raises:
        CloudError: When the bucket cannot be asked.
    """
    prepared = tdg_work_storage_sync_look.Preparation(run, paths)
    plan = prepared.plan()
    uploads = plan.of(data.UPLOAD)
    report = tdg_work_storage_sync_carry.Report()
    report.add_plan(plan)
    # Only what has turned out to be agreed is written down here.
    tdg_work_storage_sync_carry.Carrier(prepared, dataclasses.replace(plan, actions=()), report).carry_out()
    waiting = {action.path for action in uploads}
    return _Found(
        [action for action in uploads if _opens(f"{run.local_path}/{action.path}")],
        [path for path in paths if path not in waiting],
        [
            f"{each['path']}: {each['error']}"
            for each in report.conflicts + report.errors
            if each["path"] not in waiting
        ],
    )


def _opens(path: str) -> bool:
    """Whether a file can be read now; on Windows its writer may forbid it."""
    try:
        with Path(path).open("rb"):
            return True
    except OSError:
        return False


def upload(run: Run) -> dict[str, Any]:
    """Brings a settled file into the bucket, with all that a sync does for a file: the worker of watched transfers.

    Raises:
        CloudError: Also when the bucket holds something newer, which is left alone.
    """
    watched = run.options["watched"]
    options = {
        "direction": data.UP,
        "conflict_mode": watched["conflict_mode"],
        "once": True,
        "make_public": run.options.get("make_public", False),
    }
    part = dataclasses.replace(run, local_path=watched["root"], remote_path=watched["prefix"], options=options)
    prepared = tdg_work_storage_sync_look.Preparation(part, [watched["path"]])
    plan = prepared.plan()
    report = tdg_work_storage_sync_carry.Report()
    report.add_plan(plan)
    tdg_work_storage_sync_carry.Carrier(prepared, plan, report).carry_out()
    if report.last is not None:
        raise report.last
    if not plan.actions and (report.conflicts or report.errors):
        raise CloudError("precondition", (report.conflicts + report.errors)[0]["error"])
    return {"metadata": report.objects.get(watched["path"], {}), "size": report.size}
