"""The expanded component format: what is written reads back, and every broken rule is named."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tox_format import (
    Node,
    ParDefinition,
    ParValue,
    Stamp,
    ToxFormatError,
    component_files,
    index_file,
    index_path,
    read_component,
    write_component,
)

STAMP = Stamp("2025.32050", "Thu Jan  1 00:00:00 2026")

ascii_text = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=30)
words = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
built_in_names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
parameter_names = st.from_regex(r"[A-Z][a-z0-9]{0,8}", fullmatch=True)
numbers = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
bodies = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def unique_names(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(words, max_size=count, unique_by=str.lower)


@st.composite
def definitions(draw: st.DrawFn, name: str, page: str, order: int) -> ParDefinition:
    style = draw(st.sampled_from(["Float", "Int", "Toggle", "Str", "Pulse", "OP", "Menu"]))
    menu = draw(st.lists(st.tuples(words, ascii_text), min_size=1, max_size=4)) if style == "Menu" else []
    default = {
        "Float": draw(numbers),
        "Int": draw(st.integers(-1000, 1000)),
        "Toggle": draw(st.booleans()),
        "Str": draw(ascii_text),
        "OP": draw(ascii_text),
        "Menu": menu[0][0] if menu else "",
        "Pulse": None,
    }[style]
    low, high = sorted((draw(numbers), draw(numbers)))
    return ParDefinition(
        name=name,
        label=draw(ascii_text),
        style=style,
        page=page,
        order=order,
        default=default,
        minimum=low,
        maximum=high,
        clamp_min=draw(st.booleans()),
        clamp_max=draw(st.booleans()),
        norm_min=low,
        norm_max=high,
        menu=tuple(menu),
        enable=draw(ascii_text),
        help=draw(ascii_text),
    )


@st.composite
def dats(draw: st.DrawFn, name: str) -> Node:
    table = None
    text = None
    token = draw(st.sampled_from(["text", "table", "execute", "parexec", "fifo"]))
    if token == "table":
        columns = draw(st.integers(1, 4))
        row = st.lists(st.text(max_size=8), min_size=columns, max_size=columns).map(tuple)
        table = tuple(draw(st.lists(row, min_size=1, max_size=4)))
    else:
        text = draw(st.none() | bodies)
    values = [ParValue(draw(built_in_names), draw(ascii_text))]
    return Node(name, "DAT", token, values=tuple(values), text=text, table=table)


@st.composite
def components(draw: st.DrawFn) -> Node:
    pages = tuple(draw(st.lists(ascii_text, max_size=3, unique=True)))
    defined = tuple(
        draw(definitions(name, draw(st.sampled_from(pages)), order))
        for order, name in enumerate(draw(st.lists(parameter_names, max_size=6, unique=True)) if pages else [])
    )
    defined = tuple(sorted(defined, key=lambda d: (pages.index(d.page), d.order)))
    values = [
        ParValue("ext0object", "op('./ext_demo').module.DemoExt(me)"),
        ParValue("clone", "", mode="expression", expression=draw(ascii_text)),
        ParValue("w", "1", mode="bind", bind=draw(ascii_text)),
    ]
    values += [
        ParValue(d.name, "1") if draw(st.booleans()) else ParValue(d.name, "1", mode="expression", expression="me.id")
        for d in defined
        if d.style in ("Float", "Int", "Toggle")
    ]
    inner = Node("local", "COMP", "base", children=tuple(draw(dats(n)) for n in draw(unique_names(3))))
    names = [name for name in draw(unique_names(4)) if name.lower() != "local"]
    return Node(
        name=draw(words),
        family="COMP",
        token="base",
        tile=draw(st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.just(160), st.just(130))),
        color=draw(st.tuples(*[st.floats(0, 1)] * 3)),
        pages=pages,
        definitions=defined,
        values=tuple(values),
        children=(inner, *(draw(dats(name)) for name in names)),
    )


@settings(max_examples=30, deadline=None)
@given(root=components())
def test_what_is_written_reads_back_equal(root: Node, tmp_path_factory: pytest.TempPathFactory) -> None:
    tox_dir = tmp_path_factory.mktemp("round") / f"{root.name}.tox.dir"
    write_component(root, tox_dir, STAMP)
    assert read_component(tox_dir) == root


def demo() -> Node:
    """A component with one of everything a component file of ours holds."""
    menu = (("auto", "Automatic"), ("manual", "By Hand"))
    return Node(
        name="demo",
        family="COMP",
        token="base",
        tile=(0, 0, 160, 130),
        pages=("Demo", "About"),
        definitions=(
            ParDefinition("Active", "Active", "Toggle", "Demo", 0, default=True),
            ParDefinition("Gain", "Gain", "Float", "Demo", 1, default=1, clamp_min=True, maximum=4, norm_max=4),
            ParDefinition("Mode", "Mode", "Menu", "Demo", 2, default="auto", menu=menu),
            ParDefinition(
                "Speed", "Speed", "Float", "Demo", 3, 1, enable="me.par.Mode == 'manual'", help="Used by hand."
            ),
            ParDefinition("Version", "Version", "Str", "About", 0, default="1.0.0"),
        ),
        values=(ParValue("parentshortcut", "demo"), ParValue("Active", "off")),
        children=(
            Node("ext_demo", "DAT", "text", values=(ParValue("language", "python"),), text="pass\n"),
            Node("par_exec", "DAT", "parexec", values=(ParValue("op", ".."),), text="# ü\n"),
            Node("status", "DAT", "table", table=(("state", "error"), ("connected", ""))),
        ),
    )


def test_lines_are_those_of_the_documented_examples(tmp_path: Path) -> None:
    """The spelling agrees with lines read from real TouchDesigner output."""
    files = component_files(demo(), STAMP)
    assert files["demo.n"] == (
        b"COMP:base\ntile 0 0 160 130\nflags =  viewer 1 parlanguage 0\ncolor 0.67 0.67 0.67 \nend\n"
    )
    assert files["demo.cparm"].decode().split("\n") == [
        "?",
        "pages 2 Demo About",
        '772804867 Active Active 1 1 0 0 1 1 1 2 1 "" "" Demo 0',
        '772804865 Gain Gain 1 3 0 0 1 4 4 2 1 "" "" Demo 1',
        '772804879 Mode Mode 1 1 0 0 1 1 1 2 0 auto "" Demo 4097 2 auto Automatic manual "By Hand" 2',
        '773198081 Speed Speed 1 1 0 0 1 1 1 2 1 "" "" Demo 3 "me.par.Mode == \'manual\'" 1 "Used by hand."',
        '772804868 Version Version 1 1 0 0 1 1 1 2 0 1.0.0 "" About 0',
        "?",
        "",
    ]
    assert files["demo.parm"] == b"?\nparentshortcut 0 demo\nActive 67108928 off\n?\n"
    assert files["demo/ext_demo.text"] == bytes.fromhex(
        "320A2A 00000001 00000001 00000001 00000001 00000002 00000005 706173730A"
    )
    assert files["demo/status.table"].startswith(bytes.fromhex("310A2A 00000001 00000002 00000002 00000000 00000002"))
    assert index_file(files).decode().split("\n") == [
        "# 4 0 0 0 1",
        ".build",
        "demo.n",
        "demo.cparm",
        "demo.parm",
        "demo/ext_demo.n",
        "demo/ext_demo.parm",
        "demo/ext_demo.text",
        "demo/par_exec.n",
        "demo/par_exec.parm",
        "demo/par_exec.text",
        "demo/status.n",
        "demo/status.table",
        "",
    ]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda n: replace(n, token="nosuch"), "not among the known operator types"),
        (lambda n: replace(n, name="1st"), "no safe operator name"),
        (lambda n: replace(n, children=(*n.children, Node("EXT_demo", "DAT", "text"))), "collide on disk"),
        (lambda n: replace(n, values=(ParValue("file", 'a"b'),)), "cannot stand"),
        (lambda n: replace(n, values=(ParValue("file", "a\\b"),)), "cannot stand"),
        (lambda n: replace(n, values=(ParValue("file", "ü"),)), "cannot stand"),
        (lambda n: replace(n, values=(ParValue("Mode", "manual"),)), "may differ from their default"),
        (lambda n: replace(n, values=(ParValue("w", "1"), ParValue("w", "2"))), "two rows"),
        (lambda n: replace(n, values=(ParValue("w", "1", mode="expression"),)), "no safe form"),
        (lambda n: replace(n, pages=("Demo",)), "the list of pages lacks"),
        (
            lambda n: replace(n, children=(Node("t", "DAT", "table", table=(("a", "b"), ("c",))),)),
            "one and the same length",
        ),
        (
            lambda n: replace(n, children=(Node("t", "DAT", "text", children=(Node("x", "DAT", "text"),)),)),
            "only a COMP",
        ),
    ],
)
def test_writer_refuses_what_has_no_safe_form(change, complaint: str) -> None:
    with pytest.raises(ToxFormatError, match=complaint):
        component_files(change(demo()), STAMP)


@pytest.mark.parametrize("style", ["Folder", "File", "DAT", "StrMenu"])
def test_writer_refuses_styles_whose_number_is_unproven(style: str) -> None:
    node = replace(demo(), definitions=(ParDefinition("Path", "Path", style, "Demo", 0, default=""),), values=())
    with pytest.raises(ToxFormatError, match=f"no proven form is known for style {style}"):
        component_files(node, STAMP)


def test_writer_refuses_a_menu_that_does_not_begin_with_its_default() -> None:
    menu = ParDefinition("Mode", "Mode", "Menu", "Demo", 0, default="b", menu=(("a", "A"), ("b", "B")))
    with pytest.raises(ToxFormatError, match="first entry"):
        component_files(replace(demo(), definitions=(menu,), values=()), STAMP)


def edit(name: str, old: bytes, new: bytes):
    """A break of the written files: one replacement in one file, which must take place."""

    def change(tox_dir: Path) -> None:
        path = index_path(tox_dir) if name == "index" else tox_dir / name
        body = path.read_bytes()
        assert old in body
        path.write_bytes(body.replace(old, new, 1))

    return change


def remove(name: str):
    return lambda tox_dir: (tox_dir / name).unlink()


def add(name: str):
    return lambda tox_dir: (tox_dir / name).write_bytes(b"")


def two_roots(tox_dir: Path) -> None:
    (tox_dir / "other.n").write_bytes((tox_dir / "demo/ext_demo.n").read_bytes())
    index_path(tox_dir).write_bytes(index_path(tox_dir).read_bytes() + b"other.n\n")


BREAKS = {
    "a listed file is missing": (remove("demo/par_exec.parm"), "listed but not there"),
    "a file is not listed": (add("demo/extra.n"), "there but not listed"),
    "no index": (lambda tox_dir: index_path(tox_dir).unlink(), "index is missing"),
    "no index header": (edit("index", b"# 4 0 0 0 1\n", b""), "must begin with the lines"),
    "CR in the index": (edit("index", b"demo.n\n", b"demo.n\r\n"), "0x0d"),
    "index without line end": (edit("index", b"status.table\n", b"status.table"), "no line end"),
    "entry twice": (edit("index", b"demo/ext_demo.n\n", b"demo/ext_demo.n\ndemo/ext_demo.n\n"), "listed twice"),
    "child before its parent": (edit("index", b".build\n", b".build\nother/x.n\n"), "before its parent"),
    "values before definitions": (
        edit("index", b"demo.cparm\ndemo.parm\n", b"demo.parm\ndemo.cparm\n"),
        "must stand before",
    ),
    "two roots": (two_roots, "exactly one operator at the top"),
    "breadth first": (
        edit(
            "index",
            b"demo/ext_demo.parm\ndemo/ext_demo.text\ndemo/par_exec.n\n",
            b"demo/par_exec.n\ndemo/ext_demo.parm\ndemo/ext_demo.text\n",
        ),
        "depth first",
    ),
    "foreign file kind": (edit("index", b"demo/status.table", b"demo/status.panel"), "no file of an operator"),
    "build stamp": (edit(".build", b"version 099", b"version 088"), "five lines"),
    "no end": (edit("demo.n", b"end\n", b""), "five lines"),
    "one space behind flags": (edit("demo.n", b"flags =  ", b"flags = "), "five lines"),
    "unknown type": (edit("demo/par_exec.n", b"DAT:parexec", b"DAT:parexecute"), "known operator types"),
    "UTF-8 BOM": (edit("demo.parm", b"?", b"\xef\xbb\xbf?"), "0xef"),
    "CR in values": (edit("demo.parm", b"demo\n", b"demo\r\n"), "0x0d"),
    "no closing question mark": (edit("demo.parm", b"off\n?", b"off"), "question mark"),
    "unquoted space": (edit("demo.parm", b"0 demo", b"0 de mo"), "announces 1 values, the row has 2"),
    "double space": (edit("demo.parm", b"0 demo", b"0  demo"), "two spaces"),
    "needless quotes": (edit("demo.parm", b"0 demo", b'0 "demo"'), "must be quoted exactly"),
    "open quote": (edit("demo.parm", b"0 demo", b'0 "demo'), "not closed"),
    "backslash": (edit("demo.parm", b"0 demo", b"0 de\\mo"), "cannot stand"),
    "mode word with an unknown bit": (edit("demo.parm", b"shortcut 0", b"shortcut 32"), "not among the proven"),
    "expression without its text": (edit("demo.parm", b"shortcut 0", b"shortcut 17"), "announces 2 values"),
    "custom word on a built-in parameter": (edit("demo.parm", b"shortcut 0", b"shortcut 67108928"), "does not fit"),
    "value of an undefined parameter": (edit("demo.parm", b"Active", b"Passive"), "no definition names"),
    "type word without help bit": (edit("demo.cparm", b"773198081", b"772935937"), "does not announce"),
    "type word with help bit": (edit("demo.cparm", b"772804868", b"773067012"), "ends before"),
    "type word with unproven bits": (edit("demo.cparm", b"772804867", b"-1374678781"), "not proven"),
    "style without proof": (edit("demo.cparm", b"772804868", b"772804880"), "not proven"),
    "page count": (edit("demo.cparm", b"pages 2", b"pages 3"), "that many names"),
    "page unknown": (edit("demo.cparm", b"About 0", b"Nowhere 0"), "not among"),
    "menu count": (edit("demo.cparm", b"4097 2", b"4097 1"), "whole number|plain decimal"),
    "clamp flag": (edit("demo.cparm", b"Gain Gain 1 3", b"Gain Gain 1 2"), "clamped"),
    "number spelling": (edit("demo.cparm", b"4 4 2", b"4.0 4 2"), "must be spelled 4"),
    "text length": (edit("demo/ext_demo.text", b"pass\n", b"pass"), "announces 5 bytes, holds 4"),
    "text header": (edit("demo/ext_demo.text", b"2\n*", b"*"), "header of a text body"),
    "text encoding": (edit("demo/par_exec.text", "ü".encode(), b"\xfc "), "not UTF-8"),
    "table rows": (edit("demo/status.table", b"\0\0\0\2\0\0\0\2", b"\0\0\0\3\0\0\0\2"), "ends after 4 of 6 cells"),
    "table rest": (edit("demo/status.table", b"\0\0\0\2\0\0\0\2", b"\0\0\0\1\0\0\0\2"), "behind the last cell"),
    "table size zero": (edit("demo/status.table", b"\0\0\0\2\0\0\0\2", b"\0\0\0\2\0\0\0\0"), "header words"),
    "operator inside a DAT": (edit("demo.n", b"COMP:base", b"DAT:text"), "cannot hold operators"),
    "definitions out of order": (edit("demo.cparm", b"Demo 0", b"Demo 9"), "not spelled as the writer"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_reader_refuses_loudly(name: str, tmp_path: Path) -> None:
    tox_dir = tmp_path / "demo.tox.dir"
    write_component(demo(), tox_dir, STAMP)
    change, complaint = BREAKS[name]
    change(tox_dir)
    with pytest.raises(ToxFormatError, match=complaint):
        read_component(tox_dir)


def test_error_names_file_and_line(tmp_path: Path) -> None:
    tox_dir = tmp_path / "demo.tox.dir"
    write_component(demo(), tox_dir, STAMP)
    edit("demo.cparm", b"Gain Gain 1 3", b"Gain Gain 1 2")(tox_dir)
    with pytest.raises(ToxFormatError, match=r"^demo\.cparm:4: "):
        read_component(tox_dir)


def test_operators_are_found_by_path() -> None:
    assert demo().child("ext_demo").op_type == "textDAT"
    with pytest.raises(KeyError):
        demo().child("ext_demo/none")
