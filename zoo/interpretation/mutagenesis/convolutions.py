"""Convolutions and dense layers of changes, which are linear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.inspection.graph import Tensor
from zoo.interpretation.mutagenesis.changes import Change, Floats, inside
from zoo.interpretation.mutagenesis.steps import ChangeStep

_FEW_FILTERS = 8  # below, one product for all positions of the kernel is faster


class Convolution(ChangeStep):
    """Adds up what each position of the kernel makes of a change.

    Only positions that change are multiplied: those around them, which a convolution
    of the mutated sequence reads too, are in the reference.

    Args:
        sources, result: See `ChangeStep`.
        kernel: float32 (kernel_size, channels / groups, filters).
        strides, dilation_rate: As in `keras.layers.Conv1D`.
        left: Positions of padding in front.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        result: Tensor,
        kernel: Floats,
        *,
        strides: int = 1,
        dilation_rate: int = 1,
        left: int = 0,
    ) -> None:
        super().__init__(sources, result)
        self.kernel = kernel
        self.strides = strides
        self.dilation_rate = dilation_rate
        self.left = left
        self.groups = (sources[0].shape[-1] or 1) // kernel.shape[1]
        self._arrange()

    def scaled(self, factor: Floats) -> None:
        """Multiplies each filter, as a normalization behind it does."""
        self.kernel = self.kernel * factor
        self._arrange()

    def _arrange(self) -> None:
        size, channels, filters = self.kernel.shape
        # What a single base makes, in the order of the positions of the result.
        flat = self.kernel[::-1].transpose(1, 0, 2)
        self._flat = np.ascontiguousarray(flat.reshape(channels, size * filters))
        taps = self.kernel.transpose(0, 2, 1).reshape(size * filters, channels)
        self._taps = np.ascontiguousarray(taps)

    def width(self, width: int) -> int:
        """See `ChangeStep`."""
        reach = (len(self.kernel) - 1) * self.dilation_rate
        return min((width + reach) // self.strides + 1, self.length)

    def apply(self, changes: Sequence[Any], state: Any) -> Change | None:
        """See `ChangeStep`."""
        (change,) = changes
        rows, bases, width, _ = change.delta.shape
        size, _, filters = self.kernel.shape
        shift = change.start + self.left
        start = -(-(shift - (size - 1) * self.dilation_rate) // self.strides)
        whole = (shift + width - 1) // self.strides - start + 1
        step = change.step // self.strides
        first, last = inside(start, step, rows, whole, self.length)
        if last <= first:
            return None
        start += first
        plain = self.groups == self.strides == self.dilation_rate == 1
        if plain and width == 1:
            flat = change.delta.reshape(rows * bases, -1) @ self._flat
            delta = flat.reshape(rows, bases, size, filters)[:, :, first:last]
        elif self.groups == self.strides == 1 and filters < _FEW_FILTERS:
            delta = self._few(change, start, last - first)
        else:
            delta = np.zeros((rows, bases, last - first, filters), np.float32)
            self._add(change, start, delta)
        return Change(delta, start, step).cleared(self.length)

    def _spans(self, change: Change, start: int, width: int) -> Any:
        """Of each position of the kernel: what it reads, and where that goes."""
        for tap in range(len(self.kernel)):
            base = change.start + self.left - tap * self.dilation_rate
            source = -base % self.strides
            target = (base + source) // self.strides - start
            count = len(range(source, change.width, self.strides))
            skipped = max(0, -target)
            count = min(count, width - target) - skipped
            if count > 0:
                yield (
                    tap,
                    slice(source + skipped * self.strides, change.width, self.strides),
                    slice(target + skipped, target + skipped + count),
                )

    def _add(self, change: Change, start: int, delta: Floats) -> None:
        rows, bases, _, _ = change.delta.shape
        for tap, read, written in self._spans(change, start, delta.shape[2]):
            count = written.stop - written.start
            part = change.delta[:, :, read][:, :, :count]
            product = self._product(part.reshape(rows * bases * count, -1), tap)
            target = delta[:, :, written]
            np.add(target, product.reshape(target.shape), out=target)

    def _product(self, x: Floats, tap: int) -> Floats:
        """(row, channels) -> (row, filters), by one position of the kernel."""
        if self.groups == 1:
            return x @ self.kernel[tap]
        _, each, filters = self.kernel.shape
        if each == 1 and filters == self.groups:
            return x * self.kernel[tap, 0]
        grouped = x.reshape(len(x), self.groups, each).transpose(1, 0, 2)
        kernel = self.kernel[tap].reshape(each, self.groups, -1).transpose(1, 0, 2)
        product: Floats = (grouped @ kernel).transpose(1, 0, 2).reshape(len(x), filters)
        return product

    def _few(self, change: Change, start: int, width: int) -> Floats:
        """With positions last: sums of a few filters are long that way."""
        rows, bases, _, _ = change.delta.shape
        size, _, filters = self.kernel.shape
        product = self._taps @ change.delta.swapaxes(2, 3)
        product = product.reshape(rows, bases, size, filters, change.width)
        delta = np.zeros((rows, bases, filters, width), np.float32)
        for tap, read, written in self._spans(change, start, width):
            count = written.stop - written.start
            delta[..., written] += product[:, :, tap, :, read][..., :count]
        return np.ascontiguousarray(delta.swapaxes(2, 3))


class Scale(ChangeStep):
    """Multiplies each channel: a normalization with known moments, a rescaling."""

    def __init__(
        self, sources: Sequence[Tensor], result: Tensor, factor: Floats | float
    ) -> None:
        super().__init__(sources, result)
        self.factor = np.asarray(factor, np.float32)

    def apply(self, changes: Sequence[Any], state: Any) -> Change:
        """See `ChangeStep`."""
        (change,) = changes
        return Change(change.delta * self.factor, change.start, change.step)
