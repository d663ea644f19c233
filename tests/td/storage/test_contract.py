"""Every row of the documented contract, through the built component, under every answer to TouchDesigner's unknowns."""

from collections import deque
from pathlib import Path
from typing import Any

import pytest
import requests

from component_contract import COMMON_PARAMETERS, check_parameters
from headless_td import Unknowns
from storage_stage import COLUMNS, Stage

# Shape ----------------------------------------------------------------------------------------------------------------

PAGES = ["Creds", "Storage", "Conn", "Callbacks", "Controls", "About"]

#: Page, label, style, default, and whether it begins a section, of the documented parameters.
PARAMETERS = COMMON_PARAMETERS | {
    "Bucket": ("Creds", "Bucket Name", "Str", "", False),
    "Localpath": ("Storage", "Local Path", "Folder", "", False),
    "Remotepath": ("Storage", "Remote Path", "Str", "", False),
    "Makepublic": ("Storage", "Make Public", "Toggle", False, False),
    "Deleteremoteorphans": ("Storage", "Delete Remote Orphans", "Toggle", False, True),
    "Deletelocalorphans": ("Storage", "Delete Local Orphans", "Toggle", False, False),
    "Maxconcurrent": ("Storage", "Max Concurrent", "Int", 3, True),
    "Maxdelete": ("Storage", "Max Delete (%)", "Int", 50, True),
    "Conflictmode": ("Storage", "On Conflict", "Menu", "newest", False),
    "Include": ("Storage", "Include (space-sep)", "Str", "", False),
    "Exclude": ("Storage", "Exclude (space-sep)", "Str", "._* .DS_Store Thumbs.db desktop.ini", False),
    "Watchfolder": ("Storage", "Watch Folder", "Toggle", False, False),
    "Upload": ("Controls", "Upload", "Pulse", None, False),
    "Download": ("Controls", "Download", "Pulse", None, False),
    "Sync": ("Controls", "Sync", "Pulse", None, False),
    "Canceltransfers": ("Controls", "Cancel Transfers", "Pulse", None, False),
}

STATUS = ["state", "circuit", "last_error", "active_transfers", "connected_at", "bucket"]

OPERATORS = {
    "ext_storage": "textDAT", "ext_bootstrap": "textDAT", "ext_connection": "textDAT", "log": "fifoDAT",
    "log_callbacks": "textDAT", "status": "tableDAT", "transfers": "tableDAT", "par_exec": "parameterexecuteDAT",
}  # fmt: skip

WORKERS = (
    "_upload_worker", "_download_worker", "_delete_worker", "_list_worker", "_metadata_worker", "_sync_worker",
    "_bootstrap_worker", "_reconnect_sleep",
)  # fmt: skip

CALLBACKS = (
    "onTransferComplete", "onTransferProgress", "onListComplete", "onListPage", "onMetadata", "onSyncComplete",
    "onSyncPlan", "onConnectionStateChange",
)  # fmt: skip


def test_parameters_operators_and_names_are_the_documented_ones(stage: Stage) -> None:
    comp = stage.comp
    assert [page.name for page in comp.customPages] == PAGES
    check_parameters(comp, PARAMETERS)
    assert list(comp.par.Conflictmode.menuNames) == ["newest", "keepboth", "local", "remote"]
    assert [cell.val for cell in comp.op("transfers").row(0)] == COLUMNS
    assert [cell.val for cell in comp.op("status").row(0)] == STATUS
    assert comp.op("status").numRows == 2
    assert list(comp.GetStatus()) == STATUS
    assert {name: comp.op(name).OPType for name in OPERATORS} == OPERATORS
    assert (comp.par.parentshortcut.eval(), comp.par.opshortcut.eval()) == ("storage", "storage")
    module = comp.op("ext_storage").module
    assert all(callable(getattr(module, name)) for name in WORKERS)
    extension = comp.ext.StorageExt
    extension._drain_results()
    assert extension._pending_transfers == deque()
    assert extension._transfer_results is not None


