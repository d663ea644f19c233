"""The journal of a table: whatever the edits, it knows what was there before and which rows differ."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headless_td import Unknowns
from headless_td.patterns import matcher
from headless_td.tables import Journal, Table

Edit = Callable[[Table], None]

texts = st.sampled_from(["", "a", "b", "c"])
rows = st.lists(st.tuples(texts, texts), max_size=6)


def at(table: Table, number: int) -> int:
    return number % len(table.rows)


def cell_edit(number: int, col: int, text: str) -> Edit:
    return lambda table: table.set_cell(at(table, number), col % table.cols, text) if table.rows else None


def row_edit(number: int, row: tuple[str, ...], entire: bool) -> Edit:
    return lambda table: table.replace(at(table, number), row, entire) if table.rows else None


def insertion(number: int, row: tuple[str, ...]) -> Edit:
    return lambda table: table.insert(number % (len(table.rows) + 1), [row])


def deletion(numbers: set[int]) -> Edit:
    return lambda table: table.delete({at(table, number) for number in numbers}) if table.rows else None


numbers = st.integers(0, 9)
any_row = st.lists(texts, min_size=1, max_size=3).map(tuple)
edits = st.lists(
    st.one_of(
        st.builds(cell_edit, numbers, numbers, texts),
        st.builds(row_edit, numbers, any_row, st.booleans()),
        st.builds(insertion, numbers, any_row),
        st.builds(deletion, st.sets(numbers, max_size=3)),
        st.builds(lambda width: lambda table: table.set_size(3, width), st.integers(1, 3)),
        st.just(lambda table: table.clear(keep_first_row=True)),
        st.just(lambda table: table.clear()),
    ),
    max_size=8,
)


@given(start=rows, made=edits)
def test_journal_agrees_with_a_full_copy(start: list[tuple[str, str]], made: list[Edit]) -> None:
    table = Table(Unknowns.default())
    table.set_rows(start)
    journal = Journal(table)
    table.journals.append(journal)
    before, cols = table.rows[:], table.cols
    for edit in made:
        edit(table)
        assert all(len(row) == table.cols for row in table.rows)
    now = table.rows[:]
    expected = [i for i, row in enumerate(now) if i >= len(before) or row != before[i]]
    assert journal.changed_rows() == expected
    assert journal.previous() == before
    assert journal.size_changed == ((len(now), table.cols) != (len(before), cols))
    assert journal.differs() == (now != before or table.cols != cols)
    journal.freeze()
    table.set_rows([("other",)])
    assert journal.previous() == before
    assert journal.changed_rows() == expected


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("a*", "abc", True),
        ("a?", "abc", False),
        ("[ab]1", "b1", True),
        ("x[1-3]", "x4", False),
        ("one two", "two", True),
        ("one,two", "one", True),
        ("* ^b*", "bc", False),
        ("^b*", "c", True),
        ("a.c", "abc", False),
        ("a[", "a[", True),
        ("A", "a", False),
    ],
)
def test_patterns(pattern: str, name: str, expected: bool) -> None:
    assert matcher(pattern)(name) is expected


def test_pattern_without_case() -> None:
    assert matcher("A*", case_sensitive=False)("abc")
