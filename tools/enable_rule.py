"""Reads the expressions that grey parameters out: whether one holds, and what it says in words.

They are kept to a few forms, so that a reader of the documentation, a picture of the page and TouchDesigner agree on
them: parameters as `me.par.Name`, alone or compared with a number or text, joined with `and`, `or` and `not`.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping

from component_model import Default

_COMPARE: dict[type[ast.cmpop], tuple[Callable[[object, object], bool], str]] = {
    ast.Eq: (operator.eq, "is"),
    ast.NotEq: (operator.ne, "is not"),
    ast.Lt: (operator.lt, "is below"),  # type: ignore[dict-item]  # of numbers only
    ast.Gt: (operator.gt, "is above"),  # type: ignore[dict-item]
}


class EnableError(ValueError):
    """An expression of another form."""


def names(expression: str) -> set[str]:
    """The parameters that it asks for.

    Raises:
        EnableError: it has another form.
    """
    return {_name(node) for node in _parameters(_tree(expression))}


def holds(expression: str, values: Mapping[str, Default]) -> bool:
    """Whether the parameter can be used when the others have these values."""

    def evaluate(node: ast.expr) -> object:
        if isinstance(node, ast.BoolOp):
            parts = [bool(evaluate(part)) for part in node.values]
            return all(parts) if isinstance(node.op, ast.And) else any(parts)
        if isinstance(node, ast.UnaryOp):
            return not evaluate(node.operand)
        if isinstance(node, ast.Compare):
            return _COMPARE[type(node.ops[0])][0](evaluate(node.left), _constant(node.comparators[0]))
        return values[_name(node)]

    return bool(evaluate(_tree(expression)))


def words(expression: str, labels: Mapping[str, str]) -> str:
    """What must be so, as a clause: `*Emulator Host* is empty`."""

    def say(node: ast.expr) -> str:
        if isinstance(node, ast.BoolOp):
            return (" and " if isinstance(node.op, ast.And) else " or ").join(say(part) for part in node.values)
        if isinstance(node, ast.UnaryOp):
            return f"*{labels[_name(node.operand)]}* is off"
        if isinstance(node, ast.Compare):
            name, value = f"*{labels[_name(node.left)]}*", _constant(node.comparators[0])
            verb = _COMPARE[type(node.ops[0])][1]
            if value == "":
                return f"{name} is {'empty' if verb == 'is' else 'set'}"
            return f"{name} {verb} {value}"
        return f"*{labels[_name(node)]}* is on"

    return say(_tree(expression))


def _tree(expression: str) -> ast.expr:
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise EnableError(f"is no Python expression: {error.msg}") from None
    list(_parameters(tree))
    return tree


def _parameters(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from _parameters(part)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _parameters(node.operand)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        _constant(node.comparators[0])
        yield from _parameters(node.left)
    else:
        _name(node)
        yield node


def _name(node: ast.expr) -> str:
    text = ast.unparse(node)
    if not text.startswith("me.par.") or not text.removeprefix("me.par.").isalnum():
        raise EnableError(
            f"has {text} where a parameter (me.par.Name) belongs; and, or, not, ==, !=, < and > join them"
        )
    return text.removeprefix("me.par.")


def _constant(node: ast.expr) -> str | int | float:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    raise EnableError(f"compares with {ast.unparse(node)}; it must be a text or a number")
