"""What a user asks for as a checked request: paths resolved, options gathered, what can never run refused.

Thread: any.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import tdg_core_errors
import tdg_core_storage_ignore
import tdg_core_storage_messages
import tdg_core_storage_paths
import tdg_core_storage_plan_data
import tdg_core_storage_settings

CloudError = tdg_core_errors.CloudError
Transfer = tdg_core_storage_messages.Transfer

#: Data up to that size goes with the request itself.
SMALL_DATA = 64 << 10

#: https://cloud.google.com/storage/docs/access-control/signed-urls: a signature holds for a week at most.
_MOST_MINUTES = 7 * 24 * 60


class Requests:
    """Makes transfers for the settings of the moment.

    Args:
        settings: The parameters.
        windows: Whether Windows' rules for paths hold.
        stamp: A new id and the time in ISO 8601.
    """

    def __init__(
        self,
        settings: tdg_core_storage_settings.StorageSettings,
        windows: bool,
        stamp: Callable[[], tuple[str, str]],
    ) -> None:
        self._settings = settings
        self._windows = windows
        self._stamp = stamp
        self._remote_root = tdg_core_storage_paths.folder(settings.remote_path)

    def name(self, remote_path: Any) -> str:
        """The object's name.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        return tdg_core_storage_paths.name("" if remote_path is None else str(remote_path), self._remote_root)

    def upload(self, local_path: Any, remote_path: Any, options: dict[str, Any]) -> Transfer:
        """A file into the bucket.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        local, name = self._both_sides(local_path, remote_path)
        return self._transfer(tdg_core_storage_messages.UPLOAD, name, local, options)

    def data(self, data: Any, remote_path: Any, options: dict[str, Any], folder: str) -> tuple[Transfer, bytes]:
        """Bytes into the bucket, by way of a file of our own in `folder`; small ones are in the options.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        try:
            content = bytes(memoryview(data))
        except TypeError:
            raise CloudError("invalid", f"{type(data).__name__} is no data; give bytes or a bytearray.") from None
        _check_text(folder, options)
        key, now = self._stamp()
        complete = {**options, "spooled": True}
        if len(content) <= SMALL_DATA:
            complete["data"] = base64.b64encode(content).decode()
        kind, local = tdg_core_storage_messages.UPLOAD, f"{folder}/{key}"
        return Transfer(key, kind, self.name(remote_path), local, now, len(content), complete), content

    def download(self, remote_path: Any, local_path: Any) -> Transfer:
        """A file out of the bucket; below *Local Path* it may not get out through a link.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        local, name = self._both_sides(local_path, remote_path)
        absolute = bool(local_path) and tdg_core_storage_paths.is_absolute(str(local_path), self._windows)
        options = {} if absolute else {"root": self._settings.local_path}
        return self._transfer(tdg_core_storage_messages.DOWNLOAD, name, local, options)

    def remote(self, kind: str, remote_path: Any) -> Transfer:
        """Something about one object: delete, metadata.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        return self._transfer(kind, self.name(remote_path), "", {})

    def listing(self, prefix: Any, delimiter: Any, collect: Any = True) -> Transfer:
        """The objects whose names begin with `prefix`."""
        given = str(prefix or "")
        full = tdg_core_storage_paths.prefix(given, self._remote_root)
        options: dict[str, Any] = {"prefix": given, "delimiter": str(delimiter or "")}
        if not collect:
            options["collect"] = False
        return self._transfer(tdg_core_storage_messages.LIST, full, "", options)

    def signed_url(self, remote_path: Any, minutes: Any, method: Any, content_type: Any) -> Transfer:
        """An address for one object.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        try:
            expires = float(minutes)
        except (TypeError, ValueError):
            expires = 0.0
        if not 0 < expires <= _MOST_MINUTES:
            raise CloudError("invalid", f"{minutes!r} minutes; an address can hold up to {_MOST_MINUTES} (a week).")
        verb = str(method).upper()
        if verb not in {"GET", "PUT"}:
            raise CloudError("invalid", f"the method {method!r} is neither GET nor PUT.")
        options: dict[str, Any] = {"minutes": expires, "method": verb}
        if content_type:
            options["content_type"] = str(content_type)
        return self._transfer(tdg_core_storage_messages.SIGNED_URL, self.name(remote_path), "", options)

    def sync(
        self,
        direction: Any,
        delete_remote: bool | None,
        delete_local: bool | None,
        include: Any,
        exclude: Any,
        *,
        force: bool,
        dry: bool,
    ) -> Transfer:
        """The whole folder with its prefix; None uses the parameter.

        Raises:
            CloudError: `invalid` for a bad direction or pattern, and while no *Local Path* is chosen.
        """
        settings = self._settings
        if direction not in tdg_core_storage_plan_data.DIRECTIONS:
            raise CloudError("invalid", f"{direction!r} is no direction; give 'both', 'upload' or 'download'.")
        if not settings.local_path_chosen:
            raise CloudError("invalid", "Local Path is empty, and the project folder as a whole is not synced; set it.")
        options = {
            "direction": direction,
            "delete_remote": settings.delete_remote if delete_remote is None else bool(delete_remote),
            "delete_local": settings.delete_local if delete_local is None else bool(delete_local),
            "conflict_mode": settings.conflict_mode,
            "max_delete": settings.max_delete,
            "include": _patterns(settings.include if include is None else include),
            "exclude": _patterns(settings.exclude if exclude is None else exclude),
            "make_public": settings.make_public,
            "force": bool(force),
            "dry": dry,
        }
        root = tdg_core_storage_paths.local(settings.local_path, settings.local_path, self._windows)
        return self._transfer(tdg_core_storage_messages.SYNC, self._remote_root, root, options)

    def upload_options(self, make_public: Any, content_type: Any, metadata: Any, cache_control: Any) -> dict[str, Any]:
        """The options of an upload; what is not given is left out.

        Raises:
            CloudError: `invalid` when the metadata is no dict.
        """
        options: dict[str, Any] = {}
        if self._settings.make_public if make_public is None else make_public:
            options["make_public"] = True
        if content_type:
            options["content_type"] = str(content_type)
        if cache_control:
            options["cache_control"] = str(cache_control)
        if metadata:
            if not isinstance(metadata, dict):
                raise CloudError("invalid", "the metadata is no dict; give keys and texts.")
            options["metadata"] = {str(key): str(value) for key, value in metadata.items()}
        return options

    def _both_sides(self, local_path: Any, remote_path: Any) -> tuple[str, str]:
        """The absolute local path and the object's name; the side that is left out mirrors the other one."""
        paths, root, windows = tdg_core_storage_paths, self._settings.local_path, self._windows
        if not local_path and not remote_path:
            raise CloudError("invalid", "no path is given; name the file.")
        if not local_path:
            name = self.name(remote_path)
            return paths.mirrored_local(name, root, self._remote_root, windows), name
        local = paths.local(str(local_path), root, windows)
        if remote_path:
            return local, self.name(remote_path)
        return local, paths.mirrored_name(local, root, self._remote_root, windows)

    def _transfer(self, kind: str, name: str, local: str, options: dict[str, Any]) -> Transfer:
        _check_text(local, options)
        key, now = self._stamp()
        return Transfer(key, kind, name, local, now, -1, options)


def _check_text(local: str, options: dict[str, Any]) -> None:
    """Refuses what no file of ours and no server takes; the object's name is judged with the paths.

    Raises:
        CloudError: `invalid`.
    """
    try:
        json.dumps([local, options], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        text = "a name or text in it holds half a character (a lone surrogate); remove it."
        raise CloudError("invalid", text) from None


def _patterns(given: Any) -> list[str]:
    """A text with patterns, or a list of them.

    Raises:
        CloudError: `invalid`.
    """
    if isinstance(given, str):
        return tdg_core_storage_ignore.split(given)
    if isinstance(given, (list, tuple)) and all(isinstance(each, str) for each in given):
        return list(given)
    raise CloudError("invalid", f"{given!r} are no patterns; give a text with blanks between them, or a list of texts.")
