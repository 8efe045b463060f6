"""bigWig -> binned signal of many intervals, through pybigtools."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.data.contigs import did_you_mean
from zoo.data.examples import Intervals
from zoo.data.genomes.genome import check_length
from zoo.data.stretches import Integers, Stretches
from zoo.data.tracks.bigwig_contigs import FEW, ContigReaders
from zoo.errors import InputError, check_choice, optional
from zoo.files.inputs import foreign_format

Aggregate = Literal["mean", "max", "min", "sum"]
Missing = Literal["zero", "nan", "ignore"]
Values = npt.NDArray[np.float64]
ReaderOf = Callable[[str], Any]

_MAGIC = 0x888FFC26
_BIGBED_MAGIC = 0x8789F2EB
_TREE_MAGIC, _INDEX_MAGIC = 0x78CA8C91, 0x2468ACE0
_HEADER = struct.Struct("<IHHQQQ")
_MAX_CONTIG_NAME = 1 << 12
# Values that are filled and aggregated while they are in the cache: 512 kB.
_BLOCK_VALUES = 1 << 16
# What is read in the time of one call: bases without values, and compressed bytes.
_CALL_BASES, _CALL_BYTES = 4096, 2048

_AGGREGATES = ("mean", "max", "min", "sum")


def read_signals(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    intervals: Intervals,
    *,
    bin_size: int | None = None,
    aggregate: Aggregate = "mean",
    missing: Missing = "zero",
    missing_contig: Literal["error", "missing"] = "error",
    contigs: Mapping[str, int] | None = None,
) -> npt.NDArray[np.float32]:
    """The signal of bigWig files in bins of each interval.

    Values are those of the bases, never of the file's zoom levels; bins are
    aggregated in float64. The interval's strand "-" reverses the bins.

    Args:
        paths: bigWig files.
        intervals: All of one length; what lies beyond the ends of a contig is missing.
        bin_size: bp per bin, a divisor of the length; None for one bin.
        aggregate: "mean", "max", "min" or "sum" of a bin's bases.
        missing: What bases without a value count as: "zero" (coverage is often not
            written where it is 0); "nan" makes every bin with such a base NaN;
            "ignore" takes the other bases, and NaN if there are none (as
            bigWigAverageOverBed does for its mean).
        missing_contig: A contig of the intervals that a file does not have is an
            "error", or all its bases are "missing" if the file has any other of them.
        contigs: Lengths in bp in the genome of the intervals (`Genome.contigs`): a
            file with other lengths belongs to another assembly.

    Returns:
        float32 `(intervals, bins, files)`.

    Raises:
        InputError: A file is missing, not bigWig, cut short or damaged, lacks a
            contig, has one of another length, or has an infinite value; or intervals
            have different lengths, or a length that bins do not divide.
    """
    if not isinstance(intervals, Intervals):
        raise InputError(
            "Expected zoo.data.Intervals, as examples.intervals; those of files and "
            "data frames zoo.data.from_intervals reads. Received: "
            f"{type(intervals).__name__}"
        )
    files = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    length = _length(intervals)
    size = length if bin_size is None else check_length(bin_size, "bin_size")
    if length % size:
        raise InputError(
            "Expected a bin_size that divides the length of the signal, "
            f"{length} bp. Received: bin_size={size}"
        )
    check_choice("aggregate", aggregate, _AGGREGATES)
    check_choice("missing", missing, ("zero", "nan", "ignore"))
    check_choice("missing_contig", missing_contig, ("error", "missing"))
    found = np.empty((len(intervals), length // size, len(files)), np.float32)
    for track, path in enumerate(files):
        with contextlib.ExitStack() as stack:
            reader = stack.enter_context(_open(path))
            lengths: dict[str, int] = reader.chroms()
            _check_contigs(intervals, lengths, path, missing_contig, contigs or lengths)
            gap = _gap(reader, lengths)
            stretches = Stretches.of(intervals, length, gap, _BLOCK_VALUES)
            reader_of = _readers(reader, path, lengths, stretches, stack)
            for rows, values in _windows(stretches, length, reader_of, path, missing):
                bins = values.reshape(len(rows), -1, size)
                found[rows, :, track] = _aggregated(bins, aggregate, missing)
    minus = intervals.strand == "-"
    found[minus] = found[minus, ::-1]
    return found


def _check_contigs(
    intervals: Intervals,
    lengths: Mapping[str, int],
    path: str | os.PathLike[str],
    missing_contig: str,
    genome: Mapping[str, int],
) -> None:
    names = set(intervals.chrom.tolist())
    absent = sorted(names - lengths.keys())
    if absent and (missing_contig == "error" or len(absent) == len(names)):
        count = int(np.isin(intervals.chrom, absent).sum())
        message = (
            f"{os.fspath(path)}: no signal on {absent[0]!r} ({count:,} of "
            f"{len(intervals):,} intervals lie on contigs that it lacks)."
            f"{did_you_mean(absent[0], lengths)}"
        )
        if len(absent) < len(names):
            message += " Where names agree and there is just no signal, "
            message += 'missing_contig="missing" says so.'
        raise InputError(message)
    other = sorted(
        name
        for name in names & lengths.keys()
        if lengths[name] != genome.get(name, lengths[name])
    )
    if other:
        name = other[0]
        raise InputError(
            f"{os.fspath(path)}: expected {name!r} to have {genome[name]:,} bp, as in "
            f"the genome. Received: {lengths[name]:,} bp ({len(other):,} of "
            f"{len(names):,} contigs differ). Is it the same assembly?"
        )


def _gap(reader: Any, lengths: Mapping[str, int]) -> int:
    """Bases that are read in less time than another call of the library takes.

    A call decompresses at least one block of the file.
    """
    data = max(1, reader.info()["primaryDataSize"])
    return min(_CALL_BASES, _CALL_BYTES * sum(lengths.values()) // data)


def _readers(
    reader: Any,
    path: str | os.PathLike[str],
    lengths: Mapping[str, int],
    stretches: Stretches,
    stack: contextlib.ExitStack,
) -> ReaderOf:
    """Gives the reader to ask for a contig, None for one that the file lacks."""
    if len(lengths) <= 2 * FEW:
        return lambda chrom: reader if chrom in lengths else None
    file = stack.enter_context(user_path(path).open("rb"))
    try:
        readers = ContigReaders(file, dict.fromkeys(stretches.chrom.tolist()))
    except (ValueError, struct.error, OSError) as error:
        raise _damaged(path, str(error)) from None
    return lambda chrom: readers.of(chrom) if chrom in lengths else None


def _windows(
    stretches: Stretches,
    length: int,
    reader_of: ReaderOf,
    path: str | os.PathLike[str],
    missing: Missing,
) -> Iterator[tuple[Integers, Values]]:
    """Rows of the intervals, and the values of their bases `(rows, length)`.

    The values are good until the next ones are asked for.
    """
    step = max(1, _BLOCK_VALUES // length)
    # A stretch that starts in a block ends in it or in as much again.
    buffer, copied = np.empty((2, 2 * _BLOCK_VALUES + length))
    zeros = np.zeros_like(buffer)
    for some, rows in stretches.blocks:
        size = _read(reader_of, path, stretches, some, buffer)
        values = buffer[:size]
        _check_finite(values, stretches, some, rows, length, path)
        if missing == "zero":
            _fill_with_zeros(values, zeros)
        if rows.stop - rows.start == some.stop - some.start:
            yield stretches.order[rows], values.reshape(-1, length)
            continue
        for low in range(rows.start, rows.stop, step):
            part = slice(low, min(low + step, rows.stop))
            places = stretches.row_place[part].tolist()
            windows = [values[place : place + length] for place in places]
            taken = np.concatenate(windows, out=copied[: len(places) * length])
            yield stretches.order[part], taken.reshape(-1, length)


def _read(
    reader_of: ReaderOf,
    path: str | os.PathLike[str],
    stretches: Stretches,
    some: slice,
    out: Values,
) -> int:
    """Writes the values of these stretches to `out`, NaN where there is none.

    Returns:
        How many.
    """
    chrom, start, end, stop = "", 0, 0, 0
    columns = stretches.chrom, stretches.start, stretches.end, stretches.place
    try:
        for chrom, start, end, place in zip(
            *(column[some].tolist() for column in columns), strict=True
        ):
            stop = place + end - start
            reader, values = reader_of(chrom), out[place:stop]
            if reader is None:
                values[:] = np.nan
            else:
                reader.values(chrom, start, end, fillna=None, oob=np.nan, arr=values)
    except BaseException as error:
        # A panic of the library in Rust derives from BaseException, not Exception.
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise _damaged(path, f"at {chrom}:{start}-{end}: {error}") from None
    return stop


def _check_finite(
    values: Values,
    stretches: Stretches,
    some: slice,
    rows: slice,
    length: int,
    path: str | os.PathLike[str],
) -> None:
    """Refuses infinite values, where intervals and not only gaps have them."""
    infinite = np.isinf(values)
    if not infinite.any():
        return
    for place in stretches.row_place[rows].tolist():
        window = infinite[place : place + length]
        if window.any():
            at = place + int(np.argmax(window))
            of = some.start + np.searchsorted(stretches.place[some], at, "right") - 1
            base = stretches.start[of] + at - stretches.place[of]
            raise InputError(
                f"{os.fspath(path)}: expected finite values. Received: {values[at]} at "
                f"{stretches.chrom[of]}:{base}-{base + 1}, which is no target. Write "
                "the file anew without it (bigWigToBedGraph, bedGraphToBigWig)."
            )


def _fill_with_zeros(values: Values, zeros: Values) -> None:
    """Writes 0 for NaN, which takes the library several times as long."""
    if values.view(np.int64).min() >= 0:
        # No sign bit, as in coverage: no branch a base.
        np.fmax(values, zeros[: len(values)], out=values)
    else:
        np.copyto(values, 0.0, where=np.isnan(values))


def _aggregated(bins: Values, aggregate: Aggregate, missing: Missing) -> Values:
    """`(rows, bins)` of the values `(rows, bins, bases)`."""
    size = bins.shape[-1]
    if size == 1:
        return bins[..., 0]
    ignore = missing == "ignore"
    if aggregate in ("max", "min"):
        # fmax and fmin give NaN only where all are.
        whole = np.maximum if aggregate == "max" else np.minimum
        present = np.fmax if aggregate == "max" else np.fmin
        reduced: Values = (present if ignore else whole).reduce(bins, axis=-1)
        return reduced
    if not ignore:
        # A product with ones is several times faster than a sum of short rows.
        weight = 1.0 if aggregate == "sum" else 1.0 / size
        return bins @ np.full(size, weight)
    there = ~np.isnan(bins)
    count = there.sum(axis=-1)
    total = np.sum(bins, axis=-1, where=there)
    divisor = count if aggregate == "mean" else 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / divisor, np.nan)


@contextlib.contextmanager
def _open(path: str | os.PathLike[str]) -> Iterator[Any]:
    pybigtools = optional("pybigtools", "genome", f"{os.fspath(path)}: bigWig")
    path = user_path(path)
    _check_file(path)
    try:
        reader = pybigtools.open(os.fspath(path))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise _damaged(path, str(error)) from None
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
                raise _damaged(path, "parts lie beyond its end")
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
                raise _damaged(path, "its index is not one")
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


def _damaged(path: str | os.PathLike[str], reason: str) -> InputError:
    return InputError(
        f"{os.fspath(path)}: cut short or damaged ({reason.rstrip('.')}). Copy or "
        "download it again."
    )


def _length(intervals: Intervals) -> int:
    lengths = np.unique(intervals.end - intervals.start)
    if len(lengths) != 1 or lengths[0] < 1:
        raise InputError(
            "Expected at least one interval, all of one length. Received lengths: "
            f"{lengths[:5].tolist()}"
        )
    return int(lengths[0])
