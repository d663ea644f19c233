"""What holds a component together when something in it fails: starts, frames, engine, files."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import layout
from gateway.loopback import PEM, Answer, key_file, server
from probe_fixtures import OpenShow, Show


def cache(show: Show) -> Path:
    return Path(show.host.project.folder) / "cache"


def module(show: Show, name: str) -> Any:
    """A module of the component, as TouchDesigner made it."""
    return show.comp.op(f"local/modules/{name}").module


# Starting -------------------------------------------------------------------------------------------------------------


def test_a_component_that_cannot_start_shows_it_and_starts_when_the_cause_is_gone(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = show.comp.ext.ProbeExt
    extension._close()

    def fail() -> None:
        raise RuntimeError("MARKER")

    extension.serve = fail
    show.host.frame(5)
    assert show.comp.Note("x") == ""
    assert show.comp.GetStatus() == {}
    assert "Could not start" in show.comp.scriptErrors()
    assert len(extension.log.newest("ERROR", 500)) == 1
    assert "RuntimeError in fail" in extension.log.newest("ERROR", 500)[0]["message"]
    assert "MARKER" not in str(show.host.textport)
    del extension.serve
    monkeypatch.setattr(module(show, "tdg_td_component"), "_START_AGAIN_S", 0.0)
    extension._start_at = 0.0
    show.until(show.comp.GetStatus, "a start by itself")
    assert show.comp.scriptErrors() == ""


def test_a_frame_that_fails_is_told_once_and_the_next_one_works(show: Show) -> None:
    show.connect()
    extension = show.comp.ext.ProbeExt
    frames: list[int] = []

    def fail(now: float, left_s: float) -> None:
        frames.append(1)
        raise RuntimeError("MARKER")

    extension.on_frame = fail
    show.host.frame(200)
    assert len(frames) >= 200
    (line,) = show.log("ERROR")
    assert "A frame failed: RuntimeError in fail" in line
    assert "MARKER" not in line
    del extension.on_frame
    show.comp.Disconnect()
    show.wait("disconnected")


def test_after_the_project_was_closed_nothing_starts_again(show: Show) -> None:
    show.connect()
    show.host.quit()
    show.host.frame(10)
    assert show.comp.Note("too late") == ""
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("tdg")]
    for thread in ours:
        thread.join(30)
    assert not [thread for thread in ours if thread.is_alive()]


# The engine -----------------------------------------------------------------------------------------------------------


def test_an_engine_that_falls_is_started_again_and_loses_nothing(show: Show) -> None:
    show.connect()
    show.comp.Note("before")
    show.comp.Crash()
    show.until(lambda: "error" in show.states, "the fall seen")
    assert "is started again" in show.status["last_error"]
    show.comp.Note("meanwhile")
    show.wait("connected")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["before", "meanwhile"])


def test_an_engine_that_falls_again_and_again_is_started_ever_more_slowly(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = show.comp.ext.ProbeExt
    show.connect()
    waits = []
    for _ in range(3):
        show.comp.Crash()
        show.until(lambda: extension._engine_at is not None, "the fall seen")
        waits.append(round(extension._engine_at - module(show, "tdg_td_component").time.monotonic()))
        extension._engine_at = 0.0
        show.wait("connected")
    assert waits == [1, 2, 4]


def test_connect_does_not_wait_for_the_next_start_of_a_fallen_engine(show: Show) -> None:
    show.connect()
    extension = show.comp.ext.ProbeExt
    show.comp.Crash()
    show.until(lambda: extension._engine_at is not None, "the fall seen")
    extension._engine_at += 1000
    show.comp.Connect()
    show.wait("connected")


def test_disconnect_after_a_fall_stays_disconnected(show: Show) -> None:
    show.connect()
    extension = show.comp.ext.ProbeExt
    show.comp.Crash()
    show.until(lambda: extension._engine_at is not None, "the fall seen")
    show.comp.Disconnect()
    extension._engine_at = 0.0
    show.comp.Note("stored by the new engine")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["stored by the new engine"])
    assert show.state == "disconnected"


# Files ----------------------------------------------------------------------------------------------------------------


def test_another_cache_folder_is_another_store_and_the_connection_comes_back(show: Show) -> None:
    show.connect()
    show.comp.Note("here")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["here"])
    show.set(Cachepath="elsewhere")
    show.until(lambda: show.comp.ext.ProbeExt.kept == [], "the other, empty store")
    show.wait("connected")
    assert (Path(show.host.project.folder) / "elsewhere" / "probe.db").exists()
    show.set(Cachepath="cache")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["here"], "the first store")


def test_without_a_cache_folder_it_works_in_memory(show: Show) -> None:
    show.set(Cachepath="")
    show.connect()
    show.comp.Note("in memory")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["in memory"])


@pytest.mark.parametrize("name", ["probe.db", "probe-journal.db"])
def test_a_damaged_file_is_moved_aside_and_told_in_log_and_status(
    open_show: OpenShow, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "project" / "cache"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"no database" * 1000)
    show = open_show()
    show.connect()
    assert show.comp.Note("kept") == "kept"
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["kept"])
    assert f"moved to {name}.corrupt-" in show.status["last_error"]
    assert any("corrupt-" in line for line in show.log("ERROR"))
    show.host.answers.append("Reset")
    show.comp.Reset()
    show.host.frame(2)
    assert show.status["last_error"] == ""


def test_a_store_of_a_newer_component_is_an_error_in_words_and_promises_wait(
    open_show: OpenShow, tmp_path: Path
) -> None:
    folder = tmp_path / "project" / "cache"
    folder.mkdir(parents=True)
    connection = sqlite3.connect(folder / "probe.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    show = open_show()
    show.set(Emulatorhost=show.server.host)
    show.wait("error")
    assert "newer version" in show.status["last_error"]
    assert show.comp.Note("waits") == "kept"
    (folder / "probe.db").unlink()
    show.comp.Connect()
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["waits"])
    show.wait("connected")


def test_a_cache_folder_that_cannot_be_used_is_told_and_memory_serves(open_show: OpenShow, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "cache").write_text("a file")
    show = open_show()
    show.connect()
    assert "cannot be used" in show.status["last_error"]
    show.comp.Note("in memory")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["in memory"])


def test_two_components_of_a_kind_never_share_their_files(show: Show) -> None:
    show.connect()
    copy = show.host.op("/project1").copy(show.comp)
    show.host.frame(5)
    show.comp.Note("of the first")
    copy.Note("of the copy")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["of the first"])
    show.until(lambda: copy.ext.ProbeExt.kept == ["of the copy"])
    assert {path.name for path in cache(show).glob("*.db")} >= {"probe.db", "probe.probe1.db"}


# Secrets --------------------------------------------------------------------------------------------------------------

MARKER = "MARKERKEYMATERIAL"


def texts_of(show: Show) -> dict[str, str]:
    """Everything a user, a viewer or a saved file could show."""
    found = {"textport": str(show.host.textport), "log": json.dumps(show.comp.GetLogs(None, 500))}
    found["callbacks"] = repr(show.events)
    for op in show.comp.findChildren():
        found[op.path] = repr(op.storage) + (op.text if op.isDAT else "")
    found["storage"] = repr(show.comp.storage)
    found["errors"] = show.comp.errors(recurse=True) + show.comp.scriptErrors(recurse=True)
    for path in Path(show.host.project.folder).rglob("*"):
        if path.is_file():
            found[str(path)] = path.read_bytes().decode(errors="replace")
    return found


@pytest.mark.parametrize("trouble", ["damaged", "refused", "wrong type", "changed while connected"])
def test_a_key_is_nowhere_to_be_seen_whatever_goes_wrong_with_it(show: Show, tmp_path: Path, trouble: str) -> None:
    key: dict[str, Any] = {
        "type": "service_account",
        "project_id": "museum",
        "private_key_id": MARKER,
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{MARKER}\n-----END PRIVATE KEY-----\n",
        "client_email": "show@museum.iam.gserviceaccount.com",
        "token_uri": f"http://{show.server.host}/token",
    }
    if trouble == "wrong type":
        key = {"type": "authorized_user", "refresh_token": MARKER, "client_secret": MARKER}
    if trouble == "changed while connected":
        show.connect()
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    show.set(Emulatorhost="", Privatekey=str(path))
    show.comp.Connect()
    show.wait("error")
    show.host.save("saved.toe")
    show.host.save_tox(show.comp, tmp_path / "project" / "saved.tox")
    for place, text in texts_of(show).items():
        assert MARKER not in text, place


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_a_real_component_shows_no_key_and_no_token_either(show: Show, tmp_path: Path, name: str) -> None:
    """The token server refuses, and repeats in its words what it was given."""
    secret = PEM.splitlines()[5]
    answer = Answer({"error": "invalid_grant", "error_description": f"{secret} is refused {MARKER}"}, 400)
    show.comp.destroy()
    with server(answer) as port:
        show.comp = show.host.load_tox(layout.TOX / f"{name}.tox.dir")
        show.comp.par.Callbacksdat = "heard"
        show.host.frame(2)
        show.comp.par.Privatekey = key_file(tmp_path, f"http://127.0.0.1:{port}/token")
        show.comp.Connect()
        show.wait("error")
    assert "Google refuses the key" in show.status["last_error"]
    show.host.save("saved.toe")
    for place, text in texts_of(show).items():
        assert secret not in text, place
        assert MARKER not in text, place


def test_the_committed_components_carry_no_key_and_no_place_of_one_machine() -> None:
    for path in layout.TOX.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"PRIVATE KEY" not in data.replace(b"-----BEGIN PRIVATE KEY-----\\n", b""), path
            assert f"{Path.home()}/".encode() not in data, path
