"""Connecting as a user of a built component sees it."""

import threading
import time
from typing import Any

import firebase_admin
import pytest

from probe_fixtures import OpenShow, Show


def test_connect_returns_at_once_and_connected_means_the_server_has_answered(show: Show) -> None:
    show.hold()
    assert show.state == "connecting"
    assert show.status["connected_at"] == ""
    show.host.frame(5)
    assert show.states == ["connecting"]
    show.server.answers.set()
    show.wait("connected")
    assert show.events == [("connecting", ""), ("connected", "")]
    assert show.status["connected_at"]


def test_without_anything_to_connect_with_it_says_what_to_set(show: Show) -> None:
    show.comp.Connect()
    show.host.frame()
    assert show.state == "error"
    assert "Private Key File" in show.status["last_error"]
    assert show.events[-1] == ("error", show.status["last_error"])
    assert show.status["circuit"] == "closed"


def test_a_fresh_component_without_settings_is_quietly_disconnected(show: Show) -> None:
    show.host.frame(30)
    assert show.status["state"] == "disconnected"
    assert show.events == []
    assert show.log() == []


def test_auto_connect_connects_when_there_is_something_to_connect_with(show: Show) -> None:
    show.set(Emulatorhost=show.server.host)
    show.wait("connected")


def test_without_auto_connect_nothing_happens_until_connect(show: Show) -> None:
    show.set(Autoconnect=False)
    show.host.frame(3)
    show.set(Emulatorhost=show.server.host)
    show.host.frame(10)
    assert show.state == "disconnected"
    show.comp.Connect()
    show.wait("connected")


def test_turning_auto_connect_on_connects(show: Show) -> None:
    show.set(Autoconnect=False)
    show.host.frame(3)
    show.set(Emulatorhost=show.server.host)
    show.host.frame(3)
    show.set(Autoconnect=True)
    show.wait("connected")


def test_parameters_set_in_the_same_frame_as_connect_count(show: Show) -> None:
    show.set(Autoconnect=False)
    show.host.frame(3)
    show.set(Emulatorhost=show.server.host, Target="now")
    show.comp.Connect()
    show.wait("connected")
    assert show.server.asked == ["now"]


def test_disconnect_keeps_what_is_there(show: Show) -> None:
    show.connect()
    show.comp.Note("kept")
    show.until(lambda: show.status["notes"] == "1")
    show.comp.Disconnect()
    show.wait("disconnected")
    assert show.status["notes"] == "1"
    assert show.states == ["connecting", "connected", "disconnected"]


def test_connecting_and_disconnecting_twice_is_once(show: Show) -> None:
    show.set(Emulatorhost=show.server.host)
    for _ in range(3):
        show.comp.Connect()
    show.wait("connected")
    show.comp.Connect()
    for _ in range(3):
        show.comp.Disconnect()
    show.host.frame(5)
    assert show.states == ["connecting", "connected", "disconnected"]
    assert len(show.server.asked) == 1


# In the middle of a connect -------------------------------------------------------------------------------------------


def nothing_left() -> bool:
    return not firebase_admin._apps


def test_disconnect_during_a_connect_ends_clean(show: Show) -> None:
    show.hold()
    assert show.apps_are("td_probe")
    show.comp.Disconnect()
    show.wait("disconnected")
    show.server.answers.set()
    show.until(nothing_left, "the app closed")
    show.host.frame(5)
    assert show.states == ["connecting", "disconnected"]


def test_reset_then_connect_works(show: Show) -> None:
    show.hold()
    show.comp.Note("to be forgotten")
    show.host.answers.append("Reset")
    show.comp.Reset()
    show.comp.Connect()
    show.server.answers.set()
    show.wait("connected")
    show.comp.Note("kept")
    show.until(lambda: show.comp.ext.ProbeExt.kept == ["kept"])
    assert show.one_app()


def test_a_reset_that_is_not_confirmed_changes_nothing(show: Show) -> None:
    show.connect()
    for answer in ("Cancel", 0):
        show.host.answers.append(answer)
        show.comp.Reset()
    show.host.frame(5)
    assert show.state == "connected"
    assert all(question.buttons[0] == "Cancel" for question in show.host.questions)


def test_a_key_changed_twice_in_a_second_ends_with_the_last_one(show: Show) -> None:
    show.connect(Target="first")
    show.server.answers.clear()
    show.set(Target="second")
    show.until(lambda: "second" in show.server.asked)
    show.set(Target="third")
    show.until(lambda: "third" in show.server.asked)
    show.server.answers.set()
    show.wait("connected")
    show.until(show.one_app, "one app")
    show.host.frame(5)
    assert show.server.asked == ["first", "second", "third"]
    assert show.states == ["connecting", "connected"] + ["disconnected", "connecting"] * 2 + ["connected"]


def test_a_change_there_and_back_in_one_frame_is_no_change(show: Show) -> None:
    show.connect(Target="first")
    show.set(Target="second")
    show.set(Target="first")
    show.host.frame(5)
    assert show.server.asked == ["first"]
    assert show.state == "connected"


# Failures and reconnecting -------------------------------------------------------------------------------------------


