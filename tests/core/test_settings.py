"""Parameters become settings, whatever a user or an expression put into them."""

import math
from dataclasses import replace

import pytest

from tdg_core_retry import BreakerSettings
from tdg_core_settings import Settings, breaker, number, text


def test_missing_parameters_have_the_documented_defaults() -> None:
    assert breaker({}) == BreakerSettings(5, 60.0, 2.0, 300.0)


@pytest.mark.parametrize("value", [None, "", "many", math.nan, math.inf])
def test_what_is_no_number_counts_as_the_default(value: object) -> None:
    assert number({"Circuittimeout": value}, "Circuittimeout", 60.0) == 60.0


def test_values_out_of_range_are_brought_into_it() -> None:
    values = {"Circuitfailurethreshold": -3, "Circuittimeout": -1, "Backoffbase": -2, "Backoffmax": -5}
    assert breaker(values) == BreakerSettings(1, 0.0, 0.0, 0.0)


def test_text_is_stripped_and_never_none() -> None:
    values = {"Bucket": "  media \n", "Prefix": None, "Number": 3}
    assert [text(values, name) for name in ("Bucket", "Prefix", "Number", "Missing")] == ["media", "", "3", ""]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), False),
        (Settings(target="bucket"), False),
        (Settings(private_key_file="/k.json"), True),
        (Settings(emulator_host="127.0.0.1:8080"), True),
        (Settings(use_adc=True), True),
    ],
)
def test_configured_means_there_is_something_to_connect_with(settings: Settings, expected: bool) -> None:
    assert settings.configured is expected


def test_only_what_a_connection_is_made_of_makes_another_one_necessary() -> None:
    settings = Settings(private_key_file="/k.json", store_file="/a.db")
    assert settings.connects_like(replace(settings, store_file="/b.db"))
    for change in ({"private_key_file": "/other.json"}, {"emulator_host": "h:1"}, {"use_adc": True}, {"target": "b"}):
        assert not settings.connects_like(replace(settings, **change))  # type: ignore[arg-type]


def test_settings_cross_the_bridge() -> None:
    settings = Settings(component="storage", target="bucket")
    assert Settings.from_plain(settings.as_plain() | {"from": "the future"}) == settings
