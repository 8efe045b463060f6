"""Genomes and reads whose ends are known."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.made import write_fasta

CONTIGS = {"chr1": 900, "chr2": 500, "tiny": 40}

#: Shares of A, C, G, T around the base in the middle (the eleventh) of the 9 bp between
#: two cuts of Tn5: of naive hESC, GSE101074, as in ChromBPNet's ATAC.ref.motifs.txt.
TN5 = np.array(
    [
        [0.2159, 0.2432, 0.2340, 0.3069],
        [0.2618, 0.2147, 0.3016, 0.2218],
        [0.2434, 0.3128, 0.2287, 0.2151],
        [0.3038, 0.1961, 0.2442, 0.2559],
        [0.2012, 0.3824, 0.2020, 0.2144],
        [0.3758, 0.1410, 0.1945, 0.2887],
        [0.2124, 0.2557, 0.4140, 0.1179],
        [0.2087, 0.2536, 0.1922, 0.3456],
        [0.2289, 0.2810, 0.1963, 0.2938],
        [0.1685, 0.3422, 0.1563, 0.3330],
        [0.3401, 0.1602, 0.1577, 0.3420],
        [0.3369, 0.1467, 0.3426, 0.1738],
        [0.2838, 0.1995, 0.3005, 0.2163],
        [0.3334, 0.2022, 0.2571, 0.2073],
        [0.1479, 0.3869, 0.2510, 0.2142],
        [0.2859, 0.2259, 0.1659, 0.3222],
        [0.2193, 0.2181, 0.3295, 0.2232],
        [0.2555, 0.2391, 0.1940, 0.3114],
        [0.2207, 0.2493, 0.2899, 0.2401],
        [0.2236, 0.2995, 0.2095, 0.2675],
    ]
)
#: Likewise around the base right of the cut of DNase I: of ENCSR000EMN.
DNASE = np.array(
    [
        [0.2730, 0.2649, 0.2150, 0.2472],
        [0.2691, 0.2555, 0.2241, 0.2513],
        [0.2687, 0.2730, 0.2087, 0.2496],
        [0.2588, 0.2596, 0.2334, 0.2482],
        [0.2200, 0.2644, 0.2452, 0.2703],
        [0.1835, 0.3103, 0.2847, 0.2215],
        [0.2200, 0.2563, 0.2596, 0.2640],
        [0.3425, 0.1941, 0.2024, 0.2610],
        [0.0740, 0.5744, 0.1383, 0.2132],
        [0.2488, 0.2247, 0.1115, 0.4149],
        [0.2103, 0.2085, 0.2235, 0.3577],
        [0.3466, 0.2596, 0.3036, 0.0902],
        [0.2853, 0.3168, 0.1655, 0.2324],
        [0.3040, 0.2342, 0.2234, 0.2384],
        [0.3022, 0.2105, 0.2385, 0.2488],
        [0.2697, 0.2592, 0.2296, 0.2415],
        [0.2539, 0.2689, 0.2253, 0.2519],
        [0.2876, 0.2669, 0.2253, 0.2202],
        [0.2638, 0.2754, 0.2206, 0.2401],
        [0.2766, 0.2687, 0.2312, 0.2235],
    ]
)


class Read(NamedTuple):
    """As BED has it: 0-based, half-open; `flag` as SAM."""

    chrom: str
    start: int
    end: int
    minus: bool
    flag: int = 0
    quality: int = 40


def random_reads(count: int, seed: int = 0, contigs=None) -> list[Read]:
    """Of 20 to 40 bp, in any order; many ends are the same."""
    contigs = contigs or CONTIGS
    generator = np.random.default_rng(seed)
    names = [*contigs]
    found = []
    for _ in range(count):
        chrom = names[generator.integers(len(names))]
        length = int(generator.integers(20, 41))
        start = int(generator.integers(0, contigs[chrom] - length + 1)) // 3 * 3
        found.append(Read(chrom, start, start + length, bool(generator.integers(2))))
    return found


def write_genome(path: Path, contigs=None, seed: int = 0) -> Path:
    generator = np.random.default_rng(seed)
    text = {
        name: "".join(generator.choice([*"ACGT"], length))
        for name, length in (contigs or CONTIGS).items()
    }
    return write_fasta(path, text)


def write_bam(path: Path, reads: list[Read], contigs=None) -> Path:
    """Each read with a deletion and clipped bases, which count for its end or not."""
    pysam = pytest.importorskip("pysam")
    contigs = contigs or CONTIGS
    names = [*contigs]
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": n, "LN": contigs[n]} for n in names]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for number, read in enumerate(reads):
            made = pysam.AlignedSegment(file.header)
            made.query_name = f"r{number}"
            made.flag = read.flag | (16 if read.minus else 0)
            length = read.end - read.start
            made.query_sequence = "A" * (length + 3)
            made.reference_id = names.index(read.chrom)
            made.reference_start = read.start
            made.mapping_quality = read.quality
            # Soft clips, 8 bp, a deletion of 2 bp, the rest.
            made.cigartuples = [(4, 2), (0, 8), (2, 2), (0, length - 10), (4, 3)]
            file.write(made)
    return path


def write_fragments(path: Path, reads: list[Read]) -> Path:
    lines = [f"{r.chrom}\t{r.start}\t{r.end}\tAAAC-1\t2" for r in reads]
    path.write_text("\n".join(["# made up", *lines]) + "\n")
    return path


def write_tag_align(path: Path, reads: list[Read]) -> Path:
    path.write_text(
        "".join(
            f"{r.chrom}\t{r.start}\t{r.end}\tN\t1000\t{'-' if r.minus else '+'}\n"
            for r in reads
        )
    )
    return path


def biased(shares: np.ndarray, assay: str, count: int, shift=(0, 0), seed: int = 0):
    """A genome of cuts whose bases were drawn from `shares`, and their reads."""
    generator = np.random.default_rng(seed)
    step = 60
    codes = generator.integers(0, 4, step * (count + 2))
    reads = []
    for number in range(count):
        at = step * (number + 1)
        drawn = np.array([generator.choice(4, p=row / row.sum()) for row in shares])
        minus = bool(number % 2)
        if minus:  # position 10 + i of the reverse complement is 10 - i
            drawn = np.append(0, 3 - drawn[1:][::-1]) if assay == "atac" else drawn
        if minus and assay == "dnase":  # the cut is between two bases
            drawn = 3 - drawn[::-1]
        codes[at : at + len(drawn)] = drawn
        cut = at + 10  # where the target is
        inside, ahead = (4, -5) if assay == "atac" else (0, 0)
        if minus:
            end = cut - ahead + shift[1]
            reads.append(Read("c", end - 30, end, True))
        else:
            start = cut - inside + shift[0]
            reads.append(Read("c", start, start + 30, False))
    return "".join("ACGT"[c] for c in codes), reads
