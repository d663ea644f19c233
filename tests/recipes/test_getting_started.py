"""Getting started, step by step as a newcomer does it."""

from typing import Any

from emulators import Proxy
from recipes.project import Project


def textport(project: Project, text: str) -> None:
    """Runs lines as in the Textport."""
    project.make("textDAT", "lines").text = text
    project.module("lines")
    project.network.op("lines").destroy()


def test_from_the_first_upload_to_the_pulled_cable(
    open_project: Any, storage_proxy: Proxy, firestore_proxy: Proxy
) -> None:
    project = open_project("getting-started")
    upload, push, from_elsewhere, *offline = project.page.lines()
    project.make("textDAT", "link")
    project.make("constantCHOP", "points", const0name="points")
    (project.folder / "media").mkdir()
    (project.folder / "media/photo.jpg").write_bytes(b"a picture")
    with project:
        for name in ("storage", "firestore"):
            comp = project.load(name)
            project.host.frame(3)
            assert (comp.GetStatus()["state"], comp.GetStatus()["last_error"]) == ("disconnected", "")
        project.follow(only="none", table=1).set(project.page.tables()[2])
        project.online(storage=storage_proxy.host, firestore=firestore_proxy.host)
        textport(project, upload)
        project.until(lambda: project.bucket.get("first/photo.jpg") == b"a picture", "the picture")
        textport(project, push)
        table = "/project1/firestore/collections/scores"
        project.until(lambda: project.console.get("scores/anna") == {"points": 12}, "the document")
        project.until(lambda: project.rows(table)[1][4] == "0", "confirmed")
        project.host.user_edit(project.network.op(table)).set(1, "payload", '{"points": 13}')
        project.until(lambda: project.console.get("scores/anna") == {"points": 13}, "the edit")

        for name in ("storage", "firestore"):
            project.network.op(name).CreateCallbacksDat()
        for kind, name, text in project.page.scripts:
            assert kind == "Text DAT"
            project.network.op(name).text = text
        project.network.copy(project.network.op("firestore")).par.opshortcut = ""
        copied = project.network.op("firestore1")
        project.until(lambda: copied.GetStatus()["state"] == "connected", "the copy")
        textport(project, from_elsewhere)
        project.until(lambda: project.network.op("points").par.const0value == 20, "the change from elsewhere")
        copied.destroy()

        project.sent()
        for proxy in (storage_proxy, firestore_proxy):
            proxy.refuse()
            proxy.cut()
        for lines in offline:
            textport(project, lines)
        project.host.frame(30)
        assert project.network.op("firestore").GetStatus()["queue_depth"] == "1"
        for proxy in (storage_proxy, firestore_proxy):
            proxy.restore()
        project.until(lambda: project.text("link").endswith("/first/while-away.jpg"), "the upload")
        project.until(lambda: project.console.get("scores/ben") == {"points": 7}, "the write")
