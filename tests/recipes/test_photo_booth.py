"""The photo booth: a button, a picture in the bucket, a link, a QR code."""

from typing import Any

import requests

from emulators import Proxy
from gateway import loopback
from recipes.project import Project

#: As much of segno as the script uses.
SEGNO = """
class make_qr:
    def __init__(self, content):
        self.content = content

    def save(self, out, scale):
        with open(out, "w") as file:
            file.write(f"{scale} {self.content}")
"""


def booth(project: Project) -> Project:
    project.make("constantTOP", "photo")
    project.make("textDAT", "link")
    project.make("moviefileinTOP", "qr")
    project.make("constantCHOP", "button", const0name="pressed")
    return project


def press(project: Project) -> None:
    button = project.network.op("button")
    for value in (1, 0):
        button.par.const0value = value
        project.host.frame()


def link_of(project: Project) -> str:
    return project.until(lambda: (text := project.text("link")).startswith("http") and text, "a link")


def test_a_button_gives_a_link_that_opens_the_picture(open_project: Any) -> None:
    with booth(open_project("recipes/photo-booth")).follow().online() as project:
        press(project)
        picture = project.network.op("photo").saveByteArray(".jpg")
        assert requests.get(link_of(project), timeout=5).content == picture
        assert len(project.bucket.names()[0]) > len("booth/.jpg") + 12
        assert project.network.op("qr").par.file == ""  # nobody has installed segno


def test_a_private_bucket_gives_a_signed_link_and_a_qr_code(open_project: Any, tmp_path: Any) -> None:
    libraries = tmp_path / "project/libraries"
    libraries.mkdir(parents=True)
    (libraries / "segno.py").write_text(SEGNO)
    with booth(open_project("recipes/photo-booth")).follow() as project:
        project.edit("booth", "PUBLIC = True", "PUBLIC = False")
        project.network.op("storage").par.Privatekey = loopback.key_file(
            tmp_path, "https://oauth2.googleapis.com/token"
        )
        press(project.online())
        link = link_of(project)
        assert "X-Goog-Signature" in link
        assert requests.get(link, timeout=5).content
        project.until(lambda: project.network.op("qr").par.file == "qr.png", "the QR code")
        assert (project.folder / "qr.png").read_text() == f"8 {link}"


def test_pictures_taken_without_a_network_go_up_when_it_is_back(open_project: Any, storage_proxy: Proxy) -> None:
    with booth(open_project("recipes/photo-booth")).follow().online(storage=storage_proxy.host) as project:
        storage_proxy.refuse()
        storage_proxy.cut()
        for _ in range(3):
            press(project)
        project.until(lambda: project.network.op("storage").GetStatus()["state"] == "reconnecting")
        assert project.text("link") == "Your picture is on its way."
        last = project.module("booth").latest
        assert project.network.op("storage").GetPublicUrl(last).endswith(f"/booth/{last}")
        storage_proxy.restore()
        assert link_of(project).endswith(last)
        assert len(project.bucket.names()) == 3


def test_a_camera_that_saves_files(open_project: Any) -> None:
    with booth(open_project("recipes/photo-booth")).follow(only="booth", table=1) as project:
        project.host.op("/project1/storage/local/modules/tdg_work_storage_watch").module._LEAST_S = 0.05
        (project.folder / "pictures").mkdir()
        project.online()
        (project.folder / "pictures/x7qK.jpg").write_bytes(b"a picture")
        link = link_of(project)
        assert link.endswith("/booth/x7qK.jpg")
        assert requests.get(link, timeout=5).content == b"a picture"
