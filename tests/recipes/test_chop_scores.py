"""Scores from channels: seldom, never twice the same, and the last value always."""

import time
from typing import Any

from emulators import Proxy
from recipes.project import Project


def game(project: Project) -> Any:
    points = project.make("constantCHOP", "points")
    points.seq.const.numBlocks = 2
    points.par.const0name, points.par.const1name = "anna", "ben"
    project.follow(change=("EVERY_S = 2.0", "EVERY_S = 0.1"))
    return points


def play(project: Project, points: Any, frames: int) -> None:
    for _ in range(frames):
        points.par.const0value = points.par.const0value.eval() + 1.25
        project.host.frame()


def test_values_go_out_seldom_and_the_last_one_always(open_project: Any, firestore_proxy: Proxy) -> None:
    project = open_project("recipes/chop-scores")
    points = game(project)
    writes = project.network.create("textDAT", "writes")
    writes.text = "told = []\ndef onWriteComplete(*args):\n    told.append(args)\n"
    project.network.op("firestore").par.Callbacksdat = "writes"
    with project.online(firestore=firestore_proxy.host):
        begun = time.monotonic()
        play(project, points, 200)
        last = round(points.par.const0value.eval())
        project.until(lambda: (project.console.get("scores/anna") or {}).get("points") == last, "the last value")
        assert project.console.get("scores/ben")["points"] == 0
        assert [call[1] for call in writes.module.told].count("ben") == 1
        most = (time.monotonic() - begun) / 0.1 + 2
        assert [call[1] for call in writes.module.told].count("anna") <= most

        firestore_proxy.refuse()
        firestore_proxy.cut()
        play(project, points, 200)
        points.par.const1value = 7
        project.until(lambda: project.network.op("firestore").GetStatus()["state"] == "reconnecting")
        play(project, points, 200)
        assert int(project.network.op("firestore").GetStatus()["queue_depth"]) <= 2
        firestore_proxy.restore()
        last = round(points.par.const0value.eval())
        project.until(lambda: project.console.get("scores/anna")["points"] == last, "the newest value")
        project.until(lambda: project.console.get("scores/ben")["points"] == 7, "the newest value of the other")
