from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tools import runs
from tools.benchmarks.running import Budget
from tools.datasets import Dataset
from tools.study import distillation
from zoo.data.examples import Examples
from zoo.splits.splits import Splits
from zoo.training import Config


def test_one_output_keeps_the_rows_where_it_is_known(dataset: Dataset) -> None:
    other = distillation.with_output(dataset, "other")
    assert other.output_names == ("other",)
    assert len(other.train) == 80
    assert not np.isnan(other.train.targets).any()


def test_unlabeled_sequences_are_others_and_then_shuffles(dataset: Dataset) -> None:
    seen = dataset.train.codes[:40]
    found = distillation.unlabeled(dataset, seen)
    assert len(found) == 120
    assert (found[:80] == dataset.train.codes[40:]).all()
    assert not {row.tobytes() for row in seen} & {row.tobytes() for row in found}


def test_students_learn_what_the_ensemble_says(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[tuple[str, int]] = []
    learned: list[Examples] = []
    models: list[keras.Model] = []

    def trained(config: Config, splits: Splits, *_: Any) -> Any:
        keras.utils.set_random_seed(config.seed)
        models.append(zoo.create("shallow_wide", **config.model.arguments))
        learned.append(splits.train)
        return SimpleNamespace(model=models[-1], seconds=0.0)

    def record(study: str, *, arguments: Any, seed: int, **_: Any) -> None:
        lines.append((arguments["what"], seed))

    monkeypatch.setattr(distillation, "trained", trained)
    monkeypatch.setattr(distillation, "metrics_of", lambda *_: {})
    monkeypatch.setattr(runs, "record", record)
    one = distillation.with_output(dataset, "one")
    small = {"filters": 2, "kernel_size": 3}
    distillation.study(one, "shallow_wide", small, Budget(rows=32), tmp_path)
    students = ("labels, longer", "distilled", "distilled with unlabeled")
    assert lines == [
        *[("member", seed) for seed in range(5)],
        ("ensemble of 3", 0),
        ("ensemble of 5", 0),
        *[(what, seed) for seed in (5, 6, 7) for what in students],
    ]
    members = [zoo.predict(m, learned[0].codes(), activation="sigmoid") for m in models]
    targets = learned[6].targets
    assert targets is not None
    np.testing.assert_allclose(targets, np.mean(members[:5], axis=0), rtol=1e-5)
    assert (learned[6].codes() == learned[0].codes()).all()
    assert [len(examples) for examples in learned[5:8]] == [32, 32, 128]
