"""What the demo found, for a reader: in the terminal, as JSON and as one HTML page."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import component_model
from demo.bad_input import Mishap
from demo.documents import Documents
from demo.files import Files
from headless_td import Summary
from network_picture import network_svg

#: Rows of each table that the terminal shows.
_ROWS = 5
_WIDTH = 30


@dataclass(frozen=True)
class Facts:
    """Everything that was measured and counted.

    Attributes:
        frames: wall time of every frame on the main thread, in milliseconds.
        components: the components' share of each frame, in milliseconds.
        tables: name -> rows of the tables a user looks at, header first.
    """

    files: Files
    documents: Documents
    mishaps: Sequence[Mishap]
    frames: Summary
    components: Summary
    plot: Sequence[float]
    load_ms: float
    tables: dict[str, list[list[str]]]
    thread_conflicts: int

    def as_json(self) -> dict[str, Any]:
        """The facts that a machine reads."""
        return {
            "storage": self.files.facts(),
            "firestore": self.documents.facts(),
            "frames": {
                "count": self.components.count,
                "p50_ms": round(self.components.p50_ms, 3),
                "p99_ms": round(self.components.p99_ms, 3),
                "worst_ms": round(self.components.worst_ms, 3),
            },
            "thread_conflicts": self.thread_conflicts,
        }

    def ok(self) -> bool:
        """Whether the demo showed what it is for."""
        return (
            self.files.identical == self.files.uploaded == self.files.downloaded > 0
            and self.files.failed == self.documents.lost_writes == self.thread_conflicts == 0
            and self.documents.mirrored > 0
            and all(mishap.state == "error" and mishap.sentence for mishap in self.mishaps)
        )

    def lines(self) -> list[tuple[str, str]]:
        """What happened, as subject and sentence."""
        files, docs = self.files, self.documents
        mib = 64.0
        return [
            ("files up", f"{files.uploaded} in {files.upload_s:.1f} s ({mib / max(files.upload_s, 0.001):.0f} MiB/s)"),
            (
                "files down",
                f"{files.downloaded} in {files.download_s:.1f} s ({mib / max(files.download_s, 0.001):.0f} MiB/s)",
            ),
            ("identical", f"{files.identical} of {files.uploaded}, {files.failed} failed"),
            ("documents mirrored", f"{docs.mirrored} in {docs.mirror_s:.1f} s"),
            ("edited cell on server", f"after {docs.edit_s:.2f} s (half a second of it is the debounce)"),
            ("writes", f"{docs.confirmed_writes} confirmed by the server, {docs.lost_writes} lost"),
            ("states in the outage", ", ".join(docs.states_in_outage)),
            ("recovered", f"{docs.recovered_s:.1f} s after the network came back"),
            ("components per frame", _milliseconds(self.components)),
            ("whole frame", _milliseconds(self.frames)),
            ("loading, once", f"{self.load_ms:.0f} ms for both components"),
            ("thread conflicts", str(self.thread_conflicts)),
        ]


def terminal(facts: Facts) -> str:
    """The report as text."""
    parts = ["", "What happened", *(f"  {subject:<22} {sentence}" for subject, sentence in facts.lines())]
    parts += ["", "Wrong input", *(f"  {m.name:<22} {m.state}: {m.sentence}" for m in facts.mishaps)]
    for name, rows in facts.tables.items():
        parts += ["", f"{name} ({len(rows) - 1} rows)", *_table(rows)]
    return "\n".join(parts)


def html(facts: Facts) -> str:
    """The report as a page that needs nothing but itself."""
    rows = "".join(f"<tr><th>{escape(s)}</th><td>{escape(t)}</td></tr>" for s, t in facts.lines())
    wrong = "".join(
        f"<tr><th>{escape(m.name)}</th><td>{escape(m.state)}</td><td>{escape(m.sentence)}</td></tr>"
        for m in facts.mishaps
    )
    networks = "".join(f"<h2>{name}</h2>{network_svg(component_model.load(name))}" for name in component_model.names())
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>td-gcp demo</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}}
table{{border-collapse:collapse}}th,td{{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}}svg{{width:100%;
height:auto}}th{{font-weight:600;white-space:nowrap}}</style>
<h1>td-gcp: the demo's report</h1><table>{rows}</table>
<h2>What the components cost each frame</h2>{plot_svg(facts.plot)}
<h2>Wrong input</h2><table>{wrong}</table>{networks}</html>"""


def plot_svg(values_ms: Sequence[float], width: int = 1100, height: int = 260) -> str:
    """A bar of every frame, the worst of each pixel's frames; the dashed line is a frame at 60 a second."""
    budget_ms, pad = 1000 / 60, 40
    top_ms = max([budget_ms * 1.1, *values_ms])
    columns = min(len(values_ms), width - pad) or 1
    per_column = len(values_ms) / columns

    def y(value_ms: float) -> float:
        return height - 20 - (height - 40) * value_ms / top_ms

    worst = [
        max(values_ms[int(c * per_column) : max(int((c + 1) * per_column), int(c * per_column) + 1)], default=0.0)
        for c in range(columns)
    ]
    path = "".join(f"M{pad + c + 0.5:.1f} {height - 20}V{y(v):.1f}" for c, v in enumerate(worst))
    marks = "".join(
        f'<text x="{pad - 6}" y="{y(v) + 4:.0f}" text-anchor="end" font-size="12">{v:.0f}</text>'
        for v in (0, 5, 10, budget_ms)
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Milliseconds per frame" fill="#444">'
        f'<path d="{path}" stroke="#3b7dd8" fill="none"/><path d="M{pad} {y(budget_ms):.1f}H{width}" stroke="#c33" '
        f'stroke-dasharray="6 4"/>{marks}<text x="{pad}" y="{height - 4}" font-size="12">{len(values_ms)} frames, '
        f"milliseconds each</text></svg>"
    )


def write_html(facts: Facts, path: Path) -> None:
    """Writes the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html(facts), encoding="utf-8", newline="\n")


def _milliseconds(summary: Summary) -> str:
    figures = f"p50 {summary.p50_ms:.2f} ms, p99 {summary.p99_ms:.2f} ms, worst {summary.worst_ms:.2f} ms"
    return f"{figures} ({summary.count} frames)"


def _table(rows: list[list[str]]) -> list[str]:
    shown = rows[:1] + rows[1:][-_ROWS:]
    cells = [[cell if len(cell) <= _WIDTH else cell[: _WIDTH - 1] + "…" for cell in row] for row in shown]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
    return lines if len(rows) <= _ROWS + 1 else [lines[0], "  …", *lines[1:]]
