"""Built-in parameters of the operator types that the components use. Thread: any.

Sources: API sheet 2.6, 3.5, 3.6, 5; file-format sheet 4.5, 4.6; the operator pages of docs.derivative.ca.
A parameter that is missing here raises, as a misspelt one does in TouchDesigner: add it with its source.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ParSpec:
    """One built-in parameter."""

    name: str
    style: str = "Str"
    default: Any = None
    page: str = "Common"
    menu: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class SequenceSpec:
    """A built-in sequence: block `i` has the parameters `<name><i><field>`."""

    name: str
    fields: tuple[ParSpec, ...]
    page: str
    start_blocks: int = 1


@dataclass(frozen=True, slots=True)
class ParSet:
    """Everything built in on one operator type."""

    pars: tuple[ParSpec, ...] = ()
    sequences: tuple[SequenceSpec, ...] = ()
    pages: tuple[str, ...] = field(default=("Common",))


def _toggles(page: str, default: bool, *names: str) -> tuple[ParSpec, ...]:
    return tuple(ParSpec(name, "Toggle", default, page) for name in names)


_EXT_FIELDS = (
    ParSpec("object", "Str", "", "Extensions"),
    ParSpec("name", "Str", "", "Extensions"),
    ParSpec("promote", "Toggle", True, "Extensions"),
)
_IOP_FIELDS = (ParSpec("shortcut", "Str", ""), ParSpec("op", "OP", ""))

_COMP_PARS = (
    ParSpec("reinitextensions", "Pulse", page="Extensions"),
    ParSpec("initextonstart", "Toggle", False, "Extensions"),
    ParSpec("parentshortcut", "Str", ""),
    ParSpec("opshortcut", "Str", ""),
    ParSpec("nodeview", "Menu", "default", menu=("default", "opviewer")),
    ParSpec("opviewer", "OP", ""),
    ParSpec("enablecloning", "Toggle", True),
    ParSpec("enablecloningpulse", "Pulse"),
    ParSpec("clone", "COMP", ""),
    ParSpec("loadondemand", "Toggle", False),
    ParSpec("enableexternaltox", "Toggle", False),
    ParSpec("enableexternaltoxpulse", "Pulse"),
    ParSpec("externaltox", "File", ""),
    ParSpec("reloadcustom", "Toggle", True),
    ParSpec("reloadbuiltin", "Toggle", True),
    ParSpec("savebackup", "Toggle", True),
    ParSpec("subcompname", "Str", ""),
    ParSpec("relpath", "Menu", "inherit", menu=("inherit", "project", "externaltox")),
    ParSpec("pageindex", "Int", 0),
)
_COMP_SEQUENCES = (SequenceSpec("ext", _EXT_FIELDS, "Extensions"), SequenceSpec("iop", _IOP_FIELDS, "Common"))

BASE = ParSet(_COMP_PARS, _COMP_SEQUENCES, ("Extensions", "Common"))

CONTAINER = ParSet(
    (
        *(ParSpec(name, "Int", value, "Layout") for name, value in (("x", 0), ("y", 0), ("w", 400), ("h", 300))),
        *_toggles("Panel", True, "enable", "display"),
        *_COMP_PARS,
    ),
    _COMP_SEQUENCES,
    ("Layout", "Panel", "Extensions", "Common"),
)

_LANGUAGE_MENU = ("input", "node", "text", "tscript", "python", "glsl", "json", "xml")
_DAT_COMMON = (
    ParSpec("language", "Menu", "text", menu=_LANGUAGE_MENU),
    ParSpec("extension", "Menu", "dat", menu=("dat", "language", "custom")),
    ParSpec("customext", "Str", ""),
    ParSpec("wordwrap", "Menu", "input", menu=("input", "on", "off")),
)
_DAT_FILE = (
    ParSpec("file", "File", "", "File"),
    ParSpec("syncfile", "Toggle", False, "File"),
    ParSpec("loadonstart", "Toggle", False, "File"),
    ParSpec("loadonstartpulse", "Pulse", page="File"),
    ParSpec("write", "Toggle", False, "File"),
    ParSpec("writepulse", "Pulse", page="File"),
    ParSpec("defaultreadencoding", "Str", "utf8", "File"),
)

TEXT = ParSet((*_DAT_FILE, *_DAT_COMMON), (), ("File", "Common"))

TABLE = ParSet(
    (
        *_DAT_FILE,
        ParSpec("removeblank", "Toggle", False, "File"),
        ParSpec("fill", "Menu", "manual", "Fill", ("manual", "setsize", "setsizecontent", "fillbycol", "fillbyrow")),
        ParSpec("rows", "Int", 1, "Fill"),
        ParSpec("cols", "Int", 1, "Fill"),
        *_DAT_COMMON,
    ),
    (),
    ("File", "Fill", "Common"),
)


def _run_from(page: str) -> tuple[ParSpec, ...]:
    return (
        ParSpec("executeloc", "Menu", "here", page, ("current", "here", "op")),
        ParSpec("fromop", "OP", "", page),
    )


FIFO = ParSet(
    (
        ParSpec("callbacks", "DAT", "", "FIFO"),
        *_run_from("FIFO"),
        ParSpec("clamp", "Toggle", True, "FIFO"),
        ParSpec("maxlines", "Int", 100, "FIFO"),
        ParSpec("clear", "Pulse", page="FIFO"),
        ParSpec("firstrow", "Toggle", True, "FIFO"),
        *_DAT_COMMON,
    ),
    (),
    ("FIFO", "Common"),
)

PAR_EXECUTE = ParSet(
    (
        ParSpec("active", "Toggle", True, "Parameter Execute"),
        *_run_from("Parameter Execute"),
        ParSpec("op", "OP", "", "Parameter Execute"),
        ParSpec("pars", "Str", "*", "Parameter Execute"),
        *_toggles("Parameter Execute", True, "valuechange"),
        *_toggles("Parameter Execute", False, "valueschanged"),
        *_toggles("Parameter Execute", True, "onpulse"),
        *_toggles("Parameter Execute", False, "expressionchange", "exportchange", "enablechange", "modechange"),
        *_toggles("Parameter Execute", True, "custom"),
        *_toggles("Parameter Execute", False, "builtin"),
        *_DAT_FILE,
        *_DAT_COMMON,
    ),
    (),
    ("Parameter Execute", "File", "Common"),
)

DAT_EXECUTE = ParSet(
    (
        ParSpec("active", "Toggle", True, "DAT Execute"),
        *_run_from("DAT Execute"),
        ParSpec("dat", "DAT", "", "DAT Execute"),
        ParSpec("execute", "Menu", None, "DAT Execute", ("start", "end")),
        *_toggles("DAT Execute", True, "tablechange"),
        *_toggles("DAT Execute", False, "rowchange", "colchange", "cellchange", "sizechange"),
        *_DAT_FILE,
        *_DAT_COMMON,
    ),
    (),
    ("DAT Execute", "File", "Common"),
)

CHOP_EXECUTE = ParSet(
    (
        ParSpec("active", "Toggle", True, "CHOP Execute"),
        *_run_from("CHOP Execute"),
        ParSpec("chop", "CHOP", "", "CHOP Execute"),
        ParSpec("channel", "Str", "*", "CHOP Execute"),
        *_toggles("CHOP Execute", False, "offtoon", "whileon", "ontooff", "whileoff"),
        *_toggles("CHOP Execute", True, "valuechange"),
        *_DAT_FILE,
        *_DAT_COMMON,
    ),
    (),
    ("CHOP Execute", "File", "Common"),
)

EXECUTE = ParSet(
    (
        ParSpec("active", "Toggle", True, "Execute"),
        *_run_from("Execute"),
        *_toggles(
            "Execute",
            False,
            *("start", "create", "exit", "framestart", "frameend", "playstatechange", "devicechange"),
            *("projectpresave", "projectpostsave"),
        ),
        *_DAT_FILE,
        *_DAT_COMMON,
    ),
    (),
    ("Execute", "File", "Common"),
)

_TOP_COMMON = (
    ParSpec("outputresolution", "Menu", "useinput", menu=("useinput", "custom")),
    ParSpec("resolutionw", "Int", 256),
    ParSpec("resolutionh", "Int", 256),
)
NULL_TOP = ParSet(_TOP_COMMON)
CONSTANT_TOP = ParSet(
    (*(ParSpec(name, "Float", 1.0, "Constant") for name in ("colorr", "colorg", "colorb", "alpha")), *_TOP_COMMON),
    (),
    ("Constant", "Common"),
)
MOVIE_FILE_IN_TOP = ParSet(
    (
        ParSpec("file", "File", "", "Play"),
        ParSpec("reload", "Toggle", False, "Play"),
        ParSpec("reloadpulse", "Pulse", page="Play"),
        ParSpec("play", "Toggle", True, "Play"),
        *_TOP_COMMON,
    ),
    (),
    ("Play", "Common"),
)
CONSTANT_CHOP = ParSet(
    (),
    (
        SequenceSpec(
            "const",
            (ParSpec("name", "Str", "", "Constant"), ParSpec("value", "Float", 0.0, "Constant")),
            "Constant",
        ),
    ),
    ("Constant",),
)
SELECT_DAT = ParSet((ParSpec("dat", "DAT", "", "Select"), *_DAT_COMMON), (), ("Select", "Common"))
