"""The guarantees name tests that exist."""

import re

import layout


def test_every_test_named_in_the_guarantees_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (layout.DOCS / "storage/guarantees.md").read_text(encoding="utf-8")))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in layout.TESTS.rglob("test_*.py"))
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in sources} == set()
