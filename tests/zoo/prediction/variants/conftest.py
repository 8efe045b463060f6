"""A small genome, files of variants in it, and models that are loaded once."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

import zoo.models.loading
from tests.made import write_fasta

_load_once = functools.cache(zoo.models.loading.load)

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n##contig=<ID=chr2>\n"
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)
Row = tuple[str, int, str, str]  # contig, position (1-based), reference, alternate


def random_bases(length: int, seed: int) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


#: With a stretch of one base and a repeat, where a change can be written in many ways.
TEXT = {
    "chr1": random_bases(400, 1) + "A" * 9 + random_bases(300, 2),
    "chr2": random_bases(350, 3) + "CAG" * 5 + random_bases(350, 4),
}


@pytest.fixture(scope="session")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fasta(tmp_path_factory.mktemp("genome") / "genome.fa", TEXT)


def write_vcf(path: Path, rows: Iterable[Row], info: str = ".") -> Path:
    lines = (f"{c}\t{p}\t.\t{r}\t{a}\t.\t.\t{info}\n" for c, p, r, a in rows)
    path.write_text(HEADER + "".join(lines))
    return path


def substitution(chrom: str, position: int) -> Row:
    base = TEXT[chrom][position - 1]
    return chrom, position, base, "ACGT"[("ACGT".index(base) + 1) % 4]


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo.models.loading, "load", _load_once)
