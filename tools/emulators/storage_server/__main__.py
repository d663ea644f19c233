"""Starts the server on a loopback port (0: a free one), says where in one line of JSON, ends with standard input."""

import json
import sys
import threading

from . import routes
from .faults import Faults
from .http import StorageServer
from .state import State


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    faults = Faults()
    server = StorageServer(port, State(), faults, routes.make(faults))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    print(json.dumps({"host": host, "admin": host}), flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
