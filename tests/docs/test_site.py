"""The documentation site: builds without a warning and loads nothing from anywhere else."""

import os
import re
import subprocess
import sys

import pytest

import layout


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=layout.ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_no_page_loads_anything_from_elsewhere(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 5
    loads = re.compile(r"""<(?:script|img|iframe|source)[^>]+src="?(?:https?:)?//|<link[^>]+href="?(?:https?:)?//""")
    assert {page.name: loads.findall(page.read_text(encoding="utf-8")) for page in pages} == {
        page.name: [] for page in pages
    }


def test_no_stylesheet_loads_anything_from_elsewhere(site):
    sheets = sorted(site.rglob("*.css"))
    assert sheets
    loads = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//[^)"']+""")
    assert [found for sheet in sheets for found in loads.findall(sheet.read_text(encoding="utf-8"))] == []


def test_search_works_on_pages_opened_from_disk(site):
    assert (site / "search/search_index.js").is_file()
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text(encoding="utf-8")
