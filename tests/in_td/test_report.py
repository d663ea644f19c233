"""What the self-test leaves: two files, a table, one line."""

import json
from pathlib import Path

from headless_td import Host
from in_td_run import Run, load


def reports(host: Host, folder: Path | None = None) -> tuple[Path, Path]:
    stem = (folder or Path(host.project.folder)) / f"selftest-{host.app.build}"
    return stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.md")


def test_report_for_programs_and_for_people(host: Host) -> None:
    comps = load(host)
    comps["storage"].par.Bucket.help = ""
    run = Run(host, ("described",)).finish()
    as_data, as_text = reports(host)
    data = json.loads(as_data.read_text(encoding="utf-8"))
    assert data["verdict"] == "fail"
    assert data["counts"]["fail"] == 1
    assert len(data["rows"]) == sum(data["counts"].values())
    assert data["components"]["storage"]["version"] == comps["storage"].par.Version.eval()
    failed = [row for row in data["rows"] if row["verdict"] == "fail"]
    assert failed[0]["name"] == "storage: Bucket.help"
    text = as_text.read_text(encoding="utf-8")
    assert text.index("## What failed") < text.index("## What is as it should be")
    assert failed[0]["sentence"] in text
    assert run.test.line == host.ui.status
    assert run.test.line.endswith(f"Report: {as_text.as_posix()}")


def test_report_names_no_folder_of_this_machine(host: Host) -> None:
    """It is meant to be sent to others, whatever an error said."""
    comps = load(host)
    folder = host.project.folder
    comps["storage"].op("status").addScriptError(f"No file {folder}/key.json, no file {folder.replace('/', chr(92))}.")
    run = Run(host, ("described", "unknowns", "format")).finish()
    assert any(folder in line for line in run.sentences("fail"))
    for path in reports(host):
        text = path.read_text(encoding="utf-8")
        assert "<project>/key.json" in text
        assert folder not in text
        assert folder.replace("/", chr(92)) not in text


def test_table_holds_a_row_for_each_check(host: Host) -> None:
    load(host)
    run = Run(host, ("described",)).finish()
    table = host.op("/project1/selftest_rows")
    assert [cell.val for cell in table.row(0)] == ["area", "name", "expected", "found", "verdict", "sentence"]
    assert table.numRows == len(run.results.rows) + 1
    Run(host, ()).finish()
    assert host.op("/project1/selftest_rows").numRows == 3  # written anew: the two components were found


def test_folder_that_cannot_be_written_to(host: Host, tmp_path: Path) -> None:
    """The report goes where scraps go, and the line says so."""
    load(host)
    for path in reports(host):
        path.mkdir()
    run = Run(host, ("described",)).finish()
    _, as_text = reports(host, Path(host.app.tempFolder))
    assert run.test.line.endswith(f"Report: {as_text.as_posix()}")
    assert "Self-test of td-gcp" in as_text.read_text(encoding="utf-8")
    for path in reports(host, Path(host.app.tempFolder)):
        path.unlink()


def test_second_start_waits_for_the_first(host: Host) -> None:
    load(host)
    first = Run(host, ("described",))
    host.op("/project1/selftest").run()
    assert first.finish().test.stepper.done
    assert len([row for row in first.results.rows if row.name == "storage"]) == 1
