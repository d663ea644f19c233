"""Rows 17 to 31 of the API sheet, section 11: parameters."""

from typing import Any

import pytest

from headless_td import Host, tdAttributeError, tdError
from headless_td.parameters import ParMode


@pytest.fixture
def page(project: Any) -> Any:
    return project.create("baseCOMP", "comp").appendCustomPage("Page")


@pytest.fixture
def comp(project: Any, page: Any) -> Any:
    return project.op("comp")


def comp_with(host: Host, style: str, name: str = "Value") -> Any:
    """A COMP with one custom parameter."""
    comp = host.op("/project1").create("baseCOMP", "comp")
    getattr(comp.appendCustomPage("Page"), f"append{style}")(name)
    return comp


def test_missing_parameter(comp: Any) -> None:
    """Row 17: attribute access raises on reading and writing, subscription gives None."""
    with pytest.raises(tdAttributeError, match=r"'td\.ParCollection' object has no attribute 'Nothing'"):
        _ = comp.par.Nothing
    with pytest.raises(tdAttributeError):
        comp.par.Nothing = 1
    assert comp.par["Nothing"] is None
    assert comp.pars("Nothing*") == []
    assert comp.par["opshortcut"].name == "opshortcut"


def test_par_stands_for_its_value(comp: Any, page: Any) -> None:
    """Row 18: arithmetic, comparison, text and truth evaluate; methods of the value do not exist."""
    page.appendFloat("Speed")
    page.appendStr("Host")
    comp.par.Speed = 2
    comp.par.Host = " name "
    speed, host_name = comp.par.Speed, comp.par.Host
    assert speed + 1 == 3
    assert 10 / speed == 5
    assert speed < 3
    assert f"{speed:.2f}" == "2.00"
    assert (int(speed), float(speed), str(host_name), bool(host_name)) == (2, 2.0, " name ", True)
    for use in (lambda: host_name.strip, lambda: host_name.startswith("n"), lambda: "n" in host_name):
        with pytest.raises((AttributeError, TypeError)):
            use()
    with pytest.raises(TypeError):
        round(speed)


def test_equality_compares_values_and_same_par_identity(comp: Any, page: Any) -> None:
    """Section 0: two parameters of one value are equal but not the same."""
    page.appendInt("One")
    page.appendInt("Two")
    assert comp.par.One == comp.par.Two
    assert not comp.par.One.isSamePar(comp.par.Two)
    assert comp.par.One.isSamePar(comp.par.One)


@pytest.mark.parametrize(("setting", "value"), [("bool", True), ("int", 1)])
def test_toggle(open_host: Any, setting: str, value: Any) -> None:
    """Row 19: bool or int; text is refused."""
    comp = comp_with(open_host(toggle_eval=setting), "Toggle")
    comp.par.Value = 1
    assert type(comp.par.Value.eval()) is type(value)
    assert comp.par.Value.eval() == value
    with pytest.raises(tdError, match="takes a number"):
        comp.par.Value = "True"


def test_menu(comp: Any, page: Any) -> None:
    """Rows 20 and 30: starts empty; an unknown name silently becomes the first entry."""
    menu = page.appendMenu("Mode")[0]
    assert menu.menuNames == []
    assert menu.eval() == ""
    menu.menuNames = ["include", "exclude"]
    menu.menuLabels = ["Include", "Exclude"]
    menu.default = "exclude"
    assert menu.eval() == "include"
    comp.par.Mode = "exclude"
    assert (menu.eval(), menu.menuIndex) == ("exclude", 1)
    comp.par.Mode = "typo"
    assert menu.eval() == "include"
    menu.menuIndex = 1
    assert menu.eval() == "exclude"
    menu.menuIndex = 0
    menu.reset()
    assert menu.eval() == "exclude"


def test_operator_parameter(comp: Any, page: Any, project: Any) -> None:
    """Rows 21 and 22: None unresolved, a list for several, texts from the network the COMP sits in, family kept."""
    dat = page.appendDAT("Target")[0]
    page.appendOP("Any")
    beside, inside = project.create("textDAT", "callbacks"), comp.create("textDAT", "callbacks")
    assert dat.eval() is None
    comp.par.Target = "callbacks"
    assert dat.eval() == beside
    comp.par.Target = "./callbacks"
    assert dat.eval() == inside
    comp.par.Target = "callbacks ./callbacks"
    assert dat.eval() == [beside, inside]
    comp.par.Target = "gone"
    assert (dat.eval(), dat.val) == (None, "gone")
    comp.par.Target = ".."
    assert dat.eval() is None
    comp.par.Any = ".."
    assert comp.par.Any.eval() == project
    with pytest.raises(tdError, match="takes a DAT"):
        comp.par.Target = project
    comp.par.Target = beside
    beside.destroy()
    assert dat.eval() is None


