"""A small training that uses all that a checkpoint has to keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from zoo.data import Examples, from_arrays
from zoo.layers import RandomReverseComplement
from zoo.metrics import AUROC
from zoo.training import Checkpoint, fit

EPOCHS = 3
STEPS = 5


def examples(size: int = 36, length: int = 20) -> Examples:
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (size, length), dtype=np.uint8)
    targets = (codes == 2).mean(1, keepdims=True) > 0.25
    return from_arrays(codes, targets, outputs="gc")


def model(*, seed: int = 1, filters: int = 3, rate: float = 0.02, **compiled: Any):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((20, 4), name="sequence")
    x = RandomReverseComplement(seed=3, name="flip")(inputs)
    x = keras.layers.Conv1D(filters, 5, name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.GlobalMaxPooling1D(name="pool")(x)
    x = keras.layers.Dropout(0.3, seed=5, name="dropout")(x)
    found = keras.Model(inputs, keras.layers.Dense(1, name="logits")(x))
    optimizer = keras.optimizers.Adam(rate, use_ema=True, global_clipnorm=1.0)
    found.compile(
        **{
            "optimizer": optimizer,
            "loss": keras.losses.BinaryCrossentropy(from_logits=True),
            "metrics": [AUROC(from_logits=True), "mae"],
        }
        | compiled
    )
    return found


def tiny(rate: float = 0.1, units: int = 1, **compiled: Any) -> keras.Model:
    """Quick to compile, for what does not depend on the network."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((20, 4), name="sequence")
    x = keras.layers.Flatten(name="flat")(inputs)
    x = keras.layers.Dropout(0.3, seed=5, name="dropout")(x)
    found = keras.Model(inputs, keras.layers.Dense(units, name="value")(x))
    optimizer = keras.optimizers.SGD(rate, momentum=0.9)
    usual = {"optimizer": optimizer, "loss": "mse", "run_eagerly": True}
    found.compile(**usual | compiled)
    return found


def train_tiny(
    folder: Path | None,
    *used: keras.callbacks.Callback,
    epochs: int = 2,
    built: keras.Model | None = None,
    data: Any = None,
    every_steps: int | None = 1,
) -> dict[str, np.ndarray]:
    """One start of another program; the values at its end."""
    built = built or tiny()
    fit(
        built,
        data or examples().batches(8, shuffle=True, seed=4),
        epochs=epochs,
        callbacks=used,
        checkpoint=folder and Checkpoint(folder, every_steps=every_steps),
        verbose=0,
    )
    return values(built)


def assert_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name, strict=True)


def callbacks() -> list[keras.callbacks.Callback]:
    return [
        keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
        keras.callbacks.ReduceLROnPlateau(
            monitor="loss", mode="min", patience=1, min_delta=1.0
        ),
        keras.callbacks.EarlyStopping(
            monitor="val_loss", mode="min", patience=9, restore_best_weights=True
        ),
    ]


def train(
    folder: Path | None,
    *extra: keras.callbacks.Callback,
    every_steps: int | None = 1,
    epochs: int = EPOCHS,
    built: keras.Model | None = None,
    **arguments: Any,
) -> tuple[keras.Model, keras.callbacks.History]:
    """One start of the program: everything is made anew."""
    built = built or model()
    data = examples()
    checkpoint = folder and Checkpoint(folder, every_steps=every_steps, **arguments)
    history = fit(
        built,
        data.batches(8, shuffle=True, reverse_complement=True, seed=4),
        epochs=epochs,
        validation_data=data.batches(16),
        callbacks=[*extra, *callbacks()],
        checkpoint=checkpoint,
        verbose=0,
    )
    return built, history


def values(found: keras.Model) -> dict[str, np.ndarray]:
    """Every variable, at its place."""
    variables = [*found.variables, *found.optimizer.variables]
    return {
        f"{i} {v.name}": keras.ops.convert_to_numpy(v).copy()
        for i, v in enumerate(variables)
    }


class Died(RuntimeError):
    pass


class Dies(keras.callbacks.Callback):
    """Ends a training after so many steps, before the checkpoint of that step."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if self.left < 0:
            raise Died
