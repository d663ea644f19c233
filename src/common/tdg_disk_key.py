"""Reads a service-account key file and says in words what is wrong with it.

Thread: any.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

_HOW = "create a JSON key in the Google Cloud console under IAM, Service accounts, Keys"


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
    file = Path(path)
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise _wrong(f"The key file {path} does not exist. Set *Private Key File* to it, or {_HOW}") from None
    except OSError as error:
        raise _wrong(f"The key file {path} cannot be read ({error.strerror}). Check its permissions") from None
    if file.suffix.lower() in {".p12", ".pfx"}:
        raise _wrong(f"{path} is a P12 key, which Google's libraries no longer take; {_HOW}")
    try:
        info = json.loads(data)
    except ValueError:
        raise _wrong(f"{path} is not JSON, so it is no service-account key; {_HOW}") from None
    if not isinstance(info, dict):
        raise _wrong(f"{path} holds no service-account key; {_HOW}")
    if "installed" in info or "web" in info:
        raise _wrong(f"{path} is an OAuth client file, not a service-account key; {_HOW}")
    if not info.get("project_id"):
        raise _wrong(f"{path} has no project_id, so it is no complete service-account key; {_HOW}")
    missing = [name for name in ("client_email", "private_key", "token_uri") if not info.get(name)]
    if info.get("type") != "service_account" or missing:
        raise _wrong(f"{path} is no complete service-account key; {_HOW}")
    return Key(str(info["project_id"]), str(info["client_email"]), info)


def _wrong(sentence: str) -> CloudError:
    return CloudError("config", f"{sentence}.")
