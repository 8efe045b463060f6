"""What a layer reads, measured: its inputs are changed one position at a time.

A layer is called as the model calls it, but with weights drawn at random, so that no
zero hides what it reads. Positions at both ends and in the middle tell a window, which
is believed if it explains each of these measurements; where no window does, every
position is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.errors import InputError
from zoo.inspection.graph import Call, Shape, Tensor
from zoo.inspection.receptive_fields import field as fields
from zoo.inspection.receptive_fields.field import Field, Taps

Reads = npt.NDArray[np.bool_]

_FEW = 2**20  # numbers: so many, and all positions are changed at once
_MOST = 2**28  # numbers in all: beyond it, a layer's input is too large to change
_LONGEST_STEP = 64  # units or positions after which a window comes again


def measured(call: Call, source: Tensor, output: Tensor, field: Field) -> Field:
    """The field of an output of a call, as far as it comes from one of its inputs.

    Args:
        call: Of a layer, or of a function of `keras.ops`.
        source: The input that is changed.
        output: One of the call's outputs.
        field: That of `source`.

    Raises:
        InputError: It cannot be called by itself, or no window explains what it reads
            and its input is too long to change every position.
    """
    if len(output.shape) > 2 and output.shape[1] is None:
        raise _unknown(call, f"its output {output.shape} is of no known length")
    length, units = len(field), positions(output.shape, output.spec.dtype)
    size = int(np.prod(source.shape[1:]))  # type: ignore[arg-type]
    run = 2 * -(-length // units) + 2
    some = np.arange(length)
    if length * size > _FEW and length > 4 * run:
        middle = length // 2 - run // 2
        some = np.r_[:run, middle : middle + run, length - run : length]
    seen = _changes(call, source, output, some)
    found = _explained(field, units, some, seen)
    if found is not None:
        return found
    if len(some) < length:
        if length * size > _MOST:
            raise _unknown(call, f"its input is too long to try {length:,} positions")
        seen = _changes(call, source, output, np.arange(length))
    return fields.select(field, seen.T)


def positions(shape: Shape, dtype: Any) -> int:
    """Those of (batch, positions, channels); one for (batch, channels).

    Codes (batch, length) are integers, and have positions.
    """
    has_length = len(shape) > 2 or (len(shape) == 2 and "int" in str(dtype))
    return shape[1] if has_length and shape[1] is not None else 1


def _explained(
    field: Field, units: int, some: npt.NDArray[np.int64], seen: Reads
) -> Field | None:
    """The field by the least window that agrees with all that was measured."""
    length = len(field)
    if not seen.any():
        # Few positions do not tell: the one that is read may be another.
        return fields.nothing(units) if len(some) == length else None
    if seen.all():
        return fields.spread(field, units)
    if length == units and np.array_equal(seen, some[:, None] <= np.arange(units)):
        return fields.accumulate(field)
    if units == 1 or (seen[0] & seen[-1]).any():
        return None
    taps = _window(length, units, some, seen)
    if taps is not None:
        return fields.read(field, units, taps)
    taps = _window(length, units, some, seen[:, ::-1])
    return None if taps is None else fields.reverse(fields.read(field, units, taps))


def _window(
    length: int, units: int, some: npt.NDArray[np.int64], seen: Reads
) -> Taps | None:
    changed, unit = np.nonzero(seen)
    changed = some[changed]
    longest = min(_LONGEST_STEP, len(some) // (2 if len(some) == length else 6))
    for total in range(2, longest + 2):
        for period in range(1, total):
            step = total - period
            if gcd(step, period) > 1 or period > units // 2 or step > longest:
                continue
            offsets = np.unique(
                np.stack([unit % period, changed - unit // period * step], 1), axis=0
            )
            taps = Taps(step, period, tuple(map(tuple, offsets.tolist())))
            if np.array_equal(seen, taps.reads(some, units)):
                return taps
    return None


def _changes(
    call: Call, source: Tensor, output: Tensor, some: npt.NDArray[np.int64]
) -> Reads:
    """Bool (changed positions, units): which units each position changes."""
    number = [o is output for o in call.outputs].index(True)
    units = positions(output.shape, output.spec.dtype)
    generator = np.random.default_rng(0)
    weights = [
        (weight, _weight(generator, tuple(weight.shape)))
        for weight in getattr(call.operation, "weights", [])
        if keras.backend.is_float_dtype(weight.dtype)
    ]
    fixed = {t: _values(generator, t)[0] for t in call.inputs if t is not source}

    def run(x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        def value(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            full = x if leaf is source else np.repeat(fixed[leaf], len(x), axis=0)
            return keras.ops.convert_to_tensor(full, dtype=leaf.spec.dtype)

        args, kwargs = keras.tree.map_structure(value, call.arguments)
        try:
            with keras.StatelessScope(state_mapping=weights):
                y = keras.tree.flatten(call.operation(*args, **kwargs))[number]
                y = keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))
        except Exception as error:
            raise _unknown(call, f"calling it by itself fails: {error}") from error
        return y.reshape(len(x), units, -1)

    seen = np.zeros((len(some), units), bool)
    step = max(1, 2**22 // int(np.prod(source.shape[1:])))  # type: ignore[arg-type]
    for base, other in _pairs(generator, source):
        for first in range(0, len(some), step):
            at = some[first : first + step]
            x = np.repeat(base, len(at) + 1, axis=0)
            x[np.arange(len(at)) + 1, at] = other[0, at]
            with np.errstate(all="ignore"):
                y = run(x)
                changed = np.abs(y[1:] - y[:1]) > _noise(y)
            changed |= np.isnan(y[1:]) != np.isnan(y[:1])
            seen[first : first + step] |= changed.any(axis=-1)
    return seen


def _noise(y: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What rounding changes, for each changed example."""
    finite = np.where(np.isfinite(y), np.abs(y), 0)
    return 1e-6 * np.maximum(finite[1:], finite[:1]).max(axis=(1, 2), keepdims=True)


