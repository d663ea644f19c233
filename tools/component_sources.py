"""Which source files a component consists of: the texts its DATs name, and every module these import, and so on.

No list of modules is kept by hand, because a list misses exactly the new file. A module is taken in because something
in the component imports it; what no one imports stays out.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import component_generated
import layout
from component_model import Component, Finding

#: Prefixes of our own modules: an import of one of these must find a file.
OWN_PREFIXES = ("tdg_", "ext_")


@dataclass(frozen=True)
class Sources:
    """Texts of a component.

    Attributes:
        texts: text per operator path, for the DATs that have one.
        modules: text per name, for everything that goes into local/modules, sorted by name.
        files: where each of these comes from: operator path or module name -> file; not for generated texts.
        findings: what is wrong with them.
    """

    texts: dict[str, str]
    modules: dict[str, str]
    files: dict[str, Path]
    findings: list[Finding]


def collect(component: Component, root: Path = layout.ROOT) -> Sources:
    """Read every source file of a component.

    Returns:
        The texts; `findings` name each file that is missing, is no UTF-8 with LF, is no Python, or imports what the
        component cannot have.
    """
    return _Collector(component, root).collect()


def module_imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Top-level names of all modules that a module imports, with the line, wherever in it that happens."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno


class _Collector:
    def __init__(self, component: Component, root: Path) -> None:
        self.component = component
        self.root = root
        self.folders = [root / "src" / component.name, root / "src" / layout.COMMON]
        self.sources = Sources({}, {}, {}, [])
        self.dats = {operator.path for operator in component.operators if operator.text}

    def collect(self) -> Sources:
        for operator in self.component.operators:
            if operator.text is not None:
                self._dat(operator.path, operator.text)
            elif operator.generated is not None:
                self._generated(operator.path, operator.generated)
        for name in self.component.modules:
            self._module(name, f"src/{self.component.name}/component.toml: component.modules")
        found = self.sources
        ordered = {name: found.modules[name] for name in sorted(found.modules)}
        return Sources(found.texts, ordered, found.files, sorted(set(found.findings)))

    def _dat(self, path: str, file_name: str) -> None:
        place = f"operator.{path}.text"
        file = self._find(file_name)
        if file is None:
            self._error(f"src/{self.component.name}/component.toml: {place}", self._missing(file_name))
            return
        text = self._read(file)
        if text is None:
            return
        self.sources.texts[path] = text
        self.sources.files[path] = file
        if file.suffix == ".py":
            tree = self._follow(file, text, inside_modules=False)
            self._check_extension(path, file, tree)

    def _generated(self, path: str, kind: str) -> None:
        if kind not in component_generated.KINDS:
            known = ", ".join(component_generated.KINDS)
            self._error(
                f"src/{self.component.name}/component.toml: operator.{path}.generated", f"{kind!r} is none of {known}"
            )
            return
        self.sources.texts[path] = component_generated.text(kind, self.component, self.root)

    def _module(self, name: str, importer: str) -> None:
        if name in self.sources.modules:
            return
        file = self._find(f"{name}.py")
        if file is None:
            if name.startswith(OWN_PREFIXES):
                self._error(importer, f"imports {name}: {self._missing(f'{name}.py')}")
            return
        text = self._read(file)
        if text is None:
            return
        self.sources.modules[name] = text
        self.sources.files[name] = file
        self._follow(file, text, inside_modules=True)

    def _follow(self, file: Path, text: str, *, inside_modules: bool) -> ast.Module | None:
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            self._error(f"{self._shown(file)}:{error.lineno}", f"is no Python: {error.msg}")
            return None
        for name, line in module_imports(tree):
            place = f"{self._shown(file)}:{line}"
            if name not in self.dats:
                self._module(name, place)
            elif inside_modules:
                self._error(place, f"imports {name}, which lies at the top: local/modules cannot see it there")
        return tree

    def _check_extension(self, path: str, file: Path, tree: ast.Module | None) -> None:
        if tree is None:
            return
        classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        for extension in self.component.extensions:
            if extension.dat == path and extension.class_name not in classes:
                self._error(self._shown(file), f"has no class {extension.class_name}, which the description names")

    def _find(self, file_name: str) -> Path | None:
        return next((folder / file_name for folder in self.folders if (folder / file_name).is_file()), None)

    def _missing(self, file_name: str) -> str:
        places = " or ".join(f"{self._shown(folder)}/{file_name}" for folder in self.folders)
        return f"the file is missing; expected {places}"

    def _read(self, file: Path) -> str | None:
        body = file.read_bytes()
        if b"\r" in body or body.startswith(b"\xef\xbb\xbf"):
            self._error(self._shown(file), "must have LF line ends and no byte order mark")
            return None
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            self._error(self._shown(file), f"is not UTF-8: {error.reason} at byte {error.start}")
            return None

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _error(self, path: str, message: str) -> None:
        self.sources.findings.append(Finding(path, "error", message))
