"""Codes, targets and values per base changed at random, while a batch is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.genomes.flat import take_windows
from zoo.data.rows import Table
from zoo.dna import UNKNOWN, Codes, reverse_complement_rows
from zoo.errors import InputError
from zoo.layers import pairings

TARGETS = "targets"  # their name in pairings by name
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
        _check_shift(max_shift, examples)
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

    def __bool__(self) -> bool:
        return bool(self.reverse_complement or self.max_shift)

    def __call__(
        self,
        codes: Codes,
        inputs: dict[str, npt.NDArray[Any]],
        targets: npt.NDArray[Any] | None,
        by: npt.NDArray[np.int64],
        turned: npt.NDArray[np.bool_],
    ) -> Codes:
        """Changes some rows; the arrays themselves, but for the codes.

        Args:
            codes: uint8 `(n, length)`.
            inputs: By name.
            targets: `(n, num_outputs)`, `(n, bins, num_outputs)`, or None.
            by: bp that each row is moved to the left, `(n,)`.
            turned: Which rows are turned, `(n,)`.

        Returns:
            The codes of the changed rows.
        """
        if self.max_shift:
            codes = shift(codes, by, self.max_shift)
            inputs |= {name: shift_values(inputs[name], by) for name in self._along}
        if not self.reverse_complement:
            return codes
        reverse_complement_rows(codes, np.flatnonzero(turned))
        for name, values in inputs.items():
            turn(values, turned, name in self._along, self._pairing.get(name))
        if targets is not None:
            turn(targets, turned, targets.ndim == 3, self._pairing.get(TARGETS))
        return codes


def _check_shift(max_shift: int, examples: Table) -> None:
    if not 0 <= max_shift <= examples.sequence_length:
        raise InputError(
            f"Expected max_shift from 0 to the length {examples.sequence_length}. "
            f"Received: max_shift={max_shift}"
        )
    if max_shift and examples.targets is not None and examples.targets.ndim == 3:
        raise InputError(
            "Expected max_shift=0 with a profile, whose bins would no longer fit the "
            f"sequence. Received: max_shift={max_shift}"
        )


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
