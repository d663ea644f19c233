"""Credentials: every way in which they fail is one sentence that says what to do, and never shows the key."""

import datetime
import email.utils
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import firebase_admin
import grpc
import pytest
import requests

import tdg_gateway_app
import tdg_gateway_errors
import tdg_gateway_roots
from gateway.loopback import PEM, Answer, certificate, closed_port, key_file, key_info, rpc_details, server, token_error
from tdg_core_errors import CloudError
from tdg_core_settings import Settings
from tdg_gateway_app import App, open_app

TOKEN = {"access_token": "TOKEN-MATERIAL", "expires_in": 3600, "token_type": "Bearer"}
SECRETS = (PEM[60:100], "TOKEN-MATERIAL")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GCLOUD_PROJECT", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    yield
    assert not firebase_admin._apps


@contextmanager
def opened(settings: Settings) -> Iterator[App]:
    app = open_app(settings)
    try:
        yield app
    finally:
        app.close()


def with_key(tmp_path: Path, token_uri: str) -> Settings:
    return Settings(component="storage", private_key_file=key_file(tmp_path, token_uri))


def token_trouble(tmp_path: Path, token_uri: str) -> CloudError:
    error = token_error(tmp_path, token_uri)
    assert error.message.endswith(".")
    assert not any(secret in error.message for secret in SECRETS)
    assert error.__cause__ is None  # a traceback would print the original
    assert error.__suppress_context__
    return error


def test_a_key_gets_a_token_from_its_server(tmp_path: Path) -> None:
    answer = Answer(TOKEN)
    with server(answer) as port, opened(with_key(tmp_path, f"http://127.0.0.1:{port}/token")) as app:
        app.fetch_token()
        assert app.project_id == "museum"
        assert app.credentials.token == "TOKEN-MATERIAL"
    assert answer.asked == ["/token"]


def test_copies_of_a_component_have_apps_of_their_own() -> None:
    settings = Settings(component="storage", emulator_host="127.0.0.1:9")
    with opened(settings), opened(settings), opened(Settings(component="firestore", emulator_host="x:1")):
        assert sorted(firebase_admin._apps) == ["td_firestore", "td_storage", "td_storage_2"]


def test_closing_twice_is_closing_once() -> None:
    with opened(Settings(component="storage", emulator_host="127.0.0.1:9")) as app:
        app.close()


def test_an_emulator_needs_no_key_and_no_token_and_takes_the_project_of_a_key(tmp_path: Path) -> None:
    with opened(Settings(component="storage", emulator_host="127.0.0.1:9")) as app:
        app.fetch_token()
        assert app.project_id == tdg_gateway_app.EMULATOR_PROJECT
    key = key_file(tmp_path, "http://127.0.0.1:9/token")
    with opened(Settings(component="storage", emulator_host="127.0.0.1:9", private_key_file=key)) as app:
        assert app.project_id == "museum"


def test_nothing_to_connect_with_names_the_parameters() -> None:
    with pytest.raises(CloudError, match="Private Key File") as caught:
        open_app(Settings(component="storage"))
    assert caught.value.code == "config"


def test_a_damaged_private_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key_info("http://x") | {"private_key": "MARKER-NO-KEY"}))
    with pytest.raises(CloudError, match="damaged") as caught:
        open_app(Settings(component="storage", private_key_file=str(path)))
    assert caught.value.code == "config"
    assert "MARKER" not in caught.value.message


