"""The page about types says what the codec does, and the pages of this kind name tests that exist."""

import json
import re

import pytest
from google.cloud.firestore_v1.types import Document

import layout
import tdg_core_firestore_codec as codec
import tdg_core_firestore_codec_write as writes

PAGE = layout.DOCS / "firestore" / "types.md"
PAGES = (PAGE, layout.DOCS / "firestore" / "sync-and-filtering.md")
EXAMPLES = re.findall(r"`(\{\"__type\":.*?\})`", PAGE.read_text(encoding="utf-8"))


def test_every_marker_is_explained() -> None:
    explained = {json.loads(example)["__type"] for example in EXAMPLES}
    assert explained == codec.MARKERS


@pytest.mark.parametrize("example", [text for text in EXAMPLES if '"unsupported"' not in text])
def test_every_example_means_something(example: str) -> None:
    plain = json.loads(example)
    plan = writes.plan("update", {"field": plain})
    document = Document.pb()()
    codec.fill_fields(document.fields, plan.fields, "projects/p/databases/d/documents/")
    if plain["__type"] in codec.WRITE_ONLY:
        assert not plan.fields
    else:
        assert codec.plain_fields(document.fields, "projects/p/databases/d/documents/") == {"field": plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_page_names_exists(page: object) -> None:
    named = set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))  # type: ignore[attr-defined]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in layout.TESTS.rglob("test_*.py"))
    defined = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    assert named
    assert named <= defined
