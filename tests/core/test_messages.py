"""Messages survive the way into another process and another version."""

import json

import pytest

import tdg_core_messages as messages

EXAMPLES = [
    messages.Configure({"target": "bucket", "use_adc": False}),
    messages.Connect(3),
    messages.Disconnect(),
    messages.Forget(),
    messages.Accepted("journal", 7, {"kind": "x", "data": [1, None, "ä"]}),
    messages.PackagesReady(3),
    messages.Connected(3, "project", "bucket"),
    messages.ConnectFailed(3, "config", "No key."),
    messages.Trouble(3, "network", "Gone."),
    messages.Logged("INFO", "hello"),
    messages.Noticed("moved aside"),
    messages.EngineEnded("why"),
]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: message.kind)
def test_a_message_comes_back_the_same_through_json(message: messages.Message) -> None:
    assert messages.from_plain(json.loads(json.dumps(messages.to_plain(message)))) == message


def test_a_newer_sender_is_understood() -> None:
    plain = messages.to_plain(messages.Connect(1)) | {"reason": "new field"}
    assert messages.from_plain(plain) == messages.Connect(1)


@pytest.mark.parametrize("plain", [{"kind": "from the future"}, {}, {"kind": "connect"}])
def test_what_cannot_be_understood_is_refused_in_words(plain: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="version"):
        messages.from_plain(plain)


def test_a_kind_is_given_once() -> None:
    with pytest.raises(ValueError, match="taken"):
        messages.register(type("Again", (messages.Message,), {"kind": "connect"}))
