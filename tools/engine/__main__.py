"""Command line of the engine alone; see `--help`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import tdg_core_errors
from engine import CommandError, commands
from engine.twin import Stop, say

_EPILOG = """
status and queue only look, also while TouchDesigner has the project open.
The others never run beside it; they want the bucket, the database and the credentials that its components are set to.
What they have accepted is carried out even if they are stopped: the next flush, or the component itself, goes on.
"""


def parser() -> argparse.ArgumentParser:
    """All that can be said."""
    whole = argparse.ArgumentParser(
        prog="dev.py engine",
        description="Runs a project's engines without TouchDesigner.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("project", type=Path, metavar="PROJECT", help="the project's folder, or its .toe file")
    which = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_ in (("status", "how much waits, and whether it is in use"), ("queue", "everything that waits")):
        looks = which.add_parser(name, parents=[_files()], help=help_)
        looks.add_argument("--json", action="store_true", help="a line of JSON each")

    flush = which.add_parser("flush", parents=[_files(), _way()], help="sends what waits")
    flush.add_argument("component", nargs="?", choices=["storage", "firestore"], help="of this component only")

    upload = which.add_parser("upload", parents=[_files(), _way()], help="uploads files")
    upload.add_argument("files", nargs="+", type=Path, metavar="FILE")
    upload.add_argument("--to", default="", metavar="FOLDER", help="in the bucket (default: its top)")
    upload.add_argument("--content-type", metavar="TYPE", help="default: what the file's ending promises")
    upload.add_argument("--cache-control", metavar="TEXT", help="for readers of a public address, e.g. no-cache")

    sync = which.add_parser("sync", parents=[_files(), _way()], help="syncs a folder with a folder of the bucket")
    sync.add_argument("folder", type=Path, metavar="DIR")
    sync.add_argument("--to", default="", metavar="FOLDER", help="in the bucket (default: its top)")
    sync.add_argument("--direction", choices=["both", "upload", "download"], default="both")
    sync.add_argument("--delete-remote", action="store_true", help="delete in the bucket what was deleted here")
    sync.add_argument("--delete-local", action="store_true", help="move to the trash what was deleted in the bucket")
    sync.add_argument("--include", default="", metavar="PATTERNS", help="only these")
    sync.add_argument("--exclude", default="", metavar="PATTERNS", help="not these")
    sync.add_argument("--force", action="store_true", help="delete even more than half of the files")
    sync.add_argument("--dry-run", action="store_true", help="only say what would be done")

    watch = which.add_parser("watch", parents=[_files(), _way()], help="uploads what comes, prints what changes")
    watch.add_argument("--folder", type=Path, metavar="DIR", help="upload what is new or changed in it")
    watch.add_argument("--to", default="", metavar="FOLDER", help="in the bucket (default: its top)")
    watch.add_argument(
        "--collection", action="append", default=[], metavar="PATH", help="print its changes (repeat for several)"
    )
    return whole


def _files() -> argparse.ArgumentParser:
    """Which files."""
    part = argparse.ArgumentParser(add_help=False)
    part.add_argument("--cache", type=Path, metavar="FOLDER", help="the cache folder (default: PROJECT/cache)")
    return part


def _way() -> argparse.ArgumentParser:
    """Where to, and as whom."""
    part = argparse.ArgumentParser(add_help=False)
    part.add_argument("--key", metavar="FILE", help="JSON key of a service account")
    part.add_argument("--adc", action="store_true", help="Application Default Credentials instead of a key")
    part.add_argument("--bucket", default="", metavar="NAME", help="default: the project's own")
    part.add_argument("--database", default="(default)", metavar="ID")
    part.add_argument("--storage-emulator", default="", metavar="HOST:PORT")
    part.add_argument("--firestore-emulator", default="", metavar="HOST:PORT")
    part.add_argument("--streams", type=int, default=8, metavar="N", help="transfers at once (default: %(default)s)")
    part.add_argument("--public", action="store_true", help="what is uploaded can be read by everyone")
    part.add_argument("--home", action="append", metavar="NAME", help="files of another component, as `status` says")
    part.add_argument("--timeout", type=float, metavar="SECONDS", help="stop after that long")
    return part


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries a command out; 2 if it could not be, 130 if it was stopped."""
    options = parser().parse_args(arguments)
    options.project = options.project.absolute()
    if options.project.suffix == ".toe":
        options.project = options.project.parent
    if not options.project.is_dir():
        say("engine", f"there is no folder {options.project}.")
        return 2
    options.cache = (options.cache or options.project / "cache").absolute()
    stop = Stop(getattr(options, "timeout", None))

    def ask(number: int, _frame: FrameType | None) -> None:
        if not stop.asked.is_set():
            say("engine", "stopping; what is not done is kept.")
        stop.asked.set()
        signal.signal(number, signal.SIG_DFL)  # asked twice, it ends at once

    former = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = commands.COMMANDS[options.command](options, stop)
    except CommandError as error:
        say("engine", str(error))
        return 2
    except tdg_core_errors.CloudError as error:  # of what was asked for
        say("engine", error.message)
        return 2
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return 130 if stop.asked.is_set() else code


if __name__ == "__main__":
    sys.exit(main())
