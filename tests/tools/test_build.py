"""The build: the same bytes from the same source, loud about what is missing, strict about what lies in tox/."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

import build
import component_tree
import layout
import toecollapse
import tox_format
from component_fixture import edit, make_root
from tox_format import Node


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path / "checkout")


@pytest.fixture
def built(root: Path) -> Path:
    """A checkout whose tox/ was built."""
    build.write(build.make(root), root / "tox")
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def component(root: Path) -> Node:
    return tox_format.read_component(root / "tox/demo.tox.dir")


def test_same_source_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """Also in another folder, and again over what was built."""
    other = make_root(tmp_path / "elsewhere")
    build.write(build.make(other), other / "tox")
    assert contents(built / "tox") == contents(other / "tox")
    assert build.write(build.make(built), built / "tox") == 0


def test_built_component_holds_what_is_described(built: Path) -> None:
    """Read by the strict parser: DATs with their source, parameters, and one extension block."""
    demo = component(built)
    assert demo.child("ext_demo").text == (built / "src/demo/ext_demo.py").read_text(encoding="utf-8")
    assert demo.child("local/modules/tdg_core_words").op_type == "textDAT"
    assert demo.child("par_exec").op_type == "parameterexecuteDAT"
    assert {value.name: value.constant for value in demo.values} == {
        "ext0object": "op('./ext_demo').module.DemoExt(me)",
        "ext0name": "DemoExt",
        "ext0promote": "on",
        "parentshortcut": "demo",
        "opshortcut": "demo",
        "opviewer": "./status",
        "enableexternaltox": "off",
    }
    assert demo.pages == ("Main", "About")
    by_name = {definition.name: definition for definition in demo.definitions}
    assert by_name["Gain"].default == 0.5
    assert by_name["Choice"].menu_names == ["one", "two"]
    assert by_name["Version"].default == "1.2.3"
    assert by_name["Go"].help == "Begin now, whatever else is going on."


def test_styles_without_a_proven_number_travel_as_their_safe_relatives(built: Path) -> None:
    styles = {definition.name: definition.style for definition in component(built).definitions}
    assert (styles["Keyfile"], styles["Folder"], styles["Target"]) == ("Str", "Str", "OP")


def test_description_ships_inside_the_component(built: Path) -> None:
    """With everything the assembler needs, in a place where no import looks."""
    description = json.loads(component(built).child(component_tree.DESCRIPTION_PATH).text or "")
    assert [one["name"] for one in description["extensions"]] == ["DemoExt", "HelperExt"]
    folder = next(one for one in description["pages"][0]["parameters"] if one["name"] == "Folder")
    assert (folder["style"], folder["default"]) == ("Folder", "cache")
    assert {one["path"] for one in description["operators"]} >= {"ext_demo", "local/modules/tdg_core_words"}


def test_modules_lie_on_nothing(built: Path) -> None:
    tiles = [node.tile for node in component(built).child("local/modules").children]
    assert len({tile[:2] for tile in tiles}) == len(tiles)


def test_check_is_content_with_what_was_built(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["--check", "--root", str(built)]) == 0
    assert "is what the source gives" in capsys.readouterr().out


def hand_edit(built: Path) -> None:
    path = built / "tox/demo.tox.dir/demo/ext_demo.text"
    path.write_bytes(path.read_bytes().replace(b"heard", b"hoard"))


DRIFTS = {
    "hand-edited file": (hand_edit, "demo.tox.dir/demo/ext_demo.text differs"),
    "hand-edited installer": (lambda root: edit(root, "tox/install.py", "def save", "def safe"), "install.py differs"),
    "file removed": (lambda root: (root / "tox/demo.tox.toc").unlink(), "demo.tox.toc is missing"),
    "file added": (lambda root: (root / "tox/extra.py").write_text(""), "extra.py is made from no source"),
    "source edited": (lambda root: edit(root, "src/demo/ext_demo.py", "heard", "hoard"), "ext_demo.text differs"),
    "help edited": (lambda root: edit(root, "src/demo/component.toml", "Begin now", "Start now"), "demo.cparm differs"),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_check_names_every_drift_and_writes_nothing(name: str, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift, complaint = DRIFTS[name]
    drift(built)
    before = contents(built)
    assert build.main(["--check", "--root", str(built)]) == 1
    assert complaint in capsys.readouterr().err
    assert contents(built) == before


def test_build_puts_a_drift_right_but_leaves_foreign_files(built: Path) -> None:
    """Parts of a component that no source gives are removed; a note of yours in tox/ is not the build's to remove."""
    hand_edit(built)
    stale = built / "tox/gone.tox.dir/gone/ext_gone.text"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"")
    note = built / "tox/README.md"
    note.write_text("mine")
    assert build.main(["--collapse", "skip", "--root", str(built)]) == 0
    assert not (built / "tox/gone.tox.dir").exists()
    assert note.exists()
    note.unlink()
    assert build.differences(build.make(built), built / "tox") == []


