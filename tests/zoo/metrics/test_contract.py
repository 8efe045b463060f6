"""What every metric keeps: batches, masks, outputs, undefined values, compile."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tests.zoo.metrics import references
from zoo import metrics

ROWS, OUTPUTS = 240, 3
# Of rows that are independent; distances of profiles have tests of their own.
NAMES = [name for name in metrics.__all__ if name != "JensenShannonDistance"]
every_metric = pytest.mark.parametrize("name", NAMES)
# Scores on a grid fall into bins of their own: AUROC and AUPRC are exact.
GRID = 16


def make(name: str) -> keras.metrics.Metric:
    arguments = {"capacity": 300} if name == "Spearman" else {}
    return getattr(metrics, name)(**arguments)


def rows(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels with missing ones, and scores with ties, (240, 3)."""
    generator = np.random.default_rng(seed)
    y = (generator.random((ROWS, OUTPUTS)) < [0.5, 0.2, 0.05]).astype("f4")
    z = generator.normal(size=(ROWS, OUTPUTS)) * 2 + 1.5 * y - 0.7
    y[generator.random(y.shape) < 0.1] = np.nan
    return y, (np.round(z * GRID) / GRID).astype("f4")


def expected(name: str, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    return references.each_output(getattr(references, name.lower()), y, z)


def values(metric: Any) -> np.ndarray:
    return ops.convert_to_numpy(metric.per_output())


@every_metric
def test_batches_do_not_matter(name: str) -> None:
    y, z = rows()
    for seed, sizes in enumerate(([ROWS], [60] * 4, [180, 60])):
        order = np.random.default_rng(seed).permutation(ROWS)
        metric, start = make(name), 0
        for size in sizes:
            batch = order[start : start + size]
            metric.update_state(y[batch], z[batch])
            start += size
        np.testing.assert_allclose(values(metric), expected(name, y, z), atol=2e-6)


@every_metric
def test_the_result_is_the_mean_of_the_outputs(name: str) -> None:
    y, z = rows()
    metric = make(name)
    metric.update_state(y, z)
    assert np.isclose(float(metric.result()), expected(name, y, z).mean(), atol=2e-6)
    y[:, 1] = np.nan
    metric = make(name)
    metric.update_state(y, z)
    assert np.isnan(values(metric)[1])
    others = expected(name, y[:, [0, 2]], z[:, [0, 2]])
    assert np.isclose(float(metric.result()), others.mean(), atol=2e-6)


@every_metric
def test_positions_are_rows(name: str) -> None:
    y, z = rows()
    metric = make(name)
    for half in (slice(0, 6), slice(6, 12)):
        metric.update_state(
            y.reshape(12, 20, OUTPUTS)[half], z.reshape(12, 20, OUTPUTS)[half]
        )
    np.testing.assert_allclose(values(metric), expected(name, y, z), atol=2e-6)


@every_metric
def test_one_output_without_its_axis(name: str) -> None:
    y, z = rows()
    metric = make(name)
    metric.update_state(y[:, 0], z[:, :1])
    assert np.isclose(float(metric.result()), expected(name, y, z)[0], atol=2e-6)


@every_metric
@pytest.mark.parametrize("case", ["targets", "predictions", "nothing"])
def test_what_is_not_defined_is_nan(name: str, case: str) -> None:
    y, z = rows()
    if case == "targets":
        y = np.where(np.isnan(y), y, 0).astype("f4")
    elif case == "predictions":
        z[:] = 0.1
        if name in ("AUROC", "AUPRC"):
            pytest.skip("defined: one half, and the share of positives")
    else:
        y[:] = np.nan
    metric = make(name)
    metric.update_state(y[:100], z[:100])
    metric.update_state(y[100:], z[100:])
    assert np.isnan(values(metric)).all()
    assert np.isnan(float(metric.result()))


@every_metric
def test_a_nan_prediction_is_seen_unless_masked(name: str) -> None:
    y, z = rows()
    y[7], z[7] = np.nan, np.nan
    y[8], z[8, 1] = 1, np.nan
    metric = make(name)
    metric.update_state(y, z)
    assert np.isnan(values(metric)).tolist() == [False, True, False]
    for output in (0, 2):
        assert np.isclose(
            values(metric)[output],
            expected(name, y[:, [output]], z[:, [output]])[0],
            atol=2e-6,
        )


@every_metric
def test_before_the_first_row_and_after_a_reset(name: str) -> None:
    y, z = rows()
    metric = make(name)
    assert np.isnan(float(metric.result()))
    metric.update_state(z > 0, y == y)
    metric.reset_state()
    assert np.isnan(values(metric)).tolist() == [True] * OUTPUTS
    metric.update_state(y, z)
    np.testing.assert_allclose(values(metric), expected(name, y, z), atol=2e-6)


@every_metric
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_predictions(name: str, dtype: str) -> None:
    y, z = rows()
    half = ops.cast(z, dtype)
    metric = make(name)
    metric.update_state(y, half)
    z = ops.convert_to_numpy(ops.cast(half, "float32"))
    np.testing.assert_allclose(values(metric), expected(name, y, z), atol=2e-6)


@every_metric
def test_configs_round_trip(name: str) -> None:
    metric = make(name)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()


@every_metric
def test_what_is_refused(name: str) -> None:
    y, z = rows()
    metric = make(name)
    with pytest.raises(ValueError, match="weighted_metrics"):
        metric.update_state(y, z, sample_weight=np.ones(ROWS))
    with pytest.raises(ValueError, match="one shape"):
        metric.update_state(y[:, :2], z)
    with pytest.raises(ValueError, match="one shape"):
        metric.update_state(y[:, 0], z[:, 0])
    metric.update_state(y, z)
    with pytest.raises(ValueError, match="has seen 3 outputs"):
        metric.update_state(y[:, :2], z[:, :2])


def small_model(**arguments: Any) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(OUTPUTS)(inputs))
    model.compile(
        "sgd",
        keras.losses.MeanSquaredError(),
        metrics=[make(name) for name in NAMES],
        **arguments,
    )
    y, z = rows()
    x = np.concatenate([z, np.ones((ROWS, 1))], axis=1).astype("f4")
    return model, x, y


