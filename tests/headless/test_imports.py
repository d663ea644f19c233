"""Rows 79, 80 and 83 of the API sheet, section 11, and section 8.1: the import system."""

import sys
import traceback
from typing import Any

import pytest

from headless_td import Host, tdError


def dat_in(comp: Any, name: str, text: str) -> Any:
    dat = comp.create("textDAT", name)
    dat.text = text
    return dat


def modules_of(comp: Any) -> Any:
    """The COMP's local/modules."""
    local = comp.op("local") or comp.create("baseCOMP", "local")
    return local.op("modules") or local.create("baseCOMP", "modules")


def test_dat_beside_wins_over_the_standard_library(project: Any) -> None:
    """Row 79: also a table; a COMP of that name does not."""
    comp = project.create("baseCOMP", "comp")
    dat_in(comp, "json", "VALUE = 'mine'")
    comp.create("baseCOMP", "queue")
    code = dat_in(comp, "code", "import json, queue\nfrom json import VALUE\n")
    assert code.module.json.VALUE == "mine"
    assert code.module.VALUE == "mine"
    assert code.module.queue.__name__ == "queue"
    assert "SimpleQueue" in dir(code.module.queue)
    table = comp.create("tableDAT", "time")
    table[0, 0] = "VALUE = 'table'"
    assert dat_in(comp, "other", "import time\n").module.time.VALUE == "table"


def test_search_order(project: Any) -> None:
    """Section 8.1: beside, own local/modules, those of the parents, the system's, the Python path."""
    comp = project.create("baseCOMP", "comp")
    root = project.parent()
    places = [comp, modules_of(comp), modules_of(project), modules_of(root), modules_of(root.op("sys"))]
    for number, place in enumerate(places):
        dat_in(place, "tdg_found", f"PLACE = {number}\n")
    code = dat_in(comp, "code", "import tdg_found\n")
    for number, place in enumerate(places):
        code.text += f"# {number}\n"
        assert number == code.module.tdg_found.PLACE
        place.op("tdg_found").destroy()
    code.text += "# none\n"
    with pytest.raises(ModuleNotFoundError, match="tdg_found"):
        _ = code.module


def test_modules_import_each_other_and_children_find_them(project: Any) -> None:
    """Section 8.1: inside local/modules by name, from child COMPs through their parents."""
    comp = project.create("baseCOMP", "comp")
    modules = modules_of(comp)
    dat_in(modules, "tdg_a", "import tdg_b\nVALUE = tdg_b.VALUE + 1\n")
    dat_in(modules, "tdg_b", "VALUE = 1\n")
    child = dat_in(comp.create("baseCOMP", "child"), "code", "import tdg_a\n")
    assert child.module.tdg_a.VALUE == 2
    dat_in(project, "outside", "import tdg_a\n")
    with pytest.raises(ModuleNotFoundError):
        _ = project.op("outside").module


def test_circular_import(project: Any) -> None:
    """As in Python: the half-made module is handed over."""
    comp = project.create("baseCOMP", "comp")
    dat_in(comp, "tdg_a", "import tdg_b\nVALUE = 1\n")
    dat_in(comp, "tdg_b", "import tdg_a\nEARLY = hasattr(tdg_a, 'VALUE')\n")
    assert comp.op("tdg_a").module.tdg_b.EARLY is False


def test_one_copy_per_component_outside_sys_modules(project: Any) -> None:
    """Section 8.1: classes of two COMPs are different classes."""
    classes = []
    for name in ("one", "two"):
        comp = project.create("baseCOMP", name)
        dat_in(modules_of(comp), "tdg_error", "class Error(Exception):\n    pass\n")
        code = dat_in(comp, "code", "import tdg_error\n")
        again = dat_in(comp, "again", "import tdg_error\n")
        assert code.module.tdg_error is again.module.tdg_error
        classes.append(code.module.tdg_error.Error)
    assert classes[0] is not classes[1]
    assert not issubclass(classes[0], classes[1])
    assert "tdg_error" not in sys.modules


def test_string_annotations_break_dataclasses(project: Any) -> None:
    """examples.md, fact 7: a module absent from sys.modules; plain annotations work."""
    plain = "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass Message:\n    kind: str = 'x'\n"
    assert dat_in(project, "plain", plain).module.Message().kind == "x"
    with pytest.raises(AttributeError):
        _ = dat_in(project, "strings", "from __future__ import annotations\n" + plain).module