def _pairs(
    generator: np.random.Generator, tensor: Tensor
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Values of (1, length, ...), and others at each position.

    Much more, as a maximum shows; less, as a minimum does; not a number, which does not
    fade with the distance; and where there are four channels another base, which may be
    all that a layer for DNA looks at.
    """
    base, *others = _values(generator, tensor)
    yield from ((base, other) for other in others)
    if tensor.shape[-1] == 4 and len(tensor.shape) == 3:
        bases = np.eye(4, dtype="float32")[generator.integers(0, 4, base.shape[:2])]
        yield bases, np.roll(bases, 1, axis=-1)


def _values(generator: np.random.Generator, tensor: Tensor) -> list[npt.NDArray[Any]]:
    shape = (1, *(size or 1 for size in tensor.shape[1:]))
    if not keras.backend.is_float_dtype(tensor.spec.dtype):
        codes = generator.integers(0, 4, shape)
        high = 2 if tensor.spec.dtype == "bool" else 4
        return [codes % high, (codes + 1) % high]
    base = generator.uniform(0.5, 1.0, shape).astype("float32")
    more, less = generator.uniform(500, 1000, shape), generator.uniform(1, 2, shape)
    others = base + more, base - less, np.full(shape, np.nan)
    return [base, *(other.astype("float32") for other in others)]


def _weight(
    generator: np.random.Generator, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    """Above 0, so that sums do not cancel, and as large as keeps values' size."""
    fan_in = max(1.0, float(np.prod(shape[:-1])) / 2)
    return (generator.uniform(0.5, 1.0, shape) / fan_in).astype("float32")


def _unknown(call: Call, reason: str) -> InputError:
    return InputError(
        f"Layer {call.name!r} is a {type(call.operation).__name__}. What one unit of "
        f"its output reads cannot be measured: {reason}. Give its class a method "
        'input_window() that returns, e.g., {"kernel_size": 3, "padding": "same"}, '
        '{} for a layer that works on each position alone, or {"whole": True}; or pass '
        f"windows={{{call.name!r}: zoo.inspection.receptive_fields.Window(...)}}."
    )
