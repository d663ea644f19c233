"""The operator types the stand-in knows. Thread: any.

Spelling, family and type token: API sheet 3.7 and file-format sheet 3.3; sizes: file-format sheet 3.1.
"""

from dataclasses import dataclass, field

from headless_td import parspecs
from headless_td.errors import tdError
from headless_td.parspecs import ParSet, ParSpec


@dataclass(frozen=True, slots=True, eq=False)
class OpType:
    """What is common to all operators of one type.

    `content` says what a DAT holds (`text`, `table` or nothing); `editable` whether scripts may edit it.
    """

    name: str
    family: str
    label: str
    token: str
    pars: ParSet = field(default_factory=ParSet)
    content: str = ""
    editable: bool = True

    @property
    def short(self) -> str:
        """`'table'` of `'tableDAT'`."""
        return self.name.removesuffix(self.family)

    @property
    def size(self) -> tuple[int, int]:
        """Default node size."""
        return (160, 130) if self.family == "COMP" else (130, 90)

    def spec(self, name: str) -> ParSpec | None:
        """The built-in parameter of that name outside sequences."""
        return _SPECS[self.name].get(name)


_TYPES = (
    OpType("baseCOMP", "COMP", "Base", "base", parspecs.BASE),
    OpType("containerCOMP", "COMP", "Container", "container", parspecs.CONTAINER),
    OpType("annotateCOMP", "COMP", "Annotate", "annotate", parspecs.BASE),
    OpType("textDAT", "DAT", "Text", "text", parspecs.TEXT, "text"),
    OpType("tableDAT", "DAT", "Table", "table", parspecs.TABLE, "table"),
    OpType("fifoDAT", "DAT", "FIFO", "fifo", parspecs.FIFO, "table"),
    OpType("selectDAT", "DAT", "Select", "select", parspecs.SELECT_DAT, "table", editable=False),
    OpType("datexecuteDAT", "DAT", "DAT Execute", "datexec", parspecs.DAT_EXECUTE, "text"),
    OpType("chopexecuteDAT", "DAT", "CHOP Execute", "chopexec", parspecs.CHOP_EXECUTE, "text"),
    OpType("parameterexecuteDAT", "DAT", "Parameter Execute", "parexec", parspecs.PAR_EXECUTE, "text"),
    OpType("executeDAT", "DAT", "Execute", "execute", parspecs.EXECUTE, "text"),
    OpType("nullTOP", "TOP", "Null", "null", parspecs.NULL_TOP),
    OpType("constantTOP", "TOP", "Constant", "constant", parspecs.CONSTANT_TOP),
    OpType("moviefileinTOP", "TOP", "Movie File In", "moviefilein", parspecs.MOVIE_FILE_IN_TOP),
    OpType("constantCHOP", "CHOP", "Constant", "constant", parspecs.CONSTANT_CHOP),
)
_SPECS = {kind.name: {spec.name: spec for spec in kind.pars.pars} for kind in _TYPES}

BY_NAME: dict[str, OpType] = {kind.name: kind for kind in _TYPES}
BY_TOKEN: dict[tuple[str, str], OpType] = {(kind.family, kind.token): kind for kind in _TYPES}
FAMILIES = ("COMP", "TOP", "CHOP", "SOP", "POP", "MAT", "DAT")


def op_type(name: object) -> OpType:
    """The type given by its name, or by one of the classes that stand for types in scripts."""
    key = name if isinstance(name, str) else getattr(name, "__name__", "")
    try:
        return BY_NAME[key]
    except KeyError:
        raise tdError(
            f"Unknown operator type {name!r}. The headless host knows: {', '.join(sorted(BY_NAME))}."
        ) from None
