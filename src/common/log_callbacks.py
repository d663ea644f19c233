"""Called by the FIFO DAT `log` for every line it takes in; put your own reaction here.

Thread: main only.

Never write a log entry from here: it would call this function again, without end.
"""

from typing import Any


def onNewRow(dat: Any, row_index: int, cells: list[Any]) -> None:
    """A line was added.

    Args:
        dat: the FIFO DAT.
        row_index: index of the new row.
        cells: its cells.
    """
