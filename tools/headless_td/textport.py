"""The textport: what scripts print. Thread: main only; printing from a worker is a conflict."""

import builtins
import io
import sys
import traceback
from collections import deque
from typing import Any

from headless_td import threads


class Textport:
    """The captured lines, newest last; the oldest go when there are many."""

    def __init__(self, keep: int = 20000) -> None:
        self.lines: deque[str] = deque(maxlen=keep)
        self._open = ""

    def write(self, text: str) -> None:
        """Add text."""
        *complete, self._open = (self._open + text).split("\n")
        self.lines.extend(complete)

    def print(self, *values: Any, sep: str | None = " ", end: str | None = "\n", file: Any = None, **_: Any) -> None:
        """`print` as code in DATs has it."""
        if file is not None and file is not sys.stdout and file is not sys.stderr:
            builtins.print(*values, sep=sep, end=end, file=file)
            return
        threads.require_main("print() to the textport")
        buffer = io.StringIO()
        builtins.print(*values, sep=sep, end=end, file=buffer)
        self.write(buffer.getvalue())

    def traceback(self, error: BaseException) -> str:
        """Print a traceback as TouchDesigner does; returns its text."""
        text = "".join(traceback.format_exception(error))
        self.write(text)
        return text

    def tail(self, count: int) -> str:
        """The last lines."""
        return "\n".join(list(self.lines)[-count:])

    def __contains__(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(self.lines)
