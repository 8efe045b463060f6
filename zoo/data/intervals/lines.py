"""BED and its relatives -> rows of words with their lines, and names of columns."""

from __future__ import annotations

import contextlib
import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from zoo.data.intervals.formats import is_header, usual_names
from zoo.data.tables import decoded_lines
from zoo.errors import InputError
from zoo.files.inputs import foreign_format

_MAX_LINE_BYTES = 1 << 20

Row = tuple[int, list[str]]


@dataclass
class IntervalRows:
    """The rows of a file of intervals."""

    names: list[str] | None  # of the columns, by its header or a comment in front
    track: str  # the "track" line in front of the rows, or ""
    rows: Iterator[Row]  # the number of the line and the words of each row


def interval_rows(stream: IO[bytes], source: str) -> IntervalRows:
    """Reads up to the first row.

    Words are separated by tabs, or by white space where a line has no tab, or by commas
    below a header that has commas. They may be quoted. Comments, "track" and "browser"
    lines and blank lines are left out.

    Args:
        stream: Binary, of `open_input`.
        source: What errors call it.

    Raises:
        InputError: Not lines of text, or no row; also later.
    """
    # open_input gives streams that can look ahead.
    first = stream.peek(512)[:512]  # type: ignore[attr-defined]
    foreign = foreign_format(first)
    if foreign:
        raise InputError(
            f"{source}, line 1: not BED: expected lines of UTF-8 text. Received: "
            f"{first[:20]!r}, which looks like {foreign}."
        )
    found = IntervalRows(None, "", iter(()))
    lines = enumerate(decoded_lines(stream, source, max_bytes=_MAX_LINE_BYTES), 1)
    row = None
    for line in lines:
        text = line[1]
        plain = text.strip()
        if _is_track(plain):
            found.track = plain
        elif plain.startswith("#"):
            header = plain.lstrip("# ")
            names = usual_names(_words(header))
            # A sentence that happens to hold the three words has no tabs.
            if is_header(names) and ("\t" in header or "chrom" in names[:2]):
                found.names = names
        elif plain:
            row = line
            break
    if row is None:
        raise InputError(
            f"{source} holds no interval: expected lines of chrom, start and end."
        )
    text = row[1].rstrip("\r\n")
    commas = "\t" not in text and "," in text
    names = usual_names(_words(text, commas))
    if is_header(names):
        found.names, found.rows = names, _rows(lines, commas)
    else:
        found.rows = _rows(itertools.chain([row], lines), False)
    return found


def _rows(lines: Iterator[tuple[int, str]], commas: bool) -> Iterator[Row]:
    for number, text in lines:
        plain = text.strip()
        if plain and not plain.startswith("#") and not _is_track(plain):
            yield number, _words(text.rstrip("\r\n"), commas)


def _is_track(plain: str) -> bool:
    # A contig may be called track_1.
    return plain.startswith(("track", "browser")) and (
        plain.split(None, 1)[0] in ("track", "browser")
    )


def _words(text: str, commas: bool = False) -> list[str]:
    """The cells of a line; an empty one counts, also at its end."""
    delimiter = "\t" if "\t" in text else "," if commas else " "
    cells: Sequence[str] = text.split(None if delimiter == " " else delimiter)
    if '"' in text:
        spaces = delimiter == " "
        # A quote that closes nothing is a letter of its cell.
        with contextlib.suppress(csv.Error):
            cells = next(
                csv.reader(
                    [text], delimiter=delimiter, skipinitialspace=spaces, strict=True
                )
            )
    return [cell.strip() for cell in cells] if " " in text else list(cells)
