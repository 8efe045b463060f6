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
from zoo import metrics
from zoo.errors import InputError
from zoo.models.weights import load_weights
from zoo.training import BestWeights
from zoo.training.stopping import better


def test_every_metric_of_ours_has_a_direction() -> None:
    for name in metrics.__all__:
        metric = getattr(metrics, name)
        if isinstance(metric, type) and issubclass(metric, keras.metrics.Metric):
            logits = {"from_logits": True} if name in ("AUROC", "AUPRC", "MCC") else {}
            made = metric(**logits)
            lower = name == "JensenShannonDistance"
            assert better(f"val_{made.name}", [made]) == ("min" if lower else "max")
            # As Keras's callbacks find it by themselves.
            model, shape = tiny(metrics=[made]), (2, 1)
            if lower:  # of profiles
                model = keras.Sequential(
                    [keras.Input((20, 4)), keras.layers.Identity()]
                )
                model.compile("sgd", "mse", metrics=[made])
                shape = (2, 20, 4)
            model.evaluate(np.zeros((2, 20, 4)), np.zeros(shape), verbose=0)
            stopping = keras.callbacks.EarlyStopping(f"val_{made.name}")
            stopping.set_model(model)
            stopping._set_monitor_op()
            operation = keras.ops.less if lower else keras.ops.greater
            assert stopping.monitor_op is operation


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("val_loss", "min"), ("loss", "min"), ("val_head_logits_auroc", "max"),
        ("val_mean_absolute_error", "min"), ("auc", "max"), ("val_counts_loss", "min"),
        ("binary_accuracy", "max"), ("val_auroc_error", "min"),
    ],
)  # fmt: skip
def test_directions(name: str, mode: str) -> None:
    known = [
        metrics.AUROC(),
        keras.metrics.MeanAbsoluteError(),
        keras.metrics.AUC(name="auc"),
        keras.metrics.BinaryAccuracy(),
        keras.metrics.MeanSquaredError("auroc_error"),
    ]
    assert better(name, known) == mode


def test_a_name_that_says_nothing() -> None:
    with pytest.raises(InputError, match=r"Received: 'val_score'.*mode='max'"):
        better("val_score", [keras.metrics.Mean("score")])


def run(callback: keras.callbacks.Callback, values: list[float]) -> keras.Model:
    """The epochs of a training whose metric is given and whose weights are 0, 1..."""
    model = tiny(metrics=[metrics.AUROC()])
    model.evaluate(np.zeros((2, 20, 4)), np.zeros((2, 1)), verbose=0)
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


def test_best_is_the_least_or_the_most(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mode to be one of None, 'min', 'max'"):
        BestWeights(tmp_path, "val_loss", mode="largest")  # type: ignore[arg-type]
