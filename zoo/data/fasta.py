"""FASTA -> records, in a stream: one pass, constant memory, many records at a time."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np

from zoo.data.names import SeenNames
from zoo.data.record import Record
from zoo.dna import ASCII_TO_CODE, INVALID, encode
from zoo.errors import InputError
from zoo.files.inputs import Input, foreign_format, open_input

MAX_LENGTH = 1_000_000
"""Longest record in bp. Longer ones are chromosomes: read them by intervals."""

OnInvalid = Callable[[InputError], None]

_BLOCK_BYTES = 1 << 18
_MAX_HEADER_BYTES = 1 << 20
# Line ends may make a record's text longer than its bases, but not endlessly.
_MAX_BYTES_PER_BASE = 4
_LINE_ENDS = b"\r\n"
_INVALID_BYTE = re.compile(rb"[^ACGTNacgtn\r\n]")


def read_fasta(
    path: Input, *, on_invalid: OnInvalid | None = None, max_length: int = MAX_LENGTH
) -> Iterator[Record]:
    """Read the records of a FASTA file from first to last.

    Plain, gzip and bgzip are told apart by the first bytes. Lines may have any
    width and end in LF or CRLF; blank lines are skipped. A record's name is the
    first word of its header. Memory does not grow with the file, but for the 8 to 16
    bytes per record that find duplicate names.

    Args:
        path: A path, "-" for standard input, or a binary stream.
        on_invalid: Called with the error of each record that cannot be used, which
            is then skipped. Without it such an error is raised.
        max_length: Longest record in bp.

    Yields:
        Records in the order of the file.

    Raises:
        InputError: The file cannot be read, is empty or not FASTA, or, without
            `on_invalid`, a record has no name, no sequence, the name of an earlier
            one, an invalid character or more than `max_length` bases.
    """
    with open_input(path) as (stream, source):
        yield from _Reader(source, on_invalid, max_length).records(stream)


def fasta_start(stream: IO[bytes], source: str) -> tuple[bytes, int]:
    """The first block from its first '>' on, and the number of lines before it.

    Args:
        stream: Binary, of `open_input`.
        source: What errors call it.

    Raises:
        InputError: It is empty or not FASTA.
    """
    text, line = b"", 0
    while not text:
        block = stream.read(_BLOCK_BYTES)
        if not block:
            raise InputError(
                f"{source} is empty: expected FASTA records, a line '>name' each and "
                "lines of sequence."
            )
        text = block.removeprefix(b"\xef\xbb\xbf").lstrip()
        line += _count_lines(block[: len(block) - len(text)])
    if not text.startswith(b">"):
        foreign = foreign_format(text)
        raise InputError(
            f"{source}, line {line + 1}: not FASTA: expected '>' at the start. "
            f"Received: {text[:20]!r}"
            + (f", which looks like {foreign}." if foreign else ".")
        )
    return text, line


class _Reader:
    """A reader and its place in the file; `line` counts the lines left behind."""

    def __init__(
        self, source: str, on_invalid: OnInvalid | None, max_length: int
    ) -> None:
        self.source = source
        self.on_invalid = on_invalid
        self.max_length = max_length
        self.line = 0
        self.seen = SeenNames()

    def records(self, stream: IO[bytes]) -> Iterator[Record]:
        text, self.line = fasta_start(stream, self.source)
        skipping = False
        while block := stream.read(_BLOCK_BYTES):
            text += block
            if skipping:
                header = text.find(b"\n>")
                if header < 0:
                    # The last byte may be the line end before the next header.
                    text = self._leave(text, len(text) - 1)
                    continue
                text, skipping = self._leave(text, header + 1), False
            # Up to here all records are whole; the last one goes on in the next.
            end = text.rfind(b"\n>") + 1
            yield from self._parse(text[:end])
            text = self._leave(text, end)
            if self._too_long(text):
                text, skipping = self._leave(text, len(text) - 1), True
        if not skipping:
            yield from self._parse(text)

    def _leave(self, text: bytes, end: int) -> bytes:
        self.line += _count_lines(text[:end])
        return text[end:]

    def _too_long(self, text: bytes) -> bool:
        """Whether the record that `text` begins with is too long already."""
        if len(text) <= min(self.max_length, _MAX_HEADER_BYTES):
            return False
        header, line_end, body = text.partition(b"\n")
        if not line_end:
            if len(header) <= _MAX_HEADER_BYTES:
                return False
            raise InputError(
                f"{self.source}, line {self.line + 1}: not FASTA: a header of more "
                f"than {_MAX_HEADER_BYTES:,} bytes. Line ends must be LF or CRLF."
            )
        bases = len(body.translate(None, _LINE_ENDS))
        if bases <= self.max_length and (
            len(body) <= _MAX_BYTES_PER_BASE * self.max_length
        ):
            return False
        self._report(self._length_error(_name(header[1:]), self.line + 1))
        return True

    def _parse(self, text: bytes) -> Iterator[Record]:
        """Whole records; all at once, and one by one only if there is an error."""
        if not text:
            return
        parts = [part.partition(b"\n") for part in text[1:].split(b"\n>")]
        names = [_name(header) for header, _, _ in parts]
        bodies = [body.translate(ASCII_TO_CODE, _LINE_ENDS) for _, _, body in parts]
        lengths = list(map(len, bodies))
        codes = np.frombuffer(b"".join(bodies), np.uint8)
        duplicates = set(self.seen.add(names))
        faultless = (
            not duplicates
            and all(names)
            and min(lengths) > 0
            and max(lengths) <= self.max_length
            and codes.max() != INVALID
        )
        line = self.line + 1
        for (header, line_end, body), name, end, length, index in zip(
            parts, names, itertools.accumulate(lengths), lengths, itertools.count()
        ):
            if not faultless:
                error = self._error(header, body, line, index in duplicates)
                # Its own line ends, and the one that the split has taken.
                line += len(line_end) + _count_lines(body) + 1
                if error is not None:
                    self._report(error)
                    continue
            yield Record(
                _decode(name),
                codes[end - length : end],
                self.source,
                description=_decode(header.strip()[len(name) :].strip()),
            )

    def _error(
        self, header: bytes, body: bytes, line: int, duplicate: bool
    ) -> InputError | None:
        """What is wrong with one record whose header is on `line`, if anything."""
        name = _name(header)
        if b"\r" in header.rstrip(b"\r"):
            # Not a fault of this record but of the file.
            raise InputError(
                f"{self.source}, line {line}: not FASTA: line ends are CR alone. "
                "Expected LF or CRLF; convert it first (tr '\\r' '\\n')."
            )
        where = f"{self.source}, line {line}: record {_decode(name)!r}"
        if duplicate and name:
            return InputError(
                f"{where}: an earlier record has this name. Names, the first words of "
                "the headers, must be unique."
            )
        if not name:
            return InputError(f"{where}: expected a name after '>'. Received none.")
        sequence = body.translate(None, _LINE_ENDS)
        if not sequence:
            return InputError(f"{where} is empty: expected at least one base.")
        if len(sequence) > self.max_length:
            return self._length_error(name, line)
        invalid = _INVALID_BYTE.search(body)
        if invalid is None:
            return None
        at = line + 1 + _count_lines(body[: invalid.start()])
        try:
            encode(
                sequence, record=f"{self.source}, line {at}: record {_decode(name)!r}"
            )
        except InputError as error:
            return error
        raise AssertionError("the invalid character was not found again")

    def _length_error(self, name: bytes, line: int) -> InputError:
        return InputError(
            f"{self.source}, line {line}: record {_decode(name)!r} is longer than "
            f"{self.max_length:,} bp. For windows of long sequences give their "
            "intervals as a BED file (--bed, in Python zoo.data.from_intervals)."
        )

    def _report(self, error: InputError) -> None:
        if self.on_invalid is None:
            raise error
        self.on_invalid(error)


def _name(header: bytes) -> bytes:
    words = header.split(None, 1)
    return words[0] if words else b""


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _count_lines(text: bytes) -> int:
    # Several times faster than bytes.count for short lines.
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord("\n")))
