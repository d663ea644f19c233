"""Data that TouchDesigner holds and no file: kept in a file of our own until it is in the bucket. And what else ended
transfers leave on the disk.

Thread: worker only.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tdg_core_errors
import tdg_core_jobs
import tdg_core_storage_messages
import tdg_disk_files
import tdg_work_download
import tdg_work_storage_sync
import tdg_work_storage_watch
import tdg_work_transfer
import tdg_work_upload

CloudError = tdg_core_errors.CloudError
Transfer = tdg_core_storage_messages.Transfer


def upload(run: tdg_work_transfer.Run) -> dict[str, Any]:
    """As `tdg_work_upload.upload`; small data comes with the request and is written to its file first.

    A file of the watched folder goes the way of a sync.
    """
    if "watched" in run.options:
        return tdg_work_storage_watch.upload(run)
    data = run.options.get("data")
    if data is not None and tdg_disk_files.fingerprint(run.local_path) is None:
        tdg_disk_files.write_whole(Path(run.local_path), base64.b64decode(data))
    return tdg_work_upload.upload(run)


def needs_tidying(transfer: Transfer, status: str, state: Mapping[str, Any] = MappingProxyType({})) -> bool:
    """Whether a transfer that ended like that, with that left half done, may have left a file."""
    if transfer.type == tdg_core_storage_messages.UPLOAD:
        return bool(transfer.options.get("spooled"))
    if transfer.type == tdg_core_storage_messages.SYNC:
        return bool(state.get("files"))
    return transfer.type == tdg_core_storage_messages.DOWNLOAD and status != tdg_core_jobs.COMPLETE


def tidy(transfer: Transfer, status: str, state: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Removes what an ended transfer left.

    Returns:
        Where data is kept that could not be uploaded and exists nowhere else; empty if nothing is.
    """
    if transfer.type == tdg_core_storage_messages.DOWNLOAD:
        tdg_work_download.discard(transfer.local_path, transfer.id)
        return ""
    if transfer.type == tdg_core_storage_messages.SYNC:
        tdg_work_storage_sync.tidy(state)
        return ""
    if status != tdg_core_jobs.FAILED:
        tdg_disk_files.remove(transfer.local_path)
        return ""
    path = Path(transfer.local_path)
    data = transfer.options.get("data")
    if data is not None and not path.exists():
        tdg_disk_files.write_whole(path, base64.b64decode(data))
    return str(path) if path.exists() else ""
