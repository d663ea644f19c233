"""An expanded component as data, and the small grammar its text files share.

The facts are those of TouchDesigner's `toeexpand` output. Only forms that real TouchDesigner output is known to
contain are described here; what the file cannot carry safely is made sure at run time by the assembler
(`src/common/tdg_td_assembler.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

ParMode = Literal["constant", "expression", "bind"]

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PARAMETER_NAME = re.compile(r"[A-Z][a-z0-9]*")

TOC_HEADER = "# 4 0 0 0 1"
STAMP_FILE = ".build"
TEXT_HEADER = b"2\n*" + bytes.fromhex("00000001" * 4 + "00000002")
TABLE_HEADER = b"1\n*"

# First line of a `.n` file per operator type. A contraction in many cases, so it is looked up, never derived: a
# wrong token loads as a base COMP without an error.
TOKENS: dict[str, tuple[str, str]] = {
    "baseCOMP": ("COMP", "base"),
    "containerCOMP": ("COMP", "container"),
    "textDAT": ("DAT", "text"),
    "tableDAT": ("DAT", "table"),
    "fifoDAT": ("DAT", "fifo"),
    "executeDAT": ("DAT", "execute"),
    "parameterexecuteDAT": ("DAT", "parexec"),
    "datexecuteDAT": ("DAT", "datexec"),
}
OPERATOR_TYPES = {first_line: op_type for op_type, first_line in TOKENS.items()}

# Low five bits of the type word of a custom parameter.
STYLES = {"Float": 1, "Int": 2, "Toggle": 3, "Str": 4, "Pulse": 5, "OP": 13, "Menu": 15}
STYLE_NAMES = {number: name for name, number in STYLES.items()}
NUMBER_STYLES = frozenset({"Float", "Int", "Toggle"})
TEXT_STYLES = frozenset({"Str", "OP"})

WORD_BASE = 0x2E101100  # one component, singly named, with the bits every real word has
WORD_STYLE = 0x1F
WORD_ENABLE = 0x20000
WORD_HELP = 0x40000

MODE_WORDS: dict[tuple[bool, ParMode], int] = {
    # (custom parameter, mode): word
    (False, "constant"): 0,
    (False, "expression"): 17,
    (False, "bind"): 515,
    (True, "constant"): 67108928,
    (True, "expression"): 67108945,
}
MODES_BY_WORD = {word: key for key, word in MODE_WORDS.items()}
MODE_HAS_EXPRESSION = 0x10
MODE_HAS_BIND = 0x200


class ToxFormatError(ValueError):
    """A component file that TouchDesigner might read otherwise than it was meant, or not at all.

    Attributes:
        where: the file, with the line number where one is known.
        problem: what is wrong and what was expected.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


@dataclass(frozen=True)
class ParValue:
    """One row of a `.parm` file: a value that differs from the parameter's default.

    Args:
        name: parameter name.
        constant: the constant value as TouchDesigner spells it (toggles `on`/`off`, menus their token).
        mode: which of the stored texts is in force.
        expression: Python text; given exactly in expression mode.
        bind: bind expression; given exactly in bind mode.
    """

    name: str
    constant: str = ""
    mode: ParMode = "constant"
    expression: str | None = None
    bind: str | None = None

    @property
    def is_custom(self) -> bool:
        """True for a custom parameter: those, and only those, begin with a capital letter."""
        return self.name[:1].isupper()


@dataclass(frozen=True)
class ParDefinition:
    """One line of a `.cparm` file: a custom parameter of one component.

    Attributes:
        default: number for Float and Int, bool for Toggle, text for Str and OP, menu name for Menu, None for Pulse.
        minimum, maximum: hard limits, in force where `clamp_min`, `clamp_max` are set.
        norm_min, norm_max: ends of the slider.
        menu: (name, label) of each entry; the first one is the default.
        enable: expression that greys the parameter out, empty for none.
    """

    name: str
    label: str
    style: str
    page: str
    order: int
    default: float | int | bool | str | None = None
    minimum: float = 0
    maximum: float = 1
    clamp_min: bool = False
    clamp_max: bool = False
    norm_min: float = 0
    norm_max: float = 1
    menu: tuple[tuple[str, str], ...] = ()
    enable: str = ""
    help: str = ""

    @property
    def menu_names(self) -> list[str]:
        """Names of the menu entries, as `par.menuNames` gives them."""
        return [name for name, _ in self.menu]

    @property
    def menu_labels(self) -> list[str]:
        """Labels of the menu entries, as `par.menuLabels` gives them."""
        return [label for _, label in self.menu]

    @property
    def word(self) -> int:
        """The type word: style, and one flag for each optional part of the line."""
        word = WORD_BASE | STYLES[self.style]
        if self.enable:
            word |= WORD_ENABLE
        if self.help:
            word |= WORD_HELP
        return word


