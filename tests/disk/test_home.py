"""Each running component has files of its own, and finds them again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import layout
import tdg_disk_lock
from tdg_disk_home import Home


def everyone(path: str) -> bool:
    return True


def nobody(path: str) -> bool:
    return False


def test_the_only_component_gets_the_documented_names(tmp_path: Path) -> None:
    home = Home(tmp_path / "cache", "gcp", "/project1/firestore", everyone)
    assert home.file(".db") == tmp_path / "cache" / "gcp.db"
    assert home.file("-journal.db").name == "gcp-journal.db"
    home.leave()


def test_a_copy_gets_files_of_its_own_and_both_find_theirs_again(tmp_path: Path) -> None:
    def enter() -> dict[str, Home]:
        paths = ("/project1/firestore", "/project1/firestore1", "/other/firestore1")
        return {path: Home(tmp_path, "gcp", path, everyone) for path in paths}

    first = enter()
    stems = {path: home.stem for path, home in first.items()}
    assert len(set(stems.values())) == 3
    for home in first.values():
        home.leave()
    again = enter()
    assert {path: home.stem for path, home in again.items()} == stems
    for home in again.values():
        home.leave()


def test_order_of_starting_does_not_matter(tmp_path: Path) -> None:
    for path in ("/a/firestore", "/b/firestore"):
        Home(tmp_path, "gcp", path, everyone).leave()
    second = Home(tmp_path, "gcp", "/b/firestore", everyone)
    first = Home(tmp_path, "gcp", "/a/firestore", everyone)
    assert (first.stem, second.stem) == ("gcp", "gcp.firestore")
    first.leave()
    second.leave()


def test_a_renamed_component_takes_its_home_along(tmp_path: Path) -> None:
    Home(tmp_path, "gcp", "/project1/firestore", everyone).leave()
    home = Home(tmp_path, "gcp", "/project1/museum", lambda path: path == "/project1/museum")
    assert home.stem == "gcp"
    home.leave()


def test_the_home_of_a_deleted_component_goes_to_the_next_one(tmp_path: Path) -> None:
    Home(tmp_path, "gcp", "/project1/firestore", nobody).leave()
    home = Home(tmp_path, "gcp", "/project1/firestore_new", nobody)
    assert home.stem == "gcp"
    home.leave()


def test_the_two_kinds_of_component_never_share_a_home(tmp_path: Path) -> None:
    """Not even when a firestore component is called storage, or takes the place of one."""
    Home(tmp_path, "gcp-storage", "/project1/storage", everyone).leave()
    Home(tmp_path, "gcp", "/project1/firestore", everyone).leave()
    home = Home(tmp_path, "gcp", "/project1/storage", everyone)
    assert home.stem == "gcp.storage"
    home.leave()


CHILD = """
import sys, pathlib
sys.path[:0] = {paths!r}
from tdg_disk_home import Home
home = Home(pathlib.Path(sys.argv[1]), "gcp", "/project1/firestore", lambda path: True)
print(home.stem, flush=True)
sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    code = CHILD.format(paths=[str(path) for path in layout.source_paths()])
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_the_same_project_opened_twice_has_two_homes(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "gcp\n"
        home = Home(tmp_path, "gcp", "/project1/firestore", everyone)
        assert home.stem == "gcp.firestore"
        home.leave()
        other.communicate()


def test_a_killed_process_leaves_its_home_to_the_next(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
        other.communicate()
    home = Home(tmp_path, "gcp", "/project1/firestore", everyone)
    assert home.stem == "gcp"
    home.leave()


def test_leaving_twice_is_leaving_once(tmp_path: Path) -> None:
    home = Home(tmp_path, "gcp", "/a/firestore", everyone)
    home.leave()
    with (tmp_path / "file").open("w") as file:  # may get the descriptor that was given back
        home.leave()
        file.write("still open")


def test_a_lock_file_full_of_rubbish_is_nobody_s(tmp_path: Path) -> None:
    (tmp_path / "gcp.lock").write_bytes(b"\xff\xfe\x00")
    home = Home(tmp_path, "gcp", "/a/firestore", everyone)
    assert home.stem == "gcp"
    home.leave()


def test_a_file_in_place_of_the_folder_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(OSError, match="cache"):
        Home(tmp_path / "cache", "gcp", "/a/firestore", everyone)


def test_a_file_system_without_locks_grants_every_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(descriptor: int) -> None:
        raise OSError(45, "Operation not supported")

    monkeypatch.setattr(tdg_disk_lock, "_lock", unsupported)
    home = Home(tmp_path, "gcp", "/a/firestore", everyone)
    assert home.stem == "gcp"
    home.leave()


def test_a_lock_is_free_again_once_its_descriptor_is_closed(tmp_path: Path) -> None:
    descriptor = tdg_disk_lock.acquire(tmp_path / "lock", "me")
    assert descriptor is not None
    assert tdg_disk_lock.acquire(tmp_path / "lock", "you") is None
    assert (tmp_path / "lock").read_text() == "me"
    os.close(descriptor)
    again = tdg_disk_lock.acquire(tmp_path / "lock", "you")
    assert again is not None
    assert (tmp_path / "lock").read_text() == "you"
    os.close(again)
