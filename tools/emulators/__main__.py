"""`python -m emulators`: both emulators in the foreground, for someone with TouchDesigner beside.

Options: --bucket NAME (made at the start), --storage-port N, --firestore-port N (0: a free one).
"""

import argparse
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


def main() -> int:
    """Runs until Ctrl+C; returns the exit code."""
    parser = argparse.ArgumentParser(prog="emulators", description="Cloud Storage and Firestore on this machine.")
    parser.add_argument("--bucket", default="demo", help="name of the bucket made at the start (%(default)s)")
    parser.add_argument("--storage-port", type=int, default=0, help="default: a free port")
    parser.add_argument("--firestore-port", type=int, default=0, help="default: a free port")
    options = parser.parse_args()
    try:
        with ExitStack() as stack:
            storage = stack.enter_context(StorageEmulator(port=options.storage_port))
            firestore = stack.enter_context(FirestoreEmulator(port=options.firestore_port))
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
