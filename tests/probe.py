"""The probe: the smallest real component, built like the others, whose server does what a test says.

It has everything that the components share - bootstrap, connection, log, status, journal, engine - and of its own only
a gateway that makes one HTTP request, and an engine that stores notes.
"""

import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import build
import layout

COMPONENT = """
[component]
name = "probe"
summary = "A component for tests."
shortcut = "probe"
color = [0.5, 0.5, 0.5]
viewer = "status"
modules = ["tdg_bridge_carrier", "tdg_engine_main"]

[pages]
Creds = ["Privatekey", "Target", "Emulatorhost", "Useadc"]
Conn = [
    "Autoconnect", "Circuitfailurethreshold", "Circuittimeout", "Backoffbase", "Backoffmax", "Framebudget", "Engine",
]
Cache = ["Cachepath"]
Callbacks = ["Createcallbacksdat", "Callbacksdat", "Logop"]
Controls = ["Connect", "Disconnect", "Reset"]
About = ["Build", "Date", "Touchbuild", "Version", "Help", "Credits"]

[operator.ext_probe]
type = "textDAT"
group = "Extensions"
position = [200, 700]
text = "ext_probe.py"
comment = "The extension."

[operator.status]
refines = true
rows = [
    ["state", "circuit", "last_error", "notes", "connected_at", "target"],
    ["disconnected", "closed", "", "0", "", ""],
]

[operator.callbacks_template]
type = "textDAT"
group = "Extensions"
position = [800, 700]
text = "probe_callbacks.py"
comment = "What Create on the Callbacks page copies."

[[extension]]
class = "ProbeExt"
dat = "ext_probe"
promote = true

[parameter.Target]
label = "Target"
style = "Str"
default = ""
help = "Last part of the address that the probe asks for. Leave it empty to ask for the root."

[parameter.Cachepath]
label = "Cache Folder"
style = "Folder"
default = "cache"
help = "Where the probe keeps its notes. Leave it empty to keep them in memory only."
"""

EXTENSION = '''"""ProbeExt: the probe's extension.

Thread: main only.
"""

import functools
from typing import Any

import tdg_core_messages
import tdg_core_probe_messages
import tdg_core_settings
import tdg_gateway_probe
import tdg_td_component
import tdg_td_params
import tdg_work_probe

public = tdg_td_component.public


class ProbeExt(tdg_td_component.ComponentExt):
    """Connects, and stores notes."""

    STATUS_COLUMNS = ("state", "circuit", "last_error", "notes", "connected_at", "target")
    PARAMETERS = ("Target", "Cachepath")
    STEM = "probe"
    CALLBACKS_NAME = "probe_callbacks"
    PACKAGES = tdg_gateway_probe.PACKAGES

    def __init__(self, ownerComp: Any) -> None:
        super().__init__(ownerComp)
        self.kept: list[str] = []

    @public(str)
    def Note(self, text: str) -> str:
        """Promises to keep a note."""
        problem = self._bridge.accept(tdg_core_probe_messages.Note(text))
        return problem or "kept"

    @public(tdg_td_component.nothing)
    def Crash(self) -> None:
        """Lets the engine fall."""
        self._bridge.submit(tdg_core_probe_messages.Crash())

    def make_settings(self, values: dict[str, Any]) -> tdg_core_settings.Settings:
        text = tdg_core_settings.text
        return tdg_core_settings.Settings(
            component=self.ownerComp.name,
            private_key_file=tdg_td_params.absolute(text(values, "Privatekey")),
            emulator_host=text(values, "Emulatorhost"),
            use_adc=bool(values.get("Useadc")),
            target=text(values, "Target"),
            store_file=self._road.file(".db"),
        )

    def serve(self) -> Any:
        return functools.partial(
            tdg_work_probe.serve, open_gateway=tdg_gateway_probe.open_gateway, settings=self.settings
        )

    def handlers(self) -> dict[str, Any]:
        return {"notes": self._notes}

    def cache_folder(self, values: dict[str, Any]) -> str:
        return tdg_td_params.absolute(tdg_core_settings.text(values, "Cachepath"))

    def on_reset_tables(self) -> None:
        self.kept = []
        self.status.set(notes=0)

    def _notes(self, event: tdg_core_messages.Message) -> None:
        self.kept = list(event.texts)
        self.status.set(notes=len(self.kept))
'''

MESSAGES = '''"""The probe's messages.

Thread: any.
"""

from dataclasses import dataclass
from typing import ClassVar

import tdg_core_messages


@tdg_core_messages.register
@dataclass(frozen=True)
class Note(tdg_core_messages.Message):
    kind: ClassVar[str] = "note"
    text: str


@tdg_core_messages.register
@dataclass(frozen=True)
class Crash(tdg_core_messages.Message):
    kind: ClassVar[str] = "crash"


@tdg_core_messages.register
@dataclass(frozen=True)
class Notes(tdg_core_messages.Message):
    kind: ClassVar[str] = "notes"
    texts: tuple[str, ...]
'''

