"""Tests of files of mutagenesis, read back by h5py and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyBigWig
import pytest

from zoo.data.record import Interval, Record
from zoo.dna import encode, reverse_complement_codes
from zoo.errors import InputError
from zoo.files.output import OutputError
from zoo.interpretation.mutagenesis.results import (
    IndelMutagenesis,
    Mutagenesis,
    PairwiseMutagenesis,
)
from zoo.interpretation.mutagenesis.writers import opened

NAMES = ("a", "b")


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def substitutions(text: str, count: int = 1, start: int = 0) -> Mutagenesis:
    codes = np.stack([encode(text)] * count)
    return Mutagenesis(
        codes, start, drawn(count, 2), NAMES, drawn(count, len(text), 4, 2)
    )


def record(name: str, strand: str = "", start: int = 100, size: int = 10) -> Record:
    where = Interval("chr1", start, start + size, strand, 500) if strand else None
    return Record(name, np.zeros(size, np.uint8), "a.fa", where)


def table(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def write(path: Path, found: Any, records: list[Record]) -> Path:
    on_genome = records[0].interval is not None
    with opened(str(path), type(found), NAMES, intervals=on_genome) as writer:
        writer.add(records, found)
    return path


def test_shorter_sequences_end_in_nan_in_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    short, long = substitutions("ACN", 2), substitutions("ACGTA", 1, start=4)
    with opened(str(path), Mutagenesis, NAMES, intervals=False) as writer:
        writer.add([record("r"), record("s")], short)
        writer.add([record("t")], long)
        writer.add([record("u"), record("v")], short)
    assert [each.name for each in tmp_path.iterdir()] == ["x.h5"]
    with h5py.File(path) as file:
        assert [*file.attrs["targets"]] == list(NAMES)
        assert [*file["name"].asstr()] == ["r", "s", "t", "u", "v"]
        assert [*file["start"]] == [0, 0, 4, 0, 0]
        assert file["values"].shape == (5, 5, 4, 2)
        for first, found in ((0, short), (2, long), (3, short)):
            place = np.s_[first : first + len(found.codes), : found.codes.shape[1]]
            np.testing.assert_array_equal(file["values"][place], found.values)
            np.testing.assert_array_equal(file["codes"][place], found.codes)
            rows = file["reference"][place[0]]
            np.testing.assert_array_equal(rows, found.reference)
        assert np.isnan(file["values"][0, 3:]).all()
        assert (file["codes"][0, 3:] == 4).all()


def test_intervals_are_named_in_hdf5(tmp_path: Path) -> None:
    path = write(tmp_path / "x.h5", substitutions("AC"), [record("r", "-")])
    with h5py.File(path) as file:
        said = [file[f"interval_{n}"][0] for n in ("chrom", "start", "end", "strand")]
    assert said == [b"chr1", 100, 110, b"-"]


def test_substitutions_are_rows(tmp_path: Path) -> None:
    found = substitutions("AN", start=3)
    header, *rows = table(write(tmp_path / "x.tsv", found, [record("r\tx")]))
    assert header == ["name", "start", "end", "reference", "alternate", "a", "b"]
    assert [row[:5] for row in rows] == [
        *(["r x", "3", "4", "A", base] for base in "CGT"),
        *(["r x", "4", "5", "N", base] for base in "ACGT"),
    ]
    effects = found.values[0] - found.reference[0]
    expected = np.concatenate([effects[0, 1:], effects[1]])
    numbers = np.array([row[5:] for row in rows], float)
    np.testing.assert_allclose(numbers, expected, rtol=1e-5)


def test_rows_of_the_other_strand_are_those_of_the_genome(tmp_path: Path) -> None:
    found = substitutions("AACGN", start=2)
    turned = Mutagenesis(
        reverse_complement_codes(found.codes),
        3,  # of 10 bp, 5 from the 2nd on
        found.reference,
        NAMES,
        found.values[:, ::-1, ::-1],
    )
    plus = table(write(tmp_path / "plus.tsv", found, [record("r", "+")]))
    minus = table(write(tmp_path / "minus.tsv", turned, [record("r", "-")]))
    assert plus[0][:3] == ["chrom", "name", "strand"]
    assert plus[1][:5] == ["chr1", "r", "+", "102", "103"]
    assert {row.pop(2) for row in minus[1:]} == {"-"}
    assert {row.pop(2) for row in plus[1:]} == {"+"}
    assert minus == plus


def test_indels_are_rows_with_a_dash(tmp_path: Path) -> None:
    deletions, insertions = drawn(1, 2, 2), drawn(1, 2, 4, 2)
    codes, reference = encode("AC")[None], drawn(1, 2)
    found = IndelMutagenesis(codes, 0, reference, NAMES, deletions, insertions)
    for strand, places in (("+", (100, 101)), ("-", (109, 108))):
        rows = table(write(tmp_path / "x.tsv", found, [record("r", strand)]))[1:]
        rows = rows if strand == "+" else rows[5:] + rows[:5]
        for position, place in enumerate(places):
            deleted, *inserted = rows[5 * position : 5 * position + 5]
            letter = "AC" if strand == "+" else "TG"
            letters = [letter[position], "-"]
            assert deleted[3:7] == [str(place), str(place + 1), *letters]
            before = str(place + (strand == "-"))
            for base, row in enumerate(inserted):
                assert row[3:7] == [before, before, "-", "ACGT"[base]]
                own = base if strand == "+" else 3 - base
                effect = insertions[0, position, own] - reference[0]
                np.testing.assert_allclose(np.array(row[7:], float), effect, rtol=1e-5)


def test_pairs_have_a_map(tmp_path: Path) -> None:
    interactions = drawn(1, 3, 4, 3, 4, 2)
    found = PairwiseMutagenesis(
        encode("ACG")[None], 5, drawn(1, 2), NAMES, interactions
    )
    header, *rows = table(write(tmp_path / "x.tsv", found, [record("r")]))
    assert header == ["name", "position", "position_2", "a", "b"]
    assert [row[1:3] for row in rows] == [["5", "6"], ["5", "7"], ["6", "7"]]
    largest = np.abs(interactions[0, 0, :, 2]).max(axis=(0, 1))
    np.testing.assert_allclose(np.array(rows[1][3:], float), largest, rtol=1e-5)
    with h5py.File(write(tmp_path / "x.h5", found, [record("r")])) as file:
        np.testing.assert_array_equal(file["interactions"], interactions)


def test_contributions_lie_along_the_genome(tmp_path: Path) -> None:
    found = substitutions("ACG", start=1)
    write(tmp_path / "x.bw", found, [record("r", "+")])
    with pyBigWig.open(str(tmp_path / "x.b.bw")) as file:
        values = file.values("chr1", 101, 104)
    np.testing.assert_array_equal(values, found.contributions[0, :, 1])


@pytest.mark.parametrize(
    ("name", "strand", "message"),
    [("x.bw", "", "intervals"), ("x.txt", "+", "ends in"), ("x", "+", "no extension")],
)
def test_formats_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, strand: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write(tmp_path / name, substitutions("A"), [record("r", strand)])
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["x.h5", "x.tsv", "x.bw"])
def test_an_error_leaves_nothing_and_is_not_taken_for_ours(
    tmp_path: Path, name: str
) -> None:
    path = str(tmp_path / name)
    with (
        pytest.raises(FileNotFoundError),
        opened(path, Mutagenesis, NAMES, intervals=True),
    ):
        raise FileNotFoundError(2, "of the input")
    assert not [*tmp_path.iterdir()]
    missing = tmp_path / "missing" / name
    with pytest.raises(OutputError, match="the folder does not exist"):
        write(missing, substitutions("A"), [record("r", "+")])
