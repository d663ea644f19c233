"""Two buckets and two databases by copies of the components, whichever of them holds the shortcut at first."""

from collections.abc import Iterator
from typing import Any

import pytest

import firestore_engine
from emulators import FirestoreEmulator, StorageEmulator
from headless_td import Unknowns
from recipes.project import Project
from storage_stage import Bucket


def paired(project: Project) -> Project:
    for name, copy in (("storage", "archive"), ("firestore", "visitors")):
        original = project.load(name)
        project.host.frame(3)
        project.network.copy(original, name=copy).par.opshortcut = copy
        original.par.opshortcut = name
    return project


@pytest.fixture(scope="module")
def buckets(storage_emulator: StorageEmulator) -> Iterator[list[Bucket]]:
    """The two that the page names."""
    names = ("museum-show", "museum-archive")
    for name in names:
        storage_emulator.make_bucket(name)
    opened = [Bucket(storage_emulator.host, name) for name in names]
    yield opened
    for bucket in opened:
        bucket.close()


@pytest.mark.parametrize("holder", ["newest", "first"])
def test_each_copy_has_its_own_bucket_or_database(
    open_project: Any, buckets: list[Bucket], firestore_emulator: FirestoreEmulator, holder: str
) -> None:
    project = open_project("recipes/two-databases", unknowns=Unknowns(shortcut_conflict=holder))
    with paired(project):
        project.follow().online()
        assert project.network.op("storage").GetStatus()["bucket"] == "museum-show"
        assert project.network.op("archive").GetStatus()["bucket"] == "museum-archive"
        (project.folder / "a.mov").write_text(holder)
        script = project.make("textDAT", "script")
        script.text = "def upload():\n    return op.storage.Upload('a.mov')\n"
        assert script.module.upload()
        visitors, show = (
            firestore_engine.Server(firestore_engine.settings(firestore_emulator.host, name))
            for name in ("visitors", "(default)")
        )
        try:
            for bucket in buckets:
                project.until(lambda bucket=bucket: bucket.get("a.mov") == holder.encode(), "the file in both buckets")
            for approved in (True, False, True):
                write = {"collection": "guestbook", "doc_id": holder, "op": "set", "data": {"approved": approved}}
                visitors.commit(write)
                wanted = {"approved": True} if approved else None
                project.until(lambda wanted=wanted: show.get(f"guestbook/{holder}") == wanted, f"the entry: {wanted}")
            assert project.network.op("visitors").GetDoc("guestbook", holder) == {"approved": True}
        finally:
            for opened in (visitors, show):
                opened.close()
        names = {path.name for path in (project.folder / "cache").glob("*.db")}
        assert {"gcp.db", "gcp.visitors.db", "gcp-storage.db", "gcp-storage.archive.db"} <= names
