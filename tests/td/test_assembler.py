"""The assembler: a component ends as described, whatever it was before, and what is the user's stays."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import build
import layout
from component_fixture import edit, make_root
from described import deviations
from headless_td import Host, Unknowns
from headless_td.ops import OP
from headless_td.pars import Par

DESCRIPTION = "local/tdg_component"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the built test component; not to be changed."""
    folder = make_root(tmp_path_factory.mktemp("checkout"))
    build.write(build.make(folder), folder / "tox")
    return folder


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with Host(tmp_path / "project") as opened:
        yield opened


def load(host: Host, root: Path) -> Any:
    return host.load_tox(root / "tox/demo.tox.dir")


def description(comp: Any) -> dict[str, Any]:
    return json.loads(comp.op(DESCRIPTION).text)


def assembler(comp: Any) -> Any:
    return comp.op("local/modules/tdg_td_assembler").module


def forget(comp: Any) -> None:
    """As if the component had never been completed."""
    comp.op(DESCRIPTION).unstore("*")


def texts(comp: Any) -> dict[str, str]:
    return {spec["path"]: comp.op(spec["path"]).text for spec in description(comp)["operators"] if "language" in spec}


def specs_at(page: dict[str, Any], name: str) -> int:
    return [spec["name"] for spec in page["parameters"]].index(name)


def update(comp: Any, change: Any) -> bool:
    """Bring the component to another version, as the installer does."""
    new = description(comp)
    change(new)
    return assembler(comp).install(comp, json.dumps(new), texts(comp))


def test_file_alone_is_not_as_described(host: Host, root: Path) -> None:
    """What the file cannot carry is really missing before the assembler runs, so the tests below can fail."""
    comp = load(host, root)
    missing = "\n".join(deviations(comp, description(comp)))
    for what in ("extensions", "annotations", "Folder.style", "Version.read_only", "Gain.section", "status.rows"):
        assert what in missing


def test_loaded_component_is_completed_at_its_start(host: Host, root: Path) -> None:
    comp = load(host, root)
    host.frame(2)
    assert deviations(comp, description(comp)) == []
    assert comp.errors(recurse=True) == ""
    assert comp.Greet().startswith("gr")
    assert [type(extension).__name__ for extension in comp.extensions] == ["DemoExt", "HelperExt"]


@pytest.mark.parametrize("unknowns", Unknowns.everything(), ids=lambda one: one.label or str(one.differences()))
def test_component_is_completed_and_started_once_whatever_touchdesigner_does(
    unknowns: Unknowns, root: Path, tmp_path: Path
) -> None:
    """Whenever callbacks and hooks come and in which order: the component is whole and has been started once."""
    with Host(tmp_path, unknowns) as host:
        comp = load(host, root)
        comp.par.Folder = "media"
        host.frame(4)
        assert deviations(comp, description(comp)) == []
        assert [comp.path] == comp.op("ext_demo").module.STARTS
        assert comp.par.Folder.eval() == "media"


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_real_component_is_completed_at_its_start(name: str, host: Host) -> None:
    """As built and committed: all its parts as described, all its extensions made, no error on any node."""
    comp = host.load_tox(layout.TOX / f"{name}.tox.dir")
    host.frame(3)
    wanted = description(comp)
    tables = {"status"}  # filled by the extension
    assert [line for line in deviations(comp, wanted) if line.partition(".")[0] not in tables] == []
    assert [type(extension).__name__ for extension in comp.extensions] == [one["name"] for one in wanted["extensions"]]
    assert comp.errors(recurse=True) == ""
    assert [node.path for node in comp.findChildren(depth=1) if node.viewer is False] == []


@pytest.mark.parametrize("unknowns", [Unknowns.default(), Unknowns.eager(), Unknowns.late()], ids=str)
@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_first_call_after_the_drop_is_answered(name: str, unknowns: Unknowns, tmp_path: Path) -> None:
    """In the same frame, while the component is still being completed; so is a call by a reference kept too long."""
    with Host(tmp_path / "project", unknowns) as host:
        comp = host.load_tox(layout.TOX / f"{name}.tox.dir")
        assert comp.GetStatus()["state"] in ("connecting", "disconnected")
        kept = comp.extensions[0]
        comp.par.reinitextensions.pulse()
        host.frame(3)
        assert comp.extensions[0] is not kept
        assert kept.GetStatus() == comp.GetStatus() != {}


