"""The emulators as processes: start, stop, what happens when something goes wrong."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import psutil
import pytest
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from emulators import EmulatorError, FirestoreEmulator, StorageEmulator, external_or, node_packages
from emulators.process import ServerProcess, ask, probe

TOOLS = Path(node_packages.__file__).resolve().parents[1]


@pytest.mark.parametrize("kind", [StorageEmulator, FirestoreEmulator])
def test_an_emulator_starts_on_a_free_port_and_leaves_nothing(kind: type) -> None:
    with kind() as one, kind() as other:
        assert one.host != other.host
        assert one.host.startswith("127.0.0.1:")
        probe(one.host)
        process = psutil.Process(one.pid)
        one.reset()
    assert not process.is_running()
    with pytest.raises(ConnectionRefusedError):
        probe(one.host)
    one.stop()


@pytest.mark.parametrize("name", ["StorageEmulator", "FirestoreEmulator"])
def test_an_emulator_ends_with_its_parent(name: str) -> None:
    code = f"import emulators, time; e = emulators.{name}().start(); print(e.pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(TOOLS)}, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    child.wait(timeout=10)


def test_a_failed_start_shows_what_the_server_said() -> None:
    code = "import sys; sys.exit('the disk is full')"
    with pytest.raises(EmulatorError, match=r"(?s)The toy did not start: it ended with exit code 1.*the disk is full"):
        ServerProcess("The toy", [sys.executable, "-c", code]).start()
    with pytest.raises(EmulatorError, match="said nothing within"):
        ServerProcess("The toy", [sys.executable, "-c", "input()"], start_timeout_s=0.2).start()


def test_a_port_in_use_is_explained(storage_emulator: StorageEmulator) -> None:
    port = int(storage_emulator.host.rpartition(":")[2])
    with pytest.raises(EmulatorError, match="in use"):
        StorageEmulator(port=port).start()
    with pytest.raises(EmulatorError, match="EADDRINUSE"):
        FirestoreEmulator(port=port).start()


def test_an_external_server_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with StorageEmulator() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        with external_or(StorageEmulator) as external:
            assert (external.host, external.is_own) == (server.host, False)
            external.make_bucket("made-outside")
            with pytest.raises(EmulatorError, match="unset STORAGE_EMULATOR_HOST"):
                external.reset()
        probe(server.host)
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    assert external_or(StorageEmulator).is_own


def test_a_reset_empties_the_servers(database: str) -> None:
    with StorageEmulator() as storage:
        storage.make_bucket("again")
        with pytest.raises(EmulatorError, match="409"):
            storage.make_bucket("again")
        storage.reset()
        storage.make_bucket("again")
    with FirestoreEmulator() as firestore, grpc.insecure_channel(firestore.host) as channel:
        api = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
        write = types.Write(update=types.Document(name=f"{database}/documents/c/d"))
        api.commit(types.CommitRequest(database=database, writes=[write]))
        assert len(firestore.documents(database)) == 1
        firestore.reset()
        assert firestore.documents(database) == []


def test_a_failing_installation_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "package-lock.json").write_text("no JSON")
    monkeypatch.setattr(node_packages, "_PACKAGE_FOLDER", tmp_path)
    monkeypatch.setattr(node_packages, "BUILD_FOLDER", tmp_path / "build")
    said: list[str] = []
    with pytest.raises(EmulatorError, match=r"(?s)Check the network.*It said:"):
        node_packages.node_modules(said.append)
    assert said == ["Installing the packages of the Firestore emulator (only once) ..."]
    assert list((tmp_path / "build").iterdir()) == []


def test_the_lock_file_names_no_registry() -> None:
    text = (TOOLS / "emulators" / "firestore_server" / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "registry" not in text


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl+C to a single child")
def test_the_command_says_what_goes_into_the_parameter() -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "emulators", "--bucket", "my-show"],
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with command:
        assert command.stdout is not None
        lines = [command.stdout.readline() for _ in range(6)]
        hosts = {line.split()[0]: line.split()[1] for line in lines if "127.0.0.1" in line}
        assert set(hosts) == {"storage", "firestore"}
        assert ask(hosts["storage"], "GET", "/storage/v1/b/my-show")["name"] == "my-show"
        probe(hosts["firestore"])
        command.send_signal(signal.SIGINT)
        assert command.wait(10) == 0
