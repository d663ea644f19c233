"""What to listen to: a collection, one document, or a query, checked and plain.

Thread: any.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_sdk
import tdg_core_firestore_names

CloudError = tdg_core_errors.CloudError
names = tdg_core_firestore_names

# Names of StructuredQuery.FieldFilter.Operator, by the words of the clients.
_OPERATORS = {
    "==": "EQUAL",
    "!=": "NOT_EQUAL",
    "<": "LESS_THAN",
    "<=": "LESS_THAN_OR_EQUAL",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "in": "IN",
    "not-in": "NOT_IN",
    "array-contains": "ARRAY_CONTAINS",
    "array-contains-any": "ARRAY_CONTAINS_ANY",
}
_LIST_OPERATORS = {"IN", "NOT_IN", "ARRAY_CONTAINS_ANY"}

# Null and NaN are asked for by operators of their own.
_UNARY = {("EQUAL", "null"): "IS_NULL", ("NOT_EQUAL", "null"): "IS_NOT_NULL"}
_UNARY |= {("EQUAL", "nan"): "IS_NAN", ("NOT_EQUAL", "nan"): "IS_NOT_NAN"}

_DIRECTIONS = {"asc": "ASCENDING", "ascending": "ASCENDING", "desc": "DESCENDING", "descending": "DESCENDING"}

_NAME = "__name__"

Where = tuple[str, str, Any]
Order = tuple[str, str]


@dataclass(frozen=True)
class Spec:
    """What a listener listens to.

    Attributes:
        collection: Path of the collection.
        doc_id: Only this document; empty for all.
        where: Conditions that all hold: (field path, operator name of the protocol, plain value). The value is None
            for the unary operators (`IS_NULL`, ...).
        order_by: (field path, `ASCENDING` or `DESCENDING`).
        limit: At most so many documents; 0 for no limit.
    """

    collection: str
    doc_id: str = ""
    where: tuple[Where, ...] = ()
    order_by: tuple[Order, ...] = ()
    limit: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is a collection and nothing but that."""
        return not (self.doc_id or self.where or self.order_by or self.limit)

    def as_plain(self) -> dict[str, Any]:
        """For a message."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse of `as_plain`, also after a way through JSON."""
        return cls(
            plain["collection"],
            plain["doc_id"],
            tuple((field, operator, value) for field, operator, value in plain["where"]),
            tuple((field, direction) for field, direction in plain["order_by"]),
            plain["limit"],
        )


def collection(path: str) -> Spec:
    """All documents of a collection.

    Raises:
        CloudError: `invalid`, as the functions below.
    """
    path = names.normal_path(path)
    _demand(names.problem_of_collection(path))
    return Spec(path)


def document(path: str) -> Spec:
    """One document."""
    path = names.normal_path(path)
    _demand(names.problem_of_document(path))
    return Spec(*names.split_document(path))


def query(path: str, where: object = None, order_by: object = None, limit: object = None) -> Spec:
    """A query over one collection.

    Args:
        path: The collection.
        where: None, one condition or a list of them: (field, operator, value). The field may be a path (`a.b`), the
            operators are those of the clients (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not-in`, `array-contains`,
            `array-contains-any`, also with underscores). With the field `__name__` the value is a document id.
        order_by: None, a field, or a list of fields and (field, direction); a leading `-` or the direction `desc`
            turns the order round.
        limit: None or a positive number.
    """
    whole = collection(path)
    conditions = tuple(_condition(one, whole.collection) for one in _listed(where, "where"))
    orders = tuple(_order(one) for one in _listed(order_by, "order_by"))
    if limit is None:
        limit = 0
    elif isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise CloudError("invalid", f"Query refused: limit is a positive whole number, not {limit!r}.")
    return Spec(whole.collection, "", conditions, orders, limit)


def _listed(given: object, what: str) -> list[Any]:
    """One item or a list of them as a list; (field, operator, value) and (field, direction) are one item."""
    if given is None:
        return []
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Sequence):
        raise CloudError("invalid", f"Query refused: {what} is a list, not {given!r}.")
    single = bool(given) and isinstance(given[0], str)
    if what == "where":
        single = single and len(given) == 3
    else:
        single = single and len(given) == 2 and isinstance(given[1], str) and given[1].lower() in _DIRECTIONS
    return [given] if single else list(given)


def _condition(given: object, path: str) -> Where:
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != 3:
        raise CloudError("invalid", f"Query refused: a condition is (field, operator, value), not {given!r}.")
    field, word, value = given
    operator = _OPERATORS.get(str(word).strip().lower().replace("_", "-"))
    if operator is None:
        raise CloudError("invalid", f"Query refused: {word!r} is no operator; use one of {', '.join(_OPERATORS)}.")
    field_path = _field_path(field)
    if operator in _LIST_OPERATORS and not isinstance(value, (list, tuple, set, frozenset)):
        raise CloudError("invalid", f"Query refused: {word} takes a list of values, not {value!r}.")
    if field_path == _NAME:
        return field_path, operator, _references(value, path)
    unary = _UNARY.get((operator, _special(value)))
    if unary is not None:
        return field_path, unary, None
    return field_path, operator, tdg_core_firestore_codec_sdk.serialize_value(value)


def _special(value: object) -> str:
    if value is None:
        return "null"
    return "nan" if isinstance(value, float) and math.isnan(value) else ""


def _references(value: Any, path: str) -> Any:
    """Document ids of this collection (or whole document paths) as references."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_references(item, path) for item in value]
    if not isinstance(value, str):
        return tdg_core_firestore_codec_sdk.serialize_value(value)
    name = value if "/" in value else f"{path}/{value}"
    return {tdg_core_firestore_codec.TYPE: tdg_core_firestore_codec.REFERENCE, "value": name}


def _order(given: object) -> Order:
    if isinstance(given, str):
        return (_field_path(given[1:]), "DESCENDING") if given.startswith("-") else (_field_path(given), "ASCENDING")
    if not isinstance(given, Sequence) or len(given) != 2:
        raise CloudError("invalid", f"Query refused: order_by has a field or (field, direction), not {given!r}.")
    field, word = given
    direction = _DIRECTIONS.get(str(word).strip().lower())
    if direction is None:
        raise CloudError("invalid", f"Query refused: the direction {word!r} is neither asc nor desc.")
    return _field_path(field), direction


def _field_path(given: object) -> str:
    if not isinstance(given, str):
        raise CloudError("invalid", f"Query refused: the field {given!r} is no text.")
    if given == _NAME:
        return _NAME
    try:
        return tdg_core_firestore_codec_path.render(tdg_core_firestore_codec_path.parse(given))
    except ValueError as error:
        raise CloudError("invalid", f"Query refused: {error}.") from None


def _demand(problem: str) -> None:
    if problem:
        raise CloudError("invalid", f"Cannot listen: {problem}.")
