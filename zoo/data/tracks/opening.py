"""bigWig files, opened with pybigtools once it is known that they are some."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.files import user_path
from zoo.errors import InputError, optional
from zoo.files.inputs import foreign_format

_MAGIC = 0x888FFC26
_BIGBED_MAGIC = 0x8789F2EB
_TREE_MAGIC, _INDEX_MAGIC = 0x78CA8C91, 0x2468ACE0
_HEADER = struct.Struct("<IHHQQQ")
_MAX_CONTIG_NAME = 1 << 12


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Any]:
    """A reader of pybigtools.

    Raises:
        InputError: The file is missing, no bigWig, cut short or damaged, or pybigtools
            is not installed.
    """
    pybigtools = optional("pybigtools", "genome", f"{os.fspath(path)}: bigWig")
    path = user_path(path)
    _check_file(path)
    try:
        reader = pybigtools.open(os.fspath(path))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise damaged(path, str(error)) from None
    with contextlib.closing(reader):
        yield reader


def _check_file(path: Path) -> None:
    """What a bigWig begins with: pybigtools ends the process at some wrong sizes."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            first = file.read(64)
            if len(first) == 64:
                magic, _, zooms, tree, data, index = _HEADER.unpack_from(first)
            else:
                magic = None
            if magic != _MAGIC:
                raise _no_bigwig(path, first)
            table = file.read(24 * zooms)
            whole = table[: len(table) // 24 * 24]
            zoom_ends = [q for (q,) in struct.iter_unpack("<16xQ", whole)]
            ends = [tree + 32, data, index + 48, *zoom_ends]
            if len(table) < 24 * zooms or max(ends) > size:
                raise damaged(path, "parts lie beyond its end")
            file.seek(tree)
            tree_magic, _, key, value, contigs = struct.unpack("<IIIIQ", file.read(24))
            file.seek(index)
            (index_magic,) = struct.unpack("<I", file.read(4))
            fits = 0 < key <= _MAX_CONTIG_NAME and value == 8
            if (
                (tree_magic, index_magic) != (_TREE_MAGIC, _INDEX_MAGIC)
                or not fits
                or contigs * (key + 8) > size
            ):
                raise damaged(path, "its index is not one")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}. Check the path.") from None


def _no_bigwig(path: Path, first: bytes) -> InputError:
    magic = int.from_bytes(first[:4], "little")
    what = foreign_format(first)
    if first[:4] == _MAGIC.to_bytes(4, "big"):
        what = "bigWig in big-endian order; write it again on this machine"
    elif magic == _BIGBED_MAGIC:
        what = "bigBed; give its intervals as BED, and signal as bigWig"
    elif first[:2] == b"\x1f\x8b":
        what = "gzip; decompress it first"
    elif first[:1] in b"#t" or first[:3] == b"chr":
        what = "bedGraph or wiggle text; convert it first (bedGraphToBigWig)"
    return InputError(
        f"{path}: not a bigWig file. Received: {first[:20]!r}"
        + (f", which looks like {what}." if what else ".")
    )


def damaged(path: str | os.PathLike[str], reason: str) -> InputError:
    """The error of a file that cannot be read for this reason."""
    return InputError(
        f"{os.fspath(path)}: cut short or damaged ({reason.rstrip('.')}). Copy or "
        "download it again."
    )
