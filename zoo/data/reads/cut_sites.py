"""Reads -> bigWig of where the enzyme cut."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from registry.files import replaced, user_path
from zoo.data.genomes.genome import Genome
from zoo.data.reads.ends import Ends, GenomePlaces, counted
from zoo.data.reads.files import FileOfReads, ReadFile
from zoo.data.reads.shifts import TARGETS, Shift
from zoo.data.tracks.bigwig_writer import BinValues, write_bigwig
from zoo.errors import InputError, check_at_least, check_choice
from zoo.files import progress as bars
from zoo.files.output import explained

Path_ = str | os.PathLike[str]
_STRANDS = ("plus", "minus")


@dataclass(frozen=True)
class CutSites:
    """What `cut_sites` made.

    Attributes:
        paths: The bigWig files: one, or those of plus and minus.
        cuts: Their sum: how many ends they count.
        bases: How many bases have any, of both strands together or each by itself.
        files: What was read.
    """

    paths: tuple[Path, ...]
    cuts: int
    bases: int
    files: tuple[ReadFile, ...]


def cut_sites(
    files: Path_ | Sequence[Path_],
    genome: Path_ | Genome,
    out: Path_,
    *,
    assay: str = "atac",
    plus_shift: int | None = None,
    minus_shift: int | None = None,
    stranded: bool = False,
    min_mapping_quality: int = 0,
    proper_pairs: bool = False,
    progress: bool = False,
) -> CutSites:
    """Counts at each base of a genome how often the enzyme cut there.

    Each read says where a cut was by its 5' end, and a fragment by both of its ends.
    Tn5 inserts its two adapters 9 bp apart: "atac" counts the base in the middle, 4 bp
    inside a read on either strand, so that both see one cut at one base. "dnase"
    counts the base right of the cut: the first of a read on the plus strand, and the
    one behind a read on the minus strand. "chip" counts the 5' ends themselves, of
    ChIP-nexus, ChIP-exo or ChIP-seq.

    Files in which ends were moved already (most fragments are) are seen by the bases
    around the ends, and moved by what is missing. Where these tell nothing, a BAM file
    is taken as it comes from the aligner, and fragments as moved by +4/-5.

    Reads may come in any order, paired or not. Memory is bounded; a temporary file
    beside `out` has 4 bytes for each.

    Args:
        files: BAM; fragments (chrom, start, end, as of 10x, plain or compressed); or
            BED of reads (tagAlign: the strand in column 6). Ends of several files are
            added up.
        genome: A FASTA file, or a `Genome`: the one that reads were aligned to.
        out: A bigWig file, NAME.bw; with `stranded`, NAME.plus.bw and NAME.minus.bw.
        assay: "atac" (Tn5), "dnase" (DNase I) or "chip".
        plus_shift: By how many bp the files have moved the ends of reads on the plus
            strand already, where you know it: 0 for BAM of an aligner.
        minus_shift: Likewise of the minus strand, where to the left is negative: -4 or
            -5 where `plus_shift` is 4.
        stranded: Count each strand by itself, as BPNet is trained with.
        min_mapping_quality: Reads of a BAM file with less are left out.
        proper_pairs: Leave out reads of a BAM file that are not part of a proper pair.
        progress: Show progress on standard error.

    Returns:
        What was written, and what was read, left out and found of each file. Of BAM,
        reads that are not mapped, secondary, supplementary, duplicates or failed
        are left out; of all, those on contigs that the genome lacks, if not all are.
        Bases without a cut have no value, which `read_signals` reads as 0.

    Raises:
        InputError: A file is not as above, cut short, damaged or empty, or belongs to
            another assembly; ends were moved in a way that cannot be told; or pysam,
            which BAM needs, is missing.
        OutputError: The result cannot be written.

    Source:
        Buenrostro et al. 2013, doi:10.1038/nmeth.2688 (+4/-5, which is the same base
        on one strand and the next on the other); ChromBPNet, doi:
        10.1101/2024.12.25.630221, and its code (+4/-4, 0/+1 for DNase I). Deviations:
        what was moved is found by symmetry and not by a table of motifs; duplicates,
        secondary and supplementary alignments of BAM are left out.
    """
    check_choice("assay", assay, TARGETS)
    check_at_least(0, min_mapping_quality=min_mapping_quality)
    given = _given(plus_shift, minus_shift)
    paths = _outputs(out, stranded)
    files = [files] if isinstance(files, (str, os.PathLike)) else list(files)
    if not files:
        raise InputError("Expected at least one file of reads. Received: none.")
    if not isinstance(genome, Genome):
        genome = Genome(genome)
    places = GenomePlaces(genome.contigs)
    target = TARGETS[assay]
    found: list[ReadFile] = []
    moved: tuple[list[tuple[Ends, int]], list[tuple[Ends, int]]] = ([], [])
    with contextlib.ExitStack() as stack, explained(str(paths[0])):
        bar = bars.counted(None, 0, "ends of reads") if progress else None
        advance = _unseen if bar is None else stack.enter_context(bar)
        for path in files:
            ends = _ends(places, paths[0].parent, stack)
            file = FileOfReads(path, genome, places, min_mapping_quality, proper_pairs)
            file.read(ends, advance)
            shift, known_from = file.shift(assay, given, ends)
            found.append(file.described(ends, shift, known_from))
            moved[0].append((ends[0], target.plus - shift.plus))
            moved[1].append((ends[1], target.minus - shift.minus))
        tracks = moved if stranded else (moved[0] + moved[1],)
        totals = [
            _written(p, places, genome, t) for p, t in zip(paths, tracks, strict=True)
        ]
    cuts, bases = (sum(each) for each in zip(*totals, strict=True))
    return CutSites(tuple(paths), cuts, bases, tuple(found))


def _unseen(count: int) -> None:
    """Shows no progress."""


def _given(plus: int | None, minus: int | None) -> Shift | None:
    if (plus is None) != (minus is None):
        raise InputError(
            "Expected plus_shift and minus_shift, or neither. Received: "
            f"plus_shift={plus!r}, minus_shift={minus!r}."
        )
    for value in (plus, minus):
        if value is not None and not -10 <= value <= 10:
            raise InputError(
                "Expected ends that were moved by 10 bp at most. Received: "
                f"plus_shift={plus!r}, minus_shift={minus!r}."
            )
    return None if plus is None or minus is None else Shift(int(plus), int(minus))


def _outputs(out: Path_, stranded: bool) -> list[Path]:
    path = user_path(out)
    if path.suffix.lower() not in (".bw", ".bigwig"):
        raise InputError(
            f"{path}: expected a name that ends in .bw or .bigwig. Received: "
            f"{path.suffix or 'no extension'}."
        )
    if not stranded:
        return [path]
    return [path.with_name(f"{path.stem}.{s}{path.suffix}") for s in _STRANDS]


def _ends(
    places: GenomePlaces, folder: Path, stack: contextlib.ExitStack
) -> tuple[Ends, Ends]:
    plus, minus = Ends(places, folder), Ends(places, folder)
    stack.callback(plus.close)
    stack.callback(minus.close)
    return plus, minus


def _written(
    path: Path, places: GenomePlaces, genome: Genome, moved: list[tuple[Ends, int]]
) -> tuple[int, int]:
    """Writes a track; the sum of its counts, and how many bases have any."""
    cuts = bases = 0

    def blocks() -> Iterator[BinValues]:
        nonlocal cuts, bases
        for found, counts in counted(places, moved):
            contig, start = places.bases(found)
            # Moved beyond the end of its contig, a read has no cut in this genome.
            inside = (start >= 0) & (start < places.lengths[contig])
            if not inside.any():
                continue
            contig, start, counts = contig[inside], start[inside], counts[inside]
            cuts += int(counts.sum())
            bases += len(counts)
            yield BinValues(contig, start, start + 1, counts.astype(np.float32))

    with replaced(path.resolve()) as temporary:
        write_bigwig(temporary, genome.contigs, blocks(), bin_size=1)
    return cuts, bases
