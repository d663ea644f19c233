"""The description of a component: what it says arrives, and what is wrong is named with its place."""

from pathlib import Path

import pytest

import component_check
import component_model
import component_sources
import layout
from component_fixture import edit, make_root
from component_model import DescriptionError, Reference

COMMON = "src/common/component.toml"
DEMO = "src/demo/component.toml"

# Part A of the contract, page by page: the parameters in their order.
PAGES = {
    "storage": {
        "Creds": ["Privatekey", "Bucket"],
        "Storage": [
            "Localpath",
            "Remotepath",
            "Makepublic",
            "Deleteremoteorphans",
            "Deletelocalorphans",
            "Maxconcurrent",
        ],
        "Conn": ["Autoconnect", "Circuitfailurethreshold", "Circuittimeout", "Backoffbase", "Backoffmax"],
        "Callbacks": ["Createcallbacksdat", "Callbacksdat", "Logop"],
        "Controls": ["Connect", "Disconnect", "Reset", "Upload", "Download", "Sync", "Canceltransfers"],
        "About": ["Build", "Date", "Touchbuild"],
    },
    "firestore": {
        "Creds": ["Privatekey", "Databaseid"],
        "Sync": [
            "Enablelistener",
            "Enablewriteback",
            "Collections",
            "Filterdocs",
            "Filterdocsmode",
            "Filterfields",
            "Filterfieldsmode",
        ],
        "Conn": ["Autoconnect", "Circuitfailurethreshold", "Circuittimeout", "Backoffbase", "Backoffmax"],
        "Cache": ["Enablecache", "Cachepath", "Cachehydrate"],
        "Callbacks": ["Createcallbacksdat", "Callbacksdat", "Logop"],
        "Controls": ["Connect", "Disconnect", "Reset", "Flushdirty", "Flushqueue"],
        "About": ["Build", "Date", "Touchbuild"],
    },
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path)


def problems(root: Path) -> str:
    """Everything that is said against the test component, row by row."""
    try:
        component = component_model.load("demo", root)
    except DescriptionError as error:
        return str(error)
    findings = [*component_check.check(component), *component_sources.collect(component, root).findings]
    return "\n".join(str(finding) for finding in findings)


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_real_descriptions_are_without_findings(name: str) -> None:
    assert component_check.check(component_model.load(name)) == []


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_pages_and_parameters_stand_in_the_documented_order(name: str) -> None:
    """Pages exactly as documented; on each, the documented parameters first and in order, our own behind them."""
    pages = {page.name: [parameter.name for parameter in page.parameters] for page in component_model.load(name).pages}
    assert list(pages) == list(PAGES[name])
    for page, documented in PAGES[name].items():
        assert pages[page][: len(documented)] == documented


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_main_extension_is_the_only_promoted_one_and_comes_first(name: str) -> None:
    extensions = component_model.load(name).extensions
    assert [extension.promote for extension in extensions] == [True] + [False] * (len(extensions) - 1)
    assert extensions[0].dat == f"ext_{name}"


def test_fixture_is_sound(root: Path) -> None:
    assert problems(root) == ""


def test_everything_said_arrives(root: Path) -> None:
    component = component_model.load("demo", root)
    parameters = {parameter.name: parameter for parameter in component.parameters}
    assert parameters["Version"].default == "1.2.3"
    assert parameters["Version"].read_only
    assert (parameters["Gain"].minimum, parameters["Gain"].maximum, parameters["Gain"].section) == (0, 2, True)
    assert parameters["Choice"].menu == (("one", "The One"), ("two", "The Other"))
    assert parameters["Go"].default is None
    operators = {operator.path: operator for operator in component.operators}
    assert operators["status"].rows == (("state", "error"), ("resting", ""))
    assert operators["status"].comment == "How it is doing."
    assert operators["ext_demo"].rows is None
    assert operators["log"].parameters == {"callbacks": Reference("log_callbacks"), "maxlines": 200, "clamp": True}
    assert [extension.class_name for extension in component.extensions] == ["DemoExt", "HelperExt"]