def test_every_callback_has_a_stub_that_runs(stage: Stage) -> None:
    stage.set(Callbacksdat="")
    stage.host.frame(2)
    stage.comp.par.Createcallbacksdat.pulse()
    stage.host.frame(2)
    dat = stage.host.op("/project1/storage_callbacks")
    assert stage.comp.par.Callbacksdat.eval() == dat
    for name in CALLBACKS:
        assert getattr(dat.module, name).__doc__, name
    dat.text += "\nmine = True\n"
    stage.comp.CreateCallbacksDat()
    assert dat.module.mine
    stage.file("a.txt")
    comp = stage.comp
    stage.completed(comp.Upload("a.txt"), comp.ListFiles(), comp.GetMetadata("a.txt"))
    stage.completed(comp.SyncFolder(), comp.PlanSync())
    assert not [line for line in stage.log("WARNING") if "callback" in line.lower()]


# The main flows, with every answer to every open question -------------------------------------------------------------


@pytest.mark.parametrize("unknowns", Unknowns.variants(), ids=str)
def test_files_go_up_and_down_whatever_touchdesigner_does(open_stage: Any, unknowns: Unknowns) -> None:
    """Each answer by itself."""
    stage = open_stage(unknowns=unknowns).connected()
    comp = stage.comp
    stage.file("sub/a.txt", b"hello")
    up = comp.Upload("sub/a.txt")
    assert stage.row(up)["status"] == "pending"
    stage.completed(up)
    assert stage.bucket.get("media/sub/a.txt") == b"hello"
    down, listing, sync = comp.Download("sub/a.txt", "b/copy.txt"), comp.ListFiles(), comp.SyncFolder("download")
    stage.completed(down, listing, sync)
    assert (stage.assets / "b/copy.txt").read_bytes() == b"hello"
    assert (stage.row(down)["status"], stage.row(down)["progress"]) == ("complete", "1")
    assert {call[0] for call in stage.called("complete")} == {up, down}
    assert [call[0] for call in stage.called("list") + stage.called("sync")] == [listing, sync]
    assert comp.Upload("missing.txt") == ""
    assert any("does not exist" in line for line in stage.log("ERROR"))
    comp.par.Canceltransfers.pulse()
    stage.host.frame(3)
    assert (stage.status["state"], stage.status["active_transfers"]) == ("connected", "0")