WORK = '''"""The probe's engine.

Thread: worker only.
"""

from pathlib import Path
from typing import Any

import tdg_core_messages
import tdg_core_probe_messages
import tdg_core_settings
import tdg_work_engine
import tdg_work_loop
import tdg_work_store


class ProbeEngine(tdg_work_engine.Engine[tdg_core_settings.Settings]):
    def __init__(self, loop: Any, settings: Any, open_gateway: Any) -> None:
        super().__init__(loop, settings, open_gateway)
        path = Path(settings.store_file) if settings.store_file else None
        self.store = tdg_work_store.Store(path, ["CREATE TABLE note (text TEXT)"], loop.notice)
        self.handlers["crash"] = self._crash
        self._tell()

    def on_accepted(self, entries: Any) -> None:
        with self.store.transaction() as connection:
            for entry in entries:
                if self.store.is_new(entry):
                    connection.execute("INSERT INTO note VALUES (?)", (entry.message["text"],))
        self.loop.outbox.put(tdg_core_messages.Stored(tuple(entry.entry for entry in entries)))
        self._tell()

    def on_forget(self) -> None:
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM note")
        self._tell()

    def on_close(self) -> None:
        self.store.close()

    def _tell(self) -> None:
        texts = tuple(row[0] for row in self.store.connection.execute("SELECT text FROM note ORDER BY rowid"))
        self.loop.outbox.put(tdg_core_probe_messages.Notes(texts))

    def _crash(self, _: Any) -> None:
        raise SystemExit


def serve(inbox: Any, outbox: Any, *, open_gateway: Any, settings: Any) -> None:
    loop = tdg_work_loop.Loop(inbox, outbox)
    engine = ProbeEngine(loop, settings, open_gateway)
    loop.run(engine.handle, engine.close)
'''

GATEWAY = '''"""The probe's gateway: one HTTP request.

Thread: worker only.
"""

import http.client
from typing import Any

import tdg_core_errors
import tdg_gateway_app
import tdg_gateway_errors

CloudError = tdg_core_errors.CloudError

PACKAGES = ("firebase_admin", "firebase_admin.credentials", "google.auth.transport.requests")
TIMEOUT_S = 60.0


class Gateway:
    def __init__(self, settings: Any) -> None:
        self._app = tdg_gateway_app.open_app(settings)
        self.project_id = self._app.project_id
        self.target = settings.target or "root"
        self._host = settings.emulator_host
        self._connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)

    def check(self) -> None:
        try:
            self._app.fetch_token()
            self._connection.request("GET", "/" + self.target)
            response = self._connection.getresponse()
            details = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise tdg_gateway_errors.unreachable(error, self._host) from None
        if response.status != 200:
            code = tdg_core_errors.code_of_http(response.status)
            raise CloudError(code, f"The probe was refused {self.target}: {details}.")

    def close(self) -> None:
        self._connection.close()
        self._app.close()


def open_gateway(settings: Any) -> Gateway:
    gateway = Gateway(settings)
    try:
        gateway.check()
    except BaseException:
        gateway.close()
        raise
    return gateway
'''

CALLBACKS = '''"""Callbacks of the probe."""


def onConnectionStateChange(state, error):
    """The connection has another state."""
'''

FILES = {
    "component.toml": COMPONENT,
    "ext_probe.py": EXTENSION,
    "probe_callbacks.py": CALLBACKS,
    "tdg_core_probe_messages.py": MESSAGES,
    "tdg_work_probe.py": WORK,
    "tdg_gateway_probe.py": GATEWAY,
}


def make(root: Path) -> Path:
    """Builds the probe in a checkout of its own; the folder to load."""
    shutil.copytree(
        layout.SRC / layout.COMMON, root / "src" / layout.COMMON, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(layout.ROOT / "pyproject.toml", root / "pyproject.toml")
    (root / "src/probe").mkdir()
    for name, text in FILES.items():
        (root / "src/probe" / name).write_text(text, encoding="utf-8")
    build.write(build.make(root), root / "tox")
    return root / "tox/probe.tox.dir"


class Server:
    """What the probe connects to.

    Attributes:
        answers: While cleared, requests are left waiting.
        status: What they are answered with.
        asked: Paths of the requests, in order.
        waiting: How many requests wait for their answer now.
    """

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.status = 200
        self.asked: list[str] = []
        self.waiting = 0
        self.host = ""


@contextmanager
def serving() -> Iterator[Server]:
    """A running server."""
    server = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path.strip("/"))
            server.waiting += 1
            server.answers.wait(60)
            server.waiting -= 1
            self.send_response_only(server.status)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"said")

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that has gone is no news."""

    with Quiet(("127.0.0.1", 0), Handler) as running:
        server.host = f"127.0.0.1:{running.server_address[1]}"
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.answers.set()
            running.shutdown()
            thread.join()
