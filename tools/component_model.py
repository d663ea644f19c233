"""The description of a component as data: read from component.toml, merged with what all components share.

Nothing here knows TouchDesigner's file format or Python API; the build makes files of this model and the description
that the assembler follows at run time. Rules across parts are in `component_check`.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import layout

FILE_NAME = "component.toml"

Default = str | int | float | bool | None


@dataclass(frozen=True, order=True)
class Finding:
    """One row of a validation: where, how bad, what is wrong and what to do.

    Attributes:
        path: file and place in it, `src/storage/component.toml: parameter.Bucket.help`.
        level: an `error` stops the build, a `warning` does not.
    """

    path: str
    level: Literal["error", "warning"]
    message: str

    def __str__(self) -> str:
        return f"{self.level}: {self.path}: {self.message}"


class DescriptionError(ValueError):
    """A description that no component can be built from; `findings` says why, row by row."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


@dataclass(frozen=True)
class Reference:
    """Value of an operator's parameter that points to another operator: `..` or the name of a sibling."""

    path: str


Value = str | int | float | bool | Reference


@dataclass(frozen=True)
class Release:
    """What the About page shows of a release.

    Attributes:
        touch_build: lowest supported TouchDesigner build; also the stamp of the built files.
        docs: address of the documentation of this version; empty where it is not published.
    """

    version: str
    build: int
    date: str
    touch_build: str
    docs: str = ""


