"""What is trained on one device, two and two workers, and compared."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from zoo.losses import MaskedBinaryCrossentropy
from zoo.metrics import AUPRC, AUROC, MCC, Pearson, Spearman
from zoo.training.distribute import Strategy

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


def trained(where: Strategy, epochs: int, data: Any, **optimizer: Any) -> keras.Model:
    with where.scope():
        model = compiled(where, **optimizer)
        model.fit(data, epochs=epochs, verbose=0, shuffle=False)
    return model


def weights(model: keras.Model) -> dict[str, list[float]]:
    return {v.path: v.numpy().ravel().tolist() for v in model.weights}


def results(where: Strategy) -> dict[str, Any]:
    """Everything that has to be equal however the rows are divided."""
    data = where.dataset(batches())
    model = trained(where, 10, data, global_clipnorm=0.2)
    iterations = int(model.optimizer.iterations.numpy())
    with where.scope():
        compiled(where, model, measured=True)
    evaluated = model.evaluate(data, verbose=0, return_dict=True)
    local = Strategy(**{**vars(where), "synchronized": False})
    found = {
        "weights": weights(model),
        "evaluate": evaluated,
        "predict": model.predict(data, verbose=0).tolist(),
        "local": weights(trained(local, 3, data)),
        "iterations": iterations,
    }
    return found
