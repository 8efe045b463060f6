"""Compiling a model so that plain `fit` of Keras traces its step once, not twice."""

from __future__ import annotations

from typing import Any

import keras


def compile_once(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, loss: Any
) -> None:
    """Compiles with the optimizer's variables made, as `zoo.training.fit` does.

    TensorFlow traces a step twice in which variables are made; on a large network that
    takes longer than the few steps of a test.
    """
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, loss)
