"""bigWig -> binned signal of many intervals, through pybigtools."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.data.contigs import did_you_mean
from zoo.data.examples import Intervals
from zoo.data.genomes.genome import check_length
from zoo.data.tracks.bigwig_contigs import FEW, ContigReaders
from zoo.data.tracks.opening import damaged, opened
from zoo.errors import InputError, check_choice

Aggregate = Literal["mean", "max", "min", "sum"]
Missing = Literal["zero", "nan", "ignore"]
Negative = Literal["keep", "absolute", "error"]
Values = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
ReaderOf = Callable[[str], Any]

# Values that are filled and aggregated while they are in the cache: 512 kB.
_BLOCK_VALUES = 1 << 16
# What is read in the time of one call: bases without values, and compressed bytes.
_CALL_BASES, _CALL_BYTES = 4096, 2048

_AGGREGATES = ("mean", "max", "min", "sum")
_SAY_NEGATIVE = (
    "as the minus strand is often written: negative='absolute' takes the magnitude, "
    "negative='keep' the value."
)


def read_signals(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    intervals: Intervals,
    *,
    bin_size: int | None = None,
    aggregate: Aggregate = "mean",
    missing: Missing = "zero",
    missing_contig: Literal["error", "missing"] = "error",
    negative: Negative = "keep",
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
        negative: Values below 0 are read as they are ("keep"), as their magnitude
            ("absolute": reads of the minus strand are often written so), or refused as
            an "error".
        contigs: Lengths in bp in the genome of the intervals (`Genome.contigs`): a
            file with other lengths belongs to another assembly. In any case files
            must agree with each other.

    Returns:
        float32 `(intervals, bins, files)`.

    Raises:
        InputError: A file is missing, not bigWig, cut short or damaged, lacks a
            contig, has one of another length, or has an infinite value, or with
            negative="error" one below 0; or intervals have different lengths, or a
            length that bins do not divide.
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
    check_choice("negative", negative, get_args(Negative))
    found = np.empty((len(intervals), length // size, len(files)), np.float32)
    before: dict[str, Mapping[str, int]] = {}
    for track, path in enumerate(files):
        with contextlib.ExitStack() as stack:
            reader = stack.enter_context(opened(path))
            lengths: dict[str, int] = reader.chroms()
            _check_contigs(
                intervals.chrom, lengths, path, missing_contig, contigs or {}, before
            )
            before[os.fspath(path)] = lengths
            order, bounds = _stretches(intervals, length, _gap(reader, lengths))
            reader_of = _readers(reader, path, lengths, intervals.chrom[order], stack)
            for rows, windows in _windows(
                intervals, length, order, bounds, reader_of, path
            ):
                if negative == "absolute":
                    np.abs(windows, out=windows)
                _check_values(windows, rows, intervals, path, negative)
                if missing == "zero":
                    _fill_with_zeros(windows)
                bins = windows.reshape(len(rows), -1, size)
                found[rows, :, track] = _aggregated(bins, aggregate, missing)
    minus = intervals.strand == "-"
    found[minus] = found[minus, ::-1]
    return found


def check_signals(
    paths: Sequence[str | os.PathLike[str]],
    contigs: Mapping[str, int],
    advice: str,
    negative: Negative = "keep",
) -> None:
    """Refuses, before any value is read, files that do not go with these contigs.

    Args:
        paths: bigWig files.
        contigs: Lengths in bp by name, all of which a file must have.
        advice: What to do where it has some of them only.
        negative: "error" refuses files whose summary says that they go below 0.

    Raises:
        InputError: A file cannot be read, lacks a contig, has one of another length,
            or values that are refused.
    """
    for path in paths:
        with opened(path) as reader:
            chrom, lengths = np.array([*contigs]), reader.chroms()
            _check_contigs(
                chrom, lengths, path, "error", contigs, {}, "contigs", advice
            )
            least = reader.info()["summary"]["min"]
            if negative == "error" and least < 0:
                raise InputError(
                    f"{os.fspath(path)}: expected values of at least 0. Received: "
                    f"{least:g}, {_SAY_NEGATIVE}"
                )


def _check_contigs(
    chrom: npt.NDArray[np.str_],
    lengths: Mapping[str, int],
    path: str | os.PathLike[str],
    missing_contig: str,
    genome: Mapping[str, int],
    before: Mapping[str, Mapping[str, int]],
    rows: str = "intervals lie on contigs that it lacks",
    advice: str = 'missing_contig="missing" says so.',
) -> None:
    names = set(chrom.tolist())
    absent = sorted(names - lengths.keys())
    if absent and (missing_contig == "error" or len(absent) == len(names)):
        count = int(np.isin(chrom, absent).sum())
        message = (
            f"{os.fspath(path)}: no signal on {absent[0]!r} ({count:,} of "
            f"{len(chrom):,} {rows})."
            f"{did_you_mean(absent[0], lengths)}"
        )
        others = [file for file, known in before.items() if absent[0] in known]
        message += f" {others[0]} has it." if others else ""
        if len(absent) < len(names):
            message += f" Where names agree and there is just no signal, {advice}"
        raise InputError(message)
    named = {"the genome": genome, **before}
    for known in named.values():
        other = sorted(
            name
            for name in names & lengths.keys()
            if lengths[name] != known.get(name, lengths[name])
        )
        if other:
            name = other[0]
            alike = [of for of, has in named.items() if has.get(name) == known[name]]
            raise InputError(
                f"{os.fspath(path)}: expected {name!r} to have {known[name]:,} bp, as "
                f"in {' and '.join(alike[:2])}. Received: {lengths[name]:,} bp "
                f"({len(other):,} of {len(names):,} contigs differ). Is it the same "
                "assembly?"
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
    order: npt.NDArray[np.str_],
    stack: contextlib.ExitStack,
) -> ReaderOf:
    """Gives the reader to ask for a contig, None for one that the file lacks."""
    if len(lengths) <= 2 * FEW:
        return lambda chrom: reader if chrom in lengths else None
    file = stack.enter_context(user_path(path).open("rb"))
    try:
        readers = ContigReaders(file, dict.fromkeys(order.tolist()))
    except (ValueError, struct.error, OSError) as error:
        raise damaged(path, str(error)) from None
    return lambda chrom: readers.of(chrom) if chrom in lengths else None


def _stretches(
    intervals: Intervals, length: int, gap: int
) -> tuple[Integers, list[int]]:
    """Intervals that overlap or are near each other, which are read at once.

    A stretch far longer than a block is cut, and intervals at the cut are read whole.

    Returns:
        The rows by place, and where in that order stretches begin, and the last ends.
    """
    names = intervals.chrom.tolist()
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    contig = np.array([numbers[name] for name in names])
    order = np.lexsort((intervals.start, contig))
    contig, start = contig[order], intervals.start[order]
    new = np.append(True, (np.diff(contig) != 0) | (np.diff(start) > length + gap))
    offset = start - start[new][np.cumsum(new) - 1]
    new[1:] |= np.diff(offset // max(1, _BLOCK_VALUES - length)) != 0
    return order, [*np.flatnonzero(new).tolist(), len(order)]


def _windows(
    intervals: Intervals,
    length: int,
    order: Integers,
    bounds: list[int],
    reader_of: ReaderOf,
    path: str | os.PathLike[str],
) -> Iterator[tuple[Integers, Values]]:
    """Rows of the intervals, and the values of their bases `(rows, length)`.

    NaN where there is none; the values may be changed until the next ones are asked
    for.
    """
    step, place = max(1, _BLOCK_VALUES // length), 0
    block = np.empty((step, length))
    buffer = np.empty(_BLOCK_VALUES + 2 * length)  # no stretch is longer
    chroms, starts = intervals.chrom[order], intervals.start[order]
    for first, stop in pairwise(bounds):
        chrom, start = str(chroms[first]), int(starts[first])
        end, reader = int(starts[stop - 1]) + length, reader_of(chrom)
        alone = stop - first == 1
        values = block[place] if alone else buffer[: end - start]
        try:
            if reader is None:
                values[:] = np.nan
            else:
                reader.values(chrom, start, end, fillna=None, oob=np.nan, arr=values)
        except BaseException as error:
            # A panic of the library in Rust derives from BaseException, not Exception.
            if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
                raise
            raise damaged(path, f"at {chrom}:{start}-{end}: {error}") from None
        windows = np.lib.stride_tricks.sliding_window_view
        every = None if alone else windows(values, length)
        while first < stop:
            count = min(stop - first, step - place)
            if every is not None:
                chosen = starts[first : first + count] - start
                block[place : place + count] = every[chosen]
            first, place = first + count, place + count
            if place == step:
                yield order[first - place : first], block
                place = 0
    if place:
        yield order[-place:], block[:place]


def _check_values(
    windows: Values,
    rows: Integers,
    intervals: Intervals,
    path: str | os.PathLike[str],
    negative: Negative,
) -> None:
    """Refuses what cannot be a target, or is not to be one."""
    wrong = np.isinf(windows)
    expected = "finite values"
    hint = (
        "which cannot be a target. Write the file anew without it (bigWigToBedGraph, "
        "bedGraphToBigWig)."
    )
    if negative == "error" and not wrong.any():
        wrong, expected = windows < 0, "values of at least 0"
        hint = _SAY_NEGATIVE
    if wrong.any():
        row, base = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        chrom, place = intervals.chrom[rows[row]], intervals.start[rows[row]] + base
        raise InputError(
            f"{os.fspath(path)}: expected {expected}. Received: "
            f"{windows[row, base]:g} at {chrom}:{place}-{place + 1}, {hint}"
        )


def _fill_with_zeros(values: Values) -> None:
    """Writes 0 for NaN, which takes the library several times as long."""
    if values.view(np.int64).min() >= 0:
        # No sign bit, as in coverage: no branch per base.
        np.fmax(values, 0.0, out=values)
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


def _length(intervals: Intervals) -> int:
    lengths = np.unique(intervals.end - intervals.start)
    if len(lengths) != 1 or lengths[0] < 1:
        raise InputError(
            "Expected at least one interval, all of one length. Received lengths: "
            f"{lengths[:5].tolist()}"
        )
    return int(lengths[0])
