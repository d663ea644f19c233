"""What happens to transfers around the everyday and the worst: restarts, breaks, resets, re-inits, copies, hands."""

import itertools
import threading
import time
from typing import Any

import pytest

from emulators import Proxy, StorageEmulator
from headless_td import Unknowns
from storage_stage import Stage


def running(stage: Stage, *keys: str) -> None:
    stage.until(lambda: all(stage.row(key).get("status") == "active" for key in keys), "running")


# Waiting and restarts -------------------------------------------------------------------------------------------------


def test_what_is_asked_for_while_disconnected_waits_and_then_runs(open_stage: Any) -> None:
    stage = open_stage()
    stage.file("a.txt", b"hello")
    key = stage.comp.Upload("a.txt")
    stage.host.frame(5)
    assert stage.row(key)["status"] == "pending"
    assert list(stage.comp.ext.StorageExt._pending_transfers) == [key]
    stage.connected().completed(key)
    assert stage.bucket.get("media/a.txt") == b"hello"
    assert not stage.comp.ext.StorageExt._pending_transfers


def test_queue_survives_a_restart_and_is_shown_again(open_stage: Any) -> None:
    stage = open_stage()
    keys = [stage.comp.UploadText(f"text {n}", f"{n}.txt") for n in range(5)]
    stage.host.close()
    again = open_stage()
    again.until(lambda: len(again.transfers()) == 5, "shown again")
    assert [row["transfer_id"] for row in again.transfers()] == keys
    assert {row["status"] for row in again.transfers()} == {"pending"}
    again.connected().completed(*keys)
    assert again.bucket.get("media/4.txt") == b"text 4"
    assert sorted(call[0] for call in again.called("complete")) == sorted(keys)
    again.host.close()
    last = open_stage().connected()
    last.host.frame(5)
    assert last.transfers() == []


def test_transfer_cut_by_the_end_of_the_project_is_done_after_the_next_start(
    open_stage: Any, own_storage: StorageEmulator
) -> None:
    own_storage.inject("POST /upload", "hang")
    stage = open_stage().connected()
    stage.file("a.txt", b"hello")
    key = stage.comp.Upload("a.txt")
    running(stage, key)
    stage.host.close()
    own_storage.clear_faults()
    again = open_stage().connected()
    again.completed(key)
    assert again.bucket.get("media/a.txt") == b"hello"


def test_disconnect_keeps_tables_and_queues(stage: Stage) -> None:
    stage.completed(stage.comp.UploadText("x", "x"))
    stage.comp.Disconnect()
    key = stage.comp.UploadText("y", "y")
    stage.host.frame(3)
    assert [row["status"] for row in stage.transfers()] == ["complete", "pending"]
    stage.connected().completed(key)


def test_break_of_the_network_fails_nothing(open_stage: Any, storage_proxy: Proxy) -> None:
    stage = open_stage(Backoffbase=0.01, Backoffmax=0.05, Circuittimeout=0.1)
    storage_proxy.throttle(3 << 20)
    stage.connected(storage_proxy.host)
    files = [stage.file(f"{n}.bin", 300_000 + n) for n in range(6)]
    keys = [stage.comp.Upload(path.name) for path in files]
    running(stage, keys[0])
    storage_proxy.refuse()
    storage_proxy.cut()
    stage.until(lambda: stage.status["state"] == "reconnecting", "reconnecting")
    stage.until(lambda: stage.status["active_transfers"] == "0", "nothing runs")
    assert {row["status"] for row in stage.transfers()} <= {"pending", "complete"}
    storage_proxy.restore()
    stage.completed(*keys)
    assert stage.status["state"] == "connected"
    assert [stage.bucket.get(f"media/{path.name}") for path in files] == [path.read_bytes() for path in files]


# Limit, order, cancelling ---------------------------------------------------------------------------------------------


def test_limit_holds_in_the_table_and_may_change(stage: Stage, own_storage: StorageEmulator) -> None:
    own_storage.inject("POST /upload", "delay", delay_s=0.05, times=0)
    most = 0

    def watch() -> bool:
        nonlocal most
        active = [row for row in stage.transfers() if row["status"] == "active"]
        most = max(most, len(active), int(stage.status["active_transfers"]))
        return all(row["status"] == "complete" for row in stage.transfers())

    for n in range(8):
        stage.comp.UploadText("x", f"a{n}")
    stage.until(watch, "all done")
    assert most == 3
    stage.set(Maxconcurrent=1)
    stage.host.frame(3)
    most = 0
    for n in range(4):
        stage.comp.UploadText("x", f"b{n}")
    stage.until(watch, "all done")
    assert most == 1


