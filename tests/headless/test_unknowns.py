"""The switches as data, and their account in SOURCES.md."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import headless_td
from headless_td import Unknowns

SOURCES = Path(headless_td.__file__).with_name("SOURCES.md").read_text(encoding="utf-8")
SWITCHES = [spec for spec in fields(Unknowns) if spec.name != "label"]


def test_variants_change_one_thing_each() -> None:
    """Every alternative comes up once, under a readable and unique id."""
    variants = Unknowns.variants()
    assert all(len(variant.differences()) == 1 for variant in variants)
    assert len({str(variant) for variant in variants}) == len(variants)
    assert len(variants) == sum(len(spec.metadata["settings"]) - 1 for spec in SWITCHES)
    assert "toggle_eval=int" in [str(variant) for variant in variants]


def test_ids() -> None:
    """Also of the default, the combined sets and the conditions."""
    everything = [*Unknowns.everything(), *Unknowns.conditions()]
    ids = [str(unknowns) for unknowns in everything]
    assert ids[0] == "default"
    assert len(set(ids)) == len(ids)
    assert {"eager", "late", "all-alternatives-1", "pool_size=0"} <= set(ids)


def test_default_comes_first() -> None:
    """In the data, as in the sheet."""
    for spec in SWITCHES:
        assert spec.default == spec.metadata["settings"][0]
        assert spec.metadata["about"]


@pytest.mark.parametrize("spec", SWITCHES, ids=lambda spec: spec.name)
def test_every_switch_has_its_source(spec: object) -> None:
    """A switch without an entry in SOURCES.md is a guess."""
    assert f"`{spec.name}`" in SOURCES


def test_every_row_of_the_sheet_is_accounted_for() -> None:
    """83 rows, each with its evidence mark and whether it still has to be measured."""
    rows = re.findall(r"^\| (\d+) \|(.*)$", SOURCES, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 84))
    for number, rest in rows:
        cells = [cell.strip() for cell in rest.strip("|").split("|")]
        assert len(cells) == 5, f"row {number}"
        assert re.match(r"(D|M|O|R|I|U)\b", cells[1]), f"row {number}: evidence mark"
        assert cells[4] in {"no", "yes"}, f"row {number}: to be measured"
