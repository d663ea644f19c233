"""Where a component's log lines go: ring buffer, textport, the `log` FIFO and the user's own DAT.

Thread: main only.
"""

import datetime
import time
from typing import Any

import td
import tdg_core_log
import tdg_td_params

HEADER = ("id", "timestamp", "frame", "level", "message")

#: Lines that the FIFO `log` holds.
FIFO_LINES = 200

#: Lines per second that go to the textport, which is slow; of more, it says how many there were.
TEXTPORT_LINES_S = 100


class Log:
    """The log of one component.

    Args:
        comp: The component; its `log` FIFO and its parameter *External Log DAT* are written to.
    """

    def __init__(self, comp: Any) -> None:
        self._comp = comp
        self._ring = tdg_core_log.Ring()
        self._second = 0
        self._printed = 0
        self._external = tdg_td_params.Target(comp, "Logop")
        self._external_broken = False

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
        self._print(entry)
        row = _row(entry)
        fifo = self._comp.op("log")
        if fifo is not None:
            fifo.appendRow(row)
        self._write_external(row, fifo)

    def newest(self, level: str | None, limit: int) -> list[dict[str, Any]]:
        """What `GetLogs` returns."""
        return [entry.as_dict() for entry in self._ring.newest(level, limit)]

    def clear(self) -> None:
        """Empties the FIFO, which may carry lines of a former run; the ring buffer stays."""
        dat = self._comp.op("log")
        if dat is not None:
            dat.clear()
            dat.appendRow(list(HEADER))

    def refill(self) -> None:
        """Writes what the ring buffer still holds into the FIFO again."""
        self.clear()
        dat = self._comp.op("log")
        if dat is None:
            return
        told = [entry for entry in self._ring.newest(None, tdg_core_log.RING_SIZE) if entry.level != tdg_core_log.DEBUG]
        for entry in told[-FIFO_LINES:]:
            dat.appendRow(_row(entry))

    def _print(self, entry: tdg_core_log.Entry) -> None:
        """To the textport."""
        second = int(time.monotonic())
        if second != self._second:
            more = self._printed - TEXTPORT_LINES_S
            self._second, self._printed = second, 0
            if more > 0:
                print(f"[{self._comp.name}] and {more} more lines, see GetLogs()")
        self._printed += 1
        if self._printed <= TEXTPORT_LINES_S:
            print(f"[{self._comp.name}] {entry.level} {entry.message}")

    def _write_external(self, row: list[str], fifo: Any) -> None:
        """To the user's DAT, which may be of any kind, full, locked, or being deleted."""
        dat = self._external.dat()
        if dat is None or dat == fifo:
            return
        try:
            if dat.OPType == "fifoDAT" or dat.isEditable:
                _append(dat, row)
            self._external_broken = False
        except td.tdError as error:
            if not self._external_broken:
                self._external_broken = True
                self.warning(f"External Log DAT cannot be written to ({error}); choose another one.")


def _row(entry: tdg_core_log.Entry) -> list[str]:
    return [str(value) for value in entry.as_dict().values()]


def _append(dat: Any, row: list[str]) -> None:
    """A text DAT gets a line, a table its header first and then rows."""
    if dat.isText and not dat.isTable:
        dat.write("\t".join(row) + "\n")
        return
    if dat.numRows == 0 or (dat.numRows == 1 and dat.numCols == 1 and dat[0, 0].val == ""):
        dat.clear()
        dat.appendRow(list(HEADER))
    dat.appendRow(row)
