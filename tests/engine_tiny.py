"""A tiny engine for tests of the process around it: its modules as texts, and a transport to it."""

import dataclasses
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import layout
import tdg_bridge_slot
from tdg_bridge_private import Modules
from tdg_bridge_process import Place, ProcessTransport
from tdg_core_messages import Connect, Message

PATIENCE_S = 30.0

#: Answers `Connect(n)` by a log line with the number; does something else for some numbers.
WORK = '''"""The tiny engine."""

import os
import sys
import threading
import time

import tdg_core_messages as messages

CRASH, FALL, FLOOD, LOUD, UNPLAIN, SLOW = range(900, 906)


def serve(inbox, outbox, *, open_gateway, settings, greeting):
    outbox.put(messages.Logged("INFO", f"{greeting} {settings.component} {open_gateway(settings)}"))
    stream = outbox.stream(lambda items: messages.Logged("FLOOD", ",".join(items)), 100)
    while (request := inbox.get()) is not None:
        if request.kind == "accepted":
            with open(settings.store_file, "a") as file:
                file.write(f"{request.entry}\\n")
            outbox.put(messages.Stored((request.entry,)))
        elif request.kind != "connect":
            outbox.put(messages.Logged("INFO", str(messages.to_plain(request))))
        elif request.attempt == CRASH:
            print("these are my last words", file=sys.stderr, flush=True)
            os._exit(7)
        elif request.attempt == FALL:
            raise ValueError("token=SECRET")
        elif request.attempt == FLOOD:
            threading.Thread(target=flood, args=(stream, outbox), daemon=True).start()
        elif request.attempt == LOUD:
            for _ in range(8):
                print("x" * (64 << 10), flush=True)
            outbox.put(messages.Logged("INFO", "loud"))
        elif request.attempt == UNPLAIN:
            outbox.put(messages.Logged("INFO", object()))
        elif request.attempt == SLOW:
            time.sleep(0.5)
        else:
            outbox.put(messages.Logged("INFO", str(request.attempt)))
    outbox.put(messages.Logged("INFO", "last"))


def flood(stream, outbox):
    """Changes 2,000 documents again and again."""
    for round in range(50):
        for number in range(2000):
            stream.add(number, f"{number}:{round}:" + "x" * 500)
    outbox.put(messages.Logged("INFO", "flooded"))
'''

GATEWAY = '''"""The tiny engine's gateway."""


def open_gateway(settings):
    return "connected"
'''


def texts(**more: str) -> dict[str, str]:
    """The modules of a component with the tiny engine."""
    rooms = ("tdg_core_", "tdg_disk_", "tdg_bridge", "tdg_work_", "tdg_engine_")
    common = {path.stem: path.read_text() for path in sorted((layout.SRC / layout.COMMON).glob("tdg_*.py"))}
    ours = {name: text for name, text in common.items() if name.startswith(rooms)}
    return {**ours, "tdg_work_tiny": WORK, "tdg_gateway_tiny": GATEWAY, **more}


def place(project: Path, name: str = "tdg-tiny", more: dict[str, str] | None = None, **fields: Any) -> Place:
    """A component with the tiny engine in the project in that folder; `more` are other texts of modules."""
    settings = {"component": name, "store_file": str(project / "stored.txt")}
    arguments = {
        "open_gateway": ("named", "tdg_gateway_tiny:open_gateway"),
        "settings": ("settings", "tdg_core_settings:Settings", settings),
        "greeting": ("plain", "hello"),
    }
    cache, given = str(project / "cache" / "engine"), texts(**(more or {}))
    usual = Place(str(project), sys.executable, cache, given, name, "", "tdg_work_tiny:serve", arguments)
    return dataclasses.replace(usual, **fields)


CRASH, FALL, FLOOD, LOUD, UNPLAIN, SLOW = (Connect(number) for number in range(900, 906))


class Host:
    """The main thread's side: takes events, and sees that nothing is left at the end."""

    def __init__(self) -> None:
        self.transports: list[ProcessTransport] = []
        self._before = set(threading.enumerate())

    def open(self, place: Place, slot: dict[str, Any] | None = None, modules: dict[str, str] | None = None) -> "Talk":
        """Starts an engine; `modules` are those of the host's side."""
        transport = ProcessTransport(place, Modules(modules or texts()), {} if slot is None else slot)
        transport.start()
        self.transports.append(transport)
        return Talk(transport)

    def close(self) -> None:
        for transport in self.transports:
            transport.stop()
        for thread in set(threading.enumerate()) - self._before:
            if thread.name.startswith("tdg-"):
                thread.join(PATIENCE_S)
                assert not thread.is_alive(), thread


class Talk:
    """What one component says and hears."""

    def __init__(self, transport: ProcessTransport) -> None:
        self.transport = transport
        self.heard: list[Any] = []

    def send(self, *requests: Message) -> None:
        for request in requests:
            self.transport.send(request)

    def take(self) -> None:
        """Takes what has come so far."""
        while (event := self.transport.receive()) is not None:
            self.heard.append(event)

    def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Takes events until something is true."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.take()
            if value := condition():
                return value
            assert time.monotonic() < deadline, (
                f"not within {PATIENCE_S} s: {what}; heard {str(self.heard[-5:])[:2000]}"
            )
            time.sleep(0.002)

    def line(self, text: str) -> str:
        """Waits for a log line with that text."""
        return str(self.until(lambda: next((line for line in self.lines() if text in line), None), text))

    def lines(self) -> list[str]:
        """The log lines so far."""
        return [event.message for event in self.heard if event.kind == "logged"]

    def event(self, kind: str) -> Any:
        """Waits for an event of that kind."""
        return self.until(lambda: next((event for event in self.heard if event.kind == kind), None), kind)

    def greeted(self) -> "Talk":
        """Waits until the engine serves."""
        self.line("hello")
        return self


def records(project: Path) -> list[dict[str, Any]]:
    """What this host knows of the engine processes of a project, those that ended lately included."""
    found = tdg_bridge_slot.slot("engine processes").get("records", [])
    return [record for record in found if record["project"] == str(project)]
