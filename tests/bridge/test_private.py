"""Private copies of modules: nobody clears them, and they import each other, not what has the same name outside."""

import functools
import sys
import threading
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

import layout
import tdg_bridge_private
import tdg_core_settings
from tdg_bridge_private import Modules, Serve

SOURCES = {
    "tdg_core_words": "WORD = 'private'\n",
    "tdg_work_probe": (
        "import json\nimport tdg_core_words\nfrom tdg_core_words import WORD\n"
        "def say(*args):\n    return [tdg_core_words.WORD, WORD, json.dumps(args)]\n"
    ),
}


def outside(name: str, text: str) -> ModuleType:
    """A module as TouchDesigner makes it of a DAT."""
    module = ModuleType(name)
    exec(text, module.__dict__)
    return module


def test_modules_import_each_other_and_python_s_own() -> None:
    assert Modules(SOURCES).module("tdg_work_probe").say(1) == ["private", "private", "[1]"]
    assert "tdg_core_words" not in sys.modules


def test_a_function_s_counterpart_survives_the_clearing_of_its_module() -> None:
    module = outside("tdg_work_probe", "import json\ndef say(*args):\n    return json.dumps(args)\n")
    function = Modules(SOURCES).own(module.say)
    module.__dict__.clear()
    assert function(2)[2] == "[2]"


@pytest.mark.parametrize("name", ["tdg_work_probe", "/project1/storage/local/modules/tdg_work_probe"])
def test_however_touchdesigner_names_a_dat_s_module_its_counterpart_is_found(name: str) -> None:
    module = outside(name, "def say(*args):\n    return 'outside'\n")
    assert Modules(SOURCES).own(module.say)()[0] == "private"


def test_an_entry_point_with_gateway_and_settings_is_private_in_all_its_parts() -> None:
    common = layout.SRC / layout.COMMON
    sources = {path.stem: path.read_text(encoding="utf-8") for path in common.glob("tdg_core_*.py")}
    sources |= SOURCES
    sources["tdg_work_entry"] = (
        "import tdg_core_settings\ndef serve(inbox, outbox, *, open_gateway, settings):\n"
        "    outbox.append((open_gateway(), type(settings) is tdg_core_settings.Settings, settings.target))\n"
    )
    entry = outside("tdg_work_entry", "def serve(inbox, outbox, **_): ...")
    gateway = outside("tdg_work_probe", "def say(): ...")
    settings = tdg_core_settings.Settings(target="bucket")
    serve = functools.partial(entry.serve, open_gateway=gateway.say, settings=settings)
    outbox: list[Any] = []
    Serve(Modules(sources), serve)(None, outbox)
    assert outbox == [(["private", "private", "[]"], True, "bucket")]


def test_what_has_no_private_counterpart_is_left_as_it_is() -> None:
    @dataclass
    class Plain:
        value: int

    modules = Modules(SOURCES)
    for value in (Plain(1), 3, "text", test_modules_import_each_other_and_python_s_own, threading.Event):
        assert modules.own(value) is value


def test_a_module_that_fails_says_so_each_time_and_does_not_stay_half_made() -> None:
    modules = Modules({"tdg_core_broken": "import tdg_core_missing\n"})
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="tdg_core_missing"):
            modules.module("tdg_core_broken")


def test_call_makes_the_module_in_the_calling_thread() -> None:
    modules = Modules(
        {"tdg_core_where": "import threading\nMADE_IN = threading.get_ident()\ndef where(): return MADE_IN\n"}
    )
    found: list[int] = []
    args = (modules, "tdg_core_where", "where")
    thread = threading.Thread(target=lambda: found.append(tdg_bridge_private.call(*args)))
    thread.start()
    thread.join()
    assert found == [thread.ident]


def test_the_same_text_is_compiled_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    Modules(SOURCES).module("tdg_work_probe")
    monkeypatch.setattr("builtins.compile", None)
    Modules(SOURCES).module("tdg_work_probe")


def test_every_module_of_the_engines_works_as_a_private_copy() -> None:
    """Nothing in them needs `sys.modules` or what TouchDesigner puts into a DAT."""
    for component in layout.COMPONENTS:
        folders = [layout.SRC / layout.COMMON, layout.SRC / component]
        sources = {
            path.stem: path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("tdg_*.py")
        }
        modules = Modules(sources)
        assert callable(modules.module(f"tdg_work_{component}").serve)
        assert callable(modules.module(f"tdg_gateway_{component}").open_gateway)


def test_the_same_texts_have_the_same_modules_and_others_have_others() -> None:
    modules = tdg_bridge_private.of(SOURCES)
    assert tdg_bridge_private.of(dict(SOURCES)) is modules
    others = [tdg_bridge_private.of({"tdg_core_words": f"WORD = {number}"}) for number in range(10)]
    assert [other.module("tdg_core_words").WORD for other in others] == list(range(10))
    assert tdg_bridge_private.of({"tdg_core_words": "WORD = 9"}) is others[-1]
    assert tdg_bridge_private.of({"tdg_core_words": "WORD = 0"}) is not others[0]  # only the newest are kept
