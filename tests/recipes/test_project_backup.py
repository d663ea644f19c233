"""The backup: on each save, every night, and back again."""

from typing import Any

from emulators import Proxy
from recipes.project import Project

#: No night, whatever the time is just now.
AWAKE = ("HOUR = 4", "HOUR = None")


def backed_up(project: Project) -> Project:
    project.make("textDAT", "backup_state")
    files = {"show.toe": "1", "media/a.mov": "2", "venv/gcp/lib.py": "no", "Backup/show.1.toe": "no", "x.tmp": "no"}
    for name, text in files.items():
        path = project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return project.follow(change=AWAKE)


def says(project: Project, text: str) -> None:
    project.until(lambda: text in project.text("backup_state"), f"{text}; it says {project.text('backup_state')!r}")


def test_a_save_and_a_night_bring_the_folder_into_the_bucket(open_project: Any, storage_proxy: Proxy) -> None:
    with backed_up(open_project("recipes/project-backup")).online(storage=storage_proxy.host) as project:
        storage_proxy.refuse()
        storage_proxy.cut()
        project.host.lifecycle.saved()
        project.until(lambda: project.network.op("storage").GetStatus()["state"] == "reconnecting")
        assert project.text("backup_state") == ""
        storage_proxy.restore()
        says(project, ", 2 files.")
        assert sorted(project.bucket.names()) == ["backup/hall/media/a.mov", "backup/hall/show.toe"]
        project.host.lifecycle.saved()
        says(project, ", 0 files.")

        (project.folder / "show.toe").write_text("changed")
        project.edit("backup_exec", "HOUR = None", "HOUR = datetime.now().hour")
        says(project, ", 1 files.")
        assert project.bucket.get("backup/hall/show.toe") == b"changed"
    with open_project("recipes/project-backup", "restored") as restored:
        restored.make("textDAT", "backup_state")
        restored.follow(only="backup|backup_exec", change=AWAKE).online()
        restored.network.op("storage").par.Download.pulse()
        says(restored, "Saved")
        assert (restored.folder / "show.toe").read_bytes() == b"changed"
        assert (restored.folder / "media/a.mov").read_bytes() == b"2"
        assert not (restored.folder / "x.tmp").exists()
