"""A host per test, in a folder of its own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from headless_td import Host, HostFailedError, Unknowns

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


RunFails = Callable[[str], AbstractContextManager[Host]]


@pytest.fixture
def run_fails(tmp_path: Path) -> RunFails:
    """A host whose closing must fail with a matching text."""

    @contextmanager
    def context(match: str) -> Iterator[Host]:
        host = Host(tmp_path / "failing")
        try:
            yield host
        finally:
            with pytest.raises(HostFailedError, match=match):
                host.close()

    return context


@pytest.fixture
def td(host: Host) -> Any:
    """What `import td` gives a plain file while the default host is open."""
    return sys.modules["td"]


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
