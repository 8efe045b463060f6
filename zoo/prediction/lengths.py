"""Sequences of another length than those that a model was trained and measured on.

Networks that pool over the whole sequence take any length, and their output drifts with
it: the maximum over 2,000 bp is larger than that over 100 bp, whatever the sequence. So
what is predicted is a window of the training length, or the user is told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from zoo.data.record import Interval, Record
from zoo.errors import InputError
from zoo.inspection.graph import shortest_above
from zoo.models.creation import Origin, called, min_length as known_min_length, origin
from zoo.models.interface import input_length

if TYPE_CHECKING:
    import keras

#: In place of a number of bp: sequences as they are.
FULL = "full"


class Lengths:
    """Cuts sequences to a window, and counts those of other lengths than in training.

    Args:
        model: Knows its training length if `zoo.load` made it, or those that it is made
            of, as by `zoo.ensemble` and `zoo.conjoined`.
        window: bp that longer sequences are cut to; "full" for none; None for the
            training length, where it is known, or the one length that a release takes.

    Attributes:
        window: The length in bp, or None.
        trained: The training length in bp, or None where it is not known.
        usual: The lengths in bp that are no cause for a warning.

    Raises:
        InputError: A window that is neither, or that the model does not take.
    """

    def __init__(self, model: keras.Model, window: int | str | None) -> None:
        self._fixed, made = input_length(model), _origins(model)
        fixed = self._fixed
        releases = [origin.release for origin in made if origin.release is not None]
        self.name = releases[0].name if releases else model.name
        trained = {origin.training_length for origin in made}
        self.trained = trained.pop() if len(trained) == 1 else None
        self.window: int | None
        if window is None:
            known = releases or self.trained is not None
            self.window = self.trained if fixed is None else fixed if known else None
        elif window == FULL:
            self.window = None
        else:
            self.window = checked_window(window)
        if fixed is not None and self.window not in (None, fixed):
            raise InputError(
                f"Expected a window of {fixed} bp, the length that {self.name} takes. "
                f"Received: {window} bp."
            )
        self.usual = {self.trained}
        if window not in (None, FULL):  # who names a length in bp knows it
            self.usual.add(self.window)
        self._tell_cut = window is None
        self.count = self.cut = self.other = 0
        self.shortest = self.longest = 0

    def start(self, length: int) -> int:
        """Where the window of a sequence of so many bp begins: in the middle.

        Of an odd number of bp that are left over, the right end gets one more.
        """
        return max(length - (self.window or length), 0) // 2

    def middle(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The windows of sequences (n, length) or (n, length, 4), which are counted."""
        length = values.shape[1]
        start, size = self.start(length), min(length, self.window or length)
        self.cut += len(values) * (size < length)
        self.add(size, len(values))
        return values[:, start : start + size]

    def add(self, length: int, count: int = 1) -> None:
        """Counts sequences of so many bp that are predicted."""
        self.count += count
        if self.trained is not None and length not in self.usual:
            self.shortest = min(self.shortest, length) if self.other else length
            self.longest = max(self.longest, length)
            self.other += count

    def warning(self, *, cut: bool = True) -> str | None:
        """What there is to tell of the sequences since, in a few sentences.

        Args:
            cut: Whether it is told where only the middle of sequences was predicted.
        """
        told = []
        if cut and self._tell_cut and self.cut:
            whole = "" if self._fixed else f", window='{FULL}' predicts all of it"
            told.append(
                f"{self.cut:,} of {self.count:,} sequences are longer: of each the "
                f"{self.window} bp in the middle are predicted (window={self.window} "
                f"says so without this warning{whole})."
            )
        if self.other and self.trained is not None:
            span = sorted({self.shortest, self.longest})
            lengths = " to ".join(f"{length:,}" for length in span)
            times = " to ".join(f"{length / self.trained:.2g}" for length in span)
            told.append(
                f"{self.other:,} of {self.count:,} sequences have {lengths} bp, "
                f"{times} times as many: they are predicted as they are, and what was "
                "measured does not hold for them."
            )
        if not told:
            return None
        known = (
            f"{self.name} was trained and measured on {self.trained} bp."
            if self.trained is not None
            else f"{self.name} takes {self.window} bp."
        )
        return " ".join([known, *told])


def _origins(model: Any) -> list[Origin]:
    """Of the model, or of those that it is made of, as in `zoo.conjoined`."""
    made = origin(model)
    if made is not None:
        return [made]
    return [o for la in getattr(model, "layers", ()) for o in _origins(la)]


def misfit(
    model: keras.Model, length: int, min_length: int | None = None
) -> str | None:
    """Why a model cannot take sequences of so many bp, if it cannot.

    Args:
        model: Of one length, or of any that leaves every layer something to read.
        length: In bp.
        min_length: Shortest to take; by default that of the release of the model.
    """
    fixed, least = input_length(model), min_length or known_min_length(model) or 1
    if fixed is None and length >= least:
        least = shortest_above(model, length) or least
    if fixed is not None and length != fixed:
        expected = f"{fixed} bp, the length"
    elif length < least:
        expected = f"at least {least} bp, the shortest"
    else:
        return None
    return (
        f"expected {expected} that model {called(model)} takes. Received: {length} bp."
    )


def checked_window(window: object) -> int:
    """A number of bp.

    Raises:
        InputError: It is none.
    """
    if hasattr(window, "__index__") and not isinstance(window, bool):
        number = window.__index__()
        if number >= 1:
            return int(number)
    raise InputError(
        f"Expected a window of at least 1 bp, or {FULL!r} for sequences as they are. "
        f"Received: {window!r}"
    )


def windowed(
    records: Iterable[Record], lengths: Lengths, step: int | None
) -> Iterator[Record]:
    """Windows of records that are longer than one, with their place as `interval`.

    Args:
        records: Of any lengths.
        lengths: Whose window it is.
        step: bp from one window to the next; the last one ends with the record. None
            for one window in the middle.
    """
    for record in records:
        size, window = record.codes.size, lengths.window
        if window is None or size <= window:
            yield record
            continue
        starts = (
            [lengths.start(size)] if step is None else [*range(0, size - window, step)]
        )
        if step is not None:
            starts.append(size - window)
        where = record.interval or Interval(record.name, 0, size)
        if where.strand == "-":
            starts.reverse()  # into the order of the genome
        for start in starts:
            first = where.start + start
            if where.strand == "-":
                first = where.end - start - window
            yield Record(
                record.name,
                record.codes[start : start + window],
                record.source,
                dataclasses.replace(where, start=first, end=first + window),
                record.description,
            )
