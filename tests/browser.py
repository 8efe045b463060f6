"""A page in headless Chromium, as its readers see it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
#: Of a desk and of a telephone, in pixels.
WIDTHS = (1280, 400)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A Chromium of playwright; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as playing:
        opened = playing.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield opened
        opened.close()


@contextlib.contextmanager
def opened_page(browser: Any, path: Path, width: int, **more: Any) -> Iterator[Any]:
    """The page of a file; that it says an error, or fetches anything, fails."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **more)
    complaints: list[str] = []
    fetched: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: fetched.append(request.url))
    page.set_default_timeout(5_000)
    page.goto(path.as_uri())
    yield page
    assert complaints == []
    own = (path.as_uri(), "data:")
    assert [url for url in fetched if not url.startswith(own)] == []
    page.close()
