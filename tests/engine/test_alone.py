"""The engine alone, from a terminal: on what a project's components have left, and without any."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import firestore_engine
import layout
from emulators import FirestoreEmulator, StorageEmulator
from engine.__main__ import main
from firestore_engine import Server
from headless_td import Host
from storage_stage import Bucket

PATIENCE_S = 60.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "show"
    folder.mkdir()
    return folder


@pytest.fixture
def way(storage_emulator: StorageEmulator, firestore_emulator: FirestoreEmulator, bucket: str) -> list[str]:
    """The options that lead to the servers; bucket and database are new."""
    return [
        f"--storage-emulator={storage_emulator.host}",
        f"--bucket={bucket}",
        f"--firestore-emulator={firestore_emulator.host}",
        f"--database={bucket}",
    ]


@pytest.fixture
def files(storage_emulator: StorageEmulator, bucket: str) -> Iterator[Bucket]:
    opened = Bucket(storage_emulator.host, bucket)
    yield opened
    opened.close()


@pytest.fixture
def documents(firestore_emulator: FirestoreEmulator, bucket: str) -> Iterator[Server]:
    opened = Server(firestore_engine.settings(firestore_emulator.host, bucket))
    yield opened
    opened.close()


def rows(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_what_a_project_was_left_with_is_seen_and_sent_once_the_project_is_closed(
    project: Path, way: list[str], files: Bucket, documents: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "photo.jpg").write_bytes(b"a photo")
    with Host(project) as host:
        storage, firestore = (host.load_tox(layout.TOX / f"{name}.tox.dir") for name in layout.COMPONENTS)
        host.frame(3)
        assert firestore.PushDoc("visits", "v1", {"count": 1})
        assert storage.Upload("photo.jpg", "photos/photo.jpg")
        host.run_until(lambda: all((project / "cache" / f"{stem}.db").exists() for stem in ("gcp", "gcp-storage")))
        assert main([str(project), "status", "--json"]) == 0
        found = {row["component"]: row for row in rows(capsys.readouterr().out)}
        assert {name: (row["waiting"], row["in_use"]) for name, row in found.items()} == {
            "firestore": (1, True),
            "storage": (1, True),
        }
        assert main([str(project), "flush", *way]) == 2
        assert "open in TouchDesigner" in capsys.readouterr().err
    assert main([str(project), "queue", "--json"]) == 0
    assert [(row["kind"], row["what"]) for row in rows(capsys.readouterr().out)] == [
        ("set", "visits/v1"),
        ("upload", f"{project}/photo.jpg -> photos/photo.jpg"),
    ]
    assert main([str(project / "show.toe"), "flush", *way]) == 0
    assert documents.get("visits/v1") == {"count": 1}
    assert files.get("photos/photo.jpg") == b"a photo"
    assert main([str(project), "status"]) == 0
    assert capsys.readouterr().out.count("not in use, 0 waiting") == 2


def test_files_are_uploaded_and_folders_synced_where_there_is_no_component(
    project: Path, tmp_path: Path, way: list[str], files: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "media"
    (folder / "inner").mkdir(parents=True)
    (folder / "one.txt").write_text("one")
    (folder / "inner/two.txt").write_text("two")
    assert main([str(project), "upload", str(folder / "one.txt"), "--to=in", *way]) == 0
    assert files.get("in/one.txt") == b"one"
    assert main([str(project), "sync", str(folder), "--to=mirror", "--dry-run", *way]) == 0
    assert '"plan"' in capsys.readouterr().out
    files.put("mirror/three.txt", b"three")
    assert main([str(project), "sync", str(folder), "--to=mirror", *way]) == 0
    assert files.get("mirror/inner/two.txt") == b"two"
    assert (folder / "three.txt").read_bytes() == b"three"
    assert main([str(project), "upload", str(folder / "missing.txt"), *way]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_what_cannot_be_is_said_in_a_sentence(
    project: Path, way: list[str], storage_emulator: StorageEmulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(project / "nowhere"), "status"]) == 2
    assert main([str(project), "watch"]) == 2
    (project / "a.txt").write_text("a")
    assert main([str(project), "upload", str(project / "a.txt")]) == 2
    assert main([str(project), "upload", str(project / "a.txt"), f"--key={project / 'no.json'}"]) == 2
    told = capsys.readouterr().err
    for words in ("no folder", "nothing to watch", "--key FILE", "no.json"):
        assert words.lower() in told.lower()


def test_what_cannot_be_sent_in_time_is_kept(
    project: Path, way: list[str], own_storage: StorageEmulator, capsys: pytest.CaptureFixture[str], files: Bucket
) -> None:
    (project / "a.txt").write_text("a")
    nowhere = ["--storage-emulator=127.0.0.1:9", *way[1:]]
    assert main([str(project), "upload", str(project / "a.txt"), "--timeout=0.3", *nowhere]) == 1
    assert "1 have not ended and are kept" in capsys.readouterr().err
    assert main([str(project), "flush", "storage", *way]) == 0
    assert files.get("a.txt") == b"a"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C as POSIX sends it")
def test_watching_goes_on_until_ctrl_c_and_ends_in_good_order(
    project: Path, tmp_path: Path, way: list[str], files: Bucket, documents: Server
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    command = [sys.executable, "-m", "engine", str(project), "watch", f"--folder={inbox}", "--collection=visits", *way]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (layout.TOOLS, *layout.source_paths())))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        late = threading.Timer(PATIENCE_S, process.kill)
        late.start()
        try:
            assert any("visits: live" in line for line in process.stderr)
            documents.commit({"collection": "visits", "doc_id": "v1", "op": "set", "data": {"count": 2}})
            assert json.loads(process.stdout.readline()) == {
                "collection": "visits",
                "doc_id": "v1",
                "change": "added",
                "data": {"count": 2},
            }
            (inbox / "new.txt").write_text("new")
            assert process.stdout.readline().startswith("complete upload")
            assert files.get("new.txt") == b"new"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 130
            assert "Traceback" not in process.stderr.read()
        finally:
            late.cancel()
            process.kill()
    assert main([str(project), "status"]) == 0
