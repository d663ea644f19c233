"""What a user sees of a component on its node, on its pages and inside it, as built and committed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import component_model
import layout
from headless_td import Host

component = pytest.mark.parametrize("name", layout.COMPONENTS)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with Host(tmp_path / "project") as opened:
        yield opened


def load(host: Host, name: str) -> Any:
    comp = host.load_tox(layout.TOX / f"{name}.tox.dir")
    comp.par.Autoconnect = False
    host.frame(3)
    return comp


def shown(comp: Any) -> dict[str, str]:
    """What the node's viewer shows, line by line."""
    dat = comp.op(comp.par.opviewer.eval())
    return {dat[row, 0].val: dat[row, 1].val for row in range(dat.numRows)}


@component
def test_node_shows_the_status_a_line_per_column(host: Host, name: str) -> None:
    comp = load(host, name)
    assert comp.viewer
    assert comp.par.nodeview.eval() == "opviewer"
    assert shown(comp) == comp.GetStatus()
    assert shown(comp)["state"] == "disconnected"


@component
def test_node_follows_the_status(host: Host, name: str) -> None:
    """Nothing to connect with: what is wrong and what to do stands on the node itself."""
    comp = load(host, name)
    comp.Connect()
    host.frame(2)
    assert shown(comp)["state"] == "error"
    assert "*Private Key File*" in shown(comp)["last_error"]
    assert shown(comp) == comp.GetStatus()


@component
def test_view_that_was_broken_by_hand_is_mended_with_the_next_change(host: Host, name: str) -> None:
    comp = load(host, name)
    comp.op("status_view").clear()
    comp.Connect()
    host.frame(2)
    assert shown(comp) == comp.GetStatus()


@component
def test_saved_project_holds_nothing_of_this_run(host: Host, name: str) -> None:
    """An error of today does not stand on the node when the project is opened next year; here it goes on."""
    comp = load(host, name)
    comp.Connect()
    host.frame(2)
    saved = json.loads(host.save("show.toe").read_text(encoding="utf-8"))
    node = find(saved["project"], f"project1/{name}/status_view")
    assert dict(node["table"])["state"] == "disconnected"
    assert dict(node["table"])["last_error"] == ""
    assert shown(comp)["state"] == "error"


def find(nodes: list[dict[str, Any]], path: str) -> dict[str, Any]:
    """An operator of a saved project."""
    head, _, rest = path.partition("/")
    node = next(one for one in nodes if one["name"] == head)
    return find(node["children"], rest) if rest else node


@component
def test_help_opens_the_page_of_this_version_without_a_network(host: Host, name: str) -> None:
    comp = load(host, name)
    host.user_pulse(comp.par.Help)
    host.frame()
    page = Path(host.ui.viewed[-1])
    text = page.read_text(encoding="utf-8")
    page.unlink()
    assert page.suffix == ".html"
    assert f"{name} {comp.par.Version.eval()}" in text
    assert all(f'id="{par.name.lower()}"' in text for par in comp.customPars)


@component
def test_help_that_cannot_be_written_says_where_to_read_it(
    host: Host, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    comp = load(host, name)
    monkeypatch.setattr(type(host.app), "tempFolder", property(lambda _: str(tmp_path / "gone")))
    host.user_pulse(comp.par.Help)
    host.frame()
    assert host.ui.viewed == []
    assert "Read local/help" in comp.GetLogs()[-1]["message"]


@component
def test_credits_name_every_package_with_its_licence(host: Host, name: str) -> None:
    text = load(host, name).op("local/credits").text
    for word in ("grpcio ", "firebase-admin ", "Apache-2.0", "uv ", "MIT License"):
        assert word in text


@component
def test_about_page_cannot_be_edited_and_says_what_this_is(host: Host, name: str) -> None:
    comp = load(host, name)
    release = component_model.load(name).release
    values = {
        "Version": release.version,
        "Build": release.build,
        "Date": release.date,
        "Touchbuild": release.touch_build,
    }
    for parameter, value in values.items():
        assert comp.par[parameter].eval() == value
        assert comp.par[parameter].readOnly
    assert comp.par.Credits.readOnly
    assert comp.customPages[-1].name == "About"


@component
def test_what_does_not_apply_is_greyed_out(host: Host, name: str) -> None:
    """At the start, and when its condition changes."""
    comp = load(host, name)
    assert comp.par.Privatekey.enable
    comp.par.Emulatorhost = "127.0.0.1:8080"
    assert not comp.par.Privatekey.enable
    assert not comp.par.Useadc.enable
    assert not comp.par.Backoffmax.enable  # Auto Connect is off here
    if name == "firestore":
        assert not comp.par.Filterfieldsmode.enable
        comp.par.Filterfields = "secret"
        assert comp.par.Filterfieldsmode.enable
        comp.par.Enablecache = False
        assert not comp.par.Cachepath.enable
    else:
        assert not comp.par.Watchfolder.enable
        comp.par.Localpath = "media"
        assert comp.par.Watchfolder.enable


@component
def test_everything_inside_is_named_commented_coloured_and_in_its_group(host: Host, name: str) -> None:
    comp = load(host, name)
    description = json.loads(comp.op("local/tdg_component").text)
    notes = [one for one in comp.findChildren(depth=1, includeUtility=True) if one.OPType == "annotateCOMP"]
    assert [note.par.Titletext.eval() for note in notes] == ["Extensions", "Data", "Exec"]
    for spec in description["operators"]:
        if "/" in spec["path"]:
            continue
        node = comp.op(spec["path"])
        assert node.comment, spec["path"]
        assert node.viewer
        around = [note for note in notes if contains(note, node)]
        assert len(around) == 1, f"{node.name} stands in {len(around)} groups"
        assert tuple(node.color) != (0.67, 0.67, 0.67), "TouchDesigner's own grey says nothing"
    assert comp.op("log_callbacks").dock == comp.op("log")


def contains(note: Any, node: Any) -> bool:
    """Whether the annotation is around the node with its name."""
    return bool(
        note.nodeX < node.nodeX
        and note.nodeY + 20 < node.nodeY
        and node.nodeX + node.nodeWidth < note.nodeX + note.nodeWidth
        and node.nodeY + node.nodeHeight + 60 < note.nodeY + note.nodeHeight
    )
