"""What the documents say about commands, rooms and rules is what the code does."""

import re
import tomllib
from fnmatch import fnmatchcase

import pytest

import dev
import layout

PAGES = [layout.ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted(layout.DOCS.rglob("*.md"))


def text_of(page):
    return page.read_text(encoding="utf-8")


def name_of(page):
    return page.relative_to(layout.ROOT).as_posix()


def table_rows(text):
    """The cells of every row of the tables in a page; an escaped bar stays in its cell."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def words_in_code(text):
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_named_exists(page):
    assert set(re.findall(r"tools[/\\]dev\.py ([a-z]+)", text_of(page))) <= set(dev.COMMANDS)


def test_contributing_lists_every_command_of_this_checkout_with_its_arguments():
    rows = table_rows(text_of(layout.ROOT / "CONTRIBUTING.md"))
    listed = {row[0].strip("`").replace("\\|", "|").lower() for row in rows}
    wanted = {f"{name} {dev.COMMANDS[name].usage}".strip().lower() for name in dev.COMMANDS if dev.available(name)}
    assert wanted <= listed


def test_contributing_names_the_steps_of_test():
    steps = ", ".join(f"`{step.name}`" for step in dev.test_steps(layout.ROOT, []))
    assert f"`test` runs these steps in order: {steps}." in text_of(layout.ROOT / "CONTRIBUTING.md")


@pytest.mark.parametrize("page", PAGES[:3], ids=name_of)
def test_links_between_files_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text_of(page))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_table_of_rooms_is_that_of_the_check():
    rows = {row[0]: row for row in table_rows(text_of(layout.DOCS / "architecture/rooms.md"))}
    for room in layout.ROOMS:
        _, names, thread, imports, _ = rows[room.name]
        for pattern in room.patterns:
            assert any(fnmatchcase(pattern, word) for word in words_in_code(names)), pattern
        assert thread in {*room.threads, *(stated.removesuffix(" only") for stated in room.threads), "as stated"}
        assert {word for word in re.findall(r"\w+", imports.partition(";")[0]) if word in rows} == set(room.rooms)


def test_every_rule_of_the_check_is_explained():
    source = "".join(text_of(layout.TOOLS / f"{name}.py") for name in ("check_imports", "check_calls", "check_shape"))
    source += text_of(layout.TOOLS / "check_source.py")
    rules = set(re.findall(r"""(?:row|Row)\(\s*[\w.]+,\s*(?:[\w.]+,\s*)?"([a-z-]+)",""", source))
    assert {"import-room", "thread-name", "machine-path", "size", "layout", "syntax"} <= rules
    pages = (layout.DOCS / "architecture" / name for name in ("rooms.md", "threads.md"))
    assert rules <= set().union(*(words_in_code(text_of(page)) for page in pages))


def test_every_key_of_a_description_is_explained():
    explained = words_in_code(text_of(layout.DOCS / "architecture/building.md"))
    for path in layout.SRC.glob("*/component.toml"):
        description = tomllib.loads(text_of(path))
        tables = [description.get("component", {}), description.get("release", {}), *description.get("extension", [])]
        for kind in ("group", "operator", "parameter"):
            tables += description.get(kind, {}).values()
        assert set().union(*tables) <= explained, path


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_test_that_is_named_as_proof_exists(page):
    named = {word for word in re.findall(r"`(?:[\w./]+::)?(test_\w+)`", text_of(page)) if not word.endswith("_")}
    assert named <= {found for path in layout.TESTS.rglob("test_*.py") for found in proofs(path)}


def proofs(path):
    """The tests of a file, and the file itself."""
    return {path.stem, *re.findall(r"^ *def (test_\w+)", text_of(path), re.MULTILINE)}


def test_every_decision_is_listed():
    folder = layout.DOCS / "decisions"
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", text_of(folder / "index.md")))
    assert listed == {page.name for page in folder.glob("[0-9]*.md")}
    for page in folder.glob("[0-9]*.md"):
        assert "\nStatus: " in text_of(page)
