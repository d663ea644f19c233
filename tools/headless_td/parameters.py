"""State and rules of one parameter, behind the Par class. Thread: main only.

Source: API sheet 2.1 to 2.3.
"""

import enum
import os
from types import CodeType
from typing import TYPE_CHECKING, Any

from headless_td.errors import tdError
from headless_td.parspecs import ParSpec

if TYPE_CHECKING:
    from headless_td.nodes import Node


class ParMode(enum.Enum):
    """The four ways a parameter gets its value."""

    CONSTANT = 0
    EXPRESSION = 1
    EXPORT = 2
    BIND = 3


_FLOATS = ("Float", "XY", "XYZ", "XYZW", "WH", "UV", "UVW", "RGB", "RGBA")
_OPERATORS = {
    "OP": None,
    "COMP": "COMP",
    "Object": "COMP",
    "PanelCOMP": "COMP",
    **{family: family for family in ("TOP", "CHOP", "SOP", "POP", "MAT", "DAT")},
}
KIND: dict[str, str] = {
    **dict.fromkeys(_FLOATS, "float"),
    **dict.fromkeys(_OPERATORS, "op"),
    **dict.fromkeys(("Str", "File", "FileSave", "Folder", "Header"), "str"),
    "Int": "int",
    "Toggle": "toggle",
    "Pulse": "pulse",
    "Momentary": "pulse",
    "Menu": "menu",
    "StrMenu": "str",
    "Python": "python",
    "Sequence": "int",
}
STYLES = tuple(KIND)
_EMPTY: dict[str, Any] = {"float": 0.0, "int": 0, "toggle": False, "pulse": 0}


