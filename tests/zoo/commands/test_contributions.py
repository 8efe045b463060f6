"""Tests of the command, against the function of Python and the loader of modisco."""

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
from zoo.commands import contributions as command
from zoo.dna import one_hot, reverse_complement
from zoo.interpretation.contributions.methods import METHODS

SEQUENCES = {"r1": "ACGTACGTACGTACGTNACG", "r2": "ttttggggccccaaaatttt"}
QUICK = ("--method", "gradient_x_input")


def run(*arguments: str) -> int:
    return zoo.cli.main(["contributions", *arguments])


def test_the_methods_are_those_of_python() -> None:
    assert command.METHODS == METHODS


def test_hdf5_is_what_modisco_reads(release: str, fasta: str, tmp_path: Path) -> None:
    out = tmp_path / "x.h5"
    assert run(release, "--fasta", fasta, *QUICK, "--out", str(out)) == 0
    model = zoo.load(release)
    found = zoo.contributions(
        model, list(SEQUENCES.values()), method="gradient_x_input"
    )
    for place, name in enumerate(found.names):
        # As its command line does: channels in front, last where it computes.
        with h5py.File(tmp_path / f"x.{name}.h5") as file:
            hypothetical = file["shap"]["seq"][...].transpose(0, 2, 1)
            sequences = file["raw"]["seq"][...].transpose(0, 2, 1)
            own = file["projected_shap/seq"][...].sum(axis=1)
            names = file["name"].asstr()[...].tolist()
            gap = file["gap"][...]
        np.testing.assert_array_equal(sequences, one_hot(found.codes))
        np.testing.assert_allclose(
            hypothetical, found.hypothetical[..., place], atol=1e-6
        )
        known = found.codes < 4
        np.testing.assert_allclose(
            own[known], found.contributions[..., place][known], atol=1e-6
        )
        np.testing.assert_allclose(gap, found.gap[:, place], atol=1e-5)
        assert names == [*SEQUENCES]


def test_numpy_is_what_modisco_reads(release: str, fasta: str, tmp_path: Path) -> None:
    cli = pytest.importorskip("modiscolite.cli")
    out = tmp_path / "x.npz"
    words = ["--outputs", "second", "--out", str(out), *QUICK]
    assert run(release, "--fasta", fasta, *words) == 0
    found = zoo.contributions(
        zoo.load(release),
        list(SEQUENCES.values()),
        outputs="second",
        method="gradient_x_input",
    )
    read = cli._load_input(out)
    np.testing.assert_allclose(
        read.transpose(0, 2, 1), found.hypothetical[..., 0], atol=1e-6
    )
    sequences = cli._load_input(tmp_path / "x.sequences.npz")
    np.testing.assert_array_equal(sequences.transpose(0, 2, 1), one_hot(found.codes))


def test_intervals_of_a_genome_to_bigwig(release: str, tmp_path: Path) -> None:
    text = "".join("ACGT"[i] for i in np.random.default_rng(0).integers(0, 4, 200))
    genome = str(write_fasta(tmp_path / "genome.fa", {"chr1": text}))
    bed = tmp_path / "a.bed"
    bed.write_text("chr1\t50\t80\tx\t0\t+\nchr1\t100\t130\ty\t0\t-\n")
    out = tmp_path / "x.bw"
    words = ["--bed", str(bed), "--genome", genome, "--outputs", "first", *QUICK]
    assert run(release, *words, "--window", "full", "--out", str(out)) == 0
    found = zoo.contributions(
        zoo.load(release),
        [text[50:80], reverse_complement(text[100:130])],
        outputs=["first"],
        method="gradient_x_input",
    ).contributions[..., 0]
    with pyBigWig.open(str(out)) as file:
        np.testing.assert_allclose(file.values("chr1", 50, 80), found[0], atol=1e-6)
        np.testing.assert_allclose(
            file.values("chr1", 100, 130), found[1][::-1], atol=1e-6
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "x.txt"], "ends in .h5, .hdf5, .npz, .bw, .bigwig"),
        (["--out", "x.bw"], "expected intervals of a genome (--bed, --genome)"),
        (["--out", "x.h5", "--outputs", "third"], "among 'first', 'second'"),
    ],
)
def test_bad_arguments_are_one_line(
    words: list[str],
    message: str,
    release: str,
    fasta: str,
    tmp_path: Path,
    monkeypatch: Any,
    capfd: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(release, "--fasta", fasta, *words) == 2
    error = capfd.readouterr().err
    assert message in error and error.count("\n") == 1
    assert [*tmp_path.glob("x.*")] == []


def test_sequences_of_several_lengths(release: str, tmp_path: Path, capfd: Any) -> None:
    longer = {**SEQUENCES, "r3": "GATTACAGATTACAGATTACAGG"}
    fasta = str(write_fasta(tmp_path / "b.fa", longer))
    words = [release, "--fasta", fasta, "--outputs", "first", *QUICK]
    assert run(*words, "--out", str(tmp_path / "x.h5")) == 0
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["shap/seq"].shape == (3, 4, 23)
        assert not file["raw/seq"][:2, :, 20:].any()
    assert run(*words, "--out", str(tmp_path / "x.npz")) == 2
    assert "one length for an .npz file" in capfd.readouterr().err
