"""Codes, targets and values per base changed at random, while a batch is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.genomes.flat import take_windows
from zoo.data.order import BatchOrder
from zoo.data.rows import TARGETS, Rows, Table
from zoo.data.wide import is_middle, middle, moved, rows_of
from zoo.dna import UNKNOWN, Codes, reverse_complement_rows
from zoo.errors import InputError
from zoo.layers import pairings

_COMPARED = 8  # sequences, to see whether they are those that were read
Pairing = Sequence[int] | Mapping[str, Sequence[int]] | None


class RowAugmentation:
    """Rows shifted, and turned to the other strand, with all that belongs to them.

    Args:
        examples: Whose rows.
        reverse_complement: Whether rows are turned.
        max_shift: bp that they are shifted by, at most.
        pairing: See `zoo.data.SequenceDataset`.

    Raises:
        InputError: A pairing or a shift that does not fit the examples.
    """

    def __init__(
        self,
        examples: Table,
        *,
        reverse_complement: bool = False,
        max_shift: int = 0,
        pairing: Pairing = None,
    ) -> None:
        self._examples, self._wide = examples, _wide(examples, max_shift)
        self.reverse_complement, self.max_shift = reverse_complement, max_shift
        if pairing is None:
            pairing = {}
        elif not isinstance(pairing, Mapping):
            pairing = {TARGETS: pairing}
        if pairing and TARGETS in examples.inputs:
            raise InputError(
                f"pairing: expected no input that is called {TARGETS!r}, as pairings "
                "call the targets so. Received one: give it another name in the model "
                "and the examples."
            )
        named = dict(examples.inputs)
        if examples.targets is not None:
            named[TARGETS] = examples.targets
        self._along = [
            name
            for name, values in examples.inputs.items()
            if values.shape[1:-1] == (examples.sequence_length,)
        ]
        self._pairing: dict[str, list[int]] = {}
        for name, partners in pairing.items():
            try:
                checked = list(pairings.check(partners))
            except ValueError as error:
                raise InputError(f"pairing of {name!r}: {error}") from None
            if name not in named or len(checked) != named[name].shape[-1]:
                shapes = {name: values.shape for name, values in named.items()}
                raise InputError(
                    "pairing: expected the number of the partner of each channel of "
                    f"some of {shapes}. Received: {checked} for {name!r}"
                )
            self._pairing[name] = checked

    def rows(
        self, rows: Rows, order: BatchOrder, epoch: int, steps: range
    ) -> tuple[Codes, dict[str, npt.NDArray[Any]], npt.NDArray[Any] | None]:
        """Rows as a model is to see them: codes, inputs and targets, new arrays.

        Args:
            rows: This shard's in the batches `steps`, one batch after the other.
            order: Whose random numbers decide.
            epoch: From 0.
            steps: Of the epoch.
        """
        examples, wide = self._examples, self._wide
        by, turned = self._draw(order, epoch, steps)
        first = by + examples.max_shift

        def of(values: npt.NDArray[Any], wider: npt.NDArray[Any] | None) -> Any:
            if wider is not None:
                return moved(wider, rows, first, values.shape[1])
            return rows_of(values, rows)

        codes = (examples if wide is None else wide).sequences.gather(rows)
        if wide is not None:
            starts = np.arange(len(rows)) * codes.shape[1] + first
            codes = take_windows(codes.reshape(-1), starts, examples.sequence_length)
        elif self.max_shift:
            codes = shift(codes, by, self.max_shift)
        further = {} if wide is None else wide.inputs
        inputs = {n: of(v, further.get(n)) for n, v in examples.inputs.items()}
        if wide is None and self.max_shift:
            inputs |= {name: shift_values(inputs[name], by) for name in self._along}
        targets = None
        if examples.targets is not None:
            targets = of(examples.targets, None if wide is None else wide.targets)
        if self.reverse_complement:
            reverse_complement_rows(codes, np.flatnonzero(turned))
            for name, values in inputs.items():
                turn(values, turned, name in self._along, self._pairing.get(name))
            if targets is not None:
                turn(targets, turned, targets.ndim == 3, self._pairing.get(TARGETS))
        return codes, inputs, targets

    def _draw(
        self, order: BatchOrder, epoch: int, steps: range
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """How far this shard's rows are moved to the left, and which are turned."""
        by, turned = [], []
        for step in steps if self.max_shift or self.reverse_complement else ():
            # Drawn for the global batch, so that a shard has the same as the whole.
            random = order.random(epoch, step)
            size, part = order.batch_rows(step), order.part(step)
            shifts = random.integers(
                -self.max_shift, self.max_shift, size, endpoint=True
            )
            by.append(shifts[part])
            turned.append(random.random(size)[part] < 0.5)
        return (
            np.concatenate([np.zeros(0, np.int64), *by]),
            np.concatenate([np.zeros(0, bool), *turned]),
        )


