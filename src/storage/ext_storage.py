"""StorageExt: the storage component's methods, promoted as `op.storage.Upload(...)` and so on.

Thread: main only.
"""

import dataclasses
import datetime
import functools
import os
from collections import deque
from collections.abc import Callable
from typing import Any

import td
import tdg_bridge_thread
import tdg_core_errors
import tdg_core_messages
import tdg_core_retry
import tdg_core_storage_messages
import tdg_core_storage_paths
import tdg_core_storage_requests
import tdg_core_storage_settings
import tdg_disk_files
import tdg_disk_key
import tdg_gateway_storage
import tdg_td_component
import tdg_td_params
import tdg_td_stamp
import tdg_td_storage_sync
import tdg_td_transfers
import tdg_work_bootstrap
import tdg_work_storage

# The names by which contributors know the workers.
_upload_worker = tdg_work_storage.WORKERS["upload"]
_download_worker = tdg_work_storage.WORKERS["download"]
_delete_worker = tdg_work_storage.WORKERS["delete"]
_list_worker = tdg_work_storage.WORKERS["list"]
_metadata_worker = tdg_work_storage.WORKERS["metadata"]
_sync_worker = tdg_work_storage.WORKERS["sync"]
_bootstrap_worker = tdg_work_bootstrap.install
_reconnect_sleep = tdg_core_retry.backoff_s

CloudError = tdg_core_errors.CloudError
Requests = tdg_core_storage_requests.Requests
Settings = tdg_core_storage_settings.StorageSettings
Transfer = tdg_core_storage_messages.Transfer

public = tdg_td_component.public

#: What a request depends on besides its arguments.
_ASKED = (
    "Localpath", "Remotepath", "Makepublic", "Bucket", "Emulatorhost", "Privatekey", *tdg_td_storage_sync.ASKED,
)  # fmt: skip


