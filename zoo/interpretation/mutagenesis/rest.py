"""Mutated sequences collected for what is computed in full, behind the windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.interpretation.mutagenesis.changes import Change, Floats
from zoo.interpretation.mutagenesis.full import Values
from zoo.interpretation.mutagenesis.steps import Changed

_NUMBERS = 1 << 21  # in a batch


def some_of(change: Changed, some: slice) -> Changed:
    """What changes at some mutated positions."""
    if change is None:
        return None
    return change.of(some) if isinstance(change, Change) else change[some]


class Rest:
    """Collects rows for what is computed in full, and writes its results.

    Args:
        references: Of the border, (sequence, ...) each.
        compute: From the border to the targets.
        found: (sequence, position, base, target), to write to.
    """

    def __init__(
        self,
        references: Sequence[Any],
        compute: Callable[[Sequence[Any]], list[Any]],
        found: Values,
    ) -> None:
        self._references = references
        self._compute = compute
        self._found = found
        numbers = sum(array[0].size for array in references)
        self._size = min(max(8, _NUMBERS // numbers), 4096)
        self._arrays = [
            np.empty((self._size, *array.shape[1:]), array.dtype)
            for array in references
        ]
        self._places = np.empty((self._size, 3), np.int64)
        self._count = 0

    def add(
        self,
        sequence: int,
        positions: npt.NDArray[Any],
        bases: npt.NDArray[Any],
        border: Sequence[Changed],
    ) -> None:
        """Adds mutated sequences.

        Args:
            sequence: Whose.
            positions: The mutated ones, in `found`.
            bases: (position, base), which.
            border: The change of each tensor of the border.
        """
        each = bases.shape[1]
        done = 0
        while done < len(positions):
            if self._count + each > self._size:
                self.flush()
            count = min(len(positions) - done, (self._size - self._count) // each)
            some = slice(done, done + count)
            rows = slice(self._count, self._count + count * each)
            places = self._places[rows].reshape(count, each, 3)
            places[..., 0] = sequence
            places[..., 1] = positions[some, None]
            places[..., 2] = bases[some]
            for array, reference, change in zip(
                self._arrays, self._references, border, strict=True
            ):
                target = array[rows].reshape(count, each, *array.shape[1:])
                _write(target, reference[sequence], some_of(change, some))
            self._count += count * each
            done += count

    def flush(self) -> None:
        """Computes what was collected."""
        if self._count:
            rows = slice(0, self._count)
            # JAX compiles for each number of rows.
            whole = keras.backend.backend() == "jax"
            arrays = [array if whole else array[rows] for array in self._arrays]
            values = self._compute(arrays)[0][rows]
            self._found[tuple(self._places[rows].T)] = values
        self._count = 0


def _write(target: Floats, reference: Any, change: Changed) -> None:
    """A tensor of mutated sequences in full, (position, base, ...)."""
    if change is not None and not isinstance(change, Change):
        target[:] = change
        return
    target[:] = reference
    if change is None:
        return
    length = target.shape[2]
    for row, delta in enumerate(change.delta):
        start = change.start + row * change.step
        first, last = max(start, 0), min(start + change.width, length)
        if first < last:
            target[row, :, first:last] += delta[:, first - start : last - start]
