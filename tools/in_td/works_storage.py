"""How the methods of the storage component are tried."""

import os
from pathlib import Path
from typing import Any

from in_td.options import BUCKET
from in_td.rows import shown
from in_td.steps import Steps, frames, until
from in_td.works import ANSWER_S, NotTried, Stage, exercise, use_disconnect, use_process, use_reset, wrong_unless

#: The bucket that `dev.py emulators` makes.
DEMO_BUCKET = "demo"


def prepare_storage(stage: Stage) -> None:
    """A folder on this machine and one in the bucket for the trial."""
    comp = stage.comp
    # A bucket of the cloud is none of an emulator.
    own = comp.par.Bucket.eval() if comp.par.Emulatorhost.eval() else ""
    (stage.folder / "files").mkdir(parents=True, exist_ok=True)
    stage.set(
        Emulatorhost=stage.host,
        Bucket=BUCKET or own or DEMO_BUCKET,
        Localpath=(stage.folder / "files").as_posix(),
        Remotepath=f"{stage.tag}/",
        Autoconnect=False,
        Makepublic=False,
        Deleteremoteorphans=False,
        Deletelocalorphans=False,
        Watchfolder=False,
    )


def _file(stage: Stage, name: str, content: bytes) -> Path:
    path = stage.folder / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _row(stage: Stage, key: str) -> dict[str, str]:
    return next((row for row in stage.rows("transfers") if row["transfer_id"] == key), {})


def _accepted(stage: Stage, key: Any) -> str:
    wrong_unless(isinstance(key, str) and key, f"it gave {key!r} instead of a transfer id")
    wrong_unless(_row(stage, key), "the table transfers has no row of it when the method returns")
    return str(key)


def _ended(stage: Stage, key: Any, status: str = "complete") -> Steps:
    """Waits for the end of a transfer; its row."""
    key = _accepted(stage, key)
    over = ("complete", "failed", "cancelled")
    yield from until(lambda: _row(stage, key).get("status") in over, ANSWER_S, 10)
    row = _row(stage, key)
    wrong_unless(
        row["status"] == status, f"the transfer is {row['status']}, not {status}: {row['error'] or 'no error'}"
    )
    return row


def _uploaded(stage: Stage, key: Any, name: str) -> Steps:
    row = yield from _ended(stage, key)
    remote = f"{stage.tag}/{name}"
    wrong_unless(row["remote_path"] == remote, f"remote_path is {row['remote_path']}, not {remote}")
    call = yield from stage.heard("onTransferComplete", key, "upload")
    wrong_unless(call[4] is True and call[5] == "", f"onTransferComplete was called with {shown(call)}")
    return row["remote_path"]


@exercise("storage", "Upload", "the file is in the bucket, its row complete, onTransferComplete told it")
def use_upload(stage: Stage) -> Steps:
    _file(stage, "one.txt", b"content of the self-test")
    return (yield from _uploaded(stage, stage.comp.Upload("one.txt"), "one.txt"))


@exercise("storage", "UploadBytes", "the data is in the bucket")
def use_upload_bytes(stage: Stage) -> Steps:
    key = stage.comp.UploadBytes(os.urandom(12 << 20), "sub/two.bin", "application/x-selftest", metadata={"of": "it"})
    return (yield from _uploaded(stage, key, "sub/two.bin"))


@exercise("storage", "UploadText", "the text is in the bucket")
def use_upload_text(stage: Stage) -> Steps:
    return (yield from _uploaded(stage, stage.comp.UploadText("gr\u00fc\u00df dich", "three.txt"), "three.txt"))


@exercise("storage", "Download", "the file has arrived whole, in another place")
def use_download(stage: Stage) -> Steps:
    for remote, content in (("one.txt", b"content of the self-test"), ("three.txt", "gr\u00fc\u00df dich".encode())):
        target = stage.folder / "files" / "again" / remote
        yield from _ended(stage, stage.comp.Download(remote, f"again/{remote}"))
        wrong_unless(target.is_file(), f"{target.name} is not where it should be")
        wrong_unless(target.read_bytes() == content, f"{target.name} holds something else than was uploaded")
    return "two files"


