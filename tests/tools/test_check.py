"""The rooms and threads check: each rule, broken in a small tree of its own, is found with the sentence that helps."""

import subprocess
import sys
from pathlib import Path

import pytest

import check
import layout
from check_source import Row

#: A correct first part of a module of each room.
CORE = '"""Adds.\n\nThread: any.\n"""\n'
BRIDGE = '"""Carries.\n\nThread: any.\n"""\n'
WORK = '"""Works.\n\nThread: worker only.\n"""\n'
GATEWAY = WORK
TD = '"""Shows.\n\nThread: main only.\n"""\n'

#: Where the first line after such a docstring is.
L = 5


@pytest.fixture
def rows(tmp_path: Path):
    """Writes files below an empty checkout and answers with what the check finds there."""

    def run(files: dict[str, str]) -> list[Row]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return check.run(tmp_path)[1]

    return run


GOOD = {
    "a module of each room, each using what it may": {
        "src/common/tdg_core_add.py": CORE
        + "import math\nimport urllib.parse\nfrom pathlib import PurePosixPath\nimport tdg_core_more\n",
        "src/common/tdg_core_more.py": CORE + "from collections.abc import Iterable\n",
        "src/common/tdg_disk_a.py": CORE + "import sqlite3\nimport tdg_core_add\n",
        "src/common/tdg_bridge.py": BRIDGE + "import queue\nimport socket\nimport tdg_core_add\nimport tdg_disk_a\n",
        "src/common/tdg_work_loop.py": WORK + "import os\nimport subprocess\nimport tdg_core_add\n",
        "src/storage/tdg_work_storage.py": WORK + "import time\nimport tdg_work_loop\n",
        "src/storage/tdg_gateway_storage.py": GATEWAY
        + "import tdg_core_add\ndef load():\n    import google.cloud.storage\n"
        + "    from firebase_admin import credentials\n",
        "src/storage/ext_storage.py": TD
        + "import td\nimport time\nimport tdg_bridge\nimport tdg_core_add\n"
        + "import tdg_work_storage\nimport tdg_gateway_storage\n",
    },
    "names of TouchDesigner that are variables of one's own": {
        "src/common/tdg_work_sql.py": WORK
        + "class Store:\n    def save(self, op):\n        run = self.connection.execute\n        run(op)\n"
        + "        return [parent for parent in self.rows]\n",
    },
    "a thread that gets a function of module level and plain values": {
        "src/storage/ext_storage.py": TD
        + "import threading\nimport tdg_work_storage\n\ndef keep(event):\n    event.wait()\n\nclass StorageExt:\n"
        + "    def start(self, spawn, given):\n"
        + "        threading.Thread(target=keep, args=(self.event,)).start()\n"
        + "        threading.Thread(target=tdg_work_storage.run).start()\n        spawn(given)\n",
        "src/storage/tdg_work_storage.py": WORK,
    },
    "a hook of a thread, which runs on the main thread": {
        "src/storage/ext_storage.py": TD
        + "def keep():\n    pass\n\nclass StorageExt:\n    def start(self, client):\n"
        + "        client.TDTask(target=keep, RefreshHook=self._drain)\n",
    },
    "paths that stand for the reader": {
        "docs/index.md": "Put it into /home/you/project, /Users/you/project or C:\\Users\\you\\project.\n",
    },
}


@pytest.mark.parametrize("name", GOOD)
def test_is_silent_about(rows, name):
    assert rows(GOOD[name]) == []


#: (what is broken, files, where it is reported, rule, part of the sentence)
BROKEN = [
    # Rooms
    (
        "core imports the clock",
        {"src/common/tdg_core_a.py": CORE + "import time\n"},
        f"src/common/tdg_core_a.py:{L}",
        "import-room",
        "imports time, which is not pure; core imports pure standard library and core; take what it needs as",
    ),
    (
        "core imports a path that can touch the disk",
        {"src/common/tdg_core_a.py": CORE + "from pathlib import Path\n"},
        f"src/common/tdg_core_a.py:{L}",
        "import-room",
        "pathlib.Path, which is not pure",
    ),
    (
        "core imports the bridge",
        {"src/common/tdg_core_a.py": CORE + "import tdg_bridge\n", "src/common/tdg_bridge.py": BRIDGE},
        f"src/common/tdg_core_a.py:{L}",
        "import-room",
        "tdg_core_a imports tdg_bridge; core imports",
    ),
    (
        "core opens a file",
        {"src/common/tdg_core_a.py": CORE + "def f(path):\n    return open(path)\n"},
        f"src/common/tdg_core_a.py:{L + 1}",
        "core-pure",
        "core calls open(); do that in work",
    ),
    (
        "core reads the clock",
        {"src/common/tdg_core_a.py": CORE + "import datetime\nx = datetime.datetime.now()\n"},
        f"src/common/tdg_core_a.py:{L + 1}",
        "core-pure",
        "core reads the clock with datetime.datetime.now(); take the time as an argument",
    ),
    (
        "disk imports the bridge",
        {"src/common/tdg_disk_a.py": CORE + "import tdg_bridge\n", "src/common/tdg_bridge.py": BRIDGE},
        f"src/common/tdg_disk_a.py:{L}",
        "import-room",
        "tdg_disk_a imports tdg_bridge; disk imports the standard library, core and disk",
    ),
    (
        "core imports the disk",
        {"src/common/tdg_core_a.py": CORE + "import tdg_disk_a\n", "src/common/tdg_disk_a.py": CORE},
        f"src/common/tdg_core_a.py:{L}",
        "import-room",
        "tdg_core_a imports tdg_disk_a",
    ),
    (
        "the bridge imports work",
        {"src/common/tdg_bridge.py": BRIDGE + "import tdg_work_loop\n", "src/common/tdg_work_loop.py": WORK},
        f"src/common/tdg_bridge.py:{L}",
        "import-room",
        "bridge imports the standard library, core, disk and bridge",
    ),
    (
        "the bridge imports TouchDesigner",
        {"src/common/tdg_bridge.py": BRIDGE + "import td\n"},
        f"src/common/tdg_bridge.py:{L}",
        "import-room",
        "tdg_bridge imports td",
    ),
    (
        "work imports the bridge",
        {"src/common/tdg_work_a.py": WORK + "import tdg_bridge\n", "src/common/tdg_bridge.py": BRIDGE},
        f"src/common/tdg_work_a.py:{L}",
        "import-room",
        "work imports the standard library, core, disk and work; the gateway comes as an argument",
    ),
    (
        "work imports a gateway",
        {
            "src/storage/tdg_work_storage.py": WORK + "import tdg_gateway_storage\n",
            "src/storage/tdg_gateway_storage.py": GATEWAY,
        },
        f"src/storage/tdg_work_storage.py:{L}",
        "import-room",
        "the gateway comes as an argument",
    ),
    (
        "work imports Google's client",
        {"src/storage/tdg_work_storage.py": WORK + "from google.cloud import storage\n"},
        f"src/storage/tdg_work_storage.py:{L}",
        "import-room",
        "tdg_work_storage imports google.cloud",
    ),
    (
        "work imports it by its name as text",
        {"src/common/tdg_work_a.py": WORK + "import importlib\nx = importlib.import_module('google.auth')\n"},
        f"src/common/tdg_work_a.py:{L + 1}",
        "import-room",
        "tdg_work_a imports google.auth",
    ),
    (
        "a gateway imports work",
        {
            "src/storage/tdg_gateway_storage.py": GATEWAY + "import tdg_work_storage\n",
            "src/storage/tdg_work_storage.py": WORK,
        },
        f"src/storage/tdg_gateway_storage.py:{L}",
        "import-room",
        "gateway imports the standard library, core, disk, gateway",
    ),
    (
        "a gateway imports Google's client when it loads",
        {"src/storage/tdg_gateway_storage.py": GATEWAY + "import google.cloud.storage\n"},
        f"src/storage/tdg_gateway_storage.py:{L}",
        "import-client",
        "freezes the picture for seconds; import it inside the one function",
    ),
    (
        "a gateway imports Google's client in two functions",
        {
            "src/storage/tdg_gateway_storage.py": GATEWAY
            + "def load():\n    import google.cloud.storage\n\nclass G:\n    def more(self):\n        import grpc\n"
        },
        f"src/storage/tdg_gateway_storage.py:{L + 5}",
        "import-client",
        "G.more() imports grpc, and load() imports Google's client already",
    ),
    (
        "an extension imports Google's client",
        {"src/storage/ext_storage.py": TD + "import firebase_admin\n"},
        f"src/storage/ext_storage.py:{L}",
        "import-room",
        "ask the engine through the bridge",
    ),
    (
        "an extension imports an inner module of work",
        {
            "src/storage/ext_storage.py": TD + "import tdg_work_storage_sync\n",
            "src/storage/tdg_work_storage_sync.py": WORK,
        },
        f"src/storage/ext_storage.py:{L}",
        "import-room",
        "the entry modules of its component's work and gateway",
    ),
    (
        "an extension imports what waits",
        {"src/storage/ext_storage.py": TD + "import sqlite3\n"},
        f"src/storage/ext_storage.py:{L}",
        "import-blocking",
        "imports sqlite3, which can wait for a disk, a process or a network",
    ),
    (
        "an extension imports a function that waits",
        {"src/storage/ext_storage.py": TD + "from time import sleep\n"},
        f"src/storage/ext_storage.py:{L}",
        "import-blocking",
        "send the result over the bridge",
    ),
    (
        "an extension sleeps",
        {"src/storage/ext_storage.py": TD + "import time\ndef f():\n    time.sleep(1)\n"},
        f"src/storage/ext_storage.py:{L + 2}",
        "main-thread-waits",
        "time.sleep() holds the picture up",
    ),
    (
        "an extension imports by a name made at run time",
        {"src/storage/ext_storage.py": TD + "import importlib\ndef f(n):\n    importlib.import_module(n)\n"},
        f"src/storage/ext_storage.py:{L + 2}",
        "import-dynamic",
        "only work, gateway and engine may",
    ),
    (
        "storage imports firestore",
        {
            "src/storage/tdg_core_storage.py": CORE + "import tdg_core_firestore\n",
            "src/firestore/tdg_core_firestore.py": CORE,
        },
        f"src/storage/tdg_core_storage.py:{L}",
        "import-component",
        "src/storage imports tdg_core_firestore of src/firestore; a folder knows common and itself only",
    ),
    (
        "firestore imports storage",
        {
            "src/firestore/tdg_core_firestore.py": CORE + "import tdg_core_storage\n",
            "src/storage/tdg_core_storage.py": CORE,
        },
        f"src/firestore/tdg_core_firestore.py:{L}",
        "import-component",
        "Move what both need to src/common",
    ),
    (
        "common imports a component",
        {
            "src/common/tdg_core_a.py": CORE + "import tdg_core_storage\n",
            "src/storage/tdg_core_storage.py": CORE,
        },
        f"src/common/tdg_core_a.py:{L}",
        "import-component",
        "src/common imports tdg_core_storage of src/storage",
    ),
    (
        "source imports a tool",
        {"src/common/tdg_work_a.py": WORK + "import tox_writer\n", "tools/tox_writer.py": ""},
        f"src/common/tdg_work_a.py:{L}",
        "import-outside",
        "ship with no component",
    ),
    (
        "source imports a test",
        {"src/common/tdg_work_a.py": WORK + "from helpers import x\n", "tests/helpers/__init__.py": ""},
        f"src/common/tdg_work_a.py:{L}",
        "import-outside",
        "Imports helpers of tools/ or tests/",
    ),
    (
        "source imports some package",
        {"src/common/tdg_work_a.py": WORK + "import numpy\n"},
        f"src/common/tdg_work_a.py:{L}",
        "import-unknown",
        "numpy is neither standard library nor part of src/",
    ),
    (
        "source imports a module that does not exist",
        {"src/common/tdg_work_a.py": WORK + "import tdg_core_typo\n"},
        f"src/common/tdg_work_a.py:{L}",
        "import-unknown",
        "No file of src/ is called tdg_core_typo.py",
    ),
    # Where an import stands
    (
        "an import inside a function",
        {"src/common/tdg_work_a.py": WORK + "def f():\n    import os\n"},
        f"src/common/tdg_work_a.py:{L + 1}",
        "import-inside",
        "f() imports os; imports stand at the top of the file",
    ),
    (
        "an import inside a function of a gateway that is not Google's",
        {
            "src/storage/tdg_gateway_storage.py": GATEWAY + "def load():\n    import tdg_core_a\n",
            "src/common/tdg_core_a.py": CORE,
        },
        f"src/storage/tdg_gateway_storage.py:{L + 1}",
        "import-inside",
        "load() imports tdg_core_a",
    ),
    (
        "an import of everything",
        {"src/common/tdg_core_a.py": CORE + "from math import *\n"},
        f"src/common/tdg_core_a.py:{L}",
        "import-star",
        "Name what you take, or write `import math`",
    ),
    (
        "a relative import",
        {"src/common/tdg_core_a.py": CORE + "from . import tdg_core_b\n"},
        f"src/common/tdg_core_a.py:{L}",
        "import-relative",
        "DATs know no packages",
    ),
    (
        "annotations made strings",
        {"src/common/tdg_core_a.py": CORE + "from __future__ import annotations\n"},
        f"src/common/tdg_core_a.py:{L}",
        "future-annotations",
        "@dataclass in a DAT module fails on those; remove the line",
    ),
    # Threads
    *(
        (
            f"{room} uses {name}",
            {f"src/common/{module}.py": head + f"def f():\n    return {name}\n"},
            f"src/common/{module}.py:{L + 1}",
            "thread-name",
            f"Uses {name}, and {module} may run on a worker",
        )
        for room, module, head in (
            ("core", "tdg_core_a", CORE),
            ("disk", "tdg_disk_a", CORE),
            ("bridge", "tdg_bridge_a", BRIDGE),
            ("work", "tdg_work_a", WORK),
            ("gateway", "tdg_gateway_a", GATEWAY),
        )
        for name in ("print", "run", "debug", "td", "op", "me", "parent", "ui", "absTime")
    ),
    (
        "a name that only a class body binds, used in its method",
        {"src/common/tdg_work_a.py": WORK + "class A:\n    op = 1\n    def f(self):\n        return op\n"},
        f"src/common/tdg_work_a.py:{L + 3}",
        "thread-name",
        "Uses op",
    ),
    (
        "work writes into the textport",
        {"src/common/tdg_work_a.py": WORK + "import sys\nsys.stdout.write('')\n"},
        f"src/common/tdg_work_a.py:{L + 1}",
        "thread-name",
        "sys.stdout, TouchDesigner's textport",
    ),
    (
        "a bound method as a thread",
        {
            "src/storage/ext_storage.py": TD
            + "import threading\nclass StorageExt:\n    def f(self):\n        threading.Thread(target=self._loop)\n"
        },
        f"src/storage/ext_storage.py:{L + 3}",
        "thread-target",
        "Hands self._loop to a thread, which carries the extension and its ownerComp along",
    ),
    (
        "a lambda as a task",
        {"src/storage/ext_storage.py": TD + "def f(client):\n    client.TDTask(target=lambda: 1)\n"},
        f"src/storage/ext_storage.py:{L + 1}",
        "thread-target",
        "Hands a lambda to a thread",
    ),
    (
        "a function inside a function as a thread",
        {
            "src/storage/ext_storage.py": TD
            + "import threading\ndef f(x):\n    def loop():\n        return x\n    threading.Thread(None, loop)\n"
        },
        f"src/storage/ext_storage.py:{L + 4}",
        "thread-target",
        "Hands loop to a thread",
    ),
    (
        "a bound method as a job for the pool",
        {"src/storage/ext_storage.py": TD + "class S:\n    def f(self):\n        self.tasks.run(self._install, 1)\n"},
        f"src/storage/ext_storage.py:{L + 2}",
        "thread-target",
        "Hands self._install to a thread",
    ),
    (
        "a bound method, wrapped, as a thread",
        {
            "src/storage/ext_storage.py": TD
            + "import functools\nclass S:\n    def f(self, spawn):\n        spawn(functools.partial(self._loop, 1))\n"
        },
        f"src/storage/ext_storage.py:{L + 3}",
        "thread-target",
        "Hands self._loop",
    ),
    (
        "the owner among a thread's arguments",
        {
            "src/storage/ext_storage.py": TD
            + "def work(x):\n    pass\nclass S:\n    def f(self, spawn):\n        spawn(work, args=(self.ownerComp,))\n"
        },
        f"src/storage/ext_storage.py:{L + 4}",
        "thread-argument",
        "Gives self.ownerComp to a thread; pass the plain values",
    ),
    (
        "the extension among a thread's arguments",
        {
            "src/storage/ext_storage.py": TD
            + "def work(x):\n    pass\nclass S:\n    def f(self, spawn):\n        spawn(work, args=(self, self.q))\n"
        },
        f"src/storage/ext_storage.py:{L + 4}",
        "thread-argument",
        "Gives self to a thread",
    ),
    (
        "TouchDesigner used by what a thread's function calls",
        {
            "src/storage/ext_storage.py": TD
            + "import td\ndef deep():\n    return td.op('x')\ndef work():\n    deep()\n"
            + "def f(spawn):\n    spawn(work)\n"
        },
        f"src/storage/ext_storage.py:{L + 2}",
        "thread-name",
        "Uses td, and deep() runs on a worker",
    ),
    (
        "a module for any thread that uses TouchDesigner",
        {"src/common/ext_connection.py": CORE + "import td\ndef f():\n    return td.op\n"},
        f"src/common/ext_connection.py:{L + 2}",
        "thread-name",
        "Uses td, and ext_connection may run on a worker",
    ),
    (
        "print in a thread's function",
        {"src/storage/ext_storage.py": TD + "def work():\n    print(1)\ndef f(spawn):\n    spawn(work)\n"},
        f"src/storage/ext_storage.py:{L + 1}",
        "thread-name",
        "Uses print, and work() runs on a worker",
    ),
    # Shape
    (
        "a module without a thread",
        {"src/common/tdg_core_a.py": '"""Adds."""\n'},
        "src/common/tdg_core_a.py:1",
        "thread-line",
        "needs one line that begins with `Thread: any.`",
    ),
    (
        "a module with the thread of another room",
        {"src/storage/ext_storage.py": WORK},
        "src/storage/ext_storage.py:1",
        "thread-line",
        "says `Thread: worker only`, but a module of this room says `Thread: main only.` or `Thread: any.`",
    ),
    (
        "a name without a room",
        {"src/common/helpers.py": CORE},
        "src/common/helpers.py:1",
        "name-room",
        "The name helpers belongs to no room; the rooms are tdg_core_*, tdg_disk_*",
    ),
    (
        "one name twice",
        {"src/storage/par_exec.py": TD, "src/firestore/par_exec.py": TD},
        "src/storage/par_exec.py:1",
        "name-unique",
        "src/firestore/par_exec.py has the same name",
    ),
    (
        "the name of a standard module",
        {"src/common/queue.py": CORE},
        "src/common/queue.py:1",
        "name-unique",
        "A DAT called queue hides the Python module of that name",
    ),
    (
        "the name of an installed package",
        {"src/common/pytest.py": CORE},
        "src/common/pytest.py:1",
        "name-unique",
        "A DAT called pytest hides",
    ),
    (
        "a module in a folder of its own",
        {"src/common/deep/tdg_core_a.py": CORE},
        "src/common/deep/tdg_core_a.py:1",
        "layout",
        "Modules lie flat in src/common, src/storage, src/firestore",
    ),
    (
        "no Python",
        {"src/common/tdg_core_a.py": "def f(:\n"},
        "src/common/tdg_core_a.py:1",
        "syntax",
        "Python cannot read it",
    ),
    (
        "a quoted annotation of a dataclass",
        {
            "src/common/tdg_core_a.py": CORE
            + "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    b: 'int'\n"
        },
        f"src/common/tdg_core_a.py:{L + 3}",
        "string-annotation",
        "A.b has a quoted annotation",
    ),
    (
        "a file too long",
        {"src/common/tdg_core_a.py": CORE + "#\n" * 597},
        "src/common/tdg_core_a.py:1",
        "size",
        "The file has 601 lines, the limit is 600",
    ),
    (
        "a class too long, in tools as well",
        {"tools/x.py": "class A:\n" + "    #\n" * 399 + "    b = 1\n"},
        "tools/x.py:1",
        "size",
        "Class A has 401 lines, the limit is 400; split it by responsibility",
    ),
    *(
        (
            f"somebody's home, written the way of {system}",
            {"docs/index.md": f"\nSee {path} for it.\n"},
            "docs/index.md:2",
            "machine-path",
            f"{path} is a path of one machine",
        )
        for system, path in (
            ("Linux", "/home/" + "anna"),
            ("macOS", "/Users/" + "anna"),
            ("Windows", "C:\\Users\\" + "anna"),
        )
    ),
    (
        "an address in a lock",
        {"tools/dev.lock": "--index-url https://example.org/simple\n"},
        "tools/dev.lock:1",
        "lock-address",
        "https://example.org/simple ties the lock to one server",
    ),
]


@pytest.mark.parametrize(("files", "where", "rule", "sentence"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_finds(rows, files, where, rule, sentence):
    found = [(f"{row.path}:{row.line}", row.rule, row.message) for row in rows(files)]
    assert (where, rule) in [row[:2] for row in found]
    assert any(sentence in message for place, named, message in found if (place, named) == (where, rule)), found


def test_finds_the_path_of_the_checkout_itself(rows, tmp_path):
    found = rows({"tox/storage.tox.toc": f"{tmp_path}/build\n"})
    assert [(row.path, row.rule) for row in found] == [("tox/storage.tox.toc", "machine-path")]


def test_command_prints_rows_and_ends_with_1_on_findings(tmp_path):
    (tmp_path / "src/common").mkdir(parents=True)
    (tmp_path / "src/common/tdg_core_a.py").write_text(CORE + "import time\n")
    command = [sys.executable, layout.TOOLS / "check.py", "--root", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(f"src/common/tdg_core_a.py:{L} [import-room] tdg_core_a imports time")
    assert done.stdout.endswith("1 modules of src/ read, 1 finding.\n")
