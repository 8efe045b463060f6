"""What mutations change in one tensor of a model: windows of equal width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Change:
    """The difference of mutated sequences from their reference, where there is one.

    Attributes:
        delta: float32 (mutated position, base, window position, channel). What lies
            outside the sequence is 0.
        start: Where the window of the first mutated position begins; it may lie in
            front of the sequence.
        step: From the window of one mutated position to that of the next.
    """

    delta: Floats
    start: int
    step: int

    @property
    def positions(self) -> int:
        """Mutated ones."""
        return self.delta.shape[0]

    @property
    def width(self) -> int:
        """Positions in a window."""
        return self.delta.shape[2]

    def of(self, some: slice) -> Change:
        """That of some of the mutated positions, slice(first, last)."""
        return Change(self.delta[some], self.start + some.start * self.step, self.step)

    def fitted(self, start: int, length: int) -> Change | None:
        """The window elsewhere, without what lies outside; None if nothing is left."""
        first, last = inside(start, self.step, self.positions, self.width, length)
        if last <= first:
            return None
        if (first, last) == (0, self.width):
            found = Change(self.delta, start, self.step)
            if found.is_inside(length):
                return found
        delta = self.delta[:, :, first:last].copy()
        return Change(delta, start + first, self.step).cleared(length)

    def is_inside(self, length: int) -> bool:
        """Whether all windows are within so many positions."""
        last = self.start + (self.positions - 1) * self.step + self.width
        return self.start >= 0 and last <= length

    def cleared(self, length: int) -> Change:
        """Itself, with zeros outside of so many positions."""
        if self.is_inside(length):
            return self
        for row in range(self.positions):
            start = self.start + row * self.step
            if start < 0:
                self.delta[row, :, :-start] = 0
            if start + self.width > length:
                self.delta[row, :, max(length - start, 0) :] = 0
        return self


def inside(
    start: int, step: int, positions: int, width: int, length: int
) -> tuple[int, int]:
    """The columns of windows that are within so many positions for at least one."""
    return max(0, -(start + (positions - 1) * step)), min(width, length - start)


class Padded:
    """A tensor of the reference sequence, of which windows are looked at.

    Args:
        values: (position, channel).
        margin: How many positions windows may lie outside.
        fill: What is there.
    """

    def __init__(self, values: Any, margin: int, fill: float = 0.0) -> None:
        length, channels = values.shape
        self._margin = margin
        self._values = np.empty((length + 2 * margin, channels), np.float32)
        self._values[:margin] = self._values[margin + length :] = fill
        self._values[margin : margin + length] = values

    def windows(self, like: Change, start: int, width: int) -> Floats:
        """(mutated position, 1, window position, channel), not to be written to.

        Args:
            like: The windows of the mutated positions.
            start: Where that of the first begins.
            width: Of the windows.
        """
        row, channel = self._values.strides
        return np.ndarray(
            (like.positions, 1, width, self._values.shape[1]),
            np.float32,
            self._values,
            (self._margin + start) * row,
            (like.step * row, 0, row, channel),
        )

    def at(self, change: Change) -> Floats:
        """In the windows of a change."""
        return self.windows(change, change.start, change.width)
