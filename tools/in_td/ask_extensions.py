"""Questions about extensions, loading and the life of a component."""

import json
from pathlib import Path
from typing import Any

import td
from in_td.ask import question
from in_td.room import TELL, Room, Unanswered, attempt
from in_td.steps import Steps, frames, until

_MADE = """class {name}:
    def __init__(self, ownerComp):
        tell('made', '{name}', ownerComp.path)
        self.Attribute = 1

    def Method(self):
        return 1
"""


@question("which extensions are made anew when the definition of one changes")
def ask_block_change(room: Room) -> Steps:
    names = ("One", "Two", "Three")
    comp = room.extended("comp", "\n\n".join(_MADE.format(name=name) for name in names), "One", "Two")
    attempt(lambda: (comp.ext.One, comp.ext.Two))
    yield from frames(2)
    room.events.clear()
    comp.par.ext1object = "op('./code').module.Three(me)"
    attempt(lambda: (comp.ext.One, comp.ext.Two))
    yield from frames(2)
    attempt(lambda: (comp.ext.One, comp.ext.Two))
    if not room.told("made", "Three"):
        return "none"
    return "all" if room.told("made", "One") else "that_one"


@question("what is promoted: every capitalised member, or methods and properties only")
def ask_promoted(room: Room) -> str:
    comp = room.extended("comp", _MADE.format(name="One"), "One")
    if attempt(comp.Method) is not None:
        return "nothing"
    return "methods" if attempt(lambda: comp.Attribute) is not None else "all"


@question("whether initextonstart also acts when a .tox is loaded or a COMP is pasted")
def ask_start_on_load(room: Room) -> Steps:
    model = room.extended("model", _MADE.format(name="One"), "One")
    model.par.initextonstart = True
    loaded = _saved_and_loaded(room, model)
    yield from frames(5)
    return "yes" if room.told("made", "One", loaded.path) else "no"


@question("Parameter Execute calls for values loaded from a .tox")
def ask_load_events(room: Room) -> Steps:
    model = room.create(td.baseCOMP, "model")
    room.par("Int", "Count", model).val = 7
    watch = room.create(td.parameterexecuteDAT, "watch", parent=model, op="..", pars="*", custom=True, builtin=False)
    watch.text = TELL + "def onValueChange(par, prev):\n    tell('value', par.owner.path)\n"
    watch.par.valuechange = True
    loaded = _saved_and_loaded(room, model)
    yield from frames(5)
    return "fired" if room.told("value", loaded.path) else "none"


def _saved_and_loaded(room: Room, model: Any) -> Any:
    path = Path(td.app.tempFolder) / f"{room.comp.name}-{room.comp.id}.tox"
    room.at_last(lambda: path.unlink(missing_ok=True))
    model.save(path.as_posix())
    place = room.create(td.baseCOMP, "place")
    return place.loadTox(path.as_posix())


@question("when onInitTD is called (never: builds before 2025)")
def ask_on_init(room: Room) -> Steps:
    text = "class One:\n    def __init__(self, ownerComp):\n        tell('made')\n"
    comp = room.extended("comp", f"{text}\n    def onInitTD(self):\n        tell('init')\n", "One")
    attempt(lambda: comp.ext.One)
    yield from until(lambda: room.told("init"), 0.2, 5)
    made, init = room.told("made"), room.told("init")
    if not made or not init:
        return "never"
    return "frame_end" if init[0][0] == made[0][0] else "next_frame"


@question("when an extension follows a change of its DAT", switch=False)
def ask_extension_rebuilt(room: Room) -> Steps:
    comp = room.extended("comp", _MADE.format(name="One"), "One")
    attempt(lambda: comp.ext.One)
    room.events.clear()
    comp.op("code").text += "\n# changed\n"
    yield from frames(5)
    if room.told("made"):
        return "by_itself"
    attempt(lambda: comp.ext.One)
    return "on_access" if room.told("made") else "never"


#: What is left in the network to see the end of the project: it writes down what was called, in order.
EXIT_NAME = "selftest_exit"

_AT_EXIT = """import json


def told(what):
    path = {path!r}
    try:
        with open(path, encoding='utf-8') as file:
            found = json.load(file)
    except (OSError, ValueError):
        found = []
    found.append(what)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(found, file)


"""


def exit_path() -> Path:
    """The file in which the end of the project is noted."""
    return Path(td.project.folder) / f"selftest-{td.app.build}-exit.json"


@question("onDestroyTD when the project closes")
def ask_destroy_at_exit(room: Room) -> str:
    called: list[str] = []
    attempt(lambda: called.extend(json.loads(exit_path().read_text(encoding="utf-8"))))
    room.details["called"] = called
    if "onExit" not in called:  # without it, the operator was deleted and the project went on
        raise Unanswered("set WATCH_EXIT = True at the top of this file, run it, close TouchDesigner, run it again")
    return "yes" if "onDestroyTD" in called else "no"


def watch_exit(around: Any) -> Any:
    """Leaves an operator that notes at the end of the project which hooks are called."""
    path = exit_path()
    former = around.op(EXIT_NAME)
    if former is not None:
        former.destroy()
    path.unlink(missing_ok=True)
    comp = around.create(td.baseCOMP, EXIT_NAME)
    head = _AT_EXIT.format(path=path.as_posix())
    comp.create(td.textDAT, "code").text = (
        f"{head}class One:\n    def __init__(self, ownerComp):\n        pass\n\n"
        "    def onDestroyTD(self):\n        told('onDestroyTD')\n"
    )
    comp.par.ext0object = "op('./code').module.One(me)"
    comp.par.ext0name = "One"
    watch = comp.create(td.executeDAT, "watch")
    watch.text = f"{head}def onExit():\n    told('onExit')\n"
    watch.par.exit = True
    attempt(lambda: comp.ext.One)
    return comp