def test_modules_are_those_that_are_imported(root: Path) -> None:
    """What an imported module imports comes along; what nothing imports stays out."""
    sources = component_sources.collect(component_model.load("demo", root), root)
    assert {name for name in sources.modules if not name.startswith("tdg_td_")} == {"tdg_core_demo", "tdg_core_words"}
    assert sources.texts["ext_demo"] == (root / "src/demo/ext_demo.py").read_text(encoding="utf-8")


MISTAKES = {
    "no such file": (DEMO, 'text = "ext_demo.py"', 'text = "ext_none.py"', "src/demo/ext_none.py or src/common"),
    "no TOML": (DEMO, "[component]", "[component", f"{DEMO}: is no TOML"),
    "unknown key": (DEMO, "section = true", "sektion = true", "parameter.Gain.sektion: is no key"),
    "unknown table": (DEMO, "[parameter.Go]", "[parametr.Go]", f"{DEMO}: parametr: is no key"),
    "missing key": (DEMO, 'label = "Go"\n', "", "parameter.Go.label: is missing"),
    "wrong type": (DEMO, "section = true", 'section = "yes"', "parameter.Gain.section: must be bool"),
    "doubled parameter": (DEMO, "[parameter.Go]", "[parameter.Version]", "parameter.Version: is described in common"),
    "doubled operator": (DEMO, "refines = true\n", "", "operator.status: is described in common, too"),
    "refines nothing": (DEMO, "[operator.ext_demo]\n", "[operator.ext_demo]\nrefines = true\n", "refines nothing"),
    "on no page": (DEMO, '"Target", "Go"', '"Target"', "parameter.Go: is described but stands on no page"),
    "on two pages": (DEMO, '["Version"]', '["Version", "Go"]', "Go stands on a page already"),
    "not described": (DEMO, '["Version"]', '["Version", "Gone"]', "pages.About: Gone is not described"),
    "bad number list": (DEMO, "slider = [0, 2]", "slider = [0]", "slider: must be a list of 2 numbers"),
    "bad rows": (DEMO, 'rows = [["state", "error"]', 'rows = [["state", 1]', "must be a list of lists of texts"),
    "bad menu": (DEMO, '["two", "The Other"]', '["two"]', "must be a list of pairs"),
    "default twice": (
        COMMON,
        'default_from = "version"',
        'default = ""\ndefault_from = "version"',
        "instead of default",
    ),
    "no help": (DEMO, '"Begin now, whatever else is going on."', '"Begin."', "parameter.Go.help: must say"),
    "quotation mark": (DEMO, "Begin now", "Begin 'now\\\"", "cannot stand in a component file"),
    "not ASCII": (DEMO, 'label = "Gain (dB)"', 'label = "Gain (µB)"', "parameter.Gain.label: the character"),
    "unknown style": (DEMO, 'style = "Pulse"', 'style = "Button"', "'Button' is none of"),
    "pulse with a value": (DEMO, 'style = "Pulse"', 'style = "Pulse"\ndefault = 1', "no default for style Pulse"),
    "number as text": (DEMO, "default = 0.5", 'default = "0.5"', "no default for style Float"),
    "default out of range": (DEMO, "default = 0.5", "default = 5", "between minimum and maximum"),
    "slider out of range": (DEMO, "slider = [0, 2]", "slider = [0, 3]", "parameter.Gain.slider"),
    "range of a text": (DEMO, 'default = "cache"', 'default = "cache"\nminimum = 1', "for Float and Int only"),
    "menu default not first": (DEMO, 'default = "one"', 'default = "two"', "must be the first entry"),
    "menu entry twice": (DEMO, '["two", "The Other"]', '["one", "The Other"]', "two entries have one name"),
    "menu of a toggle": (DEMO, 'style = "Menu"', 'style = "Str"', "parameter.Choice.menu"),
    "enable of nothing": (DEMO, "me.par.Count > 1", "me.par.Counter > 1", "asks for the parameter Counter"),
    "enable no Python": (DEMO, "me.par.Count > 1", "me.par.Count >", "is no Python expression"),
    "unknown operator type": (COMMON, '"executeDAT"', '"execDAT"', "'execDAT' is none of"),
    "unknown group": (DEMO, 'group = "Extensions"', 'group = "Code"', "'Code' is none of"),
    "group below the top": (
        COMMON,
        "position = [0, 0]",
        'position = [0, 0]\ngroup = "Data"',
        "for operators at the top",
    ),
    "empty group": (
        COMMON,
        "[group.Data]",
        "[group.X]\ntitle=''\nbody=''\ncolor=[0,0,0]\n[group.Data]",
        "holds no operator",
    ),
    "overlap": (
        DEMO,
        "position = [200, 400]",
        "position = [300, 400]",
        "operator.ext_demo.position: lies on ext_helper",
    ),
    "groups overlap": (DEMO, "position = [200, 400]", "position = [200, 100]", "lies on the group"),
    "off the grid": (DEMO, "position = [200, 400]", "position = [210, 400]", "on the grid of 100"),
    "reference to nothing": (COMMON, 'reference = "log_callbacks"', 'reference = "gone"', "neither .. nor an operator"),
    "dock to nothing": (COMMON, 'dock = "log"', 'dock = "gone"', "'gone' is no operator beside it"),
    "parent missing": (COMMON, '"local/modules"', '"gone/modules"', "gone is no COMP"),
    "case-only siblings": (DEMO, "[operator.ext_demo]", "[operator.STATUS]", "collides on disk"),
    "file and DAT differ": (DEMO, 'text = "ext_demo.py"', 'text = "tdg_core_demo.py"', "must have one name"),
    "table without type": (
        DEMO,
        "position = [200, 400]",
        'position = [200, 400]\nrows = [["a"]]',
        "are for a tableDAT",
    ),
    "ragged rows": (DEMO, '["resting", ""]', '["resting"]', "all of one length"),
    "hides the standard library": (
        COMMON,
        "[[extension]]",
        '[operator.logging]\ntype = "tableDAT"\ngroup = "Data"\nposition = [1000, 0]\n[[extension]]',
        "would hide the module",
    ),
    "hides an imported package": (
        COMMON,
        "[[extension]]",
        '[operator.google]\ntype = "tableDAT"\ngroup = "Data"\nposition = [1000, 0]\n[[extension]]',
        "would hide the module",
    ),
    "extension without DAT": (DEMO, 'dat = "ext_demo"', 'dat = "ext_gone"', "ext_gone is no text DAT"),
    "extension without class": (DEMO, 'class = "DemoExt"', 'class = "GoneExt"', "has no class GoneExt"),
    "nothing promoted": (DEMO, "promote = true", "promote = false", "exactly one is promoted"),
    "viewer of nothing": (DEMO, 'viewer = "status"', 'viewer = "state"', "'state' is no operator"),
    "release": (COMMON, 'touch_build = "2025.32050"', 'touch_build = "2025"', "release.touch_build"),
    "source is no Python": ("src/demo/ext_demo.py", "class DemoExt:", "class DemoExt", "is no Python"),
    "source with CR": ("src/demo/ext_demo.py", "\n", "\r\n", "LF line ends"),
    "module missing": ("src/demo/tdg_core_demo.py", "tdg_core_words\n", "tdg_core_gone\n", "imports tdg_core_gone"),
    "module imports from the top": (
        "src/demo/tdg_core_demo.py",
        "import json",
        "import ext_helper",
        "cannot see it there",
    ),
    "module of another component": (
        "src/demo/tdg_core_demo.py",
        "import json",
        "import tdg_core_other",
        "src/demo/tdg_core_other.py or",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_named_with_its_place(name: str, root: Path) -> None:
    file, old, new, complaint = MISTAKES[name]
    (root / "src/other").mkdir()
    (root / "src/other/tdg_core_other.py").write_text("")
    edit(root, file, old, new)
    assert complaint in problems(root)


def test_parameter_name_that_touchdesigner_refuses_is_named(root: Path) -> None:
    edit(root, DEMO, '"Go"]', '"Go_now"]')
    edit(root, DEMO, "[parameter.Go]", "[parameter.Go_now]")
    assert "parameter.Go_now: the name must be one capital letter" in problems(root)


def test_all_mistakes_are_named_at_once(root: Path) -> None:
    edit(root, DEMO, "section = true", "sektion = true")
    edit(root, DEMO, 'label = "Go"\n', "")
    assert len(problems(root).splitlines()) == 2


def test_component_without_description_is_named(root: Path) -> None:
    with pytest.raises(DescriptionError, match=r"src/gone/component\.toml: the file is missing"):
        component_model.load("gone", root)