REFUSALS = {
    "clock": ("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.", "clock"),
    "deleted key": ("Invalid JWT Signature.", "deleted"),
    "deleted account": ("Invalid grant: account not found", "no longer exists"),
    "disabled account": ("Account has been disabled.", "disabled"),
    "expired login": ("Token has been expired or revoked.", "gcloud auth application-default login"),
    "needs login again": ("reauth related error (rapt_required)", "gcloud auth application-default login"),
    "something new": ("Quite another reason " + PEM[60:100], "deleted"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_login_says_why_and_what_to_do(tmp_path: Path, name: str) -> None:
    description, words = REFUSALS[name]
    answer = Answer({"error": "invalid_grant", "error_description": description}, 400)
    with server(answer) as port:
        error = token_trouble(tmp_path, f"http://127.0.0.1:{port}/token")
    assert error.code == "credentials"
    assert words in error.message


def test_a_clock_that_is_off_is_told_with_by_how_much(tmp_path: Path) -> None:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    answer = Answer({"error": "invalid_grant"}, 400, {"Date": email.utils.format_datetime(past, usegmt=True)})
    with server(answer) as port:
        error = token_trouble(tmp_path, f"http://127.0.0.1:{port}/token")
    assert "clock" in error.message
    assert "120 minutes" in error.message


def test_an_account_without_rights_to_a_token_is_told(tmp_path: Path) -> None:
    with server(Answer({"error": "unauthorized_client", "error_description": "x"}, 401)) as port:
        assert "does not allow" in token_trouble(tmp_path, f"http://127.0.0.1:{port}/token").message


def test_a_wifi_sign_in_page_is_told_as_such(tmp_path: Path) -> None:
    for status in (200, 403):
        with server(Answer(b"<html><h1>Welcome to the Museum Wi-Fi</h1></html>", status)) as port:
            assert "sign-in page" in token_trouble(tmp_path, f"http://127.0.0.1:{port}/token").message


def test_a_busy_token_server_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with server(Answer({"error": "internal_failure"}, 503)) as port:
        error = token_trouble(tmp_path, f"http://127.0.0.1:{port}/token")
    assert (error.code, error.todo) == ("unavailable", "retry")


def test_nobody_listening_is_a_matter_of_the_network(tmp_path: Path) -> None:
    error = token_trouble(tmp_path, f"http://127.0.0.1:{closed_port()}/token")
    assert (error.code, error.todo) == ("network", "retry")


def test_a_name_that_cannot_be_looked_up_points_to_the_network(tmp_path: Path) -> None:
    error = token_trouble(tmp_path, "http://token.invalid/token")
    assert error.code == "network"
    assert "cannot be looked up" in error.message


def test_a_server_that_swallows_requests_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdg_gateway_app, "TOKEN_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = token_trouble(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/token")
    assert error.code == "deadline"


def test_a_connection_that_breaks_is_tried_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                connection.recv(10)
                connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        error = token_trouble(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}/token")
    assert error.todo == "retry"


@pytest.mark.parametrize(
    ("name", "days", "trusted", "words"),
    [
        ("127.0.0.1", (-1, 1), False, "not trusted"),
        ("127.0.0.1", (-10, -5), True, "expired"),
        ("127.0.0.1", (5, 10), True, "not valid yet"),
        ("portal.museum.example", (-1, 1), True, "belongs to someone else"),
    ],
)
def test_a_certificate_that_cannot_be_believed_says_what_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: tuple[int, int], trusted: bool, words: str
) -> None:
    context = certificate(tmp_path, name=name, days=days)
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
    with server(Answer(TOKEN), context) as port:
        error = token_trouble(tmp_path, f"https://127.0.0.1:{port}/token")
    assert error.code == "network"
    assert words in error.message


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_a_certificate_named_in_the_environment_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    context = certificate(tmp_path)
    monkeypatch.setenv(name, str(tmp_path / "cert.pem"))
    with server(Answer(TOKEN), context) as port, opened(with_key(tmp_path, f"https://127.0.0.1:{port}/token")) as app:
        app.fetch_token()


def test_something_that_does_not_speak_tls_is_told(tmp_path: Path) -> None:
    with server(Answer(TOKEN)) as port:
        assert "encrypted" in token_trouble(tmp_path, f"https://127.0.0.1:{port}/token").message


@pytest.mark.parametrize(("status", "words"), [(407, "wants a login"), (502, "proxy")])
def test_a_proxy_that_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, words: str) -> None:
    with server(Answer(b"", status)) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:SECRET@127.0.0.1:{port}")
        error = token_trouble(tmp_path, "https://oauth2.googleapis.com/token")
    assert error.code == "network"
    assert words in error.message
    assert "SECRET" not in error.message


def test_a_proxy_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert "HTTPS_PROXY" in token_trouble(tmp_path, "https://oauth2.googleapis.com/token").message


def test_application_default_credentials_from_a_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(Answer(TOKEN)) as port:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file(tmp_path, f"http://127.0.0.1:{port}/token"))
        with opened(Settings(component="storage", use_adc=True)) as app:
            app.fetch_token()
            assert app.project_id == "museum"


def test_missing_application_default_credentials_say_how_to_make_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "gone.json"))
    with pytest.raises(CloudError, match="gcloud auth application-default login") as caught:
        open_app(Settings(component="storage", use_adc=True))
    assert caught.value.code == "config"


