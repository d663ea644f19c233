"""Writes down what was found: a file for programs, a file for people, a table."""

import json
import platform
from pathlib import Path
from typing import Any

import td
from in_td.room import attempt
from in_td.rows import COLUMNS, FAIL, MEASURED, PASS, SKIPPED, Results, Row, one_line

#: Counts up when the JSON file gets another shape.
FORMAT = 1
TABLE = "selftest_rows"


def as_data(results: Results, components: dict[str, Any]) -> dict[str, Any]:
    """Everything, as plain data."""
    app = td.app
    return {
        "format": FORMAT,
        "touchdesigner": {
            "build": app.build,
            "version": app.version,
            "product": app.product,
            "os": app.osName,
            "architecture": app.architecture,
            "python": platform.python_version(),
        },
        "components": components,
        "verdict": "fail" if results.count(FAIL) else "pass",
        "counts": {verdict: results.count(verdict) for verdict in (PASS, FAIL, MEASURED, SKIPPED)},
        "unknowns": dict(sorted(results.unknowns.items())),
        "also": dict(sorted(results.also.items())),
        "format_sheet": results.format,
        "details": results.details,
        "rows": [dict(zip(COLUMNS, row.cells(), strict=True)) for row in results.rows],
    }


def verdict_line(results: Results, where: str) -> str:
    """Whether all is well, and where the report is."""
    failed = results.count(FAIL)
    counts = f"{results.count(PASS)} passed, {results.count(MEASURED)} measured, {results.count(SKIPPED)} skipped"
    if failed:
        first = next(results.of(FAIL))
        return f"Self-test: {failed} FAILED ({counts}), first: {one_line(first.sentence, 160)} Report: {where}"
    return f"Self-test: all is well ({counts}). Report: {where}"


def as_text(results: Results, data: dict[str, Any]) -> str:
    """The report for people, in Markdown."""
    machine = data["touchdesigner"]
    components = ", ".join(f"{name} {about['version']}" for name, about in data["components"].items()) or "none"
    lines = [
        "# Self-test of td-gcp",
        "",
        f"- TouchDesigner {machine['build']} on {machine['os']}, Python {machine['python']}",
        f"- Components: {components}",
        f"- {verdict_line(results, 'this file')}",
        "",
    ]
    for verdict, title in (
        (FAIL, "What failed"),
        (SKIPPED, "What was not tried"),
        (MEASURED, "What was measured"),
        (PASS, "What is as it should be"),
    ):
        rows = list(results.of(verdict))
        if rows:
            lines += [f"## {title}", "", *_section(rows, told=verdict in (FAIL, SKIPPED)), ""]
    return "\n".join(lines)


def _section(rows: list[Row], *, told: bool) -> list[str]:
    """One line a row; for what went wrong, also what was expected and found."""
    lines = []
    for row in rows:
        lines.append(f"- **{row.area} / {row.name}** {row.sentence}")
        if told and row.expected and row.expected not in row.sentence:
            lines.append(f"    - expected `{row.expected}`, found `{row.found}`")
    return lines


def write(results: Results, components: dict[str, Any], dat: Any) -> str:
    """Writes files and table; the path of the report for people."""
    data = as_data(results, components)
    name = f"selftest-{td.app.build}"
    texts = {".json": json.dumps(data, indent=1) + "\n", ".md": as_text(results, data)}
    folder = Path(td.project.folder)
    error = attempt(lambda: _write_files(folder, name, texts))
    if error is not None:  # a project in a folder that cannot be written to
        folder = Path(td.app.tempFolder)
        _write_files(folder, name, texts)
    _fill_table(results, dat)
    return (folder / f"{name}.md").as_posix()


def _write_files(folder: Path, name: str, texts: dict[str, str]) -> None:
    for suffix, text in texts.items():
        (folder / f"{name}{suffix}").write_text(_without_folders(text), encoding="utf-8")


def _without_folders(text: str) -> str:
    """The text without the folders of this machine, whose names may be somebody's: a report is meant to be sent on."""
    places = (("<project>", td.project.folder), ("<temp>", td.app.tempFolder), ("<home>", str(Path.home())))
    for name, folder in places:
        slashes = folder.replace("\\", "/")
        for spelling in (slashes, slashes.replace("/", "\\"), slashes.replace("/", "\\\\")):
            if len(spelling) > 1:
                text = text.replace(spelling, name)
    return text


def _fill_table(results: Results, dat: Any) -> None:
    table = dat.parent().op(TABLE)
    if table is None or table.OPType != "tableDAT":
        table = dat.parent().create(td.tableDAT, TABLE)
        table.nodeX, table.nodeY = dat.nodeX + 200, dat.nodeY - 150
    table.clear()
    table.appendRows([list(COLUMNS), *(row.cells() for row in results.rows)])
