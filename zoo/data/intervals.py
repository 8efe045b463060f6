"""FASTA + BED -> records: random access through pyfaidx, never writing beside it."""

from __future__ import annotations

import contextlib
import difflib
import errno
import gzip
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from zoo.data.bed import read_bed
from zoo.data.fasta import MAX_LENGTH, OnInvalid
from zoo.data.files import STDIN, Input, foreign_format, open_input
from zoo.data.record import Interval, Record
from zoo.dna import encode, reverse_complement_codes
from zoo.errors import InputError

# difflib compares with every name; an assembly may have millions of contigs.
_MAX_NAMES_TO_COMPARE = 10_000
_MITOCHONDRIA = {"chrM": "MT", "MT": "chrM", "M": "chrM"}


def read_intervals(
    fasta: str | os.PathLike[str],
    bed: Input,
    *,
    on_invalid: OnInvalid | None = None,
    max_length: int = MAX_LENGTH,
) -> Iterator[Record]:
    """Cut the intervals of a BED file out of a FASTA file.

    An index beside the FASTA file (.fai) is used if it is not older than the file.
    Otherwise one is made in a temporary folder, and a compressed FASTA file is
    decompressed into one: nothing is ever written beside the user's file.

    Args:
        fasta: A path; plain, gzip or bgzip.
        bed: A path, "-" for standard input, or a binary stream; see `read_bed`.
            The strand "-" gives the reverse complement.
        on_invalid: Called with the error of each interval that cannot be used,
            which is then skipped. Without it such an error is raised.
        max_length: Longest interval in bp.

    Yields:
        Records in the order of the BED file, with their interval.

    Raises:
        InputError: A file cannot be read, or, without `on_invalid`, an interval is
            malformed, too long, on an unknown chromosome, beyond its end, or holds
            an invalid character.
    """
    with _open_fasta(fasta) as faidx:
        for interval, name, where in read_bed(bed, on_invalid=on_invalid):
            try:
                _check(interval, faidx.index, where, os.fspath(fasta), max_length)
                codes = encode(
                    _fetch(faidx, interval, os.fspath(fasta)),
                    record=f"{where}: interval {interval} of {os.fspath(fasta)}",
                )
            except InputError as error:
                if on_invalid is None:
                    raise
                on_invalid(error)
                continue
            if interval.strand == "-":
                codes = reverse_complement_codes(codes)
            codes.flags.writeable = False
            yield Record(name, codes, where, interval)


@contextlib.contextmanager
def _open_fasta(path: str | os.PathLike[str]) -> Iterator[Any]:
    """A pyfaidx.Faidx over the plain text of `path`."""
    import pyfaidx

    source = os.fspath(path)
    if source == STDIN or Path(source).is_fifo() or Path(source).is_char_device():
        raise InputError(
            "Expected a FASTA file to cut intervals from. Received: standard input "
            "or a pipe, which cannot be read at random. Save it to a file first."
        )
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seqzoo")))
        with open_input(path) as (stream, _):
            _check_start(stream, source)
            plain = _plain_text(stream, Path(source), folder)
        index = Path(source + ".fai")
        ready = plain == Path(source) and _is_current(index, plain)
        try:
            faidx = pyfaidx.Faidx(
                plain,
                indexname=index if ready else folder / "sequences.fai",
                as_raw=True,
                rebuild=not ready,
            )
        except (pyfaidx.FastaIndexingError, ValueError) as error:
            # pyfaidx says "Duplicate key" and "Line length of fasta ...".
            what = f"its index {index}" if ready else "it as FASTA"
            message = str(error).replace(str(plain), source).rstrip(".")
            raise InputError(f"{source}: cannot read {what}: {message}.") from None
        stack.callback(faidx.close)
        yield faidx


def _check_start(stream: IO[bytes], source: str) -> None:
    text = b""
    while not text:
        block = stream.read(1 << 16)
        if not block:
            raise InputError(f"{source} is empty: expected FASTA records.")
        text = block.lstrip()
    if not text.startswith(b">"):
        foreign = foreign_format(text)
        raise InputError(
            f"{source}: not FASTA: expected '>' at the start. Received: {text[:20]!r}"
            + (f", which looks like {foreign}." if foreign else ".")
        )


def _plain_text(stream: IO[bytes], path: Path, folder: Path) -> Path:
    """The file itself, or its decompressed text in `folder`."""
    plain = folder / "sequences.fa"
    if isinstance(stream, gzip.GzipFile):
        stream.rewind()
        try:
            with plain.open("wb") as output:
                shutil.copyfileobj(stream, output, 1 << 20)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise InputError(
                f"{path}: no space to decompress it in {folder.parent}. Decompress it "
                "yourself, or name a larger folder in TMPDIR."
            ) from None
        return plain
    if path.suffix.lower() in (".gz", ".bgz", ".bz2", ".zip"):
        # pyfaidx goes by the extension, which is wrong here.
        plain.symlink_to(path.resolve())
        return plain
    return path


def _is_current(index: Path, path: Path) -> bool:
    try:
        current = index.stat().st_mtime >= path.stat().st_mtime
    except OSError:
        return False
    return current and os.access(index, os.R_OK)


def _check(
    interval: Interval, index: dict[str, Any], where: str, source: str, max_length: int
) -> None:
    if interval.chrom not in index:
        raise InputError(
            f"{where}: no sequence {interval.chrom!r} in {source}."
            + _did_you_mean(interval.chrom, index.keys())
        )
    length = index[interval.chrom].rlen
    if interval.end > length:
        raise InputError(
            f"{where}: expected an end within {interval.chrom}, which has {length} bp "
            f"in {source}. Received: end {interval.end}. Is it the same assembly?"
        )
    if interval.end - interval.start > max_length:
        raise InputError(
            f"{where}: interval {interval} is longer than {max_length:,} bp. Split it "
            "into windows."
        )


def _did_you_mean(chrom: str, known: Collection[str]) -> str:
    other = chrom.removeprefix("chr") if chrom.startswith("chr") else "chr" + chrom
    others = (other, _MITOCHONDRIA.get(chrom, other))
    near = [name for name in others if name in known][:1]
    if not near and len(known) <= _MAX_NAMES_TO_COMPARE:
        near = difflib.get_close_matches(chrom, known, n=3, cutoff=0.5)
    if near:
        return " Did you mean " + " or ".join(map(repr, near)) + "?"
    return f" It has: {', '.join(list(known)[:5])}{', ...' * (len(known) > 5)}."


def _fetch(faidx: Any, interval: Interval, source: str) -> str:
    text = faidx.fetch(interval.chrom, interval.start + 1, interval.end)
    # pyfaidx returns what there is: an index of another file shows itself here, or
    # by the line ends and headers within what should be sequence.
    if len(text) != interval.end - interval.start or ">" in text:
        raise InputError(
            f"{source}: its index {faidx.indexname} does not fit the file. Delete the "
            "index, or make it again (samtools faidx)."
        )
    return text