def _wide(examples: Table, max_shift: int) -> Table | None:
    """The wider windows of examples that are to be moved; None for N at the ends.

    Raises:
        InputError: They cannot be moved so far.
    """
    length, read, wide = examples.sequence_length, examples.max_shift, examples.wide
    targets = examples.targets
    profile = targets is not None and targets.ndim == 3
    if not 0 <= max_shift <= (length if wide is None else read):
        raise InputError(
            f"Expected max_shift from 0 to the length {length}. "
            f"Received: max_shift={max_shift}"
            if wide is None
            else f"Expected max_shift from 0 to {read}, as the examples were read. "
            f"Received: max_shift={max_shift}. "
            f"zoo.data.from_intervals(max_shift={max_shift}) reads wider windows."
        )
    if not max_shift:
        return None
    if wide is None:
        if profile:
            raise InputError(
                "Expected max_shift=0 with a profile that has no more than its window: "
                f"its bins would no longer fit the sequence. Received: {max_shift}. "
                f"zoo.data.from_intervals(max_shift={max_shift}) reads wider windows, "
                "of a genome with signals."
            )
        return None
    changed = [
        name
        for name, wider in wide.inputs.items()
        if not is_middle(examples.inputs.get(name), wider)
    ]
    if profile and not is_middle(targets, wide.targets):
        changed.append(TARGETS)
    some = np.arange(min(len(examples), _COMPARED))
    wider = middle(wide.sequences.gather(some), length)
    if not np.array_equal(examples.sequences.gather(some), wider):
        changed.append("sequences")
    if changed:
        raise InputError(
            "Expected the values that were read, to move their windows. Received "
            f"others for {', '.join(changed)}. Use max_shift=0, or change those of "
            "examples.wide and take their middle."
        )
    return wide


def turn(
    values: npt.NDArray[Any],
    chosen: npt.NDArray[np.bool_],
    reverse: bool,
    pairing: Sequence[int] | None = None,
) -> None:
    """Makes the chosen rows those of the other strand, in place.

    Args:
        values: `(n, ...)`.
        chosen: `(n,)`.
        reverse: Whether the axis behind that of the rows is one of positions.
        pairing: The partner on the other strand of each channel of the last axis; None
            where each is its own.
    """
    if reverse:
        values[chosen] = values[chosen, ::-1]
    if pairing is not None:
        values[chosen] = values[chosen][..., list(pairing)]


def shift(codes: Codes, by: npt.NDArray[np.integer[Any]], max_shift: int) -> Codes:
    """Moves each row to the left; N comes in at the end.

    Args:
        codes: uint8 `(n, length)`.
        by: bp, `(n,)`, from -max_shift to max_shift; negative to the right.
        max_shift: bp.

    Returns:
        A new array of the same shape.
    """
    n, length = codes.shape
    padded = np.full((n, length + 2 * max_shift), UNKNOWN, np.uint8)
    padded[:, max_shift : max_shift + length] = codes
    first = np.arange(n) * padded.shape[1] + max_shift + by
    return take_windows(padded.reshape(-1), first, length)


def shift_values(
    values: npt.NDArray[Any], by: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[Any]:
    """As `shift`, for values per base `(n, length, channels)`; 0 comes in."""
    length = values.shape[1]
    places = np.arange(length) + by[:, None]
    inside = (places >= 0) & (places < length)
    found = values[np.arange(len(values))[:, None], np.where(inside, places, 0)]
    found[~inside] = 0
    return found
