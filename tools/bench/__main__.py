"""Runs benchmarks by name, or all of them; prints a row for each result."""

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path

import bench


def names() -> list[str]:
    """The benchmarks of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))


def main() -> int:
    """Command line."""
    known = names()
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Measures, against the plain way.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(known)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to a file, too")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    rows = []
    print(bench.HEADER, flush=True)
    for name in options.names or known:
        for row in importlib.import_module(f"bench.{name}").run():
            rows.append(row)
            print(row, flush=True)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps([row.as_dict() for row in rows], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
