"""Credentials and the named Firebase app that both gateways stand on.

Thread: worker only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tdg_core_errors
import tdg_core_settings
import tdg_disk_key
import tdg_gateway_errors
import tdg_gateway_roots

CloudError = tdg_core_errors.CloudError

#: The project an emulator is told when no key names one; Firebase's tools use this form for projects without a cloud.
EMULATOR_PROJECT = "demo-td-gcp"

#: Seconds within which the token server must answer.
TOKEN_TIMEOUT_S = 20.0

#: So many copies of a component can be connected at once.
_MOST = 1000


@dataclass(frozen=True)
class App:
    """A Firebase app of this component alone.

    Attributes:
        project_id: The project that key, environment or emulator name.
        credentials: google-auth credentials for a client.
        close: Deletes the app; may be called more than once.
        fetch_token: Gets a new access token now; nothing to do for an emulator. Raises `CloudError` in words:
            `credentials`, `config`, `network`, `deadline` or `unavailable`.
        grpc_roots: The roots a gRPC channel is given, as PEM; None leaves them to gRPC.
    """

    project_id: str
    credentials: Any
    close: Callable[[], None]
    fetch_token: Callable[[], None]
    grpc_roots: Callable[[], bytes | None]


@dataclass(frozen=True)
class _Packages:
    """What this file uses of Google's packages."""

    firebase_admin: Any
    credentials: Any
    anonymous: Any
    auth_error: type[Exception]
    auth_request: Callable[[], Any]
    adapter: Any
    bundle: str


def open_app(settings: tdg_core_settings.Settings) -> App:
    """Makes the app `td_<component>`, with a number behind the name where another copy holds it.

    Raises:
        CloudError: `packages`, `config` or `credentials`.
    """
    packages = _packages()
    if settings.emulator_host:
        certificate, project_id = _anonymous(packages), _emulator_project(settings)
    else:
        certificate, project_id = _credential(settings, packages)
    app = _initialized(packages.firebase_admin, certificate, project_id, f"td_{settings.component}")
    request = None if settings.emulator_host else _Request(_trusting_request(packages))

    def close() -> None:
        try:
            packages.firebase_admin.delete_app(app)
        except ValueError:  # deleted already
            return
        if request is not None:
            request.close()

    def fetch_token() -> None:
        if request is not None:
            try:
                credentials.refresh(request)
            except Exception as error:
                # Of any kind, as an answer that is no JSON shows; without the original, whose text may hold a secret.
                raise tdg_gateway_errors.refused_token(error, request.skew_s) from None

    credentials = certificate.get_credential()
    return App(project_id, credentials, close, fetch_token, lambda: tdg_gateway_roots.grpc_roots(packages.bundle))


class _Request:
    """google-auth's way to the token server, with a time limit, and a look at the server's clock."""

    def __init__(self, request: Any) -> None:
        self._request = request
        #: By how many seconds this computer's clock was ahead of the server that answered last.
        self.skew_s = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["timeout"] = TOKEN_TIMEOUT_S
        response = self._request(*args, **kwargs)
        self.skew_s = tdg_gateway_errors.skew_s(response.headers.get("Date"))
        return response

    def close(self) -> None:
        self._request.session.close()


def _trusting_request(packages: _Packages) -> Any:
    """google-auth's request, which trusts the system's certificates, too."""
    context = tdg_gateway_roots.context(packages.bundle)

    class Trusting(packages.adapter):  # type: ignore[misc,name-defined]
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs, ssl_context=context)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            return super().proxy_manager_for(proxy, **kwargs, ssl_context=context)

    request = packages.auth_request()
    request.session.mount("https://", Trusting())
    return request


def _initialized(firebase_admin: Any, certificate: Any, project_id: str, name: str) -> Any:
    for number in range(1, _MOST):
        try:
            options = {"projectId": project_id}
            return firebase_admin.initialize_app(certificate, options, name if number == 1 else f"{name}_{number}")
        except ValueError:  # taken
            continue
    raise CloudError("config", f"A thousand Firebase apps are called {name}; restart TouchDesigner.")


def _emulator_project(settings: tdg_core_settings.Settings) -> str:
    """An emulator needs no key, but one that is given names the project."""
    key_file = settings.private_key_file
    return tdg_disk_key.read_key(key_file).project_id if key_file else EMULATOR_PROJECT


def _credential(settings: tdg_core_settings.Settings, packages: _Packages) -> tuple[Any, str]:
    if settings.private_key_file:
        key = tdg_disk_key.read_key(settings.private_key_file)
        try:
            return packages.credentials.Certificate(key.info), key.project_id
        except ValueError:
            raise CloudError(
                "config", f"The private key in {settings.private_key_file} is damaged; download a new key file."
            ) from None
    if settings.use_adc:
        return _application_default(packages)
    raise CloudError("config", tdg_core_settings.NOT_CONFIGURED)


def _application_default(packages: _Packages) -> tuple[Any, str]:
    certificate = packages.credentials.ApplicationDefault()
    try:
        project_id = certificate.project_id
    except (packages.auth_error, OSError, ValueError) as error:
        raise tdg_gateway_errors.refused_token(error) from None
    if not project_id:
        raise CloudError(
            "config",
            "The Application Default Credentials name no project. Set the environment variable GOOGLE_CLOUD_PROJECT to "
            "its id, or run `gcloud config set project`.",
        )
    return certificate, str(project_id)


def _anonymous(packages: _Packages) -> Any:
    """An emulator asks for no credentials, but the app wants some."""

    class Anonymous(packages.credentials.Base):  # type: ignore[misc,name-defined]
        def get_credential(self) -> Any:
            return packages.anonymous()

    return Anonymous()


def _packages() -> _Packages:
    """The only place where this file imports Google's packages."""
    try:
        import firebase_admin
        import firebase_admin.credentials
        import google.auth.credentials
        import google.auth.exceptions
        import google.auth.transport.requests
        import requests.adapters
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return _Packages(
        firebase_admin=firebase_admin,
        credentials=firebase_admin.credentials,
        anonymous=google.auth.credentials.AnonymousCredentials,
        auth_error=google.auth.exceptions.GoogleAuthError,
        auth_request=google.auth.transport.requests.Request,
        adapter=requests.adapters.HTTPAdapter,
        bundle=requests.adapters.DEFAULT_CA_BUNDLE_PATH,
    )
