"""What a reader sees of a page, and does with it, in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import WIDTHS, browser, opened_page
from tests.zoo.files.test_pages import NASTY
from zoo.dna import decode
from zoo.interpretation.reports import page as pages, tracks

MINUS = "\N{MINUS SIGN}"
LENGTH, FIRST = 200, 1_001
RNG = np.random.default_rng(0)
CODES = RNG.integers(0, 4, LENGTH).astype(np.uint8)
VALUES = {"low": RNG.normal(size=LENGTH) / 10, "high": RNG.normal(size=LENGTH) / 10}
VALUES["high"][90:100] = 1.0
EFFECTS = -VALUES["high"][:, None] * (np.arange(4) != CODES[:, None])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = []
    for number, name in enumerate(("first", NASTY)):
        targets = {
            target: [
                tracks.curve_track("profile", np.arange(5.0), LENGTH, 50, 20),
                tracks.logo_track("contributions", CODES, values),
                tracks.heat_track("changes", CODES, EFFECTS),
                tracks.spans_track("motifs", [(90, 100, NASTY)], LENGTH),
            ]
            for target, values in VALUES.items()
        }
        figures.append(
            tracks.figure(
                f"f-{number}", name, "b", targets, length=LENGTH, first=FIRST, shown=1
            )
        )
    content = [*pages.controls([*VALUES]), pages.link("f-1", "to the second"), *figures]
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(pages.whole(NASTY, NASTY, [(NASTY, content)]), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=WIDTHS)
def one_page(
    chromium: Any, written: Path, request: pytest.FixtureRequest
) -> Iterator[Any]:
    with opened_page(chromium, written, request.param) as opened:
        yield opened


@pytest.fixture
def page(one_page: Any) -> Any:
    one_page.reload()
    return one_page


def value(base: int) -> str:
    sign, number = ("+", 1.0) if 90 <= base < 100 else (None, VALUES["high"][base])
    number = round(float(number), 3)
    sign = sign or ("+" if number > 0 else MINUS if number < 0 else "")
    return f"{decode(CODES)[base]} {sign}{abs(number):g}"


def test_nothing_is_wider_than_the_page(page: Any) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == page.viewport_size["width"]


def test_drawings_are_seen(page: Any) -> None:
    for kind, height in (("logo", 75), ("heat", 60), ("curve", 50), ("spans", 12)):
        shown = page.locator(f"#f-0 .{kind}:visible")
        assert shown.count() == 1, kind
        box = shown.bounding_box()
        assert box["height"] > height
        assert box["width"] > 0.75 * page.viewport_size["width"] - 60
    # A letter of the plateau is as high as its part of the scale.
    foot = page.locator("#f-0 .panel:visible .logo use").nth(95).bounding_box()
    assert foot["height"] > 40


def test_hover_tells_the_base_under_the_cursor(page: Any) -> None:
    box = page.locator("#f-0 .overlay:visible").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 95.5 / LENGTH, box["y"] + 20)
    told = page.locator("#f-0 .value").inner_text()
    assert told.startswith(f"base 1,096 · profile: 2 · contributions: {value(95)} ·")
    assert f"to {'A' if decode(CODES)[95] != 'A' else 'C'} {MINUS}1" in told
    assert NASTY in told
    page.mouse.move(box["x"] + box["width"] * 0.5 / LENGTH, box["y"] + 20)
    told = page.locator("#f-0 .value").inner_text()
    assert told.startswith(f"base 1,001 · contributions: {value(0)} ·")


def test_the_keyboard_does_what_the_mouse_does(page: Any) -> None:
    slider = page.get_by_role("slider").first
    for _ in range(20):
        page.keyboard.press("Tab")
        if slider.evaluate("e => e === document.activeElement"):
            break
    else:
        raise AssertionError("not reached by Tab")
    steps = (("Home", 0), ("ArrowRight", 1), ("PageUp", 11), ("ArrowLeft", 10))
    for key, base in (*steps, ("End", 199), ("ArrowRight", 199), ("PageDown", 189)):
        page.keyboard.press(key)
        assert slider.get_attribute("aria-valuenow") == str(FIRST + base)
        assert f"contributions: {value(base)}" in slider.get_attribute("aria-valuetext")


def test_zoom_keeps_the_cursor_in_view(page: Any) -> None:
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("End")
    narrow = slider.bounding_box()["width"]
    ticks = page.locator("#f-0 .panel:visible .ticks span")
    few = ticks.count()
    for _ in range(4):
        page.keyboard.press("+")
    assert slider.bounding_box()["width"] == pytest.approx(narrow * 1.5**4, rel=0.01)
    view = page.locator("#f-0 .view:visible").bounding_box()
    cursor = page.locator("#f-0 .cursor:visible").bounding_box()
    assert view["x"] < cursor["x"] < view["x"] + view["width"]
    assert ticks.count() >= 2 * few
    assert "1,160" in ticks.all_inner_texts()
    page.keyboard.press("0")
    assert slider.bounding_box()["width"] == pytest.approx(narrow)
    page.locator("#f-0").get_by_role("button", name="zoom in").click()
    assert slider.bounding_box()["width"] == pytest.approx(narrow * 1.5, rel=0.01)
    page.locator("#f-0").get_by_role("button", name="fit").click()
    assert slider.bounding_box()["width"] == pytest.approx(narrow)


def test_outputs_are_chosen_for_one_figure_or_all(page: Any) -> None:
    shown = "figure .panel:visible .overlay"
    labels = page.locator(shown)

    def now() -> list[str]:
        return [
            labels.nth(i).get_attribute("aria-label").split(", ")[-1].split(":")[0]
            for i in range(labels.count())
        ]

    assert now() == ["high", "high"]
    page.locator("#f-1 select").select_option("low")
    assert now() == ["high", "low"]
    page.locator("#all-outputs").select_option("low")
    assert now() == ["low", "low"]
    page.locator("#all-outputs").select_option("highest of each")
    assert now() == ["high", "high"]


def test_numbers_are_a_table(page: Any) -> None:
    page.locator("#f-0 .numbers summary").click()
    rows = page.locator("#f-0 .numbers tr")
    rows.first.wait_for()
    assert rows.count() == 1 + LENGTH
    cells = rows.nth(96).locator("td").all_inner_texts()
    assert cells[:3] == ["1096", decode(CODES)[95], "1"]
    assert len(cells) == 3 + 4


def test_links_lead_to_figures(page: Any) -> None:
    page.get_by_role("link", name="to the second").click()
    assert page.locator("#f-1").evaluate("e => e.getBoundingClientRect().top") < 450


def test_light_and_dark(chromium: Any, written: Path) -> None:
    brightness = []
    for scheme in ("light", "dark"):
        with opened_page(chromium, written, 400, color_scheme=scheme) as page:
            paper, ink = page.evaluate(
                "['backgroundColor', 'color'].map(k => getComputedStyle(document.body)"
                "[k].match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0))"
            )
            brightness.append((paper, ink))
    assert brightness[0][0] > 600 > 200 > brightness[0][1]
    assert brightness[1][0] < 200 < 600 < brightness[1][1]


def test_without_scripts_the_drawings_are_there(chromium: Any, written: Path) -> None:
    with opened_page(chromium, written, 400, java_script_enabled=False) as page:
        assert page.locator("#f-0 .logo:visible").count() == 1
