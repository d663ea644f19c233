"""A stand-in of TouchDesigner's Python API: runs the built components as TouchDesigner would, without it.

`Host` is one process with one project; `Unknowns` says how it answers what nobody knows of TouchDesigner. What is
imitated, and on what evidence, stands in SOURCES.md beside this file.
"""

from headless_td.account import Problem
from headless_td.costs import FrameCost, Summary, summarise
from headless_td.desktop import CLOSED, Question
from headless_td.errors import (
    HostClosedError,
    HostFailedError,
    ThreadConflictError,
    UnexpectedQuestionError,
    tdAttributeError,
    tdError,
)
from headless_td.host import Host
from headless_td.unknowns import Unknowns

__all__ = [
    "CLOSED",
    "FrameCost",
    "Host",
    "HostClosedError",
    "HostFailedError",
    "Problem",
    "Question",
    "Summary",
    "ThreadConflictError",
    "UnexpectedQuestionError",
    "Unknowns",
    "summarise",
    "tdAttributeError",
    "tdError",
]
