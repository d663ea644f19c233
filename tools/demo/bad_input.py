"""What a user can get wrong first: each ends in state `error` with a sentence, and the show goes on."""

import json
import socket
from dataclasses import dataclass

from demo.stage import Stage


@dataclass(frozen=True)
class Mishap:
    """One wrong input and what the component said to it."""

    name: str
    state: str
    sentence: str


def play(stage: Stage) -> list[Mishap]:
    """A missing key, a file that is no key, an emulator that nobody started."""
    no_key = stage.folder / "project" / "not-a-key.json"
    no_key.write_text(json.dumps({"hello": "world"}), encoding="utf-8")
    with socket.socket() as unused:  # bound and never listening: nobody else can answer there
        unused.bind(("127.0.0.1", 0))
        return [
            _try(stage, "missing key file", "Privatekey", str(stage.folder / "project" / "nowhere.json")),
            _try(stage, "file that is no key", "Privatekey", str(no_key)),
            _try(stage, "unreachable emulator", "Emulatorhost", f"127.0.0.1:{unused.getsockname()[1]}"),
        ]


def _try(stage: Stage, name: str, parameter: str, value: str) -> Mishap:
    component = stage.storage
    component.par.Autoconnect = False  # so that it stays at the error instead of trying again
    setattr(component.par, parameter, value)
    component.Connect()
    stage.wait_for_state(component, "error")
    mishap = Mishap(name, stage.state(component), stage.last_error(component))
    setattr(component.par, parameter, "")
    component.Disconnect()
    component.par.Autoconnect = True
    stage.seconds(0.1)
    return mishap
