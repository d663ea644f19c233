"""The storage component's methods around syncs; StorageExt inherits them.

Thread: main only.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tdg_core_jobs
import tdg_core_storage_messages
import tdg_core_storage_requests
import tdg_td_callbacks
import tdg_td_component

Changed = tdg_core_storage_messages.Changed
Requests = tdg_core_storage_requests.Requests

public = tdg_td_component.public

#: Parameters that a sync depends on besides its arguments and paths.
ASKED = ("Deleteremoteorphans", "Deletelocalorphans", "Maxdelete", "Conflictmode", "Include", "Exclude")


class SyncMethods:
    """SyncFolder, PlanSync and what they tell."""

    callbacks: tdg_td_callbacks.Callbacks
    _ask: Callable[..., str]

    @public(str)
    def SyncFolder(
        self,
        direction: str = "both",
        delete_remote: bool | None = None,
        delete_local: bool | None = None,
        *,
        force: bool = False,
        include: str | Sequence[str] | None = None,
        exclude: str | Sequence[str] | None = None,
    ) -> str:
        """Brings *Local Path* and *Remote Path* up to date with each other; `onSyncComplete` tells how it ended.

        Args:
            direction: both, upload or download.
            delete_remote: Delete in the bucket what was deleted on the disk; None uses *Delete Remote Orphans*.
            delete_local: Move to the trash what was deleted in the bucket; None uses *Delete Local Orphans*.
            force: Delete more than *Max Delete* allows, and download again into a folder that has vanished.
            include: Patterns as in *Include*, a text or a list; None uses the parameter.
            exclude: Patterns as in *Exclude*; None uses the parameter.

        Returns:
            The transfer's id; empty when it can never run (the log says why).
        """
        return self._sync("sync", direction, delete_remote, delete_local, include, exclude, force=force, dry=False)

    @public(str)
    def PlanSync(
        self,
        direction: str = "both",
        delete_remote: bool | None = None,
        delete_local: bool | None = None,
        *,
        force: bool = False,
        include: str | Sequence[str] | None = None,
        exclude: str | Sequence[str] | None = None,
    ) -> str:
        """Finds out what `SyncFolder` with the same arguments would do now, and touches nothing.

        The plan comes to `onSyncPlan` and stays in `GetTransfer(id)['plan']`.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self._sync(
            "plan a sync", direction, delete_remote, delete_local, include, exclude, force=force, dry=True
        )

    def sync_pulses(self) -> dict[str, Callable[[], Any]]:
        """The method behind each pulse parameter."""
        return {
            "Upload": lambda: self.SyncFolder("upload"),
            "Download": lambda: self.SyncFolder("download"),
            "Sync": lambda: self.SyncFolder("both"),
        }

    def sync_ended(self, event: Changed, _files: list[dict[str, Any]]) -> None:
        """A sync has ended, one way or another."""
        direction, result = str(event.options.get("direction", "both")), event.result
        success = event.status == tdg_core_jobs.COMPLETE
        if event.options.get("dry"):
            plan = {**result.get("plan", {}), "direction": direction, "success": success, "error": event.error}
            self.callbacks.call("onSyncPlan", event.id, plan)
            return
        lists = [list(result.get(name, ())) for name in ("uploaded", "downloaded", "deleted", "errors")]
        self.callbacks.call("onSyncComplete", event.id, direction, *lists, success, event.error)

    def _sync(self, doing: str, *args: Any, **flags: bool) -> str:
        return self._ask(doing, lambda requests: requests.sync(*args, **flags))
