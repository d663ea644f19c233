"""Rows 1 to 16 of the API sheet, section 11: finding, making and destroying operators."""

import pickle
from typing import Any

import pytest

from headless_td import Host, Unknowns, tdAttributeError, tdError


def script(comp: Any, text: str, name: str = "script") -> Any:
    """The module of a text DAT made in `comp`."""
    dat = comp.create("textDAT", name)
    dat.text = text
    return dat.module


def test_missing_operators(project: Any) -> None:
    """Row 1: op() gives None, ops() an empty list, opex() raises and names the path."""
    module = script(project, "found = op('nothing'), ops('nothing*')\ndef raises():\n    opex('nothing')\n")
    assert module.found == (None, [])
    with pytest.raises(tdError, match="nothing"):
        module.raises()


def test_patterns_ids_and_several_arguments(project: Any) -> None:
    """Row 2: arguments are patterns, a number is an id, the first match wins."""
    for name in ("a1", "a2", "b1"):
        project.create("textDAT", name)
    assert [each.name for each in project.ops("a*")] == ["a1", "a2"]
    assert [each.name for each in project.ops("a[1-1] b?")] == ["a1", "b1"]
    assert [each.name for each in project.ops("* ^a*") if each.family == "DAT"] == ["b1"]
    assert project.op("nothing", "b1").name == "b1"
    assert project.op(project.op("a2").id).name == "a2"
    assert project.op(None) is None
    assert project.op("") is None


def test_global_op_is_beside_the_dat_and_comp_op_is_inside(project: Any) -> None:
    """Row 3: the same text names different operators from a DAT and from its COMP."""
    inner = project.create("baseCOMP", "inner")
    project.create("textDAT", "x").text = "# outside"
    inner.create("textDAT", "x").text = "# inside"
    module = script(project, "beside = op('x')\nabove = op('..')\nabsolute = op('/project1/inner/x')\n")
    assert module.beside.text == "# outside"
    assert inner.op("x").text == "# inside"
    assert inner.op("..") == project
    assert inner.op("../x") == module.beside
    assert module.above == project
    assert module.absolute == inner.op("x")


@pytest.mark.parametrize(("setting", "found"), [("network", "/x"), ("node", "/project1/x")])
def test_two_dots_from_a_dat(open_host: Any, setting: str, found: str) -> None:
    """Section 1.2: whether '../x' from a DAT lies beside its COMP or beside itself is a switch."""
    project = open_host(dotdot_path=setting).op("/project1")
    project.create("textDAT", "x")
    project.parent().create("textDAT", "x")
    assert script(project, "found = op('../x').path").found == found


def test_shortcuts(project: Any) -> None:
    """Row 4: parent.Name is the nearest ancestor with it, op.Name the one in the project; both raise when missing."""
    outer = project.create("baseCOMP", "outer")
    inner = outer.create("baseCOMP", "inner")
    outer.par.parentshortcut = inner.par.parentshortcut = "thing"
    outer.par.opshortcut = "outside"
    module = script(inner, "near = parent.thing\nfar = op.outside\n")
    assert module.near == inner
    assert module.far == outer
    assert inner.parent.thing == outer
    with pytest.raises(tdAttributeError):
        _ = outer.parent.thing
    with pytest.raises(tdAttributeError):
        _ = module.op.nothing
    assert "outside" in list(module.op)


@pytest.mark.parametrize(("setting", "winner"), [("newest", "second"), ("first", "first")])
def test_one_shortcut_in_two_components(open_host: Any, setting: str, winner: str) -> None:
    """Row 5: the sources disagree on which of two holders counts; the other gets it when that one goes."""
    host = open_host(shortcut_conflict=setting)
    project = host.op("/project1")
    comps = {name: project.create("baseCOMP", name) for name in ("first", "second")}
    for comp in comps.values():
        comp.par.opshortcut = "mine"
    module = script(project, "def holder():\n    return op.mine.name\n")
    assert module.holder() == winner
    comps[winner].destroy()
    assert module.holder() != winner


def test_taken_name_is_numbered(project: Any) -> None:
    """Row 6: create() never fails for a taken name."""
    assert [project.create("textDAT", "log").name for _ in range(3)] == ["log", "log1", "log2"]
    assert project.create("tableDAT").name == "table1"


def test_illegal_name(open_host: Any) -> None:
    """Row 7: refused by default, cleaned by the switch."""
    with pytest.raises(tdError, match="legal operator name"):
        open_host().op("/project1").create("textDAT", "a b/c")


