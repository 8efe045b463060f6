"""Which bases each unit of a tensor sees, and how that widens from layer to layer.

A unit is one position of a tensor (batch, positions, channels). Everything here is
in bp of the input and half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

_NOTHING = 2**60  # where a unit that sees nothing starts; it stops at minus this
_ENDLESS = 2**59  # beyond it, a start is that of a unit that sees nothing


@dataclass(frozen=True)
class Taps:
    """Which units of a tensor are read, as by the taps of a convolution's kernel.

    Unit j of the output reads unit j // period * step + offset of the input, for each
    (rest, offset) with j % period == rest. It may lie outside: then it is padding.

    Attributes:
        step: Units of the input from one period of the output to the next.
        period: Units of the output after which it reads alike; no factor of `step`.
        offsets: (rest, offset) of each tap.
    """

    step: int
    period: int
    offsets: Sequence[tuple[int, int]]

    def edges(
        self,
        units: Integers,
        edges: Callable[[Integers], tuple[Integers, Integers]],
    ) -> tuple[Integers, Integers]:
        """The first start and the last stop over all that each unit reads."""
        starts = np.full(len(units), _NOTHING)
        stops = np.full(len(units), -_NOTHING)
        for rest, offset in self.offsets:
            start, stop = edges(units // self.period * self.step + offset)
            # A unit that sees nothing stays one, however far it has been shifted.
            valid = (units % self.period == rest) & (start < _ENDLESS)
            starts = np.minimum(starts, np.where(valid, start, _NOTHING))
            stops = np.maximum(stops, np.where(valid, stop, -_NOTHING))
        return starts, stops

    def reads(self, positions: Integers, units: int) -> npt.NDArray[np.bool_]:
        """Bool (positions, units): whether each position is read by each unit."""
        found = np.zeros((len(positions), units), bool)
        for rest, offset in self.offsets:
            periods, left = np.divmod(positions - offset, self.step)
            unit = periods * self.period + rest
            read = (left == 0) & (unit >= 0) & (unit < units)
            found[np.flatnonzero(read), unit[read]] = True
        return found


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where units start and stop, if the sequence had no ends; it repeats.

    Attributes:
        starts: (period,); unit i starts at starts[i % period] + i // period * step.
        stops: (period,), likewise.
        step: bp from one period to the next.
    """

    starts: Integers
    stops: Integers
    step: int

    def at(self, units: Integers) -> tuple[Integers, Integers]:
        """Start and stop of any units, negative ones too."""
        period = len(self.starts)
        shift = units // period * self.step
        return self.starts[units % period] + shift, self.stops[units % period] + shift

    @property
    def span(self) -> int:
        """The widest of the units, in bp."""
        return max(0, int((self.stops - self.starts).max()))

    @property
    def stride(self) -> Fraction:
        """The bp between neighboring units."""
        return Fraction(self.step, len(self.starts))


@dataclass(frozen=True, eq=False)
class Field:
    """What the units of one tensor see of the input.

    Attributes:
        starts: (units,), the first base that each unit sees. Exact: inside the
            sequence, and padding is not seen.
        stops: (units,), behind the last one; not above starts if it sees nothing.
        pattern: The same without ends, or None where units do not lie evenly.
        whole: Whether units see along the whole length, as behind global pooling.
    """

    starts: Integers
    stops: Integers
    pattern: Pattern | None
    whole: bool = False

    def __len__(self) -> int:
        return len(self.starts)


def bases(length: int) -> Field:
    """The field of the input itself: unit i sees base i."""
    units = np.arange(length)
    return Field(units, units + 1, Pattern(np.array([0]), np.array([1]), 1))


def nothing(units: int) -> Field:
    """Units that do not depend on the input."""
    return Field(np.full(units, _NOTHING), np.full(units, -_NOTHING), None)


def depends(field: Field) -> bool:
    """Whether any unit sees anything."""
    return bool((field.starts < field.stops).any())