def test_missing_source_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the place that asks for it and where it is expected; nothing is written."""
    (root / "src/demo/ext_demo.py").unlink()
    assert build.main(["--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert "operator.ext_demo.text: the file is missing; expected src/demo/ext_demo.py" in said
    assert not (root / "tox").exists()


def test_linked_component_follows_its_source_files(root: Path) -> None:
    """For live editing: each DAT names its file, and the component lands outside of tox/."""
    assert build.main(["--linked", "--collapse", "skip", "--root", str(root)]) == 0
    demo = tox_format.read_component(root / "build/linked/demo.tox.dir")
    values = {value.name: value.constant for value in demo.child("local/modules/tdg_core_demo").values}
    assert values["file"] == (root / "src/demo/tdg_core_demo.py").as_posix()
    assert values["syncfile"] == "on"
    assert not (root / "tox").exists()


def test_released_component_names_no_file_of_this_machine(built: Path) -> None:
    place = str(built).encode()
    assert not [name for name, body in contents(built / "tox").items() if place in body]
    assert not [value for _, node in component(built).walk() for value in node.values if value.name == "file"]


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_committed_component_passes_the_strict_parser(name: str) -> None:
    assert tox_format.read_component(layout.TOX / f"{name}.tox.dir").name == name


# toecollapse, played by a script: it packs by concatenating, and unpacks again.

PACKER = """#!{python}
import json, pathlib, sys
name = pathlib.Path(sys.argv[1]).name.removesuffix(".toc")
folder, packed = pathlib.Path(name + ".dir"), pathlib.Path(name)
if {packs!r} == "nothing":
    sys.exit(0)
if pathlib.Path(sys.argv[0]).name.startswith("toecollapse"):
    files = {{str(p.relative_to(folder)): p.read_bytes().hex() for p in folder.rglob("*") if p.is_file()}}
    if {packs!r} == "wrong":
        files.pop("demo/ext_demo.text")
    packed.write_text(json.dumps(files))
else:
    for file, body in json.loads(packed.read_text()).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(bytes.fromhex(body))
sys.exit(1)
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "TouchDesigner/bin"
    folder.mkdir(parents=True)
    for name in ("toecollapse", "toeexpand"):
        script = folder / name
        script.write_text(PACKER.format(python=sys.executable, packs=getattr(request, "param", "right")))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(toecollapse.PLACE_VARIABLE, str(folder))
    return folder


needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-in for toecollapse is a script with a #! line")


@needs_scripts
def test_packed_component_is_made_where_the_tool_is(tools: Path, root: Path) -> None:
    """Whatever exit code the tool gives; a second build replaces the file; --check looks past it."""
    for _ in range(2):
        assert build.main(["--collapse", "require", "--root", str(root)]) == 0
    assert (root / "tox/demo.tox").stat().st_size > 1000
    assert [path.name for path in (root / "tox").glob("*.tox*")].count("demo.tox") == 1
    assert build.main(["--check", "--root", str(root)]) == 0


@needs_scripts
@pytest.mark.parametrize(
    ("tools", "complaint"),
    [("nothing", "made no demo.tox"), ("wrong", "differs from what was built")],
    indirect=["tools"],
)
def test_untrustworthy_packing_fails(
    tools: Path, complaint: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.main(["--root", str(root)]) == 1
    assert complaint in capsys.readouterr().err
    assert not (root / "tox/demo.tox").exists()


def test_without_the_tool_only_require_fails(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(toecollapse.PLACE_VARIABLE, str(tmp_path))
    assert build.main(["--collapse", "auto", "--root", str(root)]) == 0
    assert "install.py" in capsys.readouterr().out
    assert build.main(["--collapse", "require", "--root", str(root)]) == 1
    assert "TOUCHDESIGNER_BIN" in capsys.readouterr().err


def test_newest_install_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for build_number in ("2025.32050", "2025.32820", "2023.12000"):
        folder = tmp_path / f"Derivative/TouchDesigner.{build_number}/bin"
        folder.mkdir(parents=True)
        for name in ("toecollapse.exe", "toeexpand.exe"):
            (folder / name).touch()
    monkeypatch.delenv(toecollapse.PLACE_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("ProgramFiles", str(tmp_path))
    monkeypatch.delenv("ProgramW6432", raising=False)
    found = toecollapse.find_tools()
    assert found is not None
    assert found.build == (2025, 32820)
    shutil.rmtree(tmp_path / "Derivative")
    assert toecollapse.find_tools() is None
