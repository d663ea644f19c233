"""Part four: a component with one of everything, saved and expanded, answers the questions of the format sheet."""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import td
from in_td.expanded import Files, format_answers
from in_td.packing import expand, find_tool
from in_td.room import Room, attempt
from in_td.rows import FAIL, MEASURED, SKIPPED, Results, describe_error, shown
from in_td.steps import Steps

FORMAT_AREA = "format"
SPECIMEN = "specimen"

STYLES = (
    *("Float", "Int", "Str", "StrMenu", "Menu", "File", "FileSave", "Folder", "Pulse", "Momentary", "Toggle"),
    *("Python", "Header", "OP", "COMP", "Object", "PanelCOMP", "TOP", "CHOP", "SOP", "POP", "MAT", "DAT"),
    *("RGB", "RGBA", "XY", "XYZ", "XYZW", "UV", "UVW", "WH", "Sequence"),
)

#: What the questions ask, by their numbers in section 10 of the format sheet.
ASKED = {
    "1": "size order in .table",
    "2": "mode words of custom values",
    "3": "row of a custom text that differs from its default",
    "4": "row of a custom menu set to its second entry",
    "5": "numbers of the styles",
    "6": "bounds of parameters clamped below, above and on both sides",
    "7": "where read-only and the start of a section are kept",
    "8": "version of the default record",
    "9": "rows of two extensions",
    "11": "row of ext0object",
    "12": "type tokens of DAT Execute, FIFO, Parameter Execute and Execute",
    "13": "type tokens of Movie File In, List and OP Viewer",
    "14": "what an annotate consists of",
    "15": "row of the parameter op of a Parameter Execute",
    "16": "a text with quotes and a backslash",
    "17": "a text that is not ASCII",
    "18": "the lines of a fresh text DAT's .n file",
    "21": "the lines of the .n file of an operator with dock, tags and comment",
    "22": "the stamp",
    "23": "rows of the node's looks",
    "24": "a help text with quotes and two lines",
    "25": "order of definitions across pages",
    "index": "order of a node's files in the index",
}


def build_specimen(room: Room) -> Steps:
    """Makes the component, piece by piece; `room.details` tells what of it could not be made.

    Returns:
        The component.
    """
    comp = room.create(td.baseCOMP, SPECIMEN)
    failed: dict[str, str] = {}
    pieces: list[tuple[str, Callable[[], Any]]] = []
    pieces += [(style, functools.partial(room.par, style, f"Style{style.lower()}", comp)) for style in STYLES]
    pieces += [(what, functools.partial(make, room, comp)) for what, make in _PARAMETERS.items()]
    pieces += [(one[0], functools.partial(_operator_of, room, comp, *one)) for one in _OPERATORS]
    pieces += [(what, functools.partial(make, room, comp)) for what, make in _CONTENTS.items()]
    for what, make in pieces:
        error = attempt(make)
        if error is not None:
            failed[what] = describe_error(error)
        yield None
    room.details["not made"] = failed
    return comp


def _operator_of(room: Room, comp: Any, name: str, kind: str, values: dict[str, Any]) -> None:
    room.create(getattr(td, kind), name, parent=comp, **values)


def _text(name: str, default: str, value: str | None = None) -> Callable[[Room, Any], None]:
    def make(room: Room, comp: Any) -> None:
        par = room.par("Str", name, comp)
        par.default = default
        par.val = default if value is None else value

    return make


def _bounds(name: str, **limits: Any) -> Callable[[Room, Any], None]:
    def make(room: Room, comp: Any) -> None:
        par = room.par("Float", name, comp)
        for key, value in {"min": 1, "max": 4, "normMin": 0, "normMax": 10, **limits}.items():
            setattr(par, key, value)

    return make


def _flagged(name: str, **flags: Any) -> Callable[[Room, Any], None]:
    def make(room: Room, comp: Any) -> None:
        par = room.par("Str", name, comp)
        for key, value in flags.items():
            setattr(par, key, value)

    return make


def _menu(room: Room, comp: Any) -> None:
    par = room.par("Menu", "Chosen", comp)
    par.menuNames, par.menuLabels = ["first", "second", "third"], ["First", "Second One", "Third"]
    par.default, par.val = "first", "second"


def _expression(room: Room, comp: Any) -> None:
    room.par("Float", "Expressed", comp).expr = "me.nodeX + 1"


def _other_page(room: Room, comp: Any) -> None:
    comp.appendCustomPage("Other Page").appendInt("Elsewhere")
    room.par("Int", "Last", comp)