@pytest.mark.parametrize(("setting", "text"), [("relative", "other"), ("absolute", "/project1/other")])
def test_text_of_an_assigned_operator(open_host: Any, setting: str, text: str) -> None:
    """Section 2.2: which text is stored is a switch; the operator is the same."""
    comp = comp_with(open_host(op_par_text=setting), "DAT")
    other = comp.parent().create("textDAT", "other")
    comp.par.Value = other
    assert comp.par.Value.val == text
    assert comp.par.Value.eval() == other


def test_file_text_stays_as_typed(comp: Any, page: Any, host: Host) -> None:
    """Row 23: nothing is expanded but by tdu."""
    page.appendFolder("Folder")
    comp.par.Folder = "media/../media"
    assert comp.par.Folder.eval() == "media/../media"
    assert host.tdu.expandPath(comp.par.Folder.eval()) == f"{host.project.folder}/media"
    assert comp.par.Folder.evalFile().absPath == f"{host.project.folder}/media"


def test_clamping(comp: Any, page: Any) -> None:
    """Row 24: limits count only where they are switched on."""
    par = page.appendFloat("Speed")[0]
    par.min, par.max, par.normMax = 0, 1, 0.5
    comp.par.Speed = 7
    assert par.eval() == 7
    par.clampMax = True
    assert par.eval() == 1
    comp.par.Speed = -3
    assert par.eval() == -3
    par.clampMin = True
    assert par.eval() == 0


@pytest.mark.parametrize(("setting", "value"), [("truncated", 2), ("rounded", 3)])
def test_float_into_int(open_host: Any, setting: str, value: int) -> None:
    """Row 25."""
    comp = comp_with(open_host(float_into_int=setting), "Int")
    comp.par.Value = 2.7
    assert comp.par.Value.eval() == value


def test_text_into_number(open_host: Any) -> None:
    """Row 25: refused by default."""
    comp = comp_with(open_host(), "Float")
    with pytest.raises(tdError, match="takes a number"):
        comp.par.Value = "fast"


def test_text_into_number_ignored(open_host: Any) -> None:
    """Row 25, the other way: the old value stays."""
    comp = comp_with(open_host(text_into_number="ignored"), "Float")
    comp.par.Value = 2
    comp.par.Value = "fast"
    assert comp.par.Value.eval() == 2


@pytest.mark.parametrize(("setting", "value"), [("allowed", 5), ("ignored", 0)])
def test_writing_a_read_only_parameter(open_host: Any, setting: str, value: int) -> None:
    """Row 26: the user cannot; whether scripts can is a switch; off, assign, on works both ways."""
    host = open_host(read_only_write=setting)
    comp = comp_with(host, "Int")
    comp.par.Value.readOnly = True
    comp.par.Value = 5
    assert comp.par.Value.eval() == value
    with pytest.raises(tdError, match="cannot edit"):
        host.user_set(comp.par.Value, 6)
    comp.par.Value.readOnly = False
    comp.par.Value = 7
    comp.par.Value.readOnly = True
    assert comp.par.Value.eval() == 7


def test_modes(comp: Any, page: Any) -> None:
    """Row 27: assigning sets constant mode, `.expr` expression mode; a broken expression raises when evaluated."""
    par = page.appendFloat("Speed")[0]
    comp.par.Speed = 1
    par.expr = "me.par.w + 1"
    assert par.mode is ParMode.EXPRESSION
    assert par.val == 1
    with pytest.raises(tdError, match="Speed"):
        par.eval()
    with pytest.raises(tdError):
        bool(comp.par.Speed)
    par.expr = "len(me.name)"
    assert par.eval() == 4.0
    comp.par.Speed = 3
    assert (par.mode, par.eval(), par.expr) == (ParMode.CONSTANT, 3.0, "len(me.name)")
    page.appendFloat("Other")[0].bindExpr = "me.par.Speed"
    assert comp.par.Other.mode is ParMode.BIND
    assert comp.par.Other.eval() == 3.0


@pytest.mark.parametrize("name", ["speed", "SpeedMax", "Speed_max", "", "1speed", "SPEED"])
def test_illegal_parameter_names(page: Any, name: str) -> None:
    """Row 28: a capital, then lower-case letters and digits."""
    with pytest.raises(tdError, match="no custom parameter name"):
        page.appendFloat(name)


def test_pages_and_order(comp: Any, page: Any) -> None:
    """Row 28: pages and parameters can be sorted; `replace=False` refuses a taken name."""
    page.appendStr("First")
    page.appendStr("Second")
    comp.appendCustomPage("About")
    comp.sortCustomPages("About", "Page")
    assert [each.name for each in comp.customPages] == ["About", "Page"]
    page.sort("Second", "First")
    assert [par.name for par in page.pars] == ["Second", "First"]
    page.appendStr("Last")
    comp.par.Last.order = -1
    assert [par.name for par in comp.customPars] == ["Last", "Second", "First"]
    comp.par.Last.destroy()
    with pytest.raises(tdError, match="exists"):
        page.appendStr("First", replace=False)
    assert [par.name for par in comp.customPars] == ["Second", "First"]
    comp.par.First.destroy()
    assert comp.par["First"] is None


