"""A SQLite file that cannot be used as it is: what happens to it, and what the user hears."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import layout
from tdg_core_errors import CloudError
from tdg_disk_sqlite import open_database

SCHEMA = ["CREATE TABLE item (name TEXT PRIMARY KEY, size INTEGER)"]


def quiet(level: str, text: str) -> None:
    pytest.fail(f"{level}: {text}")


class Told(list[str]):
    def __call__(self, level: str, text: str) -> None:
        self.append(f"{level} {text}")


def names(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM item ORDER BY name")]


def filled(path: Path, count: int = 3) -> None:
    connection = open_database(path, SCHEMA, quiet)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO item VALUES (?, 1)", [(f"{number:05}{'x' * 100}",) for number in range(count)])
    connection.execute("COMMIT")
    connection.close()


def test_a_fresh_file_is_made_with_its_folders(tmp_path: Path) -> None:
    connection = open_database(tmp_path / "a" / "b" / "cache.db", SCHEMA, quiet)
    assert names(connection) == []
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_an_older_file_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    filled(tmp_path / "cache.db")
    newer = [*SCHEMA, "ALTER TABLE item ADD COLUMN note TEXT; CREATE TABLE more (x TEXT DEFAULT ';')"]
    connection = open_database(tmp_path / "cache.db", newer, quiet)
    assert len(names(connection)) == 3
    connection.execute("INSERT INTO item VALUES ('new', 1, 'with a note')")
    connection.close()
    again = open_database(tmp_path / "cache.db", newer, quiet)
    assert "new" in names(again)
    again.close()


def test_a_migration_that_fails_leaves_the_old_file_behind_whole(tmp_path: Path) -> None:
    filled(tmp_path / "cache.db")
    told = Told()
    with pytest.raises(CloudError):
        open_database(tmp_path / "cache.db", [*SCHEMA, "CREATE TABLE extra (x); NONSENSE"], told)
    aside = next(path for path in tmp_path.glob("cache.db.corrupt-*") if not path.name.endswith(("-wal", "-shm")))
    old = open_database(aside, SCHEMA, quiet)
    assert len(names(old)) == 3
    old.close()


def test_a_file_of_a_newer_version_is_left_alone_and_named(tmp_path: Path) -> None:
    open_database(tmp_path / "cache.db", [*SCHEMA, "CREATE TABLE later (x)"], quiet).close()
    before = (tmp_path / "cache.db").read_bytes()
    with pytest.raises(CloudError) as caught:
        open_database(tmp_path / "cache.db", SCHEMA, quiet)
    assert caught.value.code == "config"
    assert "newer version" in caught.value.message
    assert (tmp_path / "cache.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database, but text " * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_moved_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(content)
    told = Told()
    connection = open_database(path, SCHEMA, told)
    connection.execute("INSERT INTO item VALUES ('fresh', 1)")
    connection.close()
    (aside,) = tmp_path.glob("cache.db.corrupt-*")
    assert aside.read_bytes() == content
    assert aside.name in told[0]
    assert told[0].startswith("ERROR")


def test_what_can_be_read_from_a_damaged_file_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    filled(path, 5000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    told = Told()
    connection = open_database(path, SCHEMA, told)
    assert 4900 < len(names(connection)) < 5000
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert "rows saved" in told[0]
    connection.close()


def test_two_damaged_files_within_a_second_are_both_kept(tmp_path: Path) -> None:
    for round_ in range(2):
        (tmp_path / "cache.db").write_bytes(b"no database %d" % round_ * 100)
        open_database(tmp_path / "cache.db", SCHEMA, Told()).close()
        (tmp_path / "cache.db").unlink()
    aside = [path for path in tmp_path.glob("cache.db.corrupt-*") if not path.name.endswith(("-wal", "-shm"))]
    assert sorted(path.read_bytes()[:13] for path in aside) == [b"no database 0", b"no database 1"]


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody move a file that is open")
def test_a_file_that_another_process_keeps_locked_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    filled(path)
    told = Told()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        connection = open_database(path, SCHEMA, told, timeout_s=0.1)
        holder.communicate()
    assert len(names(connection)) == 3
    assert "locked" in told[0]
    connection.close()


def test_a_lock_that_is_soon_gone_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    filled(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER.replace("sys.stdin.read()", "import time; time.sleep(0.3)"), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        connection = open_database(path, SCHEMA, quiet, timeout_s=60)
    assert len(names(connection)) == 3
    connection.close()


class Failing(sqlite3.Connection):
    """A disk that is full, or cannot be written to."""

    code = sqlite3.SQLITE_FULL

    def executescript(self, sql_script: str) -> sqlite3.Cursor:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = self.code
        raise error


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_READONLY, "read-only"),
        (sqlite3.SQLITE_IOERR_WRITE, "disk reports an error"),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, "permissions"),
    ],
)
def test_a_disk_that_cannot_be_used_is_no_reason_to_move_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, word: str
) -> None:
    filled(tmp_path / "cache.db")
    before = sorted(tmp_path.iterdir())
    real = sqlite3.connect
    monkeypatch.setattr(Failing, "code", code)
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: real(*args, **kwargs, factory=Failing))
    with pytest.raises(CloudError) as caught:
        open_database(tmp_path / "cache.db", SCHEMA, quiet)
    assert caught.value.code == "disk"
    assert word in caught.value.message
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache.db").mkdir()
    with pytest.raises(CloudError, match=r"cache\.db"):
        open_database(tmp_path / "cache.db", SCHEMA, quiet)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(CloudError, match="Cache Folder") as caught:
        open_database(tmp_path / "cache" / "gcp.db", SCHEMA, quiet)
    assert caught.value.code == "disk"


def can_write_anywhere(tmp_path: Path) -> bool:
    probe = tmp_path / "probe"
    probe.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    try:
        (probe / "file").touch()
    except PermissionError:
        return False
    return True


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    if can_write_anywhere(tmp_path):
        pytest.skip("this account may write into read-only folders")
    (tmp_path / "cache").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(CloudError) as caught:
        open_database(tmp_path / "cache" / "gcp.db", SCHEMA, quiet)
    assert caught.value.code == "disk"


def test_a_database_in_memory_has_the_schema_too() -> None:
    connection = open_database(None, SCHEMA, quiet)
    assert names(connection) == []
    connection.close()


def test_the_module_needs_nothing_but_files() -> None:
    """Disk knows neither threads nor Google nor TouchDesigner: it runs in a plain interpreter."""
    paths = [str(folder) for folder in layout.source_paths()]
    code = f"import sys; sys.path[:0] = {paths!r}; import tdg_disk_sqlite, tdg_disk_home, tdg_disk_key"
    subprocess.run([sys.executable, "-I", "-c", code], check=True, timeout=60)
