"""Markdown of others as HTML that runs nothing and fetches nothing."""

from __future__ import annotations


def to_html(text: str, *, below: int = 0) -> str:
    """HTML of Markdown with tables.

    HTML in the text is shown as text, an image becomes a link, and links lead
    nowhere that runs code (javascript:, data:).

    Args:
        text: Markdown.
        below: Levels that headings go down by: with 2 a "#" becomes an h3.
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + below)}"
    html: str = reader.renderer.render(tokens, reader.options, {})
    return html
