"""Hypothetical contributions by gradients between references and sequences."""

from __future__ import annotations

import weakref
from typing import Any

import keras
from keras import ops

from zoo.inspection.graph import has_graph, trace
from zoo.interpretation.contributions.differentiation import Tensors
from zoo.interpretation.contributions.walking import Compute, follow, soft
from zoo.interpretation.targets import Targets
from zoo.layers.kmers import ReadsWords
from zoo.layers.one_hot import one_hot
from zoo.models.interface import (
    as_inputs,
    by_name,
    inputs_of,
    outputs_of,
    sequence_input,
)

#: The name of the sequences among what a step is given; others are the model's inputs.
SEQUENCE, REFERENCE = "sequence", "reference"
#: Of each pair: how far from the reference to the sequence, and its part of the mean.
POSITION, WEIGHT, NOISE, CHOICE = "position", "weight", "noise", "choice"


class PairStep:
    """What steps over pairs of a sequence and a reference have in common.

    Args:
        model: Whose targets are explained.
        targets: Of the model.
        length: Of the sequences in bp.
    """

    def __init__(self, model: keras.Model, targets: Targets, length: int) -> None:
        self.targets = targets
        self.sequence = sequence_input(model)
        self.others = [name for name in inputs_of(model) if name != self.sequence]
        self.names = list(outputs_of(model))
        self.graph = trace(model, length) if has_graph(model) else None
        # What is compiled is kept by its model: a strong reference would keep both.
        self.model = weakref.ref(model)

    def codes(self, given: Tensors) -> tuple[Any, Any, int]:
        """One-hot sequences and references, and references per sequence."""
        x = one_hot(given[SEQUENCE])
        pairs = given[POSITION].shape[0]
        if REFERENCE in given:
            references = one_hot(given[REFERENCE])
        else:
            references = ops.full((pairs, *x.shape[1:]), 0.25, dtype="float32")
        return x, references, pairs // x.shape[0]

    def further(self, given: Tensors) -> Tensors:
        """The model's inputs beside the sequence, one row for each sequence."""
        return {name: given[f"input_{name}"] for name in self.others}

    def chosen(self, values: Any, given: Tensors) -> Any:
        """The sum of the target that a gradient is taken of, over all rows."""
        return ops.sum(values * given[CHOICE])


class GradientStep(PairStep):
    """The mean gradient on the way from references to sequences.

        h[i, b] = sum over k of w_k (g_k[i, b] - sum over c of g_k[i, c] r_k[i, c])

    with g_k the gradient at r_k + a_k (x - r_k) + noise_k.

    Args:
        model: Whose targets are explained.
        targets: Of the model.
        length: Of the sequences in bp.
        call: How layers of k-mers are computed, `soft`, or `hard` where all gradients
            are at one-hot sequences.
    """

    def __init__(
        self,
        model: keras.Model,
        targets: Targets,
        length: int,
        call: Compute = soft,
    ) -> None:
        super().__init__(model, targets, length)
        self._call = call
        self._words = self.graph is not None and any(
            isinstance(call.operation, ReadsWords) for call in self.graph.calls
        )

    def point(self, given: Tensors) -> Any:
        """One-hot of mixed bases (pair, position, 4)."""
        x, references, each = self.codes(given)
        position = given[POSITION][:, None, None]
        point = references + position * (ops.repeat(x, each, axis=0) - references)
        return point + given[NOISE] if NOISE in given else point

    def value(self, point: Any, given: Tensors) -> tuple[Any, Tensors]:
        """The target, summed, and all targets of each row."""
        each = point.shape[0] // given[SEQUENCE].shape[0]
        named = {n: ops.repeat(x, each, axis=0) for n, x in self.further(given).items()}
        values = self.targets(self.outputs({**named, self.sequence: point}))
        return self.chosen(values, given), {"values": values}

    def outputs(self, named: Tensors) -> Tensors:
        """Of the model, by head."""
        if self._words and self.graph is not None:
            return follow(self.graph, self.names, named, self._call)
        model = self.model()
        assert model is not None
        return by_name(model, model(as_inputs(model, named), training=False))

    def result(self, gradient: Any, point: Any, other: Tensors, given: Tensors) -> Any:
        """The mean over the pairs of a sequence."""
        del point
        x, references, each = self.codes(given)
        weighted = gradient * given[WEIGHT][:, None, None]
        return {**averaged(weighted, x, references, each), **other}


def averaged(multipliers: Any, x: Any, references: Any, each: int) -> Tensors:
    """Contributions by multipliers that hold the part of each pair in the mean.

    Args:
        multipliers: (pair, position, 4).
        x: One-hot sequences (sequence, position, 4).
        references: (pair, position, 4).
        each: Pairs per sequence.

    Returns:
        "hypothetical" (sequence, position, 4), of each base against the references, and
        "contributions" (sequence, position), of what is there against them.
    """

    def summed(values: Any) -> Any:
        return ops.sum(ops.reshape(values, (-1, each, *values.shape[1:])), axis=1)

    expected = summed(ops.sum(multipliers * references, axis=-1))
    total = summed(multipliers)
    return {
        "hypothetical": total - expected[..., None],
        "contributions": ops.sum(total * x, axis=-1) - expected,
    }
