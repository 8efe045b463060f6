"""The contract that every registered architecture keeps, and how each is tested.

`test_architectures.py` runs it over all names of the registry. An architecture
that is light, takes any length, has one one-hot input and one logit an output needs
nothing here. What differs from that is said in `cases/NAME.py`, which holds
`CASE = Case(...)`; the tests themselves are the same for all.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

import registry
import zoo

CASES = Path(__file__).parent / "cases"
NAMES = sorted(a.name for a in registry.list_architectures() if a.provider == "seqzoo")


def _logits(length: int, num_outputs: int) -> tuple[int, ...]:
    return (num_outputs,)


def _binary_crossentropy() -> Any:
    return keras.losses.BinaryCrossentropy(from_logits=True)


@dataclass(frozen=True)
class Case:
    """What the contract must know of one architecture.

    Attributes:
        small: Arguments that make it light; a fixed sequence_length as short as
            the architecture allows, where it needs one. The default arguments are
            built once, all else is tested with these.
        length: bp of the test sequences, unless `small` fixes a sequence_length.
            At least 21.
        inputs: From one-hot (batch, length, 4) to what the model takes: itself, or
            a dict of named inputs. The same for equal sequences.
        outputs: From (length, num_outputs) to the shape of the output without the
            batch, or to a dict of such shapes, one a named output.
        targets: From labels (batch, 1) to what the loss compares the outputs
            with. Sequences of label 1 hold TATAAA from position 15 on.
        loss: Makes the loss that the learning test minimises.
        learning_rate: Of Adam, in the learning test.
        epochs: Of two batches each, in the learning test.
        loss_ratio: The share of the first epoch's loss that the last one's must
            be below.
        frozen: How the names of layers begin that training leaves as they are.
        variants: Arguments, on top of `small`, that switch code; each is built
            and predicts.
        errors: Arguments, on top of `small`, that are refused, each with a
            pattern of the ValueError's message.
    """

    small: dict[str, Any] = field(default_factory=dict)
    length: int = 40
    inputs: Callable[[np.ndarray], Any] = lambda one_hot: one_hot
    outputs: Callable[[int, int], Any] = _logits
    targets: Callable[[np.ndarray], Any] = lambda labels: labels
    loss: Callable[[], Any] = _binary_crossentropy
    learning_rate: float = 3e-3
    epochs: int = 12
    loss_ratio: float = 0.6
    frozen: str | None = None
    variants: tuple[dict[str, Any], ...] = ()
    errors: tuple[tuple[dict[str, Any], str], ...] = ()

    @property
    def sequence_length(self) -> int:
        """bp of the test sequences."""
        return self.small.get("sequence_length") or self.length

    def batch(self, batch: int, length: int | None = None, seed: int = 0) -> Any:
        """Random inputs, one base in five an N."""
        generator = np.random.default_rng(seed)
        codes = generator.integers(0, 5, (batch, length or self.sequence_length))
        return self.inputs(np.eye(5, dtype="f4")[codes][..., :4])

    def shapes(self, batch: int, length: int, num_outputs: int) -> Any:
        """The shape of each output, as `shapes_of` gives them."""
        shapes = self.outputs(length, num_outputs)
        if isinstance(shapes, dict):
            return {name: (batch, *shape) for name, shape in shapes.items()}
        return (batch, *shapes)


@functools.cache
def case(name: str) -> Case:
    """The case of an architecture; the plain one where it has no file."""
    if not (CASES / f"{name}.py").is_file():
        return Case()
    module = importlib.import_module(f"tests.zoo.architectures.cases.{name}")
    found = module.CASE
    assert isinstance(found, Case)
    return found


def defaults(name: str) -> dict[str, Any]:
    """The arguments of a builder and their default values."""
    parameters = inspect.signature(registry.builder(name)).parameters.values()
    return {p.name: p.default for p in parameters}


def make(name: str, **config: Any) -> keras.Model:
    """A new small model."""
    return zoo.create(name, **case(name).small | config)


@functools.cache
def small_model(name: str) -> keras.Model:
    """One small model for all tests that do not change it."""
    return make(name)


def call(model: keras.Model, inputs: Any) -> Any:
    """The outputs as NumPy arrays, in the structure of the model's outputs."""
    outputs = model(inputs, training=False)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


def arrays(outputs: Any) -> list[Any]:
    """The single outputs of one or several."""
    return list(outputs.values()) if isinstance(outputs, dict) else [outputs]


def shapes_of(outputs: Any) -> Any:
    """The shape of each output."""
    if isinstance(outputs, dict):
        return {name: tuple(output.shape) for name, output in outputs.items()}
    return tuple(outputs.shape)