def test_cancel_transfers_ends_what_waits(stage: Stage, own_storage: StorageEmulator) -> None:
    own_storage.inject("POST /upload", "delay", delay_s=0.3, times=0)
    stage.set(Maxconcurrent=1)
    stage.host.frame(3)
    keys = [stage.comp.UploadText("x", f"a{n}") for n in range(4)]
    running(stage, keys[0])
    stage.comp.par.Canceltransfers.pulse()
    ended = stage.ended(*keys)
    assert [each["status"] for each in ended] == ["complete", "cancelled", "cancelled", "cancelled"]
    assert [call[4] for call in stage.called("complete")].count(False) == 3


def test_running_transfers_can_be_cancelled(stage: Stage, own_storage: StorageEmulator) -> None:
    own_storage.inject("POST /upload", "hang", times=0)
    keys = [stage.comp.UploadText("x", f"a{n}") for n in range(5)]
    running(stage, *keys[:3])
    assert stage.comp.CancelTransfer(keys[1]) is True
    stage.ended(keys[1])
    stage.comp.CancelTransfers(include_active=True)
    assert {each["status"] for each in stage.ended(*keys)} == {"cancelled"}
    assert stage.comp.CancelTransfer(keys[1]) is False
    assert stage.status["active_transfers"] == "0"
    own_storage.clear_faults()
    assert stage.bucket.names() == []


# Reset ----------------------------------------------------------------------------------------------------------------


def test_reset_asks_then_empties_all_and_tells_every_end(stage: Stage, own_storage: StorageEmulator) -> None:
    own_storage.inject("POST /upload", "hang", times=0)
    keys = [stage.comp.UploadText("x", f"a{n}") for n in range(6)]
    running(stage, *keys[:3])
    stage.host.answers.append(0)
    stage.comp.Reset()
    assert len(stage.transfers()) == 6
    stage.host.answers.append(1)
    stage.comp.Reset()
    assert stage.transfers() == []
    assert stage.status["state"] == "disconnected"
    stage.until(lambda: len(stage.called("complete")) == 6, "every end told")
    assert {call[4] for call in stage.called("complete")} == {False}
    assert stage.transfers() == []
    own_storage.clear_faults()
    key = stage.comp.UploadText("after", "after")
    stage.connected().completed(key)
    assert [row["transfer_id"] for row in stage.transfers()] == [key]
    assert stage.bucket.get("media/after") == b"after"


def test_reset_is_remembered_across_a_restart(open_stage: Any) -> None:
    stage = open_stage()
    stage.comp.UploadText("x", "x")
    stage.host.answers.append(1)
    stage.comp.Reset()
    stage.host.frame(5)
    stage.host.close()
    again = open_stage().connected()
    again.host.frame(10)
    assert again.transfers() == []
    assert again.bucket.names() == []


# Callbacks ------------------------------------------------------------------------------------------------------------


def test_progress_is_told_at_most_ten_times_a_second(open_stage: Any, storage_proxy: Proxy) -> None:
    stage = open_stage(realtime=True)
    stage.bucket.put("media/a", 3 << 20)
    stage.connected(storage_proxy.host)
    storage_proxy.throttle(3 << 20)
    times: list[float] = []
    stage.callbacks.module.onTransferProgress = lambda *args: times.append(time.monotonic())
    key = stage.comp.Download("a")
    shown: list[float] = []

    def watch() -> bool:
        row = stage.row(key)
        shown.append(float(row["progress"]))
        return row["status"] == "complete"

    stage.until(watch, "complete")
    assert len(times) >= 2
    assert all(later - earlier > 0.09 for earlier, later in itertools.pairwise(times))
    assert shown == sorted(shown)
    assert any(0 < value < 1 for value in shown)


