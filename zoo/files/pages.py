"""Self-contained HTML pages: one file, no foreign script, nothing fetched."""

from __future__ import annotations

import base64
import hashlib
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.markdown import to_html
from zoo.errors import optional

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:60rem;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
h3{font-size:1.1rem}h4,h5,h6{font-size:1rem}
table{border-collapse:collapse;margin:.5rem 0;display:block;overflow-x:auto}
th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd;
vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:1rem 0}figure img{max-width:100%}figcaption{color:#555}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f6;padding:.5rem}
p,li,td{overflow-wrap:break-word}
"""
# The page may load nothing: images and style are in it.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Html:
    """Text that is HTML already; all other text is escaped."""

    text: str


def page(
    title: str,
    sections: Sequence[tuple[str, Sequence[Html | str]]],
    summary: str = "",
    *,
    style: str = "",
    script: str = "",
) -> str:
    """A whole page.

    Args:
        title: Of the page.
        sections: Heading and content of each; text becomes a paragraph.
        summary: A paragraph below the title.
        style: CSS of ours, behind that of all pages.
        script: JavaScript of ours, the only one that the page's policy lets run: it
            is named there by its sha256. Without it, nothing runs.

    Returns:
        HTML; write it as UTF-8.
    """
    policy = _POLICY
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
        script = f"<script>{script}</script>"
    body = [f"<h1>{html.escape(title)}</h1>"]
    if summary:
        body.append(f"<p>{html.escape(summary)}</p>")
    for heading, content in sections:
        body.append(f"<h2>{html.escape(heading)}</h2>")
        body += [_block(part) for part in content]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}{style}</style></head>\n<body>\n"
        + "\n".join(body)
        + f"\n{script}</body></html>\n"
    )


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Html:
    """A table; numbers stand on the right, integers with commas."""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    lines = [f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows]
    return Html(
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def preformatted(text: str) -> Html:
    """Text whose line ends stay."""
    return Html(f"<pre>{html.escape(text)}</pre>")


def folded(title: str, content: Html) -> Html:
    """Content that is shown when the reader asks for it."""
    heading = f"<summary>{html.escape(title)}</summary>"
    return Html(f"<details>{heading}{content.text}</details>")


def markdown(text: str, *, below: int = 2) -> Html:
    """Markdown of anybody, its headings below those of the page; it runs nothing.

    Args:
        text: Markdown, with tables.
        below: Levels that headings go down by.
    """
    return Html(to_html(text, below=below))


def figure(fig: Any, caption: str, *, dots_per_inch: int = 100) -> Html:
    """A matplotlib figure as an image in the page; it is closed.

    Args:
        fig: A `matplotlib.figure.Figure`.
        caption: Says what is to be seen, also to those who cannot see it.
        dots_per_inch: Of the PNG.
    """
    stream = io.BytesIO()
    fig.savefig(stream, format="png", dpi=dots_per_inch)
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    text = html.escape(caption, quote=True)
    return Html(
        f'<figure><img alt="{text}" src="data:image/png;base64,{data}">'
        f"<figcaption>{text}</figcaption></figure>"
    )


def new_figure(
    width: float = 6.5, height: float = 3.0, columns: int = 1, rows: int = 1
) -> Any:
    """A figure and its axes, without any window or global state.

    Raises:
        InputError: matplotlib is not installed.
    """
    drawing = optional("matplotlib.figure", "report", "A page with plots")
    made = drawing.Figure(figsize=(width, height), layout="constrained")
    axes = made.subplots(rows, columns)
    for one in made.axes:
        one.spines[["top", "right"]].set_visible(False)
    return made, axes


def whole_numbers(*axes: Any) -> None:
    """Marks whole numbers only, in full, on axes of counts, of bp or of epochs."""
    for axis in axes:
        # One is enough: of a single epoch there is no other.
        axis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axis.set_major_formatter("{x:,.0f}")


def _block(part: Html | str) -> str:
    return part.text if isinstance(part, Html) else f"<p>{html.escape(part)}</p>"


def _cell(value: Any) -> str:
    if isinstance(value, Html):
        return f"<td>{value.text}</td>"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"<td>{html.escape(str(value))}</td>"
    text = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f'<td class="n">{text}</td>'
