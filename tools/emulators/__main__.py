"""`python -m emulators`: both emulators in the foreground, for someone with TouchDesigner beside.

Options: --bucket NAME (made at the start), --storage-port N, --firestore-port N (0: a free one).
Without them it takes the ports of the Firebase emulators, so that *Emulator Host* need not be changed every time.
"""

import argparse
import socket
import time
from contextlib import ExitStack

from .firestore import FirestoreEmulator
from .process import EmulatorError
from .storage import StorageEmulator

_INTRODUCTION = """
Both emulators are running. Put this into the parameter Emulator Host (page Creds):

  storage     {storage}     with Bucket Name {bucket}
  firestore   {firestore}

No key file is needed. Everything is in memory and gone when this ends (Ctrl+C).
"""


#: https://firebase.google.com/docs/emulator-suite/install_and_configure#port_configuration
_STORAGE_PORT, _FIRESTORE_PORT = 9199, 8080


def _or_free(port: int) -> int:
    """The port, or 0 where somebody has it."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return 0 if probe.connect_ex(("127.0.0.1", port)) == 0 else port


def main() -> int:
    """Runs until Ctrl+C; returns the exit code."""
    parser = argparse.ArgumentParser(prog="emulators", description="Cloud Storage and Firestore on this machine.")
    parser.add_argument("--bucket", default="demo", help="name of the bucket made at the start (%(default)s)")
    parser.add_argument("--storage-port", type=int, help=f"default: {_STORAGE_PORT}, or a free one")
    parser.add_argument("--firestore-port", type=int, help=f"default: {_FIRESTORE_PORT}, or a free one")
    options = parser.parse_args()
    storage_port = _or_free(_STORAGE_PORT) if options.storage_port is None else options.storage_port
    firestore_port = _or_free(_FIRESTORE_PORT) if options.firestore_port is None else options.firestore_port
    try:
        with ExitStack() as stack:
            storage = stack.enter_context(StorageEmulator(port=storage_port))
            firestore = stack.enter_context(FirestoreEmulator(port=firestore_port))
            storage.make_bucket(options.bucket)
            hosts = {"storage": storage.host, "firestore": firestore.host}
            print(_INTRODUCTION.format(**hosts, bucket=options.bucket), flush=True)
            while True:
                time.sleep(60)  # on Windows, unlike a lock, interrupted by Ctrl+C
    except EmulatorError as error:
        print(error, flush=True)
        return 1
    except KeyboardInterrupt:
        print("Stopped.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