def test_progress_callback_has_the_documented_arguments(open_stage: Any, storage_proxy: Proxy) -> None:
    stage = open_stage()
    stage.bucket.put("media/a", 2 << 20)
    stage.connected(storage_proxy.host)
    storage_proxy.throttle(6 << 20)
    key = stage.comp.Download("a")
    stage.completed(key)
    calls = stage.called("progress")
    assert calls
    for call in calls:
        assert call[:4] == (key, "download", "media/a", (stage.assets / "a").as_posix())
        assert 0 < call[4] <= call[5] == 2 << 20


def test_error_in_a_callback_is_a_warning_and_stops_nothing(stage: Stage) -> None:
    stage.callbacks.text = "def onTransferComplete(*args):\n    raise ValueError('mine')\n"
    stage.completed(stage.comp.UploadText("a", "a"), stage.comp.UploadText("b", "b"))
    assert len([line for line in stage.log("WARNING") if "ValueError: mine" in line]) == 2


def test_callback_may_ask_for_more(stage: Stage) -> None:
    """What a user does: download what has just gone up, from inside the callback."""
    stage.callbacks.text = (
        "def onTransferComplete(key, kind, remote, local, success, error):\n"
        "    if kind == 'upload':\n"
        "        op('storage').Download('/' + remote, 'again.txt')\n"
    )
    stage.comp.UploadText("round trip", "a.txt")
    stage.until((stage.assets / "again.txt").exists, "downloaded again")
    assert (stage.assets / "again.txt").read_bytes() == b"round trip"


def test_callback_may_reset_and_destroy(stage: Stage) -> None:
    stage.callbacks.text = "def onTransferComplete(*args):\n    op('storage').destroy()\n"
    comp = stage.comp
    for n in range(5):
        comp.UploadText("x", f"{n}")
    stage.until(lambda: not comp.valid, "gone")
    stage.host.frame(5)


# Threads --------------------------------------------------------------------------------------------------------------


REFUSALS = {
    "Upload": "", "UploadText": "", "Download": "", "Delete": "", "ListFiles": "", "GetMetadata": "",
    "GetPublicUrl": "", "GetSignedUrl": "", "CancelTransfers": None, "CancelTransfer": False, "GetTransfer": None,
}  # fmt: skip


def test_method_called_off_the_main_thread_is_refused(stage: Stage) -> None:
    arguments = {"UploadText": ("x", "a"), "CancelTransfers": ()}
    functions = {name: getattr(stage.comp.ext.StorageExt, name) for name in REFUSALS}
    answers: dict[str, Any] = {}

    def call_all() -> None:
        for name, function in functions.items():
            answers[name] = function(*arguments.get(name, ("a",)))

    thread = threading.Thread(target=call_all)
    thread.start()
    thread.join(10)
    assert answers == REFUSALS
    stage.until(lambda: len([line for line in stage.log("ERROR") if "off the main" in line]) == len(REFUSALS), "told")
    assert stage.transfers() == []


# TouchDesigner's doings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unknowns", [None, *Unknowns.combined()], ids=str)
def test_reinitialised_extension_takes_running_work_up_again(
    open_stage: Any, own_storage: StorageEmulator, unknowns: Any
) -> None:
    stage = open_stage(unknowns=unknowns).connected()
    own_storage.inject("POST /upload", "delay", delay_s=0.2, times=3)
    keys = [stage.comp.UploadText(f"text {n}", f"{n}") for n in range(5)]
    running(stage, keys[0])
    stage.comp.par.reinitextensions.pulse()
    stage.host.frame(3)
    stage.comp.GetStatus()
    stage.until(lambda: len(stage.bucket.names()) == 5, "all there")
    stage.until(lambda: all(row["status"] == "complete" for row in stage.transfers()), "all told")
    assert sorted(stage.bucket.names()) == [f"media/{n}" for n in range(5)]
    assert {call[0] for call in stage.called("complete")} == set(keys)


def test_edited_source_takes_running_work_up_again(stage: Stage, own_storage: StorageEmulator) -> None:
    """A recompiled module loses its globals under its running threads."""
    own_storage.inject("POST /upload", "delay", delay_s=0.2, times=3)
    keys = [stage.comp.UploadText(f"text {n}", f"{n}") for n in range(5)]
    running(stage, keys[0])
    dat = stage.comp.op("local/modules/tdg_work_upload")
    dat.text += "\n# edited\n"
    stage.host.frame(3)
    stage.comp.GetStatus()
    stage.until(lambda: len(stage.bucket.names()) == 5, "all there")
    stage.until(lambda: all(row["status"] == "complete" for row in stage.transfers()), "all told")
    assert keys


