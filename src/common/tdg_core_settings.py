"""Parameters as checked, plain settings.

Thread: any.

The main thread reads the parameters into a dict (`tdg_td_params`), this module makes settings of it, and from there on
nobody asks a parameter again. Values out of range are brought into it: TouchDesigner clamps only what a user types.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import tdg_core_retry

#: Names of the parameters below, in the order of the fields they fill.
CONNECTION_PARAMETERS = ("Privatekey", "Emulatorhost", "Useadc")
BREAKER_PARAMETERS = ("Circuitfailurethreshold", "Circuittimeout", "Backoffbase", "Backoffmax")

#: Where an engine lives (*Engine*).
THREAD = "thread"
PROCESS = "process"

NOT_CONFIGURED = (
    "Nothing to connect with: set *Private Key File* to the JSON key of a service account, or *Emulator Host* to the "
    "host:port of an emulator."
)


@dataclass(frozen=True)
class Settings:
    """What both components need to connect; each component adds its own fields in a subclass."""

    #: Name of the COMP; part of the Firebase app's name.
    component: str = ""
    #: Absolute path of the service-account key, or empty.
    private_key_file: str = ""
    #: `host:port` of an emulator, or empty.
    emulator_host: str = ""
    use_adc: bool = False
    #: Bucket name or database id as typed; empty means the documented default.
    target: str = ""
    #: Absolute path of the engine's SQLite file; empty keeps everything in memory.
    store_file: str = ""

    @property
    def configured(self) -> bool:
        """Whether there is anything to connect with."""
        return bool(self.private_key_file or self.emulator_host or self.use_adc)

    def connects_like(self, other: "Settings") -> bool:
        """Whether a connection made with `other` serves these settings, too."""
        names = [f.name for f in fields(Settings) if f.name != "store_file"]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def as_plain(self) -> dict[str, Any]:
        """For a message."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse of `as_plain`; fields of another version are dropped."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in plain.items() if name in known})


def breaker(values: Mapping[str, Any]) -> tdg_core_retry.BreakerSettings:
    """The breaker's settings from the parameters of the Conn page."""
    usual = tdg_core_retry.BreakerSettings()
    return tdg_core_retry.BreakerSettings(
        failure_threshold=max(1, int(number(values, "Circuitfailurethreshold", usual.failure_threshold))),
        timeout_s=max(0.0, number(values, "Circuittimeout", usual.timeout_s)),
        backoff_base=max(0.0, number(values, "Backoffbase", usual.backoff_base)),
        backoff_max_s=max(0.0, number(values, "Backoffmax", usual.backoff_max_s)),
    )


def engine(values: Mapping[str, Any]) -> str:
    """Where the user wants the engine."""
    return PROCESS if text(values, "Engine") == PROCESS else THREAD


def number(values: Mapping[str, Any], name: str, usual: float) -> float:
    """A parameter's number; `usual` where it is missing or none."""
    try:
        value = float(values.get(name, usual))
    except (TypeError, ValueError):
        return float(usual)
    return value if math.isfinite(value) else float(usual)


def text(values: Mapping[str, Any], name: str) -> str:
    """A parameter's text without blanks around it; empty where it is missing."""
    value = values.get(name)
    return "" if value is None else str(value).strip()
