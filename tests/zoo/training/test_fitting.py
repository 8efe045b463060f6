"""What `fit` adds to that of Keras, beside going on (see checkpointing)."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from tests.zoo.training.trainings import examples
from zoo.training import fit


class Counted(keras.layers.Dense):
    """Counts how often Python runs it in training."""

    calls = 0

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        Counted.calls += bool(training)
        return super().call(inputs)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_step_is_traced_once(optimizer: str) -> None:
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch runs Python in each step")
    inputs = keras.Input((20, 4))
    x = keras.layers.GlobalMaxPooling1D()(inputs)
    model = keras.Model(inputs, Counted(1)(x))
    model.compile(optimizer, "mse")
    Counted.calls = 0
    fit(model, examples().batches(12, shuffle=True), epochs=2, verbose=0)
    assert Counted.calls == 1
    assert int(model.optimizer.iterations) == 6
