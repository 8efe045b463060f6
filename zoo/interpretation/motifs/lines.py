"""Lines and numbers of motif files, with errors that name the file and the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from zoo.errors import InputError
from zoo.files.inputs import Input, foreign_format, open_input

# All of JASPAR is 2 MB. What a small compressed file may grow to is bounded, too.
MAX_BYTES = 64 << 20


class Line(NamedTuple):
    """A line of text without its end, and where it stands ("motifs.meme, line 3")."""

    text: str
    where: str


def read_lines(path: Input, expected: str) -> list[Line]:
    """All lines of a text file, plain or gzip; line ends of any system.

    Args:
        path: A path, "-" for standard input, or a binary stream.
        expected: What the file should be, for errors, e.g. "a MEME motif file".

    Raises:
        InputError: It cannot be read, is empty, is larger than 64 MiB, or is not
            text.
    """
    with open_input(path) as (stream, source):
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(
            f"{source}: expected {expected} of at most {MAX_BYTES >> 20} MiB of text. "
            "Received: more. Split it."
        )
    if not content.strip():
        raise InputError(f"{source} is empty: expected {expected}.")
    foreign = foreign_format(content[:512])
    if foreign:
        raise InputError(
            f"{source}: expected {expected}. Received: {content[:20]!r}, which looks "
            f"like {foreign}."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: expected UTF-8 text ({error}).") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [
        Line(line.strip(), f"{source}, line {number}")
        for number, line in enumerate(lines, start=1)
    ]


def numbers(words: Sequence[str], where: str) -> list[float]:
    """Finite numbers, none negative.

    Raises:
        InputError: A word that is none of these.
    """
    found = []
    for word in words:
        try:
            # float() would also read "1_0" and the digits of other scripts.
            value = float(word) if word.isascii() and "_" not in word else math.nan
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            raise InputError(
                f"{where}: expected finite numbers, none negative. "
                f"Received: {word[:40]!r}."
            )
        found.append(value)
    return found
