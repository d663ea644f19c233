"""Seeding: rows become documents, and a second run writes only what differs."""

from typing import Any

from recipes.project import Project


def typed(project: Project) -> Project:
    """The table of the page, as a user types it."""
    lines = project.page.text.split("| id |", 1)[1].split("\n\n")[0].splitlines()
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in ("id | " + lines[0].strip(" |"), *lines[2:])
    ]
    width = len(rows[0])
    table = project.make("tableDAT", "people")
    table.clear()
    table.appendRows([[*row, *[""] * width][:width] for row in rows])
    return project


def seed(project: Project) -> str:
    project.module("seed").seed()
    project.host.frame()
    return next(line for line in reversed(project.host.textport.tail(10).splitlines()) if "rows are new" in line)


def test_rows_become_documents_and_only_what_differs_is_written_again(open_project: Any) -> None:
    with typed(open_project("recipes/seed-from-table")).follow().online() as project:
        assert seed(project).startswith("3 of 3 rows")
        project.sent()
        assert project.console.get("people/anna") == {"name": "Anna", "age": 31, "tags": ["staff", "night"]}
        assert project.console.get("people/ben") == {"name": "Ben", "age": 27.5}
        assert project.console.get("people/zip") == {"name": "01234"}
        assert seed(project).startswith("0 of 3 rows")
        table = project.network.op("people")
        table["anna", "age"] = "32"
        table.appendRows([[f"n{number}", "many", str(number), ""] for number in range(450)])
        table.appendRow(["a/b", "a slash is no part of an id", "", ""])
        assert seed(project).startswith("452 of 454 rows")
        project.until(lambda: "Refused, see the log: a/b" in project.host.textport.tail(40), "the refused row")
        project.sent()
        assert project.console.get("people/anna")["age"] == 32
        assert project.console.get("people/n449") == {"name": "many", "age": 449}
        assert seed(project).startswith("1 of 454 rows")


def test_rows_seeded_without_a_network_arrive_later(open_project: Any) -> None:
    with typed(open_project("recipes/seed-from-table")).follow() as project:
        assert seed(project).startswith("3 of 3 rows")
    with open_project("recipes/seed-from-table").follow().online() as again:
        again.until(lambda: again.console.get("people/ben") == {"name": "Ben", "age": 27.5}, "the rows")
