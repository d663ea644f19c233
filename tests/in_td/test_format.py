"""The questions of the component file are answered with TouchDesigner's own tools, where they are found."""

import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

import layout
import tox_format
from headless_td import Host
from in_td_run import Run, load

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the tools of these tests are scripts with a first line")

ROOT = "specimen"

DEFINITIONS = """?
pages 2 Scratch "Other Page"
772804865 Stylefloat Stylefloat 1 1 0 0 1 1 1 2 0 "" "" Scratch 0
772804880 Stylefile Stylefile 1 1 0 0 1 1 1 2 0 "" "" Scratch 1
772804887 Stylefolder Stylefolder 1 1 0 0 1 1 1 2 0 "" "" Scratch 2
772804868 Plain Plain 1 1 0 0 1 1 1 2 0 "" "" Scratch 3
772804868 Readonly Readonly 1 1 0 0 1 1 1 2 0 "" "" Scratch 4
-1374678780 Section Section 1 1 0 0 1 1 1 2 0 "" "" Scratch 5
773067012 Helped Helped 1 1 0 0 1 1 1 2 0 "" "" Scratch 6 1 "What \\"it\\" does."
772804865 Upper Upper 1 1 0 0 3 4 10 2 0 "" "" Scratch 7
772804866 Elsewhere Elsewhere 1 1 0 0 1 1 1 2 0 "" "" "Other Page" 0
?
"""

VALUES = """?
ext 0 2
ext0object 256 op('./text').module.One(me)
ext1object 0 op('./text').module.Two(me)
nodeview 0 opviewer
Changed 67108928 after
Chosen 67109056 second
Readonly 67108932 x
Quoted 67108928 "a \\"quoted\\" text"
?
"""

#: An expanded specimen as a TouchDesigner could write it.
EXPANDED = {
    ".build": "version 099\nbuild 2025.32460\ntime now\nosname macOS\n",
    f"{ROOT}.n": "COMP:base\ntile 0 0 160 130\nend\n",
    f"{ROOT}.cparm": DEFINITIONS,
    f"{ROOT}.parm": VALUES,
    f"{ROOT}/datexec.n": "DAT:datexec\nend\n",
    f"{ROOT}/fifo.n": "DAT:fifo\nend\n",
    f"{ROOT}/parexec.n": "DAT:parexec\nend\n",
    f"{ROOT}/parexec.parm": "?\nop 0 ..\npars 0 *\n?\n",
    f"{ROOT}/movie.n": "TOP:moviefilein\nend\n",
    f"{ROOT}/docked.n": "DAT:text\ntags 0 1 tagged\ntile 0 0 130 90\ncomment \"x\"\ndock fifo\ncolor 1 1 1 \nend\n",
    f"{ROOT}/text.n": "DAT:text\nv 0 0 1\ntile 0 0 130 90\nend\n",
}  # fmt: skip

EXPAND = """#!{python}
import json, pathlib, sys
place = pathlib.Path(sys.argv[1] + ".dir")
for path, text in json.loads(pathlib.Path({files!r}).read_text()).items():
    target = place / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(bytes.fromhex(text))
pathlib.Path(sys.argv[1] + ".toc").write_text("# 4 0 0 0 1\\n.build\\nspecimen.n\\nspecimen.cparm\\nspecimen.parm\\n")
sys.exit(1)
"""