class StorageExt(tdg_td_storage_sync.SyncMethods, tdg_td_component.ComponentExt):
    """Files between TouchDesigner and a bucket."""

    STATUS_COLUMNS = ("state", "circuit", "last_error", "active_transfers", "connected_at", "bucket")
    PARAMETERS = tdg_core_storage_settings.PARAMETERS
    STEM = "gcp-storage"
    CALLBACKS_NAME = "storage_callbacks"
    PACKAGES = tdg_gateway_storage.PACKAGES

    settings: Settings

    def __init__(self, ownerComp: Any) -> None:
        super().__init__(ownerComp)
        self.settings = Settings()
        self.transfers = tdg_td_transfers.Transfers(lambda: ownerComp.op("transfers"), self.callbacks, self.log)
        self.transfers.enders[tdg_core_storage_messages.SYNC] = self.sync_ended
        self._connected_bucket = ""
        self._active = -1
        # What the requests depend on: the parameters, and their values of the last call.
        self._asked_pars: list[Any] = []
        self._asked: list[Any] = []
        self._project = functools.lru_cache(maxsize=1)(_project_of)

    # Promoted ----------------------------------------------------------------------------------------------------

    @public(str)
    def Upload(
        self,
        local_path: str | None = None,
        remote_path: str | None = None,
        make_public: bool | None = None,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
        cache_control: str | None = None,
    ) -> str:
        """Uploads a file, replacing whatever the bucket has under that name.

        Args:
            local_path: Relative to *Local Path*, or absolute; left out, the place of `remote_path`.
            remote_path: Relative to *Remote Path*, or with a slash in front the bucket path; left out, the place of
                `local_path`.
            make_public: None uses *Make Public*.
            content_type: Left out, what the name's ending promises.
            metadata: Own keys and texts that the object carries.
            cache_control: For those who read the object by its public address, e.g. `no-cache`.

        Returns:
            The transfer's id; empty when it can never run (the log says why).
        """

        def make(requests: Requests) -> Transfer:
            options = requests.upload_options(make_public, content_type, metadata, cache_control)
            transfer = requests.upload(local_path, remote_path, options)
            return dataclasses.replace(transfer, size=_size_of(transfer.local_path))

        return self._ask(f"upload {local_path or remote_path}", make, self._bridge_accept)

    @public(str)
    def UploadBytes(
        self,
        data: bytes,
        remote_path: str,
        content_type: str | None = None,
        make_public: bool | None = None,
        metadata: dict[str, str] | None = None,
        cache_control: str | None = None,
    ) -> str:
        """Uploads data that is in no file, e.g. `top.saveByteArray('.jpg')`; the arguments are those of `Upload`.

        Up to 64 KiB survive a crash from the moment this returns, larger data from the moment its row shows a size.

        Returns:
            The transfer's id; empty when it can never run.
        """
        content = b""

        def make(requests: Requests) -> Transfer:
            nonlocal content
            options = requests.upload_options(make_public, content_type, metadata, cache_control)
            folder = f"{self.settings.cache_folder or td.app.tempFolder}/{self.STEM}-spool"
            transfer, content = requests.data(data, remote_path, options, folder)
            return transfer

        def promise(transfer: Transfer) -> str:
            if "data" in transfer.options:
                return self._bridge_accept(transfer)
            plain = tdg_core_messages.to_plain(transfer)
            self._bridge.submit(tdg_core_storage_messages.Spool(plain, content))
            return ""

        return self._ask(f"upload data to {remote_path}", make, promise)

    @public(str)
    def UploadText(self, text: str, remote_path: str, content_type: str | None = None) -> str:
        """Uploads a text in UTF-8; otherwise as `UploadBytes`.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self.UploadBytes(str(text).encode("utf-8", "replace"), remote_path, content_type)

    @public(str)
    def Download(self, remote_path: str | None = None, local_path: str | None = None) -> str:
        """Downloads a file; the old one stays until the new one is whole. Paths as in `Upload`.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self._ask(f"download {remote_path or local_path}", lambda make: make.download(remote_path, local_path))

    @public(str)
    def Delete(self, remote_path: str) -> str:
        """Deletes a file in the bucket.

        Returns:
            The transfer's id; empty when it can never run.
        """
        kind = tdg_core_storage_messages.DELETE
        return self._ask(f"delete {remote_path}", lambda make: make.remote(kind, remote_path))

    @public(str)
    def ListFiles(self, prefix: str = "", delimiter: str = "/", collect: bool = True) -> str:
        """Lists the files below *Remote Path* whose names begin with `prefix`; they come to `onListComplete`.

        Args:
            prefix: With a slash in front, from the beginning of the bucket.
            delimiter: Where a folder ends; its files are not listed, its name comes in `GetTransfer(id)['prefixes']`.
                Empty lists everything below.
            collect: Off, files go to `onListPage` only and none are kept: for buckets of any size.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self._ask(f"list {prefix}", lambda make: make.listing(prefix, delimiter, collect))

    @public(str)
    def GetMetadata(self, remote_path: str) -> str:
        """Fetches what the bucket knows of a file; it comes to `onMetadata` and stays in `GetTransfer(id)`.

        Returns:
            The transfer's id; empty when it can never run.
        """
        kind = tdg_core_storage_messages.METADATA
        return self._ask(f"get metadata of {remote_path}", lambda make: make.remote(kind, remote_path))

    @public(str)
    def GetSignedUrl(
        self,
        remote_path: str,
        expiration_minutes: float = 60,
        method: str = "GET",
        content_type: str | None = None,
    ) -> str:
        """Makes an address by which anyone can read (GET) or upload (PUT) one file for a while.

        It arrives as `local_path` of `onTransferComplete`, and in `GetTransfer(id)['url']`.

        Args:
            remote_path: As in `Upload`.
            expiration_minutes: At most a week (10080).
            method: GET or PUT.
            content_type: For PUT, the type that must be uploaded.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self._ask(
            f"sign an address of {remote_path}",
            lambda make: make.signed_url(remote_path, expiration_minutes, method, content_type),
        )

    @public(str)
    def GetPublicUrl(self, remote_path: str) -> str:
        """The address of a public file, at once and without asking the server whether it is there or public.

        Returns:
            Empty when the name is none or the bucket is not known yet.
        """
        self._fresh()
        bucket = self._bucket()
        if not bucket:
            self.log.error("GetPublicUrl: the bucket is not known; set Bucket Name or Private Key File, or connect.")
            return ""
        try:
            name = self._requests().name(remote_path)
        except CloudError as error:
            self.log.error(f"GetPublicUrl: {error.message}")
            return ""
        emulator = self.settings.emulator_host
        base = f"http://{emulator}" if emulator else tdg_core_storage_paths.GOOGLE
        return tdg_core_storage_paths.public_url(base, bucket, name)

    @public(tdg_td_component.nothing)
    def CancelTransfers(self, include_active: bool = False) -> None:
        """Cancels all transfers that have not started, and those that run if `include_active`."""
        self._bridge_accept(tdg_core_storage_messages.Cancel(None, bool(include_active)))

    @public(bool)
    def CancelTransfer(self, transfer_id: str) -> bool:
        """Cancels one transfer, also while it runs.

        Returns:
            Whether there is such a transfer that has not ended.
        """
        if not self.transfers.is_open(transfer_id):
            return False
        self._bridge_accept(tdg_core_storage_messages.Cancel([transfer_id], include_active=True))
        return True

    @public(tdg_td_component.nothing)
    def GetTransfer(self, transfer_id: str) -> dict[str, Any] | None:
        """What is known of a transfer: its row, and what it found out (`metadata`, `files`, `prefixes`, `url`).

        Returns:
            None when it is not known (any more).
        """
        return self.transfers.get(transfer_id)

    # Asking ------------------------------------------------------------------------------------------------------

    def _ask(
        self, doing: str, make: Callable[[Requests], Transfer], promise: Callable[[Transfer], str] | None = None
    ) -> str:
        """Makes a transfer, promises it and shows it; what can never run is refused in the log."""
        self._fresh()
        try:
            transfer = make(self._requests())
        except CloudError as error:
            self.log.error(f"Cannot {doing}: {error.message}")
            return ""
        if problem := (promise or self._bridge_accept)(transfer):
            self.log.error(f"{transfer.type} {transfer.remote_path}: {problem}.")
        # Data that is not safe yet shows no size.
        spooled = transfer.options.get("spooled") and "data" not in transfer.options
        self.transfers.asked(dataclasses.replace(transfer, size=-1) if spooled else transfer)
        return transfer.id

    def _bridge_accept(self, request: tdg_core_messages.Message) -> str:
        return self._bridge.accept(request)

    def _fresh(self) -> None:
        """A script may have set parameters in this very frame, long before anybody is told of it."""
        try:
            values = [par.eval() for par in self._asked_pars]
        except td.tdError:  # an expression is broken, or the parameter was made anew
            self._asked_pars, values = [], []
        if not values:
            self._asked_pars = [par for name in _ASKED if (par := self.ownerComp.par[name]) is not None]
        if self._dirty or not values or values != self._asked:
            self._asked = values
            self._apply_parameters()

    def _requests(self) -> Requests:
        return Requests(self.settings, os.name == "nt", _stamp)

    def _bucket(self) -> str:
        """The bucket's name, as far as it can be known without the network."""
        settings = self.settings
        if settings.target or self._connected_bucket:
            return settings.target or self._connected_bucket
        project = self._project(settings.private_key_file) if settings.private_key_file else ""
        return tdg_core_storage_settings.default_bucket(project) if project else ""

    # Settings and events -----------------------------------------------------------------------------------------

    def cache_folder(self, _values: dict[str, Any]) -> str:
        """Below the project's folder; the contract knows no parameter for it."""
        return tdg_td_params.absolute("cache")

    def make_settings(self, values: dict[str, Any]) -> Settings:
        """The settings from the parameters."""
        local_path = tdg_td_params.absolute(str(values.get("Localpath") or "").strip())
        return tdg_core_storage_settings.from_parameters(
            values,
            component=self.ownerComp.name,
            private_key_file=tdg_td_params.absolute(str(values.get("Privatekey") or "").strip()),
            local_path=local_path or td.project.folder,
            cache_folder=self._cache_folder,
            store_file=self._road.file(".db") if self._road is not None else "",
        )

    def serve(self) -> tdg_bridge_thread.Serve:
        """The engine, with its gateway and settings bound."""
        return functools.partial(
            tdg_work_storage.serve, open_gateway=tdg_gateway_storage.open_gateway, settings=self.settings
        )

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        """What the engine tells."""
        return {
            "connected": self._on_connected,
            "engine_ended": self._on_engine_ended,
            "storage.changed": self.transfers.changed,
            "storage.list_page": self._on_page,
            "storage.forgotten": self.transfers.forgotten,
        }

    def pulses(self) -> dict[str, Callable[[], Any]]:
        """The method behind each pulse parameter."""
        return {**super().pulses(), **self.sync_pulses(), "Canceltransfers": self.CancelTransfers}

    def on_reset_tables(self) -> None:
        """Empties the table of transfers."""
        if self._running:
            self.transfers.reset()
        else:
            self.transfers.clear()

    def on_frame(self, _now: float, _left_s: float) -> None:
        """Shows how many transfers run."""
        if self.transfers.active != self._active:
            self._active = self.transfers.active
            self.status.set(active_transfers=self._active)

    def _on_connected(self, event: Any) -> None:
        self._connected_bucket = event.target
        self.status.set(bucket=event.target)
        self.connection.handlers["connected"](event)

    def _on_engine_ended(self, event: Any) -> None:
        self.transfers.engine_ended()
        self._engine_ended(event)

    def _on_page(self, event: tdg_core_storage_messages.ListPage) -> None:
        self.transfers.page(event)
        self._bridge.submit(tdg_core_storage_messages.PageTaken(event.id))

    def _before_save(self) -> None:
        super()._before_save()
        self.transfers.blank()

    def _after_save(self) -> None:
        super()._after_save()
        self.transfers.refill()

    # Names that contributors know --------------------------------------------------------------------------------

    @property
    def _pending_transfers(self) -> deque[str]:
        """Ids of what waits for a slot."""
        return self.transfers.pending

    @property
    def _transfer_results(self) -> Any:
        """Results on their way to the main thread."""
        return self._bridge.transport

    def _drain_results(self, *_: Any) -> None:
        """The RefreshHook: takes results in, within the frame budget."""
        self._refresh()


def _stamp() -> tuple[str, str]:
    """A new id, which is never given twice, and the time."""
    return tdg_td_stamp.new_id(), datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")


def _size_of(local_path: str) -> int:
    """Bytes of a file.

    Raises:
        CloudError: `local` when it is none.
    """
    found = tdg_disk_files.fingerprint(local_path)
    if found is None:
        what = "is a folder; use SyncFolder" if os.path.isdir(local_path) else "does not exist; check the path"  # noqa: PTH112
        raise CloudError("local", f"{local_path} {what}.")
    return found.size


def _project_of(private_key_file: str) -> str:
    """The project that a key file names; empty when it is none."""
    try:
        return tdg_disk_key.read_key(private_key_file).project_id
    except CloudError:
        return ""
