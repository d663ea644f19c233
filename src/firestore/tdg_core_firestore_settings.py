"""The firestore component's parameters as checked settings.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import tdg_core_firestore_filters
import tdg_core_firestore_names
import tdg_core_settings

#: Names of the parameters that these settings are made of, beside those of every component.
PARAMETERS = (
    "Databaseid",
    "Enablelistener",
    "Enablewriteback",
    "Collections",
    "Filterdocs",
    "Filterdocsmode",
    "Filterfields",
    "Filterfieldsmode",
    "Expandfields",
    "Enablecache",
    "Cachepath",
    "Cachehydrate",
)

#: What stands for "all top-level collections" in *Collections*.
ALL = "*"

_LISTS = ("collections", "filter_docs", "filter_fields", "expand_fields")


@dataclass(frozen=True)
class FirestoreSettings(tdg_core_settings.Settings):
    """What the firestore component is set to."""

    listen: bool = True
    write_back: bool = True
    #: Collection paths as typed.
    collections: tuple[str, ...] = ()
    filter_docs: tuple[str, ...] = ()
    filter_docs_mode: str = "include"
    filter_fields: tuple[str, ...] = ()
    filter_fields_mode: str = "exclude"
    expand_fields: tuple[str, ...] = ()
    hydrate: bool = True
    #: Names this run of the component; writes of another run are found, not known.
    session: str = ""

    @property
    def discovers(self) -> bool:
        """Whether the collections to watch are looked up on the server."""
        return not self.collections or ALL in self.collections

    @property
    def filters(self) -> tdg_core_firestore_filters.Filters:
        """The four filter parameters."""
        return tdg_core_firestore_filters.Filters.of(
            list(self.filter_docs), self.filter_docs_mode, list(self.filter_fields), self.filter_fields_mode
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """As the base class; lists that went through JSON become tuples again."""
        return super().from_plain({**plain, **{name: tuple(plain[name]) for name in _LISTS if name in plain}})


def make(component: str, values: Mapping[str, Any], key_file: str, store_file: str, session: str) -> FirestoreSettings:
    """Settings from parameter values.

    Args:
        component: The component's name.
        values: Evaluated parameters by name; a missing one counts as its default.
        key_file: *Private Key File* as an absolute path.
        store_file: Path of the engine's SQLite file; empty without a cache.
        session: Names this run of the component.
    """
    text = tdg_core_settings.text
    return FirestoreSettings(
        component=component,
        private_key_file=key_file,
        emulator_host=text(values, "Emulatorhost"),
        use_adc=bool(values.get("Useadc", False)),
        target=text(values, "Databaseid") or "(default)",
        store_file=store_file,
        listen=bool(values.get("Enablelistener", True)),
        write_back=bool(values.get("Enablewriteback", True)),
        collections=_words(values, "Collections"),
        filter_docs=_words(values, "Filterdocs"),
        filter_docs_mode=_mode(values, "Filterdocsmode", "include"),
        filter_fields=_words(values, "Filterfields"),
        filter_fields_mode=_mode(values, "Filterfieldsmode", "exclude"),
        expand_fields=_words(values, "Expandfields"),
        hydrate=bool(values.get("Cachehydrate", True)),
        session=session,
    )


def _words(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(tdg_core_firestore_names.split_names(tdg_core_settings.text(values, name)))


def _mode(values: Mapping[str, Any], name: str, usual: str) -> str:
    mode = tdg_core_settings.text(values, name)
    return mode if mode in {"include", "exclude"} else usual