def read(field: Field, units: int, taps: Taps) -> Field:
    """The field of units each of which reads some units of `field`.

    Args:
        field: Of the tensor that is read.
        units: The number of new units.
        taps: What each reads.
    """
    starts, stops = taps.edges(np.arange(units), lambda index: _within(field, index))
    pattern = field.pattern
    if pattern is not None:
        # The least number of new units that is a whole number of old periods.
        periods = Fraction(len(pattern.starts) * taps.period, taps.step)
        edges = taps.edges(np.arange(periods.numerator), pattern.at)
        pattern = Pattern(*edges, pattern.step * periods.denominator)
    return Field(starts, stops, pattern, field.whole)


def select(field: Field, reads: npt.NDArray[np.bool_]) -> Field:
    """The field of units of which `reads` (new units, units) says what each reads."""
    starts = np.where(reads, field.starts, _NOTHING).min(axis=1)
    stops = np.where(reads, field.stops, -_NOTHING).max(axis=1)
    whole = field.whole or bool((reads[:, 0] & reads[:, -1]).any())
    pattern = field.pattern if whole and len(reads) == len(field) else None
    return Field(starts, stops, pattern, whole)


def reverse(field: Field) -> Field:
    """The last unit comes first, as on the other strand."""
    last = len(field) - 1
    pattern = field.pattern
    if pattern is not None:
        edges = pattern.at(last - np.arange(len(pattern.starts)))
        pattern = Pattern(*edges, -pattern.step)
    return Field(field.starts[::-1], field.stops[::-1], pattern, field.whole)


def spread(field: Field, units: int) -> Field:
    """Units that all see whatever any unit of `field` sees."""
    low, high = field.starts.min(), field.stops.max()
    pattern = field.pattern if units == len(field) else None
    return Field(np.full(units, low), np.full(units, high), pattern, depends(field))


def accumulate(field: Field) -> Field:
    """Units that see what they and all before them see, as in a recurrent layer."""
    return Field(
        np.minimum.accumulate(field.starts),
        np.maximum.accumulate(field.stops),
        field.pattern,
        depends(field),
    )


def merge(fields: Sequence[Field]) -> Field:
    """Units that see what those of all fields see; one unit is broadcast."""
    units = max(map(len, fields))
    seen = [field for field in fields if depends(field)]
    if not seen:
        return nothing(units)
    full = [field for field in seen if len(field) == units]
    starts = np.minimum.reduce([np.broadcast_to(f.starts, units) for f in seen])
    stops = np.maximum.reduce([np.broadcast_to(f.stops, units) for f in seen])
    whole = len(full) < len(seen) or any(field.whole for field in full)
    return Field(starts, stops, _merge_patterns([f.pattern for f in full]), whole)


def join(fields: Sequence[Field]) -> Field:
    """The units of all fields, one behind the other."""
    return Field(
        np.concatenate([field.starts for field in fields]),
        np.concatenate([field.stops for field in fields]),
        None,
        any(field.whole for field in fields),
    )


def _merge_patterns(patterns: Sequence[Pattern | None]) -> Pattern | None:
    """None where one is uneven, or where their strides differ."""
    even = [pattern for pattern in patterns if pattern is not None]
    if not even or len(even) < len(patterns) or len({p.stride for p in even}) > 1:
        return None
    period = lcm(*(len(pattern.starts) for pattern in even))
    edges = [pattern.at(np.arange(period)) for pattern in even]
    starts = np.minimum.reduce([start for start, _ in edges])
    stops = np.maximum.reduce([stop for _, stop in edges])
    return Pattern(starts, stops, int(even[0].stride * period))


def _within(field: Field, index: Integers) -> tuple[Integers, Integers]:
    """Start and stop of units; those outside of the field are padding."""
    inside = (index >= 0) & (index < len(field))
    index = np.where(inside, index, 0)
    return (
        np.where(inside, field.starts[index], _NOTHING),
        np.where(inside, field.stops[index], -_NOTHING),
    )
