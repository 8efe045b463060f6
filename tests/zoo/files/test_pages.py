from __future__ import annotations

import base64
import hashlib
import re
import sys
from html.parser import HTMLParser

import pytest

from zoo.errors import InputError
from zoo.files import pages

NASTY = "<img src=x onerror=\"alert('1')\">&amp;"


class Reader(HTMLParser):
    """Reads a page as a browser would: its elements, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_all_text_is_escaped() -> None:
    content = [NASTY, pages.preformatted(NASTY), pages.table([NASTY], [[NASTY], [1]])]
    page = pages.page(NASTY, [(NASTY, content)], summary=NASTY)
    read = Reader(page)
    assert not {"img", "script", "b"} & set(read.tags)
    assert read.text.count(NASTY) == 8
    assert all(not name.startswith("on") for name, _ in read.attributes)


def test_only_the_script_named_in_the_policy_may_run() -> None:
    policies = []
    for script in ("", "let a = 'é<b>';"):
        text = pages.page("a", [], style="b{}", script=script)
        policies.append(re.findall(r'Policy" content="([^"]+)"', text)[0])
        assert text.count(f"<script>{script}</script>") == bool(script)
        assert "b{}</style>" in text
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "script" not in policies[0]
    assert policies[1] == f"{policies[0]}; script-src 'sha256-{digest}'"


def test_numbers_in_a_table() -> None:
    text = pages.table(["n"], [[12_345], [0.123456], [True], ["12"]]).text
    assert '<td class="n">12,345</td>' in text
    assert '<td class="n">0.1235</td>' in text
    assert "<td>True</td>" in text


def test_a_figure_is_in_the_page() -> None:
    pytest.importorskip("matplotlib")
    figure, axes = pages.new_figure()
    axes.plot([1, 2])
    text = pages.figure(figure, NASTY).text
    read = Reader(text)
    assert ("alt", NASTY) in read.attributes
    data = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    assert base64.b64decode(data[0]).startswith(b"\x89PNG")
    assert len(text) < 40_000


@pytest.mark.parametrize(("points", "expected"), [([1], ["1"]), ([1, 2], ["1", "2"])])
def test_whole_numbers_are_marked_once(points: list[int], expected: list[str]) -> None:
    figure, axes = pages.new_figure()
    axes.plot(points, points, "o")
    pages.whole_numbers(axes.xaxis)
    figure.canvas.draw()
    low, high = axes.get_xlim()
    marked = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    assert [t.get_text() for x, t in marked if low <= x <= high] == expected


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"seqzoo\[report\]"):
        pages.new_figure()
