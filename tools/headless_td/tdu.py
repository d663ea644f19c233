"""The module `tdu`. Thread: main only where it looks at the project, any otherwise (but importing it is not).

Source: API sheet 1.4, 2.2, 4.5, 9.
"""

import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headless_td import threads
from headless_td.network import valid_name as _valid_name
from headless_td.patterns import matcher as _matcher


def validName(text: str) -> str:
    """`text` as a legal operator name."""
    return _valid_name(text)


def validPath(text: str) -> str:
    """`text` as a legal path: slashes stay."""
    return "/".join(_valid_name(part) if part else "" for part in text.split("/"))


def clamp(value: float, low: float, high: float) -> float:
    """`value` within bounds."""
    return max(low, min(high, value))


def remap(value: float, from1: float, from2: float, to1: float, to2: float) -> float:
    """`value` from one range to another."""
    return to1 + (value - from1) / (from2 - from1) * (to2 - to1)


def rand(seed: Any) -> float:
    """The same number between 0 and 1 for the same seed."""
    return random.Random(str(seed)).random()


def base(name: str) -> str:
    """A name without its trailing digits."""
    return name.rstrip("0123456789")


def digits(name: str) -> int | None:
    """The trailing digits of a name."""
    found = re.search(r"\d+$", name)
    return int(found[0]) if found else None


def match(pattern: str, names: list[str], caseSensitive: bool = True) -> list[str]:
    """The names that match a pattern."""
    test = _matcher(pattern, caseSensitive)
    return [name for name in names if test(name)]


def split(text: str) -> list[str]:
    """Words of a text."""
    return text.split()


def expandPath(text: str) -> str:
    """The absolute form of a path text: relative to project.folder, prefixes of project.paths replaced."""
    threads.require_main("tdu.expandPath")
    host = threads.current_host()
    text = str(text)
    prefix, mark, rest = text.partition("://")
    if mark and prefix in host.project.paths:
        text = f"{host.project.paths[prefix]}/{rest}"
    if not text:
        return host.project.folder
    return Path(os.path.normpath(Path(host.project.folder, text))).as_posix()


def collapsePath(text: str) -> str:
    """The form relative to project.folder, where there is one."""
    threads.require_main("tdu.collapsePath")
    path, folder = Path(text), Path(threads.current_host().project.folder)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


class FileInfo(str):
    """A path text with its parts."""

    __slots__ = ()

    path = property(str, doc="The text.")
    ext = property(lambda self: Path(self).suffix, doc="Extension with its dot.")
    baseName = property(lambda self: Path(self).name, doc="Last part.")
    absPath = property(lambda self: expandPath(str(self)), doc="Absolute path.")
    dir = property(lambda self: Path(expandPath(self)).parent.as_posix(), doc="Folder.")
    exists = property(lambda self: Path(expandPath(self)).exists(), doc="Whether it exists.")
    isDir = property(lambda self: Path(expandPath(self)).is_dir(), doc="Whether a folder.")
    isFile = property(lambda self: Path(expandPath(self)).is_file(), doc="Whether a file.")


class Dependency:
    """A value that expressions can watch."""

    def __init__(self, val: Any = None) -> None:
        self._val = val
        self.callbacks: list[Callable[[dict[str, Any]], Any]] = []

    @property
    def val(self) -> Any:
        """The value."""
        threads.require_main("a Dependency")
        return self._val

    @val.setter
    def val(self, value: Any) -> None:
        self.setVal(value)

    @property
    def peekVal(self) -> Any:
        """The value, without depending on it."""
        threads.require_main("a Dependency")
        return self._val

    def setVal(self, value: Any, setInfo: Any = None) -> None:
        """Set the value and tell the callbacks."""
        del setInfo
        threads.require_main("a Dependency")
        previous, self._val = self._val, value
        self._tell(previous)

    def modified(self) -> None:
        """Something inside the value changed."""
        threads.require_main("a Dependency")
        self._tell(self._val)

    def _tell(self, previous: Any) -> None:
        for callback in list(self.callbacks):
            callback({"dependency": self, "prevVal": previous, "callback": callback})
