"""A newer version put over an older one: parameters, queue, cache and transfers stay, whichever way it is put there.

The older version is made from the source: other defaults, a parameter and an operator that are gone today, one that is
new today. The newer one has SQLite files of a newer form.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import build
import firestore_engine
import firestore_stage
import layout
import storage_stage
from component_fixture import edit
from described import deviations
from emulators import FirestoreEmulator, StorageEmulator
from headless_td import Host

#: Nobody listens there.
NOWHERE = "127.0.0.1:1"

LEGACY = """
[operator.legacy]
type = "tableDAT"
group = "Exec"
position = [400, -300]
comment = "A table of old."
rows = [["key", "value"]]

[parameter.Legacy]
label = "Legacy"
style = "Str"
default = "old"
help = "Something that is no longer there today, whatever it was."
"""

Upgrade = Callable[[Any, Path], Any]


def source_copy(folder: Path) -> Path:
    """The source, to make another version of it."""
    shutil.copytree(layout.SRC, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(layout.ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


def made(folder: Path) -> Path:
    """The built components of a source."""
    build.write(build.make(folder), folder / "tox")
    return folder / "tox"


@pytest.fixture(scope="session")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The components as the source is."""
    return made(source_copy(tmp_path_factory.mktemp("today")))


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The components of an older version."""
    root = source_copy(tmp_path_factory.mktemp("older"))
    version = next(line for line in (root / "pyproject.toml").read_text().splitlines() if line.startswith("version"))
    edit(root, "pyproject.toml", version, 'version = "0.0.9"')
    edit(root, "src/common/component.toml", "default = 60.0", "default = 30.0")
    for name in layout.COMPONENTS:
        path = f"src/{name}/component.toml"
        edit(root, path, '"Framebudget",', '"Framebudget", "Legacy",')
        edit(root, path, "[[extension]]", f"{LEGACY}\n[[extension]]")
    gone = {"firestore": "Expandfields", "storage": "Conflictmode"}
    for name, parameter in gone.items():
        path = root / f"src/{name}/component.toml"
        text = path.read_text(encoding="utf-8")
        head, _, rest = text.partition(f"[parameter.{parameter}]\n")
        path.write_text(head.replace(f'"{parameter}",', "") + rest[rest.index("\n[") + 1 :], encoding="utf-8")
    return made(root)


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The components of a version to come, whose files have a form that today's do not know."""
    root = source_copy(tmp_path_factory.mktemp("newer"))
    migration = "\"ALTER TABLE {} ADD COLUMN note TEXT NOT NULL DEFAULT ''\""
    edit(
        root,
        "src/firestore/tdg_work_firestore_store.py",
        "super().__init__(path, _MIGRATIONS, tell)",
        f"super().__init__(path, [*_MIGRATIONS, {migration.format('write_queue')}], tell)",
    )
    edit(
        root,
        "src/storage/tdg_work_storage_store.py",
        "tdg_work_storage_sync_store.SCHEMA], tell)",
        f"tdg_work_storage_sync_store.SCHEMA, {migration.format('transfers')}], tell)",
    )
    return made(root)


# The ways to put it there -------------------------------------------------------------------------------------------


def by_file(stage: Any, built: Path) -> Any:
    """As an external .tox that is loaded again."""
    stage.host.replace_by_tox(stage.comp, built / f"{stage.comp.name}.tox.dir")
    stage.host.frame(3)
    return stage.comp


def by_installer(stage: Any, built: Path) -> Any:
    """By the installer, run in the network of the older ones."""
    if stage.host.op("/project1/install") is not None:
        stage.host.op("/project1/install").destroy()
    stage.host.run_file(built / "install.py")
    stage.host.frame(3)
    return stage.comp


def by_hand(stage: Any, built: Path) -> Any:
    """Deleted, and the new file dragged in: the user sets the parameters again."""
    name = stage.comp.name
    values = {par.name: par.eval() for par in stage.comp.customPars if par.isCustom and not par.readOnly}
    stage.comp.destroy()
    stage.comp = stage.host.load_tox(built / f"{name}.tox.dir", name=name)
    for one, value in values.items():
        par = stage.comp.par[one]
        if par is not None and not par.isPulse:
            par.val = value
    stage.host.frame(3)
    return stage.comp