@pytest.mark.parametrize("jit", [False, True])
def test_evaluate(jit: bool) -> None:
    if jit and keras.backend.backend() == "torch":
        pytest.skip("compiled PyTorch needs a C++ compiler")
    model, x, y = small_model(jit_compile=jit)
    z = ops.convert_to_numpy(model(x))
    for batch_size in (64, 240):  # the last one of the first is smaller
        received = model.evaluate(
            x, y, batch_size=batch_size, verbose=0, return_dict=True
        )
        for metric in _compiled(model):
            name = next(n for n in NAMES if n.lower() == metric.name)
            exact = expected(name, y, z)
            bound = 2e-6
            if hasattr(metric, "error_bound"):
                bound += ops.convert_to_numpy(metric.error_bound())
            assert (np.abs(values(metric) - exact) <= bound).all()
            assert np.isclose(received[metric.name], values(metric).mean(), atol=2e-6)


def _compiled(model: keras.Model) -> list[Any]:
    found = [m for m in model._compile_metrics.metrics if m.name != "loss"]
    assert len(found) == len(NAMES)
    return found


def test_fit_begins_anew_in_each_epoch() -> None:
    model, x, y = small_model()
    y = np.nan_to_num(y)
    model.optimizer.learning_rate = 0.0
    history = model.fit(x, y, epochs=2, batch_size=80, verbose=0).history
    for name in NAMES:
        first, second = history[name.lower()]
        assert np.isclose(first, second, atol=2e-6) and np.isfinite(first)


REPLICAS = """
import json, numpy as np, tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
import keras
from tests.zoo.metrics.test_contract import small_model
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model, x, y = small_model(jit_compile=False)
found = model.evaluate(x, y, batch_size=80, verbose=0, return_dict=True)
print(json.dumps(found))
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_replicas_find_what_one_device_finds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPLICAS], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    received = json.loads(done.stdout.splitlines()[-1])
    model, x, y = small_model(run_eagerly=True)  # three batches
    alone = model.evaluate(x, y, batch_size=80, verbose=0, return_dict=True)
    for name in ("auroc", "auprc", "mcc", "pearson", "spearman"):
        assert np.isclose(received[name], alone[name], atol=2e-6)