@dataclass(frozen=True)
class Parameter:
    """A custom parameter.

    Attributes:
        default: None for a pulse, which has no value.
        minimum, maximum: clamped where given; None leaves that side free.
        slider: both ends of the slider; None leaves TouchDesigner's own.
        menu: (name, label) of each entry.
        enable: expression that greys the parameter out; empty for none.
        section: a thin line stands above it.
        read_only: the component's own, not the user's: its value follows the description.
    """

    name: str
    label: str
    style: str
    default: Default = None
    minimum: float | None = None
    maximum: float | None = None
    slider: tuple[float, float] | None = None
    menu: tuple[tuple[str, str], ...] = ()
    enable: str = ""
    help: str = ""
    section: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class Operator:
    """An operator inside the component.

    Attributes:
        path: relative to the component, `local/modules`.
        group: the annotated group around it; None outside of all groups (always so below the top level).
        parameters: built-in parameters that differ from TouchDesigner's default or must not depend on it.
        rows: contents of a table right after the start; None where the description says nothing about it.
        text: name of the source file of a DAT; None where it has none.
        generated: what the build writes into a DAT that has no source file; see `component_generated`.
        dock: name of the sibling it is docked to.
    """

    path: str
    type: str
    position: tuple[int, int]
    group: str | None = None
    color: tuple[float, float, float] | None = None
    comment: str = ""
    parameters: dict[str, Value] = field(default_factory=dict)
    rows: tuple[tuple[str, ...], ...] | None = None
    text: str | None = None
    generated: str | None = None
    dock: str | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """Path of the COMP it lies in; empty for the component itself."""
        return self.path.rpartition("/")[0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in network units: TouchDesigner's own for the family."""
        return (160, 130) if self.type.endswith("COMP") else (130, 90)


@dataclass(frozen=True)
class Group:
    """An annotation around operators of one kind."""

    name: str
    title: str
    body: str
    color: tuple[float, float, float]


@dataclass(frozen=True)
class Extension:
    """An extension block of the component: a class in one of its text DATs."""

    class_name: str
    dat: str
    promote: bool = False


@dataclass(frozen=True)
class Page:
    """A custom page and its parameters in the order of the dialog."""

    name: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Component:
    """The whole description of one component.

    Attributes:
        extensions: the promoted one first: it is the block that the component file carries.
        viewer: name of the operator that the node shows.
        modules: modules to take in beside those that the DATs import.
    """

    name: str
    summary: str
    shortcut: str
    color: tuple[float, float, float]
    viewer: str
    pages: tuple[Page, ...]
    operators: tuple[Operator, ...]
    groups: tuple[Group, ...]
    extensions: tuple[Extension, ...]
    release: Release
    modules: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters, page by page."""
        return tuple(parameter for page in self.pages for parameter in page.parameters)

    def group_box(self, group: Group) -> tuple[int, int, int, int]:
        """Left, bottom, width, height of a group's annotation: its operators, a margin, room for the title.

        All are as wide as the widest, so that they stand below each other like the lines of a page.
        """
        boxes = [(operator.group, *operator.position, *operator.size) for operator in self.operators if operator.group]
        left = min(x for _, x, _, _, _ in boxes) - 40
        right = max(x + width for _, x, _, width, _ in boxes) + 40
        bottom = min(y for name, _, y, _, _ in boxes if name == group.name) - 40
        top = max(y + height for name, _, y, _, height in boxes if name == group.name) + 100
        return left, bottom, right - left, top - bottom


def names(root: Path = layout.ROOT) -> list[str]:
    """Every component of the repository that has a description."""
    folders = (path.parent.name for path in (root / "src").glob(f"*/{FILE_NAME}"))
    return sorted(name for name in folders if name != layout.COMMON)


def load(name: str, root: Path = layout.ROOT) -> Component:
    """Read the description of a component, merged with the common one.

    Raises:
        DescriptionError: a file is missing, is no TOML, or says something that the model has no place for. Rules across
            parts are not looked at; see `component_check.check`.
    """
    reader = _Reader(root)
    component = reader.component(name)
    if reader.findings or component is None:
        raise DescriptionError(sorted(reader.findings))
    return component


_REQUIRED: Any = object()


class _Table:
    """A TOML table whose keys are taken one by one; a wrong type or an unknown key becomes a finding."""

    def __init__(self, data: dict[str, Any], path: str, findings: list[Finding]) -> None:
        self.data = dict(data)
        self.path = path
        self.findings = findings
        self.known: list[str] = []

    def error(self, key: str, message: str) -> None:
        self.findings.append(Finding(f"{self.path}{key}", "error", message))

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = _REQUIRED) -> Any:
        self.known.append(key)
        if key not in self.data:
            if default is _REQUIRED:
                self.error(key, "is missing")
                return (kind[0] if isinstance(kind, tuple) else kind)()
            return default
        value = self.data.pop(key)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        # A TOML boolean is no number, although Python says so.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.error(key, f"must be {' or '.join(each.__name__ for each in kinds)}, not {value!r}")
            return default if default is not _REQUIRED else kinds[0]()
        return value

    def numbers(self, key: str, count: int, default: Any = _REQUIRED) -> Any:
        given = key in self.data
        value = self.take(key, list, default)
        if not given:
            return (0,) * count if default is _REQUIRED else default
        if len(value) != count or not all(type(part) in (int, float) for part in value):
            self.error(key, f"must be a list of {count} numbers, not {value!r}")
            return (0,) * count
        return tuple(value)

    def texts(self, key: str, default: Any = _REQUIRED) -> tuple[str, ...]:
        value = self.take(key, list, default)
        if not all(isinstance(part, str) for part in value):
            self.error(key, f"must be a list of texts, not {value!r}")
            return ()
        return tuple(value)

    def tables(self, key: str) -> dict[str, "_Table"]:
        return {
            name: _Table(data, f"{self.path}{key}.{name}.", self.findings)
            for name, data in self.take(key, dict, {}).items()
        }

    def finish(self) -> None:
        for key in self.data:
            self.error(key, f"is no key that is known here; known are {', '.join(sorted(set(self.known)))}")


class _Reader:
    """Reads the files and collects every finding instead of stopping at the first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.findings: list[Finding] = []

    def component(self, name: str) -> Component | None:
        version = self._version()
        common, own = self._file(layout.COMMON), self._file(name)
        if common is None or own is None:
            return None
        head = _Table(own.take("component", dict), f"{own.path}component.", self.findings)
        release = self._release(common, version)
        pages = own.take("pages", dict)
        shared, mine = self._parameters(common, release), self._parameters(own, release)
        for doubled in sorted(shared.keys() & mine.keys()):
            own.error(f"parameter.{doubled}", "is described in common, too; one place is enough")
        result = Component(
            name=head.take("name", str),
            summary=head.take("summary", str),
            shortcut=head.take("shortcut", str),
            color=head.numbers("color", 3),
            viewer=head.take("viewer", str),
            modules=head.texts("modules", []),
            pages=self._pages(own, pages, shared | mine),
            groups=self._groups(common) + self._groups(own),
            operators=self._operators(common, own),
            extensions=self._extensions(common, own),
            release=release,
        )
        for table in (head, common, own):
            table.finish()
        return result

    def _file(self, name: str) -> _Table | None:
        path = self.root / "src" / name / FILE_NAME
        shown = path.relative_to(self.root).as_posix()
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.findings.append(Finding(shown, "error", "the file is missing"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.findings.append(Finding(shown, "error", f"is no TOML: {error}"))
        else:
            return _Table(data, f"{shown}: ", self.findings)
        return None

    def _version(self) -> str:
        path = self.root / "pyproject.toml"
        try:
            return str(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"])
        except (FileNotFoundError, tomllib.TOMLDecodeError, KeyError) as error:
            self.findings.append(Finding(path.name, "error", f"has no version to read: {error}"))
            return ""

    def _release(self, common: _Table, version: str) -> Release:
        table = _Table(common.take("release", dict), f"{common.path}release.", self.findings)
        release = Release(
            version,
            build=table.take("build", int),
            date=table.take("date", str),
            touch_build=table.take("touch_build", str),
            docs=table.take("docs", str, ""),
        )
        table.finish()
        return release

    def _parameters(self, file: _Table, release: Release) -> dict[str, Parameter]:
        return {name: self._parameter(name, table, release) for name, table in file.tables("parameter").items()}

    def _parameter(self, name: str, table: _Table, release: Release) -> Parameter:
        default = table.take("default", (str, int, float, bool), None)
        source = table.take("default_from", str, None)
        if source is not None:
            if default is not None or source not in Release.__dataclass_fields__:
                table.error(
                    "default_from", f"stands instead of default and names one of {[*Release.__dataclass_fields__]}"
                )
            default = getattr(release, source, default)
        menu = table.take("menu", list, [])
        if not all(isinstance(entry, list) and [type(part) for part in entry] == [str, str] for entry in menu):
            table.error("menu", "must be a list of pairs [name, label]")
            menu = []
        parameter = Parameter(
            name=name,
            label=table.take("label", str),
            style=table.take("style", str),
            default=default,
            minimum=table.take("minimum", (int, float), None),
            maximum=table.take("maximum", (int, float), None),
            slider=table.numbers("slider", 2, None),
            menu=tuple((entry[0], entry[1]) for entry in menu),
            enable=table.take("enable", str, ""),
            help=table.take("help", str),
            section=table.take("section", bool, False),
            read_only=table.take("read_only", bool, False),
        )
        table.finish()
        return parameter

    def _pages(self, own: _Table, pages: dict[str, Any], described: dict[str, Parameter]) -> tuple[Page, ...]:
        listed: list[str] = []
        result = []
        for page, content in pages.items():
            entries = content if isinstance(content, list) else []
            if not entries:
                own.error(f"pages.{page}", "must be a list of parameter names")
            for name in entries:
                if name not in described:
                    own.error(f"pages.{page}", f"{name} is not described")
                elif name in listed:
                    own.error(f"pages.{page}", f"{name} stands on a page already")
                listed.append(name)
            result.append(Page(page, tuple(described[name] for name in entries if name in described)))
        for name in described.keys() - set(listed):
            own.error(f"parameter.{name}", "is described but stands on no page")
        return tuple(result)

    def _groups(self, file: _Table) -> tuple[Group, ...]:
        result = []
        for name, table in file.tables("group").items():
            group = Group(name, table.take("title", str), table.take("body", str), table.numbers("color", 3))
            table.finish()
            result.append(group)
        return tuple(result)

    def _operators(self, common: _Table, own: _Table) -> tuple[Operator, ...]:
        shared = common.take("operator", dict, {})
        mine = own.take("operator", dict, {})
        merged: dict[str, tuple[_Table, dict[str, Any]]] = {path: (common, data) for path, data in shared.items()}
        for path, data in mine.items():
            refines = data.pop("refines", False)
            if refines != (path in shared):
                own.error(
                    f"operator.{path}",
                    "refines nothing" if refines else "is described in common, too; write refines = true to add to it",
                )
            merged[path] = (own, {**shared.get(path, {}), **data})
        return tuple(self._operator(path, file, data) for path, (file, data) in merged.items())

    def _operator(self, path: str, file: _Table, data: dict[str, Any]) -> Operator:
        table = _Table(data, f"{file.path}operator.{path}.", self.findings)
        rows = table.take("rows", list, None)
        if rows is not None and not all(
            isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in rows
        ):
            table.error("rows", "must be a list of lists of texts")
            rows = []
        operator = Operator(
            path=path,
            type=table.take("type", str),
            position=table.numbers("position", 2),
            group=table.take("group", str, None),
            color=table.numbers("color", 3, None),
            comment=table.take("comment", str, ""),
            parameters=self._values(table),
            rows=None if rows is None else tuple(tuple(row) for row in rows),
            text=table.take("text", str, None),
            generated=table.take("generated", str, None),
            dock=table.take("dock", str, None),
        )
        table.finish()
        return operator

    def _values(self, table: _Table) -> dict[str, Value]:
        result: dict[str, Value] = {}
        for name, value in table.take("parameters", dict, {}).items():
            if isinstance(value, dict) and [*value] == ["reference"] and isinstance(value["reference"], str):
                result[name] = Reference(value["reference"])
            elif isinstance(value, str | int | float | bool):
                result[name] = value
            else:
                table.error(f"parameters.{name}", 'must be a text, a number, a boolean or { reference = "path" }')
        return result

    def _extensions(self, common: _Table, own: _Table) -> tuple[Extension, ...]:
        found = [
            self._extension(file, number, data)
            for file in (common, own)
            for number, data in enumerate(file.take("extension", list, []))
        ]
        return tuple(sorted(found, key=lambda extension: not extension.promote))

    def _extension(self, file: _Table, number: int, data: dict[str, Any]) -> Extension:
        table = _Table(data, f"{file.path}extension[{number}].", self.findings)
        extension = Extension(table.take("class", str), table.take("dat", str), table.take("promote", bool, False))
        table.finish()
        return extension
