"""The engine's modules as files."""

import os
from pathlib import Path

import tdg_disk_code

TEXTS = {"tdg_one": "A = 'ü'\n", "tdg_two": "import tdg_one\r\n"}


def contents(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_bytes().decode() for path in folder.glob("*.py")}


def test_what_is_written_is_what_was_given_byte_for_byte(tmp_path: Path) -> None:
    folder = tdg_disk_code.install(tmp_path / "engine", TEXTS)
    assert contents(folder) == TEXTS
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_the_same_modules_are_written_once_and_others_into_another_folder(tmp_path: Path) -> None:
    folder = tdg_disk_code.install(tmp_path, TEXTS)
    written = (folder / "tdg_one.py").stat().st_mtime_ns
    assert tdg_disk_code.install(tmp_path, TEXTS) == folder
    assert (folder / "tdg_one.py").stat().st_mtime_ns == written
    assert tdg_disk_code.install(tmp_path, {**TEXTS, "tdg_one": "A = 1\n"}) != folder
    assert contents(folder) == TEXTS


def test_a_folder_that_was_damaged_or_tampered_with_is_written_anew(tmp_path: Path) -> None:
    folder = tdg_disk_code.install(tmp_path, TEXTS)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "tdg_one.pyc").write_bytes(b"stale")
    for damage in (
        lambda: (folder / "tdg_one.py").write_text("import evil"),
        (folder / "tdg_two.py").unlink,
        lambda: (folder / "json.py").write_text("# hides a module"),
    ):
        damage()
        assert tdg_disk_code.install(tmp_path, TEXTS) == folder
        assert contents(folder) == TEXTS
    assert not (folder / "__pycache__").exists()


def test_what_was_not_used_for_a_month_goes_and_the_newest_stay(tmp_path: Path) -> None:
    now = 10_000_000.0
    for age in range(10):
        folder = tmp_path / f"v{age}"
        folder.mkdir()
        os.utime(folder, (now - age * 10 * 86400, now - age * 10 * 86400))
    (tmp_path / "old.log").write_text("")
    os.utime(tmp_path / "old.log", (0, 0))
    tdg_disk_code.tidy(tmp_path, now)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v0", "v1", "v2", "v3"]
    tdg_disk_code.tidy(tmp_path / "missing", now)
