from __future__ import annotations

import io
import json

import numpy as np
import pytest

import registry
from tools.study import yeast_genome
from tools.study.yeast_genome import RELEASE, RESULTS
from zoo.data.intervals.tables import IntervalTable, read_interval_table
from zoo.data.sources.rejected import Rejected


def bed(*lines: str) -> IntervalTable:
    text = "".join(line.replace(" ", "\t") + "\n" for line in lines)
    return read_interval_table(io.BytesIO(text.encode()), rejected=Rejected("error"))


def test_a_tile_has_the_peaks_whose_first_base_lies_in_it() -> None:
    peaks = bed(
        "chrXV 99 100 Reb1 5",
        "chrXV 100 101 Rap1 5",
        "chrXV 299 300 Other 5",
        "chrXVI 0 1 Reb1 5",
    )
    found = yeast_genome.peak_tiles(peaks, "chrXV", ["Reb1", "Rap1"], 3)
    np.testing.assert_array_equal(found, [[True, False], [False, True], [False, False]])


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (0, 1, [False, True, True]),
        (99, 101, [False] * 2 + [True]),
        (200, 999, [True] * 2 + [False]),
    ],
)
def test_a_tile_that_an_excluded_region_touches_is_left_out(
    start: int, end: int, kept: list[bool]
) -> None:
    rows = bed(f"chrXV {start} {end}", "chrI 0 9999")
    np.testing.assert_array_equal(yeast_genome.called_tiles(rows, "chrXV", 3), kept)


def test_measures_are_those_counted_by_hand() -> None:
    labels = np.array([True, False, True, False])
    found = yeast_genome.measured(labels, np.array([0.9, 0.8, 0.3, 0.1]), 0.5)
    # Of four pairs of a positive and a negative three are in order.
    assert found["auroc"] == 0.75
    assert found["auprc"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-4)
    assert (found["called"], found["precision"], found["recall"]) == (2, 0.5, 0.5)


def test_what_is_recorded_is_of_the_release() -> None:
    found = json.loads(RESULTS.read_text())
    release = registry.find(RELEASE)
    assert found["release"] == release.sha256
    assert list(found["factors"]) == [output.name for output in release.outputs]
