"""A card is written by a stranger and shown in a notebook: it must run nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings, strategies as st

from registry.markdown import to_html

HARMLESS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "a", "em", "strong", "code", "pre"),
    *("ul", "ol", "li", "blockquote", "hr", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(to_html(text))
    return reader.found


def check(text: str) -> None:
    for tag, attributes in tags(text):
        assert tag in HARMLESS
        assert attributes.keys() <= {"href", "title", "class", "style", "start"}
        if "style" in attributes:
            assert (attributes["style"] or "").startswith("text-align:")
        address = (attributes.get("href") or "").strip().lower()
        assert not address.startswith(("javascript:", "vbscript:", "data:", "file:"))


def test_it_renders_headings_tables_and_links() -> None:
    html = to_html("# T\n\n| a |\n|---|\n| **b** |\n\n[c](https://e.org)\n", below=2)
    assert "<h3>T</h3>" in html
    assert "<td><strong>b</strong></td>" in html
    assert '<a href="https://e.org">c</a>' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://e.org/pixel.png)",
        "<javascript:alert(1)>",
        "[x]\n\n[x]: javascript:alert(1)",
        '[x](https://e.org "a\\" onclick=\\"alert(1)")',
        "```<b onclick=1>\n</code><script>\n```",
    ],
)
def test_nothing_in_it_runs_or_is_fetched(text: str) -> None:
    check(text)


@settings(max_examples=200)
@given(st.text(alphabet="<>[]()!\"'&#;:`|-=*_ \n\\/ajscriptdt1", max_size=80))
def test_no_text_becomes_another_tag(text: str) -> None:
    check(text)
