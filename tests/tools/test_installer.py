"""The installer script: readable, ASCII, complete, and the same from the same source."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import build
import installer
from component_fixture import edit, make_root
from described import deviations
from headless_td import Host, Unknowns


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path)


@pytest.fixture
def script(root: Path) -> str:
    return build.make(root).files["install.py"].decode("ascii")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with Host(tmp_path / "project") as opened:
        yield opened


def run(host: Host, root: Path) -> Any:
    """Build, drop the installer into the network and choose Run Script; the component it made."""
    build.write(build.make(root), root / "tox")
    host.run_file(root / "tox/install.py")
    return host.op("/project1/demo")


def description(comp: Any) -> dict[str, Any]:
    return json.loads(comp.op("local/tdg_component").text)


def data(script: str) -> dict[str, Any]:
    """The tables that the build filled in."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and isinstance(node.targets[0], ast.Name)
    }


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_stands_in_it_as_ascii_and_reads_back(text: str) -> None:
    written = installer.literal(text)
    assert written.isascii()
    assert ast.literal_eval(written) == text


def test_source_can_be_read_in_the_script(script: str) -> None:
    """Lines of the source are lines of the script."""
    for line in ("class DemoExt:", "        return tdg_core_demo.GREETING"):
        assert f"\n{line}\n" in script


def test_every_source_stands_in_it_once_and_unchanged(root: Path, script: str) -> None:
    tables = data(script)
    for source, text in tables["SOURCES"].items():
        assert text == (root / source).read_text(encoding="utf-8")
    used = {source for texts in tables["TEXTS"].values() for source in texts.values()}
    assert used == set(tables["SOURCES"])
    assert tables["TEXTS"]["demo"]["local/modules/tdg_core_words"] == "src/common/tdg_core_words.py"


def test_same_source_gives_the_same_script(script: str, tmp_path: Path) -> None:
    assert build.make(make_root(tmp_path / "elsewhere")).files["install.py"].decode("ascii") == script


@pytest.mark.parametrize("unknowns", Unknowns.everything(), ids=lambda one: one.label or str(one.differences()))
def test_component_is_made_as_described_whatever_touchdesigner_does(
    unknowns: Unknowns, root: Path, tmp_path: Path
) -> None:
    """The same component as the one loaded from files: operators, texts, parameters, extensions; and it works."""
    with Host(tmp_path / "project", unknowns) as host:
        made = run(host, root)
        loaded = host.load_tox(root / "tox/demo.tox.dir", name="loaded")
        host.frame(3)
        assert deviations(made, description(loaded)) == []
        for spec in description(loaded)["operators"]:
            if spec["type"].endswith("DAT"):
                assert made.op(spec["path"]).text == loaded.op(spec["path"]).text
        assert [par.name for par in made.customPars if par.eval() != loaded.par[par.name].eval()] == []
        assert made.Greet().startswith("gr")
        assert made.op("ext_demo").module.STARTS[:1] == [made.path]


def test_component_stands_beside_the_script(host: Host, root: Path) -> None:
    comp = run(host, root)
    dat = host.op("/project1/install")
    assert comp.parent() == dat.parent()
    assert comp.nodeX >= dat.nodeX + dat.nodeWidth
    assert comp.nodeY == dat.nodeY


def test_running_it_again_changes_nothing(host: Host, root: Path) -> None:
    comp = run(host, root)
    host.frame(3)
    comp.nodeX = 1000
    comp.par.Count = 6
    extensions = comp.extensions
    host.op("/project1/install").run()
    host.frame(3)
    assert len(host.op("/project1").children) == 2
    assert (comp.nodeX, comp.par.Count.eval()) == (1000, 6)
    assert comp.extensions == extensions


def test_newer_installer_updates_in_place_and_keeps_values(host: Host, root: Path) -> None:
    comp = run(host, root)
    host.frame(3)
    comp.par.Count = 6
    comp.par.Folder.expr = "'my' + 'folder'"
    edit(root, "pyproject.toml", "1.2.3", "1.3.0")
    edit(root, "src/common/tdg_core_words.py", "gr", "GR")
    edit(root, "src/demo/component.toml", '"Target", "Go"]', '"Target"]')
    demo = root / "src/demo/component.toml"
    demo.write_text(demo.read_text(encoding="utf-8").split("[parameter.Go]")[0], encoding="utf-8")
    assert run(host, root) == comp
    host.frame(3)
    assert deviations(comp, description(comp)) == []
    assert comp.Greet().startswith("GR")
    assert comp.par.Version.eval() == "1.3.0"
    assert comp.par.Count.eval() == 6
    assert comp.par.Folder.eval() == "myfolder"
    assert comp.par["Go"] is None


def test_component_of_the_user_with_that_name_is_left_alone(host: Host, root: Path) -> None:
    mine = host.op("/project1").create("baseCOMP", "demo")
    mine.create("textDAT", "precious").text = "mine"
    with pytest.raises(RuntimeError, match=r"/project1/demo is something of your own\. Rename it"):
        run(host, root)
    assert [child.name for child in mine.children] == ["precious"]
    assert mine.op("precious").text == "mine"


def test_interrupted_installation_is_finished_by_the_next_run(host: Host, root: Path) -> None:
    comp = run(host, root)
    host.frame(2)
    for name in ("status", "par_exec", "local/tdg_component"):
        comp.op(name).destroy()
    host.op("/project1/install").run()
    host.frame(3)
    assert deviations(comp, description(comp)) == []


def test_saved_files_hold_fresh_components(host: Host, root: Path, tmp_path: Path) -> None:
    """Nothing of the running ones: default values, and no extension has run in them."""
    comp = run(host, root)
    host.frame(3)
    comp.par.Count = 6
    comp.op("status")[1, 0] = "busy"
    paths = host.op("/project1/install").module.save(str(tmp_path / "files"))
    host.frame(3)
    assert paths == [f"{tmp_path}/files/demo.tox"]
    assert len(host.op("/project1").children) == 2
    assert (comp.par.Count.eval(), comp.par.opshortcut.eval()) == (6, "demo")
    again = host.load_saved(tmp_path / "files/demo.tox", name="again")
    host.frame(3)
    assert deviations(again, description(comp)) == []
    assert (again.par.Count.eval(), again.op("status")[1, 0].val) == (3, "resting")
