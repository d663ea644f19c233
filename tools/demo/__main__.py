"""`python3 tools/dev.py demo [--json FILE]`: builds, plays and reports; 0 when everything arrived whole."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import build
import layout
from demo import bad_input, documents, files, report
from demo.stage import Stage
from headless_td import summarise

REPORT = layout.BUILD / "demo-report.html"


def main(argv: Sequence[str] | None = None) -> int:
    """Plays the demo; the exit code."""
    parser = argparse.ArgumentParser(
        prog="demo", description="Runs both components on real input, without TouchDesigner."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the facts as JSON")
    options = parser.parse_args(argv)
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {text}", flush=True)

    say("building the components")
    if build.main([]):
        return 1
    with Stage(layout.BUILD / "demo", say) as stage:
        facts = play(stage, say)
    print(report.terminal(facts))
    report.write_html(facts, REPORT)
    say(f"done; frame plot and network pictures are in {REPORT.relative_to(layout.ROOT)}")
    if options.json:
        options.json.write_text(json.dumps(facts.as_json(), indent=2) + "\n", encoding="utf-8")
    if not facts.ok():
        print("The demo did not show what it should: compare the counts above.", file=sys.stderr)
        return 1
    return 0


def play(stage: Stage, say: Callable[[str], None]) -> report.Facts:
    """The acts in order, then the facts."""
    say("wrong input first: a missing key, a file that is no key, an emulator that nobody started")
    mishaps = bad_input.play(stage)
    say("connecting")
    stage.connect()
    moved = files.play(stage, say)
    mirrored = documents.play(stage, say)
    stage.seconds(0.5)
    costs = list(stage.host.frame_costs)
    ours = [sum(cost.by_component.values()) for cost in costs]
    tables = {
        "storage/status": stage.storage.op("status"),
        "storage/transfers": stage.storage.op("transfers"),
        "firestore/status": stage.firestore.op("status"),
        "firestore/collections/artworks": stage.firestore.op("collections/artworks"),
        "firestore/collections/scores": stage.firestore.op("collections/scores"),
    }
    return report.Facts(
        files=moved,
        documents=mirrored,
        mishaps=mishaps,
        frames=summarise(cost.wall_ms for cost in costs),
        components=summarise(ours),
        plot=ours,
        load_ms=stage.load_ms,
        tables={name: [[cell.val for cell in row] for row in table.rows()] for name, table in tables.items()},
        thread_conflicts=len(stage.host.conflicts),
    )


if __name__ == "__main__":
    sys.exit(main())
