"""Small component files of our own, packed and loaded: what TouchDesigner makes of forms that are not proven."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import td
from in_td.components import NAMES, file_around
from in_td.described import description_of, points
from in_td.packing import collapse, find_tool
from in_td.room import Room, attempt
from in_td.rows import MEASURED, SKIPPED, Results, describe_error, shown
from in_td.specimen import FORMAT_AREA
from in_td.steps import Steps

#: Name of the component in every trial.
TRIAL = "Trial"

#: Questions that no trial answers, and why.
NOT_TRIED = {
    "20": "a file without the header could crash TouchDesigner; it always has one",
    "22 newer": "a stamp newer than TouchDesigner could crash it; ours is the oldest supported build",
}


def _node(first: str, *rows: str, color: bool = True) -> bytes:
    size = "160 130" if first.startswith("COMP") else "130 90"
    lines = [first, f"tile 0 0 {size}", "flags =  viewer 1 parlanguage 0"]
    return ("\n".join([*lines, *(["color 0.67 0.67 0.67 "] if color else []), *rows, "end"]) + "\n").encode()


def _rows(*rows: str) -> bytes:
    return ("\n".join(["?", *rows, "?"]) + "\n").encode("utf-8")


def _stamp() -> bytes:
    # Never a stamp newer than what opens the file.
    return f"version 099\nbuild {td.app.build}\ntime Thu Jan  1 00:00:00 2026\nosname Windows\nosversion 10\n".encode()


def _text_body(text: str) -> bytes:
    body = text.encode("utf-8")
    return b"2\n*" + bytes.fromhex("00000001" * 4 + "00000002") + len(body).to_bytes(4, "big") + body


_CLASSES = "class One:\n    def __init__(self, ownerComp):\n        pass\n\n\nclass Two(One):\n    pass\n"


def _definition(word: int, name: str, rest: str = '1 1 0 0 1 1 1 2 0 "" ""', order: int = 0, tail: str = "") -> str:
    return f"{word} {name} {name} {rest} Page {order}{tail}"


def trial_files() -> dict[str, tuple[tuple[str, ...], dict[str, bytes]]]:
    """Each trial: the questions it answers, and its files in the order of the index."""
    base = {".build": _stamp(), f"{TRIAL}.n": _node("COMP:base")}

    def parameters(*lines: str) -> dict[str, bytes]:
        return {f"{TRIAL}.cparm": _rows("pages 1 Page", *lines)}

    extension = {f"{TRIAL}/code.n": _node("DAT:text"), f"{TRIAL}/code.text": _text_body(_CLASSES)}
    one, two = "op('./code').module.One(me)", "op('./code').module.Two(me)"
    return {
        "tokens": (
            ("12", "15"),
            {
                **base,
                f"{TRIAL}/datexec.n": _node("DAT:datexec"),
                f"{TRIAL}/fifo.n": _node("DAT:fifo"),
                f"{TRIAL}/parexec.n": _node("DAT:parexec"),
                f"{TRIAL}/parexec.parm": _rows("op 0 ..", "pars 0 *"),
            },
        ),
        "no colour": (("18",), {**base, f"{TRIAL}/plain.n": _node("DAT:text", color=False)}),
        "weak tokens": (
            ("13", "14"),
            {
                **base,
                f"{TRIAL}/movie.n": _node("TOP:moviefilein"),
                f"{TRIAL}/list.n": _node("COMP:list"),
                f"{TRIAL}/opviewer.n": _node("COMP:opviewer"),
                f"{TRIAL}/annotate.n": _node("COMP:annotate"),
            },
        ),
        "numbers": (
            ("2", "6"),
            {
                **base,
                **parameters(
                    _definition(772804865, "Number", '1 3 0 0 3 4 4 2 1 "" ""'),
                    _definition(772804867, "Switch", '1 1 0 0 1 1 1 2 1 "" ""', 1),
                ),
                f"{TRIAL}.parm": _rows("Number 67108928 2.5", "Switch 67108928 off"),
            },
        ),
        "text": (
            ("3",),
            {
                **base,
                **parameters(_definition(772804868, "Text", '1 1 0 0 1 1 1 2 0 before ""')),
                f"{TRIAL}.parm": _rows("Text 67108928 after"),
            },
        ),
        "menu": (
            ("4",),
            {
                **base,
                **parameters(
                    _definition(772804879, "Chosen", order=4097, tail=" 2 one One two Two 0"),
                    _definition(772804879, "Indexed", order=4097, tail=" 2 one One two Two 1"),
                ),
                f"{TRIAL}.parm": _rows("Chosen 67109056 two", "Indexed 67109056 1"),
            },
        ),
        "styles": (
            ("5", "7"),
            {
                **base,
                **parameters(
                    _definition(772804880, "File"),
                    _definition(772804868 - (1 << 31), "Section", order=1),
                    _definition(772804875, "Reference", order=2),
                ),
            },
        ),
        "two extensions": (
            ("9", "11"),
            {
                **base,
                f"{TRIAL}.parm": _rows(
                    "ext 0 2", f"ext0object 0 {one}", "ext0name 0 One", f"ext1object 0 {two}", "ext1name 0 Two"
                ),
                **extension,
            },
        ),
        "old extension": (
            ("10",),
            {
                **base,
                f"{TRIAL}.parm": _rows(f"extension1 0 {one}", "extname1 0 One", "promoteextension1 0 on"),
                **extension,
            },
        ),
        "texts": (
            ("16", "17", "24"),
            {
                **base,
                **parameters(
                    _definition(772804868, "Quoted", '1 1 0 0 1 1 1 2 0 "a \\"b\\" c" ""'),
                    _definition(772804868, "Accented", '1 1 0 0 1 1 1 2 0 gr\u00fc\u00df ""', 1),
                    _definition(773067012, "Helped", order=2, tail=' 1 "What \\"it\\" does."'),
                ),
            },
        ),
    }


def trial_steps(results: Results, around: Any, folder: Path) -> Steps:
    """Packs, loads and looks at each trial."""
    tool = find_tool("toecollapse")
    for number, why in NOT_TRIED.items():
        results.add(FORMAT_AREA, f"trial {number}", SKIPPED, f"Not tried: {why}.")
    if tool is None:
        why = "toecollapse was not found beside TouchDesigner"
        results.add(FORMAT_AREA, "trials", SKIPPED, f"Files of our own could not be packed: {why}.")
        return
    room = Room(around, "trials")
    room.comp.allowCooking = False  # what is loaded does not begin to run
    spellings: dict[str, bool] = {}
    try:
        for name, (questions, files) in trial_files().items():
            packed = None
            for spelling, argument in enumerate((f"{TRIAL}.tox.toc", f"{TRIAL}.tox")):
                one = yield from collapse(tool, TRIAL, files, folder / f"trial{spelling}", argument)
                spellings[argument] = spellings.get(argument, False) or one is not None
                packed = packed or one
            seen = "not packed" if packed is None else _seen_loaded(room, packed)
            for question in questions:
                results.format.setdefault("trials", {}).setdefault(question, {})[name] = seen
            sentence = f"{name} (questions {', '.join(questions)}): {shown(seen)}."
            results.add(FORMAT_AREA, f"trial {name}", MEASURED, sentence, found=seen)
            yield None
        works = [argument for argument, made in spellings.items() if made]
        results.format["19"] = works
        results.add(FORMAT_AREA, "19", MEASURED, f"toecollapse takes {works or 'neither spelling'}.", found=works)
    finally:
        room.close()
        shutil.rmtree(folder, ignore_errors=True)


def _seen_loaded(room: Room, packed: Path) -> Any:
    """What came of a packed component."""
    loaded: list[Any] = []
    error = attempt(lambda: loaded.append(room.comp.loadTox(packed.as_posix())))
    if error is not None or not loaded or loaded[0] is None:
        return "not loaded" if error is None else f"not loaded: {describe_error(error)}"
    comp = loaded[0]
    return {
        "operators": {node.name: node.OPType for node in comp.children},
        "parameters": {par.name: dict(_fields(par)) for par in comp.customPars},
        "ext": [
            str(comp.par[f"ext{number}{field}"].eval())
            for number in range(comp.seq.ext.numBlocks)
            for field in ("object", "name")
        ],
        "parexec.op is the component": [node == comp for dat in comp.ops("parexec") for node in dat.par.op.evalOPs()],
    }


def _fields(par: Any) -> Iterator[tuple[str, Any]]:
    yield "style", par.style
    yield "value", None if par.isPulse or par.isOP else par.eval()
    for name in ("default", "readOnly", "startSection", "help"):
        yield name, getattr(par, name)
    if par.style == "Float":
        for name in ("clampMin", "clampMax", "min", "max", "normMin", "normMax"):
            yield name, getattr(par, name)


def file_alone_steps(results: Results, dat: Any, around: Any) -> Steps:
    """What of each component its packed file carries by itself, before the assembler has completed it."""
    for name in NAMES:
        path = file_around(dat, f"{name}.tox")
        if path is None:
            sentence = f"There is no {name}.tox beside this self-test or in the project's folder to look into."
            results.add(FORMAT_AREA, f"{name}.tox alone", SKIPPED, sentence)
            continue
        room = Room(around, f"alone_{name}")
        try:
            room.comp.allowCooking = False
            comp = room.comp.loadTox(path.as_posix())
            description = description_of(comp)
            if description is None:
                missing = ["the description"]
            else:
                missing = [point.sentence for point in points(comp, description) if not point.holds]
            results.format[f"{name}.tox alone"] = missing
            sentence = (
                f"{name}.tox alone differs from its description in {len(missing)} points; the assembler completes it."
            )
            results.add(FORMAT_AREA, f"{name}.tox alone", MEASURED, sentence, found=missing)
            yield None
        finally:
            room.close()
