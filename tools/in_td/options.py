"""Self-test of td-gcp inside TouchDesigner. This file needs nothing but itself.

1. Open a project of its own for this, save it somewhere, and drop the two components into it (or tox/install.py).
2. For the tests against a server: run `python3 tools/dev.py emulators` beside TouchDesigner, and put the addresses it
   prints into Emulator Host of both components, or below.
3. Drag this file into the network. Right-click the Text DAT that appears and choose Run Script.

It works on while TouchDesigner plays, a few milliseconds a frame, for one to two minutes. At its end the textport says
in one line whether all is well; the report lies in the project's folder as selftest-<build>.md and .json, and in the
table selftest_rows beside this DAT. How to read it: docs/architecture/self-test.md of td-gcp.

Thread: main only. What runs in a worker is said to.
"""

#: Address of the Storage emulator, as 127.0.0.1:9199. Empty: what Emulator Host of the component says.
STORAGE_HOST = ""

#: Address of the Firestore emulator. Empty: what Emulator Host of the component says.
FIRESTORE_HOST = ""

#: A bucket of the Storage emulator. Empty: Bucket Name, if Emulator Host is set, or else the one it starts with.
BUCKET = ""

#: True: also what needs you at the keyboard. Two questions appear; each says what to click.
ASK = False

#: True: leaves the operator selftest_exit in the network. When TouchDesigner is closed then, it writes the file
#: selftest-<build>-exit.json, which tells how extensions end. Delete the operator only after that.
WATCH_EXIT = False

#: What to do. Take out what you do not want.
PARTS = ("described", "works", "unknowns", "format")
