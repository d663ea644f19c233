"""A small component with one of everything a description can say, in a checkout of its own.

What the real components share (assembler, routing DATs) is taken from the real source.
"""

import shutil
from pathlib import Path

import layout

SHARED_FILES = (
    "life_exec.py",
    "log_callbacks.py",
    "par_exec.py",
    "tdg_td_assembler.py",
    "tdg_td_assembler_extensions.py",
    "tdg_td_assembler_network.py",
    "tdg_td_assembler_parameters.py",
)

COMMON = """
[release]
build = 7
date = "2026-01-31"
touch_build = "2025.32050"

[group.Extensions]
title = "Extensions"
body = "Code."
color = [0.2, 0.3, 0.4]

[group.Data]
title = "Data"
body = "Tables."
color = [0.2, 0.4, 0.3]

[operator.local]
type = "baseCOMP"
group = "Extensions"
position = [0, 400]

[operator."local/modules"]
type = "baseCOMP"
position = [0, 0]

[operator.ext_helper]
type = "textDAT"
group = "Extensions"
position = [400, 400]
text = "ext_helper.py"

[operator.status]
type = "tableDAT"
group = "Data"
position = [0, 0]
comment = "How it is doing."

[operator.log]
type = "fifoDAT"
group = "Data"
position = [200, 0]
[operator.log.parameters]
callbacks = { reference = "log_callbacks" }
maxlines = 200
clamp = true

[operator.log_callbacks]
type = "textDAT"
group = "Data"
position = [400, 0]
text = "log_callbacks.py"
dock = "log"

[operator.par_exec]
type = "parameterexecuteDAT"
group = "Data"
position = [600, 0]
text = "par_exec.py"
[operator.par_exec.parameters]
active = true
op = { reference = ".." }
pars = "*"
valuechange = true
onpulse = true
custom = true
builtin = false

[operator.life_exec]
type = "executeDAT"
group = "Data"
position = [800, 0]
text = "life_exec.py"
[operator.life_exec.parameters]
active = true
start = true
create = true
framestart = true

[[extension]]
class = "HelperExt"
dat = "ext_helper"

[parameter.Version]
label = "Version"
style = "Str"
default_from = "version"
read_only = true
help = "Version of this component, for your report."

[parameter.Keyfile]
label = "Key File"
style = "File"
default = ""
help = "The file with the key. Relative ones are below the project."
"""

DEMO = """
[component]
name = "demo"
summary = "A component for tests."
shortcut = "demo"
color = [0.9, 0.5, 0.1]
viewer = "status"

[pages]
Main = ["Keyfile", "Folder", "Gain", "Count", "Choice", "Target", "Go"]
About = ["Version"]

[operator.ext_demo]
type = "textDAT"
group = "Extensions"
position = [200, 400]
text = "ext_demo.py"

[operator.status]
refines = true
rows = [["state", "error"], ["resting", ""]]

[[extension]]
class = "DemoExt"
dat = "ext_demo"
promote = true

[parameter.Folder]
label = "Folder"
style = "Folder"
default = "cache"
help = "The folder for what is kept. Relative ones are below the project."

[parameter.Gain]
label = "Gain (dB)"
style = "Float"
default = 0.5
minimum = 0
maximum = 2
slider = [0, 2]
section = true
help = "How loud it is, in decibels. Raise it in a noisy room."

[parameter.Count]
label = "Count"
style = "Int"
default = 3
minimum = 1
slider = [1, 8]
help = "How many of them there are at once. More is faster."

[parameter.Choice]
label = "Choice"
style = "Menu"
default = "one"
menu = [["one", "The One"], ["two", "The Other"]]
enable = "me.par.Count > 1"
help = "Which of the two it is. Matters with several only."

[parameter.Target]
label = "Target DAT"
style = "DAT"
default = ""
help = "The DAT that hears of it. Leave empty for none."

[parameter.Go]
label = "Go"
style = "Pulse"
help = "Begin now, whatever else is going on."
"""

EXTENSION = '''"""The extension of the test component."""

import tdg_core_demo
import tdg_td_assembler
import ext_helper

STARTS = []


class DemoExt:
    def __init__(self, ownerComp):
        self.ownerComp = ownerComp
        self.heard = []
        self.helper = ext_helper.HelperExt

    def onInitTD(self):
        self._start()

    def _start(self):
        if "start" in self.heard or not self.ownerComp.valid:
            return
        if tdg_td_assembler.assemble(self.ownerComp):
            return
        self.heard.append("start")
        STARTS.append(self.ownerComp.path)

    def _frame(self):
        self._start()

    def onParValueChange(self, par, prev):
        self.heard.append((par.name, par.eval()))

    def onParPulse(self, par):
        self.heard.append(par.name)

    def Greet(self):
        return tdg_core_demo.GREETING
'''

FILES = {
    "pyproject.toml": '[project]\nname = "td-demo"\nversion = "1.2.3"\n',
    "src/common/component.toml": COMMON,
    "src/common/ext_helper.py": "class HelperExt:\n    def __init__(self, ownerComp):\n        pass\n",
    "src/demo/component.toml": DEMO,
    "src/demo/ext_demo.py": EXTENSION,
    "src/demo/tdg_core_demo.py": "import json\n\nimport tdg_core_words\n\nGREETING = tdg_core_words.HELLO\n",
    "src/common/tdg_core_words.py": "HELLO = \"gr\u00fc\u00df '''dich''' \\\\ \\U0001f44b\"\n",
    "src/common/tdg_core_unused.py": "",
}


def make_root(folder: Path) -> Path:
    """Write the checkout into a folder and return it."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    for name in SHARED_FILES:
        shutil.copy(layout.SRC / layout.COMMON / name, folder / "src/common" / name)
    return folder


def edit(root: Path, name: str, old: str, new: str) -> None:
    """Replace a text in a file of the checkout; it must be there."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    path.write_bytes(text.replace(old, new, 1).encode())
