"""Every promoted method of both components is used against the emulators, and everything is as before afterwards."""

from pathlib import Path
from typing import Any

import pytest

from emulators import FirestoreEmulator, StorageEmulator
from headless_td import Host, Unknowns
from in_td_run import Run, load

#: What need not come in a short trial on a fast line.
MAY_BE_SKIPPED = {"storage: onTransferProgress"}


def values(comp: Any) -> dict[str, tuple[Any, ...]]:
    return {par.name: (par.val, par.expr, par.mode) for par in comp.customPars}


@pytest.mark.parametrize("unknowns", [Unknowns.default(), Unknowns.all_alternatives(1)], ids=str)
def test_every_method_works(
    unknowns: Unknowns,
    tmp_path: Path,
    bucket: str,
    storage_emulator: StorageEmulator,
    firestore_emulator: FirestoreEmulator,
) -> None:
    """With nothing left untried, the callbacks called as their stubs say, and the user's values as they were."""
    with Host(tmp_path, unknowns) as host:
        comps = load(host)
        comps["storage"].par.Remotepath = "user/"
        comps["storage"].par.Maxconcurrent.expr = "2 + 2"
        comps["firestore"].par.Collections = "users"
        comps["storage"].par.Emulatorhost = storage_emulator.host
        comps["storage"].par.Autoconnect = comps["firestore"].par.Autoconnect = False
        host.frame(3)
        before = {name: values(comp) for name, comp in comps.items()}
        nodes = {node.path for node in host.op("/project1").children}
        host.answers.extend(["Reset", "Reset"])
        run = Run(host, ("works",), ASK=True, BUCKET=bucket, FIRESTORE_HOST=firestore_emulator.host).finish(110)
        assert run.sentences("fail") == []
        skipped = {row.name: row.sentence for row in run.results.rows if row.verdict == "skipped"}
        assert {name: why for name, why in skipped.items() if name not in MAY_BE_SKIPPED} == {}
        assert {name: values(comp) for name, comp in comps.items()} == before
        left = {node.path for node in host.op("/project1").children} - nodes
        assert left == {"/project1/selftest", "/project1/selftest_rows"}
        for name, comp in comps.items():
            tried = {row.name for row in run.results.rows if row.verdict == "pass"}
            methods = [
                method for method in dir(type(comp.extensions[0])) if method[0].isupper() and not method.isupper()
            ]
            assert {f"{name}: {method}" for method in methods if "_" not in method} <= tried


def test_component_with_work_of_its_own_is_left_alone(host: Host, firestore_emulator: FirestoreEmulator) -> None:
    """What waits to be sent to the user's project must not go to an emulator."""
    comps = load(host)
    comps["firestore"].PushDoc("users", "one", {"name": "somebody"})
    host.frame(3)
    run = Run(host, ("works",), FIRESTORE_HOST=firestore_emulator.host).finish()
    assert run.sentences("fail") == []
    assert any("firestore has 1 queued writes" in line for line in run.sentences("skipped"))
    assert comps["firestore"].par.Emulatorhost.eval() == ""
    assert len(comps["firestore"].ext.WriteQueueExt.GetPending()) == 1


def test_without_a_server_it_says_what_to_start(host: Host) -> None:
    """And tries what needs none."""
    load(host)
    run = Run(host, ("works",)).finish()
    assert run.sentences("fail") == []
    assert any("python3 tools/dev.py emulators" in line for line in run.sentences("skipped"))
    assert "storage.GetStatus: it is the row of the table status." in run.sentences("pass")
