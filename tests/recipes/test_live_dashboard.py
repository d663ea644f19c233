"""The dashboard: documents of many stations become one table and a total."""

import re
from typing import Any

from emulators import Proxy


def test_numbers_show_as_they_change_and_stay_without_a_network(open_project: Any, firestore_proxy: Proxy) -> None:
    project = open_project("recipes/live-dashboard")
    project.make("tableDAT", "board")
    for name in ("total", "connection"):
        project.make("textDAT", name)
    with project.follow().online(firestore=firestore_proxy.host):
        for number in range(30):
            project.put(f"stations/s{number:02}", visitors=number, temperature=21.5)
        project.until(lambda: len(project.rows("board")) == 31, "all stations")
        assert project.rows("board")[:3] == [
            ["station", "visitors", "temperature"],
            ["s00", "0", "21.5"],
            ["s01", "1", "21.5"],
        ]
        assert project.text("total") == str(sum(range(30)))
        assert project.text("connection") == "live"
        project.put("stations/s00", visitors=100)
        project.delete("stations/s29")
        project.until(lambda: project.text("total") == str(sum(range(29)) + 100), "the new total")
        assert project.rows("board")[1] == ["s00", "100", ""]

        firestore_proxy.refuse()
        firestore_proxy.cut()
        project.until(
            lambda: re.fullmatch(r"as of \d\d:\d\d", project.text("connection")), "the time of the last numbers"
        )
        assert len(project.rows("board")) == 30
        project.put("stations/s00", visitors=0)
        firestore_proxy.restore()
        project.until(lambda: project.text("connection") == "live", "live again")
        project.until(lambda: project.text("total") == str(sum(range(29))), "what was missed")
