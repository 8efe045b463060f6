"""BED -> named intervals, 0-based and half-open, each with its line for errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from zoo.data.fasta import OnInvalid
from zoo.data.files import Input, foreign_format, open_input
from zoo.data.record import Interval
from zoo.errors import InputError

_MAX_LINE_BYTES = 1 << 20
_STRANDS = ("+", "-", ".")


def read_bed(
    path: Input, *, on_invalid: OnInvalid | None = None
) -> Iterator[tuple[Interval, str, str]]:
    """Read a BED file of 3 to 6 columns; later columns are ignored.

    Columns are separated by tabs, or by spaces where a line has no tab. Comments,
    "track" and "browser" lines and blank lines are skipped. Plain or gzip.

    Args:
        path: A path, "-" for standard input, or a binary stream.
        on_invalid: Called with the error of each line that cannot be used, which is
            then skipped. Without it such an error is raised.

    Yields:
        The interval, its name (column 4, or "chrom:start-end") and where it stands
        ("peaks.bed, line 3").

    Raises:
        InputError: The file cannot be read or holds no interval, or, without
            `on_invalid`, a line is not an interval.
    """
    with open_input(path) as (stream, source):
        for number, words in bed_rows(stream, source):
            where = f"{source}, line {number}"
            try:
                interval, name = _parse(words, where)
            except InputError as error:
                if on_invalid is None:
                    raise
                on_invalid(error)
            else:
                yield interval, name, where


def bed_rows(
    stream: IO[bytes], source: str, *, headers: list[list[str]] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The lines of a BED file that are not comments, as words, with their numbers.

    Args:
        stream: Binary, of `open_input`.
        source: What errors call it.
        headers: Takes the words of comments that name columns ("#chrom ...").

    Raises:
        InputError: Not lines of text, or no interval among them.
    """
    empty = True
    for number, line in enumerate(_lines(stream, source), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            if headers is not None and text.startswith("#chr"):
                headers.append(_words(text[1:]))
            continue
        words = _words(text)
        if words[0].startswith(("track", "browser")) and (
            words[0].split(" ")[0] in ("track", "browser")
        ):
            continue
        empty = False
        yield number, words
    if empty:
        raise InputError(
            f"{source} holds no interval: expected lines of chrom, start and end."
        )


def _words(text: str) -> list[str]:
    if "\t" not in text:
        return text.split()
    if " " not in text:
        return text.split("\t")
    return [word.strip() for word in text.split("\t")]


def _lines(stream: IO[bytes], source: str) -> Iterator[str]:
    number = 0
    while line := stream.readline(_MAX_LINE_BYTES):
        number += 1
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        foreign = foreign_format(text) if number == 1 else None
        try:
            if foreign or len(line) == _MAX_LINE_BYTES:
                raise ValueError
            yield text.decode("utf-8")
        except ValueError:
            raise InputError(
                f"{source}, line {number}: not BED: expected lines of UTF-8 text. "
                f"Received: {text[:20]!r}"
                + (f", which looks like {foreign}." if foreign else ".")
            ) from None


def _parse(words: list[str], where: str) -> tuple[Interval, str]:
    check_width(words, where)
    chrom, start, end = words[0], integer(words[1], where), integer(words[2], where)
    strand = words[5] if len(words) > 5 else "."
    if start < 0:
        raise InputError(
            f"{where}: expected start >= 0 (BED counts from 0). Received: {start}."
        )
    if end <= start:
        raise InputError(
            f"{where}: expected end > start. Received: start {start}, end {end}."
        )
    if strand not in _STRANDS:
        raise InputError(
            f"{where}: expected strand +, - or . in column 6. Received: {strand!r:.60}"
        )
    interval = Interval(chrom, start, end, strand)
    named = len(words) > 3 and words[3] not in ("", ".")
    return interval, words[3] if named else str(interval)


def check_width(words: list[str], where: str) -> None:
    """Raises if there is no chrom, start and end."""
    if len(words) < 3:
        raise InputError(
            f"{where}: expected chrom, start and end, separated by tabs. "
            f"Received {len(words)} column{'s' * (len(words) > 1)}: {words[0]!r:.60}"
        )


def integer(word: str, where: str) -> int:
    """A coordinate; an error if it is no whole number."""
    # int() alone would also take "1_000", "+5" and digits of other scripts.
    if not (word.isascii() and word.removeprefix("-").isdigit() and len(word) < 19):
        raise InputError(
            f"{where}: expected whole numbers as start and end. Received: {word!r:.60}"
        )
    return int(word)
