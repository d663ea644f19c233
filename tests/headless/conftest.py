"""A host per test, in a folder of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from headless_td import Host, Unknowns

OpenHost = Callable[..., Host]


@pytest.fixture
def open_host(tmp_path: Path) -> Iterator[OpenHost]:
    """Opens a host with the given switches; it is closed, and its problems checked, when the test ends."""
    with ExitStack() as stack:

        def factory(**switches: Any) -> Host:
            return stack.enter_context(Host(tmp_path / "project", Unknowns(**switches)))

        yield factory


@pytest.fixture
def host(open_host: OpenHost) -> Host:
    """A host with every switch at its default."""
    return open_host()


@pytest.fixture
def project(host: Host) -> Any:
    """/project1 of the default host."""
    return host.op("/project1")


MakeComponent = Callable[..., Any]


@pytest.fixture
def make_component() -> MakeComponent:
    """Makes a COMP with one extension, declared as the Component Editor writes it."""

    def factory(host: Host, source: str, name: str = "comp", *, parent: str = "/project1") -> Any:
        comp = host.op(parent).create("baseCOMP", name)
        comp.create("textDAT", "ext_thing").text = source
        comp.par.ext0object = "op('./ext_thing').module.ThingExt(me)"
        comp.par.ext0name = "ThingExt"
        return comp

    return factory
