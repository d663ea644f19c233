"""Signed addresses (v4): they let whoever holds one read or upload one object for a while.

Thread: worker only.
"""

import datetime
from collections.abc import Callable
from typing import Any

import tdg_core_errors
import tdg_core_storage_settings
import tdg_disk_key
import tdg_gateway_app
import tdg_gateway_errors

CloudError = tdg_core_errors.CloudError

#: (bucket, name, method, seconds, content type) -> address; raises `CloudError`.
Sign = Callable[[str, str, str, float, str], str]

#: In the text of Google's error when its service answers but does not sign; without, it was not reached.
_REFUSED = "IAM"

_HOW = "use the key file of a service account (*Private Key File*)"


def signer(settings: tdg_core_storage_settings.StorageSettings, app: tdg_gateway_app.App, base: str) -> Sign:
    """Signs with the app's credentials; at an emulator, which checks nothing, with the key file if there is one."""

    def sign(bucket: str, name: str, method: str, expires_s: float, content_type: str) -> str:
        storage, credentials, signing, errors = _packages()
        identity = app.credentials
        if settings.emulator_host and settings.private_key_file:
            info = tdg_disk_key.read_key(settings.private_key_file).info
            identity = credentials.Credentials.from_service_account_info(info)
        extra: dict[str, Any] = {}
        if not isinstance(identity, signing.Signing):
            if not getattr(identity, "service_account_email", ""):
                what = "An emulator without a key" if settings.emulator_host else "These credentials"
                raise CloudError("permission", f"{what} cannot sign addresses; {_HOW}.")
            # A machine's own account has no key here; Google signs for it.
            if not identity.valid:
                app.fetch_token()
            extra = {"service_account_email": identity.service_account_email, "access_token": identity.token}
        if content_type:
            extra["content_type"] = content_type
        client = storage.Client(
            project=app.project_id, credentials=identity, client_options={"api_endpoint": base} if base else None
        )
        try:
            return str(
                client.bucket(bucket)
                .blob(name)
                .generate_signed_url(
                    version="v4",
                    expiration=datetime.timedelta(seconds=expires_s),
                    method=method,
                    api_access_endpoint=base,
                    **extra,
                )
            )
        except errors.TransportError as error:
            if _REFUSED not in str(error):
                raise tdg_gateway_errors.unreachable(error, "iamcredentials.googleapis.com") from error
            raise CloudError(
                "permission",
                f"Google may not sign for this account; grant it the role Service Account Token Creator, or {_HOW}.",
            ) from None
        finally:
            client.close()

    return sign


def _packages() -> tuple[Any, Any, Any, Any]:
    """The only place where this file imports Google's packages."""
    try:
        import google.auth.credentials
        import google.auth.exceptions
        import google.cloud.storage
        import google.oauth2.service_account
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return (
        google.cloud.storage,
        google.oauth2.service_account,
        google.auth.credentials,
        google.auth.exceptions,
    )
