"""Tests that contributions find planted bases, and of the study of all networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zoo
from tools.study import planted
from zoo.dna import decode, reverse_complement

SMALL = planted.SETTINGS | {
    "word": "GAAGTC",
    "sequence_length": 24,
    "train_sequences": 2_048,
    "epochs": 4,
    "batch_size": 32,
    "learning_rate": 1e-2,
    "test_sequences": 60,
    "explained": 16,
}
METHODS = ("mutagenesis", "deeplift", "gradient_x_input")


def test_planted_bases_are_those_of_the_word() -> None:
    simulation = planted.planted(SMALL, 40, seed=3)
    marked = planted.is_planted(simulation)
    words = {SMALL["word"], reverse_complement(SMALL["word"])}
    for codes, mark, label in zip(
        simulation.codes, marked, simulation.labels, strict=True
    ):
        assert mark.sum() == 6 * label
        assert not label or decode(codes[mark]) in words


def test_ties_count_half() -> None:
    positive = np.array([True, True, False, False])
    assert planted.auroc(np.array([3, 2, 2, 1]), positive) == 3.5 / 4
    assert planted.auroc(np.zeros(4), positive) == 0.5


@pytest.mark.parametrize("architecture", ["wide_kernel", "rc_dilated"])
def test_contributions_find_what_was_planted(architecture: str) -> None:
    row = planted.run(architecture, SMALL, METHODS)
    assert row["sequences"] > 0.95
    assert min(row[method] for method in METHODS) >= 0.95


def test_the_recorded_study_is_of_all_architectures() -> None:
    results = planted.read()
    assert results["settings"] == planted.SETTINGS
    runs = {row["architecture"]: row for row in results["runs"]}
    assert set(runs) == set(zoo.list_architectures())
    found = ("sequences", "mutagenesis", "deeplift", "expected_gradients")
    assert min(row[each] for row in runs.values() for each in found) >= 0.95
    # Gradients at one point, or from no sequence at all, miss some networks.
    below = {
        name
        for name, row in runs.items()
        if min(row[method] for method in planted.METHODS) < 0.95
    }
    assert below == {"deep_narrow", "deepstarr", "dilated_cnn", "hierarchical_dilated"}


def test_a_study_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "planted.json"
    monkeypatch.setattr(planted, "run", lambda name, _: {"architecture": name})
    first = planted.study(SMALL, ["kmer", "basset"], out)
    assert [row["architecture"] for row in first["runs"]] == ["basset", "kmer"]
    assert planted.read(out) == first
    monkeypatch.setattr(planted, "run", None)  # nothing is left to do
    assert planted.study(SMALL, ["kmer"], out) == first
    with pytest.raises(SystemExit, match="other settings"):
        planted.study(SMALL | {"epochs": 1}, ["kmer"], out)
