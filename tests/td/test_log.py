"""Where log lines and the status go, and that nothing a user does with them breaks anything."""

from typing import Any

import pytest

from headless_td import Unknowns
from probe_fixtures import OpenShow, Show


def rows(dat: Any) -> list[list[str]]:
    return [[cell.val for cell in row] for row in dat.rows()]


def write(show: Show, level: str, message: str) -> None:
    show.comp.ext.ProbeExt.log.write(level, message)


def test_an_entry_goes_to_ring_textport_and_fifo(show: Show) -> None:
    write(show, "WARNING", "look at this")
    (entry,) = show.comp.GetLogs()
    assert (entry["id"], entry["level"], entry["message"]) == (1, "WARNING", "look at this")
    assert entry["frame"] == int(show.host.abs_time.frame)
    assert entry["timestamp"][:4].isdigit()
    assert "[probe] WARNING look at this" in str(show.host.textport)
    assert rows(show.comp.op("log"))[-1] == ["1", entry["timestamp"], str(entry["frame"]), "WARNING", "look at this"]


def test_debug_is_in_the_ring_only(show: Show) -> None:
    write(show, "DEBUG", "details")
    assert [entry["message"] for entry in show.comp.GetLogs("DEBUG")] == ["details"]
    assert "details" not in str(show.host.textport)
    assert len(rows(show.comp.op("log"))) == 1


def test_get_logs_filters_by_level_and_gives_the_newest_last(show: Show) -> None:
    for number in range(60):
        write(show, "ERROR" if number % 2 else "INFO", str(number))
    assert [entry["message"] for entry in show.comp.GetLogs(level="ERROR", limit=2)] == ["57", "59"]
    assert len(show.comp.GetLogs()) == 50
    assert show.comp.GetLogs()[-1]["message"] == "59"


def test_the_fifo_holds_two_hundred_lines_and_the_ring_five_hundred(show: Show) -> None:
    for number in range(700):
        write(show, "INFO", f"line {number}")
    assert len(show.comp.GetLogs(None, 1000)) == 500
    lines = rows(show.comp.op("log"))
    assert len(lines) <= 201
    assert lines[-1][4] == "line 699"


