"""Few sequences of a data set: which are drawn, and what a run records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tools import datasets, runs
from tools.datasets import Dataset
from tools.study import small_data
from tools.training.kmer_logistic import logistic_regression


def test_rows_are_drawn_of_those_with_a_label(dataset: Dataset) -> None:
    first, again, other = (
        small_data.subsample(dataset, 60, seed, [1]) for seed in (0, 0, 1)
    )
    assert first.output_names == ("other",)
    # Two thirds have a label; the fewest for validation are more than a fifth.
    assert len(first.train) == 60 and len(first.validation) == 20
    labeled = {row.tobytes() for row in dataset.train.codes[np.arange(120) % 3 > 0]}
    assert {row.tobytes() for row in first.train.codes} <= labeled
    for each in (first, other):
        for split in (each.train, each.validation, each.test):
            assert split.targets.shape == (len(split), 1)
            assert not np.isnan(split.targets).any()
    np.testing.assert_array_equal(first.train.codes, again.train.codes)
    assert not np.array_equal(first.train.codes, other.train.codes)
    np.testing.assert_array_equal(first.test.codes, other.test.codes)
    np.testing.assert_array_equal(first.test.targets, other.test.targets)


def test_a_row_keeps_its_label(dataset: Dataset) -> None:
    found = small_data.subsample(dataset, 30, 0)
    labels = {
        code.tobytes(): target
        for code, target in zip(dataset.train.codes, dataset.train.targets, strict=True)
    }
    for code, target in zip(found.train.codes, found.train.targets, strict=True):
        np.testing.assert_array_equal(labels[code.tobytes()], target)


def test_each_run_is_a_line(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def trained(*arguments: Any) -> Any:
        asked.append(arguments[2:])
        return np.zeros((len(arguments[1].test), 1)), 7

    monkeypatch.setattr(datasets, "load", lambda *_: dataset)
    monkeypatch.setattr(small_data, "trained", trained)
    words = ["--data", "none", "--out", str(tmp_path), "--outputs", "0"]
    words += ["--sequences", "60"]
    small_data.main(["uci_splice", "kmers", *words, "--seeds", "1"])
    keys = ["--seeds", "0", "1", "--before", "--set", "training.epochs=3"]
    small_data.main(["uci_splice", "shallow_wide", *words, *keys])
    rows = runs.read("small_data", tmp_path)
    assert {row["dataset"] for row in rows} == {"uci_splice one"}
    said = [(row["architecture"], row["seed"], row["parameters"]) for row in rows]
    assert said == [
        ("kmers", 1, None),
        *[("shallow_wide", seed, 7) for seed in (0, 0, 1, 1)],
    ]
    few = small_data.subsample(dataset, 60, 1, [0])
    auroc = roc_auc_score(few.test.targets, logistic_regression(few)[2])
    assert rows[0]["metrics"] == {"test_auroc": pytest.approx(auroc, abs=1e-5)}
    given = {"training.epochs": 3}
    assert [keys for _, keys in asked] == [given, small_data.BEFORE | given] * 2
    assert [row["arguments"] for row in rows[1:]] == [
        {"sequences": 60} | keys for _, keys in asked
    ]
