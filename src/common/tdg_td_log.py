"""Where a component's log lines go: ring buffer, textport, the `log` FIFO and the user's own DAT.

Thread: main only.
"""

import datetime
from typing import Any

import td
import tdg_core_log
import tdg_td_params

HEADER = ("id", "timestamp", "frame", "level", "message")


class Log:
    """The log of one component.

    Args:
        comp: The component; its `log` FIFO and its parameter *External Log DAT* are written to.
    """

    def __init__(self, comp: Any) -> None:
        self._comp = comp
        self._ring = tdg_core_log.Ring()

    def debug(self, message: str) -> None:
        """Kept in the ring buffer only."""
        self.write(tdg_core_log.DEBUG, message)

    def info(self, message: str) -> None:
        """What went as expected and is worth knowing."""
        self.write(tdg_core_log.INFO, message)

    def warning(self, message: str) -> None:
        """What the user should look at some time."""
        self.write(tdg_core_log.WARNING, message)

    def error(self, message: str) -> None:
        """What did not work and needs the user."""
        self.write(tdg_core_log.ERROR, message)

    def write(self, level: str, message: str) -> None:
        """Adds an entry of that level."""
        now = datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
        entry = self._ring.add(now, int(td.absTime.frame), level, message)
        if entry.level == tdg_core_log.DEBUG:
            return
        print(f"[{self._comp.name}] {entry.level} {entry.message}")  # the textport
        row = [str(value) for value in entry.as_dict().values()]
        for dat in (self._comp.op("log"), tdg_td_params.target(self._comp, "Logop")):
            if dat is not None and (dat.OPType == "fifoDAT" or dat.isEditable):
                _append(dat, row)

    def newest(self, level: str | None, limit: int) -> list[dict[str, Any]]:
        """What `GetLogs` returns."""
        return [entry.as_dict() for entry in self._ring.newest(level, limit)]

    def clear(self) -> None:
        """Empties the FIFO, which may carry lines of a former run; the ring buffer starts empty anyway."""
        dat = self._comp.op("log")
        if dat is not None:
            dat.clear()
            dat.appendRow(list(HEADER))


def _append(dat: Any, row: list[str]) -> None:
    """A text DAT gets a line, a table its header first and then rows."""
    if dat.isText and not dat.isTable:
        dat.write("\t".join(row) + "\n")
        return
    if dat.numRows == 0 or (dat.numRows == 1 and dat.numCols == 1 and dat[0, 0].val == ""):
        dat.clear()
        dat.appendRow(list(HEADER))
    dat.appendRow(row)
