"""What the augmentation layers share: when they act, on what, and moving bases."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import LayerOptions
from zoo.layers.sequences import SequenceLayer

UNKNOWN = 4  # the code of N


class Augmentation(SequenceLayer):
    """Changes each sequence of a batch by itself, in training only.

    Call arguments:
        inputs: Sequences, or a tuple (sequences, targets). Targets are a tensor whose
            first axis is the batch.
        training: Without it, or with False, the inputs are returned.

    Output shape:
        As the input: sequences, or (sequences, targets).

    Args:
        seed: Of the layer's own random numbers. None for another one each time.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Augments in training."""
        x, y = split(inputs)
        x = self.check(x)
        if training:
            x, y = self.augment(x, y)
        return x if y is None else (x, y)

    def augment(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The changed sequences and their targets; targets may be None."""
        raise NotImplementedError

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As the input."""
        x, y = split(inputs)
        spec = super().compute_output_spec(x)
        return spec if y is None else (spec, keras.KerasTensor(y.shape, dtype=y.dtype))

    def uniform(self, shape: tuple[Any, ...]) -> Any:
        """Uniform float32 in [0, 1)."""
        return keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)

    def integers(self, shape: tuple[Any, ...], low: int, high: int) -> Any:
        """Uniform int32 from low to high - 1."""
        return keras.random.randint(
            shape, low, high, dtype="int32", seed=self.seed_generator
        )

    def below(self, count: Any) -> Any:
        """For each entry n of an int32 tensor, a uniform integer from 0 to n - 1."""
        drawn = self.uniform(ops.shape(count)) * ops.cast(count, "float32")
        # The product of n and a number just below 1 may be rounded up to n.
        return ops.minimum(ops.cast(ops.floor(drawn), "int32"), count - 1)

    def bases(self, x: Any) -> Any:
        """Uniform random bases of the shape and form of x."""
        codes = self.integers(ops.shape(x)[:2], 0, UNKNOWN)
        if len(x.shape) == 2:
            return ops.cast(codes, x.dtype)
        return ops.one_hot(codes, UNKNOWN, dtype=x.dtype)


def split(inputs: Any) -> tuple[Any, Any]:
    """(sequences, targets), the targets None where there are none."""
    if not isinstance(inputs, (tuple, list)):
        return inputs, None
    x, y = inputs
    return x, y


def check_rate(rate: float) -> float:
    """The rate, a probability.

    Raises:
        ValueError: It is none.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must be a probability, 0 to 1. Received: rate={rate}")
    return rate


def check_longest(argument: str, value: int, x: Any) -> None:
    """Refuses to move bases by the whole length of the sequences.

    Raises:
        ValueError: The length is known, and the value not smaller.
    """
    length = x.shape[1]
    if length is not None and value >= length:
        raise ValueError(
            f"{argument} must be smaller than the sequences are long. "
            f"Received: {argument}={value}, length={length}"
        )


def move(x: Any, index: Any) -> Any:
    """The bases (batch, length, ...), base index[i, j] of example i at its position j.

    An index outside of the sequence takes the base at that end.
    """
    index = ops.clip(index, 0, ops.shape(x)[1] - 1)
    index = ops.reshape(index, (*ops.shape(index), *[1] * (len(x.shape) - 2)))
    return ops.take_along_axis(x, index, axis=1)


def where(known: Any, x: Any, other: Any) -> Any:
    """Values (batch, length, ...) where known (batch, length), else `other`."""
    known = ops.reshape(known, (*ops.shape(known), *[1] * (len(x.shape) - 2)))
    return ops.where(known, x, other)


def unknown(x: Any) -> Any:
    """N for sequences of the form of x, as a scalar."""
    return ops.cast(UNKNOWN if len(x.shape) == 2 else 0, x.dtype)


def move_targets(y: Any, index: Any, known: Any, fill_value: float | None) -> Any:
    """Base-resolution targets (batch, length, ...), moved as the bases were.

    Raises:
        ValueError: Whole numbers, which have no NaN.
    """
    dtype = keras.backend.standardize_dtype(y.dtype)
    if fill_value is None and not keras.backend.is_float_dtype(dtype):
        raise ValueError(
            "Targets that move with the bases are NaN where none is known, so they "
            "must be floats; or pass a target_fill_value. Received: targets of dtype "
            f"{dtype}"
        )
    fill = ops.cast(float("nan") if fill_value is None else fill_value, y.dtype)
    return where(known, move(y, index), fill)
