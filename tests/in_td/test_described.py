"""A component that is not as described makes the self-test fail, with a sentence that names the fault."""

import re
from collections.abc import Callable
from typing import Any

import pytest

import layout
from headless_td import Host
from in_td_run import Run, load

Comps = dict[str, Any]


def par_of(name: str, **fields: Any) -> Callable[[Comps], None]:
    """Changes a parameter of the storage component."""

    def change(comps: Comps) -> None:
        for field, value in fields.items():
            setattr(comps["storage"].par[name], field, value)

    return change


def node_of(path: str, **fields: Any) -> Callable[[Comps], None]:
    """Changes an operator of the storage component."""

    def change(comps: Comps) -> None:
        for field, value in fields.items():
            setattr(comps["storage"].op(path), field, value)

    return change


def other_style(comps: Comps) -> None:
    comp = comps["storage"]
    page = next(page for page in comp.customPages if page.name == "Storage")
    page.appendFloat("Maxconcurrent", label="Max Concurrent", order=comp.par.Maxconcurrent.order)


def undocked(comps: Comps) -> None:
    comp = comps["firestore"]
    comp.op("log_callbacks").dock = comp.op("status")


def overlapping(comps: Comps) -> None:
    one, other = comps["storage"].op("log"), comps["storage"].op("life_exec")
    other.nodeX, other.nodeY = one.nodeX + 5, one.nodeY


def no_annotation(comps: Comps) -> None:
    notes = comps["storage"].findChildren(depth=1, includeUtility=True)
    next(node for node in notes if node.name == "note_exec").destroy()


def annotation_without_title(comps: Comps) -> None:
    notes = comps["firestore"].findChildren(depth=1, includeUtility=True)
    next(node for node in notes if node.name == "note_data").par.Titletext.destroy()


def tampered(comps: Comps) -> None:
    dat = comps["firestore"].op("local/tdg_component")
    dat.text = dat.text.replace("Database ID", "Database")


def tampered_and_followed(comps: Comps) -> None:
    """Description and component agree, but are not those of the release."""
    comp = comps["storage"]
    dat = comp.op("local/tdg_component")
    dat.text = dat.text.replace('"label": "Bucket Name"', '"label": "Bucket"')
    comp.par.Bucket.label = "Bucket"


FAULTS: dict[str, tuple[Callable[[Comps], Any], str]] = {
    "operator missing": (lambda comps: comps["storage"].op("transfers").destroy(), "storage: transfers is missing"),
    "table without its heading": (
        lambda comps: comps["firestore"].op("dead_letters").clear(),
        r"firestore: dead_letters.rows is \[\], not \[\['queue_id'",
    ),
    "wrong place": (node_of("status", nodeX=9999), r"storage: status.position is \[9999, .*\], not \["),
    "wrong colour": (node_of("status", color=(1, 0, 0)), "storage: status.color is"),
    "wrong comment": (node_of("status", comment="Mine."), "storage: status.comment is 'Mine.', not 'One row"),
    "docked wrongly": (undocked, "firestore: log_callbacks.dock is 'status', not 'log'"),
    "operator's parameter": (
        lambda comps: setattr(comps["storage"].op("log").par, "maxlines", 7),
        "storage: log.maxlines is 7, not 200",
    ),
    "overlapping operators": (overlapping, "storage: overlapping operators is .*life_exec and log"),
    "annotation missing": (no_annotation, "storage: annotations is .*note_exec"),
    "part that cannot be compared": (
        annotation_without_title,
        "firestore: annotations could not be compared: .*Titletext",
    ),
    "wrong default": (par_of("Framebudget", default=7), "storage: Framebudget.default is 7.*, not 2"),
    "wrong style": (other_style, "storage: Maxconcurrent.style is 'Float', not 'Int'"),
    "missing help": (par_of("Bucket", help=""), "storage: Bucket.help is '', not .Name of the bucket"),
    "wrong label": (par_of("Bucket", label="Pail"), "storage: Bucket.label is 'Pail', not 'Bucket Name'"),
    "not clamped": (par_of("Maxdelete", clampMax=False), r"storage: Maxdelete.clamps is \[True, False\], not"),
    "wrong limit": (par_of("Maxdelete", max=10), "storage: Maxdelete.maximum is 10, not 100"),
    "wrong menu": (par_of("Conflictmode", menuNames=["a", "b", "c", "d"]), "storage: Conflictmode.menu is"),
    "no section": (par_of("Maxconcurrent", startSection=False), "storage: Maxconcurrent.section is False, not True"),
    "not read-only": (par_of("Version", readOnly=False), "storage: Version.read_only is False, not True"),
    "always enabled": (par_of("Useadc", enableExpr=""), "storage: Useadc.enable is '', not .me.par"),
    "order in a page": (par_of("Bucket", order=99), "storage: Bucket.order is 99.*, not 1"),
    "order of pages": (
        lambda comps: comps["storage"].sortCustomPages("About", "Creds"),
        r"storage: pages is \['About', 'Creds', .*, not \['Creds'",
    ),
    "parameter missing": (lambda comps: comps["storage"].par.Remotepath.destroy(), "storage: Remotepath is missing"),
    "not promoted": (
        lambda comps: setattr(comps["storage"].par, "ext0promote", False),
        "storage does not promote .*Upload.*its first extension is not promoted",
    ),
    "extension gone": (
        lambda comps: setattr(comps["storage"].par, "ext1object", ""),
        "storage: extensions.BootstrapExt.object is '', not",
    ),
    "node without viewer": (
        lambda comps: setattr(comps["storage"].par, "opviewer", ""),
        r"storage: the node.opviewer is \[\], not",
    ),
    "description tampered": (tampered, "The description in firestore is not that of version .*put a fresh copy"),
    "description and component tampered": (tampered_and_followed, "The description in storage is not that of version"),
    "description unreadable": (
        lambda comps: setattr(comps["storage"].op("local/tdg_component"), "text", "{"),
        "local/tdg_component in storage is missing or cannot be read",
    ),
    "module edited": (
        lambda comps: comps["storage"].op("local/modules/tdg_core_errors").write("\n# mine\n"),
        "The text of local/modules/tdg_core_errors in storage is not that of version",
    ),
    "callbacks that do not compile": (
        lambda comps: setattr(comps["storage"].op("callbacks_template"), "text", "def onX(:\n"),
        "callbacks_template of storage cannot be read: SyntaxError",
    ),
    "error on a node": (
        lambda comps: comps["firestore"].op("status").addScriptError("Something broke."),
        "firestore shows errors: .*Something broke",
    ),
}


