"""A genome at the speed of memory: intervals of a FASTA file as codes, many at once."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.data.contigs import missing_contigs
from zoo.data.examples import Intervals
from zoo.data.genomes.cache import CachedGenome, open_cached
from zoo.data.genomes.text import FastaText, plain_fasta, refuse_pipes
from zoo.dna import UNKNOWN, Codes, reverse_complement_rows
from zoo.errors import InputError, check_choice
from zoo.files.stamp import Stamp

OnAmbiguous = Literal["error", "unknown"]
Beyond = Literal["error", "pad", "drop"]
BEYOND = get_args(Beyond)


class Genome:
    """The sequences of a FASTA file, by place.

    The file is plain, gzip or bgzip, and needs no index: all of its text is read to
    see where its lines end, and an index beside it (.fai) is only compared. With a
    cache that is done once: the codes of the whole genome, one byte per base, are kept
    in the user's cache folder (SEQZOO_CACHE) for as long as the file has the same size
    and modification time, and are memory-mapped. Any number of processes share that
    one copy, and none holds it. Nothing is written beside the user's file.

    A Genome crosses to another process as its path: it is opened there again.

    Args:
        path: A FASTA file.
        cache: False keeps no copy: the text is read through at each opening, half a
            second per Gb, and intervals are cut out of it where it lies, memory-mapped.
            It has to be a plain file then. Reading is slower, and an invalid letter
            shows only when it is read.
        ambiguous: What the IUPAC letters R Y S W K M B D H V become: an "error", or
            "unknown" for N.

    Attributes:
        path: The FASTA file.
        contigs: Length in bp by name, in the order of the file.

    Raises:
        InputError: The file is not there, not FASTA, damaged, has lines of unequal
            length, two sequences of one name, an index (.fai) with other names or
            lengths that is not older, or a letter that is not a base.
        StoreError: The cache cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        cache: bool = True,
        ambiguous: OnAmbiguous = "error",
    ) -> None:
        check_choice("ambiguous", ambiguous, ("error", "unknown"))
        path = user_path(path)
        self._source = str(path)
        refuse_pipes(self._source)
        self._ambiguous = ambiguous
        self._file = Path(self._source).absolute()
        self._stamp = Stamp.of(self._file)
        self._read: CachedGenome | FastaText
        if cache:
            self._read = open_cached(self._file.resolve(), self._source)
            if self._read.ambiguous and ambiguous == "error":
                raise self._read.ambiguous.error(self._source)
        else:
            with plain_fasta(path) as plain:
                if plain != path:
                    raise InputError(
                        f"{self._source}: compressed, which cannot be read at random "
                        "without a copy. Leave cache=True, or decompress it first "
                        "(gzip -d)."
                    )
                self._read = FastaText.open(
                    self._file, self._source, unknown=ambiguous == "unknown"
                )
        self.contigs = self._read.contigs
        self.path = path
        self._cache = cache
        self._lengths = np.array([*self.contigs.values()], np.int64)
        self._numbers = {name: number for number, name in enumerate(self.contigs)}
        self._check_unchanged()

    def __repr__(self) -> str:
        bases = int(self._lengths.sum())
        return f"Genome({self._source!r}: {len(self.contigs):,} contigs, {bases:,} bp)"

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self._file, self._cache, self._ambiguous, self._stamp)

    def contig_numbers(self, chrom: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The place of each name in `contigs`.

        Args:
            chrom: Names `(n,)`.

        Returns:
            int64 `(n,)`.

        Raises:
            InputError: A name that the genome does not have; the message has the
                fix where only the style differs (`chr1` and `1`).
        """
        names = np.asarray(chrom).tolist()
        if not isinstance(names, list):
            raise InputError(f"Expected names of contigs (n,). Received: {chrom!r}")
        find = self._numbers.get
        numbers = np.fromiter((find(n, -1) for n in names), np.int64, len(names))
        missing = np.flatnonzero(numbers < 0)
        if len(missing):
            absent = [str(names[row]) for row in missing.tolist()]
            message = missing_contigs(absent, self.contigs, self._source, len(names))
            raise InputError(message[0].upper() + message[1:])
        return numbers

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Codes of one interval, 0-based, half-open.

        Returns:
            uint8 `(end - start,)`, A C G T = 0 1 2 3, N = 4.

        Raises:
            InputError: No such contig, an empty interval, or one beyond its ends.
        """
        numbers = self.contig_numbers([chrom])
        if end <= start:
            raise InputError(f"Expected start < end. Received: {chrom}:{start}-{end}")
        return self.gather(numbers, np.array([start]), end - start)[0]

    def gather(
        self,
        contig_numbers: npt.ArrayLike,
        starts: npt.ArrayLike,
        length: int,
        strands: npt.ArrayLike | None = None,
        *,
        beyond: Beyond = "error",
    ) -> Codes:
        """Codes of many intervals of one length, in one call.

        Args:
            contig_numbers: Integers `(n,)`, places in `contigs`.
            starts: First bases, 0-based, integers `(n,)`.
            length: Length of each in bp, at least 1.
            strands: "+", "-" or "." (or "*") `(n,)`; "-" gives the reverse complement.
            beyond: What lies beyond the ends of a contig is an "error", or N
                ("pad").

        Returns:
            uint8 `(n, length)`, a new array, A C G T = 0 1 2 3, N = 4.

        Raises:
            InputError: An interval beyond the ends, an argument of another shape or
                type, or a FASTA file that changed since it was opened.
        """
        check_choice("beyond", beyond, ("error", "pad"))
        length = check_length(length)
        numbers, first = _integers(contig_numbers), _integers(starts)
        if numbers.shape != first.shape:
            raise InputError(
                "Expected one start for each contig number. Received: "
                f"{first.shape} starts, {numbers.shape} contig numbers."
            )
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(self.contigs):
            raise InputError(
                f"Expected contig numbers from 0 to {len(self.contigs) - 1}. Received: "
                f"{numbers.min()} to {numbers.max()}."
            )
        minus = None if strands is None else _minus(strands, len(numbers))
        self._check_unchanged()
        outside = (first < 0) | (first > self._lengths[numbers] - length)
        if not outside.any():
            codes = self._read.gather(numbers, first, length)
        elif beyond == "error":
            raise self._beyond(numbers, first, length, outside)
        else:
            codes = self._padded(numbers, first, length, outside)
        if minus is not None:
            reverse_complement_rows(codes, np.flatnonzero(minus))
        return codes

    def sequences(
        self, intervals: Intervals, length: int, *, beyond: Beyond = "error"
    ) -> tuple[GenomeSequences, npt.NDArray[np.int64]]:
        """The `length` bp around the middle of each interval, to be read when needed.

        The first base is `(start + end) // 2 - length // 2`, which is `start` for an
        interval of that length.

        Args:
            intervals: Where they lie.
            length: Length of each in bp.
            beyond: What to do where these or the interval itself reach beyond the
                ends of the contig: "error", "pad" with N, or "drop" the interval.

        Returns:
            The sequences, and the rows of `intervals` that they are, int64.

        Raises:
            InputError: A contig that the genome does not have, an empty interval, a
                strand that is not "+", "-", "." or "*", or one beyond the ends.
        """
        check_choice("beyond", beyond, BEYOND)
        length = check_length(length)
        numbers = self.contig_numbers(intervals.chrom)
        start, end = _integers(intervals.start), _integers(intervals.end)
        empty = np.flatnonzero(end <= start)
        if len(empty):
            row = int(empty[0])
            raise InputError(
                f"Expected start < end. Received: interval {row + 1}, "
                f"{intervals.chrom[row]}:{start[row]}-{end[row]} ({len(empty):,} of "
                f"{len(start):,} are such)."
            )
        minus = _minus(intervals.strand, len(start))
        first = (start + end) // 2 - length // 2
        lengths = self._lengths[numbers]
        outside = (first < 0) | (first > lengths - length) | (start < 0)
        outside |= end > lengths
        if beyond == "error" and outside.any():
            raise self._beyond(numbers, first, length, outside)
        rows = np.flatnonzero(~outside if beyond == "drop" else np.ones_like(outside))
        chosen = GenomeSequences(self, numbers, first, length, minus)
        return chosen if len(rows) == len(start) else chosen.subset(rows), rows

    def _padded(
        self,
        numbers: npt.NDArray[np.int64],
        starts: npt.NDArray[np.int64],
        length: int,
        outside: npt.NDArray[np.bool_],
    ) -> Codes:
        codes = np.full((len(starts), length), UNKNOWN, np.uint8)
        inside = ~outside
        codes[inside] = self._read.gather(numbers[inside], starts[inside], length)
        for row in np.flatnonzero(outside).tolist():
            contig, start = numbers[row : row + 1], int(starts[row])
            low = max(start, 0)
            high = min(start + length, int(self._lengths[contig[0]]))
            if low < high:
                part = self._read.gather(contig, np.array([low]), high - low)
                codes[row, low - start : high - start] = part[0]
        return codes

    def _beyond(
        self,
        numbers: npt.NDArray[np.int64],
        starts: npt.NDArray[np.int64],
        length: int,
        outside: npt.NDArray[np.bool_],
    ) -> InputError:
        row = int(np.argmax(outside))
        name = list(self.contigs)[numbers[row]]
        start = int(starts[row])
        return InputError(
            f"{self._source}: expected intervals within their contig. Received: "
            f"interval {row + 1}, {name}:{start}-{start + length}, where {name} has "
            f"{self.contigs[name]:,} bp ({int(outside.sum()):,} of {len(starts):,} are "
            'such). Is it the same assembly? `gather(beyond="pad")` reads N there, and '
            '`sequences(beyond="drop")` leaves them out.'
        )

    def _check_unchanged(self) -> None:
        self._stamp.check(
            self._file, self._source, "since it was opened", "Open it again."
        )


def _reopen(path: Path, cache: bool, ambiguous: OnAmbiguous, was: Stamp) -> Genome:
    genome = Genome(path, cache=cache, ambiguous=ambiguous)
    since = "since it was opened in the process that this one works for"
    was.check(path, str(path), since, "Start again.")
    return genome


def check_length(length: int, name: str = "length") -> int:
    """A number of bp, as an int; `name` is what errors call it.

    Raises:
        InputError: It is not an integer, or less than 1.
    """
    if isinstance(length, bool) or not isinstance(length, (int, np.integer)):
        raise InputError(f"Expected a {name} in bp, an integer. Received: {length!r}")
    if length < 1:
        raise InputError(f"Expected a {name} of at least 1 bp. Received: {length}")
    return int(length)


def _integers(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise InputError(
            f"Expected integers (n,). Received: {array.dtype} {array.shape}"
        )
    return array.astype(np.int64, copy=False)


def _minus(strands: npt.ArrayLike, count: int) -> npt.NDArray[np.bool_]:
    array = np.asarray(strands)
    if array.shape != (count,):
        raise InputError(
            f"Expected one strand for each of {count} intervals. Received: "
            f"{array.shape}"
        )
    minus: npt.NDArray[np.bool_] = array == "-"
    known = minus | np.isin(array, ("+", ".", "*"))
    if not known.all():
        wrong = array[~known][0]
        raise InputError(f"Expected the strand '+', '-' or '.'. Received: {wrong!r}")
    return minus


@dataclass(frozen=True, eq=False)
class GenomeSequences:
    """Sequences of one length that are read from a genome when they are needed.

    Made by `Genome.sequences`. It holds where they lie, 17 bytes per sequence, and
    crosses to another process as that: the genome is opened there again.
    """

    genome: Genome
    contig_numbers: npt.NDArray[np.int64]  # places in `genome.contigs`
    starts: npt.NDArray[np.int64]  # 0-based; may lie before the contig
    sequence_length: int  # bp
    minus: npt.NDArray[np.bool_]  # which are the reverse complement

    def __len__(self) -> int:
        return len(self.starts)

    def gather(self, rows: npt.NDArray[np.integer[Any]]) -> Codes:
        """uint8 codes `(len(rows), sequence_length)`, a new array.

        What lies beyond the ends of a contig is N: whether that may be was decided
        when the sequences were chosen.
        """
        return self.genome.gather(
            self.contig_numbers[rows],
            self.starts[rows],
            self.sequence_length,
            np.where(self.minus[rows], "-", "+"),
            beyond="pad",
        )

    def subset(self, rows: npt.NDArray[np.integer[Any]]) -> GenomeSequences:
        """Those of `rows`, in that order; the genome is shared."""
        return dataclasses.replace(
            self,
            contig_numbers=self.contig_numbers[rows],
            starts=self.starts[rows],
            minus=self.minus[rows],
        )
