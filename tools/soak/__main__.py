"""Runs endurance runs by name, or all of them, for some minutes each."""

import argparse
import importlib
import pkgutil
import sys
import time
import traceback

import soak


def names() -> list[str]:
    """The runs of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(soak.__path__) if not module.name.startswith("_"))


def main() -> int:
    """Command line."""
    known = names()
    parser = argparse.ArgumentParser(prog="dev.py soak", description="Long runs under faults.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(known)} (default: all)")
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="how long each one runs (default: 10)")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"there is no run {', '.join(unknown)}; there are {', '.join(known)}")
    failed = []
    for name in options.names or known:
        began = time.monotonic()
        try:
            for line in importlib.import_module(f"soak.{name}").run(options.minutes):
                print(f"{name}: {line}", flush=True)
        except AssertionError:
            traceback.print_exc()
            failed.append(name)
        outcome = "FAILED" if name in failed else "passed"
        print(f"{name}: {outcome} after {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