keeps_parameters = pytest.mark.parametrize("way", [by_file, by_installer], ids=["file", "installer"])
every_way = pytest.mark.parametrize("way", [by_file, by_installer, by_hand], ids=["file", "installer", "by hand"])


def description(comp: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(comp.op("local/tdg_component").text)
    return found


def open_firestore(built: Path, folder: Path, **parameters: Any) -> firestore_stage.Stage:
    return firestore_stage.Stage(built, folder, **{"host": NOWHERE, **parameters})


def open_storage(built: Path, folder: Path, bucket: str, **parameters: Any) -> storage_stage.Stage:
    return storage_stage.Stage(built, folder, NOWHERE, bucket, **{"Emulatorhost": NOWHERE, **parameters})


# Parameters and network ---------------------------------------------------------------------------------------------


@keeps_parameters
@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_component_becomes_the_new_version_and_keeps_what_the_user_has_set(
    name: str, way: Upgrade, older: Path, today: Path, tmp_path: Path
) -> None:
    """Values and expressions stay, an untouched default follows, what is new is there and what is old has gone."""
    opened = open_firestore(older, tmp_path) if name == "firestore" else open_storage(older, tmp_path, "b")
    with opened as stage:
        comp = stage.comp
        assert comp.par.Version.eval() == "0.0.9"
        comp.par.Legacy = "mine"
        comp.par.Backoffmax = 17
        comp.par.Framebudget.expr = "1 + 2"
        comp.par.Autoconnect = False
        comp.nodeX, comp.color = 700, (0.1, 0.2, 0.3)
        comp.create("textDAT", "my_own").text = "mine"
        page = comp.appendCustomPage("Mine")
        page.appendFloat("Myown")[0].val = 5
        stage.host.frame(2)
        comp = way(stage, today)
        stage.host.frame(5)
        filled = {"status", "collection_index"}
        found = [line for line in deviations(comp, description(comp)) if line.partition(".")[0] not in filled]
        assert found == []
        assert comp.par.Version.eval() != "0.0.9"
        assert (comp.par.Backoffmax.eval(), comp.par.Framebudget.eval(), comp.par.Autoconnect.eval()) == (17, 3, False)
        assert comp.par.Framebudget.expr == "1 + 2"
        assert comp.par.Callbacksdat.eval() == stage.callbacks
        assert comp.par["Legacy"] is None
        assert comp.op("legacy") is None
        assert comp.par["Expandfields" if name == "firestore" else "Conflictmode"] is not None
        assert comp.nodeX == 700
        if way is by_installer:  # a file replaces what lies inside
            assert comp.par.Circuittimeout.eval() == 60, "nobody had touched the old default"
            assert tuple(comp.color) == pytest.approx((0.1, 0.2, 0.3))
            assert comp.op("my_own").text == "mine"
            assert comp.par.Myown.eval() == 5


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_component_of_the_same_version_is_left_running(name: str, today: Path, tmp_path: Path) -> None:
    """The installer run over it: no extension is made anew, no connection is lost."""
    with Host(tmp_path) as host:
        comp = host.load_tox(today / f"{name}.tox.dir")
        comp.par.Autoconnect = False
        host.frame(3)
        extensions = list(comp.extensions)
        host.run_file(today / "install.py")
        host.frame(3)
        assert list(comp.extensions) == extensions


# Queue, cache, transfers --------------------------------------------------------------------------------------------


@every_way
def test_queued_writes_and_cached_documents_stay_and_reach_the_server(
    way: Upgrade, older: Path, today: Path, tmp_path: Path, own_firestore: FirestoreEmulator
) -> None:
    """What the old version accepted without a network, the new one shows at once and sends, in order."""
    with open_firestore(older, tmp_path, host=own_firestore.host, Collections="wall") as stage:
        stage.put("wall/old", text="from before")
        stage.connected().live("wall").until(lambda: stage.comp.GetDoc("wall", "old"))
        stage.set(Emulatorhost=NOWHERE)
        stage.until(lambda: stage.status["state"] == "reconnecting", "the network gone")
        ids = [stage.comp.PushDoc("wall", "new", {"n": n}) for n in range(3)]
        ids.append(stage.comp.MergeDoc("wall", "old", {"more": 1}))
        stage.until(lambda: stage.status["queue_depth"] == "4")
        comp = way(stage, today)
        stage.until(lambda: stage.status["queue_depth"] == "4", "the queue of the old version")
        wanted = [{"n": 2}, {"text": "from before", "more": 1}]
        stage.until(lambda: [comp.GetDoc("wall", one) for one in ("new", "old")] == wanted, "the documents")
        stage.until(lambda: [row["queue_id"] for row in stage.rows("write_queue_dat")] == ids, "the rows, in order")
        stage.set(Emulatorhost=own_firestore.host)
        stage.connected().sent()
        assert stage.server.get("wall/new") == {"n": 2}
        assert stage.server.get("wall/old") == {"text": "from before", "more": 1}
        assert stage.rows("dead_letters") == []


@every_way
def test_waiting_transfers_stay_and_run(
    way: Upgrade, older: Path, today: Path, tmp_path: Path, own_storage: StorageEmulator, bucket: str
) -> None:
    with open_storage(older, tmp_path, bucket) as stage:
        (stage.assets / "photo.jpg").write_bytes(b"picture")
        ids = [stage.comp.Upload("photo.jpg"), stage.comp.UploadText("hello", "note.txt")]
        stage.host.frame(3)
        stage.comp = way(stage, today)
        stage.host.run_until(lambda: all(stage.comp.GetTransfer(one) for one in ids), what="the rows")
        stage.comp.par.Emulatorhost = own_storage.host
        stage.host.run_until(
            lambda: all(stage.comp.GetTransfer(one)["status"] == "complete" for one in ids), what="both complete"
        )
        outside = storage_stage.Bucket(own_storage.host, bucket)
        assert (outside.get("media/photo.jpg"), outside.get("media/note.txt")) == (b"picture", b"hello")
        outside.close()


# Files of another form ----------------------------------------------------------------------------------------------


def schema(path: Path) -> int:
    """Which form the file has; 0 as long as it has none."""
    if not path.is_file():
        return 0
    connection = sqlite3.connect(path)
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return version


def test_newer_queue_file_is_refused_untouched_and_taken_up_again_by_the_newer_version(
    today: Path, newer: Path, tmp_path: Path, own_firestore: FirestoreEmulator
) -> None:
    """Forward the file is migrated with its contents; going back says what to do, and loses nothing in between."""
    with open_firestore(today, tmp_path) as stage:
        file = tmp_path / "cache/gcp.db"
        stage.comp.PushDoc("wall", "one", {"n": 1})
        before = stage.until(lambda: schema(file), "the file made")
        by_file(stage, newer)
        stage.until(lambda: schema(file) == before + 1, "the file migrated")
        stage.until(lambda: stage.status["queue_depth"] == "1")

        by_file(stage, today)
        stage.until(lambda: any("written by a newer version" in line for line in stage.log("ERROR")), "the refusal")
        assert "Update the component" in stage.log("ERROR")[-1]
        assert schema(file) == before + 1
        assert not list(file.parent.glob("*.corrupt-*"))
        stage.comp.PushDoc("wall", "two", {"n": 2})
        stage.host.frame(10)

        by_file(stage, newer)
        stage.set(Emulatorhost=own_firestore.host)
        stage.connected().sent()
        stage.given = firestore_engine.settings(own_firestore.host, stage.database_id)
        assert stage.server.get("wall/one") == {"n": 1}
        assert stage.server.get("wall/two") == {"n": 2}


def test_newer_transfer_file_is_refused_untouched_and_taken_up_again_by_the_newer_version(
    today: Path, newer: Path, tmp_path: Path, own_storage: StorageEmulator, bucket: str
) -> None:
    with open_storage(today, tmp_path, bucket) as stage:
        file = tmp_path / "cache/gcp-storage.db"
        one = stage.comp.UploadText("one", "one.txt")
        before = stage.host.run_until(lambda: schema(file), what="the file made")
        by_file(stage, newer)
        stage.host.run_until(lambda: schema(file) == before + 1, what="the file migrated")

        by_file(stage, today)
        stage.host.run_until(
            lambda: any("written by a newer version" in line for line in stage.log("ERROR")), what="the refusal"
        )
        assert schema(file) == before + 1
        two = stage.comp.UploadText("two", "two.txt")
        stage.host.frame(10)

        by_file(stage, newer)
        stage.comp.par.Emulatorhost = own_storage.host
        stage.host.run_until(
            lambda: all((stage.comp.GetTransfer(each) or {}).get("status") == "complete" for each in (one, two)),
            what="both complete",
        )
