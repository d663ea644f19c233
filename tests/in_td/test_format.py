"""The questions of the component file are answered with TouchDesigner's own tools, where they are found."""

import contextlib
import hashlib
import importlib
import json
import os
import shutil
import struct
import sys
from pathlib import Path

import pytest

import layout
import tox_format
from headless_td import Host, loader, tdError
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

EXPAND = """#!{python} -SE
import json, pathlib, sys
place = pathlib.Path(sys.argv[1] + ".dir")
for path, text in json.loads(pathlib.Path({files!r}).read_text()).items():
    target = place / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(bytes.fromhex(text))
pathlib.Path(sys.argv[1] + ".toc").write_text("# 4 0 0 0 1\\n.build\\nspecimen.n\\nspecimen.cparm\\nspecimen.parm\\n")
sys.exit(1)
"""

COLLAPSE = """#!{python} -SE
import hashlib, json, pathlib, sys
if sys.argv[1].endswith(".toc"):
    name = sys.argv[1].removesuffix(".tox.toc")
    key = hashlib.sha256()
    for path in sorted(pathlib.Path(name + ".tox.dir").rglob("*.*")):
        key.update(path.name.encode() + path.read_bytes())
    packed = json.loads(pathlib.Path({packed!r}).read_text()).get(key.hexdigest())
    if packed:
        pathlib.Path(name + ".tox").write_text(packed)
"""


def make_tools(folder: Path) -> Path:
    """Stand-ins of toeexpand, which knows one answer, and of toecollapse, which packs what the host can read."""
    folder.mkdir()
    files = {path: text.encode("utf-8").hex() for path, text in EXPANDED.items()}
    files[f"{ROOT}/table.table"] = (b"1\n*" + struct.pack(">4I", 1, 3, 2, 0)).hex()
    (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")
    (folder / "packed.json").write_text(json.dumps(packed_trials(folder)), encoding="utf-8")
    values = {"python": sys.executable, **{name: str(folder / f"{name}.json") for name in ("files", "packed")}}
    for name, text in {"toeexpand": EXPAND, "toecollapse": COLLAPSE}.items():
        script = folder / name
        script.write_text(text.format(**values), encoding="utf-8")
        script.chmod(0o755)
    return folder


def packed_trials(folder: Path) -> dict[str, str]:
    """The trials in the form that the host loads, by a fingerprint of their files."""
    packed = {}
    for _, files in importlib.import_module("in_td.trials").trial_files().values():
        place = folder / "Trial.tox.dir"
        shutil.rmtree(place, ignore_errors=True)
        for path, body in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(body)
        (folder / "Trial.tox.toc").write_text("\n".join(["# 4 0 0 0 1", *files, ""]), encoding="utf-8")
        key = hashlib.sha256()
        for one in sorted(place.rglob("*.*")):
            key.update(one.name.encode() + one.read_bytes())
        with contextlib.suppress(tox_format.ToxFormatError, tdError):
            component = {"format": "headless-td 1", "build": "", "component": loader.read(place)}
            packed[key.hexdigest()] = json.dumps(component)
    return packed


def run_format(host: Host) -> Run:
    run = Run(host, ("format",)).finish(100)
    assert run.sentences("fail") == []
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with the tools at hand, and with a packed storage component in the project's folder. Its host is closed."""
    folder = tmp_path_factory.mktemp("format")
    with pytest.MonkeyPatch.context() as patch, Host(folder / "project") as host:
        patch.setenv("TOUCHDESIGNER_BIN", str(make_tools(folder / "bin")))
        load(host)
        plain = host.load_tox(layout.TOX / "storage.tox.dir", name="plain")
        host.save_tox(plain, Path(host.project.folder, "storage.tox"))
        plain.destroy()
        return run_format(host)


def test_questions_are_answered_from_the_expanded_specimen(run: Run) -> None:
    found = run.results.format
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


def test_specimen_holds_what_the_questions_are_about(run: Run, host: Host) -> None:
    """Saved into the project's folder; what this build cannot make is named."""
    saved = host.load_saved(run.folder / f"selftest-{host.app.build}-specimen.tox")
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


def test_files_of_our_own_are_packed_and_loaded(run: Run) -> None:
    """Each trial tells what became of it; those that the stand-in cannot read are told as such."""
    found = run.results.format
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


def test_packed_components_tell_what_the_assembler_adds(run: Run) -> None:
    found = run.results.format
    assert any(line.startswith("extensions.BootstrapExt") for line in found["storage.tox alone"])
    assert "firestore.tox alone" not in found


def test_without_the_tools_the_specimen_is_left_to_be_sent(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOUCHDESIGNER_BIN", raising=False)
    load(host)
    run = run_format(host)
    assert run.results.format == {}
    assert any(f"send selftest-{host.app.build}-specimen.tox along" in line for line in run.sentences("skipped"))
    assert Path(host.project.folder, f"selftest-{host.app.build}-specimen.tox").is_file()
