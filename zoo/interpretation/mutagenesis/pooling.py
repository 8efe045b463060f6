"""Pooling of changes, in windows and over the whole length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.inspection.graph import Tensor
from zoo.interpretation.mutagenesis.changes import Change, Floats, Padded, inside
from zoo.interpretation.mutagenesis.steps import ChangeStep


class _Pooling(ChangeStep):
    """Pooling of windows.

    Args:
        sources, result: See `ChangeStep`.
        pool_size, strides: As in `keras.layers.MaxPooling1D`.
        left: Positions of padding in front.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        result: Tensor,
        *,
        pool_size: int,
        strides: int,
        left: int,
    ) -> None:
        super().__init__(sources, result)
        self.pool_size = self.reach = pool_size
        self.strides = strides
        self.left = left

    def width(self, width: int) -> int:
        """See `ChangeStep`."""
        return min((width + self.pool_size) // self.strides + 1, self.length)

    def _windows(self, change: Change) -> tuple[int, int, int]:
        """Start and width of the result's windows, and where what they read begins."""
        shift = change.start + self.left
        start = -(-(shift - self.pool_size + 1) // self.strides)
        last = (shift + change.width - 1) // self.strides + 1
        step = change.step // self.strides
        first, end = inside(start, step, change.positions, last - start, self.length)
        start += first
        return start, end - first, start * self.strides - self.left

    def _read(self, frame: Floats, change: Change, start: int) -> None:
        """Adds what changes to what the windows read."""
        first = change.start - start
        skipped = max(0, -first)
        count = min(change.width, frame.shape[2] - first) - skipped
        target = frame[:, :, first + skipped : first + skipped + count]
        target += change.delta[:, :, skipped : skipped + count]

    def _parts(self, frame: Floats, width: int) -> list[Floats]:
        """The first of each pooled window, the second, ..."""
        end = (width - 1) * self.strides + 1
        return [
            frame[:, :, place : place + end : self.strides]
            for place in range(self.pool_size)
        ]


class MaxPooling(_Pooling):
    """The largest of each window."""

    def references(self, inputs: Sequence[Any], output: Any) -> Sequence[Any]:
        """In front of the pooling and behind it."""
        return inputs[0], output

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """Nothing outside the sequence is the largest."""
        before, after = references
        return Padded(before, margin, -np.inf), Padded(after, margin)

    def apply(self, changes: Sequence[Any], state: Any) -> Change | None:
        """See `ChangeStep`."""
        (change,) = changes
        before, after = state
        start, width, read = self._windows(change)
        if width <= 0:
            return None
        size = (width - 1) * self.strides + self.pool_size
        around = before.windows(change, read, size)
        frame = np.repeat(around, change.delta.shape[1], axis=1)
        self._read(frame, change, read)
        first, *others = self._parts(frame, width)
        delta = first.copy()
        for other in others:
            np.maximum(delta, other, out=delta)
        found = Change(delta, start, change.step // self.strides)
        np.subtract(delta, after.at(found), out=delta)
        return found.cleared(self.length)


class AveragePooling(_Pooling):
    """The mean of each window, without the padding."""

    def apply(self, changes: Sequence[Any], state: Any) -> Change | None:
        """See `ChangeStep`."""
        (change,) = changes
        start, width, read = self._windows(change)
        if width <= 0:
            return None
        rows, bases, _, channels = change.delta.shape
        size = (width - 1) * self.strides + self.pool_size
        frame = np.zeros((rows, bases, size, channels), np.float32)
        self._read(frame, change, read)
        delta = np.sum(self._parts(frame, width), axis=0)
        step = change.step // self.strides
        length = self.sources[0].shape[1]
        assert length is not None
        begin = start + np.arange(rows)[:, None] * step + np.arange(width)
        begin = begin * self.strides - self.left
        end = np.minimum(begin + self.pool_size, length)
        counts = np.maximum(end - np.maximum(begin, 0), 1)
        delta /= counts[:, None, :, None].astype(np.float32)
        return Change(delta, start, step).cleared(self.length)


class _GlobalPooling(ChangeStep):
    """Over the length: the result is (mutated position, base, channel)."""

    pools = True

    def references(self, inputs: Sequence[Any], output: Any) -> Sequence[Any]:
        """In front of the pooling and behind it."""
        return inputs[0], output


class GlobalAverage(_GlobalPooling):
    """The reference's mean, and the sum of the differences."""

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """The mean and the length."""
        before, after = references
        return after, np.float32(len(before))

    def apply(self, changes: Sequence[Any], state: Any) -> Floats:
        """See `ChangeStep`."""
        mean, length = state
        pooled: Floats = mean + changes[0].delta.sum(axis=2) / length
        return pooled


class Summed(_GlobalPooling):
    """A sum over all windows of a sequence, in which one with an N counts for nothing.

    Args:
        sources, result: See `ChangeStep`.
        function: (batch, length, channels) -> (batch, channels), of NumPy arrays.
        reach: Positions of a window, less one.
    """

    def __init__(
        self, sources: Sequence[Tensor], result: Tensor, function: Any, reach: int
    ) -> None:
        super().__init__(sources, result)
        self._function = function
        self.reach = reach

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """What is read, padded, and the sum."""
        before, after = references
        return Padded(before, margin), after

    def width(self, width: int) -> int:
        """See `ChangeStep`."""
        return width + 2 * self.reach

    def apply(self, changes: Sequence[Any], state: Any) -> Floats:
        """See `ChangeStep`."""
        (change,) = changes
        before, after = state
        # All that holds a changed position; what else is in there stays the same.
        start, width = change.start - self.reach, self.width(change.width)
        x = before.windows(change, start, width)
        changed = np.repeat(x, change.delta.shape[1], axis=1)
        changed[:, :, self.reach : self.reach + change.width] += change.delta
        both = np.concatenate([x, changed], axis=1)
        y = self._function(both.reshape(-1, *both.shape[2:]))
        y = y.reshape(*both.shape[:2], -1)
        summed: Floats = after + y[:, 1:] - y[:, :1]
        return summed


class GlobalMax(_GlobalPooling):
    """The largest of the window, and of what lies on its two sides."""

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """Maxima up to each position and from it on."""
        x, _ = references
        none = np.full((1, x.shape[1]), -np.inf, np.float32)
        first = np.concatenate([none, np.maximum.accumulate(x)])
        last = np.concatenate([np.maximum.accumulate(x[::-1])[::-1], none])
        return Padded(x, margin, -np.inf), first, last

    def apply(self, changes: Sequence[Any], state: Any) -> Floats:
        """See `ChangeStep`."""
        (change,) = changes
        x, first, last = state
        pooled: Floats = (change.delta + x.at(change)).max(axis=2)
        before, behind = _sides(change, len(first) - 1)
        np.maximum(pooled, first[before, None], out=pooled)
        return np.maximum(pooled, last[behind, None], out=pooled)


def _sides(change: Change, length: int) -> tuple[Any, Any]:
    """Where the windows begin and end, within the sequence."""
    begin = change.start + np.arange(change.positions) * change.step
    return np.clip(begin, 0, length), np.clip(begin + change.width, 0, length)


class Weighted(_GlobalPooling):
    """Sums with exponentials as weights: log-sum-exp and attention.

    A range of positions is kept as the logarithm of its weights' sum, so that no
    exponential overflows or vanishes, and as the logarithms of the positive and of the
    negative part of its weighted sum.

    Args:
        sources, result: See `ChangeStep`.
        logits: (..., channels) -> (..., channels) logarithms of the weights.
        finish: From the logarithms of the weights' sum (..., channels) and the
            weighted mean, which is None for `mean=False`, to the result.
        mean: Whether the values are averaged.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        result: Tensor,
        logits: Any,
        finish: Any,
        *,
        mean: bool,
    ) -> None:
        super().__init__(sources, result)
        self._logits = logits
        self._finish = finish
        self._mean = mean

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """Sums up to each position and from it on."""
        x = references[0].astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.stack(self._parts(x))
            none = np.full((len(parts), 1, x.shape[1]), -np.inf)
            first = np.logaddexp.accumulate(parts, axis=1)
            last = np.logaddexp.accumulate(parts[:, ::-1], axis=1)[:, ::-1]
        first = np.concatenate([none, first], axis=1)
        last = np.concatenate([last, none], axis=1)
        return Padded(references[0], margin), first, last

    def _parts(self, x: Any) -> list[Any]:
        logits = self._logits(x)
        if not self._mean:
            return [logits]
        return [logits, *(logits + np.log(np.maximum(y, 0)) for y in (x, -x))]

    def apply(self, changes: Sequence[Any], state: Any) -> Floats:
        """See `ChangeStep`."""
        (change,) = changes
        x, first, last = state
        length = first.shape[1] - 1
        begin = change.start + np.arange(change.positions) * change.step
        places = begin[:, None] + np.arange(change.width)
        out = ((places < 0) | (places >= length))[:, None, :, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = self._parts((change.delta + x.at(change)).astype(np.float64))
            within = [
                np.logaddexp.reduce(np.where(out, -np.inf, part), axis=2)
                for part in parts
            ]
            before, behind = _sides(change, length)
            sums = [
                np.logaddexp(
                    each, np.logaddexp(left[before, None], right[behind, None])
                )
                for each, left, right in zip(within, first, last, strict=True)
            ]
            mean = None
            if self._mean:
                total, positive, negative = sums
                mean = np.exp(positive - total) - np.exp(negative - total)
            found: Floats = self._finish(sums[0], mean).astype(np.float32)
        return found
