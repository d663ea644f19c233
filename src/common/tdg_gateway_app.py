"""Credentials and the named Firebase app that both gateways stand on.

Thread: worker only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tdg_core_errors
import tdg_core_settings
import tdg_disk_key

CloudError = tdg_core_errors.CloudError

#: The project an emulator is told when no key names one; Firebase's tools use this form for projects without a cloud.
EMULATOR_PROJECT = "demo-td-gcp"


@dataclass(frozen=True)
class App:
    """A Firebase app of this component alone.

    Attributes:
        project_id: The project that key, environment or emulator name.
        credentials: google-auth credentials for a client.
        close: Deletes the app; may be called more than once.
    """

    project_id: str
    credentials: Any
    close: Callable[[], None]


def open_app(settings: tdg_core_settings.Settings) -> App:
    """Makes the app `td_<component>`, with a number behind the name where another copy holds it.

    Raises:
        CloudError: `packages`, `config` or `credentials`.
    """
    firebase_admin, credentials, auth = _packages()
    if settings.emulator_host:
        certificate, project_id = _anonymous(credentials, auth), _emulator_project(settings)
    else:
        certificate, project_id = _credential(settings, credentials)
    name = f"td_{settings.component}"
    for number in range(1, 1000):
        try:
            app = firebase_admin.initialize_app(
                certificate, {"projectId": project_id}, name if number == 1 else f"{name}_{number}"
            )
            break
        except ValueError:
            continue
    else:
        raise CloudError("config", f"A thousand Firebase apps are called {name}; restart TouchDesigner.")

    def close() -> None:
        try:
            firebase_admin.delete_app(app)
        except ValueError:  # deleted already
            return

    return App(project_id, certificate.get_credential(), close)


def _emulator_project(settings: tdg_core_settings.Settings) -> str:
    """An emulator needs no key, but one that is given names the project."""
    key_file = settings.private_key_file
    return tdg_disk_key.read_key(key_file).project_id if key_file else EMULATOR_PROJECT


def _credential(settings: tdg_core_settings.Settings, credentials: Any) -> tuple[Any, str]:
    if settings.private_key_file:
        key = tdg_disk_key.read_key(settings.private_key_file)
        try:
            return credentials.Certificate(key.info), key.project_id
        except ValueError:
            raise CloudError(
                "config", f"The private key in {settings.private_key_file} is damaged; download a new key file."
            ) from None
    if settings.use_adc:
        certificate = credentials.ApplicationDefault()
        return certificate, certificate.project_id
    raise CloudError("config", tdg_core_settings.NOT_CONFIGURED)


def _anonymous(credentials: Any, auth: Any) -> Any:
    """An emulator asks for no credentials, but the app wants some."""

    class Anonymous(credentials.Base):  # type: ignore[misc]
        def get_credential(self) -> Any:
            return auth.AnonymousCredentials()

    return Anonymous()


def _packages() -> tuple[Any, Any, Any]:
    """The only place where this file imports Google's packages."""
    try:
        import firebase_admin
        import firebase_admin.credentials
        import google.auth.credentials
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return firebase_admin, firebase_admin.credentials, google.auth.credentials