@exercise("storage", "ListFiles", "onListComplete names the files, GetTransfer keeps them")
def use_list(stage: Stage) -> Steps:
    key = stage.comp.ListFiles("", "")
    yield from _ended(stage, key)
    call = yield from stage.heard("onListComplete", key)
    wrong_unless(call[3] is True, f"onListComplete told the error {call[4]}")
    names = sorted(file["name"].rpartition(f"{stage.tag}/")[2] for file in call[2])
    wrong_unless({"one.txt", "sub/two.bin", "three.txt"} <= set(names), f"it lists {names}")
    wrong_unless(len(stage.comp.GetTransfer(key)["files"]) == len(names), "GetTransfer has not the same files")
    return names


@exercise("storage", "GetMetadata", "onMetadata tells size, content type and own keys")
def use_metadata(stage: Stage) -> Steps:
    key = stage.comp.GetMetadata("sub/two.bin")
    yield from _ended(stage, key)
    call = yield from stage.heard("onMetadata", key)
    given = {name: call[2].get(name) for name in ("size", "content_type", "metadata")}
    wanted = {"size": 12 << 20, "content_type": "application/x-selftest", "metadata": {"of": "it"}}
    wrong_unless(given == wanted, f"it tells {given}, not {wanted}")
    return given


@exercise("storage", "GetTransfer", "the row of a transfer and what it found out; None for an unknown id")
def use_transfer(stage: Stage) -> str:
    key = next(row["transfer_id"] for row in stage.rows("transfers") if row["type"] == "metadata")
    given = stage.comp.GetTransfer(key)
    wrong_unless(given and given["status"] == "complete", f"it gives {shown(given)}")
    wrong_unless("metadata" in given, "it does not keep what GetMetadata fetched")
    wrong_unless(stage.comp.GetTransfer("no such id") is None, "it knows an id that does not exist")
    return "complete"


@exercise("storage", "GetPublicUrl", "the address of the file, at once")
def use_public_url(stage: Stage) -> str:
    url = stage.comp.GetPublicUrl("one.txt")
    wrong_unless(url.endswith(f"/{stage.tag}/one.txt"), f"it gives {url!r}")
    return "an address"


@exercise("storage", "GetSignedUrl", "an address, or the sentence that an emulator without a key cannot sign")
def use_signed_url(stage: Stage) -> Steps:
    key = _accepted(stage, stage.comp.GetSignedUrl("one.txt", 5))
    yield from until(lambda: _row(stage, key)["status"] in ("complete", "failed"), ANSWER_S, 10)
    row = _row(stage, key)
    call = yield from stage.heard("onTransferComplete", key, "signed_url")
    if row["status"] == "complete":
        wrong_unless("one.txt" in call[3] and "Signature" in call[3], "what arrives as local_path is no signed address")
        return "an address"
    wrong_unless("cannot sign" in row["error"] and call[4] is False, f"it failed with: {row['error']}")
    return "cannot sign without a key"


def _synced(stage: Stage, key: Any) -> Steps:
    row = yield from _ended(stage, key)
    call = yield from stage.heard("onSyncComplete", key)
    wrong_unless(call[6] is True and not call[5], f"onSyncComplete told {shown(call[5:])}")
    return row, call


@exercise("storage", "PlanSync", "onSyncPlan tells what a sync would do, and nothing is touched")
def use_plan(stage: Stage) -> Steps:
    _file(stage, "sync/new.txt", b"new here")
    key = stage.comp.PlanSync("upload")
    yield from _ended(stage, key)
    call = yield from stage.heard("onSyncPlan", key)
    plan = call[1]
    wrong_unless(plan["success"] is True, f"onSyncPlan told the error {plan['error']}")
    wrong_unless("sync/new.txt" in str(plan["upload"]), f"the plan does not hold the new file: {shown(plan)}")
    return "a plan"


