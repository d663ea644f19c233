"""Watch Folder as a user of the built component sees it."""

from typing import Any

from storage_stage import Stage


def test_photo_booth(stage: Stage) -> None:
    """A picture that a camera saves goes up by itself, with a row and a callback like any upload."""
    stage.set(Watchfolder=True)
    stage.host.frame(2)
    stage.file("booth/1.jpg", 20_000)
    stage.until(lambda: stage.called("complete"), "up")
    key, kind, remote, local, success, error = stage.called("complete")[0]
    assert (kind, remote, success, error) == ("upload", "media/booth/1.jpg", True, "")
    assert local == f"{stage.assets.as_posix()}/booth/1.jpg"
    assert stage.row(key)["status"] == "complete"
    assert stage.comp.GetTransfer(key)["metadata"]["content_type"] == "image/jpeg"
    assert stage.bucket.get("media/booth/1.jpg") == (stage.assets / "booth/1.jpg").read_bytes()


def test_nothing_goes_up_by_itself_while_the_toggle_is_off(stage: Stage) -> None:
    stage.file("a")
    stage.completed(stage.comp.ListFiles())
    stage.set(Watchfolder=True)
    stage.until(lambda: stage.called("complete"), "up")
    stage.set(Watchfolder=False)
    stage.host.frame(3)
    stage.file("b")
    stage.completed(stage.comp.ListFiles())
    assert stage.bucket.names() == ["media/a"]


def test_project_folder_as_a_whole_is_not_watched(stage: Stage) -> None:
    """An empty Local Path means the project's folder, which nobody wants in a bucket unasked."""
    stage.set(Localpath="", Watchfolder=True)
    stage.host.frame(3)
    (stage.assets.parent / "secret.txt").write_text("1")
    for _ in range(3):
        stage.completed(stage.comp.ListFiles())
    assert stage.bucket.names() == []


def test_after_a_restart_only_new_files_go_up(open_stage: Any) -> None:
    """What was taken while the project was closed is not forgotten, what is there is not sent again."""
    first = open_stage(Watchfolder=True)
    first.file("a")
    first.connected()
    first.until(lambda: first.called("complete"), "up")
    first.host.close()
    first.file("b")
    second = open_stage(Watchfolder=True)
    second.connected()
    second.until(lambda: second.called("complete"), "up")
    second.completed(second.comp.ListFiles())
    assert [call[2] for call in second.called("complete")] == ["media/b"]
