"""What a write means: which fields it stores, touches and lets the server work out."""

from typing import Any

import pytest

from tdg_core_errors import CloudError
from tdg_core_firestore_codec_write import Plan, plan

NOW = {"__type": "server_timestamp"}
PLUS = {"__type": "increment", "value": 1}
GONE = {"__type": "delete_field"}
UNION = {"__type": "array_union", "value": [1]}


def test_set_replaces_all_and_works_out_the_rest() -> None:
    found = plan("set", {"a": 1, "t": NOW, "m": {"n": PLUS, "o": 2}})
    assert found == Plan(
        fields={"a": 1, "m": {"o": 2}},
        mask=None,
        transforms=[(("t",), "server_timestamp", None), (("m", "n"), "increment", 1)],
    )


def test_merge_touches_leaves_only() -> None:
    payload = {"a.b": 1, "m": {"x": 2, "gone": GONE, "empty": {}, "t": NOW}, "only": {"u": UNION}, "list": [1]}
    found = plan("set_merge", payload)
    assert found.fields == {"a.b": 1, "m": {"x": 2, "empty": {}}, "list": [1]}
    assert found.mask == [("a.b",), ("m", "x"), ("m", "gone"), ("m", "empty"), ("list",)]
    assert found.transforms == [(("m", "t"), "server_timestamp", None), (("only", "u"), "array_union", [1])]
    assert found.exists is None


def test_a_marker_is_a_leaf_of_a_merge() -> None:
    time = {"__type": "timestamp", "value": "2024-01-01"}
    assert plan("set_merge", {"t": time}).mask == [("t",)]


def test_update_takes_paths_and_demands_the_document() -> None:
    found = plan("update", {"a.b": 1, "`x.y`": 2, "m": {"n": {"t": NOW, "k": 3}}, "old.gone": GONE, "count": PLUS})
    assert found.fields == {"a": {"b": 1}, "x.y": 2, "m": {"n": {"k": 3}}}
    assert found.mask == [("a", "b"), ("x.y",), ("m",), ("old", "gone")]
    assert found.transforms == [(("m", "n", "t"), "server_timestamp", None), (("count",), "increment", 1)]
    assert found.exists is True


def test_an_update_of_two_fields_of_one_map_keeps_both() -> None:
    assert plan("update", {"a.b": 1, "a.c": 2}).fields == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize(
    ("op", "payload", "words"),
    [
        ("set", {"a": GONE}, "a: delete_field"),
        ("set", {"a": {"b": GONE}}, "a.b: delete_field"),
        ("update", {"a": {"b": GONE}}, 'UpdateDoc with the key "a.b"'),
        ("update", {"a": 1, "a.b": 2}, "a.b lies within a"),
        ("update", {"a.b": 1, "`a`.b": 2}, "twice"),
        ("update", {"a..b": 1}, "empty name"),
        ("set", {"n": {"__type": "increment", "value": "1"}}, "takes a number"),
        ("set", {"n": {"__type": "increment", "value": True}}, "takes a number"),
        ("set", {"n": {"__type": "increment"}}, "the keys"),
        ("set", {"n": {"__type": "array_union", "value": 1}}, "takes a list"),
        ("set", {"n": {"__type": "server_timestamp", "value": 1}}, "the keys"),
        ("replace", {}, "Unknown write"),
    ],
)
def test_what_means_nothing_is_refused_by_name(op: str, payload: dict[str, Any], words: str) -> None:
    with pytest.raises(CloudError) as caught:
        plan(op, payload)
    assert caught.value.code == "invalid"
    assert words in caught.value.message
