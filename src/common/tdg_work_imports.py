"""Imports packages and says what is wrong with them: not there, broken, or another version of somebody else's.

Thread: any; meant for workers, as an import can take seconds.
"""

import contextlib
import importlib
import importlib.metadata
import sys
from collections.abc import Iterator, Sequence
from importlib import machinery
from pathlib import Path

import tdg_core_packages

#: Package as installed -> module as imported, where the two differ.
_MODULES = {
    "attrs": "attr",
    "google-auth": "google.auth",
    "google-api-core": "google.api_core",
    "googleapis-common-protos": "google.rpc",
    "grpcio": "grpc",
    "grpcio-status": "grpc_status",
    "proto-plus": "proto",
    "protobuf": "google.protobuf",
    "pyjwt": "jwt",
}

_FORBIDDEN = (
    "macOS does not let TouchDesigner load it. Allow it under System Settings, Privacy & Security, or use Engine: "
    "Process Beside It"
)
_OTHER_PROCESSOR = (
    "it is made for another processor than this TouchDesigner. Delete the folder venv/gcp and connect again"
)
_CLASH = "a library it needs is missing or clashes with one that TouchDesigner has loaded"
_PROTOBUF = (
    "another component has loaded a different version of protobuf. Load this component first, or remove the other"
)

#: What the system's refusal of a native module means.
_REFUSALS = (
    (("library load disallowed", "not valid for use in process", "code signature", "different team ids"), _FORBIDDEN),
    (("incompatible architecture", "wrong architecture", "not a valid win32 application"), _OTHER_PROCESSOR),
    (("dll load failed", "cannot open shared object", "symbol not found", "undefined symbol"), _CLASH),
    (("descriptors cannot be created directly", "duplicate file name", "duplicate symbol"), _PROTOBUF),
)

_MAX_TEXT = 200

#: The libraries of ten megabytes and more.
_LARGE = ("grpc/_cython/cygrpc*", "cryptography/hazmat/bindings/_rust*", "google/_upb/_message*")

#: Seconds after which a thread that wants the interpreter gets it while packages are imported; usually 5 ms.
_SWITCH_S = 0.0005

_LOADERS = (
    (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
)


def is_there(name: str, places: Sequence[str] | None = None) -> bool:
    """Whether a module is loaded or can be found on `sys.path`, or in other `places`, without importing anything."""
    if places is None and name in sys.modules:
        return True
    top, *rest = name.split(".")
    spec = machinery.PathFinder.find_spec(top, places)
    for part in rest:
        if spec is None:
            return False
        # `find_spec` of a dotted name would import the packages around it.
        finders = [machinery.FileFinder(place, *_LOADERS) for place in spec.submodule_search_locations or ()]
        spec = next((found for finder in finders if (found := finder.find_spec(part)) is not None), None)
    return spec is not None


def problem_of(name: str) -> str:
    """Imports a module; an empty string, or why that failed, for people. What an import prints goes nowhere."""
    try:
        importlib.import_module(name)
    except BaseException as error:  # a package may even try to end the program
        return f"{name} cannot be imported: {_explained(error)}"
    return ""


@contextlib.contextmanager
def considerately(site: str) -> Iterator[None]:
    """While inside, imports hold the main thread up less.

    Large libraries are read before they are loaded, since loading holds the interpreter and reading does not; and the
    interpreter changes hands more often (measured: the worst frame of 22 ms beside a busy thread becomes 11).
    """
    for pattern in _LARGE:
        for path in Path(site).glob(pattern):
            with contextlib.suppress(OSError), path.open("rb") as file:
                while file.read(1 << 20):
                    pass
    former = sys.getswitchinterval()
    sys.setswitchinterval(min(former, _SWITCH_S))
    try:
        yield
    finally:
        if former > _SWITCH_S:  # of two components at once, the first one sets it back
            sys.setswitchinterval(former)


def loaded_from(folder: str) -> bool:
    """Whether any loaded module comes from that folder."""
    return any(_is_below(file, folder) for file in map(_file_of, list(sys.modules)) if file)


def conflicts(site: str) -> Iterator[str]:
    """A sentence for each package of the environment `site` that gets another version of something than it needs.

    TouchDesigner's own packages come before those of the environment (whose folder is at the end of `sys.path`, so
    that no other component gets other versions than before).
    """
    told = set()
    for distribution in importlib.metadata.distributions(path=[site]):
        for line in distribution.requires or ():
            requirement = tdg_core_packages.Requirement.parse(line)
            if requirement is None or not requirement.always or requirement.name in told:
                continue
            module = _MODULES.get(requirement.name, requirement.name.replace("-", "_"))
            file = _file_of(module)
            if not file or _is_below(file, site):
                continue
            version = _version(module, requirement.name, file)
            if version and not requirement.allows(version):
                told.add(requirement.name)
                yield (
                    f"{distribution.name} needs {requirement.name} {requirement}, but {version} from {file} comes "
                    "first; if connecting fails, update TouchDesigner or remove that package."
                )


def _explained(error: BaseException) -> str:
    text = " ".join(str(error).split())
    lower = text.lower()
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is missing"
    for words, sentence in _REFUSALS:
        if any(word in lower for word in words):
            return f"{sentence} ({text[:_MAX_TEXT]})"
    return f"{type(error).__name__}: {text[:_MAX_TEXT]}"


def _file_of(module: str) -> str:
    """Where a loaded module comes from; empty where there is no telling."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return file if isinstance(file, str) else ""


def _is_below(file: str, folder: str) -> bool:
    return Path(folder) in Path(file).parents


def _version(module: str, package: str, file: str) -> str:
    """The version of a loaded module that came from that file."""
    version = getattr(sys.modules.get(module), "__version__", None)
    if isinstance(version, str):
        return version
    depth = module.count(".") + (2 if Path(file).name == "__init__.py" else 1)
    folder = str(Path(file).parents[depth - 1])
    found = importlib.metadata.distributions(name=package, path=[folder])
    return next((distribution.version for distribution in found), "")
