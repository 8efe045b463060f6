"""A small genome, and models that are loaded once for all tests."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import zoo.models.loading
from tests.made import write_fasta

_load_once = functools.cache(zoo.models.loading.load)


def random_bases(length: int, seed: int = 0) -> str:
    generator = np.random.default_rng(seed)
    return "".join(np.array(list("ACGT"))[generator.integers(0, 4, length)])


#: Lower case, N within and around, a contig shorter than any window.
CONTIGS = {
    "chr2": random_bases(2_003),
    "chr1": random_bases(700, 1).lower() + "N" * 400 + random_bases(311, 2),
    "tiny": "ACGTACGTAC",
}


@pytest.fixture
def genome(tmp_path):
    return write_fasta(tmp_path / "genome.fa", CONTIGS)


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch):
    monkeypatch.setattr(zoo.models.loading, "load", _load_once)
