"""One sync of a folder with its prefix in the bucket: look at both sides, plan, carry the plan out.

Thread: worker only.

Nothing but the agreed state is remembered from one run to the next: a sync that was cut off looks and plans anew.
"""

import time
from collections.abc import Mapping
from typing import Any

import tdg_core_errors
import tdg_disk_sync_trash
import tdg_work_download
import tdg_work_storage_sync_carry
import tdg_work_storage_sync_look
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run


def sync(run: Run) -> dict[str, Any]:
    """Syncs the run's local path with its remote path (a prefix), or plans it.

    Options: `direction`, `delete_remote`, `delete_local`, `force`, `conflict_mode`, `max_delete`, `include` and
    `exclude` (lists of patterns), `make_public`, `dry` (plan only).

    Returns:
        `direction`, `uploaded`, `downloaded`, `deleted`, `errors`, and `problem` if not all went well; or `plan`.

    Raises:
        CloudError: `local` when the folder is missing; whatever ends the whole. With an attribute `result`.
    """
    direction = run.options["direction"]
    prepared = tdg_work_storage_sync_look.Preparation(run)
    if run.options.get("dry"):
        return {"direction": direction, "plan": prepared.plan().as_plain(), "size": 0}
    report = tdg_work_storage_sync_carry.Report.from_plain(run.state.get("report", {}))
    try:
        tdg_disk_sync_trash.sweep(run.settings.cache_folder, time.time())
        plan = prepared.plan()
        prepared.tidy()
        report.add_plan(plan)
        tdg_work_storage_sync_carry.Carrier(prepared, plan, report).carry_out()
    except CloudError as error:
        run.save({**run.state, "report": report.as_state()})
        raise SyncError(error, {"direction": direction, **report.as_plain()}) from error
    return {"direction": direction, **report.as_plain(), "problem": report.problem(), "size": report.size}


def tidy(state: Mapping[str, Any]) -> None:
    """Removes what a sync that has ended for good left half downloaded."""
    for each in state.get("files", {}).values():
        tdg_work_download.discard(each["path"], each["id"])


class SyncError(CloudError):
    """A sync has ended early; `result` is what it had done."""

    def __init__(self, error: CloudError, result: dict[str, Any]) -> None:
        super().__init__(error.code, error.message, error.retry_after_s)
        self.result = result
