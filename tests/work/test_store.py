"""The engine's store: all or nothing, and every accepted request once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import layout
from tdg_core_errors import CloudError
from tdg_core_messages import Accepted
from tdg_work_store import Store

ITEMS = ["CREATE TABLE item (name TEXT PRIMARY KEY)"]


def quiet(level: str, text: str) -> None:
    pytest.fail(f"{level}: {text}")


def items(store: Store) -> list[str]:
    return [row[0] for row in store.connection.execute("SELECT name FROM item ORDER BY rowid")]


def add_then_fail(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO item VALUES ('half')")
        raise KeyError("cut")


def test_a_transaction_that_ends_in_an_exception_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", ITEMS, quiet)
    with pytest.raises(KeyError):
        add_then_fail(store)
    with store.transaction() as connection:
        connection.execute("INSERT INTO item VALUES ('whole')")
    assert items(store) == ["whole"]
    store.close()


def test_a_full_disk_is_an_error_in_words_and_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", ITEMS, quiet)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CloudError) as caught, store.transaction() as connection:
        connection.executemany("INSERT INTO item VALUES (?)", [(f"{number}{'x' * 500}",) for number in range(100)])
    assert caught.value.code == "disk"
    assert "cache folder" in caught.value.message
    assert items(store) == []
    store.connection.execute("PRAGMA max_page_count = 100000")
    with store.transaction() as connection:
        connection.execute("INSERT INTO item VALUES ('after')")
    assert items(store) == ["after"]
    store.close()


def test_an_accepted_request_is_new_once_also_after_a_restart(tmp_path: Path) -> None:
    for round_ in range(2):
        store = Store(tmp_path / "s.db", ITEMS, quiet)
        for number in (1, 2, 3):
            with store.transaction():
                assert store.is_new(Accepted("journal a", number, {})) == (round_ == 0)
        with store.transaction():
            assert store.is_new(Accepted("journal b", 1, {})) == (round_ == 0)
            assert store.is_new(Accepted("", 0, {}))
        store.close()


def test_a_request_whose_transaction_failed_is_still_new(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", ITEMS, quiet)
    request = Accepted("journal", 1, {})

    def take_then_fail() -> None:
        with store.transaction():
            assert store.is_new(request)
            raise KeyError

    with pytest.raises(KeyError):
        take_then_fail()
    with store.transaction():
        assert store.is_new(request)
    store.close()


CHILD = """
import sys, pathlib
sys.path[:0] = {paths!r}
from tdg_work_store import Store
store = Store(pathlib.Path(sys.argv[1]), {items!r}, print)
for number in range(100_000):
    with store.transaction() as connection:
        connection.execute("INSERT INTO item VALUES (?)", (f"{{number}} a",))
        connection.execute("INSERT INTO item VALUES (?)", (f"{{number}} b",))
    print(number, flush=True)
"""


def test_a_killed_process_leaves_whole_transactions_only(tmp_path: Path) -> None:
    code = CHILD.format(paths=[str(folder) for folder in layout.source_paths()], items=ITEMS)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "s.db")], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for _ in range(50):
            child.stdout.readline()
        child.kill()
        last = [50, *(int(line) for line in child.stdout.readlines() if line.endswith("\n"))][-1]
    store = Store(tmp_path / "s.db", ITEMS, quiet)
    kept = items(store)
    store.close()
    assert kept == [f"{number} {half}" for number in range(len(kept) // 2) for half in "ab"]
    assert len(kept) // 2 > last - 1


def test_what_is_committed_is_forced_to_the_disk() -> None:
    store = Store(None, ITEMS, quiet)
    full = 2  # https://www.sqlite.org/pragma.html#pragma_synchronous
    assert store.connection.execute("PRAGMA synchronous").fetchone()[0] == full
    store.close()


def test_a_damaged_store_is_told_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"no database" * 100)
    told: list[str] = []
    store = Store(tmp_path / "s.db", ITEMS, lambda level, text: told.append(text))
    assert items(store) == []
    assert "moved to s.db.corrupt-" in told[0]
    store.close()
    assert sqlite3.connect(tmp_path / "s.db").execute("PRAGMA integrity_check").fetchone()[0] == "ok"
