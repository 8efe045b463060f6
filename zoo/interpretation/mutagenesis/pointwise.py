"""Functions of single positions, and of windows around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from zoo.inspection.graph import Tensor
from zoo.interpretation.mutagenesis.changes import Change, Floats, Padded, inside
from zoo.interpretation.mutagenesis.compiling import compiled_pass
from zoo.interpretation.mutagenesis.steps import Changed, ChangeStep

Function = Callable[[Any], Any]


class Relu(ChangeStep):
    """A rectifier: max(x + d, 0) - max(x, 0) = max(d, -x) + min(x, 0)."""

    def __init__(
        self, sources: Sequence[Tensor], result: Tensor, before: Function | None = None
    ) -> None:
        super().__init__(sources, result)
        self._before = before

    def references(self, inputs: Sequence[Any], output: Any) -> Sequence[Any]:
        """What is rectified."""
        return [inputs[0] if self._before is None else self._before(inputs[0])]

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """-x and min(x, 0)."""
        (x,) = references
        return Padded(-x, margin), Padded(np.minimum(x, 0), margin)

    def apply(self, changes: Sequence[Any], state: Any) -> Change:
        """See `ChangeStep`."""
        (change,) = changes
        negative, below = state
        delta = np.maximum(change.delta, negative.at(change))
        np.add(delta, below.at(change), out=delta)
        return Change(delta, change.start, change.step)


class Local(ChangeStep):
    """A function of windows, the same everywhere; of single positions by default.

    Args:
        sources, result: See `ChangeStep`.
        function: (batch, length, channels) -> (batch, length - reach, channels), of
            NumPy arrays.
        before: What makes the argument of the input of the layer; None if it is that.
        reach: Positions less in the result, as with "valid" padding.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        result: Tensor,
        function: Function,
        *,
        before: Function | None = None,
        reach: int = 0,
    ) -> None:
        super().__init__(sources, result)
        self._function = function
        self._before = before
        self.reach = reach

    def references(self, inputs: Sequence[Any], output: Any) -> Sequence[Any]:
        """In front of the function and behind it."""
        before = inputs[0] if self._before is None else self._before(inputs[0])
        return before, output

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """Both, padded."""
        return [Padded(each, margin) for each in references]

    def width(self, width: int) -> int:
        """See `ChangeStep`."""
        return min(width + self.reach, self.length)

    def apply(self, changes: Sequence[Any], state: Any) -> Changed:
        """See `ChangeStep`."""
        (change,) = changes
        before, after = state
        start, width = change.start - self.reach, change.width + self.reach
        read = before.windows(change, start, width + self.reach)
        x = np.repeat(read, change.delta.shape[1], axis=1)
        x[:, :, self.reach : self.reach + change.width] += change.delta
        y = self._function(x.reshape(-1, *x.shape[2:]))
        y = y.reshape(*x.shape[:2], *y.shape[1:])
        if self.reach:
            rows, step = change.positions, change.step
            first, last = inside(start, step, rows, width, self.length)
            if last <= first:
                return None
            start, width, y = start + first, last - first, y[:, :, first:last]
        delta = np.subtract(y, after.windows(change, start, width), dtype=np.float32)
        return Change(delta, start, change.step).cleared(self.length)


def on_arrays(function: Function) -> Function:
    """A function of backend tensors (batch, length, channels) as one of arrays.

    It may sum over the length, if zeros behind it add nothing.
    """

    def run(tensors: Sequence[Any]) -> list[Any]:
        return [function(tensors[0])]

    compute = compiled_pass(run, any_length=True)
    if keras.backend.backend() != "jax":
        return lambda x: compute([x])[0]

    def padded(x: Floats) -> Any:
        # Each new shape is compiled.
        rows, length = (
            -count % size for count, size in zip(x.shape[:2], (128, 32), strict=True)
        )
        y = compute([np.pad(x, ((0, rows), (0, length), (0, 0)))])[0]
        return y[: len(x), : y.shape[1] - length] if y.ndim == 3 else y[: len(x)]

    return padded


def _sigmoid(x: Floats) -> Floats:
    half: Floats = np.tanh(x * np.float32(0.5))
    return (half + 1) * np.float32(0.5)


def _silu(x: Floats) -> Floats:
    return x * _sigmoid(x)


#: Activations that NumPy computes as Keras does.
FUNCTIONS: dict[Any, Function] = {
    keras.activations.exponential: np.exp,
    keras.activations.sigmoid: _sigmoid,
    keras.activations.silu: _silu,
    keras.activations.tanh: np.tanh,
}


def activation(
    sources: Sequence[Tensor],
    result: Tensor,
    function: Function,
    before: Function | None = None,
) -> ChangeStep:
    """The step of an activation that is not linear, nor over the channels."""
    if function is keras.activations.relu:
        return Relu(sources, result, before)
    known = FUNCTIONS.get(function)
    return Local(sources, result, known or on_arrays(function), before=before)
