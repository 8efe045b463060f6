"""The page around figures: our style, our script, and what it is all of."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from zoo.files import pages
from zoo.files.pages import Html
from zoo.interpretation.reports.logo import LETTERS

_HELP = (
    "Each figure reads out the base under the cursor. On the keyboard: Tab reaches a "
    "figure, the arrows move by a base, Page Up and Page Down by ten, Home and End to "
    "the ends; + and - zoom, and 0 shows all of it. Ctrl with the "
    "wheel zooms, too. Orange raises the output, blue lowers it; the own base is gray."
)


def whole(
    title: str, summary: str, sections: Sequence[tuple[str, Sequence[Html | str]]]
) -> str:
    """A page that needs no other file.

    Args:
        title: Of the page.
        summary: A paragraph below it.
        sections: As in `zoo.files.pages.page`.
    """
    style, script = (_beside(name) for name in ("page.css", "page.js"))
    first, *others = sections
    first = (first[0], [Html(LETTERS), *first[1]])
    return pages.page(title, [first, *others], summary, style=style, script=script)


def controls(names: Sequence[str], each: str = "highest of each") -> list[Html | str]:
    """How figures are read, and a choice of the output for all of them."""
    options = "".join(f"<option>{html.escape(name)}</option>" for name in names)
    choice = Html(
        '<div class="tools"><label>output of all figures <select id="all-outputs">'
        f"<option>{html.escape(each)}</option>{options}</select></label></div>"
    )
    return [_HELP, *([choice] if len(names) > 1 else [])]


def link(identifier: str, text: str) -> Html:
    """A link to a figure of the page."""
    return Html(f'<a href="#{html.escape(identifier)}">{html.escape(text)}</a>')


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
