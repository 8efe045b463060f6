"""How fast reads become cuts, against the programs that the field pipes together.

    python -m tools.bench.cut_sites [--reads 2000000] [--repeats 3]

Writes random reads of 50 bp on three contigs, half of them near some thousand places,
as BAM, sorted and not, and as fragments, to a temporary folder; counts them with
`zoo.data.cut_sites`, with a loop over pysam into a dictionary that pyBigWig writes,
and, where bedtools is installed, with the pipeline of ChromBPNet's reads_to_bigwig.py
up to the bedGraph file (bamtobed, awk, sort, genomecov, sort; bedGraphToBigWig is not
counted). Every result is compared with that of the loop. Each call is a process of its
own: wall and CPU seconds with all its children, and the peak memory of the largest.
Medians, all from one run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tools.bench.timing import print_table

CONTIGS = {"chr1": 40_000_000, "chr2": 30_000_000, "chrM": 16_000}
LENGTH = 50
OURS = (
    "import sys; from zoo.data import Genome, cut_sites; "
    "cut_sites(sys.argv[1], Genome(sys.argv[2], cache=False), sys.argv[3], "
    "plus_shift=0, minus_shift=0)"
)
LOOP = """
import sys
from collections import Counter
import pyBigWig, pysam
with pysam.AlignmentFile(sys.argv[1]) as file:
    contigs = dict(zip(file.references, file.lengths))
    counts = {name: Counter() for name in contigs}
    for read in file:
        if read.is_reverse:
            counts[read.reference_name][read.reference_end - 5] += 1
        else:
            counts[read.reference_name][read.reference_start + 4] += 1
with pyBigWig.open(sys.argv[3], "w") as file:
    file.addHeader([*contigs.items()])
    for name, found in counts.items():
        starts = sorted(start for start in found if 0 <= start < contigs[name])
        values = [float(found[start]) for start in starts]
        file.addEntries(name, starts, values=values, span=1)
"""
# As ChromBPNet runs it, with the shift of a BAM file that nothing was moved in.
PIPELINE = (
    "bedtools bamtobed -i {bam} | awk -v OFS='\\t' "
    '\'{{if ($6=="+"){{print $1,$2+4,$3,$4,$5,$6}} '
    'else if ($6=="-") {{print $1,$2,$3-4,$4,$5,$6}}}}\' | sort -k1,1 | '
    "bedtools genomecov -bg -5 -i stdin -g {sizes} | "
    'LC_COLLATE="C" sort -k1,1 -k2,2n > {out}'
)


class Cost(NamedTuple):
    """Of one process and its children."""

    wall: float  # seconds
    cpu: float  # seconds
    memory: float  # MB at most, of the largest of them


def write_reads(folder: Path, count: int) -> None:
    """a.bam in order, shuffled.bam, fragments.tsv, g.fa and sizes.tsv."""
    import pysam

    random = np.random.default_rng(0)
    with (folder / "g.fa").open("wb") as genome:
        for name, length in CONTIGS.items():
            bases = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, length)]
            genome.write(f">{name}\n".encode() + bases.tobytes() + b"\n")
    sizes = "".join(f"{name}\t{length}\n" for name, length in CONTIGS.items())
    (folder / "sizes.tsv").write_text(sizes)
    contig = random.choice(len(CONTIGS), count, p=[0.55, 0.4, 0.05])
    last = np.array([*CONTIGS.values()])[contig] - LENGTH
    start = (random.random(count) * last).astype(np.int64)
    peaks = random.integers(0, max(CONTIGS.values()), 3_000)
    near = random.random(count) < 0.5
    start[near] = random.choice(peaks, near.sum()) + random.integers(0, 500, near.sum())
    start = np.minimum(start, last)
    order = np.lexsort([start, contig])
    minus = random.integers(0, 2, count)
    names = [*CONTIGS]
    with (folder / "fragments.tsv").open("w") as file:
        for row in order.tolist():
            end = start[row] + LENGTH
            file.write(f"{names[contig[row]]}\t{start[row]}\t{end}\tAAACGA-1\t1\n")
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": n, "LN": CONTIGS[n]} for n in CONTIGS]}
    qualities = [
        pysam.qualitystring_to_array("".join(map(chr, random.integers(53, 74, LENGTH))))
        for _ in range(97)
    ]
    for path, rows in (("a.bam", order), ("shuffled.bam", random.permutation(count))):
        with pysam.AlignmentFile(str(folder / path), "wb", header=header) as bam:
            read = pysam.AlignedSegment(bam.header)
            for number, row in enumerate(rows.tolist()):
                text = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, LENGTH)]
                read.query_name = f"machine:1:flowcell:{row}"
                read.query_sequence = text.tobytes().decode()
                read.query_qualities = qualities[number % 97]
                read.cigartuples = [(0, LENGTH)]
                read.mapping_quality = 40
                read.flag = 16 * int(minus[row])
                read.reference_id, read.reference_start = contig[row], start[row]
                bam.write(read)


def cost(words: list[str]) -> Cost:
    began = time.perf_counter()
    pid = os.posix_spawnp(words[0], words, os.environ)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{words[:2]} ended with status {status}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def counts(path: Path) -> Iterator[tuple[str, int, int, float]]:
    if path.suffix == ".bw":
        import pyBigWig

        with pyBigWig.open(str(path)) as file:
            for name in sorted(CONTIGS):
                for start, end, value in file.intervals(name) or ():
                    yield name, start, end, value
        return
    with path.open() as file:
        for line in file:
            name, start, end, value = line.split()
            for at in range(int(start), int(end)):  # neighbors of one value are joined
                yield name, at, at + 1, float(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: a child's peak begins with what its parent has.
        writing = get_context("spawn").Process(
            target=write_reads, args=(folder, arguments.reads)
        )
        writing.start()
        writing.join()
        bam, genome = str(folder / "a.bam"), str(folder / "g.fa")
        python = [sys.executable, "-c"]
        shuffled, fragments = (
            str(folder / n) for n in ("shuffled.bam", "fragments.tsv")
        )
        work = {
            "pysam loop, pyBigWig": [*python, LOOP, bam, genome],
            "cut_sites, BAM": [*python, OURS, bam, genome],
            "cut_sites, BAM in no order": [*python, OURS, shuffled, genome],
            "cut_sites, fragments": [*python, OURS, fragments, genome],
        }
        if shutil.which("bedtools"):
            sizes, out = folder / "sizes.tsv", folder / "4.bedgraph"
            shell = PIPELINE.format(bam=bam, sizes=sizes, out=out)
            work["bedtools and sort"] = ["bash", "-c", shell]
        taken: dict[str, list[Cost]] = {each: [] for each in work}
        for _ in range(arguments.repeats):
            for number, (each, words) in enumerate(work.items()):
                more = [] if words[0] == "bash" else [str(folder / f"{number}.bw")]
                taken[each].append(cost(words + more))
        expected = list(counts(folder / "0.bw"))
        for path in ("1.bw", "2.bw", "4.bedgraph"):
            if (folder / path).exists():
                assert list(counts(folder / path)) == expected, path
        rows = []
        for each, costs in taken.items():
            wall, cpu, memory = (statistics.median(c) for c in zip(*costs, strict=True))
            ends = arguments.reads * (2 if "fragments" in each else 1)
            rows.append((each, wall, cpu, ends / cpu, memory))
        print_table(("", "wall s", "CPU s", "ends / CPU s", "MB"), rows)


if __name__ == "__main__":
    main()
