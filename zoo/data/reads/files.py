"""A file of reads -> its ends, which of them are left out, and how they were moved."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from registry.files import user_path
from zoo.data.contigs import missing_contigs
from zoo.data.genomes.genome import Genome
from zoo.data.reads.alignments import Alignments, EndBlock
from zoo.data.reads.ends import Ends, GenomePlaces
from zoo.data.reads.shifts import Shift, found_shift
from zoo.data.reads.text import read_text
from zoo.errors import InputError
from zoo.files.inputs import STDIN, open_input
from zoo.files.progress import Advance

_ELSEWHERE = "on a contig that the genome lacks"
# As 10x Genomics writes fragments (Cell Ranger ATAC), where nothing else is seen.
_FRAGMENTS = Shift(4, -5)


@dataclass(frozen=True)
class ReadFile:
    """What was read of a file.

    Attributes:
        path: As it was given.
        form: "BAM", "fragments" or "BED".
        ends: How many ends of reads were counted.
        left_out: How many reads, or ends, were not, by the reason.
        shift: By how many bp the file has moved ends already, on either strand.
        shift_from: How that is known: "given", "bases" (from the preference of the
            enzyme), "form" (what such files usually have) or "assay" (it matters not).
    """

    path: str
    form: str
    ends: int
    left_out: dict[str, int]
    shift: tuple[int, int]
    shift_from: str


class FileOfReads:
    """A file of reads while it is read.

    Args:
        path: As in `zoo.data.cut_sites`; so are the last two.
        genome: Whose contigs ends are looked for on.
        places: Of the genome.
        min_mapping_quality: Reads of BAM with less are left out.
        proper_pairs: Whether other reads of BAM are left out.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        genome: Genome,
        places: GenomePlaces,
        min_mapping_quality: int,
        proper_pairs: bool,
    ) -> None:
        self.path, self.source = path, str(user_path(path))
        self._genome, self._places = genome, places
        self._least, self._proper = min_mapping_quality, proper_pairs
        self._numbers = {name: at for at, name in enumerate(genome.contigs)}
        self._missing: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.form = ""

    def read(self, ends: tuple[Ends, Ends], advance: Advance) -> None:
        """Reads all ends.

        Raises:
            InputError: As `zoo.data.cut_sites`.
        """
        with open_input(self.path) as (stream, source):
            first = stream.peek(4)[:4]  # type: ignore[attr-defined]
            if first == b"CRAM" or (first == b"BAM\x01" and self.source == STDIN):
                raise InputError(
                    f"{source}: expected BAM, fragments or BED. Received: "
                    f"{'CRAM' if first == b'CRAM' else 'BAM in a pipe'}. Write a BAM "
                    "file of it (samtools view -b -o)."
                )
            if first == b"BAM\x01" or first in (b"@HD\t", b"@SQ\t"):
                self.form = "BAM"
            else:
                fragments, blocks = read_text(stream, source)
                self.form = "fragments" if fragments else "BED"
                self._add(blocks, ends, advance)
        if self.form == "BAM":
            reads = Alignments(self.source, self.source, self._least, self._proper)
            self._check_header(reads.contigs())
            self._add(reads.ends(), ends, advance)
            self.left_out += reads.left_out
        for strand in ends:
            strand.end()
        if not len(ends[0]) + len(ends[1]):
            raise self._nothing_left()
        if self._missing:
            self.left_out[_ELSEWHERE] = sum(self._missing.values())

    def _check_header(self, contigs: dict[str, int]) -> None:
        for name, length in contigs.items():
            own = self._genome.contigs.get(name, length)
            if own != length:
                raise InputError(
                    f"{self.source}: expected reads of the assembly of "
                    f"{self._genome.path}, where {name} has {own:,} bp. Received: "
                    f"{length:,} bp. Give the genome that they were aligned to."
                )

    def _add(
        self, blocks: Iterator[EndBlock], ends: tuple[Ends, Ends], advance: Advance
    ) -> None:
        for names, contig, position, minus in blocks:
            own = np.array([self._numbers.get(n, -1) for n in names] or [-1], np.int64)
            number = own[contig]
            there = number >= 0
            if not there.all():
                lost = np.bincount(contig[~there], minlength=len(names))
                for at in np.flatnonzero(lost).tolist():
                    self._missing[names[at]] += int(lost[at])
                number, position = number[there], position[there]
                minus = minus[there]
            beyond = position >= self._places.lengths[number]
            if beyond.any():
                row = int(np.argmax(beyond))
                name = list(self._numbers)[number[row]]
                raise InputError(
                    f"{self.source}: expected reads within their contig. Received: one "
                    f"that ends at {name}:{position[row] + 1:,}, where {name} has "
                    f"{self._genome.contigs[name]:,} bp in {self._genome.path}. Give "
                    "the genome that reads were aligned to."
                )
            found = self._places.of(number, position)
            ends[0].add(found[~minus])
            ends[1].add(found[minus])
            advance(len(contig))

    def _nothing_left(self) -> InputError:
        if self._missing:
            total = sum(self._missing.values())
            names = list(self._missing)
            message = missing_contigs(
                names,
                self._genome.contigs,
                str(self._genome.path),
                len(names),
                "contigs",
            )
            return InputError(f"{self.source}: {total:,} ends, but {message}")
        if not self.left_out:
            return InputError(f"{self.source}: expected reads. Received: none.")
        counts = ", ".join(f"{n:,} {reason}" for reason, n in self.left_out.items())
        pairs = "not in a proper pair" in self.left_out
        hint = " Of single-end reads, leave proper_pairs=False." * pairs
        return InputError(
            f"{self.source}: expected reads that can be counted. Received: {counts}."
            f"{hint}"
        )

    def shift(
        self, assay: str, given: Shift | None, ends: tuple[Ends, Ends]
    ) -> tuple[Shift, str]:
        """By how much ends were moved, and how that is known.

        Raises:
            InputError: It cannot be told.
        """
        if given is not None:
            return given, "given"
        if assay == "chip":
            return Shift(0, 0), "assay"
        try:
            found = found_shift(assay, ends, self._places, self._genome)
        except InputError as error:
            raise InputError(f"{self.source}: {error}") from None
        if found is not None:
            return found, "bases"
        if self.form == "BED":
            raise InputError(
                f"{self.source}: expected ends whose bases tell whether they were "
                "moved already. Received: too few, or ends without a preference of an "
                "enzyme. Say it: plus_shift=0 and minus_shift=0 if nothing moved them, "
                "4 and -4 or -5 if a pipeline did."
            )
        if self.form == "fragments" and assay == "atac":
            return _FRAGMENTS, "form"
        return Shift(0, 0), "form"

    def described(
        self, ends: tuple[Ends, Ends], shift: Shift, known_from: str
    ) -> ReadFile:
        """What was read."""
        total = len(ends[0]) + len(ends[1])
        left_out, where = dict(self.left_out), (shift.plus, shift.minus)
        return ReadFile(self.source, self.form, total, left_out, where, known_from)
