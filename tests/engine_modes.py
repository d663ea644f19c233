"""Where engines live in the component suites: in threads, in a process beside the host, or both.

`--engine` chooses: `usual` (all suites in threads, those marked `both_engines` in a process, too), `thread`, `process`
or `both`. A suite asks for `engine_mode` and gives it to the components that it loads.
"""

from pathlib import Path
from typing import Any

import pytest

import project_environment

CHOICES = ("usual", "thread", "process", "both")

#: What belongs to threads of the host (it looks into this process, say) is left out in a process.
THREADS_ONLY = "threads_only"
BOTH = "both_engines"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The choice."""
    text = "where engines live in the component suites: usual (threads, and a part in a process), thread, process, both"
    parser.addoption("--engine", choices=CHOICES, default="usual", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """The marks."""
    config.addinivalue_line("markers", f"{THREADS_ONLY}: looks at what is only there when the engine runs in threads")
    config.addinivalue_line("markers", f"{BOTH}: runs with the engine in a process, too, by default")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test in each mode that was chosen."""
    if "engine_mode" not in metafunc.fixturenames:
        return
    choice = metafunc.config.getoption("--engine")
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    modes = {"thread": ["thread"], "process": ["process"], "both": ["thread", "process"]}.get(choice)
    if modes is None:
        modes = ["thread", "process"] if BOTH in marks else ["thread"]
    if THREADS_ONLY in marks:
        modes = [mode for mode in modes if mode == "thread"]
    metafunc.parametrize("engine_mode", modes, indirect=True)


@pytest.fixture
def engine_mode(request: pytest.FixtureRequest) -> str:
    """`thread` or `process`: the value of *Engine* for this test."""
    return str(request.param)


def parameters(mode: str, project: Path) -> dict[str, Any]:
    """The parameters of a component in this mode; for a process the project gets an environment."""
    if mode == "process":
        project_environment.link(project)
    return {"Engine": mode}