def test_no_packages(project: Any) -> None:
    """Section 8.1: a DAT is no package and knows no relative imports."""
    dat_in(project, "tdg_a", "VALUE = 1\n")
    with pytest.raises(ModuleNotFoundError, match="DAT"):
        _ = dat_in(project, "one", "import tdg_a.b\n").module
    with pytest.raises(ImportError, match="relative"):
        _ = dat_in(project, "two", "from . import tdg_a\n").module


def test_recompiled_on_change(project: Any) -> None:
    """Row 80: fresh on the next use, also for those that import it; old classes live on."""
    dat_in(project, "tdg_a", "class Thing:\n    VALUE = 1\n")
    code = dat_in(project, "code", "import tdg_a\n")
    old = code.module.tdg_a.Thing()
    project.op("tdg_a").text = "class Thing:\n    VALUE = 2\n"
    assert code.module.tdg_a.Thing.VALUE == 2
    assert old.VALUE == 1
    assert not isinstance(old, code.module.tdg_a.Thing)
    same = code.module
    project.op("tdg_a").text = project.op("tdg_a").text
    assert code.module is same


def test_names_in_scope(project: Any, td: Any) -> None:
    """Row 83: in DATs they are there without import; a plain file says `import td`."""
    names = "me op ops opex parent iop ipar root mod ext var project app ui absTime run runs td tdu debug families"
    more = "baseCOMP tableDAT textDAT OP COMP DAT ParMode tdError tdAttributeError collections math re sys traceback"
    code = dat_in(project, "code", f"found = [{', '.join((names + ' ' + more).split())}]\n")
    assert len(code.module.found) == len((names + more).split()) + 1
    assert code.module.me == code
    assert td.op("/project1") == project
    assert td.tableDAT in code.module.found
    with pytest.raises(AttributeError):
        _ = td.nonsense


def test_td_knows_who_calls(project: Any, td: Any) -> None:
    """`td.op` used by code of a DAT is relative to that DAT, used by a plain file to the root."""
    beside = dat_in(project, "beside", "")
    code = dat_in(project, "code", "import td\ndef find():\n    return td.op('beside'), td.me\n")
    assert code.module.find() == (beside, code)
    assert td.op("project1") == project


def test_mod(host: Host, project: Any) -> None:
    """Section 8.1: mod.name, mod('name'), mod('/path') go to the DAT."""
    comp = project.create("baseCOMP", "comp")
    dat_in(comp, "helper", "VALUE = 4\n")
    code = dat_in(
        comp,
        "code",
        "def get():\n    return mod.helper.VALUE, mod('helper').VALUE, mod('/project1/comp/helper').VALUE\n",
    )
    assert code.module.get() == (4, 4, 4)
    assert comp.mod.helper.VALUE == 4
    with pytest.raises(ImportError):
        _ = comp.mod.nothing
    with pytest.raises(tdError):
        host.importer.module_of(host.node_of(comp))


def test_mod_missing(open_host: Any) -> None:
    """Section 8.1: whether mod.x without such a DAT raises is a switch."""
    assert open_host(mod_missing="none").op("/project1").mod.nothing is None


def test_errors_point_at_the_dat(project: Any) -> None:
    """A traceback shows the DAT's path and the line of its text."""
    code = dat_in(project, "code", "def fail():\n    return 1 / 0  # the culprit\n")
    try:
        code.module.fail()
    except ZeroDivisionError as error:
        text = "".join(traceback.format_exception(error))
    assert 'File "/project1/code", line 2' in text
    assert "# the culprit" in text


def test_plain_module_survives_a_change_of_hosts(tmp_path: Any) -> None:
    """A plain file keeps the `td` it imported; it always means the open host."""
    with Host(tmp_path / "one") as host:
        td = sys.modules["td"]
        host.op("/project1").create("textDAT", "first")
        assert td.op("/project1/first") is not None
    assert "td" not in sys.modules
    with pytest.raises(RuntimeError, match="No headless host"):
        _ = td.op
    with Host(tmp_path / "two"):
        assert sys.modules["td"] is td
        assert td.op("/project1/first") is None
