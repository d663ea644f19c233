"""Ring buffer and the filter against floods."""

from tdg_core_log import RING_SIZE, Repeats, Ring


def test_the_ring_keeps_the_newest_entries_with_the_documented_fields() -> None:
    ring = Ring()
    for number in range(RING_SIZE + 20):
        ring.add("2026-01-01T00:00:00", number, "INFO", f"line {number}")
    entries = ring.newest(None, 10_000)
    assert len(entries) == RING_SIZE
    assert entries[-1].as_dict() == {
        "id": RING_SIZE + 20,
        "timestamp": "2026-01-01T00:00:00",
        "frame": RING_SIZE + 19,
        "level": "INFO",
        "message": f"line {RING_SIZE + 19}",
    }


def test_level_and_limit_choose_the_newest_of_that_level() -> None:
    ring = Ring()
    for number in range(10):
        ring.add("", 0, "ERROR" if number % 2 else "DEBUG", str(number))
    assert [entry.message for entry in ring.newest("error", 2)] == ["7", "9"]
    assert [entry.message for entry in ring.newest(None, 3)] == ["7", "8", "9"]
    assert ring.newest("WARNING", 5) == []
    assert ring.newest(None, 0) == []
    assert ring.newest(None, -1) == []


def test_an_unknown_level_counts_as_info() -> None:
    assert Ring().add("", 0, "FATAL", "x").level == "INFO"


def test_a_repeated_line_is_said_once_a_minute_with_the_number_of_the_others() -> None:
    repeats = Repeats(60)
    assert repeats.line("broken", 0) == "broken"
    assert [repeats.line("broken", second) for second in range(1, 60)] == [None] * 59
    assert repeats.line("something else", 30) == "something else"
    assert repeats.line("broken", 60) == "broken (and 59 times more since the last such line)"
    assert repeats.line("broken", 61) is None


def test_many_different_lines_do_not_pile_up() -> None:
    repeats = Repeats(60)
    for number in range(1000):
        repeats.line(f"line {number}", number)
    assert len(repeats._said) <= 61
