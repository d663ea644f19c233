"""A child process: a project that is opened, in a Python that has nothing installed.

Run as `python -I -S first_start.py ARGUMENTS`, where the only argument is a JSON object: `paths` for `sys.path`, `tox`
folders of the components by name, `parameters` of each, the `project` folder, `answers` for dialogs. Prints one line of
JSON: what a user saw.
"""

import json
import sys
import time
from pathlib import Path

arguments = json.loads(sys.argv[1])
sys.path[:0] = arguments["paths"]

from headless_td import Host, Unknowns  # noqa: E402  the path is set above

processes: list[str] = []


def audit(event: str, details: tuple[object, ...]) -> None:
    if event in {"subprocess.Popen", "os.posix_spawn", "os.system", "os.fork", "os.exec"}:
        processes.append(f"{event} {details[:2]}")


sys.addaudithook(audit)
began = time.monotonic()
with Host(Path(arguments["project"]), Unknowns(**arguments.get("unknowns", {})), realtime=True) as host:
    host.answers.extend(arguments["answers"])
    components = {}
    for name, tox in arguments["tox"].items():
        comp = components[name] = host.load_tox(Path(tox))
        for parameter, value in arguments["parameters"][name].items():
            setattr(comp.par, parameter, value)
        comp.Connect()

    def settled() -> bool:
        return all(comp.GetStatus().get("state") in {"connected", "error"} for comp in components.values())

    host.run_until(settled, timeout_s=100, what="connected or error")
    seen = {
        "seconds": round(time.monotonic() - began, 1),
        "processes": processes,
        "questions": [question.message for question in host.questions],
        "states": {name: comp.GetStatus()["state"] for name, comp in components.items()},
        "errors": {name: comp.GetStatus()["last_error"] for name, comp in components.items()},
        "log": {name: [entry["message"] for entry in comp.GetLogs(None, 500)] for name, comp in components.items()},
        "from": sys.modules["firebase_admin"].__file__ if "firebase_admin" in sys.modules else "",
        "last_path": sys.path[-1],
    }
print(json.dumps(seen))
