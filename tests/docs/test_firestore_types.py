"""The page about types says what the codec does."""

import json
import re

import pytest
from google.cloud.firestore_v1.types import Document

import layout
import tdg_core_firestore_codec as codec
import tdg_core_firestore_codec_write as writes

PAGE = layout.DOCS / "firestore" / "types.md"
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
