"""Sums, products and joins of changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.inspection.graph import Tensor
from zoo.interpretation.mutagenesis.changes import Change, Floats, Padded
from zoo.interpretation.mutagenesis.steps import Changed, ChangeStep, spread, union


class Sum(ChangeStep):
    """The sum of tensors of one shape, or their mean."""

    def __init__(
        self, sources: Sequence[Tensor], result: Tensor, factor: float = 1.0
    ) -> None:
        super().__init__(sources, result)
        self._factor = np.float32(factor)

    def apply(self, changes: Sequence[Any], state: Any) -> Change:
        """See `ChangeStep`."""
        known = sorted(
            (change for change in changes if change is not None),
            key=lambda change: -change.width,
        )
        start, width = union(known)
        widest, *others = known
        delta = spread(widest, start, width)
        for other in others:
            first = other.start - start
            delta[:, :, first : first + other.width] += other.delta
        if self._factor != 1:
            delta *= self._factor
        return Change(delta, start, widest.step)


class Product(ChangeStep):
    """The product of two tensors of one shape."""

    def references(self, inputs: Sequence[Any], output: Any) -> Sequence[Any]:
        """The factors."""
        return inputs

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """Both, padded."""
        return [Padded(each, margin) for each in references]

    def apply(self, changes: Sequence[Any], state: Any) -> Change:
        """(a + d)(b + e) - ab = d(b + e) + ae."""
        known = [change for change in changes if change is not None]
        start, width = union(known)
        values = [each.windows(known[0], start, width) for each in state]
        first, second = changes
        delta: Any = 0.0
        if second is not None:
            more = spread(second, start, width)
            delta = values[0] * more
            values[1] = values[1] + more
        if first is not None:
            delta = delta + spread(first, start, width) * values[1]
        return Change(delta, start, known[0].step)


class Join(ChangeStep):
    """Channels one behind the other."""

    def apply(self, changes: Sequence[Any], state: Any) -> Change:
        """See `ChangeStep`."""
        known = [change for change in changes if change is not None]
        start, width = union(known)
        rows, bases = known[0].delta.shape[:2]
        channels = [source.shape[-1] or 0 for source in self.sources]
        delta = np.zeros((rows, bases, width, sum(channels)), np.float32)
        ends = np.cumsum(channels)
        for change, end, count in zip(changes, ends, channels, strict=True):
            if change is not None:
                first = change.start - start
                window = slice(first, first + change.width)
                delta[:, :, window, end - count : end] = change.delta
        return Change(delta, start, known[0].step)


class Move(ChangeStep):
    """The same positions, counted from another: cropping and padding.

    Args:
        sources, result: See `ChangeStep`.
        by: Where the result begins in the source.
    """

    def __init__(self, sources: Sequence[Tensor], result: Tensor, by: int) -> None:
        super().__init__(sources, result)
        self._by = by

    def apply(self, changes: Sequence[Any], state: Any) -> Changed:
        """See `ChangeStep`."""
        change: Change = changes[0]
        return change.fitted(change.start - self._by, self.length)
