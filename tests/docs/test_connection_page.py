"""docs/connection.md: every row is made to happen, and the component says what the row promises."""

import json
import re
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import layout
import tdg_core_bootstrap_messages
import tdg_core_connection
import tdg_core_installer
import tdg_core_retry
import tdg_disk_home
import tdg_gateway_app
import tdg_gateway_errors
import tdg_gateway_firestore
import tdg_gateway_storage
import tdg_work_imports
from core_outputs import OUTPUTS
from emulators import FirestoreEmulator, StorageEmulator
from gateway.loopback import Answer, certificate, closed_port, key_info, rpc_details, server, token_error
from tdg_core_errors import RETRY, CloudError
from tdg_core_firestore_settings import FirestoreSettings
from tdg_core_settings import Settings
from tdg_core_storage_settings import StorageSettings
from tdg_disk_key import read_key
from tdg_disk_sqlite import open_database

PAGE = layout.DOCS / "connection.md"


def rows() -> list[tuple[str, str, str]]:
    """What happened, what `last_error` says, who mends it."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] not in {"what happened", "---"}:
            quoted = re.fullmatch(r'"(.+)"', cells[1])
            assert quoted, line
            assert len(cells) == 4, line
            assert cells[2] in {"you", "by itself"}, line
            found.append((cells[0], quoted[1], cells[2]))
    return found


class Ways:
    """How each row comes about; a method per kind."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
        self.folder = folder
        self.patch = patch
        self.request = request

    def install(self, output: str) -> str:
        return f"Cannot install the packages: {tdg_core_installer.meaning(OUTPUTS[output])}."

    def key(self, content: object, name: str = "key.json") -> CloudError:
        path = self.folder / name
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return caught(lambda: read_key(str(path)))

    def unreadable(self) -> CloudError:
        (self.folder / "key.json").mkdir()
        return self.key(None)

    def damaged(self) -> CloudError:
        path = self.folder / "key.json"
        path.write_text(json.dumps({**KEY, "private_key": "x"}))
        return self.app(private_key_file=str(path))

    def busy(self) -> CloudError:
        self.patch.setattr("time.sleep", lambda _: None)
        return self.token(Answer({"error": "internal_failure"}, 503))

    def app(self, **settings: Any) -> CloudError:
        return caught(lambda: tdg_gateway_app.open_app(Settings(component="x", **settings)))

    def adc(self, content: object) -> CloudError:
        path = self.folder / "adc.json"
        if content is not None:
            path.write_text(json.dumps(content))
        self.patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        return self.app(use_adc=True)

    def token(self, answer: Answer, **environ: str) -> CloudError:
        with server(answer) as port:
            for name, value in environ.items():
                self.patch.setenv(name, value.format(port=port))
            address = "https://oauth2.googleapis.com/" if environ else f"http://127.0.0.1:{port}/"
            return token_error(self.folder, address)

    def refusal(self, description: str, error: str = "invalid_grant") -> CloudError:
        return self.token(Answer({"error": error, "error_description": description}, 400))

    def tls(self, trusted: bool = True, **options: Any) -> CloudError:
        context = certificate(self.folder, **options)
        if trusted:
            self.patch.setenv("REQUESTS_CA_BUNDLE", str(self.folder / "cert.pem"))
        with server(Answer({}), context) as port:
            return token_error(self.folder, f"https://127.0.0.1:{port}/")

    def silent(self) -> CloudError:
        self.patch.setattr(tdg_gateway_app, "TOKEN_TIMEOUT_S", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return token_error(self.folder, f"http://127.0.0.1:{listener.getsockname()[1]}/")

    def plain_text(self) -> CloudError:
        with server(Answer({})) as port:
            return token_error(self.folder, f"https://127.0.0.1:{port}/")

    def other_server(self) -> CloudError:
        with server(Answer(b"")) as port:
            error = tdg_gateway_errors.rpc_trouble(rpc_details(f"127.0.0.1:{port}"), "127.0.0.1")
        assert error is not None
        return error

    def forbidden(self, details: str) -> CloudError:
        return tdg_gateway_errors.forbidden(details, "the bucket media", "Storage Object Admin", "museum")

    def no_bucket(self) -> CloudError:
        emulator: StorageEmulator = self.request.getfixturevalue("storage_emulator")
        settings = StorageSettings(component="x", emulator_host=emulator.host, target="no-such-bucket")
        return caught(lambda: tdg_gateway_storage.open_gateway(settings))

    def no_database(self) -> CloudError:
        emulator: FirestoreEmulator = self.request.getfixturevalue("own_firestore")
        emulator.inject("BatchGetDocuments", "NOT_FOUND")
        settings = FirestoreSettings(component="x", emulator_host=emulator.host)
        return caught(lambda: tdg_gateway_firestore.open_gateway(settings))

    def broken_package(self) -> str:
        (self.folder / "tdg_probe_broken.py").write_text("import tdg_no_such_package")
        self.patch.syspath_prepend(str(self.folder))
        return tdg_work_imports.problem_of("tdg_probe_broken")

    def life(self, *steps: Callable[[tdg_core_connection.Lifecycle], object]) -> str:
        breaker = tdg_core_retry.Breaker(tdg_core_retry.BreakerSettings(failure_threshold=1))
        life = tdg_core_connection.Lifecycle(breaker)
        for step in steps:
            step(life)
        return life.error

    def database(self, content: bytes | None) -> str:
        path = self.folder / "gcp.db"
        told: list[str] = []
        if content is not None:
            path.write_bytes(content)
            open_database(path, [], lambda _, text: told.append(text)).close()
            return told[0]
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 9")
        connection.close()
        return caught(lambda: open_database(path, [], print)).message

    def cache_folder(self) -> str:
        (self.folder / "cache").write_text("no folder")
        with pytest.raises(OSError, match="cache"):
            tdg_disk_home.Home(self.folder / "cache", "gcp", "/x", lambda _: True)
        return source_has("tdg_td_engine.py", "The cache folder {folder} cannot be used").replace("{folder}", "x")


def caught(action: Callable[[], object]) -> CloudError:
    with pytest.raises(CloudError) as error:
        action()
    return error.value


def source_has(name: str, sentence: str) -> str:
    """A sentence of a module that only TouchDesigner can run; its tests are in tests/td."""
    assert sentence in (layout.SRC / layout.COMMON / name).read_text(encoding="utf-8")
    return sentence


KEY = key_info("http://127.0.0.1:9")

WAYS: dict[str, Callable[[Ways], CloudError | str]] = {
    "Install was not chosen": lambda ways: tdg_core_bootstrap_messages.REFUSED,
    "no network": lambda ways: ways.install("no network"),
    "the package index is unreachable": lambda ways: ways.install("cannot be reached"),
    "the package index is silent": lambda ways: ways.install("does not answer"),
    "the proxy refuses": lambda ways: ways.install("proxy"),
    "a proxy reads the traffic": lambda ways: ways.install("certificate"),
    "the index wants a login": lambda ways: ways.install("other credentials"),
    "the index or wheel folder is too old": lambda ways: ways.install("does not have the locked versions"),
    "a package was changed on the way": lambda ways: ways.install("differs from the one that was tested"),
    "disk full while installing": lambda ways: ways.install("disk is full"),
    "the project folder is read-only": lambda ways: ways.install("permissions"),
    "neither uv nor pip": lambda ways: ways.install("has no pip"),
    "no package for this system": lambda ways: ways.install("no package for this system"),
    "a package is broken": Ways.broken_package,
    "nothing to connect with": lambda ways: ways.app(),
    "key file missing": lambda ways: ways.key(None),
    "key file unreadable": Ways.unreadable,
    "not JSON": lambda ways: ways.key(b"no json"),
    "P12 key": lambda ways: ways.key(b"\x30\x82", "key.p12"),
    "OAuth client file": lambda ways: ways.key({"installed": {}}),
    "configuration of an app": lambda ways: ways.key({"project_info": {}}),
    "a person's login": lambda ways: ways.key({"type": "authorized_user"}),
    "no project in the key": lambda ways: ways.key({**KEY, "project_id": ""}),
    "key incomplete": lambda ways: ways.key({**KEY, "private_key": ""}),
    "private key damaged": Ways.damaged,
    "no Application Default Credentials": lambda ways: ways.adc(None),
    "they name no project": lambda ways: ways.adc({**KEY, "project_id": None}),
    "key deleted": lambda ways: ways.refusal("Invalid JWT Signature."),
    "service account deleted": lambda ways: ways.refusal("Invalid grant: account not found"),
    "account or key disabled": lambda ways: ways.refusal("Account has been disabled."),
    "login expired": lambda ways: ways.refusal("Token has been expired or revoked."),
    "account may have no token": lambda ways: ways.refusal("x", "unauthorized_client"),
    "wrong clock": lambda ways: ways.refusal("Token must be short-lived and in a reasonable timeframe."),
    "no name service": lambda ways: token_error(ways.folder, "http://token.invalid/"),
    "nobody listens": lambda ways: token_error(ways.folder, f"http://127.0.0.1:{closed_port()}/"),
    "the server is silent": Ways.silent,
    "the connection breaks": lambda ways: tdg_gateway_errors.unreachable(ConnectionResetError(104, "reset"), "x"),
    "certificate not trusted": lambda ways: ways.tls(trusted=False),
    "certificate expired": lambda ways: ways.tls(days=(-10, -5)),
    "certificate not valid yet": lambda ways: ways.tls(days=(5, 10)),
    "certificate of someone else": lambda ways: ways.tls(name="portal.example"),
    "a sign-in page answers": lambda ways: ways.token(Answer(b"<html>Welcome</html>")),
    "no encryption possible": Ways.plain_text,
    "the proxy wants a login": lambda ways: ways.token(Answer(b"", 407), HTTPS_PROXY="http://127.0.0.1:{port}"),
    "the proxy is gone": lambda ways: ways.token(Answer(b"", 502), HTTPS_PROXY="http://127.0.0.1:{port}"),
    "another kind of server": Ways.other_server,
    "Google's token server is busy": Ways.busy,
    "role missing": lambda ways: ways.forbidden("Missing or insufficient permissions."),
    "API switched off": lambda ways: ways.forbidden("The API has not been used in project 1 before"),
    "no billing account": lambda ways: ways.forbidden("The billing account is disabled"),
    "policy of the organisation": lambda ways: ways.forbidden("Request is prohibited by organization's policy."),
    "wrong bucket": Ways.no_bucket,
    "wrong database": Ways.no_database,
    "repeated failures": lambda ways: ways.life(
        lambda life: life.connect(0),
        lambda life: life.failed(life.attempt, "network", "x", 0, 0.5),
        lambda life: life.connect(1),
    ),
    "no answer at all": lambda ways: ways.life(
        lambda life: life.connect(0), lambda life: life.asked(0), lambda life: life.tick(10_000, 0.5)
    ),
    "the engine ended": lambda ways: source_has("tdg_td_component.py", "is started again; what was accepted is kept"),
    "cache folder unusable": Ways.cache_folder,
    "cache file damaged": lambda ways: ways.database(b"no database" * 100),
    "cache file of a newer component": lambda ways: ways.database(None),
}


@pytest.mark.parametrize(("happened", "says", "who"), rows())
def test_every_row_happens_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, happened: str, says: str, who: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    result = WAYS[happened](Ways(tmp_path, monkeypatch, request))
    message = result.message if isinstance(result, CloudError) else result
    assert says in message
    if isinstance(result, CloudError):
        assert (result.todo == RETRY) == (who == "by itself")


def test_every_way_has_its_row() -> None:
    assert [happened for happened, _, _ in rows()] == list(WAYS)