@pytest.mark.parametrize("unknowns", [Unknowns.default(), *Unknowns.combined()], ids=str)
def test_every_method_and_pulse_does_its_work_whatever_touchdesigner_does(
    open_stage: Any, unknowns: Unknowns, key_file: str
) -> None:
    """One life of a component with each row of the contract in it."""
    stage = open_stage(unknowns=unknowns, Privatekey=key_file)
    comp = stage.comp
    stage.file("sub/a.txt", b"hello")
    up = comp.Upload("sub/a.txt")  # waits for the connection
    row = stage.row(up)
    assert (row["type"], row["remote_path"], row["status"]) == ("upload", "media/sub/a.txt", "pending")
    assert row["size"] == "5"
    assert list(comp.ext.StorageExt._pending_transfers) == [up]
    stage.connected().completed(up)
    assert stage.bucket.get("media/sub/a.txt") == b"hello"
    url = comp.GetPublicUrl("sub/a.txt")
    assert url.endswith(f"/{stage.bucket_name}/media/sub/a.txt")
    texts = comp.UploadText("text", "text.txt"), comp.UploadBytes(b"bytes", "/b.bin", "x/y")
    down = comp.Download("sub/a.txt", "b/copy.txt")
    listing, metadata, signed = comp.ListFiles(), comp.GetMetadata("sub/a.txt"), comp.GetSignedUrl("sub/a.txt")
    delete = comp.Delete("sub/a.txt")
    stage.completed(*texts, down, listing, metadata, signed, delete)
    assert (stage.assets / "b/copy.txt").read_bytes() == b"hello"
    row = stage.row(down)
    assert (row["status"], row["progress"], row["error"]) == ("complete", "1", "")
    assert row["started_at"] <= row["completed_at"]
    assert {call[0] for call in stage.called("complete")} == {up, *texts, down, metadata, signed, delete}
    assert all(success and error == "" for *_, success, error in stage.called("complete"))
    assert next(call[3] for call in stage.called("complete") if call[0] == signed).startswith("http")
    assert [call[0] for call in stage.called("list")] == [listing]
    assert [call[0] for call in stage.called("metadata")] == [metadata]

    stage.completed(comp.PlanSync("upload"))
    assert [each["path"] for each in stage.called("plan")[-1][1]["upload"]] == ["b/copy.txt", "sub/a.txt"]
    for pulse in ("Upload", "Download", "Sync"):
        comp.par[pulse].pulse()
        stage.until(lambda: len(stage.called("sync")) == ("Upload", "Download", "Sync").index(pulse) + 1, pulse)  # noqa: B023
    assert [(sorted(call[2]), call[3]) for call in stage.called("sync")] == [
        (["b/copy.txt", "sub/a.txt"], []), ([], ["text.txt"]), ([], []),
    ]  # fmt: skip
    assert [call[1] for call in stage.called("sync")] == ["upload", "download", "both"]
    assert stage.bucket.names() == ["b.bin", "media/b/copy.txt", "media/sub/a.txt", "media/text.txt"]

    assert comp.Upload("missing.txt") == ""
    assert "does not exist" in comp.GetLogs("ERROR", 1)[-1]["message"]
    comp.Disconnect()
    waiting = [comp.UploadText("x", f"w{number}") for number in range(2)]
    assert comp.CancelTransfer(waiting[0])
    comp.par.Canceltransfers.pulse()
    assert {each["status"] for each in stage.ended(*waiting)} == {"cancelled"}
    stage.connected()
    assert stage.status["active_transfers"] == "0"
    stage.host.answers.append(1)
    comp.par.Reset.pulse()
    stage.until(lambda: stage.transfers() == [] and stage.status["state"] == "disconnected", "reset")
    stage.connected().completed(comp.UploadText("after", "after"))
    assert stage.log("ERROR") == [comp.GetLogs("ERROR")[0]["message"]], "nothing else went wrong"


# Uploads --------------------------------------------------------------------------------------------------------------


def test_upload_resolves_paths(stage: Stage) -> None:
    stage.file("textures/brick.png", b"x")
    stage.file("photo.jpg", b"x")
    expected = {
        ("textures/brick.png",): "media/textures/brick.png",
        ("photo.jpg", "images/hero.jpg"): "media/images/hero.jpg",
        ("photo.jpg", "/backups/export.zip"): "backups/export.zip",
        (None, "photo.jpg"): "media/photo.jpg",
    }
    done = stage.completed(*(stage.comp.Upload(*arguments) for arguments in expected))
    assert [each["remote_path"] for each in done] == list(expected.values())
    assert stage.bucket.names() == sorted(expected.values())


