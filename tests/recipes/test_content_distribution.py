"""Content for many machines: one publishes a folder, the players hold exactly that."""

from pathlib import Path
from typing import Any

from emulators import Proxy
from recipes.project import Project


def content(project: Project) -> dict[str, bytes]:
    root = project.folder / "content"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def fill(folder: Path, **files: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.mov").write_bytes(data)


def publish(project: Project, number: int) -> None:
    project.module("publisher").publish()
    project.until(lambda: (project.console.get("content/current") or {}).get("number") == number, f"number {number}")


def player(project: Project, name: str) -> Project:
    (project.folder / "content").mkdir(parents=True, exist_ok=True)
    project.make("moviefileinTOP", "movie")
    project.follow(only="player", table=1)
    project.edit("player", "socket.gethostname()", repr(name))
    return project


def has(project: Project, name: str, number: int) -> dict[str, Any]:
    return project.until(
        lambda: (found := project.console.get(f"players/{name}") or {}).get("number") == number and found,
        f"{name} at {number}",
    )


def test_players_hold_what_was_published_and_say_so(open_project: Any, storage_proxy: Proxy) -> None:
    with open_project("recipes/content-distribution", "studio") as studio:
        studio.follow(only="publisher").online()
        fill(studio.folder / "content", a=b"1", b=b"2", c=b"3")
        publish(studio, 1)
    with player(open_project("recipes/content-distribution", "one"), "one").online() as one:
        assert has(one, "one", 1)["ok"] is True
        assert content(one) == {"a.mov": b"1", "b.mov": b"2", "c.mov": b"3"}
    with open_project("recipes/content-distribution", "studio") as studio:
        studio.follow(only="publisher").online()
        fill(studio.folder / "content", a=b"new")
        (studio.folder / "content/c.mov").unlink()
        publish(studio, 2)
        state = studio.until(lambda: studio.network.op("firestore").GetDoc("players", "one"), "what the player says")
        assert (state["number"], state["ok"]) == (1, True)
    # One was off meanwhile; two is new, and its line to the bucket is down when it hears of the content.
    with player(open_project("recipes/content-distribution", "one"), "one").online() as one:
        assert has(one, "one", 2)["problems"] == []
        assert content(one) == {"a.mov": b"new", "b.mov": b"2"}
    with player(open_project("recipes/content-distribution", "two"), "two").online(storage=storage_proxy.host) as two:
        has(two, "two", 2)
        storage_proxy.refuse()
        storage_proxy.cut()
        two.bucket.put("content/d.mov", b"4")
        two.put("content/current", number=3)
        two.until(lambda: two.network.op("firestore").GetDoc("content", "current") == {"number": 3}, "the news")
        two.host.frame(5)
        assert content(two) == {"a.mov": b"new", "b.mov": b"2"}
        storage_proxy.restore()
        assert has(two, "two", 3)["ok"] is True
        assert content(two) == {"a.mov": b"new", "b.mov": b"2", "d.mov": b"4"}
