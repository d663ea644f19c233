"""The self-test measures what nobody knows: in the stand-in, whose answers are known, it finds just these."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from headless_td import CLOSED, Host, Unknowns
from in_td_run import Run, load

#: Answers that another answer hides: (field, the field that hides it, with which setting).
HIDDEN = (
    ("pulses", "pulse", "at_once"),
    ("dat_info", "dat_arguments", 1),
    ("dat_added_cells", "dat_arguments", 1),
    *((name, "thread_manager", "absent") for name in ("success_hook", "except_hook", "refresh_hook", "hook_error")),
    *((name, "thread_manager", "absent") for name in ("pool_size", "standalone")),
    *((name, "standalone", "queued") for name in ("success_hook", "except_hook", "refresh_hook", "hook_error")),
)

#: What is not answered within one run; see `test_end_of_the_project`.
NOT_IN_ONE_RUN = {"destroy_at_exit", "label"}

ALSO = {
    "new_operator": [0, 0, 130, 90, 1, 1],
    "long_row": "widens",
    "dat_in_sys_modules": "no",
    "module_copies": "one",
    "importer_follows": "yes",
    "dat_hides_library": "yes",
    "extension_rebuilt": "on_access",
    "dat_fewer_parameters": "error",
}


def visible(unknowns: Unknowns) -> dict[str, Any]:
    """The settings that can be seen from inside."""
    hidden = {name for name, by, setting in HIDDEN if getattr(unknowns, by) == setting} | NOT_IN_ONE_RUN
    return {spec.name: getattr(unknowns, spec.name) for spec in fields(unknowns) if spec.name not in hidden}


@pytest.mark.parametrize("unknowns", [*Unknowns.everything(), *Unknowns.conditions()], ids=str)
def test_passes_and_measures_what_is_so(unknowns: Unknowns, tmp_path: Path) -> None:
    """Under every answer: both components are found as described, and each answer is measured as it is."""
    with Host(tmp_path, unknowns) as host:
        comps = load(host)
        before = [node.path for node in host.op("/project1").children]
        host.answers.append(CLOSED)
        run = Run(host, ("described", "unknowns"), ASK=True).finish()
        assert run.sentences("fail") == []
        wanted = visible(unknowns)
        measured = {name: run.results.unknowns.get(name) for name in wanted}
        assert measured == wanted
        also = dict(ALSO) | ({"dat_fewer_parameters": "adapts"} if unknowns.dat_arguments == 1 else {})
        assert run.results.also == also
        assert run.test.line.startswith("Self-test: all is well")
        left = {node.path for node in host.op("/project1").children} - set(before)
        assert left == {"/project1/selftest", "/project1/selftest_rows"}
        assert all(comp.errors(recurse=True) == "" for comp in comps.values())


@pytest.mark.parametrize("setting", ["no", "yes"])
def test_end_of_the_project(setting: str, tmp_path: Path) -> None:
    """What is called when the project closes is noted by an operator that is left, and told by the next run."""
    unknowns = Unknowns(destroy_at_exit=setting)  # type: ignore[arg-type]
    with Host(tmp_path, unknowns) as host:
        first = Run(host, ("unknowns",), WATCH_EXIT=True).finish()
        assert "destroy_at_exit" not in first.results.unknowns
        assert host.op("/project1/selftest_exit") is not None
        host.quit()
        # Closing the stand-in for good destroys everything, which closing a project need not do.
        note = Path(host.project.folder, f"selftest-{host.app.build}-exit.json")
        noted = note.read_text(encoding="utf-8")
    note.write_text(noted, encoding="utf-8")
    with Host(tmp_path, unknowns) as host:
        load(host)
        second = Run(host, ("unknowns",)).finish()
        assert second.results.unknowns["destroy_at_exit"] == setting


def test_answers_are_data_with_the_names_of_the_switches(host: Host) -> None:
    """So that a run in TouchDesigner can set the stand-in's defaults; every switch has somebody who asks."""
    load(host)
    run = Run(host, ("unknowns",)).finish()
    asked = {row.name for row in run.results.rows if row.area == "unknowns"}
    assert asked == {spec.name for spec in fields(Unknowns)} - {"label"} | set(ALSO)
    data = json.loads(Path(host.project.folder, f"selftest-{host.app.build}.json").read_text(encoding="utf-8"))
    known = {name: value for name, value in data["unknowns"].items() if hasattr(Unknowns, name)}
    assert known == data["unknowns"]
    assert Unknowns(**known) == Unknowns.default()
    assert data["touchdesigner"]["build"] == host.app.build
