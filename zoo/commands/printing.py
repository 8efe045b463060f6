"""What the commands print: tables, JSON, and what was left out."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from zoo.errors import InputError


def print_json(content: Any) -> None:
    """Prints JSON; dataclasses, alone or in a list, as objects."""

    def plain(value: Any) -> Any:
        return dataclasses.asdict(value) if hasattr(value, "__dict__") else str(value)

    print(json.dumps(content, indent=2, default=plain))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table: fitted to a terminal, or in columns two spaces apart."""
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*header, box=box.SIMPLE_HEAD)
        for row in rows:
            # As text: a stranger's description is no markup.
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def print_markdown(text: str) -> None:
    """Prints Markdown: laid out on a terminal, as it is elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        # Addresses are shown: a text could hide where it leads to.
        Console().print(Markdown(text, hyperlinks=False))
    else:
        print(text)


def printable(text: str) -> str:
    """One line without control characters, which could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def counted(number: int, noun: str) -> str:
    """A number of things: "1 record", "2,000 records"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tell(message: object) -> None:
    """Says something on standard error."""
    print(f"seqzoo: {message}", file=sys.stderr)


def refuse(error: InputError) -> NoReturn:
    """Ends at a record that cannot be used, and says how to leave it out."""
    said = str(error).rstrip(".")
    raise InputError(f"{said}. --on-invalid drop leaves such records out.") from None


class Skipped:
    """Reports records that are left out: the first few one by one, then the number.

    Args:
        shown: How many are reported.
    """

    def __init__(self, shown: int) -> None:
        self.count = 0
        self._shown = shown

    def __call__(self, error: Exception) -> None:
        """Counts one."""
        self.count += 1
        if self.count <= self._shown:
            tell(f"skipped: {error}")
        elif self.count == self._shown + 1:
            tell("more are skipped without a message")
