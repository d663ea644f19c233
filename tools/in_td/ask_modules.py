"""Questions about DATs as modules and scripts."""

import sys
from typing import Any

import td
from in_td.ask import question
from in_td.room import EVENTS, Room, Unanswered, attempt
from in_td.steps import Steps, frames


@question("mod.name without such a DAT")
def ask_mod_missing(room: Room) -> str:
    script = room.script("look", "def look():\n    return mod.tdg_no_such_module\n")
    found: list[Any] = []
    if attempt(lambda: found.append(script.module.look())) is not None:
        return "raises"
    return "none" if found == [None] else "something"


@question("__name__ in a text DAT that is run as a script")
def ask_script_name(room: Room) -> str:
    script = _module(room, "named", f"import sys\n\nsys.{EVENTS}.append((0, 'name', __name__))\n")
    script.run()
    name = str(room.told("name")[0][2])
    return "dat" if name == script.name else name


@question("whether a text DAT that is run keeps its names apart from its globals")
def ask_script_scope(room: Room) -> str:
    told = f"    sys.{EVENTS}.append((0, 'SCOPE'))\n"
    text = "import sys\n\n\ndef inner():\n    return outer\n\n\nouter = 1\n"
    text += f"try:\n    inner()\n{told.replace('SCOPE', 'one')}except NameError:\n{told.replace('SCOPE', 'two')}"
    _module(room, "scoped", text).run()
    return str(room.events[0][1]) if room.events else "nothing ran"


def _module(room: Room, name: str, text: str) -> Any:
    return room.create(td.textDAT, name, text, language="python")


@question("globals of a DAT's module after its text was recompiled")
def ask_old_module(room: Room) -> Steps:
    script = _module(room, "changing", "VALUE = 1\n")
    old = script.module
    script.text = "VALUE = 2\n"
    yield from frames(2)
    attempt(lambda: script.module.VALUE)
    yield from frames(1)
    return {1: "kept", 2: "updated"}.get(getattr(old, "VALUE", 0), "cleared")


@question("globals of a DAT's module after the DAT was destroyed")
def ask_destroyed_module(room: Room) -> Steps:
    script = _module(room, "leaving", "VALUE = 1\n")
    old = script.module
    script.destroy()
    yield from frames(2)
    return "kept" if getattr(old, "VALUE", None) == 1 else "cleared"


@question("whether a DAT's module is in sys.modules", switch=False)
def ask_dat_in_sys_modules(room: Room) -> str:
    script = _module(room, "tdg_selftest_listed", "VALUE = 1\n")
    reader = _module(room, "tdg_selftest_reader", "import tdg_selftest_listed\n")
    attempt(lambda: reader.module)
    return "yes" if script.name in sys.modules else "no"


@question("whether `import x` in a DAT gives the module of the DAT x itself", switch=False)
def ask_module_copies(room: Room) -> str:
    script = _module(room, "tdg_selftest_one", "VALUE = []\n")
    reader = _module(room, "tdg_selftest_two", "import tdg_selftest_one\nVALUE = tdg_selftest_one.VALUE\n")
    return "one" if reader.module.VALUE is script.module.VALUE else "several"


@question("whether a DAT follows when one that it imports changes", switch=False)
def ask_importer_follows(room: Room) -> Steps:
    script = _module(room, "tdg_selftest_source", "VALUE = 1\n")
    reader = _module(room, "tdg_selftest_follower", "import tdg_selftest_source\nVALUE = tdg_selftest_source.VALUE\n")
    attempt(lambda: reader.module.VALUE)
    script.text = "VALUE = 2\n"
    yield from frames(2)
    return "yes" if reader.module.VALUE == 2 else "no"


@question("whether a DAT hides a module of the standard library", switch=False)
def ask_dat_hides_library(room: Room) -> str:
    name = next((name for name in ("colorsys", "sched", "stringprep", "zipapp") if name not in sys.modules), "")
    if not name:
        raise Unanswered("every module it could be tried with is loaded already")
    room.at_last(lambda: sys.modules.pop(name, None))
    _module(room, name, "HIDES = True\n")
    reader = _module(room, "tdg_selftest_library", f"import {name}\nHIDES = hasattr({name}, 'HIDES')\n")
    return "yes" if reader.module.HIDES else "no"