@dataclass(frozen=True)
class Node:
    """An operator with all its files, and its children.

    Attributes:
        family, token: the first line of the `.n` file, `COMP:base`.
        tile: x, y (bottom left, y upwards), width, height in network units.
        pages: custom pages in the order of the parameter dialog.
        text: body of a text-like DAT; None where there is no body (an empty DAT has no file).
        table: rows of a table DAT, all of one length; None where there is no body.
    """

    name: str
    family: str
    token: str
    tile: tuple[int, int, int, int] = (0, 0, 130, 90)
    color: tuple[float, float, float] = (0.67, 0.67, 0.67)
    flags: dict[str, str] = field(default_factory=lambda: {"viewer": "1", "parlanguage": "0"})
    pages: tuple[str, ...] = ()
    definitions: tuple[ParDefinition, ...] = ()
    values: tuple[ParValue, ...] = ()
    text: str | None = None
    table: tuple[tuple[str, ...], ...] | None = None
    children: tuple["Node", ...] = ()

    @property
    def op_type(self) -> str:
        """Operator type as TouchDesigner's `OPType` gives it, `textDAT`."""
        return OPERATOR_TYPES[self.family, self.token]

    def child(self, path: str) -> "Node":
        """The operator at a slash-separated path below this one.

        Raises:
            KeyError: nothing is there.
        """
        node = self
        for name in path.split("/"):
            found = next((child for child in node.children if child.name == name), None)
            if found is None:
                raise KeyError(path)
            node = found
        return node

    def walk(self, path: str = "") -> Iterator[tuple[str, "Node"]]:
        """Yield (path, node) of this operator and everything below it, parents first."""
        path = path or self.name
        yield path, self
        for child in self.children:
            yield from child.walk(f"{path}/{child.name}")


def quote(value: str) -> str:
    """Spell a value as one token of a `.parm` or `.cparm` line.

    Raises:
        ValueError: the text has a character whose reading is unsettled (double quote, backslash) or that these
            files must not hold (control characters, anything outside ASCII).
    """
    bad = next((char for char in value if not " " <= char <= "~" or char in '"\\'), None)
    if bad is not None:
        raise ValueError(f"the character {bad!r} cannot stand in a component file (in {value!r})")
    return f'"{value}"' if not value or " " in value or value.startswith("'") else value


def tokenize(line: str) -> list[str]:
    """Split a line into its values, undoing `quote`.

    Raises:
        ValueError: the line is not spelled as `quote` and single spaces would spell it.
    """
    tokens: list[str] = []
    position = 0
    while position <= len(line):
        if line.startswith('"', position):
            end = line.find('"', position + 1)
            if end < 0:
                raise ValueError("a quotation mark is not closed")
            token, position = line[position + 1 : end], end + 1
            if position < len(line) and line[position] != " ":
                raise ValueError(f"a space is missing behind the quoted value {token!r}")
        else:
            end = line.find(" ", position)
            end = len(line) if end < 0 else end
            token, position = line[position:end], end
            if not token:
                raise ValueError("two spaces in a row, or a space at an end of the line")
        tokens.append(token)
        position += 1
    spelled = " ".join(quote(token) for token in tokens)
    if spelled != line:
        raise ValueError(f"values must be quoted exactly where they are empty or hold a space: expected {spelled}")
    return tokens


def number_text(value: float) -> str:
    """Spell a number as a plain decimal without exponent that reads back as the same number."""
    if isinstance(value, bool | int) or value == int(value):
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def parse_number(text: str) -> float | int:
    """Read a plain decimal; whole numbers come back as int.

    Raises:
        ValueError: the text is not spelled as `number_text` would spell it.
    """
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise ValueError(f"{text!r} is no plain decimal number")
    value: float | int = float(text) if "." in text else int(text)
    if number_text(value) != text:
        raise ValueError(f"the number {text} must be spelled {number_text(value)}")
    return value
