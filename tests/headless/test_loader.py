"""The expanded component format: what the file says is what the host has, before anything of it has run."""

from pathlib import Path
from typing import Any

import pytest

from headless_td import Host, tdError
from headless_td.parameters import ParMode
from tox_format import Node, ParDefinition, ParValue, Stamp, write_component

STAMP = Stamp("2025.32050", "Thu Jan  1 00:00:00 2026")


def dat(name: str, token: str, **given: Any) -> Node:
    return Node(name, "DAT", token, **given)


def definition(name: str, style: str, **given: Any) -> ParDefinition:
    return ParDefinition(name, name, style, "Main", 0, **given)


MODULES = Node("modules", "COMP", "base", children=(dat("tdg_value", "text", text="VALUE = 5\n"),))

COMPONENT = Node(
    "thing",
    "COMP",
    "base",
    tile=(10, 20, 160, 130),
    color=(0.1, 0.2, 0.3),
    pages=("Main",),
    definitions=(
        definition("Count", "Int", default=3, minimum=1, maximum=9, clamp_min=True, norm_max=9, help="How many."),
        definition("Active", "Toggle", default=True),
        definition("Mode", "Menu", default="a", menu=(("a", "First"), ("b", "Second")), enable="me.par.Active"),
        definition("Name", "Str", default="x y"),
        definition("Gain", "Float", default=1.0),
        definition("Target", "OP"),
        definition("Go", "Pulse"),
    ),
    values=(
        ParValue("ext0object", "op('./ext_thing').module.ThingExt(me)"),
        ParValue("ext0name", "ThingExt"),
        ParValue("ext0promote", "on"),
        ParValue("parentshortcut", "thing"),
        ParValue("opshortcut", "thing"),
        ParValue("opviewer", "./status"),
        ParValue("Active", "off"),
        ParValue("Gain", "1", mode="expression", expression="len(me.name)"),
    ),
    children=(
        dat(
            "ext_thing",
            "text",
            text="import tdg_value\n\n\nclass ThingExt:\n    def __init__(self, ownerComp):\n"
            "        self.Value = tdg_value.VALUE\n",
            values=(ParValue("language", "python"),),
        ),
        dat("status", "table", table=(("state", "error"), ("off", ""))),
        dat(
            "watch",
            "parexec",
            text="seen = []\n\n\ndef onValueChange(par, prev):\n    seen.append(par.name)\n",
            values=(ParValue("op", ".."), ParValue("pars", "*"), ParValue("valuechange", "on")),
        ),
        dat("log", "fifo", values=(ParValue("maxlines", "200"),)),
        Node("local", "COMP", "base", children=(MODULES,)),
    ),
)


@pytest.fixture
def comp(host: Host, tmp_path: Path) -> Any:
    write_component(COMPONENT, tmp_path / "thing.tox.dir", STAMP)
    return host.load_tox(tmp_path / "thing.tox.dir")


def test_operators(comp: Any) -> None:
    """Types, places, colours, texts and tables."""
    assert (comp.path, comp.OPType, comp.nodeX, comp.nodeY) == ("/project1/thing", "baseCOMP", 10, 20)
    assert comp.color == (0.1, 0.2, 0.3)
    assert comp.viewer
    assert {child.name: child.OPType for child in comp.children} == {
        "ext_thing": "textDAT",
        "status": "tableDAT",
        "watch": "parameterexecuteDAT",
        "log": "fifoDAT",
        "local": "baseCOMP",
    }
    assert comp.op("status").rows(val=True) == [["state", "error"], ["off", ""]]
    assert comp.op("log").numRows == 0
    assert comp.op("log").par.maxlines.eval() == 200
    assert comp.op("ext_thing").par.language.eval() == "python"


def test_parameters(comp: Any) -> None:
    """Definitions and values; what has no value is at its default."""
    count = comp.par.Count
    assert (count.eval(), count.default, count.clampMin, count.clampMax, count.normMax) == (3, 3, True, False, 9)
    assert count.help == "How many."
    assert (comp.par.Active.eval(), comp.par.Active.default) == (False, True)
    assert (comp.par.Mode.eval(), comp.par.Mode.menuLabels) == ("a", ["First", "Second"])
    assert comp.par.Mode.enable is False
    assert (comp.par.Gain.eval(), comp.par.Gain.mode, comp.par.Gain.default) == (5.0, ParMode.EXPRESSION, 1.0)
    assert comp.par.Name.eval() == "x y"
    assert comp.par.Target.eval() is None
    assert comp.par.opviewer.eval() == comp.op("status")
    assert [page.name for page in comp.customPages] == ["Main"]


def test_life(comp: Any, host: Host, td: Any) -> None:
    """Extension, import, shortcuts and callbacks work as loaded."""
    assert comp.Value == 5
    assert td.op.thing == comp
    assert comp.op("log").parent.thing == comp
    comp.par.Count = 4
    host.frame(2)
    assert comp.op("watch").module.seen == ["Count"]


def test_second_copy_and_other_name(comp: Any, host: Host, tmp_path: Path) -> None:
    """A taken name is numbered; a component can be put anywhere."""
    host.op("/project1").create("baseCOMP", "room")
    path = tmp_path / "thing.tox.dir"
    assert host.load_tox(path).name == "thing1"
    assert host.load_tox(path, parent="/project1/room", name="other").path == "/project1/room/other"


def test_update_in_place(comp: Any, host: Host, tmp_path: Path) -> None:
    """As an external .tox is reloaded: new inside, the user's values kept with reloadcustom off."""
    comp.par.Count = 7
    comp.par.reloadcustom = False
    comp.op("status").clear()
    comp.nodeX = 500
    host.replace_by_tox(comp, tmp_path / "thing.tox.dir")
    assert (comp.par.Count.eval(), comp.nodeX, comp.op("status").numRows) == (7, 500, 2)
    assert comp.Value == 5


def test_unknown_parameter_in_the_file(host: Host, tmp_path: Path) -> None:
    """A misspelt name is refused instead of falling back to a default in silence."""
    node = Node("bad", "COMP", "base", children=(dat("t", "table", values=(ParValue("nonsense", "on"),)),))
    write_component(node, tmp_path / "bad.tox.dir", STAMP)
    with pytest.raises(tdError, match="nonsense"):
        host.load_tox(tmp_path / "bad.tox.dir")
