"""Each guarantee names tests that exist."""

import re

import pytest

import layout

#: Last section of the pages; what is not promised has no proof.
OPEN = "## What is not promised"


@pytest.mark.parametrize("component", ["storage", "firestore"])
def test_every_guarantee_names_tests_and_all_of_them_exist(component: str) -> None:
    page = (layout.DOCS / component / "guarantees.md").read_text(encoding="utf-8")
    promised = page.partition(OPEN)[0]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in layout.TESTS.rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in sources} == set()
    guarantees = re.findall(r"^- .*(?:\n {2}.*)*", promised, re.MULTILINE)
    assert [one for one in guarantees if "`test_" not in one] == []
