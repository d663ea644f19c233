"""Checks the rules of the rooms and threads on the source itself: `python tools/check.py`.

Prints one row per finding - path:line [rule] what is wrong and what to do - and ends with code 1 if there are any.
The rules are explained in docs/architecture/rooms.md and threads.md; what they allow is data in layout.py.
"""

import argparse
import sys
from pathlib import Path

import check_calls
import check_imports
import check_shape
import layout
from check_source import Row, Rule, load

RULES: tuple[Rule, ...] = (check_imports.check, check_calls.check, check_shape.check)


def run(root: Path = layout.ROOT) -> tuple[int, list[Row]]:
    """Applies every rule to a checkout.

    Returns:
        How many modules of src/ were read, and the findings, sorted.
    """
    tree = load(root)
    rows = {*tree.rows, *(row for rule in RULES for row in rule(tree))}
    return len(tree.sources), sorted(rows)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Checks rooms, threads, names and sizes of the source.")
    parser.add_argument("--root", type=Path, default=layout.ROOT, help="the checkout to read (default: this one)")
    count, rows = run(parser.parse_args().root.resolve())
    for row in rows:
        print(row)
    print(f"{count} modules of src/ read, {len(rows) or 'no'} finding{'' if len(rows) == 1 else 's'}.")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main())
