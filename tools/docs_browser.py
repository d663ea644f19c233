#!/usr/bin/env python3
"""Looks at the built site in headless Chromium: `python tools/docs_browser.py SITE [--pictures FOLDER]`.

Every page is opened from disk, at the width of a phone in the dark and of a desk in daylight. Findings: a link that
leads nowhere, a request that leaves this machine, an error in the console, a picture that does not show, a page wider
than the screen. Chromium is spoken to through a pipe, so nothing but it and Python is needed.
"""

import argparse
import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip
PATIENCE_S = 30.0

#: Becomes Chromium, with the pipes where it looks for them.
_START = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

#: What is seen of a page, when it has come to rest after a change of its width.
_LOOK = """(async width => {
  const wide = () => document.documentElement.scrollWidth;
  for (let left = 40; left && wide() > width; left--) await new Promise(done => setTimeout(done, 50));
  return {
    wide: wide(),
    broken: [...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src),
    dark: getComputedStyle(document.body).backgroundColor,
  };
})(WIDTH)"""


class BrowserError(Exception):
    """Chromium does not do what it is asked to."""


@dataclass(frozen=True)
class View:
    """How a page is looked at."""

    name: str
    width: int
    height: int
    scheme: str


VIEWS = (View("phone-dark", 390, 844, "dark"), View("desk-light", 1280, 900, "light"))


def find_chromium() -> Path | None:
    """Chromium, if this machine has it and can be spoken to through a pipe."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return Path(found) if found and os.name == "posix" else None


class Browser:
    """A headless Chromium with one page."""

    def __init__(self, program: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="td-gcp-browser-", ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Chromium reads 3 and writes 4; these lie above, so that none is overwritten on the way.
        theirs = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (theirs_in, theirs_out)]
        flags = [*FLAGS, f"--user-data-dir={self._folder.name}"]
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *map(str, theirs), program, *flags, "about:blank"],
            pass_fds=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for one in (theirs_in, theirs_out, *theirs):
            os.close(one)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the DevTools protocol; what it answers.

        Raises:
            BrowserError: it is refused, or no answer comes.
        """
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
        raise BrowserError(f"{method}: Chromium ended")

    def wait_for(self, event: str) -> None:
        """Until Chromium tells of it."""
        if not any(one["method"] == event for one in self.events):
            for message in self._messages():
                if message.get("method") == event:
                    return

    def evaluate(self, script: str) -> Any:
        """The value of a script in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"script failed: {answer['exceptionDetails'].get('text')}")
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        """Shows a page and waits until it is there; `events` are those of this page from now on."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def show(self, view: View) -> None:
        """Shows the page otherwise."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": view.scheme}])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=view.width,
            height=view.height,
            deviceScaleFactor=1,
            mobile=view.width < 600,
        )
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def complaints(self) -> list[str]:
        """What the page has asked for, thrown or written that it should not have."""
        return [line for event in self.events for line in _complaint(event)]

    def picture(self, *, whole: bool) -> bytes:
        """What is shown, as PNG; `whole`: the page to its end."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def _messages(self) -> Iterator[dict[str, Any]]:
        """What Chromium sends, as it comes; events are kept."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            while b"\0" in self._buffer:
                first, _, self._buffer = self._buffer.partition(b"\0")
                message: dict[str, Any] = json.loads(first)
                if "method" in message:
                    self.events.append(message)
                yield message
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise BrowserError(f"Chromium has not answered for {PATIENCE_S:.0f} s")
            chunk = os.read(self._in, 1 << 16)
            if not chunk:
                return
            self._buffer += chunk

    def close(self) -> None:
        """Ends Chromium."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for one in (self._in, self._out):
            os.close(one)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.update(filter(None, (values.get("id"), values.get("name"))))
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))


def dead_links(site: Path) -> list[str]:
    """Links between the files of the site that lead nowhere."""
    pages: dict[Path, _Page] = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = _Page()
        pages[path].feed(path.read_text(encoding="utf-8"))
    lines = []
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].anchors if target in pages else set()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors):
                lines.append(f"{path.relative_to(site).as_posix()}: the link {link} leads nowhere")
    return lines


def look(browser: Browser, view: View) -> list[str]:
    """What is wrong with how the page looks in a view."""
    browser.show(view)
    found = browser.evaluate(_LOOK.replace("WIDTH", str(view.width)))
    lines = [f"the picture {source} does not show" for source in found["broken"]]
    if found["wide"] > view.width:
        lines.append(f"is {found['wide'] - view.width} pixels wider than the screen")
    brightness = sum(int(part) for part in found["dark"].removeprefix("rgb(").rstrip(")").split(",")[:3]) / 3
    if (brightness < 128) != (view.scheme == "dark"):
        lines.append(f"is not {view.scheme}: its background is {found['dark']}")
    return [f"at {view.name}: {line}" for line in lines]


def _complaint(event: dict[str, Any]) -> list[str]:
    parameters = event["params"]
    match event["method"]:
        case "Network.requestWillBeSent" if not parameters["request"]["url"].startswith(("file:", "data:", "blob:")):
            return [f"asks for {parameters['request']['url']}"]
        case "Runtime.exceptionThrown":
            return [f"throws {parameters['exceptionDetails'].get('text')}"]
        case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "warning", "assert"):
            return [f"writes to the console: {parameters['args']}"]
        case "Log.entryAdded" if parameters["entry"]["level"] in ("error", "warning"):
            return [f"writes to the console: {parameters['entry']['text']}"]
    return []


def check(site: Path, program: Path, pictures: Path | None = None) -> list[str]:
    """Everything that is wrong with the site; pictures of every page in every view, if a folder is given."""
    site = site.resolve()
    lines = dead_links(site)
    with Browser(program) as browser:
        for page in sorted(site.rglob("*.html")):
            if page.name == "404.html":  # its addresses are those of a server
                continue
            name = page.relative_to(site).with_suffix("").as_posix()
            browser.open(page.as_uri())
            found = []
            for view in VIEWS:
                found += look(browser, view)
                if pictures is not None:
                    file = pictures / f"{name.replace('/', '-')}-{view.name}.png"
                    file.write_bytes(browser.picture(whole=view.width > 600))
            lines += [f"{name}: {line}" for line in (*found, *browser.complaints())]
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns 0, or 1 with a line for each finding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each page in each view")
    options = parser.parse_args(argv)
    program = find_chromium()
    if program is None:
        print(f"NOT RUN: none of {', '.join(PROGRAMS)} is on this machine, so nobody has looked at the site.")
        return 0
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(KeyboardInterrupt):
        lines = check(options.site, program, options.pictures)
        print("\n".join(lines) or "Every page was looked at; nothing is wrong.")
        return 1 if lines else 0
    return 130


if __name__ == "__main__":
    sys.exit(main())
