"""Which documents and which fields of them are let in.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

INCLUDE = "include"
EXCLUDE = "exclude"

V = TypeVar("V")


@dataclass(frozen=True)
class Filters:
    """The four filter parameters of the Sync page. An empty list of names filters nothing.

    Attributes:
        documents: Document ids.
        documents_mode: `include`: only those; `exclude`: all but those.
        fields: Names of fields at the top of a document.
        fields_mode: As above.
    """

    documents: frozenset[str] = frozenset()
    documents_mode: str = INCLUDE
    fields: frozenset[str] = frozenset()
    fields_mode: str = EXCLUDE

    @classmethod
    def of(cls, documents: list[str], documents_mode: str, fields: list[str], fields_mode: str) -> Self:
        """From plain lists, as settings hold them."""
        return cls(frozenset(documents), documents_mode, frozenset(fields), fields_mode)

    def admits(self, doc_id: str) -> bool:
        """Whether the document is let in."""
        return not self.documents or (doc_id in self.documents) == (self.documents_mode == INCLUDE)

    def shown(self, fields: Mapping[str, V]) -> dict[str, V]:
        """The fields that are let in."""
        if not self.fields:
            return dict(fields)
        wanted = self.fields_mode == INCLUDE
        return {name: value for name, value in fields.items() if (name in self.fields) == wanted}

    @property
    def hides_fields(self) -> bool:
        """Whether a payload may lack fields that the document has: it must never be sent as a full `set`."""
        return bool(self.fields)

    @property
    def fingerprint(self) -> str:
        """Differs whenever the same documents could show other rows or payloads; stored beside what was cached."""
        parts = (
            (self.documents_mode if self.documents else "", *sorted(self.documents)),
            (self.fields_mode if self.fields else "", *sorted(self.fields)),
        )
        return repr(parts)


def patch_of(shown: Mapping[str, Any], edited: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What an edit of a filtered payload changed: (fields changed or added, names of fields removed)."""
    changed = {name: value for name, value in edited.items() if name not in shown or not _same(shown[name], value)}
    return changed, [name for name in shown if name not in edited]


def _same(former: Any, value: Any) -> bool:
    """Equal in kind, too: 1, 1.0 and True are three values to Firestore, and so are 0.0 and -0.0."""
    if type(former) is not type(value):
        return False
    if isinstance(former, dict):
        return former.keys() == value.keys() and all(_same(former[name], value[name]) for name in former)
    if isinstance(former, list):
        return len(former) == len(value) and all(map(_same, former, value))
    return repr(former) == repr(value) if isinstance(former, float) else bool(former == value)