def test_application_default_credentials_without_a_project_say_how_to_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "adc.json"
    path.write_text(json.dumps(key_info("http://127.0.0.1:9") | {"project_id": None}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(CloudError, match="GOOGLE_CLOUD_PROJECT") as caught:
        open_app(Settings(component="storage", use_adc=True))
    assert caught.value.code == "config"


def test_damaged_application_default_credentials_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "adc.json"
    path.write_text("no json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(CloudError, match="Application Default Credentials"):
        open_app(Settings(component="storage", use_adc=True))


# gRPC ----------------------------------------------------------------------------------------------------------------


def rpc_sentence(details: str) -> tuple[str, str]:
    error = tdg_gateway_errors.rpc_trouble(details, "firestore.googleapis.com")
    assert error is not None, details
    assert details not in error.message
    return error.code, error.message


def test_grpc_nobody_listening() -> None:
    code, message = rpc_sentence(rpc_details(f"127.0.0.1:{closed_port()}"))
    assert (code, "Nothing listens" in message) == ("network", True)


def test_grpc_name_that_cannot_be_looked_up() -> None:
    code, message = rpc_sentence(rpc_details("firestore.invalid:443"))
    assert (code, "looked up" in message) == ("network", True)


def test_grpc_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    with server(Answer(b""), certificate(tmp_path)) as port:
        code, message = rpc_sentence(rpc_details(f"127.0.0.1:{port}", grpc.ssl_channel_credentials()))
    assert (code, "certificate" in message) == ("network", True)


def test_grpc_believes_what_the_system_and_the_environment_believe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate(tmp_path, name="localhost")
    pem = (tmp_path / "cert.pem").read_bytes()
    running = grpc.server(ThreadPoolExecutor(1))
    port = running.add_secure_port("localhost:0", grpc.ssl_server_credentials([(PEM.encode(), pem)]))
    running.start()
    bundle = requests.utils.DEFAULT_CA_BUNDLE_PATH
    unknown = rpc_details(f"localhost:{port}", grpc.ssl_channel_credentials(tdg_gateway_roots.grpc_roots(bundle)))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    known = rpc_details(f"localhost:{port}", grpc.ssl_channel_credentials(tdg_gateway_roots.grpc_roots(bundle)))
    running.stop(None).wait()
    assert "certificate" in rpc_sentence(unknown)[1]
    assert known == "Method not found!"
    monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "/chosen")
    assert tdg_gateway_roots.grpc_roots(bundle) is None


def test_roots_that_cannot_be_read_leave_those_that_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "empty.pem"))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "gone.pem"))
    assert tdg_gateway_roots.context(requests.utils.DEFAULT_CA_BUNDLE_PATH).get_ca_certs()
    assert tdg_gateway_roots.grpc_roots(str(tmp_path / "gone.pem")) is not None


def test_grpc_server_that_does_not_speak_tls() -> None:
    with server(Answer(b"")) as port:
        code, message = rpc_sentence(rpc_details(f"127.0.0.1:{port}", grpc.ssl_channel_credentials()))
    assert (code, "encrypted" in message) == ("network", True)


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("('invalid_grant: Invalid JWT Signature.', {'error': 'invalid_grant'})", "credentials"),
        (
            "HTTPSConnectionPool(host='oauth2.googleapis.com'): Max retries exceeded with url: /token",
            "network",
        ),
    ],
)
def test_grpc_token_that_could_not_be_had(tmp_path: Path, problem: str, code: str) -> None:
    class Plugin(grpc.AuthMetadataPlugin):
        def __call__(self, context: object, callback: grpc.AuthMetadataPluginCallback) -> None:
            callback((), ValueError(problem))

    certificate(tmp_path, name="localhost")
    pem = (tmp_path / "cert.pem").read_bytes()
    both = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(pem), grpc.metadata_call_credentials(Plugin())
    )
    running = grpc.server(ThreadPoolExecutor(1))
    port = running.add_secure_port("localhost:0", grpc.ssl_server_credentials([(PEM.encode(), pem)]))
    running.start()
    details = rpc_details(f"localhost:{port}", both)
    running.stop(None).wait()
    assert rpc_sentence(details)[0] == code


def test_grpc_server_that_is_another_kind_of_server() -> None:
    with server(Answer(b"")) as port:
        code, message = rpc_sentence(rpc_details(f"127.0.0.1:{port}"))
    assert (code, "does not speak gRPC" in message) == ("network", True)


def test_grpc_trouble_of_the_server_itself_is_left_to_its_status() -> None:
    assert tdg_gateway_errors.rpc_trouble("The service is currently unavailable.", "x") is None


# Roles ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ("Cloud Firestore API has not been used in project 123 before or it is disabled.", "switched off"),
        ("The billing account for the owning project is disabled in state absent", "billing"),
        ("Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x", "administrator"),
        ("Missing or insufficient permissions.", "Grant it the role Cloud Datastore User"),
    ],
)
def test_a_server_that_allows_nothing_says_what_to_grant(details: str, words: str) -> None:
    error = tdg_gateway_errors.forbidden(details, "the database (default)", "Cloud Datastore User", "museum")
    assert error.code == "permission"
    assert words in error.message
    assert "museum" in error.message or "administrator" in error.message


def test_skew_is_none_where_the_server_sends_no_date() -> None:
    assert tdg_gateway_errors.skew_s(None) == tdg_gateway_errors.skew_s("yesterday") == 0.0
    assert tdg_gateway_errors.skew_s("Thu, 01 Jan 1970 00:00:10 GMT", now_s=25.0) == 15.0


def test_contexts_are_real(tmp_path: Path) -> None:
    """The certificates above fail for the reason that is tested, not because they are broken."""
    context = certificate(tmp_path)
    with server(Answer(TOKEN), context) as port:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
        ):
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}
