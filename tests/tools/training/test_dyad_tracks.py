from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tools.datasets import yeast_dyads
from tools.training import dyad_tracks
from zoo.data import from_intervals
from zoo.dna import decode

LENGTHS = {"chrI": 9000, "chrXIII": 6500, "chrXV": 4100, "chrXVI": 4000}


@pytest.fixture
def source(tmp_path: Path) -> dict[str, np.ndarray]:
    """Genome and dyads every 150 bp, none in the middle of chrI; dyads by name."""
    random = np.random.default_rng(0)
    (tmp_path / "yeast_sacCer3").mkdir()
    genome = {
        name: random.integers(0, 4, length, np.uint8)
        for name, length in LENGTHS.items()
    }
    text = "".join(f">{name} x\n{decode(codes)}\n" for name, codes in genome.items())
    (tmp_path / yeast_dyads.GENOME).write_bytes(gzip.compress(text.encode()))
    dyads = {name: np.arange(70, length, 150) for name, length in LENGTHS.items()}
    dyads["chrI"] = dyads["chrI"][(dyads["chrI"] < 4000) | (dyads["chrI"] > 6000)]
    rows = [f"{name}\t{place}\t1.5\n" for name in dyads for place in dyads[name]]
    table = "".join(["chrom\tdyad0\tncp_score\n", *rows])
    (tmp_path / yeast_dyads.DYADS).write_bytes(gzip.compress(table.encode()))
    return dyads


def test_a_run_reads_one_at_each_dyad_and_no_window_of_a_hole(
    source: dict[str, np.ndarray], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    dyad_tracks.main(["--data", str(tmp_path), "--out", str(out)])
    examples = from_intervals(
        out / "genome.fa",
        out / "windows.bed",
        signals={"dyads": out / "dyads.bw"},
        bin_size=1,
        aggregate="sum",
        missing="zero",
        sequence_length=dyad_tracks.PROFILE_LENGTH,
    )
    intervals = examples.intervals
    assert intervals is not None and examples.targets is not None
    windows = list(zip(intervals.chrom.tolist(), intervals.start.tolist(), strict=True))
    # Overlapping where one trains, but for the hole; side by side where one measures.
    assert windows == [
        *(("chrI", start) for start in (0, 1000, 2000, 6000, 7000)),
        *(("chrXIII", start) for start in (0, 2000, 4000)),
        *(("chrXV", start) for start in (0, 2000)),
        *(("chrXVI", start) for start in (0, 2000)),
    ]
    for (name, start), found in zip(windows, examples.targets[..., 0], strict=True):
        expected = np.bincount(source[name], minlength=LENGTHS[name])
        np.testing.assert_array_equal(found, expected[start : start + len(found)])
