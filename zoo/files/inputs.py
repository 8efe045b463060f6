"""Open what users name: a path, "-" or a stream; plain or gzip; clear errors."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from typing import IO, Any, cast

from registry.files import user_path
from zoo.errors import InputError

STDIN = "-"
Input = str | os.PathLike[str] | IO[bytes]

# First bytes of what is met in place of text, and the next step.
_FOREIGN = {
    b"BZh": "bzip2; decompress it first (bzip2 -dc)",
    b"\xfd7zXZ": "xz; decompress it first (xz -dc)",
    b"\x28\xb5\x2f\xfd": "Zstandard; decompress it first (zstd -dc)",
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"PAR1": "Parquet, a table: --table, in Python zoo.data.from_table",
    b"\x43\x27\x41\x1a": "UCSC 2bit; convert it first (twoBitToFa)",
    b"\xff\xfe": "UTF-16 text; save it as plain text",
    b"\xfe\xff": "UTF-16 text; save it as plain text",
    b"BAM\x01": "BAM; convert it first (samtools fasta)",
    b"CRAM": "CRAM; convert it first (samtools fasta)",
    b"@": "FASTQ or SAM; convert it first (seqtk seq -A, or samtools fasta)",
    b"LOCUS": "GenBank; convert it to FASTA first",
    b"##fileformat=VCF": "VCF, variants: in Python zoo.data.from_variants",
}

# The empty block that ends a file of bgzip (SAM specification, 4.1.2).
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003" + 9 * "00")


def source_name(path: Input) -> str:
    """What errors call the input."""
    if isinstance(path, (str, os.PathLike)):
        return "standard input" if path == STDIN else os.fspath(path)
    return str(getattr(path, "name", "the given stream"))


@contextlib.contextmanager
def open_input(path: Input) -> Iterator[tuple[IO[bytes], str]]:
    """Open for reading, decompressed if it is gzip or bgzip by its first bytes.

    Args:
        path: A path, "-" for standard input, or a binary stream, which is left
            open.

    Yields:
        The decompressed binary stream and the name that errors should use.

    Raises:
        InputError: It cannot be opened, or, also later while the body reads, the
            compressed data are cut short (bgzip's at the end of a block, too) or
            damaged.
    """
    source = source_name(path)
    try:
        with contextlib.ExitStack() as stack:
            stream = _open(path, stack)
            # No text that is read here starts with this byte, and one byte is all
            # that a pipe is sure to give.
            if stream.peek(1)[:1] == b"\x1f":
                whole = cast(IO[bytes], _Whole(stream, source))
                inner = stack.enter_context(gzip.GzipFile(fileobj=whole))
                yield cast(IO[bytes], inner), source
            else:
                yield stream, source
    except FileNotFoundError:
        folder = user_path(source).absolute().parent
        raise InputError(
            f"{source}: no such file (looked in {folder}). Check the path."
        ) from None
    except IsADirectoryError:
        raise InputError(
            f"{source}: expected a file. Received: a folder. Name a file in it."
        ) from None
    except PermissionError:
        raise InputError(
            f"{source}: not readable for this user (permission denied)."
        ) from None
    except EOFError:
        raise InputError(
            f"{source}: the gzip data are cut short. Copy or download it again."
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{source}: the gzip data are damaged ({error}). Copy or download it again."
        ) from None


class _Whole:
    """Compressed bytes; at their end those of bgzip must have their end block.

    Their other blocks are whole gzip files, so that a file that ends with any of them
    decompresses without an error.
    """

    def __init__(self, stream: io.BufferedReader, source: str) -> None:
        self.stream = stream
        self.source = source
        self.first = self.last = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes; as `io.RawIOBase.read`."""
        data = self.stream.read(size)
        if len(self.first) < 16:
            self.first += data[:16]
        self.last = (self.last + data[-len(_BGZF_END) :])[-len(_BGZF_END) :]
        blocks = self.first[:4] == _BGZF_END[:4] and self.first[12:16] == b"BC\2\0"
        if not data and blocks and self.last != _BGZF_END:
            raise InputError(
                f"{self.source}: the bgzip data are cut short: the block that ends "
                "them is not there. Copy or download it again; if the program that "
                "wrote it was stopped, write it again."
            )
        return data

    def seek(self, offset: int) -> int:
        """Moves to the start."""
        self.first = self.last = b""
        return self.stream.seek(offset)

    def seekable(self) -> bool:
        """Whether the stream is."""
        return self.stream.seekable()


def foreign_format(first: bytes) -> str | None:
    """What bytes that are not the expected text look like, with the next step."""
    for magic, description in _FOREIGN.items():
        if first.startswith(magic):
            return description
    return "binary data" if b"\0" in first else None


def _open(path: Input, stack: contextlib.ExitStack) -> io.BufferedReader:
    if isinstance(path, (str, os.PathLike)):
        if path == STDIN:
            if sys.stdin is None:
                raise InputError("Expected data on standard input, which is closed.")
            return _buffered(sys.stdin.buffer, stack)
        return stack.enter_context(open(user_path(path), "rb"))  # noqa: PTH123
    return _buffered(path, stack)


def _buffered(stream: Any, stack: contextlib.ExitStack) -> io.BufferedReader:
    if isinstance(stream, io.BufferedReader):
        return stream
    if isinstance(stream, io.TextIOBase) or not hasattr(stream, "readinto"):
        raise InputError(
            "Expected a path or a stream opened in binary mode. "
            f"Received: {type(stream).__name__}."
        )
    buffered = io.BufferedReader(stream)
    # Without detach, dropping the reader would close the caller's stream.
    stack.callback(buffered.detach)
    return buffered