_PARAMETERS: dict[str, Callable[[Room, Any], None]] = {
    "Plain": _text("Plain", ""),
    "Changed": _text("Changed", "before", "after"),
    "Atdefault": _text("Atdefault", "same"),
    "Quoted": _text("Quoted", "", 'a "quoted" \\ text'),
    "Accented": _text("Accented", "", "gr\u00fc\u00df dich"),
    "Readonly": _flagged("Readonly", readOnly=True),
    "Section": _flagged("Section", startSection=True),
    "Enabled": _flagged("Enabled", enableExpr="me.par.Stylestr != ''"),
    "Helped": _flagged("Helped", help='What "it" does.\nA second line.'),
    "Secret": _flagged("Secret", password=True),
    "Lower": _bounds("Lower", clampMin=True),
    "Upper": _bounds("Upper", clampMax=True),
    "Bothends": _bounds("Bothends", clampMin=True, clampMax=True),
    "Chosen": _menu,
    "Expressed": _expression,
    "Other Page": _other_page,
}

_OPERATORS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("text", "textDAT", {}),
    ("docked", "textDAT", {}),
    ("table", "tableDAT", {}),
    ("fifo", "fifoDAT", {}),
    ("parexec", "parameterexecuteDAT", {"op": "..", "pars": "*"}),
    ("datexec", "datexecuteDAT", {"dat": "table"}),
    ("execute", "executeDAT", {"framestart": True}),
    ("select", "selectDAT", {"dat": "table"}),
    ("movie", "moviefileinTOP", {}),
    ("list", "listCOMP", {}),
    ("opviewer", "opviewerCOMP", {}),
    ("annotate", "annotateCOMP", {}),
)


def _table_contents(_room: Room, comp: Any) -> None:
    comp.op("table").clear()
    comp.op("table").appendRows([["a", "b"], ["c", "d"], ["e", "gr\u00fc\u00df"]])


def _dat_texts(_room: Room, comp: Any) -> None:
    classes = "class One:\n    def __init__(self, ownerComp):\n        pass\n\n\nclass Two(One):\n    pass\n"
    comp.op("text").text = classes
    comp.op("docked").text = "gr\u00fc\u00df dich\n"


def _node_looks(_room: Room, comp: Any) -> None:
    node = comp.op("docked")
    node.dock = comp.op("fifo")
    node.comment = 'A "comment" of\ntwo lines'
    node.color = (0.2, 0.4, 0.6)
    node.tags.add("tagged")
    comp.par.opviewer = "./text"
    comp.par.nodeview = "opviewer"


def _two_extensions(_room: Room, comp: Any) -> None:
    comp.seq.ext.numBlocks = 2
    for number, name in enumerate(("One", "Two")):
        setattr(comp.par, f"ext{number}object", f"op('./text').module.{name}(me)")
        setattr(comp.par, f"ext{number}name", name)


_CONTENTS: dict[str, Callable[[Room, Any], None]] = {
    "table contents": _table_contents,
    "texts": _dat_texts,
    "looks": _node_looks,
    "extensions": _two_extensions,
}


def specimen_job(results: Results, around: Any, folder: Path) -> Steps:
    """Saves the specimen, expands it and answers; without the tool the file is left for somebody who has it."""
    room = Room(around, "format")
    kept = Path(td.project.folder) / f"selftest-{td.app.build}-specimen.tox"
    try:
        comp = yield from build_specimen(room)
        kept.unlink(missing_ok=True)
        comp.save(kept.as_posix())
        results.details[SPECIMEN] = room.details
        tool = find_tool("toeexpand")
        if tool is None:
            why = f"toeexpand was not found beside TouchDesigner; send {kept.name} along, which answers them, too"
            sentence = f"{len(ASKED)} questions about the component file were not answered: {why}."
            results.add(FORMAT_AREA, SPECIMEN, SKIPPED, sentence, found=list(ASKED))
            return
        files = yield from expand(tool, kept, folder / "expanded")
        keep_answers(results, files)
    finally:
        room.close()
        shutil.rmtree(folder, ignore_errors=True)


def keep_answers(results: Results, files: Files) -> None:
    """Takes the answers in, and every text they were read from."""
    if f"{SPECIMEN}.n" not in files:
        sentence = f"toeexpand gave {sorted(files)[:5]} for the specimen, not its {SPECIMEN}.n; see the file itself."
        results.add(FORMAT_AREA, SPECIMEN, FAIL, sentence)
        return
    texts = {path: body.decode("utf-8", "replace") for path, body in files.items() if _is_text(path)}
    results.details["specimen files"] = texts
    for number, answer in format_answers(files, SPECIMEN):
        results.format[number] = answer
        results.add(FORMAT_AREA, number, MEASURED, f"{ASKED[number]}: {shown(answer)}.", found=answer)


def _is_text(path: str) -> bool:
    return path.endswith((".n", ".parm", ".cparm", ".network", ".toc"))