@exercise("storage", "SyncFolder", "new files of both sides are on both, and a second sync moves nothing")
def use_sync(stage: Stage) -> Steps:
    _file(stage, "sync/new.txt", b"new here")
    _, call = yield from _synced(stage, stage.comp.SyncFolder("both"))
    wrong_unless("sync/new.txt" in call[2], f"it uploaded {call[2]}")
    wrong_unless((stage.folder / "files" / "sub" / "two.bin").is_file(), f"it downloaded {call[3]}")
    _, again = yield from _synced(stage, stage.comp.SyncFolder("both"))
    wrong_unless(not again[2] and not again[3], f"a second sync moved {again[2]} and {again[3]}")
    return {"uploaded": call[2], "downloaded": call[3]}


@exercise("storage", "engine in a process", "it works in a process of its own, and again in threads")
def use_storage_process(stage: Stage) -> Steps:
    def upload() -> Steps:
        yield from _ended(stage, stage.comp.UploadText("from a process", "four.txt"))

    return (yield from use_process(stage, upload))


@exercise("storage", "Delete", "the file is gone from the bucket")
def use_delete(stage: Stage) -> Steps:
    yield from _ended(stage, stage.comp.Delete("one.txt"))
    listing = stage.comp.ListFiles("one", "")
    yield from _ended(stage, listing)
    call = yield from stage.heard("onListComplete", listing)
    wrong_unless(call[2] == [], "it is still listed")
    return "gone"


@exercise("storage", "Disconnect", "the state is disconnected, and told")
def use_storage_disconnect(stage: Stage) -> Steps:
    return (yield from use_disconnect(stage))


def _cancelled(stage: Stage, key: str) -> Steps:
    yield from _ended(stage, key, "cancelled")
    call = yield from stage.heard("onTransferComplete", key)
    wrong_unless(call[4] is False and call[5], f"onTransferComplete told {shown(call[4:])}")


@exercise("storage", "CancelTransfer", "what waits is cancelled and told; what is not known is False")
def use_cancel(stage: Stage) -> Steps:
    key = _accepted(stage, stage.comp.Upload("one.txt", "waits.txt"))
    yield from frames(2)
    wrong_unless(stage.comp.CancelTransfer(key) is True, "it does not know a transfer that waits")
    yield from _cancelled(stage, key)
    wrong_unless(stage.comp.CancelTransfer("no such id") is False, "it cancels what does not exist")
    return "cancelled"


@exercise("storage", "CancelTransfers", "everything that waits is cancelled and told")
def use_cancel_all(stage: Stage) -> Steps:
    keys = [_accepted(stage, stage.comp.Upload("one.txt", f"waits{number}.txt")) for number in range(2)]
    yield from frames(2)
    stage.comp.CancelTransfers()
    for key in keys:
        yield from _cancelled(stage, key)
    return "two cancelled"


@exercise("storage", "Reset", "it asks, empties the table, and one can connect afterwards")
def use_storage_reset(stage: Stage) -> Steps:
    found = yield from use_reset(stage)
    wrong_unless(not stage.rows("transfers"), "the table transfers is not empty")
    return found


def clean_storage(stage: Stage) -> Steps:
    """Takes what the trial left in the bucket away."""
    if not stage.connected:
        raise NotTried("there was no connection")
    stage.comp.Connect()
    yield from stage.state("connected")
    listing = stage.comp.ListFiles("", "")
    yield from _ended(stage, listing)
    names = [file["name"] for file in stage.comp.GetTransfer(listing)["files"]]
    keys = [stage.comp.Delete(f"/{name}") for name in names]
    for key in keys:
        yield from _ended(stage, key)
    return f"{len(names)} files"