def test_illegal_name_cleaned(open_host: Any) -> None:
    """Row 7, the other way."""
    assert open_host(illegal_name="cleaned").op("/project1").create("textDAT", "a b/c").name == "a_b_c"


@pytest.mark.parametrize("setting", ["numbered", "raises"])
def test_renaming_to_a_taken_name(open_host: Any, setting: str) -> None:
    """Section 1.3: numbered or refused."""
    project = open_host(rename_taken=setting).op("/project1")
    project.create("textDAT", "a")
    other = project.create("baseCOMP", "b")
    inner = other.create("textDAT", "x")
    if setting == "raises":
        with pytest.raises(tdError, match="already"):
            other.name = "a"
    else:
        other.name = "a"
        assert other.name == "a1"
        assert inner.path == "/project1/a1/x"
    assert project.op(other.name) == other


def test_fresh_operators(project: Any) -> None:
    """Row 8: at (0, 0), default size, a table has one empty cell, text is plain text."""
    table = project.create("tableDAT", "t")
    assert (table.nodeX, table.nodeY, table.nodeWidth, table.nodeHeight) == (0, 0, 130, 90)
    assert (table.numRows, table.numCols, table[0, 0].val) == (1, 1, "")
    assert project.create("textDAT", "x").par.language == "text"
    comp = project.create("baseCOMP", "c")
    assert (comp.nodeWidth, comp.nodeHeight) == (160, 130)


def test_destroyed_operator_answers_nothing_but_valid(project: Any) -> None:
    """Row 9: the object and everything below it is dead; even text of it raises."""
    comp = project.create("baseCOMP", "c")
    inner = comp.create("textDAT", "x")
    par = comp.par.opshortcut
    comp.destroy()
    assert not comp.valid
    assert not inner.valid
    uses = (lambda: comp.name, lambda: f"{comp}", lambda: inner.text, lambda: bool(comp), lambda: inner[0, 0])
    for use in (*uses, lambda: par.eval()):  # noqa: PLW0108 - looking `eval` up is part of the use
        with pytest.raises(tdError, match="destroyed"):
            use()
    with pytest.raises(tdError):
        comp.destroy()
    assert project.op("c") is None


def test_destroying_a_host_of_docked_operators(open_host: Any) -> None:
    """Row 10: refused by default; undocking first works."""
    project = open_host().op("/project1")
    fifo, callbacks = project.create("fifoDAT", "log"), project.create("textDAT", "log_callbacks")
    callbacks.dock = fifo
    assert fifo.docked == [callbacks]
    with pytest.raises(tdError, match="undock"):
        fifo.destroy()
    callbacks.dock = None
    fifo.destroy()
    assert callbacks.valid


def test_destroying_takes_docked_operators_along(open_host: Any) -> None:
    """Row 10, the other way."""
    project = open_host(destroy_docked="destroys").op("/project1")
    fifo, callbacks = project.create("fifoDAT", "log"), project.create("textDAT", "log_callbacks")
    callbacks.dock = fifo
    fifo.destroy()
    assert not callbacks.valid


def test_copy(project: Any) -> None:
    """Row 11: contents, parameters, storage and docking are copied; storage by value."""
    comp = project.create("baseCOMP", "c")
    table = comp.create("tableDAT", "t")
    table.clear()
    table.appendRow(["a", "line\nbreak"])
    note = comp.create("textDAT", "note")
    note.dock = table
    page = comp.appendCustomPage("Page")
    page.appendFloat("Speed")[0].val = 2.5
    comp.store("list", [1])
    copy = project.copy(comp)
    comp.fetch("list").append(2)
    assert copy.name == "c1"
    assert copy.op("t")[0, 1].val == "line\nbreak"
    assert copy.par.Speed.eval() == 2.5
    assert copy.fetch("list") == [1]
    assert copy.op("note").dock == copy.op("t")
    assert copy.customPages[0].name == "Page"


def test_copying_what_cannot_be_pickled(project: Any) -> None:
    """Section 1.6: the error names operator and key."""
    comp = project.create("baseCOMP", "c")
    comp.store("handle", lambda: None)
    with pytest.raises(tdError, match=r"/project1/c.*'handle'"):
        project.copy(comp)


def test_unknown_attributes(project: Any) -> None:
    """Row 12: reading raises an AttributeError subclass, writing raises as well."""
    table = project.create("tableDAT", "t")
    with pytest.raises(tdAttributeError, match="numrows"):
        _ = table.numrows
    assert not hasattr(table, "nonsense")
    assert getattr(table, "nonsense", 5) == 5
    with pytest.raises(tdAttributeError):
        table.nonsense = 1
    with pytest.raises(tdAttributeError):
        table.numRows = 3
    assert not issubclass(tdAttributeError, tdError)


