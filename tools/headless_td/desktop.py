"""`ui`, `app`, `project`, `absTime`: what surrounds the network. Thread: main only.

Source: API sheet 9 and rows 75 to 77.
"""

import re
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headless_td import threads
from headless_td.errors import UnexpectedQuestionError, tdAttributeError

if TYPE_CHECKING:
    from headless_td.host import Host

CLOSED = "the dialog's window is closed"
"""An answer: the user closes the dialog by its window button."""

Answer = int | str | tuple[str, int | str] | Callable[[str, str, Sequence[str]], int | str]


@dataclass(frozen=True, slots=True)
class Question:
    """A dialog that was shown, and what the user chose."""

    title: str
    message: str
    buttons: tuple[str, ...]
    answer: int


class Guarded:
    """Attributes exist as declared, are reached on the main thread only, and cannot be invented."""

    _host: "Host"

    def __init__(self, host: "Host") -> None:
        object.__setattr__(self, "_host", host)

    def __getattribute__(self, name: str) -> Any:
        if not threads.on_main_thread():
            threads.conflict(f"{type(self).__name__.lower()}.{name}")
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        raise tdAttributeError(f"'{type(self).__name__.lower()}' has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if not threads.on_main_thread():
            threads.conflict(f"{type(self).__name__.lower()}.{name}")
        if not hasattr(type(self), name):
            raise tdAttributeError(f"'{type(self).__name__.lower()}' has no attribute '{name}'")
        object.__setattr__(self, name, value)


class Undo(Guarded):
    """`ui.undo`: blocks are accepted and mean nothing here."""

    def startBlock(self, name: str, enable: bool = True) -> None:
        """Begin a block."""

    def endBlock(self) -> None:
        """End a block."""


class UI(Guarded):
    """`ui`: dialogs are answered by the script of the run."""

    status = ""
    clipboard = ""
    performMode = False

    def __init__(self, host: "Host") -> None:
        super().__init__(host)
        object.__setattr__(self, "viewed", [])
        object.__setattr__(self, "chosen", deque())

    viewed: list[str]
    chosen: deque[str | None]

    @property
    def undo(self) -> Undo:
        """Undo blocks."""
        return Undo(self._host)

    def messageBox(self, title: str, message: str, buttons: Sequence[Any] = ("Ok",)) -> int:
        """Ask the user; the index of the button."""
        host = self._host
        labels = [str(label) for label in buttons]
        text = f"{title}: {message} {labels}"
        if not host.answers:
            host.problem("question", f"unexpected question: {text}")
            raise UnexpectedQuestionError(f"Nobody answers: {text}")
        index = self._answer(host.answers.popleft(), str(title), str(message), labels)
        host.questions.append(Question(str(title), str(message), tuple(labels), index))
        return index

    def _answer(self, answer: Answer, title: str, message: str, labels: list[str]) -> int:
        if isinstance(answer, tuple):
            pattern, answer = answer
            if not re.search(pattern, f"{title}\n{message}"):
                text = f"the next scripted answer is for {pattern!r}, but the question is: {title}: {message}"
                self._host.problem("question", text)
                raise UnexpectedQuestionError(text)
        if callable(answer):
            answer = answer(title, message, labels)
        if answer == CLOSED:
            return self._host.unknowns.closed_dialog
        if isinstance(answer, str):
            if answer not in labels:
                text = f"the scripted answer {answer!r} is no button of: {title}: {message} {labels}"
                self._host.problem("question", text)
                raise UnexpectedQuestionError(text)
            return labels.index(answer)
        assert isinstance(answer, int)
        return answer

    def chooseFile(
        self,
        load: bool = True,
        start: str | None = None,
        fileTypes: Sequence[str] | None = None,
        title: str | None = None,
        asExpression: bool = False,
    ) -> str | None:
        """The next entry of `chosen`; None is a cancelled dialog."""
        del load, start, fileTypes, asExpression
        return self._choose(title or "choose file")

    def chooseFolder(self, title: str = "", start: str | None = None, asExpression: bool = False) -> str | None:
        """The next entry of `chosen`; None is a cancelled dialog."""
        del start, asExpression
        return self._choose(title or "choose folder")

    def _choose(self, title: str) -> str | None:
        if not self.chosen:
            self._host.problem("question", f"unexpected file dialog: {title}")
            raise UnexpectedQuestionError(f"Nobody answers the dialog '{title}'")
        return self.chosen.popleft()

    def viewFile(self, url_or_path: str, showInFolder: bool = False) -> None:
        """Open in the default program: noted in `viewed`."""
        del showInFolder
        self.viewed.append(str(url_or_path))


class App(Guarded):
    """`app`."""

    version = "099"
    build = "2025.32460"
    product = "TouchDesigner"
    osName = "Linux"
    osVersion = ""
    architecture = "x86_64"
    experimental = False
    power = True
    logExtensionCompiles = False

    @property
    def pythonExecutable(self) -> str:
        """The interpreter for virtual environments and helpers."""
        return self._host.python_executable

    @property
    def tempFolder(self) -> str:
        """For scraps."""
        return Path(tempfile.gettempdir()).as_posix()

    @property
    def preferencesFolder(self) -> str:
        """Per-user settings: below the project folder, so that a run leaves nothing behind."""
        return f"{self._host.project.folder}/.preferences"

    userPaletteFolder = desktopFolder = property(lambda self: f"{self.preferencesFolder}/palette")
    installFolder = binFolder = samplesFolder = property(lambda _self: Path(sys.prefix).as_posix())


class Project(Guarded):
    """`project`."""

    name = "project.toe"
    saveVersion = "099"
    saveBuild = "2025.32460"
    saveTime = ""
    saveOSName = "Linux"
    cookRate = 60.0
    realTime = True

    def __init__(self, host: "Host", folder: Path) -> None:
        super().__init__(host)
        object.__setattr__(self, "folder", folder.as_posix())
        object.__setattr__(self, "paths", {"app": Path(sys.prefix).as_posix()})

    folder: str
    paths: dict[str, str]

    @property
    def path(self) -> str:
        """The project file."""
        return f"{self.folder}/{self.name}"

    def save(self, path: str | None = None, saveExternalToxs: bool = False) -> bool:
        """Save, or save as: the folder follows."""
        del saveExternalToxs
        self._host.save(path)
        return True

    def quit(self, force: bool = False, crash: bool = False) -> None:
        """Quit."""
        del force, crash
        self._host.quit()


class AbsTime(Guarded):
    """`absTime`: stands still while the timeline is paused."""

    @property
    def frame(self) -> int:
        """Frames played since the start."""
        return self._host.frames.number

    @property
    def seconds(self) -> float:
        """Seconds played since the start."""
        return self._host.frames.number / self._host.fps

    @property
    def step(self) -> int:
        """Frames since the last cook."""
        return 1

    @property
    def stepSeconds(self) -> float:
        """Seconds since the last cook."""
        return 1 / self._host.fps
