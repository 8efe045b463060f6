"""Tests of bigWig files of the values of bases, read back by pyBigWig."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from zoo.data.record import Interval, Record
from zoo.errors import InputError
from zoo.interpretation.base_tracks import BaseTracks

LENGTH = 30


def record(chrom: str, start: int, end: int, strand: str = ".") -> Record:
    where = Interval(chrom, start, end, strand, LENGTH)
    return Record("r", np.zeros(end - start, np.uint8), "a.bed:1", where)


def column(*values: float) -> np.ndarray:
    return np.array(values, "float32")[:, None]


def read(path: Path, chrom: str) -> np.ndarray:
    with pyBigWig.open(str(path)) as file:
        return np.array(file.values(chrom, 0, LENGTH))


def test_bases_have_the_mean_of_all_intervals_over_them(tmp_path: Path) -> None:
    tracks = BaseTracks(tmp_path / "x.bw", ["a"])
    tracks.add(record("chr2", 4, 7), column(1, 2, 3))
    tracks.add(record("chr10", 20, 22, "-"), column(7, 8))
    tracks.add(record("chr2", 6, 8), column(5, 6))
    tracks.add(record("chr2", 10, 20), column(9), start=3)
    tracks.add(record("chr10", 10, 16, "-"), column(4), start=2)
    tracks.write()
    expected = np.full(LENGTH, np.nan)
    expected[[4, 5, 6, 7, 13]] = [1, 2, 4, 6, 9]
    np.testing.assert_array_equal(read(tracks.paths[0], "chr2"), expected)
    expected = np.full(LENGTH, np.nan)
    expected[[13, 20, 21]] = [4, 8, 7]
    np.testing.assert_array_equal(read(tracks.paths[0], "chr10"), expected)


def test_what_lies_beyond_the_contig_is_left_out(tmp_path: Path) -> None:
    tracks = BaseTracks(tmp_path / "x.bw", ["a"])
    tracks.add(record("chr1", -2, 1), column(1, 2, 3))
    tracks.add(record("chr1", 28, 32), column(4, 5, 6, 7))
    tracks.write()
    expected = np.full(LENGTH, np.nan)
    expected[[0, 28, 29]] = [3, 4, 5]
    np.testing.assert_array_equal(read(tracks.paths[0], "chr1"), expected)


def test_each_target_has_a_file(tmp_path: Path) -> None:
    tracks = BaseTracks(tmp_path / "x.bw", ["ctcf", "pu/1"])
    tracks.add(record("chr1", 2, 3), np.array([[1, 2]], "float32"))
    tracks.write()
    assert [path.name for path in tracks.paths] == ["x.ctcf.bw", "x.pu_1.bw"]
    assert [read(path, "chr1")[2] for path in tracks.paths] == [1, 2]


def test_sequences_lie_nowhere_and_nothing_is_written(tmp_path: Path) -> None:
    tracks = BaseTracks(tmp_path / "x.bw", ["a"])
    with pytest.raises(InputError, match="interval of a genome"):
        tracks.add(Record("r", np.zeros(1, np.uint8), "a.fa"), column(1))
    with pytest.raises(InputError, match="No base"):
        tracks.write()
    assert not [*tmp_path.iterdir()]
