"""A script that was written with firebase-admin, in its new form."""

from typing import Any

import requests

from emulators import Proxy


def test_it_publishes_counts_and_listens(open_project: Any, firestore_proxy: Proxy) -> None:
    project = open_project("recipes/from-firebase-admin")
    project.make("textDAT", "command")
    picture = project.folder / "picture.jpg"
    with project.follow().online(firestore=firestore_proxy.host):
        picture.write_bytes(b"one")
        project.module("cloud").publish("picture.jpg")
        link = project.until(lambda: (project.console.get("pictures/latest") or {}).get("link"), "the link")
        assert requests.get(link, timeout=5).content == b"one"
        project.put("commands/c1", text="next", at={"__type": "timestamp", "value": "2026-01-01T10:30:00.5Z"})
        project.until(lambda: project.text("command") == "10:30:00 next", "the command")
        firestore_proxy.refuse()
        firestore_proxy.cut()
        picture.write_bytes(b"two")
        project.module("cloud").publish("picture.jpg")
        project.until(lambda: requests.get(link, timeout=5).content == b"two", "the second picture")
        firestore_proxy.restore()
        project.until(lambda: project.console.get("statistics/pictures") == {"count": 2}, "both counted")