def test_copies_live_side_by_side(stage: Stage) -> None:
    copy = stage.host.op("/project1").copy(stage.comp, name="second")
    stage.host.frame(3)
    copy.par.Remotepath = "copy/"
    copy.Connect()
    stage.until(lambda: copy.GetStatus()["state"] == "connected", "the copy connected")
    key = stage.comp.UploadText("first", "a")
    other = copy.UploadText("second", "a")
    stage.completed(key)
    stage.until(lambda: (copy.GetTransfer(other) or {}).get("status") == "complete", "the copy's upload")
    assert stage.bucket.names() == ["copy/a", "media/a"]
    assert len(stage.transfers()) == 1


def test_saved_project_carries_no_transfers(stage: Stage) -> None:
    stage.completed(stage.comp.UploadText("x", "x"))
    stage.host.save()
    assert len(stage.transfers()) == 1, "the table is filled again after the save"
    saved = stage.host.load_saved(stage.host.save_tox(stage.comp, stage.assets / "saved"), name="loaded")
    stage.host.frame(3)
    assert saved.op("transfers").numRows == 1


def test_table_survives_what_hands_do_to_it(stage: Stage) -> None:
    keys = [stage.comp.UploadText("x", f"{n}") for n in range(3)]
    stage.completed(*keys)
    table = stage.comp.op("transfers")
    table.deleteRow(1)
    key = stage.comp.UploadText("y", "y")
    stage.completed(key)
    assert stage.row(key)["status"] == "complete"
    table.clear()
    key = stage.comp.UploadText("z", "z")
    stage.completed(key)
    assert stage.comp.GetTransfer(key)["status"] == "complete"


def test_paused_timeline_and_lost_hooks_stop_nothing(stage: Stage) -> None:
    stage.host.paused = True
    stage.completed(stage.comp.UploadText("a", "a"))
    stage.host.kill_hooks()
    stage.completed(stage.comp.UploadText("b", "b"))


def test_other_bucket_and_paths_count_from_the_next_call(stage: Stage, own_storage: StorageEmulator) -> None:
    stage.set(Remotepath="elsewhere", Localpath="other")
    (stage.assets.parent / "other").mkdir()
    (stage.assets.parent / "other/a.txt").write_bytes(b"other")
    key = stage.comp.Upload("a.txt")
    stage.completed(key)
    assert stage.bucket.names() == ["elsewhere/a.txt"]


def test_wrong_bucket_is_an_error_that_says_what_to_do(open_stage: Any) -> None:
    stage = open_stage(bucket="no-such-bucket", Autoconnect=False)
    stage.set(Emulatorhost=stage.server)
    stage.comp.Connect()
    stage.until(lambda: stage.status["state"] == "error", "error")
    assert "no-such-bucket" in stage.status["last_error"]
    assert "Bucket Name" in stage.status["last_error"]
    assert stage.status["circuit"] == "closed"


# Cost -----------------------------------------------------------------------------------------------------------------


def test_old_transfers_leave_the_table(stage: Stage) -> None:
    module = stage.module("tdg_td_transfers")
    module.MOST_ENDED, module._ENDED_BATCH = 20, 5
    stage.set(Maxconcurrent=8)
    keys = [stage.comp.UploadText("x", f"{n}") for n in range(60)]
    stage.until(lambda: (stage.comp.GetTransfer(keys[-1]) or {}).get("status") == "complete", "complete")
    stage.until(lambda: len(stage.called("complete")) == 60, "all told")
    assert 20 <= len(stage.transfers()) < 25
    assert stage.comp.GetTransfer(keys[0]) is None
    assert stage.row(keys[-1])["status"] == "complete"


def test_idle_component_touches_nothing(stage: Stage) -> None:
    for n in range(30):
        stage.comp.UploadText("x", f"{n}")
    stage.until(lambda: all(row["status"] == "complete" for row in stage.transfers()), "complete")
    stage.host.frame(5)
    table, status = stage.comp.op("transfers"), stage.comp.op("status")
    before = (table.totalCooks, status.totalCooks) if hasattr(table, "totalCooks") else None
    stage.host.frame(60)
    assert before == ((table.totalCooks, status.totalCooks) if hasattr(table, "totalCooks") else None)