COLLAPSE = """#!{python}
import json, pathlib, sys
sys.path.insert(0, {tools!r})
from headless_td import loader
if sys.argv[1].endswith(".toc"):
    name = sys.argv[1].removesuffix(".tox.toc")
    data = loader.read(pathlib.Path(name + ".tox.dir").absolute())
    text = json.dumps({{"format": "headless-td 1", "build": "x", "component": data}})
    pathlib.Path(name + ".tox").write_text(text)
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins of toeexpand and toecollapse."""
    folder = tmp_path / "bin"
    folder.mkdir()
    files = {path: text.encode("utf-8").hex() for path, text in EXPANDED.items()}
    files[f"{ROOT}/table.table"] = (b"1\n*" + struct.pack(">4I", 1, 3, 2, 0)).hex()
    (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")
    texts = {"toeexpand": EXPAND, "toecollapse": COLLAPSE}
    for name, text in texts.items():
        script = folder / name
        values = {"python": sys.executable, "files": str(folder / "files.json"), "tools": str(layout.TOOLS)}
        script.write_text(text.format(**values), encoding="utf-8")
        script.chmod(0o755)
    monkeypatch.setenv("TOUCHDESIGNER_BIN", str(folder))
    return folder


def answers(host: Host) -> tuple[Any, dict[str, Any]]:
    run = Run(host, ("format",)).finish(100)
    assert run.sentences("fail") == []
    return run, run.results.format


def test_questions_are_answered_from_the_expanded_specimen(host: Host, tools: Path) -> None:
    load(host)
    run, found = answers(host)
    assert found["1"] == "rows, columns"
    assert found["2"] == {"Changed": "67108928", "Chosen": "67109056", "Readonly": "67108932", "Quoted": "67108928"}
    assert found["3"] == "Changed 67108928 after"
    assert found["4"] == "Chosen 67109056 second"
    assert found["5"] == {"Stylefloat": 1, "Stylefile": 16, "Stylefolder": 23}
    assert found["6"] == {"Upper": '772804865 Upper Upper 1 1 0 0 3 4 10 2 0 "" "" Scratch 7'}
    assert found["7"]["words"]["Section"] == "0xae101104"
    assert found["7"]["rows"] == {"Readonly": "Readonly 67108932 x"}
    assert found["8"] == ["2"]
    assert found["9"][0] == "ext 0 2"
    assert found["11"].startswith("ext0object 256 ")
    assert found["12"]["datexec"] == ["DAT:datexec"]
    assert found["13"]["movie"] == ["TOP:moviefilein"]
    assert found["15"] == "op 0 .."
    assert found["18"] == ["DAT:text", "v", "tile", "end"]
    assert found["21"] == ["DAT:text", "tags", "tile", "comment", "dock", "color", "end"]
    assert found["22"] == ["version 099", "build 2025.32460"]
    assert found["25"][-1] == "Elsewhere"
    assert found["index"] == ["# 4 0 0 0 1", "specimen.n", "specimen.cparm", "specimen.parm"]
    assert f"{ROOT}.cparm" in run.results.details["specimen files"]


def test_specimen_holds_what_the_questions_are_about(host: Host, tools: Path) -> None:
    """Saved into the project's folder; what this build cannot make is named."""
    load(host)
    run, _ = answers(host)
    saved = host.load_saved(Path(host.project.folder, f"selftest-{host.app.build}-specimen.tox"))
    assert saved.par.Changed.eval() == "after"
    assert saved.par.Chosen.eval() == "second"
    assert saved.par.Readonly.readOnly
    assert saved.par.Section.startSection
    assert (saved.par.Bothends.clampMin, saved.par.Bothends.clampMax) == (True, True)
    assert saved.seq.ext.numBlocks == 2
    assert [cell.val for cell in saved.op("table").row(1)] == ["c", "d"]
    assert saved.op("docked").dock.name == "fifo"
    assert set(run.results.details["specimen"]["not made"]) <= {"list", "opviewer", "select"} | {
        *("FileSave", "Momentary", "Python", "Object", "PanelCOMP", "TOP", "CHOP", "SOP", "POP", "MAT", "COMP"),
        *("RGB", "RGBA", "XY", "XYZ", "XYZW", "UV", "UVW", "WH", "Sequence", "Header"),
    }


def test_files_of_our_own_are_packed_and_loaded(host: Host, tools: Path) -> None:
    """Each trial tells what became of it; those that the stand-in cannot read are told as such."""
    load(host)
    _, found = answers(host)
    assert found["19"] == ["Trial.tox.toc"]
    values = found["trials"]["6"]["numbers"]["parameters"]
    assert values["Number"]["value"] == 2.5
    assert values["Number"]["clampMax"] is True
    assert not values["Switch"]["value"]
    tokens = found["trials"]["12"]["tokens"]
    assert tokens["operators"] == {
        "datexec": "datexecuteDAT",
        "fifo": "fifoDAT",
        "parexec": "parameterexecuteDAT",
    }
    assert tokens["parexec.op is the component"] == [True]
    assert found["trials"]["10"]["old extension"] == "not packed"


def test_packed_components_tell_what_the_assembler_adds(host: Host, tools: Path) -> None:
    load(host)
    tox_dir = layout.TOX / "storage.tox.dir"
    tox_format.read_component(tox_dir)
    plain = host.load_tox(tox_dir, name="plain")
    host.save_tox(plain, Path(host.project.folder, "storage.tox"))
    _, found = answers(host)
    assert any(line.startswith("extensions.BootstrapExt") for line in found["storage.tox alone"])
    assert "firestore.tox alone" not in found


def test_without_the_tools_the_specimen_is_left_to_be_sent(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOUCHDESIGNER_BIN", raising=False)
    load(host)
    run, found = answers(host)
    assert found == {}
    assert any(f"send selftest-{host.app.build}-specimen.tox along" in line for line in run.sentences("skipped"))
    assert Path(host.project.folder, f"selftest-{host.app.build}-specimen.tox").is_file()
