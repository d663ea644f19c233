"""The documentation site: builds without a warning and loads nothing from anywhere else."""

import re


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