def test_utility_operators_are_hidden(project: Any) -> None:
    """Row 13: an annotation is found by searches until it is made utility."""
    note = project.create("annotateCOMP", "note")
    inside = project.create("textDAT", "x")
    note.nodeX, note.nodeY, note.nodeWidth, note.nodeHeight = -50, -50, 400, 400
    note.par.Titletext = "Title"
    assert project.op("note") == note
    assert not note.utility
    note.utility = True
    assert project.op("note") is None
    assert note not in project.children
    assert project.op("note", includeUtility=True) == note
    assert note in project.findChildren(includeUtility=True)
    assert note not in project.findChildren()
    assert note.enclosedOPs == [inside]
    inner = note.create("textDAT", "body")
    assert project.op("note/body") == inner


@pytest.mark.parametrize(
    ("setting", "order"), [("created", ["b", "a"]), ("reversed", ["a", "b"]), ("by_name", ["a", "b"])]
)
def test_order_of_children(open_host: Any, setting: str, order: list[str]) -> None:
    """Row 14: any order is possible."""
    comp = open_host(children_order=setting).op("/project1").create("baseCOMP", "c")
    for name in ("b", "a"):
        comp.create("textDAT", name)
    assert [child.name for child in comp.children] == order


@pytest.mark.parametrize("setting", ["fresh", "same"])
def test_identity(open_host: Any, setting: str) -> None:
    """Row 15: two look-ups are equal and hash alike; identity is not promised."""
    project = open_host(op_objects=setting).op("/project1")
    made = project.create("textDAT", "x")
    assert made == project.op("x")
    assert {made: 1}[project.op("x")] == 1
    assert (project.op("x") is project.op("x")) is (setting == "same")
    assert made != project
    assert type(made).__name__ == "textDAT"


def test_find_children(project: Any) -> None:
    """Section 1.4: `depth` is exact, `maxDepth` a bound, conditions add up."""
    comp = project.create("baseCOMP", "c")
    inner = comp.create("baseCOMP", "inner")
    inner.create("textDAT", "deep").tags.add("red")
    comp.create("textDAT", "flat")
    text = type(comp.op("flat"))
    assert [each.name for each in comp.findChildren(type=text, depth=1)] == ["flat"]
    assert {each.name for each in comp.findChildren(type=text)} == {"flat", "deep"}
    assert {each.name for each in comp.findChildren(maxDepth=1)} == {"inner", "flat"}
    assert [each.name for each in comp.findChildren(tags=["red"])] == ["deep"]
    assert [each.name for each in comp.findChildren(name="d*")] == ["deep"]
    assert comp.numChildrenRecursive == 3


def test_storage_search(project: Any) -> None:
    """Section 1.6: fetch() walks up, raises without a default, and can be kept from searching."""
    comp = project.create("baseCOMP", "c")
    project.store("key", 1)
    assert comp.fetch("key") == 1
    assert comp.fetch("key", 2, search=False) == 2
    assert comp.fetchOwner("key") == project
    with pytest.raises(tdError, match="nothing"):
        comp.fetch("nothing")
    project.unstore("k*")
    assert project.storage == {}


def test_script_errors(project: Any) -> None:
    """Section 1.5: they stay until cleared; addError() is for cooking operators."""
    comp = project.create("baseCOMP", "c")
    comp.addScriptError("no key")
    assert "no key" in comp.errors()
    assert "no key" in project.errors(recurse=True)
    comp.clearScriptErrors()
    assert comp.errors() == ""
    with pytest.raises(tdError, match="cooks"):
        comp.addError("x")


def test_operators_cannot_be_pickled(project: Any) -> None:
    """Section 1.6: storing an operator breaks the next save."""
    with pytest.raises(TypeError, match="path"):
        pickle.dumps(project)


def test_unknown_type(project: Any) -> None:
    """A type the stand-in lacks is named with those it has."""
    with pytest.raises(tdError, match="tableDAT"):
        project.create("datexecDAT", "x")


def test_every_combined_set_opens(tmp_path: Any) -> None:
    """Each set of switches gives a working host."""
    for unknowns in (*Unknowns.combined(), *Unknowns.conditions()):
        with Host(tmp_path, unknowns) as host:
            host.op("/project1").create("textDAT", "x")
            host.frame(2)
