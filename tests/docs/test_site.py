"""The site, built once with warnings as errors, and walked in headless Chromium."""

from __future__ import annotations

import functools
import html
import http.server
import importlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from tests.browser import WIDTHS, browser
from tools.site import api

TOP = Path(__file__).resolve().parents[2]
#: The sources are many, and all alike: but for one, they are read without a browser.
SOURCES, ONE_SOURCE = "/_modules/", "/_modules/zoo/dna.html"
LINKS = "[...document.links].map(link => link.href)"
IDS = "[...document.querySelectorAll('[id]')].map(element => element.id)"
WIDER = "document.documentElement.scrollWidth - window.innerWidth"

pytestmark = pytest.mark.slow


class Visited(NamedTuple):
    links: list[str]
    ids: set[str]
    wider: dict[int, int]  # what does not fit, in pixels, by width
    complaints: list[str]


class Walk(NamedTuple):
    address: str
    pages: dict[str, Visited]
    requests: set[str]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Not into the output of tests."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx")
    out = tmp_path_factory.mktemp("site")
    options = ["-q", "-W", "--keep-going", "-b", "html"]
    command = [sys.executable, "-m", "sphinx", *options, "docs", str(out)]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def walk(site: Path, address: str) -> Walk:
    """Each page that a link leads to, from the first one on."""
    done = Walk(address, {}, set())
    waiting = [address + "index.html"]
    with browser() as opened:
        page = opened.new_page()
        page.set_default_timeout(60_000)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: done.requests.add(request.url))
        while waiting:
            here = waiting.pop()
            if here in done.pages:
                continue
            if SOURCES in here and not here.endswith(ONE_SOURCE):
                done.pages[here] = source(here, site / here.removeprefix(address))
                continue
            page.goto(here)
            links = page.evaluate(LINKS)
            wider = {}
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                wider[width] = page.evaluate(WIDER)
            ids = set(page.evaluate(IDS))
            done.pages[here] = Visited(links, ids, wider, complaints.copy())
            complaints.clear()
            plain = {urldefrag(urljoin(here, link)).url for link in links}
            waiting += [
                link
                for link in plain
                if link.startswith(address) and link.endswith(".html")
            ]
    return done


def source(address: str, file: Path) -> Visited:
    """A page with the source of a module: links and places, read as text."""
    text = file.read_text(encoding="utf-8")
    found = re.findall(r'<a [^>]*href="(.*?)"', text)
    links = [urljoin(address, html.unescape(link)) for link in found]
    return Visited(links, set(re.findall(r'\bid="(.*?)"', text)), {}, [])


def test_every_link_leads_to_a_page_and_a_place(site: Path, walk: Walk) -> None:
    wrong = set()
    for here, page in walk.pages.items():
        for link in page.links:
            target, place = urldefrag(link)
            if not target.startswith(walk.address):
                continue
            file = site / unquote(target.removeprefix(walk.address) or "index.html")
            found = walk.pages.get(target)
            if not file.is_file() or (place and found and place not in found.ids):
                wrong.add((here, link))
    assert wrong == set()
    assert len(walk.pages) > 150  # the pages, the reference and the sources


def test_every_page_of_the_site_is_reached(site: Path, walk: Walk) -> None:
    made = {
        walk.address + file.relative_to(site).as_posix()
        for file in site.rglob("*.html")
        if file.parent.name != "_static"
    }
    hidden = {"genindex", "py-modindex", "search", "_modules/index"}
    assert made - walk.pages.keys() <= {f"{walk.address}{name}.html" for name in hidden}


def test_nothing_is_fetched_from_another_host(walk: Walk) -> None:
    assert walk.requests
    own = (walk.address, "data:")
    assert [url for url in walk.requests if not url.startswith(own)] == []


def test_no_page_complains(walk: Walk) -> None:
    said = {here: page.complaints for here, page in walk.pages.items()}
    assert {here: each for here, each in said.items() if each} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_a_desk_and_a_telephone(walk: Walk, width: int) -> None:
    wider = {here: page.wider.get(width, 0) for here, page in walk.pages.items()}
    assert {here: pixels for here, pixels in wider.items() if pixels > 0} == {}


def test_every_public_name_is_on_its_page(walk: Walk) -> None:
    for module in api._modules():
        ids = walk.pages[f"{walk.address}api/{module}.html"].ids
        names = getattr(importlib.import_module(module), "__all__", [])
        assert [name for name in names if f"{module}.{name}" not in ids] == []


def test_a_reader_searches(address: str) -> None:
    with browser() as opened:
        page = opened.new_page()
        page.set_default_timeout(60_000)
        page.goto(address + "search.html?q=gaussian_bias")
        page.wait_for_selector("ul.search a")
        found = page.eval_on_selector_all("ul.search a", "all => all.map(a => a.href)")
    assert any("zoo.interpretation.motifs" in link for link in found)


def test_there_is_a_light_and_a_dark_one(address: str) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    with browser() as opened:
        for scheme in ("light", "dark"):
            page = opened.new_page(color_scheme=scheme)
            page.set_default_timeout(60_000)
            page.goto(address + "index.html")
            shade = page.evaluate(background)
            seen[scheme] = max(map(int, shade.strip("rgb()").split(",")))
    assert seen["light"] > 200
    assert seen["dark"] < 60