def test_a_flood_does_not_bury_the_textport(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    for number in range(500):
        write(show, "INFO", f"line {number}")
    clock[0] += 1
    write(show, "INFO", "afterwards")
    printed = [line for line in str(show.host.textport).splitlines() if line.startswith("[probe]")]
    assert len(printed) == 102
    assert printed[-2:] == ["[probe] and 400 more lines, see GetLogs()", "[probe] INFO afterwards"]


@pytest.mark.parametrize("kind", ["fifoDAT", "tableDAT", "textDAT"])
@pytest.mark.parametrize("unknowns", [Unknowns.default(), Unknowns.all_alternatives(1)], ids=str)
def test_an_external_log_dat_of_any_kind_gets_every_entry(open_show: OpenShow, kind: str, unknowns: Unknowns) -> None:
    show = open_show(unknowns)
    dat = show.host.op("/project1").create(kind, "my_log")
    show.comp.par.Logop = "my_log"
    write(show, "INFO", "one")
    write(show, "INFO", "two")
    if kind == "textDAT":
        assert [line.split("\t")[-1] for line in dat.text.splitlines()] == ["one", "two"]
    else:
        assert [row[-1] for row in rows(dat)][-2:] == ["one", "two"]
        assert rows(dat)[0] == ["id", "timestamp", "frame", "level", "message"]


def test_an_external_log_dat_that_goes_away_or_makes_no_sense_is_no_trouble(show: Show) -> None:
    dat = show.host.op("/project1").create("tableDAT", "my_log")
    show.comp.par.Logop = "my_log"
    dat.destroy()
    write(show, "INFO", "nobody listens")
    show.comp.par.Logop.expr = "op('nowhere').par.x"
    write(show, "INFO", "a broken expression")
    show.comp.par.Logop = show.comp.op("log").path
    write(show, "INFO", "its own log")
    assert [row[4] for row in rows(show.comp.op("log"))].count("its own log") == 1
    assert len(show.comp.GetLogs()) == 3


def test_an_external_log_dat_that_cannot_be_written_to_is_told_once(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.host.op("/project1").create("tableDAT", "my_log")
    show.comp.par.Logop = "my_log"
    module = show.comp.op("local/modules/tdg_td_log").module

    def refuse(dat: Any, row: Any) -> None:
        raise module.td.tdError("This DAT is not editable.")

    monkeypatch.setattr(module, "_append", refuse)
    for number in range(5):
        write(show, "INFO", str(number))
    assert len([line for line in show.log("WARNING") if "External Log DAT" in line]) == 1


def test_a_status_table_that_the_user_has_cut_or_cleared_is_written_again(show: Show) -> None:
    show.connect()
    edit = show.host.user_edit(show.comp.op("status"))
    edit.clear()
    show.comp.Disconnect()
    show.host.frame(3)
    assert show.status["state"] == "disconnected"
    assert list(show.status) == ["state", "circuit", "last_error", "notes", "connected_at", "target"]


def test_get_status_is_the_row(show: Show) -> None:
    show.connect()
    show.host.frame(2)
    assert show.comp.GetStatus() == show.status


# Callbacks ------------------------------------------------------------------------------------------------------------


def test_an_error_in_a_callback_is_a_warning_with_its_line_and_stops_nothing(show: Show) -> None:
    show.callbacks.text = "def onConnectionStateChange(state, error):\n    1 / 0\n"
    show.connect()
    (line, _) = show.log("WARNING")
    assert "onConnectionStateChange in /project1/heard, line 2 raised ZeroDivisionError" in line


@pytest.mark.parametrize("text", ["def broken(:\n", "raise RuntimeError('at import')\n", "exit()\n"])
def test_callbacks_that_do_not_compile_are_told_once(show: Show, text: str) -> None:
    show.host.allow(".*")
    show.callbacks.text = text
    show.connect()
    show.comp.Disconnect()
    show.host.frame(5)
    assert show.state == "disconnected"
    assert len([line for line in show.log("WARNING") if "/project1/heard" in line]) == 1


def test_a_callbacks_dat_that_is_deleted_is_no_trouble(show: Show) -> None:
    show.callbacks.destroy()
    show.connect()
    assert show.log("WARNING") == []


def test_a_callback_may_do_anything_with_its_component(show: Show) -> None:
    show.callbacks.text = (
        "def onConnectionStateChange(state, error):\n"
        "    if state == 'connected':\n        op('probe').Disconnect()\n"
        "    if state == 'disconnected':\n        me.destroy()\n"
    )
    show.set(Emulatorhost=show.server.host)
    show.until(lambda: not show.callbacks.valid, "the callbacks gone")
    show.host.frame(3)
    assert show.state == "disconnected"


def test_a_callback_may_delete_its_component(show: Show) -> None:
    show.callbacks.text = "def onConnectionStateChange(state, error):\n    op('probe').destroy()\n"
    show.set(Emulatorhost=show.server.host)
    show.until(lambda: not show.comp.valid, "the component gone")
    show.host.frame(5)


def test_create_makes_a_dat_with_every_stub_and_leaves_an_existing_one_alone(show: Show) -> None:
    show.comp.par.Callbacksdat = ""
    show.comp.CreateCallbacksDat()
    made = show.host.op("/project1/probe_callbacks")
    assert "def onConnectionStateChange(state, error):" in made.text
    assert show.comp.par.Callbacksdat.eval() == made
    made.text = "# mine\n"
    show.comp.CreateCallbacksDat()
    show.comp.par.Callbacksdat = ""
    show.comp.CreateCallbacksDat()
    assert made.text == "# mine\n"
    assert show.comp.par.Callbacksdat.eval() == made
    show.comp.destroy()
    assert made.valid  # the user's own work stays


def test_create_finds_another_name_where_something_else_has_it(show: Show) -> None:
    show.comp.par.Callbacksdat = ""
    show.host.op("/project1").create("baseCOMP", "probe_callbacks")
    show.comp.CreateCallbacksDat()
    assert show.comp.par.Callbacksdat.eval().name == "probe_callbacks1"
