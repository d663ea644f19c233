"""The shared environment: whole, half made, outdated or somebody else's, and replaced without a gap."""

import json
from pathlib import Path

import pytest

from tdg_core_errors import CloudError
from tdg_disk_venv import ABSENT, COMPLETE, FOREIGN, OUTDATED, UNFINISHED, Venv

PINS = {"a;": "1.0", "b;": "2.0"}
NEWER = {"a;": "1.1", "b;": "2.0"}


@pytest.fixture
def venv(tmp_path: Path) -> Venv:
    return Venv(tmp_path / "venv" / "gcp", "3.11", windows=False)


def made(venv: Venv, marker: str = "") -> None:
    """Makes it as an installation does."""
    venv.set_aside()
    venv.begin()
    venv.site_packages.mkdir(parents=True)
    (venv.site_packages / "marker").write_text(marker)
    venv.finish(PINS)


def marker(venv: Venv) -> str:
    return (venv.site_packages / "marker").read_text()


def test_the_layouts_of_both_systems() -> None:
    folder = Path("/project/venv/gcp")
    posix, windows = Venv(folder, "3.11", windows=False), Venv(folder, "3.11", windows=True)
    assert posix.site_packages == folder / "lib" / "python3.11" / "site-packages"
    assert posix.python == folder / "bin" / "python"
    assert windows.site_packages == folder / "Lib" / "site-packages"
    assert windows.python == folder / "Scripts" / "python.exe"


def test_what_is_not_there_is_absent_and_what_was_made_is_complete(venv: Venv) -> None:
    assert venv.status(PINS) == ABSENT
    assert not venv.ours()
    made(venv)
    assert venv.status(PINS) == COMPLETE
    assert venv.ours()


def test_what_something_else_has_made_is_foreign(venv: Venv) -> None:
    venv.site_packages.mkdir(parents=True)
    assert venv.status(PINS) == FOREIGN
    assert not venv.ours()


def test_a_newer_component_finds_it_outdated_and_an_older_one_takes_it(venv: Venv) -> None:
    made(venv)
    assert venv.status(NEWER) == OUTDATED
    venv.finish(NEWER)
    assert venv.status(PINS) == COMPLETE


@pytest.mark.parametrize("cut", ["before the packages", "in the stamp", "stamp of another kind"])
def test_an_installation_cut_short_is_seen(venv: Venv, cut: str) -> None:
    venv.set_aside()
    venv.begin()
    if cut != "before the packages":
        made(venv)
        text = "{" if cut == "in the stamp" else json.dumps(["list"])
        (venv.folder / "td-gcp.json").write_text(text)
    assert venv.status(PINS) == UNFINISHED


def test_the_environment_of_another_python_or_system_does_not_count(venv: Venv) -> None:
    made(venv)
    for other in (Venv(venv.folder, "3.13", windows=False), Venv(venv.folder, "3.11", windows=True)):
        assert other.status(PINS) == ABSENT
        assert other.ours()


def test_a_failed_replacement_brings_the_former_one_back(venv: Venv) -> None:
    made(venv, "old")
    venv.set_aside()
    venv.begin()
    venv.bring_back()
    assert venv.status(PINS) == COMPLETE
    assert marker(venv) == "old"
    assert list(venv.folder.parent.iterdir()) == [venv.folder]


def test_bringing_back_where_there_was_nothing_leaves_nothing(venv: Venv) -> None:
    venv.set_aside()
    venv.begin()
    venv.bring_back()
    assert venv.status(PINS) == ABSENT


def test_a_replacement_that_was_killed_does_not_lose_the_former_one(venv: Venv) -> None:
    made(venv, "old")
    venv.set_aside()
    venv.begin()  # killed here; the next start installs again, and fails as well
    assert venv.status(PINS) == UNFINISHED
    venv.set_aside()
    venv.begin()
    venv.bring_back()
    assert marker(venv) == "old"


def test_a_replacement_that_succeeded_leaves_nothing_of_the_former_one(venv: Venv) -> None:
    made(venv, "old")
    made(venv, "new")
    assert marker(venv) == "new"
    assert list(venv.folder.parent.iterdir()) == [venv.folder]


def test_an_environment_in_use_that_cannot_be_moved_says_so(venv: Venv, monkeypatch: pytest.MonkeyPatch) -> None:
    made(venv, "old")

    def in_use(self: Path, target: Path) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    monkeypatch.setattr(Path, "replace", in_use)  # what Windows does with a folder whose libraries are loaded
    with pytest.raises(CloudError, match="Close every other TouchDesigner") as caught:
        venv.set_aside()
    assert caught.value.code == "packages"
    assert marker(venv) == "old"


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "venv").write_text("no folder")
    with pytest.raises(CloudError, match="Cannot write") as caught:
        Venv(tmp_path / "venv" / "gcp", "3.11", windows=False).begin()
    assert caught.value.code == "packages"
