"""When a file in a watched folder has stopped changing."""

from tdg_core_storage_watch import Settling


def test_a_file_is_ready_when_two_looks_agree() -> None:
    settling = Settling()
    assert settling.look({"a": 1}) == []
    assert settling.look({"a": 1, "b": 1}) == ["a"]


def test_a_growing_file_is_waited_for() -> None:
    settling = Settling()
    for size in range(5):
        assert settling.look({"a": size}) == []
    assert settling.look({"a": 4}) == ["a"]


def test_a_file_stays_ready_until_it_is_taken() -> None:
    """What could not go up is offered again."""
    settling = Settling()
    settling.look({"a": 1})
    assert settling.look({"a": 1}) == settling.look({"a": 1}) == ["a"]
    settling.taken("a", 1)
    assert settling.look({"a": 1}) == []


def test_a_taken_file_is_ready_again_only_when_it_has_changed() -> None:
    settling = Settling()
    settling.look({"a": 1})
    settling.look({"a": 1})
    settling.taken("a", 1)
    assert settling.look({"a": 2}) == []
    assert settling.look({"a": 2}) == ["a"]


def test_a_version_that_came_meanwhile_is_not_taken() -> None:
    """The file was written to while its former version went up."""
    settling = Settling()
    settling.look({"a": 1})
    assert settling.look({"a": 1}) == ["a"]
    settling.look({"a": 2})
    settling.taken("a", 1)
    assert settling.look({"a": 2}) == ["a"]
    assert settling.version("a") == 2


def test_a_file_that_changes_while_it_is_ready_is_waited_for_again() -> None:
    settling = Settling()
    settling.look({"a": 1})
    assert settling.look({"a": 1}) == ["a"]
    assert settling.look({"a": 2}) == []


def test_a_vanished_file_is_forgotten() -> None:
    settling = Settling()
    settling.look({"a": 1})
    assert settling.look({}) == []
    assert settling.look({"a": 1}) == []
    assert settling.look({"a": 1}) == ["a"]


def test_everything_counts_as_new_after_a_new_beginning() -> None:
    settling = Settling()
    settling.look({"a": 1})
    settling.look({"a": 1})
    settling.taken("a", 1)
    settling.anew()
    settling.look({"a": 1})
    assert settling.look({"a": 1}) == ["a"]
