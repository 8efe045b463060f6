"""What is trained on one device, two and two workers, and compared."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from zoo.data import from_arrays
from zoo.layers import RCBatchNormalization
from zoo.losses import MaskedBinaryCrossentropy
from zoo.metrics import AUPRC, AUROC, MCC, Pearson, Spearman
from zoo.training.distribution.strategy import Strategy

ROWS, LENGTH, OUTPUTS = 53, 12, 2  # batches of 12: the last has 5 rows
BATCH = 12


def arrays(rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """One-hot sequences and labels, some of them missing, more in some rows."""
    random = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[random.integers(0, 4, (rows, LENGTH))]
    y = random.integers(0, 2, (rows, OUTPUTS)).astype(np.float32)
    y[random.random(y.shape) < np.linspace(0, 0.8, rows)[:, None]] = np.nan
    return x, y


def batches() -> Any:
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays()).batch(BATCH)


def network() -> keras.Model:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((LENGTH, 4)),
            keras.layers.Conv1D(6, 3, name="stem"),
            keras.layers.BatchNormalization(name="norm", momentum=0.9),
            keras.layers.Activation("relu"),
            RCBatchNormalization(name="rc_norm", momentum=0.9),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(OUTPUTS, name="head"),
        ]
    )


def compiled(
    where: Strategy,
    model: keras.Model | None = None,
    *,
    measured: bool = False,
    **optimizer: Any,
) -> keras.Model:
    metrics = [
        AUROC(mantissa_bits=6),
        AUPRC(mantissa_bits=6),
        MCC(),
        Pearson(),
        Spearman(capacity=64),
    ]
    return where.compile(
        model or network(),
        loss=MaskedBinaryCrossentropy(),
        optimizer=keras.optimizers.SGD(0.3, **optimizer),
        metrics=metrics if measured else None,
    )


def trained(where: Strategy, data: Any, **optimizer: Any) -> keras.Model:
    """Three epochs of a data set that ends."""
    with where.scope():
        model = compiled(where, **optimizer)
        model.fit(data, epochs=3, verbose=0, shuffle=False)
    return model


def fifty_steps(where: Strategy) -> keras.Model:
    """Ten epochs, each in its own order, of a SequenceDataset."""
    x, y = arrays()
    data = from_arrays(x, y, outputs=("a", "b")).batches(BATCH, shuffle=True, seed=5)
    with where.scope():
        model = compiled(where, global_clipnorm=0.2)
        model.fit(
            where.dataset(data, epochs=None),
            epochs=10,
            steps_per_epoch=data.steps_per_epoch,
            verbose=0,
            shuffle=False,
        )
    return model


def weights(model: keras.Model) -> dict[str, list[float]]:
    return {v.path: v.numpy().ravel().tolist() for v in model.weights}


def results(where: Strategy) -> dict[str, Any]:
    """Everything that has to be equal however the rows are divided."""
    model = fifty_steps(where)
    iterations = int(model.optimizer.iterations.numpy())
    data = where.dataset(batches())
    with where.scope():
        compiled(where, model, measured=True)
    local = Strategy(**{**vars(where), "synchronized": False})
    return {
        "weights": weights(model),
        "evaluate": model.evaluate(data, verbose=0, return_dict=True),
        "predict": model.predict(data, verbose=0).tolist(),
        "local": weights(trained(local, data)),
        "iterations": iterations,
    }
