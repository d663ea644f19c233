"""A component that is deleted, made anew, replaced, saved or closed at any moment ends clean and goes on where it was.

The fixture counts what is left when a project is closed: threads of ours, Firebase apps, touches of TouchDesigner from
a worker, errors in callbacks. Nothing may be.
"""

from dataclasses import replace

import firebase_admin
import pytest

import layout
from emulators import FirestoreEmulator, Proxy, StorageEmulator
from headless_td import Unknowns
from probe_fixtures import OpenShow, Show

#: Answers to the unknowns that matter when something ends, each singly, and everything else at once.
UNKNOWNS = [
    Unknowns.default(),
    replace(Unknowns(), destroyed_module="cleared"),
    replace(Unknowns(), old_module="kept"),
    replace(Unknowns(), on_init="never"),
    replace(Unknowns(), on_init="next_frame"),
    replace(Unknowns(), destroy_at_exit="yes"),
    replace(Unknowns(), hook_error="hooks_stop"),
    replace(Unknowns(), start_on_load="no"),
    Unknowns.all_alternatives(1),
    Unknowns.all_alternatives(2),
    *Unknowns.conditions(),
]

every_unknown = pytest.mark.parametrize("unknowns", UNKNOWNS, ids=str)


def no_app_left(show: Show) -> None:
    show.until(lambda: not firebase_admin._apps, f"no app left, now {list(firebase_admin._apps)}")


@every_unknown
def test_deleted_in_the_middle_of_a_connect(open_show: OpenShow, unknowns: Unknowns) -> None:
    show = open_show(unknowns)
    show.hold()
    show.comp.destroy()
    show.host.frame(5)
    show.server.answers.set()
    no_app_left(show)


@every_unknown
def test_deleted_while_connected(open_show: OpenShow, unknowns: Unknowns) -> None:
    show = open_show(unknowns)
    show.connect()
    show.comp.destroy()
    no_app_left(show)


@every_unknown
def test_made_anew_in_the_middle_of_a_connect(open_show: OpenShow, unknowns: Unknowns) -> None:
    show = open_show(unknowns)
    show.hold()
    show.comp.Note("promised before")
    show.comp.par.reinitextensions.pulse()
    show.host.frame(5)
    show.server.answers.set()
    show.wait("connected")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["promised before"])
    assert show.one_app()


@every_unknown
def test_the_project_is_closed_in_the_middle_of_a_connect(open_show: OpenShow, unknowns: Unknowns) -> None:
    show = open_show(unknowns)
    show.hold()
    show.host.quit()
    show.host.frame(3)
    show.server.answers.set()


@every_unknown
def test_a_whole_life(open_show: OpenShow, unknowns: Unknowns) -> None:
    show = open_show(unknowns)
    show.connect()
    assert show.comp.Note("one") == "kept"
    show.until(lambda: show.status["notes"] == "1")
    show.comp.par.Disconnect.pulse()
    show.wait("disconnected")
    show.comp.par.Connect.pulse()
    show.wait("connected")
    show.comp.par.Target = "elsewhere"
    show.until(lambda: "elsewhere" in show.server.asked)
    show.wait("connected")
    show.comp.par.Createcallbacksdat.pulse()
    show.host.frame(5)
    show.comp.name = "renamed"
    show.host.save("saved.toe")
    show.host.answers.append("Reset")
    show.comp.par.Reset.pulse()
    show.until(lambda: show.status["notes"] == "0")
    assert show.state == "disconnected"
    copy = show.host.op("/project1").copy(show.comp)
    show.host.frame(5)
    copy.destroy()
    show.comp.destroy()
    no_app_left(show)


def test_made_anew_many_times_in_a_row_there_is_one_of_everything(show: Show) -> None:
    show.connect()
    for number in range(10):
        show.comp.Note(str(number))
        show.comp.par.reinitextensions.pulse()
        show.host.frame()
    show.wait("connected")
    show.until(lambda: show.comp.ext.ProbeExt.kept == [str(number) for number in range(10)])
    show.until(show.one_app)


def test_the_extension_s_text_is_edited_while_connecting(show: Show) -> None:
    show.hold()
    show.comp.op("ext_probe").text += "\n# edited\n"
    show.comp.GetStatus()
    show.server.answers.set()
    show.wait("connected")


def test_a_module_of_the_engine_is_edited_while_connected(show: Show) -> None:
    """Live editing: what runs goes on with the text it began with, or is started again; nothing is lost."""
    show.connect()
    show.comp.Note("before")
    show.comp.op("local/modules/tdg_work_loop").text += "\n# edited\n"
    show.comp.Note("after")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["before", "after"])
    show.wait("connected")


def test_replaced_by_another_version_it_keeps_parameters_and_promises(show: Show) -> None:
    show.connect()
    show.comp.Note("promised")
    show.host.replace_by_tox(show.comp, show.tox)
    show.host.frame(5)
    show.set(Emulatorhost=show.server.host)
    show.wait("connected")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["promised"])


def test_a_saved_project_carries_nothing_of_the_run(show: Show) -> None:
    show.server.status = 403
    show.set(Emulatorhost=show.server.host)
    show.wait("error")
    path = show.host.save("saved.toe")
    assert b"was refused root" not in path.read_bytes()
    show.host.frame(2)
    assert show.state == "error"
    assert show.status["last_error"]
    assert any("refused" in row[4].val for row in show.comp.op("log").rows())


def test_hooks_that_never_come_again_are_replaced_by_the_frame_callback(show: Show) -> None:
    show.connect()
    assert show.host.kill_hooks() > 0
    show.comp.Disconnect()
    show.comp.Connect()
    show.until(lambda: show.states[-3:] == ["disconnected", "connecting", "connected"])


# The real components --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", layout.COMPONENTS)
@pytest.mark.parametrize("end", ["disconnected", "deleted", "made anew", "closed"])
def test_a_real_component_that_ends_in_the_middle_of_a_connect(
    open_show: OpenShow,
    storage_emulator: StorageEmulator,
    firestore_emulator: FirestoreEmulator,
    bucket: str,
    name: str,
    end: str,
) -> None:
    show = open_show()
    show.comp.destroy()
    server = storage_emulator if name == "storage" else firestore_emulator
    with Proxy(server.host) as proxy:
        proxy.black_hole()
        comp = show.host.load_tox(layout.TOX / f"{name}.tox.dir")
        if name == "storage":
            comp.par.Bucket = bucket
        comp.par.Emulatorhost = proxy.host
        comp.Connect()
        show.until(lambda: firebase_admin._apps, "an attempt under way")
        if end == "disconnected":
            comp.Disconnect()
        elif end == "deleted":
            comp.destroy()
        elif end == "made anew":
            comp.par.reinitextensions.pulse()
            show.host.frame(3)
            proxy.restore()
            show.until(lambda: comp.GetStatus().get("state") == "connected", "connected")
            comp.Disconnect()
        else:
            show.host.quit()
        show.host.frame(3)
        proxy.restore()
        no_app_left(show)
