"""What outlives an extension."""

import tdg_bridge_slot


def test_a_slot_is_the_same_for_every_copy_of_the_module_until_it_is_discarded() -> None:
    slot = tdg_bridge_slot.slot("test /project1/storage")
    slot["generation"] = 1
    assert tdg_bridge_slot.slot("test /project1/storage")["generation"] == 1
    assert tdg_bridge_slot.slot("test /project1/firestore") == {}
    tdg_bridge_slot.discard("test /project1/storage")
    tdg_bridge_slot.discard("test /project1/storage")
    assert tdg_bridge_slot.slot("test /project1/storage") == {}
    for name in ("storage", "firestore"):
        tdg_bridge_slot.discard(f"test /project1/{name}")
