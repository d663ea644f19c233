"""The site and the help page of the components in a real browser, opened from disk as by a reader without network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import component_model
import docs_browser
import docs_help

CHROMIUM = docs_browser.find_chromium()

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: nobody has looked at the pages")

PAGE = """<!doctype html><html><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>body {{ background: {back} }}</style></head>
<body>{body}</body></html>"""


#: Enters words into the search field and gives the addresses that are found.
SEARCH = """new Promise(done => {
  const field = document.querySelector("[data-md-component=search-query]");
  field.focus();
  field.value = "WORDS";
  field.dispatchEvent(new Event("keyup", {bubbles: true}));
  field.dispatchEvent(new Event("input", {bubbles: true}));
  const look = left => {
    const links = [...document.querySelectorAll(".md-search-result__link")].map(one => one.href);
    links.length || !left ? done(links) : setTimeout(look, 50, left - 1);
  };
  look(200);
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[docs_browser.Browser]:
    assert CHROMIUM is not None
    with docs_browser.Browser(CHROMIUM) as opened:
        yield opened


@pytest.mark.timeout(300)
def test_every_page_is_whole_at_both_widths_light_and_dark_and_asks_nobody(site: Path) -> None:
    assert CHROMIUM is not None
    assert docs_browser.check(site, CHROMIUM) == []


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("Max Delete", "storage/parameters.html"),
        ("PushBatch", "firestore/methods.html"),
        ("key file does not exist", "messages.html"),
        ("onTransferProgress", "storage/methods.html"),
    ],
)
def test_search_finds_parameters_methods_callbacks_and_messages(
    browser: docs_browser.Browser, site: Path, words: str, page: str
) -> None:
    """From disk, without a server: that is how the site of a checkout is read."""
    browser.open((site / "index.html").as_uri())
    found = browser.evaluate(SEARCH.replace("WORDS", words))
    assert any(f"/{page}" in link for link in found), found


@pytest.mark.parametrize("name", component_model.names())
def test_help_page_of_a_component_can_be_read_on_a_phone_in_the_dark(
    browser: docs_browser.Browser, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "help.html"
    path.write_text(docs_help.page(component_model.load(name)), encoding="ascii")
    browser.open(path.as_uri())
    assert [line for view in docs_browser.VIEWS for line in docs_browser.look(browser, view)] == []
    assert docs_browser.dead_links(tmp_path) == []
    assert browser.complaints() == []


FAULTS = {
    '<a href="gone.html">x</a>': "the link gone.html leads nowhere",
    '<a href="#gone">x</a>': "the link #gone leads nowhere",
    '<img src="gone.png">': "does not show",
    '<div style="width: 600px">x</div>': "pixels wider than the screen",
    "<script>console.error('mine')</script>": "writes to the console",
    '<img src="http://127.0.0.1:9/x.png">': "asks for http://127.0.0.1:9/x.png",
    "<script>throw new Error('mine')</script>": "throws",
    "<p>x</p>": "is not dark",
}


def test_what_is_wrong_with_a_page_is_found(tmp_path: Path) -> None:
    """The check can fail: each kind of fault is planted once."""
    assert CHROMIUM is not None
    (tmp_path / "page.html").write_text(PAGE.format(back="#fff", body="".join(FAULTS)), encoding="utf-8")
    found = "\n".join(docs_browser.check(tmp_path, CHROMIUM))
    assert [words for words in FAULTS.values() if words not in found] == []
