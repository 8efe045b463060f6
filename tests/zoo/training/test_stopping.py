"""Directions of metrics, stopping by them, and the table of the best weights."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.zoo.training.trainings import Died, Dies, tiny, train_tiny
from zoo import losses, metrics
from zoo.errors import InputError
from zoo.models.weights import load_weights
from zoo.training import BestWeights, better, early_stopping


def test_every_metric_and_loss_of_ours_has_a_direction() -> None:
    for name in metrics.__all__:
        metric = getattr(metrics, name)
        if isinstance(metric, type) and issubclass(metric, keras.metrics.Metric):
            logits = {"from_logits": True} if name in ("AUROC", "AUPRC", "MCC") else {}
            assert better(f"val_{metric(**logits).name}") == "max"
    for name in losses.__all__:
        loss = getattr(losses, name)
        if isinstance(loss, type) and issubclass(loss, keras.losses.Loss):
            assert better(f"val_{loss().name}") == "min"


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("val_loss", "min"), ("loss", "min"), ("val_head_logits_auroc_2", "max"),
        ("val_mean_absolute_error", "min"), ("binary_accuracy", "max"),
        ("auroc_error", "min"), ("val_counts_loss", "min"),
    ],
)  # fmt: skip
def test_directions(name: str, mode: str) -> None:
    assert better(name) == mode


def test_a_name_that_says_nothing() -> None:
    with pytest.raises(InputError, match=r"Received: 'val_score'.*mode='max'"):
        better("val_score")
    assert early_stopping("val_score", mode="max").mode == "max"


def run(callback: keras.callbacks.Callback, values: list[float]) -> keras.Model:
    """The epochs of a training whose metric is given and whose weights are 0, 1..."""
    model = tiny()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        kernel = model.get_layer("value").kernel
        kernel.assign(np.full(kernel.shape, float(epoch)))
        callback.on_epoch_end(epoch, {"val_auroc": value})
        if model.stop_training:
            break
    callback.on_train_end()
    return model


def test_it_stops_at_the_best_auroc() -> None:
    model = run(early_stopping("val_auroc", patience=2), [0.5, 0.9, 0.8, 0.7, 0.95])
    assert model.stop_training
    assert float(model.get_weights()[0][0, 0]) == 1.0


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=7), st.integers(1, 3))
@settings(max_examples=8)
def test_the_table_holds_the_best(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], keep: int
) -> None:
    folder = tmp_path_factory.mktemp("best")
    run(BestWeights(folder, "val_auroc", keep=keep), values)
    known = [(-v, epoch) for epoch, v in enumerate(values) if not math.isnan(v)]
    expected = sorted(known)[:keep]
    if not expected:
        assert list(folder.iterdir()) == []
        return
    with (folder / "best.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = [(-float(row["val_auroc"]), int(row["epoch"]) - 1) for row in rows]
    assert found == expected
    assert {row["file"] for row in rows} == {p.name for p in folder.glob("*.h5")}
    for row in rows:
        model = tiny()
        load_weights(model, folder / row["file"])
        assert float(model.get_weights()[0][0, 0]) == int(row["epoch"]) - 1


def test_the_table_goes_on(tmp_path: Path) -> None:
    train_tiny(None, BestWeights(tmp_path / "whole", "loss", keep=2), epochs=3)
    used = BestWeights(tmp_path / "best", "loss", keep=2)
    with pytest.raises(Died):
        train_tiny(tmp_path / "run", used, Dies(12), epochs=3)
    used = BestWeights(tmp_path / "best", "loss", keep=2)
    train_tiny(tmp_path / "run", used, epochs=3)
    tables = [(tmp_path / n / "best.tsv").read_text() for n in ("best", "whole")]
    assert tables[0] == tables[1]
