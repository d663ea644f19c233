"""Rows 76 and 77 of the API sheet, section 11, and section 9: dialogs, project, application."""

import threading
from pathlib import Path
from typing import Any

import pytest

from headless_td import CLOSED, Host, Question, UnexpectedQuestionError, tdAttributeError, tdError


def ask(host: Host, buttons: tuple[str, ...] = ("Cancel", "Install")) -> int:
    return host.ui.messageBox("Packages", "Install them?", buttons=list(buttons))


def test_scripted_answers(host: Host) -> None:
    """Row 76: a button by its label or index, a check of the question, a function; all are kept."""
    host.answers.extend(["Install", 0, ("Packages", "Install"), lambda title, message, labels: len(labels) - 1])
    assert [ask(host) for _ in range(4)] == [1, 0, 1, 1]
    assert host.questions[0] == Question("Packages", "Install them?", ("Cancel", "Install"), 1)


@pytest.mark.parametrize("value", [0, -1])
def test_closed_dialog(open_host: Any, value: int) -> None:
    """Row 76: what closing the window returns is a switch."""
    host = open_host(closed_dialog=value)
    host.answers.append(CLOSED)
    assert ask(host) == value


@pytest.mark.parametrize("answers", [[], ["Yes"], [("Something else", "Cancel")]])
def test_unexpected_question_fails_the_run(run_fails: Any, answers: list[Any]) -> None:
    """Row 76: even if the component swallows what it raises."""
    with run_fails("Packages") as host:
        host.answers.extend(answers)
        with pytest.raises(UnexpectedQuestionError):
            ask(host)


def test_file_dialogs(host: Host) -> None:
    """Section 9: a path, or None for a cancelled dialog."""
    host.ui.chosen.extend(["/tmp/key.json", None])
    assert host.ui.chooseFile(title="Key") == "/tmp/key.json"
    assert host.ui.chooseFolder("Folder") is None
    host.expect("unexpected file dialog: Key")
    with pytest.raises(UnexpectedQuestionError):
        host.ui.chooseFile(title="Key")


def test_rest_of_ui(host: Host) -> None:
    """Section 9: what is viewed is noted; unknown members raise."""
    host.ui.viewFile("https://example.org")
    host.ui.status = "ready"
    host.ui.undo.startBlock("x")
    assert (host.ui.viewed, host.ui.status) == (["https://example.org"], "ready")
    with pytest.raises(tdAttributeError):
        _ = host.ui.nonsense
    with pytest.raises(tdAttributeError):
        host.ui.nonsense = 1


def test_save_as_changes_the_folder(host: Host, tmp_path: Path) -> None:
    """Row 77."""
    before = host.project.folder
    (tmp_path / "elsewhere").mkdir()
    host.project.save(str(tmp_path / "elsewhere" / "show.toe"))
    assert host.project.folder == (tmp_path / "elsewhere").as_posix()
    assert host.project.name == "show.toe"
    assert host.project.folder != before
    assert host.tdu.expandPath("cache") == f"{host.project.folder}/cache"
    with pytest.raises(tdAttributeError):
        _ = host.project.dirty


def test_saving_what_cannot_be_pickled(host: Host) -> None:
    """Section 1.6: the save names the operator and the key."""
    host.op("/project1").store("lock", threading.Lock())
    with pytest.raises(tdError, match=r"/project1.*'lock'"):
        host.save()


def test_app(host: Host) -> None:
    """Section 9: version is the branch, build is what counts."""
    assert host.app.version == "099"
    assert host.app.build.startswith("2025.")
    assert Path(host.app.pythonExecutable).exists()
    assert Path(host.app.preferencesFolder).is_relative_to(host.project.folder)


def test_tdu(host: Host) -> None:
    """Section 1.4 and 9."""
    tdu = host.tdu
    assert tdu.validName("a#bc def/x") == "a_bc_def_x"
    assert tdu.validPath("a b/c d") == "a_b/c_d"
    assert tdu.clamp(5, 0, 1) == 1
    assert tdu.remap(5, 0, 10, 0, 1) == 0.5
    assert (tdu.base("log12"), tdu.digits("log12"), tdu.digits("log")) == ("log", 12, None)
    assert tdu.match("a*", ["a1", "b"]) == ["a1"]
    assert tdu.rand(1) == tdu.rand(1)
    assert tdu.expandPath("/abs/x") == "/abs/x"
    assert tdu.expandPath("app://x").endswith("/x")
    assert tdu.collapsePath(f"{host.project.folder}/a/b") == "a/b"
    seen: list[Any] = []
    dependency = tdu.Dependency([1])
    dependency.callbacks.append(lambda info: seen.append(info["prevVal"]))
    dependency.val = [2]
    dependency.modified()
    assert (dependency.peekVal, seen) == ([2], [[1], [2]])


def test_tops_and_chops(host: Host) -> None:
    """Operators of recipes: a picture as bytes, channels of a constant."""
    project = host.op("/project1")
    top = project.create("constantTOP", "picture")
    assert top.saveByteArray(".jpg").startswith(b"\xff\xd8")
    assert top.saveByteArray(".png").startswith(b"\x89PNG")
    assert top.width == 256
    chop = project.create("constantCHOP", "values")
    chop.par.const0name, chop.par.const0value = "speed", 2
    assert float(chop["speed"]) == 2.0
    assert chop["nothing"] is None
