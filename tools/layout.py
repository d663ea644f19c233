"""Where things lie and who may use whom: the one truth for the build, the checks and the tests.

Everything here is data. A rule that needs an exception gets it in this file, with the reason beside it.
The rules themselves are explained in docs/architecture/rooms.md and threads.md.
"""

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SRC = ROOT / "src"
TOOLS = ROOT / "tools"
TESTS = ROOT / "tests"
TOX = ROOT / "tox"
DOCS = ROOT / "docs"
#: What a run leaves behind: reports, coverage, scratch files. Never committed.
BUILD = ROOT / "build"

DEV_LOCK = TOOLS / "dev.lock"
#: Pinned packages of the components; ships inside each of them.
RUNTIME_LOCK = SRC / "common" / "requirements.lock"
#: Pinned uv, for machines that have none; ships beside it.
INSTALLER_LOCK = SRC / "common" / "requirements-uv.lock"
#: What TouchDesigner runs on (and what the tests do), as uv names it.
PLATFORMS = ("x86_64-pc-windows-msvc", "aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-unknown-linux-gnu")

#: The Python of TouchDesigner 2025: what the source is written for and what the locks are resolved for.
PYTHON = "3.11"

COMMON = "common"
COMPONENTS = ("storage", "firestore")

#: Folders of flat modules below src/, relative to the root. They, and nothing else, are on the import path.
SOURCE_FOLDERS = tuple(f"src/{name}" for name in (COMMON, *COMPONENTS))


def source_paths(root: Path = ROOT) -> list[Path]:
    """The folders a program outside TouchDesigner puts on `sys.path` to import the modules by their names."""
    return [root / folder for folder in SOURCE_FOLDERS]


