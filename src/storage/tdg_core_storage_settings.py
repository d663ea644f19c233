"""The storage component's parameters as settings.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tdg_core_settings

#: Parameters of this component that its settings are made of.
PARAMETERS = (
    "Bucket", "Localpath", "Remotepath", "Makepublic", "Deleteremoteorphans", "Deletelocalorphans", "Maxconcurrent",
    "Maxdelete", "Conflictmode", "Include", "Exclude", "Watchfolder",
)  # fmt: skip

CONFLICT_MODES = ("newest", "keepboth", "local", "remote")

#: A connection and a thread for each; beyond that only the server is kept busy.
MOST_CONCURRENT = 64


@dataclass(frozen=True)
class StorageSettings(tdg_core_settings.Settings):
    """`target` is the bucket as typed; `default_bucket` says what an empty one means."""

    #: Absolute path of the local root.
    local_path: str = ""
    #: Whether the user chose it; an empty *Local Path* is the project folder, which is never synced.
    local_path_chosen: bool = False
    #: As typed; `tdg_core_storage_paths.folder` makes a prefix of it.
    remote_path: str = ""
    make_public: bool = False
    delete_remote: bool = False
    delete_local: bool = False
    max_concurrent: int = 3
    #: Percent.
    max_delete: int = 50
    conflict_mode: str = "newest"
    #: Patterns as typed; `tdg_core_storage_ignore.split` takes them apart.
    include: str = ""
    exclude: str = ""
    watch_folder: bool = False
    #: Absolute path of the cache folder; empty for none.
    cache_folder: str = ""


def from_parameters(
    values: Mapping[str, Any],
    *,
    component: str,
    private_key_file: str,
    local_path: str,
    cache_folder: str,
    store_file: str,
) -> StorageSettings:
    """Settings from parameter values and from those paths, which only the main thread can make absolute."""
    mode = tdg_core_settings.text(values, "Conflictmode")
    return StorageSettings(
        component=component,
        private_key_file=private_key_file,
        emulator_host=tdg_core_settings.text(values, "Emulatorhost").removeprefix("http://").rstrip("/"),
        use_adc=bool(values.get("Useadc", False)),
        target=tdg_core_settings.text(values, "Bucket").removeprefix("gs://").strip("/"),
        store_file=store_file,
        local_path=local_path,
        local_path_chosen=bool(tdg_core_settings.text(values, "Localpath")),
        remote_path=tdg_core_settings.text(values, "Remotepath"),
        make_public=bool(values.get("Makepublic", False)),
        delete_remote=bool(values.get("Deleteremoteorphans", False)),
        delete_local=bool(values.get("Deletelocalorphans", False)),
        max_concurrent=min(max(1, int(tdg_core_settings.number(values, "Maxconcurrent", 3))), MOST_CONCURRENT),
        max_delete=min(max(0, int(tdg_core_settings.number(values, "Maxdelete", 50))), 100),
        conflict_mode=mode if mode in CONFLICT_MODES else CONFLICT_MODES[0],
        include=tdg_core_settings.text(values, "Include"),
        exclude=tdg_core_settings.text(values, "Exclude"),
        watch_folder=bool(values.get("Watchfolder", False)),
        cache_folder=cache_folder,
    )


def default_bucket(project_id: str) -> str:
    """The bucket that an empty *Bucket Name* means."""
    return f"{project_id}.firebasestorage.app"
