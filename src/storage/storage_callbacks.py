"""Callbacks of the storage component. Edit what you need, delete the rest; a missing function is not called.

Thread: main only.

All run on the main thread, so keep them short. An exception in one is logged as a warning and stops nothing.
"""

from typing import Any


def onTransferComplete(
    transfer_id: str, transfer_type: str, remote_path: str, local_path: str, success: bool, error: str
) -> None:
    """A transfer has ended: upload, download, delete, metadata or signed_url.

    Args:
        transfer_id: What the method returned.
        transfer_type: See above.
        remote_path: Name of the file in the bucket.
        local_path: Absolute path of the local file; for signed_url, the address.
        success: False for failed and cancelled ones.
        error: What went wrong and what to do; empty on success.
    """


def onTransferProgress(
    transfer_id: str, transfer_type: str, remote_path: str, local_path: str, bytes_done: int, bytes_total: int
) -> None:
    """A transfer is on its way; at most ten times a second for each.

    Args:
        transfer_id: What the method returned.
        transfer_type: upload, download or sync.
        remote_path: Name of the file in the bucket.
        local_path: Absolute path of the local file.
        bytes_done: Bytes that have been moved.
        bytes_total: Bytes there are to move.
    """


def onListComplete(transfer_id: str, prefix: str, files: list[dict[str, Any]], success: bool, error: str) -> None:
    """ListFiles has ended.

    Args:
        transfer_id: What ListFiles returned.
        prefix: What ListFiles was given.
        files: A dict with name, size, updated, content_type and more for each file. Folders are in
            GetTransfer(transfer_id)['prefixes'].
        success: False if the listing failed or broke off; files is empty then.
        error: What went wrong and what to do; empty on success.
    """


def onListPage(transfer_id: str, files: list[dict[str, Any]]) -> None:
    """Up to a thousand files of a long listing, as they come; onListComplete gives all of them at the end.

    Args:
        transfer_id: What ListFiles returned.
        files: As in onListComplete.
    """


def onMetadata(transfer_id: str, remote_path: str, metadata: dict[str, Any], success: bool, error: str) -> None:
    """GetMetadata has ended.

    Args:
        transfer_id: What GetMetadata returned.
        remote_path: Name of the file in the bucket.
        metadata: name, size, content_type, updated, created, md5_hash, public_url, metadata (your own keys) and more.
        success: False if there is no such file or it could not be asked.
        error: What went wrong and what to do; empty on success.
    """


def onSyncComplete(
    transfer_id: str,
    direction: str,
    uploaded: list[str],
    downloaded: list[str],
    deleted: list[str],
    errors: list[dict[str, str]],
    success: bool,
    error: str,
) -> None:
    """SyncFolder has ended.

    Args:
        transfer_id: What SyncFolder returned.
        direction: both, upload or download.
        uploaded: Paths relative to Local Path, also of files that were renamed in the bucket.
        downloaded: Paths relative to Local Path, also of files that were renamed on the disk.
        deleted: Relative paths with remote: or local: in front.
        errors: A dict with path and error for each file that failed or was left alone, and for each conflict.
        success: Whether everything that was asked for is done; conflicts that were solved are no failure.
        error: Why not; empty on success.
    """


def onSyncPlan(transfer_id: str, plan: dict[str, Any]) -> None:
    """PlanSync has ended: what a sync would do now; nothing was touched.

    Args:
        transfer_id: What PlanSync returned.
        plan: Lists of dicts under upload, download, rename, delete, conflicts and skipped; why deletions would be
            refused under refused; upload_bytes and download_bytes; direction; success and, if there is no plan, error.
    """


def onConnectionStateChange(state: str, error: str) -> None:
    """The connection has another state.

    Args:
        state: connecting, connected, disconnected, error or reconnecting.
        error: Why, in the last two; otherwise empty.
    """