@pytest.mark.parametrize(("setting", "value"), [("kept", 5), ("reset", 0)])
def test_appending_again(open_host: Any, setting: str, value: int) -> None:
    """Section 2.4: attributes are fresh; whether the value stays is a switch."""
    comp = comp_with(open_host(replaced_value=setting), "Int")
    comp.par.Value = 5
    comp.par.Value.label = "Old"
    comp.customPages[0].appendInt("Value")
    assert comp.par.Value.label == "Value"
    assert comp.par.Value.eval() == value
    assert len(comp.customPars) == 1


@pytest.mark.parametrize(("setting", "count"), [("existing", 1), ("duplicate", 2)])
def test_second_page_of_a_name(open_host: Any, setting: str, count: int) -> None:
    """Section 2.4."""
    comp = open_host(second_page=setting).op("/project1").create("baseCOMP", "comp")
    comp.appendCustomPage("Page")
    comp.appendCustomPage("Page")
    assert len(comp.customPages) == count


def test_append_returns_a_group(comp: Any, page: Any) -> None:
    """Row 29: indexable, with suffixes for several values."""
    group = page.appendRGB("Color")
    assert [par.name for par in group] == ["Colorr", "Colorg", "Colorb"]
    comp.parGroup.Color = (1, 0.5, 0)
    assert group.eval() == (1.0, 0.5, 0.0)
    assert [par.name for par in page.appendInt("Size", size=2)] == ["Size1", "Size2"]
    assert group[0].parGroup.name == "Color"
    group.enable = (True, False, True)
    assert comp.par.Colorg.enable is False
    assert comp.par.Colorr.enable is True


def test_attributes(comp: Any, page: Any) -> None:
    """Section 2.3: looks are settable on custom parameters only; unknown attributes raise."""
    par = page.appendStr("Note", label="A Note")[0]
    par.help, par.startSection, par.enableExpr = "help", True, "me.par.Note != ''"
    par.default = "x"
    assert (par.label, par.help, par.startSection, par.eval(), par.isDefault) == ("A Note", "help", True, "", False)
    assert par.enable is False
    comp.par.Note = "y"
    assert par.enable is True
    par.reset()
    assert par.eval() == "x"
    with pytest.raises(tdAttributeError):
        par.helpText = "typo"
    with pytest.raises(tdAttributeError):
        _ = par.value
    with pytest.raises(tdError, match="built-in"):
        comp.par.opshortcut.label = "x"
    assert comp.par.opshortcut.menuNames is None


@pytest.mark.parametrize(("setting", "index"), [("none", None), ("zero", 0)])
def test_menu_index_of_a_foreign_text(open_host: Any, setting: str, index: int | None) -> None:
    """Section 2.2: a StrMenu takes any text."""
    comp = comp_with(open_host(foreign_menu_index=setting), "StrMenu")
    comp.par.Value.menuNames = ["a", "b"]
    comp.par.Value = "own"
    assert comp.par.Value.eval() == "own"
    assert comp.par.Value.menuIndex == index
    comp.par.Value = "b"
    assert comp.par.Value.menuIndex == 1


@pytest.mark.parametrize(("setting", "seen"), [("none", []), ("fired", ["Value"])])
def test_events_for_loaded_values(open_host: Any, tmp_path: Any, setting: str, seen: list[str]) -> None:
    """Row 31: loaded values are in place before anything runs; change events for them are a switch."""
    host = open_host(load_events=setting)
    comp = comp_with(host, "Int")
    comp.par.Value = 5
    execute = comp.create("parameterexecuteDAT", "execute")
    execute.par.op = ".."
    execute.text = "seen = []\ndef onValueChange(par, prev):\n    seen.append(par.name)\n"
    host.frame(2)
    loaded = host.load_saved(host.save_tox(comp, tmp_path / "comp.tox"))
    assert loaded.par.Value.eval() == 5
    host.frame(2)
    assert loaded.op("execute").module.seen == seen


def test_sequences(comp: Any) -> None:
    """Section 2.6: extension blocks are parameters of a sequence."""
    assert comp.par["ext1object"] is None
    comp.seq.ext.numBlocks = 2
    comp.par.ext1object = "x"
    assert comp.par.ext1object.eval() == "x"
    assert comp.par.ext1promote.eval()
    comp.seq.ext.numBlocks = 1
    assert comp.par["ext1object"] is None