class Parameter:
    """One parameter of one operator."""

    __slots__ = (
        "_code",
        "bind_expr",
        "clamp_max",
        "clamp_min",
        "const",
        "custom",
        "default",
        "default_expr",
        "default_mode",
        "enable_expr",
        "enabled",
        "expr",
        "group",
        "help",
        "kind",
        "label",
        "max",
        "menu_labels",
        "menu_names",
        "menu_source",
        "min",
        "mode",
        "name",
        "norm_max",
        "norm_min",
        "order",
        "owner",
        "page",
        "password",
        "read_only",
        "section",
        "style",
    )

    def __init__(self, owner: "Node", name: str, style: str, *, custom: bool, page: str, label: str = "") -> None:
        self.owner = owner
        self.name = name
        self.style = style
        self.kind = KIND[style]
        self.custom = custom
        self.page = page
        self.label = label or name
        self.order = 0.0
        self.mode = ParMode.CONSTANT
        self.expr = ""
        self.bind_expr = ""
        self.default_expr = ""
        self.default_mode = ParMode.CONSTANT
        self.min: float = 0
        self.max: float = 1
        self.norm_min: float = 0
        self.norm_max: float = 1
        self.clamp_min = False
        self.clamp_max = False
        self.menu_names: list[str] = []
        self.menu_labels: list[str] = []
        self.menu_source = ""
        self.enabled = True
        self.enable_expr = ""
        self.read_only = False
        self.help = ""
        self.section = False
        self.password = False
        self.group: ParameterGroup = ParameterGroup(name, label or name, [self])
        self.default: Any = _EMPTY.get(self.kind, "")
        self.const: Any = 0 if self.kind == "menu" else self.default
        self._code: tuple[str, CodeType] | None = None

    @classmethod
    def built_in(cls, owner: "Node", spec: ParSpec, name: str = "") -> "Parameter":
        """A built-in parameter at its default."""
        par = cls(owner, name or spec.name, spec.style, custom=False, page=spec.page, label=spec.label)
        if spec.menu:
            par.menu_names = list(spec.menu)
            par.menu_labels = [entry.capitalize() for entry in spec.menu]
        default = spec.default
        if spec.name == "execute":
            default = owner.host.unknowns.dat_execute_default
        if default is not None:
            par.const = par.convert(default)
            par.default = default if par.kind == "menu" else par.const
        return par

    def __repr__(self) -> str:
        return f"<parameter {self.name} of {self.owner.path}>"

    # -- values in --------------------------------------------------------------------------------------------

    def convert(self, value: Any) -> Any:
        """`value` as this style keeps it; tdError if it cannot be one."""
        kind = self.kind
        if kind == "op":
            return self._reference(value)
        if kind in {"str", "python"}:
            return os.fspath(value) if isinstance(value, os.PathLike) else str(value)
        if kind == "menu":
            return self._menu_index(value)
        if isinstance(value, str | bytes) or value is None:
            raise tdError(f"{self.owner.path}: parameter {self.name} ({self.style}) takes a number, not {value!r}.")
        try:
            number = float(value)
        except (TypeError, ValueError) as error:
            raise tdError(f"{self.owner.path}: parameter {self.name} takes a number, not {value!r}.") from error
        if kind == "float":
            return number
        if kind == "toggle":
            return bool(number)
        if isinstance(value, int):
            return int(value)
        return round(number) if self.owner.host.unknowns.float_into_int == "rounded" else int(number)

    def _menu_index(self, value: Any) -> int:
        if isinstance(value, str):
            names = self.names()
            return names.index(value) if value in names else 0
        return int(value)

    def _reference(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, list | tuple):
            return " ".join(self._reference(item) for item in value)
        node = self.owner.host.node_of(value)
        family = _OPERATORS[self.style]
        if family is not None and node.type.family != family:
            raise tdError(
                f"{self.owner.path}: parameter {self.name} takes a {family}, not {node.path} ({node.type.name})."
            )
        if self.owner.host.unknowns.op_par_text == "absolute":
            return node.path
        if node.parent is self.owner.parent:
            return node.name
        if node.parent is self.owner:
            return f"./{node.name}"
        return ".." if node is self.owner.parent else node.path

    def assign(self, value: Any) -> None:
        """Set the constant and constant mode, as a script does."""
        unknowns = self.owner.host.unknowns
        if self.read_only and unknowns.read_only_write == "ignored":
            return
        number = self.kind in {"float", "int", "toggle"}
        if number and isinstance(value, str) and unknowns.text_into_number == "ignored":
            return
        converted = self.convert(value)
        if self.mode is ParMode.CONSTANT and converted == self.const:
            return
        self._change(converted, ParMode.CONSTANT)

    def assign_mode(self, mode: ParMode) -> None:
        """Set the mode alone."""
        if mode is not self.mode:
            self._change(self.const, mode)

    def assign_expression(self, text: str) -> None:
        """Set the expression text and expression mode; nothing is evaluated."""
        old, self.expr = self.expr, str(text)
        if old != self.expr:
            self.owner.host.events.parameter_note(self, "expression", self.expr, old)
        self._change(self.const, ParMode.EXPRESSION)

    def assign_bind(self, text: str) -> None:
        """Set the bind text and bind mode."""
        self.bind_expr = str(text)
        self._change(self.const, ParMode.BIND)

    def _change(self, const: Any, mode: ParMode) -> None:
        events = self.owner.host.events
        previous = events.previous_value(self)
        old_mode = self.mode
        self.const = const
        self.mode = mode
        if old_mode is not mode:
            events.parameter_note(self, "mode", mode, old_mode)
        events.parameter_changed(self, previous)

    def reset(self) -> None:
        """Back to the default value, expression and mode."""
        self.expr = self.default_expr
        self._change(self.convert_default(), self.default_mode)

    def convert_default(self) -> Any:
        """The default as `const` holds it."""
        return self._menu_index(self.default) if self.kind == "menu" else self.default

    # -- values out -------------------------------------------------------------------------------------------

    def eval(self) -> Any:
        """The working value in any mode; tdError for a broken expression."""
        mode = self.mode
        if mode is ParMode.CONSTANT:
            return self.present(self.const)
        if mode is ParMode.EXPRESSION:
            return self.present(self.evaluate(self.expr), foreign=True)
        if mode is ParMode.BIND:
            source = self.evaluate(self.bind_expr)
            return self.present(source.eval() if hasattr(source, "eval") else source, foreign=True)
        return self.present(self.const)

    def present(self, value: Any, *, foreign: bool = False) -> Any:
        """The value as scripts see it; `foreign` for the result of an expression."""
        kind = self.kind
        if kind == "op":
            return self._operators(value)
        if kind == "python":
            return value if foreign else (self.evaluate(value) if value else None)
        if foreign:
            value = self.convert(value)
        if kind == "toggle":
            return int(value) if self.owner.host.unknowns.toggle_eval == "int" else bool(value)
        if kind == "menu":
            names = self.names()
            return names[value] if 0 <= value < len(names) else (names[0] if names else "")
        if kind in {"float", "int"}:
            if self.clamp_min and value < self.min:
                value = type(value)(self.min)
            if self.clamp_max and value > self.max:
                value = type(value)(self.max)
        return value

    def _operators(self, value: Any) -> Any:
        found = self.find_operators(value)
        if not found:
            return None
        return found[0] if len(found) == 1 else found

    def find_operators(self, value: Any) -> list[Any]:
        """The operators that a text, an operator or a list of both names, restricted to the style's family."""
        host = self.owner.host
        if isinstance(value, str):
            nodes = host.network.locate(self.owner, value) if value else []
        else:
            items = value if isinstance(value, list | tuple) else [value]
            nodes = [host.node_of(item) for item in items if item is not None]
        family = _OPERATORS.get(self.style)
        return [node.op() for node in nodes if family is None or node.type.family == family]

    def evaluate(self, text: str) -> Any:
        """The value of Python text with `me` = the owner."""
        if self._code is None or self._code[0] != text:
            try:
                self._code = (text, compile(text, f"{self.owner.path}:{self.name}", "eval"))
            except SyntaxError as error:
                raise tdError(f"{self.owner.path}: expression of {self.name} does not compile: {error}") from error
        try:
            return eval(self._code[1], self.owner.host.importer.expression_globals(self.owner))  # noqa: S307
        except tdError:
            raise
        except Exception as error:
            raise tdError(
                f"{self.owner.path}: expression of {self.name} failed: {type(error).__name__}: {error}"
            ) from error

    def names(self) -> list[str]:
        """Menu entries, from the menu source if there is one."""
        if self.menu_source:
            return list(self.evaluate(self.menu_source).menuNames)
        return self.menu_names

    def is_enabled(self) -> bool:
        """`enable`, or the enable expression."""
        return bool(self.evaluate(self.enable_expr)) if self.enable_expr else self.enabled


class ParameterGroup:
    """The parameters that one append call makes, shown as one line."""

    __slots__ = ("label", "name", "pars")

    def __init__(self, name: str, label: str, pars: list[Parameter]) -> None:
        self.name = name
        self.label = label
        self.pars = pars
