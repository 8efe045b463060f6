"""seqzoo predict, of models with several inputs and outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zoo
from tests.zoo.prediction.genome.test_several import release
from zoo import cli

FASTA = ">a\n" + "ACGTN" * 12 + "\n>b\n" + "TTGCA" * 12 + "\n"


def rows(path: Path) -> np.ndarray:
    lines = path.read_text().splitlines()[1:]
    return np.array([[float(v) for v in line.split("\t")[3:]] for line in lines])


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    path = tmp_path / "x.fa"
    path.write_text(FASTA)
    return path


def test_one_output_of_several(
    fasta: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = release("bpnet", tmp_path).folder
    command = ["predict", str(folder), "--fasta", str(fasta), "--out"]
    assert cli.main([*command, str(tmp_path / "x.tsv")]) == cli.ERROR
    assert "--head, in Python head=): 'counts', 'profile'" in capsys.readouterr().err
    out = tmp_path / "counts.tsv"
    assert cli.main([*command, str(out), "--head", "counts"]) == 0
    sequences = FASTA.split("\n")[1::2]
    expected = zoo.predict(zoo.load(folder), sequences)
    np.testing.assert_allclose(rows(out), expected["counts"], rtol=1e-4, atol=1e-6)
    assert out.read_text().splitlines()[0].split("\t")[3] == "counts_0_ln(1_+_reads)"
    out = tmp_path / "profile.tsv"
    logits = expected["profile"]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    reads = shares * np.expm1(expected["counts"]).clip(0)[:, None]
    for said, values in (
        (["profile", "--logits"], logits),
        (["profile"], shares),
        (["expected_reads"], reads),
    ):
        assert cli.main([*command, str(out), "--head", *said]) == 0
        values = values.reshape(120, -1)
        np.testing.assert_allclose(rows(out), values, rtol=1e-4, atol=1e-5)


def test_what_all_sequences_have_beside_them(
    fasta: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = release("multi_modal", tmp_path).folder
    command = ["predict", str(folder), "--fasta", str(fasta)]
    command += ["--out", str(tmp_path / "x.tsv")]
    assert cli.main(command) == cli.ERROR
    assert "Expected all inputs" in capsys.readouterr().err
    given = ["--inputs", "cell_type=1", "covariates=0.5", "signals=[0.25,0.5]"]
    assert cli.main([*command, *given]) == 0
    model = zoo.load(folder)
    names = {tensor.name: tensor.shape for tensor in model.inputs}
    assert names["signals"][-1] == 2
    sequences = ["ACGTN" * 12, "TTGCA" * 12]
    expected = zoo.predict(
        model,
        {
            "sequence": sequences,
            "cell_type": [1, 1],
            "covariates": np.full((2, names["covariates"][-1]), 0.5),
            "signals": np.broadcast_to([0.25, 0.5], (2, 60, 2)),
        },
    )
    np.testing.assert_allclose(rows(tmp_path / "x.tsv"), expected, rtol=1e-4, atol=1e-6)
    assert cli.main([*command, "--inputs", "cell_type"]) == cli.ERROR
    assert "Expected --inputs NAME=VALUE" in capsys.readouterr().err
