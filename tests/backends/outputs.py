"""Writes what layers, architectures and contributions compute on the backend in use.

    KERAS_BACKEND=jax python -m tests.backends.outputs jax.npz

Inputs and weights come from NumPy with fixed seeds, so that files of different
backends can be compared (`tests.backends.compare`): outputs of all, in inference
mode, and gradients of the layers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

import zoo
from tests.zoo.architectures import contract as architectures
from tests.zoo.layers import gradients
from tests.zoo.layers.contract import cases, randomise
from zoo.interpretation.contributions.methods import METHODS


def of_layers() -> Iterator[tuple[str, np.ndarray]]:
    """(key, value) of each case of the layer contract, with its gradients."""
    for name, each in cases().items():
        for number, case in enumerate(each):
            key, length = f"layers/{name}-{number}", case.lengths[0]
            model, x = case.as_model(length), case.inputs(2, length)
            randomise(model)
            y = keras.ops.convert_to_numpy(model(x, training=False))
            yield f"{key}/output", y
            weighting = np.random.default_rng(1).normal(size=y.shape).astype("float32")
            of_input, of_weights = gradients.autodiff(model, x, weighting)
            if of_input is not None and case.differentiable:
                yield f"{key}/input gradient", of_input
            for variable, gradient in zip(
                model.trainable_variables, of_weights, strict=True
            ):
                yield f"{key}/{variable.path} gradient", gradient


def of_architectures() -> Iterator[tuple[str, np.ndarray]]:
    """(key, value) of each output of each architecture of this distribution."""
    for name in architectures.NAMES:
        model = architectures.make(name)
        randomise(model)
        outputs = architectures.call(model, architectures.case(name).batch(2))
        named = outputs if isinstance(outputs, dict) else {"output": outputs}
        for output, y in named.items():
            yield f"architectures/{name}/{output}", y


def of_contributions() -> Iterator[tuple[str, np.ndarray]]:
    """(key, value) of the contributions of a sequence to two architectures."""
    codes = np.random.default_rng(0).integers(0, 5, (1, 40)).astype("uint8")
    for name in ("kmer", "rc_dilated"):
        model = architectures.make(name)
        randomise(model)
        for method in METHODS:
            found = zoo.contributions(
                model, codes, method=method, num_references=2, num_steps=2
            )
            yield f"contributions/{name}/{method}", found.hypothetical


def main(path: str) -> None:
    found: dict[str, Any] = dict(of_layers()) | dict(of_architectures())
    found |= dict(of_contributions())
    np.savez(path, **found)
    print(f"{path}: {len(found)} arrays from {keras.backend.backend()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
