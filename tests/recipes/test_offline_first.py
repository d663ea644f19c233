"""The installation that starts, runs and counts without a network."""

from typing import Any

from emulators import Proxy
from recipes.project import Project


def installation(project: Project) -> Project:
    project.make("constantCHOP", "sensor", const0name="visitor")
    for name in ("title", "connection"):
        project.make("textDAT", name)
    return project.follow()


def visit(project: Project, times: int) -> None:
    sensor = project.network.op("sensor")
    for value in (1, 0) * times:
        sensor.par.const0value = value
        project.host.frame()


def counted(project: Project) -> int:
    today = project.module("installation").date.today()
    found = project.console.get(f"visits/{today}") or {}
    return int(found.get("visitors", 0))


def test_every_visitor_is_counted_once_whatever_the_network_does(open_project: Any, firestore_proxy: Proxy) -> None:
    with installation(open_project("recipes/offline-first")).online(firestore=firestore_proxy.host) as project:
        project.put("config/show", title="Museum by night")
        project.until(lambda: project.text("title") == "Museum by night", "the title")
        visit(project, 2)
        project.until(lambda: counted(project) == 2, "two visitors")
        firestore_proxy.refuse()
        firestore_proxy.cut()
        visit(project, 3)
        project.until(lambda: project.text("connection").startswith("reconnecting"), "the reason")
        assert len(project.text("connection")) > len("reconnecting ")
        visit(project, 1)
    with installation(open_project("recipes/offline-first")).begin(firestore=firestore_proxy.host) as again:
        again.until(lambda: again.text("title") == "Museum by night", "the title from the cache")
        visit(again, 4)
        again.until(lambda: again.network.op("firestore").GetStatus()["queue_depth"] == "8", "all that waits")
        firestore_proxy.restore()
        again.sent()
        assert counted(again) == 10
