"""What a person is told when uv or pip fail."""

import pytest

from core_outputs import OUTPUTS
from tdg_core_installer import meaning, redacted


@pytest.mark.parametrize("words", OUTPUTS)
def test_a_failed_installation_says_why(words: str) -> None:
    sentence = meaning(OUTPUTS[words])
    assert words in sentence
    assert not sentence.endswith(".")


def test_a_password_in_an_address_is_not_shown() -> None:
    line = "Failed to fetch: https://user:SECRET@index.example/simple/ and http://other/"
    assert redacted(line) == "Failed to fetch: https://***@index.example/simple/ and http://other/"
