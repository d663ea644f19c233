"""Installing with the real uv, without a network: wheel folder, private index, a file that was changed on the way."""

import base64
import hashlib
import http.server
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import dev_env
import tdg_core_bootstrap_messages as messages
import tdg_work_bootstrap
from tdg_core_messages import Logged
from tdg_work_bootstrap import Plan

UV = dev_env.program(Path(sys.prefix), "uv")
NAME = "tdg_probe_wheel-1.0-py3-none-any.whl"

pytestmark = pytest.mark.skipif(not UV.is_file(), reason="the development environment has no uv")


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's settings counts, and nothing is cached."""
    for name in ("UV_DEFAULT_INDEX", "UV_FIND_LINKS", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    monkeypatch.setenv("PATH", str(UV.parent))


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with a wheel."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "tdg_probe_wheel-1.0.dist-info"
    files = {
        "tdg_probe_wheel.py": "VALUE = 'from the wheel'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tdg-probe-wheel\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in files) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        for name, text in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(name, text)
    return folder


def install(tmp_path: Path, digest: str) -> tuple[Any, list[str], Plan]:
    """The answer of an installation of that wheel, what was logged, and the plan."""
    plan = Plan(
        run=1,
        folder=str(tmp_path / "project" / "venv" / "gcp"),
        python=dev_env.base_python(),
        version=f"{sys.version_info.major}.{sys.version_info.minor}",
        modules=("tdg_probe_wheel",),
        lock=f"tdg-probe-wheel==1.0 \\\n    --hash=sha256:{digest}\n",
        installer_lock="",
    )
    posted: list[Any] = []
    tdg_work_bootstrap.install(asdict(plan), "missing", threading.Event(), posted.append)
    return posted[-1], [event.message for event in posted if isinstance(event, Logged)], plan


def digest_of(wheels: Path) -> str:
    return hashlib.sha256((wheels / NAME).read_bytes()).hexdigest()


def test_an_offline_folder_of_wheels_set_up_for_pip(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    answer, log, plan = install(tmp_path, digest_of(wheels))
    assert isinstance(answer, messages.PackagesFound), answer
    site = plan.venv.site_packages
    assert (site / "tdg_probe_wheel.py").read_text() == "VALUE = 'from the wheel'\n"
    assert list((site / "__pycache__").glob("tdg_probe_wheel*.pyc"))  # so that no frame pays for compiling it
    assert any("Installed 1 package" in line for line in log)


def test_a_wheel_that_was_changed_is_refused(tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    answer, _, plan = install(tmp_path, "0" * 64)
    assert isinstance(answer, messages.PackagesUnusable)
    assert "differs from the one that was tested" in answer.message
    assert not plan.venv.folder.exists()


def test_a_folder_without_the_locked_version_is_named(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = digest_of(wheels)
    (wheels / NAME).unlink()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    assert "does not have the locked versions" in install(tmp_path, digest)[0].message


@contextmanager
def index(wheels: Path, login: str) -> Iterator[int]:
    """A private index that wants a login; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != "Basic " + base64.b64encode(login.encode()).decode():
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.end_headers()
                return
            is_file = self.path.endswith(".whl")
            body = (wheels / NAME).read_bytes() if is_file else f'<a href="/{NAME}">{NAME}</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream" if is_file else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running.server_address[1]
        finally:
            running.shutdown()
            thread.join()


@pytest.mark.parametrize(("password", "works"), [("SECRET", True), ("WRONG", False)])
def test_a_private_index_with_a_login_set_up_for_pip(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch, password: str, works: bool
) -> None:
    with index(wheels, "museum:SECRET") as port:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://museum:{password}@127.0.0.1:{port}/simple")
        answer, log, _ = install(tmp_path, digest_of(wheels))
    if works:
        assert isinstance(answer, messages.PackagesFound), answer
    else:
        assert "wants other credentials" in answer.message
    assert password not in "".join(log) + repr(answer)
