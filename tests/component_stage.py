"""A built component in the headless host, with a user's callbacks: what the stages of both components share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from headless_td import Host, Unknowns


class ComponentStage:
    """A project with a component in it.

    Args:
        built: The folder with the built components.
        folder: The project's folder.
        unknowns: How the open questions about TouchDesigner are answered.
        realtime: Frames wait for their time.
    """

    NAME: ClassVar[str]
    #: The user's callbacks, by the short name that the tests know their calls by.
    CALLBACKS: ClassVar[dict[str, str]]
    PATIENCE_S: ClassVar[float] = 30

    def __init__(self, built: Path, folder: Path, unknowns: Unknowns | None, *, realtime: bool) -> None:
        self.built = built
        self.host = Host(folder, unknowns, realtime=realtime)
        try:
            self.comp = self.load()
            self.callbacks = self.comp.parent().create("textDAT", "my_callbacks")
            functions = (
                f"def {name}(*args):\n    calls.append(({kind!r}, *args))\n" for kind, name in self.CALLBACKS.items()
            )
            self.callbacks.text = "\n".join(["calls = []", *functions])
        except BaseException:
            self.host.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.host.__exit__(kind, error, trace)

    def load(self, name: str | None = None) -> Any:
        """Drops the component in."""
        return self.host.load_tox(self.built / f"{self.NAME}.tox.dir", name=name)

    def set(self, **parameters: Any) -> None:
        """Sets parameters."""
        for name, value in parameters.items():
            setattr(self.comp.par, name, value)

    def module(self, name: str) -> Any:
        """A module of the component."""
        return self.comp.op(f"local/modules/{name}").module

    def edit(self, name: str, old: str, new: str) -> None:
        """Changes the text of a module; what the engine runs in counts from its next start."""
        dat = self.comp.op(f"local/modules/{name}")
        assert old in dat.text, f"{name} has no {old!r}"
        dat.text = dat.text.replace(old, new)

    def until(self, done: Callable[[], Any], what: str = "") -> Any:
        """Runs frames until something is true."""
        return self.host.run_until(done, self.PATIENCE_S, what)

    # What is seen ----------------------------------------------------------------------------------------------------

    @property
    def status(self) -> dict[str, str]:
        """`GetStatus()`."""
        found: dict[str, str] = self.comp.GetStatus()
        return found

    @property
    def calls(self) -> Sequence[tuple[Any, ...]]:
        """What the callbacks were called with."""
        found: list[tuple[Any, ...]] = self.callbacks.module.calls
        return found

    def called(self, kind: str) -> list[tuple[Any, ...]]:
        """What one callback was called with."""
        return [call[1:] for call in self.calls if call[0] == kind]

    def dat(self, path: str) -> Any:
        """A table inside the component."""
        return self.comp.op(path)

    def rows(self, path: str) -> list[dict[str, str]]:
        """A table's rows as dicts."""
        dat = self.dat(path)
        header = [cell.val for cell in dat.row(0)]
        return [dict(zip(header, (cell.val for cell in dat.row(row)), strict=True)) for row in range(1, dat.numRows)]

    def log(self, level: str | None = None) -> list[str]:
        """Messages of the log."""
        return [entry["message"] for entry in self.comp.GetLogs(level, 500)]