#: Faults that hide others: the component mends itself when they come, or cannot be compared any more.
ALONE = ("description unreadable", "description and component tampered", "module edited")

#: What else is bound to be said with a fault.
ALONG = {
    "not promoted": ["storage: extensions.StorageExt.promote is False, not True."],
    "description unreadable": ["storage is version none, this self-test is of 0.1.0; use two of one release."],
}


def run_with(host: Host, *faults: str) -> Run:
    comps = load(host)
    host.allow("")  # a broken component may stumble
    for fault in faults:
        FAULTS[fault][0](comps)
    return Run(host, ("described",)).finish()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the self-test says of a component with all the faults at once."""
    with Host(tmp_path_factory.mktemp("faults")) as host:
        return run_with(host, *(fault for fault in FAULTS if fault not in ALONE)).sentences("fail", "described")


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ALONE])
def test_fault_is_named(fault: str, told: list[str]) -> None:
    """Among all the others."""
    assert any(re.search(FAULTS[fault][1], line) for line in told), told


@pytest.mark.parametrize("fault", [*ALONE, "docked wrongly", "not promoted", "wrong default"])
def test_single_fault_is_enough(fault: str, host: Host) -> None:
    """And nothing else is said to be wrong."""
    run = run_with(host, fault)
    told = run.sentences("fail", "described")
    assert [line for line in told if not re.search(FAULTS[fault][1], line)] in ([], ALONG.get(fault, []))
    assert re.match(r"Self-test: \d+ FAILED .*first: ", run.test.line)


def test_method_that_raises_is_named(host: Host) -> None:
    """Methods that need no server are tried in any case."""
    comps = load(host)
    dat = comps["storage"].op("ext_storage")
    dat.text += "\n\ndef _broken(*_):\n    raise RuntimeError('no logs today')\n\n\nStorageExt.GetLogs = _broken\n"
    host.frame(3)
    run = Run(host, ("works",)).finish()
    assert run.sentences("fail") == ["storage.GetLogs raised RuntimeError: no logs today."]


def test_components_are_installed_where_there_are_none(host: Host) -> None:
    """With install.py in the project's folder; what was made is as described."""
    folder = layout.TOX
    (host.op("/project1").create("textDAT", "install")).text = (folder / "install.py").read_text(encoding="ascii")
    run = Run(host, ("described",)).finish()
    assert run.sentences("fail") == []
    assert "The component storage was made by /project1/install." in run.sentences("pass")


def test_without_components_it_says_what_to_do(host: Host) -> None:
    run = Run(host, ("described", "works")).finish()
    assert len(run.sentences("fail")) == 2
    for line in run.sentences("fail"):
        assert "There is no component" in line
        assert "Drop it in and run the self-test again" in line
