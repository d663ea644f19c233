"""Reads a service-account key file and says in words what is wrong with it.

Thread: any.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: A key has two to three thousand bytes; a file beyond this is something else and is not read whole.
_LARGEST = 1 << 20

_HOW = "create a JSON key in the Google Cloud console under IAM, Service accounts, Keys"

#: How a PKCS #12 file begins (a DER sequence with a two-byte length).
_P12 = b"\x30\x82"

#: What else comes as JSON from Google's consoles: a field that tells it, and what to say.
_MISTAKEN = {
    "installed": f"is an OAuth client file, not a service-account key; {_HOW}",
    "web": f"is an OAuth client file, not a service-account key; {_HOW}",
    "project_info": f"is the configuration of an Android app, not a service-account key; {_HOW}",
    "apiKey": f"is the configuration of a web app, not a service-account key; {_HOW}",
}

#: The same, told by the field `type`.
_MISTAKEN_TYPES = {
    "authorized_user": "holds a person's login, not a service-account key; leave *Private Key File* empty and turn "
    f"*Use ADC* on, or {_HOW}",
    "external_account": "describes an external identity, not a service-account key; set the environment variable "
    "GOOGLE_APPLICATION_CREDENTIALS to it, leave *Private Key File* empty and turn *Use ADC* on",
    "impersonated_service_account": "describes an impersonated account, not a service-account key; set the environment "
    "variable GOOGLE_APPLICATION_CREDENTIALS to it, leave *Private Key File* empty and turn *Use ADC* on",
}


@dataclass(frozen=True)
class Key:
    """A service account's key; `info` holds the secret and never appears in a repr."""

    project_id: str
    email: str
    info: dict[str, Any] = field(repr=False)


def read_key(path: str) -> Key:
    """Reads and checks the key file.

    Raises:
        CloudError: `config`, with a sentence that says what the file is instead and what to do.
    """
    data = _read(path)
    if data.startswith(_P12) or Path(path).suffix.lower() in {".p12", ".pfx"}:
        raise _wrong(path, f"is a P12 key, which Google's libraries no longer take; {_HOW}")
    try:
        info = json.loads(data)
    except (ValueError, RecursionError):
        raise _wrong(path, f"is not JSON, so it is no service-account key; {_HOW}") from None
    if not isinstance(info, dict):
        raise _wrong(path, f"holds no service-account key; {_HOW}")
    for name, sentence in _MISTAKEN.items():
        if name in info:
            raise _wrong(path, sentence)
    kind = info.get("type")
    if kind in _MISTAKEN_TYPES:
        raise _wrong(path, _MISTAKEN_TYPES[kind])
    if not info.get("project_id"):
        raise _wrong(path, f"has no project_id, so it is no complete service-account key; {_HOW}")
    missing = [name for name in ("client_email", "private_key", "token_uri") if not info.get(name)]
    if kind != "service_account" or missing:
        raise _wrong(path, f"is no complete service-account key ({', '.join(missing) or 'type'} is missing); {_HOW}")
    return Key(str(info["project_id"]), str(info["client_email"]), info)


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise CloudError(
            "config", f"The key file {path} does not exist. Set *Private Key File* to it, or {_HOW}."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no legal file name"
        raise CloudError(
            "config", f"The key file {path} cannot be read ({reason}). Check its path and its permissions."
        ) from None
    if len(data) > _LARGEST:
        raise _wrong(path, f"is far too large for a service-account key; {_HOW}")
    return data


def _wrong(path: str, sentence: str) -> CloudError:
    return CloudError("config", f"{path} {sentence}.")
