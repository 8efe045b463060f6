"""Tests of the command, against the functions of Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyBigWig
import pytest

import zoo
import zoo.cli
from tests.made import write_fasta
from zoo.commands.options import add_reduction
from zoo.dna import reverse_complement
from zoo.interpretation.targets import REDUCTIONS

SEQUENCES = {
    "r1": "ACGTACGTACGTACGTNACG",
    "r2": "ttttggggccccaaaattttgg",
    "r3": "GATTACAGATTACAGATTACAG",
}
OUTPUTS = ["first", "second"]


@pytest.fixture
def genome(tmp_path: Path) -> tuple[str, str, str]:
    """A genome, and its intervals: a FASTA file, a BED file, and the sequence."""
    text = "".join("ACGT"[i] for i in np.random.default_rng(0).integers(0, 4, 200))
    fasta = write_fasta(tmp_path / "genome.fa", {"chr1": text})
    bed = tmp_path / "a.bed"
    bed.write_text("chr1\t50\t80\tx\t0\t+\nchr1\t100\t130\ty\t0\t-\n")
    return str(fasta), str(bed), text


def run(capfd: Any, *arguments: str) -> tuple[int, list[list[str]], str]:
    """Status, rows of standard output, standard error."""
    status = zoo.cli.main(["mutagenesis", *arguments])
    captured = capfd.readouterr()
    return status, [x.split("\t") for x in captured.out.splitlines()], captured.err


def effects(rows: list[list[str]], first: int) -> np.ndarray:
    return np.array([row[first:] for row in rows], float)


def test_sequences_of_several_lengths_to_a_table(
    release: str, fasta: str, capfd: Any
) -> None:
    status, (header, *rows), _ = run(capfd, release, "--fasta", fasta)
    assert status == 0
    assert header == ["name", "start", "end", "reference", "alternate", *OUTPUTS]
    model = zoo.load(release)
    for name, text in SEQUENCES.items():
        found = zoo.saturation_mutagenesis(model, [text])
        changed = found.codes[0][:, None] != np.arange(4)
        mine = [row for row in rows if row[0] == name]
        assert len(mine) == 3 * len(text) + text.count("N")
        expected = found.effects[0][changed]
        np.testing.assert_allclose(effects(mine, 5), expected, rtol=1e-4, atol=1e-6)


def test_a_region_of_one_output_to_hdf5(
    release: str, fasta: str, tmp_path: Path, capfd: Any
) -> None:
    out = str(tmp_path / "x.h5")
    words = ["--outputs", "second", "--start", "3", "--end", "9", "--out", out]
    assert run(capfd, release, "--fasta", fasta, *words)[0] == 0
    with h5py.File(out) as file:
        assert [*file.attrs["targets"]] == ["second"]
        assert [*file["start"]] == [3, 3, 3]
        values = file["values"][()]
    for row, text in enumerate(SEQUENCES.values()):
        found = zoo.saturation_mutagenesis(
            zoo.load(release), [text], outputs="second", start=3, end=9
        )
        np.testing.assert_allclose(values[row], found.values[0], rtol=0, atol=1e-5)


def test_intervals_to_tracks(
    release: str, genome: tuple[str, str, str], tmp_path: Path, capfd: Any
) -> None:
    fasta, bed, text = genome
    out = str(tmp_path / "x.bw")
    words = ["--bed", bed, "--genome", fasta, "--window", "20", "--out", out]
    assert run(capfd, release, *words)[0] == 0
    model = zoo.load(release)
    for start, strand in ((55, "+"), (105, "-")):
        window = text[start : start + 20]
        window = reverse_complement(window) if strand == "-" else window
        found = zoo.saturation_mutagenesis(model, [window]).contributions[0]
        found = found[::-1] if strand == "-" else found
        for place, name in enumerate(OUTPUTS):
            with pyBigWig.open(str(tmp_path / f"x.{name}.bw")) as file:
                values = file.values("chr1", start, start + 20)
            np.testing.assert_allclose(values, found[:, place], rtol=0, atol=1e-5)


def test_what_enters_beside_a_window_is_the_genome(
    release: str, genome: tuple[str, str, str], capfd: Any
) -> None:
    fasta, bed, text = genome
    words = ["--bed", bed, "--genome", fasta, "--window", "20", "--kind", "indels"]
    status, (header, *rows), _ = run(capfd, release, *words)
    assert status == 0
    assert header[:7] == [
        *("chrom", "name", "strand", "start", "end", "reference", "alternate")
    ]
    mine = [row for row in rows if row[1] == "x" and row[6] == "-"]
    assert [row[3] for row in mine] == [str(place) for place in range(55, 75)]
    model = zoo.load(release)
    reference = zoo.predict(model, [text[55:75]])
    for row in (mine[0], mine[-1]):
        place = int(row[3])
        around = text[54:place] + text[place + 1 : 76]
        changed = around[:20] if place < 65 else around[1:]
        expected = (zoo.predict(model, [changed]) - reference)[0]
        np.testing.assert_allclose(effects([row], 7)[0], expected, rtol=0, atol=1e-5)


def test_pairs_of_a_region(release: str, fasta: str, capfd: Any) -> None:
    words = ["--kind", "pairs", "--start", "2", "--end", "5"]
    _, (header, *rows), _ = run(capfd, release, "--fasta", fasta, *words)
    assert header == ["name", "position", "position_2", *OUTPUTS]
    assert [row[1:3] for row in rows[:3]] == [["2", "3"], ["2", "4"], ["3", "4"]]
    found = zoo.pairwise_mutagenesis(
        zoo.load(release), [SEQUENCES["r1"]], start=2, end=5
    )
    expected = found.dependencies[0][np.triu_indices(3, 1)]
    np.testing.assert_allclose(effects(rows[:3], 3), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--start", "30"], "in.fa: record 'r1': Expected start and end"),
        (["--start", "30"], "end=20. --on-invalid drop"),
        (["--outputs", "third"], "'first', 'second'"),
        (["--reduction", "sum"], "none of the chosen outputs is a profile"),
        (["--out", "x.txt"], "ends in .h5"),
        (["--out", "x.bw"], "intervals of a genome"),
        (["--out", "missing/x.h5"], "the folder does not exist"),
        (["--window", "2"], "at least"),
        (["--genome", "g.fa"], "--bed and --genome go together"),
    ],
)
def test_bad_words_are_one_line(
    words: list[str],
    said: str,
    release: str,
    fasta: str,
    tmp_path: Path,
    capfd: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, rows, error = run(capfd, release, "--fasta", "in.fa", *words)
    assert (status, rows) == (2, [])
    lines = [line for line in error.splitlines() if "error: " in line]
    assert len(lines) == 1 and said in lines[0]
    assert [path.name for path in tmp_path.glob("x*")] == []


def test_records_that_cannot_be_used_are_left_out(
    release: str, tmp_path: Path, capfd: Any
) -> None:
    text = SEQUENCES["r1"]
    given = {"short": "AC", "good": text, "wrong": text + "!", "again": text + "A"}
    path = str(write_fasta(tmp_path / "in.fa", given))
    status, rows, error = run(
        capfd, release, "--fasta", path, "--on-invalid", "drop", "--end", "2"
    )
    assert status == 0
    assert [row[0] for row in rows[1::6]] == ["good", "again"]
    assert "record 'short'" in error and "record 'wrong'" in error
    assert "2 records skipped" in error
    status, rows, error = run(capfd, release, "--fasta", path)
    assert (status, rows) == (2, [])
    assert "--on-invalid drop leaves such records out" in error


def test_the_input_is_not_replaced(release: str, fasta: str, capfd: Any) -> None:
    status, _, error = run(capfd, release, "--fasta", fasta, "--out", fasta)
    assert status == 2 and "would replace the input" in error


@pytest.mark.parametrize(("kind", "rows_each"), [("substitutions", 3), ("indels", 5)])
def test_longer_sequences_are_explained_in_their_middle(
    kind: str, rows_each: int, tmp_path: Path, capfd: Any
) -> None:
    given = {"long": "ACGTTGCA" * 14}
    path = str(write_fasta(tmp_path / "long.fa", given))
    words = ["--fasta", path, "--outputs", "tf_0", "--start", "5", "--end", "7"]
    words += ["--kind", kind]
    status, (_, *rows), error = run(capfd, "rc_dilated_v1", *words)
    assert status == 0 and "their middle is explained" in error
    assert [row[1] for row in rows] == ["5"] * rows_each + ["6"] * rows_each


def test_the_reductions_are_those_of_python() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_reduction(parser)
    assert tuple(parser._actions[-1].choices or ()) == REDUCTIONS
