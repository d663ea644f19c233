"""Runs the self-test as built in the headless host: the very file that is dropped into TouchDesigner."""

import sys
from pathlib import Path
from typing import Any

import layout
from headless_td import Host

FILE = layout.TOX / "selftest.py"
NAMES = ("storage", "firestore")

#: Problems that the self-test makes on purpose, to see what comes of them.
MADE = ("an error made by the self-test", r"onTableChange\(\) takes 1 positional argument")


class Run:
    """One run of the self-test and what came of it.

    Attributes:
        host: The project it runs in.
        folder: The project's.
        test: The self-test's own object.
    """

    def __init__(self, host: Host, parts: tuple[str, ...], **options: Any) -> None:
        self.host = host
        self.folder = Path(host.project.folder)
        for problem in MADE:
            host.allow(problem)
        text = FILE.read_text(encoding="ascii")
        for name, value in {"PARTS": parts, **options}.items():
            text = set_option(text, name, value)
        dat = host.op("/project1").create("textDAT", "selftest")
        dat.text = text
        dat.par.language = "python"
        dat.run()
        self.test = sys.tdg_selftest  # type: ignore[attr-defined]

    def finish(self, timeout_s: float = 60) -> "Run":
        """Runs frames to its end."""
        self.host.run_until(lambda: self.test.stepper.done, timeout_s, what="the end of the self-test")
        return self

    @property
    def results(self) -> Any:
        return self.test.results

    def sentences(self, verdict: str, area: str = "") -> list[str]:
        """What the rows with that verdict say."""
        return [row.sentence for row in self.results.rows if row.verdict == verdict and area in ("", row.area)]


def set_option(text: str, name: str, value: Any) -> str:
    """The file with another setting at its top, as somebody would edit it."""
    lines = text.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.startswith(f"{name} = ")]
    assert len(places) == 1, f"{name} is no setting of the self-test"
    lines[places[0]] = f"{name} = {value!r}\n"
    return "".join(lines)


def load(host: Host) -> dict[str, Any]:
    """Both components, as built, complete."""
    comps = {name: host.load_tox(layout.TOX / f"{name}.tox.dir") for name in NAMES}
    host.frame(4)
    return comps
