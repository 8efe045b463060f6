"""The contract that every public layer keeps, and what a layer says for it.

Each layer file zoo/layers/NAME.py has its cases in tests/zoo/layers/cases/NAME.py,
as `CASES`, a list of `Case`. `test_contract.py` runs the contract over all of them:
a layer without a case fails.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from zoo import layers


@dataclass(frozen=True)
class Case:
    """How to make a layer and what it reads and returns.

    Attributes:
        make: Makes the layer; it takes a name.
        channels: Of the input; 4 is one-hot, None is uint8 codes (batch, length).
        output_shape: From (batch, length).
        equivariant: Whether RC(layer(x)) = layer(RC(x)), where RC reverses the
            length and permutes the channels; of codes it complements them.
        input_pairing: The reverse-complement partner of each input channel;
            None for the reversal.
        pairing: That of each output channel; None for the reversal.
        lengths: Lengths in bp that the layer is tried with.
        differentiable: Whether a gradient with regard to the input is expected;
            one with regard to the weights always is.
        pooled: Whether the length is gone from the output.
    """

    make: Callable[..., keras.layers.Layer]
    channels: int | None
    output_shape: Callable[[int, int], tuple[int, ...]]
    equivariant: bool
    input_pairing: Sequence[int] | None = None
    pairing: Sequence[int] | None = None
    lengths: tuple[int, ...] = (12, 31)
    differentiable: bool = True
    pooled: bool = False

    def inputs(self, batch: int, length: int, seed: int = 0) -> np.ndarray:
        """Random codes (uint8), one-hot (with N) or normal values (float32)."""
        generator = np.random.default_rng(seed)
        if self.channels is not None and self.channels != 4:
            shape = (batch, length, self.channels)
            return generator.normal(size=shape).astype("float32")
        codes = generator.integers(0, 5, (batch, length), dtype="uint8")
        if self.channels is None:
            return codes
        return np.eye(5, dtype="float32")[codes][..., :4]

    def input_shape(self, batch: int | None, length: int | None) -> tuple:
        """(batch, length) of codes, or (batch, length, channels)."""
        channels = () if self.channels is None else (self.channels,)
        return (batch, length, *channels)

    def as_model(self, length: int | None = None) -> keras.Model:
        """The layer, called "layer", as a model of its own."""
        dtype = "uint8" if self.channels is None else None
        inputs = keras.layers.Input(
            self.input_shape(None, length)[1:], name="x", dtype=dtype
        )
        return keras.Model(inputs, self.make(name="layer")(inputs))

    def reverse_complement_input(self, x: np.ndarray) -> np.ndarray:
        """What the layer reads on the other strand."""
        if self.channels is None:
            return np.array([3, 2, 1, 0, 4], "uint8")[x[:, ::-1]]
        return permuted(x[:, ::-1], self.input_pairing)

    def reverse_complement_output(self, y: np.ndarray) -> np.ndarray:
        """What an equivariant layer returns there."""
        return permuted(y if self.pooled else y[:, ::-1], self.pairing)


def permuted(x: np.ndarray, pairing: Sequence[int] | None) -> np.ndarray:
    """Channels (the last axis) replaced by their partners."""
    return x[..., ::-1] if pairing is None else x[..., list(pairing)]


def cases() -> dict[str, list[Case]]:
    """Class name -> its cases, for each public layer."""
    found = {}
    for name in layers.__all__:
        file = getattr(layers, name).__module__.rpartition(".")[2]
        module = importlib.import_module(f"tests.zoo.layers.cases.{file}")
        found[name] = module.CASES
    return found


def randomise(model: keras.Model, seed: int = 0) -> None:
    """Sets all weights to reproducible values, the same on every backend.

    Scales and variances stay positive, and values keep their size through a layer.
    """
    generator = np.random.default_rng(seed)
    values = []
    for weight in model.weights:
        if weight.path.endswith(("variance", "gamma")):
            values.append(generator.uniform(0.5, 1.5, weight.shape))
        else:
            fan_in = max(np.prod(weight.shape[:-1]), 4)
            values.append(generator.normal(0.0, fan_in**-0.5, weight.shape))
    model.set_weights(values)
