"""The remote control: allowed names only, within limits, also after a start without a network."""

from typing import Any

from recipes.project import Project


def hall(project: Project) -> Project:
    page = project.make("baseCOMP", "show").appendCustomPage("Show")
    page.appendFloat("Brightness")
    page.appendInt("Scene")
    page.appendToggle("Blackout")
    return project.follow()


def seen(project: Project) -> tuple[float, int, bool]:
    par = project.network.op("show").par
    return (par.Brightness.eval(), par.Scene.eval(), bool(par.Blackout.eval()))


def test_only_what_is_allowed_is_set_and_only_within_limits(open_project: Any) -> None:
    project = hall(open_project("recipes/remote-control")).online()
    with project:
        project.put("control/hall", brightness=0.5, scene=3, blackout=True)
        project.until(lambda: seen(project) == (0.5, 3, True), "the values")
        project.put("control/hall", brightness=7, scene=-2, blackout=False)
        project.until(lambda: seen(project) == (1.0, 0, False), "the limits")
        hostile = {
            "brightness": "me.destroy()",
            "scene": True,
            "blackout": 1,
            "Brightness": 0.1,
            "opshortcut": "x",
            "nothing": float("nan"),
        }
        project.put("control/hall", **hostile, end=1)
        project.put("control/other", brightness=0.2)
        project.until(lambda: "Refused from outside: end" in project.host.textport.tail(40), "the hostile document")
        assert seen(project) == (1.0, 0, False)
        assert project.network.op("show").par.Brightness.mode.name == "CONSTANT"
        project.put("control/hall", brightness=float("nan"), scene=float("inf"), last=2)
        project.until(lambda: "Refused from outside: last" in project.host.textport.tail(40), "no numbers")
        assert seen(project) == (1.0, 0, False)
        project.put("control/hall", scene=4.9)
        project.until(lambda: seen(project) == (1.0, 4, False), "the last document")


def test_the_values_of_the_last_time_are_applied_without_a_network(open_project: Any) -> None:
    with hall(open_project("recipes/remote-control")).online() as project:
        project.put("control/hall", brightness=0.5, scene=3)
        project.until(lambda: seen(project) == (0.5, 3, False), "the values")
        project.until(project.network.op("firestore").ext.WriteQueueExt.LoadDocuments, "cached")
    with hall(open_project("recipes/remote-control")).begin(firestore="127.0.0.1:9") as again:
        again.until(lambda: seen(again) == (0.5, 3, False), "the values of the last time")