def test_a_server_in_trouble_is_tried_again_until_it_answers(show: Show) -> None:
    show.server.status = 503
    show.set(Backoffmax=0.05, Emulatorhost=show.server.host)
    show.wait("reconnecting")
    show.until(lambda: len(show.server.asked) >= 3, "three attempts")
    assert show.status["last_error"]
    show.server.status = 200
    show.wait("connected")
    assert show.status["last_error"] == ""
    assert show.status["circuit"] == "closed"
    assert show.states == ["connecting", "reconnecting", "connected"]


def test_the_circuit_opens_lets_one_probe_through_and_closes(show: Show) -> None:
    show.server.status = 503
    show.set(Backoffmax=0.0, Circuitfailurethreshold=2, Circuittimeout=0.4, Emulatorhost=show.server.host)
    show.until(lambda: show.status["circuit"] == "open", "an open circuit")
    asked = len(show.server.asked)
    assert asked == 2
    assert show.comp.ext.ConnectionExt.GetState() == "open"
    assert not show.comp.ext.ConnectionExt.CanAttempt()
    show.until(lambda: len(show.server.asked) == asked + 1, "the probe")
    show.server.status = 200
    show.wait("connected")
    assert show.status["circuit"] == "closed"


def test_a_refusal_waits_for_a_person_and_counts_for_nothing(show: Show) -> None:
    show.server.status = 403
    show.set(Backoffmax=0.0, Circuitfailurethreshold=1, Emulatorhost=show.server.host)
    show.wait("error")
    show.host.frame(30)
    assert len(show.server.asked) == 1
    assert show.status["circuit"] == "closed"
    assert show.status["last_error"] == "The probe was refused root: said."
    show.server.status = 200
    show.comp.Connect()
    show.wait("connected")


def test_without_auto_connect_a_failure_is_an_error_and_no_further_attempt(show: Show) -> None:
    show.server.status = 503
    show.set(Autoconnect=False, Backoffmax=0.0)
    show.host.frame(3)
    show.set(Emulatorhost=show.server.host)
    show.comp.Connect()
    show.wait("error")
    show.host.frame(20)
    assert len(show.server.asked) == 1


def test_the_same_failure_again_and_again_is_one_line_in_the_log(show: Show) -> None:
    show.server.status = 503
    show.set(Backoffmax=0.0, Circuitfailurethreshold=1000, Emulatorhost=show.server.host)
    show.until(lambda: len(show.server.asked) >= 20, "twenty attempts")
    assert len(show.log()) <= 3
    assert len(show.events) == 2


# From outside ---------------------------------------------------------------------------------------------------------


def test_a_method_called_in_a_thread_is_refused_in_its_usual_shape(show: Show) -> None:
    show.connect()
    extension = show.comp.ext.ProbeExt
    answers: dict[str, Any] = {}

    def call() -> None:
        answers["note"] = extension.Note("x")
        answers["status"] = extension.GetStatus()
        answers["logs"] = extension.GetLogs()
        answers["connect"] = extension.Connect()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert answers == {"note": "", "status": {}, "logs": [], "connect": None}
    show.until(lambda: len(show.log("ERROR")) == 4, "four refusals in the log")
    assert "Note() was called off the main thread" in show.log("ERROR")[0]


def test_copies_live_side_by_side(show: Show) -> None:
    show.connect()
    copy = show.host.op("/project1").copy(show.comp)
    copy.par.Emulatorhost = show.server.host
    copy.Connect()
    show.until(lambda: copy.GetStatus()["state"] == "connected", "the copy connected")
    assert show.apps_are("td_probe", "td_probe1")
    copy.Disconnect()
    show.host.frame(5)
    assert show.state == "connected"


def test_two_components_of_one_name_have_apps_of_their_own(open_show: OpenShow) -> None:
    show = open_show()
    show.connect()
    inner = show.host.op("/project1").create("baseCOMP", "inner")
    other = show.host.load_tox(show.tox, inner.path)
    other.par.Emulatorhost = show.server.host
    show.until(lambda: other.GetStatus().get("state") == "connected", "the other one connected")
    assert show.apps_are("td_probe", "td_probe_2")


def test_a_paused_timeline_stops_nothing(show: Show) -> None:
    show.host.paused = True
    show.connect()
    show.comp.Disconnect()
    show.wait("disconnected")


def test_with_three_frames_a_second_it_connects_all_the_same(show: Show) -> None:
    show.host.hidden = True
    show.connect()


def test_status_is_written_only_when_it_changes(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    show.connect()
    show.host.frame(3)
    table = show.comp.op("status")
    before = table.numRows, show.status
    writes: list[Any] = []
    watcher = show.host.op("/project1").create("datexecuteDAT", "watcher")
    watcher.text = "CHANGES = []\ndef onTableChange(dat, prevDAT=None, info=None):\n    CHANGES.append(1)\n"
    watcher.par.dat = table.path
    watcher.par.tablechange = True
    show.host.frame(30)
    assert (table.numRows, show.status) == before
    assert writes == watcher.module.CHANGES
    show.comp.Disconnect()
    show.host.frame(5)
    assert watcher.module.CHANGES


def test_waiting_takes_no_time_of_the_main_thread(show: Show) -> None:
    """While the server lets the component wait, its frames cost next to nothing."""
    show.hold()
    show.host.frame_costs.clear()
    started = time.perf_counter()
    show.host.frame(300)
    spent = sum(sum(cost.by_component.values()) for cost in show.host.frame_costs) / 1000
    assert spent < max(0.3, (time.perf_counter() - started) / 2)