def test_extension_used_before_the_first_frame_is_replaced_by_a_complete_one(host: Host, root: Path) -> None:
    """Nothing of the component has run yet: the call makes the first extension, which completes the component."""
    comp = load(host, root)
    assert comp.Greet().startswith("gr")
    first = comp.extensions[0]
    first._start()
    assert comp.op("ext_demo").module.STARTS == []
    host.frame(3)
    assert comp.extensions[0] is not first
    assert [comp.path] == comp.op("ext_demo").module.STARTS
    assert deviations(comp, description(comp)) == []


def test_empty_component_becomes_the_described_one(host: Host, root: Path) -> None:
    """From nothing but a base COMP, as the installer does it."""
    model = load(host, root)
    comp = host.op("/project1").create("baseCOMP", "fresh")
    assert assembler(model).install(comp, model.op(DESCRIPTION).text, texts(model))
    host.frame(2)
    assert deviations(comp, description(model)) == []
    assert texts(comp) == texts(model)
    assert comp.par.Gain.eval() == 0.5
    assert comp.par.parentshortcut.eval() == "demo"
    assert comp.Greet().startswith("gr")


class Accesses:
    """How often a script reaches into TouchDesigner: reads and writes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads = 0
        self.writes: list[str] = []
        for kind in (OP, Par):
            self._watch(monkeypatch, kind)

    def _watch(self, monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
        get, put = kind.__getattribute__, kind.__setattr__

        def counted_get(thing: Any, name: str) -> Any:
            self.reads += 1
            return get(thing, name)

        def counted_put(thing: Any, name: str, value: Any) -> None:
            self.writes.append(name)
            put(thing, name, value)

        monkeypatch.setattr(kind, "__getattribute__", counted_get)
        monkeypatch.setattr(kind, "__setattr__", counted_put)


def test_start_with_nothing_to_do_writes_nothing_and_reads_little(
    host: Host, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs at every start: some three reads for each described thing, no write."""
    comp = load(host, root)
    host.frame(2)
    wanted = description(comp)
    things = (
        len(wanted["operators"]) + 3 * len(wanted["extensions"]) + sum(len(p["parameters"]) for p in wanted["pages"])
    )
    run = assembler(comp)
    accesses = Accesses(monkeypatch)
    assert not run.assemble(comp)
    assert accesses.writes == []
    assert accesses.reads <= 4 * things


