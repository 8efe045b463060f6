"""The blocks of a page of docs/: what is run, printed, typed in and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(r"^```(\S*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its first line in the page, info string and text."""

    line: int
    language: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, from top to bottom."""
    content = page.read_text(encoding="utf-8")
    return [
        Block(content[: found.start(3)].count("\n"), *found.groups())
        for found in BLOCK.finditer(content)
    ]


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output shown below it."""
    for part in re.split(r"^\$ ", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown
