"""Calls the user's callbacks and keeps their errors from stopping anything.

Thread: main only.
"""

import functools
import traceback
from collections.abc import Callable
from typing import Any

import td
import tdg_td_log
import tdg_td_params

#: Network units between the component and the DAT made below it.
_GAP = 40


class Callbacks:
    """The functions of the DAT that the parameter *Callbacks DAT* points to.

    Args:
        comp: The component.
        log: Where a failing callback is reported.
    """

    def __init__(self, comp: Any, log: tdg_td_log.Log) -> None:
        self._comp = comp
        self._target = tdg_td_params.Target(comp, "Callbacksdat")
        self._log = log
        self._broken = ""

    def call(self, name: str, *args: Any) -> None:
        """Calls the function of that name if there is one. Looked up anew each time, so that an edit counts at once."""
        function = self.find(name)
        if function is not None:
            function(*args)

    def find(self, name: str) -> Callable[..., None] | None:
        """The user's function of that name, made safe to call; None if there is none. For calls in a row."""
        dat = self._target.dat()
        if dat is None:
            return None
        path = dat.path  # for messages: the callback may delete its own DAT
        try:
            function = getattr(dat.module, name, None)
            self._broken = ""
        except (Exception, SystemExit) as error:
            # The script does not compile: said once, not with every event.
            problem = f"{path} cannot be used for callbacks: {type(error).__name__}: {error}"
            if problem != self._broken:
                self._broken = problem
                self._log.warning(problem)
            return None
        return None if function is None else functools.partial(self._run, name, path, function)

    def _run(self, name: str, path: str, function: Callable[..., Any], *args: Any) -> None:
        try:
            function(*args)
        except (Exception, SystemExit) as error:
            lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)]
            where = f", line {lines[-1]}" if lines else ""
            self._log.warning(f"{name} in {path}{where} raised {type(error).__name__}: {error}")

    def create(self, name: str, template: str) -> None:
        """Makes a text DAT of that name beside the component, with a stub of every callback, and points to it.

        A DAT of that name that is there already is pointed to and keeps its text.
        """
        network = self._comp.parent()
        dat = self._target.dat() or network.op(name)
        if dat is None or not dat.isDAT:
            dat = network.create(td.textDAT, name)
            dat.par.language = "python"
            dat.text = template
            dat.nodeX = self._comp.nodeX
            dat.nodeY = self._comp.nodeY - dat.nodeHeight - _GAP
        if self._target.dat() != dat:
            self._comp.par.Callbacksdat = dat.name  # a sibling's name survives copying and moving