def test_full_pass_over_a_complete_component_writes_nothing(
    host: Host, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is compared first, so nobody's callbacks hear of a pass that changes nothing."""
    comp = load(host, root)
    host.frame(2)
    comp.par.Count = 5
    forget(comp)
    before = comp.extensions
    run = assembler(comp)
    accesses = Accesses(monkeypatch)
    assert not run.assemble(comp)
    # The node's own looks are set once more: for a component without a stamp they cannot be known to be the user's.
    assert set(accesses.writes) <= {"opviewer", "nodeview", "initextonstart", "val"}
    assert comp.extensions == before


def test_values_and_modes_survive_the_change_of_style(host: Host, root: Path) -> None:
    """Set before the component was completed: in the file these are texts, afterwards file, folder and DAT."""
    comp = load(host, root)
    comp.parent().create("textDAT", "mine")
    comp.par.Folder = "media"
    comp.par.Keyfile.expr = "'key' + '.json'"
    comp.par.Target = "mine"
    host.frame(2)
    assert (comp.par.Folder.style, comp.par.Folder.eval()) == ("Folder", "media")
    assert (comp.par.Keyfile.style, comp.par.Keyfile.eval()) == ("File", "key.json")
    assert comp.par.Keyfile.mode.name == "EXPRESSION"
    assert (comp.par.Target.style, comp.par.Target.eval().path) == ("DAT", "/project1/mine")


def test_what_the_user_changed_afterwards_stays(host: Host, root: Path) -> None:
    """At the next start: values, modes, colours, places, an annotation that was thrown away, own things inside."""
    comp = load(host, root)
    host.frame(2)
    comp.par.Choice = "two"
    comp.par.Gain.expr = "1 + 1"
    comp.par.Count.label = "How Many"
    comp.op("status").nodeX = 900
    comp.color = (1, 0, 0)
    comp.par.opshortcut = "mine"
    next(n for n in comp.findChildren(depth=1, includeUtility=True) if n.name == "note_data").destroy()
    comp.create("textDAT", "user_notes")
    comp.appendCustomPage("User").appendInt("Usernumber")
    assert not assembler(comp).assemble(comp)
    host.frame(2)
    assert comp.par.Choice.eval() == "two"
    assert comp.par.Gain.mode.name == "EXPRESSION"
    assert comp.par.Count.label == "How Many"
    assert comp.op("status").nodeX == 900
    assert comp.color == (1, 0, 0)
    assert comp.par.opshortcut.eval() == "mine"
    assert comp.op("user_notes") is not None
    assert comp.par.Usernumber is not None


def test_update_keeps_values_and_gives_new_defaults_to_who_has_none(host: Host, root: Path) -> None:
    """Who was never touched follows the new default; who was stays, also on another page; read-only ones follow."""
    comp = load(host, root)
    host.frame(2)
    comp.par.Count = 5
    comp.par.Choice = "two"
    comp.par.Keyfile.expr = "'key' + '.json'"
    comp.appendCustomPage("User").appendInt("Usernumber")[0].val = 9

    def change(new: dict[str, Any]) -> None:
        main, about = new["pages"]
        specs = {spec["name"]: spec for spec in main["parameters"]}
        specs["Count"]["default"] = 4
        specs["Gain"]["default"] = 1.5
        specs["Choice"]["menu"] = [["one", "Uno"], ["three", "Tre"], ["two", "Due"]]
        specs["Folder"]["help"] = "Another help text, in one sentence."
        about["parameters"][0]["default"] = "2.0.0"
        main["parameters"] = [spec for spec in main["parameters"] if spec["name"] != "Go"]
        extra = {"name": "Extra", "label": "Extra", "style": "Toggle", "default": True, "help": "New."}
        main["parameters"].insert(0, extra)
        about["parameters"].append(main["parameters"].pop(specs_at(main, "Keyfile")))

    update(comp, change)
    host.frame(2)
    assert deviations(comp, description(comp)) == []
    assert comp.par.Count.eval() == 5
    assert comp.par.Gain.eval() == 1.5
    assert comp.par.Choice.eval() == "two"
    assert comp.par.Version.eval() == "2.0.0"
    assert comp.par.Extra.eval()
    assert (comp.par.Keyfile.page.name, comp.par.Keyfile.eval()) == ("About", "key.json")
    assert comp.par["Go"] is None
    assert comp.par.Usernumber.eval() == 9


def test_update_removes_its_own_old_parts_only(host: Host, root: Path) -> None:
    comp = load(host, root)
    host.frame(2)
    comp.create("textDAT", "user_notes")
    comp.op("local/modules").create("textDAT", "user_module")

    def change(new: dict[str, Any]) -> None:
        new["operators"] = [spec for spec in new["operators"] if spec["path"] not in ("log", "log_callbacks")]

    update(comp, change)
    host.frame(2)
    assert comp.op("log") is None
    assert comp.op("log_callbacks") is None
    assert comp.op("user_notes") is not None
    assert comp.op("local/modules/user_module") is not None


def test_extension_of_the_user_moves_behind_the_components_own(host: Host, root: Path) -> None:
    """Also when the component grows by one of its own."""
    comp = load(host, root)
    comp.create("textDAT", "ext_user").text = "class UserExt:\n    def __init__(self, ownerComp):\n        pass\n"
    host.frame(2)
    comp.seq.ext.numBlocks = 3
    comp.par.ext2object = "op('./ext_user').module.UserExt(me)"
    comp.par.ext2name = "UserExt"
    comp.par.ext2promote = False

    def change(new: dict[str, Any]) -> None:
        new["extensions"].append(
            {"name": "SecondExt", "object": "op('./ext_helper').module.HelperExt(me)", "promote": False}
        )

    assert update(comp, change)
    host.frame(2)
    names = [comp.par[f"ext{number}name"].eval() for number in range(comp.seq.ext.numBlocks)]
    assert names == ["DemoExt", "HelperExt", "SecondExt", "UserExt"]
    assert not assembler(comp).assemble(comp)


def test_lost_parts_are_made_again(host: Host, root: Path) -> None:
    """A table and a FIFO that somebody deleted, a parameter, an extension block: all back at the next start."""
    comp = load(host, root)
    host.frame(2)
    comp.op("log_callbacks").dock = None
    comp.op("log").destroy()
    comp.op("status").destroy()
    comp.par.Count.destroy()
    comp.par.ext1object = ""
    assert assembler(comp).assemble(comp)
    host.frame(2)
    assert deviations(comp, description(comp)) == []
    assert comp.par.Count.eval() == 3


def test_operator_that_came_out_as_a_base_comp_is_replaced(host: Host, root: Path) -> None:
    """What TouchDesigner makes of an operator type in a file that it does not know."""
    comp = load(host, root)
    comp.op("log").destroy()
    comp.create("baseCOMP", "log")
    host.frame(2)
    assert comp.op("log").OPType == "fifoDAT"
    assert deviations(comp, description(comp)) == []


def test_other_operator_in_the_place_of_ours_is_renamed_not_deleted(host: Host, root: Path) -> None:
    comp = load(host, root)
    comp.op("status").destroy()
    comp.create("textDAT", "status").text = "mine"
    host.frame(2)
    assert comp.op("status").OPType == "tableDAT"
    assert comp.op("status_other").text == "mine"
    assert "status_other" in comp.scriptErrors()


def test_lost_script_is_reported_with_the_way_out(host: Host, root: Path) -> None:
    """Its text is nowhere else, so it cannot be made up."""
    comp = load(host, root)
    comp.op("par_exec").destroy()
    host.frame(2)
    assert "par_exec is gone; put a fresh copy of the component in its place" in comp.scriptErrors()
    assert [comp.path] == comp.op("ext_demo").module.STARTS


def test_second_copy_leaves_the_global_shortcut_to_the_first(host: Host, root: Path) -> None:
    """Made by the assembler; a copy made by hand is TouchDesigner's own affair."""
    first = load(host, root)
    host.frame(2)
    second = host.op("/project1").create("baseCOMP", "second")
    assembler(first).install(second, first.op(DESCRIPTION).text, texts(first))
    assert first.par.opshortcut.eval() == "demo"
    assert second.par.opshortcut.eval() == ""
    assert second.par.parentshortcut.eval() == "demo"


def test_copy_and_saved_component_are_complete_without_another_pass(host: Host, root: Path, tmp_path: Path) -> None:
    comp = load(host, root)
    host.frame(2)
    comp.par.Count = 7
    copy = comp.parent().copy(comp, name="copy")
    again = host.load_saved(host.save_tox(comp, tmp_path / "demo.tox"), name="again")
    host.frame(2)
    for other in (copy, again):
        assert deviations(other, description(comp)) == []
        assert other.par.Count.eval() == 7


def test_changes_and_pulses_reach_the_extension(host: Host, root: Path) -> None:
    comp = load(host, root)
    host.frame(3)
    comp.par.Count = 5
    comp.par.Go.pulse()
    host.frame(3)
    heard = comp.extensions[0].heard
    assert ("Count", 5) in heard
    assert heard.count("Go") == 1


def test_frame_of_a_broken_extension_is_quiet(tmp_path: Path) -> None:
    """An extension that could not be made is reported once, not sixty times a second."""
    root = make_root(tmp_path / "checkout")
    edit(root, "src/demo/ext_demo.py", "self.heard = []", "raise RuntimeError('broken on purpose')")
    build.write(build.make(root), root / "tox")
    with Host(tmp_path / "project") as host:
        host.expect("broken on purpose")
        comp = load(host, root)
        host.frame(10)
        comp.par.Count = 5
        host.frame(10)
        assert len(host.problems) <= 2
