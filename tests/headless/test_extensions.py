"""Rows 48 to 57 of the API sheet, section 11: extensions."""

import inspect
import sys
from typing import Any

import pytest

from headless_td import Host, tdAttributeError, tdError

SOURCE = """
import sys
LIFE = sys.modules["pytest"].LIFE

class ThingExt:
    Constant = 5

    def __init__(self, ownerComp):
        self.ownerComp = ownerComp
        self.Plain = "plain"
        self._level = 1
        LIFE.append("init")

    def onInitTD(self):
        LIFE.append("onInitTD")

    def onDestroyTD(self):
        LIFE.append("onDestroyTD")

    def Name(self, suffix=""):
        return self.ownerComp.name + suffix

    def hidden(self):
        return "hidden"

    @property
    def Level(self):
        return self._level

    @Level.setter
    def Level(self, value):
        self._level = value * 2
"""


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the extensions of the test have lived through."""
    events: list[str] = []
    monkeypatch.setattr(sys.modules["pytest"], "LIFE", events, raising=False)
    return events


def test_object_text_is_evaluated_with_me(host: Host, make_component: Any, life: list[str]) -> None:
    """Row 48: `me` in the text is the COMP; the older form with mod works, too."""
    comp = make_component(host, SOURCE)
    assert comp.Name("!") == "comp!"
    older = make_component(host, SOURCE, "older")
    older.par.ext0object = "me.mod('ext_thing').ThingExt(me)"
    assert older.Name() == "older"


def test_bare_class_name_gives_no_extension(host: Host, make_component: Any, life: list[str]) -> None:
    """Row 48: None, with no error on the node; only the run hears of it."""
    host.expect("ThingExt")
    comp = make_component(host, SOURCE)
    comp.par.ext0object = "ThingExt(me)"
    assert comp.extensions == [None]
    assert comp.errors() == ""
    assert comp.extensionsReady
    with pytest.raises(tdAttributeError):
        comp.Name()


def test_raising_constructor(host: Host, make_component: Any) -> None:
    """Row 49: no extension, the traceback in the textport only, no second attempt until something changes."""
    host.expect("broken on purpose")
    comp = make_component(
        host, "class ThingExt:\n    def __init__(self, ownerComp):\n        raise ValueError('broken on purpose')\n"
    )
    for _ in range(3):
        with pytest.raises(tdAttributeError):
            comp.Name()
    assert comp.extensions == [None]
    assert comp.errors() == ""
    assert str(host.textport).count("ValueError: broken on purpose") == 1
    comp.op("ext_thing").text = "class ThingExt:\n    def __init__(self, ownerComp):\n        self.Name = 'mended'\n"
    assert comp.Name == "mended"


def test_lazy_construction(host: Host, make_component: Any, life: list[str]) -> None:
    """Row 50: nothing is made before the first use."""
    comp = make_component(host, SOURCE)
    host.frame(3)
    assert life == []
    comp.Name()
    assert life == ["init"]


@pytest.mark.parametrize(("setting", "expected"), [("yes", ["init", "onInitTD"]), ("no", [])])
def test_start_by_itself(
    open_host: Any, make_component: Any, life: list[str], tmp_path: Any, setting: str, expected: list[str]
) -> None:
    """Row 50: initextonstart, after a load (by the switch) and always when a project is opened."""
    host = open_host(start_on_load=setting)
    comp = make_component(host, SOURCE)
    comp.par.initextonstart = True
    path = host.save_tox(comp, tmp_path / "comp.tox")
    saved = host.save()
    host.frame()
    comp.destroy()
    life.clear()
    host.load_saved(path)
    assert life == []
    host.frame()
    assert life == expected
    host.close()
    life.clear()
    with Host(tmp_path / "project", host.unknowns, project=saved) as opened:
        opened.frame()
        assert life == ["init", "onInitTD"]


@pytest.mark.parametrize(("setting", "frames"), [("frame_end", 1), ("next_frame", 2), ("never", 0)])
def test_on_init(open_host: Any, make_component: Any, life: list[str], setting: str, frames: int) -> None:
    """Row 51: at the end of a frame, after every __init__ of the frame; never on old builds."""
    host = open_host(on_init=setting)
    comps = [make_component(host, SOURCE, f"comp{i}") for i in range(2)]
    for comp in comps:
        comp.Name()
    assert life == ["init", "init"]
    for _ in range(frames):
        assert life == ["init", "init"]
        host.frame()
    host.frame(2)
    assert life == ["init", "init"] + (["onInitTD"] * 2 if frames else [])


def test_on_destroy(host: Host, make_component: Any, life: list[str]) -> None:
    """Row 52: on replacement (before the new __init__) and on deletion."""
    comp = make_component(host, SOURCE)
    comp.Name()
    comp.par.reinitextensions.pulse()
    host.frame()
    assert life == ["init", "onDestroyTD", "init", "onInitTD"]
    comp.initializeExtensions()
    comp.destroy()
    assert life[4:] == ["onDestroyTD", "init", "onDestroyTD"]
    host.frame()
    assert life.count("onInitTD") == 1


@pytest.mark.parametrize(("setting", "count"), [("no", 0), ("yes", 1)])
def test_on_destroy_at_exit(open_host: Any, make_component: Any, life: list[str], setting: str, count: int) -> None:
    """Row 53."""
    host = open_host(destroy_at_exit=setting)
    make_component(host, SOURCE).Name()
    host.quit()
    assert life.count("onDestroyTD") == count


def test_use_during_construction(host: Host, make_component: Any) -> None:
    """Row 54."""
    comp = make_component(
        host,
        "class ThingExt:\n"
        "    def __init__(self, ownerComp):\n"
        "        self.ready = ownerComp.extensionsReady\n"
        "        try:\n"
        "            ownerComp.Name()\n"
        "        except Exception as error:\n"
        "            self.Error = error\n",
    )
    assert isinstance(comp.Error, tdError)
    assert "during its initialization" in str(comp.Error)
    assert comp.ext.ThingExt.ready is False


def test_replacement_on_edit(host: Host, make_component: Any, life: list[str]) -> None:
    """Rows 55 and 80: rebuilt on next access; old objects keep the old class."""
    comp = make_component(host, SOURCE)
    old = comp.ext.ThingExt
    comp.op("ext_thing").text += "\n    def Added(self):\n        return 'new'\n"
    host.frame(2)
    assert life.count("init") == 1
    assert comp.Added() == "new"
    assert comp.ext.ThingExt is not old
    assert not hasattr(old, "Added")
    assert life == ["init", "onInitTD", "onDestroyTD", "init"]


def test_replacement_when_an_imported_module_changes(host: Host, make_component: Any) -> None:
    """Row 55: an edit of what the extension imports rebuilds it, too."""
    comp = make_component(
        host,
        "import tdg_value\nclass ThingExt:\n    def __init__(self, ownerComp):\n        self.Value = tdg_value.VALUE\n",
    )
    local = comp.create("baseCOMP", "local").create("baseCOMP", "modules")
    local.create("textDAT", "tdg_value").text = "VALUE = 1"
    assert comp.Value == 1
    local.op("tdg_value").text = "VALUE = 2"
    assert comp.Value == 2


@pytest.mark.parametrize(("setting", "made"), [("that_one", 1), ("all", 2)])
def test_replacement_when_a_block_changes(
    open_host: Any, make_component: Any, life: list[str], setting: str, made: int
) -> None:
    """Section 4.2: whether a new definition of one extension renews the others is a switch."""
    host = open_host(block_change=setting)
    comp = make_component(host, SOURCE)
    comp.Name()
    comp.seq.ext.numBlocks = 2
    comp.par.ext1object = "op('./ext_thing').module.ThingExt(me)"
    comp.par.ext1name = "Second"
    life.clear()
    assert len(comp.extensions) == 2
    assert life.count("init") == made


def test_promotion_and_search(host: Host, make_component: Any, life: list[str]) -> None:
    """Row 56: capitalised members are promoted; ext.Name searches the parents; setters work."""
    comp = make_component(host, SOURCE)
    assert (comp.Name(), comp.Plain, comp.Constant, comp.Level) == ("comp", "plain", 5, 1)
    with pytest.raises(tdAttributeError):
        comp.hidden()
    comp.Level = 4
    assert comp.Level == 8
    with pytest.raises(tdAttributeError):
        comp.Nothing = 1
    inner = comp.create("baseCOMP", "inner").create("textDAT", "code")
    inner.text = "found = ext.ThingExt\nsame = me.ext.ThingExt\n"
    assert inner.module.found is comp.ext.ThingExt
    assert inner.module.same is comp.ext.ThingExt
    with pytest.raises(tdAttributeError):
        _ = comp.ext.OtherExt
    comp.par.ext0promote = False
    with pytest.raises(tdAttributeError):
        comp.Name()
    assert comp.ext.ThingExt.Name() == "comp"


def test_promotion_of_methods_only(open_host: Any, make_component: Any, life: list[str]) -> None:
    """Row 56, the other way: plain attributes are not promoted."""
    comp = make_component(open_host(promoted="methods"), SOURCE)
    assert (comp.Name(), comp.Level) == ("comp", 1)
    with pytest.raises(tdAttributeError):
        _ = comp.Plain


def test_promoted_method_looks_like_itself(host: Host, make_component: Any, life: list[str]) -> None:
    """Accounting for its time does not change what a script sees of it."""
    comp = make_component(host, SOURCE)
    assert comp.Name.__self__ is comp.ext.ThingExt
    assert str(inspect.signature(comp.Name)) == "(suffix='')"


@pytest.mark.parametrize(("setting", "left"), [("cleared", False), ("kept", True)])
def test_globals_of_a_recompiled_module(
    open_host: Any, make_component: Any, life: list[str], setting: str, left: bool
) -> None:
    """Row 57: a function of the old module may find its globals gone."""
    comp = make_component(
        open_host(old_module=setting),
        "VALUE = 1\ndef read():\n    return VALUE\nclass ThingExt:\n    def __init__(self, ownerComp):\n"
        "        self.Read = read\n",
    )
    read = comp.Read
    assert read() == 1
    comp.op("ext_thing").text += "# edited\n"
    assert comp.Read() == 1
    if left:
        assert read() == 1
    else:
        with pytest.raises(NameError):
            read()


@pytest.mark.parametrize(("setting", "left"), [("kept", True), ("cleared", False)])
def test_globals_of_a_destroyed_module(open_host: Any, setting: str, left: bool) -> None:
    """Row 57: the same question for a DAT that is gone."""
    dat = open_host(destroyed_module=setting).op("/project1").create("textDAT", "code")
    dat.text = "VALUE = 1\ndef read():\n    return VALUE\n"
    read = dat.module.read
    dat.destroy()
    if left:
        assert read() == 1
    else:
        with pytest.raises(NameError):
            read()


def test_broken_hook_is_contained(host: Host, make_component: Any) -> None:
    """An onInitTD that raises is reported; the extension stays."""
    host.expect("ThingExt.onInitTD")
    comp = make_component(
        host,
        "class ThingExt:\n    def __init__(self, ownerComp):\n        self.Alive = True\n"
        "    def onInitTD(self):\n        1 / 0\n",
    )
    assert comp.Alive
    host.frame()
    assert comp.Alive
    assert "ZeroDivisionError" in host.textport
