"""What the engine sends reaches the main thread in order, merged where only the newest counts."""

import threading
from dataclasses import dataclass
from typing import Any, ClassVar

from tdg_bridge_outbox import Outbox
from tdg_core_messages import Message


@dataclass(frozen=True)
class Event(Message):
    kind: ClassVar[str] = "test event"
    value: Any = None


def taken(outbox: Outbox) -> list[Any]:
    values = []
    while (event := outbox.take()) is not None:
        values.append(event.value)  # type: ignore[attr-defined]
    return values


def test_events_come_out_in_order() -> None:
    outbox = Outbox()
    for value in range(5):
        outbox.put(Event(value))
    assert taken(outbox) == [0, 1, 2, 3, 4]
    assert outbox.take() is None


def test_a_newer_event_takes_the_place_of_a_waiting_one_under_the_same_key() -> None:
    outbox = Outbox()
    outbox.put(Event("10 %"), merge_key="upload 1")
    outbox.put(Event("other"))
    outbox.put(Event("90 %"), merge_key="upload 1")
    assert taken(outbox) == ["90 %", "other"]
    outbox.put(Event("100 %"), merge_key="upload 1")
    assert taken(outbox) == ["100 %"]


def test_a_stream_gives_the_newest_item_per_key_in_chunks_and_lets_others_in_between() -> None:
    outbox = Outbox()
    stream = outbox.stream(Event, chunk=2)
    for key in range(5):
        stream.add(key, f"old {key}")
    outbox.put(Event("done"))
    stream.add(1, "new 1")
    assert taken(outbox) == [["old 0", "new 1"], "done", ["old 2", "old 3"], ["old 4"]]


def test_what_waits_is_bounded_by_keys_however_long_the_host_is_paused() -> None:
    outbox = Outbox()
    stream = outbox.stream(Event, chunk=100)
    for change in range(50_000):
        stream.add(change % 100, change)
        outbox.put(Event(change), merge_key="progress")
    assert sum(len(value) if isinstance(value, list) else 1 for value in taken(outbox)) == 101


def test_a_closed_outbox_gives_what_it_has_and_takes_nothing() -> None:
    outbox = Outbox()
    stream = outbox.stream(Event, chunk=10)
    outbox.put(Event("before"))
    outbox.close()
    outbox.put(Event("after"))
    outbox.put(Event("after"), merge_key="key")
    stream.add("key", "after")
    assert taken(outbox) == ["before"]


def test_several_threads_may_put_while_one_takes() -> None:
    outbox = Outbox()

    def put(thread: int) -> None:
        for number in range(500):
            outbox.put(Event((thread, number)))

    threads = [threading.Thread(target=put, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    got: list[Any] = []
    while len(got) < 2000:
        got += taken(outbox)
    for thread in threads:
        thread.join()
    for number in range(4):
        assert [value for thread, value in got if thread == number] == list(range(500))


def test_two_waiting_items_of_a_stream_under_one_key_are_merged_as_the_stream_says() -> None:
    outbox = Outbox()
    stream = outbox.stream(Event, 10, merge=lambda former, newer: f"{former} then {newer}")
    stream.add("a", "added")
    stream.add("a", "changed")
    assert taken(outbox) == [["added then changed"]]
    stream.add("a", "removed")
    assert taken(outbox) == [["removed"]]
