"""The wall: what the console approves shows, and nothing else."""

from typing import Any

from emulators import Proxy
from recipes.project import Project


def wall(project: Project) -> Project:
    project.make("tableDAT", "wall")
    return project.follow()


def texts(project: Project) -> list[str]:
    return [row[1] for row in project.rows("wall")[1:]]


def send(project: Project, name: str, text: Any, second: int, approved: Any = False) -> None:
    at = {"__type": "timestamp", "value": f"2026-01-01T10:00:{second:02}Z"}
    project.put(f"messages/{name}", text=text, approved=approved, at=at)


def test_what_is_approved_shows_until_it_is_taken_back(open_project: Any, firestore_proxy: Proxy) -> None:
    with wall(open_project("recipes/moderated-wall")).online(firestore=firestore_proxy.host) as project:
        send(project, "m1", "first", 1)
        send(project, "m2", "two\nlines\tand a tab " + "x" * 200, 2)
        send(project, "m3", "cheat", 3, approved="true")
        send(project, "m4", {"no": "text"}, 4, approved=1)
        project.put("messages/m5", approved=True)
        project.until(lambda: texts(project) == [""], "a message without anything")
        send(project, "m1", "first", 1, approved=True)
        send(project, "m2", "two\nlines\tand a tab " + "x" * 200, 2, approved=True)
        project.delete("messages/m5")
        project.until(lambda: len(texts(project)) == 2 and texts(project)[1] == "first", "two messages, newest first")
        assert texts(project)[0].startswith("two lines and a tab xxx")
        assert len(texts(project)[0]) == 140

        firestore_proxy.refuse()
        firestore_proxy.cut()
        project.until(lambda: project.network.op("firestore").GetStatus()["state"] == "reconnecting")
        send(project, "m2", "two", 2, approved=False)
        assert len(texts(project)) == 2
        project.module("moderation").take_back("m1")
        assert len(texts(project)) == 1
        firestore_proxy.restore()
        project.until(lambda: texts(project) == [], "what was taken back meanwhile")
        project.until(lambda: project.console.get("messages/m1")["approved"] is False, "told to the console")
        for number in range(30):
            send(project, f"n{number}", str(number), number + 10, approved=True)
        project.until(lambda: texts(project) == [str(number) for number in range(29, 9, -1)], "the newest twenty")
    with wall(open_project("recipes/moderated-wall")).begin(firestore="127.0.0.1:9") as again:
        again.until(lambda: len(texts(again)) == 20, "the wall from the cache")


def test_a_query_mirrors_only_what_is_approved(open_project: Any) -> None:
    with wall(open_project("recipes/moderated-wall")) as project:
        query = project.page.lines()[0]
        project.edit("moderation", 'collection == "messages"', 'collection == "approved"')
        project.edit("moderation", 'GetCollection("messages")', 'GetCollection("approved")')
        project.network.op("moderation").text += f"\n\n{query}"
        project.network.op("firestore").par.Collections = "settings"
        send(project, "m1", "not yet", 1)
        send(project, "m2", "approved", 2, approved=True)
        project.online()
        project.until(lambda: texts(project) == ["approved"], "the approved message")
        send(project, "m1", "approved, too", 1, approved=True)
        project.until(lambda: texts(project) == ["approved", "approved, too"], "another one")
        assert project.network.op("firestore").GetCollection("messages") == []