# ---------------------------------------------------------------------------------------------------------------
# Rooms
# ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """A kind of module, told by its name.

    Attributes:
        name: What messages call it.
        patterns: Module names that belong to it (`fnmatch`).
        threads: The phrases of which one follows `Thread: ` in the module's docstring.
        rooms: Rooms it may import whole.
        entries: Rooms of which it may import the entry modules only (`ENTRY_MODULES`).
        stdlib: `pure` (the allow-list `PURE_STDLIB`), `any`, or `quick` (all but `BLOCKING_STDLIB`).
        google: It may import `CLIENT_PACKAGES`, inside one function.
        dynamic: It may import by names made at run time.
        touchdesigner: It may use TouchDesigner: `import td`, operators, the names TouchDesigner injects.
    """

    name: str
    patterns: tuple[str, ...]
    threads: tuple[str, ...]
    rooms: tuple[str, ...]
    entries: tuple[str, ...] = ()
    stdlib: str = "any"
    google: bool = False
    dynamic: bool = False
    touchdesigner: bool = False

    def holds(self, module: str) -> bool:
        """Whether a module of this name belongs to the room."""
        return any(fnmatchcase(module, pattern) for pattern in self.patterns)


MAIN, WORKER, ANY = "main only", "worker only", "any"
THREADS = (MAIN, WORKER, ANY)

CORE = Room("core", ("tdg_core_*",), (ANY,), ("core",), stdlib="pure")
DISK = Room("disk", ("tdg_disk_*",), (ANY,), ("core", "disk"))
BRIDGE = Room("bridge", ("tdg_bridge", "tdg_bridge_*"), THREADS, ("core", "disk", "bridge"))
WORK = Room("work", ("tdg_work_*",), (WORKER, ANY), ("core", "disk", "work"), dynamic=True)
GATEWAY = Room("gateway", ("tdg_gateway_*",), (WORKER,), ("core", "disk", "gateway"), google=True, dynamic=True)
ENGINE = Room("engine", ("tdg_engine_*",), (WORKER,), ("core", "disk", "bridge", "engine"), dynamic=True)
TD = Room(
    "td",
    ("ext_*", "tdg_td_*", "par_exec", "*_par_exec", "*_callbacks", "*_exec", "*watch"),
    (MAIN, ANY),
    ("core", "disk", "bridge", "td"),
    entries=("work", "gateway"),
    stdlib="quick",
    touchdesigner=True,
)

ROOMS = (CORE, DISK, BRIDGE, WORK, GATEWAY, ENGINE, TD)


def room_of(module: str) -> Room | None:
    """The room of a module, or None if its name belongs to none."""
    return next((room for room in ROOMS if room.holds(module)), None)


#: Modules of work and gateway that the td room may import, by the folder they lie in. A component sees its own
#: folder's and those of common.
ENTRY_MODULES = {
    COMMON: ("tdg_work_bootstrap",),
    "storage": ("tdg_work_storage", "tdg_gateway_storage"),
    "firestore": ("tdg_work_firestore", "tdg_gateway_firestore"),
}

# ---------------------------------------------------------------------------------------------------------------
# Imports
# ---------------------------------------------------------------------------------------------------------------

STDLIB = frozenset(sys.stdlib_module_names)

#: What core may import: arithmetic and data only. No clock, disk, network, thread or chance.
PURE_STDLIB = frozenset(
    {
        "abc", "base64", "binascii", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal",
        "difflib", "enum", "fnmatch", "fractions", "functools", "hashlib", "heapq", "hmac", "html", "itertools",
        "json", "keyword", "math", "mimetypes", "ntpath", "numbers", "operator", "posixpath", "re", "statistics",
        "string", "struct", "textwrap", "types", "typing", "unicodedata", "urllib.parse", "zlib",
    }
)  # fmt: skip

#: Modules of which core may take these names only (`from pathlib import PurePosixPath`).
PURE_NAMES = {"pathlib": frozenset({"PurePath", "PurePosixPath", "PureWindowsPath"})}

#: Builtins that reach out of pure code.
IMPURE_BUILTINS = frozenset({"open", "input", "breakpoint", "exec", "eval"})

#: Methods that read the clock, as (class or module, method).
CLOCK_CALLS = frozenset({("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")})

#: Standard modules that wait for a disk, a process or a network; the main thread has none of them.
BLOCKING_STDLIB = frozenset(
    {
        "asyncio", "concurrent", "dbm", "ensurepip", "ftplib", "http", "imaplib", "lzma", "multiprocessing",
        "poplib", "select", "selectors", "shelve", "smtplib", "socket", "socketserver", "sqlite3", "ssl",
        "subprocess", "tarfile", "urllib.request", "venv", "xmlrpc", "zipfile",
    }
)  # fmt: skip

#: Calls that hold the main thread up, as (module, name).
BLOCKING_CALLS = frozenset({("time", "sleep"), ("os", "system"), ("os", "popen"), ("os", "fsync")})

#: Top-level packages of Google's client and of what it is made of.
CLIENT_PACKAGES = frozenset({"firebase_admin", "google", "google_crc32c", "grpc", "proto", "requests", "urllib3"})

#: TouchDesigner's own modules.
TOUCHDESIGNER_MODULES = frozenset({"td", "tdu"})

#: Packages that TouchDesigner brings; a module of that name would hide one from the whole project.
TOUCHDESIGNER_PACKAGES = frozenset(
    {"attr", "certifi", "cv2", "idna", "jsonschema", "numpy", "oauthlib", "packaging", "pip", "pyparsing",
     "requests", "six", "tabulate", "td", "tdu", "urllib3", "yaml"}
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------
# Threads
# ---------------------------------------------------------------------------------------------------------------

#: Names that TouchDesigner puts into every DAT, and `print`, which writes into its textport. Code that may run
#: on a worker uses none of them.
MAIN_THREAD_NAMES = frozenset(
    {
        "absTime", "app", "debug", "ext", "iop", "ipar", "me", "mod", "monitors", "op", "opex", "ops", "parent",
        "print", "project", "root", "run", "runs", "td", "tdu", "ui", "var",
    }
)  # fmt: skip

#: Streams that TouchDesigner replaces by its textport.
TEXTPORT_STREAMS = frozenset({"stdout", "stderr", "__stdout__", "__stderr__"})

#: Calls that hand a function to a thread: end of what is called -> (keyword, position) of the function.
THREAD_STARTERS = {
    "Thread": ("target", 1),
    "Timer": ("function", 1),
    "TDTask": ("target", 0),
    "start_new_thread": ("function", 0),
    "spawn": ("target", 0),
    "tasks.run": ("function", 0),
}

# ---------------------------------------------------------------------------------------------------------------
# Sizes and words
# ---------------------------------------------------------------------------------------------------------------

MAX_FILE_LINES = 600
MAX_CLASS_LINES = 400
#: Folders whose Python files are measured.
SIZED_FOLDERS = ("src", "tools", "tests")

#: Folders and files searched for words that belong to one machine.
WORDED = (
    "src", "tox", "docs", "tools", "tests", ".ci", "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
    "mkdocs.yml", "pyproject.toml", ".pre-commit-config.yaml",
)  # fmt: skip

#: A path into somebody's home. Names that stand for the reader are no machine's.
HOME_PATH = (
    r"(?:/home/|/Users/|\b[A-Za-z]:[\\/]+Users[\\/]+)(?!(?:you|name|artist|museum|linuxbrew|Public|Shared)\b)[\w.-]+"
)

#: Lock files name versions and hashes, never where a package comes from (decision 0002).
ADDRESS = r"[a-z]+://\S+"
LOCKS = ("tools/dev.lock", "src/common/requirements.lock", "src/common/requirements-uv.lock")