def test_absolute_local_path_is_taken_as_it_is(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(b"zip")
    stage.completed(stage.comp.Upload(str(tmp_path / "export.zip"), "/backups/export.zip"))
    assert stage.bucket.get("backups/export.zip") == b"zip"
    stage.completed(stage.comp.Upload(str(tmp_path / "export.zip")))
    assert stage.bucket.get("media/export.zip") == b"zip"


def test_empty_local_path_is_the_project_folder(open_stage: Any) -> None:
    stage = open_stage(Localpath="").connected()
    stage.file("a.txt")
    stage.completed(stage.comp.Upload("assets/a.txt"))
    assert stage.bucket.names() == ["media/assets/a.txt"]


def test_upload_that_can_never_run_is_refused_at_once(stage: Stage) -> None:
    stage.file("a.txt")
    stage.file("sub/b.txt")
    never = [
        (), ("none.txt",), ("../outside.txt",), ("sub",), ("a.txt", "../x"), ("a.txt", "folder/"), ("", ""),
        ("a.txt", "b", None, None, {"half a character": "\ud800"}),
    ]  # fmt: skip
    for count, arguments in enumerate(never, 1):
        assert stage.comp.Upload(*arguments) == "", arguments
        assert len(stage.log("ERROR")) == count, arguments
    assert stage.transfers() == []


def test_make_public_by_parameter_and_by_argument(stage: Stage) -> None:
    for name in ("a", "b", "c"):
        stage.file(name)

    def status_of(name: str) -> int:
        return requests.get(stage.comp.GetPublicUrl(name), timeout=5).status_code

    stage.completed(stage.comp.Upload("a"))
    assert status_of("a") == 403
    stage.set(Makepublic=True)
    stage.completed(stage.comp.Upload("b"), stage.comp.Upload("c", make_public=False))
    assert (status_of("b"), status_of("c")) == (200, 403)
    stage.set(Makepublic=False)
    stage.completed(stage.comp.Upload("c", None, True))
    assert status_of("c") == 200


def test_optional_arguments_reach_the_object(stage: Stage) -> None:
    stage.file("a.bin")
    stage.completed(
        stage.comp.Upload("a.bin", content_type="x/y", metadata={"artist": "Ü"}, cache_control="max-age=60")
    )
    info = stage.bucket.info("media/a.bin")
    assert info is not None
    assert (info["content_type"], info["metadata"], info["cache_control"]) == ("x/y", {"artist": "Ü"}, "max-age=60")


def test_data_goes_up_without_a_file(stage: Stage) -> None:
    for size in (0, 1000, 64 << 10, (64 << 10) + 1, 500_000):
        data = bytes(range(256)) * (size // 256) + bytes(size % 256)
        key = stage.comp.UploadBytes(bytearray(data), "snap.jpg")
        assert stage.row(key)["size"] == (str(size) if size <= 64 << 10 else ""), "shown when it is safe"
        (done,) = stage.completed(key)
        assert stage.row(key)["size"] == str(size)
        assert stage.bucket.get("media/snap.jpg") == data
        assert done["metadata"]["content_type"] == "image/jpeg"
    assert list((stage.assets.parent / "cache/gcp-storage-spool").iterdir()) == []


def test_text_goes_up_in_utf8(stage: Stage) -> None:
    stage.completed(
        stage.comp.UploadText("Grüße", "hello.txt"), stage.comp.UploadText("{}", "/x.json", "application/json")
    )
    assert stage.bucket.get("media/hello.txt") == "Grüße".encode()
    info = stage.bucket.info("x.json")
    assert info is not None
    assert info["content_type"] == "application/json"


def test_what_is_no_data_is_refused(stage: Stage) -> None:
    assert [stage.comp.UploadBytes(data, "a") for data in ("text", None, 5)] == [""] * 3
    assert len(stage.log("ERROR")) == 3


# Downloads and deletions ----------------------------------------------------------------------------------------------


def test_download_mirrors_the_relative_path(stage: Stage) -> None:
    stage.bucket.put("media/video.mp4", b"video")
    (done,) = stage.completed(stage.comp.Download("video.mp4"))
    assert done["local_path"] == (stage.assets / "video.mp4").as_posix()
    assert (stage.assets / "video.mp4").read_bytes() == b"video"


def test_download_to_a_path_of_its_own(stage: Stage, tmp_path: Path) -> None:
    stage.bucket.put("backups/x.zip", b"zip")
    absolute = stage.comp.Download("/backups/x.zip", str(tmp_path / "here.zip"))
    stage.completed(absolute, stage.comp.Download("/backups/x.zip", "y.zip"))
    assert (tmp_path / "here.zip").read_bytes() == (stage.assets / "y.zip").read_bytes() == b"zip"


def test_hostile_names_are_refused(stage: Stage) -> None:
    names = ["../x", "/../x", "/a/../../x", "/C:evil", "/con/a", "/a\\b", "", "folder/"]
    assert [stage.comp.Download(name) for name in names] == [""] * len(names)
    assert len(stage.log("ERROR")) == len(names)


def test_missing_object_fails_with_a_sentence(stage: Stage) -> None:
    old = stage.file("none.txt", b"old")
    key = stage.comp.Download("none.txt")
    (failed,) = stage.ended(key)
    assert failed["status"] == "failed"
    assert "media/none.txt" in failed["error"]
    assert old.read_bytes() == b"old"
    assert stage.called("complete") == [(key, "download", "media/none.txt", old.as_posix(), False, failed["error"])]
    assert stage.row(key)["error"] == failed["error"]


def test_delete(stage: Stage) -> None:
    stage.bucket.put("media/a")
    stage.bucket.put("other/b")
    stage.completed(stage.comp.Delete("a"), stage.comp.Delete("/other/b"))
    assert stage.bucket.names() == []
    (failed,) = stage.ended(stage.comp.Delete("a"))
    assert failed["status"] == "failed"
    assert stage.comp.Delete("") == ""


# Listings, metadata, addresses ----------------------------------------------------------------------------------------


def test_listing_has_files_and_folders(stage: Stage) -> None:
    for name in ("media/a.txt", "media/b.png", "media/sub/c.txt", "other/d.txt"):
        stage.bucket.put(name, name.encode())
    key = stage.comp.ListFiles()
    (done,) = stage.completed(key)
    (call,) = stage.called("list")
    assert call[:2] == (key, "")
    assert call[3:] == (True, "")
    files = call[2]
    assert [info["name"] for info in files] == ["media/a.txt", "media/b.png"]
    assert {"name", "size", "updated", "content_type"} <= files[0].keys()
    assert files[0]["size"] == len("media/a.txt")
    assert done["files"] == files
    assert done["prefixes"] == ["media/sub/"]


def test_listing_without_a_delimiter_is_recursive(stage: Stage) -> None:
    for name in ("media/a", "media/sub/b", "media/sub/deep/c", "other/d"):
        stage.bucket.put(name)
    stage.completed(stage.comp.ListFiles("", ""), stage.comp.ListFiles("sub/", ""), stage.comp.ListFiles("/", ""))
    found = {call[1]: [info["name"] for info in call[2]] for call in stage.called("list")}
    assert found[""] == ["media/a", "media/sub/b", "media/sub/deep/c"]
    assert found["sub/"] == ["media/sub/b", "media/sub/deep/c"]
    assert found["/"] == ["media/a", "media/sub/b", "media/sub/deep/c", "other/d"]


def test_name_from_a_listing_downloads_with_a_slash_in_front(stage: Stage) -> None:
    stage.bucket.put("media/a", b"x")
    (done,) = stage.completed(stage.comp.ListFiles())
    stage.completed(*(stage.comp.Download("/" + info["name"]) for info in done["files"]))
    assert (stage.assets / "a").read_bytes() == b"x"


def test_listing_of_any_size_comes_in_pages_and_keeps_nothing(open_stage: Any) -> None:
    stage = open_stage()
    stage.edit("tdg_gateway_storage", "PAGE = 1000", "PAGE = 3")
    stage.connected()
    names = [f"media/{number:02}" for number in range(10)]
    for name in names:
        stage.bucket.put(name)
    (done,) = stage.completed(stage.comp.ListFiles("", "", collect=False))
    pages = [call[1] for call in stage.called("page")]
    assert [info["name"] for page in pages for info in page] == names
    assert all(len(page) <= 3 for page in pages)
    assert stage.called("list") == [(done["transfer_id"], "", [], True, "")]
    assert done["files"] == []
    assert done["count"] == 10


def test_failed_listing_gives_no_files(stage: Stage, own_storage: Any) -> None:
    stage.bucket.put("media/a")
    own_storage.inject("GET .*/o\\?", status=403, times=0)
    stage.ended(stage.comp.ListFiles())
    (call,) = stage.called("list")
    assert call[2:4] == ([], False)
    assert call[4]


def test_metadata(stage: Stage) -> None:
    stage.bucket.put("media/a.txt", b"12345", contentType="text/plain", metadata={"k": "v"})
    key = stage.comp.GetMetadata("a.txt")
    (done,) = stage.completed(key)
    (call,) = stage.called("metadata")
    found = call[2]
    assert call[:2] + call[3:] == (key, "media/a.txt", True, "")
    for name in ("name", "size", "content_type", "updated", "created", "md5_hash", "public_url", "metadata"):
        assert found[name], name
    assert (found["size"], found["metadata"]) == (5, {"k": "v"})
    assert done["metadata"] == found
    assert stage.called("complete") == [(key, "metadata", "media/a.txt", "", True, "")]
    stage.ended(stage.comp.GetMetadata("none"))
    assert stage.called("metadata")[-1][2:4] == ({}, False)


def test_public_url_needs_no_network(open_stage: Any) -> None:
    stage = open_stage(Bucket="some-bucket")
    assert stage.comp.GetPublicUrl("a b.png") == "https://storage.googleapis.com/some-bucket/media/a%20b.png"
    assert stage.comp.GetPublicUrl("/ü.png") == "https://storage.googleapis.com/some-bucket/%C3%BC.png"
    stage.set(Bucket="")
    assert stage.comp.GetPublicUrl("a") == ""
    assert stage.comp.GetPublicUrl("") == ""
    assert len(stage.log("ERROR")) == 2


def test_signed_url_arrives_as_the_local_path(open_stage: Any, key_file: str) -> None:
    stage = open_stage(Privatekey=key_file).connected()
    stage.bucket.put("media/a.txt", b"signed for")
    key = stage.comp.GetSignedUrl("a.txt", 5)
    (done,) = stage.completed(key)
    ((found, kind, name, url, success, error),) = stage.called("complete")
    assert (found, kind, name, success, error) == (key, "signed_url", "media/a.txt", True, "")
    assert requests.get(url, timeout=5).content == b"signed for"
    assert done["url"] == url
    (done,) = stage.completed(stage.comp.GetSignedUrl("new.txt", method="PUT"))
    requests.put(done["url"], data=b"by anyone", timeout=5).raise_for_status()
    assert stage.bucket.get("media/new.txt") == b"by anyone"


def test_credentials_that_cannot_sign_say_so_and_nothing_else_suffers(stage: Stage) -> None:
    (failed,) = stage.ended(stage.comp.GetSignedUrl("a.txt"))
    assert failed["status"] == "failed"
    assert "Private Key File" in failed["error"]
    assert stage.status["state"] == "connected"
    for minutes in (0, -1, 10081, "x", None):
        assert stage.comp.GetSignedUrl("a.txt", minutes) == ""


def test_default_bucket_is_the_projects(open_stage: Any, own_storage: Any, key_file: str) -> None:
    own_storage.make_bucket("museum.firebasestorage.app")
    stage = open_stage(Bucket="", Privatekey=key_file).connected()
    assert stage.status["bucket"] == "museum.firebasestorage.app"
    assert stage.comp.GetPublicUrl("a").endswith("/museum.firebasestorage.app/media/a")


# GetTransfer ----------------------------------------------------------------------------------------------------------


def test_what_is_not_known_is_none(stage: Stage) -> None:
    for key in ("", "none", None, 5):
        assert stage.comp.GetTransfer(key) is None
        assert stage.comp.CancelTransfer(key) is False


def test_ids_never_repeat(stage: Stage) -> None:
    stage.file("a")
    keys = [stage.comp.Upload("a", f"a{n}") for n in range(50)]
    assert len(set(keys)) == 50
    assert all(len(key) == 36 for key in keys)
